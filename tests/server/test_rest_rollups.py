"""Rollups over REST: kept with a table, read as nodes, written with a dry run before."""

from __future__ import annotations

import json
from typing import Any

import pytest
from server.rest import Rest

ROWS = {
    "brand": ["Acme", "Acme", "Acme", "Bolt", None],
    "family": ["Shoes", "Hats", "Shoes", "Hats", "Hats"],
    "month": ["Jan", "Jan", "Feb", "Feb", "Feb"],
    "amount": [10, 20, 70, 5, 1],
}
YEAR = {"by": ["brand", "family"], "of": [{"fn": "sum", "column": "amount"}, {"fn": "max", "column": "amount"}]}


@pytest.fixture
def path(ann: Rest, request: pytest.FixtureRequest) -> str:
    return ann.share(f"plan {request.node.name}", **ROWS)


def spread(path: list[Any], value: str, **more: Any) -> dict[str, Any]:
    return {"targets": [{"at": {"path": path}, "value": value}], **more}


def totals(rest: Rest, path: str, **query: Any) -> list[tuple[Any, Any]]:
    found = rest.ok("GET", f"{path}/rollups/year/nodes", **query)
    return [(node["path"][-1] if node["path"] else "", node["values"][0]) for node in found["nodes"]]


def test_a_rollup_is_kept_read_written_and_forgotten(ann: Rest, path: str) -> None:
    kept = ann.ok("PUT", f"{path}/rollups/year", YEAR)
    assert kept["by"] == ["brand", "family"]
    assert ann.ok("GET", f"{path}/rollups")["rollups"] == [kept]
    page = ann.ok("GET", f"{path}/rollups/year/nodes", limit=2)
    assert (page["rows"], page["total"], page["stop"], page["levels"]) == (4, 8, 2, ["brand", "family"])
    assert [(column["name"], column["editable"]) for column in page["columns"]] == [("sum(amount)", True), ("max(amount)", False)]
    assert page["nodes"][1] == {"path": ["Acme"], "rows": 3, "children": 2, "values": [100, 70], "locked": []}
    preview = ann.ok("POST", f"{path}/rollups/year/spread", spread(["Acme"], "200", dry_run=True, ask_above=1))["preview"]
    assert (preview["rows"], preview["changed"], preview["totals"][0]["after"]) == (3, 3, "200")
    assert totals(ann, path)[1] == ("Acme", 100)
    assert ann.refused("POST", f"{path}/rollups/year/spread", spread(["Acme"], "200", ask_above=1)).code == "TOO_LARGE"
    done = ann.ok("POST", f"{path}/rollups/year/spread", spread(["Acme"], "200", ask_above=1, token=preview["token"]))["done"]
    assert (done["rev"], done["n_cells"]) == (1, 3)
    assert totals(ann, path, depth=-1, below=json.dumps(["Acme"])) == [("Acme", 200), ("Hats", 40), ("Shoes", 160)]
    assert totals(ann, path, sort=-1) == [("", 206), ("Acme", 200), ("Bolt", 5), (None, 1)]
    assert totals(ann, path, expanded='[["Bolt"]]', search="bolt") == [("", 206), ("Bolt", 5), ("Hats", 5)]
    assert ann.call("DELETE", f"{path}/rollups/year").status == 204
    assert ann.refused("GET", f"{path}/rollups/year/nodes").code == "NO_TABLE"


def test_methods_holds_and_what_stands_across_go_by_names(ann: Rest, path: str) -> None:
    ann.ok("PUT", f"{path}/rollups/year", {"by": ["brand"], "of": [{"fn": "sum", "column": "amount"}], "across": "month"})
    page = ann.ok("GET", f"{path}/rollups/year/nodes")
    assert [(column["group"], column["total"]) for column in page["columns"]] == [("Feb", False), ("Jan", False), (None, True)]
    assert page["nodes"][1]["values"] == [70, 30, 100]
    january = {"path": ["Acme"], "where": [{"is": "set", "column": "month", "values": ["Jan"]}]}
    target = {"at": january, "value": "40", "method": {"by": "weighted", "column": "amount", "rev": 0}}
    ann.ok("POST", f"{path}/rollups/year/spread", {"targets": [target]})
    body = {"targets": [{"at": {"path": ["Acme"]}, "value": "140"}], "holds": [january]}
    ann.ok("POST", f"{path}/rollups/year/spread", body)
    assert [row["amount"] for row in ann.rows(path)] == [13, 27, 100, 5, 1]
    bad = ann.refused("POST", f"{path}/rollups/year/spread", {"targets": [{"method": {"by": "magic"}}]})
    assert (bad.code, bad.json["error"]["where"]) == ("BAD_MESSAGE", "$.method.by")
    for wrong, code in ((spread(["Nobody"], "1"), "NO_ROW"), (spread(["Acme"], "1.5"), "SCALE"), (spread([], "x"), "TYPE")):
        assert ann.refused("POST", f"{path}/rollups/year/spread", wrong).code == code
    assert (
        ann.refused("PUT", f"{path}/rollups/bad", {"by": ["brand"], "of": [{"fn": "sum", "column": "brand"}]}).code
        == "BAD_MESSAGE"
    )
    assert ann.refused("PUT", f"{path}/rollups/bad", {"by": ["bramd"], "of": []}).json["error"]["hint"] == "Did you mean 'brand'?"


def test_a_viewer_reads_rollups_and_writes_none(ann: Rest, bo: Rest, path: str) -> None:
    ann.ok("PUT", f"{path}/rollups/year", YEAR)
    ann.ok("PUT", f"{path}/rights", {"everyone": "viewer"})
    assert totals(bo, path)[0] == ("", 106)
    assert bo.refused("POST", f"{path}/rollups/year/spread", spread(["Acme"], "200", dry_run=True)).code == "NOT_EDITABLE"
    assert bo.refused("POST", f"{path}/rollups/year/spread", spread(["Acme"], "200")).code == "FORBIDDEN"
    assert bo.refused("PUT", f"{path}/rollups/mine", YEAR).code == "FORBIDDEN"
    assert bo.refused("DELETE", f"{path}/rollups/year").code == "FORBIDDEN"
    ann.ok("PUT", f"{path}/rights", {"everyone": "editor", "columns": {"3": {"read": ["ann"]}}})
    assert bo.ok("GET", f"{path}/rollups")["rollups"] == []
    assert bo.refused("GET", f"{path}/rollups/year/nodes").code == "NO_TABLE"
    assert (
        bo.refused("PUT", f"{path}/rollups/year", {"by": ["brand"], "of": [{"fn": "count", "column": "month"}]}).code
        == "CONFLICT"
    )
    ann.ok("PUT", f"{path}/rights", {"everyone": "none"})
    assert bo.refused("GET", f"{path}/rollups").code == "NO_TABLE"
