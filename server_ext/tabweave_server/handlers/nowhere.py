"""Every other path under `/tabweave/`, so that a mistyped one gets the same JSON refusal."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from tornado import web

from ..envelope import Envelope

if TYPE_CHECKING:
    from ..app import TabweaveServer

PATH = r"/tabweave/.*"


class NowhereHandler(Envelope, APIHandler):
    """Nothing is here."""

    auth_resource = "tabweave"

    def initialize(self, extension: TabweaveServer) -> None:
        """Takes what all handlers share."""
        self.extension = extension

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Says so."""
        raise web.HTTPError(HTTPStatus.NOT_FOUND)
