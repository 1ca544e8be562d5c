"""Analytical SQL over the tables that the caller may read."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, Literal

from msgspec import Meta
from tabweave_core.engine import export
from tabweave_core.rooms import reading
from tabweave_core.rooms.rights import lens
from tabweave_core.sql.sandbox import Cancellation, Loadable
from tornado import web

from .bodies import Body
from .resource import Resource, call
from .rest import RestHandler, authorized
from .rows import FORMATS, MEDIA

if TYPE_CHECKING:
    import pyarrow as pa
    from tabweave_core.engine.store import Store
    from tabweave_core.protocol.schema import Person
    from tabweave_core.sql.sandbox import Result, Sandbox

MOST_ROWS = 100_000


class Query(Body, frozen=True, kw_only=True):
    """One SELECT in DuckDB's SQL over shared tables by their names, and how many rows of its result to give."""

    query: Annotated[str, Meta(min_length=1)]
    limit: Annotated[int, Meta(ge=0, le=MOST_ROWS)] = 10_000
    format: Literal["json", "csv", "arrow", "parquet"] = "json"


class ResultColumn(Body, frozen=True, kw_only=True):
    """A column of a result."""

    name: str
    kind: str
    dtype: str


class Answer(Body, frozen=True, kw_only=True):
    """A result, a list of values for each row. `truncated` says that there were more rows; `tables` are those that were read."""

    columns: list[ResultColumn]
    rows: list[list[Any]]
    truncated: bool
    tables: list[str]


class SqlHandler(Resource):
    """Queries."""

    actions = MappingProxyType({**RestHandler.actions, "POST": "read"})

    @web.authenticated
    @authorized
    @call(
        "Ask in SQL",
        "One SELECT, run apart with bounded memory and time. It reads the shared tables and nothing else, and changes nothing.",
        body=Query,
        example={"query": "SELECT * FROM fruit", "limit": 100},
        answer=Answer,
        gives=FORMATS,
        headers={"X-Tabweave-Truncated": "Whether there were more rows."},
        codes=("NO_TABLE", "NO_COLUMN", "CHECK", "TYPE", "FORBIDDEN", "TOO_LARGE"),
    )
    async def post(self, body: Query) -> Answer | None:
        """Runs a query."""
        stop = Cancellation()
        self.when_gone = stop.cancel
        found = await self.extension.heavy.run(ask, self.extension.sandbox, self.store, self.person, body, stop)
        self.set_header("X-Tabweave-Truncated", "true" if found.truncated else "false")
        if body.format == "json":
            return await self.run(answer, found)
        content = await self.run(rendered, found.table, body.format)
        self.finish(content, set_content_type=MEDIA[body.format])
        return None


def ask(sandbox: Sandbox, store: Store, user: Person, body: Query, stop: Cancellation) -> Result:
    """The result of a query over what a person may read."""
    tables = {
        table.name: Loadable([column.name for column in table.columns], partial(reading.stream, store, table.name, user))
        for table in store.tables(lens(user))
    }
    return sandbox.run(body.query, tables, limits=replace(sandbox.limits, rows=body.limit), cancellation=stop)


def answer(found: Result) -> Answer:
    """A result as JSON has it."""
    described = export.described(found.table.schema)
    values = [export.json_values(column, found.table.column(at)) for at, column in enumerate(described)]
    return Answer(
        columns=[ResultColumn(name=column.name, kind=column.kind, dtype=column.dtype) for column in described],
        rows=[list(row) for row in zip(*values, strict=True)],
        truncated=found.truncated,
        tables=list(found.tables),
    )


def rendered(table: pa.Table, form: str) -> bytes:
    """A result as a file."""
    if form == "csv":
        return b"".join(export.csv_lines([table], export.described(table.schema)))
    pieces = export.arrow_stream([table], table.schema) if form == "arrow" else export.parquet_file([table], table.schema)
    return b"".join(pieces)
