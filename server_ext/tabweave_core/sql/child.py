"""The process that runs queries: it is told a query, asks for the tables that this one reads, answers, and waits for the next.

It ends when its parent does. Its memory is bounded by the system while it works; each query has a database of its own. Plans
with SQL of people's own come with their tables, and are run in the same way.
"""

from __future__ import annotations

import os
import queue
import socket
import sys
import threading
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa

from ..asking import errands
from ..errors import TabweaveError
from . import execution, explain, parcels
from .guard import Checked, check_query
from .lane import Pipes, Sockets
from .limits import Limits
from .locked import connect

if TYPE_CHECKING:
    from typing import IO

    from duckdb import DuckDBPyConnection

    from .lane import Lane, Message

    Mail = tuple[Message, list[IO[bytes]]]

_RESULT_SLACK = 64 << 20


class Room:
    """The memory and files that the system lets this process have; bounds nothing where the system cannot."""

    def __init__(self) -> None:
        try:
            import resource
        except ImportError:
            self._resource: Any = None
            return
        self._resource = resource
        self._set(resource.RLIMIT_CORE, 0)
        self._mark_expendable()

    def bound(self, limits: Limits) -> None:
        """From now on at most so much more memory than is in use, and no file larger than a result."""
        if self._resource is None:
            return
        self._set(self._resource.RLIMIT_FSIZE, limits.bytes * 2 + _RESULT_SLACK)
        used = _address_space()
        if used:
            self._set(self._resource.RLIMIT_AS, used + limits.memory)

    def free(self) -> None:
        """Takes the bounds away again."""
        if self._resource is not None:
            self._set(self._resource.RLIMIT_AS, self._resource.RLIM_INFINITY)
            self._set(self._resource.RLIMIT_FSIZE, self._resource.RLIM_INFINITY)

    def _set(self, which: int, value: int) -> None:
        _, hard = self._resource.getrlimit(which)
        infinite = self._resource.RLIM_INFINITY
        soft = value if hard == infinite or (value != infinite and value < hard) else hard
        try:
            self._resource.setrlimit(which, (soft, hard))
        except (OSError, ValueError):
            return

    @staticmethod
    def _mark_expendable() -> None:
        """Where memory runs out altogether, the system should end this process and not its parent."""
        try:
            with open("/proc/self/oom_score_adj", "w", encoding="ascii") as file:
                file.write("1000")
        except OSError:
            return


def _address_space() -> int:
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


class Child:
    """Answers one query after the other."""

    def __init__(self, lane: Lane) -> None:
        self.lane = lane
        self.room = Room()
        self.inbox: queue.SimpleQueue[Mail] = queue.SimpleQueue()
        self.spare: tuple[tuple[Limits, str], DuckDBPyConnection] | None = None
        threading.Thread(target=self._listen, daemon=True).start()

    def serve(self) -> None:
        """Answers until the other end is gone."""
        warm = Limits()
        self._prepare(warm, "UTC")
        check_query("SELECT 1", [])
        self.lane.send({"ready": os.getpid()})
        while True:
            message, _ = self.inbox.get()
            limits = Limits(**message["limits"])
            self._answer(message, limits)
            self._prepare(limits, message["zone"])

    def _listen(self) -> None:
        try:
            while True:
                self.inbox.put(self.lane.receive())
        finally:
            # Whatever the main thread is doing, nobody waits for it any more.
            os._exit(0)

    def _prepare(self, limits: Limits, zone: str) -> None:
        if self.spare is None:
            self.spare = ((limits, zone), connect(memory=limits.memory * 3 // 4, threads=limits.threads, zone=zone))

    def _database(self, limits: Limits, zone: str) -> DuckDBPyConnection:
        spare, self.spare = self.spare, None
        if spare is not None and spare[0] == (limits, zone):
            return spare[1]
        if spare is not None:
            spare[1].close()
        return connect(memory=limits.memory * 3 // 4, threads=limits.threads, zone=zone)

    def _answer(self, message: Message, limits: Limits) -> None:
        columns: list[str] = []
        try:
            if "errand" in message:
                self._run_errand(message, limits)
                return
            checked = check_query(message["sql"], message["tables"])
            columns = [name for given in checked.tables.values() for name in message["tables"][given] or []]
            tables = self._ask(checked, message["tables"])
            if tables is None:
                return
            columns += [name for table in tables.values() for name in table.column_names]
            result, truncated = self._run(checked, tables, limits, message["zone"])
            file = parcels.pack(result, limits.bytes * 2 + _RESULT_SLACK)
        except (TabweaveError, duckdb.Error, pa.ArrowException, MemoryError, RuntimeError, ValueError, OSError) as error:
            self.lane.send({"error": explain.packed(explain.explain(error, columns, limits.memory))})
        else:
            self.lane.send({"truncated": truncated}, [file])

    def _run_errand(self, message: Message, limits: Limits) -> None:
        self.lane.send({"need": []})
        _, files = self.inbox.get()
        tables = [parcels.unpack(file, trusted=True) for file in files]
        connection = self._database(limits, message["zone"])
        self.room.bound(limits)
        try:
            said, rows = errands.run(connection, message["errand"], tables, limits.bytes)
        finally:
            connection.close()
            self.room.free()
        self.lane.send({"said": said}, [] if rows is None else [parcels.pack(rows, limits.bytes * 2 + _RESULT_SLACK)])

    def _ask(self, checked: Checked, given: dict[str, list[str] | None]) -> dict[str, pa.Table] | None:
        """The tables that the query reads, by its names for them; None when the parent could not get them."""
        wanted: list[tuple[str, list[str] | None]] = []
        for name in checked.tables.values():
            known = given[name]
            wanted.append((name, None if known is None else checked.wanted(known)))
        self.lane.send({"need": wanted, "columns": None if checked.columns is None else sorted(checked.columns)})
        message, files = self.inbox.get()
        if message.get("drop"):
            return None
        return {name: parcels.unpack(file, trusted=True) for name, file in zip(checked.tables, files, strict=True)}

    def _run(self, checked: Checked, tables: dict[str, pa.Table], limits: Limits, zone: str) -> tuple[pa.Table, bool]:
        connection = self._database(limits, zone)
        self.room.bound(limits)
        try:
            return execution.run(connection, checked, tables, limits.rows, limits.bytes)
        finally:
            connection.close()
            self.room.free()


def main() -> None:
    """Serves the lane that the command line names: `socket N`, or `pipes` for standard input and output."""
    if sys.argv[1] == "socket":
        lane: Lane = Sockets(socket.socket(fileno=int(sys.argv[2])))
    else:
        lane = Pipes(sys.stdin.buffer, sys.stdout.buffer)
    Child(lane).serve()


if __name__ == "__main__":
    main()
