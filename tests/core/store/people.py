"""Two people, and clients of a store who count their operations."""

from __future__ import annotations

import itertools
from pathlib import Path

from tabweave_core.engine.store import Store
from tabweave_core.protocol.messages import Ack, Nack
from tabweave_core.protocol.ops import Block, Condition, Op, Rows, SetCells
from tabweave_core.protocol.schema import Person, View

ANN = Person(id="ann", name="Ann")
BO = Person(id="bo", name="Bo")


def open_store(path: Path | None) -> Store:
    ticks = itertools.count(1_800_000_000)
    draws = itertools.count(1)
    return Store.open(path, clock=lambda: next(ticks) / 1000, draw=lambda: f"epoch{next(draws)}")


class Client:
    """Numbers operations 1, 2, 3 … and waits for each answer."""

    def __init__(self, store: Store, user: Person, table: str = "sales") -> None:
        self.store = store
        self.user = user
        self.table = table
        self.id = f"client of {user.id}"
        self.seq = 0

    def do(self, op: Op, condition: Condition | None = None) -> Ack | Nack:
        self.seq += 1
        future = self.store.submit(self.table, op, user=self.user, client=self.id, seq=self.seq, condition=condition)
        return future.result(30)

    def ok(self, op: Op, condition: Condition | None = None) -> Ack:
        answer = self.do(op, condition)
        assert isinstance(answer, Ack), answer
        return answer

    def refused(self, op: Op, condition: Condition | None = None) -> Nack:
        before = self.store.table(self.table).head
        answer = self.do(op, condition)
        assert isinstance(answer, Nack), answer
        assert self.store.table(self.table).head == before
        return answer

    def put(self, column: int, row: int, text: object, condition: Condition | None = None) -> Ack:
        return self.ok(typed(column, row, text), condition)


def typed(column: int, row: int, text: object) -> SetCells:
    return SetCells(blocks=[Block(columns=[column], rows=[row], values=[[text]])])


def rows(*rids: int) -> Rows:
    return Rows(ids=list(rids))


def shown(store: Store, *columns: int, table: str = "sales", view: View | None = None) -> list[tuple[object, ...]]:
    """The rows of a view as tuples, each beginning with its row id."""
    _, window = store.window(table, view or View(), 0, 1_000_000, list(columns))
    return list(zip(*window.to_pydict().values(), strict=True))
