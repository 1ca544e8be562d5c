from __future__ import annotations

import json
import time
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from kernel.frames.series import frames
from protocol.decoded import read_window
from tabweave.frames.arrays import is_missing
from tabweave.frames.frame import Frame
from tabweave.frames.window import window
from tabweave_core.errors import BadMessage, NotFound
from tabweave_core.protocol.values import tagged_text


def restore(array: pa.Array, series: pd.Series[Any]) -> pd.Series[Any]:
    """The window's column as a series of the original's dtype, from nothing but the window."""
    dtype = series.dtype
    if isinstance(dtype, pd.ArrowDtype):
        return pd.Series(pd.arrays.ArrowExtensionArray(pa.chunked_array([array.cast(dtype.pyarrow_dtype)])))
    if isinstance(dtype, pd.CategoricalDtype):
        return pd.Series(pd.Categorical(array.to_pylist(), dtype=dtype))
    if isinstance(dtype, pd.StringDtype):
        return pd.Series(pd.array(array.to_pylist(), dtype=dtype))
    if isinstance(dtype, pd.DatetimeTZDtype) or dtype.kind in "mM":
        ticks = np.array(
            [np.iinfo("int64").min if tick is None else tick for tick in array.cast(pa.int64()).to_pylist()], dtype="int64"
        )
        code = "m8" if dtype.kind == "m" else "M8"
        plain = pd.Series(ticks.view(f"{code}[{array.type.unit}]"))
        return plain.dt.tz_localize("UTC").dt.tz_convert(dtype.tz) if isinstance(dtype, pd.DatetimeTZDtype) else plain
    if isinstance(dtype, np.dtype):
        return pd.Series(np.asarray(array.fill_null(float("nan")) if array.null_count else array).astype(dtype))
    if isinstance(dtype, pd.Float64Dtype):
        return pd.Series(pd.arrays.FloatingArray(np.array(array.fill_null(0.0)), np.asarray(array.is_null())))
    return pd.Series(dtype.__from_arrow__(array))


def bits(series: pd.Series[Any]) -> list[Any]:
    """Each cell so that equal lists mean equal bits, except that all NaN are one."""
    cells = list(series.array)
    return [None if cell is None or cell is pd.NA or cell is pd.NaT else (type(cell).__name__, repr(cell)) for cell in cells]


@given(frames(columns=2), st.data())
def test_every_dtype_crosses_a_window_bit_for_bit(df: pd.DataFrame, data: st.DataObject) -> None:
    frame = Frame(df)
    positions: Any = np.array(data.draw(st.lists(st.integers(0, len(df) - 1), max_size=6)) if len(df) else [], dtype=np.int64)
    if data.draw(st.booleans()):
        start = data.draw(st.integers(0, len(df)))
        positions = slice(start, data.draw(st.integers(start, len(df))))
    rids, columns = read_window(window(frame, positions, [0, 1]))
    assert rids == np.arange(len(df))[positions].tolist()
    for array, name in zip(columns, df.columns, strict=True):
        expected = df[name].iloc[positions].reset_index(drop=True)
        if expected.dtype == object:
            wanted = [None if is_missing(cell) else json.loads(tagged_text(cell)) for cell in expected]
            assert [None if cell is None else json.loads(cell) for cell in array.to_pylist()] == wanted
        else:
            found = restore(array, expected)
            assert found.dtype == expected.dtype
            assert bits(found) == bits(expected)


def test_a_window_names_its_columns_by_id_in_the_order_asked_for() -> None:
    frame = Frame(pd.DataFrame({"a": [1], "b": [2], "c": [3]}))
    schema = pa.ipc.open_stream(window(frame, slice(0, 1), [2, 0])).schema
    assert schema.names == ["_rid", "2", "0"]


def test_a_window_of_an_unknown_column_is_refused() -> None:
    with pytest.raises(NotFound):
        window(Frame(pd.DataFrame({"a": [1]})), slice(0, 1), [7])


def test_a_window_beyond_the_end_has_the_rows_that_are_there() -> None:
    frame = Frame(pd.DataFrame({"a": [1, 2]}))
    assert read_window(window(frame, slice(1, 99), [0]))[0] == [1]
    with pytest.raises(BadMessage):
        window(frame, np.array([5]), [0])


def test_lone_surrogates_are_replaced_visibly() -> None:
    frame = Frame(pd.DataFrame({"a": pd.Series(["x\ud800", ["\udfff"]], dtype=object)}))
    assert read_window(window(frame, slice(0, 2), [0]))[1][0].to_pylist() == ['"x\ufffd"', '["\ufffd"]']


def test_only_the_categories_in_the_window_travel() -> None:
    labels = [f"label {number}" for number in range(100_000)]
    frame = Frame(pd.DataFrame({"a": pd.Categorical(labels)}))
    assert len(window(frame, slice(500, 560), [0])) < 10_000


def test_an_object_column_converts_only_the_rows_asked_for() -> None:
    read: list[int] = []

    class Loud:
        def __init__(self, number: int) -> None:
            self.number = number

        def __repr__(self) -> str:
            read.append(self.number)
            return str(self.number)

    frame = Frame(pd.DataFrame({"a": pd.Series([Loud(number) for number in range(100)], dtype=object)}))
    window(frame, slice(10, 13), [0])
    assert set(read) == {10, 11, 12}


def test_rows_of_a_column_in_many_chunks_come_in_the_order_asked_for() -> None:
    chunks = pa.chunked_array([[f"a{n}" for n in range(5)], [], [f"b{n}" for n in range(5)], [f"c{n}" for n in range(5)]])
    frame = Frame(pd.DataFrame({"a": pd.Series(pd.arrays.ArrowExtensionArray(chunks))}))
    assert read_window(window(frame, np.array([14, 0, 7, 0, 5]), [0]))[1][0].to_pylist() == ["c4", "a0", "b2", "a0", "b0"]


def test_a_window_holds_no_reference_that_makes_the_next_write_copy() -> None:
    df = pd.DataFrame({"a": np.arange(1000.0), "b": np.arange(1000.0)})
    frame = Frame(df)
    where = df["a"].array.to_numpy().__array_interface__["data"][0]
    held = window(frame, slice(0, 10), [0, 1])
    df.loc[0, "a"] = 5.0
    assert df["a"].array.to_numpy().__array_interface__["data"][0] == where
    assert held


def test_a_window_of_a_million_rows_costs_as_little_as_one_of_a_hundred() -> None:
    def cost(rows: int) -> float:
        frame = Frame(pd.DataFrame({f"c{number}": np.arange(rows) for number in range(20)}))
        window(frame, slice(0, 60), list(range(20)))
        took = []
        for _ in range(20):
            started = time.process_time()
            window(frame, slice(rows - 60, rows), list(range(20)))
            took.append(time.process_time() - started)
        return min(took)

    assert cost(1_000_000) < 5 * cost(100) + 0.001
