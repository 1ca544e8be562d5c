"""Rows from Python into DuckDB: a few as bound values, many by an appender or as an Arrow table that one statement reads.

It must not know which tables there are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from .statements import run

if TYPE_CHECKING:
    from collections.abc import Sequence

    from duckdb import DuckDBPyConnection

FEW = 3
"""Up to so many rows are quicker as bound values."""


def stage(connection: DuckDBPyConnection, **columns: pa.Array) -> None:
    """Makes arrays the columns of a table `staged` that the next statement can read."""
    connection.register("staged", pa.table(columns))


def append(connection: DuckDBPyConnection, table: str, rows: Sequence[tuple[object, ...]]) -> None:
    """Adds rows to a table, values in the order of its columns."""
    if len(rows) <= FEW:
        marks = f"({', '.join('?' * len(rows[0]))})"
        values = [value for row in rows for value in row]
        run(connection, f"INSERT INTO {table} VALUES {', '.join([marks] * len(rows))}", values)
        return
    with connection.appender(table) as appender:
        appender.append_rows(rows)
