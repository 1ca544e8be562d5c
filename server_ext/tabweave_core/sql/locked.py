"""A DuckDB in memory that reaches neither files, network, extensions nor Python's variables, and cannot be told to."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_ZONE = re.compile(r"[\w+\-/]+")

SETTINGS = {
    "allow_community_extensions": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "enable_external_access": "false",
    "python_enable_replacements": "false",
    "temp_directory": "",
}


def connect(*, memory: int | None = None, threads: int | None = None, zone: str = "UTC") -> DuckDBPyConnection:
    """A locked database of its own; `memory` in bytes and `threads` bound what it takes.

    Zoned timestamps read in `zone`, or in UTC where DuckDB does not know it.
    """
    import duckdb

    settings: dict[str, str | bool | int | float | list[str]] = dict(SETTINGS)
    if memory is not None:
        settings["memory_limit"] = f"{max(memory, 1 << 20) >> 10}KiB"
    if threads is not None:
        settings["threads"] = str(threads)
    connection = duckdb.connect(":memory:", config=settings)
    zone = zone if _ZONE.fullmatch(zone) else "UTC"
    known = zone == "UTC" or connection.execute("SELECT 1 FROM pg_timezone_names() WHERE name = ?", [zone]).fetchall()
    connection.execute(f"SET TimeZone = '{zone if known else 'UTC'}'")
    # The lock comes last: nothing, not even this connection, can change a setting afterwards.
    connection.execute("SET lock_configuration = true")
    return connection
