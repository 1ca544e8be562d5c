from __future__ import annotations

import datetime as dt
import re
import subprocess
import sys
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from kernel.frames.series import TEXTS, any_series, arrow_series, compared, mixed, stamped
from tabweave.frames import scalars
from tabweave.frames.arrays import is_missing
from tabweave.frames.filters import keep
from tabweave.frames.frame import Frame
from tabweave.frames.text import texts
from tabweave_core.errors import BadValue, NotFound
from tabweave_core.protocol.schema import ExpressionFilter, Filter, MissingFilter, RangeFilter, SetFilter, TextFilter

if TYPE_CHECKING:
    from collections.abc import Callable


def kept(df: pd.DataFrame, wanted: Filter) -> list[int]:
    """The positions that a filter keeps, asked for all rows and row by row."""
    frame = Frame(df)
    names = {column.name: column.id for column in reversed(frame.schema().columns)}
    source = lambda column: (frame.column(column), frame.values(column))  # noqa: E731
    mask = keep(wanted, source, names, slice(0, len(df)), lambda: None)
    backwards = np.arange(len(df))[::-1].copy()
    assert keep(wanted, source, names, backwards, lambda: None).tolist() == mask[::-1].tolist()
    return np.flatnonzero(mask).tolist()


def one(series: pd.Series[Any], wanted: Callable[..., Filter], **options: Any) -> list[int]:
    return kept(pd.DataFrame({"c": series}), wanted(column=0, **options))


def json_of(series: pd.Series[Any]) -> list[Any]:
    return scalars.to_json(series.array, Frame(pd.DataFrame({"c": series})).column(0))


RANGED = ("integer", "float", "decimal", "date", "time", "timestamp", "duration", "text")


@given(any_series(10, *RANGED), st.integers(0, 9), st.integers(0, 9))
def test_a_range_between_two_cells_keeps_what_lies_between_them(series: pd.Series[Any], first: int, last: int) -> None:
    cells = compared(series)
    lo, hi = cells[first], cells[last]
    if is_missing(lo) or is_missing(hi):
        return
    found = json_of(series)
    wanted = [place for place, cell in enumerate(cells) if not is_missing(cell) and lo <= cell <= hi]
    assert one(series, RangeFilter, lo=found[first], hi=found[last]) == wanted


@given(any_series(10, *RANGED), st.integers(0, 9))
def test_an_open_range_keeps_everything_from_its_bound_on(series: pd.Series[Any], first: int) -> None:
    cells = compared(series)
    if is_missing(cells[first]):
        return
    wanted = [place for place, cell in enumerate(cells) if not is_missing(cell) and cell >= cells[first]]
    assert one(series, RangeFilter, lo=json_of(series)[first]) == wanted


@given(any_series(8, "integer"), st.floats(-300, 300), st.floats(-300, 300))
def test_whole_numbers_can_be_bounded_by_fractions(series: pd.Series[Any], lo: float, hi: float) -> None:
    wanted = [place for place, cell in enumerate(series) if cell is not pd.NA and lo <= int(cell) <= hi]
    assert one(series, RangeFilter, lo=lo, hi=hi) == wanted


@given(any_series(8, "decimal"), st.decimals(-(10**40), 10**40, places=5))
def test_decimals_can_be_bounded_by_finer_and_larger_ones(series: pd.Series[Any], bound: Decimal) -> None:
    cells = list(series.array)
    assert one(series, RangeFilter, lo=str(bound)) == [i for i, cell in enumerate(cells) if cell is not pd.NA and cell >= bound]
    assert one(series, RangeFilter, hi=str(bound)) == [i for i, cell in enumerate(cells) if cell is not pd.NA and cell <= bound]


def test_bounds_beyond_the_columns_type_are_understood() -> None:
    small = pd.Series([1, -128, 127], dtype="int8")
    assert one(small, RangeFilter, lo=-1000, hi=1000) == [0, 1, 2]
    assert one(small, RangeFilter, lo=1000) == []
    assert one(pd.Series([2**64 - 1, 0], dtype="uint64"), RangeFilter, lo="18446744073709551615") == [0]
    assert one(pd.Series([2**53, 2**53 + 1]), RangeFilter, lo="9007199254740993") == [1]


def test_a_day_bounds_timestamps_from_its_first_to_its_last_moment() -> None:
    series = stamped(["2026-01-30T23:59:59", "2026-01-31", "2026-01-31T23:59:59", "2026-02-01"], "s")
    assert one(series, RangeFilter, lo="2026-01-31", hi="2026-01-31") == [1, 2]


def test_a_bound_without_zone_is_meant_in_the_columns_zone() -> None:
    series = pd.Series(pd.to_datetime(["2026-01-30T23:00:00Z", "2026-01-31T00:00:00Z"])).dt.tz_convert("Europe/Berlin")
    assert one(series, RangeFilter, lo="2026-01-31") == [0, 1]
    assert one(series, RangeFilter, lo="2026-01-31T00:00:00Z") == [1]
    assert one(series, RangeFilter, hi="2026-01-31T00:30:00") == [0]


