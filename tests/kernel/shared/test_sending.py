"""Whatever code does to a joined DataFrame the table becomes as well, or the DataFrame is put back."""

from __future__ import annotations

import pytest
from kernel.shared.others import Other, caught_up, replica, same
from shell import Notebook

CHANGES = {
    "a cell": "df.loc[1, 'price'] = 33.5",
    "a missing cell": "df.loc[1, 'price'] = None",
    "a missing whole number": "df.loc[1, 'n'] = None",
    "a missing text": "df.loc[0, 'name'] = None",
    "a column": "df['price'] = df['price'] * 2",
    "one value for a column": "df['name'] = 'x'",
    "several columns": "df.loc[df['n'] > 1, ['price', 'n']] = [[7.5, 9], [8.5, 10]]",
    "nothing": "df.loc[1, 'price'] = df.loc[1, 'price']",
    "a row": "df.loc[3] = ['new', 4.5, 9]",
    "a row with gaps": "df.loc[3] = ['new', None, 9]",
    "rows in between": "df = pd.concat([df.iloc[:1], df.iloc[1:].set_axis([10, 11]).assign(n=[3, 4]), df.iloc[1:]])",
    "more rows of the same labels": "df = pd.concat([df, df])",
    "more rows": "df = pd.concat([df, df], ignore_index=True)",
    "no row": "df = df.iloc[:0]",
    "one row less": "df = df.drop(index=1)",
    "rows by a mask": "df = df[df['price'] > 1.5]",
    "rows come and go": "df = pd.concat([df.iloc[1:], pd.DataFrame({'name': ['z'], 'price': [0.0], 'n': [0]}, index=[7])])",
    "a new column": "df['total'] = df['price'] * df['n']",
    "a new column of texts with gaps": "df['note'] = ['a', None, 'c']",
    "a new column in front": "df.insert(0, 'first', [1, 2, 3])",
    "a new column of timestamps": "df['at'] = pd.to_datetime(['2027-01-01', None, '2027-01-03']).tz_localize('Europe/Berlin')",
    "a new column of choices": "df['size'] = pd.Categorical(['s', 'm', 's'], categories=['s', 'm', 'l'], ordered=True)",
    "a new column of nothing": "df['nothing'] = None",
    "a column less": "df = df.drop(columns='n')",
    "a column by del": "del df['price']",
    "a name": "df = df.rename(columns={'n': 'qty'})",
    "names exchanged": "df = df.rename(columns={'name': 'price', 'price': 'name'})",
    "columns moved": "df = df[['n', 'price', 'name']]",
    "the first column last": "df = df[['price', 'n', 'name']]",
    "texts of numbers": "df['n'] = df['n'].astype(str)",
    "numbers with fractions": "df['n'] = df['n'] / 2",
    "numbers of texts": "df['name'] = [1, 2, 3]",
    "texts as choices": "df['name'] = df['name'].astype('category')",
    "truth": "df['n'] = df['n'] > 1",
    "rows and columns": "df = df.iloc[1:].assign(twice=lambda d: d['n'] * 2).drop(columns='price')",
    "rows come with a new column": "df['extra'] = 1; df.loc[3] = ['new', 4.5, 9, 2]",
    "another table": "df = pd.DataFrame({'name': ['k', 'l', 'm'], 'price': [9.0, 8.0, 7.0], 'n': [6, 5, 4]})",
    "a longer table": "df = pd.DataFrame({'name': list('klmnopq'), 'price': [0.5] * 7, 'n': range(7)})",
    "another type of floats": "df['price'] = df['price'].astype('float32')",
    "nullable numbers": "df['n'] = df['n'].astype('Int64')",
    "objects": "df['name'] = df['name'].astype(object)",
}


@pytest.mark.parametrize("code", CHANGES.values(), ids=CHANGES.keys())
def test_what_code_does_the_table_becomes(sales: Notebook, code: str) -> None:
    sales.run(code)
    wanted = sales["df"].copy()
    same(sales)
    assert sales["df"].astype(object).equals(wanted.astype(object)) or sales["df"].map(str).equals(wanted.map(str))
    assert sales["t"].notices == [] or all("for everybody" in notice for notice in sales["t"].notices)
    sales.run("df.loc[df.index[:1], df.columns[0]] = df.loc[df.index[:1], df.columns[0]]")
    same(sales)


@pytest.mark.parametrize("code", CHANGES.values(), ids=CHANGES.keys())
def test_what_code_does_other_variables_become(sales: Notebook, code: str) -> None:
    sales.run("u = tw.join('sales', 'other')")
    sales.run(code)
    same(sales, "other")
    assert (
        sales["other"].map(str).to_numpy().tolist() == sales["df"].map(str).to_numpy().tolist()
        or sales["other"].isna().any().any()
    )


