"""A frame as planning sees it, and the rollups over it that are kept current from its log.

It must not know how totals are spread.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import pandas as pd
import pyarrow as pa
from tabweave_core.engine.planning import cells
from tabweave_core.engine.planning.board import Board
from tabweave_core.engine.planning.definitions import beside, plain
from tabweave_core.engine.rollups.units import run_starts
from tabweave_core.errors import NotFound, Refused

from . import filters, writes
from .arrays import is_missing, read, storage, strings
from .effects import Bound, ColumnsIn, ColumnsOut, Move, Recast, Relabel, RowsIn, RowsOut, SetValues

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tabweave_core.engine.rollups.units import Ints, Mask
    from tabweave_core.protocol.planning import RollupDef
    from tabweave_core.protocol.schema import Column, Filter

    from .effects import Effect
    from .frame import Frame
    from .log import Entry

MOST_BOARDS = 8
"""Up to so many rollups of one frame are kept."""


class FrameSource:
    """A frame at its newest revision; use it under the frame's lock and drop it."""

    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.rev, self.epoch = frame.rev, frame.epoch
        self._read: dict[int, pa.Array] = {}

    def rids(self) -> Ints:
        """The ids of all rows."""
        return self.frame.rids.ids(slice(0, len(self.frame.rids)))

    def column(self, cid: int) -> Column:
        """A column; raises NO_COLUMN."""
        return self.frame.column(cid)

    def values(self, cid: int) -> pa.Array:
        """A column's values; Python objects as texts."""
        if cid not in self._read:
            self._read[cid] = as_arrow(self.frame.values(cid))
        return self._read[cid]

    def keep(self, wanted: Sequence[Filter]) -> Mask:
        """Which rows all of these filters keep."""
        frame = self.frame
        names: dict[str, int] = {}
        for column in frame.schema().columns:
            names.setdefault(column.name, column.id)

        def source(cid: int) -> tuple[Column, Any]:
            return frame.column(cid), storage(frame.values(cid))

        rows = slice(0, len(frame.df))
        kept = np.ones(len(frame.df), dtype=np.bool_)
        for each in wanted:
            kept &= filters.keep(each, source, names, rows, lambda: None)
        return kept

    def frozen(self, cid: int) -> Mask | None:
        """Which cells of a column are locked."""
        locks = self.frame.locks
        return locks.among(cid, self.rids()) if cid in locks.cells else None

    @property
    def locks(self) -> object:
        """The locks, and since which change of rows they stand as they do."""
        return self.frame.locks, self.frame.index_state

    def as_of(self, cid: int, rev: int) -> pa.Array:
        """A column's values as they were at a revision, from what the log keeps; raises UNDO_EXPIRED."""
        frame = self.frame
        place = frame.layout.place(cid)
        if place < 0:
            return self.values(cid)
        past = _Past(frame, cid, place)
        oldest = frame.rev + 1
        for entry in reversed(list(frame.log)):
            if entry.rev <= rev:
                break
            oldest = entry.rev
            past.take_back(entry)
        if oldest > rev + 1:
            raise _expired(frame, cid, rev + 1)
        found = as_arrow(pd.Series(past.values, copy=False, dtype=past.values.dtype))
        gone = pa.array(~past.there)
        return pa.compute.if_else(gone, pa.scalar(None, found.type), found) if not past.there.all() else found


class _Past:
    """A column on its way back through the log."""

    def __init__(self, frame: Frame, cid: int, place: int) -> None:
        self.frame, self.cid = frame, cid
        self.values = writes.column(frame.df, place).copy()
        self.there = np.ones(len(frame.df), dtype=np.bool_)

    def take_back(self, entry: Entry) -> None:
        """Goes back behind one entry."""
        if entry.void:
            return
        if entry.effect is None:
            written = entry.wrote(self.cid)
            if written is None or len(written) or entry.kind != "code" or entry.n_rows:
                raise _expired(self.frame, self.cid, entry.rev)
            return
        match entry.effect, entry.inverse:
            case SetValues(), SetValues(pieces=pieces):
                for piece in pieces:
                    if piece.cid == self.cid:
                        self._put(piece.rids, piece.values)
            case RowsIn(rids=rids), _:
                positions = self.frame.rids.positions(rids)
                self.there[positions[positions >= 0]] = False
            case RowsOut(rids=rids), RowsIn(values=values):
                self._put(rids, values[self.cid])
            case effect, _:
                self._require_same_column(entry, effect)

    def _require_same_column(self, entry: Entry, effect: Effect) -> None:
        """Refuses to go back behind what made the column what it is."""
        match effect:
            case ColumnsIn(cids=cids) if self.cid in cids:
                name = self.frame.column(self.cid).name
                raise NotFound("NO_COLUMN", f"{name} was not there yet.", hint=f"Revision {entry.rev} added it.")
            case ColumnsIn() | ColumnsOut() | Relabel() | Move() | Bound():
                return
            case Recast(cid=cid) if cid != self.cid:
                return
        raise _expired(self.frame, self.cid, entry.rev)

    def _put(self, rids: Ints, values: Any) -> None:
        positions = self.frame.rids.positions(rids)
        here = np.flatnonzero(positions >= 0)
        if len(here):
            self.values[positions[here]] = values[here]
            self.there[positions[here]] = True


