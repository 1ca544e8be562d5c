"""Cells over REST: read, set, set many, on conditions, once; operations, undo and redo."""

from __future__ import annotations

from typing import Any

import pytest
from server.rest import Rest


@pytest.fixture
def path(rest: Rest, request: pytest.FixtureRequest) -> str:
    """A table of its own for each test."""
    name = f"cells {request.node.name[:150].replace('/', ' ')}"
    return rest.share(name, item=["pen", "ink", "pad"], price=[1.5, 2.25, None], qty=[1, 2, 3])


def column(rest: Rest, path: str, name: str) -> list[Any]:
    return [row[name] for row in rest.rows(path, columns=name)]


def test_a_cell_is_read_and_set(rest: Rest, path: str) -> None:
    assert rest.ok("GET", f"{path}/cells/1/price") == {"rev": 0, "row": 1, "column": "price", "value": 2.25}
    done = rest.ok("PUT", f"{path}/cells/1/price", {"value": 3})
    assert (done["rev"], done["status"], done["n_cells"]) == (1, "ok", 1)
    assert done["cells"] == [{"column": 1, "rows": [1], "values": [3.0]}]
    assert rest.ok("GET", f"{path}/cells/1/price")["value"] == 3.0
    assert rest.ok("PUT", f"{path}/cells/1/price", {"value": 3})["status"] == "noop"


def test_null_is_the_missing_value(rest: Rest, path: str) -> None:
    rest.ok("PUT", f"{path}/cells/0/qty", {"value": None})
    assert column(rest, path, "qty") == [None, 2, 3]


def test_typed_text_is_read_as_a_person_means_it(rest: Rest, path: str) -> None:
    rest.ok("PUT", f"{path}/cells/0/price", {"value": "1,234.5", "input": "text"})
    assert column(rest, path, "price")[0] == 1234.5


@pytest.mark.parametrize(
    ("where", "body", "status", "code"),
    [
        ("0/price", {"value": "dear"}, 422, "TYPE"),
        ("0/qty", {"value": 10**30}, 422, "RANGE"),
        ("0/price", {"value": [1]}, 400, "BAD_MESSAGE"),
        ("0/price", {"value": 1, "input": "guess"}, 400, "BAD_MESSAGE"),
        ("0/price", {}, 400, "BAD_MESSAGE"),
        ("0/prise", {"value": 1}, 404, "NO_COLUMN"),
        ("7/price", {"value": 1}, 404, "NO_ROW"),
        ("x/price", {"value": 1}, 400, "BAD_MESSAGE"),
        ("-1/price", {"value": 1}, 400, "BAD_MESSAGE"),
        (f"{10**20}/price", {"value": 1}, 400, "BAD_MESSAGE"),
    ],
)
def test_what_a_cell_cannot_hold_is_refused(rest: Rest, path: str, where: str, body: Any, status: int, code: str) -> None:
    answer = rest.refused("PUT", f"{path}/cells/{where}", body)
    assert (answer.status, answer.code) == (status, code)
    assert rest.ok("GET", path)["rev"] == 0


def test_a_condition_on_the_value_makes_it_compare_and_set(rest: Rest, path: str) -> None:
    rest.ok("PUT", f"{path}/cells/0/qty", {"value": 5, "if": {"value": 1}})
    answer = rest.refused("PUT", f"{path}/cells/0/qty", {"value": 6, "if": {"value": 1}})
    assert (answer.status, answer.code) == (409, "CONFLICT")
    assert rest.refused("PUT", f"{path}/cells/0/qty", {"value": 6, "if": {"value": "no number"}}).code == "CONFLICT"
    rest.ok("PUT", f"{path}/cells/2/price", {"value": 6, "if": {"value": None}})
    assert (column(rest, path, "qty"), column(rest, path, "price")) == ([5, 2, 3], [1.5, 2.25, 6.0])


