"""Which tables there are: name, columns, order of the rows and newest revision, as one snapshot of the store has them.

It must not know operations.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from ..errors import NotFound
from ..protocol.planning import RollupDef
from ..protocol.rights import Rights
from ..protocol.schema import Column, Person, Schema
from . import locks
from .dtypes import CHOICES, Dtype, parse
from .locks import FREE, Locks
from .rows import RowIds
from .statements import run

if TYPE_CHECKING:
    from collections.abc import Sequence

    from duckdb import DuckDBPyConnection

_FIELDS = (
    "id, name, epoch, head, columns, columns_rev, next_column, CASE WHEN runs_rev = ? THEN NULL ELSE runs END, "
    "runs_rev, next_row, owner, created, rights, rights_rev, rollups, "
    "CASE WHEN locks_rev = ? THEN NULL ELSE locks END, locks_rev"
)


@dataclass(frozen=True)
class Table:
    """A table at revision `head`. `rows` must not be changed: whoever changes rows works on a copy.

    `rights_rev` was the newest revision when the rights were set last, if ever. As a reader may see it, it has only some of its
    columns; then `hidden` are those whose being there must not be told.
    """

    id: int
    name: str
    epoch: str
    head: int
    columns: tuple[Column, ...]
    columns_rev: int
    next_column: int
    rows: RowIds
    runs_rev: int
    owner: Person
    created: float
    rights: Rights = field(default_factory=Rights)
    rights_rev: int = -1
    hidden: frozenset[int] = frozenset()
    rollups: tuple[RollupDef, ...] = ()
    locks: Locks = FREE
    locks_rev: int = -1

    @property
    def live(self) -> str:
        """The DuckDB table that holds the values, a column `c<id>` for each column, beside `_rid`."""
        return f"t{self.id}"

    @cached_property
    def _by_id(self) -> dict[int, Column]:
        return {column.id: column for column in self.columns}

    def schema(self) -> Schema:
        """The schema that clients see."""
        return Schema(columns=list(self.columns), dtypes=CHOICES)

    def has(self, cid: int) -> bool:
        """Whether there is a column with this id."""
        return cid in self._by_id

    def column(self, cid: int) -> Column:
        """A column by its id; raises `NO_COLUMN`."""
        found = self._by_id.get(cid)
        if found is None:
            raise NotFound("NO_COLUMN", f"{self.name} has no column with id {cid}.", hint="It may have been dropped.")
        return found

    def dtype(self, cid: int) -> Dtype:
        """The type of a column by its id; raises `NO_COLUMN`."""
        return parse(self.column(cid).dtype)

    def place(self, cid: int) -> int:
        """The position of a column; raises `NO_COLUMN`."""
        return self.columns.index(self.column(cid))


Lens = Callable[[Table], Table]
"""What of a table a reader may see: gives the table that they see, or raises `NO_TABLE`. Every reading goes through one."""


def whole(table: Table) -> Table:
    """The lens that hides nothing."""
    return table


@lru_cache(maxsize=64)
def _columns(text: str) -> tuple[Column, ...]:
    return msgspec.json.decode(text, type=tuple[Column, ...])


@lru_cache(maxsize=64)
def _rollups(text: str) -> tuple[RollupDef, ...]:
    return msgspec.json.decode(text, type=tuple[RollupDef, ...])


@lru_cache(maxsize=64)
def _rights(text: str) -> Rights:
    return msgspec.json.decode(text, type=Rights)


def find(connection: DuckDBPyConnection, name: str, known: Table | None = None) -> Table:
    """The table with this name, read through `connection`; raises `NO_TABLE`.

    `known` is an earlier reading of it: its row order is used again if it is still the same.
    """
    runs_rev, locks_rev = (-1, -2) if known is None else (known.runs_rev, known.locks_rev)
    found = run(connection, f"SELECT {_FIELDS} FROM _table WHERE name = ?", [runs_rev, locks_rev, name])
    if not found:
        raise missing(name)
    if known is not None and known.id != found[0][0]:
        return find(connection, name)
    number, name, epoch, head, columns, columns_rev, next_column, runs, runs_rev, next_row, owner, created = found[0][:12]
    rights, granted, rollups, held, locks_rev = found[0][12:]
    same = known is not None and runs is None
    rows = known.rows if known is not None and same else RowIds.of_runs(np.frombuffer(runs, dtype="<i8"), next_row)
    return Table(
        id=number,
        name=name,
        epoch=epoch,
        head=head,
        columns=_columns(columns),
        columns_rev=columns_rev,
        next_column=next_column,
        rows=rows,
        runs_rev=runs_rev,
        owner=msgspec.json.decode(owner, type=Person),
        created=created,
        rights=_rights(rights),
        rights_rev=granted,
        rollups=_rollups(rollups),
        locks=known.locks if known is not None and held is None else locks.decode(held),
        locks_rev=locks_rev,
    )


def missing(name: str, hint: str = "") -> NotFound:
    """The refusal of a name that no table has, or none that the asker may know of."""
    return NotFound("NO_TABLE", f"There is no shared table {name!r}.", hint=hint)


def names(connection: DuckDBPyConnection) -> list[str]:
    """The names of all tables, sorted."""
    return [row[0] for row in connection.execute("SELECT name FROM _table ORDER BY name").fetchall()]


def add(connection: DuckDBPyConnection, table: Table) -> None:
    """Enters a new table."""
    connection.execute(
        "INSERT INTO _table VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            *(table.id, table.name, table.epoch, table.head),
            *_stored_columns(table),
            *_stored_rows(table),
            *_stored_owner(table),
            _stored_rights(table.rights),
            table.rights_rev,
            *(_stored_rollups(table.rollups), locks.encode(table.locks), table.locks_rev),
        ],
    )


def update(connection: DuckDBPyConnection, old: Table, new: Table) -> None:
    """Records what has become of a table's columns, rows and locks."""
    if new.columns_rev != old.columns_rev or new.columns != old.columns:
        connection.execute(
            "UPDATE _table SET columns = ?, columns_rev = ?, next_column = ? WHERE id = ?", [*_stored_columns(new), new.id]
        )
    if new.runs_rev != old.runs_rev or new.rows is not old.rows:
        connection.execute("UPDATE _table SET runs = ?, runs_rev = ?, next_row = ? WHERE id = ?", [*_stored_rows(new), new.id])
    if new.locks_rev != old.locks_rev:
        connection.execute(
            "UPDATE _table SET locks = ?, locks_rev = ? WHERE id = ?", [locks.encode(new.locks), new.locks_rev, new.id]
        )


