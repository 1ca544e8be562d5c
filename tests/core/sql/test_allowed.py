"""Analysis runs, with the results that DuckDB itself gives."""

from __future__ import annotations

import math
from collections.abc import Iterator
from decimal import Decimal

import duckdb
import pyarrow as pa
import pytest
from core.sql.allowed import ALLOWED, DYNAMIC
from core.sql.tables import TABLES
from duckdb import DuckDBPyConnection
from tabweave_core.sql import execution
from tabweave_core.sql.guard import check_query
from tabweave_core.sql.locked import connect
from tabweave_core.sql.results import unique
from tabweave_core.sql.sandbox import Sandbox


@pytest.fixture(scope="module")
def oracle() -> Iterator[DuckDBPyConnection]:
    """DuckDB as it comes."""
    with duckdb.connect(":memory:", config={"threads": "1"}) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        for name, table in TABLES.items():
            connection.register(name, table)
        yield connection


def plain(value: object) -> object:
    """A value in which it makes no difference of which type a number is."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        return "nan" if math.isnan(value) else round(float(value), 9)
    return value


def rows(table: pa.Table) -> list[str]:
    return sorted(repr([plain(value) for value in row.values()]) for row in table.to_pylist())


def native(connection: DuckDBPyConnection, query: str) -> tuple[list[str], list[str]]:
    table = connection.sql(query).to_arrow_table()
    renamed = table.rename_columns(unique(table.column_names))
    return renamed.column_names, rows(renamed)


@pytest.mark.parametrize("query", ALLOWED)
def test_analysis_gives_what_duckdb_gives(shared_sandbox: Sandbox, oracle: DuckDBPyConnection, query: str) -> None:
    result = shared_sandbox.run(query, TABLES)
    names, expected = native(oracle, query)
    assert result.table.column_names == names
    assert rows(result.table) == expected
    assert not result.truncated


@pytest.mark.parametrize("query", DYNAMIC)
def test_a_pivot_finds_its_columns_as_duckdb_does(shared_sandbox: Sandbox, oracle: DuckDBPyConnection, query: str) -> None:
    table = shared_sandbox.run(query, TABLES).table
    found = oracle.execute(query)
    names = unique([each[0] for each in found.description])
    expected = pa.Table.from_pylist([dict(zip(names, row, strict=True)) for row in found.fetchall()])
    assert sorted(table.column_names) == sorted(expected.column_names)
    assert rows(table.select(sorted(table.column_names))) == rows(expected.select(sorted(table.column_names)))


def test_a_pivots_columns_stand_in_the_order_of_the_values(shared_sandbox: Sandbox) -> None:
    numbers = {"t": pa.table({"k": [10, 9, 100], "v": [1, 2, 3]})}
    assert shared_sandbox.run("PIVOT t ON k USING sum(v)", numbers).table.column_names == ["9", "10", "100"]


@pytest.mark.parametrize("query", ALLOWED)
def test_only_the_columns_that_are_needed_are_handed_over(query: str) -> None:
    checked = check_query(query, TABLES)
    given = {name: TABLES[meant] for name, meant in checked.tables.items()}
    fewer = {name: table.select(checked.wanted(table.column_names)) for name, table in given.items()}
    outcomes = []
    for tables in (given, fewer):
        with connect(threads=1) as connection:
            outcomes.append(execution.run(connection, checked, tables, 1000, 1 << 20)[0])
    assert outcomes[0].column_names == outcomes[1].column_names
    assert rows(outcomes[0]) == rows(outcomes[1])


@pytest.mark.parametrize(
    ("query", "columns"),
    [
        ("SELECT id FROM sales", ["id"]),
        ("SELECT count(*) FROM sales", ["id"]),
        ("SELECT ID FROM Sales s WHERE s.Qty > 1 ORDER BY Price", ["id", "price", "qty"]),
        ("SELECT item.upper() FROM sales", ["item"]),
        ("SELECT [x + qty FOR x IN codes] FROM sales", ["qty", "codes"]),
        ("SELECT 1 FROM sales JOIN targets USING (region)", ["region"]),
    ],
)
def test_a_query_that_names_its_columns_gets_no_others(query: str, columns: list[str]) -> None:
    assert check_query(query, TABLES).wanted(TABLES["sales"].column_names) == columns


@pytest.mark.parametrize(
    ("expression", "kind"),
    [
        ("sum(id)", pa.int64()),
        ("sum(id) * 100000000000000000000", pa.decimal128(38, 0)),
        ("max(day)::TIMESTAMP - min(day)::TIMESTAMP", pa.duration("us")),
        ("INTERVAL 2 MONTHS", pa.string()),
        ("bit_count(3)::BIT", pa.string()),
        ("sum(id)::BIGNUM", pa.string()),
        ("'10:00:00+01'::TIMETZ", pa.string()),
        ("union_value(k := 1)", pa.string()),
        ("uuid()", pa.string()),
    ],
)
def test_results_come_in_types_that_everybody_reads(shared_sandbox: Sandbox, expression: str, kind: pa.DataType) -> None:
    for rest in ("", " WHERE false"):
        assert shared_sandbox.run(f"SELECT {expression} AS x FROM sales{rest} GROUP BY ()", TABLES).table.schema.field(
            "x"
        ).type in (
            kind,
            pa.int64() if kind == pa.decimal128(38, 0) else kind,
        )


def test_intervals_keep_their_value(shared_sandbox: Sandbox) -> None:
    query = (
        "SELECT * FROM (VALUES (INTERVAL '-1 day 2 hours'), (NULL)) v(short), (VALUES (INTERVAL '14 months -3 days')) w(long) "
    )
    found = shared_sandbox.run(query, {}).table.to_pylist()
    assert [None if row["short"] is None else row["short"].total_seconds() for row in found] == [-79_200.0, None]
    assert {row["long"] for row in found} == {"1 year 2 months -3 days"}


def test_no_column_of_a_result_has_the_name_of_another(shared_sandbox: Sandbox) -> None:
    found = shared_sandbox.run("SELECT id, id AS ID, item AS id_1, id FROM sales LIMIT 1", TABLES).table
    assert len({name.casefold() for name in found.column_names}) == 4
    assert found.column_names[0] == "id"


def test_zoned_timestamps_read_in_the_zone_that_is_asked_for(shared_sandbox: Sandbox) -> None:
    query = "SELECT hour(TIMESTAMPTZ '2026-07-01 12:00:00+00') AS h"
    hours = [shared_sandbox.run(query, {}, zone=zone).table["h"].to_pylist() for zone in ("UTC", "Europe/Berlin", "No/Where'")]
    assert hours == [[12], [14], [12]]
