"""Any sequence of operations by several people on a real file, judged by a plain model (I2, I3, I7, I8, I9)."""

from __future__ import annotations

import os
import tempfile
from concurrent.futures import Future
from pathlib import Path

import hypothesis.strategies as st
import pyarrow as pa
import pytest
from core.store.model import Model
from core.store.people import ANN, Client, open_store, shown
from core.store.replay import Replayed
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from tabweave_core.engine.writer import Answer
from tabweave_core.errors import BadMessage
from tabweave_core.protocol.messages import Ack, Nack
from tabweave_core.protocol.ops import Block, DeleteRows, InsertRows, Op, Redo, Rows, SetCells, Undo
from tabweave_core.protocol.schema import Person, View

START: list[list[int | str | None]] = [[1, "a"], [None, ""]]
USERS = st.sampled_from(["ann", "bo"])
NUMBERS = st.one_of(st.none(), st.integers(0, 3))
TEXTS = st.one_of(st.none(), st.sampled_from(["", "a", "x\0y", "ü"]))


class SharedTable(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name) / "store.duckdb"
        self.store = open_store(self.path)
        data = pa.table({"n": pa.array([row[0] for row in START], pa.int64()), "s": [row[1] for row in START]})
        self.number = self.store.create_table("sales", data, ANN).id
        self.model = Model(START)
        self.clients = {name: Client(self.store, Person(id=name, name=name)) for name in ("ann", "bo")}
        self.answers: dict[str, dict[int, Answer]] = {name: {} for name in self.clients}
        self.sent: dict[str, dict[int, Op]] = {name: {} for name in self.clients}
        self.waiting: list[tuple[str, int, Future[Answer], object]] = []

    def send(self, name: str, op: Op, wanted: object) -> None:
        """Submits without waiting, so that operations meet in one group."""
        client = self.clients[name]
        client.seq += 1
        self.sent[name][client.seq] = op
        future = self.store.submit("sales", op, user=client.user, client=client.id, seq=client.seq)
        self.waiting.append((name, client.seq, future, wanted))

    def settle(self) -> None:
        for name, seq, future, wanted in self.waiting:
            answer = self.answers[name][seq] = future.result(30)
            if isinstance(answer, Ack):
                assert ("ack", answer.status, answer.rev, answer.n_cells + answer.n_rows, answer.skipped) == wanted
            else:
                assert ("nack", answer.code) == wanted
        self.waiting.clear()

    def expect(self, done: int, left: int = 0, *, undo: bool = False) -> tuple[object, ...]:
        status = "noop" if not done and (left or not undo) else "partial" if left else "ok"
        return ("ack", status, self.model.head, done, left)

    @rule(name=USERS, data=st.data())
    def set_cells(self, name: str, data: st.DataObject) -> None:
        if not self.model.rows:
            return
        rids = data.draw(st.lists(st.sampled_from(self.model.rows[:3]), min_size=1, max_size=2, unique=True))
        cids = data.draw(st.sampled_from([[0], [1], [0, 1]]))
        values = [[data.draw(NUMBERS if cid == 0 else TEXTS) for _ in rids] for cid in cids]
        cells = {
            (cid, rid): value for cid, column in zip(cids, values, strict=True) for rid, value in zip(rids, column, strict=True)
        }
        changed = self.model.set(name, cells)
        op = SetCells(blocks=[Block(columns=cids, rows=rids, values=values)], input="value")
        self.send(name, op, self.expect(changed))

    def set_what_cannot_be(self, name: str, data: st.DataObject) -> None:
        bad = data.draw(st.sampled_from(["row", "value", "view"]))
        rid = 10_000 if bad == "row" or not self.model.rows else self.model.rows[0]
        rows = None if bad == "view" else [rid]
        code = "BAD_MESSAGE" if bad == "view" else "NO_ROW" if rid == 10_000 else "TYPE"
        self.send(name, SetCells(blocks=[Block(columns=[0], rows=rows, values=[["x"]])]), ("nack", code))

    @rule(name=USERS, count=st.integers(1, 2), data=st.data())
    def insert_rows(self, name: str, count: int, data: st.DataObject) -> None:
        some = st.sampled_from(self.model.rows) if self.model.rows else st.none()
        before = data.draw(st.one_of(st.none(), some))
        copied = data.draw(st.one_of(st.none(), st.lists(some, min_size=1, max_size=2))) if self.model.rows else None
        self.model.insert(name, count, before, copied)
        op = InsertRows(count=count, before=before, copy_of=None if copied is None else Rows(ids=copied))
        self.send(name, op, self.expect(count if copied is None else len(copied)))

    @rule(name=USERS, data=st.data())
    def delete_rows(self, name: str, data: st.DataObject) -> None:
        if len(self.model.rows) < 2:
            return
        rids = data.draw(st.lists(st.sampled_from(self.model.rows), min_size=1, max_size=2, unique=True))
        self.model.delete(name, rids)
        self.send(name, DeleteRows(rows=Rows(ids=rids)), self.expect(len(rids)))

    @rule(name=USERS)
    def undo(self, name: str) -> None:
        if self.model.undoable(name) is None:
            self.send(name, Undo(), ("nack", "UNDO_EXPIRED"))
        else:
            done, left = self.model.undo(name)
            self.send(name, Undo(), self.expect(done, left, undo=True))

    @rule(name=USERS)
    def redo(self, name: str) -> None:
        if self.model.redoable(name) is None:
            self.send(name, Redo(), ("nack", "UNDO_EXPIRED"))
        else:
            done, left = self.model.redo(name)
            self.send(name, Redo(), self.expect(done, left, undo=True))

    def send_again(self, name: str, data: st.DataObject) -> None:
        self.settle()
        if not self.sent[name]:
            return
        seq = data.draw(st.sampled_from(sorted(self.sent[name])))
        client = self.clients[name]
        again = self.store.submit("sales", self.sent[name][seq], user=client.user, client=client.id, seq=seq)
        assert again.result(30) == self.answers[name][seq]

    def send_too_early(self, name: str, data: st.DataObject) -> None:
        client, ahead = self.clients[name], data.draw(st.integers(2, 5))
        future = self.store.submit("sales", Undo(), user=client.user, client=client.id, seq=client.seq + ahead)
        with pytest.raises(BadMessage, match="before operation"):
            future.result(30)

    def wait(self, *_: object) -> None:
        self.settle()
        assert shown(self.store, 0, 1) == self.model.table()
        assert self.store.table("sales").head == self.model.head

    def catch_up(self, _: str, data: st.DataObject) -> None:
        self.settle()
        since = data.draw(st.integers(0, self.model.head))
        found = self.store.changes("sales", since)
        now = {(cid, rid): value for rid, *values in self.model.table() for cid, value in enumerate(values)}
        touched = {cell for entry in self.model.done[since:] for cell in entry.before}
        told = {
            (cid, rid): value
            for cid, cells in found.cells.items()
            for rid, value in zip(*cells.to_pydict().values(), strict=True)
        }
        assert told.items() <= now.items()
        assert {cell for cell in touched if cell in now} <= told.keys()
        assert {rid for entry in self.model.done[since:] for _, rid in entry.came if rid in self.model.rows} <= found.inserted

    def reopen(self, *_: object) -> None:
        self.settle()
        self.store.close()
        self.check_log()
        self.store = open_store(self.path)
        for client in self.clients.values():
            client.store = self.store
            assert self.store.last_seq(client.id) == client.seq

    def check_log(self) -> None:
        start = {0: {rid: None if row[0] is None else str(row[0]) for rid, row in enumerate(START)}}
        start[1] = {rid: None if row[1] is None else str(row[1]) for rid, row in enumerate(START)}
        replayed = Replayed(self.path, self.number, start, list(range(len(START))), [0, 1])
        replayed.check()
        assert replayed.rows == self.model.rows
        acked = {(self.clients[name].id, seq) for name, found in self.answers.items() for seq in found}
        assert {(client, seq) for client, seq, _ in replayed.answers} == acked
        refused = {(self.clients[n].id, s) for n, found in self.answers.items() for s, a in found.items() if isinstance(a, Nack)}
        assert not refused & {(client, seq) for _, client, seq, _ in replayed.log}

    @rule(name=USERS, steps=st.lists(st.booleans(), min_size=2, max_size=4))
    def go_back_and_forth(self, name: str, steps: list[bool]) -> None:
        for back in steps:
            (self.undo if back else self.redo)(name)

    @rule(name=USERS, data=st.data())
    def check(self, name: str, data: st.DataObject) -> None:
        """Whatever is no change of the table; one rule, so that changes stay the most of what happens."""
        checks = [self.wait, self.set_what_cannot_be, self.send_again, self.send_too_early, self.catch_up, self.reopen]
        data.draw(st.sampled_from(checks))(name, data)

    @invariant()
    def queue_is_bounded(self) -> None:
        assert self.store.waiting <= 1000

    def teardown(self) -> None:
        with self.folder:
            try:
                self.settle()
                assert shown(self.store, 0, 1, view=View()) == self.model.table()
            finally:
                self.store.close()
            self.check_log()


TestSharedTable = SharedTable.TestCase
TestSharedTable.settings = settings(
    max_examples=int(os.environ.get("TABWEAVE_MACHINE", "20")),
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
