"""Who may do what over REST: every route, for people with names."""

from __future__ import annotations

from typing import Any

from server.rest import Rest
from servers import Server
from tabweave_server.handlers.routes import ROUTES

COLUMNS = {"item": ["pen", "ink"], "cost": [1, 2]}


WRITES: list[tuple[str, str, Any]] = [
    ("PUT", "/cells/0/item", {"value": "cap"}),
    ("POST", "/cells", {"cells": [{"row": 0, "column": "item", "value": "cap"}]}),
    ("POST", "/cells", {"where": [], "set": {"item": "cap"}}),
    ("POST", "/operations", {"op": {"kind": "insert_rows"}}),
    ("POST", "/operations", {"op": {"kind": "delete_rows", "rows": {"ids": [0]}}}),
    ("POST", "/operations", {"op": {"kind": "rename_column", "column": 0, "name": "x"}}),
]
OWNER_ONLY: list[tuple[str, str, Any]] = [
    ("PATCH", "", {"name": "mine now"}),
    ("DELETE", "", None),
    ("GET", "/rights", None),
    ("PUT", "/rights", {"everyone": "editor"}),
]


def test_a_viewer_writes_by_no_route(ann: Rest, bo: Rest) -> None:
    path = ann.share("to look at", **COLUMNS)
    ann.ok("PUT", f"{path}/rights", {"everyone": "viewer"})
    for method, part, body in WRITES:
        answer = bo.refused(method, path + part, body)
        assert (answer.status, answer.code) == (403, "FORBIDDEN"), (method, part)
    assert bo.ok("GET", path)["role"] == "viewer"
    assert bo.refused("PUT", path, b"a\n1\n", replace="true").code == "FORBIDDEN"
    assert (ann.ok("GET", path)["rev"], bo.rows(path)) == (0, ann.rows(path))


def test_only_the_owner_renames_drops_and_says_who_may(ann: Rest, bo: Rest) -> None:
    path = ann.share("of ann", **COLUMNS)
    for method, part, body in OWNER_ONLY:
        answer = bo.refused(method, path + part, body)
        assert (answer.status, answer.code) == (403, "FORBIDDEN"), (method, part)
    assert ann.ok("GET", path)["owner"] == {"id": "ann", "name": "Ann", "color": "#123456"}


def test_a_table_that_one_may_not_see_is_not_there_by_any_route(ann: Rest, bo: Rest) -> None:
    path = ann.share("secret", **COLUMNS)
    ann.ok("PUT", f"{path}/rights", {"everyone": "none"})
    reads = [("GET", part, None) for part in ("", "/schema", "/rows", "/rows?format=csv", "/cells/0/item", "/changes?since=0")]
    reads += [("GET", "/events", None), ("GET", "/history", None), ("POST", "/undo", {}), ("POST", "/chart", {"x": "item"})]
    for method, part, body in [*reads, *WRITES, *OWNER_ONLY]:
        answer = bo.refused(method, path + part, body)
        assert (answer.status, answer.code) == (404, "NO_TABLE"), (method, part)
    assert "secret" not in [table["name"] for table in bo.ok("GET", "/datasets")["datasets"]]
    assert bo.refused("POST", "/sql", {"query": "SELECT * FROM secret"}).code == "NO_TABLE"


def test_a_column_that_one_may_not_read_is_nowhere(ann: Rest, bo: Rest) -> None:
    path = ann.share("part secret", **COLUMNS)
    ann.ok("PUT", f"{path}/rights", {"columns": {"1": {"read": []}}})
    ann.ok("PUT", f"{path}/cells/0/cost", {"value": 7777777})
    shown = [
        bo.call("GET", f"{path}/{part}").content for part in ("schema", "rows", "rows?format=csv", "changes?since=0", "history")
    ]
    shown.append(bo.call("POST", "/sql", {"query": 'SELECT * FROM "part secret"'}).content)
    assert not [content for content in shown if b"cost" in content or b"7777777" in content]
    assert bo.rows(path) == [{"item": "pen"}, {"item": "ink"}]
    for part in ("/rows?columns=cost", "/rows?sort=cost", "/cells/0/cost", "/history?row=0&column=cost"):
        assert bo.refused("GET", path + part).code == "NO_COLUMN"
    assert bo.refused("POST", f"{path}/chart", {"x": "item", "y": "sum(cost)"}).code == "NO_COLUMN"
    assert bo.refused("PUT", f"{path}/cells/0/cost", {"value": 1}).code == "NO_COLUMN"
    op = {"kind": "set_cells", "blocks": [{"columns": [1], "rows": [0], "values": [["1"]]}]}
    assert bo.refused("POST", f"{path}/operations", {"op": op}).code == "NO_COLUMN"
    assert ann.rows(path)[0] == {"item": "pen", "cost": 7777777}


