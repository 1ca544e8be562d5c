"""UPDATE, DELETE and INSERT as steps of a plan: the exact difference, DuckDB's own result, and what is refused."""

from __future__ import annotations

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tabweave_core.errors import TabweaveError
from tabweave_core.plans.comparing import Comparison
from tabweave_core.plans.draft import Source
from tabweave_core.plans.shape import Shape
from tabweave_core.protocol.plan import Plan, Sql
from tabweave_core.sql.locked import connect

ROWS = "(VALUES (0, 0, 'pen', 1, 1.50), (1, 1, 'ink', 2, NULL), (2, 2, 'pad', NULL, 3.25)) AS t(_rid, _pos, item, qty, price)"
TYPED = f"SELECT _rid::BIGINT AS _rid, _pos::BIGINT AS _pos, item, qty, price::DECIMAL(18, 2) AS price FROM {ROWS}"


def compared(sql: str) -> Comparison:
    connection = connect()
    connection.execute(f"CREATE TABLE base AS {TYPED}")
    shape = Shape.of((("item", "VARCHAR"), ("qty", "INTEGER"), ("price", "DECIMAL(18,2)")))
    return Comparison(connection, Plan(steps=[Sql(select=sql)]), Source("base", shape))


def rows(comparison: Comparison) -> list[tuple[object, ...]]:
    return [tuple(row.values()) for row in comparison.fetch(["item", "qty", "price"]).to_pylist()]


STATEMENTS = [
    "UPDATE this SET qty = qty + 1, price = qty WHERE item <> 'pen'",
    'update THIS set "qty" = 7;',
    "UPDATE this SET item = 'a, b = (c' || item -- where\n WHERE price IS NULL /* set */",
    "UPDATE this SET qty = CASE WHEN qty = 1 THEN 10 ELSE qty END",
    "UPDATE this SET qty = 1.6",
    "DELETE FROM this WHERE qty > 1",
    "DELETE FROM this",
    "DELETE FROM this WHERE NOT (qty > 1)",
    "INSERT INTO this VALUES ('cap', 4, 2.005)",
    "INSERT INTO this (qty, item) VALUES (5, 'cap'), (6, NULL)",
    "INSERT INTO this (item) SELECT item || '!' FROM this WHERE qty = 1",
]


@pytest.mark.parametrize("sql", STATEMENTS)
def test_a_statement_gives_what_duckdb_makes_of_it(sql: str) -> None:
    plain = duckdb.connect()
    plain.execute(f"CREATE TABLE this AS SELECT * EXCLUDE (_rid, _pos) FROM ({TYPED})")
    plain.execute(sql)
    expected = plain.execute("SELECT item, qty, price FROM this").fetchall()
    assert sorted(rows(compared(sql)), key=repr) == sorted(expected, key=repr)


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(["qty + 1", "NULL", "price", "0"]), st.sampled_from(["qty = 1", "price > 2", "item = 'ink'", "TRUE"]))
def test_the_difference_is_exact(value: str, where: str) -> None:
    found = compared(f"UPDATE this SET qty = {value} WHERE {where}")
    before = [row[1] for row in rows(compared("DELETE FROM this WHERE FALSE"))]
    after = [row[1] for row in rows(found)]
    changed = found.changed(["qty"]).get("qty")
    assert ([] if changed is None else changed.rids.tolist()) == [
        rid for rid, (old, new) in enumerate(zip(before, after, strict=True)) if old != new
    ]
    assert (found.diff.added, found.diff.removed) == (0, 0)


def test_rows_that_come_and_go_are_counted() -> None:
    assert compared("DELETE FROM this WHERE qty IS NULL").removed().tolist() == [2]
    assert compared("INSERT INTO this (item) VALUES ('x'), ('y')").diff.added == 2


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE base SET qty = 1",
        "UPDATE this SET _rid = 1",
        "UPDATE this SET nothing = 1",
        "UPDATE this SET qty = (SELECT max(qty) FROM base)",
        "UPDATE this SET qty = (SELECT 1 FROM read_csv('/etc/passwd'))",
        "UPDATE this SET qty = 1 FROM base",
        "UPDATE this SET qty = 1 RETURNING *",
        "UPDATE this SET qty = 1; DROP TABLE base",
        "UPDATE this SET qty = 1, qty = 2",
        "UPDATE this SET qty = getenv('HOME')",
        "DELETE FROM this USING base WHERE TRUE",
        "DELETE FROM this WHERE qty IN (SELECT qty FROM base)",
        "INSERT INTO base VALUES (1, 1, 'x', 1, 1)",
        "INSERT INTO this SELECT item, qty, price FROM base",
        "INSERT INTO this (qty) VALUES (getenv('HOME'))",
        "INSERT INTO this (item, item) VALUES (1, 2)",
        "INSERT OR REPLACE INTO this VALUES ('x', 1, 1)",
        "TRUNCATE this",
        "DROP TABLE base",
        "MERGE INTO this USING base ON TRUE WHEN MATCHED THEN DELETE",
        "WITH x AS (DELETE FROM base) SELECT 1",
    ],
)
def test_anything_else_is_refused_and_nothing_is_written(sql: str) -> None:
    with pytest.raises(TabweaveError):
        compared(sql)
