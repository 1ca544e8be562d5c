"""One cell in JSON: what each kind of column puts on the wire, and the tagged form of arbitrary objects.

    kind       Python scalar                     JSON
    integer    int                               number up to 2^53 - 1 in size, else its digits as text
    decimal    decimal.Decimal                   text with all its digits, "12.30"
    float      float                             number, or "NaN" "Infinity" "-Infinity" "-0"
    boolean    bool                              true, false
    text       str                               text
    category   str (the label as text)           text
    date       datetime.date                     "YYYY-MM-DD"
    time       int (ns since midnight)           "HH:MM:SS[.f…9]"
    timestamp  int (ns since 1970, UTC if zoned) "YYYY-MM-DDTHH:MM:SS[.f…9]", and "Z" when the column has a zone
    duration   int (ns)                          the integer as text
    binary     bytes                             base64
    nested     list or dict                      the tagged form as a JSON text
    object     anything                          the tagged form as a JSON text
    missing    None                              null

Tagged form: null, booleans, text and numbers up to 2^53 - 1 as themselves; larger integers {"$int": digits}, NaN, infinities
and -0 {"$float": text}, and {"$decimal"}, {"$date"}, {"$time"}, {"$timestamp"}, {"$duration"}, {"$bytes"} with the JSON of
their kind; a list as an array, a dict as {"$dict": [[key, value], …]}, anything else as {"$repr": text}, which does not
come back. It must not know pandas or Arrow.
"""

from __future__ import annotations

import base64
import datetime as dt
import json
import math
import re
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from ..errors import BadValue

if TYPE_CHECKING:
    from collections.abc import Callable

    from .ops import Scalar
    from .schema import Kind

SAFE = 2**53 - 1
"""The largest integer that every JSON reader keeps exactly."""

_SECOND = 10**9
_DAY = 86_400 * _SECOND
_EPOCH = dt.date(1970, 1, 1).toordinal()
_TIMESTAMP = re.compile(r"([+-]?\d{4,})-(\d\d)-(\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?))?(Z)?", re.ASCII)
_TIME = re.compile(r"(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?", re.ASCII)
_FLOATS = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf, "-0": -0.0}


def encode(kind: Kind, value: Any, *, zoned: bool = False) -> Scalar:  # noqa: C901 - one case per kind
    """The JSON of a Python scalar (see the table above); `zoned` says that a timestamp's column has a zone."""
    if value is None:
        return None
    match kind:
        case "integer":
            return int_json(value)
        case "float":
            return float_json(value)
        case "boolean":
            return bool(value)
        case "decimal":
            return format(value, "f")
        case "date":
            return str(value.isoformat())
        case "time":
            return time_json(value)
        case "timestamp":
            return timestamp_json(value, zoned=zoned)
        case "duration":
            return str(int(value))
        case "binary":
            return base64.b64encode(value).decode()
        case "nested" | "object":
            return tagged_text(value)
        case _:
            return str(value)


def decode(kind: Kind, value: Scalar) -> Any:
    """The Python scalar that JSON stands for; raises `BadValue` TYPE when it is none of this kind."""
    if value is None:
        return None
    try:
        return _DECODERS[kind](value)
    except (ValueError, TypeError, InvalidOperation, OverflowError, RecursionError):
        raise BadValue("TYPE", f"{value!r} is not the JSON of a value of kind {kind}.") from None


def int_json(value: int) -> int | str:
    """An integer as a number, or as its digits where a number would lose some."""
    value = int(value)
    return value if -SAFE <= value <= SAFE else str(value)


def float_json(value: float) -> float | str:
    """A float as a number, or as text where JSON has no number for it."""
    value = float(value)
    if value == 0 and math.copysign(1, value) < 0:
        return "-0"
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def time_json(value: int | dt.time) -> str:
    """A time of day (nanoseconds since midnight) as "HH:MM:SS[.f…9]", trailing zeros of the fraction left out."""
    if isinstance(value, dt.time):
        value = ((value.hour * 60 + value.minute) * 60 + value.second) * _SECOND + value.microsecond * 1000
    seconds, part = divmod(int(value), _SECOND)
    fraction = f".{part:09d}".rstrip("0") if part else ""
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}{fraction}"


