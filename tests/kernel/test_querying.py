"""SQL over the variables of a notebook."""

from __future__ import annotations

import datetime as dt
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from IPython.core.completer import provisionalcompleter
from IPython.core.error import UsageError
from shell import Notebook
from tabweave import api, querying, relations
from tabweave.workspace import Workspace
from tabweave_core.errors import NotFound, Refused, TabweaveError

APART, HERE = 1 << 60, 0


@pytest.fixture(autouse=True, scope="module")
def _end_children() -> Iterator[None]:
    yield
    querying.close()


@pytest.fixture(params=[APART, HERE], ids=["apart", "here"])
def ask(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Callable[..., pd.DataFrame]:
    """Runs a query over given variables, in a child process or in this one."""
    monkeypatch.setattr(querying, "LARGE", request.param)
    return lambda sql, **variables: querying.query(sql, variables)


@pytest.fixture
def magic(notebook: Notebook) -> Notebook:
    notebook.shell.run_line_magic("load_ext", "tabweave")
    return notebook


def test_variables_are_tables_by_their_names(ask: Callable[..., pd.DataFrame]) -> None:
    df = pd.DataFrame({"k": ["a", "b", "a"], "n": [1, 2, 3]})
    other = pd.DataFrame({"k": ["a", "b"], "label": ["first", "second"]})
    found = ask("SELECT label, sum(n) AS total FROM df JOIN other USING (k) GROUP BY ALL ORDER BY ALL", df=df, other=other)
    pd.testing.assert_frame_equal(found, pd.DataFrame({"label": ["first", "second"], "total": [4, 2]}))


def test_whatever_a_notebook_calls_a_table_can_be_queried(ask: Callable[..., pd.DataFrame]) -> None:
    for table in (pa.table({"x": [1, 2]}), pl.DataFrame({"x": [1, 2]}), pd.Series([1, 2], name="x"), pd.DataFrame({"x": [1, 2]})):
        assert ask("SELECT sum(x) AS s FROM t", t=table)["s"].tolist() == [3]
    with pytest.raises(NotFound, match="There is no table 'numbers'"):
        ask("SELECT * FROM numbers", numbers=5)


def test_results_have_the_dtypes_that_the_columns_had(ask: Callable[..., pd.DataFrame]) -> None:
    df = pd.DataFrame(
        {
            "whole": pd.array([1, 2, None], "Int64"),
            "plain": [1, 2, 3],
            "real": [1.5, np.nan, 2.5],
            "text": ["a", None, "c"],
            "yes": [True, False, True],
            "kind": pd.Categorical(["x", "y", "x"]),
            "day": pd.to_datetime(["2026-01-01", "2026-01-02", None]),
            "there": pd.to_datetime(["2026-07-01 12:00", None, "2026-01-01 12:00"]).tz_localize("Europe/Berlin"),
            "money": pd.array([Decimal("1.10"), None, Decimal("2.20")], pd.ArrowDtype(pa.decimal128(10, 2))),
            "gone": pd.to_timedelta(["1h", None, "2h"]),
        }
    )
    found = ask("SELECT * FROM df", df=df)
    expected = {name: str(dtype) for name, dtype in df.dtypes.items()} | {"kind": "str", "gone": "timedelta64[us]"}
    assert {name: str(dtype) for name, dtype in found.dtypes.items()} == expected
    for name in df.columns:
        assert found[name].isna().tolist() == df[name].isna().tolist()
        assert found[name].dropna().tolist() == df[name].dropna().tolist()
    assert ask("SELECT hour(there) AS h FROM df WHERE there IS NOT NULL ORDER BY h", df=df)["h"].tolist() == [12, 12]


def test_an_index_that_a_grid_shows_is_a_column(ask: Callable[..., pd.DataFrame]) -> None:
    named = pd.DataFrame({"n": [1, 2]}, index=pd.Index(["p", "q"], name="key"))
    levels = named.set_index(pd.MultiIndex.from_tuples([("a", 1), ("b", 2)], names=["letter", None]))
    assert ask("SELECT key FROM t WHERE n = 2", t=named)["key"].tolist() == ["q"]
    assert ask("SELECT * FROM t", t=levels).columns.tolist() == ["letter", "level_1", "n"]
    assert ask("SELECT * FROM t", t=named.reset_index(drop=True)).columns.tolist() == ["n"]


def test_column_names_of_any_kind_can_be_written(ask: Callable[..., pd.DataFrame]) -> None:
    df = pd.DataFrame([[1, 2, 3, 4, 5]], columns=["a b", 7, "x", "X", dt.date(2026, 1, 1)])
    assert ask('SELECT "a b" + "7" + x + X_1 + "2026-01-01" AS s FROM df', df=df)["s"].tolist() == [15]
    double = pd.DataFrame([[1, 2]], columns=["a", "a"])
    assert ask("SELECT a, a_1 FROM df", df=double).to_numpy().tolist() == [[1, 2]]


def test_objects_are_read_as_text(ask: Callable[..., pd.DataFrame]) -> None:
    df = pd.DataFrame({"o": pd.Series([1, "a", None, dt.date(2026, 1, 2)], dtype=object), "n": range(4)})
    assert ask("SELECT o FROM df WHERE n <> 2 ORDER BY n", df=df)["o"].tolist() == ["1", "a", "2026-01-02"]


def test_a_query_only_reads(notebook: Notebook) -> None:
    before = notebook["df"].copy()
    for query in ("DELETE FROM df", "UPDATE df SET n = 0", "WITH x AS (DELETE FROM df RETURNING *) SELECT * FROM x"):
        with pytest.raises(Refused):
            api.sql(query, namespace=notebook.shell.user_ns)
    result = api.sql("SELECT * FROM df", namespace=notebook.shell.user_ns)
    result.loc[0, "n"] = 99
    pd.testing.assert_frame_equal(notebook["df"], before)


def test_a_bound_variable_is_read_as_it_is_now(notebook: Notebook) -> None:
    client = notebook.open("df")
    client.set_cell(0, "n", 70) if hasattr(client, "set_cell") else api.table("df", namespace=notebook.shell.user_ns).set(
        "n", 70, row=0
    )
    assert api.sql("SELECT max(n) AS m FROM df", namespace=notebook.shell.user_ns)["m"].tolist() == [70]


def test_a_query_that_would_end_the_kernel_is_contained(monkeypatch: pytest.MonkeyPatch, home: Workspace) -> None:
    for large in (APART, HERE):
        monkeypatch.setattr(querying, "LARGE", large)
        with pytest.raises(TabweaveError) as refusal:
            querying.query("SELECT list_sum(range(4000000000)) AS x", home.namespace)
        assert refusal.value.code == "TOO_LARGE"


def test_large_columns_are_not_copied(monkeypatch: pytest.MonkeyPatch) -> None:
    df = pd.DataFrame({"a": np.arange(1000.0), "b": np.arange(1000)})
    monkeypatch.setattr(querying, "LARGE", 4000)
    monkeypatch.setattr(querying, "_apart", None)
    assert querying.query("SELECT sum(a) AS s FROM df", {"df": df})["s"].tolist() == [499_500.0]
    table = relations.Variable(workspace_of(df), "df", df).load(["a"])
    assert table["a"].chunk(0).buffers()[1].address == df["a"].to_numpy().ctypes.data


def workspace_of(df: pd.DataFrame) -> Workspace:
    return Workspace({"df": df})


def test_a_result_that_is_too_large_is_refused_and_not_cut(
    ask: Callable[..., pd.DataFrame], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(querying, "RESULT", 10_000)
    with pytest.raises(Refused, match="Add LIMIT"):
        ask("SELECT * FROM df, range(1000)", df=pd.DataFrame({"a": range(1000)}))


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
def test_an_interrupt_stops_a_query_and_the_next_one_runs(ask: Callable[..., pd.DataFrame]) -> None:
    df = pd.DataFrame({"x": np.arange(200_000.0)})
    ask("SELECT 1 AS x")
    previous = signal.signal(signal.SIGALRM, signal.default_int_handler)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.3)
        with pytest.raises(KeyboardInterrupt):
            ask("SELECT count(*) FROM df a, df b, df c WHERE a.x * b.x + c.x < 0", df=df)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
    assert ask("SELECT count(*) AS n FROM df", df=df)["n"].tolist() == [200_000]
    assert not any(thread.name.startswith("tabweave-query") for thread in threading.enumerate())


def test_names_are_corrected(ask: Callable[..., pd.DataFrame]) -> None:
    df = pd.DataFrame({"price": [1.0], "qty": [2]})
    with pytest.raises(NotFound, match="Did you mean 'price'"):
        ask("SELECT qty, prize FROM df", df=df)
    with pytest.raises(NotFound, match="Did you mean 'orders'"):
        ask("SELECT * FROM order_s", orders=df)


def test_a_shared_table_is_read_unless_a_variable_has_its_name(notebook: Notebook) -> None:
    zoned = pa.array([dt.datetime(2026, 7, 1, 12)], pa.timestamp("us", "Europe/Berlin"))
    house = notebook.home.circle.house
    house.create("sales", pa.table({"item": ["pen", "ink"], "qty": [3, 4], "a b": pa.concat_arrays([zoned, zoned])}), None)
    house.create("df", pa.table({"n": [1000]}), None)
    names = notebook.shell.user_ns
    assert api.sql("SELECT sum(qty) AS q, any_value(n) AS n FROM sales, df WHERE n = 1", namespace=names).to_dict("list") == {
        "q": [7],
        "n": [1],
    }
    found = api.sql('SELECT qty, "a b" FROM sales ORDER BY 1', namespace=names)
    assert found.dtypes.astype(str).to_dict() == {"qty": "int64", "a b": "datetime64[us, Europe/Berlin]"}
    with pytest.raises(NotFound, match="Did you mean 'sales'"):
        api.sql("SELECT * FROM sale", namespace=names)


def test_the_magic_gives_the_result_or_puts_it_in_a_variable(magic: Notebook) -> None:
    magic.run("top = %tab sql \"SELECT name FROM df WHERE name = 'a'\"")
    assert magic["top"]["name"].tolist() == ["a"]
    magic.run("all_rows = %tab sql SELECT count(*) AS n FROM df WHERE name <> 'c'")
    assert magic["all_rows"]["n"].tolist() == [2]
    magic.run("%tab sql 'SELECT max(price) AS p FROM df' as best")
    assert magic["best"]["p"].tolist() == [3.0]
    magic.run('%%tab sql as long\n-- the query may have\nSELECT name AS "a name",\n  n * 2 AS twice\nFROM df ORDER BY n')
    assert magic["long"].to_dict("list") == {"a name": ["b", "c", "a"], "twice": [2, 4, 6]}
    magic.run("result = get_ipython().run_cell_magic('tab', 'sql', 'SELECT 5 AS five')")
    assert magic["result"]["five"].tolist() == [5]


@pytest.mark.parametrize(
    ("line", "cell", "says"),
    [
        ("sql", None, "%tab sql needs QUERY"),
        ("sql", "  \n", "There is no query. Write one"),
        ("sql SELECT * FROM dff", None, "Did you mean 'df'?"),
        ("sql DROP TABLE df", None, "Only a SELECT can be run here, not DROP."),
        ("sql too many", "SELECT 1", "one word too many"),
    ],
)
def test_the_magic_says_what_is_wrong(magic: Notebook, line: str, cell: str | None, says: str) -> None:
    with pytest.raises(UsageError, match=None) as refusal:
        magic.shell.run_line_magic("tab", line) if cell is None else magic.shell.run_cell_magic("tab", line, cell)
    assert says in str(refusal.value)


@pytest.mark.parametrize(
    ("line", "offers"),
    [
        ("%tab sql SELECT * FROM d", "df"),
        ('%tab sql "SELECT name FROM df WHERE pri', "price"),
        ("%tab sql SELECT * FROM df JOIN d", "df"),
    ],
)
def test_tables_and_columns_are_completed(magic: Notebook, line: str, offers: str) -> None:
    with provisionalcompleter():
        assert offers in {each.text for each in magic.shell.Completer.completions(line, len(line))}
