from __future__ import annotations

import itertools
import math
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kernel.frames.series import any_series, compared, mixed
from tabweave.frames import collation
from tabweave.frames.arrays import is_missing
from tabweave.frames.mixture import sort_key
from tabweave.frames.order import order
from tabweave.frames.text import texts
from tabweave_core.errors import Unavailable

SORTABLE = (
    "integer",
    "float",
    "boolean",
    "text",
    "category",
    "timestamp",
    "duration",
    "date",
    "time",
    "decimal",
    "binary",
    "object",
)


def go_on() -> None:
    """Never gives up."""


def naive_order(keys: list[tuple[pd.Series[Any], bool]]) -> list[int]:
    """The slow way: one stable pass per key, the least significant first."""
    found = list(range(len(keys[0][0])))
    for series, descending in reversed(keys):
        cells = compared(series)
        if isinstance(series.dtype, pd.CategoricalDtype) and series.dtype.ordered:
            cells = [None if code < 0 else int(code) for code in series.cat.codes]
        gone = [cell is None for cell in cells]
        if series.dtype == object or isinstance(series.dtype, np.dtype) or str(series.dtype) in ("str", "category"):
            gone = [is_missing(cell) for cell in cells]
        nan = [not lost and isinstance(cell, float) and math.isnan(cell) for cell, lost in zip(cells, gone, strict=True)]
        present = [place for place in found if not gone[place] and not nan[place]]
        key = sort_key if series.dtype == object else lambda cell: cell
        present.sort(key=lambda place: key(cells[place]), reverse=descending)
        found = present + [place for place in found if nan[place]] + [place for place in found if gone[place]]
    return found


@settings(max_examples=300)
@given(st.integers(0, 20).flatmap(lambda size: any_series(size, *SORTABLE)), st.booleans())
def test_sorting_agrees_with_comparing_cell_by_cell(series: pd.Series[Any], descending: bool) -> None:
    assert order([(series, descending)], go_on).tolist() == naive_order([(series, descending)])


@given(
    st.integers(0, 15).flatmap(
        lambda size: st.lists(st.tuples(any_series(size, *SORTABLE), st.booleans()), min_size=2, max_size=3)
    )
)
def test_further_keys_order_what_earlier_ones_leave_equal(keys: list[tuple[pd.Series[Any], bool]]) -> None:
    assert order(keys, go_on).tolist() == naive_order(keys)


@given(any_series(12, "integer", "text", "float", "category"), st.booleans(), st.sets(st.integers(0, 11)))
def test_sorting_some_rows_keeps_to_those_rows(series: pd.Series[Any], descending: bool, chosen: set[int]) -> None:
    rows = np.array(sorted(chosen), dtype=np.int64)
    whole = order([(series, descending)], go_on).tolist()
    assert order([(series, descending)], go_on, rows).tolist() == [place for place in whole if place in chosen]


@settings(max_examples=300)
@given(
    st.lists(st.text(alphabet="ab\u0000é", max_size=30) | st.text(max_size=12) | st.sampled_from(["x" * n for n in range(40)])),
    st.sampled_from([1, 3, collation.MANY]),
    st.booleans(),
)
def test_texts_sort_by_code_point_whatever_their_length(cells: list[str], many: int, sorted_already: bool) -> None:
    """Also where few beginnings are sorted apart, which is done for long columns only, and where nothing is to be done."""
    cells = sorted(cells) if sorted_already else cells
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(collation, "MANY", many)
        found, first = collation.sort(pa.array(cells, pa.large_string()), go_on)
    assert found.tolist() == sorted(range(len(cells)), key=cells.__getitem__)
    shown = [cells[place] for place in found]
    assert first.tolist() == [place == 0 or shown[place] != shown[place - 1] for place in range(len(shown))]


@given(st.lists(st.text(alphabet="abc", max_size=3), max_size=30), st.integers(0, 10))
def test_texts_sliced_out_of_a_larger_array_sort_the_same(cells: list[str], start: int) -> None:
    array = pa.array(cells, pa.string()).slice(start)
    assert collation.sort(array, go_on)[0].tolist() == sorted(range(len(array)), key=cells[start:].__getitem__)


