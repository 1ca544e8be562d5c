"""Background threads that run jobs in turn, so that whoever hands in a message never waits for reading or computing.

It must not know what a job does.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

_logger = logging.getLogger(__name__)


class Job:
    """Work in steps; between two steps other jobs have their turn. Whoever computes asks `cancelled` now and then."""

    def __init__(self, work: Callable[[Job], Generator[None]]) -> None:
        self._steps = work(self)
        self._cancelled = False

    def cancel(self) -> None:
        """Asks the job to end without an answer; does nothing after it ended."""
        self._cancelled = True

    def cancelled(self) -> bool:
        """Whether nobody wants the result any more."""
        return self._cancelled

    def step(self) -> bool:
        """Does the next step; whether there is another."""
        if self._cancelled:
            self._steps.close()
            return False
        return next(self._steps, self) is None


class Crew:
    """At most `size` daemon threads, each started when there is work for it and ended when none has come for `idle` seconds.

    A crew of one does jobs in the order in which they came, as long as each has a single step.
    """

    def __init__(self, name: str, size: int = 1, *, idle: float = 5.0) -> None:
        self._name = name
        self._size = size
        self._idle = idle
        self._jobs: deque[Job] = deque()
        self._changed = threading.Condition()
        self._threads: set[threading.Thread] = set()
        self._waiting = 0
        self._closed = False

    def put(self, job: Job) -> None:
        """Adds a job to the end of the queue; a closed crew cancels it."""
        with self._changed:
            if self._closed:
                job.cancel()
                job.step()
                return
            self._jobs.append(job)
            if len(self._jobs) > self._waiting and len(self._threads) < self._size:
                thread = threading.Thread(target=self._work, name=self._name, daemon=True)
                self._threads.add(thread)
                thread.start()
            self._changed.notify()

    def close(self) -> None:
        """Cancels what waits and ends the threads, each after the step it is at; may be called again."""
        with self._changed:
            self._closed = True
            for job in self._jobs:
                job.cancel()
            self._changed.notify_all()
            threads = list(self._threads)
        for thread in threads:
            if thread is not threading.current_thread():
                thread.join()

    def _work(self) -> None:
        while (job := self._next()) is not None:
            try:
                more = job.step()
            except Exception:
                _logger.exception("a background job failed")
                more = False
            if more:
                self.put(job)
            del job

    def _next(self) -> Job | None:
        with self._changed:
            if not self._jobs and not self._closed:
                self._waiting += 1
                self._changed.wait(self._idle)
                self._waiting -= 1
            if self._jobs:
                return self._jobs.popleft()
            self._threads.discard(threading.current_thread())
            return None
