"""What a person compares a column with: a filter's bounds and listed values, read by the column's kind.

A bound need not fit the column's type (1000 bounds an int8 column well), but it must be of its kind.
"""

from __future__ import annotations

import datetime as dt
import math
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

import pandas as pd
from tabweave_core.errors import BadValue
from tabweave_core.protocol import values

if TYPE_CHECKING:
    from tabweave_core.protocol.ops import Scalar
    from tabweave_core.protocol.schema import Column, Kind

DAY = 86_400 * 10**9
PER_SECOND = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}

_EXPECTED: dict[Kind, tuple[str, str]] = {
    "integer": ("a whole number", "12"),
    "decimal": ("a decimal number", "12.50"),
    "float": ("a number", "1.5"),
    "boolean": ("true or false", "true"),
    "text": ("text", "abc"),
    "category": ("a category", "abc"),
    "date": ("a date", "2026-01-31"),
    "time": ("a time of day", "14:05:00"),
    "timestamp": ("a date and time", "2026-01-31T14:05:00"),
    "duration": ("a duration", "1 days 02:03:04"),
    "binary": ("base64", "AP8="),
    "nested": ("JSON", "[1, 2]"),
    "object": ("JSON", '"text"'),
}


def operand(column: Column, value: Scalar, *, upper: bool = False) -> Any:
    """A JSON value as the Python scalar to compare with: ints, floats, Decimals, text, days for dates, ns for times.

    `upper` marks a range's end: a day alone then means its last nanosecond. Raises `BadValue` TYPE.
    """
    try:
        return _read(column, value, upper)
    except (BadValue, ValueError, TypeError, ArithmeticError, InvalidOperation):
        what, example = _EXPECTED[column.kind]
        raise BadValue(
            "TYPE",
            f"{value!r} is not {what}, which {column.name!r} ({column.dtype}) compares with.",
            hint=f"Write it like {example}.",
        ) from None


def _read(column: Column, value: Scalar, upper: bool) -> Any:
    match column.kind:
        case "integer" | "decimal" | "float":
            return _number(value)
        case "date":
            return _day(value)
        case "timestamp":
            return _instant(column, value, upper)
        case "duration":
            return _duration(value)
        case "boolean" if isinstance(value, str):
            return {"true": True, "false": False}.get(value.lower()) if value.lower() in ("true", "false") else _none()
        case "text" | "category":
            return value if isinstance(value, str) else str(value)
        case kind:
            return values.decode(kind, value)


def _none() -> Any:
    raise ValueError


def _number(value: Scalar) -> int | float | Decimal:
    if isinstance(value, bool) or value is None:
        raise TypeError
    if not isinstance(value, str):
        return value
    special = {"nan": math.nan, "infinity": math.inf, "-infinity": -math.inf, "inf": math.inf, "-inf": -math.inf}
    if value.lower() in special:
        return special[value.lower()]
    found = Decimal(value.strip())
    return found if found.is_finite() else _none()


def _day(value: Scalar) -> int:
    if not isinstance(value, str):
        raise TypeError
    date = dt.date.fromisoformat(value[:10])
    if value[10:] and not value[10:].startswith(("T", " ")):
        raise ValueError
    return date.toordinal() - dt.date(1970, 1, 1).toordinal()


def _instant(column: Column, value: Scalar, upper: bool) -> int:
    if not isinstance(value, str):
        raise TypeError
    ns: int = values.decode("timestamp", value)
    whole_day = ":" not in value
    if column.zone is not None and not value.endswith("Z"):
        ns = _from_wall(ns, column.zone) if not (whole_day and upper) else _from_wall(ns + DAY, column.zone) - DAY
    return ns + DAY - 1 if whole_day and upper else ns


def _from_wall(ns: int, zone: str) -> int:
    seconds, rest = divmod(ns, 10**9)
    wall = pd.Timestamp(seconds, unit="s").tz_localize(zone, ambiguous=False, nonexistent="shift_forward")
    return int(wall.timestamp()) * 10**9 + rest


def _duration(value: Scalar) -> int:
    if isinstance(value, bool) or value is None:
        raise TypeError
    if isinstance(value, int | float):
        return int(value)
    return int(value) if value.lstrip("-").isdigit() else int(pd.Timedelta(value).value)
