"""Catching up: the last value of each cell since a revision, or the word that it is too much."""

from __future__ import annotations

import pytest
from core.store.people import Client, rows, shown
from tabweave_core.engine import catchup
from tabweave_core.engine.refusals import TooFar
from tabweave_core.protocol.ops import AddColumn, DeleteRows, DropColumns, InsertRows, RetypeColumn


def test_each_changed_cell_is_told_once_with_its_last_value(ann: Client, bo: Client) -> None:
    ann.put(1, 0, "10")
    since = ann.put(1, 1, "20").rev
    bo.put(1, 0, "11")
    bo.put(1, 0, "12")
    found = ann.store.changes("sales", since)
    assert (found.since, found.rev, list(found.cells)) == (since, 4, [1])
    assert found.cells[1].to_pydict() == {"_rid": [0], "1": [12]}


def test_nothing_is_told_of_a_revision_that_is_the_newest(ann: Client) -> None:
    found = ann.store.changes("sales", 0)
    assert (found.rev, found.cells, found.schema) == (0, {}, False)


def test_rows_that_came_are_told_whole_and_rows_that_went_by_name(ann: Client) -> None:
    ann.ok(InsertRows(copy_of=rows(0)))
    ann.ok(DeleteRows(rows=rows(1)))
    found = ann.store.changes("sales", 0)
    assert (found.inserted, found.deleted) == ({4}, {1})
    assert {cid: cells.to_pydict() for cid, cells in found.cells.items()} == {
        0: {"_rid": [4], "0": ["pen"]},
        1: {"_rid": [4], "1": [1]},
    }


def test_columns_that_came_or_changed_their_type_must_be_read_anew(ann: Client) -> None:
    ann.ok(AddColumn(name="x", dtype="string"))
    ann.ok(RetypeColumn(column=1, dtype="double"))
    ann.ok(AddColumn(name="y", dtype="string"))
    ann.ok(DropColumns(columns=[3]))
    found = ann.store.changes("sales", 0)
    assert (found.schema, found.reread, found.cells) == (True, {1, 2}, {})


@pytest.mark.parametrize(("limit", "most"), [("MOST_REVISIONS", 2), ("MOST_CELLS", 2)])
def test_beyond_the_limit_a_client_is_told_to_read_anew(
    ann: Client, monkeypatch: pytest.MonkeyPatch, limit: str, most: int
) -> None:
    monkeypatch.setattr(catchup, limit, most)
    for number in range(3):
        ann.put(1, 0, str(10 + number))
    with pytest.raises(TooFar, match="Read the table anew"):
        ann.store.changes("sales", 0)
    assert ann.store.changes("sales", 1).cells[1].to_pydict() == {"_rid": [0], "1": [12]}


@pytest.mark.parametrize("since", [-1, 5])
def test_a_revision_that_never_was_cannot_be_caught_up_from(ann: Client, since: int) -> None:
    with pytest.raises(TooFar):
        ann.store.changes("sales", since)
    assert shown(ann.store, 1)[0] == (0, 1)
