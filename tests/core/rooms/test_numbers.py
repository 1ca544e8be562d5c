"""Operations are numbered per channel, applied at most once and answered the same way for ever; too many are sent back."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import duckdb
import pytest
from core.rooms.callers import Caller, typed
from core.store.people import ANN, BO
from tabweave_core.engine.store import Store
from tabweave_core.engine.writer import Writer
from tabweave_core.protocol import messages as m
from tabweave_core.protocol.ops import Block, Condition, Fill, InsertRows, Redo, Replace, SetCells, Undo
from tabweave_core.protocol.schema import Person, Sort, View
from tabweave_core.rooms.hall import Hall


@contextmanager
def held(store: Store) -> Iterator[None]:
    """The writer is busy with something else."""
    go, there = threading.Event(), threading.Event()

    def wait(table: object) -> object:
        there.set()
        go.wait(20)
        return table.rights  # type: ignore[attr-defined] # it is the store's table

    thread = threading.Thread(target=store.set_rights, args=("sales", wait))
    thread.start()
    there.wait(20)
    try:
        yield
    finally:
        go.set()
        thread.join()


def test_a_repeated_operation_gets_the_same_answer_and_is_not_applied_again(ann: Caller, sales: Store) -> None:
    ann.open()
    first = ann.ok(typed(1, 0, "5"))
    ann.ok(typed(1, 0, "6"))
    ann.say(m.Submit(ch=ann.ch, seq=1, base_rev=0, op=typed(1, 0, "5")))
    assert ann.outcome(1, after=1) == first
    assert sales.table("sales").head == 2


def test_a_refused_operation_is_refused_again_even_when_it_could_be_done_by_now(ann: Caller, sales: Store) -> None:
    ann.open()
    first = ann.refused(typed(1, 0, "five"))
    ann.say(m.Submit(ch=ann.ch, seq=1, base_rev=0, op=typed(1, 0, "5")))
    assert ann.outcome(1, after=1) == first
    assert sales.table("sales").head == 0


def test_a_client_that_comes_back_is_told_its_last_number(hall: Hall, ann: Caller) -> None:
    ann.open()
    ann.ok(typed(1, 0, "5"))
    hall.close(ann.hear)
    again = Caller(hall, ANN, ch=ann.ch)
    assert again.open().last_seq == 1
    again.seq = 1
    assert again.ok(typed(1, 0, "6")).seq == 2


def test_a_gap_in_the_numbers_is_an_error_that_names_the_number(ann: Caller) -> None:
    ann.open()
    ann.say(m.Submit(ch=ann.ch, seq=3, base_rev=0, op=typed(1, 0, "5")))
    error = ann.next(m.Error, 0)
    assert (error.code, error.re) == ("BAD_SEQ", None)


def test_at_most_64_operations_of_a_client_wait(ann: Caller, sales: Store) -> None:
    ann.open()
    with held(sales):
        for number in range(70):
            ann.submit(typed(1, 0, str(number)))
        sent_back = [ann.outcome(seq) for seq in range(65, 71)]
        assert {answer.code for answer in sent_back if isinstance(answer, m.Nack)} == {"BUSY"}
    for seq in range(1, 65):
        assert isinstance(ann.outcome(seq), m.Ack)
    ann.say(m.Submit(ch=ann.ch, seq=66, base_rev=0, op=typed(1, 0, "65")))
    assert ann.outcome(66, after=1).code == "BUSY"  # type: ignore[union-attr] # it is a nack
    for seq in range(65, 71):
        ann.say(m.Submit(ch=ann.ch, seq=seq, base_rev=0, op=typed(1, 0, str(seq))))
    assert [type(ann.outcome(seq, after=2 if seq == 66 else 1)) for seq in range(65, 71)] == [m.Ack] * 6
    assert sales.table("sales").head == 70


def test_a_store_with_too_much_to_do_sends_back_without_using_up_the_number(hall: Hall, sales: Store) -> None:
    callers = [Caller(hall, Person(id=f"user{number}", name="")) for number in range(17)]
    for caller in callers:
        caller.open()
    with held(sales):
        for caller in callers:
            for number in range(64):
                caller.submit(typed(1, 0, str(number)))
        nack = callers[-1].outcome(64)
        assert isinstance(nack, m.Nack)
        assert nack.code == "BUSY"
    last = callers[-1]
    first = min(seq for seq in range(1, 65) if isinstance(last.outcome(seq), m.Nack))
    for seq in range(first, 65):
        last.say(m.Submit(ch=last.ch, seq=seq, base_rev=0, op=typed(1, 0, str(seq))))
        assert isinstance(last.outcome(seq, after=1), m.Ack)


def test_what_came_after_an_operation_that_could_not_be_stored_is_sent_back_with_it(
    ann: Caller, sales: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann.open()
    commit, full = Writer._commit, iter([False, True, True])

    def commit_if_there_is_room(writer: Writer) -> None:
        if next(full, False):
            raise duckdb.IOException("the disk is full")
        commit(writer)

    with held(sales):
        monkeypatch.setattr(Writer, "_commit", commit_if_there_is_room)
        for number in range(3):
            ann.submit(typed(1, 0, str(number)))
    codes = [getattr(ann.outcome(seq), "code", "ack") for seq in (1, 2, 3)]
    assert codes == ["BUSY"] * 3
    assert ann.all(m.Error) == []
    for seq in (1, 2, 3):
        ann.say(m.Submit(ch=ann.ch, seq=seq, base_rev=0, op=typed(1, 0, str(seq + 10))))
        assert isinstance(ann.outcome(seq, after=1), m.Ack)
    assert sales.table("sales").head == 3


def test_undo_is_per_person_and_over_all_of_their_channels(hall: Hall, ann: Caller, bo: Caller) -> None:
    ann.open()
    bo.open()
    other = Caller(hall, ANN)
    ann.ok(typed(1, 0, "5"))
    assert not bo.patched(1)[-1].can_undo
    bo.ok(typed(1, 1, "6"))
    assert other.open().can_undo
    undone = other.ok(Undo())
    assert (undone.can_undo, undone.can_redo) == (False, True)
    told = ann.patched(3)[-1]
    assert (told.kind, told.can_undo, told.can_redo, told.cells[0].values) == ("undo", False, True, [1])
    assert bo.patched(3)[-1].can_undo
    assert other.refused(Undo()).code == "UNDO_EXPIRED"
    assert ann.ok(Redo()).rev == 4


def test_a_condition_that_no_longer_holds_refuses_and_names_the_cell(ann: Caller, bo: Caller) -> None:
    ann.open()
    bo.open()
    ann.ok(typed(1, 0, "5"))
    nack = bo.refused(typed(1, 0, "6"), condition=Condition(rev=0))
    assert (nack.code, nack.column, nack.rid) == ("CONFLICT", 1, 0)
    assert isinstance(bo.do(typed(1, 1, "6"), condition=Condition(rev=0)), m.Ack)


def test_ranges_are_those_of_the_view_as_it_was_seen(ann: Caller) -> None:
    ann.open()
    subbed = ann.sub(View(sort=[Sort(column=1, descending=True)]))
    ann.ok(Fill(columns=[1], start=0, stop=1, target_start=1, target_stop=2), base_rev=subbed.rev, view=subbed.re)
    assert ann.fetch(0, 4, 1)[1] == {"_rid": [3, 1, 0, 2], "1": [4, 4, 1, None]}
    stale = Fill(columns=[1], start=0, stop=1, target_start=1, target_stop=2)
    assert ann.refused(stale, base_rev=1).code == "CONFLICT"


@pytest.mark.parametrize("view", [View(), View(sort=[Sort(column=1)])])
def test_ranges_from_before_rows_came_are_refused(ann: Caller, bo: Caller, view: View) -> None:
    ann.open()
    bo.open()
    subbed = ann.sub(view)
    bo.ok(InsertRows(count=1, before=0))
    ann.patched(1)
    op = SetCells(blocks=[Block(columns=[1], values=[["9"]], start=0, stop=1)])
    refused = ann.refused(op, base_rev=0, view=subbed.re)
    assert (refused.code, refused.message) == ("CONFLICT", "Rows came or went before the edit arrived.")
    assert ann.ok(op, base_rev=1, view=subbed.re).rev == 2


def test_an_operation_that_is_looked_for_first_keeps_its_turn(ann: Caller) -> None:
    ann.open()
    replaced = ann.submit(Replace(find="pen", replacement="quill", columns=[0]))
    typed_after = ann.submit(typed(0, 0, "pencil"))
    first, second = ann.outcome(replaced), ann.outcome(typed_after)
    assert isinstance(first, m.Ack), first
    assert isinstance(second, m.Ack)
    assert (first.rev, second.rev) == (1, 2)
    assert ann.fetch(0, 1, 0)[1]["0"] == ["pencil"]


@pytest.mark.parametrize("user", [ANN, BO])
def test_an_answer_carries_the_channel_that_asked(hall: Hall, user: Person) -> None:
    caller = Caller(hall, user)
    caller.open()
    op: SetCells = typed(1, 0, "5")
    assert caller.ok(op).ch == caller.ch
    assert caller.refused(typed(1, 0, "x")).ch == caller.ch
