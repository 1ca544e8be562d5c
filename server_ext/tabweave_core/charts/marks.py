"""The marks of a chart: never more than a few thousand, whatever the table's size.

Each kind of chart scans the table once or twice. It must not know how marks are drawn.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..plans.conditions import condition, uses_window
from ..plans.figures import key, measure
from ..plans.rows import keep
from ..plans.shape import TIMES, quote
from .spec import MOST_COLORS, MOST_FACETS

if TYPE_CHECKING:
    from ..plans.draft import Draft
    from ..protocol.condition import Key, Measure
    from .spec import Spec


@dataclass(frozen=True)
class Series:
    """The marks of one colour in one facet; what the columns are depends on the chart's kind."""

    color: Any
    facet: Any
    columns: dict[str, list[Any]]

    @property
    def marks(self) -> int:
        """How many marks there are."""
        return max((len(values) for values in self.columns.values()), default=0)


@dataclass(frozen=True)
class Marks:
    """Everything a chart draws. `left_out` groups had no place; `dense`: points are counted in a grid.

    `classes` are the widths of the classes in which the axes "x" and "y" of a heat map stand.
    """

    series: tuple[Series, ...]
    left_out: int = 0
    dense: bool = False
    classes: dict[str, float] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """How many marks there are in all."""
        return sum(each.marks for each in self.series)


@dataclass(frozen=True)
class Frame:
    """The part of a chart that is looked at: its width in pixels, and the bounds of x and of y after a zoom."""

    width: int = 800
    lo: Any = None
    hi: Any = None
    bottom: Any = None
    top: Any = None


def restrict(draft: Draft, spec: Spec) -> None:
    """Leaves the rows that a chart is of: those of its condition."""
    if spec.where is not None:
        keep(draft, condition(draft, spec.where), window=uses_window(spec.where))


def bounds(draft: Draft, column: str, lo: Any, hi: Any) -> list[tuple[str, str]]:
    """A comparison and a value for each of two bounds of a column that is not missing."""
    return [(cmp, draft.like(column, value)) for cmp, value in ((">=", lo), ("<=", hi)) if value is not None]


def zoom(draft: Draft, spec: Spec, frame: Frame) -> None:
    """Leaves the rows whose values lie in the part that is looked at."""
    sides = [(spec.x.column, frame.lo, frame.hi)] if spec.x is not None else []
    if spec.y is not None and spec.kind == "scatter":
        sides.append((spec.y, frame.bottom, frame.top))
    tests = [f"{quote(column)} {cmp} {value}" for column, lo, hi in sides for cmp, value in bounds(draft, column, lo, hi)]
    if tests:
        keep(draft, " AND ".join(tests))


def split(draft: Draft, spec: Spec) -> list[str]:
    """The colour and the facet in SQL; the most frequent values, all others together as "(other)"."""
    found = []
    for wanted, most in ((spec.color, MOST_COLORS), (spec.facet, MOST_FACETS)):
        if wanted is None:
            found.append("NULL")
            continue
        sql, _ = key(draft, wanted)
        text = f"CAST({sql} AS VARCHAR)"
        rows = draft.ask(f"SELECT {text} AS v, count(*) AS n FROM {draft.last} GROUP BY v ORDER BY n DESC, v LIMIT {most + 1}")
        if len(rows) <= most:
            found.append(f"coalesce({text}, '(missing)')")
            continue
        kept = ", ".join(draft.bind(value) for value, _ in rows[: most - 1] if value is not None) or "NULL"
        found.append(f"CASE WHEN {text} IN ({kept}) THEN {text} WHEN {text} IS NULL THEN '(missing)' ELSE '(other)' END")
    return found


def gather(rows: list[tuple[Any, ...]], names: list[str]) -> tuple[Series, ...]:
    """Rows of colour, facet and marks, apart by colour and facet in order of appearance."""
    apart: dict[tuple[Any, Any], list[tuple[Any, ...]]] = {}
    for color, facet, *marks in rows:
        apart.setdefault((color, facet), []).append(tuple(marks))
    return tuple(
        Series(color, facet, {name: list(values) for name, values in zip(names, zip(*marks, strict=True), strict=True)})
        for (color, facet), marks in apart.items()
    )


def figure(draft: Draft, wanted: Measure) -> str:
    """A figure of each group, with its condition."""
    return measure(draft, wanted, condition(draft, wanted.where) if wanted.where is not None else "")


def number(value: str, draft: Draft, x: Key) -> str:
    """A value of an axis as a number: dates as microseconds since 1970."""
    family = "date" if x.unit not in (None, "year") else draft.shape.family(x.column)
    return f"epoch_us(CAST({value} AS TIMESTAMP))" if family in TIMES and x.unit != "year" else f"CAST({value} AS DOUBLE)"


def width(count: int, bounds: tuple[float, float], spread: float, bins: int | None, *, whole: bool) -> float:
    """A class width of 1, 2, 2.5 or 5 times a power of ten."""
    span = float(bounds[1] - bounds[0]) or 1.0
    wanted = span / bins if bins else max(2 * float(spread) / math.cbrt(count), span / 100)
    power = 10.0 ** math.floor(math.log10(wanted))
    size = next(step * power for step in (1, 2, 2.5, 5, 10) if step * power >= wanted * (1 - 1e-9))
    return float(max(1, math.ceil(size))) if whole else size
