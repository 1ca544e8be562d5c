"""Interrupting queries that nobody waits for any more: one thread that looks now and then, there only while it is needed.

It must not know what is asked.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import duckdb

from ..errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Protocol

    class Interruptible(Protocol):
        """A cursor, or something else that can be made to stop."""

        def interrupt(self) -> None:
            """Stops what is being done."""


PAUSE = 0.05
"""Seconds between two looks."""


class Watchdog:
    """Interrupts cursors whose caller has given up."""

    def __init__(self) -> None:
        self._watched: dict[int, tuple[Interruptible, Callable[[], bool]]] = {}
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    @contextmanager
    def over(self, cursor: Interruptible, cancelled: Callable[[], bool]) -> Iterator[None]:
        """Watches a cursor; raises `CANCELLED` in place of what an interrupted query raises."""
        key = id(cursor)
        with self._changed:
            self._watched[key] = cursor, cancelled
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="tabweave-watchdog", daemon=True)
                self._thread.start()
        try:
            yield
        except duckdb.InterruptException as error:
            raise Unavailable("CANCELLED", "Nobody waits for the answer any more.") from error
        finally:
            with self._changed:
                del self._watched[key]
                self._changed.notify()

    def _run(self) -> None:
        with self._changed:
            while self._watched:
                for cursor, cancelled in list(self._watched.values()):
                    if cancelled():
                        cursor.interrupt()
                self._changed.wait(PAUSE)
            self._thread = None
