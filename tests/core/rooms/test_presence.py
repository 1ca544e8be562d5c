"""Who is in a table, and where: told to the others, not too often, and forgotten when it is not renewed."""

from __future__ import annotations

import pytest
from core.rooms.callers import Caller
from core.rooms.conftest import Clock
from core.store.people import ANN, BO
from tabweave_core.engine.store import Store
from tabweave_core.protocol import messages as m
from tabweave_core.protocol.rights import ColumnRights, Rights
from tabweave_core.protocol.schema import Peer, Place
from tabweave_core.rooms.hall import Hall
from tabweave_core.rooms.presence import Presence

CELL = Place(rid=2, column=1)


def meet(clock: Clock, *callers: Caller) -> None:
    """Everybody opens the table and knows of the others."""
    for caller in callers:
        caller.open()
        caller.next(m.Present, 0)
        clock.now += 1
    for caller in callers:
        caller.wait(lambda caller=caller: len(peers(caller)) == len(callers) - 1)
    clock.now += 1


def peers(caller: Caller) -> list[Peer]:
    told = caller.all(m.Present)
    return told[-1].peers if told else []


def test_the_others_are_told_who_comes_where_they_are_and_who_goes(ann: Caller, bo: Caller, clock: Clock) -> None:
    meet(clock, ann, bo)
    assert peers(ann) == [Peer(key="key2", user=BO)]
    assert peers(bo) == [Peer(key="key1", user=ANN)]
    bo.say(m.Here(ch=bo.ch, place=CELL))
    ann.wait(lambda: peers(ann) == [Peer(key="key2", user=BO, place=CELL)])
    clock.now += 1
    bo.say(m.Here(ch=bo.ch))
    ann.wait(lambda: peers(ann) == [Peer(key="key2", user=BO)])
    clock.now += 1
    bo.say(m.Bye(ch=bo.ch))
    ann.wait(lambda: peers(ann) == [])
    assert [len(told.peers) for told in ann.all(m.Present)] == [0, 1, 1, 1, 0]


def test_a_kernel_is_marked_as_one(hall: Hall, ann: Caller, clock: Clock) -> None:
    meet(clock, ann)
    Caller(hall, BO, kernel=True).open(follow=True)
    ann.wait(lambda: peers(ann) == [Peer(key="key2", user=BO, kernel=True)])


def test_a_place_that_is_not_renewed_is_forgotten(ann: Caller, bo: Caller, clock: Clock) -> None:
    meet(clock, ann, bo)
    bo.say(m.Here(ch=bo.ch, place=CELL))
    ann.wait(lambda: peers(ann) == [Peer(key="key2", user=BO, place=CELL)])
    clock.now += 15
    ann.say(m.Here(ch=ann.ch, place=CELL))
    ann.wait(lambda: peers(ann) == [Peer(key="key2", user=BO)])


def test_a_place_in_a_column_that_one_may_not_see_is_no_place(ann: Caller, bo: Caller, sales: Store, clock: Clock) -> None:
    sales.set_rights("sales", Rights(columns={1: ColumnRights(read=["ann"])}))
    meet(clock, ann, bo)
    ann.say(m.Here(ch=ann.ch, place=CELL))
    ann.say(m.Here(ch=ann.ch, place=Place(rid=0, column=0, to_rid=3, to_column=1)))
    bo.wait(lambda: peers(bo) == [Peer(key="key1", user=ANN, place=Place(rid=0, column=0))])
    assert all(peer.place is None or peer.place.column == 0 for told in bo.all(m.Present) for peer in told.peers)


def test_nobody_is_told_of_a_place_in_a_hidden_column() -> None:
    presence = Presence(0.1, 15)
    presence.enter("a", ANN, kernel=False)
    presence.enter("b", BO, kernel=False)
    presence.put("b", CELL, 0)
    assert presence.due("a", {1}, 0)[0] == [Peer(key="b", user=BO)]


@pytest.mark.parametrize("pause", [0.1, 0.5])
def test_places_are_told_at_most_once_in_a_pause(pause: float) -> None:
    presence = Presence(pause, 15)
    presence.enter("a", ANN, kernel=False)
    presence.enter("b", BO, kernel=False)
    told = 0
    for step in range(1000):
        now = step / 100
        presence.put("b", Place(rid=step, column=0), now)
        found, again = presence.due("a", frozenset(), now)
        told += found is not None
        assert found is not None or again is not None
    assert told <= 10 / pause + 1
    assert told >= 10 / pause / 1.3


def test_a_place_fades_on_its_day_and_says_when() -> None:
    presence = Presence(0.1, 15)
    presence.enter("a", ANN, kernel=False)
    presence.enter("b", BO, kernel=False)
    assert presence.fade(0) is None
    assert presence.due("a", frozenset(), 0) == ([Peer(key="b", user=BO)], None)
    presence.put("b", CELL, 5)
    assert presence.fade(6) == 14
    assert presence.due("a", frozenset(), 6) == ([Peer(key="b", user=BO, place=CELL)], None)
    assert presence.fade(20) is None
    assert presence.due("a", frozenset(), 20) == ([Peer(key="b", user=BO)], None)
