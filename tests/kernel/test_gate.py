"""Writes of a grid beside the main thread: never in the middle of pandas, whatever the code does, and never for ever."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from tabweave import gate, slot
from tabweave.frames import external, frame
from tabweave.gate import GATE
from tabweave_core.protocol import messages as m
from tabweave_core.protocol.ops import Block, SetCells, Undo

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from conversation import Client
    from shell import Notebook

LONG = 20.0


@pytest.fixture(params=[1e-6, 5e-3], ids=["hasty", "usual"])
def turns(request: pytest.FixtureRequest) -> Iterator[None]:
    """How often threads take turns: a thousand times as often as by themselves, or just so."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(request.param)
    yield
    sys.setswitchinterval(before)


def price(text: str, row: int = 0) -> SetCells:
    return SetCells(blocks=[Block(columns=[1], values=[[text]], rows=[row])])


def beside(notebook: Notebook, code: str, work: Callable[[], object]) -> None:
    """Runs a cell, and `work` in another thread; the cell's `done()` says when that has ended."""
    failed: list[BaseException] = []
    thread = threading.Thread(target=lambda: _keep(work, failed))
    notebook.shell.user_ns["done"] = lambda: not thread.is_alive()
    thread.start()
    try:
        notebook.run(code)
    finally:
        thread.join(LONG)
        if failed:
            raise failed[0]
    assert not thread.is_alive()


def _keep(work: Callable[[], object], failed: list[BaseException]) -> None:
    try:
        work()
    except BaseException as error:
        failed.append(error)


def pause(notebook: Notebook) -> tuple[threading.Event, threading.Event]:
    """What a cell calls as `wait()`: it tells that it is there, and goes on when it may; the cell fails if it never may."""
    there, may = threading.Event(), threading.Event()

    def wait() -> None:
        there.set()
        assert may.wait(LONG), "nobody let the cell go on"

    notebook.shell.user_ns["wait"] = wait
    return there, may


@pytest.mark.usefixtures("turns")
@pytest.mark.parametrize(
    "change",
    [
        "df.insert(n % 3, f'x{n}', float(n)); del df[f'x{n}']",
        "df.loc[n % 3, 'n'] += 2; df['name'] = df['name'] + '.'",
        "df['late'] = df['n'].apply(lambda value: value + 1); df.pop('late')",
        "list(map(lambda k: df.insert(0, f'x{k}', 1), range(3))); list(map(df.pop, ['x0', 'x1', 'x2']))",
    ],
)
def test_every_edit_beside_a_loop_of_pandas_lands(notebook: Notebook, change: str) -> None:
    client = notebook.open("df")
    answers: list[m.Message] = []
    beside(
        notebook,
        f"n = 0\nwhile not done():\n    n += 1\n    {change}\n",
        lambda: answers.extend(client.apply(price(str(number), number % 3), base_rev=0) for number in range(60)),
    )
    assert [answer for answer in answers if not isinstance(answer, m.Ack)] == []
    assert notebook["df"]["price"].tolist() == [57.0, 58.0, 59.0]


def test_the_main_thread_does_not_get_into_pandas_while_the_gate_is_closed(notebook: Notebook) -> None:
    notebook.open("df")
    seen: list[tuple[bool, int]] = []

    def hold() -> None:
        with GATE.closed() as alone:
            may.set()
            time.sleep(0.1)
            seen.append((alone, len(notebook["df"].columns)))

    _, may = pause(notebook)
    beside(notebook, "wait(); df['new'] = 1", hold)
    assert seen == [(True, 3)]
    assert len(notebook["df"].columns) == 4


@pytest.mark.parametrize("code", ["while not done(): pass", "while not done(): time.sleep(0.2)", "wait()"])
def test_code_that_is_not_inside_pandas_is_not_waited_for(notebook: Notebook, code: str) -> None:
    client = notebook.open("df")
    _, may = pause(notebook)

    def work() -> None:
        assert isinstance(client.apply(price("7")), m.Ack)
        may.set()

    beside(notebook, f"import time\n{code}", work)
    assert may.is_set()
    assert notebook["df"]["price"][0] == 7.0


