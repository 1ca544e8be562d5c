"""The operations of one channel: each applied once and in turn, answered before anything is told of what it did.

It must not know views or questions.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from typing import TYPE_CHECKING, Protocol

from tabweave_core.crew import Job
from tabweave_core.errors import TabweaveError
from tabweave_core.protocol import messages as m
from tabweave_core.protocol import wire

from . import news
from .gate import PATIENCE
from .slot import Occupied

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable

    from tabweave_core.crew import Crew
    from tabweave_core.protocol.schema import Person

    from .desk import Desk
    from .frames.frame import Frame
    from .frames.view import ViewState
    from .ledger import Ledger
    from .slot import Slot

log = logging.getLogger("tabweave")

GLANCE, BETWEEN_GLANCES = 0.02, 0.1
"""Seconds that an operation in the backlog waits for code to leave pandas, and then lets it run undisturbed."""


class Channel(Protocol):
    """Whose operations they are."""

    ch: str
    slot: Slot
    person: Person
    ledger: Ledger
    frame: Frame | None
    desk: Desk

    @property
    def rows(self) -> ViewState | None:
        """The view in force."""

    def check_view(self, request: m.Submit) -> None:
        """Refuses an operation about a view that is not in force."""

    def send(self, message: m.Message) -> None:
        """Sends one message."""

    def post(self, frame: str | bytes) -> None:
        """Sends one message that is encoded already."""

    def fail(self, number: int | None, error: Exception) -> None:
        """Tells why there is no answer."""


class Submissions:
    """What a channel is sent to be applied, and what waits because running code is in pandas."""

    def __init__(self, channel: Channel, edits: Crew) -> None:
        self._channel = channel
        self._edits = edits
        self._backlog: deque[m.Submit] = deque()
        self._held: list[m.Message] | None = None

    def clear(self) -> None:
        """Forgets what waits."""
        self._backlog.clear()

    def tell(self, messages: Iterable[m.Message]) -> None:
        """Tells news: at once, or after the answer to the operation that made them."""
        for message in messages:
            if self._held is None:
                self._channel.send(message)
            else:
                self._held.append(message)

    def take(self, frame: Frame, request: m.Submit) -> None:
        """Applies an operation now, or when those before it are applied."""
        with frame.lock:
            if not self._backlog:
                try:
                    self._answer(frame, request, PATIENCE)
                    return
                except Occupied:
                    self._edits.put(Job(lambda _job: self._work_off(frame)))
            self._backlog.append(request)

    def _work_off(self, frame: Frame) -> Generator[None]:
        """Applies in turn the operations that wait for running code to leave pandas."""
        while True:
            with frame.lock:
                if not self._backlog or self._channel.frame is not frame:
                    return
                pause = 0.0
                try:
                    self._answer(frame, self._backlog[0], GLANCE)
                    self._backlog.popleft()
                except Occupied:
                    pause = BETWEEN_GLANCES
                except TabweaveError as error:
                    self._backlog.popleft()
                    self._channel.fail(None, error)
            time.sleep(pause)
            yield

    def _answer(self, frame: Frame, request: m.Submit, patience: float) -> None:
        channel = self._channel
        answer = channel.ledger.repeated(request.seq)
        if answer is not None:
            channel.post(answer)
            return
        self._held = []
        try:
            answer = wire.encode(self._apply(frame, request, patience))
            channel.ledger.close(request.seq, answer)
            channel.post(answer)
        finally:
            held, self._held = self._held, None
        for message in held:
            channel.send(message)

    def _apply(self, frame: Frame, request: m.Submit, patience: float) -> m.Ack | m.Nack:
        """The answer to an operation that is next in turn."""
        channel, ch = self._channel, self._channel.ch
        try:
            channel.check_view(request)
            op, user = channel.desk.operation(request.op), channel.person
            applied = channel.slot.apply(op, user=user, ch=ch, seq=request.seq, view=channel.rows, patience=patience)
        except Occupied:
            raise
        except TabweaveError as error:
            return news.nack(ch, request.seq, error)
        except Exception:
            log.exception("Operation %s failed.", type(request.op).__name__)
            return news.broken(ch, request.seq)
        return news.ack(ch, request.seq, frame, channel.person, applied)
