"""What a grid is told stands in order: acks after commits, patches without a gap, windows at the revision told last."""

from __future__ import annotations

import random
import threading

import pytest
from core.rooms.callers import PATIENCE, Caller, typed
from core.rooms.watching import Grid
from core.store.people import ANN, BO, shown
from tabweave_core.engine.store import Store
from tabweave_core.errors import Unavailable
from tabweave_core.protocol import messages as m
from tabweave_core.protocol.ops import Block, DeleteRows, InsertRows, Rows, SetCells
from tabweave_core.protocol.schema import Sort, View
from tabweave_core.rooms.hall import Hall

WRITERS = 4
EDITS = 60


def test_an_ack_comes_after_its_commit_and_before_its_patch(ann: Caller, sales: Store) -> None:
    seen: list[tuple[str, int, int]] = []

    def look(message: m.Message) -> None:
        if isinstance(message, m.Ack | m.Patch):
            seen.append((type(message).__name__, message.rev, sales.table("sales").head))

    ann.watchers.append(look)
    ann.open()
    for number in range(5):
        ann.ok(typed(1, 0, str(100 + number)))
    ann.patched(5)
    assert all(head >= rev for _, rev, head in seen)
    for rev in range(1, 6):
        ack = seen.index(next(each for each in seen if each[:2] == ("Ack", rev)))
        patch = next(place for place, (kind, upto, _) in enumerate(seen) if kind == "Patch" and upto >= rev)
        assert ack < patch


def test_what_followed_an_operation_that_was_sent_back_is_taken_when_both_come_again(
    ann: Caller, bo: Caller, sales: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    stuck, go, gate = threading.Event(), threading.Event(), threading.Event()

    def hang(message: m.Message) -> None:
        if isinstance(message, m.Ack):
            stuck.set()
            go.wait(PATIENCE)

    def refuse(*_: object, **__: object) -> None:
        monkeypatch.undo()
        raise Unavailable("BUSY", "Too much to do.")

    ann.open()
    bo.open()
    bo.watchers.append(hang)
    sales.on_commit.append(lambda _: gate.wait(PATIENCE) and None)
    bo.submit(typed(1, 0, "5"))
    assert stuck.wait(PATIENCE)
    monkeypatch.setattr(sales, "submit", refuse)
    ann.submit(typed(1, 0, "6"))
    ann.submit(typed(1, 0, "7"))
    go.set()
    assert getattr(ann.outcome(1), "code", "") == "BUSY"
    ann.seq = 0
    ann.submit(typed(1, 0, "6"))
    ann.submit(typed(1, 0, "7"))
    gate.set()
    assert [getattr(ann.outcome(seq, 2 - seq), "status", "") for seq in (1, 2)] == ["ok", "ok"]
    assert shown(sales, 1)[0] == (0, 7)
    assert not ann.all(m.Error)


def test_an_ack_comes_before_its_patch_even_when_answers_are_held_up(ann: Caller, bo: Caller) -> None:
    stuck, go = threading.Event(), threading.Event()

    def hang(message: m.Message) -> None:
        if isinstance(message, m.Ack):
            stuck.set()
            go.wait(PATIENCE)

    ann.open()
    bo.open()
    bo.watchers.append(hang)
    bo.submit(typed(1, 0, "5"))
    assert stuck.wait(PATIENCE)
    ann.submit(typed(1, 0, "6"))
    told = ann.patched(2)[-1]
    go.set()
    acked = ann.outcome(1)
    order = [message for message, _ in ann.told]
    assert order.index(acked) < order.index(told)


def test_patches_have_no_gap_while_many_write(hall: Hall, sales: Store) -> None:
    grids = [Grid(Caller(hall, user)) for user in (ANN, BO)]
    for grid in grids:
        grid.caller.open()
    grids[1].caller.sub(View(sort=[Sort(column=1)]))
    writers = [Caller(hall, user) for user in (ANN, BO, ANN, BO)]
    threads = [threading.Thread(target=write, args=(writer, seed)) for seed, writer in enumerate(writers)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        for grid in grids:
            grid.caller.fetch(0, 50, 0, 1)
    for thread in threads:
        thread.join()
    head = sales.table("sales").head
    truth = {rid: {0: item, 1: qty} for rid, item, qty in shown(sales, 0, 1)}
    for grid in grids:
        assert grid.caller.patched(head)[-1].rev == head
        assert grid.read(0, 1) == truth
        assert grid.broken == []
    for writer in writers:
        assert [ack.seq for ack in writer.all(m.Ack)] == list(range(1, EDITS + 1))


def write(writer: Caller, seed: int) -> None:
    """Types, inserts and deletes, never waiting for more than the answers before the last few."""
    dice = random.Random(seed)
    writer.open()
    for number in range(1, EDITS + 1):
        if dice.random() < 0.1:
            writer.submit(InsertRows(count=2))
        else:
            writer.submit(typed(dice.choice([0, 1]), dice.choice([0, 1, 2, 3]), str(dice.randrange(1000))))
        if number > 8:
            writer.outcome(number - 8)
    writer.outcome(EDITS)


def test_revisions_of_several_people_in_one_patch_say_who_wrote_what(hall: Hall, sales: Store, ann: Caller, bo: Caller) -> None:
    held = threading.Event()
    reader = Caller(hall, ANN)
    for caller in (ann, bo):
        caller.open()
    reader.look(0, 1)
    threading.Thread(target=lambda: sales.set_rights("sales", lambda table: (held.wait(20), table.rights)[1])).start()
    ann.submit(typed(1, 0, "50"))
    bo.submit(typed(1, 1, "60"))
    bo.submit(typed(0, 0, "cap"))
    held.set()
    patches = reader.patched(3)
    written = {
        (change.column, rid): ((patch.users or [patch.user])[change.by[at] if change.by else 0].name, change.values[at])
        for patch in patches
        for change in patch.cells
        for at, rid in enumerate(change.rows)
    }
    assert written == {(1, 0): ("Ann", 50), (1, 1): ("Bo", 60), (0, 0): ("Bo", "cap")}
    if len(patches) == 1:
        assert (patches[0].since, patches[0].rev, patches[0].user) == (1, 3, BO)


def test_a_large_change_is_told_as_columns(ann: Caller, bo: Caller) -> None:
    ann.open()
    bo.open()
    ann.ok(InsertRows(count=1500))
    rids = ann.fetch(0, 2000, 0)[1]["_rid"]
    before = bo.patched(1)[-1].rev
    ann.ok(SetCells(blocks=[Block(columns=[1], rows=rids, values=[["8"]])]))
    patch = bo.patched(before + 1)[-1]
    assert (patch.columns, patch.cells, patch.rows_changed) == ([1], [], False)
    assert set(bo.fetch(0, 2000, 1)[1]["1"]) == {8}


def test_rows_that_come_and_go_are_told_with_their_number(ann: Caller, bo: Caller) -> None:
    ann.open()
    bo.open()
    ann.ok(InsertRows(count=3, before=1))
    came = bo.patched(1)[-1]
    assert (came.rows_changed, came.rows, came.total) == (True, 7, 7)
    ann.ok(DeleteRows(rows=Rows(ids=[0, 4])))
    went = bo.patched(2)[-1]
    assert (went.rows_changed, went.rows, went.total) == (True, 5, 5)
    assert bo.fetch(0, 10, 0)[1]["_rid"] == [5, 6, 1, 2, 3]
