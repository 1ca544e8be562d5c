"""The one thread that looks after everything joined in this kernel: it takes in what arrived, when something has.

It must not know what is joined.
"""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

log = logging.getLogger("tabweave")


class Pump:
    """Calls `turn` on its own thread soon after `wake`, and at the times that `turn` asks for (`time.monotonic`)."""

    def __init__(self, turn: Callable[[], float | None]) -> None:
        self._turn = turn
        self._changed = threading.Condition()
        self._due = False
        self._at: float | None = None
        self._closed = False
        self._thread: threading.Thread | None = None

    def wake(self) -> None:
        """Has `turn` called; never waits."""
        with self._changed:
            self._due = True
            if self._thread is None and not self._closed:
                self._thread = threading.Thread(target=self._run, name="tabweave-shared", daemon=True)
                self._thread.start()
            self._changed.notify()

    def close(self) -> None:
        """Ends the thread after the turn it is at."""
        with self._changed:
            self._closed = True
            self._changed.notify()
            thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join()

    def _run(self) -> None:
        while self._wait():
            try:
                self._at = self._turn()
            except Exception:
                log.exception("A shared table could not be brought up to date.")

    def _wait(self) -> bool:
        with self._changed:
            while not (self._due or self._closed):
                left = None if self._at is None else self._at - time.monotonic()
                if left is not None and left <= 0:
                    break
                self._changed.wait(left)
            self._due, self._at = False, None
            return not self._closed
