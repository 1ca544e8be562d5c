from __future__ import annotations

import pandas as pd
import pytest
from kernel.frames.tables import ANN, BO, fingerprint
from tabweave.frames.difference import Difference
from tabweave.frames.frame import Frame
from tabweave.frames.log import Log
from tabweave_core.errors import NotFound, Refused, Unavailable
from tabweave_core.protocol import ops


def set_cells(column: int, rows: list[int], *texts: str | None) -> ops.SetCells:
    return ops.SetCells(blocks=[ops.Block(columns=[column], rows=rows, values=[list(texts)])])


def test_undo_leaves_the_cells_that_somebody_else_changed_since() -> None:
    df = pd.DataFrame({"price": range(42)})
    frame = Frame(df)
    frame.apply(set_cells(0, list(range(42)), *["7"] * 42), user=ANN)
    frame.apply(set_cells(0, [3], "9"), user=BO)
    applied = frame.apply(ops.Undo(), user=ANN)
    assert (applied.status, applied.skipped, applied.n_cells) == ("partial", 1, 41)
    assert applied.message == "41 of 42 cells restored, 1 changed by Bo since"
    assert df["price"].tolist() == [*range(3), 9, *range(4, 42)]


def test_a_cell_that_its_undo_left_still_belongs_to_the_undone_change() -> None:
    df = pd.DataFrame({"x": [0]})
    frame = Frame(df)
    frame.apply(set_cells(0, [0], "1"), user=BO)
    frame.apply(set_cells(0, [0], "2"), user=ANN)
    frame.apply(set_cells(0, [0], "3"), user=BO)
    assert frame.apply(ops.Undo(), user=ANN).status == "noop"
    frame.apply(ops.Undo(), user=BO)
    assert df["x"].tolist() == [2]
    assert frame.apply(ops.Undo(), user=BO).status == "noop"
    assert df["x"].tolist() == [2]


def test_redo_after_redo_writes_the_same_cell_again() -> None:
    df = pd.DataFrame({"x": [0]})
    frame = Frame(df)
    for text in "123":
        frame.apply(set_cells(0, [0], text), user=ANN)
    for wanted in (2, 1, 0):
        frame.apply(ops.Undo(), user=ANN)
        assert df["x"].tolist() == [wanted]
    for wanted in (1, 2, 3):
        frame.apply(ops.Redo(), user=ANN)
        assert df["x"].tolist() == [wanted]


def test_a_new_change_ends_what_can_be_redone() -> None:
    frame = Frame(pd.DataFrame({"x": [0]}))
    frame.apply(set_cells(0, [0], "1"), user=ANN)
    frame.apply(ops.Undo(), user=ANN)
    assert frame.can_redo("ann")
    frame.apply(set_cells(0, [0], "2"), user=ANN)
    assert not frame.can_redo("ann")
    with pytest.raises(Refused):
        frame.apply(ops.Redo(), user=ANN)


def test_nobody_undoes_somebody_elses_change() -> None:
    frame = Frame(pd.DataFrame({"x": [0]}))
    rev = frame.apply(set_cells(0, [0], "1"), user=ANN).rev
    assert not frame.can_undo("bo")
    with pytest.raises(Refused) as refusal:
        frame.apply(ops.Undo(ref=rev), user=BO)
    assert refusal.value.code == "FORBIDDEN"


def test_a_type_comes_back_with_what_others_changed_since() -> None:
    df = pd.DataFrame({"x": [1, 2]})
    frame = Frame(df)
    frame.apply(ops.RetypeColumn(column=0, dtype="float64"), user=ANN)
    frame.apply(set_cells(0, [1], "5"), user=BO)
    frame.apply(ops.InsertRows(copy_of=ops.Rows(ids=[1])), user=BO)
    frame.apply(ops.Undo(), user=ANN)
    assert (df["x"].tolist(), str(df["x"].dtype)) == ([1, 5, 5], "int64")
    frame.apply(set_cells(0, [0], "8"), user=BO)
    frame.apply(ops.Redo(), user=ANN)
    assert (df["x"].tolist(), str(df["x"].dtype)) == ([8.0, 5.0, 5.0], "float64")


def test_a_type_does_not_come_back_when_a_newer_value_does_not_fit_it() -> None:
    df = pd.DataFrame({"x": [1, 2]})
    frame = Frame(df)
    frame.apply(ops.RetypeColumn(column=0, dtype="float64"), user=ANN)
    frame.apply(set_cells(0, [1], "5.5"), user=BO)
    before = fingerprint(df)
    with pytest.raises(Refused) as refusal:
        frame.apply(ops.Undo(), user=ANN)
    assert refusal.value.code == "CONFLICT"
    assert fingerprint(df) == before


