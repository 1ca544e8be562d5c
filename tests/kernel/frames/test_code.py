from __future__ import annotations

from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from kernel.frames.tables import ANN, BO, editable_columns
from tabweave.frames import text
from tabweave.frames.difference import Difference
from tabweave.frames.frame import Frame
from tabweave_core.errors import Refused
from tabweave_core.protocol import ops

COLUMNS = editable_columns()
OFFLINE = {"autoinstall_known_extensions": False, "autoload_known_extensions": False}


def run_pandas(source: str, original: pd.DataFrame) -> pd.DataFrame:
    scope: dict[str, Any] = {"df": original}
    exec(compile(source, "edits", "exec"), scope)
    found = scope["df"]
    assert isinstance(found, pd.DataFrame)
    return found


def run_sql(source: str, original: pd.DataFrame, name: str = "df") -> dict[str, list[Any]]:
    with duckdb.connect(config=OFFLINE) as connection:
        connection.register("original", original)
        connection.execute(f'CREATE TABLE "{name}" AS SELECT CAST(row_number() OVER () - 1 AS DOUBLE) AS _row, * FROM original')
        connection.execute(source)
        found = connection.sql(f'SELECT * EXCLUDE (_row) FROM "{name}" ORDER BY _row').to_arrow_table()
    return {column: found[column].to_pylist() for column in found.column_names}


def edited(df: pd.DataFrame) -> Frame:
    frame = Frame(df)
    one, last = 0, len(df) - 1
    first, second = frame.layout.columns
    steps = [
        ops.Fill(columns=[first], start=0, stop=1, target_start=last, target_stop=last + 1),
        ops.Fill(columns=[first, second], start=1, stop=2, target_start=0, target_stop=1),
        ops.InsertRows(count=2, before=1),
        ops.InsertRows(copy_of=ops.Rows(ids=[one, last])),
        ops.DeleteRows(rows=ops.Rows(ids=[last])),
        ops.AddColumn(name="added", dtype="Int64", at=1),
        ops.SetCells(blocks=[ops.Block(columns=[second], start=0, stop=2, values=[["3", "4"]])]),
        ops.RenameColumn(column=first, name="new name"),
        ops.MoveColumn(column=first, to=2),
    ]
    for op in steps:
        frame.apply(op, user=ANN)
    return frame


@pytest.mark.parametrize("name", COLUMNS)
def test_pandas_code_makes_the_edited_frame_from_the_original(name: str) -> None:
    original = pd.DataFrame({"x": COLUMNS[name], "n": pd.array([1, None, 3], dtype="Int64")})
    df = original.copy()
    frame = edited(df)
    frame.apply(ops.AddColumn(name="objects", dtype="object"), user=ANN)
    frame.apply(ops.RetypeColumn(column=frame.layout.columns[0], dtype="object"), user=ANN)
    pd.testing.assert_frame_equal(run_pandas(frame.code("pandas"), original), df)


@pytest.mark.parametrize(
    "index",
    [
        pd.Index([5, 5, 7], name="k"),
        pd.Index(["a", "b", None], dtype="str"),
        pd.date_range("2020-01-01", periods=3),
        pd.MultiIndex.from_tuples([("a", 1), ("a", 2), ("b", 1)], names=["one", "two"]),
        pd.RangeIndex(3, name="counted"),
    ],
    ids=lambda index: type(index).__name__,
)
def test_pandas_code_keeps_any_index(index: pd.Index) -> None:
    original = pd.DataFrame({"x": [1, 2, 3], "n": pd.array([1, None, 3], dtype="Int64")}, index=index)
    df = original.copy()
    frame = edited(df)
    pd.testing.assert_frame_equal(run_pandas(frame.code("pandas"), original), df, check_freq=False)


def test_pandas_code_addresses_duplicate_columns_by_position() -> None:
    original = pd.DataFrame([[1, 2], [3, 4], [5, 6]], columns=["a", "a"])
    df = original.copy()
    frame = Frame(df)
    for op in (
        ops.SetCells(blocks=[ops.Block(columns=[1], rows=[2], values=[["60"]])]),
        ops.RenameColumn(column=1, name="b c"),
        ops.DropColumns(columns=[0]),
        ops.AddColumn(name="a", dtype="str"),
    ):
        frame.apply(op, user=ANN)
    pd.testing.assert_frame_equal(run_pandas(frame.code("pandas"), original), df)


# DuckDB reads NaN in a nullable float of pandas as missing, and short floats with another text.
NOT_IN_SQL = {"object", "object of texts", "arrow half", "float16", "float32", "Float32", "Float64"}
SQL_DTYPES = [name for name in COLUMNS if name not in NOT_IN_SQL]


@pytest.mark.parametrize("name", SQL_DTYPES)
def test_sql_makes_the_edited_table_from_the_original(name: str) -> None:
    original = pd.DataFrame({"x": COLUMNS[name], "n": pd.array([1, None, 3], dtype="Int64")})
    if isinstance(original["x"].dtype, pd.CategoricalDtype):
        original["x"] = original["x"].astype("str")
    df = original.copy()
    frame = edited(df)
    found = run_sql(frame.code("sql"), original)
    assert sorted(found) == sorted(df.columns)
    with duckdb.connect(config=OFFLINE) as connection:
        connection.register("edited", df)
        wanted = connection.sql("SELECT * FROM edited").to_arrow_table()
    for column in df.columns:
        shown = [repr(cell) for cell in found[column]]
        assert shown == [repr(cell) for cell in wanted[column].to_pylist()], column


