"""The threads on which requests wait for the store, so that the server does not. Knows nothing of what they do."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from tabweave_core.errors import Unavailable

from .metrics import REQUEST_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable

Result = TypeVar("Result")
_WAITING_EACH = 16


class Threads:
    """At most `size` threads, started as they are needed, with a bounded queue before them."""

    def __init__(self, size: int) -> None:
        self._pool = ThreadPoolExecutor(size, thread_name_prefix="tabweave-request")
        self._most = size * (1 + _WAITING_EACH)
        self._busy = 0

    async def run(self, work: Callable[..., Result], *args: Any, **kwargs: Any) -> Result:
        """What `work` returns or raises; raises `BUSY` when too many others wait. Called on the event loop."""
        if self._busy >= self._most:
            raise Unavailable("BUSY", "Too many requests are waiting for the store.", hint="Try again in a moment.")
        self._busy += 1
        started = time.perf_counter()
        done = asyncio.get_running_loop().run_in_executor(self._pool, partial(work, *args, **kwargs))
        done.add_done_callback(partial(self._finish, started))
        return await asyncio.shield(done)

    def _finish(self, started: float, done: asyncio.Future[Any]) -> None:
        self._busy -= 1
        REQUEST_SECONDS.observe(time.perf_counter() - started)
        if not done.cancelled():
            # Nobody may be waiting for it any more.
            done.exception()

    def close(self) -> None:
        """Lets running work end and drops what waits."""
        self._pool.shutdown(wait=False, cancel_futures=True)
