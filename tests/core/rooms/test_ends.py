"""Channels, rooms and threads end when nobody needs them any more."""

from __future__ import annotations

import gc
import threading
import weakref

from core.rooms.callers import PATIENCE, Caller, typed
from core.rooms.conftest import Clock
from core.store.people import ANN, BO
from tabweave_core.engine.store import Store
from tabweave_core.protocol import messages as m
from tabweave_core.protocol import wire
from tabweave_core.protocol.ops import InsertRows
from tabweave_core.protocol.schema import Sort, View
from tabweave_core.rooms.bounds import Bounds
from tabweave_core.rooms.hall import Hall


def test_shutting_a_hall_ends_its_threads_and_its_listening(sales: Store) -> None:
    before, heard = set(threading.enumerate()), len(sales.on_commit)
    hall = Hall(sales, clock=lambda: 0.0, draw=lambda: "key", bounds=Bounds(lull=0))
    caller, follower = Caller(hall, ANN), Caller(hall, BO)
    caller.open()
    caller.ok(InsertRows(count=50_000))
    follower.open(follow=True)
    follower.say(m.AskSnapshot(ch=follower.ch, id=1))
    caller.say(m.Sub(ch=caller.ch, id=90, view=View(sort=[Sort(column=1)])))
    caller.say(m.Fetch(ch=caller.ch, id=91, start=0, stop=100, columns=[0, 1]))
    caller.say(m.AskProfile(ch=caller.ch, id=92, columns=[0, 1]))
    caller.submit(typed(1, 0, "4"))
    hall.shut()
    hall.shut()
    assert {thread for thread in threading.enumerate() if thread not in before} == set()
    assert (len(sales.on_commit), sales.on_tables) == (heard, [])


def test_a_closed_carrier_hears_nothing_more_and_its_members_are_forgotten(hall: Hall, ann: Caller, bo: Caller) -> None:
    ann.open()
    bo.open()
    bo.ok(typed(1, 0, "4"))
    ann.patched(1)
    hall.close(ann.hear)
    told = len(ann.told)
    bo.ok(typed(1, 0, "5"))
    bo.patched(2)
    assert len(ann.told) == told
    assert hall.people("sales") == [BO]
    hall.close(bo.hear)
    assert hall.people("sales") == []


def test_nothing_of_a_closed_channel_is_kept(hall: Hall) -> None:
    caller = Caller(hall, ANN)
    caller.open()
    caller.ok(typed(1, 0, "4"))
    caller.fetch(0, 4, 0)
    gone = weakref.ref(caller)
    caller.say(m.Bye(ch=caller.ch))
    del caller
    Caller(hall, BO).open()
    waiting = threading.Event()
    for _ in range(100):
        gc.collect()
        if gone() is None:
            break
        waiting.wait(PATIENCE / 100)
    assert gone() is None


def test_a_channel_that_came_back_elsewhere_is_not_closed_by_its_old_carrier(hall: Hall, ann: Caller) -> None:
    ann.open()
    again = Caller(hall, ANN, ch=ann.ch)
    again.open()
    hall.close(ann.hear)
    ann.say(m.Bye(ch=ann.ch))
    assert again.ok(typed(1, 0, "4")).rev == 1
    ann.say(m.Fetch(ch=ann.ch, id=1, start=0, stop=1, columns=[0]))
    assert ann.next(m.Gone, 0).reason == "unknown"


class Slow(Caller):
    """Takes what it is told, but says that much of it has not left yet."""

    waiting = 0

    def open(self, **more: object) -> m.Welcome:
        self.hear = Backlogged(self)  # type: ignore[method-assign, assignment] # it is called the same way
        return super().open(**more)


class Backlogged:
    def __init__(self, caller: Slow) -> None:
        self._caller = caller

    def __call__(self, frame: str | bytes) -> None:
        Caller.hear(self._caller, frame)

    def backlog(self) -> int:
        return self._caller.waiting


def test_news_for_a_slow_reader_are_put_together_until_it_reads_again(hall: Hall, bo: Caller) -> None:
    slow = Slow(hall, ANN)
    slow.look(1)
    bo.open()
    slow.waiting = 100 << 20
    for number in range(5):
        bo.ok(typed(1, 0, str(number)))
    assert slow.all(m.Patch) == []
    slow.waiting = 0
    bo.ok(typed(1, 1, "9"))
    patch = slow.patched(6)[0]
    assert patch.since == 1
    assert (patch.cells[0].rows[0], patch.cells[0].values[0]) == (0, 4)
    assert patch.rev >= 5


def test_a_reader_that_stays_slow_begins_anew(hall: Hall, bo: Caller, clock: Clock) -> None:
    slow = Slow(hall, ANN)
    slow.open()
    bo.open()
    slow.waiting = 100 << 20
    bo.ok(typed(1, 0, "5"))
    bo.patched(1)
    clock.now += 60
    bo.ok(typed(1, 0, "6"))
    assert slow.next(m.Reset, 0).reason == "slow"
    slow.waiting = 0
    assert slow.open().rev == 2


def test_who_lags_behind_what_is_kept_begins_anew(sales: Store) -> None:
    hall = Hall(sales, clock=lambda: 0.0, draw=lambda: "key", bounds=Bounds(recent=10, lull=0))
    try:
        slow, writer = Slow(hall, ANN), Caller(hall, BO)
        slow.open()
        writer.open()
        slow.waiting = 100 << 20
        for number in range(20):
            writer.patched(writer.ok(typed(1, 0, str(number))).rev)
        slow.waiting = 0
        writer.ok(typed(1, 0, "21"))
        assert slow.next(m.Reset, 0).reason == "slow"
    finally:
        hall.shut()


def test_a_send_that_fails_hurts_nobody_else(hall: Hall, ann: Caller) -> None:
    def broken(_frame: str | bytes) -> None:
        raise ConnectionError("cut")

    hello = m.Hello(ch="b" * 32, proto=m.PROTOCOL, table="table/sales")
    hall.receive(wire.encode(hello), broken, BO)
    ann.open()
    ann.ok(typed(1, 0, "5"))
    assert ann.patched(1)[-1].rev == 1