@pytest.mark.parametrize(
    ("values", "dtype", "on_error"),
    [
        (["1,234", " 5", "x"], "Int64", "missing"),
        (["1,234", "27%", None], "float64", "refuse"),
        (["yes", "off", None], "boolean", "refuse"),
        ([1.0, 2.0, 3.0], "Int64", "refuse"),
        ([1, 2, 3], "str", "refuse"),
        (["31 Jan 2020", "2020-02-01", None], "date32[day][pyarrow]", "refuse"),
        ([1, 2, 3], "decimal128(18, 2)[pyarrow]", "refuse"),
        (["b", "a", "b"], "category", "refuse"),
    ],
)
def test_a_change_of_type_is_the_same_in_both_languages(values: list[Any], dtype: str, on_error: Any) -> None:
    original = pd.DataFrame({"x": values})
    df = original.copy()
    frame = Frame(df)
    frame.apply(ops.RetypeColumn(column=0, dtype=dtype, on_error=on_error), user=ANN)
    pd.testing.assert_frame_equal(run_pandas(frame.code("pandas"), original), df)
    found = pa.array(run_sql(frame.code("sql"), original)["x"])
    typed = pd.Series(pd.arrays.ArrowExtensionArray(pa.chunked_array([found])))
    assert text.texts(typed).to_pylist() == _texts(df["x"])


def _texts(values: pd.Series) -> list[Any]:
    found = text.texts(values)
    return found.dictionary_decode().to_pylist() if pa.types.is_dictionary(found.type) else found.to_pylist()


def test_pandas_code_imports_only_what_it_uses() -> None:
    frame = Frame(pd.DataFrame({"x": [1, 2], "day": pd.array(["2027-01-01", "2027-01-02"], dtype="date32[pyarrow]")}))
    frame.apply(ops.RenameColumn(column=0, name="y"), user=ANN)
    assert "import" not in frame.code("pandas")
    frame.apply(ops.SetCells(blocks=[ops.Block(columns=[0], start=0, stop=1, values=[["3"]])]), user=ANN)
    assert [line for line in frame.code("pandas").splitlines() if "import" in line] == ["import numpy as np"]


def test_undone_edits_are_left_out_of_the_code() -> None:
    original = pd.DataFrame({"x": [1, 2, 3]})
    df = original.copy()
    frame = Frame(df)
    frame.apply(ops.SetCells(blocks=[ops.Block(columns=[0], rows=[0], values=[["10"]])]), user=ANN)
    frame.apply(ops.DeleteRows(rows=ops.Rows(ids=[1])), user=ANN)
    frame.apply(ops.SetCells(blocks=[ops.Block(columns=[0], rows=[2], values=[["30"]])]), user=BO)
    frame.apply(ops.Undo(), user=ANN)
    frame.apply(ops.Undo(), user=ANN)
    frame.apply(ops.Undo(), user=BO)
    assert df["x"].tolist() == [1, 2, 3]
    assert "30" not in frame.code("pandas")
    frame.apply(ops.Redo(), user=BO)
    pd.testing.assert_frame_equal(run_pandas(frame.code("pandas"), original), df)
    assert run_sql(frame.code("sql"), original)["x"] == [1, 2, 30]


def test_names_and_texts_are_quoted_in_sql() -> None:
    original = pd.DataFrame({'odd "name"': ["it's", "b"]})
    df = original.copy()
    frame = Frame(df, name='my "table"')
    value = "'; DROP TABLE x; --\nnext"
    frame.apply(ops.SetCells(blocks=[ops.Block(columns=[0], rows=[1], values=[[value]])]), user=ANN)
    with duckdb.connect(config=OFFLINE) as connection:
        connection.register("original", original)
        connection.execute(
            'CREATE TABLE "my ""table""" AS SELECT CAST(row_number() OVER () - 1 AS DOUBLE) AS _row, * FROM original'
        )
        connection.execute(frame.code("sql"))
        assert connection.sql('SELECT "odd ""name""" FROM "my ""table""" ORDER BY _row').fetchall() == [("it's",), (value,)]


def test_sql_refuses_names_that_it_cannot_tell_apart() -> None:
    frame = Frame(pd.DataFrame([[1, 2]], columns=["a", "A"]))
    with pytest.raises(Refused) as refusal:
        frame.code("sql")
    assert refusal.value.code == "CONFLICT"


def test_code_says_where_other_code_changed_the_table() -> None:
    df = pd.DataFrame({"x": [1, 2]})
    frame = Frame(df)
    df.loc[0, "x"] = 5
    frame.external(Difference(changed={0: np.array([0])}), df)
    frame.apply(ops.SetCells(blocks=[ops.Block(columns=[0], rows=[1], values=[["7"]])]), user=ANN)
    lines = frame.code("pandas").splitlines()
    assert any(line.startswith("# Here code changed x") for line in lines)
    compile("\n".join(lines), "edits", "exec")
