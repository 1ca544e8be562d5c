"""What a member is told that holds the whole table: it at one revision, in parts, and what leads from there to the newest.

It must not know views or operations.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from ..crew import Job
from ..engine import catchup, window
from ..engine.history import history
from ..engine.refusals import TooFar
from ..engine.rows import RowIds
from ..engine.statements import run
from ..engine.window import Seen
from ..errors import BadMessage, Unavailable
from ..protocol import messages as m
from . import heard
from .premises import streamed
from .sight import Sight

if TYPE_CHECKING:
    from collections.abc import Generator

    import pyarrow as pa
    from duckdb import DuckDBPyConnection

    from ..engine.catalog import Table
    from ..engine.planning import treeanswers
    from ..protocol.schema import Cells, Column
    from .member import Member

MOST_CHANGES = 100
_REMEMBERED = 2_000
"""The room keeps so many revisions for it; those before are read from the log."""
_PROBED = 2_000
_DRAINS = 0.02
_HINT = "Ask for a snapshot."


class Following:
    """The news of one member that follows. What is asked and told is so in the member's turn; jobs take it when they are done.

    It is told what came after the revision that it said it has, or that it was welcomed at. A snapshot may put it back to an
    earlier one; then it hears some of the news again.
    """

    def __init__(self, member: Member) -> None:
        self._member = member
        self._room = member.room
        self._told = 0
        self._open = False
        self._working = False
        self._due = False
        self._outdated = False
        self._columns: dict[int, Column] = {}
        self._snapshot: tuple[int, Job] | None = None
        self._ended = threading.Event()
        self.sight = Sight(Seen(0, 0, None, RowIds(0)), 0)

    def begin(self, table: Table, hello: m.Hello) -> None:
        """Starts from the revision that it holds, if it says so, or else from that of the table."""
        self._open = True
        self._see(table)
        self._columns = {column.id: column for column in table.columns}
        held = hello.last_rev if hello.epoch == table.epoch else None
        self._told = table.head if held is None else held
        self._due = self._told != table.head
        self._outdated = held is not None and held <= table.rights_rev and self._member.person.id != table.owner.id

    def _see(self, table: Table) -> None:
        self.sight = Sight(Seen(table.head, len(table.rows), None, table.rows, table.epoch), table.runs_rev)

    def asks_nodes(self, request: treeanswers.Question) -> bool:  # noqa: ARG002 - a grid's feed answers some
        """Whether a question is about the nodes of a rollup: never, who follows has rows."""
        return False

    def close(self) -> None:
        """Ends everything under way."""
        self._open = False
        self._ended.set()
        if self._snapshot is not None:
            self._snapshot[1].cancel()

    @property
    def floor(self) -> int:
        """The revision up to which the room may forget what happened: the log is read instead."""
        return max(self._told, self._room.newest - _REMEMBERED) if self._open else self._room.newest

    @property
    def waits(self) -> bool:
        """Never: what it is told is not put off."""
        return False

    def hold(self, _cells: list[Cells]) -> None:
        """Nothing to note: it has all cells."""

    @property
    def lag(self) -> int:
        """How many revisions it has not been told yet."""
        return max(0, self._room.newest - self._told) if self._open else 0

    def tell(self) -> None:
        """Has told what has happened since the revision that it holds; what it read with other rights it has to read anew."""
        if self._outdated:
            self._member.reset("rights")
        self._member.say_now()
        self._due = self._due or self._told < self._room.newest
        if self._open and self._due and not self._working and self._pass_on():
            self._due = False
        if self._open and self._due and not self._working:
            self._working, self._due = True, False
            self._room.premises.readers.put(Job(lambda _job: self._catch_up()))

    def _pass_on(self) -> bool:
        """Tells the newest revisions as they were heard of, if they are plain edits; False where the table must be read."""
        member, since = self._member, self._told
        revisions = self._room.revisions(since, self._room.newest) if self._told < self._room.newest else []
        if member.hidden or not revisions:
            return False
        rows = heard.rows(revisions, self._columns)
        if rows is None:
            return False
        can_undo, can_redo = self._room.undoable(member.person.id)
        delta = m.Delta(
            ch=member.ch,
            since=since,
            rev=revisions[-1].rev,
            changes=heard.changes(revisions[-MOST_CHANGES:]),
            seq=max((each.seq for each in revisions if each.client == member.client), default=0),
            can_undo=can_undo,
            can_redo=can_redo,
        )
        member.post(delta, streamed(rows))
        self._told = delta.rev
        return True

    def _catch_up(self) -> Generator[None]:
        member, since = self._member, self._told
        try:
            delta, rows, table = self._room.premises.store.read(
                self._room.name, lambda cursor, table: _delta(cursor, table, since, member), member.lens
            )
            arrow = streamed(rows)
        except TooFar:
            member.reset("too_far")
        except Unavailable:
            self._due = True
        except Exception as error:
            member.fail(None, error)
            member.reset("epoch")
        else:
            with member.lock:
                if self._open and self._told == since and member.compare(table):
                    self._send(delta, arrow, table)
        finally:
            with member.lock:
                self._working = False
            self._room.premises.dispatcher.wake()
        yield

    def _send(self, delta: m.Delta, arrow: memoryview, table: Table) -> None:
        self._member.say_now()
        if delta.rev > delta.since:
            can_undo, can_redo = self._room.undoable(self._member.person.id)
            self._member.post(msgspec.structs.replace(delta, can_undo=can_undo, can_redo=can_redo), arrow)
            self._told = delta.rev
            self._see(table)
            self._columns = {column.id: column for column in table.columns}

    # What it asks

    def fetch(self, _request: m.Fetch) -> None:
        """Refuses: it has all rows."""
        raise BadMessage("BAD_MESSAGE", "Who follows a table has all of its rows.", hint=_HINT, where="$.type")

    def subscribe(self, _request: m.Sub) -> None:
        """Refuses: it has no view."""
        raise BadMessage("BAD_MESSAGE", "Who follows a table has no view.", hint=_HINT, where="$.type")

    def cancel(self, number: int) -> None:
        """Gives a snapshot up that nobody waits for any more."""
        if self._snapshot is not None and self._snapshot[0] == number:
            self._snapshot[1].cancel()
            self._snapshot = None

    def snapshot(self, request: m.AskSnapshot) -> None:
        """Sends the whole table as it is now; news go on from there."""
        if self._snapshot is not None:
            self._snapshot[1].cancel()
        job = Job(lambda job: self._parts(request, job))
        self._snapshot = (request.id, job)
        self._room.premises.thinkers.put(job)

    def _parts(self, request: m.AskSnapshot, job: Job) -> Generator[None]:
        member, premises = self._member, self._room.premises
        try:
            with premises.store.reading(self._room.name, member.lens) as (cursor, table):
                every = _per_part(cursor, table, premises.bounds.part)
                parts = max(1, -(-len(table.rows) // every))
                for part in range(parts):
                    arrow = streamed(_rows(cursor, table, part * every, (part + 1) * every))
                    while member.clogged and not job.cancelled():
                        self._ended.wait(_DRAINS)
                        yield
                    with member.lock:
                        if job.cancelled() or not self._open:
                            return
                        member.post(
                            m.Snapshot(
                                ch=member.ch,
                                re=request.id,
                                rev=table.head,
                                part=part,
                                parts=parts,
                                schema=table.schema(),
                                runs=_runs(table),
                            ),
                            arrow,
                        )
                    yield
        except Exception as error:
            if not job.cancelled():
                member.fail(request.id, error)
            return
        with member.lock:
            if not job.cancelled() and self._open:
                self._told, self._snapshot = table.head, None
                self._see(table)
                self._columns = {column.id: column for column in table.columns}
        premises.dispatcher.wake()


def _delta(cursor: DuckDBPyConnection, table: Table, since: int, member: Member) -> tuple[m.Delta, pa.Table, Table]:
    """How the table of revision `since` becomes what it is in this transaction, the rows that changed, and the table."""
    found = catchup.changes(cursor, table, since)
    ((seq,),) = run(
        cursor,
        "SELECT coalesce(max(seq), 0) FROM _log WHERE table_id = ? AND client_id = ? AND rev > ?",
        [table.id, member.client, since],
    )
    delta = m.Delta(
        ch=member.ch,
        since=since,
        rev=found.rev,
        schema=table.schema() if found.schema else None,
        runs=_runs(table) if found.inserted or found.deleted else None,
        reread=sorted(found.reread),
        changes=history(cursor, table, MOST_CHANGES, since=since)[::-1],
        seq=seq,
    )
    return delta, _changed(cursor, table, found), table


def _changed(cursor: DuckDBPyConnection, table: Table, found: catchup.Changes) -> pa.Table:
    """The rows that came or changed, with all columns in which one did; all rows when a column is read anew."""
    cids = sorted({*found.cells, *found.reread})
    if len(cids) == 1 and not found.reread:
        return found.cells[cids[0]]
    columns = [table.column(cid) for cid in cids]
    if found.reread:
        rids = table.rows.ids(slice(None))
    else:
        changed = [np.asarray(cells.column("_rid"), dtype=np.int64) for cells in found.cells.values()]
        rids = np.unique(np.concatenate([*changed, np.array(sorted(found.inserted), dtype=np.int64)]))
    return window.rows_of(cursor, table, rids, columns)


def _rows(cursor: DuckDBPyConnection, table: Table, start: int, stop: int) -> pa.Table:
    rids = table.rows.ids(slice(start, min(stop, len(table.rows))))
    return window.in_order(window.rows_of(cursor, table, rids, list(table.columns)), rids)


def _per_part(cursor: DuckDBPyConnection, table: Table, size: int) -> int:
    """So many rows make a part of about so many bytes, as far as the first rows tell."""
    probe = min(_PROBED, len(table.rows))
    return max(1, size * probe // max(_rows(cursor, table, 0, probe).nbytes, 1)) if probe else 1


def _runs(table: Table) -> list[int]:
    """The first row id and the number of rows of each run."""
    found: list[int] = table.rows.runs().T.ravel().tolist()
    return found