def test_a_condition_on_the_revision_looks_at_the_cell_only(rest: Rest, path: str) -> None:
    rest.ok("PUT", f"{path}/cells/0/qty", {"value": 5})
    rest.ok("PUT", f"{path}/cells/1/qty", {"value": 6, "if": {"rev": 0}})
    assert rest.refused("PUT", f"{path}/cells/0/qty", {"value": 7, "if": {"rev": 0}}).code == "CONFLICT"
    assert column(rest, path, "qty") == [5, 6, 3]


def test_many_cells_are_set_in_one_revision_or_not_at_all(rest: Rest, path: str) -> None:
    cells = [{"row": 0, "column": "qty", "value": 7}, {"row": 2, "column": "item", "value": "cap"}]
    assert rest.ok("POST", f"{path}/cells", {"cells": cells})["rev"] == 1
    bad = [{"row": 1, "column": "qty", "value": 8}, {"row": 2, "column": "qty", "value": "many"}]
    answer = rest.refused("POST", f"{path}/cells", {"cells": bad})
    assert (answer.status, answer.code, answer.json["error"]["n_bad"]) == (422, "TYPE", 1)
    assert [(cell["rid"], cell["id"]) for cell in answer.json["error"]["bad"]] == [(2, 2)]
    assert (column(rest, path, "qty"), column(rest, path, "item")) == ([7, 2, 3], ["pen", "ink", "cap"])


def test_many_cells_are_set_while_they_are_as_expected(rest: Rest, path: str) -> None:
    cells = [{"row": 0, "column": "qty", "value": 7, "expect": 1}, {"row": 1, "column": "item", "value": "x", "expect": "ink"}]
    rest.ok("POST", f"{path}/cells", {"cells": cells})
    assert rest.refused("POST", f"{path}/cells", {"cells": cells}).code == "CONFLICT"
    cells[0] |= {"value": 8, "expect": 7}
    assert rest.refused("POST", f"{path}/cells", {"cells": cells}).code == "CONFLICT"
    assert column(rest, path, "qty") == [7, 2, 3]


def test_values_are_set_where_a_condition_holds(rest: Rest, path: str) -> None:
    where = [{"is": "range", "column": "qty", "lo": 2}]
    done = rest.ok("POST", f"{path}/cells", {"where": where, "set": {"price": 9, "item": "new"}})
    assert (done["n_cells"], done["rev"]) == (4, 1)
    assert (column(rest, path, "item"), column(rest, path, "price")) == (["pen", "new", "new"], [1.5, 9.0, 9.0])
    nothing = [{"is": "text", "column": "item", "text": "no such"}]
    assert rest.ok("POST", f"{path}/cells", {"where": nothing, "set": {"price": 1}})["status"] == "noop"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"cells": [], "where": [], "set": {}},
        {"where": []},
        {"set": {"qty": 1}},
        {"cells": [{"row": 0, "column": "qty", "value": 1, "expect": 1}, {"row": 1, "column": "qty", "value": 1}]},
        {"cells": [{"row": 0.5, "column": "qty", "value": 1}]},
        {"cells": [{"row": 0, "column": "qty", "value": {"a": 1}}]},
    ],
)
def test_cells_that_are_not_said_clearly_are_refused(rest: Rest, path: str, body: Any) -> None:
    assert rest.refused("POST", f"{path}/cells", body).code == "BAD_MESSAGE"


@pytest.mark.parametrize(
    ("op", "check"),
    [
        ({"kind": "insert_rows", "count": 2}, lambda info: info["rows"] == 5),
        ({"kind": "delete_rows", "rows": {"ids": [1]}}, lambda info: info["rows"] == 2),
        ({"kind": "add_column", "name": "more", "dtype": "int64"}, lambda info: info["columns"] == 4),
        ({"kind": "drop_columns", "columns": [0]}, lambda info: info["columns"] == 2),
    ],
    ids=lambda value: value["kind"] if isinstance(value, dict) else "",
)
def test_any_operation_can_be_done_undone_and_redone(rest: Rest, path: str, op: Any, check: Any) -> None:
    before = rest.rows(path)
    rest.ok("POST", f"{path}/operations", {"op": op})
    assert check(rest.ok("GET", path))
    done = rest.rows(path)
    assert rest.ok("POST", f"{path}/undo", {})["can_redo"]
    assert rest.rows(path) == before
    rest.ok("POST", f"{path}/redo", {})
    assert rest.rows(path) == done


