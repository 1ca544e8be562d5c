from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from kernel.frames.tables import arrow, bits, editable_columns
from tabweave.frames import scalars, text
from tabweave.frames.cells import Parsed, parse
from tabweave.frames.columns import describe

COLUMNS = editable_columns()


def read(values: pd.Series, *items: Any, typed: bool = True) -> Parsed:
    old = list(values) + [None] * len(items)
    return parse(describe(values, id=0, name="price", index=False), values._values, list(items), typed=typed, old=lambda: old)


def of(dtype: Any) -> pd.Series:
    return pd.Series([], dtype=pd.ArrowDtype(dtype) if isinstance(dtype, pa.DataType) else dtype)


@pytest.mark.parametrize("name", COLUMNS)
def test_the_text_of_every_value_reads_as_that_value(name: str) -> None:
    column = COLUMNS[name].dropna()
    shown = text.texts(column)
    shown = shown.dictionary_decode() if pa.types.is_dictionary(shown.type) else shown
    parsed = read(column, *shown.to_pylist())
    assert parsed.bad == []
    assert bits(parsed.values) == bits(column._values)


@pytest.mark.parametrize("name", COLUMNS)
def test_the_json_of_every_value_reads_as_that_value(name: str) -> None:
    column = COLUMNS[name].iloc[[0, 2]] if not COLUMNS[name].isna().iloc[1] else COLUMNS[name]
    found = scalars.to_json(column._values, describe(column, id=0, name="price", index=False))
    parsed = read(column, *found, typed=False)
    assert parsed.bad == []
    assert bits(parsed.values) == bits(column._values)


@pytest.mark.parametrize(
    ("dtype", "typed", "value"),
    [
        ("int64", " 1,234 ", 1234),
        ("int64", "+7", 7),
        ("int64", "1e3", 1000),
        ("uint64", "18446744073709551615", 2**64 - 1),
        ("float64", "1,234.5", 1234.5),
        ("float64", "27%", 0.27),
        ("float64", "-1.5e-3", -0.0015),
        ("float64", "9007199254740992", 2.0**53),
        (pa.decimal128(5, 2), "12.3", Decimal("12.30")),
        ("bool", "Yes", True),
        ("bool", "off", False),
        (pa.date32(), "31.01.2020", dt.date(2020, 1, 31)),
        (pa.date32(), "13/04/2020", dt.date(2020, 4, 13)),
        (pa.date32(), "04/13/2020", dt.date(2020, 4, 13)),
        (pa.date32(), "Mar 4, 2021", dt.date(2021, 3, 4)),
        (pa.date32(), "20200203", dt.date(2020, 2, 3)),
        (pa.time64("us"), "2:05 pm", dt.time(14, 5)),
        ("datetime64[us]", "2020-01-31T10:00", pd.Timestamp("2020-01-31 10:00")),
        ("datetime64[us, UTC]", "2020-01-31 10:00+02:00", pd.Timestamp("2020-01-31 08:00", tz="UTC")),
        ("datetime64[us, Europe/Berlin]", "2020-01-31 10:00", pd.Timestamp("2020-01-31 10:00", tz="Europe/Berlin")),
        ("timedelta64[s]", "90 min", pd.Timedelta(minutes=90)),
        ("timedelta64[s]", "1h 30m", pd.Timedelta(minutes=90)),
        ("timedelta64[s]", "-1.5 d", pd.Timedelta(hours=-36)),
        ("timedelta64[s]", "2 Weeks, 3 hours", pd.Timedelta(days=14, hours=3)),
        ("timedelta64[s]", "-1 days +01:00:00", pd.Timedelta(hours=-23)),
        ("str", " kept ", " kept "),
        ("str", "", ""),
    ],
)
def test_what_people_write_is_understood(dtype: Any, typed: str, value: Any) -> None:
    parsed = read(of(dtype), typed)
    assert parsed.bad == []
    assert parsed.values[0] == value


