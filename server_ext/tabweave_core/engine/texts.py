"""Canonical text: how a stored value reads in filters, search, find, copies and replacing, the same in SQL and in Python.

It must not know tables.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pyarrow as pa

from ..protocol.values import datetime_ns, decode, time_json, timestamp_json
from .moments import DAY, PER_UNIT, SECOND

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..protocol.schema import Column, Kind

HEX_BYTES = 16
"""So many bytes of a binary value are read."""


def in_sql(column: Column) -> str:
    """The canonical text of a column's values as an SQL expression."""
    name = f"c{column.id}"
    if column.kind == "binary":
        size, shown = f"octet_length({name})", f"left(lower(hex({name})), {2 * HEX_BYTES})"
        return f"({shown} || CASE WHEN {size} > {HEX_BYTES} THEN '…' ELSE '' END)"
    if column.kind == "timestamp" and column.zone:
        return _zoned(name, column.zone)
    if column.kind == "duration":
        return _duration(name, PER_UNIT["s"] // PER_UNIT[column.unit or "ns"])
    if column.kind == "float":
        return f"CASE WHEN isnan({name}) THEN 'nan' ELSE CAST({name} AS VARCHAR) END"
    return f"CAST({name} AS VARCHAR)"


def _zoned(name: str, zone: str) -> str:
    """The wall clock of the zone and its offset from UTC, both from the second that a value lies in."""
    second = f"date_trunc('second', CAST({name} AS TIMESTAMP))"
    fixed = fixed_offset(zone)
    if fixed is None:
        quoted = zone.replace("'", "''")
        wall = f"timezone('{quoted}', timezone('UTC', {second}))"
        ahead = f"CAST(epoch({wall}) - epoch({second}) AS BIGINT)"
    else:
        wall, ahead = f"({second} + to_seconds({fixed}))", f"CAST({fixed} AS BIGINT)"
    size = f"abs({ahead})"
    fraction = f"regexp_extract(CAST({name} AS VARCHAR), '[.][0-9]+$')"
    sign = f"CASE WHEN {ahead} < 0 THEN '-' ELSE '+' END"
    clock = f"format('{{:02d}}:{{:02d}}', {size} // 3600, {size} // 60 % 60)"
    seconds = f"CASE WHEN {size} % 60 <> 0 THEN format(':{{:02d}}', {size} % 60) ELSE '' END"
    return f"(CAST({wall} AS VARCHAR) || {fraction} || {sign} || {clock} || {seconds})"


def fixed_offset(zone: str) -> int | None:
    """The seconds that a zone without rules is ahead of UTC; None for a zone of the time zone database."""
    if not zone.startswith(("+", "-")):
        return None
    offset = pa.lib.string_to_tzinfo(zone).utcoffset(None)
    return int(offset.total_seconds())


def _duration(name: str, ticks: int) -> str:
    """Days, clock and fraction of a number of ticks, of which a second has so many."""
    fraction = f"(({name} % {ticks} + {ticks}) % {ticks})"
    second = f"(({name} - {fraction}) // {ticks})"
    within = f"(({second} % 86400 + 86400) % 86400)"
    day = f"(({second} - {within}) // 86400)"
    digits = len(str(ticks)) - 1
    part = f"CASE WHEN {fraction} = 0 THEN '' ELSE '.' || rtrim(lpad(CAST({fraction} AS VARCHAR), {digits}, '0'), '0') END"
    sign = f"CASE WHEN {day} < 0 AND ({within} <> 0 OR {fraction} <> 0) THEN ' days +' ELSE ' days ' END"
    clock = f"format('{{:02d}}:{{:02d}}:{{:02d}}', {within} // 3600, {within} // 60 % 60, {within} % 60)"
    return f"(CAST({day} AS VARCHAR) || {sign} || {clock} || {part})"


def shown(column: Column) -> Callable[[str], str]:
    """What gives the canonical text of a stored text (see `dtypes`); typed into the column, it is that value again."""
    if column.kind == "timestamp" and column.zone:
        zone = pa.lib.string_to_tzinfo(column.zone)
        return lambda text: _wall(decode("timestamp", text), zone)
    if column.kind == "duration":
        per_tick = PER_UNIT[column.unit or "ns"]
        return lambda text: span(int(text) * per_tick)
    if column.kind == "float":
        return lambda text: text.removeprefix("-") if text.endswith("nan") else text
    return str


def _wall(ns: int, zone: dt.tzinfo) -> str:
    seconds, rest = divmod(ns, SECOND)
    try:
        moment = (dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(seconds=seconds)).astimezone(zone)
    except OverflowError:
        return timestamp_json(ns).replace("T", " ") + "+00:00"
    offset = moment.utcoffset() or dt.timedelta(0)
    return timestamp_json(datetime_ns(moment.replace(tzinfo=None)) + rest).replace("T", " ") + offset_text(offset)


def offset_text(offset: dt.timedelta) -> str:
    """An offset from UTC as +HH:MM, with seconds where it has any."""
    seconds = offset.days * 86_400 + offset.seconds
    size = abs(seconds)
    tail = f":{size % 60:02d}" if size % 60 else ""
    return f"{'-' if seconds < 0 else '+'}{size // 3600:02d}:{size // 60 % 60:02d}{tail}"


def span(ns: int) -> str:
    """A duration in nanoseconds as days and a clock."""
    days, within = divmod(ns, DAY)
    return f"{days} days {'+' if days < 0 and within else ''}{time_json(within)}"


LETTERS: dict[Kind, frozenset[str]] = {
    "integer": frozenset("0123456789-"),
    "decimal": frozenset("0123456789-."),
    "float": frozenset("0123456789-+.einfa"),
    "boolean": frozenset("truefals"),
    "date": frozenset("0123456789-"),
    "time": frozenset("0123456789:."),
    "timestamp": frozenset("0123456789:.-+ "),
    "duration": frozenset("0123456789:.-+ days"),
    "binary": frozenset("0123456789abcdef…"),
}
"""The characters that canonical texts are made of, of kinds where these are few."""


def can_read(column: Column, text: str, case: bool) -> bool:
    """Whether the text of some value of a column could contain a text, from the characters that such texts are made of."""
    letters = LETTERS.get(column.kind)
    return letters is None or letters.issuperset(text if case else text.lower())
