"""What the writer holds in memory of its file: tables, clients' numbering and the journal, as the open transaction has them.

Made anew from another connection it has what the file has. It must not know threads or answers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import TabweaveError
from . import catalog
from .clients import Clients
from .draft import Draft
from .journal import Journal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from duckdb import DuckDBPyConnection

    from ..protocol.ops import SetCells

_MOST_DRAFTS = 64
_MOST_TOGETHER = 20_000


class Working:
    """The state behind one connection. `in_file` says whether what is committed outlives the process."""

    def __init__(self, connection: DuckDBPyConnection, *, in_file: bool) -> None:
        self.connection = connection
        self.journal = Journal(connection)
        self.journal.lazy = True
        self.clients = Clients(self.journal)
        self.drafts: dict[str, Draft] = {}
        self.busy = False
        self._in_file = in_file
        self._kept: dict[str, object] = {}

    def begin(self) -> None:
        """Begins a group."""
        self.busy = True
        for draft in self.drafts.values():
            draft.begin()

    def draft(self, name: str) -> Draft:
        """A table; raises `NO_TABLE`."""
        if name not in self.drafts:
            self.drafts[name] = Draft(self.journal, catalog.find(self.connection, name), self._kept)
            self.drafts[name].begin()
        return self.drafts[name]

    def read_ahead(self, edits: Iterable[tuple[str, SetCells]]) -> None:
        """Reads the cells that small edits of tables are about, those of each table at once."""
        wanted: dict[str, tuple[set[int], set[int]]] = {}
        for name, op in edits:
            try:
                draft = self.draft(name)
            except TabweaveError:
                continue
            if draft.needs(sum(len(block.columns) * len(block.rows or ()) for block in op.blocks)):
                cids, rids = wanted.setdefault(name, (set(), set()))
                for block in op.blocks:
                    cids.update(block.columns)
                    rids.update(block.rows or ())
        for name, (cids, rids) in wanted.items():
            if len(cids) * len(rids) > _MOST_TOGETHER:
                continue
            draft = self.draft(name)
            listed = [rid for rid in rids if 0 <= rid < draft.table.rows.next]
            there = [rid for rid, place in zip(listed, draft.table.rows.positions(listed).tolist(), strict=True) if place >= 0]
            draft.need([cid for cid in cids if draft.table.has(cid)], there)

    def forget(self) -> None:
        """Drops the tables: each is found anew when it is needed."""
        self.drafts.clear()
        self.journal.lives.clear()

    def commit(self) -> bool:
        """Commits the group, by way of the journal unless it wrote to the tables; whether something is left to be settled."""
        if self.journal.direct or not self._in_file:
            self.journal.settle()
            for draft in self.drafts.values():
                draft.flush()
            self.connection.execute("COMMIT")
        else:
            self.journal.keep()
        self.busy = self.journal.direct = False
        if len(self.drafts) > _MOST_DRAFTS:
            self.forget()
        return bool(self.journal)
