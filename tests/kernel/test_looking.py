"""What a grid sees of a frame: windows, views, and answers to its questions."""

from __future__ import annotations

import time

import pandas as pd
import pytest
from conversation import Client, cells
from tabweave.frames.frame import Frame
from tabweave.sessions import Sessions
from tabweave.slot import Slot
from tabweave_core.protocol import messages as m
from tabweave_core.protocol.ops import Block, DeleteRows, Rows, SetCells
from tabweave_core.protocol.schema import ExpressionFilter, Range, RangeFilter, Sort, TextFilter, View


def opened(sessions: Sessions, df: pd.DataFrame) -> Client:
    slot = Slot("w", "w", Frame(df))
    sessions.add(slot)
    client = Client(sessions, slot)
    client.hello()
    return client


def test_a_window_holds_the_rows_and_their_ids(client: Client) -> None:
    window = client.fetch(1, 3, [1, 0])
    assert window.columns.tolist() == ["_rid", "1", "0"]
    assert window["_rid"].tolist() == [1, 2]
    assert window["0"].tolist() == ["c", "a"]


def test_a_window_beyond_the_end_is_cut(client: Client) -> None:
    assert len(client.fetch(2, 100, [0])) == 1
    assert len(client.fetch(50, 100, [0])) == 0


@pytest.mark.parametrize(("start", "stop"), [(-1, 2), (3, 1)])
def test_a_backward_window_is_refused(client: Client, start: int, stop: int) -> None:
    client.send(m.Fetch(ch="a1", id=77, start=start, stop=stop, columns=[0]))
    assert client.all(m.Error)[0].re == 77


def test_an_unknown_column_is_refused_by_name(client: Client) -> None:
    client.send(m.Fetch(ch="a1", id=7, start=0, stop=1, columns=[99]))
    error = client.all(m.Error)[0]
    assert (error.code, error.re) == ("NO_COLUMN", 7)


def test_a_window_too_large_is_refused(sessions: Sessions) -> None:
    client = opened(sessions, pd.DataFrame({n: range(2000) for n in range(5)}))
    client.send(m.Fetch(ch="a1", id=7, start=0, stop=2000, columns=[0, 1] * 1000))
    assert client.all(m.Error)[0].code == "TOO_LARGE"


def test_a_view_is_sorted_and_filtered(client: Client) -> None:
    subbed = client.sub(sort=[Sort(column=1)], filter=[RangeFilter(column=1, lo=1.5)])
    assert (subbed.rows, subbed.total) == (2, 3)
    assert client.fetch(0, 9, [0])["0"].tolist() == ["b", "c"]


def test_a_bad_filter_is_refused_and_the_old_view_stays(client: Client) -> None:
    client.sub(sort=[Sort(column=1)])
    count = len(client.inbox)
    client.send(m.Sub(ch="a1", id=99, view=View(filter=[ExpressionFilter(sql="prise > 1")])))
    assert client.wait(m.Error, since=count).re == 99
    assert client.fetch(0, 9, [0])["0"].tolist() == ["a", "b", "c"]


def test_an_edit_does_not_reorder_the_view_but_makes_it_stale(client: Client) -> None:
    client.sub(sort=[Sort(column=1)])
    client.apply(cells(1, ["99"], [2]))
    patch = client.all(m.Patch)[-1]
    assert patch.stale
    assert not patch.rows_changed
    assert client.fetch(0, 9, [0])["0"].tolist() == ["a", "b", "c"]


def test_an_edit_elsewhere_leaves_the_view_fresh(client: Client) -> None:
    client.sub(sort=[Sort(column=1)])
    client.apply(cells(0, ["q"], [2]))
    assert not client.all(m.Patch)[-1].stale


def test_inserted_and_deleted_rows_change_the_view_of_every_channel_by_its_own_count(
    sessions: Sessions, client: Client, slot: Slot
) -> None:
    other = Client(sessions, slot, "b2")
    other.hello()
    other.sub(filter=[TextFilter(column=0, text="a", mode="equals")])
    client.apply(DeleteRows(rows=Rows(ids=[0, 1])))
    mine, theirs = client.all(m.Patch)[-1], other.all(m.Patch)[-1]
    assert (mine.rows_changed, mine.rows, mine.total) == (True, 1, 1)
    assert (theirs.rows_changed, theirs.rows, theirs.total) == (True, 1, 1)
    assert other.fetch(0, 5, [0])["0"].tolist() == ["a"]


def test_view_ranges_are_of_the_view_that_the_client_saw(client: Client, df: pd.DataFrame) -> None:
    subbed = client.sub(sort=[Sort(column=1)])
    assert isinstance(
        client.apply(SetCells(blocks=[Block(columns=[0], values=[["first"]], start=0, stop=1)]), view=subbed.re), m.Ack
    )
    assert df["name"].tolist() == ["b", "c", "first"]
    nack = client.apply(SetCells(blocks=[Block(columns=[0], values=[["x"]], start=0, stop=1)]), view=subbed.re + 1)
    assert isinstance(nack, m.Nack)
    assert nack.code == "CONFLICT"


