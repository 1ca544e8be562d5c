from __future__ import annotations

import gc
import json
import threading
import time
import weakref

import pandas as pd
import pytest
from conversation import Client, cells
from tabweave.binding import Binding
from tabweave.frames.frame import Frame
from tabweave.sessions import Sessions
from tabweave.slot import Slot
from tabweave_core.protocol import messages as m
from tabweave_core.protocol import wire
from tabweave_core.protocol.ops import AddColumn, Block, DeleteRows, InsertRows, RenameColumn, Rows, SetCells, Undo
from tabweave_core.protocol.schema import Person, Sort

ANN = Person(id="ann", name="Ann", color="#a00")


def test_hello_is_answered_with_what_the_table_is(sessions: Sessions, slot: Slot) -> None:
    welcome = Client(sessions, slot).hello()
    assert (welcome.name, welcome.rows, welcome.rev, welcome.last_seq) == ("t", 3, 0, 0)
    assert [column.name for column in welcome.schema.columns] == ["name", "price", "n"]
    assert not welcome.can_undo


def test_the_user_that_a_carrier_names_in_hello_is_the_user(sessions: Sessions, slot: Slot) -> None:
    assert Client(sessions, slot).hello(user=ANN).user == ANN
    assert sessions.owner == ANN


def test_an_unknown_table_is_gone_and_says_what_to_do(sessions: Sessions, slot: Slot) -> None:
    client = Client(sessions, slot)
    client.send(m.Hello(ch="x", proto=m.PROTOCOL, table="frame/k/none"))
    gone = client.all(m.Gone)[0]
    assert gone.reason == "unknown"
    assert "run the cell again" in gone.message


def test_another_protocol_is_refused_by_name(sessions: Sessions, slot: Slot) -> None:
    client = Client(sessions, slot)
    client.send(m.Hello(ch="x", proto="tab/9", table=client.table))
    error = client.all(m.Error)[0]
    assert error.where == "$.proto"
    assert "tab/9" in error.message


def test_a_message_without_hello_is_told_that_nobody_knows_it(sessions: Sessions, slot: Slot) -> None:
    client = Client(sessions, slot)
    client.send(m.Fetch(ch="zz", id=1, start=0, stop=1, columns=[0]))
    assert client.all(m.Gone)[0].ch == "zz"


@pytest.mark.parametrize(
    ("frame", "where"),
    [
        ('{"type":"fetch","ch":"a1","id":1,"start":"x","stop":2,"columns":[]}', "$.start"),
        (
            '{"type":"op","ch":"a1","seq":1,"base_rev":0,"op":{"kind":"set_cells","blocks":[{"columns":[0],"values":5}]}}',
            "$.op.blocks[0].values",
        ),
        ('{"type":"dance","ch":"a1"}', "$.type"),
    ],
)
def test_a_bad_field_is_named_by_its_path_and_the_channel_lives(client: Client, frame: str, where: str) -> None:
    error = client.raw(frame)
    assert isinstance(error, m.Error)
    assert error.code == "BAD_MESSAGE"
    assert error.where == where
    assert error.ch == "a1"
    assert client.fetch(0, 1, [0])["0"].tolist() == ["b"]


@pytest.mark.parametrize("frame", ["", "{", "[]", b"", b"\x01", b"\xff\xff\xff\xff{}", "null", '{"type":"ping"}'])
def test_rubbish_is_answered_with_an_error(client: Client, frame: str | bytes) -> None:
    assert isinstance(client.raw(frame), m.Error)


def test_ping_is_answered_at_once(client: Client) -> None:
    client.send(m.Ping(ch="a1", t=12.5))
    assert client.all(m.Pong)[0].t == 12.5


def test_an_edit_reaches_the_data_frame_and_is_acknowledged_before_its_patch(client: Client, df: pd.DataFrame) -> None:
    count = len(client.inbox)
    ack = client.apply(cells(1, ["7.5"], [0]))
    assert isinstance(ack, m.Ack)
    assert ack.can_undo
    assert df.loc[0, "price"] == 7.5
    kinds = [type(found) for found, _ in client.inbox[count:]]
    assert kinds == [m.Ack, m.Patch]
    patch = client.all(m.Patch)[0]
    assert (patch.rev, patch.from_ch, patch.seq) == (ack.rev, "a1", 1)
    assert [(c.column, c.rows, c.values) for c in patch.cells] == [(1, [0], [7.5])]


