"""Clients that write to a shared table of a real server as fast as they may, and come back when it was gone.

Each runs the session that a notebook runs, over a socket of its own in a thread of its own. Every edit writes a text that is
written nowhere else, so that an edit done twice or lost shows in the log.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from random import Random

import pyarrow as pa
import websocket
from identities import as_
from pages import Page, channel
from pages import receive as receive_frame
from servers import Server
from tabweave_core.protocol import messages as m
from tabweave_core.protocol import wire
from tabweave_core.protocol.ops import Block, DeleteRows, InsertRows, Op, Rows, SetCells, Undo
from tabweave_core.replica.client import Client, Step
from tabweave_core.replica.events import Abandoned, Advanced, Answered, Failed, Stopped, Whole

NAME = "load"
UNSAVED = 16
_BROKEN = (websocket.WebSocketException, OSError)


class Writer:
    """One client of a person. `answers` has the answer to each of its operations by number, `said` what each of them was."""

    def __init__(self, server: Server, person: str, seed: int) -> None:
        self.server, self.person = server, person
        self.client = Client(f"table/{NAME}", channel())
        self.chance = Random(seed)
        self.tickets: dict[int, Op] = {}
        self.answers: list[tuple[Op, m.Ack | m.Nack]] = []
        self.rows = 0
        self.failures: list[object] = []
        self.told: list[str] = []
        """How it came by the table, whole or by what has changed, in turn."""
        self.writing = True
        self.deaf = False
        """Whether it hears nothing for the time being."""
        self.ending = threading.Event()
        self._dropped = False
        self._page: Page | None = None
        self._thread = threading.Thread(target=self._run)

    @property
    def name(self) -> str:
        """Its name in the store."""
        return f"{self.person}/{self.client.ch}"

    def start(self) -> None:
        self._thread.start()

    def end(self) -> None:
        """Ends it once nothing is unsaved."""
        self.writing = False
        self.ending.set()
        self._thread.join(60)
        assert not self._thread.is_alive(), f"{self.name} still has {self.client.unsaved} unsaved"

    def drop(self) -> None:
        """Ends it with whatever is unsaved, if it has not ended."""
        self._dropped = True
        self._thread.join(60)

    def _is_done(self) -> bool:
        return self._dropped or (self.ending.is_set() and not self.client.unsaved)

    @contextlib.contextmanager
    def visit(self) -> Iterator[None]:
        """It is there for a while, then away."""
        self.ending.clear()
        self._thread = threading.Thread(target=self._run)
        self.start()
        yield
        self.end()

    def _run(self) -> None:
        while not self._is_done():
            with contextlib.suppress(*_BROKEN):
                self._page = Page(self.server, headers=as_(self.person))
                with self._page:
                    self._do(self.client.connect())
                    self._talk(self._page)
            self.client.disconnect()
            self.ending.wait(0.02)

    def _talk(self, page: Page) -> None:
        while not self._is_done():
            while self.writing and self.client.state == "live" and self.client.unsaved < UNSAVED:
                op = self._draw()
                ticket, step = self.client.submit(op)
                self.tickets[ticket] = op
                self._do(step)
            if self.deaf:
                self.ending.wait(0.02)
                page.socket.ping()
                continue
            try:
                frame = receive_frame(page.socket, 0.05)
            except websocket.WebSocketTimeoutException:
                self._do(self.client.tick(time.monotonic()))
                continue
            message, arrow = wire.decode_answer(frame)
            rows = None if arrow is None else pa.ipc.open_stream(arrow).read_all()
            self._do(self.client.receive(message, rows, time.monotonic()))
            self._do(self.client.tick(time.monotonic()))

    def _do(self, step: Step) -> None:
        for event in step.events:
            match event:
                case Whole(rows=rows):
                    self.rows = rows.num_rows
                    self.told.append("snapshot")
                case Advanced():
                    self.told.append("delta")
                case Answered(ticket=ticket, op=op, answer=answer):
                    del self.tickets[ticket]
                    self.answers.append((op, answer))
                case Abandoned() | Stopped() | Failed():
                    self.failures.append(event)
        for message in step.messages:
            assert self._page is not None
            self._page.socket.send(wire.encode(message))

    def _draw(self) -> Op:
        kind = self.chance.random()
        rid = self.chance.randrange(self.rows)
        text = f"{self.person} {self.chance.getrandbits(64):x}"
        if kind < 0.88:
            return SetCells(blocks=[Block(columns=[0], rows=[rid], values=[[text]])], input="value")
        if kind < 0.92:
            return InsertRows(count=1, before=rid, columns=[0], values=[[text]])
        return DeleteRows(rows=Rows(ids=[rid])) if kind < 0.95 else Undo()


def text_of(op: Op) -> str | None:
    """The text that only this edit writes."""
    match op:
        case SetCells(blocks=[block]):
            return str(block.values[0][0])
        case InsertRows(values=[[text]]):
            return str(text)
    return None
