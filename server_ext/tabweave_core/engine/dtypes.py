"""The types of shared columns: each Arrow type that can be shared, its place in DuckDB and the exact text of its values.

The text of a value is what DuckDB's `CAST(value AS VARCHAR)` gives, and casting it back gives the value bit for bit. The log
keeps texts, and cells cross between Python and DuckDB as texts. A zoned timestamp is stored as naive UTC, a duration as its
ticks. It must not know tables.
"""

from __future__ import annotations

import base64
import datetime as dt
import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from ..errors import BadValue, did_you_mean
from ..protocol.schema import Column, DtypeChoice, Kind
from ..protocol.values import float_json, int_json, time_json, timestamp_json
from .moments import PER_UNIT

if TYPE_CHECKING:
    from ..protocol.ops import Scalar

_INTEGERS = {
    "int8": "TINYINT",
    "int16": "SMALLINT",
    "int32": "INTEGER",
    "int64": "BIGINT",
    "uint8": "UTINYINT",
    "uint16": "USMALLINT",
    "uint32": "UINTEGER",
    "uint64": "UBIGINT",
}
_STAMPS = {"s": "TIMESTAMP_S", "ms": "TIMESTAMP_MS", "us": "TIMESTAMP", "ns": "TIMESTAMP_NS"}
_DECIMAL = re.compile(r"decimal128\((\d+), ?(\d+)\)")
_UNITED = re.compile(r"(time32|time64|timestamp|duration)\[(s|ms|us|ns)(?:, tz=(.+))?\]")
_BYTE = re.compile(r"\\x([0-9A-Fa-f]{2})")
MOST_DIGITS = 38
INDEX = b"tabweave.index"
"""A field of an Arrow schema with this key in its metadata is a level of a DataFrame's index."""
CHOICES = [
    DtypeChoice(name="string", label="Text", kind="text"),
    DtypeChoice(name="int64", label="Whole number", kind="integer"),
    DtypeChoice(name="double", label="Number", kind="float"),
    DtypeChoice(name="decimal128(18, 2)", label="Decimal, 2 places", kind="decimal"),
    DtypeChoice(name="decimal128(38, 10)", label="Decimal, 10 places", kind="decimal"),
    DtypeChoice(name="bool", label="True / false", kind="boolean"),
    DtypeChoice(name="category", label="Choice from a list", kind="category"),
    DtypeChoice(name="date32[day]", label="Date", kind="date"),
    DtypeChoice(name="timestamp[us]", label="Date and time", kind="timestamp"),
    DtypeChoice(name="timestamp[us, tz=UTC]", label="Date and time (UTC)", kind="timestamp"),
    DtypeChoice(name="time64[us]", label="Time of day", kind="time"),
    DtypeChoice(name="duration[us]", label="Duration", kind="duration"),
    DtypeChoice(name="int32", label="Whole number, 32 bits", kind="integer"),
    DtypeChoice(name="int16", label="Whole number, 16 bits", kind="integer"),
    DtypeChoice(name="int8", label="Whole number, 8 bits", kind="integer"),
    DtypeChoice(name="uint64", label="Whole number ≥ 0", kind="integer"),
    DtypeChoice(name="float", label="Number, 32 bits", kind="float"),
]
"""The types offered when a column is added or retyped, the everyday ones first."""