def test_a_refused_edit_says_which_cell_and_writes_nothing(client: Client, df: pd.DataFrame) -> None:
    before = df.copy()
    nack = client.apply(cells(1, ["8", "abc"], [0, 1]))
    assert isinstance(nack, m.Nack)
    assert nack.bad[0].text == "abc"
    assert (nack.bad[0].rid, nack.bad[0].id) == (1, 1)
    pd.testing.assert_frame_equal(df, before)


def test_a_missing_integer_is_refused_with_an_offer(client: Client) -> None:
    nack = client.apply(cells(2, [None], [0]))
    assert isinstance(nack, m.Nack)
    assert nack.offer is not None
    ack = client.apply(nack.offer)
    assert isinstance(ack, m.Ack)
    assert client.all(m.Patch)[-1].schema is not None


def test_a_repeated_number_is_applied_once_and_answered_the_same(client: Client, df: pd.DataFrame) -> None:
    request = m.Submit(ch="a1", seq=1, base_rev=0, op=InsertRows(count=1))
    client.send(request)
    first = client.all(m.Ack)[0]
    client.send(request)
    assert client.all(m.Ack) == [first, first]
    assert len(df) == 4


def test_a_refused_number_is_used_up(client: Client) -> None:
    request = m.Submit(ch="a1", seq=1, base_rev=0, op=cells(1, ["abc"], [0]))
    client.send(request)
    client.send(request)
    assert len(client.all(m.Nack)) == 2
    client.send(m.Submit(ch="a1", seq=2, base_rev=0, op=cells(1, ["1"], [0])))
    assert len(client.all(m.Ack)) == 1


def test_a_gap_in_the_numbers_is_refused_and_nothing_is_written(client: Client, df: pd.DataFrame) -> None:
    client.send(m.Submit(ch="a1", seq=5, base_rev=0, op=cells(1, ["9"], [0])))
    assert client.all(m.Error)[0].code == "BAD_SEQ"
    assert df.loc[0, "price"] == 2.0


def test_numbers_survive_a_lost_carrier(sessions: Sessions, client: Client, slot: Slot, df: pd.DataFrame) -> None:
    client.apply(cells(1, ["9"], [0]))
    sessions.close(client.take)
    again = Client(sessions, slot)
    assert again.hello(last_seq=1).last_seq == 1
    again.send(m.Submit(ch="a1", seq=1, base_rev=0, op=cells(1, ["8"], [0])))
    assert again.all(m.Ack)[0].seq == 1
    assert df.loc[0, "price"] == 9.0


def test_numbers_survive_a_goodbye(sessions: Sessions, client: Client, slot: Slot) -> None:
    client.apply(cells(1, ["9"], [0]))
    client.send(m.Bye(ch="a1"))
    assert Client(sessions, slot).hello().last_seq == 1


def test_every_channel_hears_of_an_edit(sessions: Sessions, client: Client, slot: Slot) -> None:
    other = Client(sessions, slot, "b2")
    other.hello()
    client.apply(cells(1, ["9"], [0]))
    patch = other.all(m.Patch)[0]
    assert patch.from_ch == "a1"
    assert patch.cells[0].values == [9.0]
    client.send(m.Bye(ch="a1"))
    other.apply(cells(1, ["8"], [0]))
    assert len(client.all(m.Patch)) == 1


def test_many_changed_cells_are_told_as_columns_to_fetch(sessions: Sessions) -> None:
    slot = Slot("w", "w", Frame(pd.DataFrame({"a": range(5000), "b": 1})))
    sessions.add(slot)
    client = Client(sessions, slot)
    client.hello()
    client.apply(SetCells(blocks=[Block(columns=[0], values=[["7"]], start=0, stop=5000)]))
    patch = client.all(m.Patch)[0]
    assert patch.cells == []
    assert patch.columns == [0]


def test_a_schema_change_travels_with_its_patch(client: Client) -> None:
    client.apply(RenameColumn(column=1, name="cost"))
    schema = client.all(m.Patch)[0].schema
    assert schema is not None
    assert schema.columns[1].name == "cost"
    client.apply(AddColumn(name="new", dtype="str"))
    schema = client.all(m.Patch)[1].schema
    assert schema is not None
    assert schema.columns[-1].name == "new"


