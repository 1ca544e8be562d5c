"""Threads that are none: they run one at a time in one real thread, and chance decides which of them goes on.

The names are those of `threading`, so that real code runs on them unchanged. A simulated thread may lose its turn whenever
it takes or frees a lock, signals or waits; time passes only when somebody sets it on. What was drawn is all there is to a
run: the same chance gives the same run.
"""

from __future__ import annotations

import heapq
import itertools
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from random import Random
from types import SimpleNamespace
from typing import Any

from greenlet import GreenletExit, getcurrent, greenlet

_START = 1_800_000_000.0
_INTERRUPTED = 0.1
_SIMULATED = ("tabweave_core.engine", "tabweave_core.rooms", "tabweave_core.crew")


class Loop:
    """Some simulated threads and their time. Whoever holds the loop drives it with `step` and `pass_time`."""

    def __init__(self, chance: Random) -> None:
        self.now = _START
        self.ended = False
        self._chance = chance
        self._driver = getcurrent()
        self._all: list[greenlet] = []
        self._ready: list[greenlet] = []
        self._timers: list[tuple[float, int, greenlet, Callable[[], bool]]] = []
        self._numbers = itertools.count()
        self._threads: dict[greenlet, Thread] = {}

    def clock(self) -> float:
        return self.now

    # For whoever drives

    @property
    def busy(self) -> bool:
        """Whether a thread could go on now."""
        return bool(self._ready)

    def step(self) -> bool:
        """Lets one thread go on until it waits or is interrupted; False if all of them wait."""
        if not self._ready:
            return False
        at = self._chance.randrange(len(self._ready))
        self._ready[at], self._ready[-1] = self._ready[-1], self._ready[at]
        self._ready.pop().switch()
        return True

    def settle(self) -> None:
        """Lets all threads go on until every one of them waits."""
        while self.step():
            pass

    def pass_time(self, seconds: float) -> None:
        """Lets so much time pass; those whose waiting ends in it may then go on."""
        self.now += seconds
        while self._timers and self._timers[0][0] <= self.now:
            _, _, fiber, expired = heapq.heappop(self._timers)
            if expired():
                self.wake(fiber)

    def spawn(self, work: Callable[[], object]) -> greenlet:
        """Begins a thread."""
        fiber = greenlet(work, self._driver)
        self._all.append(fiber)
        self._ready.append(fiber)
        return fiber

    def end(self) -> None:
        """Ends all threads where they are, as the end of their process does; others may then begin."""
        self.ended = True
        for fiber in self._all:
            if not fiber.dead:
                fiber.throw(GreenletExit)
        self._all.clear()
        self._ready.clear()
        self._timers.clear()
        self._threads.clear()
        self.ended = False

    # For the threads

    def current(self) -> greenlet:
        return getcurrent()

    def thread(self) -> Thread | None:
        return self._threads.get(getcurrent())

    def register(self, fiber: greenlet, thread: Thread) -> None:
        self._threads[fiber] = thread

    def maybe_pause(self) -> None:
        """A place where a thread may lose its turn."""
        if not self.ended and getcurrent() is not self._driver and self._chance.random() < _INTERRUPTED:
            self._ready.append(getcurrent())
            self.rest()

    def rest(self) -> None:
        """Gives the turn up until somebody wakes this thread."""
        if self.ended:
            raise GreenletExit
        assert getcurrent() is not self._driver, "whoever drives the loop must not wait"
        self._driver.switch()

    def wake(self, fiber: greenlet) -> None:
        self._ready.append(fiber)

    def after(self, seconds: float, expired: Callable[[], bool]) -> None:
        """Wakes this thread after a time if `expired` says then that it still waits."""
        heapq.heappush(self._timers, (self.now + seconds, next(self._numbers), getcurrent(), expired))

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """Has the store and the rooms take these threads for `threading`."""
        names = SimpleNamespace(
            Lock=lambda: Lock(self),
            RLock=lambda: Lock(self),
            Condition=lambda: Condition(self),
            Event=lambda: Event(self),
            Thread=lambda **how: Thread(self, **how),
            current_thread=self.thread,
        )
        found = [
            module
            for name, module in list(sys.modules.items())
            if name.startswith(_SIMULATED) and getattr(module, "threading", None) is threading
        ]
        for module in found:
            module.threading = names  # type: ignore[attr-defined]
        try:
            yield
        finally:
            for module in found:
                module.threading = threading  # type: ignore[attr-defined]


