"""Dates, timestamps and times of day as people write them.

Works on the distinct texts of a column. Which of day and month comes first is decided by the column, never by a cell.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from .result import Reading, ReadingKind

Mask = np.ndarray[Any, np.dtype[np.bool_]]
Ints = np.ndarray[Any, np.dtype[np.int64]]

ORDERS = ("ymd", "mdy", "dmy")
PIVOT = 69

_CLOCK = (
    r"(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?:[.,](?P<fraction>[0-9]{1,9}))?)?"
    r"(?:\s*(?P<half>[AaPp])\.?[Mm]\.?)?"
)
_ZONE = r"(?:\s*(?P<zone>[Zz]|UTC|GMT|[-+][0-9]{2}(?::?[0-9]{2})?))?"
_TAIL = rf"(?:(?:[T,]|\s)\s*{_CLOCK}{_ZONE})?$"
_DAY = r"(?:(?:mon|tue|tues|wed|wednes|thu|thur|thurs|fri|sat|satur|sun)(?:day)?\.?,?\s+)?"
_MONTH = (
    r"(?P<b>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)\.?"
)
_DATE = r"(?P<a>[0-9]{1,4})(?P<sep>[-/. ])(?P<b>[0-9]{1,2})(?P<sep2>[-/. ])(?P<c>[0-9]{1,4})"
_TH = r"(?P<a>[0-9]{1,2})(?:st|nd|rd|th)?"
_FORMS = {
    "numeric": rf"^{_DATE}{_TAIL}",
    "D Month Y": rf"(?i)^{_DAY}{_TH}(?P<sep>[-/. ])\s*{_MONTH}(?P<sep2>[-/., ])\s*(?P<c>[0-9]{{4}}|[0-9]{{2}}){_TAIL}",
    "Month D Y": rf"(?i)^{_DAY}{_MONTH}(?P<sep>\s+){_TH}(?P<sep2>,?\s+)(?P<c>[0-9]{{4}}){_TAIL}",
}
_MONTHS = {
    "jan": 1,
    "feb": 2,
    "mar": 3,
    "apr": 4,
    "may": 5,
    "jun": 6,
    "jul": 7,
    "aug": 8,
    "sep": 9,
    "oct": 10,
    "nov": 11,
    "dec": 12,
}


@dataclass(frozen=True, slots=True)
class Moments:
    """Dates taken apart: three numbers in the order written, the clock, and the zone; `ok` where there is such an outline."""

    a: Ints
    b: Ints
    c: Ints
    year_digits: Mask
    year_first: Mask
    sep: np.ndarray[Any, np.dtype[np.object_]]
    clock: Ints
    clock_ok: Mask
    has_clock: Mask
    places: int
    zone: np.ndarray[Any, np.dtype[np.object_]]
    ok: Mask


def _texts(found: pa.StructArray, name: str) -> pa.StringArray:
    return pc.fill_null(pc.struct_field(found, name), "")


def _whole(texts: pa.StringArray) -> Ints:
    numbers: Ints = pc.cast(pc.if_else(pc.equal(texts, ""), "0", texts), pa.int64()).to_numpy(zero_copy_only=False)
    return numbers


def _lengths(texts: pa.StringArray) -> Ints:
    lengths: Ints = pc.binary_length(texts).to_numpy(zero_copy_only=False)
    return lengths


def _strings(texts: pa.StringArray) -> np.ndarray[Any, np.dtype[np.object_]]:
    strings: np.ndarray[Any, np.dtype[np.object_]] = texts.to_numpy(zero_copy_only=False)
    return strings


def _valid(found: pa.StructArray) -> Mask:
    mask: Mask = pc.is_valid(found).to_numpy(zero_copy_only=False)
    return mask


def _clock(found: pa.StructArray) -> tuple[Ints, Mask, Mask, int]:
    """Nanoseconds since midnight, where that is a time of day, where a time is written, and the most decimal places."""
    hour, minute, second = (_whole(_texts(found, name)) for name in ("hour", "minute", "second"))
    fraction = _texts(found, "fraction")
    places = int(pc.max(pc.binary_length(fraction)).as_py() or 0)
    nanos = _whole(pc.utf8_rpad(fraction, 9, padding="0"))
    half = _strings(pc.utf8_lower(_texts(found, "half")))
    written = _strings(_texts(found, "hour")) != ""
    twelve = half != ""
    ok = (minute < 60) & (second < 60) & np.where(twelve, (hour >= 1) & (hour <= 12), hour < 24)
    hour = np.where(twelve, hour % 12 + np.where(half == "p", 12, 0), hour)
    return ((hour * 60 + minute) * 60 + second) * 1_000_000_000 + nanos, ok, written, places


def take_apart(texts: pa.StringArray, form: str) -> Moments:
    """The parts of each trimmed text in one of the three outlines: "numeric", "D Month Y" or "Month D Y"."""
    found = pc.extract_regex(texts, _FORMS[form])
    a, c = _texts(found, "a"), _texts(found, "c")
    if form == "numeric":
        b = _whole(_texts(found, "b"))
    else:
        b = np.array([_MONTHS.get(name[:3].lower(), 0) for name in _texts(found, "b").to_pylist()], dtype=np.int64)
    clock, clock_ok, has_clock, places = _clock(found)
    first, last = _lengths(a), _lengths(c)
    sep = _strings(_texts(found, "sep"))
    ok = _valid(found)
    if form == "numeric":
        ok &= (sep == _strings(_texts(found, "sep2"))) & (
            ((first == 4) & (last <= 2)) | ((first <= 2) & ((last == 4) | ((last == 2) & ((sep == "/") | (sep == "-")))))
        )
    zone = _strings(_texts(found, "zone"))
    return Moments(
        _whole(a), b, _whole(c), (first == 4) | (last == 4), first == 4, sep, clock, clock_ok, has_clock, places, zone, ok
    )


def _days(year: Ints, month: Ints, day: Ints) -> tuple[Ints, Mask]:
    ok = (year >= 1) & (year <= 9999) & (month >= 1) & (month <= 12) & (day >= 1)
    months = (np.where(ok, year, 1970) - 1970) * 12 + np.where(ok, month, 1) - 1
    start = months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    end = (months + 1).astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    return start + day - 1, ok & (day <= end - start)


def _calendar(moments: Moments, order: str) -> tuple[Ints, Mask]:
    a, b, c = moments.a, moments.b, moments.c
    if order == "ymd":
        days, ok = _days(a, b, c)
        return days, ok & moments.year_first & moments.ok & moments.clock_ok
    year = np.where(moments.year_digits, c, np.where(c < PIVOT, 2000 + c, 1900 + c))
    day, month = (a, b) if order == "dmy" else (b, a)
    days, ok = _days(year, month, day)
    return days, ok & ~moments.year_first & moments.ok & moments.clock_ok


def fit(texts: pa.StringArray, counts: Ints, order: str = "", *, strict: bool = False) -> tuple[Reading, Mask]:
    """The date or timestamp reading that fits most cells, and which texts it fits.

    `order` decides between day and month where the cells do not, and with `strict` even where they do; a year that comes first
    is seen either way. Ambiguity is marked on the reading.
    """
    best: tuple[int, Reading, Mask] = (0, Reading("date"), np.zeros(len(texts), dtype=np.bool_))
    for form in _FORMS:
        moments = take_apart(texts, form)
        if not moments.ok.any():
            continue
        for choice in ORDERS if form == "numeric" else ("dmy",):
            if form == "numeric" and strict and choice not in ("ymd", order):
                continue
            _, ok = _calendar(moments, choice)
            if ok.any():
                separators = set(moments.sep[ok]) if form == "numeric" else {" "}
                separator = (
                    max(separators, key=lambda sep: int(counts[ok & (moments.sep == sep)].sum())) if form == "numeric" else " "
                )
                if form == "numeric":
                    ok &= moments.sep == separator
                reading, ok = _refine(moments, counts, ok, choice, form, separator)
                weight = int(counts[ok].sum())
                preferred = order or ("mdy" if separator == "/" else "dmy")
                if weight > best[0] or (weight == best[0] and choice == preferred):
                    best = (weight, reading, ok)
    weight, reading, ok = best
    if reading.form.startswith("numeric") and reading.order in ("mdy", "dmy") and weight:
        _, swapped = _calendar(take_apart(texts, "numeric"), "dmy" if reading.order == "mdy" else "mdy")
        reading = replace(reading, ambiguous=not order and bool((swapped | ~ok).all()))
    return reading, ok


def _refine(moments: Moments, counts: Ints, ok: Mask, order: str, form: str, separator: str) -> tuple[Reading, Mask]:
    """The reading of the cells that are dates in this order: with or without a clock, with or without a zone."""
    clocked = bool(moments.has_clock[ok].any())
    zoned = moments.zone != ""
    zone, mixed = "", False
    if clocked and int(counts[ok & zoned].sum()) * 2 > int(counts[ok].sum()):
        ok = ok & zoned
        offsets = {_offset(str(text)) for text in set(moments.zone[ok])}
        mixed = len(offsets) > 1
        zone = "UTC" if mixed else _zone_name(offsets.pop())
    elif clocked:
        ok = ok & ~zoned
    written = f"{form}{separator}" + ("" if bool(moments.year_digits[ok].all()) else " yy")
    unit = "ns" if moments.places > 6 else "us"
    kind: ReadingKind = "timestamp" if clocked else "date"
    return Reading(kind, order=order, form=written, zone=zone, mixed=mixed, scale=9 if unit == "ns" else 6), ok


def _offset(text: str) -> int:
    """Minutes east of UTC of `Z`, `+02`, `+0200` or `+02:00`."""
    if text[0] not in "+-":
        return 0
    digits = text[1:].replace(":", "")
    return (int(digits[:2]) * 60 + int(digits[2:] or 0)) * (-1 if text[0] == "-" else 1)


def _zone_name(minutes: int) -> str:
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}" if minutes else "UTC"


def parse(texts: pa.StringArray, reading: Reading) -> tuple[pa.Array, Mask]:
    """The texts as dates or timestamps of this reading, missing where `ok` is false."""
    if not reading.form:
        return pa.nulls(len(texts), pa.date32()), np.zeros(len(texts), dtype=np.bool_)
    form = "numeric" if reading.form.startswith("numeric") else reading.form.removesuffix(" yy").rstrip()
    moments = take_apart(texts, form)
    days, ok = _calendar(moments, reading.order)
    if form == "numeric":
        ok &= moments.sep == reading.form[len("numeric")]
    ok &= moments.year_digits | reading.form.endswith(" yy")
    if reading.kind == "date":
        ok &= ~moments.has_clock
        return pa.array(days.astype(np.int32), pa.int32(), mask=~ok).cast(pa.date32()), ok
    ok &= (moments.zone != "") == bool(reading.zone)
    shift = np.array([_offset(str(text)) if text else 0 for text in moments.zone], dtype=np.int64) * 60
    unit, per_second = ("ns", 10**9) if reading.scale == 9 else ("us", 10**6)
    if unit == "ns":
        ok &= np.abs(days) < 106_000
    else:
        ok &= moments.clock % 1000 == 0
    ticks = np.where(ok, days, 0) * 86_400 * per_second - shift * per_second + moments.clock // (10**9 // per_second)
    return pa.array(ticks, pa.int64(), mask=~ok).cast(pa.timestamp(unit, tz=reading.zone or None)), ok


def fit_times(texts: pa.StringArray) -> tuple[Reading, Mask]:
    """Which texts are times of day."""
    found = pc.extract_regex(texts, f"^{_CLOCK}$")
    ok = _valid(found)
    if not ok.any():
        return Reading("time"), ok
    _, fine, _, places = _clock(found)
    return Reading("time", scale=9 if places > 6 else 6), ok & fine


def parse_times(texts: pa.StringArray, reading: Reading) -> tuple[pa.Array, Mask]:
    """The texts as times of day, missing where `ok` is false."""
    found = pc.extract_regex(texts, f"^{_CLOCK}$")
    clock, fine, _, _ = _clock(found)
    ok = _valid(found) & fine
    unit, divisor = ("ns", 1) if reading.scale == 9 else ("us", 1000)
    ok &= clock % divisor == 0
    return pa.array(clock // divisor, pa.int64(), mask=~ok).cast(pa.time64(unit)), ok


def describe_order(reading: Reading) -> str:
    """`month/day/year`, `1 January 2020` …, as a person would name the form."""
    if not reading.form.startswith("numeric"):
        return "1 January 2020" if reading.form.startswith("D") else "January 1, 2020"
    words = {"y": "year", "m": "month", "d": "day"}
    return reading.form[len("numeric")].join(words[letter] for letter in reading.order)
