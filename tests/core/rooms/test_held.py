"""What a grid is told of changes: those of cells that it was sent, at once, and that there were others, now and then."""

from __future__ import annotations

import itertools
import random
import time

import numpy as np
import pyarrow as pa
import pytest
from core.rooms.callers import PATIENCE, Caller, typed
from core.rooms.conftest import Clock
from core.store.people import ANN, BO, open_store
from tabweave_core.engine.store import Store
from tabweave_core.protocol import messages as m
from tabweave_core.protocol.ops import Block, SetCells
from tabweave_core.protocol.schema import Cells, Sort, View
from tabweave_core.rooms import held
from tabweave_core.rooms.bounds import Bounds
from tabweave_core.rooms.hall import Hall
from tabweave_core.rooms.held import Held
from tabweave_core.rooms.news import Digest


def told(caller: Caller, rev: int) -> list[tuple[int, list[int]]]:
    """The changed cells of all patches up to a revision."""
    return [(each.column, each.rows) for patch in caller.patched(rev) for each in patch.cells]


def test_a_grid_is_told_of_changes_to_what_it_was_sent_and_of_no_others(ann: Caller, bo: Caller) -> None:
    ann.open()
    bo.open()
    bo.fetch(1, 3, 1)
    rev = 0
    for column, row in ((1, 0), (1, 1), (1, 3), (0, 1)):
        rev = ann.ok(typed(column, row, "7")).rev
    assert told(bo, rev) == [(1, [1])]
    assert {column for patch in bo.patched(rev) for column in patch.elsewhere} == {0, 1}


def test_what_a_client_wrote_itself_it_has(ann: Caller, bo: Caller) -> None:
    ann.open()
    bo.open()
    bo.ok(typed(1, 3, "5"))
    rev = ann.ok(typed(1, 3, "6")).rev
    assert (1, [3]) in told(bo, rev)


def test_a_view_that_is_put_in_force_makes_a_grid_forget(ann: Caller, bo: Caller) -> None:
    ann.open()
    bo.look(0, 1)
    bo.sub(View(sort=[Sort(column=0)]))
    rev = ann.ok(typed(1, 0, "5")).rev
    assert told(bo, rev) == []
    bo.fetch(0, 4, 1)
    rev = ann.ok(typed(1, 0, "6")).rev
    assert told(bo, rev) == [(1, [0])]


def test_that_there_is_news_elsewhere_is_told_now_and_then_and_before_anything_that_is_newer(sales: Store, clock: Clock) -> None:
    keys = itertools.count(1)
    hall = Hall(sales, clock=clock, draw=lambda: f"key{next(keys)}", bounds=Bounds(lull=0.05))
    ann, bo = Caller(hall, ANN), Caller(hall, BO)
    try:
        ann.look(0, 1)
        bo.open()
        bo.fetch(0, 1, 1)
        for number in range(5):
            ann.ok(typed(1, 1, str(10 + number)))
        assert bo.all(m.Patch) == []
        window, rows = bo.fetch(1, 2, 1)
        assert (window.rev, rows["1"]) == (5, [14])
        before = bo.all(m.Patch)
        assert (before[0].since or before[0].rev, before[-1].rev) == (1, 5)
        assert all(patch.cells == [] and patch.elsewhere == [1] for patch in before)
        ann.ok(typed(1, 3, "20"))
        rev = ann.ok(typed(1, 1, "21")).rev
        after = bo.patched(rev)[len(before) :]
        assert [(patch.since or patch.rev, patch.rev) for patch in after] == [(6, rev)]
        last = ann.ok(typed(1, 3, "22")).rev
        until = time.monotonic() + PATIENCE
        while bo.all(m.Patch)[-1].rev < last and time.monotonic() < until:
            clock.now += 1
            time.sleep(0.01)
        assert bo.patched(last)[-1].elsewhere == [1]
    finally:
        hall.shut()


def test_a_page_of_rows_is_not_sent_thousands_of_cells_of_elsewhere() -> None:
    with open_store(None) as store:
        store.create_table("sales", pa.table({"a": np.arange(20_000), "b": np.arange(20_000)}), ANN)
        keys = itertools.count(1)
        hall = Hall(store, clock=lambda: 0.0, draw=lambda: f"key{next(keys)}", bounds=Bounds(lull=0))
        try:
            ann, bo = Caller(hall, ANN), Caller(hall, BO)
            ann.open()
            bo.open()
            bo.fetch(5_000, 5_200, 0, 1)
            for start in range(0, 10_000, 900):
                rows = list(range(start, start + 900))
                rev = ann.ok(SetCells(blocks=[Block(columns=[0], rows=rows, values=[["-1"]])])).rev
            assert sorted(row for _, rows in told(bo, rev) for row in rows) == list(range(5_000, 5_200))
        finally:
            hall.shut()


@pytest.mark.parametrize("most", [10**9, 40])
def test_held_cells_are_those_that_were_added_or_all(monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    monkeypatch.setattr(held, "MOST_ROWS", most)
    chance = random.Random(3)
    holding, added = Held(), set()
    for _ in range(60):
        columns, rows = chance.sample(range(4), 2), chance.sample(range(200), 5)
        holding.add(columns, rows)
        added |= {(column, row) for column in columns for row in rows}
    asked = chance.sample(range(200), 100)
    cells = [Cells(column=column, rows=asked, values=list(asked), by=[0] * 100) for column in range(4)]
    kept, elsewhere = holding.sift(Digest(1, cells=cells))
    found = {(each.column, row) for each in kept for row in each.rows}
    everything = {(column, row) for column in range(4) for row in asked}
    assert found == (everything & added if most > 40 else everything)
    assert elsewhere == {column for column, _ in everything - found}
    assert all(each.rows == each.values and len(each.by) == len(each.rows) for each in kept)
