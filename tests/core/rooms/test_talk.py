"""A conversation about a shared table: hello, view, windows, operations, patches."""

from __future__ import annotations

import pytest
from core.rooms.callers import Caller, typed
from core.store.people import ANN, BO
from tabweave_core.protocol import messages as m
from tabweave_core.protocol.schema import Sort, View


def test_an_edit_is_acknowledged_and_told_to_everybody(ann: Caller, bo: Caller) -> None:
    welcome = ann.open()
    assert (welcome.name, welcome.rows, welcome.rev, welcome.role, welcome.user) == ("sales", 4, 0, "owner", ANN)
    assert bo.open().role == "editor"
    window, cells = bo.fetch(0, 10, 0, 1)
    assert (window.start, window.stop) == (0, 4)
    assert cells == {"_rid": [0, 1, 2, 3], "0": ["pen", "ink", "pad", None], "1": [1, 2, None, 4]}
    ack = ann.ok(typed(1, 2, "7"))
    assert (ack.ch, ack.rev, ack.can_undo) == (ann.ch, 1, True)
    (patch,) = bo.patched(1)
    assert (patch.user, patch.from_ch, patch.seq) == (ANN, "key1", 0)
    assert [(each.column, each.rows, each.values) for each in patch.cells] == [(1, [2], [7])]
    own = ann.patched(1)[0]
    assert (own.from_ch, own.seq, own.can_undo) == (ann.ch, 1, True)
    assert not patch.can_undo


def test_a_table_with_a_past_is_read_at_once(ann: Caller, bo: Caller) -> None:
    ann.open()
    ann.ok(typed(1, 2, "7"))
    ann.say(m.Bye(ch=ann.ch))
    assert bo.open().rev == 1
    window, cells = bo.fetch(0, 10, 1)
    assert (window.rev, cells["1"]) == (1, [1, 2, 7, 4])
    assert bo.sub(View(sort=[Sort(column=1)])).rev == 1


def test_a_view_is_sorted_and_stands_still(ann: Caller, bo: Caller) -> None:
    ann.open()
    bo.open()
    subbed = ann.sub(View(sort=[Sort(column=1, descending=True)]))
    assert (subbed.rows, subbed.total) == (4, 4)
    assert ann.fetch(0, 4, 1)[1] == {"_rid": [3, 1, 0, 2], "1": [4, 2, 1, None]}
    bo.ok(typed(1, 0, "9"))
    assert ann.patched(1)[0].stale
    assert ann.fetch(0, 4, 1)[1] == {"_rid": [3, 1, 0, 2], "1": [4, 2, 9, None]}


def test_nobody_hears_of_a_table_that_is_not_there(ann: Caller) -> None:
    ann.table = "nothing"
    ann.say(m.Hello(ch=ann.ch, proto=m.PROTOCOL, table="table/nothing"))
    gone = ann.next(m.Gone, 0)
    assert gone.reason == "unknown"
    assert "nothing" in gone.message


def test_the_same_channel_of_somebody_else_is_another(ann: Caller, bo: Caller) -> None:
    bo.ch = ann.ch
    ann.open()
    bo.open()
    assert ann.ok(typed(0, 0, "a")).rev == 1
    assert bo.ok(typed(0, 0, "b")).rev == 2
    assert [message.seq for message in ann.all(m.Ack)] == [1]
    assert ann.patched(2)[-1].user == BO


def test_a_message_that_breaks_the_protocol_is_answered_with_the_path_of_the_field(ann: Caller) -> None:
    ann.open()
    for text, where in (
        (f'{{"type":"fetch","ch":"{ann.ch}","id":1,"start":"x","stop":2,"columns":[]}}', "$.start"),
        (f'{{"type":"op","ch":"{ann.ch}","seq":1,"base_rev":0,"op":{{"kind":"set_cells","blocks":[{{}}]}}}}', "$.op.blocks[0]"),
        (f'{{"type":"nonsense","ch":"{ann.ch}"}}', "$.type"),
        (f'{{"type":"ping","ch":"{ann.ch}","t":1,"more":2}}', ""),
    ):
        ann.hall.receive(text, ann.hear, ann.user)
        error = ann.all(m.Error)[-1]
        assert (error.ch, error.code, error.where) == (ann.ch, "BAD_MESSAGE", where)
    assert ann.ok(typed(1, 0, "5")).rev == 1


def test_a_frame_that_is_no_json_is_answered_without_a_channel(ann: Caller) -> None:
    ann.hall.receive("{", ann.hear, ann.user)
    ann.hall.receive(b"x", ann.hear, ann.user)
    assert [(error.ch, error.code) for error in ann.all(m.Error)] == [("", "BAD_MESSAGE")] * 2


@pytest.mark.parametrize(
    ("hello", "where"),
    [
        ({"proto": "tab/0"}, "$.proto"),
        ({"table": "frame/1/2"}, "$.table"),
        ({"table": "table/"}, "$.table"),
        ({"ch": "a/b"}, "$.ch"),
    ],
)
def test_a_hello_that_fits_no_room_is_refused(ann: Caller, hello: dict[str, str], where: str) -> None:
    ann.say(m.Hello(**({"ch": ann.ch, "proto": m.PROTOCOL, "table": "table/sales"} | hello)))
    assert ann.next(m.Error, 0).where == where


def test_a_channel_that_said_no_hello_is_told_so(ann: Caller) -> None:
    ann.say(m.Fetch(ch=ann.ch, id=1, start=0, stop=1, columns=[0]))
    assert ann.next(m.Gone, 0).reason == "unknown"


def test_ping_is_answered_on_any_channel(ann: Caller) -> None:
    ann.say(m.Ping(ch="", t=1.5))
    assert ann.told[-1][0] == m.Pong(ch="", t=1.5)


def test_what_comes_before_the_welcome_is_answered_after_it(ann: Caller) -> None:
    ann.say(m.Hello(ch=ann.ch, proto=m.PROTOCOL, table="table/sales"))
    ann.submit(typed(1, 0, "5"))
    ann.say(m.Fetch(ch=ann.ch, id=7, start=0, stop=1, columns=[1]))
    assert isinstance(ann.outcome(1), m.Ack)
    ann.answer_to(7)
    assert isinstance(ann.told[0][0], m.Welcome)


def test_an_unknown_column_is_an_error_of_that_request(ann: Caller) -> None:
    ann.open()
    ann.say(m.Fetch(ch=ann.ch, id=7, start=0, stop=1, columns=[99]))
    error = ann.answer_to(7)[0]
    assert isinstance(error, m.Error)
    assert error.code == "NO_COLUMN"
    assert ann.fetch(0, 1, 0)[1]["0"] == ["pen"]
