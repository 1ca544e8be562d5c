"""DataFrames put together from parts of others: rows spliced in or left out, columns side by side.

It must not know frames, ids or effects.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from . import labels, writes

if TYPE_CHECKING:
    from tabweave_core.engine.rows import Ints

MOST_SLICES = 64
"""Up to so many pieces, rows are joined from slices; beyond, they are taken one by one."""


def bare(df: pd.DataFrame) -> pd.DataFrame:
    """A shallow plain DataFrame over the same memory with numbers for labels."""
    shallow = pd.DataFrame(df)
    shallow.columns = pd.RangeIndex(df.shape[1])
    shallow.index = pd.RangeIndex(len(df))
    return shallow


def spliced(base: pd.DataFrame, fresh: pd.DataFrame, positions: Ints) -> pd.DataFrame:
    """The rows with fresh ones at `positions` (ascending, counted after)."""
    before = positions - np.arange(len(positions))
    cuts, starts = np.unique(before, return_index=True)
    if not base.shape[1]:
        return pd.DataFrame(index=pd.RangeIndex(len(base) + len(positions)), columns=base.columns)
    if len(cuts) > MOST_SLICES:
        return stacked([base, fresh]).take(labels.merge_order(len(base), positions))
    parts, done = [], 0
    stops = [*starts[1:], len(positions)]
    for cut, start, stop in zip(cuts, starts, stops, strict=True):
        parts += [base.iloc[done:cut], fresh.iloc[start:stop]]
        done = int(cut)
    return stacked([*parts, base.iloc[done:]])


def without(base: pd.DataFrame, positions: Ints) -> pd.DataFrame:
    """The rows without those at `positions`."""
    keep = np.ones(len(base) + 2, dtype=np.bool_)
    keep[0] = keep[-1] = False
    keep[positions + 1] = False
    edges = np.flatnonzero(np.diff(keep.astype(np.int8)))
    runs = edges.reshape(-1, 2)
    if not base.shape[1]:
        return base.iloc[: len(base) - len(positions)]
    if len(runs) > MOST_SLICES:
        return base.take(np.flatnonzero(keep[1:-1]))
    return stacked([base.iloc[start:stop] for start, stop in runs] or [base.iloc[:0]])


def stacked(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """Rows one below the other, every column in the type of the first part."""
    filled = [part for part in parts if len(part)] or parts[:1]
    if len(filled) == 1:
        return filled[0].copy(deep=False)
    joined = pd.concat(filled, ignore_index=True)
    for place, (dtype, wanted) in enumerate(zip(joined.dtypes, filled[0].dtypes, strict=True)):
        if dtype != wanted:
            arrays = [writes.column(part, place) for part in filled]
            writes.put(joined, place, type(arrays[0])._concat_same_type(arrays))
    return joined


def beside(parts: list[pd.DataFrame], base: pd.DataFrame) -> pd.DataFrame:
    """Columns side by side."""
    filled = [part for part in parts if part.shape[1]]
    return pd.concat(filled, axis=1, ignore_index=True) if filled else base.iloc[:, :0]


def index_like(old: Any, names: list[Any]) -> Any:
    """Column labels of the kind of `old`."""
    if isinstance(old, pd.MultiIndex):
        return pd.MultiIndex.from_tuples(names, names=old.names)
    found = pd.Index(names, tupleize_cols=False)
    if found.dtype != old.dtype and len(old):
        try:
            same = pd.Index(names, dtype=old.dtype, tupleize_cols=False)
            found = same if all(map(labels.same_label, same, names)) else found
        except (TypeError, ValueError):
            pass
    return found.set_names(old.names)
