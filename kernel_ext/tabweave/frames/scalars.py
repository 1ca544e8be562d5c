"""Cells of a column as the JSON values that patches, acknowledgements and histories carry. It must not know frames."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from tabweave_core.engine import moments
from tabweave_core.protocol import values as json_values

from . import arrays, writes

if TYPE_CHECKING:
    from tabweave_core.protocol.ops import Scalar
    from tabweave_core.protocol.schema import Column

Array = Any


def to_json(values: Array, column: Column) -> list[Scalar]:
    """The JSON of each cell, null where it is missing."""
    zoned = column.zone is not None
    return [json_values.encode(column.kind, scalar, zoned=zoned) for scalar in to_python(values, column)]


def to_python(values: Array, column: Column) -> list[Any]:
    """Each cell as the Python scalar of its kind (see `protocol.values`): timestamps, times and durations in nanoseconds."""
    cells = arrays.read(writes.wrap(values))
    if isinstance(cells, np.ndarray):
        return [None if arrays.is_missing(cell) else cell for cell in cells]
    kind = cells.type
    if pa.types.is_timestamp(kind) or pa.types.is_duration(kind) or pa.types.is_time64(kind):
        factor = moments.PER_UNIT[kind.unit]
        return [None if tick is None else tick * factor for tick in cells.view(pa.int64()).to_pylist()]
    if column.kind == "float" and pa.types.is_float32(kind):
        return [None if cell is None else float(str(np.float32(cell))) for cell in cells.to_pylist()]
    found: list[Any] = cells.to_pylist()
    return found