def timestamp_json(value: int | dt.datetime, *, zoned: bool = False) -> str:
    """A timestamp (nanoseconds since 1970) as ISO text; years beyond 9999 and before 0 have a sign."""
    if isinstance(value, dt.datetime):
        value = datetime_ns(value)
    days, within = divmod(int(value), _DAY)
    year, month, day = civil(days)
    shown = f"{year:04d}" if 0 <= year <= 9999 else f"{year:+05d}"
    return f"{shown}-{month:02d}-{day:02d}T{time_json(within)}{'Z' if zoned else ''}"


def datetime_ns(value: dt.datetime) -> int:
    """A datetime as nanoseconds since 1970, of UTC when it has a zone and of its wall clock when it has none."""
    if value.utcoffset() is not None:
        value = value.astimezone(dt.UTC).replace(tzinfo=None)
    gap = value - dt.datetime(1970, 1, 1)
    whole = (gap.days * 86_400 + gap.seconds) * _SECOND + gap.microseconds * 1000
    return whole + int(getattr(value, "nanosecond", 0))


def civil(days: int) -> tuple[int, int, int]:
    """Days since 1970 as year, month, day of the proleptic Gregorian calendar, for any year."""
    cycles, rest = divmod(days + _EPOCH - 1, 146_097)
    date = dt.date.fromordinal(rest + 1)
    return date.year + 400 * cycles, date.month, date.day


def days_since_1970(year: int, month: int, day: int) -> int:
    """Inverse of `civil`; raises ValueError for a date that does not exist."""
    cycles, rest = divmod(year - 1, 400)
    return dt.date(rest + 1, month, day).toordinal() - _EPOCH + 146_097 * cycles


def tagged(value: Any) -> Any:
    """The tagged form of any object, as a JSON tree."""
    if value is None or isinstance(value, (bool, str)):
        return value if value is None or isinstance(value, bool) else str(value)
    if isinstance(value, int):
        found = int_json(value)
        return {"$int": found} if isinstance(found, str) else found
    if isinstance(value, float):
        number = float_json(value)
        return {"$float": number} if isinstance(number, str) else number
    if isinstance(value, Decimal):
        return {"$decimal": str(value)}
    if isinstance(value, dt.datetime):
        return _tagged_datetime(value)
    if isinstance(value, dt.date):
        return {"$date": value.isoformat()}
    if isinstance(value, dt.time):
        return {"$time": time_json(value)} if value.tzinfo is None else {"$repr": repr(value)}
    if isinstance(value, dt.timedelta):
        whole = (value.days * 86_400 + value.seconds) * _SECOND + value.microseconds * 1000
        return {"$duration": str(whole + int(getattr(value, "nanoseconds", 0)))} if value == value else None
    if isinstance(value, (bytes, bytearray)):
        return {"$bytes": base64.b64encode(value).decode()}
    return _tagged_container(value)


def _tagged_datetime(value: dt.datetime) -> Any:
    if value != value:
        return None
    return {"$timestamp": timestamp_json(value, zoned=value.tzinfo is not None)}


def _tagged_container(value: Any) -> Any:
    if type(value) in (list, tuple) or hasattr(value, "tolist"):
        items = value.tolist() if hasattr(value, "tolist") else value
        return [tagged(item) for item in items] if isinstance(items, (list, tuple)) else _tagged_other(items)
    if isinstance(value, dict):
        return {"$dict": [[tagged(key), tagged(item)] for key, item in value.items()]}
    return _tagged_other(value)


def _tagged_other(value: Any) -> Any:
    if value is None or isinstance(value, (bool, int, float, str, bytes, Decimal, dt.date, dt.time, dt.timedelta)):
        return tagged(value)
    try:
        return {"$repr": repr(value)}
    except Exception as error:
        return {"$repr": f"<{type(value).__name__}, whose repr raises {type(error).__name__}>"}


def tagged_text(value: Any) -> str:
    """The tagged form as compact JSON; an object nested too deeply or in itself becomes its repr."""
    try:
        return json.dumps(tagged(value), ensure_ascii=False, separators=(",", ":"))
    except (RecursionError, ValueError):
        return json.dumps(_tagged_other(_Deep(value)), ensure_ascii=False, separators=(",", ":"))


