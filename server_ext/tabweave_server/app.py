"""The extension as Jupyter sees it: its settings, its handlers, and the address it leaves for kernels.

Kernels inherit the server's environment, so the address goes there, with the server's process id: a kernel that another
program started (nbconvert, VS Code) inherits it too, and knows by its own parent's id that it is not meant.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from jupyter_core.paths import jupyter_data_dir
from jupyter_server.extension.application import ExtensionApp
from tabweave_core.protocol import handshake
from tabweave_core.sql.sandbox import Sandbox
from traitlets import Bool, Float, Integer, Unicode, default

from . import metrics
from .access import Signatures
from .commits import Commits
from .crew import Threads
from .handlers import kernel, nowhere, page
from .handlers.routes import ROUTES
from .house import House
from .kernels import Kernels
from .landing import Landings
from .limits import Limits
from .record import line
from .relay import Relay
from .shared import Shared
from .starters import Starters

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tabweave_core.rooms.hall import Hall
    from tabweave_core.rooms.tables import Tables

_EVERYWHERE = {"": "127.0.0.1", "*": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "[::1]"}
_DEFAULT = Limits()


class TabweaveServer(ExtensionApp):
    """Holds the shared tables, and carries the messages of grids between browser pages and kernels."""

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
    store_path = Unicode(
        help="The DuckDB file of the shared tables; empty or `:memory:` to lose them with the server. One server at a time."
    ).tag(config=True)
    max_unacked = Integer(
        _DEFAULT.unacked, help="Operations of one client on a shared table that may wait for their answer; more are sent back."
    ).tag(config=True)
    request_threads = Integer(8, help="REST requests that may wait for the store at once.").tag(config=True)
    kernels_of_several = Bool(
        True,
        help="Whether a kernel that somebody else than its starter has opened may go on using shared tables, as its starter.",
    ).tag(config=True)

    max_upload = Integer(4 << 30, help="Bytes of the largest file that may be uploaded, also when it is unpacked.").tag(
        config=True
    )
    long_threads = Integer(4, help="Uploads, exports and queries that may be at work at once.").tag(config=True)
    max_waiting = Integer(500, help="REST requests that may wait for changes at once.").tag(config=True)
    heartbeat = Float(15.0, help="Seconds without a change after which a stream of events says that it is still there.").tag(
        config=True
    )

    relay: Relay
    kernels: Kernels
    signatures: Signatures
    starters: Starters
    house: House
    shared: Shared
    crew: Threads
    heavy: Threads
    commits: Commits
    sandbox: Sandbox
    landings: Landings
    routes = ROUTES

    @default("store_path")
    def _store_path(self) -> str:
        return str(Path(jupyter_data_dir()) / "tabweave" / "store.duckdb")

    @property
    def tables(self) -> Tables:
        """The shared tables as people may use them; opens the store, which may block."""
        return self.house.tables

    @property
    def hall(self) -> Hall:
        """Who has which shared table open; opens the store, which may block."""
        return self.house.hall

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
            unacked=self.max_unacked,
        )
        assert self.serverapp is not None
        self.kernels = Kernels(self.serverapp.kernel_manager)
        self.signatures = Signatures(limits.signature_age, time.time)
        self.starters = Starters(self.serverapp.kernel_manager, self.log, several=self.kernels_of_several)
        self.starters.observe()
        self.house = House(self.store_path, limits, self.log)
        self.crew = Threads(self.request_threads)
        self.heavy = Threads(self.long_threads)
        self.commits = Commits(self.max_waiting)
        self.sandbox = Sandbox()
        self.landings = Landings(_upload_folder(self.house.path))
        self.shared = Shared(self.house, limits, self.log)
        self.relay = Relay(self.kernels, self.shared, limits, time.monotonic, self.log)
        self.starters.on_guest.append(self.relay.distrust)

        metrics.watch(self)

    def gauges(self) -> Mapping[str, float]:
        """The figures of now for `metrics`."""
        sockets = {"pages": len(self.relay.pages), "kernels": len(self.relay.lines), "frame_channels": len(self.relay.channels)}
        return {**sockets, **self.house.gauges()}

    def initialize_handlers(self) -> None:
        """Registers everything under `/tabweave/`."""
        shared = {"extension": self}
        self.handlers.extend(
            [
                (page.PATH, page.PageSocket, shared),
                (kernel.PATH, kernel.KernelSocket, shared),
                *((route.pattern, route.handler, shared) for route in ROUTES),
                (nowhere.PATH, nowhere.NowhereHandler, shared),
            ]
        )

    async def _start_jupyter_server_extension(self, serverapp: Any) -> None:
        """Leaves the address for kernels; the port is not final any earlier."""
        os.environ[handshake.SERVER_URL] = address(serverapp)
        os.environ[handshake.SERVER_PID] = str(os.getpid())
        self.log.info(line("start", url=address(serverapp)))

    async def stop_extension(self) -> None:
        """Hangs up on everybody, closes the store and takes the address back."""
        for name in (handshake.SERVER_URL, handshake.SERVER_PID):
            os.environ.pop(name, None)
        metrics.unwatch(self)
        self.starters.release()
        self.relay.close()
        self.commits.close()
        self.sandbox.close()
        self.crew.close()
        self.heavy.close()
        await asyncio.to_thread(self.house.close)


def _upload_folder(store: Path | None) -> Path:
    """Where files are kept while they arrive: beside the store, so that they need the same disk's room."""
    if store is None:
        return Path(tempfile.gettempdir()) / f"tabweave-{os.getpid()}"
    return store.with_name(f"{store.name}.uploads")


def address(serverapp: Any) -> str:
    """The server's base URL as its own kernels reach it: `http+unix://<quoted path>/…` for a Unix socket."""
    if serverapp.sock:
        return f"http+unix://{quote(serverapp.sock, safe='')}{serverapp.base_url}"
    ip = serverapp.ip
    host = _EVERYWHERE.get(ip) or (f"[{ip}]" if ":" in ip else ip)
    scheme = "https" if serverapp.certfile or serverapp.ssl_options else "http"
    return f"{scheme}://{host}:{serverapp.port}{serverapp.base_url}"