def test_a_column_that_one_may_not_write_says_so(ann: Rest, bo: Rest) -> None:
    path = ann.share("part fixed", **COLUMNS)
    ann.ok("PUT", f"{path}/rights", {"columns": {"1": {"write": ["cy"]}}})
    columns = bo.ok("GET", f"{path}/schema")["schema"]["columns"]
    assert (columns[1]["editable"], bool(columns[1]["why"])) == (False, True)
    assert bo.refused("PUT", f"{path}/cells/0/cost", {"value": 1}).status == 403
    bo.ok("PUT", f"{path}/cells/0/item", {"value": "cap"})
    Rest(ann.server, "cy").ok("PUT", f"{path}/cells/0/cost", {"value": 9})


def test_undo_is_each_person_s_own(ann: Rest, bo: Rest) -> None:
    path = ann.share("both", **COLUMNS)
    ann.ok("PUT", f"{path}/cells/0/item", {"value": "of ann"})
    bo.ok("PUT", f"{path}/cells/1/item", {"value": "of bo"})
    ann.ok("POST", f"{path}/undo", {})
    assert [row["item"] for row in bo.rows(path)] == ["pen", "of bo"]
    assert [change["user"]["id"] for change in ann.ok("GET", f"{path}/history")["changes"]] == ["ann", "bo", "ann"]


def test_nobody_uses_another_s_numbers(ann: Rest, bo: Rest) -> None:
    path = ann.share("numbers", **COLUMNS)
    body = {"op": {"kind": "insert_rows"}, "client": "job", "seq": 1}
    ann.ok("POST", f"{path}/operations", body)
    bo.ok("POST", f"{path}/operations", body)
    assert ann.ok("GET", path)["rows"] == 4


def test_rights_for_columns_that_are_not_there_are_refused(ann: Rest) -> None:
    path = ann.share("bad rights", **COLUMNS)
    assert ann.refused("PUT", f"{path}/rights", {"columns": {"9": {"read": []}}}).code == "NO_COLUMN"
    assert ann.refused("PUT", f"{path}/rights", {"everyone": "king"}).code == "BAD_MESSAGE"


def test_who_may_not_use_tabweave_gets_nothing_from_any_route(people: Server) -> None:
    nix = Rest(people, "nix")
    for route in ROUTES:
        for method in route.methods():
            answer = nix.refused(method, route.path.format(name="t", row=0, column="a", rollup="r", file="page.js"))
            assert (answer.status, answer.code) == (403, "FORBIDDEN"), (method, route.path)


def test_who_is_not_logged_in_gets_nothing_from_any_route(people: Server) -> None:
    nobody = Rest(people, "nobody")
    for route in ROUTES:
        for method in route.methods():
            answer = nobody.refused(method, route.path.format(name="t", row=0, column="a", rollup="r", file="page.js"))
            assert (answer.status, answer.code) == (403, "FORBIDDEN"), (method, route.path)


def test_a_cookie_without_its_xsrf_token_changes_nothing(server: Server) -> None:
    rest = Rest(server)
    path = rest.share("xsrf", a=[1])
    first = rest.call("GET", "/me")
    cookie = "; ".join(each.partition(";")[0] for each in first.headers.get_all("Set-Cookie", []))
    connection = server.connection()
    connection.request("DELETE", f"/tabweave/api/v1{path}", headers={"Cookie": cookie})
    assert connection.getresponse().status == 403
    connection.close()
    assert rest.rows(path) == [{"a": 1}]
