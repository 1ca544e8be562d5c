"""The extension as Jupyter sees it: its settings, its handlers, and the address it leaves for kernels.

Kernels inherit the server's environment, so the address goes there, with the server's process id: a kernel that another
program started (nbconvert, VS Code) inherits it too, and knows by its own parent's id that it is not meant.
"""

from __future__ import annotations

import asyncio
import os
import time
from typing import Any
from urllib.parse import quote

from jupyter_server.extension.application import ExtensionApp
from tabweave_core.protocol import handshake
from traitlets import Float, Integer

from .access import Signatures
from .handlers import health, kernel, nowhere, page
from .kernels import Kernels
from .limits import Limits
from .record import line
from .relay import Relay

_EVERYWHERE = {"": "127.0.0.1", "*": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "[::1]"}
_DEFAULT = Limits()


class TabweaveServer(ExtensionApp):
    """Carries the messages of grids between browser pages and kernels."""

    name = "tabweave_server"
    extension_url = "/"
    load_other_extensions = True

    ping_interval = Float(10.0, help="Seconds between pings on each socket; 0 for none.").tag(config=True)
    page_silence = Float(30.0, help="Seconds without an answer after which a page counts as lost.").tag(config=True)
    kernel_silence = Float(
        120.0, help="Seconds without an answer after which a kernel counts as lost. Long, for code may keep it from answering."
    ).tag(config=True)
    max_frame = Integer(_DEFAULT.frame, help="Bytes of the largest message that a page may send.").tag(config=True)
    max_kernel_frame = Integer(_DEFAULT.kernel_frame, help="Bytes of the largest message that a kernel may send.").tag(
        config=True
    )
    max_outbound = Integer(_DEFAULT.outbound, help="Bytes that may wait for a page before it is not read from any more.").tag(
        config=True
    )
    max_outbound_ever = Integer(_DEFAULT.outbound_most, help="Bytes that may wait for a page before it is cut off.").tag(
        config=True
    )
    patience = Float(
        _DEFAULT.patience, help="Seconds that a page with too much waiting may take nothing before it is cut off."
    ).tag(config=True)
    max_rate = Float(_DEFAULT.rate, help="Messages per second that a page may send in the long run.").tag(config=True)
    max_burst = Integer(_DEFAULT.burst, help="Messages that a page may send at once.").tag(config=True)
    max_channels = Integer(_DEFAULT.channels, help="Tables that a page may have open.").tag(config=True)
    kernel_wait = Float(_DEFAULT.kernel_wait, help="Seconds that a page waits for a kernel that is connecting.").tag(config=True)

    relay: Relay
    kernels: Kernels
    signatures: Signatures

    def initialize_settings(self) -> None:
        """Builds the parts out of the settings."""
        limits = Limits(
            frame=self.max_frame,
            kernel_frame=self.max_kernel_frame,
            outbound=self.max_outbound,
            outbound_most=self.max_outbound_ever,
            patience=self.patience,
            rate=self.max_rate,
            burst=self.max_burst,
            channels=self.max_channels,
            kernel_wait=self.kernel_wait,
        )
        assert self.serverapp is not None
        self.kernels = Kernels(self.serverapp.kernel_manager)
        self.signatures = Signatures(limits.signature_age, time.time)
        self.relay = Relay(self.kernels, limits, time.monotonic, self.log)

    def initialize_handlers(self) -> None:
        """Registers everything under `/tabweave/`."""
        shared = {"extension": self}
        self.handlers.extend(
            [
                (page.PATH, page.PageSocket, shared),
                (kernel.PATH, kernel.KernelSocket, shared),
                (health.PATH, health.HealthHandler, shared),
                (nowhere.PATH, nowhere.NowhereHandler, shared),
            ]
        )

    async def _start_jupyter_server_extension(self, serverapp: Any) -> None:
        """Leaves the address for kernels; the port is not final any earlier."""
        os.environ[handshake.SERVER_URL] = address(serverapp)
        os.environ[handshake.SERVER_PID] = str(os.getpid())
        self.log.info(line("start", url=address(serverapp)))

    async def stop_extension(self) -> None:
        """Hangs up on everybody and takes the address back."""
        for name in (handshake.SERVER_URL, handshake.SERVER_PID):
            os.environ.pop(name, None)
        self.relay.close()
        await asyncio.sleep(0)


def address(serverapp: Any) -> str:
    """The server's base URL as its own kernels reach it: `http+unix://<quoted path>/…` for a Unix socket."""
    if serverapp.sock:
        return f"http+unix://{quote(serverapp.sock, safe='')}{serverapp.base_url}"
    ip = serverapp.ip
    host = _EVERYWHERE.get(ip) or (f"[{ip}]" if ":" in ip else ip)
    scheme = "https" if serverapp.certfile or serverapp.ssl_options else "http"
    return f"{scheme}://{host}:{serverapp.port}{serverapp.base_url}"
