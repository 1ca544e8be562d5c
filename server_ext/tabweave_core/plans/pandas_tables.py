"""Steps that make another table, or look at other rows, as pandas statements on a variable `df`, where pandas says them plainly.

It must not import pandas.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..protocol import plan as p
from .figures import key_name, measure_name
from .pandas_conditions import FIGURES, NUMERIC, group_figure, ordered
from .shape import require_distinct
from .tables import brought_names

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..protocol import condition as c
    from .shape import Shape

_KEYS = ("integer", "float", "text")
_CUTS = {
    "year": "{}.dt.year",
    "quarter": '{}.dt.to_period("Q").dt.start_time',
    "month": '{}.dt.to_period("M").dt.start_time',
    "week": '{}.dt.to_period("W").dt.start_time',
    "day": "{}.dt.normalize()",
    "date": "{}.dt.normalize()",
}
_RUNNING = {
    "running_sum": "cumsum().ffill()",
    "running_mean": "expanding().mean()",
    "running_min": "cummin().ffill()",
    "running_max": "cummax().ffill()",
    "moving_sum": "rolling({}, min_periods=1).sum()",
    "moving_mean": "rolling({}, min_periods=1).mean()",
}
_GROUPS = {"group_sum": "sum", "group_mean": "mean", "group_min": "min", "group_max": "max", "group_count": "count"}


def tables(step: p.Step, shape: Shape, others: Mapping[str, Shape]) -> list[str] | None:
    """The lines that do a step; None where pandas has no plain way to do the very same. `others` are DataFrame variables."""
    match step:
        case p.Aggregate(mode="plain", having=None):
            return _aggregated(step, shape)
        case p.Unpivot():
            return _unpivoted(step, shape)
        case p.Join(table=table) if table in others:
            return _joined(step, shape, others[table])
        case p.Union(table=table) if table in others:
            other = others[table]
            if any(name in shape and shape.type(name) != kind for name, kind in other.types.items()):
                return None
            stacked = f"pd.concat([df, {table}], ignore_index=True)"
            return [f"df = {stacked}{'.drop_duplicates()' if step.distinct else ''}"]
        case p.Pivot():
            return _pivoted(step, shape)
        case p.Window():
            found = _window(step, shape)
            if found is None:
                return None
            line = f"df[{step.name!r}] = {found}"
            return [line] if not step.order else _in_order(step.order, line)
        case p.Explode(column=name, sep=sep) if sep and shape.type(name) == "VARCHAR":
            return [
                f"df[{name!r}] = df[{name!r}].str.split({sep!r}, regex=False)",
                f"df = df.explode({name!r}, ignore_index=True)",
                f'df[{name!r}] = df[{name!r}].astype("str").str.strip(" ").mask(lambda texts: texts == "")',
            ]
    return None


def _aggregated(step: p.Aggregate, shape: Shape) -> list[str] | None:
    keys = [_key(each, shape) for each in step.by]
    figures = {measure_name(each): _figure(each, shape, alone=not step.by) for each in step.measures}
    if not step.measures or None in keys or None in figures.values():
        return None
    listed = ", ".join(f"{name!r}: {found}" for name, found in figures.items())
    if not step.by:
        return [f"df = pd.DataFrame({{{', '.join(f'{name!r}: [{found}]' for name, found in figures.items())}}})"]
    spelt = ", ".join(key for key in keys if key is not None)
    lines = [
        f"groups = df.groupby([{spelt}], dropna=False, observed=True)",
        f"df = pd.DataFrame({{{listed}}})",
    ]
    names = [key_name(each) for each in step.by]
    require_distinct([*names, *figures])
    return [*lines, f"df.index.names = {names!r}", "df = df.reset_index()"]


def _key(key: c.Key, shape: Shape) -> str | None:
    if key.unit is None:
        return repr(key.column) if shape.family(key.column) in _KEYS else None
    if key.unit not in _CUTS or not shape.type(key.column).startswith("TIMESTAMP") or "ZONE" in shape.type(key.column):
        return None
    return _CUTS[key.unit].format(f"df[{key.column!r}]")


def _figure(each: c.Measure, shape: Shape, *, alone: bool) -> str | None:
    if each.where is not None or each.fn not in FIGURES:
        return None
    if each.column is None:
        return "len(df)" if alone else "groups.size()"
    shape.require(each.column)
    if each.fn not in ("count", "distinct") and shape.family(each.column) not in NUMERIC:
        return None
    source = f"df[{each.column!r}]" if alone else f"groups[{each.column!r}]"
    return f"{source}.{FIGURES[each.fn]}({'min_count=1' if each.fn == 'sum' else ''})"


def _unpivoted(step: p.Unpivot, shape: Shape) -> list[str] | None:
    shape.require(*step.columns, *step.keep)
    columns = step.columns or [name for name in shape.names if name not in step.keep]
    keep = step.keep or [name for name in shape.names if name not in columns]
    families = {shape.family(name) for name in columns}
    if not (families <= set(NUMERIC) or {shape.type(name) for name in columns} == {"VARCHAR"}):
        return None
    if step.value in keep or step.name in keep or step.value in shape:
        return None
    options = f"id_vars={keep!r}, value_vars={columns!r}, var_name={step.name!r}, value_name={step.value!r}, ignore_index=False"
    return [
        f"df = df.reset_index(drop=True).melt({options})",
        'df = df.sort_index(kind="stable").reset_index(drop=True)',
    ]


def _joined(step: p.Join, shape: Shape, other: Shape) -> list[str] | None:
    pairs = {each.old: each.new for each in step.on}
    kinds = {(shape.family(old), other.family(new)) for old, new in pairs.items()}
    if not pairs or len(pairs) < len(step.on) or not kinds <= {("text", "text"), ("integer", "integer")}:
        return None
    if step.how in ("semi", "anti") and len(pairs) == 1:
        ((old, new),) = pairs.items()
        test = f"df[{old!r}].isin({step.table}[{new!r}].dropna())"
        return [f"df = df[{'~' if step.how == 'anti' else ''}{test}]"]
    if step.how not in ("left", "inner"):
        return None
    brought = brought_names(step, shape, other)
    renamed = {old: new for old, new in [*brought.items(), *((new, old) for old, new in pairs.items())] if old != new}
    if len(set(pairs.values())) < len(pairs):
        return None
    chosen = f"{step.table}[{[*pairs.values(), *brought]!r}].dropna(subset={list(pairs.values())!r})"
    spelt = f".rename(columns={renamed!r})" if renamed else ""
    return [f"other = {chosen}{spelt}", f"df = df.merge(other, how={step.how!r}, on={list(pairs)!r})"]


def _pivoted(step: p.Pivot, shape: Shape) -> list[str] | None:
    keys, on, measure = [_key(each, shape) for each in step.index], step.on.column, step.measure
    shape.require(on)
    counted = measure.fn in ("count", "distinct")
    whole = step.on.unit is None and (shape.type(on) == "VARCHAR" or shape.family(on) == "integer")
    if not keys or None in keys or not whole or measure.fn not in FIGURES or measure.where is not None:
        return None
    if step.fill is not None and (counted or isinstance(step.fill, (bool, str))):
        return None
    if measure.column is None:
        cell = f"(df[{on!r}] == value).groupby(keys, dropna=False).sum()"
    elif counted or shape.family(measure.column) == "float":
        only = f"df[{measure.column!r}].where(df[{on!r}] == value)"
        cell = f"{only}.groupby(keys, dropna=False).{FIGURES[measure.fn]}({'min_count=1' if measure.fn == 'sum' else ''})"
    else:
        return None
    filled = "" if step.fill is None else f".fillna({step.fill!r})"
    spelt = ", ".join(f"df[{key}]" if each.unit is None else str(key) for each, key in zip(step.index, keys, strict=True))
    return [
        f"keys = [{spelt}]",
        f"values = sorted(df[{on!r}].dropna().unique())",
        f'cells = {{str(value) or "(empty)": {cell}{filled} for value in values}}',
        "df = pd.DataFrame(cells, index=df.groupby(keys, dropna=False).size().index)",
        f"df.index.names = {[key_name(each) for each in step.index]!r}",
        "df = df.reset_index()",
    ]


def _in_order(order: Sequence[c.Order], line: str) -> list[str]:
    """A line that is done while the rows stand in another order."""
    return [
        f"places = {ordered(order, 'df.reset_index(drop=True)')}.index",
        "df = df.iloc[places]",
        line,
        "df = df.iloc[np.argsort(places)]",
    ]


def _window(step: p.Window, shape: Shape) -> str | None:
    shape.require(*step.per)
    name, per = step.column, step.per
    rows = f"df.groupby({per!r}, dropna=False)" if per else "df"
    if step.fn == "row_number" or (step.fn == "running_count" and name is None):
        return f"{rows}.cumcount() + 1" if per else "range(1, len(df) + 1)"
    if step.fn == "group_count" and name is None:
        return f'{rows}[{per[0]!r}].transform("size")' if per else "len(df)"
    if name is None or shape.family(name) not in NUMERIC or name in per:
        return None
    value = f"df[{name!r}]"
    if step.fn in _GROUPS:
        return group_figure(_GROUPS[step.fn], name, per)
    if step.fn in _RUNNING:
        call = _RUNNING[step.fn].format(step.n)
        return f"{rows}[{name!r}].transform(lambda values: values.{call})" if per else f"{value}.{call}"
    return _beside(step, name, rows)


def _beside(step: p.Window, name: str, rows: str) -> str | None:
    """A cell beside another one of its column, or beside the column's total."""
    value, before = f"df[{name!r}]", f"{rows}[{name!r}].shift({step.n})"
    match step.fn:
        case "lag":
            return before
        case "lead":
            return f"{rows}[{name!r}].shift({-step.n})"
        case "difference":
            return f"{value} - {before}"
        case "percent_change":
            return f"({value} - {before}) * 100.0 / {before}.where({before} != 0)"
        case "share":
            total = group_figure("sum", name, step.per)
            if step.per:
                return f"{value} / {total}.where({total} != 0)"
            return f'{value} / ({total} or float("nan"))'
    return None