@dataclass(frozen=True)
class Dtype:
    """A type of shared columns. `sql` is the DuckDB type of the stored values, `arrow` the type they have in a window.

    A category's Arrow type is that of its labels.
    """

    name: str
    kind: Kind
    sql: str
    arrow: pa.DataType
    precision: int = 0
    scale: int = 0
    unit: str = ""
    zone: str | None = None

    def column(self, cid: int, name: str, *, categories: list[str] | None = None, ordered: bool = False) -> Column:
        """The schema's description of a column of this type."""
        lo, hi = self.bounds()
        editable = self.kind != "binary"
        return Column(
            id=cid,
            name=name,
            kind=self.kind,
            dtype=self.name,
            editable=editable,
            why="" if editable else "Binary values are read-only here.",
            lo=lo,
            hi=hi,
            scale=self.scale if self.kind == "decimal" else None,
            unit=self.unit or None,
            zone=self.zone,
            categories=categories,
            ordered=ordered,
        )

    def bounds(self) -> tuple[str | None, str | None]:
        """The least and the greatest value of an integer or decimal type, as text."""
        if self.kind == "decimal":
            whole = "9" * (self.precision - self.scale) or "0"
            most = f"{whole}.{'9' * self.scale}" if self.scale else whole
            return f"-{most}", most
        if self.kind != "integer":
            return None, None
        bits = self.arrow.bit_width
        if self.name.startswith("u"):
            return "0", str(2**bits - 1)
        return str(-(2 ** (bits - 1))), str(2 ** (bits - 1) - 1)

    def text(self, value: Any) -> str:
        """The exact text of a Python scalar (see `protocol.values` for the scalar of each kind)."""
        match self.kind:
            case "integer":
                return str(value)
            case "decimal":
                return format(value, "f")
            case "float":
                return repr(value)
            case "boolean":
                return "true" if value else "false"
            case "date":
                return str(value.isoformat())
            case "time":
                return time_json(value)
            case "timestamp":
                return timestamp_json(value).replace("T", " ")
            case "duration":
                return str(value // PER_UNIT[self.unit])
            case _:
                return str(value)

    def json(self, text: str | None) -> Scalar:
        """The JSON of the value that a text stands for."""
        if text is None:
            return None
        match self.kind:
            case "integer":
                return int_json(int(text))
            case "float":
                return float_json(float(text))
            case "boolean":
                return text == "true"
            case "timestamp":
                return text.replace(" ", "T") + ("Z" if self.zone else "")
            case "duration":
                return str(int(text) * PER_UNIT[self.unit])
            case "binary":
                return base64.b64encode(_bytes(text)).decode()
            case _:
                return text


def _bytes(text: str) -> bytes:
    return _BYTE.sub(lambda found: chr(int(found[1], 16)), text).encode("latin-1")


@cache
def parse(name: str) -> Dtype:
    """The type with this name; raises `BadValue` TYPE with the nearest names."""
    found = _find(name)
    if found is None:
        names = [choice.name for choice in CHOICES]
        hint = did_you_mean(name, names) or f"Types are {', '.join(names)}."
        raise BadValue("TYPE", f"There is no column type {name!r} for shared tables.", hint=hint)
    return found


def _find(name: str) -> Dtype | None:
    if name in _INTEGERS:
        return Dtype(name, "integer", _INTEGERS[name], getattr(pa, name)())
    if name in _PLAIN:
        kind, sql, arrow = _PLAIN[name]
        return Dtype(name, kind, sql, arrow)
    if found := _DECIMAL.fullmatch(name):
        precision, scale = int(found[1]), int(found[2])
        if 0 < precision <= MOST_DIGITS and scale <= precision:
            arrow = pa.decimal128(precision, scale)
            return Dtype(str(arrow), "decimal", f"DECIMAL({precision},{scale})", arrow, precision=precision, scale=scale)
        return None
    found = _UNITED.fullmatch(name)
    return _united(name, found[1], found[2], found[3]) if found else None


def _united(name: str, family: str, unit: str, zone: str | None) -> Dtype | None:
    if zone is not None and (family != "timestamp" or not _known(zone)):
        return None
    if family == "timestamp":
        return Dtype(name, "timestamp", _STAMPS[unit], pa.timestamp(unit, zone), unit=unit, zone=zone)
    if family == "duration":
        return Dtype(name, "duration", "BIGINT", pa.duration(unit), unit=unit)
    if (family == "time32") != (unit in ("s", "ms")):
        return None
    arrow = pa.time32(unit) if family == "time32" else pa.time64(unit)
    return Dtype(name, "time", "TIME_NS" if unit == "ns" else "TIME", arrow, unit=unit)


def _known(zone: str) -> bool:
    try:
        pa.lib.string_to_tzinfo(zone)
    except (pa.ArrowException, KeyError, ValueError):
        return False
    return True


_PLAIN: dict[str, tuple[Kind, str, pa.DataType]] = {
    "float": ("float", "FLOAT", pa.float32()),
    "double": ("float", "DOUBLE", pa.float64()),
    "bool": ("boolean", "BOOLEAN", pa.bool_()),
    "string": ("text", "VARCHAR", pa.string()),
    "category": ("category", "VARCHAR", pa.string()),
    "date32[day]": ("date", "DATE", pa.date32()),
    "binary": ("binary", "BLOB", pa.binary()),
}
_FIRST, _LAST = dt.date(1, 1, 1), dt.date(9999, 12, 31)


def of_arrow(name: str, kind: pa.DataType) -> Dtype:
    """The type that a column `name` of an Arrow type gets; raises `BadValue` TYPE for what cannot be shared."""
    types = pa.types
    if types.is_dictionary(kind) and (types.is_string(kind.value_type) or types.is_large_string(kind.value_type)):
        return parse("category")
    if types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind):
        return parse("string")
    if types.is_binary(kind) or types.is_large_binary(kind) or types.is_binary_view(kind) or types.is_fixed_size_binary(kind):
        return parse("binary")
    found = _find(str(kind))
    if found is None:
        hint = "Convert it to float32." if types.is_float16(kind) else "Convert it to text or take it apart into columns."
        raise BadValue("TYPE", f"Column {name!r} ({kind}) cannot be shared.", hint=hint, where=name)
    return found


