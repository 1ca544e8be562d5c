"""A line under the cell that says how far a long task is. It says nothing at first (`quiet` seconds)."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import TracebackType

QUIET_SECONDS = 1.0
BETWEEN_SECONDS = 0.2


class Progress:
    """Called with (done, total) while a task runs; the line is taken away when the task ends. Interrupt the kernel to cancel."""

    def __init__(self, what: str, quiet: float = QUIET_SECONDS) -> None:
        self._what = what
        self._next = time.monotonic() + quiet
        self._line: Any = None

    def __enter__(self) -> Progress:
        return self

    def __call__(self, done: int, total: int) -> None:
        """Says how far the task is."""
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + BETWEEN_SECONDS
        text = f"{self._what}: {done / total:.0%}" if total else f"{self._what} …"
        self._write({"text/plain": text})

    def say(self, how: str) -> None:
        """Says in words how far the task is."""
        now = time.monotonic()
        if now >= self._next:
            self._next = now + BETWEEN_SECONDS
            self._write({"text/plain": f"{self._what}: {how}"})

    def _write(self, data: dict[str, str]) -> None:
        from IPython.display import display

        if self._line is None:
            self._line = display(data, raw=True, display_id=True)  # type: ignore[no-untyped-call]  # IPython has no types for it
        else:
            self._line.update(data, raw=True)

    def __exit__(self, _kind: type[BaseException] | None, _error: BaseException | None, _traceback: TracebackType | None) -> None:
        if self._line is not None:
            self._write({"text/plain": ""})
