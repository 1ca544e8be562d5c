"""Another person at work on the tables of an embedded house, and what the table says beside any DataFrame."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from tabweave_core.protocol.messages import Ack, Nack
from tabweave_core.protocol.ops import Block, SetCells
from tabweave_core.protocol.schema import Person, View
from tabweave_core.replica.cells import to_json

if TYPE_CHECKING:
    import pandas as pd
    from shell import Notebook
    from tabweave.shared.embedded import Embedded
    from tabweave.shared.replica import Replica
    from tabweave_core.protocol.ops import Op
    from tabweave_core.protocol.schema import Column

BO = Person(id="bo", name="Bo")
SECONDS = 30.0


class Other:
    """Somebody who writes by operations of their own; everything by column name and row position."""

    def __init__(self, notebook: Notebook, table: str = "sales", person: Person = BO) -> None:
        self.notebook = notebook
        self.table = table
        self.person = person

    @property
    def house(self) -> Embedded:
        house: Any = self.notebook.home.circle.house
        return house

    def columns(self) -> dict[str, Column]:
        _, schema = self.house._tables.schema(self.table, self.person)
        return {column.name: column for column in schema.columns}

    def cid(self, name: str) -> int:
        return self.columns()[name].id

    def rids(self) -> list[int]:
        found: list[int] = self.read().column("_rid").to_pylist()
        return found

    def read(self) -> Any:
        return self.house._tables.view(self.table, self.person, View(), 0, 1_000_000)[1]

    def try_to(self, op: Op) -> Ack | Nack:
        return self.house._tables.submit(self.table, self.person, op)

    def do(self, op: Op) -> Ack:
        answer = self.try_to(op)
        assert isinstance(answer, Ack), answer
        return answer

    def set(self, row: int, column: str, value: Any) -> Ack:
        block = Block(columns=[self.cid(column)], values=[[value]], rows=[self.rids()[row]])
        return self.do(SetCells(blocks=[block], input="value"))

    def values(self) -> dict[str, list[Any]]:
        """All cells as JSON, by column name."""
        rows = self.read()
        return {name: to_json(rows.column(str(column.id)), column) for name, column in self.columns().items()}

    @property
    def rev(self) -> int:
        return self.house._tables.info(self.table, self.person).rev


def replica(notebook: Notebook, name: str = "df") -> Replica:
    return notebook.home.circle.replica(name)


def caught_up(notebook: Notebook, name: str = "df") -> pd.DataFrame:
    """The variable when it shows the table's newest revision, between cells, and nobody here has anything left to send."""
    follower = replica(notebook, name)
    house: Any = notebook.home.circle.house
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        quiet = all(
            each.outbox.empty and not (each.outbox.back or each.outbox.broken) for each in notebook.home.circle.replicas()
        )
        head = house._tables.info(follower.table, notebook.home.sessions.owner).rev
        if quiet and follower.rev >= head:
            df: pd.DataFrame = notebook[name]
            return df
        time.sleep(0.005)
    raise AssertionError(f"{name} is at revision {follower.rev}: {follower.state}")


def same(notebook: Notebook, name: str = "df", table: str = "sales") -> None:
    """Asserts that a variable holds what its table does: names, order, index and every value."""
    import msgspec
    from tabweave.shared import exchange

    df = caught_up(notebook, name)
    other = Other(notebook, table, notebook.home.sessions.owner)
    base = replica(notebook, name).base
    held: dict[str, Any] = {}
    for column, values in zip(
        base.schema.columns,
        [
            *(exchange.level_values(df.index, level) for level in range(len(base.levels))),
            *(df.iloc[:, place].array for place in range(df.shape[1])),
        ],
        strict=True,
    ):
        held[column.name] = exchange.to_json(values, msgspec.structs.replace(column, editable=True))
    told = other.values()
    assert {name: (values, told.get(name)) for name, values in held.items() if values != told.get(name)} == {}
    assert list(held) == list(other.columns())
    names = [*(df.index.names if base.levels else []), *map(str, df.columns)]
    shown = [name if name is not None else held_name for name, held_name in zip(names, held, strict=True)]
    assert shown == list(held)
    assert base.rids.ids(slice(None)).tolist() == other.rids()
