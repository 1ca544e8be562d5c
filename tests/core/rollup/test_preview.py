"""What a write would do, in a few figures."""

from __future__ import annotations

from core.rollup.groves import HUGEINT, UNITS, attempt, column, everything, floats
from hypothesis import given
from hypothesis import strategies as st
from tabweave_core.engine.rollups import methods as m
from tabweave_core.engine.rollups.column import Measure
from tabweave_core.engine.rollups.preview import Change, preview
from tabweave_core.engine.rollups.spread import spread
from tabweave_core.errors import TabweaveError


def test_a_preview_counts_and_lists_the_largest_changes() -> None:
    values = [0, 10, 30, 20, None]
    found = preview(spread(HUGEINT, column(values), everything(values), m.Proportional(120)), most=2)
    assert (found.rows, found.changed, found.total_before, found.total_after) == (4, 3, 60, 120)
    assert found.largest == (Change(2, 30, 60), Change(3, 20, 40))


def test_equally_large_changes_are_listed_in_leaf_order() -> None:
    values = [1] * 50
    found = preview(spread(HUGEINT, column(values), everything(values), m.Proportional(100)), most=3)
    assert [change.leaf for change in found.largest] == [0, 1, 2]


def test_a_cleared_leaf_is_missing_afterwards() -> None:
    found = preview(spread(HUGEINT, column([5, 7]), everything([5, 7]), m.Clear()))
    assert found.largest == (Change(1, 7, None), Change(0, 5, None))


def test_floats_have_a_preview_too() -> None:
    found = preview(spread(Measure.double("price"), floats([1.0, 3.0]), everything([1, 3]), m.Proportional(8.0)))
    assert found.largest == (Change(1, 3.0, 6.0), Change(0, 1.0, 2.0))


@given(st.lists(st.none() | UNITS, min_size=1, max_size=12), UNITS, st.integers(1, 5))
def test_no_change_is_larger_than_those_listed(units: list[int | None], total: int, most: int) -> None:
    done = attempt(HUGEINT, column(units), everything(units), m.Equal(total))
    if isinstance(done, TabweaveError):
        assert done.code == "RANGE"
        return
    found = preview(done, most)
    sizes = sorted((abs(a - b) for a, b in zip(done.after.units.tolist(), done.before.units.tolist(), strict=True)), reverse=True)
    assert [abs((change.after or 0) - (change.before or 0)) for change in found.largest] == sizes[:most]
