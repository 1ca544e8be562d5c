"""Charts of a table in a notebook, as pictures that one aggregate query makes.

It must not know magics, commands or widgets.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tabweave_core.charts.page import page
from tabweave_core.charts.static import svg
from tabweave_core.charts.words import chart_step
from tabweave_core.errors import BadMessage

from .frames.charting import draw

if TYPE_CHECKING:
    from tabweave_core.charts.chart import Picture
    from tabweave_core.protocol.plan import Chart

    from .handles import Table


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
    return ChartView(table, step, *drawn(table, step))


def drawn(table: Table, step: Chart) -> tuple[int, Picture]:
    """A chart step's picture of the table as it is now, and the revision that this is."""
    return draw(table.frame, step, None, table.slot.read)


class ChartView:
    """A chart as a notebook shows it. `figure` is Plotly's JSON; `redraw()` draws it from the table as it is now.

    `rev` is the revision that it is of; None for a chart of what steps before it made, which does not follow the table.
    """

    def __init__(self, table: Table, step: Chart, rev: int | None, found: Picture) -> None:
        self.table = table
        self.step = step
        self.rev = rev
        self.picture = found
        self.read_by = ""
        """Which model read the command that asked for it, where one did, and what that took."""
        self._widget: Any = None

    @property
    def figure(self) -> dict[str, Any]:
        """The figure as Plotly has it: `data` and `layout`."""
        return self.picture.figure

    def redraw(self) -> ChartView:
        """The same chart of the table as it is now."""
        if self.rev is None:
            raise BadMessage("BAD_MESSAGE", "This chart is not one of the table itself.", hint="Give the command again.")
        return ChartView(self.table, self.step, *drawn(self.table, self.step))

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
            text = page(self.figure)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)

    def _repr_mimebundle_(self, **_options: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        if not self.table.home.in_kernel:
            return {"text/plain": repr(self), "text/html": self.html()}, {}
        if self._widget is None:
            from .chart_widget import widget_of

            self._widget = widget_of(self)
        found: tuple[dict[str, Any], dict[str, Any]] = self._widget._repr_mimebundle_()
        return found
