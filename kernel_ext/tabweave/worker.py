"""One background thread that runs jobs in turn, so that windows and operations never wait for long computing.

It must not know what a job does.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

log = logging.getLogger("tabweave")


class Job:
    """Work in steps, for a worker; between two steps other jobs have their turn.

    Whoever computes asks `cancelled` now and then.
    """

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


class Worker:
    """A daemon thread that starts with the first job and ends when none has come for `idle` seconds."""

    def __init__(self, name: str, *, idle: float = 5.0) -> None:
        self._name = name
        self._idle = idle
        self._jobs: deque[Job] = deque()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._closed = False

    def put(self, job: Job) -> None:
        """Adds a job to the end of the queue; a closed worker cancels it."""
        with self._changed:
            if self._closed:
                job.cancel()
                return
            self._jobs.append(job)
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name=self._name, daemon=True)
                self._thread.start()
            self._changed.notify()

    def close(self) -> None:
        """Cancels what waits and ends the thread after the step it is at."""
        with self._changed:
            self._closed = True
            for job in self._jobs:
                job.cancel()
            self._jobs.clear()
            self._changed.notify()
            thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join()

    def _work(self) -> None:
        while (job := self._next()) is not None:
            try:
                more = job.step()
            except Exception:
                log.exception("A background job of tabweave failed.")
                more = False
            if more:
                self.put(job)
            del job

    def _next(self) -> Job | None:
        with self._changed:
            if not self._jobs and not self._closed:
                self._changed.wait(self._idle)
            if self._jobs:
                return self._jobs.popleft()
            self._thread = None
            return None
