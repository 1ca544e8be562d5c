"""Views of shared tables: computed beside everything else, standing still while others write, following rows."""

from __future__ import annotations

from core.rooms.callers import Caller, typed
from tabweave_core.protocol import messages as m
from tabweave_core.protocol.ops import DeleteRows, InsertRows, Rows, Undo
from tabweave_core.protocol.schema import MissingFilter, Sort, TextFilter, View

DOWN = View(sort=[Sort(column=1, descending=True)])


def test_a_patch_says_that_a_view_is_stale_only_when_what_it_depends_on_changed(ann: Caller, bo: Caller) -> None:
    ann.open()
    bo.open()
    ann.sub(DOWN)
    bo.ok(typed(0, 0, "quill"))
    assert not ann.patched(1)[-1].stale
    bo.ok(typed(1, 0, "9"))
    assert ann.patched(2)[-1].stale
    assert not bo.patched(2)[-1].stale
    ann.sub(View())
    bo.ok(typed(1, 0, "10"))
    assert not ann.patched(3)[-1].stale


def test_a_search_depends_on_every_column(ann: Caller, bo: Caller) -> None:
    ann.open()
    bo.open()
    assert ann.sub(View(search="pe")).rows == 1
    bo.ok(typed(1, 3, "9"))
    assert ann.patched(1)[-1].stale


def test_rows_come_into_a_view_where_they_were_put_and_go_from_it(ann: Caller, bo: Caller) -> None:
    ann.open()
    bo.open()
    assert (ann.sub(DOWN).rows, ann.fetch(0, 9, 1)[1]["_rid"]) == (4, [3, 1, 0, 2])
    bo.ok(InsertRows(count=2, before=1))
    patch = ann.patched(1)[-1]
    assert (patch.rows, patch.total, patch.stale) == (6, 6, True)
    assert ann.fetch(0, 9, 1)[1]["_rid"] == [3, 4, 5, 1, 0, 2]
    bo.ok(DeleteRows(rows=Rows(ids=[4, 3])))
    assert ann.patched(2)[-1].rows == 4
    assert ann.fetch(0, 9, 1)[1]["_rid"] == [5, 1, 0, 2]
    bo.ok(Undo())
    assert ann.patched(3)[-1].rows == 6
    assert sorted(ann.fetch(0, 9, 1)[1]["_rid"]) == [0, 1, 2, 3, 4, 5]


def test_rows_that_a_filter_left_out_do_not_come_in_when_others_go(ann: Caller, bo: Caller) -> None:
    ann.open()
    bo.open()
    subbed = ann.sub(View(filter=[MissingFilter(column=1, negate=True)]))
    assert (subbed.rows, subbed.total) == (3, 4)
    bo.ok(DeleteRows(rows=Rows(ids=[1])))
    patch = ann.patched(1)[-1]
    assert (patch.rows_changed, patch.rows, patch.total) == (True, 2, 3)
    assert ann.fetch(0, 9, 1)[1]["_rid"] == [0, 3]


def test_a_newer_view_takes_the_place_of_one_that_is_still_computed(ann: Caller) -> None:
    ann.open()
    ann.ok(InsertRows(count=20_000))
    for number in range(100, 120):
        ann.say(m.Sub(ch=ann.ch, id=number, view=DOWN))
    ann.say(m.Sub(ch=ann.ch, id=120, view=View(search="pen")))
    answer = ann.answer_to(120)[0]
    assert isinstance(answer, m.Subbed)
    assert answer.rows == 1
    assert [message.re for message in ann.all(m.Subbed)][-1] == 120
    assert len(ann.all(m.Subbed)) < 21
    assert ann.fetch(0, 9, 0)[1]["0"] == ["pen"]


def test_the_natural_view_is_in_force_at_once(ann: Caller) -> None:
    ann.open()
    ann.sub(DOWN)
    ann.say(m.Sub(ch=ann.ch, id=50, view=DOWN))
    ann.say(m.Sub(ch=ann.ch, id=51, view=View()))
    assert ann.answer_to(51)[0] == m.Subbed(ch=ann.ch, re=51, rev=0, rows=4, total=4)
    assert ann.fetch(0, 9, 1)[1]["_rid"] == [0, 1, 2, 3]


def test_a_view_that_cannot_be_is_refused_and_the_one_before_stays(ann: Caller) -> None:
    ann.open()
    ann.sub(DOWN)
    ann.say(m.Sub(ch=ann.ch, id=50, view=View(filter=[TextFilter(column=0, text="(", mode="regex")])))
    error = ann.answer_to(50)[0]
    assert isinstance(error, m.Error)
    assert error.code == "CHECK"
    assert ann.fetch(0, 9, 1)[1]["_rid"] == [3, 1, 0, 2]


def test_a_window_reaches_as_far_as_the_view(ann: Caller) -> None:
    ann.open()
    ann.sub(View(search="n"))
    window, cells = ann.fetch(1, 50, 0)
    assert (window.start, window.stop, cells["_rid"]) == (1, 2, [1])
    window, cells = ann.fetch(50, 60, 0)
    assert (window.start, window.stop, cells["_rid"]) == (2, 2, [])


def test_too_large_a_window_is_refused(ann: Caller) -> None:
    ann.open()
    ann.ok(InsertRows(count=100_000))
    ann.patched(1)
    ann.say(m.Fetch(ch=ann.ch, id=70, start=0, stop=10**9, columns=[0] * 30))
    error = ann.answer_to(70)[0]
    assert isinstance(error, m.Error)
    assert (error.code, error.where) == ("TOO_LARGE", "$.stop")


def test_questions_are_about_the_view_in_force(ann: Caller) -> None:
    ann.open()
    ann.sub(DOWN)
    ann.say(m.Find(ch=ann.ch, id=60, text="ink"))
    found = ann.answer_to(60)[0]
    assert isinstance(found, m.Found)
    assert [(match.row, match.rid) for match in found.matches] == [(1, 1)]
