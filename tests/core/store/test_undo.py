"""Undo and redo are each user's own, from the log, and touch only what nobody has written since (I8)."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest
from core.store.people import ANN, BO, Client, open_store, rows, shown
from tabweave_core.protocol.ops import (
    AddColumn,
    Block,
    DeleteRows,
    DropColumns,
    InsertRows,
    Redo,
    RenameColumn,
    RetypeColumn,
    SetCells,
    Undo,
)


def paste(column: int, **values: str) -> SetCells:
    return SetCells(blocks=[Block(columns=[column], rows=[int(rid[1:]) for rid in values], values=[list(values.values())])])


def quantities(client: Client) -> list[object]:
    return [row[1] for row in shown(client.store, 1)]


def test_an_undo_leaves_the_cells_that_somebody_wrote_since(ann: Client, bo: Client) -> None:
    ann.ok(paste(1, r0="10", r1="20", r2="30"))
    bo.put(1, 1, "99")
    ack = ann.ok(Undo())
    assert (ack.status, ack.message) == ("partial", "2 of 3 cells restored, 1 changed by Bo since")
    assert quantities(ann) == [1, 99, None, 4]


def test_each_user_undoes_their_own_last_change(ann: Client, bo: Client) -> None:
    ann.put(1, 0, "10")
    bo.put(1, 1, "20")
    ann.ok(Undo())
    assert quantities(ann) == [1, 20, None, 4]


def test_when_the_other_change_is_undone_too_the_first_can_be_undone_whole(ann: Client, bo: Client) -> None:
    ann.put(1, 0, "10")
    bo.put(1, 0, "20")
    bo.ok(Undo())
    assert ann.ok(Undo()).status == "ok"
    assert quantities(ann)[0] == 1


def test_undo_goes_back_step_by_step_and_redo_forward_again(ann: Client) -> None:
    for text in ("10", "11", "12"):
        ann.put(1, 0, text)
    back = [ann.ok(Undo()) and quantities(ann)[0] for _ in range(3)]
    assert back == [11, 10, 1]
    assert not ann.store.undoable("sales", ANN.id).undo
    forth = [ann.ok(Redo()) and quantities(ann)[0] for _ in range(3)]
    assert forth == [10, 11, 12]
    assert ann.refused(Redo()).code == "UNDO_EXPIRED"
    assert (ann.ok(Undo()).status, quantities(ann)[0]) == ("ok", 11)


def test_a_new_change_ends_what_can_be_redone(ann: Client) -> None:
    ann.put(1, 0, "10")
    ann.ok(Undo())
    ann.put(1, 1, "5")
    assert ann.refused(Redo()).code == "UNDO_EXPIRED"


def test_a_redo_leaves_what_somebody_wrote_since_the_undo(ann: Client, bo: Client) -> None:
    ann.put(1, 0, "10")
    ann.ok(Undo())
    bo.put(1, 0, "7")
    assert ann.ok(Redo()).status == "noop"
    assert quantities(ann)[0] == 7


def test_an_undo_that_finds_nothing_to_restore_says_so_and_makes_way_for_the_one_before(ann: Client, bo: Client) -> None:
    ann.put(1, 3, "40")
    ann.put(1, 0, "10")
    bo.put(1, 0, "20")
    assert (ann.ok(Undo()).status, quantities(ann)[0]) == ("noop", 20)
    assert (ann.ok(Undo()).status, quantities(ann)[3]) == ("ok", 4)


def test_a_change_can_be_named(ann: Client) -> None:
    first = ann.put(1, 0, "10").rev
    ann.put(1, 1, "20")
    undo = ann.ok(Undo(ref=first)).rev
    assert quantities(ann)[:2] == [1, 20]
    assert ann.refused(Undo(ref=first)).code == "CONFLICT"
    ann.ok(Redo(ref=undo))
    assert quantities(ann)[:2] == [10, 20]


def test_nobody_undoes_the_change_of_another(ann: Client, bo: Client) -> None:
    rev = ann.put(1, 0, "10").rev
    assert bo.refused(Undo(ref=rev)).code == "FORBIDDEN"
    assert bo.refused(Undo()).code == "UNDO_EXPIRED"


def test_inserted_rows_that_somebody_filled_stay(ann: Client, bo: Client) -> None:
    ann.ok(InsertRows(count=2))
    bo.put(0, 5, "ruler")
    assert ann.ok(Undo()).message == "1 of 2 rows restored, 1 changed by Bo since"
    assert shown(ann.store, 0)[-1] == (5, "ruler")


def test_deleted_rows_come_back_in_their_place_with_their_values(ann: Client) -> None:
    before = shown(ann.store, 0, 1)
    ann.ok(DeleteRows(rows=rows(0, 2)))
    ann.ok(Undo())
    assert shown(ann.store, 0, 1) == before


def test_rows_that_somebody_else_deleted_too_stay_deleted(ann: Client, bo: Client) -> None:
    ann.ok(DeleteRows(rows=rows(0)))
    ann.ok(Undo())
    bo.ok(DeleteRows(rows=rows(0)))
    assert ann.ok(Redo()).status == "noop"
    assert ann.ok(Undo()).message == "0 of 1 row restored, 1 changed by Bo since"
    assert [row[0] for row in shown(ann.store)] == [1, 2, 3]
    bo.ok(Undo())
    assert shown(ann.store, 0)[0] == (0, "pen")


def test_columns_that_somebody_else_dropped_or_named_too_stay_so(ann: Client, bo: Client) -> None:
    for op in (RenameColumn(column=0, name="what"), DropColumns(columns=[0])):
        ann.ok(op)
        ann.ok(Undo())
        bo.ok(op)
        assert ann.ok(Redo()).status == "noop"
        assert ann.ok(Undo()).status == "noop"
        bo.ok(Undo())
        assert [column.name for column in ann.store.table("sales").columns] == ["item", "qty"]


def test_an_edit_of_a_row_that_was_deleted_since_is_left(ann: Client, bo: Client) -> None:
    ann.ok(paste(1, r0="10", r1="20"))
    bo.ok(DeleteRows(rows=rows(1)))
    assert ann.ok(Undo()).skipped == 1
    bo.ok(Undo())
    assert quantities(ann) == [1, 20, None, 4]


def test_a_column_that_somebody_filled_stays(ann: Client, bo: Client) -> None:
    ann.ok(AddColumn(name="note", dtype="string"))
    bo.put(2, 0, "mine")
    assert ann.ok(Undo()).status == "noop"
    assert shown(ann.store, 2)[0] == (0, "mine")


def test_a_dropped_column_does_not_come_back_beside_one_of_its_name(ann: Client, bo: Client) -> None:
    ann.ok(DropColumns(columns=[1]))
    bo.ok(AddColumn(name="qty", dtype="string"))
    nack = ann.refused(Undo())
    assert (nack.code, nack.hint) == ("CONFLICT", "Rename that one first.")
    bo.ok(RenameColumn(column=2, name="other"))
    ann.ok(Undo())
    assert quantities(ann) == [1, 2, None, 4]


def test_undo_survives_closing_and_opening_the_store(tmp_path: Path) -> None:
    with open_store(tmp_path / "a.duckdb") as store:
        store.create_table("sales", pa.table({"item": ["pen"], "qty": [1]}), ANN)
        Client(store, ANN).put(1, 0, "10")
        Client(store, BO).put(0, 0, "ink")
    with open_store(tmp_path / "a.duckdb") as store:
        client = Client(store, ANN)
        client.seq = store.last_seq(client.id)
        client.ok(Undo())
        assert shown(store, 0, 1) == [(0, "ink", 1)]


@pytest.mark.parametrize("rid", [None, 0])
def test_history_tells_who_did_what_and_what_is_undone(ann: Client, bo: Client, rid: int | None) -> None:
    ann.put(1, 0, "10")
    bo.put(1, 0, "20")
    bo.ok(Undo())
    found = ann.store.history("sales", rid=rid, column=None if rid is None else 1)
    assert [(change.rev, change.user.name, change.kind, change.undone, change.undo_of) for change in found] == [
        (3, "Bo", "undo", False, 2),
        (2, "Bo", "set_cells", True, None),
        (1, "Ann", "set_cells", False, None),
    ]
    assert found[1].summary == "set 1 cell of qty"


def test_the_history_of_a_cell_tells_its_values_as_long_as_its_column_has_its_type(ann: Client, bo: Client) -> None:
    ann.put(1, 0, "10")
    bo.put(1, 0, None)
    ann.put(1, 1, "7")
    told = ann.store.history("sales", rid=0, column=1)
    assert [(change.user.name, change.cell) for change in told] == [("Bo", [10, None]), ("Ann", [1, 10])]
    assert [change.cell for change in ann.store.history("sales")] == [None, None, None]
    bo.ok(RetypeColumn(column=1, dtype="string"))
    bo.put(1, 0, "ten")
    told = ann.store.history("sales", rid=0, column=1)
    assert [change.cell for change in told] == [[None, "ten"], None, None, None]
