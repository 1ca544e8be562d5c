"""One client's session with a shared table that it holds whole: a state machine, fed with what arrives.

It numbers operations 1, 2, 3 … and keeps each, under its number, until it is answered; after a lost connection it says hello
again with the revision it holds and sends once more what is unanswered. It lets no change of the table be missed: one that
does not follow on what is held makes it say hello again. It holds no data; its owner applies the events in order. Time is
given to it. It must not know carriers, threads, DataFrames or how anything is shown.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import pyarrow as pa

from ..protocol import messages as m
from .events import Abandoned, Advanced, Answered, Event, Failed, Joined, Stopped, Welcomed, Whole
from .memory import Memory

if TYPE_CHECKING:
    from ..protocol.ops import Condition, Op
    from ..protocol.schema import Peer, Person, Place, Role, Schema

IN_FLIGHT = 64
"""At most so many operations are sent and unanswered."""
_AGAIN = frozenset({"BUSY", "OFFLINE"})
"""Refusals of the moment: the operation's number is still free, and it is sent again."""
_FIRST_WAIT = 0.1
_LONGEST_WAIT = 5.0

State = Literal["away", "greeting", "loading", "live", "stopped"]


@dataclass
class Pending:
    """An operation that is not answered yet. `seq` may become another when the session forgot this client."""

    ticket: int
    seq: int
    op: Op
    condition: Condition | None
    sent: bool = False


@dataclass
class Step:
    """What one input leads to: messages to send, in order, and events for the owner."""

    messages: list[m.Message] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)


