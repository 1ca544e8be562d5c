"""Row and column labels when rows come and go or columns are renamed: dtype, name and kind of the index survive.

It must not know values or operations.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from tabweave_core.errors import Refused

from .columns import label_text
from .defaults import default_values

if TYPE_CHECKING:
    from collections.abc import Hashable

    from tabweave_core.engine.rows import Ints

RowIndex = Any
"""Any pandas Index."""


@dataclass(frozen=True, eq=False)
class Kept:
    """What an index was, to be put back exactly while nothing else changed it: valid from state `after`, leads to `before`."""

    index: RowIndex | None
    freq: Any
    before: int
    after: int


def same_label(one: Hashable, other: Hashable) -> bool:
    """Whether two labels are the same; a missing one is the same as another of its type."""
    if one is other:
        return True
    if type(one) is not type(other):
        return False
    try:
        return bool(one == other or (one != one and other != other))
    except TypeError:
        return False


def same_type(one: RowIndex, other: RowIndex) -> bool:
    """Whether labels of one index fit into the other."""
    if isinstance(one, pd.MultiIndex) or isinstance(other, pd.MultiIndex):
        return bool(one.nlevels == other.nlevels and one.dtypes.tolist() == other.dtypes.tolist())
    return bool(one.dtype == other.dtype)


def counts_rows(index: RowIndex) -> bool:
    """Whether an index is a RangeIndex 0, 1, 2 …, which stays one through inserting and deleting."""
    return isinstance(index, pd.RangeIndex) and index.start == 0 and index.step == 1


def merge_order(count: int, positions: Ints) -> Ints:
    """The order that puts appended rows at `positions` (ascending, counted after)."""
    total = count + len(positions)
    order = np.empty(total, dtype=np.int64)
    free = np.ones(total, dtype=np.bool_)
    free[positions] = False
    order[positions] = np.arange(count, total)
    order[free] = np.arange(count)
    return order


def fresh(index: RowIndex, count: int) -> RowIndex:
    """Labels for new rows: the next whole numbers in an integer index, in all others what stands in a cell that nobody filled."""
    if isinstance(index, pd.MultiIndex):
        none = [np.full(count, -1, dtype=np.int64) for _ in range(index.nlevels)]
        return _multi(index, none)
    if pd.api.types.is_integer_dtype(index.dtype):
        return pd.Index(_next_numbers(index, count), dtype=index.dtype, name=index.name)
    return pd.Index(default_values(index._values, count), dtype=index.dtype, name=index.name)


def _next_numbers(index: RowIndex, count: int) -> list[int]:
    highest = index.max() if len(index) else -1
    first = 0 if highest is pd.NA or highest is None or highest != highest else int(highest) + 1
    dtype = index.dtype if isinstance(index.dtype, np.dtype) else getattr(index.dtype, "numpy_dtype", np.dtype("int64"))
    limit = int(np.iinfo(dtype).max)
    if first + count - 1 <= limit:
        return list(range(first, first + count))
    used = set(index.tolist())
    found: list[int] = []
    for number in range(limit + 1):
        if number not in used:
            found.append(number)
            if len(found) == count:
                return found
    raise Refused(
        "TOO_LARGE", f"The index ({index.dtype}) has no number left for {count} more rows.", hint="Use reset_index() first."
    )


def inserted(index: RowIndex, positions: Ints, labels: RowIndex) -> RowIndex:
    """The index with `labels` at `positions` (counted after)."""
    if not len(positions):
        return index
    if counts_rows(index):
        return pd.RangeIndex(len(index) + len(positions), name=index.name)
    order = merge_order(len(index), positions)
    if isinstance(index, pd.MultiIndex):
        return _inserted_multi(index, order, labels)
    old, new = index._values, labels._values
    if isinstance(old, np.ndarray):
        values = np.concatenate([old, new]).take(order)
    else:
        values = type(old)._concat_same_type([old, new]).take(order)
    return pd.Index(values, dtype=index.dtype, name=index.name, copy=False)


def _inserted_multi(index: pd.MultiIndex, order: Ints, labels: RowIndex) -> RowIndex:
    same = isinstance(labels, pd.MultiIndex) and all(
        a is b or (a.dtype == b.dtype and a.equals(b)) for a, b in zip(index.levels, labels.levels, strict=True)
    )
    if not same:
        return index.append(labels).take(order)
    codes = [np.concatenate([a, b]).take(order) for a, b in zip(index.codes, labels.codes, strict=True)]
    return _multi(index, codes)


def _multi(like: pd.MultiIndex, codes: Any) -> pd.MultiIndex:
    levels: Any = like.levels
    return pd.MultiIndex(levels=levels, codes=codes, names=like.names, verify_integrity=False)


def removed(index: RowIndex, positions: Ints) -> RowIndex:
    """The index without the labels at `positions`."""
    if not len(positions):
        return index
    if counts_rows(index):
        return pd.RangeIndex(len(index) - len(positions), name=index.name)
    if isinstance(index, pd.RangeIndex):
        return pd.Index(np.delete(np.asarray(index), positions), name=index.name)
    keep = np.ones(len(index), dtype=np.bool_)
    keep[positions] = False
    return index[keep]


def restored(index: RowIndex, kept: Kept | None, state: int) -> tuple[RowIndex, bool]:
    """`index` as `kept` says, if it is still in force, and whether it was."""
    if kept is None or kept.after != state:
        return index, False
    if kept.index is not None and len(kept.index) == len(index):
        return kept.index, True
    if kept.freq is not None and isinstance(index, (pd.DatetimeIndex, pd.TimedeltaIndex)):
        try:
            stepped: Any = index
            stepped.freq = kept.freq
        except ValueError:
            return index, False
    return index, True


def keep(index: RowIndex, before: int, after: int) -> Kept:
    """Remembers an index of rows: itself where that costs nothing, else its frequency."""
    whole = index if isinstance(index, pd.RangeIndex) else None
    freq = getattr(index, "freq", None) if isinstance(index, (pd.DatetimeIndex, pd.TimedeltaIndex)) else None
    return Kept(whole, freq, before, after)


def typed_label(columns: RowIndex, old: Hashable, text: str) -> Hashable:
    """The label that `text` stands for: of the old label's type where the text reads as one (3 stays a number)."""
    if isinstance(columns, pd.MultiIndex):
        parts = text.split(" / ")
        if len(parts) != columns.nlevels:
            hint = f"Write all {columns.nlevels} levels, as in {label_text(old)!r}."
            raise Refused("SCHEMA", f"The columns have {columns.nlevels} levels; {text!r} names {len(parts)}.", hint=hint)
        olds = old if isinstance(old, tuple) else (old,) * len(parts)
        return tuple(_typed(before, part) for before, part in zip(olds, parts, strict=True))
    return _typed(old, text)


def _typed(old: Hashable, text: str) -> Hashable:
    try:
        if isinstance(old, (bool, np.bool_)):
            return {"true": True, "false": False}.get(text, text)
        if isinstance(old, (int, np.integer)):
            return int(text)
        if isinstance(old, (float, np.floating)):
            return float(text)
        if isinstance(old, pd.Timestamp):
            return pd.Timestamp(text)
    except (ValueError, OverflowError):
        return text
    return text


def relabelled(columns: RowIndex, place: int, label: Hashable) -> RowIndex:
    """Column labels with another one at `place`; names of the levels survive."""
    found = columns.delete(place).insert(place, label)
    return found.set_names(columns.names)
