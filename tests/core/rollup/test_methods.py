"""Every method against its formula in fractions."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from core.rollup.groves import CENTRAL, HUGEINT, LARGE, SMALL, UNITS, column, everything, half_up, mask, shares, spread_over
from hypothesis import assume, given
from hypothesis import strategies as st
from tabweave_core.engine.rollups import methods as m
from tabweave_core.engine.rollups.spread import Scope, move, spread
from tabweave_core.errors import Refused, TabweaveError

PERCENTS = st.decimals(-300, 300, places=2)
AXIS = np.array([0, 0, 1, 2, 3, 3])


def running_shares(values: list[int], factor: Fraction) -> list[int]:
    sums = [Fraction(sum(values[:stop])) * factor for stop in range(len(values) + 1)]
    return [half_up(after) - half_up(before) for before, after in pairwise(sums)]


def plus(left: list[int], right: list[int]) -> list[int]:
    return [a + b for a, b in zip(left, right, strict=True)]


def or_equal(weights: list[int]) -> list[int]:
    return weights if any(weights) else [1] * len(weights)


def sizes(values: list[int]) -> list[int]:
    return or_equal([abs(value) for value in values])


SET_TOTAL = ["proportional", "equal", "equal_increment", "weighted", "weighted_increment"]
NAMES = [*SET_TOTAL, "repeat", "add", "add_equal", "subtract", "percent", "relative_percent", "copy", "zero"]


def method(name: str, reference: list[int], total: int, percent: Decimal) -> Any:
    match name:
        case "weighted" | "weighted_increment":
            return {"weighted": m.Weighted, "weighted_increment": m.WeightedIncrement}[name](total, column(reference))
        case "relative_percent":
            return m.RelativePercent(column(reference), percent)
        case "percent":
            return m.Percent(percent)
        case "copy":
            return m.Copy(column(reference))
        case "zero":
            return m.Zero()
        case "add_equal":
            return m.Add(total, "equal")
    plain = {"proportional": m.Proportional, "equal": m.Equal, "equal_increment": m.EqualIncrement}
    return (plain | {"repeat": m.Repeat, "add": m.Add, "subtract": m.Subtract})[name](total)


def formula(name: str, v: list[int], r: list[int], t: int, percent: Decimal) -> list[int]:
    """The method's row in the table of the design."""
    ones, p = [1] * len(v), Fraction(percent) / 100
    return {
        "proportional": lambda: plus(v, shares(t - sum(v), sizes(v))),
        "equal": lambda: shares(t, ones),
        "equal_increment": lambda: plus(v, shares(t - sum(v), ones)),
        "weighted": lambda: shares(t, sizes(r)),
        "weighted_increment": lambda: plus(v, shares(t - sum(v), sizes(r))),
        "repeat": lambda: [t] * len(v),
        "add": lambda: plus(v, shares(t, sizes(v))),
        "add_equal": lambda: plus(v, shares(t, ones)),
        "subtract": lambda: plus(v, shares(-t, sizes(v))),
        "percent": lambda: plus(v, running_shares(v, p)),
        "relative_percent": lambda: plus(r, shares(half_up(sum(r) * p), sizes(r))),
        "copy": lambda: r,
        "zero": lambda: [0] * len(v),
    }[name]()


PAIRS = st.lists(st.tuples(SMALL, SMALL), min_size=1, max_size=8) | st.lists(st.tuples(UNITS, UNITS), min_size=1, max_size=8)


@CENTRAL
@given(st.sampled_from(NAMES), PAIRS, UNITS, PERCENTS)
def test_a_method_gives_what_its_formula_says(name: str, pairs: list[tuple[int, int]], total: int, percent: Decimal) -> None:
    values, reference = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    expected = formula(name, values, reference, total, percent)
    assume(all(abs(value) < 10**38 for value in expected))
    assert spread_over(values, method(name, reference, total, percent), HUGEINT) == expected


@given(st.lists(SMALL | UNITS, min_size=1, max_size=8), UNITS)
def test_ratio_keeps_every_leafs_share_of_the_sum(values: list[int], total: int) -> None:
    whole = sum(values)
    assume(whole and abs(whole) * 100 >= sum(map(abs, values)))
    expected = running_shares(values, Fraction(total, whole))
    assume(all(abs(value) < 10**38 for value in expected))
    found = spread_over(values, m.Ratio(total), HUGEINT)
    assert found == expected
    assert sum(value or 0 for value in found) == total


@pytest.mark.parametrize("values", [[1000, -999], [5, -5]])
def test_a_ratio_on_values_that_nearly_cancel_out_is_refused(values: list[int]) -> None:
    with pytest.raises(Refused) as refused:
        spread_over(values, m.Ratio(10))
    assert refused.value.code == "NEAR_ZERO_BASE"


def test_a_near_zero_base_can_be_forced() -> None:
    assert spread_over([1000, -999], m.Ratio(2, force=True)) == [2000, -1998]


def test_a_zero_base_cannot_be_forced() -> None:
    with pytest.raises(Refused) as refused:
        spread_over([5, -5], m.Ratio(2, force=True))
    assert refused.value.code == "NEAR_ZERO_BASE"


