"""What a client makes of a window: each cell of an Arrow stream as the JSON of its kind, by means independent of the writer's."""

from __future__ import annotations

import base64
import datetime as dt
import json
import math
from typing import Any

import numpy as np
import pyarrow as pa

PER_SECOND = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}


def read_window(stream: bytes | memoryview) -> tuple[list[int], list[pa.Array]]:
    """Row ids and columns of a window."""
    table = pa.ipc.open_stream(stream).read_all()
    assert table.column_names[0] == "_rid"
    assert table.schema.field(0).type == pa.int64()
    return table.column(0).to_pylist(), [column.combine_chunks() for column in table.columns[1:]]


def cells(array: pa.Array, kind: str) -> list[Any]:
    """The cells as JSON."""
    found = array.type
    if pa.types.is_timestamp(found):
        tail = "Z" if found.tz else ""
        return [None if tick is None else stamp(tick, found.unit) + tail for tick in array.cast(pa.int64()).to_pylist()]
    if pa.types.is_duration(found):
        factor = 10**9 // PER_SECOND[found.unit]
        return [None if tick is None else str(tick * factor) for tick in array.cast(pa.int64()).to_pylist()]
    if pa.types.is_time(found):
        assert pa.types.is_time64(found)
        return [None if tick is None else stamp(tick, found.unit).split("T")[1] for tick in array.cast(pa.int64()).to_pylist()]
    if kind == "nested":
        return [None if cell is None else json.dumps(nested(cell), ensure_ascii=False) for cell in array.to_pylist()]
    return [None if cell is None else scalar(cell) for cell in array.to_pylist()]


def scalar(cell: Any) -> Any:
    """A Python value of any other kind as JSON."""
    if isinstance(cell, bool | str):
        return cell
    if isinstance(cell, int):
        return cell if abs(cell) <= 2**53 - 1 else str(cell)
    if isinstance(cell, float):
        if math.isfinite(cell):
            return "-0" if cell == 0 and math.copysign(1, cell) < 0 else cell
        return "NaN" if cell != cell else "Infinity" if cell > 0 else "-Infinity"
    if isinstance(cell, bytes):
        return base64.b64encode(cell).decode()
    if isinstance(cell, dt.date):
        return f"{cell.year:04d}-{cell.month:02d}-{cell.day:02d}"
    return format(cell, "f")


def nested(cell: Any) -> Any:
    """A list or struct in the tagged form."""
    if isinstance(cell, list):
        return [nested(part) for part in cell]
    if isinstance(cell, dict):
        return {"$dict": [[nested(key), nested(part)] for key, part in cell.items()]}
    found = None if cell is None else scalar(cell)
    if isinstance(found, str) and not isinstance(cell, str):
        return {"$int" if isinstance(cell, int) else "$float": found}
    return found


def stamp(tick: int, unit: str) -> str:
    """Ticks since 1970 as ISO text without trailing zeros in the fraction."""
    seconds, part = divmod(tick, PER_SECOND[unit])
    fraction = f".{part:0{len(str(PER_SECOND[unit])) - 1}d}".rstrip("0") if part else ""
    return str(np.datetime64(seconds, "s")) + fraction
