from __future__ import annotations

import ast
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from kernel.frames.tables import ANN, editable_columns, fingerprint, read_only_columns
from tabweave.frames import writes
from tabweave.frames.frame import Frame
from tabweave_core.engine.refusals import CellsRefused
from tabweave_core.errors import BadMessage, NotFound, Refused, TabweaveError
from tabweave_core.protocol import ops
from tabweave_core.protocol.ops import Block, SetCells

COLUMNS = editable_columns()


def refusal(frame: Frame, op: ops.Op) -> TabweaveError:
    before = fingerprint(frame.df)
    with pytest.raises(TabweaveError) as found:
        frame.apply(op, user=ANN)
    assert fingerprint(frame.df) == before
    return found.value


def test_a_refused_paste_writes_nothing_and_lists_every_bad_cell() -> None:
    df = pd.DataFrame({"qty": [1, 2, 3], "name": ["a", "b", "c"], "day": pd.to_datetime(["2020-01-01"] * 3)})
    block = Block(
        columns=[1, 0, 2], start=0, stop=3, values=[["x", "y", "z"], ["7", "abc", "1.5"], ["2020-01-02", "soon", "2020-01-03"]]
    )
    found = refusal(Frame(df), SetCells(blocks=[block]))
    assert isinstance(found, CellsRefused)
    assert [(bad.row, bad.column, bad.rid, bad.id, bad.text) for bad in found.bad] == [
        (1, 1, 1, 0, "abc"),
        (2, 1, 2, 0, "1.5"),
        (1, 2, 1, 2, "soon"),
    ]
    assert found.n_bad == 3
    assert str(found).startswith("3 of 9 cells refuse their values; nothing was written.")


def test_only_a_hundred_bad_cells_are_listed_and_all_are_counted() -> None:
    found = refusal(
        Frame(pd.DataFrame({"x": range(500)})), SetCells(blocks=[Block(columns=[0], start=0, stop=500, values=[["?"]])])
    )
    assert isinstance(found, CellsRefused)
    assert (len(found.bad), found.n_bad) == (1, 500)
    texts = [str(at) + "?" for at in range(500)]
    found = refusal(
        Frame(pd.DataFrame({"x": range(500)})), SetCells(blocks=[Block(columns=[0], start=0, stop=500, values=[texts])])
    )
    assert isinstance(found, CellsRefused)
    assert (len(found.bad), found.n_bad) == (100, 500)


def test_missing_in_a_column_without_it_offers_the_type_that_has_it() -> None:
    df = pd.DataFrame({"x": [1, 2]})
    frame = Frame(df)
    found = refusal(frame, SetCells(blocks=[Block(columns=[0], rows=[1], values=[[None]])]))
    assert isinstance(found, CellsRefused)
    assert found.offer == ops.RetypeColumn(column=0, dtype="Int64")
    frame.apply(found.offer, user=ANN)
    frame.apply(SetCells(blocks=[Block(columns=[0], rows=[1], values=[[None]])]), user=ANN)
    assert df["x"].isna().tolist() == [False, True]


@pytest.mark.parametrize("name", read_only_columns())
def test_read_only_columns_say_why_and_can_still_be_moved_copied_and_dropped(name: str) -> None:
    df = pd.DataFrame({"x": read_only_columns()[name], "y": [1, 2, 3]})
    frame, original = Frame(df), fingerprint(df)
    found = refusal(frame, SetCells(blocks=[Block(columns=[0], rows=[0], values=[["1"]])]))
    assert (found.code, frame.column(0).why in str(found)) == ("NOT_EDITABLE", True)
    frame.apply(ops.InsertRows(count=1, before=1), user=ANN)
    frame.apply(ops.InsertRows(copy_of=ops.Rows(ids=[2])), user=ANN)
    frame.apply(ops.MoveColumn(column=0, to=1), user=ANN)
    assert df["x"].dtype == read_only_columns()[name].dtype
    frame.apply(ops.DropColumns(columns=[0]), user=ANN)
    for _ in range(4):
        frame.apply(ops.Undo(), user=ANN)
    assert fingerprint(df) == original


def test_index_levels_are_shown_and_refuse_edits() -> None:
    df = pd.DataFrame({"x": [1]}, index=pd.MultiIndex.from_tuples([("a", 1)], names=["k", None]))
    frame = Frame(df)
    assert [(column.name, column.index) for column in frame.schema().columns] == [("k", True), ("level_1", True), ("x", False)]
    for op in (
        SetCells(blocks=[Block(columns=[0], rows=[0], values=[["b"]])]),
        ops.RenameColumn(column=0, name="z"),
        ops.DropColumns(columns=[1]),
    ):
        assert refusal(frame, op).code == "NOT_EDITABLE"


