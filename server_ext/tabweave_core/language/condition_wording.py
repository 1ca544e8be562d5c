"""Conditions, sort keys, figures and groups in plain English."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..protocol.condition import Absent, Against, All, Among, Between, Compare, Either, Formula, Matches, Not, Period

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..protocol.condition import Condition, Key, Measure, Order

_SIGNS = {"=": "is", "!=": "is not", "<": "is less than", "<=": "is at most", ">": "is more than", ">=": "is at least"}
_FIGURES = {
    "sum": "total",
    "mean": "average",
    "min": "smallest",
    "max": "largest",
    "count": "number of values in",
    "distinct": "number of different",
    "median": "median",
    "stddev": "standard deviation of",
    "variance": "variance of",
    "first": "first",
    "last": "last",
    "mode": "most common",
    "share": "share of the total",
}
_MODES = {"contains": "contains", "starts": "starts with", "ends": "ends with", "equals": "is", "regex": "matches the pattern"}
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


def listed(items: Sequence[str], word: str = "and") -> str:
    """Things one after another: "a, b and c"."""
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} {word} {items[-1]}" if items else "nothing"


def value_words(value: Any) -> str:
    """A value as people write it."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return f'"{value}"' if isinstance(value, str) else str(value)


def _day(value: Any) -> str:
    """A value, without the last instant of a day."""
    return (
        value.partition(" 23:59:59")[0]
        if isinstance(value, str) and value.endswith("23:59:59.999999")
        else value_words(value).strip('"')
    )


def condition_words(wanted: Condition, *, inner: bool = False) -> str:  # noqa: C901 - one case per kind
    """What has to hold, in words that complete "rows where"."""
    match wanted:
        case All(of=of) | Either(of=of):
            word = " and " if isinstance(wanted, All) else " or "
            text = word.join(condition_words(each, inner=True) for each in of) or "anything holds"
            return f"({text})" if inner and len(of) > 1 else text
        case Not(of=Absent(column=column)):
            return f"{column} is not missing"
        case Not(of=Compare(column=column, cmp="=", value=value, other=None)):
            return f"{column} is not {value_words(value)}"
        case Not(of=one):
            return f"it is not so that {condition_words(one, inner=True)}"
        case Compare(column=column, cmp=cmp, value=value, other=other):
            return f"{column} {_SIGNS[cmp]} {other if other is not None else _compared(cmp, value)}"
        case Among(column=column, values=values):
            return f"{column} is {listed([value_words(value) for value in values], 'or')}"
        case Between(column=column, lo=lo, hi=hi):
            return f"{column} is from {_day(lo)} to {_day(hi)}"
        case Matches(column=column, text=text, mode=mode):
            return f'{column} {_MODES[mode]} "{text}"'
        case Absent(column=column):
            return f"{column} is missing"
        case Period(column=column, unit=unit, values=values):
            return f"the {unit} of {column} is {listed([_part(unit, value) for value in values], 'or')}"
        case Against(column=column, cmp=cmp, fn=fn, of=of, per=per, factor=factor):
            times = "" if factor == 1 else f"{factor:g} times "
            alike = f" of the rows alike in {listed(per)}" if per else ""
            return f"{column} {_SIGNS[cmp]} {times}the {_FIGURES[fn]} {of}{alike}"
        case Formula(sql=sql):
            return f"{sql} is true"


def _compared(cmp: str, value: Any) -> str:
    return value_words(value) if cmp in ("=", "!=") else _day(value)


def _part(unit: str, value: int) -> str:
    if unit == "weekday" and 1 <= value <= 7:
        return _DAYS[value - 1]
    return _MONTHS[value - 1] if unit == "month" and 1 <= value <= 12 else str(value)


def order_words(by: Sequence[Order]) -> str:
    """Sort keys in turn."""
    return listed([f"{each.column}{' descending' if each.descending else ''}" for each in by]) if by else "their order"


def key_words(key: Key) -> str:
    """What is grouped by."""
    return key.column if key.unit is None else f"{key.unit.replace('_', ' ')} of {key.column}"


def measure_words(measure: Measure) -> str:
    """A figure."""
    text = "number of rows" if measure.column is None else f"{_FIGURES[measure.fn]} {measure.column}"
    return text if measure.where is None else f"{text} where {condition_words(measure.where)}"
