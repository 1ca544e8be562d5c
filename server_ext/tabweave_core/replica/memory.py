"""The cells that a client wrote lately, to notice when somebody else overwrites them. It must not know messages' order."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from ..protocol.ops import SetCells
from .cells import to_json
from .events import Overwritten

if TYPE_CHECKING:
    from ..protocol.messages import Ack, Delta
    from ..protocol.ops import Op, Scalar
    from ..protocol.schema import Change, Column, Schema

SECONDS = 120.0
"""So long after it was written an overwritten cell is worth a word; later it is an edit like any other."""
MOST = 10_000
"""So many of the newest cells, and of own revisions, are remembered."""


@dataclass(frozen=True)
class _Mine:
    value: Scalar
    rev: int
    time: float


class Memory:
    """What this client wrote, by column and row id."""

    def __init__(self) -> None:
        self._cells: OrderedDict[tuple[int, int], _Mine] = OrderedDict()
        self._revs: OrderedDict[int, None] = OrderedDict()

    def made(self, rev: int) -> bool:
        """Whether a revision was made by an operation of this client."""
        return rev in self._revs

    def wrote(self, op: Op, ack: Ack, now: float) -> None:
        """Takes in an acknowledged operation."""
        if ack.status != "noop":
            self._revs[ack.rev] = None
            if len(self._revs) > MOST:
                self._revs.popitem(last=False)
        if not isinstance(op, SetCells) or sum(len(block.rows or ()) * len(block.columns) for block in op.blocks) > MOST:
            return
        if op.input == "value":
            for block in op.blocks:
                for cid, values in zip(block.columns, block.values, strict=True):
                    for at, rid in enumerate(block.rows or ()):
                        self._put(cid, rid, _Mine(values[at if len(values) > 1 else 0], ack.rev, now))
        for cells in ack.cells:
            for rid, value in zip(cells.rows, cells.values, strict=True):
                self._put(cells.column, rid, _Mine(value, ack.rev, now))

    def _put(self, cid: int, rid: int, mine: _Mine) -> None:
        self._cells[cid, rid] = mine
        self._cells.move_to_end((cid, rid))
        if len(self._cells) > MOST:
            self._cells.popitem(last=False)

    def clear(self) -> None:
        """Forgets everything."""
        self._cells.clear()
        self._revs.clear()

    def lost(self, delta: Delta, rows: pa.Table | None, schema: Schema, now: float) -> list[Overwritten]:
        """The cells of mine that a delta has with another value, written by somebody else; they are then forgotten."""
        while self._cells and next(iter(self._cells.values())).time < now - SECONDS:
            self._cells.popitem(last=False)
        others = [change for change in delta.changes if not self.made(change.rev)]
        if not self._cells or rows is None or not others:
            return []
        columns = {column.id: column for column in schema.columns}
        found: list[Overwritten] = []
        for name in rows.column_names[1:]:
            if int(name) in columns:
                found += self._in_column(columns[int(name)], delta, rows, others)
        return found

    def _in_column(self, column: Column, delta: Delta, rows: pa.Table, others: list[Change]) -> list[Overwritten]:
        mine = {rid for cid, rid in self._cells if cid == column.id}
        if not mine:
            return []
        found = []
        places = pa.array([at for at, rid in enumerate(rows.column(0).to_pylist()) if rid in mine], pa.int64())
        part = rows.select(["_rid", str(column.id)]).take(places)
        for rid, theirs in zip(part.column(0).to_pylist(), to_json(part.column(1), column), strict=True):
            known = self._cells[column.id, rid]
            users = {change.user.id: change.user for change in others if change.rev > known.rev}
            if known.rev <= delta.rev and theirs != known.value and users:
                del self._cells[column.id, rid]
                found.append(Overwritten(column.id, rid, known.value, theirs, list(users.values())))
        return found
