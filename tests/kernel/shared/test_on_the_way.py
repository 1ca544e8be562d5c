"""While own edits are on the way the variable shows them, on top of what others commit; refused ones give that back."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from kernel.shared.houses import Unsteady
from kernel.shared.others import Other, replica, same
from shell import Notebook
from tabweave.shared import circle
from tabweave_core.protocol import ops
from tabweave_core.protocol.rights import ColumnRights, Rights
from tabweave_core.protocol.schema import Person


@pytest.fixture
def bo(notebook: Notebook, house: Unsteady, monkeypatch: pytest.MonkeyPatch) -> Other:
    """Bo's table, which the notebook follows as Ann; her operations are held back."""
    monkeypatch.setattr(circle, "LONGEST_PAUSE", 0.05)
    bo = Other(notebook)
    notebook.run("t.leave(); tw.drop('sales')")
    from tabweave.shared import exchange

    house._tables.create("sales", exchange.to_arrow(notebook["df"]), bo.person)
    notebook.home.sessions.owner = Person(id="ann", name="Ann")
    notebook.run("t = tw.join('sales', 'df')")
    house.hold = {"op"}
    return bo


def seen(notebook: Notebook, done: Callable[[], bool]) -> None:
    """Waits until the variable shows something, between cells."""
    assert replica(notebook).wait(done, 10)


def test_my_cell_stays_on_top_and_theirs_show_beside_it(notebook: Notebook, house: Unsteady, bo: Other) -> None:
    notebook.run("df.loc[[0, 1], 'price'] = [6.5, 7.5]")
    bo.set(0, "price", 50.5)
    bo.set(2, "price", 70.5)
    df = notebook["df"]
    seen(notebook, lambda: df.loc[2, "price"] == 70.5)
    assert df["price"].tolist() == [6.5, 7.5, 70.5]
    assert notebook["t"].unsaved == 2
    house.release()
    same(notebook)
    assert bo.values()["price"] == [6.5, 7.5, 70.5]


def test_the_newest_of_my_edits_stays_on_top(notebook: Notebook, house: Unsteady, bo: Other) -> None:
    notebook.run("df.loc[0, 'price'] = 6.5")
    notebook.run("df.loc[[0, 1], 'price'] = [8.5, 9.5]")
    bo.set(0, "price", 50.5)
    bo.set(2, "price", 70.5)
    df = notebook["df"]
    seen(notebook, lambda: df.loc[2, "price"] == 70.5)
    assert df["price"].tolist() == [8.5, 9.5, 70.5]
    house.release()
    same(notebook)


def test_a_refused_edit_gives_back_what_the_table_has_by_now(notebook: Notebook, house: Unsteady, bo: Other) -> None:
    notebook.run("df.loc[0, 'price'] = 6.5; df.loc[1, 'price'] = 7.5")
    notebook.run("df.loc[1, 'price'] = 9.5; df.loc[0, 'n'] = 40")
    bo.set(0, "price", 50.5)
    df = notebook["df"]
    seen(notebook, lambda: replica(notebook).rev == 1)
    assert df["price"].tolist() == [6.5, 9.5, 1.0]
    house._store.set_rights("sales", lambda _table: Rights(columns={1: ColumnRights(write=[])}))
    seen(notebook, lambda: not replica(notebook).base.schema.columns[1].editable)
    house.release()
    same(notebook)
    assert (df["price"].tolist(), df.loc[0, "n"]) == ([50.5, 3.0, 1.0], 1)
    assert any("refused and put back" in notice for notice in notebook["t"].notices)


def test_while_my_rows_and_columns_are_on_the_way_theirs_wait(notebook: Notebook, house: Unsteady, bo: Other) -> None:
    notebook.run("df['total'] = df['price'] * 2; df = df.drop(index=1); df.loc[7] = ['mine', 5.5, 6, 7.5]")
    wanted = notebook["df"].copy()
    bo.do(ops.InsertRows(before=bo.rids()[0], columns=[0], values=[["theirs"]]))
    bo.do(ops.AddColumn(name="theirs", dtype="string", at=0))
    bo.set(2, "price", 50.5)
    seen(notebook, lambda: replica(notebook).follower.client.rev == 3)
    assert notebook["df"].equals(wanted)
    notebook.run("df.loc[7, 'price'] = 8.5")
    house.release()
    same(notebook)
    assert notebook["df"].columns.tolist() == ["theirs", "name", "price", "n", "total"]
    assert notebook["df"]["name"].tolist() == ["theirs", "b", "a", "mine"]
    assert notebook["df"]["price"].tolist()[1:] == [2.0, 1.0, 8.5]


def test_a_refused_column_is_put_back_and_what_came_meanwhile_is_not_lost(notebook: Notebook, house: Unsteady, bo: Other) -> None:
    # The refusal comes before the news why; what is here meanwhile must not land in columns of another order.
    notebook.run("df = df[['price', 'n', 'name']]")
    bo.set(0, "price", 50.5)
    seen(notebook, lambda: replica(notebook).follower.client.rev == 1)
    house.swallow = True
    bo.do(ops.DropColumns(columns=[bo.cid("name")]))
    seen(notebook, lambda: house.lost > 0)
    house.swallow = False
    house.release("ask_snapshot")
    seen(notebook, lambda: replica(notebook).outbox.broken)
    assert not replica(notebook).catch_up(force=True)
    assert notebook["df"]["price"].tolist() == [2.0, 3.0, 1.0]
    house.release()
    seen(notebook, lambda: notebook["df"].shape[1] == 2)
    bo.set(1, "price", 60.5)
    same(notebook)
    assert notebook["df"]["price"].tolist() == [50.5, 60.5, 1.0]
    assert ["put back" in notice for notice in notebook["t"].notices] == [True]


def test_types_that_change_one_after_the_other_land_together(notebook: Notebook, bo: Other) -> None:
    def change() -> None:
        bo.set(0, "name", "odd")
        replica(notebook).wait(lambda: replica(notebook).follower.client.rev == 1, 10)
        narrow = ["a", "c"]
        bo.do(ops.RetypeColumn(column=bo.cid("name"), dtype="category", categories=narrow, on_error="missing"))
        bo.do(ops.RetypeColumn(column=bo.cid("n"), dtype="string"))
        bo.set(1, "n", "many")
        replica(notebook).wait(lambda: replica(notebook).follower.client.rev == 4, 10)

    notebook.shell.user_ns["change"] = change
    notebook.run("change()")
    same(notebook)
    assert notebook["df"]["n"].tolist() == ["1", "many", "3"]
    assert notebook["df"]["name"].tolist()[1:] == ["c", "a"]