class Client:
    """The session of one follower. Every input gives a `Step`.

    With `holds` the owner has the table as it was at that revision already (it has just created it).
    """

    def __init__(self, table: str, ch: str, *, holds: int | None = None) -> None:
        self.table = table
        self.ch = ch
        self.state: State = "away"
        self.epoch: str | None = None
        self.rev: int | None = None
        """The revision that the owner holds after all events so far; None without a base."""
        self.schema: Schema | None = None
        self.user: Person | None = None
        self.role: Role | None = None
        self.read_only = ""
        self.can_undo = False
        self.can_redo = False
        self.peers: list[Peer] = []
        self.trouble = ""
        """Why the session puts us off, as long as it does."""
        self._holds = holds
        self._pending: dict[int, Pending] = {}
        self._numbered = 0
        self._tickets = 0
        self._ids = 0
        self._asked: int | None = None
        self._anew = False
        self._parts: list[tuple[m.Snapshot, pa.Table]] = []
        self._early: list[tuple[m.Delta, pa.Table | None]] = []
        self._memory = Memory()
        self._retry_at: float | None = None
        self._wait = _FIRST_WAIT

    @property
    def unsaved(self) -> int:
        """How many operations are not answered."""
        return len(self._pending)

    @property
    def retry_at(self) -> float | None:
        """When `tick` has something to do, if nothing else happens."""
        return self._retry_at

    def pending(self) -> list[Pending]:
        """The operations that are not answered, in order."""
        return list(self._pending.values())

    def made(self, rev: int) -> bool:
        """Whether one of the newest revisions is this client's own doing."""
        return self._memory.made(rev)

    # The carrier

    def connect(self) -> Step:
        """The carrier is there: says hello."""
        step = Step()
        if self.state != "stopped":
            self._greet(step)
        return step

    def disconnect(self) -> None:
        """The carrier is gone, and what was under way with it."""
        if self.state != "stopped":
            self.state = "away"
        self.peers = []
        self._forget_answers()

    def leave(self) -> Step:
        """Ends the conversation for good."""
        met = self.state not in ("away", "stopped")
        self.state = "stopped"
        return Step([m.Bye(ch=self.ch)] if met else [])

    def tick(self, now: float) -> Step:
        """Does what was put off until now."""
        step = Step()
        if self._retry_at is not None and now >= self._retry_at:
            self._retry_at = None
            if self.state in ("live", "loading"):
                self._flush(step)
            elif self.state == "greeting":
                self._greet(step)
        return step

    # What the owner asks

    def submit(self, op: Op, condition: Condition | None = None) -> tuple[int, Step]:
        """Numbers an operation and sends it as soon as may be; its ticket comes back with the answer."""
        self._tickets += 1
        self._numbered += 1
        self._pending[self._numbered] = Pending(self._tickets, self._numbered, op, condition)
        step = Step()
        self._flush(step)
        return self._tickets, step

    def reload(self) -> Step:
        """Asks for the whole table anew, now or when the session is there again; `Whole` comes of it."""
        step = Step()
        self._anew = True
        if self.state == "live":
            self._load(step)
        return step

    def place(self, place: Place | None) -> Step:
        """Says where the user is."""
        return Step([m.Here(ch=self.ch, place=place)] if self.state == "live" else [])

    # What arrives

    def receive(self, message: m.Message, rows: pa.Table | None, now: float) -> Step:
        """Takes in a message of the session, with the rows of its Arrow stream."""
        step = Step()
        if self.state in ("away", "stopped"):
            return step
        match message:
            case m.Welcome():
                self._welcome(message, step)
            case m.Ack() | m.Nack():
                self._answer(message, step, now)
            case m.Delta():
                self._delta(message, rows, step, now)
            case m.Snapshot() if rows is not None:
                self._snapshot(message, rows, step, now)
            case m.Reset():
                self._forget_base()
                self._greet(step)
            case m.Gone():
                self._gone(message, step, now)
            case m.Present():
                self.peers = message.peers
                step.events.append(Joined(message.peers))
            case m.Error():
                self._error(message, step, now)
        return step

    def _greet(self, step: Step) -> None:
        self.state = "greeting"
        self._forget_answers()
        step.messages.append(
            m.Hello(
                ch=self.ch,
                proto=m.PROTOCOL,
                table=self.table,
                last_seq=self._numbered,
                epoch=self.epoch if self.rev is not None else None,
                last_rev=self.rev,
                follow=True,
            )
        )

    def _forget_answers(self) -> None:
        self._asked, self._parts, self._early = None, [], []
        for pending in self._pending.values():
            pending.sent = False

    def _forget_base(self) -> None:
        self.rev = None
        self._holds = None

    def _welcome(self, message: m.Welcome, step: Step) -> None:
        if self.state != "greeting":
            return
        if self.epoch is not None and message.epoch != self.epoch:
            self._begin_anew(step)
        self.user, self.role, self.read_only = message.user, message.role, message.read_only
        self.can_undo, self.can_redo = message.can_undo, message.can_redo
        self._retry_at, self._wait, self.trouble = None, _FIRST_WAIT, ""
        if self._anew:
            self._forget_base()
        if self.rev is None and self._holds == message.rev:
            self.rev = message.rev
        self._holds = None
        if self.epoch != message.epoch:
            self.epoch = message.epoch
        self._match_numbers(message.last_seq)
        held = self.rev is not None
        if held and self.schema is None:
            self.schema = message.schema
        self.state = "live"
        step.events.append(Welcomed(message, held))
        if not held:
            self._load(step)
        self._flush(step)

    def _begin_anew(self, step: Step) -> None:
        """The table is another one of the same name: nothing that was meant for the first may reach it."""
        self._forget_base()
        self._memory.clear()
        tickets = [pending.ticket for pending in self._pending.values()]
        self._numbered -= len(tickets)
        self._pending.clear()
        if tickets:
            step.events.append(Abandoned(tickets, "The table was dropped, and made anew by somebody."))

    def _match_numbers(self, last_seq: int) -> None:
        """Numbers what is unanswered on from what the session has seen, if it has forgotten or never heard of this client."""
        answered = self._numbered - len(self._pending)
        if answered <= last_seq <= self._numbered:
            return
        waiting = list(self._pending.values())
        self._pending = {}
        self._numbered = last_seq
        for pending in waiting:
            self._numbered += 1
            pending.seq = self._numbered
            self._pending[self._numbered] = pending

    def _flush(self, step: Step) -> None:
        """Sends what may be sent: in order, and so many that at most 64 are unanswered."""
        if self.state not in ("live", "loading") or self._retry_at is not None:
            return
        for _, pending in zip(range(IN_FLIGHT), self._pending.values(), strict=False):
            if not pending.sent:
                pending.sent = True
                message = m.Submit(
                    ch=self.ch, seq=pending.seq, base_rev=self.rev or 0, op=pending.op, condition=pending.condition
                )
                step.messages.append(message)

    def _answer(self, answer: m.Ack | m.Nack, step: Step, now: float) -> None:
        pending = self._pending.get(answer.seq)
        if pending is None or not pending.sent:
            return
        if isinstance(answer, m.Nack) and answer.code in _AGAIN:
            self._put_off(now)
            return
        if isinstance(answer, m.Nack) and answer.code == "BAD_SEQ":
            self._greet_later(now)
            return
        self._wait = _FIRST_WAIT
        del self._pending[answer.seq]
        if isinstance(answer, m.Ack):
            self.can_undo, self.can_redo = answer.can_undo, answer.can_redo
            self._memory.wrote(pending.op, answer, now)
        step.events.append(Answered(pending.ticket, pending.op, answer))
        self._flush(step)
        self._catch_up(step, now)

    def _put_off(self, now: float) -> None:
        """Sends everything unanswered again, a little later."""
        for pending in self._pending.values():
            pending.sent = False
        self._retry_at = now + self._wait
        self._wait = min(2 * self._wait, _LONGEST_WAIT)

    def _greet_later(self, now: float) -> None:
        self.state = "greeting"
        self._forget_answers()
        self._put_off(now)

    # The table

    def _load(self, step: Step) -> None:
        self._ids += 1
        self._asked, self._parts = self._ids, []
        if self.rev is None:
            self.state = "loading"
        step.messages.append(m.AskSnapshot(ch=self.ch, id=self._ids))

    def _snapshot(self, message: m.Snapshot, rows: pa.Table, step: Step, now: float) -> None:
        if message.re != self._asked:
            return
        if message.part != len(self._parts) or (self._parts and self._parts[0][0].rev != message.rev):
            self._load(step)
            return
        self._parts.append((message, rows))
        if len(self._parts) < message.parts:
            return
        first = self._parts[0][0]
        whole = pa.concat_tables([part for _, part in self._parts], promote_options="permissive")
        self._asked, self._parts, self._anew = None, [], False
        self.state, self.rev, self.schema = "live", first.rev, first.schema
        step.events.append(Whole(first.rev, first.schema, first.runs, whole))
        self._catch_up(step, now)

    def _delta(self, message: m.Delta, rows: pa.Table | None, step: Step, now: float) -> None:
        if self.state not in ("live", "loading"):
            return
        self._early.append((message, rows))
        self._catch_up(step, now)

    def _catch_up(self, step: Step, now: float) -> None:
        """Gives on the changes that follow on what is held; one with own operations waits until they are answered."""
        while self._early and self.rev is not None and self.state == "live":
            delta, rows = self._early[0]
            if delta.seq > self._numbered - len(self._pending):
                return
            del self._early[0]
            if delta.rev <= self.rev:
                continue
            if delta.since > self.rev:
                self._greet(step)
                return
            self.rev = delta.rev
            if delta.schema is not None:
                self.schema = delta.schema
            self.can_undo, self.can_redo = delta.can_undo, delta.can_redo
            step.events.append(Advanced(delta, rows))
            if self.schema is not None:
                step.events += self._memory.lost(delta, rows, self.schema, now)

    # Trouble

    def _gone(self, message: m.Gone, step: Step, now: float) -> None:
        if message.reason == "offline" or self.state != "greeting":
            self._greet_later(now)
            return
        self._stop("NO_TABLE", message.message, step)

    def _error(self, message: m.Error, step: Step, now: float) -> None:
        if message.code == "BAD_SEQ":
            self._greet_later(now)
        elif message.code in _AGAIN:
            self.trouble = f"{message.message} {message.hint}".strip()
            self._put_off(now)
        elif message.re is not None and message.re == self._asked:
            self._asked, self._parts = None, []
            step.events.append(Failed(message))
            if self.rev is None:
                self._stop(message.code, message.message, step, message.hint)
        elif self.state == "greeting":
            self._stop(message.code, message.message, step, message.hint)
        else:
            step.events.append(Failed(message))

    def _stop(self, code: str, message: str, step: Step, hint: str = "") -> None:
        self.state = "stopped"
        tickets = [pending.ticket for pending in self._pending.values()]
        self._pending.clear()
        if tickets:
            step.events.append(Abandoned(tickets, message))
        step.events.append(Stopped(code, message, hint))
