"""The one thread that writes: it applies whatever waits, commits it together and only then answers.

Values, log and answers are written in one transaction. A group is what waits when it begins: at most 512 operations, fewer
when applying them takes long; an operation on columns, an undo or a redo is a group of its own. If a commit fails, everything
in memory is read anew from the file, so that an operation whose fate was unknown is either found there, answered, or applied
when it comes again. It must not know views or who may do what.
"""

from __future__ import annotations

import logging
import threading
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import duckdb

from ..errors import TabweaveError, Unavailable
from ..protocol import ops
from ..protocol.messages import Ack, Nack
from . import catalog, clients, log
from .apply import apply, kind_of
from .clients import Clients
from .draft import Draft
from .effects import ColumnsIn, RowsIn, parts
from .inbox import Inbox
from .refusals import MOST_BAD, CellsRefused, Overtaken
from .rows import pairs

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from duckdb import DuckDBPyConnection

    from ..protocol.ops import Condition, Op
    from ..protocol.schema import Cells, Person
    from .apply import Prepared
    from .connection import Fenced
    from .edits import Result
    from .effects import Effect

MOST_IN_GROUP = 512
MOST_SECONDS = 0.1
"""A group that takes longer to apply is committed as it is."""
LARGE = 2_000
"""An operation on more cells is a group of its own: answers to the small ones before it do not wait for it."""
MOST_WAITING = 1000
MOST_BYTES = 8 << 20
IDLE = 0.25
_WORTH_A_CHECKPOINT = 1 << 20
_MOST_DRAFTS = 64
_MOST_TOGETHER = 20_000
_GROUPED = (ops.SetCells, ops.InsertRows, ops.DeleteRows)
_STORAGE = (
    duckdb.IOException,
    duckdb.OutOfMemoryException,
    duckdb.TransactionException,
    duckdb.FatalException,
    duckdb.InternalException,
)
"""What DuckDB raises when it is not the operation that is wrong: a full disk shows as any of them."""
_logger = logging.getLogger(__name__)

Answer = Ack | Nack


@dataclass(frozen=True)
class Committed:
    """A revision that is in the file now. `cells` are the new values of all changed cells, if they are few."""

    table: str
    rev: int
    kind: str
    user: Person
    client: str
    seq: int
    effect: Effect
    summary: str
    n_cells: int
    n_rows: int
    cells: list[Cells]
    columns: frozenset[int]
    time: float = 0.0


@dataclass
class Submitted:
    """An operation that waits, and the future of its answer."""

    table: str
    op: Op
    user: Person
    client: str
    seq: int
    condition: Condition | None
    prepare: Callable[[Draft], Prepared] | None = None
    answer: Future[Answer] = field(default_factory=Future)
    alone: bool = field(init=False)
    """Whether it must be a group of its own."""

    def __post_init__(self) -> None:
        self.alone = not isinstance(self.op, _GROUPED)
        if isinstance(self.op, ops.SetCells):
            self.alone = sum(len(block.columns) * len(block.rows or ()) for block in self.op.blocks) > LARGE


@dataclass
class Job:
    """Other work in a transaction of its own, and the future of what it returns."""

    run: Callable[[DuckDBPyConnection], Any]
    answer: Future[Any] = field(default_factory=Future)
    alone: bool = True


@dataclass
class _Open:
    """What the writer holds in memory of the file."""

    connection: DuckDBPyConnection
    clients: Clients
    drafts: dict[str, Draft] = field(default_factory=dict)
    kept: dict[str, object] = field(default_factory=dict)


