"""The follower replays the recorded conversations that the browser's client replays too (labextension, traces.test.ts).

Each step has events, what the client sends because of them, and the operations that end by them. Only what is about
operations is compared, and only the fields that are written down. A page is told of a change by `patch`, a follower by
`delta`; a follower asks for the table, and gets it at once.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pytest
from tabweave_core.protocol import messages as m
from tabweave_core.protocol.ops import Condition, Op
from tabweave_core.protocol.schema import Column, Person, Schema
from tabweave_core.replica.client import Client, Step
from tabweave_core.replica.events import Abandoned, Answered

TRACES = sorted(Path(__file__).with_name("traces").glob("*.json"))
CH = "c" * 32
ANN = Person(id="ann", name="Ann")
SCHEMA = Schema(columns=[Column(id=0, name="qty", kind="integer", dtype="int64")], dtypes=[])
WELCOME = {
    "name": "sales",
    "rows": 4,
    "schema": msgspec.to_builtins(SCHEMA),
    "user": {"id": "ann", "name": "Ann"},
    "role": "editor",
}
WHOLE = pa.table({"_rid": pa.array(range(4), pa.int64()), "0": pa.array(range(4), pa.int64())})


class Replay:
    """A follower's session, and the world around it as a trace tells it."""

    def __init__(self) -> None:
        self.client = Client("table/sales", CH)
        self.now = 1000.0
        self.rev = 0
        self.sent: list[dict[str, Any]] = []
        self.ended: dict[str, dict[str, Any]] = {}
        self.tickets: dict[int, str] = {}

    def play(self, step: dict[str, Any]) -> None:
        """Lets the events of a step happen and compares what comes of them."""
        self.sent.clear()
        self.ended.clear()
        for event in step["events"]:
            self.happen(event)
        expected = [one for each in step["sent"] for one in spread(each)]
        assert [pick(said, one) for said, one in zip(self.sent, expected, strict=False)] == expected
        assert len(self.sent) == len(expected), self.sent
        ends = step.get("ends", {})
        assert {ticket: pick(self.ended.get(ticket, {}), end) for ticket, end in ends.items()} == ends
        assert self.ended.keys() == ends.keys()
        assert self.client.unsaved == step.get("unsaved", self.client.unsaved)

    def happen(self, event: dict[str, Any]) -> None:
        """One event."""
        match event:
            case {"open": True}:
                self.take(self.client.connect())
            case {"open": False}:
                self.client.disconnect()
            case {"submit": name, "op": op}:
                condition = msgspec.convert(event["if"], Condition) if "if" in event else None
                for _ in range(event.get("times", 1)):
                    ticket, step = self.client.submit(msgspec.convert(op, Op), condition)
                    self.tickets[ticket] = "" if "times" in event else name
                    self.take(step)
            case {"hear": {"type": "welcome", "rev": rev} as told}:
                self.rev = rev
                self.hear(WELCOME | told)
            case {"hear": told}:
                self.hear(told)
            case {"change": [since, rev]}:
                self.rev = rev
                self.hear({"type": "delta", "since": since, "rev": rev})
            case {"wait": seconds}:
                until = self.now + seconds
                while self.client.retry_at is not None and self.client.retry_at <= until:
                    self.now = max(self.now, self.client.retry_at)
                    self.take(self.client.tick(self.now))
                self.now = until

    def hear(self, told: dict[str, Any]) -> None:
        """A message arrives."""
        self.take(self.client.receive(msgspec.convert({"ch": CH, **told}, m.Answer), None, self.now))

    def take(self, step: Step) -> None:
        """Notes what is sent and what ends; asked for the table, the world answers."""
        for event in step.events:
            if isinstance(event, Answered) and self.tickets[event.ticket]:
                self.ended[self.tickets[event.ticket]] = end(event.answer)
            elif isinstance(event, Abandoned):
                self.ended |= {self.tickets[ticket]: {"ok": False} for ticket in event.tickets}
        for message in step.messages:
            if isinstance(message, m.Hello | m.Submit | m.Bye):
                self.sent.append(msgspec.to_builtins(message))
            elif isinstance(message, m.AskSnapshot):
                snapshot = m.Snapshot(ch=CH, re=message.id, rev=self.rev, part=0, parts=1, schema=SCHEMA, runs=[0, 4])
                self.take(self.client.receive(snapshot, WHOLE, self.now))


def end(answer: m.Ack | m.Nack) -> dict[str, Any]:
    """How an operation ended, in the words of the traces."""
    return {"ok": True, "rev": answer.rev} if isinstance(answer, m.Ack) else {"ok": False, "code": answer.code}


def spread(sent: dict[str, Any]) -> list[dict[str, Any]]:
    """`seqs` stands for operations of all these numbers."""
    if "seqs" not in sent:
        return [sent]
    first, last = sent["seqs"]
    return [{"type": sent["type"], "seq": seq} for seq in range(first, last + 1)]


def pick(found: dict[str, Any], like: dict[str, Any]) -> dict[str, Any]:
    """The fields of a message that are written down; what a message leaves out is its default."""
    return {name: found.get(name, 0 if name == "last_seq" else None) for name in like}


@pytest.mark.parametrize("trace", TRACES, ids=lambda path: path.stem)
def test_a_recorded_conversation_goes_as_it_is_written_down(trace: Path) -> None:
    replay = Replay()
    for step in json.loads(trace.read_text(encoding="utf-8"))["steps"]:
        replay.play(step)


def test_there_are_traces() -> None:
    assert len(TRACES) > 8
