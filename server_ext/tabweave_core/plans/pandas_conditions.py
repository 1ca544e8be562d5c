"""Conditions of a plan as boolean masks of a variable `df` in pandas, where pandas says the very same plainly; else nothing.

It must not import pandas.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..protocol import condition as c

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .shape import Shape

_PERIODS = {
    "year": "year",
    "month": "month",
    "quarter": "quarter",
    "day": "day",
    "hour": "hour",
    "minute": "minute",
    "weekday": "day_of_week",
}
FIGURES = {
    "sum": "sum",
    "mean": "mean",
    "min": "min",
    "max": "max",
    "median": "median",
    "count": "count",
    "distinct": "nunique",
    "stddev": "std",
    "variance": "var",
}
"""Figures of a column by the name of the pandas method."""


def condition(wanted: c.Condition, shape: Shape) -> str | None:  # noqa: C901 - one case per kind
    """A condition as a mask; None where pandas has no plain way to say the very same."""
    match wanted:
        case c.All(of=of) | c.Either(of=of) if of:
            parts = [condition(each, shape) for each in of]
            word = " & " if isinstance(wanted, c.All) else " | "
            return None if None in parts else f"({word.join(part for part in parts if part is not None)})"
        case c.Not(of=one):
            part = condition(one, shape)
            return None if part is None else f"(~{part})"
        case c.Compare(column=name, other=str() as other) if shape.family(name) in NUMERIC and shape.family(other) in NUMERIC:
            return _sure(f"df[{name!r}] {_sign(wanted.cmp)} df[{other!r}]", name, other)
        case c.Compare(column=name, other=None) if _comparable(name, wanted.value, shape):
            return _sure(f"df[{name!r}] {_sign(wanted.cmp)} {wanted.value!r}", name)
        case c.Among(column=name, values=values) if values and all(_comparable(name, each, shape) for each in values):
            return _sure(f"df[{name!r}].isin({values!r})", name)
        case c.Between(column=name, lo=lo, hi=hi) if _comparable(name, lo, shape) and _comparable(name, hi, shape):
            return _sure(f"df[{name!r}].between({lo!r}, {hi!r})", name)
        case c.Matches(column=name) if wanted.mode != "regex" and shape.family(name) == "text":
            return _matches(wanted)
        case c.Absent(column=name):
            shape.require(name)
            return f"({missing(name, shape)})"
        case c.Period(column=name, unit=unit, values=values) if unit in _PERIODS and shape.family(name) in ("date", "timestamp"):
            part = f"pd.to_datetime(df[{name!r}]).dt.{_PERIODS[unit]}"
            return f"{part}.isin({[value - 1 for value in values] if unit == 'weekday' else values!r})"
        case c.Against():
            return _against(wanted, shape)
    return None


def missing(name: str, shape: Shape) -> str:
    """Whether a cell of a column is missing; an empty text is."""
    gone = f"df[{name!r}].isna()"
    return f'({gone} | (df[{name!r}] == ""))' if shape.family(name) == "text" else gone


NUMERIC = ("integer", "float")
"""Kinds of numbers that pandas computes with as DuckDB does."""


def _matches(wanted: c.Matches) -> str:
    text = wanted.text if wanted.case else wanted.text.lower()
    shown = f'df[{wanted.column!r}].astype("str"){"" if wanted.case else ".str.lower()"}'
    if wanted.mode == "equals":
        return f"({shown} == {text!r}).fillna(False).astype(bool)"
    call = {"contains": f"contains({text!r}, regex=False)", "starts": f"startswith({text!r})", "ends": f"endswith({text!r})"}
    return f"{shown}.str.{call[wanted.mode]}.fillna(False).astype(bool)"


def _against(wanted: c.Against, shape: Shape) -> str | None:
    if shape.family(wanted.column) not in NUMERIC or shape.family(wanted.of) not in NUMERIC or wanted.fn not in FIGURES:
        return None
    shape.require(*wanted.per)
    found = group_figure(wanted.fn, wanted.of, wanted.per)
    scaled = found if wanted.factor == 1 else f"{found} * {wanted.factor!r}"
    return _sure(f"df[{wanted.column!r}] {_sign(wanted.cmp)} {scaled}", wanted.column)


def group_figure(fn: str, name: str, per: list[str]) -> str:
    """A figure of a column over all rows, or of the rows alike for each row; a sum of nothing is missing."""
    if not per:
        return f"df[{name!r}].{FIGURES[fn]}({'min_count=1' if fn == 'sum' else ''})"
    return f"df.groupby({per!r}, dropna=False)[{name!r}].transform({FIGURES[fn]!r}{', min_count=1' if fn == 'sum' else ''})"


def ordered(by: Sequence[c.Order], source: str = "df") -> str:
    """The rows in an order, equal ones as they stood, missing values last."""
    names, ways = [each.column for each in by], [not each.descending for each in by]
    return f'{source}.sort_values({names!r}, ascending={ways!r}, na_position="last", kind="stable")'


def _sign(cmp: str) -> str:
    return "==" if cmp == "=" else cmp


def _comparable(name: str, value: object, shape: Shape) -> bool:
    family = shape.family(name)
    if family == "text":
        return isinstance(value, str)
    if family in ("date", "timestamp"):
        return isinstance(value, str) and family == "timestamp"
    return family in NUMERIC and isinstance(value, (int, float)) and not isinstance(value, bool)


def _sure(test: str, *names: str) -> str:
    """A test that is false where a value is missing."""
    there = " & ".join(f"df[{name!r}].notna()" for name in names)
    return f"(({test}).fillna(False).astype(bool) & {there})"
