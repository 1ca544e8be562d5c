"""What a plan would change, told before it does."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest
from tabweave_core.plans.comparing import Comparison
from tabweave_core.plans.diff import CellDiff, ColumnDiff
from tabweave_core.plans.draft import Source
from tabweave_core.plans.shape import Shape
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


BIG = c.Compare(column="qty", cmp=">", value=1)
SWAP = p.RenameColumns(names=[c.Rename(old="qty", new="price"), c.Rename(old="price", new="qty")])
PLANS: list[list[p.Step]] = [
    [p.FilterRows(where=BIG), p.Derive(name="total", sql="qty * price"), p.Clip(column="price", hi=3)],
    [p.FilterRows(where=c.Against(column="qty", cmp=">=", fn="mean", of="qty")), p.Round(columns=["price"])],
    [p.SortRows(by=[c.Order(column="price", descending=True)]), p.UpdateCells(column="qty", value=0, where=BIG)],
    [p.TopRows(n=3, by=[c.Order(column="qty")]), p.TextActions(columns=["note"], actions=["upper"])],
    [p.TopRows(n=2), p.FillMissing(columns=["qty"], method="zero")],
    [p.FillMissing(columns=["qty", "price"], method="ffill"), p.Dedupe(columns=["region"], keep="last")],
    [p.UpdateCells(column="qty", sql="qty + 1"), SWAP, p.Clip(column="price", lo=3)],
    [SWAP],
    [p.Derive(name="qty", sql="coalesce(qty, 0)"), p.SampleRows(n=3)],
    [p.Join(table="o", on=[c.Rename(old="region", new="region")], how="semi"), p.Cast(column="qty", to="text")],
    [p.Join(table="o", on=[c.Rename(old="region", new="region")]), p.DropColumns(columns=["day"])],
    [p.Union(table="o"), p.ReorderColumns(columns=["note"])],
    [p.Explode(column="note"), p.Window(name="n", fn="running_sum", column="qty")],
    [p.UpdateCells(column="price", value=1), p.DropColumns(columns=["price"]), p.Derive(name="price", sql="2")],
]


@pytest.mark.parametrize("steps", PLANS, ids=lambda steps: "+".join(type(each).__name__ for each in steps))
@pytest.mark.parametrize("laid", [False, True])
def test_the_difference_is_that_of_the_two_tables_compared_cell_by_cell(stage: Stage, steps: list[p.Step], laid: bool) -> None:
    source = replace(stage.sources["t"], laid=laid)
    made = Comparison(stage.connection, p.Plan(steps=steps), source, stage.sources)
    before = rows(stage, "t", source.shape.names)
    after = rows(stage, made.staged.relation, made.compiled.shape.names)
    stayed = [row for row in after if row["_rid"] is not None]
    was = {row["_rid"]: row for row in before}
    wanted = {}
    for name, old in made.origins.items():
        differs = [row for row in stayed if str(row[name]) != str(was[row["_rid"]][old])]
        if differs:
            wanted[name] = len(differs)
            assert [each.rid for each in made.diff.cells if each.column == name] == [
                rid for rid in was if rid in {row["_rid"] for row in differs}
            ]
    told = {each.name: each.cells for each in made.diff.columns if each.name in made.origins and each.cells}
    assert told == wanted
    assert (made.diff.added, made.diff.removed) == (len(after) - len(stayed), len(before) - len(stayed))
    order = [list(was).index(row["_rid"]) for row in stayed]
    assert made.diff.moved == (order != sorted(order))
    places = [row["_pos"] for row in after]
    assert places == sorted(places)


def rows(stage: Stage, relation: str, names: list[str]) -> list[dict[str, object]]:
    listed = "".join(f', "{name}"' for name in names)
    found = stage.connection.execute(f"SELECT _rid, _pos{listed} FROM {relation}").fetchall()
    return [dict(zip(("_rid", "_pos", *names), row, strict=True)) for row in found]


def test_rows_that_are_not_sorted_come_in_order_however_many_threads_read_them(stage: Stage) -> None:
    count = 600_000
    numbers = pa.array(range(count))
    stage.connection.register("long", pa.table({"_rid": numbers, "_pos": numbers, "n": numbers}).combine_chunks())
    source = Source("long", Shape({"n": "BIGINT"}), laid=True)
    steps = [p.FilterRows(where=c.Formula(sql="n % 7 > 2")), p.Derive(name="m", sql="n * 2"), p.UpdateCells(column="n", sql="-n")]
    made = Comparison(stage.connection, p.Plan(steps=steps), source)
    assert made.compiled.laid
    places = made.fetch([], hidden="_pos").column(0).to_numpy()
    assert (places[1:] > places[:-1]).all()
    assert made.diff.n_cells == len(places)
