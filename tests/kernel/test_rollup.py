"""Rollups as a notebook meets them: `t.rollup`, `t.set` and the `%tab` lines."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import pytest
from IPython.core.completer import provisionalcompleter
from shell import Notebook
from tabweave import clauses, wording
from tabweave_core.errors import TabweaveError

PLAN = """
plan = pd.DataFrame({
    'brand': ['Acme', 'Acme', 'Acme', 'Bolt'],
    'product': ['X1', 'X2', 'X1', 'Y1'],
    'month': pd.Categorical(['Jan', 'Jan', 'Feb', 'Feb'], ['Jan', 'Feb'], ordered=True),
    'amount': [100, 200, 100, 50],
    'price': [1.5, 2.5, 0.5, 1.0],
    'note': ['a', 'b', 'c', 'd'],
})
"""


@pytest.fixture
def planner(notebook: Notebook) -> Notebook:
    notebook.run(PLAN)
    notebook.run("import tabweave as tw; t = tw.table(plan)")
    notebook.run("r = t.rollup(by=['brand', 'product'], of=['sum(amount)', 'mean(amount)', 'sum(price)'])")
    return notebook


def amounts(planner: Notebook) -> list[int]:
    found: list[int] = planner["plan"]["amount"].tolist()
    return found


def test_the_tree_shows_totals_and_says_which_are_approximate(planner: Notebook) -> None:
    lines = repr(planner["r"]).splitlines()
    assert [line.split() for line in lines[:3]] == [
        ["sum(amount)", "mean(amount)", "sum(price)"],
        ["total", "450", "112.5", "5.5"],
        ["Acme", "400", "133.3333", "4.5"],
    ]
    assert lines[-1] == "price: float, so totals are approximate; exact=True makes it decimal"
    assert "<td" in planner["r"].sheet()[1]


def test_a_parent_spreads_to_its_children_and_one_undo_takes_it_back(planner: Notebook) -> None:
    assert planner["r"].set("Acme", "sum(amount)", 800) == "amount of Acme: 400 → 800, spread to 3 rows, proportional"
    assert amounts(planner) == [200, 400, 200, 50]
    assert planner["r"].node("Acme")["amount"] == 800
    planner["t"].undo()
    assert amounts(planner) == [100, 200, 100, 50]


def test_a_hold_keeps_what_it_names(planner: Notebook) -> None:
    planner["r"].set("Acme", "amount", 800, hold="Acme > X1")
    assert amounts(planner) == [100, 600, 100, 50]
    planner["r"].set("Acme", "amount", "10%", hold={"product": "X2"})
    assert amounts(planner) == [110, 600, 110, 50]


def test_a_preview_writes_nothing_until_it_is_applied_and_then_only_once(planner: Notebook) -> None:
    preview = planner["r"].set("Acme", "amount", 800, preview=True)
    assert "3 of 3 cells would change; nothing is written yet." in repr(preview)
    assert amounts(planner) == [100, 200, 100, 50]
    preview.apply()
    assert amounts(planner) == [200, 400, 200, 50]
    with pytest.raises(TabweaveError, match="Preview it again"):
        preview.apply()


def test_the_tree_follows_code_in_the_very_same_cell(planner: Notebook) -> None:
    planner.run(
        "plan.loc[0, 'amount'] = 1000; seen = r.node('Acme')['amount']; plan.loc[3, 'brand'] = 'Acme'; more = r.total['amount']"
    )
    assert (planner["seen"], planner["more"]) == (1300, 1350)
    assert [node.path for node in planner["r"].children()] == [("Acme",)]


def test_months_stand_side_by_side_in_their_own_order(planner: Notebook) -> None:
    shown = planner["t"].rollup(by="brand", of="sum(amount)", across="month")
    assert [line.split() for line in repr(shown).splitlines()] == [
        ["Jan", "Feb", "sum(amount)"],
        ["total", "300", "150", "450"],
        ["Acme", "300", "100", "400"],
        ["Bolt", "50", "50"],
    ]
    shown.set("Acme", "amount", 30, where={"month": "Jan"})
    assert amounts(planner) == [10, 20, 100, 50]


def test_a_float_measure_is_made_exact_on_request(planner: Notebook) -> None:
    exact = planner["t"].rollup(by="brand", of="sum(price)", exact=True)
    assert "price is decimal now, with 1 decimals" in repr(exact)
    exact.set("", "price", "10.0")
    assert str(planner["plan"]["price"].sum()) == "10.0"


def test_a_year_of_totals_over_rows_without_a_hierarchy(planner: Notebook) -> None:
    told = planner["t"].set("amount", 1000, where="brand = 'Acme'", by="equal", hold="product = 'X2'")
    assert told == "amount of brand = 'Acme': 400 → 1,000, spread to 2 rows, equal"
    assert amounts(planner) == [400, 200, 400, 50]
    planner["t"].set("amount", by="weighted(@0)", value=400, where="brand = 'Acme'")
    assert amounts(planner) == [100, 200, 100, 50]


def test_the_whole_tree_is_a_frame_as_well(planner: Notebook) -> None:
    found = planner["r"].to_frame(depth=1)
    assert found["sum(amount)"].tolist() == [450, 400, 50]
    assert found["brand"].tolist()[1:] == ["Acme", "Bolt"]
    assert pd.isna(found["brand"][0])


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("r.set('Acmee', 'amount', 1)", "There is no brand 'Acmee'. Did you mean 'Acme'?"),
        ("r.set('Acme', 'amont', 1)", "The rollup has no measure 'amont'. Did you mean 'amount'?"),
        ("r.set('Acme', 'amount', 1.5)", "which holds whole numbers. Nearest: 2."),
        ("r.set('Acme', 'amount', 1, by='weightd')", "There is no method 'weightd'. Did you mean 'weighted'?"),
        ("r.set('Acme', 'amount', 1, by='weighted')", "Write weighted(COLUMN)."),
        ("r.set('Acme', 'amount', 1, by='zero')", "zero takes no number."),
        ("r.set('Acme', 'amount', 1, hold={'month': 'Feb'})", "neither lies within the other"),
        ("r.set('Acme', 'amount', 1, where={'month': 'Dec'})", "has no rows. Insert a row first; none is invented."),
        ("r.set('Acme', 'amount', 1, ask_above=2)", "This spreads to 3 rows. Preview it first"),
        ("t.rollup(by='brand', of='sum(note)')", "sum needs numbers, and note is text."),
        ("t.rollup(by='brand', of='sum(amount')", "is no measure"),
        ("t.rollup(by='brand', of='weighted_mean(price)')", "Write weighted_mean(price, WEIGHTS)."),
        ("t.rollup(by='brnd', of='sum(amount)')", "There is no column 'brnd'. Did you mean 'brand'?"),
        ("t.rollup(by='brand > brand', of='sum(amount)')", "brand is two levels."),
    ],
)
def test_a_mistake_says_what_to_do(planner: Notebook, code: str, says: str) -> None:
    before = planner["plan"].copy()
    with pytest.raises(TabweaveError) as refused:
        planner.run(f"_ = {code}")
    assert says in str(refused.value)
    pd.testing.assert_frame_equal(planner["plan"], before)


def test_lines_write_totals(tab: Callable[[str], str], planner: Notebook) -> None:
    assert "400 → 1,200, spread to 3 rows, proportional" in tab("set plan amount = 1200 where brand = 'Acme'")
    assert "1,200 → 900, spread to 2 rows, equal" in tab(
        "set plan amount = 900 where brand = 'Acme' by equal hold product = 'X2'"
    )
    assert "nothing is written yet" in tab("set plan amount = 10 --preview")
    assert amounts(planner)[1] == 600
    tab("set plan note = 'by --preview' where brand = 'Bolt'")
    assert planner["plan"]["note"].tolist() == ["a", "b", "c", "by --preview"]
    tab("set plan price = null where brand = 'Bolt'")
    assert planner["plan"]["price"].isna().tolist() == [False, False, False, True]


def test_a_line_shows_a_tree_and_keeps_it(tab: Callable[[str], str], planner: Notebook) -> None:
    assert "sum(amount)" in tab(
        "rollup plan by brand > product of sum(amount), mean(price) across month where amount > 60 as tree"
    )
    assert planner["tree"].total["sum(amount)"] == 400


@pytest.mark.usefixtures("planner")
@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("rollup plan of sum(amount)", "UsageError: %tab rollup needs `by`."),
        ("rollup plan by brand of", "UsageError: `of` needs something after it."),
        ("rollup plan now by brand of sum(amount)", "'now' is not expected there."),
        ("rollup plan", "UsageError: %tab rollup needs by LEVELS of MEASURES."),
        ("set plan amount", "UsageError: %tab set needs COLUMN = VALUE."),
        ("set plan amount = 1 by equal by ratio", "`by` stands twice."),
        ("set plan amunt = 1", "Did you mean 'amount'?"),
        ("set plan --help", "straight_line(ALONG,LAST)"),
        ("rollup --help", "weighted_mean(A, WEIGHTS)"),
    ],
)
def test_a_mistaken_line_is_one_line_that_says_what_to_do(tab: Callable[[str], str], line: str, says: str) -> None:
    shown = tab(line)
    assert says in shown
    assert "Traceback" not in shown


@pytest.mark.parametrize(
    ("line", "offers"),
    [
        ("%tab rollup plan b", "by"),
        ("%tab rollup plan by br", "brand"),
        ("%tab rollup plan by brand o", "of"),
        ("%tab rollup plan by brand of sum(am", "sum(amount)"),
        ("%tab set plan am", "amount"),
        ("%tab set plan amount = 1 wh", "where"),
        ("%tab set plan amount = 1 by weighted(pr", "weighted(price)"),
    ],
)
def test_clauses_are_completed(tab: Callable[[str], str], planner: Notebook, line: str, offers: str) -> None:
    tab("status")
    with provisionalcompleter():
        found = [line[: each.start] + each.text for each in planner.shell.Completer.completions(line, len(line))]
    assert any(each.endswith(offers) for each in found), found


def test_clauses_are_cut_outside_quotes_and_brackets_only() -> None:
    assert clauses.clauses("amount = 'by x' where f(by) = 1 by equal", clauses.SET) == [
        ("", "amount = 'by x'"),
        ("where", "f(by) = 1"),
        ("by", "equal"),
    ]


def test_every_method_that_is_offered_is_understood() -> None:
    for form in wording.FORMS:
        wording.method(form.replace("ALONG", "month").replace("PERCENT", "5"), lambda _name: 0)


def test_an_invalid_table_column_or_node_is_refused(planner: Notebook, tab: Callable[[str], str]) -> None:
    assert "'plam'" in tab("set plam amount = 1")
    assert "Did you mean 'amount'?" in tab("set plan amout = 1")
    for path in ("Acne", "Acme > X9", "Acme > X1 > more"):
        with pytest.raises(TabweaveError):
            planner["r"].set(path, "amount", 1)
    with pytest.raises(TabweaveError, match="no measure"):
        planner["r"].set("Acme", "amout", 1)
    assert amounts(planner) == [100, 200, 100, 50]
