"""Charts, as clients ask for them and what comes back: one figure, drawn from all rows of a table.

A chart is a chart step (`plan.Chart`) as JSON text, a figure is Plotly's JSON as text.
"""

from __future__ import annotations

from .envelope import AnswerBase, RequestBase
from .scalar import Scalar


class AskChart(RequestBase, frozen=True, kw_only=True, tag="ask_chart"):
    """Asks for a chart of the table, whatever the view. Answered by `charted`.

    `width` is that of the chart in pixels. `x` and `y` are two bounds each, where only a part of an axis is looked at.
    """

    id: int
    chart: str
    width: int = 800
    x: list[Scalar] = []
    y: list[Scalar] = []


class Charted(AnswerBase, frozen=True, kw_only=True, tag="charted"):
    """Answers `ask_chart`. `chart` is the step with nothing left out; `marks` counts what is drawn.

    `code` makes the chart of a DataFrame with plotly.
    """

    re: int
    rev: int
    chart: str
    figure: str
    marks: int = 0
    code: str = ""
