"""Totals of a frame written as one operation: worked out, checked in full, told as one effect. Nothing is written here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from tabweave_core.engine.planning import cells as units
from tabweave_core.engine.planning import locking, spreading
from tabweave_core.errors import BadValue

from . import cells, chunks, writes
from .effects import ColumnsOut, Piece, Recast, RowsOut, SetValues, Several
from .ops import Plan
from .planned import FrameSource, as_arrow

if TYPE_CHECKING:
    import pyarrow as pa
    from tabweave_core.engine.planning.locking import Locking
    from tabweave_core.engine.planning.spreading import Write
    from tabweave_core.protocol.ops import Lock, Spread
    from tabweave_core.protocol.planning import SpreadPreview

    from .effects import Effect
    from .frame import Frame


def spread(frame: Frame, op: Spread) -> Plan:
    """The plan of a spread operation; raises what the rules of spreading raise."""
    done = spreading.spread(frame.boards.board(frame, op.rollup), FrameSource(frame), op)
    pieces = tuple(_piece(frame, write) for write in done.writes)
    if not pieces:
        return Plan(None, "", message=f"{done.summary}: nothing changes.")
    return Plan(SetValues(pieces), done.summary)


def dry_run(frame: Frame, op: Spread) -> SpreadPreview:
    """What a spread operation would do now, and the token to do exactly that; it asks nothing of the token it brings."""
    with frame.lock:
        done = spreading.rehearsed(frame.boards.board(frame, op.rollup), FrameSource(frame), op)
        for write in done.writes:
            _piece(frame, write)
        return done.preview()


def lock(frame: Frame, op: Lock) -> Locking:
    """What a lock operation makes of the frame's locks."""
    return locking.lock(frame.boards.board(frame, op.rollup), FrameSource(frame), op, frame.locks)


def require_free(frame: Frame, effect: Effect) -> None:
    """Refuses (HELD) an effect that changes locked cells, or lets them go."""
    locks = frame.locks
    match effect:
        case SetValues(pieces=pieces):
            for piece in pieces:
                locks.require_free(piece.cid, piece.rids, frame.column(piece.cid).name)
        case RowsOut(rids=rids):
            locks.require_rows_free(rids)
        case ColumnsOut(cids=cids):
            for cid in cids:
                locks.require_column_free(cid, frame.column(cid).name)
        case Recast(cid=cid):
            locks.require_column_free(cid, frame.column(cid).name)
        case Several(effects=effects):
            for each in effects:
                require_free(frame, each)
        case _:
            pass


def _piece(frame: Frame, write: Write) -> Piece:
    place = frame.layout.place(write.column)
    like = writes.column(frame.df, place)
    column = frame.column(write.column)
    if column.kind in units.NUMBERS:
        kind = as_arrow(pd.Series(like[:0])).type
        return Piece(write.column, write.rids, _fitted(like, units.to_arrow(write.values, kind)))
    parsed = cells.parse(column, like, [write.text])
    if parsed.values is None:
        bad = parsed.bad[0]
        code: Any = bad.code if bad.code in BadValue.codes else "TYPE"
        raise BadValue(code, f"{column.name}: {bad.message}", hint=bad.hint, where=column.name)
    return Piece(write.column, write.rids, writes.take(parsed.values, np.zeros(len(write.rids), dtype=np.int64)))


def _fitted(like: Any, found: pa.Array) -> Any:
    """Numbers as an array of a column's own dtype."""
    dtype = like.dtype
    if chunks.is_arrow(like):
        return chunks.boxed(_chunked(found), like)
    if isinstance(dtype, np.dtype):
        filled = found.fill_null(np.nan) if dtype.kind == "f" and found.null_count else found
        return np.asarray(filled).astype(dtype)
    mask = np.asarray(found.is_null())
    data = np.asarray(found.fill_null(0)).astype(dtype.numpy_dtype)
    return pd.arrays.FloatingArray(data, mask) if dtype.kind == "f" else pd.arrays.IntegerArray(data, mask)


def _chunked(found: pa.Array) -> pa.ChunkedArray:
    import pyarrow as pa

    return pa.chunked_array([found])
