"""A shared table's session on its line: frames in and out, waiting for answers, questions. It must not know DataFrames."""

from __future__ import annotations

import io
import logging
import secrets
import threading
import time
from collections import deque
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from tabweave_core.errors import BadMessage, BadValue, NotFound, Refused, TabweaveError, Unavailable
from tabweave_core.protocol import messages as m
from tabweave_core.protocol import wire
from tabweave_core.replica.client import Client

if TYPE_CHECKING:
    from collections.abc import Callable

    from tabweave_core.protocol.ops import Condition, Op
    from tabweave_core.replica.client import Step
    from tabweave_core.replica.events import Event, Stopped

    from .house import House

log = logging.getLogger("tabweave")

_FIRST_QUESTION = 1_000_000
"""Questions are numbered from here, so that they are not mistaken for the session's own requests."""


class Follower:
    """The session of one joined table. `wake` is called from any thread when something has arrived.

    Whoever uses `client` holds `lock`.
    """

    def __init__(self, house: House, table: str, wake: Callable[[], None], *, holds: int | None = None) -> None:
        self.lock = threading.RLock()
        self.arrived = threading.Condition()
        self.client = Client(f"table/{table}", secrets.token_hex(16), holds=holds)
        self._wake = wake
        self._inbox: deque[str | bytes | bool] = deque()
        self._asked: dict[int, Future[m.Message]] = {}
        self._line = house.open(self.client.ch, self._put, self._put)

    def _put(self, item: str | bytes | bool) -> None:
        with self.arrived:
            self._inbox.append(item)
            self.arrived.notify_all()
        self._wake()

    def drain(self) -> list[Event]:
        """Takes in what has arrived; to be called under the lock."""
        events: list[Event] = []
        while self._inbox:
            item = self._inbox.popleft()
            if isinstance(item, bool):
                if item:
                    events += self._do(self.client.connect())
                else:
                    self.client.disconnect()
                    self._give_up("The connection to the server is down.")
            else:
                events += self._receive(item)
        events += self._do(self.client.tick(time.monotonic()))
        return events

    def _receive(self, frame: str | bytes) -> list[Event]:
        try:
            message, data = wire.decode_answer(frame)
        except BadMessage:
            log.exception("A message about %s could not be read.", self.client.table)
            return []
        if isinstance(message, m.Asking):
            return []
        question = self._asked.pop(getattr(message, "re", None) or 0, None)
        if question is not None:
            question.set_result(message)
            return []
        rows = None if data is None or not len(data) else pa.ipc.open_stream(io.BytesIO(data)).read_all()
        return self._do(self.client.receive(message, rows, time.monotonic()))

    def _do(self, step: Step) -> list[Event]:
        for message in step.messages:
            self._line.send(wire.encode(message))
        return step.events

    def submit(self, op: Op, condition: Condition | None = None) -> int:
        """Sends an operation; its ticket."""
        with self.lock:
            ticket, step = self.client.submit(op, condition)
            self._do(step)
            return ticket

    def reload(self) -> None:
        """Asks for the whole table."""
        with self.lock:
            self._do(self.client.reload())

    def ask(self, make: Callable[[int], m.Message]) -> Future[m.Message]:
        """Sends a question; the future of its answer."""
        with self.lock:
            number = _FIRST_QUESTION + len(self._asked)
            while number in self._asked:
                number += 1
            future: Future[m.Message] = Future()
            if self.client.state not in ("live", "loading"):
                future.set_exception(Unavailable("OFFLINE", "The server cannot be reached now.", hint="Try again later."))
                return future
            self._asked[number] = future
            self._line.send(wire.encode(make(number)))
            return future

    def _give_up(self, why: str) -> None:
        for future in self._asked.values():
            future.set_exception(Unavailable("OFFLINE", why, hint="Try again later."))
        self._asked.clear()

    def wait(self, timeout: float) -> None:
        """Waits until something arrives."""
        with self.arrived:
            if not self._inbox:
                self.arrived.wait(timeout)

    def leave(self) -> None:
        """Ends the conversation."""
        with self.lock:
            self._do(self.client.leave())
            self._give_up("The table was left.")
        self._line.close()


_ERRORS: list[type[TabweaveError]] = [NotFound, BadValue, Refused, BadMessage, Unavailable]


def raised(answer: m.Nack | m.Error | Stopped) -> TabweaveError:
    """The error that a refusal stands for."""
    kind: Any = next((each for each in _ERRORS if answer.code in each.codes), None)
    if kind is None:
        return Unavailable("OFFLINE", answer.message, hint=answer.hint)
    made: TabweaveError = kind(answer.code, answer.message, hint=answer.hint)
    if isinstance(answer, m.Nack) and answer.bad:
        vars(made).update(bad=answer.bad, n_bad=answer.n_bad)
    return made
