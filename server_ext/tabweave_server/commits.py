"""Wakes requests that wait for the next revision of a table. Knows nothing of what they answer."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from tabweave_core.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tabweave_core.engine.store import Store
    from tabweave_core.engine.writer import Committed


class Commits:
    """Who waits for which table; lives on the event loop. At most `most` may wait."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._waiting: dict[str, set[asyncio.Event]] = {}
        self._count = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._store: Store | None = None
        self.closed = False

    def __len__(self) -> int:
        return self._count

    @contextmanager
    def watch(self, store: Store, name: str) -> Iterator[asyncio.Event]:
        """An event that is set when a table may have a new revision, came, went or has other rights, and by `close`."""
        if self.closed or self._count >= self._most:
            raise Unavailable("BUSY", "Too many requests wait for changes already.", hint="Try again in a moment.")
        self._listen(store)
        news = asyncio.Event()
        self._waiting.setdefault(name, set()).add(news)
        self._count += 1
        try:
            yield news
        finally:
            self._count -= 1
            self._waiting[name].discard(news)
            if not self._waiting[name]:
                del self._waiting[name]

    def _listen(self, store: Store) -> None:
        if self._store is not store:
            self._loop = asyncio.get_running_loop()
            self._store = store
            store.on_commit.append(self._committed)
            store.on_tables.append(self._changed)

    def _committed(self, revisions: Sequence[Committed]) -> None:
        """Called in the writer's thread."""
        for name in {revision.table for revision in revisions}:
            self._changed(name)

    def _changed(self, name: str) -> None:
        if name in self._waiting and self._loop is not None:
            with suppress(RuntimeError):  # the loop has ended, and with it whoever waited
                self._loop.call_soon_threadsafe(self._wake, name)

    def _wake(self, name: str) -> None:
        for news in self._waiting.get(name, ()):
            news.set()

    def close(self) -> None:
        """Wakes everybody for the last time."""
        self.closed = True
        for name in self._waiting:
            self._wake(name)
        if self._store is not None:
            with suppress(ValueError):
                self._store.on_commit.remove(self._committed)
            with suppress(ValueError):
                self._store.on_tables.remove(self._changed)
