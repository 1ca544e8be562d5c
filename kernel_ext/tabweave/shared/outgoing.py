"""What code did to a joined DataFrame, in terms of the shared table: columns and rows that came, went or moved, and cells.

It must not know how any of it is sent.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow.compute as pc
from tabweave_core.engine.rows import Ints, RowIds, RowsChange
from tabweave_core.errors import BadValue, Refused, TabweaveError

from ..frames import writes
from ..frames.columns import has_shown_index, label_text
from ..frames.difference import Difference
from ..frames.layout import level_label
from . import exchange

if TYPE_CHECKING:
    from tabweave_core.protocol.schema import Column

    from .base import Base
    from .exchange import Array

COPY = "Work on a copy: other = {name}.copy()."


@dataclass(eq=False)
class Piece:
    """`values[i]` goes to row `rids[i]` of column `cid`, where `old[i]` was; new rows and columns have no old values.

    `column` is how the values are to be read, where the table does not say so yet.
    """

    cid: int
    rids: Ints
    values: Array
    old: Array | None = None
    column: Column | None = None


@dataclass(frozen=True, eq=False)
class Inserted:
    """New rows before the row `before`, or at the end, with what stands in them."""

    before: int | None
    rids: Ints
    cells: list[Piece]


@dataclass(frozen=True, eq=False)
class Added:
    """A new column at place `at`, index levels counted; `like` describes what it holds, `cells` are those of rows of before."""

    cid: int
    at: int
    like: Column
    cells: Piece


@dataclass(eq=False)
class Change:
    """All that code did between two looks. `order` is the order of all columns after everything else, if any moved."""

    dropped: list[int] = field(default_factory=list)
    renamed: list[tuple[int, str]] = field(default_factory=list)
    retyped: list[tuple[Column, Piece]] = field(default_factory=list)
    added: list[Added] = field(default_factory=list)
    order: list[int] = field(default_factory=list)
    deleted: Ints = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    inserted: list[Inserted] = field(default_factory=list)
    cells: list[Piece] = field(default_factory=list)
    refused: list[tuple[Column, Piece]] = field(default_factory=list)
    """Cells of columns that this user may not write."""

    @property
    def structural(self) -> bool:
        """Whether rows or columns came, went, moved or changed."""
        rows = bool(len(self.deleted) or self.inserted)
        return rows or bool(self.dropped or self.renamed or self.retyped or self.added or self.order)

    def __bool__(self) -> bool:
        return self.structural or bool(self.cells) or bool(self.refused)


def matched(old: pd.DataFrame, new: pd.DataFrame) -> Difference:
    """How two DataFrames differ whose rows could not be matched by their labels: by position, the tail came or went.

    Raises `SCHEMA` when the rows are the same in another order: a shared table has one order for everybody.
    """
    before, after = old.index, new.index
    comparable = before.is_unique and after.is_unique and before.nlevels == after.nlevels
    known = before.get_indexer_for(after) if comparable else np.empty(0, dtype=np.int64)
    found = known[known >= 0]
    if len(found) > 1 and (np.diff(found) < 0).any():
        hint = f"{COPY} In the grid, sorting is a view."
        raise Refused("SCHEMA", "The rows of a shared table cannot be put in another order.", hint=hint)
    none = np.empty(0, dtype=np.int64)
    count, least = len(old), min(len(old), len(new))
    rows = None
    if len(new) != count:
        rows = RowsChange(np.arange(least, len(new)), np.arange(least, count) if count > least else none, count, len(new))
    labels: list[object] = list(old.columns)
    source: list[int | None] = []
    for label in new.columns:
        place = labels.index(label) if label in labels else None
        source.append(place)
        if place is not None:
            labels[place] = _Taken
    retyped = frozenset(at for at, was in enumerate(source) if was is not None and old.dtypes.iloc[was] != new.dtypes.iloc[at])
    return Difference(
        source=None if source == list(range(old.shape[1])) else tuple(source),
        retyped=retyped,
        changed={at: None for at, was in enumerate(source) if was is not None},
        rows=rows,
        index=True,
    )


class _Taken:
    """Stands for a label that is matched already."""


class Reading:
    """One reading of a difference between what was seen (`old`) and what there is (`new`).

    It leaves `base` alone; `rids` and `columns` are what it becomes when the change is taken over.
    """

    def __init__(self, old: pd.DataFrame, new: pd.DataFrame, difference: Difference, base: Base) -> None:
        self._old, self._new, self._base = old, new, base
        self._difference = matched(old, new) if difference.fresh else difference
        self._source = self._difference.source or tuple(range(new.shape[1]))
        self.rids: RowIds = base.rids.copy()
        self.columns = [base.columns[was] if was is not None else base.new_column() for was in self._source]
        self.change = Change()
        self._came: list[tuple[Column, Array]] = []
        self._check_index()
        self._take_rows()
        self._read_columns()
        self._read_levels()
        self._read_cells()
        self._read_rows()

    def _check_index(self) -> None:
        """Refuses to turn columns into an index or back, which would take them away from everybody."""
        if not self._difference.index:
            return
        base, old, new = self._base, self._old.index, self._new.index
        if base.levels:
            if new.nlevels != len(base.levels) or not has_shown_index(new):
                raise Refused("SCHEMA", "The index of a shared table cannot be taken away or given other levels.", hint=COPY)
            for level, cid in enumerate(base.levels):
                if level_label(old, level) != level_label(new, level):
                    self.change.renamed.append((cid, level_label(new, level)))
            return
        gone = {label_text(self._old.columns[was]) for was in range(self._old.shape[1]) if was not in self._source}
        if gone & {label_text(name) for name in new.names if name is not None}:
            raise Refused("SCHEMA", "A column of a shared table cannot become the index.", hint=COPY)

    def _read_columns(self) -> None:
        change, base = self.change, self._base
        change.dropped = [cid for cid in base.columns if cid not in self.columns]
        names = [label_text(label) for label in self._new.columns]
        twice = next((name for name in names if names.count(name) > 1), None) if len(set(names)) < len(names) else None
        if twice is not None:
            raise Refused("SCHEMA", f"Two columns are called {twice!r}.", hint="Rename one of them.")
        change.renamed += [(self.columns[place], names[place]) for place in sorted(self._difference.renamed)]
        order = [*base.levels, *(cid for cid in base.columns if cid not in change.dropped)]
        for place, was in enumerate(self._source):
            if was is None:
                cid, at = self.columns[place], min(len(base.levels) + place, len(order))
                values = writes.column(self._new, place)
                like = exchange.described(cid, names[place], values)
                if not like.editable:
                    raise BadValue(
                        "TYPE", f"Column {names[place]!r} ({like.dtype}) cannot be added to a shared table.", hint=COPY
                    )
                order.insert(at, cid)
                rows = self._stayed[1]
                rows = rows[~np.asarray(pd.isna(writes.take(values, rows)))]
                piece = Piece(cid, self.rids.ids(rows), writes.take(values, rows), None, like)
                change.added.append(Added(cid, at, like, piece))
                self._came.append((like, writes.take(values, self._inserted)))
        wanted = [*base.levels, *self.columns]
        change.order = wanted if order != wanted else []

    def _take_rows(self) -> None:
        """Brings row ids in line, new rows with local ones."""
        rows, base = self._difference.rows, self._base
        if rows is not None:
            self.change.deleted = base.rids.ids(rows.deleted)
            self.rids.delete(rows.deleted)
            self.rids.insert(rows.inserted, base.new_rows(len(rows.inserted)))

    @property
    def _inserted(self) -> Ints:
        rows = self._difference.rows
        return np.empty(0, dtype=np.int64) if rows is None else rows.inserted

    def _read_rows(self) -> None:
        """New rows, run by run, with their cells."""
        came = self._inserted
        if not len(came):
            return
        for run in np.split(np.arange(len(came)), np.flatnonzero(np.diff(came) != 1) + 1):
            after = int(came[run[-1]]) + 1
            before = int(self.rids.ids(np.array([after]))[0]) if after < len(self.rids) else None
            rids = self.rids.ids(came[run])
            cells = []
            for like, values in self._came:
                part = writes.take(values, run)
                if not np.asarray(pd.isna(part)).all():
                    cells.append(Piece(like.id, rids, part, None, like))
            self.change.inserted.append(Inserted(before, rids, cells))

    @property
    def _stayed(self) -> tuple[Ints, Ints]:
        """The rows that stayed: their positions before and after."""
        rows = self._difference.rows
        if rows is None:
            everything = np.arange(len(self._new), dtype=np.int64)
            return everything, everything
        target = rows.moved()
        return np.flatnonzero(target >= 0), target[target >= 0]

    def _read_cells(self) -> None:
        difference, base, came = self._difference, self._base, self._inserted
        places = sorted({*difference.changed, *difference.retyped} if not len(came) else range(len(self._source)))
        for place in places:
            was, column = self._source[place], base.column(self.columns[place])
            if was is None:
                continue
            cid, values = self.columns[place], writes.column(self._new, place)
            changed = difference.changed.get(place, came[:0])
            if cid < 0 or column is None:
                self._read_local(cid, was, values, changed)
                continue
            if place in difference.retyped and exchange.held(values, column) is None:
                self._retype(column, values)
                continue
            self._compare(column, writes.column(self._old, was), values, changed, came)

    def _read_local(self, cid: int, was: int, values: Array, changed: Ints | None) -> None:
        """Cells of a column that the table has not named yet."""
        like = exchange.described(cid, label_text(self._old.columns[was]), values)
        rows = self._stayed[1] if changed is None else np.setdiff1d(changed, self._inserted)
        if len(rows):
            self.change.cells.append(Piece(cid, self.rids.ids(rows), writes.take(values, rows), None, like))
        self._came.append((like, writes.take(values, self._inserted)))

    def _retype(self, column: Column, values: Array) -> None:
        like = exchange.described(column.id, column.name, values)
        if like.dtype == column.dtype and like.kind != "category":
            raise BadValue("TYPE", f"{column.name} ({column.dtype}) cannot hold these values.", hint=COPY)
        if not (like.editable and column.editable):
            why = column.why or f"Columns of type {like.dtype} are read-only in shared tables."
            raise Refused("NOT_EDITABLE", f"{column.name} cannot be changed to {like.dtype}. {why}")
        rows = self._stayed[1]
        self.change.retyped.append((like, Piece(column.id, self.rids.ids(rows), writes.take(values, rows), None, like)))
        self._came.append((like, writes.take(values, self._inserted)))

    def _compare(self, column: Column, old: Array, new: Array, changed: Ints | None, came: Ints) -> None:
        """Takes the cells that differ, and those of rows that came."""
        before, after = self._stayed
        if changed is not None:
            kept = np.isin(after, changed)
            before, after = before[kept], after[kept]
        if len(after):
            was, now = writes.take(old, before), writes.take(new, after)
            differ = self._differing(column, was, now)
            self._put(column, after[differ], writes.take(now, differ), writes.take(was, differ))
        if len(came):
            values = writes.take(new, came)
            self._check(column, values)
            if column.editable:
                self._came.append((column, values))
            elif not np.asarray(pd.isna(values)).all():
                self.change.refused.append((column, Piece(column.id, self.rids.ids(came), values)))

    def _differing(self, column: Column, was: Array, now: Array) -> Ints:
        old, new = exchange.held(was, column), self._check(column, now)
        if old is None:
            return np.arange(len(now), dtype=np.int64)
        unequal = pc.fill_null(pc.not_equal(old, new), False)
        if column.kind == "float":
            unequal = pc.and_(unequal, pc.invert(pc.and_(_nan(old), _nan(new))))
        unequal = pc.or_(unequal, pc.xor(old.is_null(), new.is_null()))
        return np.flatnonzero(np.asarray(unequal))

    def _check(self, column: Column, values: Array) -> Any:
        found = exchange.held(values, column)
        if found is None:
            raise BadValue("TYPE", f"{column.name} ({column.dtype}) of the shared table cannot hold these values.", hint=COPY)
        return found

    def _put(self, column: Column, positions: Ints, values: Array, old: Array | None) -> None:
        if len(positions):
            piece = Piece(column.id, self.rids.ids(positions), values, old)
            if column.editable:
                self.change.cells.append(piece)
            else:
                self.change.refused.append((column, piece))

    def _read_levels(self) -> None:
        """Cells of the index, where it is shared."""
        difference, base, came = self._difference, self._base, self._inserted
        if not base.levels or not (difference.index or len(came)):
            return
        for level, cid in enumerate(base.levels):
            column = base.column(cid)
            old, new = exchange.level_values(self._old.index, level), exchange.level_values(self._new.index, level)
            if column is not None:
                self._compare(column, old, new, None if difference.index else came[:0], came)


def _nan(values: Any) -> Any:
    return pc.fill_null(pc.is_nan(values), False)


def read(old: pd.DataFrame, new: pd.DataFrame, difference: Difference, base: Base) -> Reading:
    """What code did; raises a `TabweaveError` for what a shared table cannot become."""
    return Reading(old, new, difference, base)


__all__ = ["Added", "Change", "Inserted", "Piece", "Reading", "TabweaveError", "read"]
