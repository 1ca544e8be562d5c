"""The code that makes a chart of a pandas DataFrame with plotly, for people to take along. It must not know SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .spec import labels

if TYPE_CHECKING:
    from ..protocol.condition import Key, Measure
    from .spec import Spec

_FUNCTIONS = {"distinct": "nunique", "stddev": "std", "variance": "var", "mode": "agg(lambda values: values.mode().iloc[0])"}
_PARTS = {
    "year": ".dt.year",
    "month": '.dt.to_period("M").dt.start_time',
    "quarter": '.dt.to_period("Q").dt.start_time',
    "week": '.dt.to_period("W").dt.start_time',
    "day": ".dt.normalize()",
    "date": ".dt.normalize()",
    "hour": '.dt.floor("h")',
    "minute": '.dt.floor("min")',
    "weekday": ".dt.day_name()",
    "month_name": ".dt.month_name()",
}
_DRAWN = {"bar": "bar", "line": "line", "area": "area", "pie": "pie"}


def chart_code(spec: Spec, table: str) -> str:  # noqa: C901 - one case per kind
    """Python that draws the chart from a DataFrame called `table`; its rows must already be those the chart is of."""
    df = table if table.isidentifier() else "df"
    lines = ["import plotly.express as px", ""]
    if spec.where is not None:
        lines.append("# The chart's own filter is not part of this code: pass the rows that it keeps.")
    for key in (spec.x, spec.color, spec.facet):
        if key is not None and key.unit is not None:
            name = f"{key.column}_{key.unit}"
            lines.append(f"{df} = {df}.assign(**{{{name!r}: {df}[{key.column!r}]{_PARTS[key.unit]}}})")

    def said(key: Key | None) -> str | None:
        return None if key is None else key.column if key.unit is None else f"{key.column}_{key.unit}"

    extra = "".join(
        f", {word}={value!r}"
        for word, value in (("color", said(spec.color)), ("facet_col", said(spec.facet)))
        if value is not None
    )
    x, y = said(spec.x), spec.y
    title = f", title={spec.title!r}"
    match spec.kind:
        case "histogram":
            bins = f", nbins={spec.bins}" if spec.bins else ""
            return _done(lines, f"px.histogram({df}, x={x!r}{extra}{bins}{title})")
        case "scatter" | "box":
            along = f"x={x!r}, " if x is not None else ""
            return _done(lines, f"px.{spec.kind}({df}, {along}y={y!r}{extra}{title})")
        case "line" | "area" if not spec.measures:
            return _done(lines, f"px.{spec.kind}({df}.sort_values({x!r}), x={x!r}, y={y!r}{extra}{title})")
        case "heatmap":
            lines.append(_grouped(df, [str(x), str(y)], spec.measures[:1]))
            value = _name(spec.measures[0])
            return _done(lines, f"px.imshow(data.pivot(index={y!r}, columns={x!r}, values={value!r}){title})")
    by = [name for name in dict.fromkeys((x, said(spec.color), said(spec.facet))) if name is not None]
    lines.append(_grouped(df, by, spec.measures))
    if spec.x is not None:
        lines += _ordered(spec, str(x))
    values = [_name(each) for each in spec.measures]
    if spec.kind == "pie":
        return _done(lines, f"px.pie(data, names={x!r}, values={values[0]!r}{title})")
    up = repr(values[0]) if len(values) == 1 else repr(values)
    axes = f"x={up}, y={x!r}, orientation='h'" if spec.horizontal else f"x={x!r}, y={up}" if x is not None else f"y={up}"
    mode = "" if spec.stacked or spec.kind != "bar" else ", barmode='group'"
    return _done(
        lines, f"px.{_DRAWN[spec.kind]}(data, {axes}{extra}{mode}{title}, labels={{{labels(spec)[0]!r}: {labels(spec)[0]!r}}})"
    )


def _ordered(spec: Spec, x: str) -> list[str]:
    value = _name(spec.measures[0])
    lines = []
    if spec.sort in ("y", "-y"):
        lines.append(
            f"order = data.groupby({x!r}, dropna=False)[{value!r}].sum().sort_values(ascending={spec.sort == 'y'}).index"
        )
        if spec.kind in ("bar", "pie"):
            lines.append(f"order = order[:{spec.top}]")
        lines.append(f"data = data.set_index({x!r}).loc[order].reset_index()")
    else:
        lines.append(f"data = data.sort_values({x!r}, ascending={spec.sort == 'x'})")
    return lines


def _grouped(df: str, by: list[str], measures: tuple[Measure, ...]) -> str:
    figures = ", ".join(f"{_name(each)!r}: {_figure(each)}" for each in measures)
    if not by:
        rows = f"{df}.assign(_all=0).groupby('_all')"
        return (
            f"data = pd.DataFrame({{name: [values.iloc[0]] for name, values in (lambda groups: {{{figures}}})({rows}).items()}})"
        )
    group = f"{df}.groupby({by!r}, dropna=False, observed=True)"
    return f"groups = {group}\ndata = pd.DataFrame({{{figures}}}).reset_index()"


def _figure(measure: Measure) -> str:
    if measure.column is None:
        return "groups.size()"
    if measure.fn == "share":
        return f"groups[{measure.column!r}].sum() / groups[{measure.column!r}].sum().sum()"
    name = _FUNCTIONS.get(measure.fn, measure.fn)
    return f"groups[{measure.column!r}].{name}{'' if name.endswith(')') else '()'}"


def _name(measure: Measure) -> str:
    return measure.name or (measure.fn if measure.column is None else f"{measure.fn}_{measure.column}")


def _done(lines: list[str], call: str) -> str:
    needed = ["import pandas as pd"] if any("pd." in line for line in lines) else []
    return "\n".join([*needed, *lines, f"figure = {call}", "figure.show()", ""])
