"""What a pandas dtype means to a table: its kind, limits, zone and categories, and whether cells can be written.

It reads dtypes, never values, so describing 10,000 columns costs milliseconds. It must not know frames, ops or text input.
"""

from __future__ import annotations

import datetime as dt
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import pandas as pd
import pyarrow as pa
from tabweave_core.protocol.schema import Column, DtypeChoice, Kind

if TYPE_CHECKING:
    from collections.abc import Hashable

MOST_CATEGORIES = 1000
"""Longer lists of categories are not sent with the schema."""

INDEX_IS_READ_ONLY = "Index levels are read-only here; use reset_index() to edit them."

DTYPES: list[DtypeChoice] = [
    DtypeChoice(name="str", label="Text", kind="text"),
    DtypeChoice(name="Int64", label="Whole number", kind="integer"),
    DtypeChoice(name="float64", label="Number", kind="float"),
    DtypeChoice(name="decimal128(18, 2)[pyarrow]", label="Decimal, 2 places", kind="decimal"),
    DtypeChoice(name="decimal128(38, 6)[pyarrow]", label="Decimal, 6 places", kind="decimal"),
    DtypeChoice(name="boolean", label="True / false", kind="boolean"),
    DtypeChoice(name="category", label="Category", kind="category"),
    DtypeChoice(name="date32[day][pyarrow]", label="Date", kind="date"),
    DtypeChoice(name="datetime64[us]", label="Date and time", kind="timestamp"),
    DtypeChoice(name="datetime64[us, UTC]", label="Date and time (UTC)", kind="timestamp"),
    DtypeChoice(name="time64[us][pyarrow]", label="Time of day", kind="time"),
    DtypeChoice(name="timedelta64[us]", label="Duration", kind="duration"),
    DtypeChoice(name="object", label="Any Python object", kind="object"),
    DtypeChoice(name="Int32", label="Whole number, 32 bits, may be missing", kind="integer"),
    DtypeChoice(name="Int16", label="Whole number, 16 bits, may be missing", kind="integer"),
    DtypeChoice(name="Int8", label="Whole number, 8 bits, may be missing", kind="integer"),
    DtypeChoice(name="UInt64", label="Whole number ≥ 0, may be missing", kind="integer"),
    DtypeChoice(name="int64", label="Whole number, never missing (NumPy)", kind="integer"),
    DtypeChoice(name="int32", label="Whole number, 32 bits, never missing (NumPy)", kind="integer"),
    DtypeChoice(name="float32", label="Number, 32 bits", kind="float"),
    DtypeChoice(name="Float64", label="Number, NaN and missing apart", kind="float"),
    DtypeChoice(name="bool", label="True / false, never missing (NumPy)", kind="boolean"),
    DtypeChoice(name="string", label="Text (nullable)", kind="text"),
]
"""The types offered when a column is added or retyped, the everyday ones first."""

_MASKED = (
    pd.Int8Dtype,
    pd.Int16Dtype,
    pd.Int32Dtype,
    pd.Int64Dtype,
    pd.UInt8Dtype,
    pd.UInt16Dtype,
    pd.UInt32Dtype,
    pd.UInt64Dtype,
    pd.Float32Dtype,
    pd.Float64Dtype,
)
_NUMPY_FLOATS = frozenset({"float16", "float32", "float64"})


def label_text(label: Hashable) -> str:
    """How a label or a category reads: text as it is, dates in ISO form, a MultiIndex label as "a / b"."""
    if isinstance(label, str):
        return str(label)
    if isinstance(label, tuple):
        return " / ".join(label_text(part) for part in label)
    if isinstance(label, (bool, np.bool_)):
        return "true" if label else "false"
    if isinstance(label, (float, np.floating)):
        return repr(float(label))
    if isinstance(label, pd.Timestamp) and label.tzinfo is None:
        text = str(label)
        return text.removesuffix(" 00:00:00")
    if isinstance(label, (dt.datetime, dt.date, dt.time)):
        return str(label)
    return str(label)


def describe(values: pd.Series[Any] | pd.Index[Any], *, id: int, name: str, index: bool) -> Column:  # noqa: A002
    """The `Column` of these values; only their dtype is read."""
    return describe_dtype(values.dtype, id=id, name=name, index=index)


def describe_dtype(dtype: Any, *, id: int, name: str, index: bool) -> Column:  # noqa: A002
    """The `Column` of a dtype. An index level is never editable."""
    found = _facts(dtype)
    if index:
        return msgspec.structs.replace(found, id=id, name=name, index=True, editable=False, why=INDEX_IS_READ_ONLY)
    return msgspec.structs.replace(found, id=id, name=name)


def has_shown_index(index: pd.Index[Any]) -> bool:
    """Whether an index is shown as columns: all but the unnamed RangeIndex 0, 1, 2 …"""
    return not (isinstance(index, pd.RangeIndex) and index.name is None and index.start == 0 and index.step == 1)


def parse_dtype(name: str) -> Any:
    """The dtype that a `DtypeChoice` name (or any pandas dtype name) stands for; raises TypeError when there is none."""
    if name == "category":
        return pd.CategoricalDtype()
    if name.startswith("decimal128(") and name.endswith(")[pyarrow]"):
        precision, scale = name.removeprefix("decimal128(").removesuffix(")[pyarrow]").split(",")
        return pd.ArrowDtype(pa.decimal128(int(precision), int(scale)))
    try:
        return pd.api.types.pandas_dtype(name)
    except (TypeError, ValueError, NotImplementedError) as error:
        raise TypeError(str(error)) from None


