"""A chart of a table: one call from the step of a plan to the picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..plans.draft import Draft, Source
from ..plans.shape import TIMES
from .figure import draw
from .groups import cells, groups
from .lines import lines
from .marks import Frame, restrict
from .points import boxes, histogram, scatter
from .spec import resolve

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from ..protocol.plan import Chart
    from .marks import Marks
    from .spec import Spec


@dataclass(frozen=True)
class Picture:
    """A chart as it was drawn: what of, the marks, and the figure as Plotly has it."""

    spec: Spec
    marks: Marks
    figure: dict[str, Any]


def picture(connection: DuckDBPyConnection, source: Source, chart: Chart, frame: Frame | None = None) -> Picture:
    """Draws a chart of a table; raises for columns that do not fit its kind."""
    draft = Draft(connection, source, {})
    spec = resolve(chart, draft.shape)
    frame = frame or Frame()
    restrict(draft, spec, frame)
    marks = _find(draft, spec, frame)
    times: set[str] = set()
    counted = spec.kind == "histogram" or marks.dense
    if counted and spec.x is not None and source.shape.family(spec.x.column) in TIMES:
        times.add("x")
    if marks.dense and spec.y is not None and source.shape.family(spec.y) in TIMES:
        times.add("y")
    return Picture(spec, marks, draw(spec, marks, times=frozenset(times)))


def _find(draft: Draft, spec: Spec, frame: Frame) -> Marks:
    match spec.kind:
        case "histogram":
            return histogram(draft, spec)
        case "scatter":
            return scatter(draft, spec)
        case "box":
            return boxes(draft, spec)
        case "heatmap":
            return cells(draft, spec)
        case "line" | "area":
            return lines(draft, spec, frame)
        case _:
            return groups(draft, spec)
