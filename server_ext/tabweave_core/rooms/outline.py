"""A table's structure without its values, moved along by edits: where rows and columns were when an edit was made.

It must not know languages or the log's tables.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from ..engine.effects import Bound, ColumnsIn, ColumnsOut, Move, Recast, Relabel, RowsIn, RowsOut, invert, parts
from ..engine.rows import RowIds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..engine.catalog import Table
    from ..engine.effects import Single
    from ..engine.log import Entry
    from ..protocol.schema import Column

Cells = dict[int, list[tuple[int, str | None, str | None]]]
"""Row id, old and new text of the cells that a revision changed, by column id."""


@dataclass(frozen=True)
class State:
    """What a reader saw of the structure before an edit: row ids in order, and columns."""

    rows: RowIds
    columns: list[Column]

    def place(self, cid: int) -> int:
        """Where a column stands."""
        return next(place for place, column in enumerate(self.columns) if column.id == cid)

    def column(self, cid: int) -> Column:
        """A column as it was."""
        return self.columns[self.place(cid)]


class Outline:
    """The structure of a whole table, of which the columns `hidden` are never told."""

    def __init__(self, rows: RowIds, columns: Sequence[Column], hidden: frozenset[int]) -> None:
        self._rows = rows
        self._columns = list(columns)
        self._hidden = hidden

    @classmethod
    def first(cls, table: Table, entries: Sequence[Entry], hidden: frozenset[int]) -> Outline:
        """What the structure was before the first of all entries."""
        came = (part for entry in entries if entry.takes_back is None for part in parts(entry.effect))
        inserted = [rid for part in came if isinstance(part, RowsIn) for rid in part.rids]
        found = cls(RowIds(min(inserted, default=table.rows.next)), table.columns, hidden)
        for entry in reversed(entries):
            for part in parts(invert(entry.effect)):
                found._move_columns(part)
        return found

    def state(self) -> State:
        """The structure as it is told."""
        return State(self._rows, [column for column in self._columns if column.id not in self._hidden])

    def seen(self, effect: Single) -> Single | None:
        """What is told of an effect that comes next, its places counted among the columns that are told."""
        match effect:
            case RowsIn(rids=[]) | RowsOut(rids=[]):
                return None
            case ColumnsIn():
                return self._columns_in(effect)
            case ColumnsOut(columns=columns):
                shown = [column for column in columns if column.id not in self._hidden]
                return ColumnsOut(columns=shown, places=[]) if shown else None
            case Move(column=cid, new=new):
                others = [column for column in self._columns if column.id != cid]
                return None if cid in self._hidden else Move(column=cid, old=0, new=self._told(others[:new]))
            case Relabel(column=cid):
                return None if cid in self._hidden else effect
            case Bound():
                return None
            case Recast(new=column):
                return None if column.id in self._hidden else effect
        return effect

    def _columns_in(self, effect: ColumnsIn) -> ColumnsIn | None:
        columns, shown, places = list(self._columns), [], []
        for column, place in zip(effect.columns, effect.places, strict=True):
            if column.id not in self._hidden:
                shown.append(column)
                places.append(self._told(columns[:place]))
            columns.insert(place, column)
        return ColumnsIn(columns=shown, places=places) if shown else None

    def _told(self, columns: list[Column]) -> int:
        return sum(column.id not in self._hidden for column in columns)

    def advance(self, effect: Single) -> None:
        """Goes on to what the structure is after an effect."""
        match effect:
            case RowsIn(rids=rids, positions=positions):
                self._rows = self._rows.copy()
                self._rows.insert(np.asarray(positions, dtype=np.int64), np.asarray(rids, dtype=np.int64))
            case RowsOut(positions=positions):
                self._rows = self._rows.copy()
                self._rows.delete(np.asarray(positions, dtype=np.int64))
            case _:
                self._move_columns(effect)

    def _move_columns(self, effect: Single) -> None:
        columns = self._columns
        match effect:
            case ColumnsIn():
                for column, place in zip(effect.columns, effect.places, strict=True):
                    columns.insert(place, column)
            case ColumnsOut(columns=gone):
                ids = {column.id for column in gone}
                columns[:] = [column for column in columns if column.id not in ids]
            case Relabel(column=cid, new=name):
                columns[:] = [msgspec.structs.replace(column, name=name) if column.id == cid else column for column in columns]
            case Move(column=cid, new=place):
                (column,) = [column for column in columns if column.id == cid]
                columns.remove(column)
                columns.insert(place, column)
            case Recast(new=now):
                columns[:] = [now if column.id == now.id else column for column in columns]
