"""What a view shows: the rows it has, and any stretch of them as an Arrow table. All of it is read in one transaction.

It must not know who asks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..errors import BadMessage, BadValue, Refused
from ..protocol.schema import ExpressionFilter
from . import query
from .dtypes import parse, to_window
from .expression import UNUSABLE

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from ..protocol.schema import Column, View
    from .catalog import Table
    from .rows import Ints, RowIds

MOST_CELLS = 4_000_000
"""A window may hold so many cells."""
_LITERALLY = "Put a backslash before literal characters."


@dataclass(frozen=True, eq=False)
class Seen:
    """The rows of a view at a revision: their row ids in order, or None for all rows in their own order, which is `order`.

    `epoch` is that of the table whose row ids these are.
    """

    rev: int
    total: int
    rids: Ints | None
    order: RowIds
    epoch: str = ""

    @property
    def rows(self) -> int:
        """How many rows the view has."""
        return self.total if self.rids is None else len(self.rids)

    def ids(self, start: int, stop: int) -> Ints:
        """The row ids of view rows `[start, stop)`, which must be there."""
        return self.order.ids(slice(start, stop)) if self.rids is None else self.rids[start:stop]


def look(cursor: DuckDBPyConnection, table: Table, view: View) -> Seen:
    """The rows of a view; raises `BadValue` for filters that a column cannot have."""
    where, order = query.condition(table, view), query.order(table, view.sort)
    if where is None and order is None:
        return Seen(table.head, len(table.rows), None, table.rows, table.epoch)
    text, values = f"SELECT {table.live}._rid FROM {table.live}", []
    if order is not None and not table.rows.ascending:
        rids = table.rows.ids(slice(None))
        cursor.register("places", pa.table({"rid": rids, "place": np.arange(len(rids))}))
        text += f" JOIN places ON places.rid = {table.live}._rid"
    if where is not None:
        text += f" WHERE {where.text}"
        values += where.values
    if order is not None:
        text += f" ORDER BY {order.text}, {'_rid' if table.rows.ascending else 'places.place'}"
        values += order.values
    try:
        found = np.asarray(cursor.sql(text, params=values).to_arrow_table().column(0), dtype=np.int64)
    except UNUSABLE as error:
        reason = str(error).splitlines()[0].partition("Error: ")[2]
        conditions = any(isinstance(wanted, ExpressionFilter) for wanted in view.filter)
        hint = "TRY_CAST(… AS …) makes what does not convert a missing value." if conditions else _LITERALLY
        raise BadValue("CHECK", f"The filter cannot be used: {reason.rstrip('.')}.", hint=hint) from None
    if order is None:
        found = found[np.argsort(table.rows.positions(found), kind="stable")]
    return Seen(table.head, len(table.rows), found, table.rows, table.epoch)


def read(cursor: DuckDBPyConnection, table: Table, seen: Seen, start: int, stop: int, cids: list[int]) -> pa.Table:
    """View rows `[start, stop)`, clamped, of these columns: `_rid`, then a column named by each id, in this order.

    Rows of the view that are no longer in the table are left out.
    """
    if start < 0 or stop < start:
        raise BadMessage("BAD_MESSAGE", f"There are no rows {start} to {stop}.", where="start")
    columns = [table.column(cid) for cid in dict.fromkeys(cids)]
    stop = min(stop, seen.rows)
    start = min(start, stop)
    if (stop - start) * (len(columns) + 1) > MOST_CELLS:
        raise Refused("TOO_LARGE", f"A window holds at most {MOST_CELLS:,} cells.", hint="Ask for fewer rows or columns.")
    rids = seen.ids(start, stop)
    return in_order(rows_of(cursor, table, rids, columns), rids)


def marked(table: Table, rows: pa.Table) -> pa.Table:
    """Rows with `_locked` beside, where cells of their columns are locked: for each row the ids of those columns, as JSON."""
    rids = np.asarray(rows.column("_rid"))
    found = table.locks.marks([int(name) for name in rows.column_names[1:]], rids)
    return rows if found is None else rows.append_column("_locked", pa.array(found, pa.string()))


def rows_of(cursor: DuckDBPyConnection, table: Table, rids: Ints, columns: list[Column]) -> pa.Table:
    """Those of the rows `rids` that are there, in any order, as a window has them."""
    names = "".join(f", c{column.id}" for column in columns)
    if not len(rids):
        found = cursor.sql(f"SELECT _rid{names} FROM {table.live} WHERE false")
    else:
        first, last = int(rids.min()), int(rids.max())
        bounds = f"SELECT _rid{names} FROM {table.live} WHERE _rid BETWEEN ? AND ?"
        if last - first >= len(rids):
            cursor.register("wanted", pa.table({"rid": rids}))
            bounds += " AND _rid IN (SELECT rid FROM wanted)"
        found = cursor.sql(bounds, params=[first, last])
    stored = found.to_arrow_table()
    arrays = [stored.column(0)]
    for place, column in enumerate(columns, 1):
        arrays.append(to_window(parse(column.dtype), stored.column(place), column.categories))
    return pa.table(arrays, names=["_rid", *(str(column.id) for column in columns)])


def in_order(rows: pa.Table, rids: Ints) -> pa.Table:
    """Rows in the order of these ids, ids without a row left out."""
    found = np.asarray(rows.column("_rid"))
    if np.array_equal(found, rids):
        return rows
    places = pc.index_in(pa.array(rids), pa.array(found)).drop_null()
    return rows.take(places)