def advance(connection: DuckDBPyConnection, table: int, head: int) -> None:
    """Records a table's newest revision."""
    run(connection, "UPDATE _table SET head = ? WHERE id = ?", [head, table])


def grant(connection: DuckDBPyConnection, table: Table, rights: Rights) -> None:
    """Records who may do what with a table."""
    connection.execute(
        "UPDATE _table SET rights = ?, rights_rev = ? WHERE id = ?", [_stored_rights(rights), table.head, table.id]
    )


def keep_rollups(connection: DuckDBPyConnection, table: Table, rollups: Sequence[RollupDef]) -> None:
    """Records the rollups that are kept with a table."""
    connection.execute("UPDATE _table SET rollups = ? WHERE id = ?", [_stored_rollups(rollups), table.id])


def rename(connection: DuckDBPyConnection, table: Table, name: str) -> None:
    """Gives a table another name."""
    connection.execute("UPDATE _table SET name = ? WHERE id = ?", [name, table.id])


def remove(connection: DuckDBPyConnection, table: Table) -> None:
    """Strikes a table out, with its values and its log."""
    connection.execute("DELETE FROM _table WHERE id = ?", [table.id])
    connection.execute("DELETE FROM _log WHERE table_id = ?", [table.id])
    connection.execute("DELETE FROM _cells WHERE table_id = ?", [table.id])
    connection.execute("DELETE FROM _command WHERE table_id = ?", [table.id])
    connection.execute(f"DROP TABLE {table.live}")


def _stored_columns(table: Table) -> tuple[str, int, int]:
    return msgspec.json.encode(table.columns).decode(), table.columns_rev, table.next_column


def _stored_rows(table: Table) -> tuple[bytes, int, int]:
    return table.rows.runs().astype("<i8").tobytes(), table.runs_rev, table.rows.next


def _stored_owner(table: Table) -> tuple[str, float]:
    return msgspec.json.encode(table.owner).decode(), table.created


def _stored_rollups(rollups: Sequence[RollupDef]) -> str:
    return msgspec.json.encode(tuple(rollups)).decode()


def _stored_rights(rights: Rights) -> str:
    return msgspec.json.encode(rights).decode()
