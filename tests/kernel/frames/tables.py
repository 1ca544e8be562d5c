"""Tables of every dtype for tests, and a comparison that sees every bit."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from tabweave_core.protocol.schema import Person

ANN = Person(id="ann", name="Ann")
BO = Person(id="bo", name="Bo")


def arrow(values: list[Any], kind: pa.DataType) -> pd.Series:
    return pd.Series(pd.arrays.ArrowExtensionArray(pa.chunked_array([pa.array(values, kind)])))


def editable_columns() -> dict[str, pd.Series]:
    """Three cells of each dtype that can be edited."""
    days = [dt.date(2020, 1, 31), None, dt.date(1969, 12, 31)]
    times = [dt.time(14, 5), None, dt.time(0, 0, 1)]
    stamps = pd.Series(pd.to_datetime(["2020-01-31 10:00", None, "1969-12-31 00:00"]))
    found: dict[str, Any] = {
        "bool": np.array([True, False, True]),
        "boolean": pd.array([True, None, False], dtype="boolean"),
        "float16": np.array([0.5, np.nan, -0.0], dtype="float16"),
        "float32": np.array([0.1, np.nan, -0.0], dtype="float32"),
        "float64": np.array([0.1, np.nan, -0.0]),
        "Float64": pd.arrays.FloatingArray(np.array([np.nan, 0.0, -0.0]), np.array([False, True, False])),
        "Float32": pd.array([0.5, None, -0.0], dtype="Float32"),
        "str": pd.array(["a", None, ""], dtype="str"),
        "string": pd.array(["a", None, "ü"], dtype="string[pyarrow]"),
        "string[python]": pd.array(["a", None, "z"], dtype="string[python]"),
        "object": np.array(["a", None, 1.5], dtype=object),
        "object of texts": np.array(["a", None, "c"], dtype=object),
        "category": pd.Categorical(["u", None, "v"]),
        "category int": pd.Categorical([3, None, 1], ordered=True),
        "zoned": stamps.dt.tz_localize("Europe/Berlin"),
        "timedelta64[s]": pd.array(np.array([5, "NaT", -1], dtype="m8[s]")),
        "timedelta64[ns]": pd.array(np.array([5, "NaT", -1], dtype="m8[ns]")),
        "arrow bool": arrow([True, None, False], pa.bool_()),
        "arrow int8": arrow([1, None, -128], pa.int8()),
        "arrow uint64": arrow([1, None, 2**64 - 1], pa.uint64()),
        "arrow double": arrow([float("nan"), None, -0.0], pa.float64()),
        "arrow half": arrow([np.float16(1.5), None, np.float16(2)], pa.float16()),
        "arrow string": arrow(["a", None, ""], pa.string()),
        "arrow large": arrow(["a", None, ""], pa.large_string()),
        "arrow decimal": arrow([Decimal("1.20"), None, Decimal("-0.05")], pa.decimal128(12, 2)),
        "arrow date32": arrow(days, pa.date32()),
        "arrow date64": arrow(days, pa.date64()),
        "arrow time32": arrow(times, pa.time32("s")),
        "arrow time64": arrow(times, pa.time64("ns")),
        "arrow timestamp": arrow([dt.datetime(2020, 1, 1), None, dt.datetime(1960, 1, 1)], pa.timestamp("us")),
        "arrow zoned": arrow([dt.datetime(2020, 1, 1), None, dt.datetime(1960, 1, 1)], pa.timestamp("ns", tz="UTC")),
        "arrow duration": arrow([5, None, -1], pa.duration("ms")),
        "arrow dictionary": arrow(["u", None, "v"], pa.dictionary(pa.int32(), pa.string())),
    }
    for bits in (8, 16, 32, 64):
        found[f"int{bits}"] = np.array([1, -2, 3], dtype=f"int{bits}")
        found[f"uint{bits}"] = np.array([1, 2, 3], dtype=f"uint{bits}")
        found[f"Int{bits}"] = pd.array([1, None, 3], dtype=f"Int{bits}")
        found[f"UInt{bits}"] = pd.array([1, None, 3], dtype=f"UInt{bits}")
    for unit in ("s", "ms", "us", "ns"):
        found[f"datetime64[{unit}]"] = stamps.astype(f"datetime64[{unit}]")
    return {name: pd.Series(values, dtype=values.dtype) for name, values in found.items()}


def read_only_columns() -> dict[str, pd.Series]:
    """Three cells of each dtype that is shown and cannot be edited."""
    return {
        "complex": pd.Series([1j, 2, 3]),
        "period": pd.Series(pd.period_range("2020-01", periods=3, freq="M")),
        "interval": pd.Series(pd.interval_range(0, 3)),
        "sparse": pd.Series(pd.arrays.SparseArray([0, 1, 0])),
        "arrow list": arrow([[1], None, []], pa.list_(pa.int64())),
        "arrow struct": arrow([{"a": 1}, None, {"a": 2}], pa.struct([("a", pa.int64())])),
        "arrow binary": arrow([b"a", None, b""], pa.binary()),
    }


def bits(values: Any) -> Any:
    """Something that is equal only for the same bits: missing kinds, NaN and -0.0 told apart."""
    array = values.array if isinstance(values, (pd.Series, pd.Index)) else values
    raw = getattr(array, "_pa_array", None)
    if raw is not None:
        return [repr(cell) for cell in raw.to_pylist()]
    if hasattr(array, "_mask"):
        return array._mask.tolist(), [repr(cell) for cell, gone in zip(array._data, array._mask, strict=True) if not gone]
    ndarray = getattr(array, "_ndarray", None)
    if isinstance(ndarray, np.ndarray) and ndarray.dtype.kind != "O":
        return ndarray.tobytes()
    return [(type(cell).__name__, repr(cell)) for cell in array]


def fingerprint(df: pd.DataFrame) -> Any:
    """Everything that a user can see of a DataFrame."""
    columns = [(str(df.dtypes.iloc[place]), df.dtypes.iloc[place], bits(df.iloc[:, place])) for place in range(df.shape[1])]
    return columns, axis(df.index), axis(df.columns), dict(df.attrs), df.flags.allows_duplicate_labels, type(df).__name__


def axis(index: pd.Index) -> Any:
    """Everything that a user can see of an index."""
    labels = [(type(label).__name__, repr(label)) for label in index]
    freq = getattr(index, "freq", None) if isinstance(index, (pd.DatetimeIndex, pd.TimedeltaIndex)) else None
    kind = "range" if isinstance(index, pd.RangeIndex) else type(index).__name__
    levels = [str(level.dtype) for level in index.levels] if isinstance(index, pd.MultiIndex) else []
    return kind, str(index.dtype), labels, list(index.names), freq, levels
