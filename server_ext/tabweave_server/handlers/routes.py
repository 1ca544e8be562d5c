"""Which resource answers at which path: what the server registers and what the document describes."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .bodies import Health, Me
from .cells import CellHandler, CellsHandler
from .changes import ChangesHandler, EventsHandler, HistoryHandler
from .charts import ChartHandler, PlotlyHandler
from .datasets import DatasetHandler, DatasetsHandler, SchemaHandler
from .health import HealthHandler
from .me import MeHandler
from .modify import ModifyHandler
from .openapi import DocumentHandler
from .operations import OperationsHandler, RedoHandler, UndoHandler
from .people import PeopleHandler
from .reference import ReferenceHandler
from .resource import BASE, Call, calls
from .rights import RightsHandler
from .rollups import NodesHandler, RollupHandler, RollupsHandler, SpreadHandler
from .rows import RowsHandler
from .sql import SqlHandler

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tornado import web

_PARAMETER = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Route:
    """A path under the API's own, with its parameters in braces, and who answers there."""

    path: str
    handler: type[web.RequestHandler]
    calls: Mapping[str, Call] = field(default_factory=dict)

    @property
    def pattern(self) -> str:
        """The path as tornado wants it."""
        return BASE + _PARAMETER.sub(r"(?P<\1>[^/]+)", self.path)

    @property
    def parameters(self) -> list[str]:
        """The names of the parameters in the path."""
        return _PARAMETER.findall(self.path)

    def methods(self) -> Mapping[str, Call]:
        """What each method takes and answers."""
        return self.calls or calls(self.handler)


ROUTES = [
    Route("/datasets", DatasetsHandler),
    Route("/datasets/{name}", DatasetHandler),
    Route("/datasets/{name}/schema", SchemaHandler),
    Route("/datasets/{name}/rows", RowsHandler),
    Route("/datasets/{name}/cells", CellsHandler),
    Route("/datasets/{name}/cells/{row}/{column}", CellHandler),
    Route("/datasets/{name}/operations", OperationsHandler),
    Route("/datasets/{name}/modify", ModifyHandler),
    Route("/datasets/{name}/undo", UndoHandler),
    Route("/datasets/{name}/redo", RedoHandler),
    Route("/datasets/{name}/changes", ChangesHandler),
    Route("/datasets/{name}/events", EventsHandler),
    Route("/datasets/{name}/history", HistoryHandler),
    Route("/datasets/{name}/rights", RightsHandler),
    Route("/datasets/{name}/rollups", RollupsHandler),
    Route("/datasets/{name}/rollups/{rollup}", RollupHandler),
    Route("/datasets/{name}/rollups/{rollup}/nodes", NodesHandler),
    Route("/datasets/{name}/rollups/{rollup}/spread", SpreadHandler),
    Route("/datasets/{name}/chart", ChartHandler),
    Route("/plotly.js", PlotlyHandler),
    Route("/sql", SqlHandler),
    Route("/people", PeopleHandler),
    Route("/me", MeHandler, {"GET": Call(summary="See whom the server takes you for", answer=Me)}),
    Route("/health", HealthHandler, {"GET": Call(summary="See whether the server is well", answer=Health)}),
    Route("/openapi.json", DocumentHandler),
    Route("/docs", ReferenceHandler),
    Route("/docs/{file}", ReferenceHandler),
]
