"""Cells of a window, a snapshot or a delta as the JSON values that operations carry. It must not know sessions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from ..engine.moments import PER_UNIT
from ..protocol.values import encode

if TYPE_CHECKING:
    from ..protocol.ops import Scalar
    from ..protocol.schema import Column


def to_json(values: pa.ChunkedArray, column: Column) -> list[Scalar]:
    """The JSON of each cell of a column, null where it is missing."""
    zoned = column.zone is not None
    return [encode(column.kind, value, zoned=zoned) for value in to_python(values)]


def to_python(values: pa.ChunkedArray) -> list[Any]:
    """Each cell as the Python scalar of its kind (see `protocol.values`): timestamps, times and durations in nanoseconds."""
    kind, types = values.type, pa.types
    if types.is_timestamp(kind) or types.is_duration(kind) or types.is_time64(kind):
        ticks = [tick for chunk in values.chunks for tick in chunk.view(pa.int64()).to_pylist()]
        return [None if tick is None else tick * PER_UNIT[kind.unit] for tick in ticks]
    if types.is_time32(kind):
        ticks = [tick for chunk in values.chunks for tick in chunk.view(pa.int32()).to_pylist()]
        return [None if tick is None else tick * PER_UNIT[kind.unit] for tick in ticks]
    if types.is_float32(kind):
        return [None if cell is None else float(str(np.float32(cell))) for cell in values.to_pylist()]
    found: list[Any] = values.to_pylist()
    return found
