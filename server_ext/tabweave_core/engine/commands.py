"""The record of commands: what was said, the plan, what ran and who read it, beside the revision that each made.

It must not know what is in a record.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .history import history

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from ..protocol.schema import Change
    from .catalog import Table


def record(connection: DuckDBPyConnection, table: int, rev: int, text: str) -> None:
    """Enters the record of a revision that is being made."""
    connection.execute("INSERT INTO _command VALUES (?, ?, ?)", [table, rev, text])


def records(connection: DuckDBPyConnection, table: Table) -> list[tuple[Change, str]]:
    """The commands that were applied to a table, oldest first: how history tells each, and its record."""
    found = dict(connection.execute("SELECT rev, record FROM _command WHERE table_id = ? ORDER BY rev", [table.id]).fetchall())
    told = history(connection, table, table.head + 1, since=min(found, default=1) - 1) if found else []
    return [(change, found[change.rev]) for change in reversed(told) if change.rev in found]
