"""Clients of shared tables over real sockets, and the tables that they begin with."""

from __future__ import annotations

import itertools
import json
import secrets
from pathlib import Path
from typing import Any

import pyarrow as pa
from kernel_ends import KernelEnd
from pages import Page, channel
from tabweave_core.engine.store import Store
from tabweave_core.protocol.schema import Person

ANN = Person(id="ann", name="Ann")
SALES = pa.table({"city": ["Oslo", "Rome", "Bonn"], "amount": [10, 20, 30]})
CITY, AMOUNT = 0, 1


def fill_store(base: Path, **tables: pa.Table) -> str:
    """A store of ann's tables, made before the server starts; its path."""
    path = base / "shared.duckdb"
    ticks = itertools.count(1_800_000_000)
    with Store.open(path, clock=lambda: float(next(ticks)), draw=lambda: secrets.token_hex(16)) as store:
        for name, data in tables.items():
            store.create_table(name, data, ANN)
    return str(path)


class Talk:
    """One client's channel on a table, over the socket of a page or of a kernel."""

    def __init__(self, end: Page | KernelEnd, table: str = "table/sales", ch: str = "", **hello: Any) -> None:
        self.end = end
        self.ch = ch or channel()
        self.seq = 0
        self.waiting: list[dict[str, Any]] = []
        self.send(type="hello", proto="tab/1", table=table, **hello)

    def send(self, **message: Any) -> None:
        if isinstance(self.end, KernelEnd):
            self.end.send(json.dumps({"ch": self.ch} | message))
        else:
            self.end.send(ch=self.ch, **message)

    def expect(self, *kinds: str) -> dict[str, Any]:
        """The next message of one of these kinds; others are dropped."""
        while True:
            message = self.end.receive()
            if message["ch"] == self.ch and message["type"] in kinds:
                return message

    def put(self, row: int, value: Any, column: int = AMOUNT) -> None:
        """Sends an edit of one cell."""
        self.seq += 1
        block = {"rows": [row], "columns": [column], "values": [[value]]}
        self.send(type="op", seq=self.seq, base_rev=0, op={"kind": "set_cells", "blocks": [block], "input": "value"})

    def look(self, welcome: dict[str, Any]) -> None:
        """Reads the first rows, as a grid does that shows them."""
        columns = [column["id"] for column in welcome["schema"]["columns"]]
        self.send(type="fetch", id=1, start=0, stop=100, columns=columns)
        self.expect("window")

    def edit(self, row: int, value: Any, column: int = AMOUNT) -> dict[str, Any]:
        """Edits a cell and waits for the answer."""
        self.put(row, value, column)
        return self.expect("ack", "nack", "error")


def welcomed(end: Page | KernelEnd, **more: Any) -> Talk:
    """A channel that has been welcomed; a page shows the first rows."""
    talk = Talk(end, **more)
    welcome = talk.expect("welcome", "error", "gone")
    assert welcome["type"] == "welcome"
    if isinstance(end, Page):
        talk.look(welcome)
    return talk


def told_value(patch: dict[str, Any], row: int) -> Any:
    """What a patch says that the amount of a row is now."""
    for cells in patch["cells"]:
        if cells["column"] == AMOUNT and row in cells["rows"]:
            return cells["values"][cells["rows"].index(row)]
    raise AssertionError(patch)
