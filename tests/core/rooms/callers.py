"""Clients of a hall that collect what they are told, and wait for it."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from typing import Any, TypeVar

import pyarrow as pa
from tabweave_core.protocol import messages as m
from tabweave_core.protocol import wire
from tabweave_core.protocol.ops import Block, Condition, Op, SetCells
from tabweave_core.protocol.schema import Person, View
from tabweave_core.rooms.hall import Hall

Kind = TypeVar("Kind", bound=m.Message)
PATIENCE = 20.0
_channels = itertools.count(1)


class Caller:
    """One channel of a user. `told` has every message in order, each with its Arrow rows or None."""

    def __init__(self, hall: Hall, user: Person, table: str = "sales", *, ch: str = "", kernel: bool = False) -> None:
        self.hall = hall
        self.user = user
        self.table = table
        self.ch = ch or f"{next(_channels):032x}"
        self.kernel = kernel
        self.seq = 0
        self.ids = itertools.count(1)
        self.told: list[tuple[m.Message, pa.Table | None]] = []
        self.watchers: list[Callable[[m.Message], object]] = []
        self.changed = threading.Condition()

    def hear(self, frame: str | bytes) -> None:
        message, arrow = wire.decode_answer(frame)
        rows = None if arrow is None else pa.ipc.open_stream(arrow).read_all()
        for watcher in self.watchers:
            watcher(message)
        with self.changed:
            self.told.append((message, rows))
            self.changed.notify_all()

    def say(self, message: m.Message) -> None:
        self.hall.receive(wire.encode(message), self.hear, self.user, kernel=self.kernel)

    def wait(self, ready: Callable[[], Any]) -> Any:
        """What `ready` gives once it gives something true."""
        with self.changed:
            assert self.changed.wait_for(ready, PATIENCE), f"{self.user.name} waited in vain; told: {self.told[-5:]}"
            return ready()

    def all(self, kind: type[Kind]) -> list[Kind]:
        return [message for message, _ in list(self.told) if isinstance(message, kind)]

    def next(self, kind: type[Kind], after: int) -> Kind:
        """The first message of a kind after so many of it."""
        self.wait(lambda: len(self.all(kind)) > after)
        return self.all(kind)[after]

    def open(self, **more: Any) -> m.Welcome:
        before = len(self.all(m.Welcome))
        self.say(m.Hello(ch=self.ch, proto=m.PROTOCOL, table=f"table/{self.table}", **more))
        return self.next(m.Welcome, before)

    def look(self, *columns: int) -> m.Welcome:
        """Opens the table and reads all cells of some columns."""
        welcome = self.open()
        self.fetch(0, 1000, *columns)
        return welcome

    def answer_to(self, number: int) -> tuple[m.Message, pa.Table | None]:
        def find() -> tuple[m.Message, pa.Table | None] | None:
            return next((each for each in self.told if getattr(each[0], "re", None) == number), None)

        found: tuple[m.Message, pa.Table | None] = self.wait(find)
        return found

    def sub(self, view: View) -> m.Subbed:
        number = next(self.ids)
        self.say(m.Sub(ch=self.ch, id=number, view=view))
        answer = self.answer_to(number)[0]
        assert isinstance(answer, m.Subbed), answer
        return answer

    def fetch(self, start: int, stop: int, *columns: int) -> tuple[m.Window, dict[str, list[Any]]]:
        number = next(self.ids)
        self.say(m.Fetch(ch=self.ch, id=number, start=start, stop=stop, columns=list(columns)))
        answer, rows = self.answer_to(number)
        assert isinstance(answer, m.Window), answer
        assert rows is not None
        return answer, rows.to_pydict()

    def submit(self, op: Op, *, base_rev: int = 0, view: int | None = None, condition: Condition | None = None) -> int:
        """Sends the next operation; its number."""
        self.seq += 1
        self.say(m.Submit(ch=self.ch, seq=self.seq, base_rev=base_rev, op=op, view=view, condition=condition))
        return self.seq

    def outcome(self, seq: int, after: int = 0) -> m.Ack | m.Nack:
        """The answer to an operation, or another one after so many of them."""
        found: list[m.Ack | m.Nack] = self.wait(lambda: self.answers(seq)[after:])
        return found[0]

    def answers(self, seq: int) -> list[m.Ack | m.Nack]:
        return [message for message, _ in list(self.told) if isinstance(message, m.Ack | m.Nack) and message.seq == seq]

    def do(self, op: Op, **more: Any) -> m.Ack | m.Nack:
        return self.outcome(self.submit(op, **more))

    def ok(self, op: Op, **more: Any) -> m.Ack:
        answer = self.do(op, **more)
        assert isinstance(answer, m.Ack), answer
        return answer

    def refused(self, op: Op, **more: Any) -> m.Nack:
        answer = self.do(op, **more)
        assert isinstance(answer, m.Nack), answer
        return answer

    def patched(self, rev: int) -> list[m.Patch]:
        """All patches, once one reaches a revision."""
        self.wait(lambda: any(patch.rev >= rev for patch in self.all(m.Patch)))
        return self.all(m.Patch)


def typed(column: int, row: int, text: object) -> SetCells:
    return SetCells(blocks=[Block(columns=[column], rows=[row], values=[[text]])])