class Writer:
    """Owns the connection that writes; everything goes through `put` and is answered by a future."""

    def __init__(self, file: Fenced, clock: Callable[[], float]) -> None:
        self._file = file
        self._clock = clock
        self._inbox: Inbox[Submitted | Job] = Inbox(MOST_WAITING, MOST_BYTES)
        self._changed = False
        self.on_commit: list[Callable[[Sequence[Committed]], None]] = []
        self._open = self._read_anew()
        self._thread = threading.Thread(target=self._run, name="tabweave-writer", daemon=True)
        self._thread.start()

    def put(self, work: Submitted | Job, size: int = 0) -> None:
        """Queues work; raises `BUSY` or `OFFLINE`."""
        self._inbox.put(work, size)

    @property
    def waiting(self) -> int:
        """How much work is queued."""
        return len(self._inbox)

    def close(self) -> None:
        """Does what is queued, then ends the thread; may be called again."""
        self._inbox.close()
        if threading.current_thread() is not self._thread:
            self._thread.join()

    def _read_anew(self) -> _Open:
        connection = self._file.connection.cursor()
        return _Open(connection, Clients(connection))

    def _run(self) -> None:
        while (batch := self._inbox.take(MOST_IN_GROUP, IDLE)) is not None:
            if not batch:
                self._rest()
            while batch:
                done = self._group(batch)
                batch = batch[done:]
        self._open.connection.close()

    def _group(self, batch: list[Submitted | Job]) -> int:
        """Does the first pieces of work in one transaction and answers them; returns how many."""
        finished: list[tuple[Future[Any], Any]] = []
        told: list[Committed] = []
        done = 0
        try:
            self._open.connection.execute("BEGIN")
            for draft in self._open.drafts.values():
                draft.begin()
            self._prefetch(batch)
            started = self._clock()
            for work in batch:
                if work.alone and done:
                    break
                done += 1
                finished.append((work.answer, self._do(work, told)))
                if work.alone or self._clock() - started > MOST_SECONDS:
                    break
            self._commit()
        except Exception as error:
            self._recover()
            if done > 1:
                return sum(self._group([work]) for work in batch[:done])
            _settle(batch[0].answer, _explained(error))
            return max(done, 1)
        for future, value in finished:
            _settle(future, value)
        self._tell(told)
        return done

    def _prefetch(self, batch: list[Submitted | Job]) -> None:
        """Reads the cells that a group of small edits is about at once."""
        wanted: dict[str, tuple[set[int], set[int]]] = {}
        for work in batch:
            if work.alone or not isinstance(work, Submitted):
                break
            if isinstance(work.op, ops.SetCells):
                cids, rids = wanted.setdefault(work.table, (set(), set()))
                for block in work.op.blocks:
                    cids.update(block.columns)
                    rids.update(block.rows or ())
        for name, (cids, rids) in wanted.items():
            if len(cids) * len(rids) > _MOST_TOGETHER:
                continue
            try:
                draft = self._draft(name)
            except TabweaveError:
                continue
            listed = list(rids)
            there = [rid for rid, place in zip(listed, draft.table.rows.positions(listed).tolist(), strict=True) if place >= 0]
            draft.need([cid for cid in cids if draft.table.has(cid)], there)

    def _draft(self, name: str) -> Draft:
        drafts = self._open.drafts
        if name not in drafts:
            drafts[name] = Draft(self._open.connection, catalog.find(self._open.connection, name), self._open.kept)
            drafts[name].begin()
        return drafts[name]

    def _do(self, work: Submitted | Job, told: list[Committed]) -> Any:
        """The answer, or the `TabweaveError` that refuses to give one."""
        if isinstance(work, Job):
            self._open.drafts.clear()
            try:
                return work.run(self._open.connection)
            except TabweaveError as error:
                return error
        try:
            known = self._open.clients.answered(work.client, work.seq)
        except TabweaveError as error:
            return error
        if known is None:
            known = self._answer(work, told)
            self._open.clients.record(work.client, work.seq, known, time=self._clock())
        return known

    def _answer(self, work: Submitted, told: list[Committed]) -> Answer:
        now = self._clock()
        try:
            draft = self._draft(work.table)
            result = apply(
                draft,
                work.op,
                user=work.user,
                client=work.client,
                seq=work.seq,
                time=now,
                condition=work.condition,
                prepare=work.prepare,
            )
        except TabweaveError as error:
            return _nack(work, error)
        if result.effect is not None:
            told.append(_committed(work, draft.head, result.effect, result, now))
        return _ack(work, draft, result)

    def _commit(self) -> None:
        for draft in self._open.drafts.values():
            draft.flush()
        self._open.clients.flush()
        self._open.connection.execute("COMMIT")
        self._changed = True
        if len(self._open.drafts) > _MOST_DRAFTS:
            self._open.drafts.clear()

    def _recover(self) -> None:
        """Gives the open transaction up and forgets what was in memory; opens the file anew if DuckDB has given it up."""
        try:
            self._open.connection.execute("ROLLBACK")
        except duckdb.Error as error:
            _logger.debug("no transaction to roll back: %s", error)
        try:
            self._open.connection.execute("SELECT head FROM _table LIMIT 1").fetchall()
        except duckdb.Error:
            self._open.connection.close()
            self._file.reopen()
        else:
            self._open.connection.close()
        self._open = self._read_anew()

    def _tell(self, told: list[Committed]) -> None:
        if not told:
            return
        for listener in list(self.on_commit):
            try:
                listener(told)
            except Exception:
                _logger.exception("a listener to commits failed")

    def _rest(self) -> None:
        """Moves the write-ahead log into the file when nobody is waiting and there is something to move."""
        if not self._changed or self._file.wal_bytes() < _WORTH_A_CHECKPOINT:
            return
        try:
            clients.prune(self._open.connection, self._clock())
            self._open.connection.execute("CHECKPOINT")
            self._changed = False
        except duckdb.Error as error:
            _logger.info("the checkpoint waits: %s", error)
            self._recover()


