"""Edges of a histogram that a person can read: round numbers, whole hours, days."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from ..protocol.schema import Column

MOST = 20

_PER_SECOND = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
_SPANS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800, 604800, 1209600)
_DAY = 86_400
_MONTHS = (1, 2, 3, 6, 12, 24, 60, 120, 240, 600, 1200)
LONG_DAYS = 62
"""From here on bins of dates follow the calendar."""


def edges_for(column: Column, lo: Any, hi: Any) -> tuple[list[float], list[Any]]:
    """The edges of at most `MOST` bins over `[lo, hi]`, and the inner ones as numbers to compare raw values with.

    Raw values are numbers, ticks, or decimals' unscaled integers.
    """
    if column.kind in ("timestamp", "date"):
        per_day = _DAY * _PER_SECOND[column.unit or "ns"] if column.kind == "timestamp" else 1
        if int(hi) - int(lo) >= LONG_DAYS * per_day:
            return _calendar_edges(int(lo), int(hi), per_day)
    if column.kind in ("timestamp", "time", "duration"):
        per_second = _PER_SECOND[column.unit or "ns"]
        step = _time_step((int(hi) - int(lo)) / per_second) * per_second
        return _whole_edges(int(lo), int(hi), step or _whole_step(int(lo), int(hi)))
    if isinstance(lo, float | np.floating):
        return _float_edges(float(lo), float(hi))
    per_one = 10 ** (column.scale or 0) if column.kind == "decimal" else 1
    return _whole_edges(int(lo), int(hi), _whole_step(int(lo), int(hi)), per_one)


def _calendar_edges(lo: int, hi: int, per_day: int) -> tuple[list[float], list[Any]]:
    """Edges at the first of a month, every 1, 2, 3, 6, 12 … months."""
    first, last = (int(np.datetime64(ticks // per_day, "D").astype("datetime64[M]").astype(int)) for ticks in (lo, hi))
    step = next(
        (span for span in _MONTHS if last // span - first // span < MOST), 12 * math.ceil((last - first) / 12 / (MOST - 1))
    )
    months = range(first // step * step, last + step + 1, step)
    edges = [int(np.datetime64(month, "M").astype("datetime64[D]").astype(int)) * per_day for month in months]
    while edges[-2] > hi:
        edges.pop()
    return [float(edge) for edge in edges], edges[1:-1]


def _time_step(seconds: float) -> int:
    """Whole seconds, or 0 where bins are shorter than one."""
    if seconds < 1:
        return 0
    for span in _SPANS:
        if seconds / span < MOST - 1:
            return span
    return _DAY * math.ceil(round_up(seconds / _DAY / (MOST - 2)))


def _whole_step(lo: int, hi: int) -> int:
    if hi - lo < MOST:
        return 1
    wanted = (hi - lo) // (MOST - 2) + 1
    power = int(10 ** (len(str(wanted)) - 1))
    return int(next(factor * power for factor in (1, 2, 5, 10) if factor * power >= wanted))


def _whole_edges(lo: int, hi: int, step: int, per_one: int = 1) -> tuple[list[float], list[Any]]:
    """Edges at multiples of `step`, which grows where floats could not tell two of them apart."""
    step = max(step, math.ceil(2 * math.ulp(float(max(abs(lo), abs(hi))))))
    first = lo // step * step
    count = (hi - first) // step + 1
    edges = [first + number * step for number in range(count + 1)]
    return [edge / per_one for edge in edges], edges[1:-1]


def _float_edges(lo: float, hi: float) -> tuple[list[float], list[Any]]:
    width = hi / MOST - lo / MOST
    step = round_up(width / (MOST - 2) * MOST) if math.isfinite(width * 2) else width
    if not step > max(abs(lo), abs(hi)) * 1e-12:
        pad = max(abs(lo), abs(hi)) * 1e-6 or 0.5
        return [lo - pad, hi + pad], []
    first = math.floor(lo / step)
    first -= first * step > lo
    count = math.floor(hi / step) - first + 1
    count += (first + count) * step < hi
    edges = [(first + number) * step for number in range(count + 1)]
    if not all(map(math.isfinite, edges)):
        edges = [lo + width * number for number in range(MOST)] + [hi]
    return edges, edges[1:-1]


def round_up(number: float) -> float:
    """The least of 1, 2, 2.5, 5 times a power of ten that is not below a positive number."""
    if not number > 1e-300:
        return number
    power = 10.0 ** math.floor(math.log10(number))
    return next((factor * power for factor in (1, 2, 2.5, 5) if factor * power >= number), 10 * power)
