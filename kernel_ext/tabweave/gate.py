"""Keeps the main thread out of pandas while a frame is read or written from another thread.

pandas takes no lock: what it does to a DataFrame are many steps of Python, between which any thread may come to run. The
gate makes those steps one. Whoever closes it first queues a pending call, which CPython makes on the main thread between
two bytecodes, at the latest where the next Python function begins; then it looks at the main thread's stack. If nothing of
pandas is on it, the main thread cannot get into pandas any more: on its way it meets the call, and there it waits until the
gate is open. So nobody waits for code that sleeps, computes elsewhere or reads the next message. If the main thread is inside
pandas, a profile function tells when it leaves, and it waits there. If it does not leave soon, but works on other data as
far as its variables tell, it is stopped where it is.

What this does not exclude: other threads of the user's that are inside pandas, a signal handler that uses pandas while the
main thread waits, and interpreters without `Py_AddPendingCall` or without a global lock. For these there is `patience`, which
notices and repeats. It must not know frames, channels or what is done behind the closed gate.
"""

from __future__ import annotations

import os
import queue
import signal
import sys
import threading
import time
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _thread import RLock
    from collections.abc import Callable, Iterator
    from types import FrameType

    Concerns = Callable[[FrameType], bool]

PATIENCE = 0.05
"""Seconds that one waits for the main thread to leave pandas."""
PAUSE = 0.005
"""Seconds after which the main thread's stack is looked at again, if it has not stopped by itself."""
STALLED = 5
"""Seconds without any work after which whoever closed the gate is taken to wait for the main thread, which then goes on."""
LOST = 1000
"""After so many closings a call that was not made yet is queued again: an exception may have taken its place."""

FRAMES = frozenset({"pandas", "pyarrow"})
"""Packages that change or read a DataFrame in many steps."""
LOCKING = frozenset({"tabweave", "tabweave_core", "logging"})
"""Packages that may hold a lock which whoever closed the gate needs."""
LOCKING_TOPS = frozenset({"importlib._bootstrap", "importlib._bootstrap_external", "ipykernel.iostream"})
"""Modules that may hold such a lock where they run themselves, but not where they have called other code."""
LOCKING_FUNCTIONS = frozenset({"start", "enumerate", "_delete"})
"""Functions of `threading` that may."""

OPEN, WANTED, CLOSED = range(3)


class Gate:
    """One for the process; must live as long as it does, because CPython holds no reference to what it will call."""

    def __init__(self) -> None:
        self._call, self._arguments = _pending_call(self)
        self._turn = threading.RLock()
        self._depth = 0
        self._state = OPEN
        self._holder = 0
        self._queued = 0
        """How often the gate may still be closed on the strength of the call in the queue; 0 when there is none."""
        self._waiting = False
        self._parked = False
        """Whether the main thread waits outside pandas; before it goes on, it looks at the state once more."""
        self._blocked = False
        """Whether the main thread waits for a frame's lock, see `locked`."""
        self._leaving = 0
        self._forking = False
        self._came: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._opened: queue.SimpleQueue[None] = queue.SimpleQueue()

    @property
    def able(self) -> bool:
        """Whether the main thread can be kept out here at all."""
        return self._call is not None

    @property
    def held(self) -> bool:
        """Whether the calling thread has closed the gate."""
        return self._state == CLOSED and self._holder == threading.get_ident()

    @contextmanager
    def closed(self, patience: float = PATIENCE, concerns: Concerns | None = None) -> Iterator[bool]:
        """Whether the main thread is kept out of pandas for the duration of the block.

        It is not when it was inside for so many seconds, unless `concerns` says that the functions on its stack work on
        other data; or when it cannot be kept out. On the main thread itself, an interrupt waits until the block is done.
        """
        if _on_main():
            with _uninterrupted():
                yield True
        elif not self._turn.acquire(timeout=patience):
            yield False
        else:
            try:
                self._depth += 1
                yield self._close(patience, concerns) if self._depth == 1 else self.held
            finally:
                self._depth -= 1
                if not self._depth:
                    self._turn_to(OPEN)
                self._turn.release()

    def _close(self, patience: float, concerns: Concerns | None) -> bool:
        until = time.monotonic() + patience
        self._holder = threading.get_ident()
        while self._call is not None:
            # The order matters: from here on the main thread stops wherever the call meets it, and only then it is looked at.
            self._state = CLOSED
            if self._parked or (self._is_armed() and (self._blocked or not _atomic(_main_stack()))):
                return True
            self._turn_to(WANTED)
            left = until - time.monotonic()
            if left <= 0:
                if concerns is not None and self._is_elsewhere(concerns):
                    return True
                break
            try:
                self._came.get(timeout=min(left, PAUSE))
            except queue.Empty:
                continue
        self._turn_to(OPEN)
        return False

    def _is_elsewhere(self, concerns: Concerns) -> bool:
        """Stops the main thread inside pandas; whether it may stay there."""
        self._state = CLOSED
        if not self._is_armed():
            return False
        until = time.monotonic() + PAUSE
        while not self._waiting and time.monotonic() < until:
            time.sleep(PAUSE / 20)
        stack = _main_stack()
        place = stack and (id(stack), stack.f_lasti)
        frames = _atomic(_interrupted(stack))
        if not frames or not all(_package(frame) in FRAMES for frame in frames) or any(map(concerns, frames)):
            return False
        stack = _main_stack()
        return self._waiting or place == (stack and (id(stack), stack.f_lasti))

    def _turn_to(self, state: int) -> None:
        self._state = state
        if self._waiting:
            self._opened.put(None)

    def _is_armed(self) -> bool:
        """Queues the call unless it is queued; whether it is.

        Never while the main thread makes it: in Python 3.11 code that is traced would then hang at its next function.
        """
        self._queued -= self._queued > 0
        if not self._queued and _interrupted(stack := _main_stack()) is stack:
            self._queued = LOST
            if self._call(*self._arguments):
                self._queued = 0
        return self._queued > 0

    # On the main thread

    def __bool__(self) -> bool:
        """The pending call: stops the main thread while somebody needs it; False, because 1 would mean an error."""
        self._queued = 0
        if self._waiting:
            return False
        try:
            inside = _atomic(sys._getframe(1))
            while self._state == CLOSED or (self._state == WANTED and not inside):
                self._park(free=not inside)
            if self._state == WANTED and sys.getprofile() is None:
                self._leaving = id(inside[-1])
                sys.setprofile(self._profile)
        except BaseException:
            # A signal's exception has ended the wait. The code that handles it must not get into pandas either.
            self._call(*self._arguments)
            raise
        return False

    def _profile(self, frame: FrameType, event: str, _argument: object) -> None:
        if self._state == OPEN:
            sys.setprofile(None)
        elif event == "return" and id(frame) == self._leaving:
            sys.setprofile(None)
            try:
                while self._state != OPEN:
                    self._park(free=True)
            except BaseException:
                self._call(*self._arguments)
                raise

    def _park(self, *, free: bool) -> None:
        """Waits: outside pandas until the gate is open, inside only while somebody has closed it all the same."""
        self._waiting, self._parked = True, free
        try:
            if self._state == WANTED:
                self._came.put(None)
            idle, worked = 0, None
            while self._state == CLOSED or (free and self._state == WANTED):
                try:
                    self._opened.get(timeout=1)
                except queue.Empty:
                    before, worked = worked, _worked(self._holder)
                    idle = idle + 1 if worked == before else 0
                    if idle >= STALLED:
                        self._state = OPEN
        finally:
            self._waiting = self._parked = False

    @contextmanager
    def blocked(self) -> Iterator[None]:
        """Surrounds a wait of the main thread in which it holds nothing that others need."""
        self._blocked = True
        self._came.put(None)
        try:
            yield
        finally:
            self._blocked = False

    # Around a fork

    def before_fork(self) -> None:
        """Waits until nobody is behind the closed gate: a child would have half a write."""
        self._forking = self._turn.acquire(timeout=STALLED)

    def in_parent(self) -> None:
        """Lets others close the gate again."""
        if self._forking:
            self._turn.release()

    def in_child(self) -> None:
        """Forgets the threads that are only in the parent."""
        fresh = Gate()
        fresh._arguments = self._arguments
        vars(self).update(vars(fresh))


