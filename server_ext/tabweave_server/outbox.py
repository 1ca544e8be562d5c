"""The frames that wait for one socket, in order and bounded.

A reader over `Limits.outbound` is no longer read from (`room` waits), so it cannot ask for more; one that also takes nothing
for `patience` seconds, or lets `outbound_most` bytes pile up, is hung up on. A single frame is accepted at any size when the
queue is short: how big a frame may be is its sender's business. Knows nothing of channels.
"""

from __future__ import annotations

import asyncio
from collections import deque
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from .limits import Limits

WINDOW = 256 * 1024


class Outbox:
    """Queue in front of `write`, which returns a future that is done when the bytes left the process."""

    def __init__(
        self,
        write: Callable[[bytes, bool], asyncio.Future[None]],
        slow: Callable[[], None],
        limits: Limits,
        clock: Callable[[], float],
    ) -> None:
        self.queued = 0
        self._write = write
        self._slow = slow
        self._limits = limits
        self._clock = clock
        self._frames: deque[tuple[bytes, bool]] = deque()
        self._in_flight = 0
        self._progress = clock()
        self._room = asyncio.Event()
        self._room.set()
        self._closed = False

    def put(self, frame: str | bytes) -> None:
        """Queues a frame. Does nothing once the socket is closed."""
        if self._closed:
            return
        binary = not isinstance(frame, str)
        data = frame if isinstance(frame, bytes) else frame.encode()
        if not self.queued:
            self._progress = self._clock()
        elif self.queued > self._limits.outbound and self._stuck(len(data)):
            self.close()
            self._slow()
            return
        self._frames.append((data, binary))
        self.queued += len(data)
        if self.queued > self._limits.outbound:
            self._room.clear()
        self._flush()

    async def room(self) -> None:
        """Returns once the queue is short enough to ask for more, or the socket is closed."""
        await self._room.wait()

    def close(self) -> None:
        """Forgets what is queued and accepts no more."""
        self._closed = True
        self._frames.clear()
        self._room.set()

    def _stuck(self, size: int) -> bool:
        if self.queued + size > self._limits.outbound_most:
            return True
        return self._clock() - self._progress > self._limits.patience

    def _flush(self) -> None:
        while self._frames and self._in_flight < WINDOW:
            data, binary = self._frames.popleft()
            self._in_flight += len(data)
            self._write(data, binary).add_done_callback(partial(self._wrote, len(data)))

    def _wrote(self, size: int, done: asyncio.Future[None]) -> None:
        self._in_flight -= size
        self.queued -= size
        self._progress = self._clock()
        if done.cancelled() or done.exception() is not None:
            self.close()
            return
        if self.queued <= self._limits.outbound:
            self._room.set()
        self._flush()
