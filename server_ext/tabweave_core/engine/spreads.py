"""Totals of a shared table written as one operation, and dry runs of that: worked out by `planning`, written in bulk.

It must not know who may do what.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pyarrow as pa

from ..errors import BadMessage, BadValue, TabweaveError
from ..protocol import ops
from ..protocol import planning as asked
from ..protocol.schema import View
from . import query
from .boards import Boards
from .cells import Unread
from .draft import Changed
from .edits import MOST_CELLS, MOST_TOLD, Result, new_values
from .effects import CellsSet
from .planning import cells, definitions, locking, spreading
from .planning.board import Board
from .rollups.units import to_decimal
from .tablesource import TableSource

if TYPE_CHECKING:
    from collections.abc import Iterator

    from duckdb import DuckDBPyConnection

    from ..protocol.ops import Lock, Scalar, Spread
    from ..protocol.planning import Coordinate, RollupDef, SpreadPreview
    from .catalog import Table
    from .draft import Draft
    from .planning.spreading import Write


def spread(draft: Draft, op: Spread) -> Result:
    """Writes the totals of an operation; raises what the rules of spreading raise and writes nothing then."""
    draft.flush()
    source = TableSource(draft.connection, draft.table)
    done = spreading.spread(_board(draft, op), source, op)
    if done.changed > MOST_CELLS:
        raise BadMessage("BAD_MESSAGE", f"This changes more than {MOST_CELLS:,} cells at once.", hint="Do it in parts.")
    if not done.writes:
        return Result(None, message=f"{done.summary}: nothing changes.")
    columns = frozenset(write.column for write in done.writes)
    if done.changed <= MOST_TOLD:
        texts = {write.column: _texts(draft, write) for write in done.writes}
        for cid, new in texts.items():
            draft.need([cid], new)
            for rid, text in new.items():
                draft.put(cid, rid, text)
        told = new_values(draft.table, texts)
        return Result(CellsSet(), done.summary, n_cells=done.changed, cells=told, columns=columns)
    for write in done.writes:
        draft.put_all(write.column, _changed(draft, write))
    return Result(CellsSet(), done.summary, n_cells=done.changed, columns=columns)


def _board(draft: Draft, op: Spread | Lock) -> Board:
    """The rollup of an operation, as the open transaction has it."""
    boards = draft.kept.setdefault("boards", Boards())
    assert isinstance(boards, Boards)
    return boards.board(draft.connection, draft.table, op.rollup)


def lock(draft: Draft, op: Lock) -> Result:
    """Locks cells for everyone, or unlocks them: a revision that writes nothing."""
    draft.flush()
    source = TableSource(draft.connection, draft.table)
    board = _board(draft, op)
    done = locking.lock(board, source, op, draft.table.locks)
    if not done.columns:
        return Result(None, message="Nothing was locked or unlocked.")
    draft.reshape(replace(draft.table, locks=done.locks, locks_rev=draft.next_rev))
    return Result(CellsSet(), done.summary, n_cells=done.n_cells, columns=done.columns, message=done.summary)


def dry_run(connection: DuckDBPyConnection, table: Table, op: Spread, board: Board | None = None) -> SpreadPreview:
    """What an operation would do now; `board` is its rollup at the table's revision, made for it if there is none."""
    require_known(table, op)
    if board is None:
        board = Board(definitions.plain(op.rollup), TableSource(connection, table))
    return spreading.rehearsed(board, TableSource(connection, table), op).preview()


def knows(table: Table, rollup: RollupDef) -> bool:
    """Whether a table (as somebody sees it) has all that a rollup names."""
    try:
        require_rollup(table, rollup)
    except TabweaveError:
        return False
    return True


def require_rollup(table: Table, rollup: RollupDef) -> None:
    """Raises NO_COLUMN for columns that a table (as somebody sees it) does not have, also in the rollup's filter."""
    for cid in definitions.columns_of(rollup):
        table.column(cid)
    query.condition(table, View(filter=rollup.filter))


def require_known(table: Table, op: Spread | Lock) -> None:
    """Raises NO_COLUMN for columns that a table (as somebody sees it) does not have, also in conditions."""
    require_rollup(table, op.rollup)
    named = []
    for target in op.targets if isinstance(op, ops.Spread) else []:
        method = target.method
        if isinstance(method, asked.StraightLine | asked.Growth):
            named.append(method.along)
        ref = getattr(method, "ref", None)
        if ref is not None and ref.column is not None:
            named.append(ref.column)
    for cid in named:
        table.column(cid)
    query.condition(table, View(filter=[each for at in _coordinates(op) for each in at.where]))


def written_columns(op: Spread | Lock) -> list[int]:
    """The columns that an operation writes, or locks."""
    known = op.rollup.aggregates
    if isinstance(op, ops.Lock):
        places = op.aggregates or [place for place, each in enumerate(known) if definitions.is_editable(each)]
    else:
        places = [target.aggregate for target in op.targets]
    return list(dict.fromkeys(spreading.writes_to(known[place]) for place in places if 0 <= place < len(known)))


def _coordinates(op: Spread | Lock) -> Iterator[Coordinate]:
    if isinstance(op, ops.Lock):
        yield from op.at
        return
    yield from op.holds
    for target in op.targets:
        yield target.at
        if isinstance(target.method, asked.MoveTo):
            yield target.method.to


def _text(draft: Draft, write: Write) -> str | None:
    column = draft.table.column(write.column)
    try:
        return draft.reader(write.column, typed=True)(write.text)
    except Unread as error:
        raise BadValue(error.code, f"{column.name}: {error.message}", hint=error.hint, where=column.name) from None


def _texts(draft: Draft, write: Write) -> dict[int, str | None]:
    """The new cells as the log has them."""
    rids = write.rids.tolist()
    if draft.table.column(write.column).kind not in cells.NUMBERS:
        return dict.fromkeys(rids, _text(draft, write))
    read = draft.reader(write.column, typed=False)
    scale = draft.table.column(write.column).scale or 0
    pairs = zip(write.values.units.tolist(), write.values.there().tolist(), strict=True)
    items = [_item(unit, scale) if there else None for unit, there in pairs]
    return {rid: read(item) for rid, item in zip(rids, items, strict=True)}


def _item(unit: float, scale: int) -> Scalar:
    return unit if isinstance(unit, float) else str(to_decimal(unit, scale))


def _changed(draft: Draft, write: Write) -> Changed:
    column, dtype = draft.table.column(write.column), draft.table.dtype(write.column)
    if column.kind not in cells.NUMBERS:
        return Changed(write.rids, pa.repeat(pa.scalar(_text(draft, write), pa.string()), len(write.rids)))
    if column.kind == "float":
        return Changed(write.rids, cells.to_arrow(write.values, pa.float64()))
    whole = column.kind == "integer"
    kind = dtype.arrow if whole else pa.decimal128(dtype.precision, dtype.scale)
    return Changed(write.rids, cells.to_arrow(write.values, kind), cells.to_arrow(write.before, kind))
