"""The rollups of shared tables that are kept current from the log, instead of being built for every look.

Not for several threads at once: whoever shares them holds a lock. It must not know operations, or who may see what.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from . import log
from .dtypes import parse, to_window
from .effects import Recast, RowsIn, RowsOut, parts
from .planning import cells
from .planning.board import Board
from .planning.definitions import beside, plain
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
_MANY = 4
"""Where more than one row in so many has another value, the column is read whole."""


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
    structural = log.entries(connection, table.id, since=board.rev, until=table.head, structural=True)
    if any(_moves_rows(part, board) for entry in structural for part in parts(entry.effect)):
        return False
    written = _written(connection, table, board)
    texts = (cid for cid, each in board.measured.items() if each.texts is not None)
    rigid = {*board.definition.levels, *board.filtered_by, *texts}
    if not rigid.isdisjoint(written):
        return False
    for cid, rids in written.items():
        if _MANY * len(rids) > len(table.rows):
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
    found = connection.sql(
        f"SELECT rid, CAST(last(new ORDER BY rev) AS {table.dtype(cid).sql}) FROM _cells "
        "WHERE table_id = ? AND rev > ? AND rev <= ? AND cid = ? GROUP BY rid",
        params=[table.id, rev, table.head, cid],
    ).to_arrow_table()
    values = to_window(parse(column.dtype), found.column(1), column.categories)
    return np.asarray(found.column(0), dtype=np.int64), cells.numbers(cells.joined(values))


def _written(connection: DuckDBPyConnection, table: Table, board: Board) -> dict[int, Ints]:
    """The rows, ascending, with new values in the columns that a board reads."""
    wanted = list({*board.columns, *(board.filtered_by or ())})
    found = connection.execute(
        "SELECT DISTINCT cid, rid FROM _cells WHERE table_id = ? AND rev > ? AND rev <= ? "
        "AND cid IN (SELECT unnest(?::INTEGER[])) ORDER BY cid, rid",
        [table.id, board.rev, table.head, wanted],
    ).fetchnumpy()
    cids, rids = np.asarray(found["cid"]), np.asarray(found["rid"], dtype=np.int64)
    return {int(cid): rids[cids == cid] for cid in np.unique(cids)}
