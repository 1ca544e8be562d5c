"""A follower's copy is the table, after whatever happened, however it came to be there."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from core.rooms.callers import Caller, typed
from core.rooms.following import Copy
from core.store.people import ANN, BO, open_store, shown
from hypothesis import given, settings
from hypothesis import strategies as st
from tabweave_core.engine import catchup
from tabweave_core.engine.store import Store
from tabweave_core.protocol import messages as m
from tabweave_core.protocol.ops import (
    AddColumn,
    Block,
    DeleteRows,
    DropColumns,
    InsertRows,
    MoveColumn,
    Op,
    Redo,
    RenameColumn,
    RetypeColumn,
    Rows,
    SetCells,
    Undo,
)
from tabweave_core.protocol.rights import ColumnRights, Rights
from tabweave_core.protocol.schema import Person, View
from tabweave_core.rooms import follow
from tabweave_core.rooms.bounds import Bounds
from tabweave_core.rooms.hall import Hall


@contextmanager
def opened(path: Path | None = None, bounds: Bounds | None = None) -> Iterator[Hall]:
    keys = itertools.count(1)
    with open_store(path) as store:
        data = pa.table({"item": ["pen", "ink", "pad", None], "qty": pa.array([1, 2, None, 4], pa.int64())})
        store.create_table("sales", data, ANN)
        hall = Hall(store, clock=lambda: 0.0, draw=lambda: f"key{next(keys)}", bounds=bounds)
        try:
            yield hall
        finally:
            hall.shut()


def truth(store: Store, user: Person = ANN) -> list[tuple[object, ...]]:
    columns = [column.id for column in store.table("sales").columns]
    return shown(store, *(columns if user == ANN else [cid for cid in columns if cid != 1]))


def chosen(dice: random.Random, store: Store) -> Op:
    """Some operation on the table as it is; a few of them are refused."""
    table = store.table("sales")
    columns = [column.id for column in table.columns] or [0]
    rids = table.rows.ids(slice(None)).tolist() or [0]
    some = dice.sample(rids, min(len(rids), dice.randrange(1, 4)))
    cid = dice.choice(columns)
    return dice.choice(
        [
            SetCells(blocks=[Block(columns=[cid], rows=some, values=[[str(dice.randrange(100))]])]),
            SetCells(blocks=[Block(columns=[cid], rows=some, values=[[None]])]),
            InsertRows(count=dice.randrange(1, 4), before=dice.choice([None, dice.choice(rids)])),
            InsertRows(copy_of=Rows(ids=some)),
            DeleteRows(rows=Rows(ids=some)),
            AddColumn(name=f"c{dice.randrange(10_000)}", dtype=dice.choice(["int64", "string", "double"])),
            DropColumns(columns=[cid]),
            RenameColumn(column=cid, name=f"n{dice.randrange(10_000)}"),
            MoveColumn(column=cid, to=dice.randrange(len(columns))),
            RetypeColumn(column=cid, dtype=dice.choice(["string", "double", "int64"]), on_error="missing"),
            Undo(),
            Redo(),
        ]
    )


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32), steps=st.integers(1, 20))
def test_a_follower_holds_the_table_after_any_history(seed: int, steps: int) -> None:
    dice = random.Random(seed)
    with opened() as hall:
        store = hall.store
        writers = [Caller(hall, ANN), Caller(hall, BO)]
        for writer in writers:
            writer.open()
        early, late = Copy(Caller(hall, ANN, kernel=True)), Copy(Caller(hall, BO, kernel=True))
        early.open()
        early.load()
        for step in range(steps):
            writer = dice.choice(writers)
            seq = writer.submit(chosen(dice, store))
            if dice.random() < 0.7:
                writer.outcome(seq)
            if step == steps // 2:
                late.open()
                late.load()
            if dice.random() < 0.2:
                early.catch_up(0)
        for writer in writers:
            if writer.seq:
                writer.outcome(writer.seq)
        head = store.table("sales").head
        for copy in (early, late):
            copy.catch_up(head)
            assert copy.jumps == []
            assert copy.shown() == truth(store)
            assert copy.schema == store.table("sales").schema()


def test_a_follower_that_comes_back_is_told_what_it_missed(tmp_path: Path) -> None:
    with opened(tmp_path / "store.duckdb") as hall:
        copy, writer = Copy(Caller(hall, BO)), Caller(hall, ANN)
        welcome = copy.open()
        copy.load()
        hall.close(copy.caller.hear)
        writer.open()
        writer.ok(typed(1, 0, "9"))
        writer.ok(InsertRows(count=2))
        again = copy.open(epoch=welcome.epoch, last_rev=copy.rev)
        assert again.rev == 2
        copy.catch_up(2)
        assert copy.shown() == truth(hall.store)
        delta = copy.caller.all(m.Delta)[-1]
        assert (delta.since, [change.rev for change in delta.changes]) == (0, [1, 2])


def test_a_follower_that_was_away_too_long_begins_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catchup, "MOST_CELLS", 3)
    with opened() as hall:
        copy, writer = Copy(Caller(hall, BO)), Caller(hall, ANN)
        writer.open()
        for number in range(5):
            writer.ok(typed(1, number % 2, str(10 + number)))
        welcome = copy.open(epoch=hall.store.table("sales").epoch, last_rev=0)
        assert welcome.rev == 5
        assert copy.caller.next(m.Reset, 0).reason == "too_far"
        copy.open()
        copy.load()
        assert copy.shown() == truth(hall.store)


def test_a_follower_may_not_claim_a_revision_that_never_was() -> None:
    with opened() as hall:
        copy = Copy(Caller(hall, BO))
        copy.open(epoch=hall.store.table("sales").epoch, last_rev=7)
        assert copy.caller.next(m.Reset, 0).reason == "too_far"


def test_a_delta_says_which_own_operation_is_in_it(tmp_path: Path) -> None:
    with opened(tmp_path / "store.duckdb") as hall:
        copy, writer = Copy(Caller(hall, BO)), Caller(hall, ANN)
        copy.open()
        writer.open()
        copy.load()
        copy.caller.ok(typed(1, 0, "9"))
        copy.catch_up(1)
        assert copy.caller.all(m.Delta)[-1].seq == 1
        writer.ok(typed(1, 0, "10"))
        copy.catch_up(2)
        last = copy.caller.all(m.Delta)[-1]
        assert (last.seq, last.can_undo, last.changes[-1].user) == (0, True, ANN)


@pytest.mark.parametrize(
    ("kind", "written"),
    [
        (pa.int64(), [5, "-7", None, str(2**62), str(-(2**63))]),
        (pa.uint64(), [str(2**64 - 1), 0]),
        (pa.float64(), ["0.1", None, "-0", "Infinity", "-Infinity", 1e300, "1e-320"]),
        (pa.float32(), ["0.1", 16777216, "3.4e38", "-0"]),
        (pa.bool_(), [True, False, None]),
        (pa.string(), ["", "a", None, "NaN", "\U0001f600"]),
    ],
)
def test_plain_edits_are_told_without_reading_the_table(
    monkeypatch: pytest.MonkeyPatch, kind: pa.DataType, written: list[Any]
) -> None:
    with open_store(None) as store:
        store.create_table("sales", pa.table({"x": pa.nulls(8, kind), "y": list(range(8))}), ANN)
        hall = Hall(store, clock=lambda: 0.0, draw=iter("abc").__next__)
        try:
            heard, writer = Copy(Caller(hall, BO, kernel=True)), Caller(hall, ANN)
            heard.open()
            heard.load()
            writer.open()
            with monkeypatch.context() as patch:
                patch.setattr(follow.Following, "_catch_up", lambda _self: pytest.fail("the table was read"))
                for row, value in enumerate(written):
                    rev = writer.ok(SetCells(blocks=[Block(columns=[0], rows=[row], values=[[value]])], input="value")).rev
                heard.catch_up(rev)
            told = [each for delta in heard.caller.all(m.Delta) for each in delta.changes]
            assert told == store.history("sales")[::-1]
            rows = store.window("sales", View(), 0, 8, [0, 1])[1].to_pylist()
            assert [str(list(heard.cells[rid].values())) for rid in range(8)] == [str([row["0"], row["1"]]) for row in rows]
        finally:
            hall.shut()


def test_a_large_table_comes_in_parts_of_one_revision_while_it_is_written() -> None:
    with opened(bounds=Bounds(part=10_000)) as hall:
        writer, copy = Caller(hall, ANN), Copy(Caller(hall, BO))
        writer.open()
        writer.ok(InsertRows(count=5000, before=1))
        copy.open()
        for number in range(30):
            writer.submit(typed(1, 0, str(number)))
        parts = copy.load()
        assert len(parts) > 3
        assert {part.rev for part in parts} == {parts[0].rev}
        assert [part.part for part in parts] == list(range(len(parts)))
        writer.outcome(writer.seq)
        copy.catch_up(hall.store.table("sales").head)
        assert copy.shown() == truth(hall.store)


def test_after_a_snapshot_everything_since_its_revision_is_told_again() -> None:
    with opened(bounds=Bounds(part=2_000)) as hall:
        writer, copy = Caller(hall, ANN), Copy(Caller(hall, BO))
        writer.open()
        writer.ok(InsertRows(count=3000, before=1))
        copy.open()
        written: list[int] = []

        def write(message: m.Message) -> None:
            if isinstance(message, m.Snapshot) and message.part < 3:
                written.append(writer.submit(typed(1, message.part, "7")))

        copy.caller.watchers.append(write)
        parts = copy.load(forget=True)
        assert len(parts) > 10
        writer.outcome(written[-1])
        copy.catch_up(hall.store.table("sales").head)
        assert copy.shown() == truth(hall.store)


def test_a_follower_holds_nothing_that_it_may_not_read() -> None:
    with opened() as hall:
        hall.store.set_rights("sales", Rights(columns={1: ColumnRights(read=["ann"])}))
        copy, writer = Copy(Caller(hall, BO)), Caller(hall, ANN)
        writer.open()
        copy.open()
        copy.load()
        writer.ok(typed(1, 0, "777"))
        writer.ok(InsertRows(count=1))
        writer.ok(RetypeColumn(column=1, dtype="double"))
        copy.catch_up(3)
        assert copy.shown() == truth(hall.store, BO)
        assert {name for _, rows in copy.caller.told if rows is not None for name in rows.column_names} == {"_rid", "0"}
        assert [change.summary for delta in copy.caller.all(m.Delta) for change in delta.changes] == ["insert 1 row"]


def test_a_follower_that_was_away_while_rights_changed_begins_anew() -> None:
    with opened() as hall:
        hall.store.set_rights("sales", Rights(columns={1: ColumnRights(read=["ann"])}))
        copy, writer, owner = Copy(Caller(hall, BO)), Caller(hall, ANN), Copy(Caller(hall, ANN))
        writer.open()
        writer.ok(typed(0, 0, "quill"))
        epoch = copy.open().epoch
        copy.load()
        hall.close(copy.caller.hear)
        hall.store.set_rights("sales", Rights())
        writer.next(m.Reset, 0)
        writer.open()
        writer.ok(typed(0, 0, "pencil"))
        copy.open(epoch=epoch, last_rev=copy.rev)
        assert copy.caller.next(m.Reset, 0).reason == "rights"
        copy.open()
        copy.load()
        assert copy.shown() == truth(hall.store)
        owner.open(epoch=epoch, last_rev=1)
        owner.caller.next(m.Delta, 0)
        assert owner.caller.all(m.Reset) == []


def test_who_follows_asks_for_no_window_and_who_does_not_gets_no_snapshot() -> None:
    with opened() as hall:
        follower, grid = Caller(hall, BO), Caller(hall, BO)
        follower.open(follow=True)
        grid.open()
        follower.say(m.Fetch(ch=follower.ch, id=1, start=0, stop=1, columns=[0]))
        grid.say(m.AskSnapshot(ch=grid.ch, id=1))
        for caller in (follower, grid):
            error = caller.answer_to(1)[0]
            assert isinstance(error, m.Error)
            assert (error.code, error.where) == ("BAD_MESSAGE", "$.type")