def _expired(frame: Frame, cid: int, rev: int) -> Refused:
    name = frame.column(cid).name
    message = f"What {name} was before revision {rev} is no longer known."
    return Refused("UNDO_EXPIRED", message, hint="Go by a later revision, or by a column.", where="ref")


def as_arrow(values: Any) -> pa.Array:
    """A column as one Arrow array; Python objects as texts."""
    found = read(values)
    if isinstance(found, np.ndarray):
        return strings(None if is_missing(each) else str(each) for each in found)
    return cells.joined(found)


class Boards:
    """The rollups of one frame, those used last first to stay."""

    def __init__(self) -> None:
        self._held: OrderedDict[bytes, Board] = OrderedDict()

    def board(self, frame: Frame, definition: RollupDef) -> Board:
        """A rollup at the frame's newest revision: brought up to date from the log, or built. Call it under the lock."""
        definition = plain(definition)
        key = msgspec.json.encode(definition)
        held = self._held.pop(key, None)
        if held is None or not _catch_up(frame, held):
            held = Board(definition, FrameSource(frame))
        self._held[key] = held
        while len(self._held) > MOST_BOARDS:
            self._held.popitem(last=False)
        return held

    def has(self, frame: Frame, definition: RollupDef) -> bool:
        """Whether a rollup, and the one beside it, are there for the frame's newest revision."""
        wanted = [plain(definition), *filter(None, [beside(definition)])]
        held = [self._held.get(msgspec.json.encode(each)) for each in wanted]
        return all(each is not None and (each.epoch, each.rev) == (frame.epoch, frame.rev) for each in held)

    def pair(self, frame: Frame, definition: RollupDef) -> tuple[Board, Board | None]:
        """A rollup, and the one beside it where a column stands across."""
        above = beside(definition)
        return self.board(frame, definition), None if above is None else self.board(frame, above)


def _catch_up(frame: Frame, board: Board) -> bool:
    """Takes over the cells that were written since; false where something else happened, or it cannot be told what."""
    if board.epoch != frame.epoch or any(_column(frame, cid) != column for cid, column in board.columns.items()):
        return False
    if board.rev == frame.rev:
        return True
    touched: dict[int, list[Ints]] = {}
    expected = frame.rev
    for entry in reversed(list(frame.log)):
        if entry.rev == board.rev:
            break
        if entry.rev != expected:
            return False
        expected -= 1
        if not _cells_only(frame, board, entry, touched):
            return False
    if expected != board.rev:
        return False
    for cid, parts in touched.items():
        if 4 * sum(map(len, parts)) > len(frame.rids):
            board.take_all(cid, cells.numbers(as_arrow(frame.values(cid))))
            continue
        rids = np.sort(np.concatenate(parts))
        rids = rids[run_starts(rids)]
        place = frame.layout.place(cid)
        found = as_arrow(pd.Series(writes.read(frame.df, place, frame.rids.positions(rids))))
        board.take(cid, rids, cells.numbers(found))
    board.rev = frame.rev
    return True


def _cells_only(frame: Frame, board: Board, entry: Entry, touched: dict[int, list[Ints]]) -> bool:
    """Whether an entry wrote known cells of numbers only; those of the board are put to `touched`."""
    if entry.void:
        return True
    if not isinstance(entry.effect, SetValues) and (entry.effect is not None or entry.kind != "code" or entry.n_rows):
        return False
    if board.filtered_by is None or not all(_is_untouched(entry, cid) for cid in board.filtered_by):
        return False
    for cid in board.columns:
        rids = entry.wrote(cid)
        if rids is None:
            return False
        if not len(rids):
            continue
        if cid in board.definition.levels or board.measured[cid].texts is not None or frame.layout.place(cid) < 0:
            return False
        touched.setdefault(cid, []).append(rids)
    return True


def _is_untouched(entry: Entry, cid: int) -> bool:
    rids = entry.wrote(cid)
    return rids is not None and not len(rids)


def _column(frame: Frame, cid: int) -> Column | None:
    try:
        return frame.column(cid)
    except NotFound:
        return None
