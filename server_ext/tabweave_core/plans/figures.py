"""Figures of groups, and what rows are grouped by, as SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import BadValue
from .shape import NUMBERS, POS, quote

if TYPE_CHECKING:
    from ..protocol.condition import Function, Key, Measure, Unit
    from .draft import Draft

_SIMPLE = {
    "sum": "sum({})",
    "mean": "avg({})",
    "min": "min({})",
    "max": "max({})",
    "count": "count({})",
    "distinct": "count(DISTINCT {})",
    "median": "median({})",
    "stddev": "stddev_samp({})",
    "variance": "var_samp({})",
    "first": f"first({{}} ORDER BY {POS})",
    "last": f"last({{}} ORDER BY {POS})",
    "mode": "mode({0} ORDER BY {0})",
}
_OF_NUMBERS = frozenset({"sum", "mean", "median", "stddev", "variance", "share"})
_NAMED = {"month": "month", "quarter": "quarter", "week": "week", "day": "day", "hour": "hour", "minute": "minute"}


def figure(draft: Draft, fn: Function, column: str | None) -> str:
    """The aggregate of a column; of the rows themselves for a count without one. Raises `TYPE` for what has no such figure."""
    if column is None:
        if fn != "count":
            raise BadValue("TYPE", f"Which column's {fn} is meant?", hint="Name a column.")
        return "count(*)"
    family = draft.shape.family(column)
    value = quote(column)
    if fn in _OF_NUMBERS and family not in NUMBERS:
        if family == "boolean" and fn in ("sum", "mean", "share"):
            value = f"CAST({value} AS INTEGER)"
        elif not (family in ("date", "timestamp") and fn == "median"):
            draft.shape.require_numbers(column)
    return _SIMPLE["sum" if fn == "share" else fn].format(value)


def measure(draft: Draft, wanted: Measure, where: str = "") -> str:
    """A figure of each group; `where` is its condition in SQL. Shares are of the sum over all groups."""
    found = figure(draft, wanted.fn, wanted.column)
    if where:
        found += f" FILTER (WHERE {where})"
    return f"{found} / nullif(sum({found}) OVER (), 0)" if wanted.fn == "share" else found


def measure_name(wanted: Measure) -> str:
    """The name of a figure's column."""
    return wanted.name or (wanted.fn if wanted.column is None else f"{wanted.fn}_{wanted.column}")


def key(draft: Draft, wanted: Key) -> tuple[str, str]:
    """A group key in SQL, and what its groups are in order of."""
    if wanted.unit is None:
        draft.shape.require(wanted.column)
        return quote(wanted.column), quote(wanted.column)
    draft.shape.require_times(wanted.column)
    return part(quote(wanted.column), wanted.unit)


def part(value: str, unit: Unit) -> tuple[str, str]:
    """A part of a date in SQL, and what it is in order of: a year is a number, a month the first day of it."""
    if unit == "date":
        return f"CAST({value} AS DATE)", f"CAST({value} AS DATE)"
    if unit == "year":
        return f"year({value})", f"year({value})"
    if unit == "weekday":
        return f"dayname({value})", f"isodow({value})"
    if unit == "month_name":
        return f"monthname({value})", f"month({value})"
    cut = f"date_trunc('{unit}', {value})"
    found = cut if unit in ("hour", "minute") else f"CAST({cut} AS DATE)"
    return found, found


def key_name(wanted: Key) -> str:
    """The name of a key's column."""
    if wanted.name:
        return wanted.name
    return wanted.column if wanted.unit is None else f"{wanted.column}_{wanted.unit}"
