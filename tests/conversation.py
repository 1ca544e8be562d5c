"""A client of Sessions for tests: speaks encoded frames, and keeps what came back."""

from __future__ import annotations

import io
import threading
import time
from typing import TYPE_CHECKING, Any, TypeVar

import pyarrow as pa
from tabweave.sessions import LOCAL
from tabweave_core.protocol import messages as m
from tabweave_core.protocol import wire
from tabweave_core.protocol.ops import Block, SetCells

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd
    from tabweave.sessions import Sessions
    from tabweave.slot import Slot
    from tabweave_core.protocol.ops import Op
    from tabweave_core.protocol.schema import Filter, Person, Sort

Answer = TypeVar("Answer", bound=m.Message)


class Client:
    """One channel. `inbox` holds every answer in order, with its Arrow data."""

    def __init__(self, sessions: Sessions, slot: Slot, ch: str = "a1", user: Person = LOCAL) -> None:
        self.sessions = sessions
        self.table = f"frame/k/{slot.id}"
        self.ch = ch
        self.user = user
        self.inbox: list[tuple[m.Message, memoryview | None]] = []
        self.seq = 0
        self.rev = 0
        self._arrived = threading.Condition()
        self._id = 0

    def take(self, frame: str | bytes) -> None:
        with self._arrived:
            self.inbox.append(wire.decode_answer(frame))
            self._arrived.notify_all()

    def send(self, message: m.Message) -> None:
        self.sessions.receive(wire.encode(message), self.take, self.user)

    def raw(self, frame: str | bytes) -> m.Message:
        count = len(self.inbox)
        self.sessions.receive(frame, self.take, self.user)
        return self.inbox[count][0]

    def number(self) -> int:
        self._id += 1
        return self._id

    def hello(self, **more: Any) -> m.Welcome:
        self.send(m.Hello(ch=self.ch, proto=m.PROTOCOL, table=self.table, **more))
        found = self.inbox[-1][0]
        assert isinstance(found, m.Welcome), found
        self.rev = found.rev
        return found

    def wait(self, kind: type[Answer], *, since: int = 0, re: int | None = None, seconds: float = 5.0) -> Answer:
        """The first answer of a kind that comes, or has come since the inbox was `since` long."""
        found = self._wait(
            lambda each: isinstance(each, kind) and (re is None or getattr(each, "re", None) == re), since, seconds
        )
        assert isinstance(found, kind), f"no {kind.__name__} among {[type(found).__name__ for found, _ in self.inbox[since:]]}"
        return found

    def _wait(self, wanted: Callable[[m.Message], bool], since: int, seconds: float) -> m.Message | None:
        until = time.monotonic() + seconds
        with self._arrived:
            while True:
                for found, _ in self.inbox[since:]:
                    if wanted(found):
                        return found
                left = until - time.monotonic()
                if left <= 0:
                    return None
                self._arrived.wait(left)

    def all(self, kind: type[Answer], since: int = 0) -> list[Answer]:
        return [found for found, _ in self.inbox[since:] if isinstance(found, kind)]

    def ask(self, kind: type[Answer], message: Any) -> Answer:
        count = len(self.inbox)
        self.send(message)
        return self.wait(kind, since=count, re=message.id)

    def sub(self, sort: list[Sort] | None = None, filter: list[Filter] | None = None, search: str = "") -> m.Subbed:  # noqa: A002
        from tabweave_core.protocol.schema import View

        return self.ask(
            m.Subbed, m.Sub(ch=self.ch, id=self.number(), view=View(sort=sort or [], filter=filter or [], search=search))
        )

    def fetch(self, start: int, stop: int, columns: list[int]) -> pd.DataFrame:
        number = self.number()
        self.send(m.Fetch(ch=self.ch, id=number, start=start, stop=stop, columns=columns))
        arrow = next(arrow for found, arrow in self.inbox if isinstance(found, m.Window) and found.re == number)
        assert arrow is not None
        df: pd.DataFrame = pa.ipc.open_stream(io.BytesIO(arrow)).read_all().to_pandas()
        return df

    def apply(self, op: Op, *, base_rev: int | None = None, view: int | None = None) -> m.Ack | m.Nack:
        """Sends an operation and returns its answer."""
        self.seq += 1
        count = len(self.inbox)
        self.send(m.Submit(ch=self.ch, seq=self.seq, base_rev=self.rev if base_rev is None else base_rev, op=op, view=view))
        found = self._wait(lambda each: isinstance(each, (m.Ack, m.Nack)) and each.seq == self.seq, count, 20.0)
        assert isinstance(found, (m.Ack, m.Nack)), f"operation {self.seq} was not answered"
        if isinstance(found, m.Ack):
            self.rev = found.rev
        return found


def cells(column: int, values: list[Any], rows: list[int]) -> SetCells:
    """An edit of a column's cells by row id."""
    return SetCells(blocks=[Block(columns=[column], values=[values], rows=rows)])