@given(mixed(15))
def test_any_objects_have_a_total_order(series: pd.Series[Any]) -> None:
    keys = [sort_key(cell) for cell in series if not is_missing(cell)]
    ordered = sorted(keys)
    assert all(left <= right for left, right in itertools.pairwise(ordered))


def test_objects_that_refuse_to_be_compared_are_sorted_nevertheless() -> None:
    class Stubborn:
        def __eq__(self, other: object) -> bool:
            raise RuntimeError

        __hash__ = object.__hash__

        def __lt__(self, other: object) -> bool:
            raise RuntimeError

        def __repr__(self) -> str:
            return "stubborn"

    series = pd.Series([Stubborn(), 2, "b", None, 1, Decimal("1.5"), "a", float("nan"), b"x"], dtype=object)
    assert order([(series, False)], go_on).tolist() == [4, 5, 1, 6, 2, 8, 0, 3, 7]


def test_missing_comes_last_in_both_directions_and_nan_before_it() -> None:
    series = pd.Series(pd.arrays.FloatingArray(np.array([np.nan, 1.0, 5.0, 2.0]), np.array([False, False, True, False])))
    assert order([(series, False)], go_on).tolist() == [1, 3, 0, 2]
    assert order([(series, True)], go_on).tolist() == [3, 1, 0, 2]


def test_negative_zero_equals_zero() -> None:
    assert order([(pd.Series([0.0, -0.0, 0.0]), False)], go_on).tolist() == [0, 1, 2]
    assert order([(pd.Series([-0.0, 0.0, -0.0]), True)], go_on).tolist() == [0, 1, 2]


def test_ordered_categories_sort_by_rank_and_others_by_label() -> None:
    sizes = pd.Categorical(["M", "S", None, "L"], categories=["S", "M", "L"])
    assert order([(pd.Series(sizes), False)], go_on).tolist() == [3, 0, 1, 2]
    assert order([(pd.Series(sizes.as_ordered()), False)], go_on).tolist() == [1, 0, 3, 2]


def test_index_levels_can_be_sorted() -> None:
    index = pd.MultiIndex.from_arrays([["b", "a", "b"], [1, 2, 0]])
    assert order([(index.get_level_values(0), False), (index.get_level_values(1), False)], go_on).tolist() == [1, 2, 0]
    assert order([(pd.RangeIndex(5, name="n"), True)], go_on).tolist() == [4, 3, 2, 1, 0]


@pytest.mark.parametrize("distinct", [50, 200_000])
@pytest.mark.parametrize("descending", [False, True])
def test_long_columns_of_texts_sort_as_short_ones_do(distinct: int, descending: bool) -> None:
    numbers = np.random.default_rng(1).integers(0, distinct, 60_000)
    cells: list[str | None] = [None if number % 97 == 3 else f"customer {number:06d}" for number in numbers.tolist()]
    series = pd.Series(cells, dtype="str")
    assert order([(series, descending)], go_on).tolist() == naive_order([(series, descending)])


@pytest.mark.parametrize("step", [1, 1000, 10**9, 86_400 * 10**9])
def test_timestamps_sort_alike_at_any_granularity(step: int) -> None:
    ticks = np.random.default_rng(2).integers(-(2**61) // step, 2**61 // step, 5000) * step + 7
    series = pd.Series(ticks.view("M8[ns]"))
    assert order([(series, False)], go_on).tolist() == np.argsort(ticks, kind="stable").tolist()


def test_a_cancelled_sort_stops_with_its_reason() -> None:
    def give_up() -> None:
        raise Unavailable("CANCELLED", "Given up.")

    with pytest.raises(Unavailable):
        order([(pd.Series([2, 1]), False)], give_up)


def test_the_permutation_takes_four_bytes_a_row() -> None:
    assert order([(pd.Series([2.5, 1.0]), False)], go_on).dtype == np.int32


def test_the_sorted_column_is_what_its_texts_say() -> None:
    series = pd.Series(["é", "e", "Z", "", None, "日本"], dtype="str")
    assert texts(series).take(pa.array(order([(series, False)], go_on))).to_pylist() == ["", "Z", "e", "é", "日本", None]
