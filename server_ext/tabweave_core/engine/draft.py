"""One table as the writer's open transaction has it: cells read once, written together, logged with their old values.

Cells and log go into the journal, as texts, until `flush` has all of it settled; a statement that looks at the table or the
log flushes first. It must not know operations or clients.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from . import effects, zeros
from .catalog import Table, update
from .cells import reader
from .journal import UNREAD
from .live import Live
from .staging import stage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ..protocol.ops import Scalar
    from ..protocol.schema import Person
    from .journal import Journal
    from .rows import Ints

Text = str | None
_MOST_KEPT = 200_000
_MANY_ROWS = 500_000
"""Finding single cells of tables with more rows takes longer than committing them."""
_FEW_CELLS = 16


@dataclass(frozen=True)
class Written:
    """What one revision is about, for the log.

    `origin` is the revision of the change that this one is, takes back or brings back; `takes_back` the revision it inverts.
    """

    kind: str
    user: Person
    client_id: str = ""
    seq: int = 0
    effect: effects.Effect = field(default_factory=effects.CellsSet)
    summary: str = ""
    n_cells: int = 0
    n_rows: int = 0
    skipped: int = 0
    origin: int = 0
    takes_back: int | None = None


@dataclass(frozen=True, eq=False)
class Changed:
    """Many cells of one column, by row id: what they become and, if that is known, what they are.

    Values of the column's type or their texts; no row twice.
    """

    rids: Ints
    after: pa.Array | pa.ChunkedArray
    before: pa.Array | pa.ChunkedArray | None = None


class Draft:
    """A table in the open transaction of a journal: `table` is what it has become, `head` its newest revision.

    `table.head` follows with the next `flush`.
    """

    def __init__(self, journal: Journal, table: Table, kept: dict[str, object] | None = None) -> None:
        self.connection = journal.connection
        self.table = table
        self.kept = {} if kept is None else kept
        """What is kept from one operation to the next, by its name, as long as everything is written that was to be."""
        self.head = max(table.head, journal.head(table.id))
        self._journal = journal
        self._stored = table
        self._readers: dict[tuple[int, bool], Callable[[Scalar], Text]] = {}
        self._texts: dict[int, dict[int, Text]] = {}
        for cid, rid, text in journal.newest(table.id):
            self._texts.setdefault(cid, {})[rid] = text
        self._live = journal.lives[table.id] = Live(self.connection, table)

    def begin(self) -> None:
        """Takes note that a transaction has begun and nothing was written in it."""
        self._live.begin()
        if not self._journal and sum(map(len, self._texts.values())) > _MOST_KEPT:
            self.forget()

    @property
    def next_rev(self) -> int:
        """The revision that is being made."""
        return self.head + 1

    def reader(self, cid: int, *, typed: bool) -> Callable[[Scalar], Text]:
        """What reads a cell of a column (see `cells.reader`)."""
        found = self._readers.get((cid, typed))
        if found is None:
            found = self._readers[cid, typed] = reader(self.table.column(cid), typed=typed)
        return found

    def needs(self, cells: int) -> bool:
        """Whether so many cells must be read before they are written; a few of a large table are not."""
        return cells > _FEW_CELLS or len(self.table.rows) < _MANY_ROWS

    def need(self, cids: Iterable[int], rids: Iterable[int]) -> None:
        """Reads the cells of these columns and rows (which must exist) that are not in memory yet."""
        wanted = list(cids)
        missing: set[int] = set()
        for cid in wanted:
            known = self._texts.setdefault(cid, {})
            missing.update(rid for rid in rids if rid not in known)
        if not missing:
            return
        for rid, *texts in self._live.read(wanted, sorted(missing)):
            for cid, text in zip(wanted, texts, strict=True):
                self._texts[cid].setdefault(rid, text)

    def may_differ(self, cid: int, rid: int, text: Text) -> bool:
        """Whether a cell has another text, or is not known: then its journal finds that out when it is settled."""
        return self._texts.get(cid, {}).get(rid, UNREAD) != text

    def text(self, cid: int, rid: int) -> Text:
        """The text of a cell that `need` has read."""
        return self._texts[cid][rid]

    def put(self, cid: int, rid: int, new: Text) -> None:
        """Writes a cell as part of the next revision."""
        known = self._texts.setdefault(cid, {})
        self._journal.cells.append((self.table.id, self.head + 1, cid, rid, known.get(rid, UNREAD), new))
        known[rid] = new

    def differing(self, cid: int, rids: Ints, texts: pa.Array) -> Changed:
        """Those of these cells, of rows that exist, that have another text."""
        self.flush()
        self.stage(rid=pa.array(rids, pa.int64()), text=texts)
        before = self._live.text(cid)
        found = self.connection.sql(
            f"SELECT rid, text, {before} FROM staged JOIN {self.table.live} ON {self._live.found_by} = staged.rid "
            f"WHERE {before} IS DISTINCT FROM text"
        ).to_arrow_table()
        return Changed(np.asarray(found.column(0), dtype=np.int64), found.column(1), found.column(2))

    def put_all(self, cid: int, changed: Changed) -> None:
        """Writes many cells of a column, at once and not by way of the memory."""
        self.flush()
        live, sql = self.table.live, self.table.dtype(cid).sql
        rids, values, before = changed.rids, changed.after, changed.before
        if (np.diff(rids) < 0).any():  # DuckDB takes fifty times as long to update rows in another order than theirs
            order = np.argsort(rids, kind="stable")
            rids, values = rids[order], values.take(pa.array(order))
            before = None if before is None else before.take(pa.array(order))
        way = zeros.among(rids, values) if self.table.column(cid).kind == "float" else []
        staged = {"rid": pa.array(rids, pa.int64()), "value": values, **({} if before is None else {"before": before})}
        self.stage(**staged)
        old = f"CAST(c{cid} AS VARCHAR)" if before is None else _as_text("before", before, sql)
        source = "staged" if before is not None else f"staged JOIN {live} ON _rid = rid"
        self.connection.execute(
            f"INSERT INTO _cells SELECT ?, ?, ?, rid, {old}, {_as_text('value', values, sql)} FROM {source}",
            [self.table.id, self.next_rev, cid],
        )
        if way:
            zeros.make_way(self.connection, live, cid, way)
            self.stage(**staged)
        self.connection.execute(f"UPDATE {live} SET c{cid} = CAST(staged.value AS {sql}) FROM staged WHERE _rid = staged.rid")
        self._texts.pop(cid, None)

    def log(self, written: Written, *, time: float) -> int:
        """Makes what was written since the last call one revision, and gives its number."""
        rev, user = self.next_rev, written.user
        self._journal.log.append(
            (
                *(self.table.id, rev, time, user.id, user.name, user.color, written.client_id, written.seq, written.kind),
                *(effects.encode(written.effect), written.origin or rev, written.takes_back),
                *(written.n_cells, written.n_rows, written.skipped, written.summary),
            )
        )
        self.head = rev
        return rev

    def stage(self, **columns: pa.Array) -> None:
        """Makes arrays the columns of a table `staged` that the next statement can read."""
        stage(self.connection, **columns)

    def flush(self) -> None:
        """Has everything settled that waits in the journal, and records what the table has become."""
        self._journal.settle()
        if self.table.head != self.head:
            self.table = replace(self.table, head=self.head)
        update(self.connection, self._stored, self.table)
        self._stored = self.table

    def forget(self) -> None:
        """Drops the cells that were read: rows or columns are about to change, or there are too many."""
        self._texts.clear()

    def reshape(self, table: Table) -> None:
        """Takes over new columns or rows of the table, as part of the next revision."""
        self.flush()
        self.forget()
        self._readers.clear()
        if table.columns != self.table.columns or table.next_column != self.table.next_column:
            table = replace(table, columns_rev=self.next_rev)
        if table.rows is not self.table.rows:
            table = replace(table, runs_rev=self.next_rev)
        self._live.reshape(table)
        self.table = table


def _as_text(name: str, values: pa.Array | pa.ChunkedArray, sql: str) -> str:
    """The expression for staged values of a type (or their texts) as the texts that the log has."""
    return name if pa.types.is_string(values.type) else f"CAST(CAST({name} AS {sql}) AS VARCHAR)"
