"""What a plan would change, told before it does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tabweave_core.plans.diff import CellDiff, ColumnDiff
from tabweave_core.protocol import condition as c
from tabweave_core.protocol import plan as p

if TYPE_CHECKING:
    from core.plans.stage import Stage


def test_changed_cells_are_told_with_what_they_were(stage: Stage) -> None:
    found = stage.diff(p.FillMissing(columns=["qty"], method="zero"), p.TextActions(columns=["note"], actions=["trim"]))
    assert found.columns == (ColumnDiff("qty", "changed", 1, "BIGINT"), ColumnDiff("note", "changed", 1, "VARCHAR"))
    assert found.cells == (CellDiff(11, "qty", None, 0), CellDiff(12, "note", "  Big  Deal ", "Big  Deal"))
    assert (found.added, found.removed, found.moved, found.fresh, found.n_cells) == (0, 0, False, False, 2)


def test_all_changes_are_counted_and_so_many_shown(stage: Stage) -> None:
    found = stage.diff(p.UpdateCells(column="region", value="x"), most=2)
    assert (found.n_cells, len(found.cells)) == (5, 2)


def test_rows_that_go_and_come_are_counted(stage: Stage) -> None:
    found = stage.diff(p.FilterRows(where=c.Compare(column="qty", cmp=">", value=4)), p.Union(table="o"))
    assert (found.before, found.after, found.added, found.removed) == (5, 6, 3, 2)


def test_columns_that_come_go_and_change_their_type_are_told(stage: Stage) -> None:
    found = stage.diff(p.Cast(column="qty", to="text"), p.DropColumns(columns=["day"]), p.Derive(name="one", sql="1"))
    kinds = {each.name: each.change for each in found.columns}
    assert kinds == {"qty": "retyped", "one": "added", "day": "dropped"}
    assert found.cells == ()


def test_a_sort_moves_rows_and_changes_no_cell(stage: Stage) -> None:
    found = stage.diff(p.SortRows(by=[c.Order(column="qty")]))
    assert (found.moved, found.n_cells, found.nothing) == (True, 0, False)


def test_a_plan_that_changes_nothing_says_so(stage: Stage) -> None:
    assert stage.diff(p.FilterRows(where=c.All(of=[]))).nothing


def test_groups_are_a_table_of_their_own(stage: Stage) -> None:
    found = stage.diff(p.Aggregate(by=[c.Key(column="region")], measures=[c.Measure(fn="count")]))
    assert (found.fresh, found.before, found.after, [each.name for each in found.columns]) == (True, 5, 3, ["region", "count"])
