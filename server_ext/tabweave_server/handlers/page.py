"""The socket of a browser page: one per page, all its grids on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jupyter_server.auth.decorator import authorized
from tabweave_core.protocol import handshake
from tornado import web

from ..access import may, person
from .socket import Socket

if TYPE_CHECKING:
    from ..peers import Page

PATH = f"/{handshake.PAGE_PATH}"


class PageSocket(Socket):
    """Opened by who is logged in; what a page may do is asked anew at every `hello`."""

    peer = "page"
    page: Page

    @web.authenticated
    @authorized
    async def get(self, *args: Any, **kwargs: Any) -> None:  # type: ignore[override]  # as tornado decorates it
        """Upgrades to a WebSocket."""
        self.silence = self.extension.page_silence
        self.frame_limit = 2 * self.relay.limits.frame
        await super().get(*args, **kwargs)

    def open(self) -> Any:
        """Takes the page in."""
        opened = super().open()
        user = self.current_user
        self.page = self.relay.open_page(self, person(user), lambda action, resource: may(self, user, action, resource))
        return opened

    async def take(self, frame: str | bytes) -> None:
        """Routes a frame of the page."""
        await self.relay.from_page(self.page, frame)

    def leave(self) -> None:
        """Lets the page go."""
        if hasattr(self, "page"):
            self.relay.close_page(self.page, *self.ending)
