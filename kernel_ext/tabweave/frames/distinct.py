"""The distinct values of a column with their counts, for the list of a set filter."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from tabweave_core.protocol.schema import ValueCount
from tabweave_core.protocol.values import tagged_text

from .arrays import is_category, is_missing, labels, read, storage, strings
from .matching import Pattern
from .scalars import to_json
from .text import texts_of, written

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tabweave_core.protocol.ops import Scalar
    from tabweave_core.protocol.schema import Column

    from .arrays import Values

_STRETCH = 50_000
_PLAIN = frozenset({str, int, bool, float, dt.time, dt.date, dt.datetime, pd.Timestamp, dt.timedelta, pd.Timedelta, bytes})
"""Types whose equal values have equal JSON, except that 0.0 equals -0.0."""


def distinct(
    column: Column, values: Values, search: str, limit: int, check: Callable[[], None]
) -> tuple[list[ValueCount], int, bool]:  # fmt: skip
    """The distinct values whose text contains `search`, the commonest first; how many cells are missing; whether the limit cut.

    Values with equal counts stand in the order in which the column has them (categories in their own).
    """
    pattern = Pattern(search)
    if is_category(values):
        return _categories(storage(values), pattern, limit)
    check()
    cells = read(values)
    if isinstance(cells, np.ndarray) or pa.types.is_nested(cells.type):
        return _objects(cells, pattern, limit, check)
    gone = cells.null_count
    counted = pc.value_counts(cells.drop_null() if gone else cells)
    check()
    found, sizes = counted.field(0), np.asarray(counted.field(1))
    if search:
        kept = pattern.mask(texts_of(found))
        found, sizes = found.filter(pa.array(kept)), sizes[kept]
    common = commonest(sizes, limit)
    shown = to_json(pd.arrays.ArrowExtensionArray(pa.chunked_array([found.take(pa.array(common))])), column)
    return _counts(shown, sizes[common]), gone, len(sizes) > limit


def commonest(sizes: np.ndarray[Any, Any], limit: int) -> np.ndarray[Any, Any]:
    """The places of the `limit` largest sizes, the largest first and the earlier first among equals."""
    if len(sizes) <= 4 * limit:
        return np.argsort(-sizes.astype(np.int64), kind="stable")[: max(limit, 0)]
    larger = np.cumsum(np.bincount(sizes)[::-1])
    least = len(larger) - 1 - int(np.searchsorted(larger, limit))
    above = np.flatnonzero(sizes > least)
    chosen = np.sort(np.concatenate((above, np.flatnonzero(sizes == least)[: limit - len(above)])))
    return chosen[np.argsort(-sizes[chosen].astype(np.int64), kind="stable")]


def _categories(array: Any, pattern: Pattern, limit: int) -> tuple[list[ValueCount], int, bool]:
    counts = np.bincount(np.asarray(array.codes).astype(np.int64) + 1, minlength=len(array.categories) + 1)
    shown = labels(array.categories)
    kept = np.flatnonzero(pattern.mask(shown)) if pattern.text else np.arange(len(shown))
    sizes = counts[1:][kept]
    common = commonest(sizes, limit)
    found = shown.take(pa.array(kept[common])).to_pylist()
    return _counts(found, sizes[common]), int(counts[0]), len(kept) > limit


def _counts(shown: Iterable[Scalar], sizes: np.ndarray[Any, Any]) -> list[ValueCount]:
    return [ValueCount(value=value, count=int(size)) for value, size in zip(shown, sizes, strict=True)]


def count_objects(cells: Any) -> tuple[Counter[str], int]:
    """How often each object comes, by its tagged JSON, and how many are missing."""
    present = [cell for cell in cells if not is_missing(cell)]
    counted: Counter[str] = Counter()
    if set(map(type, present)) <= _PLAIN:
        by_value = Counter(zip(map(type, present), present, strict=True))
        if (float, 0.0) not in by_value:
            for (_, cell), size in by_value.items():
                counted[tagged_text(cell)] += size
            return counted, len(cells) - len(present)
    counted.update(map(tagged_text, present))
    return counted, len(cells) - len(present)


def _objects(cells: Any, pattern: Pattern, limit: int, check: Callable[[], None]) -> tuple[list[ValueCount], int, bool]:
    items = cells if isinstance(cells, np.ndarray) else cells.to_pylist()
    counted: Counter[str] = Counter()
    missing = 0
    for start in range(0, len(items), _STRETCH):
        check()
        part, gone = count_objects(items[start : start + _STRETCH])
        counted.update(part)
        missing += gone
    if pattern.text and counted:
        kept = pattern.mask(strings(map(written, counted)))
        counted = Counter({key: size for (key, size), hit in zip(counted.items(), kept, strict=True) if hit})
    return [ValueCount(value=key, count=size) for key, size in counted.most_common(limit)], missing, len(counted) > limit