class _Deep:
    def __init__(self, value: Any) -> None:
        self._value = value

    def __repr__(self) -> str:
        return f"<{type(self._value).__name__} nested too deeply>"


def untagged(tree: Any) -> Any:
    """The object that a tagged tree stands for; raises `BadValue` for a `$repr` or an unknown tag."""
    if isinstance(tree, list):
        return [untagged(item) for item in tree]
    if not isinstance(tree, dict):
        return tree
    if len(tree) == 1:
        ((tag, body),) = tree.items()
        if tag == "$dict":
            return {untagged(key): untagged(item) for key, item in body}
        if tag in _TAGS:
            return _TAGS[tag](body)
    raise BadValue(
        "TYPE", f"{json.dumps(tree, ensure_ascii=False)} has no value to write.", hint="Only plain values can be set here."
    )


def untagged_text(text: str) -> Any:
    """The object that a tagged JSON text stands for; raises `BadValue` TYPE."""
    return decode("object", text)


def _decode_integer(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        raise TypeError
    return int(value)


def _decode_float(value: Any) -> float:
    if isinstance(value, str):
        return _FLOATS[value] if value in _FLOATS else _fail()
    if isinstance(value, bool):
        raise TypeError
    return float(value)


def _fail() -> Any:
    raise ValueError


def _decode_boolean(value: Any) -> bool:
    return value if isinstance(value, bool) else _fail()


def _decode_text(value: Any) -> str:
    return value if isinstance(value, str) else _fail()


def _decode_decimal(value: Any) -> Decimal:
    found = Decimal(_decode_text(value))
    return found if found.is_finite() else _fail()


def _decode_time(value: Any) -> int:
    found = _TIME.fullmatch(_decode_text(value))
    return _clock(found) if found else _fail()


def _clock(found: re.Match[str]) -> int:
    hour, minute, second = (int(part or 0) for part in found.groups()[:3])
    if hour > 23 or minute > 59 or second > 59:
        raise ValueError
    return ((hour * 60 + minute) * 60 + second) * _SECOND + int((found[4] or "").ljust(9, "0"))


def _decode_timestamp(value: Any) -> int:
    found = _TIMESTAMP.fullmatch(_decode_text(value))
    if not found:
        raise ValueError
    days = days_since_1970(int(found[1]), int(found[2]), int(found[3]))
    return days * _DAY + (_decode_time(found[4]) if found[4] else 0)


def _decode_object(value: Any) -> Any:
    return untagged(json.loads(_decode_text(value)))


def _timestamp_object(body: Any) -> Any:
    ns = _decode_timestamp(body)
    if ns % 1000:
        raise BadValue("TYPE", f"{body} is finer than a Python datetime.", hint="Microseconds are the finest here.")
    zone = dt.UTC if body.endswith("Z") else None
    return (dt.datetime(1970, 1, 1) + dt.timedelta(microseconds=ns // 1000)).replace(tzinfo=zone)


def _time_object(body: Any) -> dt.time:
    ns = _decode_time(body)
    return (dt.datetime.min + dt.timedelta(microseconds=ns // 1000)).time()


_DECODERS: dict[str, Callable[[Any], Any]] = {
    "integer": _decode_integer,
    "decimal": _decode_decimal,
    "float": _decode_float,
    "boolean": _decode_boolean,
    "text": _decode_text,
    "category": _decode_text,
    "date": lambda value: dt.date.fromisoformat(_decode_text(value)),
    "time": _decode_time,
    "timestamp": _decode_timestamp,
    "duration": _decode_integer,
    "binary": lambda value: base64.b64decode(_decode_text(value), validate=True),
    "nested": _decode_object,
    "object": _decode_object,
}
_TAGS: dict[str, Callable[[Any], Any]] = {
    "$int": _decode_integer,
    "$float": _decode_float,
    "$decimal": lambda body: Decimal(_decode_text(body)),
    "$date": _DECODERS["date"],
    "$time": _time_object,
    "$timestamp": _timestamp_object,
    "$duration": lambda body: dt.timedelta(microseconds=_decode_integer(body) / 1000),
    "$bytes": _DECODERS["binary"],
}
