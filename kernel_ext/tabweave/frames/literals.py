"""Arrays and values as Python source that gives the same array again, dtype and all. It must not know frames."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from tabweave_core.engine import moments
from tabweave_core.errors import Refused
from tabweave_core.protocol.values import timestamp_json

from . import arrays, chunks

Array = Any


def array_source(values: Array) -> str:
    """Python source (with np, pd and pa imported) of an array with these values."""
    count = len(values)
    if isinstance(values.dtype, np.dtype) and values.dtype.kind == "O":
        return object_source(values)
    if count > 3 and _constant(values):
        return f"{_source(values[:1])}.repeat({count})"
    return _source(values)


def object_source(values: Array, index: str = "") -> str:
    """Python source of a Series of objects: pandas would make `str` of an array of them."""
    if len(values) > 3 and _constant(values):
        cells = f"[{plain(values[0])}] * {len(values)}"
    else:
        cells = f"[{', '.join(map(plain, values))}]"
    return f"pd.Series({cells}, dtype=object{f', index={index}' if index else ''})"


def dtype_source(dtype: Any) -> str:
    """Python source of a dtype, as it is passed to astype."""
    if isinstance(dtype, pd.ArrowDtype):
        return f"pd.ArrowDtype({arrow_source(dtype.pyarrow_dtype)})"
    if isinstance(dtype, pd.StringDtype) and str(dtype) == "string":
        return f"pd.StringDtype({dtype.storage!r})"
    return repr(str(dtype))


def arrow_source(kind: pa.DataType) -> str:
    """Python source of an Arrow type."""
    types = pa.types
    if types.is_dictionary(kind):
        return f"pa.dictionary({arrow_source(kind.index_type)}, {arrow_source(kind.value_type)}, ordered={kind.ordered})"
    if types.is_timestamp(kind):
        return f"pa.timestamp({kind.unit!r}{f', tz={kind.tz!r}' if kind.tz else ''})"
    if types.is_time(kind) or types.is_duration(kind):
        return f"pa.{str(kind).partition('[')[0]}({kind.unit!r})"
    names = {"double": "float64", "float": "float32", "halffloat": "float16", "bool": "bool_"}
    name = str(kind)
    if types.is_decimal(kind):
        return f"pa.{name}"
    if types.is_nested(kind) or types.is_fixed_size_binary(kind):
        raise Refused("SCHEMA", f"Values of type {kind} cannot be written as code.")
    name = name.partition("[")[0]
    return f"pa.{names.get(name, name)}()"


def _constant(values: Array) -> bool:
    if isinstance(values, np.ndarray) and values.dtype.kind == "O":
        return all(cell is values[0] for cell in values)
    if chunks.is_arrow(values) or isinstance(values.dtype, (pd.CategoricalDtype, pd.StringDtype)):
        missing = np.asarray(values.isna())
        return bool(missing.all()) or (not missing.any() and bool((values == values[0]).all()))
    raw = getattr(values, "_ndarray", values)
    if isinstance(raw, np.ndarray) and raw.dtype.kind in "biumM":
        return bool((raw.view("i8") == raw.view("i8")[0]).all()) if raw.dtype.kind in "mM" else bool((raw == raw[0]).all())
    return False


def _source(values: Array) -> str:
    dtype = values.dtype
    if isinstance(dtype, pd.ArrowDtype):
        return _arrow(chunks.chunked(values), dtype.pyarrow_dtype)
    if isinstance(dtype, pd.CategoricalDtype):
        return _categorical(values)
    if isinstance(dtype, np.dtype):
        return _numpy(values, dtype)
    if isinstance(dtype, pd.DatetimeTZDtype):
        return f"pd.array({_instants(values)}, dtype={str(dtype)!r})"
    if isinstance(dtype, (pd.PeriodDtype, pd.IntervalDtype, pd.SparseDtype)):
        raise Refused("SCHEMA", f"Values of type {dtype} cannot be written as code.")
    if hasattr(values, "_mask") and dtype.kind == "f":
        return f"pd.arrays.FloatingArray({_numpy(values._data, values._data.dtype)}, np.array({values._mask.tolist()}))"
    cells = [None if cell is pd.NA or cell != cell else cell for cell in values.tolist()]
    return f"pd.array([{', '.join(map(plain, cells))}], dtype={dtype_source(dtype)})"


def _numpy(values: Array, dtype: np.dtype[Any]) -> str:
    if dtype.kind == "O":
        return object_source(values)
    if dtype.kind == "M":
        return f"pd.array({_instants(values)}, dtype={str(dtype)!r})"
    if dtype.kind == "m":
        ticks = [repr("NaT") if tick == np.iinfo(np.int64).min else str(tick) for tick in values._ndarray.view("i8").tolist()]
        return f"pd.array(np.array([{', '.join(ticks)}], dtype={str(dtype)!r}))"
    return f"np.array([{', '.join(map(plain, values.tolist()))}], dtype={str(dtype)!r})"


def _instants(values: Array) -> str:
    unit = values.unit
    zoned = getattr(values.dtype, "tz", None) is not None
    factor = moments.PER_UNIT[unit]
    ticks = values.asi8.tolist()
    shown = [None if tick == np.iinfo(np.int64).min else timestamp_json(tick * factor, zoned=zoned) for tick in ticks]
    return repr(shown)


def _categorical(values: Array) -> str:
    known = values.dtype.categories
    source = array_source(known.array if not isinstance(known, pd.RangeIndex) else known.to_numpy())
    dtype = f"pd.CategoricalDtype({source}, ordered={bool(values.dtype.ordered)})"
    return f"pd.Categorical.from_codes({values.codes.tolist()}, dtype={dtype})"


def _arrow(data: pa.ChunkedArray, kind: pa.DataType) -> str:
    types = pa.types
    source = arrow_source(kind)
    plain_kind = kind.value_type if types.is_dictionary(kind) else kind
    whole = data.combine_chunks()
    whole = whole.dictionary_decode() if types.is_dictionary(kind) else whole
    if types.is_timestamp(plain_kind):
        factor = moments.PER_UNIT[plain_kind.unit]
        ticks = [None if tick is None else tick * factor for tick in whole.cast(pa.int64()).to_pylist()]
        shown = [None if tick is None else timestamp_json(tick, zoned=bool(plain_kind.tz)) for tick in ticks]
        inner = f"pa.array({shown!r}, pa.string()).cast({source})"
    elif types.is_duration(plain_kind) or types.is_time(plain_kind):
        raw = pa.int32() if types.is_time32(plain_kind) else pa.int64()
        inner = f"pa.array({whole.cast(raw).to_pylist()}, {arrow_source(raw)}).cast({source})"
    elif types.is_float16(plain_kind):
        cells = ", ".join(plain(cell) for cell in whole.cast(pa.float32()).to_pylist())
        inner = f"pa.array([{cells}], pa.float32()).cast(pa.float16())"
    else:
        cells = ", ".join(plain(cell) for cell in whole.to_pylist())
        inner = f"pa.array([{cells}], {arrow_source(plain_kind)})"
        inner = f"{inner}.cast({source})" if types.is_dictionary(kind) else inner
    return f"pd.arrays.ArrowExtensionArray(pa.chunked_array([{inner}]))"


def plain(value: Any) -> str:  # noqa: C901 - one line per type
    """Python source of one plain value; refuses what has none."""
    if isinstance(value, np.generic):
        value = value.item()
    if value is pd.NaT or value is pd.NA:
        return "pd.NaT" if value is pd.NaT else "pd.NA"
    if isinstance(value, float):
        return "np.nan" if value != value else f"float({str(value)!r})" if value in (np.inf, -np.inf) else repr(value)
    if value is None or isinstance(value, (bool, int, str, bytes)):
        return repr(value) if not isinstance(value, str) else repr(str(value))
    if isinstance(value, Decimal):
        return f"decimal.Decimal({str(value)!r})"
    if isinstance(value, pd.Timestamp):
        return f"pd.Timestamp({str(value)!r}{f', tz={str(value.tz)!r}' if value.tz is not None else ''})"
    if isinstance(value, pd.Timedelta):
        return f"pd.Timedelta({value.value}, unit='ns')"
    if isinstance(value, (dt.datetime, dt.date, dt.time, dt.timedelta)) and getattr(value, "tzinfo", None) is None:
        return repr(value)
    if type(value) is list:
        return f"[{', '.join(map(plain, value))}]"
    if type(value) is dict:
        return f"{{{', '.join(f'{plain(key)}: {plain(item)}' for key, item in value.items())}}}"
    if arrays.is_missing(value):
        return "None"
    raise Refused(
        "SCHEMA", f"A value of type {type(value).__name__} cannot be written as code.", hint="Copy only the other edits."
    )
