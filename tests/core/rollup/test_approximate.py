"""DOUBLE columns that their owner keeps: the total is met by `math.fsum`."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any

import pytest
from core.rollup.groves import applied, attempt, everything, floats, mask
from hypothesis import given
from hypothesis import strategies as st
from tabweave_core.engine.rollups import methods as m
from tabweave_core.engine.rollups.column import Measure
from tabweave_core.engine.rollups.holds import Hold
from tabweave_core.engine.rollups.refusals import Infeasible
from tabweave_core.engine.rollups.spread import Scope, spread
from tabweave_core.errors import TabweaveError

PRICE = Measure.double("price")
REAL = st.floats(-1e9, 1e9, allow_subnormal=False)


def spread_floats(units: list[float | None], method: Any, measure: Measure = PRICE, **more: Any) -> list[Any]:
    return applied(units, spread(measure, floats(units), everything(units, **more), method))


def test_shares_of_floats_add_up_to_the_total_by_fsum() -> None:
    found = spread_floats([0.1, 0.2, 0.3], m.Proportional(1.0))
    assert math.fsum(found) == 1.0
    assert found == pytest.approx([1 / 6, 1 / 3, 1 / 2])


@given(
    st.lists(st.none() | REAL, min_size=1, max_size=12),
    REAL,
    st.sampled_from(["Proportional", "Equal", "EqualIncrement", "Weighted", "WeightedIncrement"]),
    st.data(),
)
def test_the_total_is_met_exactly_or_refused_with_the_one_that_can_be(
    units: list[float | None], total: float, name: str, data: st.DataObject
) -> None:
    frozen = mask(len(units), *data.draw(st.lists(st.integers(0, len(units) - 1), max_size=2)))
    extra = [floats([1.5, 0.25, 3.0] * 4).take(slice(0, len(units)))] if name.startswith("Weighted") else []
    done = attempt(PRICE, floats(units), everything(units, frozen=frozen), getattr(m, name)(total, *extra))
    if isinstance(done, TabweaveError):
        assert done.code in ("ALL_HELD", "HELD") or (isinstance(done, Infeasible) and done.least == done.most != total)
        return
    found = applied(units, done)
    assert math.fsum(value or 0.0 for value in found) == total
    for leaf, unit in enumerate(units):
        if frozen[leaf]:
            assert found[leaf] == unit


def test_a_total_that_no_float_can_give_is_refused_with_the_nearest() -> None:
    with pytest.raises(Infeasible) as refused:
        spread_floats([1.0, 1e16], m.Proportional(0.1), frozen=mask(2, 1))
    assert refused.value.least == 0.0


def test_the_residual_may_go_to_a_smaller_leaf() -> None:
    found = spread_floats([1e16, 1.0, 1e16], m.Proportional(0.25), frozen=mask(3, 2))
    assert math.fsum(found) == 0.25


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        (m.Ratio(3.0), [0.5, 1.0, 1.5]),
        (m.Add(6.0), [2.0, 4.0, 6.0]),
        (m.Subtract(6.0), [0.0, 0.0, 0.0]),
        (m.Add(6.0, "equal"), [3.0, 4.0, 5.0]),
        (m.Percent(Decimal(50)), [1.5, 3.0, 4.5]),
        (m.RelativePercent(floats([2.0, 4.0, None]), Decimal(25)), [2.5, 5.0, None]),
        (m.Repeat(0.5), [0.5, 0.5, 0.5]),
        (m.Copy(floats([None, 1.0, 2.5])), [None, 1.0, 2.5]),
        (m.Clear(), [None, None, None]),
        (m.Zero(), [0.0, 0.0, 0.0]),
        (m.StraightLine(floats([0, 1, 2]).units.astype(int), 1.0, 2.0), [1.0, 1.5, 2.0]),
        (m.Growth(floats([0, 1, 2]).units.astype(int), 1.0, Decimal(50)), [1.0, 1.5, 2.25]),
    ],
)
def test_every_method_works_on_floats(method: Any, expected: list[float | None]) -> None:
    assert spread_floats([1.0, 2.0, 3.0], method) == expected


def test_a_zeroed_group_of_floats_spreads_equally() -> None:
    assert spread_floats([0.0, 0.0], m.Proportional(1.0)) == [0.5, 0.5]


def test_bounds_hold_for_floats() -> None:
    measure = Measure.double("price", low=0.0, high=1.0)
    found = spread_floats([0.1, 0.2, 0.9], m.Proportional(2.0), measure)
    assert math.fsum(found) == 2.0
    assert found[2] == 1.0
    assert all(0.0 <= value <= 1.0 for value in found)
    with pytest.raises(Infeasible) as refused:
        spread_floats([0.1, 0.2, 0.9], m.Proportional(3.5), measure)
    assert (refused.value.least, refused.value.most) == (0.0, 3.0)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=10), st.floats(0, 1))
def test_a_reachable_bounded_total_is_met(units: list[float], part: float) -> None:
    measure = Measure.double("price", low=0.0, high=1.0)
    total = part * len(units)
    done = attempt(measure, floats(units), everything(units), m.Equal(total))
    if isinstance(done, TabweaveError):
        assert isinstance(done, Infeasible)
        assert done.least == done.most == pytest.approx(total, abs=1e-15)
        return
    found = applied(units, done)
    assert math.fsum(found) == total
    assert all(0.0 <= value <= 1.0 for value in found)


def test_compensation_under_a_held_total_of_floats_keeps_it() -> None:
    units = [0.1, 0.2, 0.3]
    scope = Scope("first", slice(0, 1), holds=(Hold("all", slice(0, 3)),))
    found = applied(units, spread(PRICE, floats(units), scope, m.Proportional(0.2)))
    assert found[0] == 0.2
    assert math.fsum(found) == math.fsum(units)


def test_a_column_with_infinite_values_is_refused() -> None:
    with pytest.raises(TabweaveError) as refused:
        spread_floats([1.0, math.inf], m.Proportional(1.0))
    assert refused.value.code == "RANGE"


def test_a_result_beyond_all_floats_is_refused() -> None:
    with pytest.raises(TabweaveError) as refused:
        spread_floats([1e308, 1e308], m.Percent(Decimal(200)))
    assert refused.value.code == "RANGE"
