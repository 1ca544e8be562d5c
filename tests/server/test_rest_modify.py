"""Commands over REST: dry runs, applying with a confirmation, plans, questions, and whose columns they may change."""

from __future__ import annotations

import pytest
from server.rest import Rest

ROWS = {"item": ["pen", "ink", "pad"], "price": [1.5, None, 3.0], "qty": [1, 2, 3]}


@pytest.fixture
def path(ann: Rest, request: pytest.FixtureRequest) -> str:
    found: str = ann.share(f"ask {request.node.name}", **ROWS)
    return found


def items(rest: Rest, path: str) -> list[object]:
    return [row["item"] for row in rest.rows(path)]


def test_a_dry_run_changes_nothing_and_its_token_applies_it(ann: Rest, path: str) -> None:
    shown = ann.ok("POST", f"{path}/modify", {"command": "drop rows without price", "dry_run": True})
    assert (shown["message"], shown["applied"], shown["proposal"]["rows_removed"]) == (
        "This would change: 1 row removed.",
        False,
        1,
    )
    assert items(ann, path) == ["pen", "ink", "pad"]
    done = ann.ok("POST", f"{path}/modify", {"command": "drop rows without price", "token": shown["proposal"]["token"]})
    assert (done["message"], done["applied"], done["rev"]) == ("Done: 1 row removed.", True, 1)
    assert items(ann, path) == ["pen", "pad"]
    (line,) = ann.ok("GET", f"{path}/history")["changes"]
    assert (line["kind"], line["summary"]) == ("transform", "drop rows without price (1 row removed)")
    (record,) = ann.ok("GET", f"{path}/modify")["commands"]
    assert (record["command"], record["rows_removed"], record["user"]["id"]) == ("drop rows without price", 1, "ann")
    ann.ok("POST", f"{path}/undo", {})
    assert items(ann, path) == ["pen", "ink", "pad"]


def test_a_token_of_a_table_that_changed_is_refused(ann: Rest, path: str) -> None:
    shown = ann.ok("POST", f"{path}/modify", {"command": "set qty to 9 where qty is over 1", "dry_run": True})
    ann.ok("POST", f"{path}/modify", {"command": "set qty to 7 where item is pad"})
    again = {"plan": {"steps": [{"op": "filter", "where": {"test": "compare", "column": "qty", "cmp": ">", "value": 1}}]}}
    refused = ann.call("POST", f"{path}/modify", {**again, "token": shown["proposal"]["token"]})
    assert (refused.status, refused.code) == (409, "CONFLICT")


def test_plans_questions_and_what_is_not_understood(ann: Rest, path: str) -> None:
    plan = {"steps": [{"op": "rename", "names": [{"old": "item", "new": "thing"}]}]}
    assert ann.ok("POST", f"{path}/modify", {"plan": plan})["message"] == "Done: item renamed to thing."
    told = ann.ok("POST", f"{path}/modify", {"command": "total qty by thing"})
    assert (told["applied"], told["rows"]) == (False, [["ink", 2], ["pad", 3], ["pen", 1]])
    unread = ann.call("POST", f"{path}/modify", {"command": "frobnicate the price"})
    assert unread.code == "CHECK"
    assert "frobnicate" in unread.json["error"]["message"]
    assert unread.json["error"]["hint"]
    wrong = ann.call("POST", f"{path}/modify", {"plan": {"steps": [{"op": "drop", "columns": ["prise"]}]}})
    assert (wrong.code, wrong.json["error"]["where"]) == ("NO_COLUMN", "steps[0].prise")
    assert ann.call("POST", f"{path}/modify", {"command": "x", "plan": plan}).code == "BAD_MESSAGE"
    for depth in (330, 900, 950, 980, 5000):
        deep = b'{"plan": {"steps": [{"op": "filter", "where": %s{"test": "missing", "column": "qty"}%s}]}}'
        refused = ann.call("POST", f"{path}/modify", deep % (b'{"test": "not", "of": ' * depth, b"}" * depth))
        assert (refused.status, refused.code) == (400, "BAD_MESSAGE"), depth


def test_who_may_only_read_gets_dry_runs_and_hidden_columns_do_not_exist(ann: Rest, bo: Rest, path: str) -> None:
    ann.ok("PUT", f"{path}/rights", {"people": {"bo": "viewer"}, "columns": {"1": {"read": ["ann"]}}})
    assert bo.ok("POST", f"{path}/modify", {"command": "uppercase item", "dry_run": True})["proposal"]["n_cells"] == 3
    assert bo.call("POST", f"{path}/modify", {"command": "uppercase item"}).code == "FORBIDDEN"
    assert bo.call("POST", f"{path}/modify", {"command": "drop rows without price", "dry_run": True}).code == "CHECK"
