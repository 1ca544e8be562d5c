"""What a plan makes of a shared table as one change of the store: cells in the types of their columns, rows, columns.

Rows stay in their order: a command sorts nobody's table. It must not know who asks, or what was said.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..engine.dtypes import Dtype, of_arrow, parse, to_store
from ..engine.transforming import MOST_CELLS, Change, Values, no_rows
from ..errors import Refused
from ..plans.shape import RID
from ..protocol import plan as p
from ..sql import results

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..engine.catalog import Table
    from ..engine.rows import Ints
    from ..plans.comparing import Changed, Comparison
    from ..protocol.schema import Column

MOST_LABELS = 1000
IN_ORDER = "rows stay in their order: sort the view instead"


@dataclass(frozen=True, eq=False)
class Difference:
    """A change of columns that `was` in order; the changed cells by id and by name, what is to be known, a fingerprint.

    `cells` has those of columns that come too, under -1, -2 … in the order of the columns.
    """

    epoch: str
    change: Change
    cells: Mapping[int, Changed]
    changed: Mapping[str, Changed]
    notes: tuple[str, ...]
    fingerprint: str
    was: tuple[int, ...]

    @property
    def nothing(self) -> bool:
        """Whether there is nothing to change."""
        made = self.change
        whole = (made.dropped, made.retyped, made.cells, made.added, made.renamed, made.rows, len(made.removed))
        return not any(whole) and made.order == self.was

    @property
    def nbytes(self) -> int:
        """How much memory it takes, about."""
        cells = sum(len(each.rids) * 8 + each.before.nbytes + each.after.nbytes for each in self.changed.values())
        stored = [*self.change.fresh.values(), *(each.stored for _, each in (*self.change.retyped, *self.change.added))]
        return int(cells * 2 + len(self.change.removed) * 8 + sum(each.nbytes for each in stored))


def difference(comparison: Comparison, table: Table) -> Difference:
    """The change that makes a table (as somebody sees it) what a plan makes of it; raises for what it cannot hold."""
    return _Working(comparison, table).done()


class _Working:
    """One difference on its way."""

    def __init__(self, comparison: Comparison, table: Table) -> None:
        self.comparison = comparison
        self.table = table
        self.ids = {column.name: column.id for column in table.columns}
        self.own = {name: self.ids[was] for name, was in comparison.origins.items()}
        self.notes: list[str] = []
        diff = comparison.diff
        total = diff.n_cells + (diff.added + diff.removed) * len(table.columns)
        if total > MOST_CELLS:
            message = f"This changes about {total:,} cells; a shared table takes {MOST_CELLS:,} at once."
            raise Refused("TOO_LARGE", message, hint="Do it for some of the rows at a time.")

    def done(self) -> Difference:
        comparison, diff, table = self.comparison, self.comparison.diff, self.table
        kinds = {each.name: each.change for each in diff.columns}
        changed = comparison.changed([name for name in self.own if kinds.get(name) in ("changed", "retyped")])
        stored: dict[int, Values] = {}
        again = [name for name in self.own if kinds.get(name) == "retyped" or self._recast(name) is not None]
        for name, each in changed.items():
            if name in again:
                continue
            column = table.column(self.own[name])
            cells = self._fitted(column, each.after)
            if cells is None:
                again.append(name)
            elif len(each.rids):
                stored[column.id] = Values(each.rids, cells)
        rids = self._rids()
        new = rids < 0
        whole = comparison.fetch(comparison.compiled.shape.names) if again or new.any() or self._names() else None
        retyped, fresh = self._retyped(again, whole, rids, new)
        added = self._added(whole, rids, new, fresh)
        if new.any() and whole is not None:
            for name, cid in self.own.items():
                if cid not in fresh:
                    fresh[cid] = self._fresh(table.column(cid), whole.column(name), new)
        if diff.moved:
            self.notes.append(IN_ORDER)
        change = Change(
            rev=table.head,
            dropped=tuple(column.id for column in table.columns if column.id not in self.own.values()),
            removed=comparison.removed() if diff.removed else no_rows(),
            retyped=tuple(retyped),
            cells=stored,
            added=tuple(added),
            renamed={cid: name for name, cid in self.own.items() if table.column(cid).name != name},
            order=tuple(self._order()),
            rows=int(new.sum()),
            fresh=fresh,
        )
        return Difference(
            epoch=table.epoch,
            change=change,
            cells={**{self.own[name]: each for name, each in changed.items()}, **comparison.coming()},
            changed=changed,
            notes=tuple(self.notes),
            fingerprint=comparison.fingerprint(),
            was=tuple(column.id for column in table.columns),
        )

    def _names(self) -> list[str]:
        return [name for name in self.comparison.compiled.shape.names if name not in self.own]

    def _order(self) -> list[int]:
        new = {name: -1 - nth for nth, name in enumerate(self._names())}
        return [self.own.get(name, new.get(name, 0)) for name in self.comparison.compiled.shape.names]

    def _rids(self) -> Ints:
        found = self.comparison.fetch([], hidden=f"coalesce({RID}, -1) AS {RID}").column(0)
        return np.asarray(found, dtype=np.int64)

    def _recast(self, name: str) -> str | None:
        """The kind that a plan converts a column to, where its cells would look the same."""
        column = self.table.column(self.own[name])
        wanted = [step.to for step in self.comparison.plan.steps if isinstance(step, p.Cast) and step.column == name]
        return "category" if wanted and wanted[-1] == "category" and column.kind != "category" else None

    def _retyped(
        self, names: list[str], whole: pa.Table | None, rids: Ints, new: np.ndarray[tuple[int], np.dtype[np.bool_]]
    ) -> tuple[list[tuple[Column, Values]], dict[int, pa.ChunkedArray]]:
        found, fresh = [], {}
        for name in names:
            assert whole is not None
            column, values = self.table.column(self.own[name]), _tidy(whole.column(name))
            labels = column.kind == "category" or self._recast(name) is not None
            dtype = parse("category") if labels and pa.types.is_string(values.type) else _dtype(name, values)
            made = self._described(dtype, column.id, column.name, values, column)
            if made.dtype == column.dtype:
                self.notes.append(f"{name} gets new categories")
            else:
                self.notes.append(f"{name} becomes {made.dtype} (was {column.dtype})")
            stored = to_store(name, dtype, _held(values, dtype))
            found.append((made, Values(rids[~new], stored.filter(pa.array(~new)))))
            if new.any():
                fresh[column.id] = stored.filter(pa.array(new))
        return found, fresh

    def _added(
        self,
        whole: pa.Table | None,
        rids: Ints,
        new: np.ndarray[tuple[int], np.dtype[np.bool_]],
        fresh: dict[int, pa.ChunkedArray],
    ) -> list[tuple[Column, Values]]:
        found = []
        for nth, name in enumerate(self._names()):
            assert whole is not None
            values = _tidy(whole.column(name))
            dtype = _dtype(name, values)
            stored = to_store(name, dtype, _held(values, dtype))
            found.append((dtype.column(-1 - nth, name), Values(rids[~new], stored.filter(pa.array(~new)))))
            if new.any():
                fresh[-1 - nth] = stored.filter(pa.array(new))
        return found

    def _fresh(self, column: Column, values: pa.ChunkedArray, new: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> pa.ChunkedArray:
        cells = self._fitted(column, values.filter(pa.array(new)))
        if cells is None:
            message = f"The new rows have values for {column.name} that a {column.dtype} column cannot hold."
            raise Refused("TYPE", message, hint="Convert the column first.", where=column.name)
        return cells

    def _fitted(self, column: Column, values: pa.ChunkedArray) -> pa.ChunkedArray | None:
        """Cells as a column stores them, or None where it cannot hold them."""
        dtype, values = parse(column.dtype), _tidy(values)
        if column.kind == "category":
            texts = values.cast(pa.string())
            if column.categories is not None:
                known = pc.is_in(texts, pa.array(column.categories, pa.string()))
                if not pc.all(pc.or_(known, pc.is_null(texts))).as_py():
                    return None
            return texts
        try:
            return to_store(column.name, dtype, _held(values, dtype))
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
            return None

    def _described(self, dtype: Dtype, cid: int, name: str, values: pa.ChunkedArray, was: Column) -> Column:
        labels = None
        if dtype.kind == "category":
            there = [text for text in pc.unique(values).to_pylist() if text is not None]
            known = was.categories or []
            labels = [*known, *sorted(set(there) - set(known))]
            if len(labels) > MOST_LABELS:
                hint = "Make it a text column."
                raise Refused("TOO_LARGE", f"{name} has more than {MOST_LABELS:,} different values.", hint=hint)
        made = dtype.column(cid, name, categories=labels, ordered=was.ordered and labels is not None)
        return msgspec.structs.replace(made, index=was.index)


def _tidy(values: pa.ChunkedArray) -> pa.ChunkedArray:
    """Whole numbers and durations as such, text where there is nothing but missing values."""
    if pa.types.is_null(values.type):
        return values.cast(pa.string())
    kind = "INTERVAL" if pa.types.is_interval(values.type) else ""
    tidy: pa.ChunkedArray = results.tidy(pa.table([values], names=["cells"]), [kind]).column(0)
    if pa.types.is_decimal(tidy.type) and tidy.type.scale == 0 and tidy.type.precision == 38:
        try:
            return tidy.cast(pa.int64())
        except pa.ArrowInvalid:
            return tidy
    return tidy


def _dtype(name: str, values: pa.ChunkedArray) -> Dtype:
    return of_arrow(name, values.type)


def _held(values: pa.ChunkedArray, dtype: Dtype) -> pa.ChunkedArray:
    return values.cast(dtype.arrow)
