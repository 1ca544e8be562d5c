"""What stands in a cell that nobody filled: missing where the type has a missing value, else 0, False, or the fill value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from . import writes

if TYPE_CHECKING:
    from tabweave_core.engine.rows import RowIds

Array = Any


def default_values(like: Array, count: int) -> Array:
    """`count` default cells of an array's type."""
    dtype = like.dtype
    if isinstance(dtype, np.dtype):
        return _numpy_defaults(dtype, count, like)
    if isinstance(dtype, pd.SparseDtype) and dtype.subtype.kind not in "fcOmM":
        return pd.arrays.SparseArray(np.zeros(count, dtype=dtype.subtype), dtype=dtype)
    if isinstance(dtype, pd.IntervalDtype) and isinstance(dtype.subtype, np.dtype) and dtype.subtype.kind in "iu":
        nothing = np.zeros(count, dtype=dtype.subtype)
        return pd.arrays.IntervalArray.from_arrays(nothing, nothing, closed=like.closed)
    return like.take(np.full(count, -1), allow_fill=True)


def _numpy_defaults(dtype: np.dtype[Any], count: int, like: Array) -> Array:
    if dtype.kind in "mM":
        return (
            type(like)._from_sequence([pd.NaT] * count, dtype=dtype)
            if not isinstance(like, np.ndarray)
            else np.full(count, "NaT", dtype)
        )
    if dtype.kind in "fc":
        return np.full(count, np.nan, dtype=dtype)
    if dtype.kind == "O":
        return np.full(count, None, dtype=object)
    return np.zeros(count, dtype=dtype)


def sized(values: Array, rows: RowIds, now: RowIds) -> Array:
    """A whole column kept for the rows `rows`, fitted to the rows there are now; new rows get defaults."""
    if rows.same_rows(now):
        return values
    positions = rows.positions(now.ids(slice(None)))
    known = positions >= 0
    if known.all():
        return writes.take(values, positions)
    filler = default_values(values, 1)
    both = (
        np.concatenate([values, filler]) if isinstance(values, np.ndarray) else type(values)._concat_same_type([values, filler])
    )
    return writes.take(both, np.where(known, positions, len(values)))
