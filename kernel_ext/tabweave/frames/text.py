"""Canonical text: how a value reads in filters, search, find, copies and editors.

One form per kind, the same for one value and for a whole column: `texts` never differs from `text`. Missing is "" for one
value and null in an array.
"""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from tabweave_core.protocol.values import tagged_text

from .arrays import is_missing, read, strings, visible

if TYPE_CHECKING:
    from .arrays import Rows, Values

_PER_SECOND = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
_HEX_BYTES = 16
_ARROW_PLAIN = 1e10
"""Arrow writes larger floats with an exponent, Python only those from 1e16 on."""


def texts(values: Values, rows: Rows = None) -> Any:
    """The canonical texts of a column's cells as one large_string array (a dictionary of them for categories)."""
    return texts_of(read(values, rows))


def texts_of(cells: Any) -> Any:
    """The canonical texts of what `arrays.read` gave, missing as null."""
    if isinstance(cells, np.ndarray):
        return strings(None if is_missing(cell) else text(cell) for cell in cells)
    kind = cells.type
    if pa.types.is_large_string(kind) or pa.types.is_dictionary(kind):
        return cells
    if pa.types.is_floating(kind):
        return _floats(cells)
    if pa.types.is_decimal(kind):
        return _decimals(cells)
    if pa.types.is_timestamp(kind):
        return _timestamps(cells)
    if pa.types.is_time(kind):
        return _trimmed(cells.cast(pa.large_string()), kind.unit)
    if pa.types.is_duration(kind):
        return _durations(cells)
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        return strings(None if cell is None else _hex(cell) for cell in cells.to_pylist())
    if pa.types.is_nested(kind):
        return strings(None if cell is None else text(cell) for cell in cells.to_pylist())
    return cells.cast(pa.large_string())


def text(value: Any) -> str:
    """The canonical text of one value, as it stands in a column of Python objects."""
    if is_missing(value):
        return ""
    if isinstance(value, str):
        return visible(value)
    if isinstance(value, float | np.floating):
        return _float(value)
    if type(value) is int:
        return str(value)
    return written(tagged_text(value))


def written(tagged: str) -> str:
    """The canonical text of an object given as tagged JSON."""
    return visible(_written(json.loads(tagged), inside=False))


def _written(tree: Any, *, inside: bool) -> str:
    """The tagged form of any object as a person reads it."""
    if tree is None:
        return "None" if inside else ""
    if isinstance(tree, str):
        return json.dumps(tree, ensure_ascii=False) if inside else tree
    if isinstance(tree, bool):
        return "true" if tree else "false"
    if isinstance(tree, list):
        return f"[{', '.join(_written(item, inside=True) for item in tree)}]"
    if not isinstance(tree, dict):
        return repr(tree)
    ((tag, body),) = tree.items()
    if tag == "$dict":
        pairs = (": ".join(_written(part, inside=True) for part in pair) for pair in body)
        return f"{{{', '.join(pairs)}}}"
    if tag == "$duration":
        return _duration(int(body), 10**9)
    return str(body).replace("T", " ") if tag == "$timestamp" else str(body)


def _float(value: Any) -> str:
    if isinstance(value, np.floating) and not isinstance(value, float):
        return repr(float(str(value)))
    return repr(float(value))


def _floats(cells: Any) -> Any:
    cells = cells.combine_chunks() if isinstance(cells, pa.ChunkedArray) else cells
    numbers = cells.to_numpy(zero_copy_only=False)
    gone = np.asarray(cells.is_null())
    with np.errstate(invalid="ignore"):
        size = np.abs(numbers)
        exact = size < (1e15 if numbers.dtype.itemsize == 8 else 2.0**24)
        whole = exact & (numbers == np.floor(numbers)) & ~((numbers == 0) & np.signbit(numbers))
        plain = exact & (whole | ((size >= 1e-4) & (size < _ARROW_PLAIN)))
    if whole.all():
        return _with_point(numbers)
    shown = cells.cast(pa.large_string())
    if whole.any():
        shown = pc.if_else(pa.array(whole), _with_point(np.where(whole, numbers, 0)), shown)
    odd = ~plain & ~gone
    if odd.any():
        shown = pc.replace_with_mask(shown, pa.array(odd), strings(_float(number) for number in numbers[odd]))
    return shown


def _with_point(numbers: Any) -> Any:
    """Whole floats below 10^15 in size."""
    shown = pa.array(numbers.astype(np.int64)).cast(pa.large_string())
    return pc.binary_join_element_wise(shown, pa.scalar("0", pa.large_string()), pa.scalar(".", pa.large_string()))


def _decimals(cells: Any) -> Any:
    shown = cells.cast(pa.large_string())
    short = np.asarray(pc.fill_null(pc.match_substring(shown, "E"), False))
    if short.any():
        full = strings(format(Decimal(found), "f") for found in shown.filter(pa.array(short)).to_pylist())
        shown = pc.replace_with_mask(shown, pa.array(short), full)
    return shown


def _trimmed(shown: Any, unit: str) -> Any:
    return shown if unit == "s" else pc.ascii_rtrim(pc.ascii_rtrim(shown, "0"), ".")


def _timestamps(cells: Any) -> Any:
    unit, zone = cells.type.unit, cells.type.tz
    if zone is None:
        return _trimmed(cells.cast(pa.large_string()), unit)
    gone = cells.is_null()
    ticks = pc.fill_null(cells.view(pa.int64()), 0).to_numpy(zero_copy_only=False)
    local = _wall_ticks(ticks, unit, zone)
    ahead = (local - ticks) // _PER_SECOND[unit]
    wall = _trimmed(pa.array(local).view(pa.timestamp(unit)).cast(pa.large_string()), unit)
    offsets, codes = np.unique(ahead, return_inverse=True)
    tails = pa.array([_offset(int(offset)) for offset in offsets], pa.large_string()).take(pa.array(codes))
    shown = pc.binary_join_element_wise(wall, tails, pa.scalar("", pa.large_string()))
    return pc.if_else(gone, pa.scalar(None, pa.large_string()), shown)


def _wall_ticks(ticks: Any, unit: str, zone: str) -> Any:
    instants = pd.DatetimeIndex(ticks.view(f"M8[{unit}]")).tz_localize("UTC").tz_convert(zone)
    return instants.tz_localize(None).asi8


def _offset(seconds: int) -> str:
    size = abs(seconds)
    tail = f":{size % 60:02d}" if size % 60 else ""
    return f"{'-' if seconds < 0 else '+'}{size // 3600:02d}:{size // 60 % 60:02d}{tail}"


def _durations(cells: Any) -> Any:
    per_second = _PER_SECOND[cells.type.unit]
    ticks = cells.cast(pa.int64()).to_pylist()
    return strings(None if tick is None else _duration(tick, per_second) for tick in ticks)


def _duration(ticks: int, per_second: int) -> str:
    seconds, part = divmod(ticks, per_second)
    days, seconds = divmod(seconds, 86_400)
    fraction = f".{part:0{len(str(per_second)) - 1}d}".rstrip("0") if part else ""
    sign = "+" if days < 0 and (seconds or part) else ""
    return f"{days} days {sign}{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}{fraction}"


def _hex(value: bytes | bytearray) -> str:
    return bytes(value[:_HEX_BYTES]).hex() + ("…" if len(value) > _HEX_BYTES else "")
