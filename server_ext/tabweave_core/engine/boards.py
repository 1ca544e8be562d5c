"""The rollups of shared tables that are kept current from the log, instead of being built for every look.

Not for several threads at once: whoever shares them holds a lock. It must not know operations, or who may see what.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

import msgspec
import numpy as np
import pyarrow as pa

from . import log
from .dtypes import parse, to_window
from .effects import Recast, RowsIn, RowsOut, parts
from .planning import cells
from .planning.board import Board
from .planning.definitions import beside, plain
from .statements import run
from .tablesource import TableSource

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from ..protocol.planning import RollupDef
    from ..protocol.schema import Column
    from .catalog import Table
    from .rollups.column import Values
    from .rollups.units import Ints

MOST = 8
"""Up to so many rollups are kept, those used last."""
_FEW = 1_000
"""So many written cells are read as they are."""
_MANY = 4
"""Where more cells were written than one for so many rows, the column is read whole."""

_SINCE = "FROM _cells WHERE table_id = ? AND rev > ? AND rev <= ? AND cid IN (SELECT unnest(?::INTEGER[]))"


class Boards:
    """Rollups by table and definition. The tables that are given must be whole: seen through no lens."""

    def __init__(self) -> None:
        self._held: OrderedDict[tuple[int, bytes], Board] = OrderedDict()

    def board(self, connection: DuckDBPyConnection, table: Table, definition: RollupDef) -> Board:
        """A rollup at the table's revision: brought up to date from the log, or built."""
        definition = plain(definition)
        key = (table.id, msgspec.json.encode(definition))
        held = self._held.get(key)
        if held is not None and held.epoch == table.epoch and held.rev > table.head:
            return Board(definition, TableSource(connection, table))
        if held is None or not _catch_up(connection, table, held):
            held = Board(definition, TableSource(connection, table))
        self._held[key] = held
        self._held.move_to_end(key)
        while len(self._held) > MOST:
            self._held.popitem(last=False)
        return held

    def pair(self, connection: DuckDBPyConnection, table: Table, definition: RollupDef) -> tuple[Board, Board | None]:
        """A rollup, and the one beside it where a column stands across."""
        above = beside(definition)
        return self.board(connection, table, definition), None if above is None else self.board(connection, table, above)


def _catch_up(connection: DuckDBPyConnection, table: Table, board: Board) -> bool:
    """Takes over the cells that were written since; false where rows came or went, or stand elsewhere now."""
    if board.epoch != table.epoch or any(not _is_same(table, column) for column in board.columns.values()):
        return False
    if board.rev == table.head:
        return True
    if board.filtered_by is None:
        return False
    if board.rev < max(table.columns_rev, table.runs_rev):
        structural = log.entries(connection, table.id, since=board.rev, until=table.head, structural=True)
        if any(_moves_rows(part, board) for entry in structural for part in parts(entry.effect)):
            return False
    read = sorted({*board.columns, *board.filtered_by})
    few = _few(connection, table, board.rev, read)
    written = _counts(connection, table, board.rev, read) if few is None else dict.fromkeys(few, 0)
    texts = (cid for cid, each in board.measured.items() if each.texts is not None)
    rigid = {*board.definition.levels, *board.filtered_by, *texts}
    if not rigid.isdisjoint(written):
        return False
    for cid, count in written.items():
        if few is not None:
            values = pa.array(few[cid].values(), pa.string()).cast(table.dtype(cid).arrow)
            board.take(cid, np.fromiter(few[cid], dtype=np.int64), cells.numbers(values))
        elif _MANY * count > len(table.rows):
            board.take_all(cid, cells.numbers(TableSource(connection, table).values(cid)))
        else:
            board.take(cid, *_newest(connection, table, board.rev, cid))
    board.rev = table.head
    return True


def _is_same(table: Table, column: Column) -> bool:
    return table.has(column.id) and table.column(column.id) == column


def _moves_rows(effect: object, board: Board) -> bool:
    match effect:
        case RowsIn(rids=rids) | RowsOut(rids=rids):
            return bool(rids)
        case Recast(new=column):
            return column.id in {*board.columns, *(board.filtered_by or ())}
    return False


def _newest(connection: DuckDBPyConnection, table: Table, rev: int, cid: int) -> tuple[Ints, Values]:
    """The rows with new values in a column since a revision, and these values, as the log has them."""
    column = table.column(cid)
    once = table.head == rev + 1  # a revision writes a cell once
    new, grouped = ("new", "") if once else ("last(new ORDER BY rev)", " GROUP BY rid")
    found = connection.sql(
        f"SELECT rid, CAST({new} AS {table.dtype(cid).sql}) FROM _cells "
        f"WHERE table_id = ? AND rev > ? AND rev <= ? AND cid = ?{grouped}",
        params=[table.id, rev, table.head, cid],
    ).to_arrow_table()
    values = to_window(parse(column.dtype), found.column(1), column.categories)
    return np.asarray(found.column(0), dtype=np.int64), cells.numbers(cells.joined(values))


def _few(connection: DuckDBPyConnection, table: Table, rev: int, cids: list[int]) -> dict[int, dict[int, str | None]] | None:
    """The last texts that cells of some columns got since a revision, by column and row id; None where they are many."""
    query = f"SELECT cid, rid, new {_SINCE} ORDER BY rev LIMIT {_FEW + 1}"
    rows = run(connection, query, [table.id, rev, table.head, cids])
    found: dict[int, dict[int, str | None]] = {}
    for cid, rid, new in rows:
        found.setdefault(cid, {})[rid] = new
    return found if len(rows) <= _FEW else None


def _counts(connection: DuckDBPyConnection, table: Table, rev: int, cids: list[int]) -> dict[int, int]:
    """How often cells of some columns were written since a revision."""
    return dict(run(connection, f"SELECT cid, count(*) {_SINCE} GROUP BY cid", [table.id, rev, table.head, cids]))