def test_ordered_categories_have_ranges_by_rank() -> None:
    sizes = pd.Series(pd.Categorical(["L", "S", None, "M"], categories=["S", "M", "L"], ordered=True))
    assert one(sizes, RangeFilter, lo="M") == [0, 3]
    with pytest.raises(BadValue, match="Did you mean 'M'"):
        one(sizes, RangeFilter, lo="m")


@pytest.mark.parametrize(
    ("series", "bound", "hint"),
    [
        (pd.Series([1]), "abc", "Write it like 12."),
        (pd.Series([1]), True, "Write it like 12."),
        (pd.Series([1.5]), "1,5", "Write it like 1.5."),
        (pd.Series(pd.to_datetime(["2026-01-31"])), "31.01.2026", "Write it like 2026-01-31T14:05:00."),
        (pd.Series(pd.to_datetime(["2026-01-31"])), "2026-02-30", "Write it like 2026-01-31T14:05:00."),
        (arrow_series([dt.date(2026, 1, 31)], pa.date32()), 5, "Write it like 2026-01-31."),
        (pd.Series(pd.to_timedelta([1])), "soon", "Write it like 1 days 02:03:04."),
    ],
)
def test_a_bound_of_the_wrong_kind_is_refused_with_an_example(series: pd.Series[Any], bound: Any, hint: str) -> None:
    with pytest.raises(BadValue) as caught:
        one(series, RangeFilter, lo=bound)
    assert caught.value.code == "TYPE"
    assert caught.value.hint == hint
    assert "'c'" in caught.value.message


def test_columns_without_an_order_have_no_ranges() -> None:
    with pytest.raises(BadValue, match="has no ranges"):
        one(arrow_series([b"x"], pa.binary()), RangeFilter, lo="eA==")


@given(any_series(10), st.sets(st.integers(0, 9)), st.booleans(), st.booleans())
def test_a_set_keeps_the_rows_with_a_listed_value(series: pd.Series[Any], chosen: set[int], missing: bool, exclude: bool) -> None:
    found = json_of(series)
    listed = {cell for cell in (found[place] for place in chosen) if cell is not None}
    if not listed.isdisjoint({0, "-0"}):
        listed |= {0, "-0"} if series.dtype != object else set()
    wanted = [place for place, cell in enumerate(found) if ((cell in listed) if cell is not None else missing) != exclude]
    values = [found[place] for place in sorted(chosen) if found[place] is not None]
    assert one(series, SetFilter, values=values, missing=missing, exclude=exclude) == wanted


def test_a_set_may_list_values_that_its_column_cannot_hold() -> None:
    assert one(pd.Series([1, 2], dtype="int8"), SetFilter, values=[1, 1000, 1.5, "2"]) == [0, 1]
    assert one(arrow_series([Decimal("1.20")], pa.decimal128(5, 2)), SetFilter, values=["1.2", "1.205", "1e30"]) == [0]


@given(st.one_of(any_series(8, "text", "category", "integer", "date", "boolean"), mixed(8)), TEXTS, st.booleans(), st.booleans())
def test_text_filters_look_at_the_text_as_shown(series: pd.Series[Any], text: str, case: bool, negate: bool) -> None:
    shown = texts(series).to_pylist()
    tests: dict[str, Callable[[str, str], bool]] = {
        "contains": lambda cell, part: part in cell,
        "equals": lambda cell, part: cell == part,
        "starts": lambda cell, part: cell.startswith(part),
        "ends": lambda cell, part: cell.endswith(part),
    }
    for mode, test in tests.items():
        if not case and not (text + "".join(filter(None, shown))).isascii():
            continue
        fold = (lambda cell: cell) if case else str.lower
        wanted = [place for place, cell in enumerate(shown) if (cell is not None and test(fold(cell), fold(text))) != negate]
        assert one(series, TextFilter, text=text, mode=mode, case=case, negate=negate) == wanted


def test_case_is_ignored_beyond_ascii() -> None:
    assert one(pd.Series(["ÄPFEL", "äpfel", "apfel"]), TextFilter, text="äPF") == [0, 1]


@pytest.mark.parametrize("pattern", ["^a.c$", "b|c", r"\d{2}", "(?i)A", ""])
def test_regular_expressions_match_anywhere_in_the_text(pattern: str) -> None:
    cells = ["abc", "b", "xc", "12", "1", "A", ""]
    assert one(pd.Series(cells), TextFilter, text=pattern, mode="regex", case=True) == [
        place for place, cell in enumerate(cells) if re.search(pattern, cell)
    ]


def test_a_bad_regular_expression_is_refused_with_its_reason() -> None:
    with pytest.raises(BadValue, match="is not a regular expression: missing"):
        one(pd.Series(["a"]), TextFilter, text="(", mode="regex")


@given(any_series(10), st.booleans())
def test_the_missing_filter_knows_missing_from_nan(series: pd.Series[Any], negate: bool) -> None:
    gone = [cell is None for cell in json_of(series)]
    assert one(series, MissingFilter, negate=negate) == [place for place, lost in enumerate(gone) if lost != negate]


