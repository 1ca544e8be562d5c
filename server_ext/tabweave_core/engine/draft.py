"""One table as the writer's open transaction has it: cells read once, written together, logged with their old values.

Cells wait in memory, as texts, until `flush` writes all of them with one statement per column; a statement that looks at the
table or the log flushes first. It must not know operations or clients.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from . import effects
from .catalog import Table, update
from .cells import reader
from .staging import FEW, append, stage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    import numpy.typing as npt
    from duckdb import DuckDBPyConnection

    from ..protocol.ops import Scalar
    from ..protocol.schema import Person
    from .rows import Ints

Text = str | None
_FEW_READ = 2
_MOST_KEPT = 200_000
_LARGE = 100_000
"""Of tables with more rows it is worth knowing whether DuckDB's own row numbers are the row ids."""


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


class Draft:
    """A table in the open transaction of `connection`: `table` is what it has become, `head` its newest revision.

    `table.head` follows with the next `flush`.
    """

    def __init__(self, connection: DuckDBPyConnection, table: Table, kept: dict[str, object] | None = None) -> None:
        self.connection = connection
        self.table = table
        self.kept = {} if kept is None else kept
        """What is kept from one operation to the next, by its name, as long as everything is written that was to be."""
        self.head = table.head
        self._stored = table
        self._readers: dict[tuple[int, bool], Callable[[Scalar], Text]] = {}
        self._texts: dict[int, dict[int, Text]] = {}
        self._dirty: dict[int, dict[int, Text]] = {}
        self._changes: list[tuple[int, int, int, int, Text, Text]] = []
        self._entries: list[tuple[object, ...]] = []
        self._straight: bool | None = None

    def begin(self) -> None:
        """Takes note that a transaction has begun and nothing was written in it."""
        if self._straight is None:
            self._straight = self._is_straight()

    def _is_straight(self) -> bool:
        """Whether DuckDB's own row numbers are the row ids: so it is in a large table of which no row was ever deleted.

        They stay so while rows neither come nor go, and DuckDB finds rows by them without reading all ids.
        """
        count = len(self.table.rows)
        if count < _LARGE or self.table.rows.next != count:
            return False
        ((same,),) = self.connection.execute(f"SELECT count(*) FROM {self.table.live} WHERE rowid = _rid").fetchall()
        return bool(same == count)

    @property
    def _found_by(self) -> str:
        """What is compared with staged row ids to find the rows of large tables."""
        return f"{self.table.live}.rowid" if self._straight else "_rid"

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

    def need(self, cids: Iterable[int], rids: Iterable[int]) -> None:
        """Reads the cells of these columns and rows (which must exist) that are not in memory yet."""
        wanted = list(cids)
        missing: set[int] = set()
        for cid in wanted:
            known = self._texts.setdefault(cid, {})
            missing.update(rid for rid in rids if rid not in known)
        if not missing:
            return
        names = ", ".join(f"CAST(c{cid} AS VARCHAR)" for cid in wanted)
        found = self._fetch(names, sorted(missing))
        rows = found.column(0).to_pylist()
        if self._straight and not missing.issubset(rows):
            self._straight = False
            found = self._fetch(names, sorted(missing))
            rows = found.column(0).to_pylist()
        for place, cid in enumerate(wanted, 1):
            known, dirty = self._texts[cid], self._dirty.get(cid, {})
            for rid, text in zip(rows, found.column(place).to_pylist(), strict=True):
                if rid not in dirty:
                    known[rid] = text

    def _fetch(self, names: str, rids: Sequence[int]) -> pa.Table:
        if len(rids) <= _FEW_READ:
            marks = ", ".join("?" * len(rids))
            query = self.connection.sql(f"SELECT _rid, {names} FROM {self.table.live} WHERE _rid IN ({marks})", params=list(rids))
            return query.to_arrow_table()
        self.stage(rid=pa.array(rids, pa.int64()))
        return self.connection.sql(
            f"SELECT _rid, {names} FROM {self.table.live} SEMI JOIN staged ON {self._found_by} = staged.rid"
        ).to_arrow_table()

    def text(self, cid: int, rid: int) -> Text:
        """The text of a cell that `need` has read."""
        return self._texts[cid][rid]

    def put(self, cid: int, rid: int, new: Text) -> None:
        """Writes a cell that `need` has read, as part of the next revision."""
        known = self._texts[cid]
        self._changes.append((self.table.id, self.next_rev, cid, rid, known[rid], new))
        known[rid] = new
        self._dirty.setdefault(cid, {})[rid] = new

    def differing(self, cid: int, rids: Ints, texts: pa.Array) -> npt.NDArray[np.bool_]:
        """Which of these cells, of rows that exist, have another text."""
        self.flush()
        self.stage(rid=pa.array(rids, pa.int64()), place=pa.array(np.arange(len(rids))), text=texts)
        found = self.connection.sql(
            f"SELECT place FROM staged JOIN {self.table.live} ON {self._found_by} = staged.rid "
            f"WHERE CAST(c{cid} AS VARCHAR) IS DISTINCT FROM text"
        ).to_arrow_table()
        other = np.zeros(len(rids), dtype=np.bool_)
        other[np.asarray(found.column(0))] = True
        return other

    def put_all(self, cid: int, rids: Ints, values: pa.Array) -> None:
        """Writes many cells of a column, given as values of its type or as texts, at once and not by way of the memory."""
        self.flush()
        live, sql = self.table.live, self.table.dtype(cid).sql
        self.stage(rid=pa.array(rids, pa.int64()), value=values)
        self.connection.execute(
            f"INSERT INTO _cells SELECT ?, ?, ?, rid, CAST(c{cid} AS VARCHAR), CAST(CAST(value AS {sql}) AS VARCHAR) "
            f"FROM staged JOIN {live} ON _rid = rid",
            [self.table.id, self.next_rev, cid],
        )
        self.connection.execute(f"UPDATE {live} SET c{cid} = CAST(staged.value AS {sql}) FROM staged WHERE _rid = staged.rid")
        self._texts.pop(cid, None)

    def log(self, written: Written, *, time: float) -> int:
        """Makes what was written since the last call one revision, and gives its number."""
        rev, user = self.next_rev, written.user
        self._entries.append(
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
        """Writes everything that waits in memory to the open transaction."""
        for cid, cells in self._dirty.items():
            self._update(cid, cells)
        self._dirty.clear()
        self._flush_log()
        if self.table.head != self.head:
            self.table = replace(self.table, head=self.head)
        update(self.connection, self._stored, self.table)
        self._stored = self.table
        if sum(map(len, self._texts.values())) > _MOST_KEPT:
            self.forget()

    def _update(self, cid: int, cells: dict[int, Text]) -> None:
        live, sql = self.table.live, self.table.dtype(cid).sql
        if len(cells) <= FEW:
            for rid, text in cells.items():
                self.connection.execute(f"UPDATE {live} SET c{cid} = CAST(? AS {sql}) WHERE _rid = ?", [text, rid])
            return
        self.stage(rid=pa.array(cells.keys(), pa.int64()), text=pa.array(cells.values(), pa.string()))
        update = f"UPDATE {live} SET c{cid} = CAST(staged.text AS {sql}) FROM staged WHERE"
        ((count,),) = self.connection.execute(f"{update} {self._found_by} = staged.rid").fetchall()
        if self._straight and count != len(cells):
            self._straight = False
            self.connection.execute(f"{update} _rid = staged.rid")

    def _flush_log(self) -> None:
        if self._changes:
            append(self.connection, "_cells", self._changes)
            self._changes.clear()
        if self._entries:
            append(self.connection, "_log", self._entries)
            self._entries.clear()

    def forget(self) -> None:
        """Drops the cells that were read: rows or columns are about to change, or there are too many."""
        self._texts.clear()

    def reshape(self, table: Table) -> None:
        """Takes over new columns or rows of the table, as part of the next revision."""
        self.flush()
        self.forget()
        self._readers.clear()
        self._straight = None
        if table.columns != self.table.columns or table.next_column != self.table.next_column:
            table = replace(table, columns_rev=self.next_rev)
        if table.rows is not self.table.rows:
            table = replace(table, runs_rev=self.next_rev)
        self.table = table
