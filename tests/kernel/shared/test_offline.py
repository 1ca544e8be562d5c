"""Edits made while there is no server are kept, counted, and sent once it is back; each is applied once."""

from __future__ import annotations

import time

import pytest
from kernel.shared.houses import Unsteady
from kernel.shared.others import Other, caught_up, replica, same
from shell import Notebook


def test_edits_without_a_server_are_kept_and_sent_in_order(notebook: Notebook, house: Unsteady) -> None:
    notebook.run("df.loc[0, 'price'] = 5.5")
    house.stop()
    notebook.run("df.loc[0, 'price'] = 6.5; df.loc[1, 'n'] = 20")
    notebook.run("df['total'] = df['price'] * df['n']")
    notebook.run("df.loc[2, 'total'] = 9.5; df.loc[3] = ['new', 1.5, 2, 3.5]")
    notebook.run("said = tw.status(); unsaved = t.unsaved; state = repr(t)")
    assert notebook["unsaved"] > 0
    assert "not yet; they are sent when the server is there" in notebook["said"]
    assert "offline" in notebook["state"]
    house.start()
    same(notebook)
    values = Other(notebook).values()
    assert values["price"] == [6.5, 3.0, 1.0, 1.5]
    assert values["total"] == [6.5, 60.0, 9.5, 3.5]
    assert notebook["t"].unsaved == 0


def test_what_others_did_meanwhile_is_there_and_mine_is_on_top(notebook: Notebook, house: Unsteady) -> None:
    house.stop()
    notebook.run("df.loc[0, 'price'] = 6.5")
    for line, _ in house.lines:
        line._take, kept = (lambda _frame: None), line._take
    house.lines, lines = [], house.lines
    house.start()
    bo = Other(notebook)
    bo.set(0, "price", 7.5)
    bo.set(1, "price", 8.5)
    house.stop()
    house.lines = lines
    for line, _ in house.lines:
        line._take = kept
    house.start()
    same(notebook)
    assert bo.values()["price"] == [6.5, 8.5, 1.0]


def test_an_answer_that_is_lost_is_asked_for_again_and_nothing_applied_twice(notebook: Notebook, house: Unsteady) -> None:
    house.swallow = True
    notebook.run("df.loc[3] = ['new', 1.5, 2]")
    bo = Other(notebook)
    until = time.monotonic() + 5
    while bo.rev < 1 and time.monotonic() < until:
        time.sleep(0.01)
    assert (bo.rev, notebook["t"].replica.outbox.empty) == (1, False)
    house.stop()
    house.swallow = False
    house.start()
    same(notebook)
    assert (bo.rev, len(bo.rids())) == (1, 4)


def test_a_call_that_needs_the_server_says_so_and_is_sent_later(
    notebook: Notebook, house: Unsteady, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tabweave.shared import replica as module
    from tabweave_core.errors import Unavailable

    house.stop()
    monkeypatch.setattr(module, "PATIENCE", 0.1)
    with pytest.raises(Unavailable, match="has not answered yet"):
        notebook.run("t.set('price', 9, row=0)")
    with pytest.raises(Unavailable, match="cannot be reached"):
        notebook.run("t.history()")
    house.start()
    assert caught_up(notebook).loc[0, "price"] == 9.0


def test_a_table_that_was_dropped_meanwhile_gets_nothing_and_that_is_said(
    notebook: Notebook, house: Unsteady, capsys: pytest.CaptureFixture[str]
) -> None:
    following = replica(notebook)
    house.stop()
    notebook.run("df.loc[0, 'price'] = 6.5")
    house.lines, lines = [], house.lines
    house.start()
    house._tables.drop("sales", notebook.home.sessions.owner)
    house.stop()
    house.lines = lines
    house.start()
    following.wait(lambda: bool(following.stopped), 5)
    notebook.run("done = 1")
    said = capsys.readouterr().out
    assert "1 cell that you changed could not be saved" in said
    assert "follows no more" in said
    assert notebook["df"].loc[0, "price"] == 6.5


def test_nobody_leaves_with_unsaved_edits_unasked(notebook: Notebook, house: Unsteady) -> None:
    from tabweave_core.errors import Unavailable

    house.stop()
    notebook.run("df.loc[0, 'price'] = 6.5")
    with pytest.raises(Unavailable, match=r"1 cell of df not saved yet"):
        notebook.run("t.leave()")
    house.start()
    same(notebook)
    notebook.run("t.leave()")
    assert notebook.home.circle.replicas() == []


def test_a_store_that_cannot_be_opened_says_why(notebook: Notebook, house: Unsteady, monkeypatch: pytest.MonkeyPatch) -> None:
    from tabweave.shared import circle
    from tabweave_core.errors import Unavailable
    from tabweave_core.protocol import messages as m
    from tabweave_core.protocol import wire

    monkeypatch.setattr(circle, "PATIENCE", 0.5)

    def refuse(_hall: object, frame: str | bytes, send: object, *_: object, **__: object) -> None:
        send(wire.encode(m.Error(ch=wire.route(frame).ch, code="OFFLINE", message="The file is in use by process 7.")))  # type: ignore[operator]

    monkeypatch.setattr(type(house.hall), "receive", refuse)
    with pytest.raises(Unavailable, match="in use by process 7"):
        notebook.run("tw.join('sales', 'other')")
    assert "other" not in notebook.shell.user_ns


def test_who_may_not_open_it_is_told_as_the_server_says_it(
    notebook: Notebook, house: Unsteady, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tabweave_core.errors import Refused
    from tabweave_core.protocol import messages as m
    from tabweave_core.protocol import wire

    def refuse(_hall: object, frame: str | bytes, send: object, *_: object, **__: object) -> None:
        send(wire.encode(m.Error(ch=wire.route(frame).ch, code="FORBIDDEN", message="Not you.", hint="Ask Ann.")))  # type: ignore[operator]

    monkeypatch.setattr(type(house.hall), "receive", refuse)
    with pytest.raises(Refused, match=r"Not you\. Ask Ann\."):
        notebook.run("tw.join('sales', 'other')")
