"""Several people at once: nothing is lost unseen, the last committed wins, and whoever lost is told."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from kernel.shared.others import Other, caught_up, replica, same
from shell import Notebook
from tabweave_core.protocol import ops
from tabweave_core.protocol.rights import ColumnRights, Rights
from tabweave_core.protocol.schema import Person


def meanwhile(notebook: Notebook, others: Callable[[], object], code: str, name: str = "df") -> None:
    """Runs code while others commit first, unseen by it."""
    notebook.shell.user_ns["others"] = others
    notebook.run(f"others()\n{code}")
    caught_up(notebook, name)


def test_different_columns_of_one_row_both_survive(sales: Notebook, bo: Other) -> None:
    meanwhile(sales, lambda: bo.set(1, "price", 33.5), "df.loc[1, 'n'] = 50")
    same(sales)
    assert (bo.values()["price"][1], bo.values()["n"][1]) == (33.5, 50)
    assert sales["t"].notices == []


def test_of_one_cell_the_last_committed_wins(sales: Notebook, bo: Other) -> None:
    meanwhile(sales, lambda: bo.set(1, "price", 33.5), "df.loc[1, 'price'] = 44.5")
    same(sales)
    assert bo.values()["price"][1] == 44.5
    assert sales["t"].notices == []


def test_who_is_overtaken_is_told_under_the_next_cell(sales: Notebook, bo: Other, capsys: pytest.CaptureFixture[str]) -> None:
    sales.run("df.loc[1, 'price'] = 40.5")
    bo.set(1, "price", 55.5)
    caught_up(sales)
    assert sales["df"].loc[1, "price"] == 55.5
    assert sales["t"].notices == ["df: Bo changed price of row 1 after you: 40.5 → 55.5"]
    capsys.readouterr()
    sales.run("done = 1")
    assert "Bo changed price of row 1 after you: 40.5 → 55.5" in capsys.readouterr().out
    sales.run("done = 1")
    assert capsys.readouterr().out == ""


def test_a_deleted_row_beats_an_edit_and_the_rest_of_the_cell_is_saved(sales: Notebook, bo: Other) -> None:
    gone = ops.DeleteRows(rows=ops.Rows(ids=[bo.rids()[1]]))
    meanwhile(sales, lambda: bo.do(gone), "df.loc[1, 'price'] = 33.5; df.loc[2, 'price'] = 44.5")
    same(sales)
    assert sales["df"]["price"].tolist() == [2.0, 44.5]
    assert "deleted by somebody else" in sales["t"].notices[-1]


def test_a_dropped_column_beats_an_edit_and_the_rest_is_saved(sales: Notebook, bo: Other) -> None:
    meanwhile(sales, lambda: bo.do(ops.DropColumns(columns=[bo.cid("n")])), "df.loc[1, 'n'] = 3; df.loc[2, 'price'] = 44.5")
    same(sales)
    assert sales["df"].columns.tolist() == ["name", "price"]
    assert sales["df"].loc[2, "price"] == 44.5


def test_rows_of_two_people_both_come(sales: Notebook, bo: Other) -> None:
    mine = "df.loc[3] = ['mine', 1.5, 1]"
    meanwhile(sales, lambda: bo.do(ops.InsertRows(columns=[bo.cid("name")], values=[["theirs"]])), mine)
    same(sales)
    assert sorted(sales["df"]["name"].tolist()) == ["a", "b", "c", "mine", "theirs"]


def test_columns_of_two_people_both_come(sales: Notebook, bo: Other) -> None:
    meanwhile(sales, lambda: bo.do(ops.AddColumn(name="theirs", dtype="string")), "df['mine'] = 1")
    same(sales)
    assert sorted(sales["df"].columns) == ["mine", "n", "name", "price", "theirs"]


def test_two_columns_of_the_same_name_are_refused_and_mine_is_put_back(sales: Notebook, bo: Other) -> None:
    meanwhile(sales, lambda: bo.do(ops.AddColumn(name="total", dtype="string")), "df['total'] = 1.5; df.loc[0, 'price'] = 7.5")
    same(sales)
    assert sales["df"]["total"].isna().all()
    assert "There is a column 'total' already" in sales["t"].notices[-1]


def test_a_column_that_others_retype_keeps_what_still_fits(sales: Notebook, bo: Other) -> None:
    retype = ops.RetypeColumn(column=bo.cid("n"), dtype="string")
    meanwhile(sales, lambda: bo.do(retype), "df.loc[1, 'n'] = 50")
    same(sales)
    assert sales["df"]["n"].tolist() in (["1", "50", "3"], ["1", "2", "3"])


def owned_by(bo: Other, rights: Rights) -> Notebook:
    """The notebook as Ann, with `df` joined to Bo's table."""
    notebook = bo.notebook
    house = bo.house
    notebook.run("t.leave()")
    house._tables.drop("sales", notebook.home.sessions.owner)
    from tabweave.shared import exchange

    house._tables.create("sales", exchange.to_arrow(notebook["df"]), bo.person, rights)
    notebook.home.sessions.owner = Person(id="ann", name="Ann")
    notebook.run("del df; t = tw.join('sales', 'df')")
    return notebook


