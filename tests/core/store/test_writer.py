"""The writer: groups of operations, answers after the commit, each operation once, and nothing half done when writing fails."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
from core.store.people import ANN, BO, Client, open_store, rows, shown, typed
from tabweave_core.engine import writer as writers
from tabweave_core.engine.inbox import Inbox
from tabweave_core.engine.journal import Journal
from tabweave_core.engine.store import Store
from tabweave_core.engine.writer import Answer, Committed
from tabweave_core.errors import BadMessage, Unavailable
from tabweave_core.protocol.messages import Ack, Nack
from tabweave_core.protocol.ops import AddColumn, DeleteRows, SetCells, Undo


class Gate:
    """Holds the writer's thread inside a commit's listener, so that what is submitted meanwhile waits together."""

    def __init__(self, store: Store) -> None:
        self.entered, self.opened = threading.Event(), threading.Event()
        self.store = store
        store.on_commit.append(self._wait)
        store.submit("sales", typed(0, 0, "gate"), user=BO, client="gate", seq=1)
        assert self.entered.wait(30)

    def _wait(self, _: object) -> None:
        self.entered.set()
        assert self.opened.wait(30)

    def open(self) -> None:
        self.store.on_commit.remove(self._wait)
        self.opened.set()


def count_commits(store: Store) -> list[list[int]]:
    groups: list[list[int]] = []
    store.on_commit.append(lambda told: groups.append([committed.rev for committed in told]))
    return groups


def submit_many(store: Store, texts: list[str], client: str = "c") -> list[Future[Answer]]:
    return [store.submit("sales", typed(1, 0, text), user=ANN, client=client, seq=n) for n, text in enumerate(texts, 1)]


def test_what_waits_is_committed_together(sales: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writers, "MOST_SECONDS", 60)
    gate = Gate(sales)
    futures = submit_many(sales, [str(n) for n in range(10, 610)])
    groups = count_commits(sales)
    gate.open()
    assert [future.result(30).rev for future in futures] == list(range(2, 602))  # type: ignore[union-attr]
    sales.close()
    assert [len(group) for group in groups] == [512, 88]


def test_an_operation_sees_those_before_it_in_its_group(sales: Store) -> None:
    gate = Gate(sales)
    futures = [
        sales.submit("sales", op, user=ANN, client="c", seq=seq)
        for seq, op in enumerate([typed(1, 0, "5"), typed(1, 0, "5"), DeleteRows(rows=rows(0)), typed(1, 0, "6"), Undo()], 1)
    ]
    gate.open()
    answers = [future.result(30) for future in futures]
    assert [getattr(answer, "status", getattr(answer, "code", "")) for answer in answers] == ["ok", "noop", "ok", "NO_ROW", "ok"]
    assert shown(sales, 1)[0] == (0, 5)


def test_an_answer_comes_only_after_the_commit(sales: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[object] = []
    settle = writers._settle

    def look(future: Future[Answer], value: Answer) -> None:
        seen.append(shown(sales, 1)[0][1])
        settle(future, value)

    monkeypatch.setattr(writers, "_settle", look)
    Client(sales, ANN).put(1, 0, "77")
    assert seen == [77]


def test_listeners_are_told_every_revision_in_order(sales: Store) -> None:
    told: list[Committed] = []
    sales.on_commit.append(told.extend)
    ann = Client(sales, ANN)
    ann.put(1, 0, "5")
    ann.refused(typed(1, 0, "x"))
    ann.put(1, 0, "5")
    ann.ok(AddColumn(name="x", dtype="string"))
    sales.close()
    assert [(found.rev, found.kind, found.seq, found.n_cells) for found in told] == [
        (1, "set_cells", 1, 1),
        (2, "add_column", 4, 0),
    ]
    assert told[0].cells[0].values == [5]


def test_a_listener_that_fails_stops_nobody(sales: Store, caplog: pytest.LogCaptureFixture) -> None:
    def fail(_: object) -> None:
        raise RuntimeError("oops")

    sales.on_commit.append(fail)
    ann = Client(sales, ANN)
    ann.put(1, 0, "5")
    ann.put(1, 0, "6")
    assert "a listener to commits failed" in caplog.text


def test_an_operation_that_comes_again_gets_the_same_answer_and_is_not_applied(ann: Client, bo: Client) -> None:
    first = ann.put(1, 0, "5")
    refusal = ann.refused(typed(1, 0, "x"))
    bo.put(1, 0, "6")
    ann.seq = 0
    assert ann.do(typed(1, 0, "5")) == first
    assert ann.do(typed(1, 0, "7")) == refusal
    assert shown(ann.store, 1)[0] == (0, 6)


def test_a_refused_operation_can_never_apply_later(ann: Client, bo: Client) -> None:
    nack = ann.refused(typed(1, 9, "5"))
    for _ in range(6):
        bo.ok(typed(1, 0, str(bo.seq + 10)))
    ann.seq = 0
    assert ann.do(typed(1, 0, "5")) == nack


def test_a_number_that_is_not_the_next_one_is_refused_and_stays_free(ann: Client) -> None:
    ann.seq = 4
    with pytest.raises(BadMessage, match="Operation 5 came before operation 1"):
        ann.do(typed(1, 0, "5"))
    ann.seq = 0
    ann.put(1, 0, "6")


def test_answers_of_long_ago_are_forgotten_but_their_numbers_stay_used(sales: Store) -> None:
    futures = submit_many(sales, [str(n) for n in range(10, 10 + 130)])
    futures[-1].result(30)
    again = sales.submit("sales", typed(1, 0, "5"), user=ANN, client="c", seq=1)
    with pytest.raises(BadMessage, match="answered long ago"):
        again.result(30)
    assert shown(sales, 1)[0] == (0, 139)


def test_a_full_queue_refuses_and_loses_nothing(sales: Store) -> None:
    gate = Gate(sales)
    futures = submit_many(sales, [str(n) for n in range(1000)])
    with pytest.raises(Unavailable, match="too much to do"):
        sales.submit("sales", typed(1, 1, "5"), user=ANN, client="d", seq=1)
    assert sales.waiting == 1000
    gate.open()
    assert isinstance(futures[-1].result(60), Ack)
    sales.submit("sales", typed(1, 1, "5"), user=ANN, client="d", seq=1).result(30)


def test_the_queue_is_bounded_in_bytes_but_takes_one_large_piece() -> None:
    inbox: Inbox[str] = Inbox(10, 100)
    inbox.put("large", 1000)
    with pytest.raises(Unavailable, match="too much to do"):
        inbox.put("small", 1)
    assert inbox.take(5, 0) == ["large"]
    inbox.put("small", 1)
    inbox.close()
    assert inbox.take(5, 0) == ["small"]
    assert inbox.take(5, 0) is None


def fail_once(monkeypatch: pytest.MonkeyPatch, error: Exception, head: int) -> list[int]:
    """Makes the first commit of a revision fail with `error`."""
    keep, failed = Journal.keep, []

    def failing(self: Journal) -> None:
        if not failed and self.head(1) == head:
            failed.append(head)
            raise error
        keep(self)

    monkeypatch.setattr(Journal, "keep", failing)
    return failed


def test_when_a_group_cannot_be_written_each_operation_gets_its_own_try(sales: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writers, "MOST_SECONDS", 60)
    gate = Gate(sales)
    futures = submit_many(sales, ["10", "11", "12"])
    failed = fail_once(monkeypatch, duckdb.IOException("the disk is full"), 4)
    gate.open()
    assert [future.result(30).rev for future in futures] == [2, 3, 4]  # type: ignore[union-attr]
    assert failed == [4]
    assert len(sales.history("sales")) == 4


def test_an_operation_that_cannot_be_written_is_told_and_may_come_again(sales: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    fail_once(monkeypatch, duckdb.IOException("the disk is full"), 1)
    ann = Client(sales, ANN)
    with pytest.raises(Unavailable, match="nothing was changed: the disk is full"):
        ann.put(1, 0, "5")
    assert (shown(sales, 1)[0], sales.table("sales").head) == ((0, 1), 0)
    ann.seq = 0
    assert ann.put(1, 0, "5").rev == 1


def test_an_operation_whose_commit_had_an_unknown_end_is_answered_once(sales: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    commit = writers.Writer._commit

    def lost(self: writers.Writer) -> None:
        commit(self)
        monkeypatch.undo()
        raise duckdb.IOException("the answer of the disk was lost")

    monkeypatch.setattr(writers.Writer, "_commit", lost)
    ann = Client(sales, ANN)
    with pytest.raises(Unavailable):
        ann.put(1, 0, "5")
    ann.seq = 0
    assert ann.put(1, 0, "5").rev == 1
    assert len(sales.history("sales")) == 1


def test_readers_see_whole_revisions_while_the_writer_works(sales: Store) -> None:
    stop = threading.Event()
    torn: list[object] = []

    def read() -> None:
        while not stop.is_set():
            values = {row[1] for row in shown(sales, 1)}
            if len(values) > 1 and values != {1, 2, None, 4}:
                torn.append(values)

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    ann = Client(sales, ANN)
    for number in range(100, 140):
        block = typed(1, 0, str(number)).blocks[0]
        ann.ok(SetCells(blocks=[type(block)(columns=[1], rows=[0, 1, 2, 3], values=[[str(number)]])]))
        if number % 10 == 0:
            ann.ok(AddColumn(name=f"x{number}", dtype="int64"))
    stop.set()
    for reader in readers:
        reader.join()
    assert torn == []


def test_an_idle_store_moves_its_log_into_the_file_and_forgets_old_answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writers, "_WORTH_A_CHECKPOINT", 1)
    monkeypatch.setattr(writers, "IDLE", 0.02)
    path = tmp_path / "a.duckdb"
    with open_store(path) as store:
        store.create_table("sales", pa.table({"item": ["pen"], "qty": [1]}), ANN)
        submit_many(store, [str(n) for n in range(10, 160)])[-1].result(30)
        wal = path.with_name("a.duckdb.wal")
        waited = threading.Event()
        for _ in range(500):
            if not wal.exists() or not wal.stat().st_size:
                break
            waited.wait(0.02)
        assert not wal.exists() or not wal.stat().st_size
        assert store.last_seq("c") == 150
    with duckdb.connect(str(path), read_only=True) as found:
        assert found.execute("SELECT min(seq), max(seq) FROM _client").fetchall() == [(23, 150)]


def test_a_store_in_memory_does_the_same() -> None:
    with open_store(None) as store:
        store.create_table("sales", pa.table({"item": ["pen"], "qty": [1]}), ANN)
        ann = Client(store, ANN)
        ann.put(1, 0, "5")
        assert isinstance(ann.do(typed(1, 0, "x")), Nack)
        ann.ok(Undo())
        assert shown(store, 0, 1) == [(0, "pen", 1)]
