"""The fixed rules of spreading, by name."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from core.rollup.groves import (
    AMOUNT,
    CENTRAL,
    HUGEINT,
    PATHS,
    SMALL,
    UNITS,
    applied,
    attempt,
    column,
    everything,
    hierarchy,
    mask,
    spread_over,
)
from hypothesis import assume, given
from hypothesis import strategies as st
from tabweave_core.engine.rollups import methods as m
from tabweave_core.engine.rollups.column import Measure
from tabweave_core.engine.rollups.holds import Hold
from tabweave_core.engine.rollups.refusals import Inexact
from tabweave_core.engine.rollups.spread import Request, Scope, spread, spread_all
from tabweave_core.engine.rollups.units import to_decimal, to_units
from tabweave_core.errors import TabweaveError


def refusal(code: str, call: Any, *arguments: Any, **more: Any) -> TabweaveError:
    with pytest.raises(TabweaveError) as refused:
        call(*arguments, **more)
    assert refused.value.code == code
    assert refused.value.hint
    return refused.value


def test_parent_to_children_proportional() -> None:
    assert spread_over([10, 20, 30], m.Proportional(120)) == [20, 40, 60]


def test_a_zeroed_parent_spreads_equally() -> None:
    for method in (m.Proportional(10), m.Ratio(10), m.Add(10)):
        assert spread_over([0, 0, 0, 0], method) == [3, 2, 3, 2]
        assert spread(AMOUNT, column([0, 0]), everything([0, 0]), method).equal


def test_rule_1_more_decimals_than_the_column_has_are_refused_and_the_rounded_number_is_offered() -> None:
    assert to_units(Decimal("12.340"), 2, "amount") == 1234
    refused = refusal("SCALE", to_units, Decimal("12.345"), 2, "amount")
    assert isinstance(refused, Inexact)
    assert refused.offer == (Decimal("12.35"),)
    assert "12.35" in refused.hint


@given(st.decimals(allow_nan=False, allow_infinity=False), st.integers(0, 10))
def test_rule_1_what_is_offered_is_accepted(number: Decimal, scale: int) -> None:
    assume(abs(number.adjusted()) < 40)
    try:
        units = to_units(number, scale, "amount")
    except Inexact as refused:
        (offered,) = refused.offer
        assert abs(Fraction(offered) - Fraction(number)) <= Fraction(1, 2 * 10**scale)
        units, number = to_units(offered, scale, "amount"), offered
    assert Fraction(to_decimal(units, scale)) == Fraction(number)


def test_rule_2_missing_leaves_stay_missing_and_get_no_remainder() -> None:
    assert spread_over([None, 1, 1, None, 1, None], m.Proportional(100)) == [None, 33, 34, None, 33, None]
    assert spread_over([None, 5, None, 5], m.Equal(11)) == [None, 6, None, 5]


def test_rule_2_missing_and_zero_leaves_spread_equally_over_the_zeros() -> None:
    assert spread_over([None, 0, None, 0], m.Proportional(9)) == [None, 5, None, 4]


def test_rule_2_if_all_leaves_are_missing_all_are_filled_equally() -> None:
    assert spread_over([None, None, None], m.Proportional(100)) == [33, 34, 33]


def test_rule_2_if_all_leaves_are_missing_weights_say_how_they_are_filled() -> None:
    assert spread_over([None, None], m.Weighted(10, column([1, 4]))) == [2, 8]


def test_rule_2_include_null_widens_equal_and_repeat() -> None:
    assert spread_over([None, 1, None], m.Equal(9, include_null=True)) == [3, 3, 3]
    assert spread_over([None, 1, None], m.Repeat(7, include_null=True)) == [7, 7, 7]
    assert spread_over([None, 1, None], m.Repeat(7)) == [None, 7, None]


def test_rule_2_a_missing_held_leaf_does_not_keep_the_others_from_being_filled() -> None:
    assert spread_over([5, None, None], m.Proportional(25), frozen=mask(3, 0)) == [5, 10, 10]


def test_rule_3_an_empty_group_is_refused() -> None:
    refusal("EMPTY_GROUP", spread, AMOUNT, column([1, 2]), Scope("none", slice(1, 1)), m.Proportional(5))
    refusal("EMPTY_GROUP", spread, AMOUNT, column([1, 2]), everything([1, 2], within=mask(2)), m.Proportional(5))


def test_rule_3_a_group_of_which_every_leaf_is_held_is_refused() -> None:
    refusal("ALL_HELD", spread_over, [1, 2], m.Proportional(5), frozen=mask(2, 0, 1))
    refusal("HELD", spread_over, [1], m.Proportional(5), frozen=mask(1, 0))


def test_rule_4_negative_totals_are_allowed() -> None:
    assert spread_over([1, 2, 1], m.Proportional(-8)) == [-2, -4, -2]


def test_rule_6_only_rows_inside_the_filter_count_and_change() -> None:
    assert spread_over([10, 20, 30, 40], m.Proportional(80), within=mask(4, 0, 2)) == [20, 20, 60, 40]


def test_rule_7_several_measures_are_split_independently() -> None:
    values = column([1, 3])
    requests = [Request(Measure(name), values, everything([1, 3]), m.Proportional(goal)) for name, goal in (("a", 8), ("b", 40))]
    assert [applied([1, 3], done) for done in spread_all(requests)] == [[2, 6], [10, 30]]


def test_rule_7_if_one_measure_is_refused_all_are() -> None:
    requests = [
        Request(Measure("a"), column([1, 3]), everything([1, 3]), m.Proportional(8)),
        Request(Measure("b", high=5), column([1, 3]), everything([1, 3]), m.Proportional(40)),
    ]
    refusal("INFEASIBLE", spread_all, requests)


def test_rule_7_one_measure_cannot_be_written_twice_at_once() -> None:
    request = Request(AMOUNT, column([1, 3]), everything([1, 3]), m.Proportional(8))
    refusal("CHECK", spread_all, [request, request])


def test_rule_7_two_totals_below_a_held_one_are_refused_because_it_is_held() -> None:
    holds = (Hold("Acme", slice(0, 3)),)
    both = [
        Request(AMOUNT, column([10, 20, 30]), Scope(name, slice(at, at + 1), holds=holds), m.Proportional(20))
        for at, name in enumerate(("Shoes", "Coats"))
    ]
    refused = refusal("CHECK", spread_all, both)
    assert refused.message == "Acme is held, so writing Shoes would move rows of Coats, which is written too."
    assert refused.where == "Acme"


@pytest.mark.parametrize("measure", [AMOUNT, Measure.decimal("amount", 5, 2), Measure("small", least=-128, most=127)])
def test_rule_10_a_leaf_that_would_overflow_its_type_is_refused(measure: Measure) -> None:
    top = int(measure.most or 0)
    assert spread_over([1, 1], m.Proportional(2 * top), measure) == [top, top]
    refusal("RANGE", spread_over, [1, 1], m.Proportional(2 * top + 1), measure)
    refusal("RANGE", spread_over, [1, 1], m.Repeat(top + 1), measure)
    refusal("RANGE", spread_over, [0, 0], m.Growth(np.arange(2), top, Decimal(100)), measure)


def test_rule_10_more_than_38_digits_are_an_overflow() -> None:
    refusal("RANGE", spread_over, [0] * 9, m.Growth(np.arange(9), 10**37, Decimal(900)), HUGEINT)


def test_rule_10_a_total_beyond_64_bits_is_no_overflow_when_the_leaves_fit() -> None:
    assert spread_over([1, 1, 1], m.Proportional(3 << 62)) == [1 << 62] * 3


@given(st.lists(st.none() | UNITS, min_size=1, max_size=12), UNITS)
def test_rule_11_the_same_write_gives_the_same_bytes_and_changes_nothing_it_was_given(
    units: list[int | None], total: int
) -> None:
    values = column(units)
    before = values.units.tobytes() if values.units.dtype != object else str(values.units.tolist()).encode()

    def run() -> object:
        try:
            made = spread(HUGEINT, values, everything(units), m.Proportional(total))
        except TabweaveError as refused:
            return refused.code, refused.message
        return made.leaves.tolist(), made.after.units.tolist(), made.after.there().tolist()

    first, second = run(), run()
    after = values.units.tobytes() if values.units.dtype != object else str(values.units.tolist()).encode()
    assert before == after
    assert first == second


@pytest.mark.parametrize("method", [m.Proportional(1), m.Clear(), m.Copy(column([1, 2])), m.Percent(Decimal(1))])
def test_a_text_or_date_column_only_takes_repeat(method: Any) -> None:
    labels = Measure("status", number=False)
    refusal("NOT_EDITABLE", spread_over, [1, 2], method, labels)
    assert spread_over([1, 2], m.Repeat(2), labels) == [2, 2]


METHODS = ["Proportional", "Equal", "EqualIncrement", "Ratio", "Weighted", "WeightedIncrement"]


@CENTRAL
@given(PATHS.filter(bool), st.sampled_from(METHODS), SMALL | UNITS, st.data())
def test_after_a_set_total_the_total_is_exact_the_held_and_missing_untouched_and_every_node_within_one_of_its_quota(
    paths: list[tuple[str | None, ...]], name: str, total: int, data: st.DataObject
) -> None:
    tree = hierarchy(paths)
    units = data.draw(st.lists(st.none() | SMALL | UNITS, min_size=len(paths), max_size=len(paths)))
    flags = st.lists(st.sampled_from([True, True, True, False]), min_size=len(paths), max_size=len(paths))
    within, free = np.array(data.draw(flags)), np.array(data.draw(flags))
    frozen = ~free
    node = data.draw(st.integers(0, tree.nodes - 1))
    leaves = tree.leaves(node)
    reference = [abs(unit or 0) % 97 for unit in units[::-1]]
    extra = [column(reference)] if name.startswith("Weighted") else []
    method = getattr(m, name)(total, *extra)
    done = attempt(HUGEINT, column(units), Scope("node", leaves, within=within, frozen=frozen), method)
    if isinstance(done, TabweaveError):
        assert done.code in ("EMPTY_GROUP", "ALL_HELD", "HELD", "NEAR_ZERO_BASE", "RANGE")
        return
    after = applied(units, done)
    matched = [leaf for leaf in range(leaves.start, leaves.stop) if within[leaf]]
    assert sum(after[leaf] or 0 for leaf in matched) == total == done.total_after
    free = [leaf for leaf in matched if not frozen[leaf]]
    there = [leaf for leaf in free if units[leaf] is not None] or free
    assert [after[leaf] for leaf in range(len(units)) if leaf not in there] == [
        units[leaf] for leaf in range(len(units)) if leaf not in there
    ]
    held = sum(units[leaf] or 0 for leaf in matched if leaf not in there)
    quotas = exact_quotas(name, [units[leaf] or 0 for leaf in there], [reference[leaf] for leaf in there], total - held)
    for inner in range(tree.nodes):
        span = tree.leaves(inner)
        own = [place for place, leaf in enumerate(there) if span.start <= leaf < span.stop]
        assert abs(sum(after[there[place]] or 0 for place in own) - sum(quotas[place] for place in own)) < 1


def exact_quotas(name: str, now: list[int], reference: list[int], left: int) -> list[Fraction]:
    """What every leaf would become in fractions when `left` is what they have to add up to."""
    ones = [1] * len(now)
    weights = {
        "Proportional": [abs(unit) for unit in now],
        "Ratio": now,
        "Weighted": reference,
        "WeightedIncrement": reference,
    }.get(name, ones)
    weights = weights if any(weights) else ones
    base = now if name in ("Proportional", "EqualIncrement", "WeightedIncrement") else [0] * len(now)
    amount = left - sum(base)
    return [start + Fraction(amount * weight, sum(weights)) for start, weight in zip(base, weights, strict=True)]
