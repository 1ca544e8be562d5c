"""Charts of a table in a notebook: what words ask for as a chart step, and the picture that one aggregate query makes.

It must not know magics, commands or widgets.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, get_args

from tabweave_core.charts.chart import picture
from tabweave_core.charts.static import svg
from tabweave_core.errors import BadMessage, did_you_mean
from tabweave_core.protocol.condition import Function, Key, Measure, Unit
from tabweave_core.protocol.plan import Chart, ChartKind

from .grounds import database, ground

if TYPE_CHECKING:
    from tabweave_core.charts.chart import Picture

    from .handles import Table

KINDS: tuple[str, ...] = get_args(ChartKind)
_CALL = re.compile(r"(\w+)\s*\(\s*(.*?)\s*\)$", re.DOTALL)
_ALIASES = {"avg": "mean", "average": "mean", "nunique": "distinct", "std": "stddev", "var": "variance"}


def chart(
    table: Table,
    kind: str | None = None,
    *,
    x: str | None = None,
    y: str | None = None,
    color: str | None = None,
    facet: str | None = None,
    top: int | None = None,
    sort: str | None = None,
    bins: int | None = None,
    title: str | None = None,
    stacked: bool = True,
    horizontal: bool = False,
) -> ChartView:
    """A chart of a table. `x`, `color` and `facet` name columns, "month(day)" a part of a date; `y` a column or "sum(amount)".

    What is left out follows from the columns' types. Raises for names and kinds that there are not.
    """
    step = chart_step(
        kind,
        x=x,
        y=y,
        color=color,
        facet=facet,
        top=top,
        sort=sort,
        bins=bins,
        title=title,
        stacked=stacked,
        horizontal=horizontal,
    )
    return ChartView(table, step, drawn(table, step))


def drawn(table: Table, step: Chart) -> Picture:
    """A chart step's picture of the table as it is now."""
    here = ground(table.slot, table.frame)
    connection = database(here.zone)
    try:
        return picture(connection, here.lay(connection, table.name), step)
    finally:
        connection.close()


def chart_step(kind: str | None, *, x: str | None, y: str | None, color: str | None, facet: str | None, **options: Any) -> Chart:
    """The step of a plan that words ask for."""
    if kind is not None and kind not in KINDS:
        hint = did_you_mean(kind, KINDS) or f"There are {', '.join(KINDS)}."
        raise BadMessage("BAD_MESSAGE", f"There is no chart {kind!r}.", hint=hint)
    if options.get("sort") not in (None, "x", "y", "-x", "-y"):
        raise BadMessage("BAD_MESSAGE", f"A chart is sorted by x, y, -x or -y, not {options['sort']!r}.")
    measures, column = [], None
    for part in _parts(y or ""):
        call = _CALL.match(part)
        if call is None:
            column = part
            continue
        fn = _ALIASES.get(call[1].lower(), call[1].lower())
        if fn not in get_args(Function):
            raise BadMessage(
                "BAD_MESSAGE", f"There is no figure {call[1]!r}.", hint=f"There are {', '.join(get_args(Function))}."
            )
        measures.append(Measure(fn=fn, column=call[2] if call[2] not in ("", "*") else None))  # type: ignore[arg-type]  # checked above
    chosen: Any = kind
    return Chart(kind=chosen, x=_key(x), y=measures, y_column=column, color=_key(color), facet=_key(facet), **options)


def _parts(text: str) -> list[str]:
    """`sum(a), mean(b)` cut at commas outside brackets."""
    parts, depth, start = [], 0, 0
    for at, char in enumerate(text):
        depth += (char == "(") - (char == ")")
        if char == "," and not depth:
            parts.append(text[start:at].strip())
            start = at + 1
    return [part for part in [*parts, text[start:].strip()] if part]


def _key(text: str | None) -> Key | None:
    if not text:
        return None
    call = _CALL.match(text)
    if call is not None and call[1].lower() in get_args(Unit):
        unit: Any = call[1].lower()
        return Key(column=call[2], unit=unit)
    return Key(column=text)


class ChartView:
    """A chart as a notebook shows it. `figure` is Plotly's JSON; `redraw()` draws it from the table as it is now."""

    def __init__(self, table: Table, step: Chart, found: Picture) -> None:
        self.table = table
        self.step = step
        self.picture = found
        self._widget: Any = None

    @property
    def figure(self) -> dict[str, Any]:
        """The figure as Plotly has it: `data` and `layout`."""
        return self.picture.figure

    def redraw(self) -> ChartView:
        """The same chart of the table as it is now."""
        return ChartView(self.table, self.step, drawn(self.table, self.step))

    def code(self) -> str:
        """Code that makes the chart without tabweave."""
        from tabweave_core.charts.code import chart_code

        return chart_code(self.picture.spec, self.table.name)

    def html(self) -> str:
        """The chart as a static picture, an HTML fragment without scripts that follows light and dark."""
        return f'<div class="tw-Chart" data-tabweave="chart">{svg(self.figure)}</div>'

    def __repr__(self) -> str:
        spec, count = self.picture.spec, self.picture.marks.count
        return f"{spec.kind} chart: {spec.title} ({count:,} marks)"

    def save(self, path: str) -> None:
        """Writes the chart: as a page of its own (.html), a picture (.svg) or Plotly's JSON (.json)."""
        suffix = path.rpartition(".")[2].lower()
        if suffix not in ("html", "svg", "json"):
            raise BadMessage("BAD_MESSAGE", f"A chart cannot be saved as {path!r}.", hint="Use .html, .svg or .json.")
        if suffix == "json":
            text = json.dumps(self.figure)
        elif suffix == "svg":
            text = svg(self.figure)
        else:
            from .chart_widget import plotly_source

            text = _page(self.figure, plotly_source().decode())
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)

    def _repr_mimebundle_(self, **_options: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        if not self.table.home.in_kernel:
            return {"text/plain": repr(self), "text/html": self.html()}, {}
        if self._widget is None:
            from .chart_widget import ChartWidget

            self._widget = ChartWidget(self)
            self.table.home.opened(self._widget.close)
        found: tuple[dict[str, Any], dict[str, Any]] = self._widget._repr_mimebundle_()
        return found


def _page(figure: dict[str, Any], source: str) -> str:
    """A page that draws the chart with nothing from elsewhere."""
    data = json.dumps(figure).replace("</", "<\\/")
    return (
        '<!doctype html><html><head><meta charset="utf-8"><title>Chart</title>'
        f'<script>{source}</script></head><body><div id="chart" style="height:95vh"></div>'
        f'<script>var figure = {data}; Plotly.newPlot("chart", figure.data, figure.layout, {{responsive: true}});'
        "</script></body></html>"
    )
