"""SQL over REST: read-only questions about the tables that the caller may read."""

from __future__ import annotations

import io
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from server.rest import Rest


@pytest.fixture(scope="module", autouse=True)
def tables(server: Any) -> None:
    rest = Rest(server)
    rest.share("orders", item=["pen", "ink", "pen"], qty=[1, 2, 3])
    rest.share("prices of 2026", item=["pen", "ink"], price=[1.5, 2.0])


JOIN = 'SELECT item, sum(qty * price) AS amount FROM orders JOIN "prices of 2026" USING (item) GROUP BY item ORDER BY item'


def test_a_question_over_several_tables_is_answered(rest: Rest) -> None:
    told = rest.ok("POST", "/sql", {"query": JOIN})
    assert told["columns"] == [
        {"name": "item", "kind": "text", "dtype": "string"},
        {"name": "amount", "kind": "float", "dtype": "double"},
    ]
    assert told["rows"] == [["ink", 4.0], ["pen", 6.0]]
    assert (told["truncated"], sorted(told["tables"])) == (False, ["orders", "prices of 2026"])


def test_a_result_comes_in_the_form_that_is_asked_for(rest: Rest) -> None:
    csv = rest.call("POST", "/sql", {"query": JOIN, "format": "csv"})
    assert (csv.headers["Content-Type"], csv.content) == ("text/csv", b'"item","amount"\n"ink",4\n"pen",6\n')
    arrow = rest.call("POST", "/sql", {"query": JOIN, "format": "arrow"})
    assert pa.ipc.open_stream(arrow.content).read_all().to_pydict() == {"item": ["ink", "pen"], "amount": [4.0, 6.0]}
    parquet = rest.call("POST", "/sql", {"query": JOIN, "format": "parquet"})
    assert pq.read_table(io.BytesIO(parquet.content)).num_rows == 2


def test_rows_beyond_the_limit_are_left_out_and_that_is_said(rest: Rest) -> None:
    told = rest.ok("POST", "/sql", {"query": "SELECT * FROM orders", "limit": 2})
    assert (len(told["rows"]), told["truncated"]) == (2, True)
    answer = rest.call("POST", "/sql", {"query": "SELECT * FROM orders", "limit": 2, "format": "csv"})
    assert (len(answer.content.splitlines()), answer.headers["X-Tabweave-Truncated"]) == (3, "true")


def test_every_kind_of_value_has_its_json(rest: Rest) -> None:
    values = "9007199254740993, 1.10::DECIMAL(9,2), DATE '2026-01-31', [1, 2], NULL, TRUE, 'nan'::DOUBLE, INTERVAL 1 DAY, {'a':1}"
    query = f"SELECT {values}"
    (row,) = rest.ok("POST", "/sql", {"query": query})["rows"]
    assert row[:7] == ["9007199254740993", "1.10", "2026-01-31", "[1,2]", None, True, "NaN"]
    assert all(isinstance(value, str) for value in row[7:])


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("SELEC 1", 422),
        ("SELECT * FROM nowhere", 404),
        ("SELECT nope FROM orders", 404),
        ("DELETE FROM orders", 403),
        ("SELECT 1; SELECT 2", 403),
        ("WITH x AS (DELETE FROM orders RETURNING *) SELECT * FROM x", 403),
        ("SELECT * FROM read_csv('/etc/passwd')", 403),
        ("COPY orders TO '/tmp/x.csv'", 403),
        ("ATTACH ':memory:' AS m", 403),
        ("SELECT * FROM query('SELECT 1')", 403),
    ],
)
def test_what_is_no_question_is_refused(rest: Rest, query: str, status: int) -> None:
    answer = rest.refused("POST", "/sql", {"query": query})
    assert answer.status in (status, 422), answer.content
    assert len(rest.rows("/datasets/orders")) == 3


@pytest.mark.parametrize("body", [{}, {"query": ""}, {"query": "SELECT 1", "limit": -1}, {"query": "SELECT 1", "format": "xml"}])
def test_a_body_that_does_not_fit_is_refused(rest: Rest, body: Any) -> None:
    assert rest.refused("POST", "/sql", body).code == "BAD_MESSAGE"
