"""What is left of the time when a server does nothing: a bare WebSocket server with the messages of a shared table.

    python benchmarks/echo.py ROWS

It answers each edit at once, in the only thread that it has, and tells everybody of the cells below `SHOWN` in rounds of 15 ms;
who follows is told of all. It has neither table nor disk nor log. `collaboration.py` starts it beside the real server.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
from tabweave_core.protocol import messages as m
from tabweave_core.protocol import wire
from tabweave_core.protocol.schema import Cells, Person, Schema
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application
from tornado.websocket import WebSocketClosedError, WebSocketHandler

SHOWN = 200
TICK = 0.015
PRICE = 1
PERSON = Person(id="bench", name="bench")


class Echo:
    """The server as a process of its own; has what `collaboration.py` needs of the real one."""

    authorization: ClassVar[dict[str, str]] = {}

    def __init__(self, rows: int) -> None:
        command = [sys.executable, str(Path(__file__)), str(rows)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

    def __enter__(self) -> Echo:
        assert self.process.stdout is not None
        self.websocket_url = f"ws://127.0.0.1:{int(self.process.stdout.readline())}/"
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()


class State:
    """Revisions by their number alone, and the cells that were not told yet."""

    def __init__(self, rows: int) -> None:
        self.rows = rows
        self.head = self.told = 0
        self.news: dict[int, Any] = {}
        self.pages: dict[Page, bool] = {}

    async def tell(self) -> None:
        while True:
            await asyncio.sleep(TICK)
            news, self.news, since = self.news, {}, self.told + 1
            self.told = self.head
            shown = {rid: value for rid, value in news.items() if rid < SHOWN}
            rows = pa.table({"_rid": pa.array(news, pa.int64()), str(PRICE): pa.array(news.values(), pa.float64())})
            for page, follows in list(self.pages.items()):
                if follows and news:
                    page.say(m.Delta(ch=page.ch, since=since - 1, rev=self.told), streamed(rows))
                elif shown and not follows:
                    cells = [Cells(column=PRICE, rows=list(shown), values=list(shown.values()))]
                    page.say(m.Patch(ch=page.ch, rev=self.told, user=PERSON, kind="set_cells", since=since, cells=cells))


class Page(WebSocketHandler):
    """One client."""

    ch = ""

    def initialize(self, state: State) -> None:
        self.state = state

    def say(self, message: m.Message, arrow: memoryview | None = None) -> None:
        frame = wire.encode(message, arrow)
        try:
            self.write_message(frame, binary=isinstance(frame, bytes))
        except WebSocketClosedError:
            self.on_close()

    def on_close(self) -> None:
        self.state.pages.pop(self, None)

    def on_message(self, frame: str | bytes) -> None:
        request, _ = wire.decode_request(frame)
        state = self.state
        match request:
            case m.Hello():
                self.ch = request.ch
                state.pages[self] = request.follow
                schema = Schema(columns=[], dtypes=[])
                self.say(
                    m.Welcome(ch=self.ch, epoch="e", rev=state.head, name="sales", rows=state.rows, schema=schema, user=PERSON)
                )
            case m.Fetch():
                rows = pa.table({"_rid": np.arange(request.start, request.stop)})
                window = m.Window(ch=self.ch, re=request.id, rev=state.head, start=request.start, stop=request.stop)
                self.say(window, streamed(rows))
            case m.Submit():
                state.head += 1
                (block,) = request.op.blocks
                state.news[block.rows[0]] = block.values[0][0]
                cells = [Cells(column=PRICE, rows=block.rows, values=block.values[0])]
                self.say(m.Ack(ch=self.ch, seq=request.seq, rev=state.head, n_cells=1, cells=cells, can_undo=True))


def streamed(rows: pa.Table) -> memoryview:
    """A table as an Arrow stream."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, rows.schema) as writer:
        writer.write_table(rows)
    return memoryview(sink.getvalue())


async def main() -> None:
    state = State(int(sys.argv[1]))
    server = HTTPServer(Application([("/tabweave/api/v1/page", Page, {"state": state})]))
    sockets = bind_sockets(0, "127.0.0.1")
    server.add_sockets(sockets)
    print(sockets[0].getsockname()[1], flush=True)
    await state.tell()


if __name__ == "__main__":
    asyncio.run(main())
