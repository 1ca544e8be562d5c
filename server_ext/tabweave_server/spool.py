"""Bytes on their way from a thread that makes them to a request that sends them, as fast as each can. Knows no tables."""

from __future__ import annotations

import asyncio
import tempfile
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

_IN_MEMORY = 8 << 20
_PIECE = 1 << 18


class Spool:
    """Keeps on disk what has been made and not yet sent. Made on the event loop; `write` may be called from any thread."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._news = asyncio.Event()
        self._lock = threading.Lock()
        self._file = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 - closed by `close`
        self._made = 0
        self._sent = 0
        self._ended = False
        self._closed = False

    def write(self, data: bytes) -> None:
        """Adds bytes; raises `BrokenPipeError` when nobody wants them any more."""
        with self._lock:
            if self._closed:
                raise BrokenPipeError
            self._file.seek(self._made)
            self._file.write(data)
            self._made += len(data)
        self._tell()

    def end(self) -> None:
        """Says that there are no more."""
        self._ended = True
        self._tell()

    def _tell(self) -> None:
        with suppress(RuntimeError):  # the loop has ended, and with it whoever waited
            self._loop.call_soon_threadsafe(self._news.set)

    async def pieces(self) -> AsyncIterator[bytes]:
        """The bytes in order, until `end`."""
        while True:
            self._news.clear()
            ended = self._ended
            while piece := await asyncio.to_thread(self._take):
                yield piece
            if ended:
                return
            await self._news.wait()

    def _take(self) -> bytes:
        with self._lock:
            if self._closed:
                return b""
            self._file.seek(self._sent)
            piece = self._file.read(min(_PIECE, self._made - self._sent))
            self._sent += len(piece)
            return piece

    def close(self) -> None:
        """Forgets everything; whoever still writes is told."""
        with self._lock:
            self._closed = True
            self._file.close()
