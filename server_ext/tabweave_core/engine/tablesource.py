"""A shared table as planning asks of it, as one transaction sees it. It must not know operations."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from ..protocol.schema import View
from . import query
from .planning import cells
from .window import in_order, rows_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from duckdb import DuckDBPyConnection

    from ..protocol.schema import Column, Filter
    from .catalog import Table
    from .rollups.units import Ints, Mask


class TableSource:
    """A shared table as one transaction sees it, through the lens that `table` has been looked at with."""

    def __init__(self, connection: DuckDBPyConnection, table: Table) -> None:
        self.connection = connection
        self.table = table
        self.rev, self.epoch = table.head, table.epoch
        self._read: dict[int, pa.Array] = {}

    def rids(self) -> Ints:
        """The ids of all rows."""
        return self._rids

    @cached_property
    def _rids(self) -> Ints:
        return self.table.rows.ids(slice(0, len(self.table.rows)))

    def column(self, cid: int) -> Column:
        """A column; raises NO_COLUMN."""
        return self.table.column(cid)

    def values(self, cid: int) -> pa.Array:
        """A column's values."""
        if cid not in self._read:
            rows = in_order(rows_of(self.connection, self.table, self._rids, [self.column(cid)]), self._rids)
            self._read[cid] = cells.joined(rows.column(1))
        return self._read[cid]

    def keep(self, filters: Sequence[Filter]) -> Mask:
        """Which rows all of these filters keep."""
        kept = np.ones(len(self._rids), dtype=np.bool_)
        found = query.condition(self.table, View(filter=list(filters)))
        if found is not None:
            kept[:] = False
            select = f"SELECT _rid FROM {self.table.live} WHERE {found.text}"
            rows = self.connection.sql(select, params=found.values).to_arrow_table()
            kept[self.table.rows.positions(np.asarray(rows.column(0)))] = True
        return kept

    def frozen(self, cid: int) -> Mask | None:
        """Which cells of a column are locked; what a user may not write is whole columns."""
        locks = self.table.locks
        return locks.among(cid, self._rids) if cid in locks.cells else None

    @property
    def locks(self) -> object:
        """The locks, and since when the rows stand as they do."""
        return self.table.locks, self.table.runs_rev

    def as_of(self, cid: int, rev: int) -> pa.Array:
        """A column's values as they were at a revision, null in rows that were not there."""
        sql = self.table.dtype(cid).sql
        logged = "SELECT rid, first(old ORDER BY rev) AS old FROM _cells WHERE table_id = ? AND cid = ? AND rev > ? GROUP BY rid"
        rows = self.connection.sql(
            f"SELECT _rid, CASE WHEN was.rid IS NULL THEN c{cid} ELSE TRY_CAST(was.old AS {sql}) END "
            f"FROM {self.table.live} LEFT JOIN ({logged}) AS was ON _rid = was.rid",
            params=[self.table.id, cid, rev],
        ).to_arrow_table()
        places = self.table.rows.positions(np.asarray(rows.column(0)))
        return cells.joined(rows.column(1)).take(pa.array(np.argsort(places, kind="stable")))
