"""Totals of a table that several people work on."""

from __future__ import annotations

import pytest
from kernel.shared.others import Other, caught_up
from shell import Notebook
from tabweave_core.errors import TabweaveError
from tabweave_core.protocol import planning as p
from tabweave_core.protocol.messages import Nack
from tabweave_core.protocol.ops import Spread
from tabweave_core.protocol.rights import ColumnRights, Rights
from tabweave_core.protocol.schema import ExpressionFilter


@pytest.fixture
def rollup(sales: Notebook) -> Notebook:
    sales.run("r = t.rollup(by='name', of=['sum(n)', 'sum(price)'])")
    return sales


def test_a_total_written_in_one_notebook_is_in_the_other_s_frame(rollup: Notebook, bo: Other) -> None:
    assert rollup["r"].set("", "n", 60) == "n of the total: 6 → 60, spread to 3 rows, proportional"
    assert rollup["df"]["n"].tolist() == [10, 20, 30]
    assert rollup["r"].total["n"] == 60
    assert caught_up(rollup)["n"].tolist() == [10, 20, 30]
    assert bo.read().column(str(bo.cid("n"))).to_pylist() == [10, 20, 30]


def test_a_spread_is_undone_as_one_change(rollup: Notebook) -> None:
    rollup["r"].set("", "n", 60)
    assert rollup["t"].undo() == "undid: n of the total: 6 → 60, spread to 3 rows, proportional"
    assert rollup["df"]["n"].tolist() == [1, 2, 3]


def test_a_preview_of_a_table_that_has_changed_is_not_applied(rollup: Notebook) -> None:
    preview = rollup["r"].set("", "n", 60, preview=True)
    assert (preview.rows, preview.changed) == (3, 3)
    assert rollup["df"]["n"].tolist() == [1, 2, 3]
    rollup["t"].set("n", 5, row=0)
    with pytest.raises(TabweaveError, match="Preview it again"):
        preview.apply()
    rollup["r"].set("", "n", 60, preview=True).apply()
    assert int(rollup["df"]["n"].sum()) == 60


def test_conditions_and_holds_reach_the_store(rollup: Notebook) -> None:
    rollup["t"].set("n", 20, where="n > 1", by="equal", hold="name = 'a'")
    assert rollup["df"]["n"].tolist() == [1, 17, 3]
    rollup["t"].set("n", 40, where=rollup["df"]["n"] > 1, by="proportional")
    assert rollup["df"]["n"].tolist() == [1, 34, 6]
    rollup.shell.run_line_magic("load_ext", "tabweave")
    rollup.run("%tab set df n = 100 where name = 'b'")
    assert rollup["df"]["n"].tolist() == [100, 34, 6]


def test_who_may_not_see_or_write_a_column_cannot_spread_with_it(rollup: Notebook, bo: Other) -> None:
    n, price, name = bo.cid("n"), bo.cid("price"), bo.cid("name")
    house = bo.house
    total = Spread(
        rollup=p.RollupDef(levels=[name], aggregates=[p.Aggregate(fn="sum", column=n)]),
        targets=[p.Target(at=p.Coordinate(), value="60", method=p.Weighted(ref=p.Reference(column=price)))],
    )
    house.set_rights("sales", Rights(columns={n: ColumnRights(write=[])}))
    answer = bo.try_to(total)
    assert isinstance(answer, Nack)
    assert answer.code == "FORBIDDEN"
    house.set_rights("sales", Rights(columns={price: ColumnRights(read=[])}))
    answer = bo.try_to(total)
    assert isinstance(answer, Nack)
    assert answer.code == "NO_COLUMN"
    where = p.Coordinate(where=[ExpressionFilter(sql="price > 1")])
    answer = bo.try_to(Spread(rollup=total.rollup, targets=[p.Target(at=where, value="60")]))
    assert isinstance(answer, Nack)
    assert "price" in answer.message
    house.set_rights("sales", Rights(everyone="viewer"))
    answer = bo.try_to(total)
    assert isinstance(answer, Nack)
    assert answer.code == "FORBIDDEN"
    assert rollup["df"]["n"].tolist() == [1, 2, 3]


def test_what_code_changed_in_the_same_cell_is_in_the_total(rollup: Notebook) -> None:
    rollup.run("df.loc[0, 'n'] = 10; told = r.set('', 'n', 30)")
    assert rollup["told"].startswith("n of the total: 15 → 30")


def test_several_totals_of_one_measure_are_written_at_once_or_none(rollup: Notebook, bo: Other) -> None:
    n, name = bo.cid("n"), bo.cid("name")
    plan = p.RollupDef(levels=[name], aggregates=[p.Aggregate(fn="sum", column=n)])

    def totals(**values: str) -> Spread:
        at = {label: p.Coordinate(path=[] if label == "total" else [label]) for label in values}
        return Spread(rollup=plan, targets=[p.Target(at=at[label], value=value) for label, value in values.items()])

    assert not isinstance(bo.try_to(totals(a="10", b="20")), Nack)
    assert caught_up(rollup)["n"].tolist() == [20, 2, 10]
    for refused, code in (
        (totals(a="1", total="9"), "CHECK"),
        (totals(a="1", b="2.5"), "SCALE"),
        (totals(a="1", x="2"), "NO_ROW"),
    ):
        answer = bo.try_to(refused)
        assert isinstance(answer, Nack)
        assert answer.code == code
    preview = rollup["t"].preview_spread(totals(a="1", b="2"))
    assert [(each.name, each.before, each.after) for each in preview.totals] == [("a", "10", "1"), ("b", "20", "2")]
    assert caught_up(rollup)["n"].tolist() == [20, 2, 10]
