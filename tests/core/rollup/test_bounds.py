"""Declared bounds: water-filling, and totals that cannot be reached."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Any

import pytest
from core.rollup.groves import CENTRAL, SMALL, applied, attempt, column, everything, mask, spread_over
from hypothesis import given
from hypothesis import strategies as st
from tabweave_core.engine.rollups import methods as m
from tabweave_core.engine.rollups.column import Measure
from tabweave_core.engine.rollups.refusals import Infeasible
from tabweave_core.errors import BadValue, TabweaveError


def bounded(low: int | None, high: int | None) -> Measure:
    return Measure("amount", low=low, high=high)


def test_what_a_leaf_cannot_take_goes_to_the_others() -> None:
    assert spread_over([10, 10, 80], m.Proportional(140), bounded(0, 100)) == [20, 20, 100]
    assert spread_over([1, 1, 1], m.Weighted(20, column([1, 2, 7])), bounded(5, 10)) == [5, 5, 10]


def test_a_leaf_at_its_bound_may_push_others_to_theirs() -> None:
    assert spread_over([30, 60, 90], m.Proportional(300), bounded(0, 110)) == [80, 110, 110]


def test_bounds_on_both_sides_are_met_at_once() -> None:
    assert spread_over([1, 1, 1, 1], m.Weighted(40, column([1, 2, 3, 34])), bounded(6, 30)) == [6, 6, 6, 22]
    assert spread_over([1, 1, 1, 1], m.Weighted(40, column([1, 10, 14, 15])), bounded(9, 12)) == [9, 9, 11, 11]
    assert spread_over([1, 1, 1], m.Weighted(33, column([8, 10, 30])), bounded(9, 12)) == [9, 12, 12]


def test_a_split_inside_the_bounds_is_the_plain_one() -> None:
    assert spread_over([10, 20, 30], m.Proportional(120), bounded(0, 60)) == [20, 40, 60]


@pytest.mark.parametrize(("total", "least", "most"), [(31, 3, 30), (2, 3, 30)])
def test_a_total_out_of_reach_is_refused_and_the_reachable_interval_named(total: int, least: int, most: int) -> None:
    with pytest.raises(Infeasible) as refused:
        spread_over([5, 5, 5], m.Proportional(total), bounded(1, 10))
    assert (refused.value.least, refused.value.most) == (least, most)
    assert str(least) in refused.value.hint
    assert str(most) in refused.value.hint
    for end in (least, most):
        assert spread_over([5, 5, 5], m.Proportional(end), bounded(1, 10)) == [end // 3] * 3


def test_the_reachable_interval_counts_held_leaves_in_and_zeros_as_they_are() -> None:
    with pytest.raises(Infeasible) as refused:
        spread_over([5, 5, 0], m.Proportional(40), bounded(0, 10), frozen=mask(3, 0))
    assert (refused.value.least, refused.value.most) == (5, 15)


def test_an_open_side_is_named_as_such() -> None:
    with pytest.raises(Infeasible) as refused:
        spread_over([5, 5], m.Proportional(-1), bounded(0, None))
    assert (refused.value.least, refused.value.most) == (0, None)
    assert refused.value.hint == "It can be 0 or more."


def test_numbers_are_told_in_groups_of_three() -> None:
    with pytest.raises(Infeasible) as refused:
        spread_over([5, 5], m.Proportional(500_000), Measure("amount", scale=2, low=0, high=200_000))
    assert "between 0.00 and 2,000.00" in refused.value.message
    assert refused.value.hint == "It can be from 0.00 to 4,000.00."


@pytest.mark.parametrize("method", [m.Repeat(11), m.Copy(column([11, 2])), m.Copy(column([2, -1]))])
def test_a_value_beyond_the_bounds_is_not_clipped_but_refused(method: Any) -> None:
    with pytest.raises(BadValue) as refused:
        spread_over([5, 5], method, bounded(0, 10))
    assert refused.value.code == "RANGE"


def test_a_ratio_on_mixed_signs_redistributes_by_size() -> None:
    found = spread_over([40, -10, 10], m.Ratio(80), bounded(-20, 60))
    assert sum(value or 0 for value in found) == 80
    assert all(-20 <= (value or 0) <= 60 for value in found)


def clamp(value: Fraction, low: int | None, high: int | None) -> Fraction:
    value = value if low is None else max(value, Fraction(low))
    return value if high is None else min(value, Fraction(high))


def water_filled(base: list[int], weights: list[int], goal: int, low: int | None, high: int | None) -> list[Fraction] | None:
    """base + λ·weight cut off at the bounds, λ found by walking all points where a leaf meets a bound."""

    def at(level: Fraction) -> list[Fraction]:
        return [clamp(start + level * weight, low, high) for start, weight in zip(base, weights, strict=True)]

    ends = [side for side in (low, high) if side is not None]
    turns = sorted(Fraction(end - start, weight) for start, weight in zip(base, weights, strict=True) if weight for end in ends)
    points = [turns[0] - 10**12, *turns, turns[-1] + 10**12]
    for left, right in pairwise(points):
        below, above = sum(at(left)), sum(at(right))
        if below <= goal <= above:
            level = left if below == above else left + (right - left) * (goal - below) / (above - below)
            return at(level)
    return None


LEAVES = st.lists(st.tuples(st.integers(-20, 60), st.integers(0, 9)), min_size=1, max_size=10)


@CENTRAL
@given(
    LEAVES,
    st.integers(-400, 800) | st.integers(0, 100),
    st.none() | st.integers(-20, 12),
    st.none() | st.integers(12, 60),
    st.booleans(),
)
def test_a_bounded_split_is_within_one_unit_of_water_filling_everywhere(
    leaves: list[tuple[int, int]], total: int, low: int | None, high: int | None, increment: bool
) -> None:
    values = [round(clamp(Fraction(unit), low, high)) for unit, _ in leaves]
    weights = [weight for _, weight in leaves]
    weights = weights if any(weights) else [1] * len(weights)
    base = values if increment else [0] * len(values)
    method = (m.WeightedIncrement if increment else m.Weighted)(total, column(weights))
    wanted = water_filled(base, weights, total, low, high) if low is not None or high is not None else None
    done = attempt(bounded(low, high), column(values), everything(values), method)
    if isinstance(done, TabweaveError):
        assert isinstance(done, Infeasible)
        assert wanted is None
        assert (done.least is not None and total < done.least) or (done.most is not None and total > done.most)
        return
    found = applied(values, done)
    assert sum(value or 0 for value in found) == total
    assert all((low is None or value >= low) and (high is None or value <= high) for value in found if value is not None)
    amount = total - sum(base)
    plain = [start + Fraction(amount * weight, sum(weights)) for start, weight in zip(base, weights, strict=True)]
    assert near(found, plain) or (wanted is not None and near(found, wanted))


def near(found: list[int | None], exact: list[Fraction]) -> bool:
    off = [Fraction(0)]
    for value, quota in zip(found, exact, strict=True):
        off.append(off[-1] + (value or 0) - quota)
    return max(off) - min(off) < 1


@given(st.lists(SMALL.map(abs), min_size=2, max_size=20), st.integers(0, 20_000))
def test_percent_within_bounds_still_moves_the_total_by_the_rounded_percentage(values: list[int], percent: int) -> None:
    whole = sum(values)
    goal = whole + (whole * percent + 50) // 100
    done = attempt(bounded(0, 1_500), column(values), everything(values), m.Percent(Decimal(percent)))
    if isinstance(done, TabweaveError):
        assert isinstance(done, Infeasible)
        assert done.most is not None
        assert goal > done.most
        return
    found = applied(values, done)
    assert sum(value or 0 for value in found) == goal
    assert all(0 <= (value or 0) <= 1_500 for value in found)


def test_bounds_hold_beyond_64_bits() -> None:
    top = 10**30
    measure = Measure.decimal("amount", 38, 0, low=0, high=top)
    assert spread_over([1, 10**29, 0], m.Proportional(top + 15), measure) == [15, top, 0]
