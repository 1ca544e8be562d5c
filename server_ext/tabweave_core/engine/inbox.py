"""The bounded queue between those who ask for work and the one thread that does it.

It must not know what the work is.
"""

from __future__ import annotations

import threading
from collections import deque
from typing import Generic, TypeVar

from ..errors import Unavailable

Work = TypeVar("Work")


class Inbox(Generic[Work]):
    """Work in order of arrival, at most `most` pieces and `room` bytes of it; a single piece may be larger than that."""

    def __init__(self, most: int, room: int) -> None:
        self._most = most
        self._room = room
        self._waiting: deque[tuple[Work, int]] = deque()
        self._bytes = 0
        self._closed = False
        self._urged = False
        self._changed = threading.Condition()

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, work: Work, size: int = 0) -> None:
        """Adds work of so many bytes; raises `BUSY` when there is no room and `OFFLINE` after `close`."""
        with self._changed:
            if self._closed:
                raise Unavailable("OFFLINE", "The store is closed.", hint="Open it again.")
            if len(self._waiting) >= self._most or (self._waiting and self._bytes + size > self._room):
                raise Unavailable("BUSY", "The store has too much to do just now.", hint="Try again in a moment.")
            self._waiting.append((work, size))
            self._bytes += size
            self._changed.notify()

    def urge(self) -> None:
        """Has the next, or the present, `take` return at once, be it with nothing."""
        with self._changed:
            self._urged = True
            self._changed.notify()

    def take(self, most: int, timeout: float) -> list[Work] | None:
        """Up to `most` pieces: as soon as there is one, none after `timeout` seconds; None once all is done and closed."""
        with self._changed:
            if not self._waiting and not self._closed and not self._urged:
                self._changed.wait(timeout)
            self._urged = False
            found: list[Work] = []
            while self._waiting and len(found) < most:
                work, size = self._waiting.popleft()
                self._bytes -= size
                found.append(work)
            return None if self._closed and not found else found

    def close(self) -> None:
        """Takes no more work; what is here is still given out."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
