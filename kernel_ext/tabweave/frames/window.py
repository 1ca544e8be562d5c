"""A window: some rows of some columns as an Arrow IPC stream, which the browser draws.

Values cross exactly. Only the rows asked for are converted, so a window costs the same on 100 rows as on 10 million.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from tabweave_core.errors import BadMessage
from tabweave_core.protocol.values import tagged_text

from .arrays import is_missing, read, strings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tabweave_core.engine.locks import Locks

    from .frame import Frame

ROW_ID = "_rid"
_CARRIED_TEXT = (pa.string(), pa.large_string())


@dataclass(frozen=True)
class Cells:
    """What a window is made of: row ids, and for each column its id, its kind and the array or index behind it."""

    rows: Any
    rids: Any
    columns: list[tuple[int, str, Any]]
    locks: Locks


def window(frame: Frame, positions: slice | np.ndarray[Any, Any], columns: Sequence[int]) -> bytes:
    """The rows at `positions` of `columns` (ids) as Arrow stream bytes: `_rid` int64, then one field per id, named by it.

    A slice is clamped to the frame; an array of positions outside it raises `BadMessage`. Columns of Python objects are
    utf8 of their tagged JSON, categories a dictionary<int32, utf8> of the labels in the window, all else the Arrow type
    of its own. Call it under the frame's lock.
    """
    return encode(collect(frame, positions, columns))


def collect(frame: Frame, positions: slice | np.ndarray[Any, Any], columns: Sequence[int]) -> Cells:
    """Takes hold of what a window needs, without reading a cell; drop it soon, because a write meanwhile copies its column."""
    rows = _checked(positions, len(frame.df))
    held: list[tuple[int, str, Any]] = [(cid, frame.column(cid).kind, frame.values(cid)) for cid in columns]
    return Cells(rows, frame.rids.ids(rows), held, frame.locks)


def encode(cells: Cells) -> bytes:
    """The collected cells as Arrow stream bytes."""
    fields = [pa.array(cells.rids)]
    fields += [field(values, kind, cells.rows) for _, kind, values in cells.columns]
    batch = pa.RecordBatch.from_arrays(fields, [ROW_ID, *(str(cid) for cid, _, _ in cells.columns)])
    marks = cells.locks.marks([cid for cid, _, _ in cells.columns], cells.rids) if cells.locks else None
    if marks is not None:
        batch = batch.append_column("_locked", pa.array(marks, pa.string()))
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    sent: bytes = sink.getvalue().to_pybytes()
    return sent


def field(values: Any, kind: str, rows: Any) -> Any:
    """One column of a window."""
    cells = read(values, rows)
    if isinstance(cells, np.ndarray):
        return strings(None if is_missing(cell) else tagged_text(cell) for cell in cells)
    if kind == "object" and cells.type in _CARRIED_TEXT:
        return strings(None if cell is None else tagged_text(cell) for cell in cells.to_pylist())
    if pa.types.is_dictionary(cells.type):
        return pa.DictionaryArray.from_arrays(cells.indices, cells.dictionary.cast(pa.string()))
    return cells


def _checked(positions: slice | np.ndarray[Any, Any], count: int) -> slice | np.ndarray[Any, Any]:
    if isinstance(positions, slice):
        start, stop, step = positions.indices(count)
        return slice(start, max(start, stop), step)
    rows = np.asarray(positions, dtype=np.int64)
    if len(rows) and (rows.min() < 0 or rows.max() >= count):
        message = f"A window asks for row {int(rows.max())} of a table with {count} rows."
        raise BadMessage("BAD_MESSAGE", message, hint="Fetch it again.")
    return rows
