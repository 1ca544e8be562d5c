"""A joined DataFrame follows every commit: between cells at once, in the very object, and never under a running cell."""

from __future__ import annotations

import time

import pandas as pd
import pytest
from kernel.shared.others import Other, caught_up, replica, same
from shell import Notebook
from tabweave_core.protocol import messages as m
from tabweave_core.protocol import ops


def test_an_edit_lands_in_the_very_object(sales: Notebook, bo: Other) -> None:
    mine = sales["df"]
    alias = mine
    bo.set(1, "price", 33.5)
    assert caught_up(sales) is mine
    assert alias.loc[1, "price"] == 33.5


def test_what_was_derived_before_keeps_its_values(sales: Notebook, bo: Other) -> None:
    sales.run("kept = df.copy(); column = df['price']; part = df[['price']]")
    bo.set(1, "price", 33.5)
    caught_up(sales)
    assert sales["kept"].loc[1, "price"] == sales["column"][1] == sales["part"].loc[1, "price"] == 3.0


def test_a_running_cell_sees_one_revision_and_the_next_the_newest(sales: Notebook, bo: Other) -> None:
    def edit() -> None:
        bo.set(1, "price", 33.5)
        until = time.monotonic() + 5
        while replica(sales).follower.client.rev != 1 and time.monotonic() < until:
            time.sleep(0.005)

    sales.shell.user_ns["edit"] = edit
    sales.run("before = df.loc[1, 'price']\nedit()\nafter = df.loc[1, 'price']")
    assert replica(sales).follower.client.rev == 1
    assert (sales["before"], sales["after"], sales["df"].loc[1, "price"]) == (3.0, 3.0, 33.5)


def test_a_running_cell_sees_the_newest_when_it_asks(sales: Notebook, bo: Other) -> None:
    sales.shell.user_ns["bo"] = bo
    sales.run("df.loc[0, 'n'] = 50\nbo.set(1, 'price', 33.5)\nshown = t.refresh().loc[1, 'price']\nrev = t.rev")
    assert (sales["shown"], sales["df"].loc[0, "n"]) == (33.5, 50)
    same(sales)


def test_what_a_cell_wrote_is_there_when_it_has_run(sales: Notebook) -> None:
    sales.run("u = tw.join('sales', 'other')")
    for price in range(5):
        sales.run(f"df.loc[0, 'price'] = {price}.5")
        assert sales["other"].loc[0, "price"] == price + 0.5


def structure(bo: Other) -> dict[str, list[ops.Op]]:
    rids, cid = bo.rids(), bo.cid
    return {
        "rows at the end": [ops.InsertRows(count=2)],
        "a row in between with values": [ops.InsertRows(before=rids[1], columns=[cid("name"), cid("n")], values=[["x"], [7]])],
        "rows gone": [ops.DeleteRows(rows=ops.Rows(ids=[rids[0], rids[2]]))],
        "all rows gone": [ops.DeleteRows(rows=ops.Rows(ids=rids))],
        "rows gone and back": [ops.DeleteRows(rows=ops.Rows(ids=rids[:1])), ops.Undo()],
        "a column": [ops.AddColumn(name="new", dtype="double", at=1, rows=rids[:2], values=[1.5, 2.5])],
        "a column of choices": [
            ops.AddColumn(name="size", dtype="category", rows=rids, values=["s", "m", None], categories=["s", "m"], ordered=True)
        ],
        "a column gone": [ops.DropColumns(columns=[cid("price")])],
        "a column gone and back": [ops.DropColumns(columns=[cid("price")]), ops.Undo()],
        "another name": [ops.RenameColumn(column=cid("n"), name="qty")],
        "another place": [ops.MoveColumn(column=cid("n"), to=0)],
        "another type": [ops.RetypeColumn(column=cid("n"), dtype="string")],
        "another type and back": [ops.RetypeColumn(column=cid("n"), dtype="string"), ops.Undo()],
        "texts as choices": [ops.RetypeColumn(column=cid("name"), dtype="category")],
        "a missing whole number": [
            ops.SetCells(blocks=[ops.Block(columns=[cid("n")], values=[[None]], rows=[rids[0]])], input="value")
        ],
        "much at once": [
            ops.InsertRows(count=1, before=rids[0]),
            ops.AddColumn(name="new", dtype="string"),
            ops.DeleteRows(rows=ops.Rows(ids=[rids[1]])),
            ops.RenameColumn(column=cid("price"), name="cost"),
            ops.MoveColumn(column=cid("name"), to=3),
        ],
    }


