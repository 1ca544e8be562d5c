from __future__ import annotations

import json
import queue
import time
import warnings
from typing import TYPE_CHECKING, Any

import nbformat
import pyarrow as pa
import pytest
from jupyter_client.manager import start_new_kernel
from nbconvert import HTMLExporter
from nbconvert.preprocessors import ExecutePreprocessor
from tabweave import bundle
from tabweave.widget import VIEW
from tabweave_core.errors import Unavailable
from tabweave_core.protocol import messages as m
from tabweave_core.protocol import wire

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from jupyter_client.blocking.client import BlockingKernelClient

SETUP = """
import pandas as pd
import tabweave as tw
df = pd.DataFrame({'name': ['b', 'c', 'a'], 'price': [2.0, 3.0, 1.0]})
"""


class Kernel:
    """A real kernel and what it published."""

    def __init__(self, client: BlockingKernelClient) -> None:
        self.client = client
        self.heard: list[dict[str, Any]] = []

    def hear(self, seconds: float) -> dict[str, Any] | None:
        try:
            message: dict[str, Any] = self.client.get_iopub_msg(timeout=seconds)
        except queue.Empty:
            return None
        self.heard.append(message)
        return message

    def run(self, code: str, *, cell: str | None = None) -> dict[str, Any]:
        """Runs a cell; returns its result's MIME bundle, or its last printed line under text/plain."""
        request = self.client.session.msg(
            "execute_request", {"code": code, "silent": False, "store_history": True, "allow_stdin": False}
        )
        if cell is not None:
            request["metadata"]["cellId"] = cell
        self.client.shell_channel.send(request)
        bundle_: dict[str, Any] = {}
        printed = ""
        while True:
            message = self.hear(30)
            assert message is not None, "the kernel is silent"
            if message["parent_header"].get("msg_id") != request["header"]["msg_id"]:
                continue
            content, kind = message["content"], message["header"]["msg_type"]
            assert kind != "error", "\n".join(content["traceback"])
            if kind in ("execute_result", "display_data"):
                bundle_ = content["data"]
            elif kind == "stream":
                printed += content["text"]
                bundle_ = {"text/plain": printed.strip().rpartition("\n")[2]}
            elif kind == "status" and content["execution_state"] == "idle":
                return bundle_

    def state(self, model: str) -> dict[str, Any]:
        opened = [
            heard for heard in self.heard if heard["header"]["msg_type"] == "comm_open" and heard["content"]["comm_id"] == model
        ]
        found: dict[str, Any] = opened[0]["content"]["data"]["state"]
        return found

    def tell(self, model: str, content: dict[str, Any]) -> None:
        """A custom message from the page's model to its widget."""
        data = {"method": "custom", "content": content}
        self.client.shell_channel.send(self.client.session.msg("comm_msg", {"comm_id": model, "data": data}))

    def answer(self, model: str, kind: str, *, seconds: float = 10, **fields: Any) -> tuple[dict[str, Any], list[memoryview]]:
        """The next custom message of a type from a widget."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            message = self.hear(0.5)
            if message is None or message["header"]["msg_type"] != "comm_msg" or message["content"]["comm_id"] != model:
                continue
            content = message["content"]["data"].get("content", {})
            if content.get("type") == kind and all(content.get(key) == value for key, value in fields.items()):
                return content, message["buffers"]
        raise AssertionError(f"no {kind} from the widget")

    def patches(self, model: str) -> list[dict[str, Any]]:
        """The patches that a widget sent so far."""
        heard = [each["content"] for each in self.heard if each["header"]["msg_type"] == "comm_msg"]
        sent = [content["data"].get("content", {}) for content in heard if content["comm_id"] == model]
        return [content for content in sent if content.get("type") == "patch"]


@pytest.fixture(scope="module")
def running() -> Iterator[Kernel]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        manager, client = start_new_kernel(kernel_name="python3")
    kernel = Kernel(client)
    try:
        yield kernel
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


@pytest.fixture
def kernel(running: Kernel) -> Kernel:
    running.run(SETUP)
    return running


def shown(kernel: Kernel, code: str = "tw.show(df)", **more: Any) -> str:
    model: str = kernel.run(code, **more)[VIEW]["model_id"]
    return model


def hello(kernel: Kernel, model: str, ch: str = "c1") -> dict[str, Any]:
    table = kernel.state(model)["table"]
    kernel.tell(model, {"type": "hello", "ch": ch, "proto": m.PROTOCOL, "table": table})
    return kernel.answer(model, "welcome")[0]


def test_a_shown_table_is_a_widget_with_text_and_a_static_table(kernel: Kernel) -> None:
    data = kernel.run("tw.show(df)")
    assert data["text/plain"] == "Grid(df: 3 rows × 2 columns)"
    assert "data-tabweave" in data["text/html"]
    assert "<td>b</td>" in data["text/html"]
    assert set(data) == {"text/plain", "text/html", VIEW}


def test_a_grid_that_is_part_of_another_widget_has_its_static_table_too(kernel: Kernel) -> None:
    kernel.run("import ipywidgets; g = tw.show(df); box = ipywidgets.VBox([g])")
    assert "<td>b</td>" in kernel.run("g.preview")["text/plain"]


def test_a_small_table_gets_the_height_of_its_rows_and_a_large_one_the_pages_own(kernel: Kernel) -> None:
    def height(rows: int, more: str = "") -> int:
        kernel.run(f"sized = pd.DataFrame({{'a': range({rows})}}){more}; None")
        found = kernel.state(shown(kernel, "tw.show(sized)"))["height"]
        assert isinstance(found, int)
        return found

    small, larger = height(5), height(8)
    assert larger - small == 3 * 28
    assert height(1) == height(4)
    assert height(40) == height(1000) == 0
    assert height(0) == height(3, "[[]]") > height(4)


def test_days_are_shown_without_a_time_in_the_static_table(kernel: Kernel) -> None:
    kernel.run("days = pd.DataFrame({'d': pd.to_datetime(['2027-01-01', None])}); None")
    kernel.run("days['h'] = pd.date_range('2027-01-01 12:00', periods=2, freq='12h'); None")
    found = kernel.run("tw.show(days)")["text/html"]
    assert "<td>2027-01-01</td>" in found
    assert "<td>2027-01-02 00:00:00</td>" in found


def test_the_widget_says_where_its_table_is_and_carries_no_code(kernel: Kernel) -> None:
    state = kernel.state(shown(kernel, "tw.show(df, rows=5, columns=['price'], read_only=True)"))
    assert state["table"].startswith("frame/")
    assert state["table"].endswith("/df")
    assert state["name"] == "df"
    assert state["relay"] is False
    assert state["height"] > 5 * 20
    assert state["options"] == {"columns": [1], "read_only": True}
    assert len(state["_esm"]) <= 1024
    assert len(json.dumps(state)) < 8000


def test_the_first_rows_come_with_a_new_widget_and_not_with_its_state_later(kernel: Kernel) -> None:
    model = shown(kernel, "grid = tw.show(df); grid")
    opened = next(each for each in kernel.heard if each["content"].get("comm_id") == model)
    assert opened["content"]["data"]["buffer_paths"] == [["greeting", "frame"]]
    welcome, arrow = wire.decode_answer(bytes(opened["buffers"][0]))
    assert isinstance(welcome, m.Welcome)
    assert pa.ipc.open_stream(arrow).read_all().column("0").to_pylist() == ["b", "c", "a"]
    assert kernel.run("'greeting' in grid.get_state()")["text/plain"] == "False"


def test_a_page_without_the_extension_gets_the_grids_code_once_it_asks(kernel: Kernel, tmp_path: Path) -> None:
    kernel.run(f"from pathlib import Path; from tabweave import bundle; bundle.PATH = Path({str(tmp_path)!r}) / 'widget.js'")
    model = shown(kernel)
    kernel.tell(model, {"type": "bundle"})
    content, buffers = kernel.answer(model, "bundle")
    assert "npm run build" in content["error"]
    assert buffers == []
    (tmp_path / "widget.js").write_text("export const render = 1;")
    kernel.tell(model, {"type": "bundle"})
    content, buffers = kernel.answer(model, "bundle")
    assert "error" not in content
    assert bytes(buffers[0]) == b"export const render = 1;"


def test_a_conversation_over_the_widgets_own_messages(kernel: Kernel) -> None:
    model = shown(kernel)
    welcome = hello(kernel, model)
    assert welcome["rows"] == 3
    kernel.tell(model, {"type": "fetch", "ch": "c1", "id": 1, "start": 0, "stop": 3, "columns": [0, 1]})
    window, buffers = kernel.answer(model, "window")
    assert (window["start"], window["stop"]) == (0, 3)
    assert len(buffers) == 1
    op = {"kind": "set_cells", "blocks": [{"columns": [1], "values": [["9.5"]], "rows": [0]}]}
    kernel.tell(model, {"type": "op", "ch": "c1", "seq": 1, "base_rev": 0, "op": op})
    assert kernel.answer(model, "ack")[0]["rev"] == welcome["rev"] + 1
    assert kernel.run("print(df.loc[0, 'price'])")["text/plain"] == "9.5"


def test_code_that_changes_the_frame_reaches_the_page(kernel: Kernel) -> None:
    model = shown(kernel)
    hello(kernel, model)
    kernel.run("df.loc[1, 'name'] = 'new'")
    told = kernel.patches(model)[-1]
    assert told["cells"] == [{"column": 0, "rows": [1], "values": ["new"]}]


def test_a_burst_of_changes_is_told_in_a_few_messages(kernel: Kernel) -> None:
    model = shown(kernel)
    first = hello(kernel, model)["rev"]
    kernel.run("t = tw.table(df)\nfor n in range(500): t.set('price', n, row=n % 3)")
    time.sleep(0.1)
    kernel.run("1")
    patches = kernel.patches(model)
    assert len(patches) < 150
    assert patches[-1]["rev"] == first + 500
    last = {
        row: value
        for patch in patches
        for piece in patch["cells"]
        for row, value in zip(piece["rows"], piece["values"], strict=True)
    }
    assert last == {0: 498, 1: 499, 2: 497}


def test_a_page_cannot_say_who_it_is(kernel: Kernel) -> None:
    model = shown(kernel)
    user = {"id": "boss", "name": "Boss"}
    kernel.tell(model, {"type": "hello", "ch": "c1", "proto": m.PROTOCOL, "table": kernel.state(model)["table"], "user": user})
    assert kernel.answer(model, "error")[0]["where"] == "$.user"


def test_rubbish_from_a_page_is_answered(kernel: Kernel) -> None:
    model = shown(kernel)
    kernel.tell(model, {"type": "fetch", "ch": "c1", "id": "x"})
    assert kernel.answer(model, "error")[0]["code"] == "BAD_MESSAGE"


def test_a_closed_grid_ends_its_conversation(kernel: Kernel) -> None:
    model = kernel.run("grid = tw.show(df); grid")[VIEW]["model_id"]
    hello(kernel, model)
    channels = "from tabweave import workspace; print(len(workspace.current().sessions._channels))"
    before = int(kernel.run(channels)["text/plain"])
    kernel.run("grid.close(); grid.close()")
    assert int(kernel.run(channels)["text/plain"]) == before - 1
    assert VIEW not in kernel.run("grid")


def test_a_page_that_is_reloaded_often_leaves_few_channels_behind(kernel: Kernel) -> None:
    kernel.run("from tabweave import workspace; grid = tw.show(df)")
    model = kernel.run("grid")[VIEW]["model_id"]
    count = "print(sum(route == grid._carry for _, route in workspace.current().sessions._channels.values()))"
    for number in range(12):
        hello(kernel, model, f"page-{number}")
    assert kernel.run(count)["text/plain"] == "8"
    kernel.tell(model, {"type": "fetch", "ch": "page-11", "id": 1, "start": 0, "stop": 3, "columns": [0]})
    kernel.answer(model, "window", ch="page-11")


def test_an_expressions_data_is_freed_when_its_cell_runs_again(kernel: Kernel) -> None:
    alive = "print(sum(type(each) is Frame and len(each.df) == 1234 for each in gc.get_objects()))"
    kernel.run("import gc; from tabweave.frames.frame import Frame")
    for _ in range(3):
        shown(kernel, "tw.show(pd.DataFrame({'a': range(1234)}))", cell="cell-1")
    kernel.run("_ = __ = ___ = None; get_ipython().displayhook.flush()")
    assert kernel.run(f"gc.collect(); {alive}")["text/plain"] == "1"


def test_a_table_that_a_variable_holds_survives_its_cell(kernel: Kernel) -> None:
    first = shown(kernel, "tw.show(df)", cell="cell-2")
    shown(kernel, "tw.show(df)", cell="cell-2")
    assert hello(kernel, first, "c9")["rows"] == 3


def test_messages_are_not_queued_behind_the_cell_that_spoke_last(kernel: Kernel) -> None:
    kernel.run("grid = tw.show(df)")
    assert kernel.run("print(getattr(grid.comm, '_reply_subshell_for', None))")["text/plain"] == "None"


def test_constructing_costs_little_at_any_size(kernel: Kernel) -> None:
    code = """
import numpy as np, time, tracemalloc
from tabweave.widget import Grid
big = pd.DataFrame({f'c{n}': np.arange(2_000_000.0) for n in range(5)})
tw.show(big)
tracemalloc.start()
started = time.perf_counter()
for _ in range(5): grid = tw.show(big)
took = (time.perf_counter() - started) / 5
peak = tracemalloc.get_traced_memory()[1]
tracemalloc.stop()
print(took, peak)
"""
    took, peak = map(float, kernel.run(code)["text/plain"].split())
    assert took < 0.05
    assert peak < 2_000_000


def test_the_bundles_code_is_missing_in_words(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(bundle, "PATH", tmp_path / "widget.js")
    with pytest.raises(Unavailable, match="npm run build"):
        bundle.code()


@pytest.mark.filterwarnings("ignore")
def test_a_converted_notebook_shows_the_static_table() -> None:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(f"{SETUP}\ntw.show(df)", id="one")])
    ExecutePreprocessor(kernel_name="python3", store_widget_state=False).preprocess(notebook, {})
    body, _ = HTMLExporter().from_notebook_node(notebook)
    assert "data-tabweave" in body
    assert "first" not in body.split("data-tabweave")[1][:200]
    assert ">price</th>" in body
