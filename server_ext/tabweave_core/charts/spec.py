"""What a chart is of: kind, axes and figures, with everything that was left out filled in from the columns.

It must not know SQL.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from ..errors import BadValue
from ..plans.figures import key_name
from ..plans.shape import NUMBERS, TIMES
from ..protocol.condition import All, Either, Formula, Key, Measure, Not

if TYPE_CHECKING:
    from ..plans.shape import Shape
    from ..protocol.condition import Condition
    from ..protocol.plan import Chart, ChartKind

MOST_MARKS = 6000
MOST_GROUPS = 60
"""So many bars or slices are drawn unless more are asked for; the others are left out, and that is said."""
MOST_COLORS = 12
MOST_FACETS = 12

_NEEDS = {
    "scatter": "two columns of numbers or dates",
    "histogram": "a column of numbers or dates",
    "box": "a column of numbers",
    "heatmap": "two columns to cross",
    "pie": "a column whose values are the slices",
    "bar": "a column whose values are the bars",
    "line": "a column to go along",
    "area": "a column to go along",
}


@dataclass(frozen=True)
class Spec:
    """A chart with nothing left to guess.

    `x` is what it goes along. Either `measures` are figures per group, or `y` is a column drawn as it is; for a heat map `y`
    is the second column that is crossed.
    """

    kind: ChartKind
    x: Key | None
    y: str | None
    measures: tuple[Measure, ...]
    color: Key | None
    facet: Key | None
    where: Condition | None
    top: int
    sort: str
    stacked: bool
    horizontal: bool
    bins: int | None
    title: str


def resolve(chart: Chart, shape: Shape) -> Spec:
    """The chart that a step asks for; raises for columns that are not there or do not fit its kind."""
    for key in (chart.x, chart.color, chart.facet):
        if key is not None:
            shape.require(key.column)
    for measure in chart.y:
        if measure.column is not None:
            shape.require(measure.column)
    if chart.y_column is not None:
        shape.require(chart.y_column)
    x, y, measures = _axes(chart, shape)
    kind = chart.kind or _kind(shape, x, y, measures)
    x, y, measures = _fitted(kind, shape, x, y, measures)
    return Spec(
        kind=kind,
        x=x,
        y=y,
        measures=measures,
        color=chart.color,
        facet=chart.facet,
        where=chart.where,
        top=chart.top or MOST_GROUPS,
        sort=chart.sort or _order(kind, shape, x),
        stacked=chart.stacked,
        horizontal=chart.horizontal,
        bins=chart.bins,
        title=chart.title or _title(kind, x, y, measures, chart),
    )


def step(spec: Spec, chart: Chart) -> Chart:
    """The step that a chart was made of, with its kind and its axes said."""
    return msgspec.structs.replace(chart, kind=spec.kind, x=spec.x, y=list(spec.measures), y_column=spec.y)


def needed(chart: Chart) -> frozenset[str] | None:
    """The columns that a chart reads; None when that cannot be told without reading its condition."""
    if chart.where is not None or any(each.where is not None for each in chart.y):
        return None
    keys = [key.column for key in (chart.x, chart.color, chart.facet) if key is not None]
    figures = [each.column for each in chart.y if each.column is not None]
    return frozenset([*keys, *figures, *([chart.y_column] if chart.y_column is not None else [])])


def formulas(chart: Chart) -> list[str]:
    """The SQL expressions in a chart's conditions, which whoever draws it must have checked."""
    found: list[str] = []
    waiting = [each for each in (chart.where, *(measure.where for measure in chart.y)) if each is not None]
    while waiting:
        match waiting.pop():
            case Formula(sql=sql):
                found.append(sql)
            case All(of=of) | Either(of=of):
                waiting += of
            case Not(of=one):
                waiting.append(one)
    return found


def _axes(chart: Chart, shape: Shape) -> tuple[Key | None, str | None, tuple[Measure, ...]]:
    """Puts a number that was named alone on the axis where it belongs."""
    x, y, measures = chart.x, chart.y_column, tuple(chart.y)
    if x is None and y is None and not measures:
        raise BadValue("CHECK", "A chart of what?", hint=f"Name a column: {', '.join(shape.names[:8])}.")
    if x is None and y is not None and chart.kind in (None, "histogram"):
        return Key(column=y), None, measures
    if x is None and chart.color is not None and chart.kind in ("pie", "bar"):
        return chart.color, y, measures
    return x, y, measures


