"""What a joined DataFrame holds of a shared table: which row and which column of it is which, by position.

Rows and columns that code has just added have local, negative ids until the table has given them theirs. It must not know
values or operations.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from tabweave_core.engine.rows import Ints, RowIds

if TYPE_CHECKING:
    from tabweave_core.protocol.schema import Column, Schema

_FIRST_LOCAL = -(2**60)


def row_ids(runs: list[int]) -> RowIds:
    """Row ids in order, from pairs of a first id and how many follow it."""
    pairs = np.asarray(runs, dtype=np.int64).reshape(-1, 2)
    following = int((pairs[:, 0] + pairs[:, 1]).max()) if len(pairs) else 0
    return RowIds.of_runs(pairs.T, following)


@dataclass(eq=False)
class Base:
    """The rows of a DataFrame and its columns, index levels apart, as ids of the table; `schema` is the table's."""

    schema: Schema
    rids: RowIds
    levels: list[int]
    columns: list[int]
    rev: int
    _next_row: int = field(default=_FIRST_LOCAL)
    _next_column: int = field(default=-1)

    @classmethod
    def of(cls, schema: Schema, rids: RowIds, rev: int) -> Base:
        """What a DataFrame holds that is just like the table."""
        levels = [column.id for column in schema.columns if column.index]
        columns = [column.id for column in schema.columns if not column.index]
        return cls(schema, rids, levels, columns, rev)

    def column(self, cid: int) -> Column | None:
        """The table's column with this id, if it has one."""
        return next((column for column in self.schema.columns if column.id == cid), None)

    def new_rows(self, count: int) -> Ints:
        """Local ids for rows."""
        self._next_row += count
        return np.arange(self._next_row - count, self._next_row, dtype=np.int64)

    def new_column(self) -> int:
        """A local id for a column."""
        self._next_column -= 1
        return self._next_column

    def name_rows(self, local: Ints, given: Ints) -> None:
        """Gives rows the ids that the table has given them."""
        positions = self.rids.positions(local)
        there = positions >= 0
        order = np.argsort(positions[there])
        places = positions[there][order]
        self.rids.delete(places)
        self.rids.insert(places, given[there][order])

    def name_column(self, local: int, given: int) -> None:
        """Gives a column the id that the table has given it."""
        self.columns = [given if cid == local else cid for cid in self.columns]