def _settle(future: Future[Any], value: Any) -> None:
    if not future.set_running_or_notify_cancel():
        return
    if isinstance(value, BaseException):
        future.set_exception(value)
    else:
        future.set_result(value)


def _explained(error: Exception) -> Exception:
    if not isinstance(error, _STORAGE):
        return error
    reason = str(error).splitlines()[0]
    explained = Unavailable(
        "BUSY", f"The store cannot write now; nothing was changed: {reason}", hint="Make room on its disk, then try again."
    )
    explained.__cause__ = error
    return explained


def _committed(work: Submitted, rev: int, effect: Effect, result: Result, time: float) -> Committed:
    return Committed(
        table=work.table,
        rev=rev,
        kind=kind_of(work.op),
        user=work.user,
        client=work.client,
        seq=work.seq,
        effect=effect,
        summary=result.summary,
        n_cells=result.n_cells,
        n_rows=result.n_rows,
        cells=result.cells,
        columns=result.columns,
        time=time,
    )


def _ack(work: Submitted, draft: Draft, result: Result) -> Ack:
    if result.effect is not None and not isinstance(work.op, ops.Undo | ops.Redo | ops.Lock):
        can_undo, can_redo = True, False
    else:
        draft.flush()
        state = log.undoable(draft.connection, draft.table.id, work.user.id)
        can_undo, can_redo = state.undo is not None, state.redo is not None
    done = [] if result.effect is None else parts(result.effect)
    return Ack(
        ch=work.client,
        seq=work.seq,
        rev=draft.head,
        status=result.status,
        n_cells=result.n_cells,
        n_rows=result.n_rows,
        skipped=result.skipped,
        message=result.message,
        cells=result.cells,
        can_undo=can_undo,
        can_redo=can_redo,
        new_rows=[run for part in done if isinstance(part, RowsIn) for run in pairs(part.rids)],
        new_columns=[column.id for part in done if isinstance(part, ColumnsIn) for column in part.columns],
    )


def _nack(work: Submitted, error: TabweaveError) -> Nack:
    bad = error.bad[:MOST_BAD] if isinstance(error, CellsRefused) else []
    return Nack(
        ch=work.client,
        seq=work.seq,
        code=error.code,
        message=error.message,
        hint=error.hint,
        column=error.column if isinstance(error, Overtaken) else None,
        rid=error.rid if isinstance(error, Overtaken) else None,
        bad=bad,
        n_bad=error.n_bad if isinstance(error, CellsRefused) else 0,
    )
