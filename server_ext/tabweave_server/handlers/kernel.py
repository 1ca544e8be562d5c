"""The socket of a kernel, signed with the key of its connection file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jupyter_server.auth import User
from tabweave_core.errors import Refused
from tabweave_core.protocol import handshake
from tornado import web

from .socket import Socket

if TYPE_CHECKING:
    from ..peers import Line

PATH = rf"/{handshake.KERNEL_PATH}/(?P<kernel_id>[\w.-]{{1,128}})"


class KernelSocket(Socket):
    """Opened by the kernel that `kernel_id` names and nobody else.

    Jupyter's identity provider and authoriser are not asked: they know people, and the kernel shows no person's credentials.
    """

    kernel_line: Line

    async def prepare(self, **_kwargs: Any) -> None:
        """Lets in only who signed with the key of the kernel in the path."""
        kernel_id = self.path_kwargs["kernel_id"]
        headers = self.request.headers
        self.current_user = None
        if not self.check_host():
            raise Refused("FORBIDDEN", "The request's host is not this server.", where="Host")
        key = self.extension.kernels.key(kernel_id)
        nonce = headers.get(handshake.NONCE_HEADER, "")
        self.extension.signatures.check(
            key,
            self.request.method or "",
            self.request.path,
            headers.get(handshake.TIME_HEADER, ""),
            nonce,
            headers.get(handshake.SIGNATURE_HEADER, ""),
        )
        self.current_user = self._jupyter_current_user = User(username=f"kernel:{kernel_id}")
        self.set_header(handshake.PROOF_HEADER, handshake.prove(key, self.request.path, nonce))

    @web.authenticated
    async def get(self, *args: Any, **kwargs: Any) -> None:  # type: ignore[override]  # as tornado decorates it
        """Upgrades to a WebSocket."""
        self.silence = self.extension.kernel_silence
        self.frame_limit = self.relay.limits.kernel_frame
        await super().get(*args, **kwargs)

    def open(self, kernel_id: str) -> Any:
        """Takes the kernel in."""
        opened = super().open()
        self.kernel_line = self.relay.open_line(kernel_id, self)
        return opened

    async def take(self, frame: str | bytes) -> None:
        """Routes a frame of the kernel."""
        self.relay.from_kernel(self.kernel_line, frame)

    def leave(self) -> None:
        """Lets the kernel go."""
        if hasattr(self, "kernel_line"):
            self.relay.close_line(self.kernel_line, *self.ending)