@pytest.mark.parametrize(
    "what",
    [
        "rows at the end",
        "a row in between with values",
        "rows gone",
        "all rows gone",
        "rows gone and back",
        "a column",
        "a column of choices",
        "a column gone",
        "a column gone and back",
        "another name",
        "another place",
        "another type",
        "another type and back",
        "texts as choices",
        "a missing whole number",
        "much at once",
    ],
)
def test_rows_and_columns_of_others_come_and_go_in_the_very_object(sales: Notebook, bo: Other, what: str) -> None:
    mine = sales["df"]
    client = sales.open("df")
    for op in structure(bo)[what]:
        bo.do(op)
    assert caught_up(sales) is mine
    same(sales)
    shown = client.hello()
    names = [column.name for column in shown.schema.columns if not column.index]
    assert (shown.rows, names) == (len(mine), mine.columns.tolist())
    sales.run("df = pd.concat([df, df.iloc[:1]])")
    same(sales)
    sales.run("df = df.iloc[1:]")
    same(sales)


def test_a_grid_on_the_frame_hears_of_it_and_may_not_write(sales: Notebook, bo: Other) -> None:
    client = sales.open("df")
    assert "follows the shared table sales" in client.inbox[-1][0].read_only  # type: ignore[attr-defined]
    count = len(client.inbox)
    bo.set(1, "price", 33.5)
    patch = client.wait(m.Patch, since=count)
    assert [(cells.column, cells.rows, cells.values) for cells in patch.cells] == [(1, [1], [33.5])]
    refused = client.apply(ops.SetCells(blocks=[ops.Block(columns=[1], values=[["5"]], rows=[0])]))
    assert isinstance(refused, m.Nack)
    assert refused.code == "NOT_EDITABLE"
    sales.run("t.leave()")
    client.hello()
    assert isinstance(client.apply(ops.SetCells(blocks=[ops.Block(columns=[1], values=[["5"]], rows=[0])])), m.Ack)


def test_a_dtype_that_cannot_hold_a_value_becomes_one_that_can_with_a_word(sales: Notebook, bo: Other) -> None:
    bo.set(0, "n", None)
    assert caught_up(sales)["n"].dtype == pd.Int64Dtype()
    assert sales["t"].notices == ["df: n is Int64 now; int64 cannot hold what the table has."]
    sales.run("df.loc[1, 'n'] = 9")
    same(sales)


def test_a_dtype_of_my_own_stays_while_it_can_hold_the_values(sales: Notebook, bo: Other) -> None:
    sales.run(
        "df['price'] = df['price'].astype('Float64'); df['name'] = df['name'].astype(object); df['n'] = df['n'].astype('int16')"
    )
    assert bo.rev == 0
    bo.set(0, "price", 9.5)
    bo.set(0, "name", "new")
    bo.set(0, "n", 12)
    df = caught_up(sales)
    assert [str(dtype) for dtype in df.dtypes] == ["object", "Float64", "int16"]
    assert df.iloc[0].tolist() == ["new", 9.5, 12]
    same(sales)