ORDERS = pd.DataFrame(
    {
        "qty": [1, 5, 10],
        "Unit Price": [1.5, float("nan"), 3.0],
        "name": pd.Series(["a", "b", None]),
        "when": stamped(["2026-01-31T00:00:00", "2026-06-01T12:00:00", None], "us", "Europe/Berlin"),
        "size": pd.Categorical(["S", "M", None]),
        "anything": pd.Series([1, "x", None], dtype=object),
        "tags": arrow_series([["a"], [], None], pa.list_(pa.string())),
        "row": [7, 8, 9],
    }
)


@pytest.mark.parametrize(
    ("sql", "rows"),
    [
        ("qty > 1 AND QTY < 10", [1]),
        ('"Unit Price" >= 1.5', [0, 2]),
        ('"unit price" IS NULL', [1]),
        ("name IN ('a', 'b') -- comment", [0, 1]),
        ("\"when\" >= '2026-02-01'", [1]),
        ('extract(hour FROM "when") = 14', [1]),
        ("size = 'M'", [1]),
        ("anything = '1'", [0]),
        ("len(tags) = 1", [0]),
        ("len(list_filter([1, 6], lambda y: y > qty)) = 1", [0, 1]),
        ("row = 8", [1]),
        ("CASE WHEN qty = 1 THEN true ELSE name = 'b' END", [0, 1]),
        ("true", [0, 1, 2]),
        ("NULL", []),
    ],
)
def test_an_expression_keeps_the_rows_where_it_is_true(sql: str, rows: list[int]) -> None:
    assert kept(ORDERS, ExpressionFilter(sql=sql)) == rows


@pytest.mark.parametrize(
    "sql",
    [
        "",
        "qty >",
        "qty > 1; DROP TABLE cells",
        "qty IN (SELECT 1)",
        "EXISTS (SELECT 1)",
        "sum(qty) > 1",
        "count(*) > 1",
        "row_number() OVER () = 1",
        "*",
        "COLUMNS(*) > 1",
        "$1 > 1",
        "true) GROUP BY (qty",
        "true) LIMIT (1",
        "true) UNION SELECT 1 FROM cells WHERE (true",
        "read_text('/etc/hostname') = ''",
        "CAST(name AS INTEGER) > 1",
        "nosuchfunction(qty)",
        "name ~ '('",
        "#1 > 1",
    ],
)
def test_what_is_not_a_plain_expression_is_refused_in_words(sql: str) -> None:
    with pytest.raises(BadValue) as caught:
        kept(ORDERS, ExpressionFilter(sql=sql))
    assert caught.value.code == "CHECK"
    assert caught.value.hint
    assert "Traceback" not in caught.value.message
    assert "LINE" not in caught.value.message


@pytest.mark.parametrize("sql", ["qyt > 1", "cells.qty > 1", "unit_price > 1", '"Qty " = 1'])
def test_an_unknown_column_in_an_expression_names_the_nearest(sql: str) -> None:
    with pytest.raises(NotFound) as caught:
        kept(ORDERS, ExpressionFilter(sql=sql))
    assert caught.value.code == "NO_COLUMN"
    assert caught.value.hint


@pytest.mark.parametrize(
    "sql",
    [
        "(SELECT content FROM read_text('/etc/hostname')) IS NOT NULL",
        "getenv('HOME') <> ''",
        "qty IN (FROM read_csv('/etc/passwd'))",
        "df = 1",
    ],
)
def test_an_expression_reaches_neither_files_nor_variables(sql: str) -> None:
    df = pd.DataFrame({"secret": [1]})
    with pytest.raises((BadValue, NotFound)):
        kept(ORDERS, ExpressionFilter(sql=sql))
    assert len(df) == 1


def test_an_expression_on_no_rows_is_still_checked() -> None:
    with pytest.raises(BadValue):
        kept(ORDERS.iloc[:0], ExpressionFilter(sql="nosuchfunction(qty)"))
    assert kept(ORDERS.iloc[:0], ExpressionFilter(sql="qty > 1")) == []


def test_the_first_of_two_columns_with_one_name_is_meant() -> None:
    df = pd.DataFrame([[1, 2], [2, 1]], columns=["a", "a"])
    assert kept(df, ExpressionFilter(sql="a = 1")) == [0]


def test_columns_that_differ_only_in_case_cannot_be_told_apart_in_one_expression() -> None:
    df = pd.DataFrame({"a": [1, 2], "A": [2, 1]})
    assert kept(df, ExpressionFilter(sql='"A" = 1')) == [1]
    with pytest.raises(BadValue, match="differ only in upper and lower case"):
        kept(df, ExpressionFilter(sql='a < "A"'))


def test_filtering_without_an_expression_does_not_load_duckdb() -> None:
    code = "import sys, tabweave.frames.view; sys.exit('duckdb' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_set_of_decimals_with_many_digits_finds_them() -> None:
    cells = [Decimal("10000000000000000000000000.001"), Decimal("0.500"), None]
    series = arrow_series(cells, pa.decimal128(38, 3))
    assert one(series, SetFilter, values=["10000000000000000000000000.001", "0.5", "0.0001"]) == [0, 1]
