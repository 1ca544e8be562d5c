"""How a follower's session begins, follows and begins anew."""

from __future__ import annotations

import pytest
from core.replica.talk import CH, Talk, rows, setting
from tabweave_core.protocol import messages as m
from tabweave_core.replica.events import Abandoned, Failed, Stopped, Welcomed, Whole


def test_it_says_hello_asks_for_the_table_and_follows() -> None:
    talk = Talk().connect()
    (hello,) = talk.said
    assert isinstance(hello, m.Hello)
    assert (hello.follow, hello.last_rev, hello.epoch, hello.table) == (True, None, None, "table/sales")
    talk.welcome(7, role="editor")
    assert talk.kinds() == ["Welcomed"]
    assert [type(message) for message in talk.said] == [m.AskSnapshot]
    talk.snapshot(7)
    (whole,) = talk.heard
    assert isinstance(whole, Whole)
    assert (whole.rev, whole.runs, whole.rows.num_rows, talk.client.rev, talk.client.role) == (7, [0, 2], 2, 7, "editor")
    talk.delta(7, 9, rows([1], c0=[5]))
    assert talk.kinds() == ["Advanced"]
    assert talk.client.rev == 9


def test_who_has_just_made_the_table_needs_no_snapshot() -> None:
    talk = Talk(holds=0).connect().welcome(0)
    (welcomed,) = talk.heard
    assert isinstance(welcomed, Welcomed)
    assert welcomed.held
    assert talk.said == []
    assert (talk.client.rev, talk.client.schema is not None) == (0, True)


def test_who_made_a_table_that_was_changed_at_once_reads_it() -> None:
    talk = Talk(holds=0).connect().welcome(1)
    assert [type(message) for message in talk.said] == [m.AskSnapshot]


def test_a_snapshot_in_parts_is_one_table() -> None:
    talk = Talk().connect().welcome(3)
    assert talk.snapshot(3, part=0, parts=2).heard == []
    (whole,) = talk.snapshot(3, part=1, parts=2).heard
    assert isinstance(whole, Whole)
    assert whole.rows.column("_rid").to_pylist() == [0, 1]


def test_a_missing_part_makes_it_ask_again() -> None:
    talk = Talk().connect().welcome(3)
    first = talk.asked()
    assert talk.snapshot(3, part=1, parts=2).heard == []
    assert talk.asked() != first


def test_parts_of_two_revisions_are_no_table() -> None:
    talk = Talk().connect().welcome(3)
    first = talk.asked()
    talk.snapshot(3, part=0, parts=2)
    assert talk.snapshot(4, part=1, parts=2).heard == []
    assert talk.asked() != first


def test_news_before_the_snapshot_wait_for_it_and_old_ones_are_dropped() -> None:
    talk = Talk().connect().welcome(3)
    first = talk.asked()
    talk.delta(3, 4, rows([0], c0=[9]))
    talk.delta(4, 6, rows([0], c0=[8]))
    assert talk.heard == []
    talk._number = first
    talk.snapshot(5)
    assert talk.kinds() == ["Whole", "Advanced"]
    assert talk.client.rev == 6


def test_news_are_applied_once_and_a_gap_makes_it_say_hello_with_what_it_has() -> None:
    talk = Talk().live(5)
    talk.delta(5, 6)
    assert talk.delta(5, 6).heard == []
    assert talk.delta(4, 5).heard == []
    talk.delta(8, 9)
    (hello,) = talk.said
    assert isinstance(hello, m.Hello)
    assert (hello.last_rev, hello.epoch, talk.heard) == (6, "e", [])
    talk.welcome(9)
    assert talk.said == []
    assert talk.delta(6, 9).kinds() == ["Advanced"]


def test_between_hello_and_welcome_nothing_is_believed() -> None:
    talk = Talk().live(5)
    talk.connect()
    assert talk.delta(5, 6).heard == []
    talk.welcome(6)
    assert talk.delta(5, 6).kinds() == ["Advanced"]


