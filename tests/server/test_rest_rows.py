"""Rows over REST: pages of a view in JSON, whole views as files, always of one revision."""

from __future__ import annotations

import io
import json
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from server.rest import Rest

ITEMS = {"item": ["pen", "ink", "pad", None, "cap"], "price": [1.5, 2.25, None, 4.0, 0.5], "qty": [1, 2, 3, 2, 5]}


@pytest.fixture
def path(rest: Rest, request: pytest.FixtureRequest) -> str:
    """A table of its own for each test."""
    return rest.share(f"rows {request.node.name[:150].replace('/', ' ')}", **ITEMS)


def items(rest: Rest, path: str, **query: Any) -> list[Any]:
    return [row["item"] for row in rest.rows(path, **query)]


def test_a_page_says_what_it_is_of(rest: Rest, path: str) -> None:
    page = rest.ok(
        "GET", f"{path}/rows", start=1, limit=2, sort="-qty", filter='{"is": "missing", "column": "price", "negate": true}'
    )
    assert (page["rev"], page["start"], page["stop"], page["rows"], page["total"]) == (0, 1, 3, 4, 5)
    assert page["columns"] == ["item", "price", "qty"]
    assert page["records"] == [
        {"row": 1, "values": {"item": "ink", "price": 2.25, "qty": 2}},
        {"row": 3, "values": {"item": None, "price": 4.0, "qty": 2}},
    ]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, ["pen", "ink", "pad", None, "cap"]),
        ({"start": 3}, [None, "cap"]),
        ({"start": 9}, []),
        ({"stop": 2}, ["pen", "ink"]),
        ({"start": 1, "limit": 1}, ["ink"]),
        ({"limit": 0}, []),
        ({"sort": "price"}, ["cap", "pen", "ink", None, "pad"]),
        ({"sort": "-qty,item"}, ["cap", "pad", "ink", None, "pen"]),
        ({"sort": '["-price"]'}, [None, "ink", "pen", "cap", "pad"]),
        ({"search": "P"}, ["pen", "pad", "cap"]),
        ({"filter": '{"is": "range", "column": "price", "lo": 1, "hi": 3}'}, ["pen", "ink"]),
        ({"filter": '[{"is": "set", "column": "qty", "values": [2]}, {"is": "missing", "column": "item"}]'}, [None]),
        ({"filter": '{"is": "text", "column": "item", "text": "p", "mode": "starts"}'}, ["pen", "pad"]),
        ({"filter": '{"is": "expression", "sql": "price * qty > 4"}'}, ["ink", None]),
    ],
    ids=str,
)
def test_a_view_is_sorted_filtered_and_cut(rest: Rest, path: str, query: dict[str, Any], found: list[Any]) -> None:
    assert items(rest, path, **query) == found
    assert items_of_csv(rest, path, query) == ["" if item is None else item for item in found]


def items_of_csv(rest: Rest, path: str, query: dict[str, Any]) -> list[str]:
    lines = rest.call("GET", f"{path}/rows", format="csv", columns="item", **query).content.decode().splitlines()
    return [line.strip('"') for line in lines[1:]]


def test_columns_come_as_they_are_named(rest: Rest, path: str) -> None:
    assert rest.rows(path, columns="qty,item", limit=1) == [{"qty": 1, "item": "pen"}]
    assert rest.rows(path, columns="[]", limit=2) == [{}, {}]


def test_names_with_commas_and_signs_can_be_named(rest: Rest) -> None:
    path = rest.share("odd names", **{"a,b": [1, 2], "-c": [4, 3]})
    assert rest.rows(path, columns='["a,b"]', sort="-c") == [{"a,b": 2}, {"a,b": 1}]
    assert rest.rows(path, columns='["a,b"]', sort="--c") == [{"a,b": 1}, {"a,b": 2}]


@pytest.mark.parametrize(
    ("query", "status", "code", "where"),
    [
        ({"columns": "itme"}, 404, "NO_COLUMN", "itme"),
        ({"sort": "-itme"}, 404, "NO_COLUMN", "itme"),
        ({"sort": "["}, 400, "BAD_MESSAGE", "$.sort"),
        ({"filter": "{"}, 400, "BAD_MESSAGE", "$.filter"),
        ({"filter": '{"is": "range"}'}, 400, "BAD_MESSAGE", "$.filter"),
        ({"filter": '{"is": "sql", "sql": "true"}'}, 400, "BAD_MESSAGE", "$.filter.is"),
        ({"filter": '[{"is": "text", "column": "item", "text": 3}]'}, 400, "BAD_MESSAGE", "$.filter[0].text"),
        ({"filter": '{"is": "range", "column": "price", "lo": "soon"}'}, 422, "TYPE", ""),
        ({"filter": '{"is": "text", "column": "item", "text": "(", "mode": "regex"}'}, 422, "CHECK", ""),
        ({"filter": '{"is": "expression", "sql": "nope > 4"}'}, 404, "NO_COLUMN", ""),
        ({"start": "-1"}, 400, "BAD_MESSAGE", "$.start"),
        ({"start": "9" * 30}, 400, "BAD_MESSAGE", "$.start"),
        ({"start": 3, "stop": 2}, 400, "BAD_MESSAGE", "$.stop"),
        ({"limit": 1, "stop": 2}, 400, "BAD_MESSAGE", "$.limit"),
        ({"limit": "null"}, 400, "BAD_MESSAGE", "$.limit"),
        ({"format": "xml"}, 400, "BAD_MESSAGE", "$.format"),
        ({"page": 1}, 400, "BAD_MESSAGE", "$"),
    ],
    ids=str,
)
@pytest.mark.parametrize("form", ["json", "csv"])
def test_a_view_that_cannot_be_is_refused(
    rest: Rest, path: str, query: dict[str, Any], status: int, code: str, where: str, form: str
) -> None:
    answer = rest.refused("GET", f"{path}/rows", **({"format": form} | query))
    assert (answer.status, answer.code, answer.json["error"]["where"]) == (status, code, where)


