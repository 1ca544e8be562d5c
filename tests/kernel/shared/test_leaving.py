"""How a variable stops following, and what becomes of it."""

from __future__ import annotations

import pytest
from kernel.shared.others import Other, caught_up, replica, same
from shell import Notebook
from tabweave_core.errors import NotFound, Refused


def test_who_leaves_keeps_the_data_and_is_alone(sales: Notebook, bo: Other) -> None:
    sales.run("df.loc[0, 'price'] = 5.5; t.leave()")
    assert bo.values()["price"][0] == 5.5
    sales.run("df.loc[1, 'price'] = 6.5")
    bo.set(2, "price", 7.5)
    assert bo.values()["price"] == [5.5, 3.0, 7.5]
    assert sales["df"]["price"].tolist() == [5.5, 6.5, 1.0]
    assert sales.home.circle.replicas() == []
    with pytest.raises(NotFound, match="has left sales"):
        sales.run("t.set('price', 1, row=0)")


def test_a_deleted_variable_leaves(sales: Notebook) -> None:
    sales.run("del df")
    assert sales.home.circle.replicas() == []
    sales.run("df = pd.DataFrame({'name': ['x']})")
    assert sales.home.circle.replicas() == []


def test_a_variable_that_is_no_dataframe_any_more_leaves_with_a_word(
    sales: Notebook, bo: Other, capsys: pytest.CaptureFixture[str]
) -> None:
    sales.run("df = df['price'].sum()")
    assert "df: it is a" in capsys.readouterr().out
    assert sales.home.circle.replicas() == []
    assert bo.rev == 0


def test_a_name_that_stands_for_another_shown_frame_goes_on_with_its_values(sales: Notebook) -> None:
    sales.run("second = df.copy(); second.loc[0, 'price'] = 11.5; g = tw.show(second)")
    sales.run("df = second")
    same(sales)
    assert sales["df"] is sales["second"]
    assert sales["df"].loc[0, "price"] == 11.5


def test_two_names_of_one_object_follow_together(sales: Notebook, bo: Other) -> None:
    sales.run("alias = df; alias.loc[0, 'price'] = 4.5")
    bo.set(1, "price", 9.5)
    assert caught_up(sales) is sales["alias"]
    same(sales)


def test_a_variable_follows_one_table_at_a_time(sales: Notebook) -> None:
    with pytest.raises(Refused, match="follows the shared table sales already"):
        sales.run("tw.share(df, 'again')")
    sales.run("u = tw.join('sales', 'df')")
    assert len(sales.home.circle.replicas()) == 1


def test_after_leaving_it_can_be_shared_and_joined_again(sales: Notebook) -> None:
    sales.run("t.leave(); t = tw.share(df, 'again'); t.leave(); t = tw.join('sales', 'df')")
    sales.run("df.loc[0, 'price'] = 5.5")
    same(sales)
    assert replica(sales).table == "sales"


def test_a_dropped_table_stops_being_followed_with_a_word(sales: Notebook, capsys: pytest.CaptureFixture[str]) -> None:
    following = replica(sales)
    sales.run("tw.drop('sales')")
    following.wait(lambda: bool(following.stopped), 5)
    capsys.readouterr()
    sales.run("df.loc[0, 'price'] = 5.5")
    assert "follows no more" in capsys.readouterr().out
    assert sales["df"].loc[0, "price"] == 5.5
    sales.run("t = tw.share(df, 'sales')")
    same(sales)
