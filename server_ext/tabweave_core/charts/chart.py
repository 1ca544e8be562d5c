"""A chart of a table: one call from the step of a plan to the picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from ..errors import BadMessage
from ..plans import strict
from ..plans.draft import Draft, Source
from ..plans.shape import TIMES, quote
from ..protocol.messages import Charted
from ..protocol.plan import Chart
from .code import chart_code
from .figure import draw
from .groups import cells, groups
from .lines import lines
from .marks import Frame, restrict
from .points import boxes, histogram, scatter
from .spec import resolve, step

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from ..protocol.messages import AskChart
    from .marks import Marks
    from .spec import Spec


@dataclass(frozen=True)
class Picture:
    """A chart as it was drawn: what of, the marks, and the figure as Plotly has it. `step` is the one it was made of."""

    step: Chart
    spec: Spec
    marks: Marks
    figure: dict[str, Any]


def picture(connection: DuckDBPyConnection, source: Source, chart: Chart, frame: Frame | None = None) -> Picture:
    """Draws a chart of a table; raises for columns that do not fit its kind."""
    draft = Draft(connection, source, {})
    zoned = [name for name in draft.shape.names if draft.shape.type(name) == "TIMESTAMP WITH TIME ZONE"]
    if zoned:
        # Charts show the zone's clock.
        draft.change({name: f"CAST({quote(name)} AS TIMESTAMP)" for name in zoned})
    spec = resolve(chart, draft.shape)
    frame = frame or Frame()
    restrict(draft, spec)
    marks = _find(draft, spec, frame)
    times: set[str] = set()
    counted = spec.kind == "histogram" or marks.dense
    if counted and spec.x is not None and source.shape.family(spec.x.column) in TIMES:
        times.add("x")
    if marks.dense and spec.y is not None and source.shape.family(spec.y) in TIMES:
        times.add("y")
    return Picture(chart, spec, marks, draw(spec, marks, times=frozenset(times)))


def read_step(text: str) -> Chart:
    """A chart step from its JSON text; raises `BadMessage`."""
    try:
        return msgspec.convert(strict.decode(text), Chart)
    except (msgspec.DecodeError, UnicodeError) as error:
        raise BadMessage("BAD_MESSAGE", f"That is no chart: {error}.", where="$.chart") from None


def frame_of(question: AskChart) -> Frame:
    """The part of a chart that a question is about; raises `BadMessage`."""
    for name, bounds in (("x", question.x), ("y", question.y)):
        if len(bounds) not in (0, 2):
            raise BadMessage("BAD_MESSAGE", f"{name} has two bounds, not {len(bounds)}.", where=f"$.{name}")
    lo, hi = question.x or (None, None)
    bottom, top = question.y or (None, None)
    return Frame(width=min(max(question.width, 50), 4000), lo=lo, hi=hi, bottom=bottom, top=top)


def charted(question: AskChart, rev: int, drawn: Picture, table: str) -> Charted:
    """The answer to a question for a chart; the code in it calls the DataFrame `table`."""
    return Charted(
        ch=question.ch,
        re=question.id,
        rev=rev,
        chart=step_text(drawn),
        figure=msgspec.json.encode(drawn.figure).decode(),
        marks=drawn.marks.count,
        code=chart_code(drawn.spec, table),
    )


def step_text(drawn: Picture) -> str:
    """The step of a chart with its kind and axes said, as JSON text."""
    return msgspec.json.encode(step(drawn.spec, drawn.step)).decode()


def _find(draft: Draft, spec: Spec, frame: Frame) -> Marks:
    match spec.kind:
        case "histogram":
            return histogram(draft, spec, frame)
        case "scatter":
            return scatter(draft, spec, frame)
        case "box":
            return boxes(draft, spec)
        case "heatmap":
            return cells(draft, spec)
        case "line" | "area":
            return lines(draft, spec, frame)
        case _:
            return groups(draft, spec)
