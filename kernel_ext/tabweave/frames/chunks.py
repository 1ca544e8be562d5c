"""Single cells of Arrow-backed columns: read or replaced by rebuilding only the piece of a chunk that holds them.

Arrow arrays never change; a write makes a new chunked array that shares every untouched buffer with the old one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa

if TYPE_CHECKING:
    from tabweave_core.engine.rows import Ints

SEGMENT = 1 << 16
"""Rows that are rebuilt around a written cell."""


def is_arrow(values: Any) -> bool:
    """Whether an array keeps its cells in Arrow memory."""
    return isinstance(values, pd.arrays.ArrowExtensionArray)


def chunked(values: Any) -> pa.ChunkedArray:
    """The Arrow data of an Arrow-backed pandas array, not copied."""
    return values._pa_array


def boxed(data: pa.ChunkedArray, like: Any) -> Any:
    """Arrow data as a pandas array of the same dtype as `like`."""
    if isinstance(like.dtype, pd.StringDtype):
        return type(like)(data, dtype=like.dtype)
    return pd.arrays.ArrowExtensionArray(data)


def take(data: pa.ChunkedArray, positions: Ints) -> pa.ChunkedArray:
    """Rows in the given order, in time that depends on their number and not on the column's length."""
    if not len(positions):
        return pa.chunked_array([], type=data.type)
    starts = _starts(data)
    home = np.searchsorted(starts, positions, side="right") - 1
    order = np.argsort(home, kind="stable")
    parts, groups = [], np.split(order, np.flatnonzero(np.diff(home[order])) + 1)
    for group in groups:
        chunk = int(home[group[0]])
        parts.append(data.chunk(chunk).take(pa.array(positions[group] - starts[chunk])))
    whole = _joined(parts)
    if len(groups) > 1:
        back = np.empty(len(order), dtype=np.int64)
        back[order] = np.arange(len(order))
        whole = whole.take(pa.array(back))
    return pa.chunked_array([whole])


def replaced(data: pa.ChunkedArray, positions: Ints, values: pa.ChunkedArray) -> pa.ChunkedArray:
    """The column with `values[i]` at `positions[i]`; the last of equal positions wins."""
    if not len(positions):
        return data
    order = np.argsort(positions, kind="stable")
    wanted = positions[order]
    fresh = _joined(values.chunks).take(pa.array(order))
    parts: list[pa.Array] = []
    starts = _starts(data)
    for number, chunk in enumerate(data.chunks):
        first = int(starts[number])
        low, high = np.searchsorted(wanted, [first, first + len(chunk)])
        if low == high:
            parts.append(chunk)
        else:
            parts.extend(_rebuilt(chunk, wanted[low:high] - first, fresh.slice(low, high - low)))
    return pa.chunked_array(parts, type=data.type)


def _rebuilt(chunk: pa.Array, spots: Ints, fresh: pa.Array) -> list[pa.Array]:
    parts: list[pa.Array] = []
    segments = spots // SEGMENT
    cuts = np.flatnonzero(np.diff(segments)) + 1
    done = 0
    for group in np.split(np.arange(len(spots)), cuts):
        start = int(segments[group[0]]) * SEGMENT
        stop = min(start + SEGMENT, len(chunk))
        if start > done:
            parts.append(chunk.slice(done, start - done))
        piece = chunk.slice(start, stop - start)
        index = np.arange(stop - start)
        index[spots[group] - start] = (stop - start) + np.arange(len(group))
        new = fresh.slice(int(group[0]), len(group))
        parts.append(_joined([piece, new]).take(pa.array(index)))
        done = stop
    if done < len(chunk):
        parts.append(chunk.slice(done))
    return parts


def _starts(data: pa.ChunkedArray) -> Ints:
    return np.concatenate(([0], np.cumsum([len(chunk) for chunk in data.chunks])))[:-1].astype(np.int64)


def _joined(parts: list[pa.Array]) -> pa.Array:
    return parts[0] if len(parts) == 1 else pa.concat_arrays(parts)
