"""A rollup of a shared table as the rows of a view, for several people at once."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from core.rooms.callers import Caller, typed
from core.store.people import ANN, BO
from tabweave_core.engine.store import Store
from tabweave_core.protocol import messages as m
from tabweave_core.protocol import ops as o
from tabweave_core.protocol import planning as p
from tabweave_core.protocol.rights import ColumnRights, Rights
from tabweave_core.protocol.schema import Person, Range, RangeFilter, SetFilter, Sort, View
from tabweave_core.rooms.hall import Hall

CY = Person(id="cy", name="Cy")
BRAND, FAMILY, MONTH, AMOUNT, PRICE = range(5)
YEAR = p.RollupDef(
    name="year",
    levels=[BRAND, FAMILY],
    aggregates=[p.Aggregate(fn="sum", column=AMOUNT), p.Aggregate(fn="mean", column=PRICE)],
)
ACROSS = p.RollupDef(levels=[BRAND], aggregates=[p.Aggregate(fn="sum", column=AMOUNT)], across=MONTH)
ROWS = {
    "brand": ["Acme", "Acme", "Acme", "Bolt", None],
    "family": ["Shoes", "Hats", "Shoes", "Hats", "Hats"],
    "month": ["Jan", "Jan", "Feb", "Feb", "Feb"],
    "amount": pa.array([10, 20, 70, 5, 1], pa.int64()),
    "price": pa.array([Decimal("1.50"), Decimal("2.50"), None, Decimal("1.00"), Decimal("4.00")], pa.decimal128(10, 2)),
}


@pytest.fixture
def sales(store: Store) -> Store:
    store.create_table("sales", pa.table(ROWS), ANN)
    return store


def tree(rollup: str | p.RollupDef = YEAR, **more: Any) -> View:
    return View(tree=p.Tree(rollup=rollup, **more))


def lines(caller: Caller, subbed: m.Subbed) -> list[tuple[Any, ...]]:
    """The label and the figures of each node that is shown."""
    assert subbed.schema is not None
    names = [column.id for column in subbed.schema.columns]
    _, cells = caller.fetch(0, 100, *names)
    return list(zip(*(cells[str(name)] for name in names), strict=True))


def spread(path: list[str | None], value: str, rollup: p.RollupDef = YEAR, **more: Any) -> o.Spread:
    return o.Spread(rollup=rollup, targets=[p.Target(at=p.Coordinate(path=path, **more), value=value)])


def news(caller: Caller, rev: int) -> list[tuple[int, list[int], list[Any]]]:
    return [(each.column, each.rows, each.values) for patch in caller.patched(rev) for each in patch.cells if patch.rev == rev]


def test_two_people_see_each_others_totals(ann: Caller, bo: Caller) -> None:
    ann.open()
    bo.open()
    subbed = ann.sub(tree())
    assert subbed.tree is not None
    assert (subbed.rows, subbed.total, subbed.tree.levels, subbed.tree.nodes) == (4, 8, ["brand", "family"], [1, 3, 4])
    assert lines(ann, subbed) == [
        ("total", 106, Decimal("2.250000")),
        ("Acme", 100, Decimal("2.000000")),
        ("Bolt", 5, Decimal("1.000000")),
        ("(missing)", 1, Decimal("4.000000")),
    ]
    assert bo.sub(tree(depth=None)).rows == 8
    ids = bo.fetch(0, 8, 0)[1]["_rid"]
    ack = ann.ok(spread(["Acme"], "200"))
    assert [patch.seq for patch in ann.patched(ack.rev)] == [1]
    assert news(ann, ack.rev) == [(1, [0, 1], [206, 200])]
    assert news(bo, ack.rev) == [(1, [ids[0], ids[1], ids[2], ids[3]], [206, 200, 40, 160])]
    assert bo.all(m.Patch)[-1].user == ANN
    undone = ann.ok(o.Undo())
    assert news(bo, undone.rev) == [(1, [ids[0], ids[1], ids[2], ids[3]], [106, 100, 20, 80])]


def test_a_cell_that_somebody_types_moves_the_totals_above_it(ann: Caller, bo: Caller) -> None:
    ann.open()
    bo.open()
    subbed = ann.sub(tree(expanded=[["Acme"]]))
    before = ann.fetch(0, 10, 0, 1)[1]
    assert before["0"] == ["total", "Acme", "Hats", "Shoes", "Bolt", "(missing)"]
    assert before["_depth"] == [0, 1, 2, 2, 1, 1]
    assert before["_children"] == [3, 2, 0, 0, 1, 1]
    assert before["_open"] == [True, True, False, False, False, False]
    assert before["_leaves"] == [5, 3, 1, 2, 1, 1]
    assert [json.loads(path) for path in before["_path"]] == [[], ["Acme"], ["Acme", "Hats"], ["Acme", "Shoes"], ["Bolt"], [None]]
    ack = bo.ok(typed(AMOUNT, 0, "11"))
    assert news(ann, ack.rev) == [(1, [before["_rid"][0], before["_rid"][1], before["_rid"][3]], [107, 101, 81])]
    window, after = ann.fetch(0, subbed.rows, 1)
    assert (window.rev, after["1"], after["_rid"]) == (ack.rev, [107, 101, 20, 81, 5, 1], before["_rid"])


def test_rows_that_come_and_labels_that_change_move_nodes(ann: Caller, bo: Caller) -> None:
    ann.open()
    bo.open()
    ann.sub(tree())
    ids = ann.fetch(0, 9, 0)[1]
    ack = bo.ok(typed(BRAND, 3, "Crab"))
    patch = ann.patched(ack.rev)[-1]
    assert (patch.rows_changed, patch.rows, patch.total) == (True, 4, 8)
    after = ann.fetch(0, 9, 0, 1)[1]
    assert (after["0"], after["1"]) == (["total", "Acme", "Crab", "(missing)"], [106, 100, 5, 1])
    assert (after["_rid"][0], after["_rid"][1], after["_rid"][3]) == (ids["_rid"][0], ids["_rid"][1], ids["_rid"][3])
    bo.ok(o.InsertRows(count=1, columns=[BRAND, AMOUNT], values=[["Crab"], [7]]))
    ann.patched(ack.rev + 1)
    assert ann.fetch(0, 9, 1)[1]["1"] == [113, 100, 12, 1]
    bo.ok(o.DeleteRows(rows=o.Rows(ids=[3, 5])))
    ann.patched(ack.rev + 2)
    assert ann.fetch(0, 9, 1)[1]["1"] == [101, 100, 1]


def test_what_stands_across_is_typed_into_like_a_total(ann: Caller, bo: Caller) -> None:
    ann.open()
    bo.open()
    subbed = ann.sub(tree(ACROSS))
    assert subbed.schema is not None
    assert subbed.tree is not None
    assert [column.name for column in subbed.schema.columns] == ["brand", "Feb", "Jan", "sum(amount)"]
    february = subbed.tree.columns[0]
    assert (february.group, february.total, february.where) == ("Feb", False, [SetFilter(column=MONTH, values=["Feb"])])
    assert lines(ann, subbed) == [("total", 76, 30, 106), ("Acme", 70, 30, 100), ("Bolt", 5, None, 5), ("(missing)", 1, None, 1)]
    january = subbed.tree.columns[1].id
    why = ann.fetch(2, 3, january)[1]["_why"][0]
    assert json.loads(why) == {str(january): "No rows are here, and none is invented."}
    ack = bo.ok(spread(["Acme"], "35", ACROSS, where=february.where))
    assert {column: values for column, _, values in news(ann, ack.rev)} == {february.id: [41, 35], 1: [71, 65]}
    bo.ok(typed(MONTH, 4, "Mar"))
    ann.wait(lambda: len(ann.all(m.Subbed)) == 2)
    again = ann.all(m.Subbed)[-1]
    assert again.schema is not None
    assert (again.re, [column.name for column in again.schema.columns]) == (
        subbed.re,
        ["brand", "Feb", "Jan", "Mar", "sum(amount)"],
    )
    assert again.schema.columns[1].id == february.id


def test_nodes_are_sorted_among_siblings_filtered_and_searched(ann: Caller) -> None:
    ann.open()
    subbed = ann.sub(View(tree=p.Tree(rollup=YEAR, depth=None), sort=[Sort(column=1)]))
    assert [line[0] for line in lines(ann, subbed)] == ["total", "(missing)", "Hats", "Bolt", "Hats", "Acme", "Hats", "Shoes"]
    subbed = ann.sub(View(tree=p.Tree(rollup=YEAR, depth=None), filter=[RangeFilter(column=1, lo=20)]))
    assert [line[0] for line in lines(ann, subbed)] == ["total", "Acme", "Hats", "Shoes"]
    subbed = ann.sub(View(tree=p.Tree(rollup=YEAR), search="shoe"))
    assert [line[0] for line in lines(ann, subbed)] == ["total", "Acme", "Shoes"]
    ann.ok(spread(["Bolt"], "50"))
    assert not ann.patched(1)[-1].stale


def test_rollups_are_kept_by_editors_and_told_to_everybody(ann: Caller, bo: Caller, hall: Hall, store: Store) -> None:
    store.set_rights("sales", Rights(people={BO.id: "viewer"}))
    ann.open()
    assert bo.open().rollups == []
    ann.say(m.DefineRollup(ch=ann.ch, id=900, rollup=YEAR))
    assert ann.answer_to(900)[0] == m.Rollups(ch=ann.ch, re=900, rollups=[YEAR])
    assert bo.next(m.Rollups, 0).rollups == [YEAR]
    assert bo.sub(tree("year")).rows == 4
    bo.say(m.DropRollup(ch=bo.ch, id=901, name="year"))
    assert getattr(bo.answer_to(901)[0], "code", "") == "FORBIDDEN"
    bo.say(m.DefineRollup(ch=bo.ch, id=902, rollup=YEAR))
    assert getattr(bo.answer_to(902)[0], "code", "") == "FORBIDDEN"
    assert bo.refused(spread(["Acme"], "1")).code == "FORBIDDEN"
    assert bo.refused(o.Lock(rollup=YEAR, at=[p.Coordinate(path=["Acme"])])).code == "FORBIDDEN"
    cy = Caller(hall, CY)
    assert cy.open().rollups == [YEAR]
    cy.say(m.Sub(ch=cy.ch, id=903, view=tree("yaer")))
    error = cy.answer_to(903)[0]
    assert isinstance(error, m.Error)
    assert "'year'" in error.hint
    ann.say(m.DropRollup(ch=ann.ch, id=904, name="year"))
    assert cy.next(m.Rollups, 0).rollups == []


def test_who_may_not_read_a_column_gets_no_rollup_of_it(ann: Caller, bo: Caller, store: Store) -> None:
    store.set_rights("sales", Rights(columns={AMOUNT: ColumnRights(read=[ANN.id]), PRICE: ColumnRights(write=[ANN.id])}))
    ann.open()
    ann.say(m.DefineRollup(ch=ann.ch, id=900, rollup=YEAR))
    ann.answer_to(900)
    assert bo.open().rollups == []
    for wanted in ("year", YEAR):
        bo.say(m.Sub(ch=bo.ch, id=901, view=tree(wanted)))
        error = bo.next(m.Error, 0)
        assert error.code in ("NO_TABLE", "NO_COLUMN")
    prices = p.RollupDef(levels=[BRAND], aggregates=[p.Aggregate(fn="mean", column=PRICE)])
    subbed = bo.sub(tree(prices))
    assert subbed.schema is not None
    assert not subbed.schema.columns[1].editable
    assert "Ask Ann" in subbed.schema.columns[1].why


def test_locked_cells_are_refused_to_everybody_on_every_route(ann: Caller, bo: Caller) -> None:
    ann.open()
    bo.open()
    subbed = bo.sub(tree(depth=None))
    ack = ann.ok(o.Lock(rollup=YEAR, at=[p.Coordinate(path=["Acme", "Shoes"])], aggregates=[0]))
    assert (ack.n_cells, ack.can_undo) == (2, False)
    patch = bo.patched(ack.rev)[-1]
    assert (patch.kind, patch.columns, patch.user) == ("lock", [1, 2], ANN)
    cells = bo.fetch(0, subbed.rows, 1)[1]
    assert [None if each is None else json.loads(each) for each in cells["_locked"]] == [None] * 3 + [[1]] + [None] * 4
    assert json.loads(cells["_why"][3]) == {"1": "Locked."}
    for caller in (ann, bo):
        assert caller.refused(typed(AMOUNT, 0, "3")).code == "HELD"
        assert caller.refused(o.DeleteRows(rows=o.Rows(ids=[1, 2]))).code == "HELD"
        assert caller.refused(o.DropColumns(columns=[AMOUNT])).code == "HELD"
        assert caller.refused(o.RetypeColumn(column=AMOUNT, dtype="string")).code == "HELD"
        assert caller.refused(spread(["Acme", "Shoes"], "1")).code == "ALL_HELD"
        caller.ok(typed(PRICE, 0, "3"))
    assert ann.refused(o.Undo(ref=ack.rev)).code == "CONFLICT"
    ann.ok(spread([], "206"))
    assert bo.fetch(0, subbed.rows, 1)[1]["1"][3] == 80
    plain = Caller(bo.hall, BO)
    plain.open()
    assert plain.fetch(0, 5, AMOUNT)[1]["_locked"] == ["[3]", None, "[3]", None, None]
    bo.ok(o.Lock(rollup=YEAR, at=[p.Coordinate(path=["Acme"])], locked=False))
    ann.ok(typed(AMOUNT, 0, "3"))
    assert "_locked" not in plain.fetch(0, 5, AMOUNT)[1]


def test_a_tree_ends_with_the_column_that_it_is_of_and_rows_can_be_shown_again(ann: Caller, bo: Caller) -> None:
    ann.open()
    bo.open()
    subbed = ann.sub(tree())
    assert ann.refused(o.DeleteRows(rows=o.Rows(ranges=[(0, 1)])), view=subbed.re).code == "NOT_EDITABLE"
    bo.ok(o.DropColumns(columns=[PRICE]))
    error = ann.next(m.Error, 0)
    assert (error.code, error.re) == ("NO_COLUMN", subbed.re)
    bo.ok(typed(AMOUNT, 0, "11"))
    assert (ann.sub(View()).rows, ann.fetch(0, 5, AMOUNT)[1]["3"]) == (5, [11, 20, 70, 5, 1])


def test_a_selection_of_nodes_is_copied_added_up_and_found(ann: Caller) -> None:
    ann.open()
    ann.sub(tree())
    ann.say(m.Copy(ch=ann.ch, id=900, range=Range(start=0, stop=2, columns=[0, 1]), headers=True))
    assert ann.answer_to(900)[0] == m.Copied(ch=ann.ch, re=900, tsv="brand > family\tsum(amount)\ntotal\t106\nAcme\t100\n")
    ann.say(m.AskStats(ch=ann.ch, id=901, ranges=[Range(start=1, stop=4, columns=[1, 2])]))
    stats = ann.answer_to(901)[0]
    assert isinstance(stats, m.Figures)
    assert (stats.stats.sum, stats.stats.numbers, stats.stats.hi) == ("113.000000", 6, "100")
    ann.say(m.Find(ch=ann.ch, id=902, text="bolt"))
    found = ann.answer_to(902)[0]
    assert isinstance(found, m.Found)
    assert [(each.row, each.column) for each in found.matches] == [(2, 0)]
    ann.say(m.AskValues(ch=ann.ch, id=903, column=1))
    assert getattr(ann.answer_to(903)[0], "code", "") == "BAD_MESSAGE"


def test_a_preview_writes_nothing_and_its_token_is_good_for_its_revision(ann: Caller, bo: Caller) -> None:
    ann.open()
    bo.open()
    ann.sub(tree())
    op = o.Spread(rollup=YEAR, targets=[p.Target(at=p.Coordinate(path=["Acme"]), value="1000")], ask_above=1)
    assert ann.refused(op).code == "TOO_LARGE"
    ann.say(m.AskSpread(ch=ann.ch, id=900, op=op))
    answer = ann.answer_to(900)[0]
    assert isinstance(answer, m.Spreads)
    assert (answer.preview.rows, answer.preview.changed, answer.preview.totals[0].after) == (3, 3, "1000")
    assert ann.fetch(0, 9, 1)[1]["1"][1] == 100
    token = answer.preview.token
    ann.ok(o.Spread(rollup=op.rollup, targets=op.targets, ask_above=1, token=token))
    assert ann.fetch(0, 9, 1)[1]["1"][1] == 1000
    assert ann.refused(o.Spread(rollup=op.rollup, targets=op.targets, ask_above=1, token=token)).code == "CONFLICT"
