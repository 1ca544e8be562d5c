"""What the relay holds of its sides: pages, kernels' lines, the channels between them, and both as the hall knows them.

Knows nothing of routing.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from tabweave_core.protocol import wire

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tabweave_core.protocol.messages import Message
    from tabweave_core.protocol.schema import Person

    from .limits import Bucket, Limits

CLOSE_GOING_AWAY = 1001
CLOSE_SILENT = 4000
CLOSE_REPLACED = 4001
CLOSE_SLOW = 4008
CLOSE_FLOOD = 4029


class Kernels(Protocol):
    """What the relay asks about kernels."""

    def known(self, kernel_id: str) -> bool:
        """Whether the server has this kernel."""

    def process(self, kernel_id: str) -> object:
        """What identifies its process; another one after a restart."""

    async def running(self, kernel_id: str) -> bool:
        """Whether its process lives and is to stay."""

    def touch(self, kernel_id: str) -> None:
        """Counts as activity of the kernel."""


class Port(Protocol):
    """A socket as the relay sees it."""

    @property
    def queued(self) -> int:
        """Bytes that wait to be sent."""

    def put(self, frame: str | bytes) -> None:
        """Queues a frame."""

    async def room(self) -> None:
        """Waits until the queue is short."""

    async def alive(self, timeout: float) -> bool:
        """Whether the other end answers within `timeout` seconds."""

    def hang_up(self, code: int, reason: str) -> None:
        """Closes the socket."""


class Wakes:
    """What other threads want done in an event loop: however much they ask for at a time, the loop is woken once."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._lock = threading.Lock()
        self._waiting: list[Callable[[], None]] = []

    def __call__(self, act: Callable[[], None]) -> None:
        """Has something done soon, in order; raises RuntimeError when the loop has ended."""
        with self._lock:
            self._waiting.append(act)
            if len(self._waiting) > 1:
                return
        try:
            self._loop.call_soon_threadsafe(self._wake)
        except RuntimeError:
            self._waiting.clear()
            raise

    def _wake(self) -> None:
        with self._lock:
            waiting, self._waiting = self._waiting, []
        for act in waiting:
            self._loop.call_soon(act)


class Speaker:
    """A page or a kernel as the hall knows it: calling it queues a frame, from any thread, and never waits.

    `who` gives its person, or raises for a kernel that has none; `may` asks the authoriser whether that person may "read" or
    "write". `channels` are those that it has open in the hall, with why it may not write there; `held` are its frames, by type
    and channel, while the store is being opened.
    """

    def __init__(
        self,
        name: str,
        port: Port,
        limits: Limits,
        wakes: Wakes,
        *,
        who: Callable[[], Person],
        may: Callable[[str], Awaitable[bool]],
        kernel: bool = False,
    ) -> None:
        self.name = name
        self.port = port
        self.kernel = kernel
        self.who = who
        self.may = may
        self.channels: dict[str, str] = {}
        self.held: deque[tuple[str, str, str | bytes]] | None = None
        self.held_bytes = 0
        self.held_channels: set[str] = set()
        self.closed = False
        self._limits = limits
        self._wakes = wakes
        self._lock = threading.Lock()
        self._frames: deque[str | bytes] = deque()
        self._queued = 0

    def backlog(self) -> int:
        """Bytes that wait to be sent to the other end; the hall joins news for a slow reader, and begins anew with it."""
        return self._queued + self.port.queued

    def __call__(self, frame: str | bytes) -> None:
        """Sends a frame after all earlier ones, or drops it if the socket is closed."""
        with self._lock:
            if self.closed:
                return
            waking = not self._frames
            self._frames.append(frame)
            self._queued += len(frame)
            overflowed = self._queued > self._limits.outbound_most and len(self._frames) > 1
            if overflowed:
                self.closed = True
                self._frames.clear()
        if overflowed:
            self._call(self._cut_off)
        elif waking:
            self._call(self._flush)

    def _call(self, act: Callable[[], None]) -> None:
        try:
            self._wakes(act)
        except RuntimeError:
            # The server's loop has ended, and all sockets with it.
            self.closed = True

    def _flush(self) -> None:
        with self._lock:
            frames, self._frames = self._frames, deque()
            self._queued = 0
        for frame in frames:
            self.port.put(frame)

    def _cut_off(self) -> None:
        self.port.hang_up(CLOSE_SLOW, "Too slow: the messages of this socket pile up in the server.")

    def close(self) -> None:
        """Accepts no more frames."""
        with self._lock:
            self.closed = True
            self._frames.clear()


@dataclass(eq=False)
class Page:
    """A browser page: one user, any number of channels. `may` asks Jupyter's authoriser about an action on a resource."""

    id: int
    port: Port
    user: Person
    bucket: Bucket
    may: Callable[[str, str], Awaitable[bool]]
    speaker: Speaker
    channels: dict[str, Channel] = field(default_factory=dict)
    ended: set[str] = field(default_factory=set)

    def tell(self, message: Message) -> None:
        """Sends a message of the server's own."""
        self.port.put(wire.encode(message))


@dataclass(eq=False)
class Line:
    """A kernel's socket, and the process at its other end."""

    kernel_id: str
    port: Port
    process: object
    speaker: Speaker
    closed: bool = False


@dataclass(eq=False)
class Channel:
    """The route of one channel. `held` keeps its frames while the kernel is still connecting."""

    ch: str
    page: Page
    kernel_id: str
    line: Line | None = None
    held: list[str | bytes] = field(default_factory=list)
    held_bytes: int = 0
    expiry: asyncio.TimerHandle | None = None