@pytest.mark.parametrize(
    ("op", "code"),
    [
        (SetCells(blocks=[Block(columns=[9], rows=[0], values=[["1"]])]), "NO_COLUMN"),
        (SetCells(blocks=[Block(columns=[0], rows=[9], values=[["1"]])]), "NO_ROW"),
        (SetCells(blocks=[Block(columns=[0], start=0, stop=9, values=[["1"]])]), "NO_ROW"),
        (SetCells(blocks=[Block(columns=[0], rows=[0, 1], values=[["1", "2", "3"]])]), "BAD_MESSAGE"),
        (ops.RenameColumn(column=0, name="b"), "CONFLICT"),
        (ops.RenameColumn(column=0, name=" "), "SCHEMA"),
        (ops.AddColumn(name="a", dtype="str"), "CONFLICT"),
        (ops.AddColumn(name="c", dtype="flaot64"), "SCHEMA"),
        (ops.RetypeColumn(column=1, dtype="Int64"), "TYPE"),
        (ops.RetypeColumn(column=1, dtype="int64", on_error="missing"), "SCHEMA"),
        (ops.DeleteRows(rows=ops.Rows(ids=[77])), "NO_ROW"),
        (ops.InsertRows(count=-1), "TOO_LARGE"),
        (ops.Replace(find="(", replacement="", regex=True), "CHECK"),
        (ops.Undo(), "UNDO_EXPIRED"),
        (ops.Redo(), "UNDO_EXPIRED"),
    ],
)
def test_what_cannot_be_done_is_refused_and_changes_nothing(op: ops.Op, code: str) -> None:
    assert refusal(Frame(pd.DataFrame({"a": [1, 2], "b": ["x", "y"]})), op).code == code


def test_a_taken_name_comes_with_the_nearest_free_one() -> None:
    frame = Frame(pd.DataFrame(columns=["price", "price 2", "x"]))
    assert refusal(frame, ops.RenameColumn(column=2, name="price")).hint == "'price 3' is free."


def test_a_read_only_frame_refuses_everything() -> None:
    frame = Frame(pd.DataFrame({"a": [1]}), read_only="A Series is shown read-only.")
    assert refusal(frame, ops.InsertRows()).message == "A Series is shown read-only."


@pytest.mark.parametrize(
    ("dtype", "source", "wanted"),
    [
        ("int64", ["1", "3"], ["5", "7", "9"]),
        ("float64", ["0.1", "0.2"], ["0.3", "0.4", "0.5"]),
        ("decimal128(18, 2)[pyarrow]", ["1.25", "1.50"], ["1.75", "2.00", "2.25"]),
        ("date32[day][pyarrow]", ["2020-01-31", "2020-02-29"], ["2020-03-31", "2020-04-30", "2020-05-31"]),
        ("date32[day][pyarrow]", ["2020-01-30", "2020-01-31"], ["2020-02-01", "2020-02-02", "2020-02-03"]),
        (
            "datetime64[us]",
            ["2020-01-15 10:00", "2020-04-15 10:00"],
            ["2020-07-15 10:00", "2020-10-15 10:00", "2021-01-15 10:00"],
        ),
        (
            "datetime64[us]",
            ["2020-01-01 10:00", "2020-01-01 10:30"],
            ["2020-01-01 11:00", "2020-01-01 11:30", "2020-01-01 12:00"],
        ),
        (
            "datetime64[us, Europe/Berlin]",
            ["2021-03-27 10:00", "2021-03-28 10:00"],
            ["2021-03-29 10:00", "2021-03-30 10:00", "2021-03-31 10:00"],
        ),
        ("str", ["item 08", "item 09"], ["item 10", "item 11", "item 12"]),
        ("str", ["Q1", "Q1"], ["Q1", "Q1", "Q1"]),
        ("str", ["a", "b"], ["a", "b", "a"]),
        ("boolean", ["true", "false"], ["true", "false", "true"]),
        ("int64", ["1", "10"], ["19", "28", "37"]),
        ("timedelta64[us]", ["1 h", "2 h"], ["3 h", "4 h", "5 h"]),
    ],
)
def test_a_series_goes_on_with_its_step_and_repeats_what_has_none(dtype: str, source: list[str], wanted: list[str]) -> None:
    frame = Frame(pd.DataFrame(index=range(5)))
    frame.apply(ops.AddColumn(name="x", dtype=dtype), user=ANN)
    frame.apply(ops.AddColumn(name="wanted", dtype=dtype), user=ANN)
    first, second = frame.layout.columns
    frame.apply(SetCells(blocks=[Block(columns=[first], start=0, stop=2, values=[source])]), user=ANN)
    frame.apply(SetCells(blocks=[Block(columns=[second], start=0, stop=5, values=[source + wanted])]), user=ANN)
    frame.apply(ops.Fill(columns=[first], start=0, stop=2, target_start=2, target_stop=5, mode="series"), user=ANN)
    pd.testing.assert_series_equal(frame.df["x"], frame.df["wanted"], check_names=False)


