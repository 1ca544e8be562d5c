"""A WebSocket of the extension: its bounded outbox, its pings, and closing with a reason. Knows nothing of routes."""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.base.websocket import WebSocketMixin
from tornado.iostream import StreamClosedError
from tornado.websocket import WebSocketClosedError, WebSocketHandler

from ..envelope import Envelope
from ..metrics import BYTES
from ..outbox import Outbox
from ..peers import CLOSE_SILENT, CLOSE_SLOW

if TYPE_CHECKING:
    from ..app import TabweaveServer
    from ..relay import Relay


class Socket(Envelope, WebSocketMixin, WebSocketHandler, JupyterHandler):
    """Base of both sockets; a `relay.Port`."""

    SUPPORTED_METHODS = ("GET",)
    auth_resource = "tabweave"
    peer: ClassVar[str]
    silence = 30.0
    frame_limit = 0

    def initialize(self, extension: TabweaveServer) -> None:
        """Takes what all handlers share."""
        self.extension = extension
        self.relay: Relay = extension.relay
        self._sent = BYTES.labels(self.peer, "out")
        self._received = BYTES.labels(self.peer, "in")
        self._answered = asyncio.Event()
        self._heard = 0.0
        self._pinging: asyncio.Task[None] | None = None
        self._busy = False
        self._hung_up: tuple[int, str] | None = None

    def set_default_headers(self) -> None:
        """A WebSocket answer carries no page headers."""

    def get_compression_options(self) -> None:
        """Frames go uncompressed: they travel on one machine, or under a proxy that compresses."""

    @property
    def ping_interval(self) -> float:
        """None of tornado's or Jupyter's pings: they hold a peer to an answer even while a frame of its own is handled."""
        return 0.0

    @property
    def max_message_size(self) -> int:
        """Bytes beyond which tornado closes the socket unread (1009)."""
        return self.frame_limit

    def open(self, *args: Any, **kwargs: Any) -> Any:
        """Starts pings and the outbox."""
        opened = super().open(*args, **kwargs)
        self.set_nodelay(True)
        loop = asyncio.get_running_loop()
        self.outbox = Outbox(self._write, self._drop_slow, self.relay.limits, loop.time)
        self._heard = loop.time()
        if self.extension.ping_interval > 0:
            self._pinging = loop.create_task(self._keep_pinging(self.extension.ping_interval))
        return opened

    def _write(self, data: bytes, binary: bool) -> asyncio.Future[None]:
        self._sent.inc(len(data))
        try:
            return self.write_message(data, binary=binary)
        except (WebSocketClosedError, StreamClosedError) as error:
            failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            failed.set_exception(error)
            return failed

    def _drop_slow(self) -> None:
        self.hang_up(CLOSE_SLOW, "Too slow: the messages of this socket pile up in the server.")

    @property
    def queued(self) -> int:
        """Bytes that wait to be sent."""
        return self.outbox.queued

    def put(self, frame: str | bytes) -> None:
        """Queues a frame."""
        self.outbox.put(frame)

    async def room(self) -> None:
        """Waits until the outbox is short."""
        if self.outbox.queued > self.relay.limits.outbound:
            await self.outbox.room()

    async def _keep_pinging(self, interval: float) -> None:
        clock = asyncio.get_running_loop().time
        while True:
            asked = clock()
            await asyncio.sleep(interval)
            now = clock()
            if self._busy or now - asked > 2 * interval:
                # Pongs were not read, or the machine slept: the peer deserves another chance.
                self._heard = now
            if now - self._heard > self.silence:
                self.hang_up(CLOSE_SILENT, "No answer to pings.")
                return
            try:
                self.ping()
            except (WebSocketClosedError, StreamClosedError):
                return

    async def alive(self, timeout: float) -> bool:
        """Whether a ping is answered in time."""
        self._answered.clear()
        try:
            self.ping()
            await asyncio.wait_for(self._answered.wait(), timeout)
        except (WebSocketClosedError, StreamClosedError, TimeoutError):
            return False
        return True

    def hang_up(self, code: int, reason: str) -> None:
        """Closes the socket; what waits to be sent is forgotten."""
        if self._hung_up is None:
            self._hung_up = (code, reason)
            self.outbox.close()
            self.close(code, reason)
            self.leave()

    @abstractmethod
    def leave(self) -> None:
        """Ends what the socket served; may be called again. The other end may take seconds to confirm a close."""

    @property
    def ending(self) -> tuple[int | None, str | None]:
        """Code and reason of the close: this side's if it hung up, else the other's."""
        return self._hung_up or (self.close_code, self.close_reason)

    async def on_message(self, message: str | bytes) -> None:
        """Handles one frame; the next is not read before this one is done."""
        if self._hung_up is not None:
            return
        self._heard = asyncio.get_running_loop().time()
        self._busy = True
        self._received.inc(len(message if isinstance(message, bytes) else message.encode()))
        try:
            await self.take(message)
        finally:
            self._busy = False

    @abstractmethod
    async def take(self, frame: str | bytes) -> None:
        """What a frame means is for the page's and the kernel's socket to say."""

    def on_pong(self, data: bytes) -> None:
        """The other end is there."""
        super().on_pong(data)  # type: ignore[no-untyped-call]  # jupyter_server's has no types
        self._heard = asyncio.get_running_loop().time()
        self._answered.set()

    def on_close(self) -> None:
        """Frees what the socket held."""
        if hasattr(self, "outbox"):
            self.outbox.close()
        if self._pinging is not None:
            self._pinging.cancel()
        super().on_close()
        self.leave()
