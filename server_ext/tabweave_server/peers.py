"""What the relay holds of its two sides: pages, kernels' lines, and the channels between them. Knows nothing of routing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from tabweave_core.protocol import wire

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Awaitable, Callable

    from tabweave_core.protocol.messages import Message
    from tabweave_core.protocol.schema import Person

    from .limits import Bucket

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

    def put(self, frame: str | bytes) -> None:
        """Queues a frame."""

    async def room(self) -> None:
        """Waits until the queue is short."""

    async def alive(self, timeout: float) -> bool:
        """Whether the other end answers within `timeout` seconds."""

    def hang_up(self, code: int, reason: str) -> None:
        """Closes the socket."""


@dataclass(eq=False)
class Page:
    """A browser page: one user, any number of channels. `may_execute` asks whether the user may run code in kernels."""

    id: int
    port: Port
    user: Person
    bucket: Bucket
    may_execute: Callable[[], Awaitable[bool]]
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
