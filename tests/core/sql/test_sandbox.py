"""Child processes: what they are given, how they are stopped, and that none is left over."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from functools import partial

import pyarrow as pa
import pytest
from core.sql.children import PROC
from core.sql.tables import TABLES, sales
from tabweave_core.errors import Refused, TabweaveError, Unavailable
from tabweave_core.sql import process
from tabweave_core.sql.limits import Limits
from tabweave_core.sql.process import Process
from tabweave_core.sql.sandbox import Cancellation, Loadable, Sandbox

ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT (i + 1) % 10 FROM n) SELECT max(i) FROM n"
WAIT = 20.0


class Nursery(list[Process]):
    """Starts children and keeps them."""

    def start(self, *, sockets: bool = True) -> Process:
        self.append(Process(sockets=sockets))
        return self[-1]


@pytest.fixture
def children() -> Iterator[Nursery]:
    made = Nursery()
    yield made
    assert [child for child in made if child.alive] == [], "a child was left over"


class Asking(threading.Thread):
    """A query on a thread of its own; `outcome` is its result or refusal."""

    def __init__(self, sandbox: Sandbox, query: str, cancellation: Cancellation | None = None) -> None:
        super().__init__(daemon=True)
        self.outcome: object = None
        self.loaded = threading.Event()
        self._ask: Callable[[], object] = lambda: sandbox.run(query, {"t": self._load}, cancellation=cancellation)
        self.start()

    def _load(self) -> pa.Table:
        self.loaded.set()
        return pa.table({"a": [1]})

    def run(self) -> None:
        try:
            self.outcome = self._ask()
        except TabweaveError as refusal:
            self.outcome = refusal

    def end(self) -> object:
        self.join(WAIT)
        assert not self.is_alive()
        return self.outcome


def test_a_child_is_used_again(children: Nursery) -> None:
    with Sandbox(start=children.start) as sandbox:
        for number in range(5):
            assert sandbox.run(f"SELECT {number} AS n", {}).table.to_pylist() == [{"n": number}]
            with pytest.raises(TabweaveError):
                sandbox.run("SELECT * FROM nothing", {})
    assert len(children) == 1


def test_nothing_of_a_query_is_left_for_the_next(sandbox: Sandbox) -> None:
    sandbox.run("SELECT * FROM secrets", {"secrets": pa.table({"a": [1]})})
    for name in ("secrets", "duckdb_views", "duckdb_logs"):
        with pytest.raises(TabweaveError, match="There is no table"):
            sandbox.run(f"SELECT * FROM {name}", {})


def test_only_tables_that_are_named_are_loaded_and_only_with_the_columns_that_are_needed(sandbox: Sandbox) -> None:
    asked: list[object] = []

    def load(columns: list[str]) -> pa.Table:
        asked.append(columns)
        return sales().select(columns)

    tables = {
        "sales": Loadable(sales().column_names, load),
        "other": lambda: asked.append("other"),
        "whole": lambda: sales(),
    }
    result = sandbox.run("SELECT sum(Qty) AS q FROM sales WHERE item <> 'pen'", tables)
    assert result.table.to_pylist() == [{"q": 43}]
    assert result.tables == ("sales",)
    assert asked == [["item", "qty"]]
    assert sandbox.run("SELECT count(*) AS n, max(id) AS m FROM whole", tables).table.to_pylist() == [{"n": 7, "m": 7}]
    assert asked == [["item", "qty"]]


def test_a_table_may_come_in_batches(sandbox: Sandbox) -> None:
    batches = sales().to_batches(max_chunksize=2)
    reader = pa.RecordBatchReader.from_batches(sales().schema, iter(batches))
    assert sandbox.run("SELECT sum(qty) AS q FROM t", {"t": reader}).table.to_pylist() == [{"q": 57}]


def test_what_a_tables_source_raises_reaches_the_caller_and_the_child_lives(children: Nursery) -> None:
    def load() -> pa.Table:
        raise Refused("FORBIDDEN", "Not for you.")

    with Sandbox(start=children.start) as sandbox:
        with pytest.raises(Refused, match="Not for you"):
            sandbox.run("SELECT * FROM t, u", {"t": sales(), "u": load})
        with pytest.raises(ZeroDivisionError):
            sandbox.run("SELECT * FROM t", {"t": lambda: 1 // 0})
        assert sandbox.run("SELECT 1 AS x", {}).table.num_rows == 1
    assert len(children) == 1


def test_a_result_ends_at_the_limit_of_rows_and_says_so(sandbox: Sandbox) -> None:
    for rows, truncated in ((9, True), (10, False), (11, False)):
        result = sandbox.run("SELECT i FROM range(10) r(i)", {}, limits=Limits(rows=rows))
        assert (result.table["i"].to_pylist(), result.truncated) == (list(range(min(rows, 10))), truncated)


def test_a_result_ends_at_the_limit_of_bytes_and_says_so(sandbox: Sandbox) -> None:
    result = sandbox.run("SELECT repeat('x', 1000) AS x FROM range(100000)", {}, limits=Limits(bytes=5_000_000))
    assert result.truncated
    assert 4_000_000 < result.table.nbytes <= 5_000_000


def test_tables_that_are_too_large_are_refused(sandbox: Sandbox) -> None:
    with pytest.raises(Refused, match="are larger than") as refusal:
        sandbox.run("SELECT * FROM t, u", {"t": sales(), "u": sales()}, limits=Limits(input=3_000))
    assert refusal.value.code == "TOO_LARGE"
    assert sandbox.run("SELECT 1 AS x", {}).table.num_rows == 1


def test_a_query_is_cancelled_from_another_thread(sandbox: Sandbox) -> None:
    cancellation = Cancellation()
    asking = Asking(sandbox, f"SELECT (FROM t), ({ENDLESS})", cancellation)
    assert asking.loaded.wait(WAIT)
    cancellation.cancel()
    outcome = asking.end()
    assert isinstance(outcome, Unavailable)
    assert outcome.code == "CANCELLED"
    assert sandbox.run("SELECT 1 AS x", {}).table.num_rows == 1


def test_what_was_cancelled_before_it_began_does_not_begin(sandbox: Sandbox) -> None:
    cancellation = Cancellation()
    cancellation.cancel()
    with pytest.raises(Unavailable, match="was stopped"):
        sandbox.run("SELECT 1", {}, cancellation=cancellation)


def test_a_cancellation_that_comes_too_late_harms_no_other_query(children: Nursery) -> None:
    with Sandbox(start=children.start) as sandbox:
        cancellation = Cancellation()
        sandbox.run("SELECT 1", {}, cancellation=cancellation)
        cancellation.cancel()
        assert sandbox.run("SELECT 1 AS x", {}).table.num_rows == 1
    assert len(children) == 1


def test_a_query_that_takes_too_long_is_stopped(sandbox: Sandbox) -> None:
    with pytest.raises(Refused, match=r"was stopped after 0\.5 seconds") as refusal:
        sandbox.run(ENDLESS, {}, limits=Limits(seconds=0.5))
    assert refusal.value.code == "TOO_LARGE"


def test_queries_run_side_by_side_and_one_too_many_is_told_to_wait(children: Nursery) -> None:
    with Sandbox(children=2, wait=0.2, start=children.start) as sandbox:
        first, second = Cancellation(), Cancellation()
        asking = [Asking(sandbox, f"SELECT (FROM t), ({ENDLESS})", each) for each in (first, second)]
        assert all(each.loaded.wait(WAIT) for each in asking)
        with pytest.raises(Unavailable, match="are at work") as refusal:
            sandbox.run("SELECT 1", {})
        assert refusal.value.code == "BUSY"
        first.cancel()
        asking[0].end()
        sandbox._wait = WAIT  # a child is being started in place of the one that was killed
        assert sandbox.run("SELECT 1 AS x", {}).table.num_rows == 1
        second.cancel()
        asking[1].end()


def test_many_askers_each_get_their_own_answer(children: Nursery) -> None:
    wrong: list[object] = []

    def ask(sandbox: Sandbox, number: int) -> None:
        for turn in range(5):
            cancellation = Cancellation()
            if turn == 2:
                cancellation.cancel()
            try:
                found = sandbox.run(f"SELECT {number} AS n FROM t{number}", {f"t{number}": sales()}, cancellation=cancellation)
            except Unavailable:
                continue
            if found.table["n"].unique().to_pylist() != [number]:
                wrong.append(found)

    with Sandbox(children=3, wait=WAIT, start=children.start) as sandbox:
        threads = [threading.Thread(target=ask, args=(sandbox, number)) for number in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(sandbox._idle) == len(children) <= 3
    assert wrong == []


def test_children_without_work_end(children: Nursery) -> None:
    with Sandbox(idle=0.05, start=children.start) as sandbox:
        sandbox.run("SELECT 1", {})
        children[0]._child.wait(WAIT)
        assert sandbox.run("SELECT 1 AS x", {}).table.num_rows == 1
    assert len(children) == 2


def test_a_child_that_died_is_replaced(children: Nursery) -> None:
    with Sandbox(start=children.start) as sandbox:
        sandbox.run("SELECT 1", {})
        os.kill(children[0].pid, signal.SIGKILL)
        children[0]._child.wait(WAIT)
        assert sandbox.run("SELECT 1 AS x", {}).table.num_rows == 1


def test_closing_ends_what_runs_and_what_waits(children: Nursery) -> None:
    sandbox = Sandbox(children=1, start=children.start)
    running = Asking(sandbox, f"SELECT (FROM t), ({ENDLESS})")
    assert running.loaded.wait(WAIT)
    waiting = Asking(sandbox, "SELECT 1")
    sandbox.close()
    sandbox.close()
    for asking in (running, waiting):
        outcome = asking.end()
        assert isinstance(outcome, Unavailable)
        assert outcome.code == "OFFLINE"
    with pytest.raises(Unavailable, match="no longer"):
        sandbox.run("SELECT 1", {})
    assert not any(child.alive for child in children)


def test_the_first_query_finds_a_child_that_was_started_ahead(children: Nursery) -> None:
    with Sandbox(start=children.start) as sandbox:
        sandbox.start()
        assert sandbox.run("SELECT 1 AS x", {}).table.num_rows == 1
        sandbox.start()
    assert 1 <= len(children) <= 2


def test_a_child_sees_no_secrets_and_no_modules_of_the_current_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    monkeypatch.chdir(str(tmp_path))
    for name in ("json", "duckdb", "types"):
        with open(f"{name}.py", "w", encoding="utf-8") as file:
            file.write("raise SystemExit('taken from the current folder')")
    monkeypatch.setenv("OPENAI_API_KEY", "secret")
    monkeypatch.setenv("JUPYTER_TOKEN", "secret")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert "secret" not in process.environment().values()
    with Sandbox() as sandbox:
        assert sandbox.run("SELECT 1 AS x", {}).table.num_rows == 1


def test_what_keeps_a_child_from_starting_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/no/such/python")
    with Sandbox() as sandbox, pytest.raises(Unavailable, match="cannot be started") as refusal:
        sandbox.run("SELECT 1", {})
    assert refusal.value.code == "OFFLINE"
    monkeypatch.setattr(sys, "executable", sys._base_executable)  # type: ignore[attr-defined]  # not in typeshed
    monkeypatch.setattr(process, "_MAIN", "raise SystemExit('no such luck')")
    with Sandbox() as sandbox, pytest.raises(Unavailable, match="did not start: no such luck"):
        sandbox.run("SELECT 1", {})


def test_without_sockets_that_carry_files_pipes_do(children: Nursery) -> None:
    with Sandbox(start=partial(children.start, sockets=False)) as sandbox:
        query = "SELECT item, sum(qty) AS q FROM sales JOIN targets USING (region) GROUP BY item ORDER BY item"
        assert sandbox.run(query, TABLES).table.to_pylist() == [
            {"item": "ink", "q": 12},
            {"item": "pad", "q": 1},
            {"item": "pen", "q": 11},
        ]
        with pytest.raises(Refused, match="was stopped"):
            sandbox.run(ENDLESS, {}, limits=Limits(seconds=0.5))


@pytest.mark.skipif(not PROC.exists(), reason="needs /proc")
def test_children_end_with_their_parent_however_it_ends() -> None:
    code = (
        "from tabweave_core.sql.sandbox import Sandbox\n"
        "import threading\n"
        "sandbox = Sandbox()\n"
        "def load():\n"
        "    print(*(child.pid for child in sandbox._busy), flush=True)\n"
        "    import pyarrow\n"
        "    return pyarrow.table({'a': [1]})\n"
        f'sandbox.run("SELECT (FROM t), ({ENDLESS})", {{"t": load}})\n'
    )
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    parent.kill()
    parent.communicate()
    wait_until_gone(child)


@pytest.mark.skipif(not PROC.exists(), reason="needs /proc")
def test_a_process_that_exits_leaves_no_child() -> None:
    code = (
        "from tabweave_core.sql.sandbox import Sandbox\n"
        "sandbox = Sandbox()\n"
        "sandbox.run('SELECT 1', {})\n"
        "print(sandbox._idle[0].pid)\n"
    )
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    wait_until_gone(int(done.stdout))


def wait_until_gone(pid: int) -> None:
    over = threading.Event()
    for _ in range(400):
        try:
            state = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return
        if state == "Z":
            return
        over.wait(0.05)
    pytest.fail(f"process {pid} is still there")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_copy_leaves_the_children_alone(sandbox: Sandbox) -> None:
    sandbox.run("SELECT 1", {})
    own = sandbox._idle[0].pid
    reading, writing = os.pipe()
    copy = os.fork()
    if copy == 0:
        try:
            result = sandbox.run("SELECT 1 AS x", {}).table.to_pylist()
            os.write(writing, f"{sandbox._idle[0].pid != own} {result}".encode())
            sandbox.close()
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        assert pipe.read() == "True [{'x': 1}]"
    os.waitpid(copy, 0)
    assert sandbox.run("SELECT 2 AS x", {}).table.to_pylist() == [{"x": 2}]
    assert sandbox._idle[0].pid == own