@pytest.mark.parametrize("reason", ["epoch", "too_far", "slow", "rights", "schema"])
def test_a_reset_makes_it_read_the_table_anew_and_keeps_what_is_unanswered(reason: str) -> None:
    talk = Talk().live(5)
    talk.submit(setting(0, 1))
    talk.tell(m.Reset(ch=CH, reason=reason))  # type: ignore[arg-type]
    (hello,) = talk.said
    assert isinstance(hello, m.Hello)
    assert (hello.last_rev, hello.last_seq) == (None, 1)
    talk.welcome(8)
    assert talk.sent() == [1]
    assert talk.snapshot(8).kinds() == ["Whole"]


def test_a_table_made_anew_under_the_same_name_gets_nothing_that_was_meant_for_the_first() -> None:
    talk = Talk().live(5)
    ticket = talk.submit(setting(0, 1))
    talk.connect().welcome(0, epoch="another")
    assert talk.sent() == []
    abandoned = next(event for event in talk.heard if isinstance(event, Abandoned))
    assert abandoned.tickets == [ticket]
    assert talk.client.unsaved == 0
    talk.snapshot(0)
    talk.submit(setting(0, 2))
    assert talk.sent() == [1]


def test_a_table_that_is_not_there_stops_it() -> None:
    talk = Talk().connect().tell(m.Gone(ch=CH, reason="unknown", message="There is no shared table 'sales'."))
    (stopped,) = talk.heard
    assert isinstance(stopped, Stopped)
    assert stopped.code == "NO_TABLE"
    assert talk.connect().said == []


def test_a_channel_that_the_session_has_forgotten_is_opened_again() -> None:
    talk = Talk().live(5)
    talk.tell(m.Gone(ch=CH, reason="unknown", message="This table is not open here."))
    assert talk.heard == []
    talk.now = 10
    (hello,) = talk.tick().said
    assert isinstance(hello, m.Hello)
    assert hello.last_rev == 5


def test_a_snapshot_that_is_refused_stops_who_has_no_table_and_not_who_has() -> None:
    talk = Talk().connect().welcome(3)
    talk.tell(m.Error(ch=CH, code="TOO_LARGE", message="No.", re=talk.asked()))
    assert talk.kinds() == ["Failed", "Stopped"]
    talk = Talk().live(3)
    talk._keep(talk.client.reload())
    talk.tell(m.Error(ch=CH, code="TOO_LARGE", message="No.", re=talk.asked()))
    (failed,) = talk.heard
    assert isinstance(failed, Failed)
    assert talk.delta(3, 4).kinds() == ["Advanced"]


def test_a_refused_hello_stops_it() -> None:
    talk = Talk().connect().tell(m.Error(ch=CH, code="FORBIDDEN", message="You may not."))
    (stopped,) = talk.heard
    assert isinstance(stopped, Stopped)
    assert stopped.code == "FORBIDDEN"


def test_reading_anew_goes_on_from_the_snapshot() -> None:
    talk = Talk().live(5)
    talk._keep(talk.client.reload())
    number = talk.asked()
    talk.delta(5, 7)
    talk._number = number
    assert talk.snapshot(6).kinds() == ["Whole"]
    assert talk.client.rev == 6
    (hello,) = talk.delta(7, 8).said
    assert isinstance(hello, m.Hello)
    assert hello.last_rev == 6


def test_who_leaves_says_goodbye_and_hears_no_more() -> None:
    talk = Talk().live(5)
    assert [type(message) for message in talk._keep(talk.client.leave()).said] == [m.Bye]
    assert talk.delta(5, 6).heard == []
    assert talk.client.leave().messages == []


def test_reading_anew_is_not_forgotten_when_the_connection_breaks() -> None:
    talk = Talk().live(5)
    talk._keep(talk.client.reload())
    talk.client.disconnect()
    talk.connect().welcome(5)
    assert talk.snapshot(5).kinds() == ["Whole"]
    talk.client.disconnect()
    assert talk.connect().welcome(5).said == []


def test_reading_anew_can_be_asked_for_without_a_connection() -> None:
    talk = Talk().live(5)
    talk.client.disconnect()
    assert talk._keep(talk.client.reload()).said == []
    talk.connect().welcome(5)
    assert talk.snapshot(5).kinds() == ["Whole"]
