"""Python scalars as an array of a column's own dtype, ready to be written.

Scalars are those of `tabweave_core.protocol.values`, except that timestamps, times and durations are whole units of the
column and categories are codes (-1 for missing). None is missing. The caller has checked that every scalar fits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Sequence

Array = Any
NAT = np.iinfo(np.int64).min


def build(like: Array, scalars: Sequence[Any]) -> Array:
    """An array of `like`'s dtype."""
    dtype = like.dtype
    if isinstance(dtype, np.dtype):
        return _numpy(dtype, scalars)
    if isinstance(dtype, pd.ArrowDtype):
        return pd.arrays.ArrowExtensionArray(pa.chunked_array([arrow(scalars, dtype.pyarrow_dtype)]))
    if isinstance(dtype, pd.CategoricalDtype):
        return pd.Categorical.from_codes(np.asarray(scalars, dtype=np.int64), dtype=dtype)
    if isinstance(dtype, pd.StringDtype):
        return type(like)._from_sequence(list(scalars), dtype=dtype)
    if isinstance(dtype, pd.DatetimeTZDtype):
        instants = pd.DatetimeIndex(_ticks(scalars).view(f"M8[{dtype.unit}]"))
        return instants.tz_localize("UTC").tz_convert(dtype.tz).array
    return _masked(dtype, scalars)


def _numpy(dtype: np.dtype[Any], scalars: Sequence[Any]) -> Array:
    if dtype.kind in "mM":
        return pd.array(_ticks(scalars).view(dtype), dtype=dtype)
    if dtype.kind == "O":
        found = np.empty(len(scalars), dtype=object)
        for at, scalar in enumerate(scalars):
            found[at] = scalar
        return found
    if dtype.kind == "f":
        return np.array([np.nan if scalar is None else scalar for scalar in scalars], dtype=np.float64).astype(dtype)
    return np.array(scalars, dtype=dtype)


def _ticks(scalars: Sequence[Any]) -> Any:
    return np.array([NAT if scalar is None else scalar for scalar in scalars], dtype=np.int64)


def _masked(dtype: Any, scalars: Sequence[Any]) -> Array:
    mask = np.array([scalar is None for scalar in scalars], dtype=np.bool_)
    filled = [0 if scalar is None else scalar for scalar in scalars]
    if isinstance(dtype, pd.BooleanDtype):
        return pd.arrays.BooleanArray(np.array(filled, dtype=np.bool_), mask)
    data = np.array(filled, dtype=dtype.numpy_dtype)
    return pd.arrays.FloatingArray(data, mask) if data.dtype.kind == "f" else pd.arrays.IntegerArray(data, mask)


def arrow(scalars: Sequence[Any], kind: pa.DataType) -> pa.Array:
    """Scalars as an Arrow array of type `kind`."""
    types = pa.types
    if types.is_dictionary(kind):
        plain = arrow(scalars, kind.value_type).dictionary_encode()
        return pa.DictionaryArray.from_arrays(plain.indices.cast(kind.index_type), plain.dictionary, ordered=kind.ordered)
    if types.is_timestamp(kind) or types.is_duration(kind) or types.is_time64(kind):
        return pa.array(scalars, pa.int64()).view(kind)
    if types.is_time32(kind):
        return pa.array(scalars, pa.int32()).view(kind)
    if types.is_float16(kind):
        return pa.array([None if scalar is None else np.float16(scalar) for scalar in scalars], kind)
    return pa.array(scalars, kind, from_pandas=False)
