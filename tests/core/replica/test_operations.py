"""Operations are numbered, kept until they are answered, and sent again under the same number."""

from __future__ import annotations

from core.replica.talk import ANN, BO, CH, Talk, rows, setting
from tabweave_core.protocol import messages as m
from tabweave_core.replica.client import IN_FLIGHT
from tabweave_core.replica.events import Answered, Overwritten


def test_operations_go_out_in_order_and_leave_with_their_answer() -> None:
    talk = Talk().live()
    one, two = talk.submit(setting(0, 1)), talk.submit(setting(1, 2))
    assert (talk.sent(), talk.client.unsaved) == ([2], 2)
    (answered,) = talk.ack(1, 1, can_undo=True).heard
    assert isinstance(answered, Answered)
    assert (answered.ticket, talk.client.unsaved, talk.client.can_undo) == (one, 1, True)
    (answered,) = talk.nack(2).heard
    assert isinstance(answered, Answered)
    assert (answered.ticket, talk.client.unsaved) == (two, 0)


def test_an_answer_that_comes_twice_is_heard_once() -> None:
    talk = Talk().live()
    talk.submit(setting(0, 1))
    talk.ack(1, 1)
    assert talk.ack(1, 1).heard == []


def test_what_is_unanswered_is_sent_again_under_its_number() -> None:
    talk = Talk().live()
    for rid in range(3):
        talk.submit(setting(rid, rid))
    talk.ack(1, 1)
    talk.client.disconnect()
    assert talk.submit(setting(3, 3)) == 4
    assert talk.said == []
    talk.connect()
    hello = talk.said[0]
    assert isinstance(hello, m.Hello)
    assert hello.last_seq == 4
    assert talk.welcome(2, last_seq=2).sent() == [2, 3, 4]


def test_a_server_that_forgot_gets_the_rest_numbered_on_from_what_it_knows() -> None:
    talk = Talk().live()
    for rid in range(3):
        talk.submit(setting(rid, rid))
    talk.ack(1, 1)
    talk.connect().welcome(1, last_seq=0)
    assert talk.sent() == [1, 2]
    assert talk.ack(1, 2).kinds() == ["Answered"]
    assert talk.ack(2, 3).kinds() == ["Answered"]
    talk.submit(setting(0, 9))
    assert talk.sent() == [3]


def test_at_most_64_are_under_way() -> None:
    talk = Talk().live()
    for rid in range(IN_FLIGHT):
        talk.submit(setting(rid, rid))
        assert talk.sent() == [rid + 1]
    talk.submit(setting(0, 0))
    assert talk.sent() == []
    assert talk.ack(1, 1).sent() == [IN_FLIGHT + 1]


def test_a_busy_server_gets_them_again_later_and_later() -> None:
    talk = Talk().live()
    talk.submit(setting(0, 1))
    talk.submit(setting(1, 1))
    assert talk.nack(1, "BUSY").heard == []
    assert talk.client.unsaved == 2
    at = talk.client.retry_at
    assert at is not None
    assert talk.tick().said == []
    talk.now = at
    assert talk.tick().sent() == [1, 2]
    talk.nack(1, "BUSY")
    later = talk.client.retry_at
    assert later is not None
    assert later - talk.now > at
    talk.now = later
    assert talk.tick().sent() == [1, 2]
    assert talk.ack(1, 1).kinds() == ["Answered"]


def test_a_number_out_of_order_makes_it_say_hello() -> None:
    talk = Talk().live()
    talk.submit(setting(0, 1))
    talk.tell(m.Error(ch=CH, code="BAD_SEQ", message="No."))
    talk.now = 10
    assert [type(message) for message in talk.tick().said] == [m.Hello]
    assert talk.welcome(0).sent() == [1]


def test_news_with_an_own_operation_wait_for_its_answer() -> None:
    talk = Talk().live()
    talk.submit(setting(0, 1))
    assert talk.delta(0, 1, rows([0], c0=[1]), by=ANN, seq=1).heard == []
    assert talk.ack(1, 1).kinds() == ["Answered", "Advanced"]
    assert talk.client.rev == 1


def test_an_operation_submitted_before_the_welcome_follows_it() -> None:
    talk = Talk()
    talk.submit(setting(0, 1))
    assert talk.connect().sent() == []
    assert talk.welcome(0).sent() == [1]


def overwritten(talk: Talk) -> list[tuple[int, int, object, object, list[str]]]:
    found = [event for event in talk.heard if isinstance(event, Overwritten)]
    return [(each.column, each.rid, each.mine, each.theirs, [user.name for user in each.users]) for each in found]


def test_who_wrote_a_cell_first_is_told_who_wrote_it_after() -> None:
    talk = Talk().live()
    talk.submit(setting(1, 40))
    talk.ack(1, 1)
    talk.delta(0, 1, rows([1], c0=[40]), by=ANN, seq=1)
    assert overwritten(talk) == []
    assert overwritten(talk.delta(1, 2, rows([0, 1], c0=[7, 55]))) == [(0, 1, 40, 55, ["Bo"])]
    assert overwritten(talk.delta(2, 3, rows([1], c0=[56]))) == []


def test_news_that_have_mine_and_theirs_together_tell_it_too() -> None:
    talk = Talk().live()
    talk.submit(setting(1, 40))
    talk.ack(1, 1)
    assert overwritten(talk.delta(0, 2, rows([1], c0=[55]), seq=1)) == [(0, 1, 40, 55, ["Bo"])]


def test_who_wrote_last_is_told_nothing() -> None:
    talk = Talk().live()
    talk.submit(setting(1, 40))
    talk.ack(1, 2)
    assert overwritten(talk.delta(0, 2, rows([1], c0=[40]), seq=1)) == []


def test_another_window_of_mine_counts_as_somebody_else() -> None:
    talk = Talk().live()
    talk.submit(setting(1, 40))
    talk.ack(1, 1)
    talk.delta(0, 1, rows([1], c0=[40]), by=ANN, seq=1)
    assert overwritten(talk.delta(1, 2, rows([1], c0=[55]), by=ANN)) == [(0, 1, 40, 55, ["Ann"])]


def test_my_own_undo_is_no_news_to_me() -> None:
    talk = Talk().live()
    talk.submit(setting(1, 40))
    talk.ack(1, 1)
    talk.delta(0, 1, rows([1], c0=[40]), by=ANN, seq=1)
    talk.submit(setting(1, 2))
    talk.ack(2, 2)
    assert overwritten(talk.delta(1, 2, rows([1], c0=[2]), by=ANN, seq=2)) == []


def test_what_was_written_long_ago_is_not_told() -> None:
    talk = Talk().live()
    talk.submit(setting(1, 40))
    talk.ack(1, 1)
    talk.now = 1000
    assert overwritten(talk.delta(0, 2, rows([1], c0=[55]), seq=1)) == []


def test_a_table_that_was_made_anew_knows_no_old_writes() -> None:
    talk = Talk().live()
    talk.submit(setting(1, 40))
    talk.ack(1, 1)
    talk.connect().welcome(0, epoch="another").snapshot(0)
    assert overwritten(talk.delta(0, 2, rows([1], c0=[55]), by=BO)) == []
