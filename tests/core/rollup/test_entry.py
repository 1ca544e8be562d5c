"""Numbers typed into nodes, by aggregate."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from core.rollup.groves import column, floats, hierarchy, listed, mask
from hypothesis import given
from hypothesis import strategies as st
from tabweave_core.engine.rollups.aggregate import REASONS, Aggregate
from tabweave_core.engine.rollups.column import Measure, Number
from tabweave_core.engine.rollups.entry import nearest_exact, request
from tabweave_core.engine.rollups.refusals import Inexact
from tabweave_core.engine.rollups.rollup import Rollup
from tabweave_core.engine.rollups.spread import Scope, spread_all
from tabweave_core.errors import TabweaveError

MEASURES = [Measure("qty"), Measure("revenue", scale=2), Measure("price", scale=2), Measure.double("cost")]


def typed(
    aggregate: Aggregate, number: str, *, qty: list[int | None] | None = None, **scope: Any
) -> tuple[Rollup, Number | Fraction | None]:
    """A rollup of three rows after a number was typed over all of them, and what the aggregate shows then."""
    tree = hierarchy([("A", "x", "1"), ("A", "x", "2"), ("A", "y", "1")])
    columns = {
        "qty": column(qty or [1, 2, 5]),
        "revenue": column([100, 300, 600]),
        "price": column([100, 150, 120]),
        "cost": floats([0.5, 1.0, 1.5]),
    }
    rollup = Rollup(tree, MEASURES, columns, [aggregate])
    asked = request(rollup, aggregate, Scope("A", slice(0, 3), **scope), Decimal(number))
    for done in spread_all([asked]):
        rollup.write(asked.measure.name, done.leaves, done.after)
    return rollup, rollup.value(0, aggregate)


def test_a_sum_takes_its_number() -> None:
    rollup, shown = typed(Aggregate("sum", "revenue"), "20.00")
    assert shown == 2000
    assert listed(rollup.columns["revenue"]) == [200, 600, 1200]


def test_a_mean_moves_the_sum_by_as_much_as_it_takes() -> None:
    assert typed(Aggregate("mean", "qty"), "4")[1] == 4
    assert typed(Aggregate("mean", "qty"), "2.5", qty=[1, 2, None])[1] == Fraction(5, 2)


def test_a_mean_that_needs_a_fraction_of_a_unit_is_refused_and_the_nearest_that_do_not_are_offered() -> None:
    with pytest.raises(Inexact) as refused:
        typed(Aggregate("mean", "qty"), "3.5")
    assert refused.value.code == "SCALE"
    assert refused.value.offer == (Decimal(3), Decimal(4))
    for offer in refused.value.offer:
        assert typed(Aggregate("mean", "qty"), str(offer))[1] == offer


@pytest.mark.parametrize(("kind", "expected"), [("first", [9, 2, 5]), ("last", [1, 2, 9])])
def test_first_and_last_write_that_leaf(kind: Any, expected: list[int]) -> None:
    rollup, shown = typed(Aggregate(kind, "qty"), "9")
    assert shown == 9
    assert listed(rollup.columns["qty"]) == expected


def test_last_is_the_last_value_that_is_there() -> None:
    assert listed(typed(Aggregate("last", "qty"), "9", qty=[1, 2, None])[0].columns["qty"]) == [1, 9, None]


def test_first_and_last_look_inside_the_filter_only() -> None:
    assert listed(typed(Aggregate("last", "qty"), "9", within=mask(3, 0, 1))[0].columns["qty"]) == [1, 9, 5]


def test_a_ratio_with_an_inverse_writes_the_numerator() -> None:
    rollup, shown = typed(Aggregate("ratio", "revenue", "qty", inverse="revenue"), "2.5")
    assert shown == Fraction(5, 2)
    assert sum(listed(rollup.columns["revenue"])) == 2000


def test_a_weighted_mean_with_an_inverse_writes_the_column_of_products() -> None:
    rollup, _ = typed(Aggregate("weighted_mean", "price", "qty", inverse="revenue"), "2.5")
    assert sum(listed(rollup.columns["revenue"])) == 2000


def test_a_ratio_that_needs_a_fraction_of_a_unit_is_refused_with_the_nearest() -> None:
    aggregate = Aggregate("ratio", "revenue", "qty", inverse="revenue")
    with pytest.raises(Inexact) as refused:
        typed(aggregate, "2.50001")
    for offer in refused.value.offer:
        assert typed(aggregate, str(offer))[1] == Fraction(offer)


def test_a_ratio_over_nothing_cannot_be_typed() -> None:
    with pytest.raises(TabweaveError) as refused:
        typed(Aggregate("ratio", "revenue", "qty", inverse="revenue"), "2", qty=[1, -1, 0])
    assert refused.value.code == "NOT_EDITABLE"


@pytest.mark.parametrize("kind", ["min", "max", "count", "distinct"])
def test_what_does_not_determine_the_leaves_is_refused_with_the_reason(kind: Any) -> None:
    aggregate = Aggregate(kind, "qty")
    with pytest.raises(TabweaveError) as refused:
        typed(aggregate, "3")
    assert refused.value.code == "NOT_EDITABLE"
    assert REASONS[kind] in str(refused.value)
    assert aggregate.why_not == REASONS[kind]


@pytest.mark.parametrize("kind", ["ratio", "weighted_mean"])
def test_a_quotient_without_an_inverse_is_refused(kind: Any) -> None:
    with pytest.raises(TabweaveError) as refused:
        typed(Aggregate(kind, "revenue", "qty"), "3")
    assert refused.value.code == "NOT_EDITABLE"


def test_too_many_decimals_and_what_is_no_number_are_refused() -> None:
    for number, code in (("1.005", "SCALE"), ("NaN", "TYPE"), ("Infinity", "TYPE")):
        with pytest.raises(TabweaveError) as refused:
            typed(Aggregate("sum", "revenue"), number)
        assert refused.value.code == code


def test_an_empty_group_is_refused() -> None:
    with pytest.raises(TabweaveError) as refused:
        typed(Aggregate("mean", "qty"), "3", within=mask(3))
    assert refused.value.code == "EMPTY_GROUP"


def test_floats_take_any_number() -> None:
    assert typed(Aggregate("sum", "cost"), "3.3")[1] == 3.3
    assert typed(Aggregate("mean", "cost"), "0.1")[1] == pytest.approx(0.1)


@pytest.mark.parametrize("arguments", [("ratio", "a"), ("sum", "a", "b"), ("sum", "a", "", "a"), ("ratio", "a", "b", "b")])
def test_an_aggregate_that_makes_no_sense_cannot_be_made(arguments: Any) -> None:
    with pytest.raises(ValueError, match="a"):
        Aggregate(*arguments)


@given(st.fractions(-1000, 1000, max_denominator=1000), st.fractions(1, 1000, max_denominator=60) | st.fractions(-9, -1))
def test_the_nearest_exact_numbers_lie_on_both_sides_and_are_decimals(number: Fraction, steps: Fraction) -> None:
    offers = nearest_exact(number, steps)
    assert min(offers) <= number <= max(offers)
    for offer in offers:
        assert (Fraction(offer) * steps).denominator == 1
    first, second = (abs(Fraction(offer) - number) for offer in offers)
    assert first <= second