def test_a_viewer_s_change_is_put_back_and_never_sent(bo: Other, capsys: pytest.CaptureFixture[str]) -> None:
    notebook = owned_by(bo, Rights(everyone="viewer"))
    notebook.run("df.loc[0, 'price'] = 99.5; df['new'] = 1")
    assert notebook["df"].columns.tolist() == ["name", "price", "n"]
    assert notebook["df"].loc[0, "price"] == 2.0
    assert "You may only read sales" in capsys.readouterr().out
    assert bo.rev == 0
    bo.set(0, "price", 5.5)
    assert caught_up(notebook).loc[0, "price"] == 5.5


def test_cells_of_a_column_that_is_not_mine_are_put_back_and_the_others_saved(bo: Other) -> None:
    notebook = owned_by(bo, Rights(columns={1: ColumnRights(write=[])}))
    notebook.run("df.loc[0, 'price'] = 99.5; df.loc[0, 'n'] = 9")
    same(notebook)
    assert (notebook["df"].loc[0, "price"], notebook["df"].loc[0, "n"]) == (2.0, 9)
    assert "price was put back: You may read this column and not change it" in notebook["t"].notices[-1]


def test_a_column_that_one_may_not_read_is_not_there(bo: Other) -> None:
    notebook = owned_by(bo, Rights(columns={1: ColumnRights(read=[])}))
    assert notebook["df"].columns.tolist() == ["name", "n"]
    notebook.run("df.loc[0, 'n'] = 9; df['more'] = df['n']")
    bo.set(1, "price", 8.5)
    caught_up(notebook)
    assert notebook["df"].columns.tolist() == ["name", "n", "more"]
    assert bo.values()["price"] == [2.0, 8.5, 1.0]


def test_rights_that_change_are_felt_at_once(bo: Other) -> None:
    notebook = owned_by(bo, Rights())
    notebook.run("df.loc[0, 'price'] = 7.5")
    bo.house._tables.set_rights("sales", bo.person, Rights(everyone="viewer"))
    replica(notebook).wait(lambda: replica(notebook).follower.client.role == "viewer", 5)
    notebook.run("df.loc[0, 'price'] = 99.5")
    assert caught_up(notebook).loc[0, "price"] == 7.5
    bo.house._tables.set_rights("sales", bo.person, Rights(columns={1: ColumnRights(read=[])}))
    replica(notebook).wait(lambda: notebook["df"].columns.tolist() == ["name", "n"], 5)
    assert notebook["df"].columns.tolist() == ["name", "n"]


def test_what_the_server_alone_refuses_is_put_back(sales: Notebook, bo: Other) -> None:
    """A category that was taken away meanwhile."""
    sales.run("df['size'] = pd.Categorical(['s', 'm', 's'])")
    narrower = ops.RetypeColumn(column=bo.cid("size"), dtype="category", categories=["s"], on_error="missing")
    meanwhile(sales, lambda: bo.do(narrower), "df.loc[0, 'size'] = 'm'")
    same(sales)
    assert sales["df"]["size"].tolist()[0] == "s"
    assert any("put back" in notice for notice in sales["t"].notices)


def test_undo_takes_back_my_own_and_leaves_what_others_wrote(sales: Notebook, bo: Other) -> None:
    sales.run("df.loc[[0, 1], 'price'] = 9.5")
    bo.set(1, "price", 8.5)
    sales.run("said = t.undo()")
    same(sales)
    assert sales["df"]["price"].tolist() == [2.0, 8.5, 1.0]
    sales.run("again = t.redo()")
    assert sales["df"]["price"].tolist() == [9.5, 8.5, 1.0]
    sales.run("history = t.history()")
    assert sales["history"]["who"].tolist() == ["You", "You", "Bo", "You"]


def test_a_condition_refuses_what_others_changed(sales: Notebook, bo: Other) -> None:
    from tabweave_core.errors import Refused

    bo.set(0, "price", 8.5)
    sales.run("t.refresh()")
    with pytest.raises(Refused, match="another value"):
        sales.run("t.set('price', 5, row=0, expect=2.0)")
    sales.run("t.set('price', 5, row=0, expect=8.5)")
    assert caught_up(sales).loc[0, "price"] == 5.0
