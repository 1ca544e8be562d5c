"""People with different rights to one table, and what each kind of operation looks like in it."""

from __future__ import annotations

import itertools
from typing import Any

import pyarrow as pa
from core.store.people import ANN
from tabweave_core.engine.store import Store
from tabweave_core.engine.window import Seen
from tabweave_core.engine.writer import Answer
from tabweave_core.protocol import ops
from tabweave_core.protocol.ops import Block, Condition, Op
from tabweave_core.protocol.planning import Aggregate, Coordinate, Repeat, RollupDef, Target
from tabweave_core.protocol.rights import ColumnRights, Rights
from tabweave_core.protocol.schema import Person
from tabweave_core.rooms import resolve
from tabweave_core.rooms.commands import Commands

CY = Person(id="cy", name="Cy")
DI = Person(id="di", name="Di")
ITEM, QTY, COST, NOTE = range(4)
NAMES = ("item", "qty", "cost", "note")
_numbers = itertools.count(1)

RIGHTS = Rights(
    people={"cy": "viewer", "di": "none"},
    columns={QTY: ColumnRights(write=["ed"]), COST: ColumnRights(read=["ed"])},
)
"""Ann owns the table, everybody may edit, Cy read, Di nothing; Bo may not write `qty` and not know of `cost`."""


def make(store: Store, rights: Rights = RIGHTS) -> None:
    data = pa.table({"item": ["pen", "ink", "pad"], "qty": [1, 2, 3], "cost": [10, 20, 30], "note": ["a", "b", "c"]})
    store.create_table("sales", data, ANN, rights)


def submit(store: Store, user: Person, op: Op, *, seen: Seen | None = None, condition: Condition | None = None) -> Answer:
    """What becomes of an operation that a person sends on its own."""
    prepare = resolve.intent(store, "sales", op, user, seen, commands=Commands(store))
    client = f"{user.id}/{next(_numbers)}"
    return store.submit("sales", op, user=user, client=client, seq=1, condition=condition, prepare=prepare).result(30)


def typed(column: int, row: int, text: Any) -> ops.SetCells:
    return ops.SetCells(blocks=[Block(columns=[column], rows=[row], values=[[text]])])


def about(column: int) -> dict[str, Op]:
    """One operation of each kind that names a column."""
    return {
        "set_cells": typed(column, 0, "7"),
        "set_cells of a range": ops.SetCells(blocks=[Block(columns=[NOTE, column], start=0, stop=1, values=[["x"], ["7"]])]),
        "fill": ops.Fill(columns=[column], start=0, stop=1, target_start=1, target_stop=3),
        "replace": ops.Replace(find="1", replacement="2", columns=[column]),
        "insert_rows with values": ops.InsertRows(count=1, columns=[column], values=[[None]]),
        "drop_columns": ops.DropColumns(columns=[NOTE, column]),
        "rename_column": ops.RenameColumn(column=column, name="new"),
        "move_column": ops.MoveColumn(column=column, to=0),
        "retype_column": ops.RetypeColumn(column=column, dtype="string"),
        "bound_column": ops.BoundColumn(column=column),
        "spread": ops.Spread(
            rollup=RollupDef(levels=[], aggregates=[Aggregate(fn="first", column=column)]),
            targets=[Target(at=Coordinate(), value="7", method=Repeat())],
        ),
        "lock": ops.Lock(
            rollup=RollupDef(levels=[], aggregates=[Aggregate(fn="first", column=column)]), at=[Coordinate()], locked=False
        ),
    }


def command(column: int) -> ops.Transform:
    """A command that drops a column."""
    return ops.Transform(plan=f'{{"steps":[{{"op":"drop","columns":["{NAMES[column]}"]}}]}}')


def whole() -> dict[str, Op]:
    """One operation of each kind that is about all columns."""
    return {
        "delete_rows": ops.DeleteRows(rows=ops.Rows(ids=[0])),
        "delete_rows of a range": ops.DeleteRows(rows=ops.Rows(ranges=[(0, 1)])),
        "copies of rows": ops.InsertRows(copy_of=ops.Rows(ids=[0])),
    }


def free() -> dict[str, Op]:
    """One operation of each kind that every editor may do."""
    return {
        "insert_rows": ops.InsertRows(count=2),
        "add_column": ops.AddColumn(name="more", dtype="int64"),
        "replace in all columns": ops.Replace(find="a", replacement="o"),
    }
