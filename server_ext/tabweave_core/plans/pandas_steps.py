"""Steps of a plan as pandas statements on a variable `df`, where pandas says them plainly; else nothing.

Names and values are written as Python literals. It must not import pandas.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..protocol import condition as c
from ..protocol import plan as p
from .figures import key_name, measure_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .shape import Shape

_FIGURES = {
    "sum": "sum(min_count=1)",
    "mean": "mean()",
    "min": "min()",
    "max": "max()",
    "median": "median()",
    "count": "count()",
    "distinct": "nunique()",
}
_PERIODS = {"year": "year", "month": "month", "quarter": "quarter", "day": "day", "hour": "hour", "minute": "minute"}
_TEXTS = {"lower": ".str.lower()", "upper": ".str.upper()"}
_PLAIN = ("integer", "float", "text")


def statements(step: p.Step, shape: Shape) -> list[str] | None:  # noqa: C901 - one case per step
    """The lines that do a step to a table of this shape; None where pandas has no plain way to do the very same."""
    match step:
        case p.FilterRows(where=where, drop=drop):
            mask = condition(where, shape)
            return None if mask is None else [f"df = df[{'~' if drop else ''}{mask}]"]
        case p.SortRows(by=by) if by:
            return [f"df = {_sorted(by)}"]
        case p.TopRows(ties=False):
            start = _sorted([*map(_ascending, step.per), *step.by]) if step.by else "df"
            if not step.per:
                return [f"df = {start}.head({step.n})"]
            return [f"df = {start}.groupby({step.per!r}, dropna=False).head({step.n})"]
        case p.DropMissing(columns=columns, how=how):
            names = columns or shape.names
            word = " | " if how == "any" else " & "
            return [f"df = df[~({word.join(_missing(name, shape) for name in names)})]"]
        case p.Dedupe(order=[], flag=None):
            return [f"df = df.drop_duplicates({step.columns or shape.names!r}, keep={step.keep!r})"]
        case p.SelectColumns(columns=columns):
            return [f"df = df[{columns!r}]"]
        case p.DropColumns(columns=columns):
            return [f"df = df.drop(columns={columns!r})"]
        case p.RenameColumns(names=names):
            return [f"df = df.rename(columns={ ({each.old: each.new for each in names})!r})"]
        case p.ReorderColumns():
            return [f"df = df[{_reordered(step, shape)!r}]"]
        case p.FillMissing(method="constant", value=value) if all(_takes(name, value, shape) for name in step.columns):
            return [f"df[{name!r}] = {_filled(name, repr(value), shape)}" for name in step.columns]
        case p.FillMissing(method="mean" | "median" as method, per=[]) if all(shape.family(n) == "float" for n in step.columns):
            return [f"df[{name!r}] = df[{name!r}].fillna(df[{name!r}].{method}())" for name in step.columns]
        case p.UpdateCells(column=str() as name, sql=None, cells=[], value=value) if _takes(name, value, shape):
            mask = "pd.Series(True, index=df.index)" if step.where is None else condition(step.where, shape)
            source = f"df[{name!r}]" + (".astype(object)" if shape.family(name) == "text" else "")
            back = '.astype("str")' if shape.family(name) == "text" else ""
            return None if mask is None else [f"df[{name!r}] = {source}.mask({mask}, {value!r}){back}"]
        case p.TextActions(columns=columns, actions=actions) if set(actions) <= set(_TEXTS):
            calls = "".join(_TEXTS[each] for each in actions)
            return [f"df[{name!r}] = df[{name!r}]{calls}" for name in columns]
        case p.Clip(column=name, lo=lo, hi=hi) if (
            shape.family(name) == "float" and not isinstance(lo, str) and not isinstance(hi, str)
        ):
            return [f"df[{name!r}] = df[{name!r}].clip({lo!r}, {hi!r})"]
        case p.Aggregate(mode="plain", having=None):
            return _aggregate(step, shape)
    return None


def _ascending(name: str) -> c.Order:
    return c.Order(column=name)


def _sorted(by: Sequence[c.Order]) -> str:
    names, ways = [each.column for each in by], [not each.descending for each in by]
    return f'df.sort_values({names!r}, ascending={ways!r}, na_position="last", kind="stable")'


def _missing(name: str, shape: Shape) -> str:
    gone = f"df[{name!r}].isna()"
    return f'({gone} | (df[{name!r}] == ""))' if shape.family(name) == "text" else gone


def _reordered(step: p.ReorderColumns, shape: Shape) -> list[str]:
    rest = [name for name in shape.names if name not in step.columns]
    if step.to == "after" and step.after in rest:
        at = rest.index(step.after) + 1
        return [*rest[:at], *step.columns, *rest[at:]]
    return [*step.columns, *rest] if step.to == "first" else [*rest, *step.columns]


def _takes(name: str, value: object, shape: Shape) -> bool:
    """Whether a column's own type holds a value as it is written."""
    family = shape.family(name)
    if family == "text":
        return isinstance(value, str)
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return (family == "float" and number) or (family == "integer" and isinstance(value, int) and number)


