"""The store of shared tables as the server holds it: opened when first used, off the event loop, and closed with the server.

While the store cannot be opened every use says why, and tries again; what needs no store goes on. Knows nothing of sockets.
"""

from __future__ import annotations

import asyncio
import gc
import secrets
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tabweave_core.errors import Unavailable

from .record import line

if TYPE_CHECKING:
    import logging
    from collections.abc import Mapping

    from tabweave_core.engine.store import Store
    from tabweave_core.rooms.hall import Hall
    from tabweave_core.rooms.tables import Tables

    from .limits import Limits

_AGAIN = 1.0
"""Seconds for which a failure to open is remembered: many pages may ask at once."""


@dataclass(frozen=True)
class _Open:
    """What there is while the store is open."""

    store: Store
    hall: Hall
    tables: Tables


class House:
    """One store with its hall and tables; usable from any thread. An empty path or `:memory:` keeps it in memory."""

    def __init__(self, path: str, limits: Limits, log: logging.Logger) -> None:
        self.path = None if path in ("", ":memory:") else Path(path).expanduser().absolute()
        self._limits = limits
        self._log = log
        self._lock = threading.Lock()
        self._open: _Open | None = None
        self._closed = False
        self._failed: tuple[float, Unavailable] | None = None

    @property
    def opened(self) -> bool:
        """Whether the store is open, so that nothing here has to wait."""
        return self._open is not None

    @property
    def hall(self) -> Hall:
        """Who has which table open. Opens the store if it is not: blocks meanwhile, raises `OFFLINE` if it cannot be."""
        return (self._open or self._take_up()).hall

    @property
    def tables(self) -> Tables:
        """The tables as people may use them; opens the store as `hall` does."""
        return (self._open or self._take_up()).tables

    async def ready(self) -> None:
        """Has the store opened, without holding up the event loop; raises as `hall` does."""
        if self._open is None:
            await asyncio.to_thread(self._take_up)

    def _take_up(self) -> _Open:
        with self._lock:
            if self._open is not None:
                return self._open
            if self._closed:
                raise Unavailable("OFFLINE", "The server is stopping.", hint="Start it again.")
            if self._failed is not None and time.monotonic() < self._failed[0]:
                raise Unavailable(self._failed[1].code, self._failed[1].message, hint=self._failed[1].hint)
            started = time.monotonic()
            try:
                self._open = _open(self.path, self._limits, self._log)
            except Unavailable as error:
                self._failed = (time.monotonic() + _AGAIN, error)
                self._log.error(line("store_unavailable", path=self.path, why=error.message))
                raise
            # What is loaded by now stays: the collector need not look through it again under load.
            gc.freeze()
            self._log.info(line("store_open", path=self.path or ":memory:", seconds=time.monotonic() - started))
            return self._open

    def gauges(self) -> Mapping[str, float]:
        """The figures of now for `metrics`; of a store that is not open there are none."""
        there = self._open
        if there is None:
            return {}
        return {"queue_length": there.store.waiting, "store_bytes": _size(self.path), **there.hall.gauges()}

    def close(self) -> None:
        """Ends all conversations, finishes what is queued and lets go of the file; may be called again."""
        with self._lock:
            self._closed = True
            there, self._open = self._open, None
        if there is not None:
            there.hall.shut()
            there.store.close()
            self._log.info(line("store_close", path=self.path or ":memory:"))


def _size(path: Path | None) -> float:
    """Bytes of the store's file and its write-ahead log."""
    if path is None:
        return 0.0
    files = (path, path.with_name(f"{path.name}.wal"))
    return float(sum(file.stat().st_size for file in files if file.exists()))


def _draw() -> str:
    return secrets.token_hex(16)


def _open(path: Path | None, limits: Limits, log: logging.Logger) -> _Open:
    # DuckDB and Arrow take a while to load, and many servers never share a table.
    from tabweave_core.rooms.bounds import Bounds
    from tabweave_core.rooms.hall import Hall
    from tabweave_core.rooms.tables import Tables

    from .measured import MeasuredStore

    if path is not None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            message = f"The folder of the store, {path.parent}, cannot be made: {error.strerror}."
            raise Unavailable("OFFLINE", message, hint="Set `TabweaveServer.store_path` to another file.") from None
    store = MeasuredStore.open(path, clock=time.time, draw=_draw)
    assert isinstance(store, MeasuredStore)
    store.log = log
    bounds = Bounds(outbound=limits.outbound, patience=limits.patience, unacked=limits.unacked)
    hall = Hall(store, clock=time.time, draw=_draw, bounds=bounds)
    return _Open(store, hall, Tables(store, hall))
