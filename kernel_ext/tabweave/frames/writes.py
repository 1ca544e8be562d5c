"""The only place that writes into a user's DataFrame: cells in place, whole columns, and the swap behind structural changes.

Copy-on-write is honoured: what the user derived from the frame keeps its values, every alias of the frame sees the new
ones. Nothing here is validated; callers pass arrays of the column's own dtype. Positions, never labels.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from . import chunks

if TYPE_CHECKING:
    from tabweave_core.engine.rows import Ints

Array = Any
"""A NumPy array or a pandas extension array."""


def column(df: pd.DataFrame, place: int) -> Array:
    """The array behind a column, untracked: read it at once and drop it."""
    return df._mgr.iget_values(place)


def series(df: pd.DataFrame, place: int) -> pd.Series[Any]:
    """A column as a Series that copy-on-write knows of; the user's attrs, flags and subclass stay out of it."""
    manager = df._mgr.iget(place)
    maker: Any = pd.Series
    found: pd.Series[Any] = maker._from_mgr(manager, axes=manager.axes)
    found.name = None
    return found


def read(df: pd.DataFrame, place: int, positions: Ints) -> Array:
    """A copy of some cells, bit for bit, as an array of the column's dtype."""
    return take(column(df, place), positions)


def take(values: Array, positions: Ints) -> Array:
    """A copy of some cells of an array."""
    if chunks.is_arrow(values):
        return chunks.boxed(chunks.take(chunks.chunked(values), positions), values)
    return values[positions]


def write(df: pd.DataFrame, place: int, positions: Ints, values: Array) -> None:
    """Puts `values[i]` at `positions[i]` of a column, in place where memory allows it."""
    old = column(df, place)
    if chunks.is_arrow(old):
        put(df, place, chunks.boxed(chunks.replaced(chunks.chunked(old), positions, chunks.chunked(values)), old))
        return
    del old
    owned = _owned(df, place)
    if isinstance(owned, np.ndarray):
        owned[positions] = values
    elif hasattr(owned, "_mask"):
        owned._data[positions] = values._data
        owned._mask[positions] = values._mask
    elif hasattr(owned, "_ndarray"):
        owned._ndarray[positions] = values._ndarray
    else:
        owned[positions] = values


def put(df: pd.DataFrame, place: int, values: Array) -> None:
    """Makes `values` (not copied, of any dtype) the column's new array."""
    box: Any = wrap(values, df.index)
    df.isetitem(place, box)


def wrap(values: Array, index: Any = None) -> pd.Series[Any]:
    """An array as a Series of its own dtype, not copied; pandas left alone would make texts in an object array `str`."""
    found: pd.Series[Any] = pd.Series(values, index=index, dtype=values.dtype, copy=False)
    return found


def swap(df: pd.DataFrame, new: pd.DataFrame) -> None:
    """Gives the user's DataFrame object the rows and columns of `new`; its class, attrs and flags stay."""
    user_frame: Any = df
    user_frame._update_inplace(new)


def _owned(df: pd.DataFrame, place: int) -> Array:
    """The column's array after copy-on-write made it this frame's alone, and writable."""
    values = column(df, place)
    if not _writable(values):
        put(df, place, values.copy())
    # Writing no cell makes pandas copy the column exactly when something else refers to it.
    df._mgr.column_setitem(place, slice(0, 0), column(df, place)[:0], inplace_only=True)
    return column(df, place)


def _writable(values: Array) -> bool:
    if getattr(values, "_readonly", False):
        return False
    parts = [
        getattr(values, name) for name in ("_ndarray", "_data", "_mask") if isinstance(getattr(values, name, None), np.ndarray)
    ]
    return all(part.flags.writeable for part in (parts or [values]) if isinstance(part, np.ndarray))
