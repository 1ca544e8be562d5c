"""A notebook that follows the table with the real client session, and holds a copy of it made of what the session tells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
from core.simulation.carrier import Carrier
from core.simulation.judge import TABLE, Broken
from tabweave_core.protocol import messages as m
from tabweave_core.protocol import wire
from tabweave_core.protocol.ops import Condition, Op, SetCells
from tabweave_core.protocol.schema import Person, Schema
from tabweave_core.replica.client import IN_FLIGHT, Client, Step
from tabweave_core.replica.events import Abandoned, Advanced, Answered, Event, Failed, Overwritten, Stopped, Welcomed, Whole

if TYPE_CHECKING:
    from core.simulation.world import World


class Follower:
    """One client of a user. `open_tickets` are the operations whose outcome its owner has not been told."""

    def __init__(self, world: World, user: Person, ch: str) -> None:
        self.world, self.user, self.ch = world, user, ch
        self.name = f"{user.id}/{ch}"
        self.client = Client(f"table/{TABLE}", ch)
        self.carrier: Carrier | None = None
        self.asked = 0
        self.open_tickets: dict[int, int] = {}
        self.outcomes: dict[int, str] = {}
        self.overwritten = 0
        self.wrote: list[int] = []
        self.begin_anew()

    def begin_anew(self) -> None:
        self.rev: int | None = None
        self.schema: Schema | None = None
        self.order: list[int] = []
        self.cells: dict[tuple[int, int], Any] = {}

    @property
    def connected(self) -> bool:
        return self.carrier is not None

    @property
    def columns(self) -> list[int]:
        return [] if self.schema is None else [column.id for column in self.schema.columns]

    # What its user and its machine do

    def connect(self) -> None:
        self.carrier = Carrier(self.world, self.user, self.name, kernel=True)
        self.do(self.client.connect())

    def disconnect(self) -> Carrier | None:
        gone, self.carrier = self.carrier, None
        self.client.disconnect()
        return gone

    def submit(self, op: Op, condition: Condition | None = None) -> None:
        self.asked += 1
        ticket, step = self.client.submit(op, condition)
        self.open_tickets[ticket] = self.asked
        self.do(step)

    def reload(self) -> None:
        """The notebook begins anew with nothing but what is unsaved and the numbers of it; it must be disconnected."""
        self.client, tickets = revived(self.client)
        self.open_tickets = {new: self.open_tickets[old] for old, new in tickets.items()}
        self.begin_anew()

    def tick(self) -> None:
        self.do(self.client.tick(self.world.loop.now))

    # What it hears

    def hear(self, frame: str | bytes) -> None:
        message, arrow = wire.decode_answer(frame)
        rows = None if arrow is None else pa.ipc.open_stream(arrow).read_all()
        self.do(self.client.receive(message, rows, self.world.loop.now))

    def do(self, step: Step) -> None:
        if self.carrier is not None:
            for message in step.messages:
                self.world.note(self.name, "says", message)
                self.carrier.say(wire.encode(message))
        for event in step.events:
            self.learn(event)
        flying = sum(pending.sent for pending in self.client.pending())
        if flying > IN_FLIGHT:
            raise Broken("I12", f"{self.name} has {flying} operations in flight")

    def learn(self, event: Event) -> None:
        match event:
            case Welcomed(held=False):
                self.begin_anew()
            case Whole():
                self.take_over(event)
            case Advanced(delta=delta, rows=rows):
                self.advance(delta, rows)
            case Answered(ticket=ticket, op=op, answer=answer):
                self.outcome([ticket], "saved" if isinstance(answer, m.Ack) else answer.code)
                self.world.judge.outcome(self.name, op, answer)
                if isinstance(op, SetCells) and isinstance(answer, m.Ack) and answer.status == "ok":
                    self.wrote.append(answer.rev)
            case Abandoned(tickets=tickets):
                self.outcome(tickets, "abandoned")
            case Overwritten():
                self.overwritten += 1
            case Stopped():
                self.begin_anew()
            case Failed(error=error) if error.code == "INTERNAL":
                raise Broken("errors", f"{self.name} is told {error}")

    def outcome(self, tickets: list[int], what: str) -> None:
        for ticket in tickets:
            asked = self.open_tickets.pop(ticket, None)
            if asked is None or asked in self.outcomes:
                raise Broken("I2", f"{self.name} is told of ticket {ticket} twice")
            self.outcomes[asked] = what

    def take_over(self, whole: Whole) -> None:
        self.begin_anew()
        self.rev, self.schema = whole.rev, whole.schema
        self.order = ids(whole.runs)
        self.write(whole.rows)
        self.check()

    def advance(self, delta: m.Delta, rows: pa.Table | None) -> None:
        if self.rev is None or not delta.since <= self.rev < delta.rev:
            raise Broken("I9", f"{self.name} holds {self.rev} and is given {delta.since} to {delta.rev}")
        if delta.schema is not None:
            self.schema = delta.schema
        if delta.runs is not None:
            self.order = ids(delta.runs)
        if rows is not None:
            self.write(rows)
        self.rev = delta.rev
        self.check()

    def write(self, rows: pa.Table) -> None:
        values = rows.to_pydict()
        for name, column in values.items():
            if name != "_rid":
                self.cells.update(zip(((int(name), rid) for rid in values["_rid"]), column, strict=True))

    def check(self) -> None:
        assert self.rev is not None
        try:
            shown = [(rid, *(self.cells[cid, rid] for cid in self.columns)) for rid in self.order]
        except KeyError as error:
            raise Broken("I4", f"{self.name} holds no value of {error} at revision {self.rev}") from None
        self.world.judge.compare(self.name, self.rev, self.columns, shown)


def revived(client: Client) -> tuple[Client, dict[int, int]]:
    """A new session with what is kept of an old one through a reload, and which ticket of it is which new one."""
    found = Client(client.table, client.ch)
    found.epoch = client.epoch
    tickets = {}
    for pending in client.pending():
        found._numbered = pending.seq - 1
        tickets[pending.ticket] = found.submit(pending.op, pending.condition)[0]
    found._numbered = client._numbered
    return found, tickets


def ids(runs: list[int]) -> list[int]:
    return [rid for first, count in zip(runs[::2], runs[1::2], strict=True) for rid in range(first, first + count)]