def _kind(shape: Shape, x: Key | None, y: str | None, measures: tuple[Measure, ...]) -> ChartKind:
    """The usual kind for these columns: time × number is a line, category × number bars, number × number points."""
    if x is None:
        return "bar" if measures else "box"
    family = "date" if x.unit is not None else shape.family(x.column)
    if y is not None and not measures:
        if shape.family(y) not in NUMBERS:
            return "heatmap"
        if family in TIMES:
            return "line"
        return "scatter" if family in NUMBERS else "bar"
    if measures:
        return "line" if family in TIMES and x.unit not in ("weekday", "month_name") else "bar"
    return "histogram" if family in NUMBERS or family in TIMES else "bar"


Axes = tuple[Key | None, str | None, tuple[Measure, ...]]


def _fitted(kind: ChartKind, shape: Shape, x: Key | None, y: str | None, measures: tuple[Measure, ...]) -> Axes:
    """The axes as a kind of chart needs them; raises for what is missing or does not fit."""
    if kind in ("scatter", "histogram"):
        return _measured(kind, shape, x, y, measures)
    if kind == "box":
        number = y or next((each.column for each in measures if each.column is not None), None)
        if number is None:
            raise _missing(kind)
        shape.require_numbers(number)
        return x, number, ()
    if x is None and not (kind == "bar" and measures):
        raise _missing(kind)
    if kind == "heatmap":
        if y is None:
            raise _missing(kind)
        return x, y, measures or (Measure(fn="count"),)
    if kind in ("line", "area"):
        if y is not None:
            shape.require_numbers(y)
            return x, y, measures
        return x, y, measures or (Measure(fn="count"),)
    if y is not None:
        measures = (*measures, Measure(fn="sum" if shape.family(y) in NUMBERS else "distinct", column=y))
    return x, None, measures or (Measure(fn="count"),)


def _measured(kind: ChartKind, shape: Shape, x: Key | None, y: str | None, measures: tuple[Measure, ...]) -> Axes:
    if x is None or (kind == "scatter" and y is None):
        raise _missing(kind)
    for name in (x.column, *([y] if y is not None and kind == "scatter" else [])):
        shape.require_family(name, {*NUMBERS, *TIMES}, "numbers or dates")
    return x, y if kind == "scatter" else None, measures


def _missing(kind: ChartKind) -> BadValue:
    return BadValue("CHECK", f"A {kind} needs {_NEEDS[kind]}.", hint="Name them." if "two" in _NEEDS[kind] else "Name it.")


def _order(kind: ChartKind, shape: Shape, x: Key | None) -> str:
    if x is None or x.unit is not None or kind not in ("bar", "pie"):
        return "x"
    return "-y" if kind == "pie" or shape.family(x.column) in ("text", "boolean") else "x"


def _title(kind: ChartKind, x: Key | None, y: str | None, measures: tuple[Measure, ...], chart: Chart) -> str:
    along = [] if x is None else [x.column if x.unit is None else f"{x.column} ({x.unit.replace('_', ' ')})"]
    if kind == "histogram":
        text = f"Distribution of {along[0]}"
    elif kind == "heatmap" and y is not None:
        text = f"{_words(measures)} by {along[0]} and {y}"
    elif y is not None:
        text = f"{y} by {along[0]}" if along and kind in ("box", "line", "area") else f"{y} and {along[0]}" if along else y
    else:
        text = " by ".join([_words(measures), *along])
    return text + (f", by {key_name(chart.color)}" if chart.color is not None and chart.color != x else "")


def _words(measures: tuple[Measure, ...]) -> str:
    named = [each.name or ("count" if each.column is None else f"{each.fn} of {each.column}") for each in measures]
    return " and ".join(named)


def labels(spec: Spec) -> tuple[str, str]:
    """What the axes are called."""
    x = key_name(spec.x) if spec.x is not None else ""
    if spec.kind == "histogram":
        return x, "count"
    if spec.y is not None and spec.kind != "heatmap":
        return x, spec.y
    if spec.kind == "heatmap":
        return x, spec.y or ""
    return x, _words(spec.measures)
