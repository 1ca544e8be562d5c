"""The two threads of a hall that tell people things: one passes answers on at once, one tells news in rounds.

A round tells whatever has come since the last one, then rests for a tick: many revisions in a short time are one message. It
must not know what answers and news are.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_logger = logging.getLogger(__name__)


class Dispatcher:
    """Runs `round`, which returns after how many seconds it wants to be run again in any case, or None."""

    def __init__(self, round: Callable[[], float | None], tick: float) -> None:  # noqa: A002
        self._round = round
        self._tick = tick
        self._closed = threading.Event()
        self._due = threading.Event()
        self._answers: deque[Callable[[], None]] = deque()
        self._changed = threading.Condition()
        self._threads = [
            threading.Thread(target=self._answer, name="tabweave-answers", daemon=True),
            threading.Thread(target=self._tell, name="tabweave-news", daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def answer(self, say: Callable[[], None]) -> None:
        """Has an answer said at once, in order."""
        with self._changed:
            self._answers.append(say)
            if len(self._answers) == 1:
                self._changed.notify()

    def wake(self) -> None:
        """Says that there is something to tell."""
        self._due.set()

    def close(self) -> None:
        """Ends both threads when they have done what they are at; may be called again."""
        self._closed.set()
        self._due.set()
        with self._changed:
            self._changed.notify()
        for thread in self._threads:
            if thread is not threading.current_thread():
                thread.join()

    def _answer(self) -> None:
        while True:
            with self._changed:
                while not self._answers and not self._closed.is_set():
                    self._changed.wait()
                if not self._answers:
                    return
                say = self._answers.popleft()
            _guarded(say)
            del say

    def _tell(self) -> None:
        again: float | None = None
        while not self._closed.is_set():
            self._due.wait(again)
            if self._closed.is_set():
                return
            self._due.clear()
            again = _guarded(self._round)
            self._closed.wait(self._tick)


def _guarded(do: Callable[[], float | None]) -> float | None:
    try:
        return do()
    except Exception:
        _logger.exception("telling people failed")
        return None
