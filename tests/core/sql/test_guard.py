"""What the guard says: which tables a query reads, what is wrong with it, and what to do."""

from __future__ import annotations

import re

import duckdb
import pytest
from core.sql.tables import TABLES
from hypothesis import given
from hypothesis import strategies as st
from tabweave_core.errors import BadValue, NotFound, Refused, TabweaveError
from tabweave_core.sql import functions
from tabweave_core.sql.guard import check_expression, check_query


def told(query: str, tables: list[str]) -> str:
    with pytest.raises(TabweaveError) as refusal:
        check_query(query, tables)
    return str(refusal.value)


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("SELECT * FROM sale", "There is no table 'sale'. Did you mean 'sales'?"),
        ("SELECT * FROM zebra", "There are: prices, sales, targets."),
        ("SELECT upperr(item) FROM sales", "Did you mean 'upper'?"),
        ("SELECT * FROM rnage(3)", "that a query may call in FROM. Did you mean 'range'?"),
        ("SELECT * FROM read_csv('x.csv')", "it reads or writes files. Load the file as a table first"),
        ("SELECT * FROM query('x')", "it runs SQL that is hidden in a text. Write the query itself."),
        ("DROP TABLE sales", "Only a SELECT can be run here, not DROP."),
        ("-- first\nCOPY sales TO 'x'", "not COPY."),
        ("SELECT 1; SELECT 2; SELECT 3", "These are 3 statements. Run them one by one."),
        ("SELECT id,\n  item\nFORM sales", "Look at line 3, near"),
        ("PIVOT sales ON item IN (SELECT item FROM sales)", "leave IN out"),
        ("SELECT ? FROM sales", "a parameter. Write the value itself."),
        ("DESCRIBE sales", "SHOW, DESCRIBE or SUMMARIZE"),
    ],
)
def test_a_refusal_says_what_is_wrong_and_what_to_do(query: str, says: str) -> None:
    assert says in told(query, list(TABLES))


def test_a_name_that_only_case_tells_apart_must_be_exact() -> None:
    assert check_query("SELECT * FROM df", ["df", "DF"]).tables == {"df": "df"}
    assert check_query("SELECT * FROM Sales", ["sales"]).tables == {"Sales": "sales"}
    assert check_query("SELECT * FROM SALES, sales", ["sales"]).tables in ({"SALES": "sales"}, {"sales": "sales"})
    assert "may mean df or DF" in told("SELECT * FROM Df", ["df", "DF"])
    assert "differ only in upper and lower case" in told("SELECT * FROM df, DF", ["df", "DF"])


def test_a_cte_hides_the_table_of_its_name() -> None:
    assert check_query("WITH sales AS (SELECT 1) SELECT * FROM sales", ["sales"]).tables == {}
    assert check_query("WITH sales AS (SELECT * FROM sales) SELECT * FROM sales", ["sales"]).tables == {"sales": "sales"}
    assert check_query("SELECT * FROM (WITH t AS (SELECT 1) FROM t), t", ["t"]).tables == {"t": "t"}


@pytest.mark.parametrize(
    ("query", "bounded"),
    [
        ("SELECT sum(qty) FROM sales GROUP BY region", True),
        ("SELECT lpad(item, 5, '0'), format('{:.2f}', price) FROM sales", True),
        ("SELECT * FROM range(100)", True),
        ("SELECT * FROM range(1000000)", False),
        ("SELECT lpad(item, qty, '0') FROM sales", False),
        ("SELECT format(item, qty) FROM sales", False),
        ("SELECT format('{:>{}}', item, qty) FROM sales", False),
        ("SELECT repeat(item, 99999) FROM sales", False),
        ("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT * FROM n", False),
    ],
)
def test_a_query_is_bounded_unless_it_can_make_much_out_of_little(query: str, bounded: bool) -> None:
    assert check_query(query, TABLES).bounded is bounded


def test_every_function_that_is_allowed_is_there() -> None:
    with duckdb.connect(":memory:") as connection:
        rows = connection.execute("SELECT lower(function_name), function_type FROM duckdb_functions()").fetchall()
    names = {name for name, _ in rows}
    # The parser itself makes these of what is written otherwise.
    assert functions.CALLABLE - names == set()
    assert functions.TABLES - {name for name, kind in rows if kind.startswith("table")} == set()
    assert functions.GROWING <= functions.CALLABLE


