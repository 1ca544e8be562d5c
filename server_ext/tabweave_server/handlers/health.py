"""Whether the extension is there, in which version, and how much it carries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from tabweave_core.protocol import handshake
from tabweave_core.protocol.messages import PROTOCOL
from tornado import web

from ..envelope import Envelope
from ..version import VERSION

if TYPE_CHECKING:
    from ..app import TabweaveServer

PATH = f"/{handshake.HEALTH_PATH}"


class HealthHandler(Envelope, APIHandler):
    """`{version, protocol, pages, kernels, channels}`."""

    auth_resource = "tabweave"

    def initialize(self, extension: TabweaveServer) -> None:
        """Takes what all handlers share."""
        self.relay = extension.relay

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Answers with the counts of now."""
        self.finish(
            {
                "version": VERSION,
                "protocol": PROTOCOL,
                "pages": len(self.relay.pages),
                "kernels": len(self.relay.lines),
                "channels": len(self.relay.channels),
            }
        )
