"""The shared tables of one DuckDB file, or of memory: create and drop them, submit operations, read windows and history.

Writing goes through one thread and is answered by futures that resolve after the commit. Reading happens in the calling
thread, each request with a cursor and a transaction of its own, and so sees one revision. Whoever may do what is decided by
the caller. It must not know sockets, sessions or pandas; time and chance are given to it.
"""

from __future__ import annotations

import logging
import threading
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import msgspec

from ..errors import NotFound, did_you_mean
from ..protocol.rights import Rights
from . import catalog, catchup, clients, loading, log, window
from .catalog import Table, whole
from .connection import Fenced
from .history import history
from .migrations import migrate
from .snapshots import Snapshots
from .watchdog import Watchdog
from .window import Seen
from .writer import Answer, Job, Submitted, Writer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from concurrent.futures import Future

    import pyarrow as pa
    from duckdb import DuckDBPyConnection

    from ..protocol.ops import Condition, Op
    from ..protocol.planning import RollupDef
    from ..protocol.schema import Change, Person, View
    from .apply import Prepared
    from .catalog import Lens
    from .catchup import Changes
    from .draft import Draft
    from .log import Undoable
    from .writer import Committed

Found = TypeVar("Found")
_logger = logging.getLogger(__name__)


class Store:
    """All shared tables of one place. Made by `open`; usable from any thread until `close`."""

    def __init__(self, file: Fenced, *, clock: Callable[[], float], draw: Callable[[], str]) -> None:
        self._file = file
        self._clock = clock
        self._draw = draw
        self._closing = threading.Lock()
        self._closed = False
        self._writer = Writer(file, clock)
        self._snapshots = Snapshots(file, self._writer.settle)
        self._watchdog = Watchdog()
        self.on_tables: list[Callable[[str], None]] = []
        """Called in the writer's thread with a table's name after it came, went, or got other rights, rows or a name."""

    @classmethod
    def open(cls, path: str | Path | None, *, clock: Callable[[], float], draw: Callable[[], str]) -> Store:
        """Opens or makes a store in a file, or in memory when there is no path.

        `clock` gives seconds since 1970, `draw` a text that was never drawn before (an epoch). Raises `OFFLINE` when the
        file is in use, naming the process that has it, or cannot be opened.
        """
        file = Fenced(None if path is None else Path(path))
        try:
            migrate(file.connection)
            loading.sweep(file.connection)
            return cls(file, clock=clock, draw=draw)
        except BaseException:
            file.close()
            raise

    @property
    def path(self) -> Path | None:
        """The store's file, or None in memory."""
        return self._file.path

    @property
    def waiting(self) -> int:
        """How many operations are queued."""
        return self._writer.waiting

    @property
    def on_commit(self) -> list[Callable[[Sequence[Committed]], None]]:
        """Called in the writer's thread after each commit, with its revisions in order; must be quick."""
        return self._writer.on_commit

    def close(self) -> None:
        """Finishes what is queued and lets go of the file; may be called again."""
        with self._closing:
            if not self._closed:
                self._writer.close()
                self._snapshots.close()
                self._file.close()
                self._closed = True

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # Tables

    def create_table(self, name: str, data: pa.Table | pa.RecordBatchReader, user: Person, rights: Rights | None = None) -> Table:
        """Makes a table of Arrow data, rows numbered from 0; raises if the name is taken or a column cannot be shared.

        A reader's batches are stored as they come.
        """
        self._read(lambda cursor: loading.check_free(cursor, name))
        return self._load(name, data, lambda connection, loaded: self._found(connection, name, loaded, user, rights or Rights()))

    def replace_table(self, name: str, data: pa.Table | pa.RecordBatchReader) -> Table:
        """Gives a table other columns and rows; its log begins anew, its owner and its rights stay (columns' by their names)."""
        self.table(name)

        def replaced(connection: DuckDBPyConnection, loaded: loading.Loaded) -> Table:
            old = catalog.find(connection, name)
            catalog.remove(connection, old)
            kept = {column.name: old.rights.columns[column.id] for column in old.columns if column.id in old.rights.columns}
            columns = {column.id: kept[column.name] for column in loaded.columns if column.name in kept}
            rights = msgspec.structs.replace(old.rights, columns=columns)
            return self._found(connection, name, loaded, old.owner, rights)

        return self._load(name, data, replaced)

    def _load(
        self,
        name: str,
        data: pa.Table | pa.RecordBatchReader,
        enter: Callable[[DuckDBPyConnection, loading.Loaded], Table],
    ) -> Table:
        loading.check_name(name)
        loading.check_schema(data.schema)
        number = self._run(loading.next_number)
        with self._snapshots.cursor() as cursor:
            loaded = loading.load(cursor, number, data)
        try:
            return self._run(lambda connection: enter(connection, loaded), name)
        except BaseException:
            self._run(lambda connection: connection.execute(f"DROP TABLE IF EXISTS t{number}"))
            raise

    def _found(self, connection: DuckDBPyConnection, name: str, loaded: loading.Loaded, owner: Person, rights: Rights) -> Table:
        loading.check_free(connection, name)
        table = Table(
            id=loaded.id,
            name=name,
            epoch=self._draw(),
            head=0,
            columns=loaded.columns,
            columns_rev=0,
            next_column=len(loaded.columns),
            rows=loaded.rows,
            runs_rev=0,
            owner=owner,
            created=self._clock(),
            rights=rights,
        )
        catalog.add(connection, table)
        return table

    def drop(self, name: str) -> None:
        """Drops a table with its log; raises `NO_TABLE`."""
        self._run(lambda connection: catalog.remove(connection, catalog.find(connection, name)), name)

    def rename(self, name: str, new: str) -> None:
        """Gives a table another name; raises if that one is taken."""
        loading.check_name(new)

        def renamed(connection: DuckDBPyConnection) -> None:
            table = catalog.find(connection, name)
            if new != name:
                loading.check_free(connection, new)
                catalog.rename(connection, table, new)

        self._run(renamed, name, new)

    def rights(self, name: str) -> Rights:
        """Who may do what with a table."""
        return self.table(name).rights

    def set_rights(self, name: str, rights: Rights | Callable[[Table], Rights]) -> None:
        """Changes who may do what with a table, from the next operation on; a function gets the table as it is then."""

        def granted(connection: DuckDBPyConnection) -> None:
            table = catalog.find(connection, name)
            catalog.grant(connection, table, rights(table) if callable(rights) else rights)

        self._run(granted, name)

    def keep_rollups(self, name: str, change: Callable[[Table], Sequence[RollupDef]]) -> None:
        """Keeps the rollups with a table that `change` makes of the table as it is then; it may raise."""

        def kept(connection: DuckDBPyConnection) -> None:
            table = catalog.find(connection, name)
            catalog.keep_rollups(connection, table, change(table))

        self._run(kept, name)

    def tables(self, lens: Lens = whole) -> list[Table]:
        """All tables by name that are seen through a lens."""

        def read(cursor: DuckDBPyConnection) -> list[Table]:
            found = []
            for name in catalog.names(cursor):
                try:
                    found.append(self._snapshots.find(cursor, name, lens))
                except NotFound:
                    continue
            return found

        return self._read(read)

    def table(self, name: str, lens: Lens = whole) -> Table:
        """A table as it is now; raises `NO_TABLE` with the nearest names."""
        try:
            return self._read(lambda cursor: self._snapshots.find(cursor, name, lens))
        except NotFound as error:
            names = [table.name for table in self.tables(lens)]
            raise catalog.missing(name, did_you_mean(name, names)) from error

    def _run(self, run: Callable[[DuckDBPyConnection], Found], *names: str) -> Found:
        """Has the writer do something, then tell that the tables with these names are not what they were; waits for both."""
        job = Job(run)
        told = threading.Event()

        def tell(done: Future[Found]) -> None:
            if done.exception() is None:
                self._tell(names)
            told.set()

        job.answer.add_done_callback(tell)
        self._writer.put(job)
        told.wait()
        found: Found = job.answer.result()
        return found

    def _tell(self, names: Sequence[str]) -> None:
        for listener in list(self.on_tables):
            for name in dict.fromkeys(names):
                try:
                    listener(name)
                except Exception:
                    _logger.exception("a listener to tables failed")

    # Operations

    def submit(
        self,
        table: str,
        op: Op,
        *,
        user: Person,
        client: str,
        seq: int,
        condition: Condition | None = None,
        prepare: Callable[[Draft], Prepared] | None = None,
        size: int = 0,
    ) -> Future[Answer]:
        """Queues operation number `seq` of a client; the future gives `Ack` or `Nack` once it is committed.

        An operation that was here before gets the answer it got then. The future raises `BAD_SEQ` for a number that is not
        the client's next, and `BUSY` when the store could not write: the number is then still free. Raises `BUSY` when too
        much is waiting (`size` is the operation's bytes), and `OFFLINE` when the store is closed.

        `prepare` is called when it is the operation's turn, in the writer's thread, and gives what is applied in its place. A
        refusal that it raises is the operation's answer; it must change nothing and be quick.
        """
        work = Submitted(table, op, user, client, seq, condition, prepare)
        self._writer.put(work, size)
        return work.answer

    def last_seq(self, client: str) -> int:
        """The number of the last operation of a client that was answered; 0 when it was not here."""
        return self._read(lambda cursor: clients.last_seq(cursor, client))

    # Reading

    def look(self, name: str, view: View, lens: Lens = whole) -> Seen:
        """The rows of a view as they are now; kept while the table does not change."""
        return self._read(lambda cursor: self._snapshots.look(cursor, self._snapshots.find(cursor, name, lens), view))

    def window(
        self,
        name: str,
        view: View | Seen,
        start: int,
        stop: int,
        columns: list[int],
        lens: Lens = whole,
        *,
        marked: bool = False,
    ) -> tuple[int, pa.Table]:
        """Rows `[start, stop)` of a view and the revision they are of: Arrow with `_rid`, then a column for each id.

        With a `Seen` the rows are those that were seen, in the order of then, with the values of now. Locked cells are marked
        if that is asked for.
        """

        def read(cursor: DuckDBPyConnection) -> tuple[int, pa.Table]:
            table = self._snapshots.find(cursor, name, lens)
            seen = view if isinstance(view, Seen) else self._snapshots.look(cursor, table, view)
            rows = window.read(cursor, table, seen, start, stop, columns)
            return table.head, window.marked(table, rows) if marked and table.locks else rows

        return self._read(read)

    def read(
        self,
        name: str,
        read: Callable[[DuckDBPyConnection, Table], Found],
        lens: Lens = whole,
        *,
        cancelled: Callable[[], bool] | None = None,
    ) -> Found:
        """What `read` finds with a cursor whose transaction sees the table at one revision; it must not write.

        Raises `CANCELLED` soon after `cancelled` has become true.
        """
        with self._snapshots.reading() as cursor, self._watchdog.over(cursor, cancelled) if cancelled else nullcontext():
            return read(cursor, self._snapshots.find(cursor, name, lens))

    @contextmanager
    def reading(self, name: str, lens: Lens = whole) -> Iterator[tuple[DuckDBPyConnection, Table]]:
        """A cursor whose transaction sees the table at one revision, for as long as it is open; it must not write."""
        with self._snapshots.reading() as cursor:
            yield cursor, self._snapshots.find(cursor, name, lens)

    def clock(self) -> float:
        """Seconds since 1970."""
        return self._clock()

    def draw(self) -> str:
        """A text that was never drawn before."""
        return self._draw()

    def changes(self, name: str, since: int, lens: Lens = whole) -> Changes:
        """What has changed after a revision; raises `TooFar` when reading the table anew is better."""
        return self._read(lambda cursor: catchup.changes(cursor, self._snapshots.find(cursor, name, lens), since))

    def history(
        self,
        name: str,
        limit: int = 100,
        *,
        since: int = 0,
        rid: int | None = None,
        column: int | None = None,
        lens: Lens = whole,
    ) -> list[Change]:
        """The newest changes after a revision, newest first; of one cell when its row and column are given."""
        return self._read(
            lambda cursor: history(cursor, self._snapshots.find(cursor, name, lens), limit, since=since, rid=rid, column=column)
        )

    def undoable(self, name: str, user: str) -> Undoable:
        """What a user can undo and redo."""
        return self._read(lambda cursor: log.undoable(cursor, self._snapshots.find(cursor, name).id, user))

    def _read(self, read: Callable[[DuckDBPyConnection], Found]) -> Found:
        with self._snapshots.reading() as cursor:
            return read(cursor)