def _filled(name: str, value: str, shape: Shape) -> str:
    if shape.family(name) == "text":
        return f'df[{name!r}].astype(object).mask({_missing(name, shape)}, {value}).astype("str")'
    return f"df[{name!r}].fillna({value})"


def _aggregate(step: p.Aggregate, shape: Shape) -> list[str] | None:
    if not step.by or not step.measures or any(each.unit is not None for each in step.by):
        return None
    if any(shape.family(each.column) not in _PLAIN for each in step.by):
        return None
    figures = {}
    for each in step.measures:
        if each.where is not None or (each.column is not None and each.fn not in _FIGURES):
            return None
        if (
            each.column is not None
            and each.fn not in ("count", "distinct")
            and shape.family(each.column) not in ("integer", "float")
        ):
            return None
        figures[measure_name(each)] = "groups.size()" if each.column is None else f"groups[{each.column!r}].{_FIGURES[each.fn]}"
    names = [each.column for each in step.by]
    listed = ", ".join(f"{name!r}: {figure}" for name, figure in figures.items())
    lines = [f"groups = df.groupby({names!r}, dropna=False, observed=True)", f"df = pd.DataFrame({{{listed}}}).reset_index()"]
    renamed = {each.column: key_name(each) for each in step.by if key_name(each) != each.column}
    return [*lines, f"df = df.rename(columns={renamed!r})"] if renamed else lines


def condition(wanted: c.Condition, shape: Shape) -> str | None:
    """A condition as a boolean mask of `df`; None where pandas has no plain way to say the very same."""
    match wanted:
        case c.All(of=of) | c.Either(of=of) if of:
            parts = [condition(each, shape) for each in of]
            word = " & " if isinstance(wanted, c.All) else " | "
            return None if None in parts else f"({word.join(part for part in parts if part is not None)})"
        case c.Not(of=one):
            part = condition(one, shape)
            return None if part is None else f"(~{part})"
        case c.Compare(column=name, other=None) if _comparable(name, wanted.value, shape):
            sign = "==" if wanted.cmp == "=" else wanted.cmp
            return _sure(f"df[{name!r}] {sign} {wanted.value!r}", name)
        case c.Among(column=name, values=values) if values and all(_comparable(name, each, shape) for each in values):
            return _sure(f"df[{name!r}].isin({values!r})", name)
        case c.Between(column=name, lo=lo, hi=hi) if _comparable(name, lo, shape) and _comparable(name, hi, shape):
            return _sure(f"df[{name!r}].between({lo!r}, {hi!r})", name)
        case c.Matches(column=name, mode="contains" | "starts" | "ends" as mode) if shape.family(name) == "text":
            text = wanted.text if wanted.case else wanted.text.lower()
            lowered = "" if wanted.case else ".str.lower()"
            call = {
                "contains": f"contains({text!r}, regex=False)",
                "starts": f"startswith({text!r})",
                "ends": f"endswith({text!r})",
            }[mode]
            return f'df[{name!r}].astype("str"){lowered}.str.{call}.fillna(False).astype(bool)'
        case c.Absent(column=name):
            shape.require(name)
            return f"({_missing(name, shape)})"
        case c.Period(column=name, unit=unit, values=values) if unit in _PERIODS and shape.family(name) in ("date", "timestamp"):
            return f"pd.to_datetime(df[{name!r}]).dt.{_PERIODS[unit]}.isin({values!r})"
    return None


def _comparable(name: str, value: object, shape: Shape) -> bool:
    family = shape.family(name)
    if family == "text":
        return isinstance(value, str)
    if family in ("date", "timestamp"):
        return isinstance(value, str) and family == "timestamp"
    return family in ("integer", "float") and isinstance(value, (int, float)) and not isinstance(value, bool)


def _sure(test: str, name: str) -> str:
    """A test that is false where the value is missing."""
    return f"(({test}).fillna(False).astype(bool) & df[{name!r}].notna())"
