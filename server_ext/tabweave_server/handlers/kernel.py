"""The socket of a kernel, signed with the key of its connection file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jupyter_server.auth import User
from tabweave_core.errors import Refused
from tabweave_core.protocol import handshake
from tornado import web

from ..access import check_signature, may, person
from .socket import Socket

if TYPE_CHECKING:
    from ..peers import Line

PATH = rf"/{handshake.KERNEL_PATH}/(?P<kernel_id>[\w.-]{{1,128}})"


class KernelSocket(Socket):
    """Opened by the kernel that `kernel_id` names and nobody else.

    Jupyter's identity provider is not asked: it knows people, and the kernel shows no person's credentials. The authoriser is
    asked about the person who started the kernel, once the kernel wants to open a shared table.
    """

    peer = "kernel"
    kernel_line: Line

    async def prepare(self, **_kwargs: Any) -> None:
        """Lets in only who signed with the key of the kernel in the path."""
        kernel_id = self.path_kwargs["kernel_id"]
        self.current_user = None
        if not self.check_host():
            raise Refused("FORBIDDEN", "The request's host is not this server.", where="Host")
        proof = check_signature(self.extension, kernel_id, self.request)
        self.current_user = self._jupyter_current_user = User(username=f"kernel:{kernel_id}")
        self.set_header(handshake.PROOF_HEADER, proof)

    @web.authenticated
    async def get(self, *args: Any, **kwargs: Any) -> None:  # type: ignore[override]  # as tornado decorates it
        """Upgrades to a WebSocket."""
        self.silence = self.extension.kernel_silence
        self.frame_limit = self.relay.limits.kernel_frame
        await super().get(*args, **kwargs)

    def open(self, kernel_id: str) -> Any:
        """Takes the kernel in."""
        opened = super().open()
        starters = self.extension.starters
        self.kernel_line = self.relay.open_line(
            kernel_id,
            self,
            lambda: person(starters.user(kernel_id)),
            lambda action, resource: may(self, starters.user(kernel_id), action, resource),
        )
        return opened

    async def take(self, frame: str | bytes) -> None:
        """Routes a frame of the kernel."""
        await self.relay.from_kernel(self.kernel_line, frame)

    def leave(self) -> None:
        """Lets the kernel go."""
        if hasattr(self, "kernel_line"):
            self.relay.close_line(self.kernel_line, *self.ending)
