"""`%tab share` and its fellows in a real shell, and the grids that they show."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from IPython.core.completer import provisionalcompleter
from kernel.shared.others import Other, caught_up, same
from shell import Notebook
from tabweave.widget import Grid
from tabweave_core.protocol import messages as m
from tabweave_core.protocol import wire


def test_share_join_leave_drop(notebook: Notebook, tab: Callable[[str], str]) -> None:
    said = tab("share df as sales --for bo=viewer,cy=none --others editor")
    assert "sales is shared; df follows it. Others join with: %tab join sales" in said
    assert "df: 3 rows" in said
    assert "other follows sales, as owner." in tab("join sales as other")
    notebook.run("df.loc[0, 'price'] = 8.5")
    assert notebook["other"].loc[0, "price"] == 8.5
    assert "sales" in tab("tables")
    assert "this notebook" in tab("people df")
    assert "df follows sales" in tab("status")
    assert tab("undo other").startswith("undid")
    assert notebook["df"].loc[0, "price"] == 2.0
    assert tab("redo df").startswith("redid")
    assert "price" in tab("history df --limit 2")
    assert "8.5" in tab("code df")
    assert "other follows sales no more." in tab("leave other")
    assert "sales is deleted" in tab("drop sales")
    assert "There are no shared tables" in tab("tables")


def test_the_name_of_a_variable_or_of_a_table_shows_the_shared_one(notebook: Notebook, tab: Callable[[str], str]) -> None:
    tab("share df as sales")
    assert "df: 3 rows" in tab("df")
    assert "price" not in tab("show df --columns name").splitlines()[0]
    Other(notebook).set(0, "price", 77.5)
    assert "77.5" in tab("sales")
    assert "77.5" in tab("show sales --rows 2 --read-only")


@pytest.mark.usefixtures("notebook")
@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("share", "%tab share needs NAME."),
        ("share nothing", "There is no variable 'nothing'."),
        ("share df --for bo", "--for needs USER=ROLE for each person, not 'bo'."),
        ("share df --for bo=king", "There is no role 'king'."),
        ("share df --other none", "Did you mean 'others'?"),
        ("join", "%tab join needs TABLE."),
        ("join nothing", "There is no shared table 'nothing'."),
        ("leave df", "df does not follow a shared table. %tab share df, or %tab join TABLE as df."),
        ("people df", "df does not follow a shared table."),
        ("drop nothing", "There is no shared table 'nothing'."),
        ("salez", "There is no command and no DataFrame called 'salez'."),
    ],
)
def test_a_mistake_is_one_line(tab: Callable[[str], str], line: str, says: str) -> None:
    said = tab(line)
    assert says in said
    assert "Traceback" not in said


def test_completion_knows_the_shared_tables(notebook: Notebook, tab: Callable[[str], str]) -> None:
    tab("share df as sales")
    with provisionalcompleter():
        found = [each.text for each in notebook.shell.Completer.completions("%tab join sa", 12)]
    assert "sales" in found


class Pages:
    """A page that talks to a grid by its widget's messages."""

    def __init__(self, grid: Grid, monkeypatch: pytest.MonkeyPatch) -> None:
        self.grid = grid
        self.inbox: list[dict[str, Any]] = []
        monkeypatch.setattr(grid, "send", lambda content, buffers=None: self.inbox.append(content))  # noqa: ARG005

    def send(self, message: m.Message) -> None:
        content = json.loads(wire.split(wire.encode(message))[0])
        self.grid._receive(self.grid, content, [])

    def wait(self, kind: str) -> dict[str, Any]:
        until = time.monotonic() + 10
        while time.monotonic() < until:
            for message in list(self.inbox):
                if message.get("type") == kind:
                    self.inbox.remove(message)
                    return message
            time.sleep(0.01)
        raise AssertionError(f"no {kind} among {self.inbox}")


@pytest.fixture
def in_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    from tabweave.workspace import Workspace

    monkeypatch.setattr(Workspace, "in_kernel", property(lambda _self: True))


def test_a_grid_on_a_joined_variable_is_on_the_shared_table(
    sales: Notebook, bo: Other, in_kernel: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert in_kernel is None
    sales.run("grid = t.show(columns=['price'])")
    grid = sales["grid"]
    assert (grid.table, grid.relay, grid.options) == ("table/sales", False, {"columns": [1]})
    page = Pages(grid, monkeypatch)
    page.send(m.Hello(ch="a" * 32, proto=m.PROTOCOL, table=grid.table))
    welcome = page.wait("welcome")
    assert (welcome["name"], welcome["rows"], welcome["role"]) == ("sales", 3, "owner")
    from tabweave_core.protocol.ops import Block, SetCells

    page.send(m.Submit(ch="a" * 32, seq=1, base_rev=0, op=SetCells(blocks=[Block(columns=[1], values=[["66"]], rows=[1])])))
    assert page.wait("ack")["rev"] == 1
    assert caught_up(sales).loc[1, "price"] == 66.0
    bo.set(0, "price", 5.5)
    assert page.wait("patch")["rev"] in (1, 2)
    sales.run("df.loc[2, 'price'] = 4.5")
    same(sales)
    page.send(m.Ping(ch="a" * 32, t=1.0))
    assert page.wait("pong")["t"] == 1.0
    people = sales["t"].replica
    people.wait(lambda: len(people.follower.client.peers) == 1, 5)
    grid.close()
    assert people.wait(lambda: not people.follower.client.peers, 5)


def test_a_grid_on_a_table_that_nobody_follows_here(sales: Notebook, in_kernel: None, capsys: pytest.CaptureFixture[str]) -> None:
    assert in_kernel is None
    sales.shell.run_line_magic("load_ext", "tabweave")
    sales.run("t.leave()")
    capsys.readouterr()
    sales.run("%tab sales --rows 5")
    assert "sales" in capsys.readouterr().out


def test_a_page_that_asks_for_a_table_without_a_hall_is_told(notebook: Notebook) -> None:
    heard: list[Any] = []
    notebook.home.sessions.receive(
        wire.encode(m.Hello(ch="a" * 32, proto=m.PROTOCOL, table="table/sales")),
        lambda frame: heard.append(wire.decode_answer(frame)[0]),
        notebook.home.sessions.owner,
    )
    (gone,) = heard
    assert isinstance(gone, m.Gone)


def test_a_page_may_watch_the_list_of_tables(sales: Notebook) -> None:
    heard: list[Any] = []
    sales.home.sessions.receive(
        wire.encode(m.WatchTables(ch="b" * 32)),
        lambda frame: heard.append(wire.decode_answer(frame)[0]),
        sales.home.sessions.owner,
    )
    until = time.monotonic() + 10
    while not heard and time.monotonic() < until:
        time.sleep(0.01)
    assert [info.name for info in heard[0].tables] == ["sales"]
