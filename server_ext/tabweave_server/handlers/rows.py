"""The rows of a table: pages of a view in JSON, a whole view as CSV, Arrow or Parquet."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec
import pyarrow as pa
from msgspec import Meta
from tabweave_core.engine import export
from tabweave_core.engine.dtypes import parse
from tabweave_core.errors import BadMessage
from tabweave_core.rooms import reading
from tornado import web
from tornado.iostream import StreamClosedError

from ..spool import Spool
from . import naming
from .bodies import Count, Row, RowPage
from .resource import JSON, Resource, call
from .rest import authorized

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tabweave_core.engine.catalog import Table
    from tabweave_core.engine.store import Store
    from tabweave_core.protocol.schema import Column, Person, Schema, View

MEDIA = {
    "csv": "text/csv",
    "arrow": "application/vnd.apache.arrow.stream",
    "parquet": "application/vnd.apache.parquet",
}
FORMATS = {media: {"type": "string", "contentMediaType": media} for media in MEDIA.values()}
PAGE = 1000
MOST_JSON = 100_000


class RowsQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which rows, in which order, and how.

    `stop` or `limit` ends the stretch; without either, JSON has 1,000 rows and the files have them all. `columns` and `sort`
    are names with commas between them (or JSON lists); a minus before a name sorts down. `filter` is a JSON filter or a list
    of them, which all must hold.
    """

    start: Count = 0
    stop: Count | None = None
    limit: Count | None = None
    columns: str | None = None
    sort: str = ""
    filter: Annotated[str, Meta(description='Such as {"is": "range", "column": "price", "lo": 5}')] = ""
    search: str = ""
    format: Literal["json", "csv", "arrow", "parquet"] | None = None

    @property
    def end(self) -> int | None:
        """Where the stretch ends, if that is said."""
        if self.stop is not None and self.limit is not None:
            raise BadMessage("BAD_MESSAGE", "Give either `stop` or `limit`.", where="$.limit")
        if self.stop is not None and self.stop < self.start:
            raise BadMessage("BAD_MESSAGE", f"There are no rows {self.start} to {self.stop}.", where="$.stop")
        return self.stop if self.limit is None else self.start + self.limit

    def ask(self, schema: Schema) -> tuple[View, list[Column]]:
        """View and columns."""
        return naming.view(schema, self.sort, self.filter, self.search), naming.columns(schema, self.columns)


def chosen(asked: str | None, accept: str) -> str:
    """The format of an answer: the one asked for, else the first that is accepted, else JSON."""
    if asked:
        return asked
    for media in accept.split(","):
        kind = media.partition(";")[0].strip().lower()
        for name, known in MEDIA.items():
            if kind == known:
                return name
        if kind in (JSON, "*/*", "application/*"):
            return "json"
    return "json"


class RowsHandler(Resource):
    """The rows of a table."""

    @web.authenticated
    @authorized
    @call(
        "Read rows",
        "A stretch of a sorted and filtered view, all of one revision: JSON, or by `format` or Accept CSV, Arrow or Parquet.",
        query=RowsQuery,
        answer=RowPage,
        gives=FORMATS,
        headers={"ETag": "Epoch and revision.", "X-Tabweave-Rev": "The revision."},
        conditional=True,
        codes=("NO_TABLE", "NO_COLUMN", "TYPE", "CHECK", "TOO_LARGE"),
    )
    async def get(self, name: str, query: RowsQuery) -> RowPage | None:
        """Answers in the format that is asked for."""
        form = chosen(query.format, self.request.headers.get("Accept", ""))
        if form == "json":
            return await self._page(name, query)
        await self._send(name, query, form)
        return None

    async def _send(self, name: str, query: RowsQuery, form: str) -> None:
        """Sends a file while it is made."""
        spool, begun = Spool(), asyncio.get_running_loop().create_future()
        making = asyncio.ensure_future(
            self.extension.heavy.run(make_file, self.store, name, self.person, query, form, spool, begun)
        )
        making.add_done_callback(lambda _: spool.end())
        try:
            await asyncio.wait([making, begun], return_when=asyncio.FIRST_COMPLETED)
            if not begun.done():
                await making
            self.mark(*begun.result())
            self.set_etag_header()
            if self.check_etag_header():
                self.set_status(HTTPStatus.NOT_MODIFIED)
            else:
                self.set_header("Content-Type", MEDIA[form])
                async for piece in spool.pieces():
                    self.write(piece)
                    await self.flush()
                await making
            self.finish(set_content_type=MEDIA[form])
        except StreamClosedError:
            return
        finally:
            spool.close()
            making.add_done_callback(_forget)

    def mark(self, epoch: str, rev: int) -> None:
        """Says which revision the answer is of."""
        self.revision = f"{epoch}.{rev}"
        self.set_header("X-Tabweave-Rev", str(rev))

    async def _page(self, name: str, query: RowsQuery) -> RowPage:
        end = query.end
        stop = query.start + PAGE if end is None else end
        if stop - query.start > MOST_JSON:
            stop = query.start + MOST_JSON
        page = await self.run(reading.page, self.store, name, self.person, query.ask, query.start, stop)
        self.mark(page.epoch, page.rev)
        return await self.run(records, page)


def records(page: reading.Page) -> RowPage:
    """A page as JSON has it."""
    names = [column.name for column in page.columns]
    values = [export.json_values(column, page.data.column(str(column.id))) for column in page.columns]
    rids = page.data.column("_rid").to_pylist()
    rows = zip(*values, strict=True) if values else ((),) * len(rids)
    return RowPage(
        epoch=page.epoch,
        rev=page.rev,
        start=page.start,
        stop=page.stop,
        rows=page.rows,
        total=page.total,
        columns=names,
        records=[Row(row=rid, values=dict(zip(names, row, strict=True))) for rid, row in zip(rids, rows, strict=True)],
    )


def make_file(
    store: Store, name: str, user: Person, query: RowsQuery, form: str, spool: Spool, begun: asyncio.Future[tuple[str, int]]
) -> None:
    """Writes a view to a spool; `begun` gets the epoch and revision that it is of, before the first byte."""

    def take(table: Table, parts: Iterable[pa.Table], columns: list[Column]) -> None:
        begun.get_loop().call_soon_threadsafe(_begin, begun, (table.epoch, table.head))
        named = (export.named(part, columns) for part in parts)
        if form == "csv":
            pieces = export.csv_lines(named, columns)
        else:
            schema = pa.schema([pa.field(column.name, window_type(column)) for column in columns])
            pieces = export.arrow_stream(named, schema) if form == "arrow" else export.parquet_file(named, schema)
        for piece in pieces:
            spool.write(piece)

    reading.whole(store, name, user, query.ask, query.start, query.end, take)


def _begin(begun: asyncio.Future[tuple[str, int]], mark: tuple[str, int]) -> None:
    if not begun.done():
        begun.set_result(mark)


def _forget(making: asyncio.Future[None]) -> None:
    """Nobody waits for a file whose reader has gone."""
    if not making.cancelled():
        making.exception()


def window_type(column: Column) -> pa.DataType:
    """The Arrow type of a column in a window."""
    if column.kind == "category" and column.categories is not None:
        return pa.dictionary(pa.int32(), pa.string())
    return parse(column.dtype).arrow
