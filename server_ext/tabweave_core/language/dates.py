"""Days and stretches of time in words: "2024-03-01", "March 2025", "Q2 2024", "last month", "past 7 days", "yesterday"."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date, timedelta
from typing import TYPE_CHECKING

from .lexicon import MONTHS, NUMBERS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .tokens import Token

_ISO = re.compile(r"(\d{4})[-/](\d{1,2})(?:[-/](\d{1,2}))?")
_SLASHED = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")
_ORDINAL = re.compile(r"(\d{1,2})(?:st|nd|rd|th)?")
_DAYS = {"day": 1, "week": 7, "fortnight": 14}
_LONGEST = 100_000

Stretch = tuple[date, date, int]


def moment(tokens: Sequence[Token], at: int, today: date) -> tuple[str, int] | None:
    """A day as ISO text, and the token after it; the first day of a stretch."""
    found = period(tokens, at, today)
    return None if found is None else (found[0].isoformat(), found[2])


def period(tokens: Sequence[Token], at: int, today: date) -> Stretch | None:
    """The first and last day of a stretch of time, and the token after it."""
    if at >= len(tokens):
        return None
    return _absolute(tokens, at, today) or _relative(tokens, at, today)


def _lower(tokens: Sequence[Token], at: int) -> str:
    return tokens[at].lower if at < len(tokens) else ""


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _month(year: int, month: int) -> tuple[date, date]:
    return date(year, month, 1), date(year, month, monthrange(year, month)[1])


def _absolute(tokens: Sequence[Token], at: int, today: date) -> Stretch | None:
    text = _lower(tokens, at)
    iso, slashed = _ISO.fullmatch(text), _SLASHED.fullmatch(text)
    if iso is not None:
        year, month = int(iso[1]), int(iso[2])
        if iso[3] is None:
            return (*_month(year, month), at + 1) if 1 <= month <= 12 else None
        day = _day(year, month, int(iso[3]))
        return None if day is None else (day, day, at + 1)
    if slashed is not None:
        day = _day(int(slashed[3]), int(slashed[1]), int(slashed[2]))
        return None if day is None else (day, day, at + 1)
    if re.fullmatch(r"q[1-4]", text):
        year_at = _year(tokens, at + 1)
        year, stop = year_at or (today.year, at + 1)
        first = 3 * int(text[1]) - 2
        return _month(year, first)[0], _month(year, first + 2)[1], stop
    if text in MONTHS and (text != "may" or tokens[at].text[0].isupper()):
        return _of_month(tokens, at, today)
    if _ORDINAL.fullmatch(text) and (
        _lower(tokens, at + 1) in MONTHS or (_lower(tokens, at + 1) == "of" and _lower(tokens, at + 2) in MONTHS)
    ):
        month_at = at + 1 if _lower(tokens, at + 1) in MONTHS else at + 2
        found = _of_month(tokens, month_at, today)
        number = _ORDINAL.fullmatch(text)
        if found is not None and number is not None:
            day = _day(found[0].year, found[0].month, int(number[1]))
            return None if day is None else (day, day, found[2])
    year_at = _year(tokens, at)
    if year_at is not None:
        return date(year_at[0], 1, 1), date(year_at[0], 12, 31), year_at[1]
    return None


def _of_month(tokens: Sequence[Token], at: int, today: date) -> Stretch | None:
    month, stop = MONTHS[_lower(tokens, at)], at + 1
    day = _ORDINAL.fullmatch(_lower(tokens, stop))
    if day is not None and int(day[1]) <= 31:
        stop += 1
    else:
        day = None
    while _lower(tokens, stop) in (",", "of"):
        stop += 1
    year_at = _year(tokens, stop)
    year, stop = year_at or (today.year, at + (2 if day is not None else 1))
    if day is None:
        return (*_month(year, month), stop)
    found = _day(year, month, int(day[1]))
    return None if found is None else (found, found, stop)


def _year(tokens: Sequence[Token], at: int) -> tuple[int, int] | None:
    text = _lower(tokens, at)
    return (int(text), at + 1) if re.fullmatch(r"1[5-9]\d\d|20\d\d|21\d\d", text) else None


def _relative(tokens: Sequence[Token], at: int, today: date) -> Stretch | None:
    word = _lower(tokens, at)
    if word == "the":
        return _relative(tokens, at + 1, today)
    if word in ("today", "yesterday", "tomorrow"):
        day = today + timedelta(days={"today": 0, "yesterday": -1, "tomorrow": 1}[word])
        return day, day, at + 1
    if word not in ("last", "past", "previous", "this", "current", "next"):
        return None
    number, stop = 1, at + 1
    counted = False
    if stop < len(tokens) and (tokens[stop].kind == "number" or tokens[stop].lower in NUMBERS):
        number = int(tokens[stop].number or NUMBERS.get(tokens[stop].lower, 1))
        counted, stop = True, stop + 1
    if number > _LONGEST or stop >= len(tokens):
        return None
    unit = tokens[stop].stem
    if unit not in (*_DAYS, "month", "quarter", "year"):
        return None
    if word == "past" or counted:
        return (*_rolling(today, number, unit), stop + 1) if word in ("last", "past", "previous") else None
    shift = {"last": -1, "previous": -1, "this": 0, "current": 0, "next": 1}[word]
    return (*_whole(today, unit, shift), stop + 1)


def _rolling(today: date, number: int, unit: str) -> tuple[date, date]:
    """So many days, weeks, months or years up to today."""
    if unit in _DAYS:
        return today - timedelta(days=number * _DAYS[unit] - 1), today
    months = number * {"month": 1, "quarter": 3, "year": 12}[unit]
    first = today.year * 12 + today.month - 1 - months
    year, month = divmod(first, 12)
    start = date(year, month + 1, min(today.day, monthrange(year, month + 1)[1]))
    return start + timedelta(days=1), today


def _whole(today: date, unit: str, shift: int) -> tuple[date, date]:
    """A whole calendar day, week, month, quarter or year, so many before or after this one."""
    if unit in _DAYS:
        first = today if unit == "day" else today - timedelta(days=today.weekday())
        first += timedelta(days=shift * _DAYS[unit])
        return first, first + timedelta(days=_DAYS[unit] - 1)
    if unit == "year":
        return date(today.year + shift, 1, 1), date(today.year + shift, 12, 31)
    size = 3 if unit == "quarter" else 1
    index = (today.year * 12 + today.month - 1) // size + shift
    year, month = divmod(index * size, 12)
    last_year, last_month = divmod(index * size + size - 1, 12)
    return date(year, month + 1, 1), _month(last_year, last_month + 1)[1]
