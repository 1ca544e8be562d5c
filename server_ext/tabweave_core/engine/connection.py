"""One DuckDB file opened with the settings that the store relies on, by one process at a time.

It must not know what is stored.
"""

from __future__ import annotations

import re
import threading
from typing import TYPE_CHECKING

import duckdb

from ..errors import Unavailable

if TYPE_CHECKING:
    from pathlib import Path

    from duckdb import DuckDBPyConnection

SETTINGS = {
    "checkpoint_threshold": "1GB",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
    "enable_external_access": "false",
    "python_enable_replacements": "false",
    "preserve_insertion_order": "true",
}
_HOLDER = re.compile(r"held in (.*?) ?\(PID (\d+)\)")
_open: set[Path] = set()
_guard = threading.Lock()


class Fenced:
    """An open store file, or a store in memory when `path` is None; `close` lets go of it and may be called again."""

    def __init__(self, path: Path | None) -> None:
        self.path = None if path is None else path.resolve()
        self._held = False
        self._take()
        try:
            self.connection = _connect(self.path)
        except BaseException:
            self._release()
            raise

    def _take(self) -> None:
        if self.path is None:
            return
        with _guard:
            if self.path in _open:
                raise Unavailable(
                    "OFFLINE", f"The store {self.path} is already open in this process.", hint="Use the store that is open."
                )
            _open.add(self.path)
            self._held = True

    def _release(self) -> None:
        with _guard:
            if self._held and self.path is not None:
                _open.discard(self.path)
                self._held = False

    def wal_bytes(self) -> int:
        """The size of the write-ahead log, which a checkpoint empties."""
        if self.path is None:
            return 0
        try:
            return self.path.with_name(f"{self.path.name}.wal").stat().st_size
        except FileNotFoundError:
            return 0

    def reopen(self) -> None:
        """Opens the file anew, after DuckDB gave up on it (it does when a disk is full); nothing of what is in memory."""
        if self.path is not None:
            self.connection.close()
            self.connection = _connect(self.path)

    def close(self) -> None:
        """Closes the file and lets others open it."""
        self.connection.close()
        self._release()


def _connect(path: Path | None) -> DuckDBPyConnection:
    try:
        connection = duckdb.connect(":memory:" if path is None else str(path), config=dict(SETTINGS))
    except duckdb.IOException as error:
        raise _explained(path, error) from None
    connection.execute("SET lock_configuration = true")
    return connection


def _explained(path: Path | None, error: duckdb.IOException) -> Unavailable:
    held = _HOLDER.search(str(error))
    if held:
        message = f"The store {path} is in use by process {held[2]} ({held[1]})."
        return Unavailable("OFFLINE", message, hint="Connect to that server, or stop it first.")
    first = str(error).splitlines()[0].removeprefix("IO Error: ")
    return Unavailable("OFFLINE", f"The store {path} cannot be opened: {first}", hint="Check the path and its permissions.")
