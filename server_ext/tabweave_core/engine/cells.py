"""Typed text or JSON to the exact texts of a column's values: every cell is read, or refused with a reason.

A cell typed empty is missing, except in text columns, where it is the empty text. It must not know tables or DuckDB.
"""

from __future__ import annotations

import datetime as dt
import math
import struct
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from ..errors import BadValue, nearest
from ..protocol.values import decode
from . import bounds, moments, numerals
from .dtypes import Dtype, parse
from .numerals import Unfit

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..protocol.ops import Scalar
    from ..protocol.schema import Column

BOOLEANS = {"true": True, "yes": True, "1": True, "on": True, "false": False, "no": False, "0": False, "off": False}
_SHOWN = 60
_FLOAT32 = 3.4028234663852886e38
_FEW = 3


class Unread(BadValue):
    """A cell that its column cannot hold; `text` is what was typed."""

    def __init__(self, code: str, message: str, *, hint: str, text: str) -> None:
        super().__init__(code, message, hint=hint)
        self.text = text


def reader(column: Column, *, typed: bool) -> Callable[[Scalar], str | None]:
    """What reads one cell of a column: as a person typed it, or (not `typed`) as a JSON value. It raises `Unread`."""
    dtype = parse(column.dtype)
    read = _reading(column, dtype, typed)
    blank = column.kind not in ("text", "category")
    floats = dtype.name == "double" and not bounds.has_any(column)

    def one(item: Scalar) -> str | None:
        if item is None:
            return None
        if floats and isinstance(item, float) and math.isfinite(item):
            return dtype.text(item)
        text = item if isinstance(item, str) else _text(item)
        if blank and not text.strip():
            return None
        try:
            return read(text)
        except Unfit as error:
            hint = error.hint
            if error.code == "RANGE" and not hint and column.lo is not None:
                hint = f"It holds {column.lo} to {column.hi}."
            shown = repr(text) if len(text) <= _SHOWN else repr(f"{text[:_SHOWN]}…")
            message = f"{shown} {error.phrase} for {column.name} ({column.dtype})."
            raise Unread(error.code, message, hint=hint, text=text) from None

    return one


def _text(item: Scalar) -> str:
    if isinstance(item, bool):
        return "true" if item else "false"
    return repr(item)


def _reading(column: Column, dtype: Dtype, typed: bool) -> Callable[[str], str]:
    if dtype.kind == "text":
        return _plain
    if dtype.kind == "category":
        return _category(column)
    scalar = _scalars(column, dtype)
    if dtype.kind == "duration" and not typed:
        scalar = _nanoseconds(dtype)
    if not bounds.has_any(column):
        return lambda text: dtype.text(scalar(text))

    def bounded(text: str) -> str:
        number = scalar(text)
        bounds.require(column, number)
        return dtype.text(number)

    return bounded


def _scalars(column: Column, dtype: Dtype) -> Callable[[str], Any]:
    match dtype.kind:
        case "integer":
            return lambda text: _integer(text, int(column.lo or 0), int(column.hi or 0))
        case "float":
            return _float32 if dtype.name == "float" else numerals.float_number
        case "decimal":
            return lambda text: numerals.fitted(numerals.decimal(text), dtype.precision, dtype.scale)
        case "boolean":
            return _boolean
        case "date":
            return moments.date
        case "time":
            return lambda text: _whole(moments.clock(text), dtype.unit)
        case "timestamp":
            return lambda text: _timestamp(text, dtype.unit, dtype.zone)
        case "duration":
            return lambda text: _whole(moments.duration(text), dtype.unit)
        case _:
            raise Unfit("TYPE", "cannot be typed")


def _plain(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise Unfit("TYPE", "is not valid Unicode text") from None
    return text


def _category(column: Column) -> Callable[[str], str]:
    labels = column.categories or []
    known = frozenset(labels)

    def read(text: str) -> str:
        for found in (text, text.strip()):
            if found in known:
                return found
        close = nearest(text.strip(), labels) or (labels if len(labels) <= _FEW else [])
        hint = f"Did you mean {' or '.join(map(repr, close))}?" if close else ""
        raise Unfit("CHECK", "is not one of the categories", hint)

    return read


def _integer(text: str, lo: int, hi: int) -> int:
    number = numerals.integer(text)
    if not lo <= number <= hi:
        raise Unfit("RANGE", "is out of range")
    return number


def _float32(text: str) -> float:
    found = numerals.float_number(text, 24, _FLOAT32)
    (single,) = struct.unpack("f", struct.pack("f", found))
    return float(single)


def _boolean(text: str) -> bool:
    found = BOOLEANS.get(text.strip().lower())
    if found is None:
        raise Unfit("TYPE", "is not true or false", "Write true or false (yes, no, 1 and 0 are understood).")
    return found


def _whole(ns: int, unit: str) -> int:
    ticks = moments.ticks(ns, unit)
    if not -(2**63) < ticks < 2**63:
        raise Unfit("RANGE", "is out of range")
    return ns


def _nanoseconds(dtype: Dtype) -> Callable[[str], int]:
    def read(text: str) -> int:
        try:
            return _whole(int(decode("duration", text)), dtype.unit)
        except BadValue:
            raise Unfit("TYPE", "is not a number of nanoseconds") from None

    return read


def _timestamp(text: str, unit: str, zone: str | None) -> int:
    wall, offset = moments.timestamp(text)
    if zone is None and offset is not None:
        raise Unfit("TYPE", "has a time zone and the column has none", "Leave the zone out.")
    ns = _from_wall(wall, zone) if zone is not None and offset is None else wall - (offset or 0)
    day = ns // moments.DAY + dt.date(1970, 1, 1).toordinal()
    if unit == "ns" and abs(ns) >= moments.ENDLESS:
        raise Unfit("RANGE", "is out of range", "It holds 1677-09-21 to 2262-04-11.")
    if not dt.date.min.toordinal() <= day <= dt.date.max.toordinal():
        raise Unfit("RANGE", "is out of range", "Dates go from 0001-01-01 to 9999-12-31.")
    return _whole(ns, unit)


def _from_wall(ns: int, zone: str) -> int:
    """Nanoseconds of a wall clock as nanoseconds of UTC; `Unfit` where the clock shows that time twice or never."""
    seconds, rest = divmod(ns, moments.SECOND)
    try:
        wall = dt.datetime(1970, 1, 1) + dt.timedelta(seconds=seconds)
        info = pa.lib.string_to_tzinfo(zone)
        early, late = (wall.replace(tzinfo=info, fold=fold) for fold in (0, 1))
        first, second = early.astimezone(dt.UTC), late.astimezone(dt.UTC)
    except OverflowError:
        raise Unfit("RANGE", "is out of range", "Dates go from 0001-01-01 to 9999-12-31.") from None
    if first != second:
        if first.astimezone(info).replace(tzinfo=None) != wall:
            raise Unfit("RANGE", "does not exist in that zone (clocks go forward)", f"The next time is {first.astimezone(info)}.")
        raise Unfit(
            "TYPE", "happens twice in that zone (clocks go back)", f"Write {early.isoformat(' ')} or {late.isoformat(' ')}."
        )
    gap = first.replace(tzinfo=None) - dt.datetime(1970, 1, 1)
    return (gap.days * 86_400 + gap.seconds) * moments.SECOND + rest
