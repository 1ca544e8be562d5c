from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
from core.rollup.groves import CENTRAL, HUGE, LARGE, SMALL, UNITS, half_up, shares
from hypothesis import example, given
from hypothesis import strategies as st
from tabweave_core.engine.rollups.rounding import ceilings, floors, running, split
from tabweave_core.engine.rollups.units import (
    add,
    group_sums,
    is_wide,
    magnitudes,
    multiply,
    of_integers,
    prefixes,
    subtract,
    total,
)

MIDDLE = st.integers(-(1 << 58), 1 << 58)
LISTS = st.lists(SMALL, max_size=8) | st.lists(MIDDLE, max_size=8) | st.lists(LARGE, max_size=8) | st.lists(UNITS, max_size=8)


def test_102_over_4_is_26_25_26_25() -> None:
    assert split(102, of_integers([1, 1, 1, 1])).tolist() == [26, 25, 26, 25]


def test_100_over_3_is_33_34_33() -> None:
    assert split(100, of_integers([1, 1, 1])).tolist() == [33, 34, 33]


def test_1000_units_over_1000_leaves_of_weight_49_and_1000_of_51_meet_every_quota_within_one() -> None:
    weights = of_integers([49] * 1000 + [51] * 1000)
    found = split(1000, weights)
    assert (total(found[:1000]), total(found[1000:])) == (490, 510)
    for size in (1, 2, 5, 10, 100, 250, 500, 1000):
        for start in range(0, 2000, size):
            quota = Fraction(1000 * total(weights[start : start + size]), total(weights))
            assert abs(total(found[start : start + size]) - quota) < 1


@CENTRAL
@given(
    UNITS, st.lists(st.integers(0, 50) | st.integers(0, 1 << 60) | st.integers(0, 10**30), min_size=1, max_size=12).filter(any)
)
def test_shares_are_those_of_the_formula_and_add_up_and_every_run_is_within_one_of_its_quota(
    amount: int, weights: list[int]
) -> None:
    found = split(amount, of_integers(weights)).tolist()
    assert found == shares(amount, weights)
    assert sum(found) == amount
    assert all(share == 0 for share, weight in zip(found, weights, strict=True) if not weight)
    assert all(share * amount >= 0 for share in found)
    whole = sum(weights)
    off = [Fraction(0)]
    for share, weight in zip(found, weights, strict=True):
        off.append(off[-1] + share - Fraction(weight * amount, whole))
    assert max(off) - min(off) < 1


@CENTRAL
@given(LISTS, UNITS, st.integers(1, 1000) | st.integers(1, 1 << 62) | st.integers(1, 10**38), st.fractions(0, 1))
@example([-(1 << 63)], (1 << 63) - 1, 1, Fraction(1))
@example([(1 << 57) - 1] * 3, (1 << 60) - 1, 1 << 60, Fraction(1, 2))
def test_floors_are_exact_whatever_the_size(values: list[int], numerator: int, denominator: int, part: Fraction) -> None:
    shift = math.floor(denominator * part)
    found = floors(of_integers(values), numerator, denominator, shift)
    assert found.tolist() == [(value * numerator + shift) // denominator for value in values]
    up = ceilings(of_integers(values), numerator, denominator).tolist()
    assert up == [math.ceil(Fraction(value * numerator, denominator)) for value in values]


@given(st.integers(1 << 40, 1 << 55), st.integers(1 << 40, 1 << 55), st.lists(st.integers(-(1 << 55), 1 << 55), min_size=1))
def test_the_estimated_path_stays_in_int64_and_is_exact(numerator: int, denominator: int, values: list[int]) -> None:
    kept = [value for value in values if abs(value * (numerator // denominator)) < 1 << 61]
    found = floors(of_integers(kept), 2 * numerator, 2 * denominator, denominator)
    assert found.tolist() == [half_up(Fraction(value * numerator, denominator)) for value in kept]
    if abs(numerator) < denominator:
        assert not is_wide(found)


@given(LISTS, UNITS, UNITS.filter(bool))
def test_running_totals_of_mixed_signs_add_up_to_the_rounded_whole(values: list[int], numerator: int, denominator: int) -> None:
    found = running(of_integers(values), numerator, denominator).tolist()
    whole = Fraction(numerator, denominator) * sum(values)
    assert sum(found) == half_up(whole)


@given(st.lists(st.tuples(UNITS, UNITS), min_size=1, max_size=8), st.data())
def test_arrays_of_units_never_overflow(pairs: list[tuple[int, int]], data: st.DataObject) -> None:
    left, right = ([pair[side] for pair in pairs] for side in (0, 1))
    a, b = of_integers(left), of_integers(right)
    assert add(a, b).tolist() == [x + y for x, y in pairs]
    assert subtract(a, b).tolist() == [x - y for x, y in pairs]
    assert multiply(a, b).tolist() == [x * y for x, y in pairs]
    assert magnitudes(a).tolist() == [abs(x) for x in left]
    assert total(a) == sum(left)
    assert prefixes(a).tolist() == [sum(left[: stop + 1]) for stop in range(len(left))]
    starts = sorted({0, *data.draw(st.lists(st.integers(0, len(left) - 1)))})
    sums = group_sums(a, np.array(starts)).tolist()
    assert sums == [sum(left[start:stop]) for start, stop in zip(starts, [*starts[1:], len(left)], strict=True)]


@given(st.lists(HUGE))
def test_units_are_int64_exactly_when_they_fit(values: list[int]) -> None:
    assert is_wide(of_integers(values)) == any(not -(1 << 63) <= value < 1 << 63 for value in values)
