"""Reading a store: each reading has a cursor and a transaction of its own, and so sees one state of everything, the newest.

What was found last is kept while the tables do not change: their row order, and the rows of views. It must not know what is
read or who reads.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from contextlib import contextmanager
from typing import TYPE_CHECKING

import duckdb
import msgspec

from ..errors import Unavailable
from . import catalog, window
from .catalog import whole
from .journal import Journal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from duckdb import DuckDBPyConnection

    from ..protocol.schema import View
    from .catalog import Lens, Table
    from .connection import Fenced
    from .window import Seen

_MOST_VIEWS = 32
_MOST_VIEW_ROWS = 40_000_000
"""The views that are kept have so many rows in all, or there is only one."""
_MOST_KNOWN = 64


class Snapshots:
    """The readings of one store, from any thread, until `close`."""

    def __init__(self, file: Fenced, settle: Callable[[], bool]) -> None:
        self._file = file
        self._settle = settle
        self._closed = False
        self._guard = threading.Lock()
        self._known: OrderedDict[str, Table] = OrderedDict()
        self._views: OrderedDict[tuple[int, bytes, tuple[int, ...]], Seen] = OrderedDict()

    def close(self) -> None:
        """Lets no new reading begin."""
        self._closed = True

    def cursor(self) -> DuckDBPyConnection:
        """A new cursor; raises `OFFLINE` after `close`."""
        if self._closed:
            raise Unavailable("OFFLINE", "The store is closed.", hint="Open it again.")
        return self._file.connection.cursor()

    @contextmanager
    def reading(self) -> Iterator[DuckDBPyConnection]:
        """A cursor in a transaction that sees one state of the store, with everything that was answered before.

        Where that cannot be moved into the tables, the disk being full, it is laid over them in this transaction alone.
        """
        with self.cursor() as cursor:
            settled = self._settle()
            cursor.execute(f"BEGIN TRANSACTION {'READ ONLY' if settled else ''}")
            try:
                if not settled:
                    Journal(cursor).settle()
                yield cursor
            finally:
                _end(cursor)

    def find(self, cursor: DuckDBPyConnection, name: str, lens: Lens = whole) -> Table:
        """A table as a lens shows it; raises `NO_TABLE`."""
        with self._guard:
            known = self._known.get(name)
        table = catalog.find(cursor, name, known)
        with self._guard:
            self._known[name] = table
            self._known.move_to_end(name)
            if len(self._known) > _MOST_KNOWN:
                self._known.popitem(last=False)
        return lens(table)

    def look(self, cursor: DuckDBPyConnection, table: Table, view: View) -> Seen:
        """The rows of a view of a table that this cursor found."""
        key = (table.id, msgspec.json.encode(view), tuple(column.id for column in table.columns) if table.hidden else ())
        with self._guard:
            seen = self._views.get(key)
        if seen is None or seen.rev != table.head:
            seen = window.look(cursor, table, view)
            if seen.rids is not None:
                with self._guard:
                    self._keep(key, seen)
        return seen

    def _keep(self, key: tuple[int, bytes, tuple[int, ...]], seen: Seen) -> None:
        self._views[key] = seen
        self._views.move_to_end(key)
        rows = sum(each.rows for each in self._views.values())
        while len(self._views) > 1 and (len(self._views) > _MOST_VIEWS or rows > _MOST_VIEW_ROWS):
            _, oldest = self._views.popitem(last=False)
            rows -= oldest.rows


def _end(cursor: DuckDBPyConnection) -> None:
    try:
        cursor.execute("ROLLBACK")
    except duckdb.Error as error:
        raise Unavailable("BUSY", f"The store was opened anew while it was read: {error}", hint="Try again.") from error
