"""Whoever hands something in never waits for a busy member, and nothing that was handed in is forgotten or done twice."""

from __future__ import annotations

import threading

import pytest
from core.rooms.callers import PATIENCE, Caller, typed
from tabweave_core.engine.store import Store
from tabweave_core.protocol import messages as m
from tabweave_core.protocol.rights import ColumnRights, Rights
from tabweave_core.rooms.turn import Turn


def test_work_that_is_handed_in_while_somebody_is_busy_is_done_by_them() -> None:
    done: list[tuple[int, str]] = []
    turn = Turn()
    busy, go = threading.Event(), threading.Event()

    def give(work: int) -> None:
        turn.give(lambda: done.append((work, threading.current_thread().name)))

    def hold() -> None:
        with turn:
            with turn:
                busy.set()
                go.wait(PATIENCE)
            assert done == []

    holder = threading.Thread(target=hold, name="holder")
    holder.start()
    busy.wait(PATIENCE)
    for work in range(3):
        give(work)
    assert done == []
    go.set()
    holder.join()
    assert done == [(0, "holder"), (1, "holder"), (2, "holder")]
    give(3)
    assert done[3] == (3, threading.current_thread().name)


def test_work_that_hands_in_work_is_done_in_order() -> None:
    done: list[int] = []
    turn = Turn()

    def do(work: int) -> None:
        if work < 3:
            turn.give(lambda: do(work + 1))
        done.append(work)

    turn.give(lambda: do(0))
    assert done == [0, 1, 2, 3]


def test_work_of_many_threads_is_done_once_each_and_never_two_at_a_time() -> None:
    done: list[int] = []
    within = threading.Lock()
    turn = Turn()

    def do(work: int) -> None:
        assert within.acquire(blocking=False)
        done.append(work)
        within.release()

    def hand_in(first: int) -> None:
        for work in range(first, first + 500):
            turn.give(lambda work=work: do(work))
            with turn:
                pass

    threads = [threading.Thread(target=hand_in, args=(number * 500,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(done) == list(range(2000))


def test_a_request_does_not_wait_while_the_member_is_told_something(ann: Caller, bo: Caller) -> None:
    stuck, go = threading.Event(), threading.Event()

    def hang(message: m.Message) -> None:
        if isinstance(message, m.Patch):
            stuck.set()
            assert go.wait(PATIENCE)

    ann.open()
    bo.open()
    ann.watchers.append(hang)
    bo.ok(typed(1, 0, "5"))
    assert stuck.wait(PATIENCE)
    ann.say(m.Fetch(ch=ann.ch, id=40, start=0, stop=1, columns=[1]))
    seq = ann.submit(typed(1, 1, "6"))
    assert ann.answers(seq) == []
    go.set()
    assert isinstance(ann.answer_to(40)[0], m.Window)
    assert isinstance(ann.outcome(seq), m.Ack)


def test_rights_that_change_while_somebody_is_let_in_still_count(
    ann: Caller, bo: Caller, sales: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann.open()
    read = sales.read

    def meanwhile(*given: object, **more: object) -> object:
        monkeypatch.undo()
        found = read(*given, **more)  # type: ignore[arg-type] # passed on as it came
        sales.set_rights("sales", Rights(columns={1: ColumnRights(read=["ann"])}))
        ann.next(m.Reset, 0)
        return found

    monkeypatch.setattr(sales, "read", meanwhile)
    assert len(bo.open().schema.columns) == 2
    assert bo.next(m.Reset, 0).reason == "rights"
