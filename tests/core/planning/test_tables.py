"""Totals of shared tables: every rule from the operation to DuckDB, and every ancestor after whatever happened."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from core.planning.orchard import AMOUNT, DEFINITION, OPS, ROWS, check, table
from core.store.people import ANN, BO, Client, open_store
from hypothesis import given, settings
from hypothesis import strategies as st
from tabweave_core.engine.planning.board import Board
from tabweave_core.engine.spreads import TableSource, dry_run
from tabweave_core.engine.store import Store
from tabweave_core.errors import NotFound
from tabweave_core.protocol import ops as o
from tabweave_core.protocol import planning as p
from tabweave_core.protocol.messages import Ack

PLAN = [
    ("Acme", "Shoes", "1", "Jan", 100, Decimal("1.00"), 1),
    ("Acme", "Shoes", "2", "Jan", 200, Decimal("2.00"), 2),
    ("Acme", "Hats", "1", "Feb", 100, Decimal("3.00"), 3),
    ("Bolt", "Hats", "1", "Feb", 50, None, 4),
]


@pytest.fixture
def plan() -> Any:
    with open_store(None) as store:
        store.create_table("sales", table(PLAN), ANN)
        yield Client(store, ANN)


def total(path: list[str | None], value: str | None, **more: Any) -> o.Spread:
    method = more.pop("method", p.Proportional())
    target = p.Target(at=p.Coordinate(path=path), value=value, method=method, aggregate=more.pop("aggregate", 0))
    return o.Spread(rollup=DEFINITION, targets=[target], **more)


def board_of(store: Store, name: str = "sales") -> tuple[Board, pa.Table]:
    with store.reading(name) as (cursor, found):
        source = TableSource(cursor, found)
        board = Board(DEFINITION, source)
        names = ["brand", "family", "product", "month", "amount", "price", "plan"]
        return board, pa.table({name: source.values(cid) for cid, name in enumerate(names)})


def amounts(client: Client) -> list[Any]:
    return board_of(client.store)[1].column("amount").to_pylist()


def test_a_parent_spreads_to_its_children_in_proportion(plan: Client) -> None:
    ack = plan.ok(total(["Acme"], "800"))
    assert amounts(plan) == [200, 400, 200, 50]
    assert ack.n_cells == 3
    (change,) = plan.store.history("sales", 1)
    assert (change.kind, change.summary) == ("spread", "amount of Acme: 400 → 800, spread to 3 rows, proportional")


def test_a_parent_that_is_zero_spreads_equally(plan: Client) -> None:
    plan.ok(total(["Acme"], None, method=p.Zero()))
    plan.ok(total(["Acme"], "100"))
    assert sorted(amounts(plan)[:3]) == [33, 33, 34]
    assert "equally, because there are no proportions" in plan.store.history("sales", 1)[0].summary


@pytest.mark.parametrize(
    ("op", "code"),
    [
        (total(["Acne"], "1"), "NO_ROW"),
        (total(["Acme", "Shoes", "1", "x"], "1"), "NO_ROW"),
        (total(["Bolt", "Shoes"], "1"), "EMPTY_GROUP"),
        (total(["Acme"], "1", aggregate=9), "BAD_MESSAGE"),
        (total(["Acme"], "1.5"), "SCALE"),
        (total(["Acme"], "one"), "TYPE"),
        (total(["Acme"], None), "BAD_MESSAGE"),
        (total(["Acme"], "1", aggregate=2), "NOT_EDITABLE"),
        (total(["Acme"], "1", aggregate=4), "NOT_EDITABLE"),
        (total(["Acme"], "10", holds=[p.Coordinate(path=["Acme"])]), "HELD"),
        (total(["Acme"], "10", holds=[p.Coordinate(path=["Acme", "Hats"]), p.Coordinate(path=["Acme", "Shoes"])]), "ALL_HELD"),
        (total([], "9223372036854775808000"), "RANGE"),
        (o.Spread(rollup=p.RollupDef(levels=[99], aggregates=DEFINITION.aggregates), targets=[]), "BAD_MESSAGE"),
        (total(["Acme"], "1", method=p.Weighted(ref=p.Reference(column=77))), "NO_COLUMN"),
        (total(["Acme"], "1", method=p.Weighted(ref=p.Reference(rev=77))), "BAD_MESSAGE"),
    ],
)
def test_what_cannot_be_written_is_refused_and_nothing_changes(plan: Client, op: o.Spread, code: str) -> None:
    assert plan.refused(op).code in (code, "NO_COLUMN" if 99 in op.rollup.levels else code)
    assert amounts(plan) == [100, 200, 100, 50]


def test_a_table_that_is_not_there_has_no_totals(plan: Client) -> None:
    with pytest.raises(NotFound), plan.store.reading("nothing"):
        pass


def test_a_held_product_stays_and_the_others_take_the_rest(plan: Client) -> None:
    plan.ok(total(["Acme"], "1000", holds=[p.Coordinate(path=["Acme", "Hats"])]))
    assert amounts(plan) == [300, 600, 100, 50]


def test_an_edit_under_a_held_total_is_compensated_inside_it(plan: Client) -> None:
    plan.ok(total(["Acme", "Hats"], "160", holds=[p.Coordinate(path=["Acme"])]))
    assert amounts(plan) == [80, 160, 160, 50]
    assert "Acme stays" in plan.store.history("sales", 1)[0].summary


def test_one_undo_takes_a_whole_spread_back(plan: Client) -> None:
    plan.ok(total([], "9000"))
    plan.ok(o.Undo())
    assert amounts(plan) == [100, 200, 100, 50]
    plan.ok(o.Redo())
    assert sum(amounts(plan)) == 9000


def test_the_proportions_of_an_earlier_revision_come_back(plan: Client) -> None:
    plan.ok(total(["Acme"], None, method=p.Zero()))
    plan.ok(total(["Acme"], "800", method=p.Weighted(ref=p.Reference(rev=0))))
    assert amounts(plan) == [200, 400, 200, 50]


def test_two_measures_are_written_together_or_not_at_all(plan: Client) -> None:
    both = o.Spread(
        rollup=DEFINITION,
        targets=[
            p.Target(at=p.Coordinate(path=["Acme"]), value="800"),
            p.Target(at=p.Coordinate(path=["Acme"]), aggregate=1, value="12.00"),
        ],
    )
    plan.ok(both)
    board, _ = board_of(plan.store)
    acme = board.node(["Acme"])
    assert (board.value(acme, 0), board.value(acme, 1)) == (800, Decimal("12.00"))
    worse = o.Spread(rollup=DEFINITION, targets=[both.targets[0], p.Target(at=p.Coordinate(), aggregate=1, value="0.001")])
    plan.refused(worse)


def test_a_preview_writes_nothing_and_its_token_is_good_for_that_revision_only(plan: Client) -> None:
    op = total(["Acme"], "800", ask_above=2)
    assert plan.refused(op).code == "TOO_LARGE"
    with plan.store.reading("sales") as (cursor, found):
        preview = dry_run(cursor, found, op)
    assert (preview.rows, preview.changed, preview.totals[0].before, preview.totals[0].after) == (3, 3, "400", "800")
    assert [(each.row, each.before, each.after) for each in preview.totals[0].largest] == [
        (1, "200", "400"),
        (2, "100", "200"),
        (0, "100", "200"),
    ]
    assert amounts(plan) == [100, 200, 100, 50]
    other = Client(plan.store, BO)
    told = total(["Acme"], "800", ask_above=2, token=preview.token)
    assert plan.refused(total(["Acme"], "801", token=preview.token)).code == "CONFLICT"
    plan.ok(told)
    assert plan.refused(told).code == "CONFLICT"
    other.put(AMOUNT, 0, "1")


def test_a_hundred_thousand_rows_are_written_and_taken_back_exactly() -> None:
    count = 20_000
    data = table([("Acme", "Shoes", str(row % 50), "Jan", row % 100, Decimal(row % 7), 1) for row in range(count)])
    with open_store(None) as store:
        store.create_table("sales", data, ANN)
        client = Client(store, ANN)
        before = amounts(client)
        client.ok(total(["Acme"], "123456789"))
        board, rows = board_of(store)
        check(board, rows)
        assert sum(rows.column("amount").to_pylist()) == 123_456_789
        client.ok(o.Undo())
        assert amounts(client) == before


@pytest.fixture(scope="module")
def many() -> Iterator[Store]:
    with open_store(None) as store:
        yield store


@settings(max_examples=max(60, settings.default.max_examples if settings.default else 0), deadline=None)
@given(rows=ROWS, steps=st.lists(st.tuples(st.booleans(), OPS), max_size=8))
def test_every_ancestor_is_as_grouping_sets_after_every_operation(many: Store, rows: Any, steps: list[tuple[bool, o.Op]]) -> None:
    name = f"plan {many.draw()}"
    many.create_table(name, table(rows), ANN)
    people = Client(many, ANN, name), Client(many, BO, name)
    for client in people:
        client.id += name
    for mine, op in steps:
        answer = people[mine].do(op)
        board, now = board_of(many, name)
        check(board, now)
        if isinstance(answer, Ack) and isinstance(op, o.Spread) and isinstance(op.targets[0].method, p.Proportional | p.Equal):
            with many.reading(name) as (cursor, found):
                leaves = board.leaves(op.targets[0].at, TableSource(cursor, found))
            assert board.values_over(leaves)[0] == int(op.targets[0].value or 0)
    many.drop(name)