class Lock:
    """Also an `RLock`: one thread may hold it several times. A thread that would wait for itself for ever is an error in both."""

    def __init__(self, loop: Loop) -> None:
        self._loop = loop
        self._owner: greenlet | None = None
        self._depth = 0
        self._waiting: list[greenlet] = []

    def acquire(self, blocking: bool = True) -> bool:
        me = self._loop.current()
        if self._loop.ended:
            return blocking
        if self._owner is not me:
            self._loop.maybe_pause()
            while self._owner is not None:
                if not blocking:
                    return False
                self._waiting.append(me)
                self._loop.rest()
            self._owner = me
        self._depth += 1
        return True

    def release(self) -> None:
        if self._loop.ended:
            return
        assert self._owner is self._loop.current()
        self._depth -= 1
        if not self._depth:
            self._let_go()
            self._loop.maybe_pause()

    def _let_go(self) -> None:
        self._owner = None
        waiting, self._waiting = self._waiting, []
        for fiber in waiting:
            self._loop.wake(fiber)

    def give_up(self) -> int:
        """Frees it however often it is held; how often that was."""
        depth, self._depth = self._depth, 0
        self._let_go()
        return depth

    def take_back(self, depth: int) -> None:
        self.acquire()
        self._depth = depth

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(self, *_: object) -> None:
        self.release()


class Condition:
    def __init__(self, loop: Loop) -> None:
        self._loop = loop
        self._lock = Lock(loop)
        self._waiting: list[greenlet] = []

    def __enter__(self) -> bool:
        return self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()

    def wait(self, timeout: float | None = None) -> bool:
        if self._loop.ended:
            raise GreenletExit
        me = self._loop.current()
        over: list[bool] = []

        def expired() -> bool:
            if over or me not in self._waiting:
                return False
            over.append(True)
            self._waiting.remove(me)
            return True

        self._waiting.append(me)
        if timeout is not None:
            self._loop.after(timeout, expired)
        depth = self._lock.give_up()
        self._loop.rest()
        told = not over
        over.append(told)
        self._lock.take_back(depth)
        return told

    def notify(self, count: int = 1) -> None:
        for fiber in self._waiting[:count]:
            self._waiting.remove(fiber)
            self._loop.wake(fiber)

    def notify_all(self) -> None:
        self.notify(len(self._waiting))


class Event:
    def __init__(self, loop: Loop) -> None:
        self._changed = Condition(loop)
        self._set = False

    def is_set(self) -> bool:
        return self._set

    def set(self) -> None:
        with self._changed:
            self._set = True
            self._changed.notify_all()

    def clear(self) -> None:
        self._set = False

    def wait(self, timeout: float | None = None) -> bool:
        with self._changed:
            if not self._set:
                self._changed.wait(timeout)
            return self._set


class Thread:
    def __init__(
        self, loop: Loop, *, target: Callable[..., object], name: str = "", daemon: bool = False, args: Any = ()
    ) -> None:
        self.name, self.daemon = name, daemon
        self._loop = loop
        self._target = lambda: target(*args)
        self._over = Event(loop)

    def start(self) -> None:
        self._loop.register(self._loop.spawn(self._run), self)
        self._loop.maybe_pause()

    def _run(self) -> None:
        self._target()
        self._over.set()

    def join(self) -> None:
        self._over.wait()

    def is_alive(self) -> bool:
        return not self._over.is_set()
