"""Grids beside code that runs: what they show is right, whatever the code does in the middle of a read or a write."""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from tabweave.frames.frame import Frame
from tabweave_core.protocol import messages as m
from tabweave_core.protocol.ops import Block, SetCells
from tabweave_core.protocol.schema import Sort

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from shell import Notebook


@pytest.fixture
def hasty() -> Iterator[None]:
    """Threads take turns fifty times as often as they do by themselves."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-4)
    yield
    sys.setswitchinterval(before)


def write(column: int, text: str, row: int) -> SetCells:
    return SetCells(blocks=[Block(columns=[column], values=[[text]], rows=[row])])


def meanwhile(monkeypatch: pytest.MonkeyPatch, code: Callable[[], object]) -> list[int]:
    """Has code run in the middle of every read of a column, as a running cell may; counts the reads."""
    reads: list[int] = []
    values = Frame.values

    def torn(frame: Frame, column: int) -> Any:
        reads.append(1)
        code()
        return values(frame, column)

    monkeypatch.setattr(Frame, "values", torn)
    return reads


def once(code: Callable[[], object]) -> Callable[[], object]:
    """The code at its first call, then nothing."""
    left = [code]
    return lambda: left.pop()() if left else None


@pytest.mark.parametrize(
    "change",
    [
        "df.insert(0, 'fresh', 0)",
        "del df['name']",
        "df['n'] = df.pop('n') * 2",
        "df.columns = ['price', 'name', 'n']",
        "df.loc[3] = ['d', 4.0, 4]",
    ],
)
def test_a_window_read_while_code_moves_columns_or_rows_is_read_again(
    notebook: Notebook, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    client = notebook.open("df")
    meanwhile(monkeypatch, once(lambda: exec(change, notebook.shell.user_ns)))
    client.send(m.Fetch(ch=client.ch, id=90, start=0, stop=3, columns=[2]))
    arrow = next(arrow for answer, arrow in client.inbox if isinstance(answer, m.Window))
    assert pa.ipc.open_stream(arrow).read_all()["2"].to_pylist() == notebook["df"]["n"].tolist()[:3]


def test_a_table_that_never_comes_to_rest_is_busy(notebook: Notebook, monkeypatch: pytest.MonkeyPatch) -> None:
    client = notebook.open("df")
    reads = meanwhile(monkeypatch, lambda: notebook["df"].insert(0, f"x{len(reads)}", 0))
    client.send(m.Fetch(ch=client.ch, id=90, start=0, stop=3, columns=[2]))
    refused = client.wait(m.Error)
    assert (refused.code, refused.re) == ("BUSY", 90)


def test_a_look_at_what_is_shown_compares_no_half_changed_rows(
    notebook: Notebook, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    client = notebook.open("df")
    client.fetch(0, 3, [0, 1, 2])
    reads = meanwhile(monkeypatch, once(lambda: notebook["df"].__setitem__("fresh", 0)))
    notebook.home.sessions.look()
    client.ask(m.History, m.AskHistory(ch=client.ch, id=91))
    assert reads
    assert [(patch.schema is not None, patch.cells) for patch in client.all(m.Patch)] == [(True, [])]
    assert caplog.text == ""


def test_a_sort_by_a_column_that_code_moves_meanwhile_sorts_by_that_column(
    notebook: Notebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = notebook.open("df")
    slot = notebook.home.binding.bind("df")
    settle, left = slot.reading, [1, 0]

    def reading() -> None:
        settle()
        if left and left.pop():
            notebook["df"].insert(0, "fresh", [1, 2, 3])

    monkeypatch.setattr(slot, "reading", reading)
    client.sub(sort=[Sort(column=1)])
    assert client.fetch(0, 3, [1])["1"].tolist() == [1.0, 2.0, 3.0]


def test_a_request_that_fails_inside_is_answered_under_its_number(
    notebook: Notebook, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    client = notebook.open("df")

    def fail() -> None:
        raise RuntimeError("planted")

    meanwhile(monkeypatch, fail)
    client.send(m.Fetch(ch=client.ch, id=90, start=0, stop=3, columns=[2]))
    answer = client.wait(m.Error)
    assert (answer.code, answer.re) == ("INTERNAL", 90)
    assert "planted" in caplog.text


@pytest.mark.usefixtures("hasty")
def test_a_grid_beside_a_running_cell_shows_no_wrong_column_and_breaks_nothing(
    notebook: Notebook, caplog: pytest.LogCaptureFixture
) -> None:
    """Column `a` holds even numbers and `b` odd ones, whatever stands before, between or after them; only the grid writes `a`."""
    notebook.run("busy = pd.DataFrame({'a': np.arange(0, 4000, 2), 'b': np.arange(1, 4001, 2)})")
    client = notebook.open("busy")
    ids = {column.name: column.id for column in client.hello().schema.columns}
    answers: list[m.Ack | m.Nack] = []
    wanted = list(range(0, 4000, 2))

    def scroll() -> None:
        for number in range(1, 61):
            row = number % 40
            client.send(m.Fetch(ch=client.ch, id=10_000 + number, start=0, stop=40, columns=[ids["a"], ids["b"]]))
            answers.append(client.apply(write(ids["a"], str(2 * number), row), base_rev=0))
            wanted[row] = 2 * number

    thread = threading.Thread(target=scroll)
    notebook.shell.user_ns["done"] = lambda: not thread.is_alive()
    thread.start()
    try:
        notebook.run(
            "n = 0\n"
            "while not done():\n"
            "    n += 1\n"
            "    busy.insert(n % 3, f'x{n}', float(n))\n"
            "    busy['b'] = busy['b'] + 2\n"
            "    busy.loc[n % 2000, 'b'] += 2\n"
            "    if n % 5 == 4:\n"
            "        for name in [name for name in busy if name.startswith('x')]: del busy[name]\n"
        )
    finally:
        thread.join()
    assert [answer for answer in answers if isinstance(answer, m.Nack)] == []
    assert client.all(m.Error) == []
    windows = [arrow for found, arrow in client.inbox if isinstance(found, m.Window)]
    assert (len(answers), len(windows)) == (60, 60)
    for arrow in windows:
        window = pa.ipc.open_stream(arrow).read_all()
        assert not any(value % 2 for value in window[str(ids["a"])].to_pylist())
        assert all(value % 2 for value in window[str(ids["b"])].to_pylist())
    assert notebook["busy"]["a"].tolist() == wanted
    assert notebook["busy"].shape == notebook.home.binding.bind("busy").frame.shape
    assert "INTERNAL" not in caplog.text
