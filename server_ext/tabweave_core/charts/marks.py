"""The marks of a chart: never more than a few thousand, whatever the table's size.

Each kind of chart scans the table once or twice. It must not know how marks are drawn.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..plans.conditions import condition, uses_window
from ..plans.figures import key, measure
from ..plans.rows import keep
from ..plans.shape import POS, TIMES, quote
from .spec import MOST_COLORS, MOST_FACETS

if TYPE_CHECKING:
    from ..plans.draft import Draft
    from ..protocol.condition import Key, Measure
    from .spec import Spec


MOST_EXACT = 2_000_000
"""Of more rows, quartiles are those of a sample."""
SAMPLE = 200_000


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
    """Everything a chart draws. `left_out` groups had no place; `dense`: points are counted in a grid."""

    series: tuple[Series, ...]
    left_out: int = 0
    dense: bool = False
    exact: bool = True

    @property
    def count(self) -> int:
        """How many marks there are in all."""
        return sum(each.marks for each in self.series)


@dataclass(frozen=True)
class Frame:
    """The part of a chart that is looked at: its width in pixels, and the bounds of x after a zoom."""

    width: int = 800
    lo: Any = None
    hi: Any = None


def restrict(draft: Draft, spec: Spec, frame: Frame) -> None:
    """Leaves the rows that a chart is of: those of its condition, within the zoom."""
    if spec.where is not None:
        keep(draft, condition(draft, spec.where), window=uses_window(spec.where))
    if spec.x is None:
        return
    bounds = [(">=", frame.lo), ("<=", frame.hi)]
    tests = [f"{quote(spec.x.column)} {cmp} {draft.like(spec.x.column, value)}" for cmp, value in bounds if value is not None]
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


def sampled(draft: Draft) -> str:
    """A WHERE clause that leaves about `SAMPLE` rows, always the same, of a table with more than `MOST_EXACT`."""
    ((count,),) = draft.ask(f"SELECT count(*) FROM {draft.last}")
    return f" WHERE hash({POS}) % {count // SAMPLE} = 0" if count > MOST_EXACT else ""


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
