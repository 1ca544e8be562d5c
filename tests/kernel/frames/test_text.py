from __future__ import annotations

import datetime as dt
from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from kernel.frames.series import FLOATS, any_series, mixed
from tabweave.frames.arrays import is_missing, visible
from tabweave.frames.text import text, texts


@given(st.lists(FLOATS | st.floats(1e-6, 1e18) | st.floats(1e9, 1e17) | st.integers(-(10**17), 10**17).map(float)))
def test_floats_read_as_python_writes_them(numbers: list[float]) -> None:
    column = pd.Series(pd.arrays.ArrowExtensionArray(pa.chunked_array([pa.array(numbers, pa.float64())])))
    assert texts(column).to_pylist() == [repr(number) for number in numbers]


@given(st.lists(st.floats(width=32, allow_nan=False)))
def test_single_floats_read_with_the_digits_that_tell_them_apart(numbers: list[float]) -> None:
    column = pd.Series(np.array(numbers, dtype="float32"))
    for shown, number in zip(texts(column).to_pylist(), numbers, strict=True):
        assert np.float32(shown) == np.float32(number)
        assert shown == repr(float(str(np.float32(number))))


@given(mixed(8))
def test_a_column_of_objects_reads_as_its_cells_do(series: pd.Series) -> None:
    assert [cell or "" for cell in texts(series).to_pylist()] == [text(cell) for cell in series]


@given(any_series(6))
def test_missing_cells_are_missing_texts(series: pd.Series) -> None:
    nan_is_a_value = (not isinstance(series.dtype, np.dtype) and "float" in str(series.dtype).lower()) or "double" in str(
        series.dtype
    )
    if not nan_is_a_value:
        assert [cell is None for cell in texts(series).to_pylist()] == [is_missing(cell) for cell in series.array]


@given(any_series(6, "timestamp"))
def test_timestamps_read_back_as_the_same_instant(series: pd.Series) -> None:
    for shown, cell in zip(texts(series).to_pylist(), series.array, strict=True):
        if shown is not None and 1950 < cell.year < 2200:
            assert pd.Timestamp(shown) == cell
            assert not shown.endswith(".0")


@given(any_series(6, "duration"))
def test_durations_read_back_as_the_same_span(series: pd.Series) -> None:
    for shown, cell in zip(texts(series).to_pylist(), series.array, strict=True):
        if shown is not None and abs(cell.days) < 100_000:
            assert pd.Timedelta(shown) == cell


@given(st.text() | st.text(st.characters(categories=["Cs"]), max_size=3))
def test_visible_text_can_always_be_encoded(raw: str) -> None:
    shown = visible(raw)
    shown.encode()
    assert "\ufffd" in shown or shown == raw or raw.encode("utf-16", "surrogatepass").decode("utf-16") == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, ""),
        (float("nan"), ""),
        (pd.NaT, ""),
        (True, "true"),
        (2**70, "1180591620717411303424"),
        (3.0, "3.0"),
        (Decimal("1.20"), "1.20"),
        (dt.date(2026, 1, 31), "2026-01-31"),
        (dt.time(14, 5), "14:05:00"),
        (dt.datetime(2026, 1, 31, 14, 5, 0, 500_000), "2026-01-31 14:05:00.5"),
        (dt.timedelta(days=1, hours=2, minutes=3, seconds=4, milliseconds=500), "1 days 02:03:04.5"),
        (-dt.timedelta(seconds=1), "-1 days +23:59:59"),
        (-dt.timedelta(days=1), "-1 days 00:00:00"),
        ([1, "a", None], '[1, "a", None]'),
        ({"k": [1.5]}, '{"k": [1.5]}'),
        (np.array([1, 2]), "[1, 2]"),
    ],
)
def test_an_object_reads_as_a_person_would_write_it(value: object, shown: str) -> None:
    assert text(value) == shown


def test_a_zoned_timestamp_reads_in_its_own_zone_with_the_offset() -> None:
    column = pd.Series(pd.to_datetime(["2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z"])).dt.tz_convert("Europe/Berlin")
    assert texts(column).to_pylist() == ["2026-10-25 02:30:00+02:00", "2026-10-25 02:30:00+01:00"]
