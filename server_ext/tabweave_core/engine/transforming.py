"""A change of many kinds at once, made as one revision: columns and rows that go and come, other types, cells, names, places.

Every cell is logged once, so that the revision can be taken back like any other. It must not know plans or who asks.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from ..errors import Refused
from . import bounds, shape
from .draft import Changed
from .edits import MOST_TOLD, Result, counted, new_values, require_free
from .effects import CellsSet, ColumnsIn, ColumnsOut, Move, Recast, Relabel, RowsIn, RowsOut, Several
from .structure import check_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pyarrow as pa

    from ..protocol.schema import Cells, Column
    from .catalog import Table
    from .draft import Draft
    from .effects import Single
    from .rows import Ints

MOST_CELLS = 4_000_000
"""A change may write so many cells at once, those of rows and columns that go or come counted too."""


@dataclass(frozen=True, eq=False)
class Values:
    """Cells of one column as they are to be stored, by row id."""

    rids: Ints
    stored: pa.ChunkedArray

    def present(self) -> Values:
        """Those that are not missing."""
        there = self.stored.is_valid()
        return self if not self.stored.null_count else Values(self.rids[np.asarray(there)], self.stored.filter(there))


def no_rows() -> Ints:
    """No row ids."""
    return np.empty(0, dtype=np.int64)


@dataclass(frozen=True, eq=False)
class Change:
    """What is to become of a table of revision `rev`. Columns that are new have the ids -1, -2, … in here.

    `retyped` are columns as they become (under their old names) with all their cells of rows that stay; `cells` are single
    cells of other columns. `order` has all columns that are left. `rows` new rows come at the end, with the cells `fresh`.
    """

    rev: int
    dropped: tuple[int, ...] = ()
    removed: Ints = field(default_factory=no_rows)
    retyped: tuple[tuple[Column, Values], ...] = ()
    cells: Mapping[int, Values] = field(default_factory=dict)
    added: tuple[tuple[Column, Values], ...] = ()
    renamed: Mapping[int, str] = field(default_factory=dict)
    order: tuple[int, ...] = ()
    rows: int = 0
    fresh: Mapping[int, pa.ChunkedArray] = field(default_factory=dict)

    @property
    def written(self) -> list[int]:
        """The columns that were there before and are written, renamed or dropped, but for rows that go or come."""
        retyped = [column.id for column, _ in self.retyped]
        return list(dict.fromkeys([*self.dropped, *retyped, *self.cells, *self.renamed]))

    @property
    def n_cells(self) -> int:
        """How many cells of rows that stay are written, those of new columns not counted."""
        return sum(len(each.rids) for each in (*(values for _, values in self.retyped), *self.cells.values()))


def transform(draft: Draft, change: Change, summary: str) -> Result:
    """Makes a change; raises `TOO_LARGE`, or `SCHEMA` for names, and then nothing is written."""
    draft.flush()
    _check(draft, change)
    made = _Transformation(draft, change).done()
    if not made:
        return Result(None, message="Nothing changes.")
    columns = frozenset([*change.cells, *(column.id for column, _ in change.retyped)])
    result = Result(
        made[0] if len(made) == 1 else Several(parts=made),
        summary,
        n_cells=change.n_cells,
        n_rows=len(change.removed) + change.rows,
        columns=columns,
    )
    if isinstance(result.effect, CellsSet) and change.n_cells <= MOST_TOLD:
        return replace(result, cells=_told(draft))
    return result


def _check(draft: Draft, change: Change) -> None:
    table = draft.table
    width = len(table.columns)
    cells = change.n_cells + (len(change.removed) + change.rows) * width
    cells += sum(len(values.rids) for _, values in change.added) + len(change.dropped) * len(table.rows)
    if cells > MOST_CELLS:
        raise Refused(
            "TOO_LARGE",
            f"This writes {counted(cells, 'cell')} at once; a shared table takes {MOST_CELLS:,}.",
            hint="Do it for some of the rows at a time.",
        )
    _check_free(table, change)
    _check_bounds(table, change)
    gone = set(change.dropped)
    after = {column.id: change.renamed.get(column.id, column.name) for column in table.columns if column.id not in gone}
    names = [*after.values(), *(column.name for column, _ in change.added)]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise Refused("SCHEMA", f"There is a column {twice!r} already.", hint="Choose another name.", where=twice)
    for name in (*change.renamed.values(), *(column.name for column, _ in change.added)):
        check_name(replace(table, columns=()), name)


def _check_free(table: Table, change: Change) -> None:
    """Raises `HELD` where a change would meet locked cells."""
    locks = table.locks
    if not locks:
        return
    locks.require_rows_free(change.removed)
    for cid in (*change.dropped, *(column.id for column, _ in change.retyped)):
        locks.require_column_free(cid, table.column(cid).name)
    require_free(table, {cid: values.rids for cid, values in change.cells.items()})


def _check_bounds(table: Table, change: Change) -> None:
    """Raises `RANGE` where a change would write beyond the bounds of a column."""
    bounded = {column.id: column for column in table.columns if bounds.has_any(column)}
    retyped = {
        column.id: (bounds.kept(column, bounded[column.id]), values) for column, values in change.retyped if column.id in bounded
    }
    for column, values in retyped.values():
        bounds.check(column, values.stored)
    for cid in bounded.keys() & change.cells.keys():
        bounds.check(bounded[cid], change.cells[cid].stored)
    for cid in bounded.keys() & change.fresh.keys():
        bounds.check(retyped[cid][0] if cid in retyped else bounded[cid], change.fresh[cid])


class _Transformation:
    """The parts in turn."""

    def __init__(self, draft: Draft, change: Change) -> None:
        self.draft = draft
        self.change = change
        self.parts: list[Single] = []

    def done(self) -> list[Single]:
        """What was done, in turn."""
        self._take_away()
        for column, values in self.change.retyped:
            was = self.draft.table.column(column.id)
            effect = Recast(old=was, new=bounds.kept(column, was))
            shape.recast_to(self.draft, effect, values.rids, values.stored)
            self.parts.append(effect)
        written = {cid: values for cid, values in self.change.cells.items() if len(values.rids)}
        for cid, values in written.items():
            self.draft.put_all(cid, Changed(values.rids, values.stored))
        if written:
            self.parts.append(CellsSet())
        ids = self._add_columns()
        self._add_rows(ids)
        for cid, name in self.change.renamed.items():
            self.parts.append(Relabel(column=cid, old=self.draft.table.column(cid).name, new=name))
            shape.relabel(self.draft, cid, name)
        self._move([ids.get(cid, cid) for cid in self.change.order])
        return self.parts

    def _take_away(self) -> None:
        change, table = self.change, self.draft.table
        if change.dropped:
            found = sorted((table.place(cid), cid) for cid in change.dropped)
            gone = ColumnsOut(columns=[table.column(cid) for _, cid in found], places=[place for place, _ in found])
            shape.columns_out(self.draft, gone)
            self.parts.append(gone)
        if len(change.removed):
            table = self.draft.table
            places = np.unique(table.rows.positions(change.removed))
            rows = RowsOut(rids=table.rows.ids(places).tolist(), positions=places.tolist(), columns=list(table.columns))
            shape.rows_out(self.draft, rows)
            self.parts.append(rows)

    def _add_columns(self) -> dict[int, int]:
        """The ids of new columns, by those that they have in the change."""
        table, added = self.draft.table, self.change.added
        ids = {column.id: table.next_column + nth for nth, (column, _) in enumerate(added)}
        if not added:
            return ids
        columns = [msgspec.structs.replace(column, id=ids[column.id]) for column, _ in added]
        effect = ColumnsIn(columns=columns, places=list(range(len(table.columns), len(table.columns) + len(columns))))
        shape.columns_in(self.draft, effect)
        for column, (_, values) in zip(columns, added, strict=True):
            self._put(column.id, values)
        self.parts.append(effect)
        return ids

    def _add_rows(self, ids: Mapping[int, int]) -> None:
        count, table = self.change.rows, self.draft.table
        if not count:
            return
        rids = np.arange(table.rows.next, table.rows.next + count, dtype=np.int64)
        places = list(range(len(table.rows), len(table.rows) + count))
        effect = RowsIn(rids=rids.tolist(), positions=places, columns=list(table.columns))
        shape.rows_in(self.draft, effect)
        for cid, stored in self.change.fresh.items():
            self._put(ids.get(cid, cid), Values(rids, stored))
        self.parts.append(effect)

    def _put(self, cid: int, values: Values) -> None:
        there = values.present()
        if len(there.rids):
            self.draft.put_all(cid, Changed(there.rids, there.stored))

    def _move(self, order: list[int]) -> None:
        for place, cid in enumerate(_merged([column.id for column in self.draft.table.columns], order)):
            at = self.draft.table.place(cid)
            if at != place:
                shape.move(self.draft, cid, place)
                self.parts.append(Move(column=cid, old=at, new=place))


def _merged(now: list[int], order: list[int]) -> list[int]:
    """Columns in a wanted order; one that is not in it stays behind the column that it stands behind."""
    wanted = set(order)
    found: list[int] = []
    behind: dict[int | None, list[int]] = {None: []}
    last: int | None = None
    for cid in now:
        if cid in wanted:
            last = cid
            behind[last] = []
        else:
            behind[last].append(cid)
    found += behind[None]
    for cid in order:
        found += [cid, *behind.get(cid, [])]
    return found


def _told(draft: Draft) -> list[Cells]:
    rows = draft.connection.execute(
        "SELECT cid, rid, new FROM _cells WHERE table_id = ? AND rev = ? ORDER BY cid, rid", [draft.table.id, draft.next_rev]
    ).fetchall()
    texts: dict[int, dict[int, str | None]] = {}
    for cid, rid, new in rows:
        texts.setdefault(cid, {})[rid] = new
    return new_values(draft.table, texts)
