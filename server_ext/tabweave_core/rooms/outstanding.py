"""The operations of a member that have no answer yet: handed to the store in order, answered when they are committed.

It must not know views, news or other members.
"""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future
from typing import TYPE_CHECKING, NoReturn

import msgspec

from ..errors import BadMessage, Refused, Unavailable
from ..protocol import messages as m
from .intents import Intents

if TYPE_CHECKING:
    from ..engine.draft import Draft
    from ..engine.writer import Answer
    from .intents import Prepare
    from .member import Member
    from .sight import Sight

_LATER = "Send it again in a moment."


class Outstanding:
    """All of it happens in the member's turn, except that operations may come in between to be entered."""

    def __init__(self, member: Member, read_only: str) -> None:
        self._member = member
        self._premises = member.room.premises
        self._read_only = read_only
        self._intents = Intents(member.room.name, member.person, self._premises, self._enter)
        self._count = 0
        self._answers: deque[tuple[int, int, Future[Answer]]] = deque()
        self._busy: int | None = None
        """The first operation that was sent back and has not come again."""
        self._round = 0
        """How often operations came again; all that were unanswered came then."""

    def take(self, request: m.Submit, sight: Sight, size: int) -> None:
        """Takes in an operation of so many bytes, or sends it back if too many wait."""
        if self._busy is not None and request.seq <= self._busy:
            self._busy = None
            self._round += 1
        if self._busy is not None or self._count >= self._premises.bounds.unacked:
            self._send_back(request.seq, Unavailable("BUSY", "Too many operations wait for an answer.", hint=_LATER))
            return
        self._count += 1
        self._intents.take(request, sight, size)

    def _enter(self, request: m.Submit, prepare: Prepare, size: int) -> None:
        future: Future[Answer]
        try:
            future = self._premises.store.submit(
                self._member.room.name,
                request.op,
                user=self._member.person,
                client=self._member.client,
                seq=request.seq,
                condition=request.condition,
                prepare=self._forbid if self._read_only else prepare,
                size=size,
            )
        except Unavailable as error:
            future = Future()
            future.set_exception(error)
        sent = self._round
        future.add_done_callback(lambda done: self._answered(request.seq, sent, done))

    def _forbid(self, _draft: Draft) -> NoReturn:
        """Refuses what comes over a channel that may only be read."""
        raise Refused("FORBIDDEN", self._read_only)

    def _answered(self, seq: int, sent: int, done: Future[Answer]) -> None:
        """Puts an answer by; called in the writer's thread before the revision is told to anybody."""
        self._answers.append((seq, sent, done))
        self._premises.dispatcher.answer(self._member.say_answers)

    def say(self, *, heard: bool) -> None:
        """Passes on what became of operations, unless nobody hears it any more."""
        while self._answers:
            seq, sent, done = self._answers.popleft()
            self._count -= 1
            if heard:
                self._say(seq, sent, done)

    def _say(self, seq: int, sent: int, done: Future[Answer]) -> None:
        error = done.exception()
        if error is None:
            answer = done.result()
            if isinstance(answer, m.Ack):
                self._member.feed.hold(answer.cells)
            self._member.post(msgspec.structs.replace(answer, ch=self._member.ch))
        elif isinstance(error, Unavailable):
            self._send_back(seq, error)
        elif isinstance(error, BadMessage) and sent < self._round:
            return  # It followed one that was sent back, and has come again since.
        elif isinstance(error, BadMessage) and self._busy is not None and seq > self._busy:
            self._send_back(seq, Unavailable("BUSY", "An operation before it was sent back.", hint=_LATER))
        elif isinstance(error, Exception):
            self._member.fail(None, error)

    def _send_back(self, seq: int, error: Unavailable) -> None:
        """Refuses an operation for now: its number is still free, and nothing after it is taken before it has come again."""
        self._busy = seq if self._busy is None else min(seq, self._busy)
        self._member.post(m.Nack(ch=self._member.ch, seq=seq, code=error.code, message=error.message, hint=error.hint))