def to_store(name: str, dtype: Dtype, values: pa.ChunkedArray) -> pa.ChunkedArray:
    """A column's values as they are stored; raises `BadValue` RANGE for years that are not 1 to 9999."""
    if dtype.kind == "category":
        return values.cast(pa.string())
    if dtype.kind in ("text", "binary"):
        return values.cast(dtype.arrow)
    if dtype.kind == "duration":
        return _viewed(values, pa.int64())
    if dtype.kind == "time":
        return values.cast(pa.time64("ns" if dtype.unit == "ns" else "us"))
    if dtype.kind == "timestamp":
        values = _viewed(values, pa.timestamp(dtype.unit))
        _check_years(name, _viewed(values, pa.int64()), 86_400 * PER_UNIT["s"] // PER_UNIT[dtype.unit])
    elif dtype.kind == "date":
        _check_years(name, _viewed(values, pa.int32()), 1)
    return values


def _viewed(values: pa.ChunkedArray, kind: pa.DataType) -> pa.ChunkedArray:
    return pa.chunked_array([chunk.view(kind) for chunk in values.chunks], kind)


def _check_years(name: str, ticks: pa.ChunkedArray, per_day: int) -> None:
    bounds = pc.min_max(ticks).as_py()
    origin = dt.date(1970, 1, 1).toordinal()
    least, most = (_FIRST.toordinal() - origin) * per_day, (_LAST.toordinal() - origin + 1) * per_day - 1
    if bounds["min"] is not None and (bounds["min"] < least or bounds["max"] > most):
        raise BadValue("RANGE", f"Column {name!r} has dates outside the years 1 to 9999.", hint="Make them missing.", where=name)


def to_window(dtype: Dtype, values: pa.ChunkedArray, categories: list[str] | None) -> pa.ChunkedArray:
    """Stored values as a window has them; categories as a dictionary in their own order."""
    if dtype.kind == "category" and categories is not None:
        labels = pa.array(categories, pa.string())
        codes = [pc.index_in(chunk.cast(pa.string()), labels) for chunk in values.chunks]
        kind = pa.dictionary(pa.int32(), pa.string())
        return pa.chunked_array([pa.DictionaryArray.from_arrays(code, labels) for code in codes], kind)
    if dtype.kind == "duration":
        return _viewed(values, dtype.arrow)
    if dtype.kind == "timestamp":
        return _viewed(values, dtype.arrow)
    return values.cast(dtype.arrow)