def test_several_cells_are_one_revision(sales: Notebook, bo: Other) -> None:
    sales.run("df.loc[0, 'price'] = 5\ndf['name'] = df['name'].str.upper()\ndf.loc[2, 'n'] = 8")
    caught_up(sales)
    assert bo.rev == 1


def test_a_row_comes_with_its_values_in_one_revision(sales: Notebook, bo: Other) -> None:
    sales.run("df.loc[3] = ['new', 4.5, 9]")
    caught_up(sales)
    assert bo.rev == 1


def test_a_column_comes_with_its_values_in_one_revision(sales: Notebook, bo: Other) -> None:
    sales.run("df['total'] = df['price'] * 2")
    caught_up(sales)
    assert bo.rev == 1


REFUSED = {
    "another order": ("df.sort_values('price', inplace=True)", "cannot be put in another order"),
    "another order by rebinding": ("df = df.sort_values('price')", "cannot be put in another order"),
    "some in another order": ("df = df.sort_values('price').iloc[:2]", "cannot be put in another order"),
    "a column as the index": ("df.set_index('name', inplace=True)", "cannot become the index"),
    "objects": ("df['o'] = [{}, [], 1]", "'o' holds dict and int and list"),
    "twice the same name": ("df = df.rename(columns={'n': 'price'})", "Two columns are called 'price'"),
    "a column of bytes": (
        "df['b'] = pd.array([b'1', None, None], dtype=pd.ArrowDtype(__import__('pyarrow').binary()))",
        "cannot be added",
    ),
}


@pytest.mark.filterwarnings("ignore:.*inplace")
@pytest.mark.parametrize(("code", "says"), REFUSED.values(), ids=REFUSED.keys())
def test_what_a_table_cannot_become_is_put_back_with_a_word(
    sales: Notebook, bo: Other, capsys: pytest.CaptureFixture[str], code: str, says: str
) -> None:
    mine, before = sales["df"], sales["df"].copy()
    sales.run(code)
    assert sales["df"] is mine
    assert mine.equals(before)
    assert says in capsys.readouterr().out
    same(sales)
    assert bo.rev == 0
    sales.run("df.loc[0, 'price'] = 8")
    same(sales)


def test_the_index_is_shared_where_it_means_something(notebook: Notebook) -> None:
    notebook.run("import tabweave as tw\ndf.index = pd.Index(['x', 'y', 'z'], name='key')\nt = tw.share(df, 'sales')")
    notebook.run("u = tw.join('sales', 'other')")
    assert notebook["other"].equals(notebook["df"])
    assert notebook["other"].index.equals(notebook["df"].index)
    notebook.run("df.loc['w'] = ['new', 1.5, 4]")
    notebook.run("df = df.rename(index={'y': 'yy'}).rename_axis('id')")
    same(notebook)
    same(notebook, "other")
    assert notebook["other"].index.tolist() == ["x", "yy", "z", "w"]
    assert notebook["other"].index.name == "id"
    notebook.run("other = other.drop(index='x')")
    same(notebook)
    assert notebook["df"].index.tolist() == ["yy", "z", "w"]


def test_the_index_cannot_be_taken_away_from_others(notebook: Notebook, capsys: pytest.CaptureFixture[str]) -> None:
    notebook.run("import tabweave as tw\ndf.index = pd.Index(['x', 'y', 'z'], name='key')\nt = tw.share(df, 'sales')")
    notebook.run("df = df.reset_index()")
    assert "cannot be taken away" in capsys.readouterr().out
    assert notebook["df"].index.name == "key"
    same(notebook)


def test_labels_that_are_only_mine_stay_mine(sales: Notebook, bo: Other) -> None:
    sales.run("df.index = [10, 20, 30]")
    assert bo.rev == 0
    bo.set(1, "price", 8.5)
    caught_up(sales)
    assert sales["df"].loc[20, "price"] == 8.5
    assert sales["df"].index.tolist() == [10, 20, 30]


def test_changes_wait_for_each_other(sales: Notebook, bo: Other) -> None:
    """A change of a row or column that the table has not named yet finds it under its name."""
    held = replica(sales).follower.lock
    with held:
        sales.run("df['total'] = df['price'] * 2; df.loc[3] = ['new', 4.5, 9, 9.0]")
        sales.run("df.loc[3, 'total'] = 11.5; df.loc[0, 'total'] = 1.5")
        sales.run("df = df.drop(index=1); df['more'] = df['total']")
    same(sales)
    assert bo.values()["total"] == [1.5, 2.0, 11.5]


def test_a_large_change_is_sent_in_parts(sales: Notebook) -> None:
    sales.run("import numpy as np; big = pd.DataFrame({'a': np.arange(30_000), 'b': 0.5}); s = tw.share(big, 'big')")
    sales.run("big['a'] = big['a'] + 1; big['b'] = np.arange(30_000) / 4")
    same(sales, "big", "big")
    assert 1 < Other(sales, "big", sales.home.sessions.owner).rev < 6
