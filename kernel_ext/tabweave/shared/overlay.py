"""Cells that code wrote and the table does not have yet: they stay on top of what others write until they are committed.

It must not know how operations are sent.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from tabweave_core.protocol.ops import Block, SetCells

from ..frames import writes
from . import exchange

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt
    from tabweave_core.engine.rows import Ints
    from tabweave_core.protocol.ops import Scalar
    from tabweave_core.protocol.schema import Column

    from .exchange import Array
    from .outgoing import Piece

CELLS = 50_000
"""Up to so many cells go into one operation, which is done or refused as a whole."""
PART = 20_000
"""More are sent in operations of so many, so that others need not wait for all of them."""


@dataclass(eq=False)
class Chunk:
    """The cells of one operation. `rev` is the revision that has them, once it is known."""

    pieces: list[Piece]
    rev: int | None = None
    tries: int = 0
    bad: bool = field(default=False)

    @property
    def count(self) -> int:
        """How many cells."""
        return sum(len(piece.rids) for piece in self.pieces)

    def op(self, column: Callable[[int], Column | None]) -> SetCells | None:
        """The operation, with the columns as the table has them now; None when nothing of it can be written there any more."""
        blocks: dict[bytes, tuple[list[int], list[int], list[list[Scalar]]]] = {}
        for piece in self.pieces:
            known = piece.column or column(piece.cid)
            values = None if known is None or not len(piece.rids) else exchange.to_json(piece.values, known)
            if values is None:
                continue
            _, columns, lists = blocks.setdefault(piece.rids.tobytes(), (piece.rids.tolist(), [], []))
            columns.append(piece.cid)
            lists.append(values[:1] if exchange.uniform(values) else values)
        made = [Block(columns=columns, values=lists, rows=rows) for rows, columns, lists in blocks.values()]
        return SetCells(blocks=made, input="value") if made else None


def chunks(pieces: list[Piece]) -> list[Chunk]:
    """Pieces as operations: one if they are few."""
    most = CELLS if sum(len(piece.rids) for piece in pieces) <= CELLS else PART
    found = [Chunk([])]
    for piece in pieces:
        for start in range(0, len(piece.rids), most):
            part = _part(piece, start, start + most)
            if found[-1].pieces and found[-1].count + len(part.rids) > most:
                found.append(Chunk([]))
            found[-1].pieces.append(part)
    return found if found[0].pieces else []


def _part(piece: Piece, start: int, stop: int) -> Piece:
    if start == 0 and stop >= len(piece.rids):
        return piece
    rows = slice(start, stop)
    old = None if piece.old is None else piece.old[rows]
    return type(piece)(piece.cid, piece.rids[rows], piece.values[rows], old, piece.column)


class Overlay:
    """The chunks that are on top, oldest first."""

    def __init__(self) -> None:
        self.chunks: list[Chunk] = []

    def add(self, chunk: Chunk) -> None:
        """Puts a chunk on top."""
        self.chunks.append(chunk)

    def settle(self, rev: int) -> None:
        """Takes away what revision `rev` has."""
        self.chunks = [chunk for chunk in self.chunks if chunk.rev is None or chunk.rev > rev]

    def remove(self, chunk: Chunk) -> list[Piece]:
        """Takes a refused chunk away; returns the cells whose old values are to be seen again."""
        at = self.chunks.index(chunk) if chunk in self.chunks else len(self.chunks)
        later = self.chunks[at + 1 :]
        self.chunks = [other for other in self.chunks if other is not chunk]
        back = []
        for piece in chunk.pieces:
            if piece.old is None:
                continue
            left = np.ones(len(piece.rids), dtype=np.bool_)
            for other in (each for chunk_ in later for each in chunk_.pieces if each.cid == piece.cid):
                both = left & np.isin(piece.rids, other.rids)
                _give(other, piece.rids[both], piece.old, np.flatnonzero(both))
                left &= ~both
            rows = np.flatnonzero(left)
            if len(rows):
                back.append(type(piece)(piece.cid, piece.rids[rows], writes.take(piece.old, rows)))
        return back

    def covers(self, cid: int, rids: Ints, values: Array) -> npt.NDArray[np.bool_]:
        """Which of these cells, as the table has them now, stay hidden; they are kept as what was there before."""
        hidden = np.zeros(len(rids), dtype=np.bool_)
        for chunk in self.chunks:
            for piece in chunk.pieces:
                if piece.cid == cid:
                    here = ~hidden & np.isin(rids, piece.rids)
                    _give(piece, rids[here], values, np.flatnonzero(here))
                    hidden |= here
        return hidden

    def name_rows(self, local: Ints, given: Ints) -> None:
        """Gives rows the ids that the table has given them."""
        order = np.argsort(local)
        for piece in (piece for chunk in self.chunks for piece in chunk.pieces):
            rename(piece, local[order], given[order])

    def name_column(self, local: int, given: int) -> None:
        """Gives a column the id that the table has given it."""
        for piece in (piece for chunk in self.chunks for piece in chunk.pieces):
            if piece.cid == local:
                piece.cid = given


def rename(piece: Piece, local: Ints, given: Ints) -> None:
    """Gives those rows of a piece that have a local id (ascending) the one that the table has given them."""
    at = np.minimum(np.searchsorted(local, piece.rids), len(local) - 1)
    known = local[at] == piece.rids
    piece.rids = np.where(known, given[at], piece.rids)


def _give(piece: Piece, rids: Ints, values: Array, places: Ints) -> None:
    """Makes these values the old ones of the piece's cells, if they are of the same type; else it has no old values more."""
    if not len(rids) or piece.old is None:
        return
    order: Any = np.argsort(piece.rids, kind="stable")
    spots = order[np.searchsorted(piece.rids[order], rids)]
    if values.dtype != piece.old.dtype:
        piece.old = None
        return
    piece.old = piece.old.copy()
    piece.old[spots] = writes.take(values, places)
