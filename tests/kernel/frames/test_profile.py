from __future__ import annotations

import itertools
import math
from collections import Counter
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from kernel.frames.series import any_series, arrow_series, stamped
from kernel.frames.views import viewed
from tabweave.frames import profile as profiles
from tabweave.frames import scalars
from tabweave.frames.distinct import commonest, distinct
from tabweave.frames.frame import Frame
from tabweave.frames.profile import profile
from tabweave_core.engine.bins import MOST, edges_for
from tabweave_core.protocol.schema import Profile, SetFilter, View


def of(series: pd.Series[Any]) -> Profile:
    frame = Frame(pd.DataFrame({"c": series}))
    return profile(frame.column(0), frame.values(0))


def go_on() -> None:
    """Never gives up."""


def same(cell: Any) -> Any:
    """0 and -0 are one value to a person."""
    return 0 if cell == "-0" else cell


@given(st.integers(0, 20).flatmap(any_series))
def test_a_profile_counts_what_is_there(series: pd.Series[Any]) -> None:
    found = of(series)
    cells = [cell for cell in scalars.to_json(series.array, Frame(pd.DataFrame({"c": series})).column(0)) if cell is not None]
    assert found.exact
    assert found.rows == len(series)
    assert found.missing == len(series) - len(cells)
    counted = Counter(map(same, cells) if series.dtype != object else cells)
    assert found.distinct == len(counted)
    for each in found.top:
        assert counted[same(each.value) if series.dtype != object else each.value] == each.count
    assert [each.count for each in found.top] == sorted((each.count for each in found.top), reverse=True)
    if len(counted) < len(cells):
        assert found.top[0].count == max(counted.values())


@given(
    st.integers(1, 20).flatmap(
        lambda size: any_series(size, "integer", "float", "decimal", "date", "time", "timestamp", "duration")
    )
)
def test_a_histogram_has_every_finite_value_between_its_edges(series: pd.Series[Any]) -> None:
    found = of(series)
    assert len(found.counts) <= MOST
    assert len(found.edges) == (len(found.counts) + 1 if found.counts else 0)
    assert all(left < right for left, right in itertools.pairwise(found.edges))
    numbers = raw(series)
    assert sum(found.counts) == len(numbers)
    if numbers and max(map(abs, numbers)) < 2**53:
        for number, (lo, hi) in zip(found.counts, itertools.pairwise(found.edges), strict=True):
            last = hi == found.edges[-1]
            assert number == sum(lo <= value < hi or (last and value == hi) for value in numbers)


def raw(series: pd.Series[Any]) -> list[Any]:
    """Finite values as the histogram's numbers."""
    array = series.array.__arrow_array__() if hasattr(series.array, "__arrow_array__") else pa.array(series, from_pandas=True)
    if pa.types.is_date(array.type):
        array = array.cast(pa.int32())
    elif pa.types.is_temporal(array.type):
        array = array.cast(pa.int64())
    cells = [float(cell) if isinstance(cell, Decimal) else cell for cell in array.to_pylist() if cell is not None]
    return [cell for cell in cells if math.isfinite(cell)]


@given(st.lists(st.integers(-(10**6), 10**6), min_size=1))
def test_bounds_and_mean_are_exact_for_whole_numbers(cells: list[int]) -> None:
    found = of(pd.Series(cells))
    assert (found.lo, found.hi) == (min(cells), max(cells))
    assert found.mean == pytest.approx(sum(cells) / len(cells))


def test_bounds_are_in_the_protocols_json() -> None:
    assert of(pd.Series([2**53 + 1, 0])).hi == "9007199254740993"
    assert of(stamped(["2026-01-31T00:00:00", None], "s", "Europe/Berlin")).lo == "2026-01-31T00:00:00Z"
    assert of(arrow_series([Decimal("1.20"), Decimal("0.10")], pa.decimal128(9, 2))).lo == "0.10"
    assert of(pd.Series([1.5, float("inf")])).hi == "Infinity"


@given(st.floats(allow_nan=False, allow_infinity=False), st.floats(allow_nan=False, allow_infinity=False))
def test_any_two_floats_have_edges_around_them(first: float, second: float) -> None:
    lo, hi = min(first, second), max(first, second)
    edges, inner = edges_for(Frame(pd.DataFrame({"c": [1.5]})).column(0), lo, hi)
    assert 2 <= len(edges) <= MOST + 1
    assert edges[0] <= lo
    assert hi <= edges[-1]
    assert all(left < right for left, right in itertools.pairwise(edges))
    assert len(inner) == len(edges) - 2


@pytest.mark.parametrize(
    ("cells", "first", "step"),
    [
        ([0, 99], 0.0, 10.0),
        ([1, 12], 1.0, 1.0),
        ([0.13, 0.87], 0.1, 0.05),
        ([-3.2, 3.1], -3.5, 0.5),
        ([1000, 10**6], 0.0, 100_000.0),
    ],
)
def test_edges_are_round_numbers(cells: list[float], first: float, step: float) -> None:
    found = of(pd.Series(cells))
    assert found.edges[0] == pytest.approx(first)
    assert found.edges[1] - found.edges[0] == pytest.approx(step)


