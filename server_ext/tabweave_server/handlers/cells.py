"""Single cells of a table by row id and column name: read, set, set many, with conditions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from tabweave_core.engine import export
from tabweave_core.errors import BadMessage, Refused
from tabweave_core.protocol.ops import Block, Condition, SetCells
from tabweave_core.protocol.schema import View
from tabweave_core.rooms import reading
from tornado import web

from . import naming
from .bodies import SAFE, CellChange, CellValue, Done, NewCell, NewCells
from .operations import CODES, Editing
from .resource import call
from .rest import authorized

if TYPE_CHECKING:
    from tabweave_core.engine.store import Store
    from tabweave_core.protocol.schema import Person, Schema

MOST_WHERE = 100_000
"""So many rows a condition may match."""


def row_id(text: str) -> int:
    """A row id of a path."""
    if not text.isascii() or not text.isdecimal() or int(text) > SAFE:
        raise BadMessage("BAD_MESSAGE", f"{text[:60]!r} is not a row id.", hint="The rows of a table say their ids.", where="row")
    return int(text)


class CellHandler(Editing):
    """One cell."""

    @web.authenticated
    @authorized
    @call("Read a cell", answer=CellValue, codes=("NO_TABLE", "NO_COLUMN", "NO_ROW"))
    async def get(self, name: str, row: str, column: str) -> CellValue:
        """Its value now."""
        rid = row_id(row)
        table, found, data = await self.run(
            reading.cell, self.store, name, self.person, lambda schema: naming.find(schema, column), rid
        )
        (value,) = export.json_values(found, data.column(str(found.id)))
        return CellValue(rev=table.head, row=rid, column=found.name, value=value)

    @web.authenticated
    @authorized
    @call("Set a cell", "With `if` only while it is as you think.", body=NewCell, example={"value": 7}, answer=Done, codes=CODES)
    async def put(self, name: str, row: str, column: str, body: NewCell) -> Done | None:
        """Sets its value."""
        rid = row_id(row)
        _, schema = await self.run(self.tables.schema, name, self.person)
        cid = naming.find(schema, column).id
        op = SetCells(blocks=[Block(columns=[cid], rows=[rid], values=[[scalar(body.value)]])], input=body.input)
        return await self.submit(name, op, condition=_condition(body))


def scalar(value: Any) -> Any:
    """A value as an operation takes it; raises for lists and objects."""
    if isinstance(value, (list, dict)):
        raise BadMessage("BAD_MESSAGE", "A cell takes a number, a text, true, false or null.", where="$.value")
    return value


def _condition(body: NewCell) -> Condition | None:
    if body.condition is None:
        return None
    expected = body.condition.value
    return Condition(rev=body.condition.rev, value=None if expected is msgspec.UNSET else [[scalar(expected)]])


class CellsHandler(Editing):
    """Many cells."""

    @web.authenticated
    @authorized
    @call(
        "Set cells",
        "All or none: `cells` one by one, or `set` values by column name in all rows that match all of `where`.",
        body=NewCells,
        example={"cells": [{"row": 0, "column": "qty", "value": 7}, {"row": 1, "column": "qty", "value": 8}]},
        answer=Done,
        codes=CODES,
    )
    async def post(self, name: str, body: NewCells) -> Done | None:
        """Sets them in one operation."""
        listed, where = body.cells is not None, body.where is not None
        if listed == where or where != (body.values is not None):
            raise BadMessage("BAD_MESSAGE", "Give either `cells`, or `where` and `set`.", where="$.cells")
        _, schema = await self.run(self.tables.schema, name, self.person)
        rev = body.condition.rev if body.condition is not None else None
        if body.cells is not None:
            op, expected = by_cell(schema, body.cells, body)
            condition = None if rev is None and expected is None else Condition(rev=rev, value=expected)
            return await self.submit(name, op, condition=condition)
        found, rids = await self.run(_matching, self.store, name, self.person, body, schema)
        if not rids:
            return Done(
                rev=found, status="noop", n_cells=0, n_rows=0, skipped=0, message="No row matches.", cells=[], can_undo=False,
                can_redo=False,
            )  # fmt: skip
        values = body.values or {}
        columns = [naming.find(schema, column).id for column in values]
        block = Block(columns=columns, rows=rids, values=[[scalar(value)] for value in values.values()])
        return await self.submit(
            name, SetCells(blocks=[block], input=body.input), condition=Condition(rev=found if rev is None else rev)
        )


def by_cell(schema: Schema, cells: list[CellChange], body: NewCells) -> tuple[SetCells, list[list[Any]] | None]:
    """One operation of all cells, a block for each column, and the values that they are expected to have."""
    by_column: dict[str, list[CellChange]] = {}
    for cell in cells:
        by_column.setdefault(cell.column, []).append(cell)
    with_expected = [cell for cell in cells if cell.expect is not msgspec.UNSET]
    if with_expected and len(with_expected) < len(cells):
        raise BadMessage("BAD_MESSAGE", "Give `expect` for all cells or for none.", where="$.cells")
    blocks = [
        Block(
            columns=[naming.find(schema, column).id],
            rows=[cell.row for cell in found],
            values=[[scalar(cell.value) for cell in found]],
        )
        for column, found in by_column.items()
    ]
    expected = [[scalar(cell.expect) for cell in found] for found in by_column.values()] if with_expected else None
    return SetCells(blocks=blocks, input=body.input), expected


def _matching(store: Store, name: str, user: Person, body: NewCells, schema: Schema) -> tuple[int, list[int]]:
    """The revision, and the ids of the rows that match then."""
    view = View(filter=naming.filters(schema, body.where or []))
    page = reading.page(store, name, user, lambda _: (view, []), 0, MOST_WHERE + 1)
    if page.rows > MOST_WHERE:
        raise Refused(
            "TOO_LARGE", f"{page.rows:,} rows match; {MOST_WHERE:,} can be set at once.", hint="Narrow `where`.", where="$.where"
        )
    return page.rev, page.data.column("_rid").to_pylist()