def test_texts_that_became_missing_with_a_type_come_back_with_it() -> None:
    df = pd.DataFrame({"x": ["1", "abc"]})
    frame = Frame(df)
    assert frame.apply(ops.RetypeColumn(column=0, dtype="Int64", on_error="missing"), user=ANN).skipped == 1
    frame.apply(set_cells(0, [1], "4"), user=ANN)
    frame.apply(ops.Undo(), user=ANN)
    frame.apply(ops.Undo(), user=ANN)
    assert df["x"].tolist() == ["1", "abc"]


def test_deleted_rows_come_back_after_their_nearest_neighbour() -> None:
    df = pd.DataFrame({"x": range(6)})
    frame = Frame(df)
    frame.apply(ops.DeleteRows(rows=ops.Rows(ids=[1, 4])), user=ANN)
    frame.apply(ops.DeleteRows(rows=ops.Rows(ids=[3])), user=BO)
    frame.apply(ops.InsertRows(copy_of=ops.Rows(ids=[5]), before=0), user=BO)
    frame.apply(ops.Undo(), user=ANN)
    assert df["x"].tolist() == [5, 0, 1, 2, 4, 5]
    assert frame.rids.ids(slice(None)).tolist() == [6, 0, 1, 2, 4, 5]


def test_inserted_rows_that_somebody_wrote_in_stay() -> None:
    df = pd.DataFrame({"x": [1]})
    frame = Frame(df)
    frame.apply(ops.InsertRows(count=2), user=ANN)
    frame.apply(set_cells(0, [2], "9"), user=BO)
    applied = frame.apply(ops.Undo(), user=ANN)
    assert applied.message == "1 of 2 rows restored, 1 changed by Bo since"
    assert df["x"].tolist() == [1, 9]


def test_changes_by_code_are_listed_and_end_the_undo_of_the_cells_they_wrote() -> None:
    df = pd.DataFrame({"x": [1, 2]})
    frame = Frame(df)
    frame.apply(set_cells(0, [0, 1], "5", "6"), user=ANN)
    df.loc[0, "x"] = 50
    frame.external(Difference(changed={0: pd.Index([0]).to_numpy()}), df)
    assert frame.history(1)[0].user.id == "code"
    assert not frame.can_undo("code")
    assert frame.apply(ops.Undo(), user=ANN).message == "1 of 2 cells restored, 1 changed by code since"
    assert df["x"].tolist() == [50, 2]


def test_a_replaced_table_cannot_be_undone_into_the_old_one() -> None:
    frame = Frame(pd.DataFrame({"x": [1, 2]}))
    frame.apply(set_cells(0, [0], "5"), user=ANN)
    epoch, other = frame.epoch, pd.DataFrame({"y": ["a"]})
    applied = frame.external(Difference(fresh=True), other)
    assert applied is not None
    assert frame.epoch != epoch
    assert not frame.can_undo("ann")
    with pytest.raises(Refused) as refusal:
        frame.apply(ops.Undo(), user=ANN)
    assert refusal.value.code == "UNDO_EXPIRED"
    assert other["y"].tolist() == ["a"]


def test_a_difference_that_does_not_fit_the_frame_starts_it_anew() -> None:
    df = pd.DataFrame({"x": [1, 2], "y": [3, 4]})
    frame = Frame(df)
    epoch = frame.epoch
    df["z"] = 5
    with pytest.raises(Unavailable):
        frame.apply(set_cells(0, [0], "1"), user=ANN)
    frame.external(Difference(source=(0, 1, 7)), df)
    assert frame.epoch != epoch
    assert len(frame.schema().columns) == 3
    with pytest.raises(NotFound):
        frame.apply(set_cells(0, [0], "6"), user=ANN)
    frame.apply(set_cells(frame.layout.columns[2], [0], "6"), user=ANN)
    assert df["z"].tolist() == [6, 5]


def test_the_oldest_undo_expires_beyond_the_budget() -> None:
    df = pd.DataFrame({"x": range(10_000)})
    frame = Frame(df)
    frame.log = Log(budget=600_000)
    for text in "123":
        frame.apply(ops.SetCells(blocks=[ops.Block(columns=[0], start=0, stop=10_000, values=[[text]])]), user=ANN)
    frame.apply(ops.Undo(), user=ANN)
    assert df["x"].iloc[0] == 2
    assert not frame.can_undo("ann")
    with pytest.raises(Refused) as refusal:
        frame.apply(ops.Undo(), user=ANN)
    assert refusal.value.code == "UNDO_EXPIRED"


def test_history_tells_one_cell_from_old_to_new() -> None:
    frame = Frame(pd.DataFrame({"price": [40, 1]}), clock=lambda: 12.5)
    frame.apply(set_cells(0, [0], "55"), user=ANN)
    frame.apply(set_cells(0, [0, 1], "56", "57"), user=BO)
    assert [change.summary for change in frame.history()] == ["2 cells of price", "price of row 1: 40 → 55"]
    assert [change.summary for change in frame.history(rid=0, column=0)] == ["price: 55 → 56", "price: 40 → 55"]
    assert [change.summary for change in frame.history(rid=1, column=0)] == ["price: 1 → 57"]
    assert frame.history(1)[0].time == 12.5