@pytest.mark.parametrize(
    ("dtype", "typed", "code", "message", "hint"),
    [
        ("int64", "abc", "TYPE", "'abc' is not a number for price (int64).", ""),
        ("int64", "1.5", "TYPE", "'1.5' is not a whole number for price (int64).", "Nearest: 2."),
        ("int64", "1_000", "TYPE", "'1_000' is not a number for price (int64).", ""),
        ("float64", "0x10", "TYPE", "'0x10' is not a number for price (float64).", ""),
        ("float64", "1.234,5", "TYPE", "'1.234,5' is not a number for price (float64).", "Write 1234.5."),
        ("int8", "300", "RANGE", "'300' is out of range for price (int8).", "It holds -128 to 127."),
        ("float16", "70000", "RANGE", "'70000' is out of range for price (float16).", "It holds -65504 to 65504."),
        (
            "float64",
            "9007199254740993",
            "SCALE",
            "'9007199254740993' has more digits than 53 bits hold for price (float64).",
            "Nearest: 9007199254740992.",
        ),
        (
            pa.decimal128(5, 2),
            "1.005",
            "SCALE",
            "'1.005' has more than 2 decimals for price (decimal128(5, 2)[pyarrow]).",
            "Nearest: 1.00.",
        ),
        (
            pa.decimal128(5, 2),
            "1e9999",
            "RANGE",
            "'1e9999' is out of range for price (decimal128(5, 2)[pyarrow]).",
            "It holds -999.99 to 999.99.",
        ),
        (
            "bool",
            "maybe",
            "TYPE",
            "'maybe' is not true or false for price (bool).",
            "Write true or false (yes, no, 1 and 0 are understood).",
        ),
        (
            pa.date32(),
            "03/04/2020",
            "TYPE",
            "'03/04/2020' can be read as two dates for price (date32[day][pyarrow]).",
            "Write 2020-04-03 (day first) or 2020-03-04 (month first).",
        ),
        (pa.date32(), "2020-02-30", "RANGE", "'2020-02-30' is not a date in the calendar for price (date32[day][pyarrow]).", ""),
        (
            "datetime64[us]",
            "2020-01-01 10:00Z",
            "TYPE",
            "'2020-01-01 10:00Z' has a time zone and the column has none for price (datetime64[us]).",
            "Leave the zone out.",
        ),
        (
            "datetime64[ns]",
            "3000-01-01",
            "RANGE",
            "'3000-01-01' is out of range for price (datetime64[ns]).",
            "It holds 1677-09-21 to 2262-04-11.",
        ),
        (
            "datetime64[us, Europe/Berlin]",
            "2021-10-31 02:30",
            "TYPE",
            "'2021-10-31 02:30' happens twice in that zone (clocks go back) for price (datetime64[us, Europe/Berlin]).",
            "Write 2021-10-31 02:30:00+02:00 or 2021-10-31 02:30:00+01:00.",
        ),
        ("timedelta64[s]", "1500ms", "SCALE", "'1500ms' is finer than seconds for price (timedelta64[s]).", ""),
        (
            pd.CategoricalDtype(["Acme", "Bolt"]),
            "acme",
            "CHECK",
            "'acme' is not one of the categories for price (category).",
            "Did you mean 'Acme'?",
        ),
        ("str", "\ud800", "TYPE", "'\\ud800' is not valid Unicode text for price (str).", ""),
    ],
)
def test_what_does_not_fit_is_refused_with_the_reason_and_the_nearest_thing(
    dtype: Any, typed: str, code: str, message: str, hint: str
) -> None:
    parsed = read(of(dtype), typed)
    assert parsed.values is None
    assert [(bad.code, bad.message, bad.hint) for bad in parsed.bad] == [(code, message, hint)]


@pytest.mark.parametrize(("dtype", "nullable"), [("int64", "Int64"), ("uint8", "UInt8"), ("bool", "boolean")])
def test_a_type_without_missing_offers_the_one_that_has_it(dtype: str, nullable: str) -> None:
    parsed = read(of(dtype), None, " ")
    assert len(parsed.bad) == 2
    assert parsed.nullable == nullable


def test_an_object_column_reads_text_like_the_value_it_replaces() -> None:
    old = pd.Series([1, True, 2.5, None, pd.Timestamp("2020-01-01"), Decimal("1.0"), dt.date(2020, 1, 1), [1], 3], dtype=object)
    parsed = read(old, "5", "no", "x", "y", "2021-01-01", "1.50", "2021-02-03", "[2]", "4.5")
    assert list(parsed.values) == [
        5,
        False,
        "x",
        "y",
        pd.Timestamp("2021-01-01"),
        Decimal("1.50"),
        dt.date(2021, 2, 3),
        "[2]",
        4.5,
    ]


def test_float64_tells_nan_from_missing() -> None:
    parsed = read(of("Float64"), "nan", None)
    assert parsed.values._mask.tolist() == [False, True]
    assert np.isnan(parsed.values._data[0])


@given(st.lists(st.floats(width=64)))
def test_floats_survive_their_text(numbers: list[float]) -> None:
    parsed = read(arrow([], pa.float64()), *map(repr, numbers))
    if not any(number == number and abs(number) >= 2**53 for number in numbers):
        assert [repr(found) for found in parsed.values._pa_array.to_pylist()] == [repr(number) for number in numbers]


@given(st.lists(st.text()), st.sampled_from(sorted(COLUMNS)))
def test_any_text_is_read_or_refused_and_never_breaks(items: list[str], name: str) -> None:
    parsed = read(COLUMNS[name], *items)
    assert (parsed.values is None) == bool(parsed.bad)
    if parsed.values is not None:
        assert len(parsed.values) == len(items)
        assert parsed.values.dtype == COLUMNS[name].dtype
