"""Keeps a slow carrier from drowning: patches of one channel that follow each other closely are sent as one.

Answers are never held back, and nothing overtakes a patch. It must not know what moves the messages.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

Message = dict[str, Any]

INTERVAL = 1 / 30


def merge(first: Message, second: Message) -> Message | None:
    """Two patches as one, or None where the second does not simply add to the first."""
    if first.get("ch") != second.get("ch"):
        return None
    cells: dict[int, dict[int, Any]] = {}
    for patch in (first, second):
        for piece in patch.get("cells", []):
            cells.setdefault(piece["column"], {}).update(zip(piece["rows"], piece["values"], strict=True))
    whole = {*first.get("columns", []), *second.get("columns", [])}
    merged = {**second, "since": first.get("since", first["rev"])}
    merged["cells"] = [{"column": c, "rows": list(v), "values": list(v.values())} for c, v in cells.items() if c not in whole]
    merged["columns"] = sorted(whole)
    for flag in ("rows_changed", "stale"):
        merged[flag] = bool(first.get(flag) or second.get(flag))
    if "schema" in first:
        merged.setdefault("schema", first["schema"])
    return merged


class Pace:
    """Passes messages on, patches at most every `interval` seconds."""

    def __init__(self, send: Callable[[Message, list[memoryview]], None], *, interval: float = INTERVAL) -> None:
        self._send = send
        self._interval = interval
        self._lock = threading.RLock()
        self._held: list[Message] = []
        self._timer: threading.Timer | None = None
        self._last = float("-inf")

    def __call__(self, message: Message, buffers: list[memoryview]) -> None:
        """Sends a message now, or a patch soon."""
        with self._lock:
            if message.get("type") != "patch":
                self.flush()
                self._send(message, buffers)
                return
            merged = merge(self._held[-1], message) if self._held else None
            if merged is None:
                self._held.append(message)
            else:
                self._held[-1] = merged
            wait = self._last + self._interval - time.monotonic()
            if wait <= 0:
                self.flush()
            elif self._timer is None:
                self._timer = threading.Timer(wait, self.flush)
                self._timer.daemon = True
                self._timer.start()

    def flush(self) -> None:
        """Sends what was held back."""
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
            held, self._held = self._held, []
            if held:
                self._last = time.monotonic()
            for message in held:
                self._send(message, [])

    def close(self) -> None:
        """Drops what was held back."""
        with self._lock:
            self._held.clear()
            self.flush()