@contextmanager
def locked(lock: RLock) -> Iterator[None]:
    """Holds a frame's lock; the gate may be closed while the main thread waits for it, interrupts waiting as well."""
    with GATE.closed() if _on_main() else nullcontext():
        if not lock.acquire(blocking=False):
            with GATE.blocked() if _on_main() else nullcontext():
                lock.acquire()
        try:
            yield
        finally:
            lock.release()


def _on_main() -> bool:
    return threading.get_ident() == threading.main_thread().ident


def _pending_call(target: object) -> tuple[Any, tuple[Any, ...]]:
    """A function, and its arguments, that has the main thread call `bool(target)`; None where that cannot be.

    `PyObject_IsTrue` has the very form of a pending call; what `__bool__` raises is raised in the code that it interrupts.
    """
    if sys.implementation.name != "cpython" or not getattr(sys, "_is_gil_enabled", lambda: True)():
        return None, ()
    try:
        import ctypes

        add: Any = ctypes.pythonapi.Py_AddPendingCall
        truth = ctypes.cast(ctypes.pythonapi.PyObject_IsTrue, ctypes.c_void_p)
    except (ImportError, AttributeError):
        return None, ()
    add.argtypes, add.restype = [ctypes.c_void_p, ctypes.c_void_p], ctypes.c_int
    return add, (truth, id(target))


def _main_stack() -> FrameType | None:
    return sys._current_frames().get(threading.main_thread().ident or 0)


def _package(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__")).partition(".")[0]


def _atomic(frame: FrameType | None) -> list[FrameType]:
    """The functions on a stack that are not to be stopped in the middle, innermost first."""
    found = []
    if frame is not None:
        name = frame.f_globals.get("__name__")
        if name in LOCKING_TOPS or (name == "threading" and frame.f_code.co_name in LOCKING_FUNCTIONS):
            found.append(frame)
    while frame is not None:
        if (package := _package(frame)) in FRAMES or package in LOCKING:
            found.append(frame)
        frame = frame.f_back
    return found


def _interrupted(stack: FrameType | None) -> FrameType | None:
    """The stack below the pending call, or the whole of it where the call is not being made."""
    frame = stack
    while frame is not None and frame.f_code is not Gate.__bool__.__code__:
        frame = frame.f_back
    return stack if frame is None else frame.f_back


def _worked(thread: int) -> float | None:
    """The seconds that a thread has computed, where the system tells."""
    try:
        return time.clock_gettime(time.pthread_getcpuclockid(thread))
    except (AttributeError, OSError):
        return None


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Has an interrupt wait until the block is done; for the main thread."""
    handler = signal.getsignal(signal.SIGINT)
    if not callable(handler):
        yield
        return
    came: list[FrameType | None] = []
    signal.signal(signal.SIGINT, lambda _number, frame: came.append(frame))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, handler)
        if came:
            handler(signal.SIGINT, came[0])


GATE = Gate()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=GATE.before_fork, after_in_parent=GATE.in_parent, after_in_child=GATE.in_child)
