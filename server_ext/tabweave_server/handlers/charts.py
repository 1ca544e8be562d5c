"""Charts of a table, as Plotly's JSON or as a page; and the library that draws them."""

from __future__ import annotations

from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec
from msgspec import Meta
from tabweave_core.charts.page import page, plotly_source
from tabweave_core.charts.words import chart_step
from tabweave_core.protocol.plan import ChartKind
from tabweave_core.rooms import charting
from tabweave_core.rooms.rights import lens
from tornado import web

from .bodies import Body
from .resource import JSON, Resource, call
from .rest import RestHandler, authorized

if TYPE_CHECKING:
    from tabweave_core.charts.chart import Picture
    from tabweave_core.engine.store import Store
    from tabweave_core.protocol.plan import Chart
    from tabweave_core.protocol.schema import Person

_HTML = "text/html"
_SCRIPT = "text/javascript"
_Count = Annotated[int, Meta(ge=1, le=10_000)]
_A_DAY = "private, max-age=86400"


class Wanted(Body, frozen=True, kw_only=True):
    """A chart in few words, as `%tab chart` takes them; what is left out follows from the columns' types.

    `x`, `color` and `facet` are a column or a part of a date such as "month(day)"; `y` is a column, or figures such as
    "sum(amount), mean(price)".
    """

    kind: ChartKind | None = None
    x: str | None = None
    y: str | None = None
    color: str | None = None
    facet: str | None = None
    top: _Count | None = None
    sort: Literal["x", "y", "-x", "-y"] | None = None
    bins: _Count | None = None
    title: str | None = None
    stacked: bool = True
    horizontal: bool = False

    def step(self) -> Chart:
        """The chart step that the words ask for."""
        return chart_step(**msgspec.structs.asdict(self))


class Figure(Body, frozen=True, kw_only=True):
    """A figure as Plotly has it: `Plotly.newPlot(element, data, layout)`, or `plotly.graph_objects.Figure(data, layout)`."""

    data: list[dict[str, Any]]
    layout: dict[str, Any]


class ChartHandler(Resource):
    """Charts of a table."""

    actions = MappingProxyType({**RestHandler.actions, "POST": "read"})

    @web.authenticated
    @authorized
    @call(
        "Draw a chart",
        "Of all rows, at most 6,000 marks: Plotly's JSON, or by Accept a page that draws it with nothing from elsewhere.",
        body=Wanted,
        example={"kind": "bar", "x": "item", "y": "sum(qty)"},
        answer=Figure,
        gives={_HTML: {"type": "string"}},
        headers={"X-Tabweave-Rev": "The revision that it is of.", "X-Tabweave-Marks": "How many marks are drawn."},
        codes=("NO_TABLE", "NO_COLUMN", "CHECK", "TYPE", "SCHEMA"),
    )
    async def post(self, name: str, body: Wanted) -> Figure | None:
        """Draws it."""
        rev, drawn = await self.extension.heavy.run(draw, self.store, name, self.person, body.step())
        self.set_header("X-Tabweave-Rev", str(rev))
        self.set_header("X-Tabweave-Marks", str(drawn.marks.count))
        if not _wants_page(self.request.headers.get("Accept", "")):
            return Figure(**drawn.figure)
        self.finish(await self.run(page, drawn.figure), set_content_type=f"{_HTML}; charset=UTF-8")
        return None


def _wants_page(accept: str) -> bool:
    """Whether a page comes before JSON in what is accepted."""
    for media in accept.split(","):
        kind = media.partition(";")[0].strip().lower()
        if kind in (_HTML, JSON, "*/*", "application/*"):
            return kind == _HTML
    return False


def draw(store: Store, name: str, user: Person, chart: Chart) -> tuple[int, Picture]:
    """A chart of what a person may read of a table."""
    return store.read(name, partial(charting.draw, chart=chart), lens(user))


class PlotlyHandler(Resource):
    """Plotly.js as this environment has it, for the charts on pages of this server."""

    needs_store = False

    @web.authenticated
    @authorized
    @call("Get Plotly.js", gives={_SCRIPT: {"type": "string"}}, codes=("OFFLINE",))
    async def get(self) -> None:
        """The library, which a browser keeps for a day."""
        source = await self.run(plotly_source)
        self.set_header("Cache-Control", _A_DAY)
        self.finish(source, set_content_type=f"{_SCRIPT}; charset=UTF-8")
