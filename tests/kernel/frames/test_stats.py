from __future__ import annotations

import csv
import io
import math
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from kernel.frames.series import any_series, arrow_series, frames, stamped
from kernel.frames.views import viewed
from tabweave.frames import stats
from tabweave.frames.frame import Frame
from tabweave.frames.text import text, texts
from tabweave_core.engine.sums import float_sum
from tabweave_core.errors import Refused
from tabweave_core.protocol.schema import Range, Sort, Stats, View


def of(*series: pd.Series[Any]) -> Stats:
    frame = Frame(pd.DataFrame({f"c{number}": each for number, each in enumerate(series)}))
    ranges = [Range(start=0, stop=len(frame.df), columns=list(range(len(series))))]
    return stats.figures(frame, viewed(frame), ranges)


@given(st.integers(1, 20).flatmap(lambda size: any_series(size, "integer", "decimal")))
def test_sums_of_whole_numbers_and_decimals_are_exact(series: pd.Series[Any]) -> None:
    cells = [cell for cell in (series.array if series.array.dtype != bool else []) if cell is not pd.NA]
    found = of(series)
    assert (found.cells, found.present, found.numbers) == (len(series), len(cells), len(cells))
    if not cells:
        assert found.sum is None
        return
    exact = sum(Fraction(str(cell)) for cell in cells)
    assert found.sum is not None
    assert Fraction(found.sum) == exact
    assert found.mean == float(exact / len(cells))
    assert (Fraction(found.lo or ""), Fraction(found.hi or "")) == (Fraction(str(min(cells))), Fraction(str(max(cells))))


def test_a_sum_of_decimals_keeps_their_scale() -> None:
    series = arrow_series([Decimal("1.10"), Decimal("2.90"), None], pa.decimal128(18, 2))
    assert of(series).sum == "4.00"
    assert of(series, pd.Series([1, 2, 3])).sum == "10.00"
    assert of(arrow_series([Decimal("9" * 38)] * 3, pa.decimal128(38, 0))).sum == str(3 * int("9" * 38))


@given(st.lists(st.floats(-1e100, 1e100), min_size=1, max_size=200))
def test_sums_of_floats_lose_nothing_on_the_way(numbers: list[float]) -> None:
    found = float_sum(np.array(numbers))
    exact = math.fsum(numbers)
    size = math.fsum(map(abs, numbers))
    assert abs(found - exact) <= 2**-52 * abs(exact) + len(numbers) * 2**-100 * size


def test_floats_that_cancel_still_add_up() -> None:
    assert of(pd.Series([1e16, 1.0, -1e16])).sum == "1.0"
    assert of(pd.Series([0.1] * 10)).sum == "1.0"
    assert of(pd.Series([1.0, float("inf")])).sum == "inf"
    assert of(pd.Series([1.0, float("inf")])).mean is None
    assert of(pd.Series([1.7e308, 1.7e308])).sum == "inf"


def test_an_average_of_everything_numeric_ignores_the_rest() -> None:
    found = of(pd.Series([1, 2]), pd.Series(["x", None], dtype="str"), pd.Series([0.5, float("nan")]), pd.Series([True, False]))
    assert (found.cells, found.present, found.numbers) == (8, 6, 3)
    assert found.sum == "3.5"
    assert found.mean == pytest.approx(3.5 / 3)
    assert (found.lo, found.hi) == ("0.5", "2")


def test_numbers_among_objects_count() -> None:
    found = of(pd.Series([1, "x", Decimal("2.50"), None, True, 2**70, np.int8(1)], dtype=object))
    assert (found.present, found.numbers) == (6, 4)
    assert found.sum == str(2**70 + 4) + ".50"


def test_dates_have_bounds_and_no_sum() -> None:
    found = of(stamped(["2026-01-31T00:00:00", None, "2025-12-01T00:00:00"], "s"))
    assert (found.sum, found.mean, found.lo, found.hi) == (None, None, "2025-12-01 00:00:00", "2026-01-31 00:00:00")
    assert of(pd.Series([], dtype="int64")).cells == 0


def test_ranges_are_of_the_view() -> None:
    frame = Frame(pd.DataFrame({"n": [5, 1, 3]}))
    view = viewed(frame, View(sort=[Sort(column=0)]))
    found = stats.figures(frame, view, [Range(start=0, stop=1, columns=[0]), Range(start=2, stop=9, columns=[0])])
    assert (found.sum, found.cells) == ("6", 2)


@given(frames(columns=2))
def test_a_copy_reads_back_cell_by_cell(df: pd.DataFrame) -> None:
    frame = Frame(df)
    tsv = stats.copy(frame, viewed(frame), Range(start=0, stop=len(df), columns=[1, 0]))
    rows = [row or [""] for row in csv.reader(io.StringIO(tsv, newline=""), dialect="excel-tab")]
    wanted = [[cell or "" for cell in texts(frame.values(column)).to_pylist()] for column in (1, 0)]
    assert rows == [list(row) for row in zip(*wanted, strict=True)]


def test_a_copy_quotes_as_spreadsheets_do() -> None:
    frame = Frame(pd.DataFrame({"a\tb": ['say "hi"', "two\nlines", "plain, text", None], "n": [1.0, 2.5, float("nan"), 3.0]}))
    tsv = stats.copy(frame, viewed(frame), Range(start=0, stop=4, columns=[0, 1]), headers=True)
    assert tsv == '"a\tb"\tn\n"say ""hi"""\t1.0\n"two\nlines"\t2.5\nplain, text\t\n\t3.0\n'


def test_a_copy_too_large_for_a_clipboard_is_refused() -> None:
    frame = Frame(pd.DataFrame({"a": np.zeros(10)}))
    with pytest.raises(Refused, match="10,000,000 cells"):
        stats.copy(frame, viewed(frame), Range(start=0, stop=10_000_000, columns=[0]))


def test_bounds_read_as_their_cells_do() -> None:
    series = pd.Series([0.1, 2.5], dtype="float32")
    assert (of(series).lo, of(series).hi) == ("0.1", text(2.5))


def test_the_bounds_of_durations_are_told() -> None:
    frame = Frame(pd.DataFrame({"span": pd.to_timedelta(["2 h", None, "-1 s"])}))
    found = stats.figures(frame, viewed(frame), [Range(start=0, stop=3, columns=[0])])
    assert (found.present, found.lo, found.hi) == (2, "-1 days +23:59:59", "0 days 02:00:00")
