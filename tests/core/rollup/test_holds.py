"""Held leaves and held totals."""

from __future__ import annotations

import pytest
from core.rollup.groves import (
    AMOUNT,
    CENTRAL,
    HUGEINT,
    PATHS,
    SMALL,
    applied,
    attempt,
    column,
    everything,
    hierarchy,
    mask,
    spread_over,
)
from hypothesis import given
from hypothesis import strategies as st
from tabweave_core.engine.rollups import methods as m
from tabweave_core.engine.rollups.column import Measure
from tabweave_core.engine.rollups.holds import Hold
from tabweave_core.engine.rollups.refusals import Infeasible
from tabweave_core.engine.rollups.spread import Scope, move, spread
from tabweave_core.engine.rollups.units import Ints
from tabweave_core.errors import TabweaveError

UNITS = [10, 20, 30, 40, 50, 60]


def write(leaves: slice | Ints, total: int, *holds: Hold, **more: object) -> list[int | None]:
    scope = Scope("target", leaves, holds=holds, **more)  # type: ignore[arg-type] # masks only
    return applied(UNITS, spread(AMOUNT, column(UNITS), scope, m.Proportional(total)))


def refused(code: str, leaves: slice, total: int, *holds: Hold, **more: object) -> TabweaveError:
    with pytest.raises(TabweaveError) as refusal:
        write(leaves, total, *holds, **more)
    assert refusal.value.code == code
    return refusal.value


def test_a_held_leaf_keeps_its_value_and_the_total_is_met_by_the_others() -> None:
    assert spread_over([10, 20, 30], m.Proportional(100), frozen=mask(3, 1)) == [20, 20, 60]


def test_rule_5_a_held_total_below_keeps_all_its_leaves() -> None:
    assert write(slice(0, 4), 130, Hold("below", slice(0, 2))) == [10, 20, 43, 57, 50, 60]


def test_rule_5_an_edit_under_a_held_total_is_compensated_inside_it() -> None:
    assert write(slice(0, 1), 20, Hold("around", slice(0, 3))) == [20, 16, 24, 40, 50, 60]


def test_rule_5_the_compensation_names_the_held_total_and_the_written_total_is_met() -> None:
    done = spread(AMOUNT, column(UNITS), Scope("x", slice(0, 1), holds=(Hold("Acme", slice(0, 3)),)), m.Proportional(20))
    assert (done.total_before, done.total_after, done.rows, done.compensated) == (10, 20, 1, "Acme")


def test_rule_5_the_smallest_held_ancestor_compensates() -> None:
    holds = (Hold("all", slice(0, 6)), Hold("three", slice(0, 3)), Hold("five", slice(0, 5)))
    assert write(slice(0, 1), 20, *holds) == [20, 16, 24, 40, 50, 60]


def test_rule_5_held_totals_inside_the_held_ancestor_do_not_compensate() -> None:
    assert write(slice(0, 1), 20, Hold("around", slice(0, 4)), Hold("inner", slice(1, 3))) == [20, 20, 30, 30, 50, 60]


def test_rule_5_held_leaves_do_not_compensate() -> None:
    assert write(slice(0, 1), 20, Hold("around", slice(0, 3)), frozen=mask(6, 1)) == [20, 20, 20, 40, 50, 60]


def test_rule_5_a_held_total_elsewhere_is_of_no_concern() -> None:
    assert write(slice(0, 2), 60, Hold("elsewhere", slice(3, 6))) == [20, 40, 30, 40, 50, 60]


def test_rule_5_crossing_holds_are_refused() -> None:
    refused("HOLD_CONFLICT", slice(5, 6), 70, Hold("a", slice(0, 3)), Hold("b", slice(2, 5)))


def test_rule_5_a_hold_that_crosses_the_target_is_refused() -> None:
    assert "across" in str(refused("HOLD_CONFLICT", slice(0, 3), 70, Hold("across", slice(2, 5))))


def test_a_held_total_cannot_be_written() -> None:
    refused("HELD", slice(0, 3), 70, Hold("same", slice(0, 3)))


def test_under_a_held_total_with_nothing_left_to_move_nothing_is_written() -> None:
    assert "around" in str(refused("ALL_HELD", slice(0, 2), 70, Hold("around", slice(0, 3)), frozen=mask(6, 2)))


def test_the_same_total_under_a_held_total_needs_no_compensation() -> None:
    assert write(slice(0, 2), 30, Hold("around", slice(0, 3)), frozen=mask(6, 2)) == UNITS


