"""Shared tables as a collection over REST: made of values, listed, renamed, dropped."""

from __future__ import annotations

import pytest
from server.rest import Rest


def test_a_table_of_records_has_their_columns_and_types(rest: Rest) -> None:
    records = [{"item": "pen", "price": 1.5, "qty": 3}, {"item": "ink", "price": 2, "on": True}]
    made = rest.ok("POST", "/datasets", {"name": "of records", "records": records})
    assert made["dataset"]["rows"] == 2
    assert made["columns"] == ["item", "price", "qty", "on"]
    assert [note["code"] for note in made["notes"]] == ["M1"]
    schema = rest.ok("GET", "/datasets/of%20records/schema")["schema"]
    assert [(column["name"], column["kind"]) for column in schema["columns"]] == [
        ("item", "text"),
        ("price", "float"),
        ("qty", "integer"),
        ("on", "boolean"),
    ]
    assert rest.rows("/datasets/of%20records") == [
        {"item": "pen", "price": 1.5, "qty": 3, "on": None},
        {"item": "ink", "price": 2.0, "qty": None, "on": True},
    ]


def test_types_that_are_asked_for_are_given(rest: Rest) -> None:
    body = {
        "name": "typed",
        "columns": {"zip": ["007", "12"], "paid": ["1.10", "2.25"]},
        "types": {"zip": "text", "paid": "decimal"},
    }
    rest.ok("POST", "/datasets", body)
    assert rest.rows("/datasets/typed") == [{"zip": "007", "paid": "1.10"}, {"zip": "12", "paid": "2.25"}]


def test_values_keep_every_digit(rest: Rest) -> None:
    path = rest.share("digits", whole=[2**53 + 1, 5], small=[0.1, -0.0])
    assert rest.rows(path) == [{"whole": "9007199254740993", "small": 0.1}, {"whole": 5, "small": "-0"}]


def test_nested_values_become_json_text_and_that_is_said(rest: Rest) -> None:
    made = rest.ok("POST", "/datasets", {"name": "nested", "records": [{"a": {"b": 1}}, {"a": {"b": 2}}]})
    assert [(note["code"], note["column"]) for note in made["notes"]] == [("N1", "a")]
    assert rest.rows("/datasets/nested") == [{"a": '{"b": 1}'}, {"a": '{"b": 2}'}]


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({"name": "x"}, "$.records"),
        ({"name": "x", "records": [{"a": 1}], "columns": {"a": [1]}}, "$.records"),
        ({"name": "x", "columns": {"a": [1], "b": []}}, "$.columns"),
        ({"name": "x", "records": [], "more": 1}, "$"),
        ({"name": "", "records": [{"a": 1}]}, "$.name"),
        ({"records": [{"a": 1}]}, "$"),
    ],
)
def test_a_body_that_does_not_fit_is_refused_with_the_field(rest: Rest, body: dict[str, object], where: str) -> None:
    answer = rest.refused("POST", "/datasets", body)
    assert (answer.status, answer.code) == (400, "BAD_MESSAGE")
    assert answer.json["error"]["where"] == where


@pytest.mark.parametrize("body", [b"{", b"", b"[1]", b"\xff"])
def test_a_body_that_is_not_json_is_refused(rest: Rest, body: bytes) -> None:
    answer = rest.refused("POST", "/datasets", body, {"Content-Type": "application/json"})
    assert (answer.status, answer.code) == (400, "BAD_MESSAGE")


def test_a_body_of_another_media_type_is_refused(rest: Rest) -> None:
    answer = rest.refused("POST", "/datasets", b"name=x", {"Content-Type": "application/x-www-form-urlencoded"})
    assert answer.status == 400
    assert "application/json" in answer.json["error"]["hint"]


@pytest.mark.parametrize("name", ["a/b", " a", "\x00", "x" * 201, "..", "."])
def test_a_name_that_cannot_be_one_is_refused(rest: Rest, name: str) -> None:
    assert rest.refused("POST", "/datasets", {"name": name, "records": [{"a": 1}]}).status in (400, 409)


def test_a_name_that_is_taken_is_refused(rest: Rest) -> None:
    path = rest.share("taken", a=[1])
    for answer in (
        rest.refused("POST", "/datasets", {"name": "taken", "records": [{"a": 2}]}),
        rest.refused("PUT", path, b"a\n2\n"),
    ):
        assert (answer.status, answer.code) == (409, "SCHEMA")
    assert rest.rows(path) == [{"a": 1}]


def test_a_renamed_table_is_found_under_its_new_name_only(rest: Rest) -> None:
    path = rest.share("before", a=[1])
    assert rest.ok("PATCH", path, {"name": "after / is no name"[:5]})["name"] == "after"
    assert rest.refused("GET", path).code == "NO_TABLE"
    assert rest.rows("/datasets/after") == [{"a": 1}]
    assert "after" in [table["name"] for table in rest.ok("GET", "/datasets")["datasets"]]


def test_a_dropped_table_is_gone(rest: Rest) -> None:
    path = rest.share("short lived", a=[1])
    answer = rest.call("DELETE", path)
    assert (answer.status, answer.content) == (204, b"")
    for part in ("", "/schema", "/rows", "/rights", "/history", "/changes?since=0", "/events", "/cells/0/a"):
        refused = rest.refused("GET", path + part)
        assert (refused.status, refused.code) == (404, "NO_TABLE")
    assert rest.refused("DELETE", path).status == 404


def test_a_name_may_have_any_printable_character(rest: Rest) -> None:
    name = "Umsätze 2026 #1?&%+ ü"
    path = rest.share(name, a=[1])
    assert rest.ok("GET", path)["name"] == name
    assert rest.rows(path) == [{"a": 1}]


def test_scripts_with_the_server_s_token_are_one_person(rest: Rest) -> None:
    path = rest.share("of a script", a=[1])
    assert rest.ok("GET", path)["role"] == "owner"
    rest.ok("PUT", f"{path}/cells/0/a", {"value": 2})
    rest.ok("POST", f"{path}/undo", {})
    assert rest.rows(path) == [{"a": 1}]


def test_who_is_here_and_who_asks_is_told(rest: Rest) -> None:
    me = rest.ok("GET", "/me")["person"]
    told = rest.ok("GET", "/people")
    assert told["me"] == me
    assert all(set(each) == {"person", "tables"} for each in told["people"])
