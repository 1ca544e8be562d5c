"""Which Jupyter server this kernel belongs to, if that server carries Tabweave's messages. Opens no connection."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

from tabweave_core.protocol import handshake


@dataclass(frozen=True)
class Address:
    """The server's base URL (`http+unix://<quoted path>/…` for a Unix socket), and who this kernel is there."""

    url: str
    kernel_id: str
    key: bytes = field(repr=False)

    @property
    def path(self) -> str:
        """The path of the kernel's own WebSocket, as it is signed."""
        return f"{urlsplit(self.url).path.rstrip('/')}/{handshake.KERNEL_PATH}/{self.kernel_id}"

    @property
    def unix_socket(self) -> str:
        """The file of the server's Unix socket, or the empty string."""
        parts = urlsplit(self.url)
        return unquote(parts.netloc) if parts.scheme == "http+unix" else ""

    @property
    def websocket(self) -> str:
        """The URL of the kernel's own WebSocket; the host is a dummy for a Unix socket."""
        parts = urlsplit(self.url)
        host = "localhost" if self.unix_socket else parts.netloc
        return f"{'wss' if parts.scheme == 'https' else 'ws'}://{host}{self.path}"


def find() -> Address | None:
    """The address of the server that started this kernel.

    None outside a kernel, and where another program started the kernel (nbconvert, nbval, VS Code, …): such a program may
    have inherited a server's address with its environment, but is not that server.
    """
    url = os.environ.get(handshake.SERVER_URL)
    if not url or os.environ.get(handshake.SERVER_PID) != _parent():
        return None
    return here(url)


def here(url: str) -> Address | None:
    """The address of this kernel at the server with base URL `url`; None outside a kernel."""
    module = sys.modules.get("ipykernel.kernelapp")
    if module is None or not module.IPKernelApp.initialized():
        return None
    app = module.IPKernelApp.instance()
    key = app.kernel.session.key
    kernel_id = Path(app.connection_file).stem.removeprefix("kernel-")
    return Address(url, kernel_id, bytes(key)) if key else None


def _parent() -> str:
    """The id of the process that started the kernel. On Windows JPY_PARENT_PID is a handle, not an id."""
    return str(os.getppid()) if sys.platform == "win32" else os.environ.get("JPY_PARENT_PID", "")
