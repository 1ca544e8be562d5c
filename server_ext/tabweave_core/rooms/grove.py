"""The rollups of shared tables that somebody looks at: one copy of each for everybody, kept current from the log.

It must not know channels.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..engine import spreads
from ..engine.boards import Boards
from ..engine.planning import definitions
from ..engine.tablesource import TableSource
from ..errors import Refused
from . import rights

if TYPE_CHECKING:
    from ..engine.catalog import Lens, Table
    from ..engine.planning.board import Board
    from ..engine.store import Store
    from ..protocol.ops import Spread
    from ..protocol.planning import RollupDef, SpreadPreview
    from ..protocol.schema import Person

MOST = 16
"""The rollups of so many tables are kept, of those used last."""


@dataclass
class _Plot:
    lock: threading.RLock = field(default_factory=threading.RLock)
    boards: Boards = field(default_factory=Boards)


@dataclass(frozen=True)
class Look:
    """A rollup as somebody may see it, with their view of the table, at one revision."""

    definition: RollupDef
    board: Board
    beside: Board | None
    source: TableSource


class Grove:
    """The rollups of one store. What is found may be used while its table's `turn` is held, and changes after that."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._plots: OrderedDict[str, _Plot] = OrderedDict()

    def turn(self, name: str) -> threading.RLock:
        """The lock under which the rollups of a table are used and brought up to date."""
        return self._plot(name).lock

    def _plot(self, name: str) -> _Plot:
        with self._lock:
            found = self._plots.setdefault(name, _Plot())
            self._plots.move_to_end(name)
            if len(self._plots) > MOST:
                self._plots.popitem(last=False)
            return found

    def look(self, name: str, wanted: str | RollupDef, lens: Lens) -> Look:
        """A rollup, by its name or as it is given, at the table's newest revision; call it in the table's turn.

        Raises NO_TABLE and NO_COLUMN for what the lens does not show.
        """
        boards = self._plot(name).boards
        with self._store.reading(name) as (cursor, table):
            seen = lens(table)
            definition = definitions.find(seen.rollups, wanted)
            spreads.require_rollup(seen, definition)
            board, beside = boards.pair(cursor, table, definition)
            return Look(definition, board, beside, TableSource(cursor, seen))

    def define(self, name: str, rollup: RollupDef, user: Person) -> None:
        """Keeps a rollup with a table for an editor, in place of one with its name; raises for one that cannot be."""

        def put(table: Table) -> list[RollupDef]:
            rights.check_editor(table, user, "define rollups of it")
            self._require_visible(rights.lens(user)(table), table, rollup.name)
            return definitions.put(table.rollups, rollup)

        lens = rights.lens(user)
        rights.check_editor(self._store.table(name, lens), user, "define rollups of it")
        with self.turn(name):
            self.look(name, rollup, lens)
        self._store.keep_rollups(name, put)

    def forget(self, name: str, rollup: str, user: Person) -> None:
        """Forgets one of a table's rollups for an editor."""

        def gone(table: Table) -> list[RollupDef]:
            rights.check_editor(table, user, "drop rollups of it")
            self._require_visible(rights.lens(user)(table), table, rollup)
            return definitions.without(table.rollups, rollup)

        self._store.table(name, rights.lens(user))
        self._store.keep_rollups(name, gone)

    @staticmethod
    def _require_visible(seen: Table, table: Table, name: str) -> None:
        """Refuses to touch a rollup that is about columns which somebody may not see."""
        known = {each.name for each in table.rollups} - {each.name for each in seen.rollups}
        if name in known:
            raise Refused("CONFLICT", f"The name {name!r} is taken.", hint="Choose another name.", where="name")

    def preview(self, name: str, op: Spread, lens: Lens) -> SpreadPreview:
        """What a spread would do now."""
        with self.turn(name), self._store.reading(name) as (cursor, table):
            seen = lens(table)
            spreads.require_known(seen, op)
            return spreads.dry_run(cursor, seen, op, self._plot(name).boards.board(cursor, table, op.rollup))
