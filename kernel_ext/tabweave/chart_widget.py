"""A chart as a live widget: the page asks the table for it, and again when the table changes, as a grid asks for its cells.

Plotly.js comes from the server, or from here by the widget's own messages, once per page. Where no widget can be drawn, and
in saved notebooks, the static picture stands. It must not know commands.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import traitlets
from tabweave_core.charts.chart import step_text

from .joined import SharedTable
from .widget import Grid

if TYPE_CHECKING:
    from .charts import ChartView

_ROWS = 10
"""A chart is as high as a grid of so many rows."""


class ChartWidget(Grid):
    """One chart on a page. `chart` is its step, `drawn` how it was drawn first; without `follows` it stays so."""

    greets = False
    chart = traitlets.Dict().tag(sync=True)
    drawn = traitlets.Dict().tag(sync=True)
    follows = traitlets.Bool().tag(sync=True)

    def __init__(self, view: ChartView) -> None:
        self._view = view
        table, home = view.table, view.table.home
        shared = table.table if isinstance(table, SharedTable) else ""
        if not shared:
            home.connect()
        carried = home.house is not None and home.house.browser if shared else home.relay is not None
        super().__init__(
            table.slot,
            home.sessions,
            kernel_id=home.kernel_id,
            relay=carried,
            options={},
            rows=_ROWS,
            table=f"table/{shared}" if shared else "",
        )

    # The page is told these when the widget is made.

    @traitlets.default("chart")
    def _chart(self) -> dict[str, Any]:
        found: dict[str, Any] = msgspec.to_builtins(self._view.step)
        return found

    @traitlets.default("follows")
    def _follows(self) -> bool:
        return self._view.rev is not None

    @traitlets.default("drawn")
    def _drawn(self) -> dict[str, Any]:
        view = self._view
        return {
            # A shared table counts its own revisions.
            "rev": -1 if isinstance(view.table, SharedTable) or view.rev is None else view.rev,
            "step": msgspec.json.decode(step_text(view.picture)),
            "figure": view.figure,
            "marks": view.picture.marks.count,
            "code": view.code(),
        }

    def __repr__(self) -> str:
        return repr(self._view)

    def _static(self) -> str:
        """The picture of the chart as it was drawn first."""
        return self._view.html()


def widget_of(view: ChartView) -> ChartWidget:
    """A chart's widget, closed with the workspace."""
    widget = ChartWidget(view)
    view.table.home.opened(widget.close)
    return widget
