"""A follower's session talked to by hand: what it says, what it is told, what its owner hears."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
from tabweave_core.engine.dtypes import CHOICES, parse
from tabweave_core.protocol import messages as m
from tabweave_core.protocol.ops import Block, SetCells
from tabweave_core.protocol.schema import Change, Person, Schema
from tabweave_core.replica.client import Client, Step
from tabweave_core.replica.events import Event

ANN = Person(id="ann", name="Ann")
BO = Person(id="bo", name="Bo")
CH = "c" * 32
SCHEMA = Schema(columns=[parse("int64").column(0, "n"), parse("string").column(1, "name")], dtypes=CHOICES)


def rows(rids: list[int], **columns: list[Any]) -> pa.Table:
    """Rows of a snapshot or a delta: `c0`, `c1` are the columns with these ids."""
    kinds = {"0": pa.int64(), "1": pa.string()}
    named = {name.removeprefix("c"): values for name, values in columns.items()}
    return pa.table({"_rid": pa.array(rids, pa.int64()), **{cid: pa.array(values, kinds[cid]) for cid, values in named.items()}})


def setting(rid: int, value: object) -> SetCells:
    """Writes a cell of column 0."""
    return SetCells(blocks=[Block(columns=[0], values=[[value]], rows=[rid])], input="value")  # type: ignore[list-item]


class Talk:
    """One session; `said` are the messages of the last input, `heard` its events. `now` is the session's time."""

    def __init__(self, *, holds: int | None = None) -> None:
        self.client = Client("table/sales", CH, holds=holds)
        self.now = 0.0
        self.said: list[Any] = []
        self.heard: list[Event] = []

    def _keep(self, step: Step) -> Talk:
        self.said, self.heard = step.messages, step.events
        return self

    def connect(self) -> Talk:
        return self._keep(self.client.connect())

    def tell(self, message: m.Message, data: pa.Table | None = None) -> Talk:
        return self._keep(self.client.receive(message, data, self.now))

    def tick(self) -> Talk:
        return self._keep(self.client.tick(self.now))

    def submit(self, op: SetCells) -> int:
        ticket, step = self.client.submit(op)
        self._keep(step)
        return ticket

    def welcome(self, rev: int = 0, *, epoch: str = "e", last_seq: int = 0, **more: Any) -> Talk:
        return self.tell(
            m.Welcome(ch=CH, epoch=epoch, rev=rev, name="sales", rows=2, schema=SCHEMA, user=ANN, last_seq=last_seq, **more)
        )

    def snapshot(self, rev: int, *, part: int = 0, parts: int = 1) -> Talk:
        number = self.asked()
        data = rows([part], c0=[part], c1=["a"]) if parts > 1 else rows([0, 1], c0=[1, 2], c1=["a", "b"])
        self._number = number
        return self.tell(m.Snapshot(ch=CH, re=number, rev=rev, part=part, parts=parts, schema=SCHEMA, runs=[0, 2]), data)

    def asked(self) -> int:
        """The number of the last question for a snapshot."""
        found = [message.id for message in self.said if isinstance(message, m.AskSnapshot)]
        return found[-1] if found else self._number

    def live(self, rev: int = 0) -> Talk:
        """Connected and up to date."""
        return self.connect().welcome(rev).snapshot(rev)

    def delta(self, since: int, rev: int, data: pa.Table | None = None, *, by: Person = BO, seq: int = 0) -> Talk:
        changes = [Change(rev=each, time=0, user=by, kind="set_cells", summary="") for each in range(since + 1, rev + 1)]
        return self.tell(m.Delta(ch=CH, since=since, rev=rev, changes=changes, seq=seq), data)

    def ack(self, seq: int, rev: int, **more: Any) -> Talk:
        return self.tell(m.Ack(ch=CH, seq=seq, rev=rev, **more))

    def nack(self, seq: int, code: str = "TYPE") -> Talk:
        return self.tell(m.Nack(ch=CH, seq=seq, code=code, message="No."))

    def sent(self) -> list[int]:
        """The numbers of the operations in the last messages."""
        return [message.seq for message in self.said if isinstance(message, m.Submit)]

    def kinds(self) -> list[str]:
        """The events of the last input, by type."""
        return [type(event).__name__ for event in self.heard]
