"""The journal: what was committed and is not in the tables yet.

A group of small edits is committed as one row of `_journal`, which takes as long for ten million rows as for ten. Many groups
together are then moved into the tables ("settled") in one transaction that also empties the journal, so that after a crash it
has exactly what the tables have not. Whoever looks at the tables settles first. It must not know what operations do.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final, Literal

import msgspec

from . import catalog
from .live import Live
from .staging import append
from .statements import run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from duckdb import DuckDBPyConnection

LogRow = tuple[int, int, float, str, str, str, str, int, str, str, int, int | None, int, int, int, str]
"""A row of `_log`, in the order of its columns."""
CellRow = tuple[int, int, int, int, str | Literal[False] | None, str | None]
"""A row of `_cells`: table, revision, column, row id, text before (`UNREAD` if that is yet to be found), text after."""
AnswerRow = tuple[str, int, float, str]
"""A row of `_client`: client, number, time, answer."""


class _Page(msgspec.Struct, array_like=True, frozen=True):
    """What one group has committed."""

    log: list[LogRow]
    cells: list[CellRow]
    answers: list[AnswerRow]


UNREAD: Final = False

_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(_Page)


class Journal:
    """The rows that are still to be settled, those of the group that is being made among them.

    Made anew it has what the file's journal has. `direct` says that there is a transaction that writes to the tables; with
    `lazy` it begins when that is needed.
    """

    def __init__(self, connection: DuckDBPyConnection) -> None:
        self.connection = connection
        self.log: list[LogRow] = []
        self.cells: list[CellRow] = []
        self.answers: list[AnswerRow] = []
        self.lives: dict[int, Live] = {}
        self.direct = self.lazy = False
        self._last = 0
        for self._last, body in run(connection, "SELECT id, body FROM _journal ORDER BY id"):
            page = _DECODER.decode(body)
            self.log += page.log
            self.cells += page.cells
            self.answers += page.answers
        self._kept = self._marks()

    def __len__(self) -> int:
        return len(self.cells) + len(self.answers)

    def _marks(self) -> tuple[int, int, int]:
        return len(self.log), len(self.cells), len(self.answers)

    def head(self, table: int) -> int:
        """The newest revision of a table that is here, or 0."""
        return next((row[1] for row in reversed(self.log) if row[0] == table), 0)

    def newest(self, table: int) -> Iterator[tuple[int, int, str | None]]:
        """The cells of a table in the order in which they were written: column, row id, text."""
        return ((cid, rid, new) for number, _, cid, rid, _, new in self.cells if number == table)

    def keep(self) -> None:
        """Commits what is not in the file's journal yet to it."""
        marks = self._marks()
        if marks == self._kept:
            return
        logged, changed, answered = self._kept
        page = _Page(self.log[logged:], self.cells[changed:], self.answers[answered:])
        self._last += 1
        run(self.connection, "INSERT INTO _journal VALUES (?, ?)", [self._last, _ENCODER.encode(page)])
        self._kept = marks

    def settle(self) -> None:
        """Moves everything into the tables, in the transaction that writes to them."""
        if self.lazy and not self.direct:
            self.connection.execute("BEGIN")
        self.direct = True
        self._find_unread()
        last: dict[tuple[int, int], dict[int, str | None]] = {}
        for table, _, cid, rid, _, new in self.cells:
            last.setdefault((table, cid), {})[rid] = new
        for (table, cid), cells in last.items():
            self._live(table).write(cid, cells)
        for name, rows in (("_cells", self.cells), ("_log", self.log), ("_client", self.answers)):
            if rows:
                append(self.connection, name, rows)
        for table, rev in {row[0]: row[1] for row in self.log}.items():
            catalog.advance(self.connection, table, rev)
        if any(self._kept):
            run(self.connection, "DELETE FROM _journal")
        for rows in (self.cells, self.log, self.answers):
            rows.clear()
        self._kept = (0, 0, 0)

    def _find_unread(self) -> None:
        """Completes cells with what they were before; those that were the same are none, and their revisions change fewer."""
        wanted: dict[tuple[int, int], list[int]] = {}
        for table, _, cid, rid, old, _ in self.cells:
            if old is UNREAD:
                wanted.setdefault((table, cid), []).append(rid)
        if not wanted:
            return
        texts = {(table, cid): dict(self._live(table).read([cid], rids)) for (table, cid), rids in wanted.items()}
        found, same = [], Counter[tuple[int, int]]()
        for table, rev, cid, rid, old, new in self.cells:
            before = texts[table, cid][rid] if old is UNREAD else old
            if old is UNREAD and before == new:
                same[table, rev] += 1
            else:
                found.append((table, rev, cid, rid, before, new))
        self.cells[:] = found
        for place, row in enumerate(self.log if same else ()):
            self.log[place] = (*row[:12], row[12] - same[row[0], row[1]], *row[13:])

    def _live(self, table: int) -> Live:
        if table not in self.lives:
            ((name,),) = run(self.connection, "SELECT name FROM _table WHERE id = ?", [table])
            self.lives[table] = Live(self.connection, catalog.find(self.connection, name))
        return self.lives[table]
