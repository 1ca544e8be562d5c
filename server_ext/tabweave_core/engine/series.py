"""How a few cells go on: a constant step of numbers, dates (days or whole months), times, durations, or text with a number.

The continuation is told as text, which is parsed like typing, so limits and scales are checked in one place. It must not
know tables or frames.
"""

from __future__ import annotations

import calendar
import datetime as dt
import re
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ..protocol.values import SAFE, civil, datetime_ns, days_since_1970, time_json, timestamp_json
from . import moments

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ..protocol.schema import Column

Offsets = npt.NDArray[np.int64]
_NUMBERED = re.compile(r"(.*?)(\d{1,18})(\D{0,8})", re.ASCII | re.DOTALL)


def continued(cells: Iterable[Any], column: Column, offsets: Offsets, *, zone: dt.tzinfo | None = None) -> list[str] | None:
    """The texts at `offsets` from the first of some cells (Python scalars), or None when these have no constant step.

    `zone` is that of a column with one.
    """
    source = list(cells)
    if any(value is None or value != value for value in source):
        return None
    go_on = _STEPS.get(column.kind)
    if go_on is None:
        return None
    if column.kind == "timestamp" and zone is not None:
        return _zoned(source, zone, offsets)
    return go_on(source, offsets)


def _step(source: list[Any], one: Any) -> Any:
    """The constant difference (`one` for a single cell), or None."""
    gaps = {after - before for before, after in pairwise(source)}
    if len(gaps) > 1:
        return None
    return gaps.pop() if gaps else one


def _integers(source: list[int], offsets: Offsets) -> list[str] | None:
    step = _step(source, 1)
    return None if step is None else [str(source[0] + step * int(at)) for at in offsets]


def _decimals(source: list[Decimal], offsets: Offsets) -> list[str] | None:
    step = _step(source, Decimal(1))
    return None if step is None else [format(source[0] + step * int(at), "f") for at in offsets]


def _floats(source: list[float], offsets: Offsets) -> list[str] | None:
    if any(abs(value) > SAFE for value in source):
        return None
    exact = [Decimal(repr(value)) for value in source]
    step = _step(exact, Decimal(1))
    if step is None:
        return None
    found = (source[0] if not step or not at else float(exact[0] + step * int(at)) for at in offsets)
    return [repr(value) for value in found]


def _dates(source: list[Any], offsets: Offsets) -> list[str] | None:
    days = [value.toordinal() - 719_163 for value in source]
    found = _days(days, offsets)
    return None if found is None else [timestamp_json(day * moments.DAY)[:-9] for day in found]


def _days(days: list[int], offsets: Offsets) -> list[int] | None:
    """Days since 1970, by whole months where the source steps by them."""
    months = _months(days)
    if months is not None:
        return [months(int(at)) for at in offsets]
    step = _step(days, 1)
    return None if step is None else [days[0] + step * int(at) for at in offsets]


def _months(days: list[int]) -> Callable[[int], int] | None:
    if len(days) < 2:
        return None
    dates = [civil(day) for day in days]
    step = _step([year * 12 + month for year, month, _ in dates], None)
    ends = all(day == calendar.monthrange(year, month)[1] for year, month, day in dates)
    anchor = 31 if ends else max(day for _, _, day in dates)
    if not step or any(day != min(anchor, calendar.monthrange(year, month)[1]) for year, month, day in dates):
        return None
    first = dates[0][0] * 12 + dates[0][1] - 1

    def day_at(offset: int) -> int:
        year, month = divmod(first + step * offset, 12)
        return days_since_1970(year, month + 1, min(anchor, calendar.monthrange(year, month + 1)[1]))

    return day_at


def _timestamps(source: list[int], offsets: Offsets) -> list[str] | None:
    found = _calendar(source, offsets)
    if found is None:
        step = _step(source, moments.DAY)
        found = None if step is None else [source[0] + step * int(at) for at in offsets]
    return None if found is None else [timestamp_json(ns) for ns in found]


def _calendar(source: list[int], offsets: Offsets) -> list[int] | None:
    """Timestamps of one time of day, going on by whole days or months."""
    within = {ns % moments.DAY for ns in source}
    if len(within) > 1:
        return None
    days = _days([ns // moments.DAY for ns in source], offsets)
    return None if days is None else [day * moments.DAY + min(within) for day in days]


def _zoned(source: list[int], zone: dt.tzinfo, offsets: Offsets) -> list[str] | None:
    """By wall clock for whole days and months, else by elapsed time."""
    try:
        wall = [_wall(ns, zone) for ns in source]
    except OverflowError:
        return None
    found = _calendar(wall, offsets)
    if found is not None:
        return [timestamp_json(ns) for ns in found]
    step = _step(source, moments.DAY)
    return None if step is None else [timestamp_json(source[0] + step * int(at), zoned=True) for at in offsets]


def _wall(ns: int, zone: dt.tzinfo) -> int:
    seconds, rest = divmod(ns, moments.SECOND)
    moment = (dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(seconds=seconds)).astimezone(zone)
    return datetime_ns(moment.replace(tzinfo=None)) + rest


def _times(source: list[Any], offsets: Offsets) -> list[str] | None:
    step = _step(source, 3600 * moments.SECOND)
    return None if step is None else [time_json((source[0] + step * int(at)) % moments.DAY) for at in offsets]


def _durations(source: list[int], offsets: Offsets) -> list[str] | None:
    step = _step(source, moments.DAY)
    return None if step is None else [_span(source[0] + step * int(at)) for at in offsets]


def _span(ns: int) -> str:
    days, within = divmod(ns, moments.DAY)
    return f"{days} days {time_json(within)}"


def _texts(source: list[str], offsets: Offsets) -> list[str] | None:
    parts = [_NUMBERED.fullmatch(text) for text in source]
    found = [part for part in parts if part is not None]
    if len(found) < len(parts) or len({(part[1], part[3]) for part in found}) > 1:
        return None
    step = _step([int(part[2]) for part in found], 1)
    if step is None:
        return None
    head, digits, tail = found[0].groups()
    width = len(digits) if any(part[2].startswith("0") and len(part[2]) > 1 for part in found) else 0
    numbers = [int(digits) + step * int(at) for at in offsets]
    return None if min(numbers, default=0) < 0 else [f"{head}{number:0{width}d}{tail}" for number in numbers]


_STEPS: dict[str, Callable[[list[Any], Offsets], list[str] | None]] = {
    "integer": _integers,
    "decimal": _decimals,
    "float": _floats,
    "date": _dates,
    "timestamp": _timestamps,
    "time": _times,
    "duration": _durations,
    "text": _texts,
}