def test_proportional_works_on_mixed_signs_that_add_up_to_zero_and_no_child_moves_against_the_edit() -> None:
    assert spread_over([30, -30, 0], m.Proportional(6)) == [33, -27, 0]


def test_weights_from_an_earlier_revision_restore_the_proportions_of_a_zeroed_group() -> None:
    before = [10, 30, 60]
    assert spread_over([0, 0, 0], m.Weighted(200, column(before))) == [20, 60, 120]


def test_percent_moves_the_parent_by_exactly_the_rounded_percentage() -> None:
    found = spread_over([1, 1, 1, 1, 1], m.Percent(Decimal(50)))
    assert found == [2, 1, 2, 1, 2]
    assert sum(value or 0 for value in found) == 5 + 3


def test_a_line_along_an_axis_gives_each_place_its_total() -> None:
    assert spread_over([1, 3, 0, 5, 7, 7], m.StraightLine(AXIS, 8, 20)) == [2, 6, 12, 16, 10, 10]


def test_a_gap_in_the_axis_counts_as_a_step() -> None:
    assert spread_over([1, 1, 1], m.StraightLine(np.array([4, 5, 7]), 0, 30)) == [0, 10, 30]


def test_the_axis_need_not_run_in_leaf_order() -> None:
    assert spread_over([1, 1, 1], m.StraightLine(np.array([2, 0, 1]), 0, 30)) == [30, 0, 15]


def test_a_line_over_one_place_needs_one_number() -> None:
    assert spread_over([1, 1], m.StraightLine(np.array([3, 3]), 10, 10)) == [5, 5]
    with pytest.raises(TabweaveError) as refused:
        spread_over([1, 1], m.StraightLine(np.array([3, 3]), 10, 12))
    assert refused.value.code == "CHECK"


def test_growth_compounds_in_decimals_and_rounds_half_to_even() -> None:
    assert spread_over([0] * 4, m.Growth(np.arange(4), 5, Decimal(50))) == [5, 8, 11, 17]  # 7.5, 11.25, 16.875
    assert spread_over([0] * 2, m.Growth(np.arange(2), 5, Decimal(-10))) == [5, 4]  # 4.5


@given(st.integers(-(10**9), 10**9), st.decimals(-100, 200, places=3), st.integers(1, 30))
def test_growth_is_the_power_within_its_rounding(first: int, percent: Decimal, steps: int) -> None:
    found = spread_over([0] * (steps + 1), m.Growth(np.arange(steps + 1), first, percent), HUGEINT)
    for step, value in enumerate(found):
        assert abs(first * (1 + Fraction(percent) / 100) ** step - (value or 0)) <= Fraction(1, 2) + Fraction(1, 10**6)


def test_a_decline_of_more_than_all_is_refused() -> None:
    with pytest.raises(TabweaveError) as refused:
        spread_over([1, 1], m.Growth(np.arange(2), 5, Decimal(-101)))
    assert refused.value.code == "CHECK"


def test_a_place_of_the_axis_whose_rows_are_held_keeps_its_total() -> None:
    line = m.StraightLine(np.array([0, 1, 2]), 0, 20)
    assert spread_over([1, 1, 1], line, frozen=mask(3, 1)) == [0, 1, 20]


def test_clear_makes_missing_and_copy_copies_missing() -> None:
    assert spread_over([1, None, 3], m.Clear()) == [None, None, None]
    assert spread_over([1, None, 3], m.Copy(column([None, 5, 6]))) == [None, 5, 6]


def test_a_percentage_of_a_missing_reference_is_missing() -> None:
    assert spread_over([1, 2, None], m.RelativePercent(column([None, 10, 30]), Decimal(10))) == [None, 11, 33]


@given(st.lists(SMALL | LARGE, min_size=2, max_size=8), st.integers(0, 10**6), st.data())
def test_a_move_takes_from_one_gives_to_another_and_leaves_what_is_above(
    values: list[int], amount: int, data: st.DataObject
) -> None:
    cut = data.draw(st.integers(1, len(values) - 1))
    source, target = Scope("source", slice(0, cut)), Scope("target", slice(cut, len(values)))
    done = move(HUGEINT, column(values), source, target, amount)
    assert done.total_before == done.total_after == sum(values)
    changed = dict(zip(done.leaves.tolist(), done.after.units.tolist(), strict=True))
    after = [changed.get(leaf, value) for leaf, value in enumerate(values)]
    assert after[:cut] == plus(values[:cut], shares(-amount, sizes(values[:cut])))
    assert after[cut:] == plus(values[cut:], shares(amount, sizes(values[cut:])))


def test_a_move_to_rows_it_takes_from_is_refused() -> None:
    with pytest.raises(TabweaveError) as refused:
        move(HUGEINT, column([1, 2, 3]), Scope("a", slice(0, 2)), Scope("b", slice(1, 3)), 1)
    assert refused.value.code == "CHECK"


def test_the_totals_of_a_write_are_those_of_the_leaves() -> None:
    done = spread(HUGEINT, column([1, None, 3]), everything([1, 2, 3]), m.Proportional(10**30))
    assert (done.total_before, done.total_after, done.rows) == (4, 10**30, 2)