def test_a_range_that_others_moved_meanwhile_is_refused(sessions: Sessions, client: Client, slot: Slot, df: pd.DataFrame) -> None:
    other = Client(sessions, slot, "b2")
    other.hello()
    other.apply(InsertRows(count=1, before=0))
    nack = client.apply(DeleteRows(rows=Rows(ranges=[(0, 1)])), base_rev=0)
    assert isinstance(nack, m.Nack)
    assert nack.code == "CONFLICT"
    assert len(df) == 4


def test_undo_is_per_user(sessions: Sessions, client: Client, slot: Slot, df: pd.DataFrame) -> None:
    other = Client(sessions, slot, "b2", ANN)
    other.hello()
    client.apply(cells(1, ["9"], [0]))
    assert other.all(m.Patch)[-1].can_undo is False
    assert isinstance(other.apply(Undo()), m.Nack)
    assert isinstance(client.apply(Undo()), m.Ack)
    assert df.loc[0, "price"] == 2.0


def test_a_table_that_goes_and_comes_back(sessions: Sessions, client: Client, slot: Slot) -> None:
    frame = slot.frame
    sessions.put(slot, None, "The variable t was deleted.")
    gone = client.all(m.Gone)[0]
    assert (gone.reason, gone.message) == ("variable", "The variable t was deleted.")
    client.send(m.Fetch(ch="a1", id=1, start=0, stop=1, columns=[0]))
    assert len(client.all(m.Gone)) == 2
    sessions.put(slot, frame)
    assert client.all(m.Reset)[0].reason == "epoch"
    assert client.hello().rows == 3


def test_an_edit_of_a_read_only_table_is_refused_with_its_reason(sessions: Sessions) -> None:
    slot = Slot("r", "r", Frame(pd.DataFrame({"a": [1]}), read_only="Look, do not touch."))
    sessions.add(slot)
    client = Client(sessions, slot)
    assert client.hello().read_only == "Look, do not touch."
    nack = client.apply(cells(0, ["2"], [0]))
    assert isinstance(nack, m.Nack)
    assert nack.message == "Look, do not touch."


def test_a_broken_carrier_stops_nobody_else(sessions: Sessions, client: Client, df: pd.DataFrame) -> None:
    def broken(frame: str | bytes) -> None:
        if wire.route(frame).type == "patch":
            raise OSError("closed")

    sessions.receive(wire.encode(m.Hello(ch="b2", proto=m.PROTOCOL, table=client.table)), broken, ANN)
    assert isinstance(client.apply(cells(1, ["9"], [0])), m.Ack)
    assert df.loc[0, "price"] == 9.0


def test_many_channels_and_threads_keep_their_order(sessions: Sessions, slot: Slot, df: pd.DataFrame) -> None:
    clients = [Client(sessions, slot, f"c{number}") for number in range(4)]
    for client in clients:
        client.hello()

    def work(client: Client, row: int) -> None:
        for number in range(50):
            client.apply(cells(2, [str(number)], [row % 3]))
            client.fetch(0, 3, [2])

    threads = [threading.Thread(target=work, args=(client, row)) for row, client in enumerate(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for client in clients:
        revs = [patch.rev for patch in client.all(m.Patch)]
        assert revs == list(range(1, 201))
        assert [ack.seq for ack in client.all(m.Ack)] == list(range(1, 51))
    assert df["n"].tolist()[1:] == [49, 49]


def test_a_closed_slot_frees_its_data(sessions: Sessions) -> None:
    df = pd.DataFrame({"a": range(1000)})
    watched = weakref.ref(df)
    slot = Binding({}, sessions).adopt(df)
    client = Client(sessions, slot)
    client.hello()
    client.sub(sort=[Sort(column=0, descending=True)])
    client.fetch(0, 10, [0])
    client.apply(cells(0, ["5"], [0]))
    client.ask(m.Profiled, m.AskProfile(ch="a1", id=50, columns=[0]))
    client.send(m.Bye(ch="a1"))
    del df, slot, client
    deadline = time.monotonic() + 5
    while watched() is not None and time.monotonic() < deadline:
        gc.collect()
        time.sleep(0.02)
    assert watched() is None


def test_answers_are_valid_json_of_the_protocol(client: Client) -> None:
    client.apply(cells(1, ["nan"], [0]))
    client.fetch(0, 3, [0, 1, 2])
    for found, _ in client.inbox:
        assert json.loads(wire.split(wire.encode(found))[0])["ch"] == "a1"