@lru_cache(maxsize=512)
def _cached_facts(dtype: Any) -> Column:
    return _column(dtype)


def _facts(dtype: Any) -> Column:
    return _column(dtype) if isinstance(dtype, pd.CategoricalDtype) else _cached_facts(dtype)


def _made(dtype: Any, kind: Kind, **facts: Any) -> Column:
    return Column(id=0, name="", kind=kind, dtype=str(dtype), **facts)


def _read_only(dtype: Any, kind: Kind, why: str, **facts: Any) -> Column:
    return _made(dtype, kind, editable=False, why=why, **facts)


def _column(dtype: Any) -> Column:  # noqa: C901 - one line per family of types
    if isinstance(dtype, np.dtype):
        return _numpy_column(dtype)
    if isinstance(dtype, pd.ArrowDtype):
        return _arrow_column(dtype, dtype.pyarrow_dtype)
    if isinstance(dtype, pd.CategoricalDtype):
        return _category_column(dtype)
    if isinstance(dtype, pd.StringDtype):
        return _made(dtype, "text")
    if isinstance(dtype, pd.DatetimeTZDtype):
        return _made(dtype, "timestamp", unit=dtype.unit, zone=str(dtype.tz))
    if isinstance(dtype, pd.BooleanDtype):
        return _made(dtype, "boolean")
    if isinstance(dtype, pd.PeriodDtype):
        return _read_only(dtype, "object", "Periods are read-only here; convert the column with .dt.to_timestamp() to edit it.")
    if isinstance(dtype, pd.IntervalDtype):
        return _read_only(dtype, "object", "Intervals are read-only here; edit the column that they were cut from.")
    if isinstance(dtype, pd.SparseDtype):
        inner = _facts(dtype.subtype)
        why = "Sparse columns are read-only here; convert the column with .sparse.to_dense() to edit it."
        return msgspec.structs.replace(inner, dtype=str(dtype), editable=False, why=why)
    if isinstance(dtype, _MASKED):
        inner = _numpy_column(np.dtype(dtype.type))
        return msgspec.structs.replace(inner, dtype=str(dtype), nullable=True)
    return _read_only(dtype, "object", f"Columns of type {dtype} are read-only here.")


def _numpy_column(dtype: np.dtype[Any]) -> Column:
    if dtype.kind == "b":
        return _made(dtype, "boolean", nullable=False)
    if dtype.kind in "iu":
        limits = np.iinfo(dtype)
        return _made(dtype, "integer", nullable=False, lo=str(limits.min), hi=str(limits.max))
    if dtype.name in _NUMPY_FLOATS:
        return _made(dtype, "float")
    if dtype.kind == "f":
        return _read_only(dtype, "float", f"{dtype} cannot be shown or typed exactly; convert the column to float64 to edit it.")
    if dtype.kind in "mM":
        unit = np.datetime_data(dtype)[0]
        return _made(dtype, "timestamp" if dtype.kind == "M" else "duration", unit=unit)
    if dtype.kind == "c":
        return _read_only(dtype, "object", "Complex numbers are read-only here; edit .real and .imag as columns of their own.")
    if dtype.kind == "O":
        return _made(dtype, "object")
    return _read_only(dtype, "object", f"Columns of type {dtype} are read-only here.")


def _arrow_column(dtype: Any, kind: pa.DataType) -> Column:  # noqa: C901 - one line per family of types
    types = pa.types
    if types.is_dictionary(kind):
        return msgspec.structs.replace(_arrow_column(dtype, kind.value_type), dtype=str(dtype))
    if types.is_boolean(kind):
        return _made(dtype, "boolean")
    if types.is_integer(kind):
        limits = np.iinfo(kind.to_pandas_dtype())
        return _made(dtype, "integer", lo=str(limits.min), hi=str(limits.max))
    if types.is_floating(kind):
        return _made(dtype, "float")
    if types.is_decimal(kind):
        return _decimal_column(dtype, kind)
    if types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind):
        return _made(dtype, "text")
    if types.is_date(kind):
        return _made(dtype, "date")
    if types.is_time(kind):
        return _made(dtype, "time", unit=kind.unit)
    if types.is_timestamp(kind):
        return _made(dtype, "timestamp", unit=kind.unit, zone=kind.tz)
    if types.is_duration(kind):
        return _made(dtype, "duration", unit=kind.unit)
    if types.is_binary(kind) or types.is_large_binary(kind) or types.is_fixed_size_binary(kind) or types.is_binary_view(kind):
        return _read_only(dtype, "binary", "Binary values are read-only here.")
    if types.is_nested(kind):
        return _read_only(dtype, "nested", "Lists and structs are read-only here; take them apart into columns to edit them.")
    return _read_only(dtype, "object", f"Columns of type {dtype} are read-only here; change the column's type to edit it.")


def _decimal_column(dtype: Any, kind: pa.DataType) -> Column:
    whole = "9" * max(kind.precision - kind.scale, 0) or "0"
    hi = f"{whole}.{'9' * kind.scale}" if kind.scale > 0 else whole + "0" * -kind.scale
    return _made(dtype, "decimal", scale=kind.scale, lo=f"-{hi}", hi=hi)


def _category_column(dtype: pd.CategoricalDtype) -> Column:
    known = dtype.categories
    if known is None or len(known) > MOST_CATEGORIES:
        return _made(dtype, "category", ordered=bool(dtype.ordered))
    return _made(dtype, "category", ordered=bool(dtype.ordered), categories=[label_text(label) for label in known])
