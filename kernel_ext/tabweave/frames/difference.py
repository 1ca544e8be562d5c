"""How a frame differs from what it was, and where two arrays of one type differ cell by cell, in vectorised steps.

Missing equals missing. Floats are compared by their bits, so 0.0 and -0.0 differ and every NaN is the same. Cells that
hold objects are compared by identity first and by value only for plain scalars; an unknown object that is not the same
object counts as different, because asking it could run any code. It must not know frames or snapshots.
"""

from __future__ import annotations

import ctypes
import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pandas.api.extensions import ExtensionArray

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tabweave_core.engine.rows import RowsChange

Rows = npt.NDArray[np.int64]
"""Row positions, ascending."""
Array = npt.NDArray[Any] | ExtensionArray

SAMPLE = 1024
PLAIN = (str, bytes, bool, int, float, complex, Decimal, dt.date, dt.time, dt.timedelta, UUID, np.generic)
_SIGNED = {2: np.int16, 4: np.int32, 8: np.int64}


@dataclass(frozen=True)
class Difference:
    """What user code did to a frame. Columns are counted without index levels.

    `source` has, for each column as it is now, the position it had before, or None for a new column; it is None itself
    where every column is where it was. `renamed` and `retyped` are positions as they are now. `changed` maps positions as
    they are now to the rows (as they are now) whose cells differ, or to None where that is most of them. `rows` says which
    rows came and went; `fresh` that rows cannot be matched at all. `index` says that index labels or names differ.
    """

    source: tuple[int | None, ...] | None = None
    renamed: frozenset[int] = frozenset()
    retyped: frozenset[int] = frozenset()
    changed: Mapping[int, Rows | None] = field(default_factory=dict)
    rows: RowsChange | None = None
    fresh: bool = False
    index: bool = False

    def __bool__(self) -> bool:
        return self.fresh or self.index or self.rows is not None or self.structure or bool(self.changed)

    @property
    def structure(self) -> bool:
        """Whether columns came, went, moved or have another name or type."""
        return self.source is not None or bool(self.renamed) or bool(self.retyped)


def differing(old: Array, new: Array) -> Rows | None:
    """The positions where the arrays differ, or None when that is most of them (they are then not counted)."""
    count = len(old)
    if count > 8 * SAMPLE:
        places = np.linspace(0, count - 1, SAMPLE).astype(np.int64)
        if 2 * len(_differing(old[places], new[places])) > SAMPLE:
            return None
    return _differing(old, new)


def _differing(old: Any, new: Any) -> Rows:
    if isinstance(old, np.ndarray) and isinstance(new, np.ndarray):
        return _numpy(old, new)
    if isinstance(old, pd.Categorical) and isinstance(new, pd.Categorical):
        return np.flatnonzero(old.codes != new.codes)
    ticks = getattr(old, "asi8", None), getattr(new, "asi8", None)
    if isinstance(ticks[0], np.ndarray) and isinstance(ticks[1], np.ndarray):
        return np.flatnonzero(ticks[0] != ticks[1])
    if hasattr(old, "__arrow_array__") and isinstance(old.dtype, (pd.ArrowDtype, pd.StringDtype)):
        return _arrow(pa.chunked_array(old.__arrow_array__()), pa.chunked_array(new.__arrow_array__()))
    numpy_dtype = getattr(old.dtype, "numpy_dtype", None)
    if isinstance(numpy_dtype, np.dtype) and numpy_dtype.kind in "biuf":
        return _masked(old, new, numpy_dtype)
    if isinstance(old, ExtensionArray) and old.equals(new):  # type: ignore[attr-defined]  # pandas-stubs leave it out
        return np.empty(0, dtype=np.int64)
    return _objects(np.asarray(old, dtype=object), np.asarray(new, dtype=object))


