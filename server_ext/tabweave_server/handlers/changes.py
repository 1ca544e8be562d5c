"""What happens to a table: what has changed since a revision, at once, by waiting, or as a stream of events; its history."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from msgspec import Meta
from tabweave_core.engine import export
from tabweave_core.engine.refusals import TooFar
from tabweave_core.errors import BadMessage, TabweaveError
from tabweave_core.rooms.reading import since as since_revision
from tornado import web
from tornado.iostream import StreamClosedError

from . import naming
from .bodies import SAFE, ChangedCells, Changes, Count, RowId, Update
from .resource import Resource, call
from .rest import authorized

if TYPE_CHECKING:
    from tabweave_core.engine.catalog import Table
    from tabweave_core.engine.catchup import Changes as Found

EVENTS = "text/event-stream"
PASSING = ("BUSY", "OFFLINE")
LONGEST_WAIT = 60
_EPOCH = "Of the revision; where the table is another one by now, that is told as TOO_FAR."


class ChangesQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Since which revision (0 is the table as it was made), and for how many seconds to wait while there is nothing newer."""

    since: Count
    epoch: Annotated[str, Meta(description=_EPOCH)] | None = None
    wait: Annotated[float, Meta(ge=0, le=LONGEST_WAIT)] = 0.0


class EventsQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Since which revision; without it, from now on. The Last-Event-ID of a reconnecting stream goes before it."""

    since: Count | None = None
    epoch: Annotated[str, Meta(description=_EPOCH)] | None = None


class HistoryQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many changes, and perhaps of which cell: `row` and `column` go together."""

    limit: Annotated[int, Meta(ge=1, le=10_000)] = 100
    row: RowId | None = None
    column: str | None = None


def update(table: Table, found: Found) -> Update:
    """Changes as JSON has them, columns by name."""
    cells = []
    for cid, told in found.cells.items():
        column = table.column(cid)
        values = export.json_values(column, told.column(str(cid)))
        cells.append(ChangedCells(column=column.name, id=cid, rows=told.column("_rid").to_pylist(), values=values))
    return Update(
        epoch=table.epoch,
        since=found.since,
        rev=found.rev,
        cells=cells,
        inserted=sorted(found.inserted),
        deleted=sorted(found.deleted),
        reread=[table.column(cid).name for cid in sorted(found.reread) if table.has(cid)],
        schema=table.schema() if found.schema else None,
    )


class Waiting(Resource):
    """Base of what waits for changes."""

    async def look(self, name: str, since: int | None, epoch: str | None) -> Update:
        """What has changed; raises `TOO_FAR` for a revision of another table of this name."""

        def read() -> Update:
            table, found = since_revision(self.store, name, self.person, since)
            if epoch is not None and table.epoch != epoch:
                raise TooFar("TOO_FAR", f"{name} is another table now.", hint="Read the table anew.")
            return update(table, found)

        return await self.run(read)

    async def sleep(self, news: asyncio.Event, seconds: float) -> None:
        """Returns when there is news, when the caller hung up, or after so many seconds."""
        waits = [asyncio.ensure_future(news.wait()), asyncio.ensure_future(self.gone.wait())]
        try:
            await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()


class ChangesHandler(Waiting):
    """What has changed since a revision."""

    @web.authenticated
    @authorized
    @call(
        "Catch up",
        "The last value of each cell that has changed. With `wait` the answer comes with the next change, or empty.",
        query=ChangesQuery,
        answer=Update,
        codes=("NO_TABLE", "TOO_FAR"),
    )
    async def get(self, name: str, query: ChangesQuery) -> Update | None:
        """Answers when there is something newer, or when the time is over."""
        if not query.wait:
            return await self.look(name, query.since, query.epoch)
        clock = asyncio.get_running_loop().time
        deadline = clock() + query.wait
        with self.extension.commits.watch(self.store, name) as news:
            while True:
                news.clear()
                told = await self.look(name, query.since, query.epoch)
                left = deadline - clock()
                if told.rev > told.since or left <= 0 or self.extension.commits.closed or self.gone.is_set():
                    return told
                await self.sleep(news, left)


class EventsHandler(Waiting):
    """Changes as they come."""

    @web.authenticated
    @authorized
    @call(
        "Follow",
        "A stream of server-sent events: `change` with what has changed (its id is epoch and revision), `reset` where the table "
        "must be read anew, `gone` when it cannot be read any more, `bye` when the server stops or has no time.",
        query=EventsQuery,
        gives={EVENTS: {"type": "string"}},
        codes=("NO_TABLE", "TOO_FAR"),
    )
    async def get(self, name: str, query: EventsQuery) -> None:
        """Sends changes until the caller or the server hangs up."""
        epoch, since = self._begin(query)
        with self.extension.commits.watch(self.store, name) as news:
            first = await self.look(name, since, epoch)
            self.set_header("Content-Type", EVENTS)
            self.set_header("Cache-Control", "no-cache")
            self.set_header("X-Accel-Buffering", "no")
            try:
                await self._send("change" if first.rev > first.since else "ready", first)
                await self._follow(name, first.epoch, first.rev, news)
            except StreamClosedError:
                return
        if not self._finished:
            self.finish(set_content_type=EVENTS)

    def _begin(self, query: EventsQuery) -> tuple[str | None, int | None]:
        """Epoch and revision to begin after."""
        last = self.request.headers.get("Last-Event-ID", "")
        if not last:
            return query.epoch, query.since
        epoch, _, rev = last.rpartition(".")
        if not rev.isascii() or not rev.isdecimal() or int(rev) > SAFE:
            raise BadMessage("BAD_MESSAGE", "Last-Event-ID is none that was sent here.", where="Last-Event-ID")
        return epoch or None, int(rev)

    async def _follow(self, name: str, epoch: str, rev: int, news: asyncio.Event) -> None:
        while not self.gone.is_set():
            if self.extension.commits.closed:
                await self._send("bye", {"message": "The server stops."})
                return
            news.clear()
            try:
                told = await self.look(name, rev, epoch)
            except TooFar as error:
                await self._send("reset", error.envelope()["error"])
                told = await self.look(name, None, None)
                epoch, rev = told.epoch, told.rev
            except TabweaveError as error:
                await self._send("bye" if error.code in PASSING else "gone", error.envelope()["error"])
                return
            if told.rev > rev:
                rev = told.rev
                await self._send("change", told)
            elif not news.is_set():
                await self.sleep(news, self.extension.heartbeat)
                if not news.is_set():
                    await self._write(b": still here\n\n")

    async def _send(self, event: str, content: Any) -> None:
        mark = f"id: {content.epoch}.{content.rev}\n" if isinstance(content, Update) else ""
        await self._write(f"event: {event}\n{mark}".encode() + b"data: " + msgspec.json.encode(content) + b"\n\n")

    async def _write(self, data: bytes) -> None:
        self.write(data)
        await self.flush()


class HistoryHandler(Resource):
    """Who did what."""

    @web.authenticated
    @authorized
    @call("Read the history", "Newest first.", query=HistoryQuery, answer=Changes, codes=("NO_TABLE", "NO_COLUMN"))
    async def get(self, name: str, query: HistoryQuery) -> Changes:
        """Of the table, or of one cell."""
        if (query.row is None) != (query.column is None):
            raise BadMessage("BAD_MESSAGE", "`row` and `column` go together.", where="$.row")
        cid = None
        if query.column is not None:
            _, schema = await self.run(self.tables.schema, name, self.person)
            cid = naming.find(schema, query.column).id
        found = await self.run(self.tables.history, name, self.person, query.limit, rid=query.row, column=cid)
        return Changes(changes=found)