def test_edits_wait_in_turn_for_code_that_stays_inside_pandas_and_windows_do_not(notebook: Notebook) -> None:
    client = notebook.open("df")
    there, may = pause(notebook)
    shown: list[int] = []

    def work() -> None:
        assert there.wait(LONG)
        for seq, text in [(1, "7"), (2, "8"), (2, "8"), (3, "")]:
            op = price(text) if text else Undo()
            client.send(m.Submit(ch=client.ch, seq=seq, base_rev=0, op=op))
        shown.extend(client.fetch(0, 3, [1])["1"].tolist())
        assert client.all(m.Ack) == []
        may.set()

    beside(notebook, "seen = df.apply(lambda row: (wait(), row['price'])[1], axis=1)", work)
    until = time.monotonic() + LONG
    while len(client.all(m.Ack)) < 4 and time.monotonic() < until:
        time.sleep(0.01)
    assert shown == [2.0, 3.0, 1.0]
    assert notebook["seen"].tolist() == [2.0, 3.0, 1.0]
    assert [ack.seq for ack in client.all(m.Ack)] == [1, 2, 2, 3]
    assert notebook["df"]["price"].tolist() == [7.0, 3.0, 1.0]


def test_pandas_at_work_on_other_data_is_not_waited_for(notebook: Notebook) -> None:
    client = notebook.open("df")
    there, may = pause(notebook)

    def work() -> None:
        assert there.wait(LONG)
        assert isinstance(client.apply(price("7")), m.Ack)
        may.set()

    beside(notebook, "other = pd.DataFrame({'a': range(3)}); other.apply(lambda row: wait(), axis=1)", work)
    assert notebook["df"]["price"][0] == 7.0


def test_an_edit_from_code_in_another_thread_is_refused_when_pandas_is_not_left(
    notebook: Notebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slot, "PATIENT", 0.05)
    there, may = pause(notebook)
    bound = notebook.home.binding.bind("df")

    def work() -> None:
        assert there.wait(LONG)
        with pytest.raises(slot.Occupied):
            bound.apply(price("7"), user=notebook.home.sessions.owner, patience=0.05)
        may.set()

    beside(notebook, "df.apply(lambda row: wait(), axis=1)", work)
    assert notebook["df"]["price"][0] == 2.0


def whole(notebook: Notebook, client: Client) -> None:
    """The frame, its log and the DataFrame agree, and the edit can be taken back."""
    found = notebook.home.binding.bind("df").frame
    assert found is not None
    assert found.shape == notebook["df"].shape
    assert [change.kind for change in found.history()] == ["set_cells"]
    assert notebook["df"]["price"].tolist() == [7.0, 8.0, 1.0]
    assert isinstance(client.apply(Undo()), m.Ack)
    assert notebook["df"]["price"].tolist() == [2.0, 3.0, 1.0]


def interrupting(monkeypatch: pytest.MonkeyPatch, place: Any, name: str) -> None:
    """Interrupts the main thread before a step, as the user may at any time, and gives it time to go on."""
    step = getattr(place, name)

    def torn(*args: Any) -> Any:
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0.1)
        return step(*args)

    monkeypatch.setattr(place, name, torn)


