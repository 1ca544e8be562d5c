"""What a person reads of a shared table outside a conversation: a page of a view, a whole view, a cell, what has changed.

Each answer is of one revision. It must not know columns' names, or carriers.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pyarrow as pa

from ..engine import catchup, window
from ..engine.refusals import TooFar
from ..errors import NotFound
from ..protocol.schema import View
from . import rights

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from duckdb import DuckDBPyConnection

    from ..engine.catalog import Table
    from ..engine.catchup import Changes
    from ..engine.store import Store
    from ..engine.window import Seen
    from ..protocol.schema import Column, Person, Schema

    Ask = Callable[[Schema], tuple[View, list[Column]]]
    Take = Callable[[Table, Iterable[pa.Table], list[Column]], None]

TRIES = 3
"""So often a page is read with the view that is kept; then the view is computed in the transaction that reads the page."""
EVERYTHING = View()
CELLS = 2_000_000
"""A whole view is read in parts of about so many cells."""


@dataclass(frozen=True, eq=False)
class Page:
    """Rows `[start, stop)` of a view that has `rows` of `total` rows, as a window has them: `_rid`, then a column by each id."""

    epoch: str
    rev: int
    start: int
    stop: int
    rows: int
    total: int
    columns: list[Column]
    data: pa.Table


def page(store: Store, name: str, user: Person, ask: Ask, start: int, stop: int) -> Page:
    """A stretch of a view, clamped; `ask` makes view and columns out of the schema that the person sees."""
    lens = rights.lens(user)
    table = store.table(name, lens)
    view, columns = ask(table.schema())
    cids = [column.id for column in columns]
    for _ in range(TRIES):
        seen = store.look(name, view, lens)
        rev, data = store.window(name, seen, start, stop, cids, lens)
        if rev == seen.rev:
            return _page(table.epoch, seen, start, stop, columns, data)

    def read(cursor: DuckDBPyConnection, table: Table) -> Page:
        seen = window.look(cursor, table, view)
        return _page(table.epoch, seen, start, stop, columns, window.read(cursor, table, seen, start, stop, cids))

    return store.read(name, read, lens)


def _page(epoch: str, seen: Seen, start: int, stop: int, columns: list[Column], data: pa.Table) -> Page:
    stop = min(stop, seen.rows)
    return Page(epoch, seen.rev, min(start, stop), stop, seen.rows, seen.total, columns, data)


def whole(store: Store, name: str, user: Person, ask: Ask, start: int, stop: int | None, take: Take) -> None:
    """Gives a stretch of a view, which may be of any length, to `take`: the table, then parts all of its revision."""
    with store.reading(name, rights.lens(user)) as (cursor, table):
        view, columns = ask(table.schema())
        seen = window.look(cursor, table, view)
        last = seen.rows if stop is None else min(stop, seen.rows)
        step = max(1, CELLS // (len(columns) + 1))
        cids = [column.id for column in columns]
        starts = range(start, last, step) if start < last else [last]
        take(table, (window.read(cursor, table, seen, at, min(at + step, last), cids) for at in starts), columns)


def cell(store: Store, name: str, user: Person, find: Callable[[Schema], Column], rid: int) -> tuple[Table, Column, pa.Table]:
    """One cell, as a window of one row; raises `NO_ROW`."""

    def read(cursor: DuckDBPyConnection, table: Table) -> tuple[Table, Column, pa.Table]:
        column = find(table.schema())
        if table.rows.missing([rid]) is not None:
            raise NotFound("NO_ROW", f"{table.name} has no row with id {rid}.", hint="It may have been deleted.")
        place = int(table.rows.positions([rid])[0])
        seen = window.look(cursor, table, EVERYTHING)
        return table, column, window.read(cursor, table, seen, place, place + 1, [column.id])

    return store.read(name, read, rights.lens(user))


def since(store: Store, name: str, user: Person, rev: int | None) -> tuple[Table, Changes]:
    """The table now and what has changed after a revision (nothing, when there is none); raises `TOO_FAR`."""

    def read(cursor: DuckDBPyConnection, table: Table) -> tuple[Table, Changes]:
        return table, _changes(cursor, table, user, table.head if rev is None else rev)

    return store.read(name, read, rights.lens(user))


def _changes(cursor: DuckDBPyConnection, table: Table, user: Person, rev: int) -> Changes:
    """What has changed after a revision, for who may have read that one with other rights than they have now."""
    found = catchup.changes(cursor, table, rev)
    if user.id == table.owner.id or rev > table.rights_rev or found.rev == rev:
        return found
    if rev < table.rights_rev:
        message = f"Who may do what with {table.name} has changed since revision {rev}."
        raise TooFar("TOO_FAR", message, hint="Read the table anew.")
    return replace(found, cells={}, schema=True, reread=frozenset(column.id for column in table.columns))


def stream(store: Store, name: str, user: Person, names: list[str]) -> pa.RecordBatchReader:
    """The rows of some columns, by name and in order, all of one revision and read as they are asked for."""
    lens = rights.lens(user)
    table = store.table(name, lens)
    columns = {column.name: column for column in table.columns}
    wanted = [columns[each] for each in names]
    cids = [column.id for column in wanted]
    empty = store.window(name, EVERYTHING, 0, 0, cids, lens)[1]
    schema = pa.schema([pa.field(column.name, empty.schema.field(str(column.id)).type) for column in wanted])

    def read() -> Iterator[pa.RecordBatch]:
        with store.reading(name, lens) as (cursor, now):
            seen = window.look(cursor, now, EVERYTHING)
            step = max(1, CELLS // (len(cids) + 1))
            for start in range(0, seen.rows, step):
                rows = window.read(cursor, now, seen, start, start + step, cids)
                arrays = [rows.column(str(cid)) for cid in cids]
                yield from pa.Table.from_arrays(arrays, schema=schema).to_batches()

    return pa.RecordBatchReader.from_batches(schema, read())