def test_an_argument_that_is_there_twice_is_refused(rest: Rest, path: str) -> None:
    assert rest.refused("GET", f"{path}/rows?limit=1&limit=2").json["error"]["where"] == "$.limit"


def test_the_nearest_names_are_told(rest: Rest, path: str) -> None:
    assert "'item'" in rest.refused("GET", f"{path}/rows", columns="itme").json["error"]["hint"]


def test_a_file_has_the_values_of_the_table(rest: Rest) -> None:
    table = pa.table(
        {
            "text": ['a,"b"\n', "", None],
            "money": pa.array([1, 2, None], pa.decimal128(9, 2)),
            "day": pa.array([0, 1, None], pa.date32()),
            "at": pa.array([0, 1_500_000_000_000_001_000, None], pa.timestamp("ns", "UTC")),
            "took": pa.array([1, 2_000_000_001, None], pa.duration("ns")),
            "clock": pa.array([1, 2, None], pa.time64("us")),
            "raw": pa.array([b"\x00\xff", b"", None]),
            "kind": pa.array(["x", "y", None]).dictionary_encode(),
            "yes": [True, False, None],
        }
    )
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    rest.ok("PUT", "/datasets/all%20kinds", sink.getvalue(), replace="true")
    arrow = rest.call("GET", "/datasets/all%20kinds/rows", format="arrow")
    assert arrow.headers["Content-Type"] == "application/vnd.apache.arrow.stream"
    assert pa.ipc.open_stream(arrow.content).read_all().to_pydict() == table.to_pydict()
    parquet = rest.call("GET", "/datasets/all%20kinds/rows", None, {"Accept": "application/vnd.apache.parquet"})
    assert pq.read_table(io.BytesIO(parquet.content)).to_pydict() == table.to_pydict()
    csv = rest.call("GET", "/datasets/all%20kinds/rows", None, {"Accept": "text/csv;q=0.9, */*;q=0.1"})
    assert csv.headers["Content-Type"] == "text/csv"
    assert csv.content.decode().splitlines()[0] == '"text","money","day","at","took","clock","raw","kind","yes"'
    assert rest.rows("/datasets/all%20kinds")[1] == {
        "text": "",
        "money": "2.00",
        "day": "1970-01-02",
        "at": "2017-07-14T02:40:00.000001Z",
        "took": "2000000001",
        "clock": "00:00:00.000002",
        "raw": "",
        "kind": "y",
        "yes": False,
    }
    rest.ok("PUT", "/datasets/all%20kinds%20again", csv.content, types="text=text,money=decimal", replace="true")
    assert rest.rows("/datasets/all%20kinds%20again", columns="text,money,day") == rest.rows(
        "/datasets/all%20kinds", columns="text,money,day"
    )


def test_an_empty_view_is_a_file_with_its_columns(rest: Rest, path: str) -> None:
    query = {"search": "nothing like it", "format": "csv"}
    assert rest.call("GET", f"{path}/rows", **query).content == b'"item","price","qty"\n'
    arrow = rest.call("GET", f"{path}/rows", **(query | {"format": "arrow"}))
    assert pa.ipc.open_stream(arrow.content).read_all().schema.names == ["item", "price", "qty"]
    parquet = rest.call("GET", f"{path}/rows", **(query | {"format": "parquet"}))
    assert pq.read_table(io.BytesIO(parquet.content)).num_rows == 0


def test_a_file_has_all_rows_and_a_page_a_thousand(rest: Rest) -> None:
    path = rest.share("many rows", n=list(range(2500)))
    assert len(rest.rows(path)) == 1000
    assert len(rest.call("GET", f"{path}/rows", format="csv").content.splitlines()) == 2501


@pytest.mark.parametrize("form", ["json", "csv", "parquet"])
def test_who_has_the_newest_is_told_so(rest: Rest, path: str, form: str) -> None:
    first = rest.call("GET", f"{path}/rows", format=form)
    mark = {"If-None-Match": first.headers["ETag"]}
    assert first.headers["X-Tabweave-Rev"] == "0"
    again = rest.call("GET", f"{path}/rows", None, mark, format=form)
    assert (again.status, again.content) == (304, b"")
    rest.ok("PUT", f"{path}/cells/0/qty", {"value": 9})
    newer = rest.call("GET", f"{path}/rows", None, mark, format=form)
    assert (newer.status, newer.headers["X-Tabweave-Rev"]) == (200, "1")
    assert newer.headers["ETag"] != first.headers["ETag"]


def test_a_table_made_anew_has_another_mark(rest: Rest, path: str) -> None:
    mark = {"If-None-Match": rest.call("GET", f"{path}/rows").headers["ETag"]}
    rest.ok("DELETE", path)
    rest.ok("POST", "/datasets", {"name": rest_name(path), "columns": ITEMS})
    assert rest.call("GET", f"{path}/rows", None, mark).status == 200


def rest_name(path: str) -> str:
    from urllib.parse import unquote

    return unquote(path.rpartition("/")[2])


def test_a_refusal_has_no_mark(rest: Rest, path: str) -> None:
    answer = rest.refused("GET", f"{path}/rows", None, {"If-None-Match": "*"}, columns="nope")
    assert "ETag" not in answer.headers
    assert json.loads(answer.content)["error"]["code"] == "NO_COLUMN"