@pytest.mark.parametrize(
    "expression",
    [
        "price * qty",
        "CASE WHEN qty > 3 THEN upper(item) ELSE NULL END",
        "list_sum(codes) > 3 AND item LIKE 'p%'",
        "[x + qty FOR x IN codes]",
        "list_transform(codes, lambda x, i: x * i)",
        "day - INTERVAL 3 DAYS",
        "current_date",
        "lpad(item, 8, '.')",
        "item.upper()",
        '"Price" IS NOT NULL -- the only one',
        "(price, qty)",
    ],
)
def test_an_expression_over_the_columns_passes(expression: str) -> None:
    check_expression(expression, TABLES["sales"].column_names)


@pytest.mark.parametrize(
    ("expression", "error", "says"),
    [
        ("", BadValue, "empty"),
        ("price, qty", BadValue, "more than one expression"),
        ("1; DROP TABLE sales", BadValue, "syntax error"),
        ("1) FROM read_csv('x') WHERE (1", BadValue, "syntax error"),
        ("(SELECT 1)", BadValue, "has a subquery"),
        ("EXISTS (FROM sales)", BadValue, "has a subquery"),
        ("sum(qty)", BadValue, "sum(), which needs more than one row"),
        ("row_number() OVER ()", BadValue, "has a window function"),
        ("sum(qty) OVER ()", BadValue, "has a window function"),
        ("*", BadValue, "has a star"),
        ("COLUMNS('p.*')", BadValue, "has a star"),
        ("#1", BadValue, "has a column number"),
        ("prize * 2", NotFound, "There is no column 'prize'. Did you mean 'price'?"),
        ("prize.upper()", NotFound, "Did you mean 'price'?"),
        ("[x + y FOR x IN codes]", NotFound, "There is no column 'y'"),
        ("Zanzibar", NotFound, "Put text in single quotes"),
        ("unnest(codes)", Refused, "too much of a row"),
        ("range(qty)", Refused, "at most 10,000"),
        ("repeat(item, 1000000)", Refused, "at most 10,000"),
        ("read_text('/etc/passwd')", Refused, "it reads or writes files"),
        ("getenv('HOME')", Refused, "looks into the process"),
        ("sleep_ms(1000)", Refused, "only waits"),
        ("$1", Refused, "a parameter"),
    ],
)
def test_what_is_no_expression_over_the_columns_is_refused(expression: str, error: type[TabweaveError], says: str) -> None:
    with pytest.raises(error) as refusal:
        check_expression(expression, TABLES["sales"].column_names)
    assert says in str(refusal.value)


def tables_read(query: str) -> set[str]:
    """DuckDB's own list of what a query reads, in which a name that a CTE hides does not stand."""
    with duckdb.connect(":memory:") as connection:
        for name, table in TABLES.items():
            connection.from_arrow(table).create(name)
        return {name.strip('"') for name in connection.get_table_names(query)}


_SOURCES = """
    sales targets salaries sqlite_master duckdb_tables information_schema.tables main.sales x y "sales" 'sales.csv' pg_class
    read_text('f') query('FROM_x') query_table('sales') range(3) (SELECT_1) (FROM_sales) (WITH_x_AS_(SELECT_1)_FROM_x)
"""
_PIECES = st.sampled_from(_SOURCES.split())


@given(st.lists(_PIECES, min_size=1, max_size=4), st.lists(st.sampled_from(["x", "y", "sqlite_master", "sales"]), max_size=3))
def test_what_passes_reads_nothing_but_the_given_tables(sources: list[str], ctes: list[str]) -> None:
    texts = [re.sub(r"(?<=[A-Z])_|_(?=[A-Z(])|(?<=\))_", " ", source) for source in sources]
    names = [f"{name} AS (SELECT * FROM {source})" for name, source in zip(ctes, [*texts, *texts, *texts], strict=False)]
    query = f"{'WITH ' + ', '.join(names) if names else ''} SELECT 1 FROM {', '.join(texts)}"
    try:
        checked = check_query(query, ["sales", "targets"])
    except TabweaveError:
        return
    assert tables_read(query) == set(checked.tables.values()) <= {"sales", "targets"}


@given(st.text(max_size=60))
def test_no_text_brings_the_guard_down(text: str) -> None:
    for query in (text, f"SELECT {text}", f"SELECT * FROM sales WHERE {text}", f"PIVOT sales ON {text}"):
        try:
            check_query(query, TABLES)
        except TabweaveError as refusal:
            assert refusal.hint  # noqa: PT017
    try:
        check_expression(text, ["price"])
    except TabweaveError as refusal:
        assert refusal.message  # noqa: PT017
