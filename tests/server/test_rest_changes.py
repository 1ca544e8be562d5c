"""Changes over REST: at once, by waiting, and as a stream of events."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.client import HTTPConnection
from typing import Any

import pytest
from server.rest import BASE, Rest
from servers import Server, wait_for


@pytest.fixture
def path(rest: Rest, request: pytest.FixtureRequest) -> str:
    """A table of its own for each test."""
    return rest.share(f"changes {request.node.name[:150]}", item=["pen", "ink"], qty=[1, 2])


class Events:
    """A stream of events, read in order."""

    def __init__(self, rest: Rest, path: str, headers: dict[str, str] | None = None, query: str = "") -> None:
        self.connection: HTTPConnection = rest.server.connection()
        self.connection.request("GET", f"/{BASE}{path}/events{query}", headers=rest.headers | (headers or {}))
        self.answer = self.connection.getresponse()

    def __enter__(self) -> Events:
        assert self.answer.status == 200
        assert self.answer.headers["Content-Type"] == "text/event-stream"
        return self

    def __exit__(self, *_: object) -> None:
        self.connection.close()

    def lines(self) -> Iterator[str]:
        while line := self.answer.readline():
            yield line.decode().rstrip("\n")

    def next(self, *, comments: bool = False) -> dict[str, Any]:
        """The next event; {} when there are no more."""
        found: dict[str, Any] = {}
        for line in self.lines():
            name, _, value = line.partition(": ")
            if comments and line.startswith(":"):
                return {"comment": line}
            if name == "data":
                found["data"] = json.loads(value)
            elif name:
                found[name] = value
            elif "event" in found:
                return found
        return {}


def test_what_has_changed_is_the_last_value_of_each_cell(rest: Rest, path: str) -> None:
    rest.ok("PUT", f"{path}/cells/0/qty", {"value": 5})
    rest.ok("PUT", f"{path}/cells/0/qty", {"value": 6})
    rest.ok("POST", f"{path}/operations", {"op": {"kind": "insert_rows", "count": 1}})
    rest.ok("POST", f"{path}/operations", {"op": {"kind": "delete_rows", "rows": {"ids": [1]}}})
    told = rest.ok("GET", f"{path}/changes", since=0)
    assert (told["since"], told["rev"], told["inserted"], told["deleted"]) == (0, 4, [2], [1])
    assert {cells["column"]: dict(zip(cells["rows"], cells["values"], strict=True)) for cells in told["cells"]} == {
        "item": {2: None},
        "qty": {0: 6, 2: None},
    }
    later = rest.ok("GET", f"{path}/changes", since=4)
    assert (later["cells"], later["rev"]) == ([], 4)


def test_columns_that_came_or_changed_are_told(rest: Rest, path: str) -> None:
    rest.ok("POST", f"{path}/operations", {"op": {"kind": "add_column", "name": "more", "dtype": "int64"}})
    told = rest.ok("GET", f"{path}/changes", since=0)
    assert told["reread"] == ["more"]
    assert [column["name"] for column in told["schema"]["columns"]] == ["item", "qty", "more"]


@pytest.mark.parametrize("query", [{"since": 7}, {"since": 0, "epoch": "another"}])
def test_a_revision_that_never_was_is_too_far(rest: Rest, path: str, query: dict[str, Any]) -> None:
    answer = rest.refused("GET", f"{path}/changes", **query)
    assert (answer.status, answer.code) == (410, "TOO_FAR")


@pytest.mark.parametrize(
    "query", [{}, {"since": -1}, {"since": 0, "wait": 61}, {"since": 0, "wait": "nan"}, {"since": 0, "wait": -1}]
)
def test_a_question_that_cannot_be_is_refused(rest: Rest, path: str, query: dict[str, Any]) -> None:
    assert rest.refused("GET", f"{path}/changes", **query).code == "BAD_MESSAGE"


def test_waiting_ends_with_the_next_change(rest: Rest, path: str) -> None:
    found: list[Any] = []
    waiting = threading.Thread(target=lambda: found.append(rest.ok("GET", f"{path}/changes", since=0, wait=30)))
    waiting.start()
    done = rest.ok("PUT", f"{path}/cells/0/qty", {"value": 5})
    waiting.join(20)
    assert not waiting.is_alive()
    assert found[0]["rev"] == done["rev"]
    assert found[0]["cells"][0]["values"] == [5]


def test_waiting_in_vain_ends_with_nothing(rest: Rest, path: str) -> None:
    told = rest.ok("GET", f"{path}/changes", since=0, wait=0.2)
    assert (told["since"], told["rev"], told["cells"]) == (0, 0, [])


def test_waiting_ends_when_the_table_goes(rest: Rest, path: str) -> None:
    found: list[Any] = []
    waiting = threading.Thread(target=lambda: found.append(rest.refused("GET", f"{path}/changes", since=0, wait=30).code))
    waiting.start()
    rest.ok("DELETE", path)
    waiting.join(20)
    assert found == ["NO_TABLE"]


def test_events_come_with_each_change(rest: Rest, path: str) -> None:
    with Events(rest, path) as events:
        ready = events.next()
        assert (ready["event"], ready["data"]["rev"]) == ("ready", 0)
        for value in (5, 6):
            done = rest.ok("PUT", f"{path}/cells/1/qty", {"value": value})
            change = events.next()
            assert (change["event"], change["data"]["rev"], change["data"]["cells"][0]["values"]) == (
                "change",
                done["rev"],
                [value],
            )
            assert change["id"] == f"{ready['data']['epoch']}.{done['rev']}"


def test_a_stream_goes_on_where_it_broke_off(rest: Rest, path: str) -> None:
    with Events(rest, path) as events:
        events.next()
        rest.ok("PUT", f"{path}/cells/1/qty", {"value": 5})
        seen = events.next()["id"]
    rest.ok("PUT", f"{path}/cells/0/item", {"value": "cap"})
    with Events(rest, path, {"Last-Event-ID": seen}) as events:
        change = events.next()
        assert [cells["values"] for cells in change["data"]["cells"]] == [["cap"]]
    with Events(rest, path, query="?since=0") as events:
        assert {cells["column"] for cells in events.next()["data"]["cells"]} == {"item", "qty"}


def test_a_stream_ends_when_the_table_goes(rest: Rest, path: str) -> None:
    with Events(rest, path) as events:
        events.next()
        rest.ok("DELETE", path)
        gone = events.next()
        assert (gone["event"], gone["data"]["code"]) == ("gone", "NO_TABLE")
        assert events.next() == {}


def test_a_stream_is_told_to_begin_anew_when_the_table_is_another(rest: Rest, path: str) -> None:
    with Events(rest, path) as events:
        events.next()
        rest.ok("PUT", path, b"a\n1\n", replace="true")
        assert events.next()["event"] == "reset"
        rest.ok("PUT", f"{path}/cells/0/a", {"value": 2})
        assert events.next()["data"]["cells"][0]["values"] == [2]


@pytest.mark.parametrize("mark", ["x", "a.b", ".-1", "e.²"])
def test_a_mark_that_was_never_given_is_refused(rest: Rest, path: str, mark: str) -> None:
    events = Events(rest, path, {"Last-Event-ID": mark.encode("utf-8").decode("latin-1")})
    assert events.answer.status == 400
    events.connection.close()


@pytest.fixture(scope="module")
def impatient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose streams speak up often, of which it has two."""
    options = {"TabweaveServer.heartbeat": 0.1, "TabweaveServer.max_waiting": 2}
    with Server(tmp_path_factory.mktemp("impatient"), options=options) as server:
        yield server


def test_a_quiet_stream_says_that_it_is_still_there(impatient: Server) -> None:
    rest = Rest(impatient)
    path = rest.share("quiet", a=[1])
    with Events(rest, path) as events:
        events.next()
        assert events.next(comments=True) == {"comment": ": still here"}


def test_so_many_may_wait_and_those_who_hang_up_make_room(impatient: Server) -> None:
    rest = Rest(impatient)
    path = rest.share("crowded", a=[1])
    with Events(rest, path) as one, Events(rest, path) as other:
        one.next()
        other.next()
        answer = rest.refused("GET", f"{path}/changes", since=0, wait=1)
        assert (answer.status, answer.code) == (503, "BUSY")
        assert int(answer.headers["Retry-After"]) >= 1
        assert rest.ok("GET", f"{path}/changes", since=0)["rev"] == 0
    wait_for("the streams to be noticed as gone", lambda: rest.call("GET", f"{path}/changes", since=0, wait=0.01).status == 200)


def test_streams_end_when_the_server_stops(tmp_path: Any) -> None:
    with Server(tmp_path) as server:
        rest = Rest(server)
        with Events(rest, rest.share("t", a=[1])) as events:
            events.next()
            server.stop()
            assert events.next().get("event") in ("bye", None)
