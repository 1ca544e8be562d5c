"""Commands in plain words on the notebook's DataFrames: proposed, applied, discarded, answered, asked back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import pandas as pd
import pytest
import tabweave as tw
from tabweave.answers import Answer, Choice
from tabweave.proposals import Proposal, pending
from tabweave.workspace import Workspace
from tabweave_core.errors import BadMessage, BadValue, NotFound, Refused, TabweaveError

if TYPE_CHECKING:
    from shell import Notebook
    from tabweave.handles import Table


@pytest.fixture
def sales() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "region": ["West", "East", "West", "North"],
            "product": ["pen", "ink", "pen", "<b>cap</b>"],
            "qty": [1, 2, 3, 4],
            "price": [1.5, np.nan, 3.0, 10.0],
        }
    )


@pytest.fixture
def table(sales: pd.DataFrame, home: Workspace) -> Table:
    namespace: Any = home.namespace
    namespace["sales"] = sales
    return tw.table("sales", namespace=namespace)


def proposed(found: object) -> Proposal:
    assert isinstance(found, Proposal)
    return found


def test_a_command_changes_nothing_until_it_is_applied(table: Table, sales: pd.DataFrame) -> None:
    before = sales.copy()
    found = proposed(table.ask("drop rows without price"))
    pd.testing.assert_frame_equal(sales, before)
    assert (found.diff.removed, found.diff.before, found.diff.after) == (1, 4, 3)
    assert found.apply() == "drop rows without price (1 row removed)"
    assert sales["price"].tolist() == [1.5, 3.0, 10.0]
    assert table.undo() == "undid: drop rows without price (1 row removed)"
    pd.testing.assert_frame_equal(sales, before)


def test_a_discarded_command_cannot_be_applied(table: Table, sales: pd.DataFrame) -> None:
    found = proposed(table.ask("drop rows without price"))
    found.discard()
    with pytest.raises(Refused, match="discarded already"):
        found.apply()
    assert len(sales) == 4


def test_a_command_is_applied_once(table: Table, sales: pd.DataFrame) -> None:
    found = proposed(table.ask("set qty to 7 where region is West"))
    found.apply()
    with pytest.raises(Refused, match="applied already"):
        found.apply()
    assert sales["qty"].tolist() == [7, 2, 7, 4]


def test_code_that_runs_meanwhile_makes_the_proposal_void(table: Table, sales: pd.DataFrame) -> None:
    found = proposed(table.ask("drop rows without price"))
    sales.loc[1, "price"] = 5.0
    with pytest.raises(Refused, match="changed since"):
        found.apply()
    assert len(sales) == 4


def test_a_question_is_answered_with_a_table_of_its_own(table: Table, sales: pd.DataFrame) -> None:
    before = sales.copy()
    found = table.ask("total qty by region")
    assert isinstance(found, Answer)
    assert dict(zip(found.df.iloc[:, 0], found.df.iloc[:, 1], strict=True)) == {"East": 2, "North": 4, "West": 4}
    shown = table.ask("show rows where qty > 2")
    assert isinstance(shown, Answer)
    assert shown.df["qty"].tolist() == [3, 4]
    pd.testing.assert_frame_equal(sales, before)


def test_what_is_not_understood_says_which_word_and_what_would_be(table: Table) -> None:
    with pytest.raises(BadValue, match=r"Not understood: 'flurb'.*Try: ") as caught:
        table.ask("flurb the price")
    assert "\n" not in str(caught.value)


def test_a_plan_can_be_edited_and_asked_anew(table: Table, sales: pd.DataFrame) -> None:
    plan = proposed(table.ask("set qty to 7 where region is West")).plan
    plan["steps"][0]["value"] = 8
    again = proposed(table.ask(plan=plan))
    again.apply()
    assert sales["qty"].tolist() == [8, 2, 8, 4]
    assert proposed(table.ask(plan=msgspec.json.encode(plan).decode())).diff.nothing


@pytest.mark.parametrize(
    ("plan", "says"),
    [
        ({"steps": [{"op": "drop", "columns": ["prize"]}]}, "There is no column 'prize'. Did you mean 'price'"),
        ({"steps": [{"op": "drop"}]}, "This is no plan"),
        ({"steps": []}, "The plan has no steps"),
        ("{", "This is not JSON"),
    ],
)
def test_a_plan_that_does_not_fit_says_why(table: Table, plan: Any, says: str) -> None:
    with pytest.raises(TabweaveError, match=says):
        table.ask(plan=plan)


def test_history_and_operations_tell_what_was_said_and_done(table: Table) -> None:
    found = proposed(table.ask("drop rows without price"))
    found.apply()
    (done,) = table.operations()
    assert done["command"] == "drop rows without price"
    assert done["plan"] == found.plan
    assert done["interpreter"] == "grammar"
    assert done["counts"] == {"cells": 0, "rows_added": 0, "rows_removed": 1}
    assert "price" in done["sql"]
    assert not done["undone"]
    table.undo()
    assert table.operations()[0]["undone"]
    assert "drop rows without price" in table.history().to_string()


def test_replaying_the_operations_on_a_fresh_copy_gives_the_same_table(
    table: Table, sales: pd.DataFrame, home: Workspace
) -> None:
    fresh = sales.copy(deep=True)
    for command in ("drop rows without price", "set qty to 7 where region is West", "sort by price descending"):
        proposed(table.ask(command)).apply()
    namespace: Any = home.namespace
    namespace["fresh"] = fresh
    other = tw.table("fresh", namespace=namespace)
    for done in table.operations():
        proposed(other.ask(plan=done["plan"])).apply()
    pd.testing.assert_frame_equal(fresh, sales)


def test_a_proposal_is_told_in_text_and_html_without_markup_of_the_data(table: Table) -> None:
    found = proposed(table.ask(plan=[{"op": "update_cells", "column": "product", "value": "<i>new</i>"}]))
    assert "product: 4 cells changed" in repr(found)
    assert "row 1 product: pen → <i>new</i>" in repr(found)
    html = found._repr_html_()
    assert "<i>new" not in html
    assert "<b>cap" not in html
    assert "&lt;i&gt;new&lt;/i&gt;" in html
    answer = table.ask("show rows where qty > 3")
    assert "<b>cap" not in answer._repr_html_()


def test_join_with_repeated_rows_makes_a_new_table(table: Table, home: Workspace, sales: pd.DataFrame) -> None:
    namespace: Any = home.namespace
    namespace["bosses"] = pd.DataFrame({"region": ["West", "West", "East"], "boss": ["Ann", "Al", "Bo"]})
    plan = {"op": "join", "table": "bosses", "on": [{"old": "region", "new": "region"}]}
    found = table.ask(plan=[plan])
    assert isinstance(found, Answer)
    assert len(found.df) == 6
    namespace["bosses"] = pd.DataFrame({"region": ["West", "East"], "boss": ["Ann", "Bo"]})
    proposed(table.ask(plan=[plan])).apply()
    assert sales["boss"].tolist()[:3] == ["Ann", "Bo", "Ann"]


def test_the_newest_proposal_is_the_one_that_waits(table: Table, home: Workspace) -> None:
    first, second = table.ask("drop rows without price"), table.ask("sort by qty descending")
    assert pending(home) is second
    second.discard()
    assert pending(home, "sales") is first
    first.discard()
    with pytest.raises(NotFound, match="Nothing waits"):
        pending(home)


def test_a_choice_is_offered_where_a_command_may_mean_two_things(table: Table) -> None:
    made = Choice("sales", "top <3>", ["the first", "the last"], lambda nth: nth)
    assert "1. the first" in repr(made)
    assert "&lt;3&gt;" in made._repr_html_()
    assert made.choose(2) == 2
    with pytest.raises(BadMessage, match="no reading 9"):
        table.ask("drop rows without price", reading=9)


def test_the_magics_propose_apply_discard_and_answer(notebook: Notebook, capsys: pytest.CaptureFixture[str]) -> None:
    notebook.shell.run_line_magic("load_ext", "tabweave")
    df = notebook.shell.user_ns["df"]

    def run(cell: str) -> str:
        capsys.readouterr()
        notebook.shell.run_cell(cell)
        shown = capsys.readouterr()
        return shown.out + shown.err

    assert "n: 1 cell changed" in run('%tab ask df "set n to 9 where name is b"')
    assert df["n"].tolist() == [1, 2, 3]
    assert "set n to 9" in run("%tab apply")
    assert df["n"].tolist() == [9, 2, 3]
    run("%tab undo df")
    assert "1 row removed" in run('%tab ask df "drop rows where n > 2" --apply')
    run("%tab undo df")
    assert "rows in another order" in run("%%tab df\nsort by price\n")
    assert "df is as it was" in run("%tab discard df")
    assert "Nothing waits" in run("%tab apply")
    assert "biggest has the answer" in run('%tab ask df "rows with n over 2" as biggest')
    assert notebook.shell.user_ns["biggest"]["n"].tolist() == [3]
    assert "Not understood: 'flurb'" in run('%tab ask df "flurb"')
    assert "Traceback" not in run('%tab ask df "flurb"')
