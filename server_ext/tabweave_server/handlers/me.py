"""Whom the server takes the caller for."""

from __future__ import annotations

from tabweave_core.protocol import handshake
from tabweave_core.protocol.messages import PROTOCOL
from tornado import web

from ..version import VERSION
from .rest import RestHandler, authorized

PATH = f"/{handshake.ME_PATH}"


class MeHandler(RestHandler):
    """`{person: {id, name, color}, kernel, version, protocol}`; `kernel` is the id of the kernel that asks, or null."""

    needs_store = False

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Answers with who asks."""
        self.answer({"person": self.person, "kernel": self.kernel_id, "version": VERSION, "protocol": PROTOCOL})
