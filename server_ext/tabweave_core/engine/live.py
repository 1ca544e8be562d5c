"""The DuckDB table that holds the values of a shared table: cells read and written by row id.

It must not know revisions or the log.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa

from . import zeros
from .staging import FEW, stage
from .statements import run

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from duckdb import DuckDBPyConnection

    from .catalog import Table

_LARGE = 100_000
"""Of tables with more rows it is worth knowing whether DuckDB's own row numbers are the row ids."""


class Live:
    """The values of `table` as the open transaction of a connection has them."""

    def __init__(self, connection: DuckDBPyConnection, table: Table) -> None:
        self._connection = connection
        self.table = table
        self._straight: bool | None = None

    def begin(self) -> None:
        """Takes note that a transaction has begun and no rows have come or gone in it."""
        if self._straight is None:
            self._straight = self._is_straight()

    def _is_straight(self) -> bool:
        """Whether DuckDB's own row numbers are the row ids: so it is in a large table of which no row was ever deleted.

        They stay so while rows neither come nor go, and DuckDB finds rows by them without reading all ids.
        """
        count = len(self.table.rows)
        if count < _LARGE or self.table.rows.next != count:
            return False
        ((same,),) = self._connection.execute(f"SELECT count(*) FROM {self.table.live} WHERE rowid = _rid").fetchall()
        return bool(same == count)

    @property
    def found_by(self) -> str:
        """What is compared with staged row ids to find the rows."""
        return f"{self.table.live}.rowid" if self._straight else "_rid"

    def reshape(self, table: Table) -> None:
        """Takes over other columns or rows."""
        self.table = table
        self._straight = None

    def text(self, cid: int) -> str:
        """The expression for the texts of a column's cells, the same ones as `cells.reader` gives."""
        exact = f"CAST(c{cid} AS DOUBLE)" if self.table.dtype(cid).sql == "FLOAT" else f"c{cid}"
        return f"CAST({exact} AS VARCHAR)"

    def read(self, cids: Sequence[int], rids: Sequence[int]) -> list[tuple[Any, ...]]:
        """The row id and the texts of these columns, of these rows, which must exist; in any order."""
        found = self._read(cids, rids)
        if self._straight and not set(rids).issubset(row[0] for row in found):
            self._straight = False
            found = self._read(cids, rids)
        return found

    def _read(self, cids: Sequence[int], rids: Sequence[int]) -> list[tuple[Any, ...]]:
        names = ", ".join(map(self.text, cids))
        select = f"SELECT _rid, {names} FROM {self.table.live} WHERE"
        if len(rids) == 1:
            return run(self._connection, f"{select} {self.found_by} = ?", rids)
        return run(self._connection, f"{select} {self.found_by} IN (SELECT unnest(?::BIGINT[]))", [list(rids)])

    def write(self, cid: int, cells: Mapping[int, str | None]) -> None:
        """Gives cells of a column other values, as texts by row id."""
        live, sql = self.table.live, self.table.dtype(cid).sql
        if self.table.column(cid).kind == "float":
            zeros.make_way(self._connection, live, cid, [rid for rid, text in cells.items() if text in zeros.TEXTS])
        if len(cells) <= FEW:
            for rid, text in cells.items():
                run(self._connection, f"UPDATE {live} SET c{cid} = CAST(? AS {sql}) WHERE _rid = ?", [text, rid])
            return
        rids = sorted(cells)
        stage(self._connection, rid=pa.array(rids, pa.int64()), text=pa.array(map(cells.__getitem__, rids), pa.string()))
        update = f"UPDATE {live} SET c{cid} = CAST(staged.text AS {sql}) FROM staged WHERE"
        ((count,),) = self._connection.execute(f"{update} {self.found_by} = staged.rid").fetchall()
        if self._straight and count != len(cells):
            self._straight = False
            self._connection.execute(f"{update} _rid = staged.rid")