def test_every_question_is_answered(client: Client) -> None:
    profiled = client.ask(m.Profiled, m.AskProfile(ch="a1", id=101, columns=[1]))
    assert profiled.done
    assert profiled.profile.rows == 3
    values = client.ask(m.Values, m.AskValues(ch="a1", id=102, column=0))
    assert sorted(str(each.value) for each in values.values) == ["a", "b", "c"]
    found = client.ask(m.Found, m.Find(ch="a1", id=103, text="c"))
    assert [(match.row, match.column) for match in found.matches] == [(1, 0)]
    stats = client.ask(m.Figures, m.AskStats(ch="a1", id=104, ranges=[Range(start=0, stop=3, columns=[2])]))
    assert stats.stats.sum == "6"
    copied = client.ask(m.Copied, m.Copy(ch="a1", id=105, range=Range(start=0, stop=2, columns=[0, 2])))
    assert copied.tsv.split() == ["b", "1", "c", "2"]
    client.apply(cells(1, ["9"], [0]))
    history = client.ask(m.History, m.AskHistory(ch="a1", id=106))
    assert history.changes[0].kind == "set_cells"


def test_edits_are_told_as_code(client: Client) -> None:
    client.apply(cells(1, ["9"], [0]))
    assert "9" in client.ask(m.Code, m.AskCode(ch="a1", id=1, language="pandas")).text


def test_questions_about_unknown_things_are_refused(client: Client) -> None:
    count = len(client.inbox)
    client.send(m.AskProfile(ch="a1", id=7, columns=[99]))
    assert client.wait(m.Error, since=count).code == "NO_COLUMN"


def test_a_profile_never_holds_up_windows_and_edits(sessions: Sessions) -> None:
    client = opened(sessions, pd.DataFrame({n: [f"text {i}" for i in range(100_000)] for n in range(6)}))
    client.send(m.AskProfile(ch="a1", id=1, columns=list(range(6)) * 5))
    slowest = 0.0
    for row in range(20):
        started = time.perf_counter()
        client.fetch(row, row + 50, [0, 1])
        client.apply(cells(0, ["x"], [row]))
        slowest = max(slowest, time.perf_counter() - started)
    assert slowest < 0.5
    client.send(m.Cancel(ch="a1", re=1))


def test_short_questions_do_not_wait_for_long_ones(sessions: Sessions) -> None:
    client = opened(sessions, pd.DataFrame({n: [f"text {i}" for i in range(50_000)] for n in range(6)}))
    client.send(m.AskProfile(ch="a1", id=1, columns=list(range(6)) * 10))
    client.send(m.AskStats(ch="a1", id=2, ranges=[Range(start=0, stop=5, columns=[0])]))
    client.wait(m.Figures)
    assert not any(found.done for found in client.all(m.Profiled))
    client.send(m.Cancel(ch="a1", re=1))


def test_a_cancelled_question_gets_no_answer(sessions: Sessions) -> None:
    client = opened(sessions, pd.DataFrame({n: [f"text {i}" for i in range(50_000)] for n in range(6)}))
    client.send(m.AskProfile(ch="a1", id=1, columns=list(range(6)) * 20))
    client.send(m.Cancel(ch="a1", re=1))
    client.ask(m.Figures, m.AskStats(ch="a1", id=2, ranges=[Range(start=0, stop=5, columns=[0])]))
    assert not any(found.done for found in client.all(m.Profiled))


def test_a_newer_view_replaces_one_that_is_still_computed(sessions: Sessions) -> None:
    client = opened(sessions, pd.DataFrame({"a": [f"text {i % 977}" for i in range(400_000)]}))
    for number in range(1, 6):
        client.send(m.Sub(ch="a1", id=number, view=View(search=f"text {number}", sort=[Sort(column=0)])))
    client.wait(m.Subbed, re=5, seconds=20)
    assert [found.re for found in client.all(m.Subbed)][-1] == 5
    assert len(client.all(m.Subbed)) <= 2
    assert client.all(m.Error) == []


def test_rows_inserted_while_a_view_is_computed_are_in_it(sessions: Sessions) -> None:
    df = pd.DataFrame({"a": [float(i % 1013) for i in range(300_000)]})
    client = opened(sessions, df)
    client.send(m.Sub(ch="a1", id=1, view=View(sort=[Sort(column=0)])))
    client.apply(DeleteRows(rows=Rows(ids=[0, 1, 2])))
    subbed = client.wait(m.Subbed, seconds=20)
    patched = client.all(m.Patch)[-1]
    assert len(df) == 299_997
    assert patched.total == 299_997
    assert subbed.rows in (299_997, 300_000)
    window = client.fetch(299_900, 300_000, [0])
    assert len(window) == 97
    assert window["0"].is_monotonic_increasing
