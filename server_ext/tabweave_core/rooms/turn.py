"""A lock for whoever works on something, and a queue for those who must not wait for it: the holder does their work too.

It must not know what the work is.
"""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Turn:
    """Held with `with`, also several times by one thread. What is handed to `give` is done in order by whoever holds it."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._depth = 0
        self._waiting: deque[Callable[[], None]] = deque()

    def __enter__(self) -> None:
        self._lock.acquire()
        self._depth += 1

    def __exit__(self, *_: object) -> None:
        self._depth -= 1
        last = not self._depth
        self._lock.release()
        if last:
            self._catch_up()

    def give(self, work: Callable[[], None]) -> None:
        """Has work done, which must not raise: now, or by whoever holds the turn just now, once they let go of it for good."""
        self._waiting.append(work)
        self._catch_up()

    def _catch_up(self) -> None:
        while self._waiting and self._lock.acquire(blocking=False):
            try:
                if self._depth:
                    return
                self._depth = 1
                try:
                    if self._waiting:
                        self._waiting.popleft()()
                finally:
                    self._depth = 0
            finally:
                self._lock.release()
