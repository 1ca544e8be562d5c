"""Opened files have the dtypes that a pandas user expects, in memory of their own."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pandas as pd
import pyarrow as pa
import pytest
from tabweave.opening import open_file, to_frame

SPECIMENS = {
    "int64": (pa.array([1, 2, 3]), 9),
    "Int64": (pa.array([1, None, 3]), 9),
    "UInt8": (pa.array([1, None, 3], pa.uint8()), 9),
    "float64": (pa.array([1.5, None, 3.5]), 9.5),
    "double[pyarrow]": (pa.array([1.5, None, float("nan")]), 9.5),
    "bool": (pa.array([True, False, True]), False),
    "boolean": (pa.array([True, None, True]), False),
    "str": (pa.array(["a", None, "c"]), "z"),
    "datetime64[us]": (pa.array([dt.date(2020, 1, 2), None, dt.date(1, 1, 1)]), pd.Timestamp("2021-01-01")),
    "datetime64[ns, Europe/Berlin]": (
        pa.array([1, None, 3], pa.timestamp("ns", "Europe/Berlin")),
        pd.Timestamp("2021-01-01", tz="Europe/Berlin"),
    ),
    "timedelta64[us]": (pa.array([1, None, 3], pa.duration("us")), pd.Timedelta(1, "s")),
    "category": (pa.array(["u", None, "v"]).dictionary_encode(), "v"),
    "decimal128(5, 2)[pyarrow]": (pa.array([Decimal("1.20"), None, Decimal("3.00")], pa.decimal128(5, 2)), Decimal("9.99")),
    "time64[us][pyarrow]": (pa.array([dt.time(1, 2), None, dt.time(3)]), dt.time(9)),
    "binary[pyarrow]": (pa.array([b"x", None, b"z"]), b"w"),
    "list<item: int64>[pyarrow]": (pa.array([[1], None, [3]]), None),
    "struct<a: int64>[pyarrow]": (pa.array([{"a": 1}, None, {"a": 3}]), None),
}


def plain(value: object) -> object:
    return None if value is pd.NaT or value is pd.NA or value != value else value


@pytest.mark.parametrize("dtype", SPECIMENS)
def test_each_arrow_type_has_its_dtype_and_keeps_its_values(dtype):
    array, _ = SPECIMENS[dtype]
    frame = to_frame(pa.table({"x": array, "y": array}))
    assert [str(kind) for kind in frame.dtypes] == [dtype, dtype]
    if pa.types.is_date(array.type):
        array = array.cast(pa.timestamp("us"))
    written = (
        [plain(value) for value in array.to_pylist()]
        if dtype != "datetime64[ns, Europe/Berlin]"
        else [plain(v) for v in array.to_pandas()]
    )
    if dtype != "timedelta64[us]":
        assert [plain(value) for value in frame["x"]] == written
    assert frame["x"].isna().tolist()[:2] == array.is_null().to_pylist()[:2]


@pytest.mark.parametrize("dtype", [dtype for dtype, (_, value) in SPECIMENS.items() if value is not None])
def test_every_cell_can_be_written_and_the_table_stays(dtype):
    array, value = SPECIMENS[dtype]
    table = pa.table({"x": array})
    before = table.to_pydict()
    frame = to_frame(table)
    frame.loc[0, "x"] = value
    assert frame.loc[0, "x"] == value
    assert str(frame["x"].dtype) == dtype
    assert repr(table.to_pydict()) == repr(before)


def test_nan_and_missing_stay_apart():
    frame = to_frame(pa.table({"x": [1.5, None, float("nan")]}))
    assert pa.array(frame["x"].array).to_pylist()[1] is None
    assert str(pa.array(frame["x"].array).to_pylist()[2]) == "nan"


def test_a_file_that_pandas_wrote_comes_back_as_it_was(tmp_path):
    index = pd.MultiIndex.from_tuples([("a", 1), ("b", 2)], names=["k", "n"])
    frame = pd.DataFrame(
        {"x": pd.array([1, None], "Int32"), "c": pd.Categorical(["p", "q"], ["q", "p"], ordered=True)}, index=index
    )
    frame.to_parquet(tmp_path / "t.parquet")
    opened, _ = open_file(tmp_path / "t.parquet")
    pd.testing.assert_frame_equal(opened, frame)


def test_names_may_repeat_and_tables_may_be_empty():
    frame = to_frame(pa.Table.from_arrays([pa.array([1, None]), pa.array([2, 3])], names=["a", "a"]))
    assert [str(kind) for kind in frame.dtypes] == ["Int64", "int64"]
    assert list(frame.columns) == ["a", "a"]
    assert to_frame(pa.table({})).shape == (0, 0)
    assert to_frame(pa.table({"a": pa.array([], pa.int64())})).shape == (0, 1)


def test_a_text_file_opens_as_a_frame_with_its_findings(tmp_path):
    (tmp_path / "t.csv").write_text("when,price,n\n12/30/2017,$5.00,1\n1/5/2018,$6.50,\n")
    frame, ingested = open_file(tmp_path / "t.csv")
    assert [str(kind) for kind in frame.dtypes] == ["datetime64[us]", "float64", "Int64"]
    assert frame["when"].dt.year.tolist() == [2017, 2018]
    assert {finding.code for finding in ingested.findings} == {"T2", "T5"}
    later, _ = open_file(tmp_path / "t.csv", types={"price": "text"})
    assert later["price"].tolist() == ["$5.00", "$6.50"]