def test_timestamps_are_binned_by_whole_days_or_hours() -> None:
    day = of(pd.Series(pd.date_range("2026-01-01", periods=15, freq="D", unit="s")))
    assert np.diff(day.edges).tolist() == [86_400.0] * 15
    hour = of(pd.Series(pd.date_range("2026-01-01", periods=48, freq="30min", unit="ns")))
    assert (hour.edges[1] - hour.edges[0]) % (3600 * 10**9) == 0


def test_a_long_column_is_sampled_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(profiles, "EXACT", 10_000)
    monkeypatch.setattr(profiles, "SAMPLE", 5_000)
    cells = np.random.default_rng(0).integers(0, 4, 40_000).astype(float)
    cells[::10] = np.nan
    found = of(pd.Series(cells))
    assert not found.exact
    assert found.rows == 40_000
    assert found.missing == pytest.approx(4000, rel=0.2)
    assert sum(found.counts) == pytest.approx(36_000, rel=0.05)
    assert found == of(pd.Series(cells))


def test_texts_that_hardly_repeat_are_sampled() -> None:
    found = of(pd.Series([f"id {number}" for number in range(150_000)]))
    assert not found.exact
    assert found.distinct is None


@given(st.integers(0, 15).flatmap(any_series))
def test_the_value_list_has_every_distinct_value_with_its_count(series: pd.Series[Any]) -> None:
    frame = Frame(pd.DataFrame({"c": series}))
    found, missing, more = distinct(frame.column(0), frame.values(0), "", 100, go_on)
    cells = scalars.to_json(series.array, frame.column(0))
    counted = Counter(cell for cell in cells if cell is not None)
    if series.dtype == object or "-0" not in counted:
        shown = {each.value: each.count for each in found if each.count}
        assert shown == dict(counted)
    assert missing == sum(cell is None for cell in cells)
    assert not more


@given(any_series(12, "text", "integer", "category", "boolean", "date", "object"), st.integers(0, 11))
def test_a_listed_value_filters_exactly_its_rows(series: pd.Series[Any], place: int) -> None:
    frame = Frame(pd.DataFrame({"c": series}))
    found, _, _ = distinct(frame.column(0), frame.values(0), "", 100, go_on)
    for each in found[: place + 1]:
        assert viewed(frame, View(filter=[SetFilter(column=0, values=[each.value])])).count == each.count


def test_the_value_list_can_be_searched_and_is_cut_at_its_limit() -> None:
    frame = Frame(pd.DataFrame({"c": pd.Series(["Berlin", "Bern", "Paris", "Bern", None], dtype="str")}))
    found, missing, more = distinct(frame.column(0), frame.values(0), "BER", 1, go_on)
    assert [(each.value, each.count) for each in found] == [("Bern", 2)]
    assert missing == 1
    assert more


def test_categories_that_no_row_has_are_listed_with_none() -> None:
    frame = Frame(pd.DataFrame({"c": pd.Categorical(["a"], categories=["b", "a"])}))
    found, _, _ = distinct(frame.column(0), frame.values(0), "", 10, go_on)
    assert [(each.value, each.count) for each in found] == [("a", 1), ("b", 0)]
    assert of(pd.Series(pd.Categorical(["a"], categories=["b", "a"]))).distinct == 1


@given(st.lists(st.integers(1, 9)), st.integers(1, 6))
def test_the_commonest_are_the_largest_and_the_earlier_of_equals(sizes: list[int], limit: int) -> None:
    wanted = sorted(range(len(sizes)), key=lambda place: -sizes[place])[:limit]
    assert commonest(np.array(sizes, dtype=np.int64), limit).tolist() == wanted


def test_long_stretches_of_dates_are_counted_by_the_calendar() -> None:
    df = pd.DataFrame({"month": pd.date_range("2027-01-01", periods=12, freq="MS", unit="s").repeat(3)})
    frame = Frame(df)
    column = frame.schema().columns[0]
    found = profile(column, frame.values(column.id))
    assert found.counts == [3] * 12
    assert [pd.Timestamp(edge, unit="s").day for edge in found.edges] == [1] * 13


@pytest.mark.parametrize("text", ["14898289140825.644", "0.036", "-0.001", "99999999999999999999999999999999999.999"])
def test_one_decimal_lies_between_its_edges(text: str) -> None:
    found = of(arrow_series([Decimal(text)], pa.decimal128(38, 3)))
    assert found.edges[0] <= float(Decimal(text)) <= found.edges[-1]
    assert all(left < right for left, right in itertools.pairwise(found.edges))
    assert sum(found.counts) == 1


def test_one_huge_whole_number_lies_between_its_edges() -> None:
    found = of(pd.Series([2**62 + 1]))
    assert found.edges[0] <= 2**62 + 1 <= found.edges[-1]
    assert all(left < right for left, right in itertools.pairwise(found.edges))
