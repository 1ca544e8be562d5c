"""The store's own tables and how a file of an older version becomes one of this version, in one transaction.

No table has an index or a key (they have corrupted files before: duckdb#21394, #23645, #23788); the one writer keeps rows
unique. It must not know what the tables are used for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb

from ..errors import Unavailable

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

STEPS: list[tuple[str, ...]] = [
    (
        "CREATE TABLE _meta (key VARCHAR NOT NULL, value VARCHAR NOT NULL)",
        """CREATE TABLE _table (
            id INTEGER NOT NULL, name VARCHAR NOT NULL, epoch VARCHAR NOT NULL, head BIGINT NOT NULL,
            columns VARCHAR NOT NULL, columns_rev BIGINT NOT NULL, next_column INTEGER NOT NULL,
            runs BLOB NOT NULL, runs_rev BIGINT NOT NULL, next_row BIGINT NOT NULL,
            owner VARCHAR NOT NULL, created DOUBLE NOT NULL)""",
        """CREATE TABLE _log (
            table_id INTEGER NOT NULL, rev BIGINT NOT NULL, time DOUBLE NOT NULL,
            user_id VARCHAR NOT NULL, user_name VARCHAR NOT NULL, user_color VARCHAR NOT NULL,
            client_id VARCHAR NOT NULL, seq BIGINT NOT NULL, kind VARCHAR NOT NULL, effect VARCHAR NOT NULL,
            origin BIGINT NOT NULL, takes_back BIGINT,
            n_cells BIGINT NOT NULL, n_rows BIGINT NOT NULL, skipped BIGINT NOT NULL, summary VARCHAR NOT NULL)""",
        """CREATE TABLE _cells (
            table_id INTEGER NOT NULL, rev BIGINT NOT NULL, cid INTEGER NOT NULL, rid BIGINT NOT NULL,
            old VARCHAR, new VARCHAR)""",
        "CREATE TABLE _client (client_id VARCHAR NOT NULL, seq BIGINT NOT NULL, time DOUBLE NOT NULL, answer VARCHAR NOT NULL)",
    ),
    (
        "ALTER TABLE _table ADD COLUMN rights VARCHAR DEFAULT '{}'",
        "ALTER TABLE _table ADD COLUMN rights_rev BIGINT DEFAULT -1",
    ),
    ("CREATE TABLE _command (table_id INTEGER NOT NULL, rev BIGINT NOT NULL, record VARCHAR NOT NULL)",),
    (
        "ALTER TABLE _table ADD COLUMN rollups VARCHAR DEFAULT '[]'",
        "ALTER TABLE _table ADD COLUMN locks BLOB DEFAULT ''",
        "ALTER TABLE _table ADD COLUMN locks_rev BIGINT DEFAULT -1",
    ),
    ("CREATE TABLE _journal (id BIGINT NOT NULL, body BLOB NOT NULL)",),
]
"""One step per version of the file: step n makes version n + 1."""


def migrate(connection: DuckDBPyConnection) -> None:
    """Brings a file up to date; raises `Unavailable` for a file of a later version."""
    version = _version(connection)
    if version > len(STEPS):
        raise Unavailable(
            "OFFLINE",
            f"The store was written by a later version of tabweave (file version {version}, this one reads {len(STEPS)}).",
            hint="Update tabweave.",
        )
    if version == len(STEPS):
        return
    connection.execute("BEGIN")
    try:
        for step in STEPS[version:]:
            for statement in step:
                connection.execute(statement)
        connection.execute("DELETE FROM _meta WHERE key = 'version'")
        connection.execute("INSERT INTO _meta VALUES ('version', ?)", [str(len(STEPS))])
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


def _version(connection: DuckDBPyConnection) -> int:
    try:
        found = connection.execute("SELECT value FROM _meta WHERE key = 'version'").fetchall()
    except duckdb.CatalogException:
        return 0
    return int(found[0][0])
