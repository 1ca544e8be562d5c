"""Commands in plain words on a table that several people work on."""

from __future__ import annotations

import pytest
from kernel.shared.others import Other, caught_up
from shell import Notebook
from tabweave.agreed import SharedProposal
from tabweave_core.errors import Refused


@pytest.fixture
def asked(sales: Notebook) -> Notebook:
    sales.shell.run_line_magic("load_ext", "tabweave")
    return sales


def test_a_command_is_proposed_and_applied_for_everybody_and_undone(asked: Notebook, bo: Other) -> None:
    found = asked["t"].ask("set n to 9 where name is b")
    assert isinstance(found, SharedProposal)
    assert (found.diff.n_cells, found.sql[:4], found.notes) == (1, "WITH", ())
    assert asked["df"]["n"].tolist() == [1, 2, 3]
    assert found.apply() == "n: 1 cell changed."
    (record,) = asked["t"].operations()
    assert (record["command"], record["interpreter"], record["counts"]["cells"]) == (found.command, "grammar", 1)
    n = str(bo.cid("n"))
    assert 9 in bo.read().column(n).to_pylist()
    assert 9 in caught_up(asked)["n"].tolist()
    assert asked["t"].undo().startswith("undid: set n to 9")
    assert bo.read().column(n).to_pylist() == [1, 2, 3]


def test_the_magics_do_it_too(asked: Notebook, bo: Other, capsys: pytest.CaptureFixture[str]) -> None:
    asked.run("%tab ask df 'rename name to who, then compute double = n * 2'")
    asked.run("%tab apply")
    assert "column double added, name renamed to who." in capsys.readouterr().out
    assert list(bo.columns()) == ["who", "price", "n", "double"]
    assert list(caught_up(asked).columns) == ["who", "price", "n", "double"]
    asked.run("%%tab df\ndrop rows where n is over 2\nuppercase who")
    asked.run("%tab apply df")
    assert len(bo.read()) == 2
    assert asked["t"].ask("total n by who").df["sum_n"].sum() == 3


def test_what_changed_meanwhile_refuses_it(asked: Notebook) -> None:
    found = asked["t"].ask("set n to 9 where n is over 1")
    asked["t"].set("n", 7, row=2)
    with pytest.raises(Refused, match="would do something else"):
        found.apply()
    again = asked["t"].ask(plan=found.plan)
    assert [(cell.before, cell.after) for cell in again.diff.cells][-1] == (7, 9)
    again.apply()
    assert caught_up(asked)["n"].tolist() == [1, 9, 9]