def test_callbacks_hear_what_others_changed_between_cells(sales: Notebook, bo: Other) -> None:
    sales.run("heard = []; stop = t.on_change(lambda update: heard.append(update))")
    bo.set(1, "price", 33.5)
    caught_up(sales)
    (update,) = sales["heard"]
    assert (update.table, update.users, update.columns, update.rows.tolist()) == ("sales", ["Bo"], ["price"], [1])
    assert (update.inserted, update.deleted, update.rev) == (0, 0, 1)
    sales.run("df.loc[0, 'price'] = 1.25")
    caught_up(sales)
    assert len(sales["heard"]) == 1
    bo.do(ops.InsertRows(count=2))
    caught_up(sales)
    assert sales["heard"][-1].inserted == 2
    sales.shell.user_ns["bo"] = bo
    sales.run("bo.set(0, 'n', 8); t.refresh(); during = len(heard)")
    assert (sales["during"], len(sales["heard"])) == (2, 3)
    sales.run("stop()")
    bo.set(1, "price", 34.5)
    caught_up(sales)
    assert len(sales["heard"]) == 3


def test_an_error_in_a_callback_is_shown_and_the_next_is_called(
    sales: Notebook, bo: Other, capsys: pytest.CaptureFixture[str]
) -> None:
    sales.run("heard = []\ndef bad(update): raise ValueError('my own fault')\nt.on_change(bad); t.on_change(heard.append)")
    bo.set(1, "price", 33.5)
    caught_up(sales)
    assert len(sales["heard"]) == 1
    shown = capsys.readouterr()
    assert "my own fault" in shown.err + shown.out


def test_a_variable_in_a_plain_namespace_follows_when_it_is_asked(bo: Other) -> None:
    """Without cells nothing changes under the hands of code; it says when."""
    import tabweave as tw
    from tabweave import workspace

    space: dict[str, object] = {}
    home = workspace.current(space)
    home.circle._house = bo.notebook.home.circle.house
    joined = tw.join("sales", "mine", namespace=space)
    bo.set(1, "price", 33.5)
    joined.replica.wait(lambda: joined.replica.follower.client.rev == 1, 5)
    assert joined.df.loc[1, "price"] == 3.0
    assert joined.refresh().loc[1, "price"] == 33.5
    joined.df.loc[0, "price"] = 7.5
    assert bo.values()["price"][0] == 2.0
    joined.refresh()
    assert bo.values()["price"][0] == 7.5
    joined.leave()
    home.circle._house = None


def test_news_that_pile_up_under_a_long_cell_are_replaced_by_the_whole_table(
    sales: Notebook, bo: Other, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tabweave.shared import mailbox

    monkeypatch.setattr(mailbox, "MOST_NEWS", 3)
    kept: list[int] = []

    def edit() -> None:
        for number in range(20):
            bo.set(number % 3, "price", number + 0.25)
            until = time.monotonic() + 5
            while replica(sales).follower.client.rev != number + 1 and time.monotonic() < until:
                replica(sales).mail.receive()
                time.sleep(0.002)
            kept.append(len(replica(sales).mail.news))

    sales.shell.user_ns["edit"] = edit
    sales.run("edit(); df.loc[0, 'n'] = 9")
    same(sales)
    assert max(kept) <= 4
    assert sales["df"].loc[0, "n"] == 9


def test_another_role_and_another_table_of_the_name_are_told(sales: Notebook, bo: Other) -> None:
    from tabweave.shared import exchange

    mine = sales["df"]
    bo.house._tables.replace("sales", exchange.to_arrow(mine.assign(more=1)), sales.home.sessions.owner)
    assert replica(sales).wait(lambda: "more" in mine, 10)
    same(sales)
    assert sales["t"].notices == ["df: the table was replaced; this is the new one."]
    assert sales["df"] is mine


@pytest.mark.parametrize("frame", ["pd.DataFrame()", "pd.DataFrame({'a': []})", "pd.DataFrame(index=[1, 2])"])
def test_tables_of_nothing_can_be_shared_and_filled(sales: Notebook, frame: str) -> None:
    sales.run(f"empty = {frame}\ns = tw.share(empty, 'empty')\nu = tw.join('empty', 'other')")
    sales.run("empty['b'] = ['x'] * len(empty)")
    same(sales, "empty", "empty")
    same(sales, "other", "empty")
    sales.run("other = pd.concat([other, other.iloc[:0]])")
    same(sales, "empty", "empty")
