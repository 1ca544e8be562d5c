"""A total order over arbitrary Python objects, so that a column of anything can be sorted.

Numbers come first, then text, bytes, dates and timestamps, times, durations and, by their text, all else. Comparing never raises.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
from tabweave_core.protocol.values import datetime_ns

from . import collation
from .arrays import is_missing, strings
from .text import text

if TYPE_CHECKING:
    from collections.abc import Callable

    from .arrays import Objects

_STRETCH = 20_000
_TEXTS = frozenset({str, type(None)})


def rank_objects(cells: Objects, check: Callable[[], None]) -> tuple[np.ndarray[Any, Any], int, np.ndarray[Any, Any]]:
    """For each object the number of distinct smaller ones, how many distinct ones there are, and which are missing."""
    if set(map(type, cells)) <= _TEXTS:
        texts = strings(cells)
        return *collation.ranks(texts, check), np.asarray(texts.is_null())
    keys: list[tuple[Any, ...]] = []
    for start in range(0, len(cells), _STRETCH):
        check()
        keys += map(sort_key, cells[start : start + _STRETCH])
    gone = np.fromiter((key == () for key in keys), dtype=np.bool_, count=len(keys))
    rank = np.zeros(len(keys), dtype=np.int64)
    number, last = -1, None
    for place in sorted(np.flatnonzero(~gone).tolist(), key=keys.__getitem__):
        if keys[place] != last:
            number, last = number + 1, keys[place]
        rank[place] = number
    return rank, number + 1, gone


def sort_key(value: Any) -> tuple[Any, ...]:
    """A tuple that compares with that of any other object; empty for a missing one."""
    if is_missing(value):
        return ()
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, int | float) or (isinstance(value, Decimal) and not value.is_nan()):
        return (0, value)
    if isinstance(value, str):
        return (1, str(value))
    if isinstance(value, bytes | bytearray):
        return (2, bytes(value))
    return _moment_key(value) or (6, type(value).__name__, text(value))


def _moment_key(value: Any) -> tuple[Any, ...]:
    if isinstance(value, dt.datetime):
        return (3, datetime_ns(value))
    if isinstance(value, dt.date):
        return (3, datetime_ns(dt.datetime(value.year, value.month, value.day)))
    if isinstance(value, dt.time):
        return (4, value.replace(tzinfo=None))
    if isinstance(value, dt.timedelta):
        return (5, value.days, value.seconds, value.microseconds, getattr(value, "nanoseconds", 0))
    return ()
