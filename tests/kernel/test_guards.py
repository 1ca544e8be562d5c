"""Bounds and locks as a notebook meets them: `t.bound`, `t.lock`, a rollup's `lock`, and the `%tab` lines."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from shell import Notebook
from tabweave import clauses
from tabweave_core.errors import TabweaveError
from tabweave_core.protocol.ops import Fill, Replace, Undo

PLAN = """
import tabweave as tw
plan = pd.DataFrame({
    'brand': ['Acme', 'Acme', 'Acme', 'Bolt'],
    'product': ['X1', 'X2', 'X3', 'Y1'],
    'amount': [10, 20, 70, 5],
    'unit price': [1.5, 2.5, 0.5, 1.0],
})
t = tw.table(plan)
r = t.rollup(by='brand > product', of='sum(amount)')
"""


@pytest.fixture
def planner(notebook: Notebook) -> Notebook:
    notebook.run(PLAN)
    return notebook


def amounts(planner: Notebook) -> list[int]:
    found: list[int] = planner["plan"]["amount"].tolist()
    return found


def test_a_spread_stays_within_bounds_and_says_how_far_it_can_go(planner: Notebook) -> None:
    assert planner["t"].bound("amount", 0, 100) == "amount is between 0 and 100 from now on"
    assert planner["t"].bounds == {"amount": ("0", "100")}
    planner["r"].set("Acme", "amount", 200)
    assert amounts(planner) == [33, 67, 100, 5]
    with pytest.raises(TabweaveError, match="It can be from 0 to 300"):
        planner["r"].set("Acme", "amount", 301)


def test_nothing_that_is_written_leads_out_of_bounds(planner: Notebook) -> None:
    t = planner["t"]
    amount = t.find_column("amount")
    t.set("amount", 101, row=3)
    t.set("amount", 5, row=3)
    t.bound("amount", 0, 100)
    ways = [
        lambda: t.set("amount", -1, row=0),
        lambda: t.set("amount", [1, 2, 3, 101]),
        lambda: t.change(Fill(columns=[amount], start=1, stop=3, target_start=3, target_stop=4, mode="series")),
        lambda: t.change(Replace(find="7", replacement="9999", columns=[amount])),
        lambda: t.ask("multiply amount by 100").apply(),
        lambda: t.change(Undo(ref=2)),
        lambda: t.bound("amount", 0, 50),
        lambda: t.bound("amount", 5, 1),
        lambda: t.bound("brand", 0),
    ]
    for way in ways:
        before = amounts(planner)
        with pytest.raises(TabweaveError):
            way()
        assert amounts(planner) == before
    with pytest.raises(TabweaveError, match=r"'101' is more than 100, the most allowed, for amount \(int64\)"):
        t.set("amount", 101, row=0)
    planner.run("plan.loc[0, 'amount'] = 1000")
    assert planner["r"].total["amount"] == 1095


def test_bounds_come_along_when_a_frame_is_shared_and_its_type_changes(planner: Notebook) -> None:
    planner["t"].bound("amount", 0, 100)
    planner.run("plan['amount'] = plan['amount'].astype('Int64')")
    assert planner["t"].bounds == {"amount": ("0", "100")}
    planner.run("shared = tw.share(plan, 'sales')")
    assert planner["shared"].bounds == {"amount": ("0", "100")}
    with pytest.raises(TabweaveError, match="more than 100"):
        planner["shared"].set("amount", 101, row=0)
    assert planner["shared"].bound("amount", most=80) == "amount is at most 80 from now on"
    assert planner["shared"].lock("amount", where="product = 'X3'") == "locked amount of product = 'X3' (1 cell)"
    planner.run("r = shared.rollup('brand', 'sum(amount)'); r.set('Acme', 'amount', 130)")
    assert amounts(planner) == [20, 40, 70, 5]
    planner.run("plan.loc[3, 'amount'] = 81")
    assert "more than 80" in planner["shared"].notices[-1]
    assert amounts(planner)[3] == 5


@pytest.mark.usefixtures("planner")
def test_bounds_are_declared_told_and_taken_away_in_lines(tab: Callable[[str], str]) -> None:
    assert tab("bounds plan") == "No column is bounded.\n"
    assert tab("bounds plan amount 0..") == "amount is at least 0 from now on\n"
    assert tab('bounds plan "unit price" ..9.5') == "unit price is at most 9.5 from now on\n"
    assert tab("bounds plan").splitlines() == ["amount      0..", "unit price  ..9.5"]
    assert "Acme' cannot become that" in tab("set plan amount = -1 where brand = 'Acme'")
    assert tab("bounds plan amount none") == "amount has no bounds any more\n"
    assert tab("bounds plan amount") == "amount  not bounded\n"
    assert "Did you mean 'amount'?" in tab("bounds plan amont 0..1")
    assert "has no range such as 0..1000" in tab("bounds plan unit price")
    assert "LEAST..MOST" in tab("bounds --help")
    assert clauses.ranged('"a..b" none', "") == ("a..b", (None, None))


def test_locks_are_for_every_way_of_writing(planner: Notebook, tab: Callable[[str], str]) -> None:
    assert tab("lock plan amount where product = 'X1'") == "locked amount of product = 'X1' (1 cell)\n"
    assert planner["r"].lock("Acme > X2", "amount") == "locked amount of Acme > X2 (1 cell)"
    planner["r"].set("Acme", "amount", 130)
    assert amounts(planner) == [10, 20, 100, 5]
    assert "is held. Release one; locked rows" in tab("set plan amount = 7 where product = 'X1'")
    with pytest.raises(TabweaveError, match="locked"):
        planner["t"].set("amount", 7, row=0)
    assert tab("unlock plan") == "unlocked brand, product, amount, unit price of the table (2 cells)\n"
    assert planner["r"].unlock() == "Nothing was locked or unlocked."
    assert planner["t"].lock(["amount", "unit price"], row=[0, 1]) == "locked amount, unit price of the rows (4 cells)"
    assert "Lock cells for everybody" in tab("lock --help")
    assert "Did you mean 'amount'?" in tab("lock plan amout")
