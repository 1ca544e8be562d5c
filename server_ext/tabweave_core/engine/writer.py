"""The one thread that writes: it applies whatever waits, commits it together and only then answers.

Log and answers are written in one transaction, small edits by way of the journal. A group is what waits when it begins: at most
512 operations, fewer when applying them takes long; an operation on columns, an undo or a redo is a group of its own. The
journal is settled when it is long, when somebody wants to read, and at rest. If a commit fails, everything in memory is read
anew from the file, so that an operation whose fate was unknown is either found there, answered, or applied when it comes again.
It must not know views or who may do what.
"""

from __future__ import annotations

import logging
import threading
from concurrent.futures import Future
from dataclasses import dataclass, field
from itertools import takewhile
from typing import TYPE_CHECKING, Any, TypeAlias

import duckdb

from ..errors import TabweaveError, Unavailable
from ..protocol import ops
from . import clients
from .answering import ack, explained, nack
from .apply import apply, kind_of
from .effects import ColumnsIn, ColumnsOut, Recast, parts
from .inbox import Inbox
from .working import Working

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from duckdb import DuckDBPyConnection

    from ..protocol.messages import Ack, Nack
    from ..protocol.ops import Condition, Op
    from ..protocol.schema import Cells, Person
    from .apply import Prepared
    from .connection import Fenced
    from .draft import Draft
    from .edits import Result
    from .effects import Effect

MOST_IN_GROUP = 512
ENOUGH, GATHERING = 16, 0.004
"""After a group of several operations, but not of so many, the next one gathers for so long: a commit costs as much as ten."""
MOST_SECONDS = 0.1
"""A group that takes longer to apply is committed as it is."""
LARGE = 2_000
"""An operation on more cells is a group of its own: answers to the small ones before it do not wait for it."""
MOST_WAITING = 1000
MOST_BYTES = 8 << 20
IDLE = 0.25
MOST_UNSETTLED = 2_000
"""Of so many cells and answers the journal is long: an edit makes one of each. Settling them takes 80 ms in 10M rows."""
_WORTH_A_CHECKPOINT = 1 << 20
MOST_IN_LOG = 64 << 20
"""So many bytes in DuckDB's own log are moved into the file though nobody rests; that takes a quarter of a second in 10M rows."""
_RESHAPES = (ColumnsIn, ColumnsOut, Recast)
_TRIES = 1_000
_GROUPED = (ops.SetCells, ops.InsertRows, ops.DeleteRows)
_logger = logging.getLogger(__name__)

Answer: TypeAlias = "Ack | Nack"


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


