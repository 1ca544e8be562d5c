"""The shared tables of one DuckDB file, or of memory: create and drop them, submit operations, read windows and history.

Writing goes through one thread and is answered by futures that resolve after the commit. Reading happens in the calling
thread, each request with a cursor and a transaction of its own, and so sees one revision. Whoever may do what is decided by
the caller. It must not know sockets, sessions or pandas; time and chance are given to it.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import duckdb
import msgspec
import pyarrow as pa

from ..errors import Refused, Unavailable
from . import catalog, catchup, clients, log, window
from .catalog import Table
from .connection import Fenced
from .dtypes import of_arrow, to_store
from .migrations import migrate
from .rows import RowIds
from .window import Seen
from .writer import Answer, Job, Submitted, Writer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from concurrent.futures import Future

    from duckdb import DuckDBPyConnection

    from ..protocol.ops import Op
    from ..protocol.schema import Change, Column, Person, View
    from .apply import Condition
    from .catchup import Changes
    from .dtypes import Dtype
    from .log import Undoable
    from .writer import Committed

Found = TypeVar("Found")
_MOST_VIEWS = 32
_MOST_KNOWN = 64
_LONGEST_NAME = 200


class Store:
    """All shared tables of one place. Made by `open`; usable from any thread until `close`."""

    def __init__(self, file: Fenced, *, clock: Callable[[], float], draw: Callable[[], str]) -> None:
        self._file = file
        self._clock = clock
        self._draw = draw
        self._closing = threading.Lock()
        self._closed = False
        self._guard = threading.Lock()
        self._known: OrderedDict[str, Table] = OrderedDict()
        self._views: OrderedDict[tuple[int, bytes], Seen] = OrderedDict()
        self._writer = Writer(file, clock)

    @classmethod
    def open(cls, path: str | Path | None, *, clock: Callable[[], float], draw: Callable[[], str]) -> Store:
        """Opens or makes a store in a file, or in memory when there is no path.

        `clock` gives seconds since 1970, `draw` a text that was never drawn before (an epoch). Raises `OFFLINE` when the
        file is in use, naming the process that has it, or cannot be opened.
        """
        file = Fenced(None if path is None else Path(path))
        try:
            migrate(file.connection)
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
                self._file.close()
                self._closed = True

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # Tables

    def create_table(self, name: str, data: pa.Table, user: Person) -> Table:
        """Makes a table of an Arrow table, rows numbered from 0; raises if the name is taken or a column cannot be shared."""
        columns, stored = _columns(name, data)
        epoch, now = self._draw(), self._clock()

        def create(connection: DuckDBPyConnection) -> Table:
            if name in catalog.names(connection):
                raise Refused("SCHEMA", f"There is a shared table {name!r} already.", hint="Choose another name.")
            ((number,),) = connection.execute(
                "SELECT coalesce(max(value::INTEGER), 0) + 1 FROM _meta WHERE key = 'last'"
            ).fetchall()
            connection.execute("DELETE FROM _meta WHERE key = 'last'")
            connection.execute("INSERT INTO _meta VALUES ('last', ?)", [str(number)])
            table = Table(
                id=number,
                name=name,
                epoch=epoch,
                head=0,
                columns=tuple(columns),
                columns_rev=0,
                next_column=len(columns),
                rows=RowIds(data.num_rows),
                runs_rev=0,
                owner=user,
                created=now,
            )
            _fill(connection, table, stored)
            catalog.add(connection, table)
            return table

        return self._run(create)

    def drop(self, name: str) -> None:
        """Drops a table with its log; raises `NO_TABLE`."""
        self._run(lambda connection: catalog.remove(connection, catalog.find(connection, name)))

    def tables(self) -> list[Table]:
        """All tables by name."""
        return self._read(lambda cursor: [self._find(cursor, name) for name in catalog.names(cursor)])

    def table(self, name: str) -> Table:
        """A table as it is now; raises `NO_TABLE`."""
        return self._read(lambda cursor: self._find(cursor, name))

    def _run(self, run: Callable[[DuckDBPyConnection], Found]) -> Found:
        job = Job(run)
        self._writer.put(job)
        found: Found = job.answer.result()
        return found

    # Operations

    def submit(
        self, table: str, op: Op, *, user: Person, client: str, seq: int, condition: Condition | None = None, size: int = 0
    ) -> Future[Answer]:
        """Queues operation number `seq` of a client; the future gives `Ack` or `Nack` once it is committed.

        An operation that was here before gets the answer it got then. The future raises `BAD_SEQ` for a number that is not
        the client's next, and `BUSY` when the store could not write: the number is then still free. Raises `BUSY` when too
        much is waiting (`size` is the operation's bytes), and `OFFLINE` when the store is closed.
        """
        work = Submitted(table, op, user, client, seq, condition)
        self._writer.put(work, size)
        return work.answer

    def last_seq(self, client: str) -> int:
        """The number of the last operation of a client that was answered; 0 when it was not here."""
        return self._read(lambda cursor: clients.last_seq(cursor, client))

    # Reading

    def look(self, name: str, view: View) -> Seen:
        """The rows of a view as they are now; kept while the table does not change."""
        return self._read(lambda cursor: self._look(cursor, self._find(cursor, name), view))

    def window(self, name: str, view: View | Seen, start: int, stop: int, columns: list[int]) -> tuple[int, pa.Table]:
        """Rows `[start, stop)` of a view and the revision they are of: Arrow with `_rid`, then a column for each id.

        With a `Seen` the rows are those that were seen, in the order of then, with the values of now.
        """

        def read(cursor: DuckDBPyConnection) -> tuple[int, pa.Table]:
            table = self._find(cursor, name)
            seen = view if isinstance(view, Seen) else self._look(cursor, table, view)
            return table.head, window.read(cursor, table, seen, start, stop, columns)

        return self._read(read)

    def changes(self, name: str, since: int) -> Changes:
        """What has changed after a revision; raises `TooFar` when reading the table anew is better."""
        return self._read(lambda cursor: catchup.changes(cursor, self._find(cursor, name), since))

    def history(self, name: str, limit: int = 100, *, rid: int | None = None, column: int | None = None) -> list[Change]:
        """The newest changes, newest first; of one cell when its row and column are given."""
        return self._read(lambda cursor: log.history(cursor, self._find(cursor, name).id, limit, rid=rid, column=column))

    def undoable(self, name: str, user: str) -> Undoable:
        """What a user can undo and redo."""
        return self._read(lambda cursor: log.undoable(cursor, self._find(cursor, name).id, user))

    def _read(self, read: Callable[[DuckDBPyConnection], Found]) -> Found:
        with self._cursor() as cursor:
            return read(cursor)

    @contextmanager
    def _cursor(self) -> Iterator[DuckDBPyConnection]:
        """A cursor in a transaction that sees one state of the store."""
        if self._closed:
            raise Unavailable("OFFLINE", "The store is closed.", hint="Open it again.")
        with self._file.connection.cursor() as cursor:
            cursor.execute("BEGIN TRANSACTION READ ONLY")
            try:
                yield cursor
            finally:
                _end(cursor)

    def _find(self, cursor: DuckDBPyConnection, name: str) -> Table:
        with self._guard:
            known = self._known.get(name)
        table = catalog.find(cursor, name, known)
        with self._guard:
            self._known[name] = table
            self._known.move_to_end(name)
            if len(self._known) > _MOST_KNOWN:
                self._known.popitem(last=False)
        return table

    def _look(self, cursor: DuckDBPyConnection, table: Table, view: View) -> Seen:
        key = (table.id, msgspec.json.encode(view))
        with self._guard:
            seen = self._views.get(key)
        if seen is None or seen.rev != table.head:
            seen = window.look(cursor, table, view)
            with self._guard:
                self._views[key] = seen
                self._views.move_to_end(key)
                if len(self._views) > _MOST_VIEWS:
                    self._views.popitem(last=False)
        return seen


def _end(cursor: DuckDBPyConnection) -> None:
    try:
        cursor.execute("ROLLBACK")
    except duckdb.Error as error:
        raise Unavailable("BUSY", f"The store was opened anew while it was read: {error}", hint="Try again.") from error


def _columns(name: str, data: pa.Table) -> tuple[list[Column], list[tuple[Dtype, Any]]]:
    """The columns of a new table and their values as they are stored; raises for what cannot be shared."""
    if not name.strip() or len(name) > _LONGEST_NAME or "/" in name:
        raise Refused("SCHEMA", f"{name[:60]!r} cannot name a table.", hint="Use a short name without a slash.")
    names = data.column_names
    twice = {column for column in names if names.count(column) > 1} if len(set(names)) < len(names) else set()
    if twice:
        raise Refused("SCHEMA", f"Two columns are called {sorted(twice)[0]!r}.", hint="Rename one of them.")
    columns, stored = [], []
    for cid, field in enumerate(data.schema):
        dtype = of_arrow(field.name, field.type)
        labels, ordered = _categories(data.column(cid)) if dtype.kind == "category" else (None, False)
        columns.append(dtype.column(cid, field.name, categories=labels, ordered=ordered))
        stored.append((dtype, to_store(field.name, dtype, data.column(cid))))
    return columns, stored


def _categories(values: pa.ChunkedArray) -> tuple[list[str], bool]:
    whole = values.unify_dictionaries()
    if not whole.num_chunks:
        return [], bool(values.type.ordered)
    return [label for label in whole.chunk(0).dictionary.to_pylist() if label is not None], bool(values.type.ordered)


def _fill(connection: DuckDBPyConnection, table: Table, stored: list[tuple[Dtype, Any]]) -> None:
    """Makes the DuckDB table and copies the values into it, rows in order."""
    typed = "".join(f", c{cid} {dtype.sql}" for cid, (dtype, _) in enumerate(stored))
    connection.execute(f"CREATE TABLE {table.live} (_rid BIGINT NOT NULL{typed})")
    rows = pa.table([table.rows.ids(slice(None)), *(values for _, values in stored)], names=["_rid", *_names(len(stored))])
    connection.register("staged", rows)
    connection.execute(f"INSERT INTO {table.live} SELECT * FROM staged")


def _names(count: int) -> list[str]:
    return [f"c{cid}" for cid in range(count)]
