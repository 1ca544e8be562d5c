"""`tw.share`, `tw.join` and what they give, as a notebook meets them."""

from __future__ import annotations

import pytest
from kernel.shared.others import Other, caught_up, same
from shell import Notebook
from tabweave.joined import SharedTable
from tabweave_core.errors import BadMessage, BadValue, NotFound, Refused


def test_share_and_join_give_the_table_s_handle(sales: Notebook) -> None:
    table = sales["t"]
    assert isinstance(table, SharedTable)
    assert table.df is sales["df"]
    assert (table.name, table.table, table.role, table.rev) == ("df", "sales", "owner", 0)
    sales.run("u = tw.join('sales'); again = tw.table(sales); by_name = tw.table('df')")
    assert repr(sales["u"]) == "SharedTable(sales in sales: up to date, revision 0, owner)"
    assert isinstance(sales["again"], SharedTable)
    assert sales["by_name"].table == "sales"
    assert sales["sales"].equals(sales["df"])


def test_a_frame_is_shared_under_its_own_name_without_another(notebook: Notebook) -> None:
    notebook.run("import tabweave as tw; t = tw.share(df, people={'bo': 'viewer'}, others='none')")
    assert notebook["t"].table == "df"
    rights = notebook["t"].rights()
    assert (rights.everyone, rights.people) == ("none", {"bo": "viewer"})
    notebook.run("t.grant('cy', 'editor'); t.grant(None, 'viewer')")
    rights = notebook["t"].rights()
    assert (rights.everyone, rights.people) == ("viewer", {"bo": "viewer", "cy": "editor"})


@pytest.mark.parametrize(
    ("code", "error", "says"),
    [
        ("tw.share(pd.DataFrame({'a': [1]}), 'x')", BadMessage, "Only a DataFrame in a variable can be shared"),
        ("tw.share('nothing', 'x')", NotFound, "There is no variable 'nothing'"),
        ("o = pd.DataFrame({'a': [1], 'bad': [{1: 2}]}); tw.share(o, 'x')", BadValue, "Column 'bad'"),
        (
            "o = pd.DataFrame({'p': pd.period_range('2027', periods=2)}); tw.share(o)",
            BadValue,
            "Convert it to timestamps or text",
        ),
        ("o = pd.DataFrame([[1, 2]], columns=[['a', 'a'], ['b', 'c']]); tw.share(o)", Refused, "Flatten them first"),
        ("o = pd.DataFrame([[1, 2]], columns=['a', 'a']); tw.share(o)", Refused, "Two columns are called 'a'"),
        ("o = pd.DataFrame({'c': pd.Categorical([1, 2])}); tw.share(o)", BadValue, "rename_categories"),
        ("tw.share(df, 'sales')", Refused, "follows the shared table sales already"),
        ("o = df.copy(); tw.share(o, 'sales')", Refused, "There is a shared table 'sales' already"),
        ("o = df.copy(); tw.share(o, 'a/b')", Refused, "cannot name a table"),
        ("o = df.copy(); tw.share(o, people={'bo': 'king'})", BadMessage, "There is no role 'king'"),
        ("s = df['price']; tw.share(s, 'x')", Refused, "shown read-only"),
        ("tw.join('sale')", NotFound, "Did you mean 'sales'?"),
        ("tw.drop('sale')", NotFound, "Did you mean 'sales'?"),
        ("t.set('pric', 1)", NotFound, "Did you mean 'price'?"),
        ("t.set('price', 'many', row=0)", BadValue, "'many' is not a number for price"),
        ("t.set('price', [1, 2], row=0)", BadMessage, "2 values for 1 rows"),
        ("t.set('price', 1, row=0, expect='x')", BadMessage, "never has such a value"),
        ("t.grant('bo', 'edit')", BadMessage, "Did you mean 'editor'?"),
    ],
)
def test_a_mistake_is_refused_with_what_to_do_and_nothing_is_done(
    sales: Notebook, bo: Other, code: str, error: type[Exception], says: str
) -> None:
    with pytest.raises(error, match=says.replace("?", r"\?")):
        sales.run(code)
    assert [info.name for info in bo.house.tables()] == ["sales"]
    assert bo.rev == 0
    assert len(sales.home.circle.replicas()) == 1
    same(sales)


def test_set_writes_as_typed_and_waits_until_it_is_saved(sales: Notebook, bo: Other) -> None:
    sales.run("said = t.set('price', '7.5', where='n > 1'); now = df['price'].tolist()")
    assert (sales["said"], sales["now"]) == ("set 2 cells of price", [2.0, 7.5, 7.5])
    sales.run("t.set('name', ['x', 'y'], row=[0, 2]); t.set('n', None, row=1)")
    assert bo.values() == {"name": ["x", "c", "y"], "price": [2.0, 7.5, 7.5], "n": [1, None, 3]}
    same(sales)


def test_history_is_everybody_s(sales: Notebook, bo: Other) -> None:
    bo.set(0, "price", 9.5)
    sales.run("df.loc[1, 'n'] = 5\nt.refresh()")
    sales.run("all = t.history(); one = t.history(cell=(0, 'price'))")
    assert sales["all"]["who"].tolist() == ["You", "Bo"]
    assert sales["one"]["who"].tolist() == ["Bo"]


def test_people_and_tables_are_told(sales: Notebook, bo: Other) -> None:
    sales.run("u = tw.join('sales', 'other')")
    sales["t"].replica.wait(lambda: len(sales["t"].replica.follower.client.peers) == 1, 5)
    assert sales["t"].people()["where"].tolist() == ["this notebook", "a notebook"]
    sales.run("listed = tw.tables()")
    assert sales["listed"].loc["sales", ["rows", "columns", "you are", "owner"]].tolist() == [3, 3, "owner", "You"]
    assert bo.house.tables()[0].people != []


def test_code_is_told_of_the_table_s_edits(sales: Notebook) -> None:
    sales.run("df.loc[1, 'price'] = 5.5\nt.refresh()")
    assert "5.5" in sales["t"].code()


def test_status_says_what_is_shared(sales: Notebook) -> None:
    sales.run("said = tw.status()")
    assert "df follows sales: up to date, revision 0, owner" in sales["said"]
    assert "in this kernel's memory" in sales["said"]


def test_sql_reads_shared_tables_beside_variables(sales: Notebook, bo: Other) -> None:
    bo.set(0, "price", 9.5)
    sales.run("t.leave()")
    caught = sales.home.house
    assert caught is not None
    sales.run("found = tw.sql('SELECT price FROM sales ORDER BY n')")
    assert sales["found"]["price"].tolist() == [9.5, 3.0, 1.0]


def test_a_large_table_arrives_in_parts(sales: Notebook) -> None:
    sales.run("import numpy as np; big = pd.DataFrame({'a': np.arange(300_000), 'b': 'text ' * 10}); s = tw.share(big)")
    sales.run("v = tw.join('big', 'copy')")
    assert sales["copy"].equals(sales["big"])
    assert caught_up(sales, "copy").index.equals(sales["big"].index)
