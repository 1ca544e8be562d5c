"""What a user is told of a shared table beside its data: edits that were refused, overtaken or lost."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass

KEPT = 200


@dataclass(frozen=True)
class Notice:
    """One line, and when it was said, in seconds since 1970."""

    time: float
    text: str

    def __str__(self) -> str:
        return self.text


class Notices:
    """The newest notices, and those that the user has not seen."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._all: deque[Notice] = deque(maxlen=KEPT)
        self._new: list[str] = []

    def add(self, time: float, text: str) -> None:
        """Says something; what was just said already is not said twice."""
        with self._lock:
            self._all.append(Notice(time, text))
            if text not in self._new:
                self._new.append(text)

    def take(self) -> list[str]:
        """What has not been shown yet."""
        with self._lock:
            new, self._new = self._new, []
            return new

    def all(self) -> list[Notice]:
        """The newest, oldest first."""
        with self._lock:
            return list(self._all)
