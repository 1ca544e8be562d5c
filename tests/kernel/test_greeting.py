from __future__ import annotations

import pandas as pd
import pyarrow as pa
import pytest
from conversation import Client
from tabweave.frames.frame import Frame
from tabweave.greeting import greeting
from tabweave.sessions import Sessions
from tabweave.slot import Slot
from tabweave_core.protocol import messages as m
from tabweave_core.protocol import wire
from tabweave_core.protocol.schema import Person

ANN = Person(id="ann", name="Ann")


def placed(sessions: Sessions, df: pd.DataFrame) -> Slot:
    made = Slot("t", "t", Frame(df, name="t"))
    sessions.add(made)
    return made


def hello(sessions: Sessions, slot: Slot, first: m.First) -> Client:
    client = Client(sessions, slot)
    client.send(m.Hello(ch=client.ch, proto=m.PROTOCOL, table=client.table, first=first))
    return client


@pytest.mark.parametrize(("rows", "columns"), [(2, 2), (128, 32), (0, 0)])
def test_hello_can_ask_for_the_first_rows_at_once(sessions: Sessions, slot: Slot, rows: int, columns: int) -> None:
    client = hello(sessions, slot, m.First(id=7, rows=rows, columns=columns))
    (welcome, _), (window, arrow) = client.inbox
    assert isinstance(welcome, m.Welcome)
    assert isinstance(window, m.Window)
    assert (window.re, window.start, window.stop) == (7, 0, min(rows, 3))
    names = ["name", "price", "n"][:columns]
    assert pa.ipc.open_stream(arrow).read_all().drop_columns("_rid").to_pydict() == {
        str(place): ["b", "c", "a"][:rows] if name == "name" else [[2.0, 3.0, 1.0], [1, 2, 3]][place - 1][:rows]
        for place, name in enumerate(names)
    }


def test_first_rows_that_a_client_has_are_not_sent_again_while_they_are_the_same(sessions: Sessions, slot: Slot) -> None:
    greeted = greeting(slot, ANN)
    welcome, arrow = wire.decode_answer(greeted["frame"])
    assert isinstance(welcome, m.Welcome)
    assert pa.ipc.open_stream(arrow).read_all().column("0").to_pylist() == ["b", "c", "a"]

    def first() -> tuple[m.Message, memoryview | None]:
        (_, _), (window, sent) = hello(sessions, slot, m.First(id=7, rows=128, columns=32, have=str(greeted["mark"]))).inbox
        assert isinstance(window, m.Window)
        assert (window.start, window.stop) == (0, 3)
        return window, sent

    assert first()[1] is None
    slot.frame.df.iloc[0, 0] = "z"
    sent = first()[1]
    assert sent is not None
    assert pa.ipc.open_stream(sent).read_all().column("0").to_pylist() == ["z", "c", "a"]


def test_rows_that_came_with_a_widget_are_looked_at_again_after_a_cell(sessions: Sessions) -> None:
    df = pd.DataFrame({"tags": [["a"], ["b"]]})
    slot = placed(sessions, df)
    client = hello(sessions, slot, m.First(id=7, rows=128, columns=32, have=str(greeting(slot, ANN)["mark"])))
    df["tags"].iloc[0].append("more")
    sessions.look()
    patch = client.wait(m.Patch)
    assert isinstance(patch, m.Patch)
    assert [(cells.column, cells.rows) for cells in patch.cells] == [(0, [0])]


@pytest.mark.parametrize("df", [pd.DataFrame({"a": ["x" * 1000] * 100}), pd.DataFrame([[1] * 501])])
def test_large_first_rows_and_wide_tables_do_not_come_with_a_widget(sessions: Sessions, df: pd.DataFrame) -> None:
    assert greeting(placed(sessions, df), ANN) == {}


def test_first_rows_that_cannot_be_shown_are_refused_under_their_number(sessions: Sessions, slot: Slot) -> None:
    client = hello(sessions, slot, m.First(id=7, rows=-1, columns=1))
    assert [error.re for error in client.all(m.Error)] == [7]
    assert client.fetch(0, 1, [0])["0"].tolist() == ["b"]
