"""Typed dates, times, timestamps and durations: ISO forms and those everyday ones that read only one way.

Times, timestamps and durations are whole nanoseconds. It must not know arrays or columns.
"""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal

from ..protocol.values import days_since_1970
from .numerals import Unfit

SECOND = 10**9
DAY = 86_400 * SECOND
ENDLESS = 2**63 - 1
"""So many nanoseconds before or after 1970 are DuckDB's infinities."""
PER_UNIT = {"s": SECOND, "ms": 10**6, "us": 10**3, "ns": 1}
UNIT_NAMES = {"s": "seconds", "ms": "milliseconds", "us": "microseconds", "ns": "nanoseconds"}

_MONTHS = {
    name: number
    for number, name in enumerate(["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], 1)
}
_ISO = re.compile(r"([+-]?\d{4,6})-(\d{1,2})-(\d{1,2})", re.ASCII)
_YEAR_FIRST = re.compile(r"(\d{4})[/.](\d{1,2})[/.](\d{1,2})|(\d{4})(\d\d)(\d\d)", re.ASCII)
_DOTTED = re.compile(r"(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4})", re.ASCII)
_SLASHED = re.compile(r"(\d{1,2})[/-](\d{1,2})[/-](\d{4})", re.ASCII)
_DAY_MONTH = re.compile(r"(\d{1,2})(?:st|nd|rd|th)?[ .-]+([a-z]{3,9})\.?,?[ -]+(\d{4})", re.ASCII)
_MONTH_DAY = re.compile(r"([a-z]{3,9})\.? (\d{1,2})(?:st|nd|rd|th)?,? (\d{4})", re.ASCII)
_CLOCK = re.compile(
    r"(\d{1,2}):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?\s*([ap]\.?m\.?)?|(\d{1,2})\s*([ap]\.?m\.?)", re.IGNORECASE | re.ASCII
)
_OFFSET = re.compile(r"\s*(z|utc|gmt|[+-]\d\d:?\d\d|[+-]\d\d)$", re.IGNORECASE | re.ASCII)
_SPLIT = re.compile(r"(.*?\d)(?:T|\s+|,\s*)(\d{1,2}(?::\d\d.*|\s*[ap]\.?m\.?))", re.IGNORECASE | re.ASCII)
_SPAN = re.compile(r"([+-]?)(\d+):(\d\d):(\d\d)(?:\.(\d{1,9}))?", re.ASCII)
_DAYS = re.compile(r"([+-]?\d+) days?(?:,? +([+-]?)(\d+):(\d\d):(\d\d)(?:\.(\d{1,9}))?)?", re.ASCII)
_UNIT = re.compile(r"(\d{1,20}(?:\.\d{1,18})?)\s*([A-Za-zµ]+)")
_UNITED = re.compile(r"[+-]?\s*(?:\d{1,20}(?:\.\d{1,18})?\s*[A-Za-zµ]+[\s,]*)+")
_SPAN_UNITS = {
    **dict.fromkeys(("w", "week"), 7 * DAY),
    **dict.fromkeys(("d", "day"), DAY),
    **dict.fromkeys(("h", "hr", "hour"), 3600 * SECOND),
    **dict.fromkeys(("min", "minute", "m"), 60 * SECOND),
    **dict.fromkeys(("s", "sec", "second"), SECOND),
    **dict.fromkeys(("ms", "millisecond"), 10**6),
    **dict.fromkeys(("us", "µs", "microsecond"), 10**3),
    **dict.fromkeys(("ns", "nanosecond"), 1),
}
_HINT = "Write it as 2026-01-31."


def date_days(text: str) -> int:
    """A date as days since 1970, or `Unfit`. Day and month are not guessed: 03/04/2020 is refused with both readings."""
    plain = text.strip()
    found = _ISO.fullmatch(plain)
    if found:
        return _days(int(found[1]), int(found[2]), int(found[3]))
    if found := _YEAR_FIRST.fullmatch(plain):
        year, month, day = (int(part) for part in found.groups() if part)
        return _days(year, month, day)
    if found := _DOTTED.fullmatch(plain):
        return _days(int(found[3]), int(found[2]), int(found[1]))
    if found := _SLASHED.fullmatch(plain):
        return _either(int(found[1]), int(found[2]), int(found[3]))
    words = plain.lower()
    if (found := _DAY_MONTH.fullmatch(words)) and _month(found[2]):
        return _days(int(found[3]), _month(found[2]), int(found[1]))
    if (found := _MONTH_DAY.fullmatch(words)) and _month(found[1]):
        return _days(int(found[3]), _month(found[1]), int(found[2]))
    raise Unfit("TYPE", "is not a date", _HINT)


def date(text: str) -> dt.date:
    """A date of the years 1 to 9999; a timestamp is accepted when its time is midnight."""
    plain = text.strip()
    if split := _SPLIT.fullmatch(plain):
        if clock(split[2]):
            raise Unfit("SCALE", "has a time of day", f"Nearest: {date(split[1])}.")
        plain = split[1]
    days = date_days(plain)
    try:
        return dt.date(1970, 1, 1) + dt.timedelta(days=days)
    except OverflowError:
        raise Unfit("RANGE", "is out of range", "Dates go from 0001-01-01 to 9999-12-31.") from None


def clock(text: str) -> int:
    """A time of day as nanoseconds since midnight, or `Unfit`: 14:05, 14:05:30.25, 2:05 pm."""
    found = _CLOCK.fullmatch(text.strip())
    if not found:
        raise Unfit("TYPE", "is not a time of day", "Write it as 14:05:30.")
    half = (found[5] or found[7] or "").lower().replace(".", "")
    hour, minute, second = int(found[1] or found[6]), int(found[2] or 0), int(found[3] or 0)
    if half:
        if not 1 <= hour <= 12:
            raise Unfit("TYPE", "is not a time of day", "Write it as 14:05:30.")
        hour = hour % 12 + (12 if half == "pm" else 0)
    if hour > 23 or minute > 59 or second > 59:
        raise Unfit("RANGE", "is not a time of day", "Times go from 00:00:00 to 23:59:59.")
    return ((hour * 60 + minute) * 60 + second) * SECOND + int((found[4] or "").ljust(9, "0"))


def timestamp(text: str) -> tuple[int, int | None]:
    """Nanoseconds since 1970 of the wall clock, and the zone's offset in nanoseconds if one is written; or `Unfit`."""
    plain = text.strip()
    split = _SPLIT.fullmatch(plain)
    if not split:
        try:
            return date_days(plain) * DAY, None
        except Unfit as error:
            hint = error.hint if error.hint != _HINT else "Write it as 2026-01-31 14:05:00."
            raise Unfit(error.code, error.phrase.replace("a date", "a date and time"), hint) from None
    day, rest, offset = split[1], split[2], None
    if found := _OFFSET.search(rest):
        offset = _offset(found[1])
        rest = rest[: found.start()]
    return date_days(day) * DAY + clock(rest), offset


def duration(text: str) -> int:
    """A duration in nanoseconds, or `Unfit`: 1 days 02:03:04.5, 02:03:04, 90 min, 1h 30m."""
    plain = text.strip()
    if found := _SPAN.fullmatch(plain):
        whole = _span(found[2], found[3], found[4], found[5])
        return -whole if found[1] == "-" else whole
    if found := _DAYS.fullmatch(plain):
        within = _span(found[3], found[4], found[5], found[6]) if found[3] else 0
        return int(found[1]) * DAY + (-within if found[2] == "-" else within)
    if _UNITED.fullmatch(plain):
        parts = [(Decimal(number) * unit_ns) for number, unit in _UNIT.findall(plain) if (unit_ns := _span_unit(unit))]
        ns = sum(parts, Decimal(0))
        if len(parts) == len(_UNIT.findall(plain)) and ns == ns.to_integral_value():
            return -int(ns) if plain.startswith("-") else int(ns)
    raise Unfit("TYPE", "is not a duration", "Write it as 1 days 02:03:04, or with units: 90 min.")


def _span_unit(word: str) -> int:
    """The nanoseconds of a unit's name, or 0 when there is no such unit (months and years have no fixed length)."""
    plain = word if word in _SPAN_UNITS else word.lower()
    return _SPAN_UNITS.get(plain) or _SPAN_UNITS.get(plain.removesuffix("s"), 0)


def ticks(ns: int, unit: str) -> int:
    """Nanoseconds as whole units, or `Unfit` when the unit is too coarse."""
    whole, rest = divmod(ns, PER_UNIT[unit])
    if rest:
        raise Unfit("SCALE", f"is finer than {UNIT_NAMES[unit]}")
    return whole


def _span(hours: str, minutes: str, seconds: str, fraction: str | None) -> int:
    if int(minutes) > 59 or int(seconds) > 59:
        raise Unfit("TYPE", "is not a duration", "Minutes and seconds go from 00 to 59.")
    return ((int(hours) * 60 + int(minutes)) * 60 + int(seconds)) * SECOND + int((fraction or "").ljust(9, "0"))


def _days(year: int, month: int, day: int) -> int:
    try:
        return days_since_1970(year, month, day)
    except ValueError:
        raise Unfit("RANGE", "is not a date in the calendar") from None


def _either(first: int, second: int, year: int) -> int:
    if first > 12 or first == second:
        return _days(year, second, first)
    if second > 12:
        return _days(year, first, second)
    hint = f"Write {year}-{second:02d}-{first:02d} (day first) or {year}-{first:02d}-{second:02d} (month first)."
    raise Unfit("TYPE", "can be read as two dates", hint)


def _month(word: str) -> int:
    number = _MONTHS.get(word[:3], 0)
    full = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ]
    return number if number and (len(word) == 3 or full[number - 1] == word or word == "sept") else 0


def _offset(text: str) -> int:
    if text.lower() in ("z", "utc", "gmt"):
        return 0
    digits = text[1:].replace(":", "").ljust(4, "0")
    whole = (int(digits[:2]) * 60 + int(digits[2:])) * 60 * SECOND
    return -whole if text[0] == "-" else whole