@pytest.mark.parametrize(
    "op",
    [
        {"kind": "explode"},
        {"kind": "delete_rows", "rows": {"ids": [2**70]}},
        {"kind": "set_cells", "blocks": [{"columns": [2**70], "rows": [0], "values": [[1]]}]},
        {"kind": "set_cells", "blocks": [{"columns": [0], "rows": [2**63], "values": [[1]]}]},
        {"kind": "insert_rows", "count": 2**70},
        {"kind": "move_column", "column": 0, "to": 2**70},
        {"kind": "undo", "ref": 2**70},
    ],
    ids=str,
)
def test_numbers_beyond_all_bounds_are_refused(rest: Rest, path: str, op: Any) -> None:
    assert rest.refused("POST", f"{path}/operations", {"op": op}).status < 500
    assert rest.ok("GET", path)["rev"] == 0


def test_an_operation_with_a_number_is_done_once(rest: Rest, path: str) -> None:
    op = {"kind": "insert_rows", "count": 1}
    first = rest.ok("POST", f"{path}/operations", {"op": op, "client": "job-7", "seq": 1})
    again = rest.ok("POST", f"{path}/operations", {"op": op, "client": "job-7", "seq": 1})
    assert again == first
    assert rest.ok("GET", path)["rows"] == 4
    rest.ok("POST", f"{path}/operations", {"op": op, "client": "job-7", "seq": 2})
    answer = rest.refused("POST", f"{path}/operations", {"op": op, "client": "job-7", "seq": 9})
    assert (answer.status, answer.code) == (409, "BAD_SEQ")
    for half in ({"client": "job-7"}, {"seq": 3}):
        assert rest.refused("POST", f"{path}/operations", {"op": op} | half).code == "BAD_MESSAGE"
    assert rest.ok("GET", path)["rows"] == 5


def test_an_operation_can_be_conditional(rest: Rest, path: str) -> None:
    op = {"kind": "delete_rows", "rows": {"ids": [0]}}
    rest.ok("PUT", f"{path}/cells/0/qty", {"value": 5})
    assert rest.refused("POST", f"{path}/operations", {"op": op, "if": {"rev": 0}}).code == "CONFLICT"
    rest.ok("POST", f"{path}/operations", {"op": op, "if": {"rev": 1}})


def test_nothing_to_undo_is_said(rest: Rest, path: str) -> None:
    answer = rest.refused("POST", f"{path}/undo", {})
    assert (answer.status, answer.code) == (409, "UNDO_EXPIRED")


def test_the_history_tells_who_did_what(rest: Rest, path: str) -> None:
    rest.ok("PUT", f"{path}/cells/0/qty", {"value": 5})
    rest.ok("PUT", f"{path}/cells/1/qty", {"value": 6})
    changes = rest.ok("GET", f"{path}/history")["changes"]
    assert [(change["rev"], change["kind"]) for change in changes] == [(2, "set_cells"), (1, "set_cells")]
    assert changes[0]["user"] == rest.ok("GET", "/me")["person"]
    one = rest.ok("GET", f"{path}/history", row=0, column="qty")["changes"]
    assert [change["rev"] for change in one] == [1]
    assert len(rest.ok("GET", f"{path}/history", limit=1)["changes"]) == 1
    assert rest.refused("GET", f"{path}/history", row=0).status == 400
    assert rest.refused("GET", f"{path}/history", limit=0).status == 400
