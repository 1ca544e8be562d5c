"""Rows and columns of a shared table: inserted, deleted, added, dropped, renamed, moved and retyped."""

from __future__ import annotations

import pyarrow as pa
import pytest
from core.store.people import ANN, Client, rows, shown, typed
from tabweave_core.engine.store import Store
from tabweave_core.protocol.ops import (
    AddColumn,
    Condition,
    DeleteRows,
    DropColumns,
    InsertRows,
    MoveColumn,
    Redo,
    RenameColumn,
    RetypeColumn,
    Rows,
    Undo,
)


def names(store: Store) -> list[str]:
    return [column.name for column in store.table("sales").columns]


def test_rows_are_inserted_before_a_row_or_at_the_end(ann: Client) -> None:
    ann.ok(InsertRows(count=2, before=1))
    ann.ok(InsertRows())
    assert shown(ann.store, 0) == [(0, "pen"), (4, None), (5, None), (1, "ink"), (2, "pad"), (3, None), (6, None)]


def test_copies_of_rows_have_their_values(ann: Client) -> None:
    ann.ok(InsertRows(copy_of=rows(1, 0), before=0))
    assert shown(ann.store, 0, 1)[:2] == [(4, "ink", 2), (5, "pen", 1)]


def test_a_deleted_row_beats_an_edit(ann: Client, bo: Client) -> None:
    bo.ok(DeleteRows(rows=rows(1, 3)))
    assert ann.refused(typed(1, 1, "5")).code == "NO_ROW"
    assert [row[0] for row in shown(ann.store)] == [0, 2]


def test_row_ids_are_never_given_again(ann: Client) -> None:
    ann.ok(DeleteRows(rows=rows(3)))
    ann.ok(InsertRows())
    assert [row[0] for row in shown(ann.store)] == [0, 1, 2, 4]


@pytest.mark.parametrize("op", [DeleteRows(rows=rows(9)), InsertRows(before=9), InsertRows(copy_of=rows(9))])
def test_rows_that_are_not_there_are_refused(ann: Client, op: DeleteRows | InsertRows) -> None:
    assert ann.refused(op).code == "NO_ROW"


def test_rows_of_a_view_are_refused(ann: Client) -> None:
    assert ann.refused(DeleteRows(rows=Rows(ranges=[(0, 1)]))).code == "BAD_MESSAGE"


def test_columns_come_move_change_their_name_and_go(ann: Client) -> None:
    ann.ok(AddColumn(name="price", dtype="decimal128(18, 2)", at=0))
    ann.put(2, 0, "9.5")
    ann.ok(MoveColumn(column=2, to=2))
    ann.ok(RenameColumn(column=2, name="cost"))
    assert names(ann.store) == ["item", "qty", "cost"]
    ann.ok(DropColumns(columns=[1, 0]))
    assert names(ann.store) == ["cost"]
    assert str(shown(ann.store, 2)[0][1]) == "9.50"


def test_column_ids_are_never_given_again(ann: Client) -> None:
    ann.ok(AddColumn(name="a", dtype="int64"))
    ann.ok(DropColumns(columns=[2]))
    ann.ok(AddColumn(name="b", dtype="int64"))
    assert [column.id for column in ann.store.table("sales").columns] == [0, 1, 3]


@pytest.mark.parametrize("op", [AddColumn(name="qty", dtype="int64"), RenameColumn(column=0, name="qty")])
def test_a_name_that_is_taken_is_refused(ann: Client, op: AddColumn | RenameColumn) -> None:
    assert ann.refused(op).code == "SCHEMA"


def test_an_unknown_type_is_refused_with_the_nearest_ones(ann: Client) -> None:
    nack = ann.refused(AddColumn(name="x", dtype="int46"))
    assert (nack.code, "int64" in nack.hint) == ("TYPE", True)


def test_a_retype_reads_every_value_by_the_new_type(ann: Client) -> None:
    ann.ok(RetypeColumn(column=1, dtype="string"))
    assert shown(ann.store, 1) == [(0, "1"), (1, "2"), (2, None), (3, "4")]
    ann.ok(RetypeColumn(column=1, dtype="double"))
    assert shown(ann.store, 1) == [(0, 1.0), (1, 2.0), (2, None), (3, 4.0)]
    assert ann.store.table("sales").columns[1].dtype == "double"


def test_a_retype_that_would_lose_values_is_refused_with_the_cells(ann: Client) -> None:
    nack = ann.refused(RetypeColumn(column=0, dtype="int64"))
    assert (nack.code, nack.n_bad, [bad.rid for bad in nack.bad]) == ("TYPE", 3, [0, 1, 2])


def test_a_retype_loses_values_only_when_told_to_and_says_how_many(ann: Client) -> None:
    ann.put(0, 3, "12")
    ack = ann.ok(RetypeColumn(column=0, dtype="int64", on_error="missing"))
    assert (ack.status, ack.skipped) == ("partial", 3)
    assert shown(ann.store, 0) == [(0, None), (1, None), (2, None), (3, 12)]


def test_a_retype_to_a_category_offers_the_values_that_were_there(ann: Client) -> None:
    ann.ok(RetypeColumn(column=0, dtype="category"))
    assert ann.store.table("sales").columns[0].categories == ["ink", "pad", "pen"]
    assert shown(ann.store, 0)[0] == (0, "pen")


def test_durations_become_text_as_people_write_them(store: Store) -> None:
    store.create_table("sales", pa.table({"d": pa.array([5_400_000, -1], pa.duration("ms"))}), ANN)
    client = Client(store, ANN)
    client.ok(RetypeColumn(column=0, dtype="string"))
    assert shown(store, 0) == [(0, "0 days 01:30:00"), (1, "-1 days +23:59:59.999")]
    client.ok(RetypeColumn(column=0, dtype="duration[us]"))
    assert [value.total_seconds() for _, value in shown(store, 0)] == [5400, -0.001]  # type: ignore[attr-defined]


def test_a_condition_holds_for_rows_and_columns_too(ann: Client, bo: Client) -> None:
    seen = ann.put(1, 0, "5").rev
    bo.put(1, 1, "6")
    assert ann.refused(DeleteRows(rows=rows(1)), Condition(rev=seen)).code == "CONFLICT"
    ann.ok(DeleteRows(rows=rows(0)), Condition(rev=seen))
    assert ann.refused(DropColumns(columns=[1]), Condition(rev=seen)).code == "CONFLICT"
    assert ann.refused(AddColumn(name="x", dtype="int64"), Condition(rev=seen)).code == "CONFLICT"


def test_every_kind_of_operation_can_be_undone_to_the_very_same_table(ann: Client) -> None:
    store = ann.store
    before = (shown(store, 0, 1), store.table("sales").columns)
    ops = [
        InsertRows(count=2, before=1),
        InsertRows(copy_of=rows(0, 1)),
        DeleteRows(rows=rows(0, 2, 4)),
        AddColumn(name="x", dtype="string", at=0),
        RenameColumn(column=0, name="what"),
        MoveColumn(column=0, to=2),
        RetypeColumn(column=1, dtype="string"),
        RetypeColumn(column=0, dtype="int64", on_error="missing"),
        DropColumns(columns=[0, 1]),
    ]
    for op in ops:
        ann.ok(op)
    for _ in ops:
        assert ann.ok(Undo()).status == "ok"
    assert (shown(store, 0, 1), store.table("sales").columns) == before
    for _ in ops:
        assert ann.ok(Redo()).status == "ok"
    for _ in ops:
        assert ann.ok(Undo()).status == "ok"
    assert (shown(store, 0, 1), store.table("sales").columns) == before