def _numpy(old: npt.NDArray[Any], new: npt.NDArray[Any]) -> Rows:
    kind, size = old.dtype.kind, old.dtype.itemsize
    if kind == "O":
        return _objects(old, new)
    if kind == "f" and size in _SIGNED:
        rows = np.flatnonzero(old.view(_SIGNED[size]) != new.view(_SIGNED[size]))
        return rows[~(np.isnan(old[rows]) & np.isnan(new[rows]))] if len(rows) else rows
    if kind in "fc":
        return np.flatnonzero((old != new) & ~(np.isnan(old) & np.isnan(new)))
    if kind in "mM":
        return np.flatnonzero(old.view(np.int64) != new.view(np.int64))
    return np.flatnonzero(old != new)


def _masked(old: Any, new: Any, dtype: np.dtype[Any]) -> Rows:
    """Nullable arrays: their values where present, and where the missing ones are."""
    filler = dtype.type(0)
    gone_old, gone_new = np.asarray(old.isna()), np.asarray(new.isna())
    values = _numpy(old.to_numpy(dtype=dtype, na_value=filler), new.to_numpy(dtype=dtype, na_value=filler))
    masks = np.flatnonzero(gone_old != gone_new)
    return np.union1d(values, masks) if len(masks) else values


def _arrow(old: Any, new: Any) -> Rows:
    if old.num_chunks == new.num_chunks and all(map(_same_buffers, old.chunks, new.chunks)):
        return np.empty(0, dtype=np.int64)
    kind = old.type
    if pa.types.is_floating(kind) and kind != pa.float16():
        gone_old, gone_new = (np.asarray(side.is_null(nan_is_null=False)) for side in (old, new))
        values = _numpy(*(np.asarray(pc.fill_null(side, 0.0)) for side in (old, new)))
        return np.union1d(values, np.flatnonzero(gone_old != gone_new))
    try:
        unequal = pc.not_equal(old, new)
    except pa.ArrowNotImplementedError:
        return _search(old.combine_chunks(), new.combine_chunks())
    if old.null_count or new.null_count:
        unequal = pc.if_else(unequal.is_null(), pc.xor(old.is_null(), new.is_null()), unequal)
    if not pc.any(unequal).as_py():
        return np.empty(0, dtype=np.int64)
    return np.flatnonzero(np.asarray(unequal))


def _same_buffers(old: Any, new: Any) -> bool:
    ours, theirs = old.buffers(), new.buffers()
    return (
        len(old) == len(new)
        and old.offset == new.offset
        and all((a.address if a else 0) == (b.address if b else 0) for a, b in zip(ours, theirs, strict=True))
    )


def _search(old: Any, new: Any) -> Rows:
    """Unequal places of nested arrays, which Arrow can only compare as a whole, by halving."""
    found, ranges = [], [(0, len(old))]
    while ranges:
        start, stop = ranges.pop()
        if old[start:stop].equals(new[start:stop]):
            continue
        if stop - start == 1:
            found.append(start)
        else:
            middle = (start + stop) // 2
            ranges += [(middle, stop), (start, middle)]
    return np.array(found, dtype=np.int64)


def _pointers(cells: npt.NDArray[Any]) -> npt.NDArray[np.intp]:
    """The addresses of an object array's cells, without a copy; the array must outlive the result."""
    if not len(cells):
        return np.empty(0, dtype=np.intp)
    first = np.ctypeslib.as_array((ctypes.c_ssize_t * 1).from_address(cells.ctypes.data))
    return np.lib.stride_tricks.as_strided(first, shape=cells.shape, strides=cells.strides, writeable=False)


def _objects(old: npt.NDArray[Any], new: npt.NDArray[Any]) -> Rows:
    moved = np.flatnonzero(_pointers(old) != _pointers(new))
    if not len(moved):
        return moved
    unequal = [not equal_cells(a, b) for a, b in zip(old[moved], new[moved], strict=True)]
    return moved[np.array(unequal, dtype=np.bool_)]


def equal_cells(old: object, new: object) -> bool:
    """Whether two objects are surely the same value."""
    if old is new:
        return True
    if type(old) is not type(new) or not isinstance(old, PLAIN):
        return False
    if isinstance(old, (float, np.floating)):
        return repr(old) == repr(new)
    return bool(old == new) or bool(old != old and new != new)
