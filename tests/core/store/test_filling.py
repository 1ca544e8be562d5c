"""New rows and columns of a shared table come with their values, and categories with their labels, in one revision."""

from __future__ import annotations

import pytest
from core.store.people import Client, rows, shown
from tabweave_core.engine.rows import of_pairs, pairs
from tabweave_core.protocol.ops import AddColumn, DeleteRows, InsertRows, Op, Redo, RetypeColumn, Undo


def test_rows_come_with_their_values(ann: Client) -> None:
    ack = ann.ok(InsertRows(count=2, before=1, columns=[1, 0], values=[[7, 8], ["new"]]))
    assert (ack.rev, ack.new_rows, ack.new_columns) == (1, [4, 2], [])
    assert shown(ann.store, 0, 1)[:4] == [(0, "pen", 1), (4, "new", 7), (5, "new", 8), (1, "ink", 2)]


def test_such_rows_go_and_come_back_whole(ann: Client) -> None:
    ann.ok(InsertRows(columns=[0, 1], values=[["new"], [7]]))
    ann.ok(Undo())
    assert [row[0] for row in shown(ann.store)] == [0, 1, 2, 3]
    ann.ok(Redo())
    assert shown(ann.store, 0, 1)[-1] == (4, "new", 7)
    ann.ok(DeleteRows(rows=rows(4)))
    ann.ok(Undo())
    assert shown(ann.store, 0, 1)[-1] == (4, "new", 7)


def test_a_column_comes_with_its_values(ann: Client) -> None:
    ack = ann.ok(AddColumn(name="price", dtype="double", at=1, rows=[3, 0], values=[1.5, 2.5]))
    assert (ack.rev, ack.new_rows, ack.new_columns) == (1, [], [2])
    assert shown(ann.store, 2) == [(0, 2.5), (1, None), (2, None), (3, 1.5)]
    ann.ok(Undo())
    ann.ok(Redo())
    assert shown(ann.store, 2) == [(0, 2.5), (1, None), (2, None), (3, 1.5)]


def test_one_value_stands_for_all_rows(ann: Client) -> None:
    ann.ok(AddColumn(name="flag", dtype="bool", rows=[0, 1, 2, 3], values=[True]))
    assert [value for _, value in shown(ann.store, 2)] == [True] * 4


def test_a_column_of_choices_has_the_labels_it_is_given(ann: Client) -> None:
    ann.ok(AddColumn(name="size", dtype="category", rows=[0, 1], values=["s", "l"], categories=["s", "m", "l"], ordered=True))
    column = ann.store.table("sales").column(2)
    assert (column.categories, column.ordered) == (["s", "m", "l"], True)
    assert [value for _, value in shown(ann.store, 2)] == ["s", "l", None, None]


def test_a_category_is_given_other_labels(ann: Client) -> None:
    ann.ok(RetypeColumn(column=0, dtype="category"))
    ann.ok(RetypeColumn(column=0, dtype="category", categories=["pen", "ink", "pad", "cap"], ordered=True))
    column = ann.store.table("sales").column(0)
    assert (column.categories, column.ordered) == (["pen", "ink", "pad", "cap"], True)
    assert ann.refused(RetypeColumn(column=0, dtype="category", categories=["pen"])).code == "TYPE"
    ann.ok(RetypeColumn(column=0, dtype="category", categories=["pen"], on_error="missing"))
    assert [value for _, value in shown(ann.store, 0)] == ["pen", None, None, None]
    ann.ok(Undo())
    assert [value for _, value in shown(ann.store, 0)] == ["pen", "ink", "pad", None]
    assert ann.store.table("sales").column(0).categories == ["pen", "ink", "pad", "cap"]


def test_the_same_labels_again_are_no_change(ann: Client) -> None:
    ann.ok(RetypeColumn(column=0, dtype="category"))
    labels = ann.store.table("sales").column(0).categories
    assert ann.ok(RetypeColumn(column=0, dtype="category", categories=labels)).status == "noop"


@pytest.mark.parametrize(
    ("op", "code"),
    [
        (InsertRows(columns=[1], values=[["many"]]), "TYPE"),
        (InsertRows(columns=[9], values=[[1]]), "NO_COLUMN"),
        (InsertRows(columns=[1], values=[]), "BAD_MESSAGE"),
        (InsertRows(count=3, columns=[1], values=[[1, 2]]), "BAD_MESSAGE"),
        (InsertRows(copy_of=rows(1), columns=[1], values=[[1]]), "BAD_MESSAGE"),
        (AddColumn(name="new", dtype="int64", rows=[0, 9], values=[1]), "NO_ROW"),
        (AddColumn(name="new", dtype="int64", rows=[0, 1], values=["x", "y"]), "TYPE"),
        (AddColumn(name="new", dtype="category", rows=[0], values=["x"], categories=["y"]), "CHECK"),
        (AddColumn(name="new", dtype="category", categories=["y", "y"]), "BAD_MESSAGE"),
        (AddColumn(name="new", dtype="binary", rows=[0], values=["eA=="]), "NOT_EDITABLE"),
    ],
)
def test_values_that_do_not_fit_refuse_it_all(ann: Client, op: Op, code: str) -> None:
    before = shown(ann.store, 0, 1)
    refused = ann.refused(op)
    assert refused.code == code
    assert shown(ann.store, 0, 1) == before
    assert len(ann.store.table("sales").columns) == 2
    if code in ("TYPE", "CHECK"):
        assert refused.bad[0].row == 0


@pytest.mark.parametrize("rids", [[], [5], [1, 2, 3], [3, 2, 1], [7, 8, 1, 2, 3, 9]])
def test_row_ids_travel_as_runs(rids: list[int]) -> None:
    assert of_pairs(pairs(rids)).tolist() == rids