def test_an_interrupt_while_the_grid_writes_hits_the_code_and_not_the_write(
    notebook: Notebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = notebook.open("df")
    interrupting(monkeypatch, frame, "perform")
    there, may = pause(notebook)
    may.set()
    code = "try:\n    wait()\n    while True: pass\nexcept KeyboardInterrupt:\n    seen = df['price'].tolist()"
    op = SetCells(blocks=[Block(columns=[1], values=[["7", "8"]], rows=[0, 1])])
    beside(notebook, code, lambda: (there.wait(LONG), client.apply(op)))
    monkeypatch.undo()
    assert notebook["seen"] == [7.0, 8.0, 1.0], "the code that handles the interrupt got into pandas before the write was done"
    whole(notebook, client)


def test_an_interrupt_while_a_cell_writes_by_our_api_comes_when_it_is_written(
    notebook: Notebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = notebook.open("df")
    notebook.run("import tabweave as tw; t = tw.table(df)")
    interrupting(monkeypatch, frame, "perform")
    result = notebook.shell.run_cell("t.set('price', [7, 8], row=[0, 1]); late = True")
    assert isinstance(result.error_in_exec, KeyboardInterrupt)
    monkeypatch.undo()
    assert "late" not in notebook.shell.user_ns
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    notebook.home.sessions.owner = client.user
    whole(notebook, client)


def test_an_interrupt_while_changes_are_taken_over_loses_none(notebook: Notebook, monkeypatch: pytest.MonkeyPatch) -> None:
    client = notebook.open("df")
    interrupting(monkeypatch, external, "take_over")
    notebook.run("df.insert(0, 'new', 0); df.loc[3] = [0, 'd', 4.0, 4]")
    monkeypatch.undo()
    found = notebook.home.binding.bind("df").frame
    assert found is not None
    assert found.shape == (4, 4)
    assert isinstance(client.apply(price("7", 3)), m.Ack)
    assert notebook["df"]["price"].tolist() == [2.0, 3.0, 1.0, 7.0]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_fork_in_the_middle_of_edits_has_a_whole_frame_and_waits_for_nobody(notebook: Notebook) -> None:
    client = notebook.open("df")
    stop = threading.Event()

    def edit() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            op = SetCells(blocks=[Block(columns=[1], values=[[str(number)] * 3], rows=[0, 1, 2])])
            assert isinstance(client.apply(op, base_rev=0), m.Ack)

    def child() -> None:
        """Ends with 0 if all is well; an alarm ends it if it waits."""
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(int(LONG))
        import tabweave as tw

        df = notebook["df"]
        once = df["price"].nunique() == 1 or df["price"].tolist() == [2.0, 3.0, 1.0]
        df.insert(0, "new", 0)
        tw.table(df).set("price", 5)
        os._exit(0 if once and df["price"].tolist() == [5.0, 5.0, 5.0] else 1)

    def fork() -> int:
        pid = os.fork()
        if pid == 0:
            try:
                child()
            finally:
                os._exit(2)
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

    notebook.shell.user_ns.update(fork=fork, stop=stop.set)
    beside(notebook, "try:\n    ended = [fork() for _ in range(3)]\nfinally:\n    stop()", edit)
    assert notebook["ended"] == [0] * 3


def test_the_extension_can_be_unloaded_and_loaded_again_in_the_middle_of_edits(notebook: Notebook) -> None:
    client = notebook.open("df")
    stop = threading.Event()

    def edit() -> None:
        seq = 0
        while not stop.is_set():
            seq += 1
            client.send(m.Submit(ch=client.ch, seq=seq, base_rev=0, op=price(str(seq))))

    notebook.shell.user_ns.update(stop=stop.set)
    loop = "for n in range(5):\n        df.insert(0, 'x', n); del df['x']\n        %reload_ext tabweave"
    beside(notebook, f"try:\n    %load_ext tabweave\n    {loop}\nfinally:\n    stop()", edit)
    from tabweave import workspace

    notebook.home = workspace.current(notebook.shell.user_ns)
    again = notebook.open("df", "again")
    assert isinstance(again.apply(price("7")), m.Ack)
    assert notebook["df"]["price"][0] == 7.0
    notebook.run("%unload_ext tabweave")


@pytest.mark.parametrize("kind", ["settrace", "setprofile"])
def test_code_that_is_traced_or_profiled_stays_so(notebook: Notebook, kind: str) -> None:
    client = notebook.open("df")
    tracer: Callable[..., Any] = lambda *_: tracer if kind == "settrace" else None  # noqa: E731
    notebook.shell.user_ns["tracer"] = tracer
    beside(
        notebook,
        f"import sys\nsys.{kind}(tracer)\ntry:\n"
        "    while not done(): df.insert(0, 'x', 1); del df['x']\n"
        f"    kept = sys.get{kind[3:]}() is tracer\nfinally: sys.{kind}(None)\n",
        lambda: [client.apply(price(str(number)), base_rev=0) for number in range(5)],
    )
    assert notebook["kept"]
    assert notebook["df"]["price"][0] == 4.0


def test_whoever_waits_for_the_main_thread_behind_the_gate_does_not_stop_it_for_ever(
    notebook: Notebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate, "STALLED", 1)
    there, may = pause(notebook)
    notebook.shell.user_ns["lock"] = lock = threading.Lock()

    def work() -> None:
        assert there.wait(LONG)
        with GATE.closed() as alone:
            assert alone
            may.set()
            assert lock.acquire(timeout=LONG)

    beside(notebook, "with lock:\n    wait()\n    for n in range(10): df.insert(0, 'x', n); del df['x']", work)


def test_without_pending_calls_edits_land_and_what_meets_is_noticed(notebook: Notebook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(GATE, "_call", None)
    client = notebook.open("df")
    assert not GATE.able
    beside(notebook, "while not done(): sum(range(1000))", lambda: client.apply(price("7")))
    assert isinstance(client.apply(price("8", 1)), m.Ack)
    pd.testing.assert_series_equal(notebook["df"]["price"], pd.Series([7.0, 8.0, 1.0], name="price"))