def test_a_series_that_leaves_its_type_is_refused() -> None:
    frame = Frame(pd.DataFrame({"x": np.array([100, 120, 0], dtype="int8")}))
    assert refusal(frame, ops.Fill(columns=[0], start=0, stop=2, target_start=2, target_stop=3, mode="series")).code == "RANGE"


def test_edits_land_in_the_rows_of_the_view() -> None:
    class Reversed:
        count = 3

        def positions(self, start: int, stop: int) -> Any:
            return np.array([4, 2, 0])[start:stop]

    df = pd.DataFrame({"x": range(5)})
    frame = Frame(df)
    frame.apply(SetCells(blocks=[Block(columns=[0], start=0, stop=2, values=[["40", "20"]])]), user=ANN, view=Reversed())
    assert df["x"].tolist() == [0, 1, 20, 3, 40]
    frame.apply(ops.Replace(find="0", replacement="1"), user=ANN, view=Reversed())
    assert df["x"].tolist() == [1, 1, 21, 3, 41]
    frame.apply(ops.DeleteRows(rows=ops.Rows(ranges=[(0, 1), (2, 3)])), user=ANN, view=Reversed())
    assert df["x"].tolist() == [1, 21, 3]


@pytest.mark.parametrize(
    ("index", "inserted"),
    [
        (pd.RangeIndex(2, name="n"), pd.RangeIndex(4, name="n")),
        (pd.Index([7, 9]), pd.Index([7, 10, 11, 9])),
        (pd.Index(["a", "b"], dtype="str"), pd.Index(["a", None, None, "b"], dtype="str")),
        (pd.to_datetime(["2020-01-01", "2020-01-02"]), pd.DatetimeIndex(["2020-01-01", None, None, "2020-01-02"]).as_unit("us")),
        (pd.Index([1, None], dtype=object), pd.Index([1, None, None, None], dtype=object)),
        (
            pd.MultiIndex.from_tuples([("a", 1.0), ("b", 2.0)]),
            pd.MultiIndex.from_tuples([("a", 1.0), (None, None), (None, None), ("b", 2.0)]),
        ),
    ],
    ids=str,
)
def test_new_rows_get_labels_that_fit_the_index(index: pd.Index, inserted: pd.Index) -> None:
    df = pd.DataFrame({"x": [1, 2]}, index=index)
    Frame(df).apply(ops.InsertRows(count=2, before=1), user=ANN)
    pd.testing.assert_index_equal(df.index, inserted, exact=True)


def test_levels_are_described_as_what_they_give() -> None:
    frame = Frame(pd.DataFrame({"x": [1, 2]}, index=pd.MultiIndex.from_arrays([[1, 2], [True, False]])))
    frame.apply(ops.InsertRows(count=1), user=ANN)
    for column in frame.schema().columns:
        assert column.dtype == str(frame.values(column.id).dtype)


def test_a_frame_without_duplicate_labels_gets_none() -> None:
    df = pd.DataFrame({"x": [1]}, index=["a"]).set_flags(allows_duplicate_labels=False)
    assert refusal(Frame(df), ops.InsertRows(count=2)).code == "CONFLICT"


def test_a_subclass_its_attrs_and_flags_survive_every_change_of_structure() -> None:
    class Sales(pd.DataFrame):
        pass

    df = Sales({"a": [1, 2], "b": ["x", "y"]})
    df.attrs["source"] = "here"
    frame = Frame(df)
    for op in (
        ops.InsertRows(),
        ops.DeleteRows(rows=ops.Rows(ids=[0])),
        ops.AddColumn(name="c", dtype="str"),
        ops.MoveColumn(column=0, to=1),
        ops.RenameColumn(column=0, name="z"),
        ops.RetypeColumn(column=0, dtype="str", on_error="missing"),
        ops.DropColumns(columns=[1]),
    ):
        frame.apply(op, user=ANN)
        assert type(df) is Sales
        assert frame.df is df
        assert df.attrs == {"source": "here"}


def test_ten_thousand_columns_have_a_schema_at_once() -> None:
    df = pd.DataFrame(np.zeros((2, 10_000)))
    frame = Frame(df)
    assert len(frame.schema().columns) == 10_000
    frame.apply(SetCells(blocks=[Block(columns=[9_999], rows=[1], values=[["5"]])]), user=ANN)
    frame.apply(ops.DropColumns(columns=list(range(0, 10_000, 2))), user=ANN)
    assert (df.shape, df.iloc[1, -1]) == ((2, 5_000), 5)