def test_compensation_stays_inside_the_filter() -> None:
    assert write(slice(0, 1), 20, Hold("around", slice(0, 4)), within=mask(6, 0, 3)) == [20, 20, 30, 30, 50, 60]


def test_what_a_total_can_be_under_a_held_one_is_named() -> None:
    measure = Measure("amount", low=0, high=60)
    scope = Scope("target", slice(0, 2), holds=(Hold("around", slice(0, 3)),))
    with pytest.raises(Infeasible) as refusal:
        spread(measure, column(UNITS), scope, m.Proportional(61))
    assert (refusal.value.least, refusal.value.most) == (0, 60)
    for end, expected in ((0, [0, 0, 60]), (60, [20, 40, 0])):
        assert applied(UNITS, spread(measure, column(UNITS), scope, m.Proportional(end)))[:3] == expected


def test_what_a_total_can_be_under_a_held_one_is_bounded_by_its_own_leaves_too() -> None:
    measure = Measure("amount", low=0, high=100)
    scope = Scope("target", slice(0, 1), holds=(Hold("around", slice(0, 3)),))
    with pytest.raises(Infeasible) as refusal:
        spread(measure, column(UNITS), scope, m.Proportional(80))
    assert (refusal.value.least, refusal.value.most) == (0, 60)


def test_a_move_within_a_held_total_is_allowed_and_one_across_its_border_refused() -> None:
    hold = (Hold("Acme", slice(0, 3)),)
    first, second, third = (Scope(str(place), slice(place, place + 1), holds=hold) for place in (0, 1, 4))
    assert applied(UNITS, move(AMOUNT, column(UNITS), first, second, 5)) == [5, 25, 30, 40, 50, 60]
    with pytest.raises(TabweaveError) as refusal:
        move(AMOUNT, column(UNITS), first, third, 5)
    assert refusal.value.code == "HELD"


@CENTRAL
@given(PATHS.filter(lambda paths: len(paths) > 2), st.data())
def test_whatever_is_held_keeps_its_value_and_only_crossing_holds_conflict(
    paths: list[tuple[str | None, ...]], data: st.DataObject
) -> None:
    tree = hierarchy(paths)
    units = data.draw(st.lists(st.none() | SMALL, min_size=len(paths), max_size=len(paths)))
    nodes = data.draw(st.lists(st.integers(0, tree.nodes - 1), max_size=4, unique=True))
    target = data.draw(st.integers(0, tree.nodes - 1))
    total = data.draw(SMALL)
    frozen = mask(len(paths), *data.draw(st.lists(st.integers(0, len(paths) - 1), max_size=3)))
    holds = tuple(Hold(str(node), tree.leaves(node)) for node in nodes)
    scope = Scope("target", tree.leaves(target), frozen=frozen, holds=holds)
    done = attempt(HUGEINT, column(units), scope, m.Proportional(total))
    if isinstance(done, TabweaveError):
        assert done.code in ("HELD", "ALL_HELD")
        if done.code == "HELD":
            same = any(tree.leaves(node) == tree.leaves(target) for node in nodes)
            assert same or frozen[tree.leaves(target)].all() or scope.leaves.stop - scope.leaves.start == 1
        return
    after = applied(units, done)
    assert sum(unit or 0 for unit in after[tree.leaves(target)]) == total
    for node in nodes:
        assert sum(unit or 0 for unit in after[tree.leaves(node)]) == sum(unit or 0 for unit in units[tree.leaves(node)])
    for leaf in range(len(units)):
        if frozen[leaf]:
            assert after[leaf] == units[leaf]
    assert not done.compensated or done.compensated in map(str, nodes)


SETS = st.sets(st.integers(0, 9), min_size=1)


@given(st.lists(SETS, min_size=1, max_size=5))
def test_holds_conflict_exactly_when_two_cross(sets: list[set[int]]) -> None:
    values = [1] * 11
    holds = tuple(Hold(str(number), column(sorted(held)).units) for number, held in enumerate(sets))
    crossing = any(a & b and not a <= b and not b <= a for a in sets for b in sets)
    done = attempt(AMOUNT, column(values), Scope("last", slice(10, 11), holds=holds), m.Proportional(5))
    assert (isinstance(done, TabweaveError) and done.code == "HOLD_CONFLICT") == crossing


def test_a_hold_on_everything_below_is_as_good_as_holding_every_leaf() -> None:
    with pytest.raises(TabweaveError) as refusal:
        spread(AMOUNT, column([1, 2, 3]), everything([1, 2, 3], holds=(Hold("a", slice(0, 1)), Hold("b", slice(1, 3)))), m.Zero())
    assert refusal.value.code == "ALL_HELD"