class Writer:
    """Owns the connection that writes; everything goes through `put` and is answered by a future."""

    def __init__(self, file: Fenced, clock: Callable[[], float]) -> None:
        self._file = file
        self._clock = clock
        self._inbox: Inbox[Submitted | Job] = Inbox(MOST_WAITING, MOST_BYTES)
        self._changed = self._wanted = self._ended = False
        self._moved = threading.Condition()
        self._never = threading.Event()
        self._room_in_log = MOST_IN_LOG
        self._journaled = self._settled = self._failures = 0
        self._batch: list[Submitted | Job] = []
        self._frail = file.wal_bytes() > 0
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

    def settle(self) -> bool:
        """Has everything that was answered moved into the tables, where a transaction that begins after that finds it.

        False if that could not be written.
        """
        if self._settled == self._journaled:
            return True
        if threading.current_thread() is self._thread:
            return self._settle_journal()
        with self._moved:
            wanted, failures = self._journaled, self._failures
            while self._settled < wanted and self._failures == failures and not self._ended:
                self._wanted = True
                self._inbox.urge()
                self._moved.wait()
            return self._settled >= wanted

    def _read_anew(self) -> Working:
        found = Working(self._file.connection.cursor(), in_file=self._file.path is not None)
        self._journaled += bool(found.journal)
        return found

    def _run(self) -> None:
        try:
            self._serve()
        except Exception:
            _logger.exception("The store can write no more: its file cannot be opened again.")
        self._inbox.close()
        for work in [*self._batch, *(self._inbox.take(MOST_WAITING, 0) or [])]:
            if not work.answer.done():
                _settle(work.answer, Unavailable("OFFLINE", "The store is closed.", hint="Open it again."))
        with self._moved:
            self._ended = True
            self._moved.notify_all()
        self._open.connection.close()

    def _serve(self) -> None:
        """Does what comes, until the store is closed; raises if its file cannot be opened again."""
        several = 0
        while (batch := self._inbox.take(MOST_IN_GROUP, IDLE)) is not None:
            if 1 < several < ENOUGH:
                self._never.wait(GATHERING)
                batch += self._inbox.take(MOST_IN_GROUP - len(batch), 0) or []
            several = len(batch)
            if self._wanted:
                self._settle_journal()
            elif not batch:
                self._rest()
            while batch:
                self._batch = batch
                if self._wanted or batch[0].alone or len(self._open.journal) >= MOST_UNSETTLED:
                    self._settle_journal()
                if self._frail and not all(isinstance(getattr(work, "op", None), ops.SetCells) for work in batch):
                    self._make_firm()
                done = self._group(batch)
                batch = self._batch = batch[done:]
        self._settle_journal()

    def _settle_journal(self) -> bool:
        """Settles the journal in a transaction of its own; whether that could be written.

        That is done before work that may take long, too, so that whoever reads meanwhile need not wait for it.
        """
        assert not self._open.busy, "what is asked for within a transaction cannot be settled first"
        self._wanted, done = False, True
        try:
            if self._settled < self._journaled:
                self._open.begin()
                self._open.journal.settle()
                self._commit()
        except Exception as error:
            _logger.warning("The store's journal cannot be moved into its tables now: %s", error)
            self._recover()
            self._changed = done = False
        with self._moved:
            self._failures += not done
            self._moved.notify_all()
        if self._file.wal_bytes() > self._room_in_log:
            self._checkpoint()
        return done

    def _group(self, batch: list[Submitted | Job]) -> int:
        """Does the first pieces of work in one transaction and answers them; returns how many."""
        finished: list[tuple[Future[Any], Any]] = []
        told: list[Committed] = []
        done = 0
        try:
            self._open.begin()
            self._open.read_ahead(_edits(batch))
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
            _settle(batch[0].answer, explained(error))
            return max(done, 1)
        self._frail |= any(isinstance(part, _RESHAPES) for each in told for part in parts(each.effect))
        for future, value in finished:
            _settle(future, value)
        self._tell(told)
        return done

    def _do(self, work: Submitted | Job, told: list[Committed]) -> Any:
        """The answer, or the `TabweaveError` that refuses to give one."""
        if isinstance(work, Job):
            self._open.journal.settle()
            self._open.forget()
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
            draft = self._open.draft(work.table)
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
            return nack(work, error)
        if result.effect is not None:
            told.append(_committed(work, draft.head, result.effect, result, now))
        return ack(work, draft, result)

    def _commit(self) -> None:
        """Commits the open transaction, by way of the journal unless it has written to the tables."""
        if self._open.commit():
            self._journaled += 1
        else:
            self._settled = self._journaled
        self._changed = True

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

    def _make_firm(self) -> None:
        """Empties DuckDB's own log, after columns came or went and before rows come.

        DuckDB 2.0.0 replays the three wrongly: ALTER TABLE, INSERT, then UPDATE of a missing value near the inserted row, which
        is missing again after a crash. It does not checkpoint while somebody reads who began before the columns changed.
        """
        for _ in range(_TRIES):
            try:
                self._open.connection.execute("CHECKPOINT")
            except duckdb.TransactionException:
                self._never.wait(GATHERING)
            except duckdb.Error as error:
                _logger.info("the checkpoint waits: %s", error)
                self._recover()
                return
            else:
                self._frail = False
                return

    def _rest(self) -> None:
        """When nobody is waiting, settles the journal, then moves DuckDB's own log into the file if that is worth it."""
        if not self._changed or not self._settle_journal():
            return
        if self._file.wal_bytes() >= _WORTH_A_CHECKPOINT:
            self._checkpoint()

    def _checkpoint(self) -> None:
        try:
            clients.prune(self._open.connection, self._clock())
            self._open.connection.execute("CHECKPOINT")
        except duckdb.Error as error:
            _logger.info("the checkpoint waits: %s", error)
            self._room_in_log = self._file.wal_bytes() + MOST_IN_LOG
            self._recover()
        else:
            self._changed, self._frail, self._room_in_log = False, False, MOST_IN_LOG


def _settle(future: Future[Any], value: Any) -> None:
    if not future.set_running_or_notify_cancel():
        return
    if isinstance(value, BaseException):
        future.set_exception(value)
    else:
        future.set_result(value)


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


def _edits(batch: Sequence[Submitted | Job]) -> Iterator[tuple[str, ops.SetCells]]:
    """The small edits with which a group begins."""
    for work in takewhile(lambda work: not work.alone, batch):
        if isinstance(work, Submitted) and isinstance(work.op, ops.SetCells):
            yield work.table, work.op