def test_a_write_touches_no_more_than_the_rows_around_it() -> None:
    text = pd.Series([f"row {at}" for at in range(300_000)], dtype="str")
    df = pd.DataFrame({"x": text})
    before = [chunk.buffers()[2].address for chunk in df["x"].array._pa_array.chunks]
    frame = Frame(df)
    frame.apply(SetCells(blocks=[Block(columns=[0], rows=[150_000], values=[["new"]])]), user=ANN)
    chunks = df["x"].array._pa_array.chunks
    shared = [chunk for chunk in chunks if chunk.buffers()[2].address in before]
    assert sum(len(chunk) for chunk in chunks if chunk not in shared) <= 1 << 16
    assert df["x"].iloc[[149_999, 150_000, 150_001]].tolist() == ["row 149999", "new", "row 150001"]


def test_only_one_place_replaces_what_a_dataframe_holds() -> None:
    folder = Path(writes.__file__).parent
    users = set()
    for path in folder.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and node.attr in ("_update_inplace", "column_setitem", "isetitem"):
                users.add(path.name)
    assert users == {"writes.py"}


def test_a_wrong_message_is_no_users_mistake() -> None:
    frame = Frame(pd.DataFrame({"a": [1]}))
    assert isinstance(refusal(frame, SetCells(blocks=[Block(columns=[0], rows=[0], values=[])])), BadMessage)
    assert isinstance(refusal(frame, ops.DeleteRows(rows=ops.Rows())), BadMessage)
    assert isinstance(refusal(frame, ops.DropColumns(columns=[8])), NotFound)
    assert isinstance(refusal(frame, ops.AddColumn(name="", dtype="str")), Refused)


@pytest.mark.parametrize(
    "values",
    [
        pd.Series([2, 1, 2]),
        pd.Series([0.5, None, 1.5]),
        pd.Series([True, False, True]),
        pd.Series(pd.to_datetime(["2026-01-02", None, "2026-01-01"])),
        pd.Series([2**64 - 1, 0, 1], dtype="uint64"),
        pd.Series([1, None, 2], dtype="Int64"),
        pd.Series([[1], None, [1]], dtype=pd.ArrowDtype(pa.list_(pa.int64()))),
    ],
    ids=lambda values: str(values.dtype),
)
def test_any_column_can_become_a_category_and_come_back(values: pd.Series) -> None:
    df = pd.DataFrame({"x": values})
    frame = Frame(df)
    frame.apply(ops.RetypeColumn(column=0, dtype="category"), user=ANN)
    assert df["x"].dtype == "category"
    assert df["x"].isna().tolist() == values.isna().tolist()
    frame.apply(ops.Undo(), user=ANN)
    pd.testing.assert_series_equal(df["x"], values, check_names=False)


@pytest.mark.parametrize(("dtype", "stored"), [("float32", [0.5, 0.0]), ("Int64", None), ("string", ["0.5", "0.0"])])
def test_a_sparse_column_can_be_made_a_plain_one(dtype: str, stored: list[Any] | None) -> None:
    df = pd.DataFrame({"x": pd.arrays.SparseArray([0.5, 0.0], fill_value=0.0)})
    op = ops.RetypeColumn(column=0, dtype=dtype)
    if stored is None:
        assert refusal(Frame(df), op).code == "TYPE"
    else:
        Frame(df).apply(op, user=ANN)
        assert (str(df["x"].dtype), df["x"].tolist()) == (dtype, stored)


def test_new_rows_under_an_index_without_missing_labels_get_its_empty_label() -> None:
    df = pd.DataFrame({"x": [1, 2]}, index=pd.interval_range(0, 2))
    frame = Frame(df)
    frame.apply(ops.InsertRows(count=1, before=1), user=ANN)
    assert df.index.tolist() == [pd.Interval(0, 1), pd.Interval(0, 0), pd.Interval(1, 2)]


def test_columns_whose_labels_cannot_be_compared_can_be_dropped_moved_and_restored() -> None:
    df = pd.DataFrame([[1, 2, 3, 4]], columns=pd.Index([np.int64(1), ("a", 2), pd.NA, None], dtype=object, tupleize_cols=False))
    before = df.copy()
    frame = Frame(df)
    for op in (ops.DropColumns(columns=[1, 2]), ops.MoveColumn(column=0, to=2), ops.AddColumn(name="b", dtype="Int64")):
        frame.apply(op, user=ANN)
        frame.apply(ops.Undo(), user=ANN)
        pd.testing.assert_frame_equal(df, before)


def test_dropping_ten_thousand_columns_takes_no_longer_than_making_them() -> None:
    df = pd.DataFrame(np.zeros((2, 10_000)))
    frame = Frame(df)
    start = time.perf_counter()
    frame.apply(ops.DropColumns(columns=list(range(1, 10_000))), user=ANN)
    frame.apply(ops.Undo(), user=ANN)
    assert time.perf_counter() - start < 5
    assert df.shape == (2, 10_000)
