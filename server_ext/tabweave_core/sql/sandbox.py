"""Free SQL that anybody may write, run where it can harm nothing: checked, in a child process with bounded memory and time.

    with Sandbox(Limits(seconds=10)) as sandbox:
        result = sandbox.run("SELECT region, sum(amount) FROM sales GROUP BY ALL", {"sales": table})

The text is not even parsed in this process. A child that is idle answers at once; one that ran into a limit is killed and
another is started. It must not know where tables come from or who may read them: callers give only what may be read.
"""

from __future__ import annotations

import atexit
import os
import threading
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import IO, TYPE_CHECKING, Any, TypeAlias

import pyarrow as pa

from ..errors import Unavailable
from . import explain, parcels, syntax
from .guard import needed
from .limits import Limits
from .process import Process

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from types import TracebackType

    from ..errors import Refused
    from .lane import Message

Rows: TypeAlias = "pa.Table | pa.RecordBatchReader"


@dataclass(frozen=True)
class Loadable:
    """A table that is read only when a query needs it.

    `load` gets the names of the columns that the query can need, in the table's order, and gives a table or a reader of them.
    It is called on the thread that called `run`.
    """

    columns: Sequence[str]
    load: Callable[[list[str]], Rows]


Source: TypeAlias = "pa.Table | pa.RecordBatchReader | Callable[[], Rows] | Loadable"


@dataclass(frozen=True)
class Result:
    """What a query gave. `truncated` says that there were more rows than the limits let through; `tables` were read."""

    table: pa.Table
    truncated: bool
    tables: tuple[str, ...]


class Cancellation:
    """Stops the query that it is given to, from any thread; one object for one query."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._stop: Callable[[], None] | None = None
        self.cancelled = False

    def cancel(self) -> None:
        """Stops the query, or keeps it from starting; `run` then raises `Unavailable` CANCELLED."""
        with self._lock:
            self.cancelled = True
            if self._stop is not None:
                self._stop()

    def follow(self, stop: Callable[[], None] | None) -> None:
        """What is to be called when it is cancelled, at once if it already is; never after it was followed by something else."""
        with self._lock:
            self._stop = stop
            if self.cancelled and stop is not None:
                stop()


class Sandbox:
    """Runs queries in child processes, one query each at a time, at most `children` at once.

    A query waits `wait` seconds for a free child. Children without work end after `idle` seconds. Thread-safe.
    """

    def __init__(
        self,
        limits: Limits | None = None,
        *,
        children: int = 2,
        idle: float = 60.0,
        wait: float = 10.0,
        start: Callable[[], Process] = Process,
    ) -> None:
        self.limits = limits or Limits()
        self._most = children
        self._idle_seconds = idle
        self._wait = wait
        self._start = start
        self._changed = threading.Condition()
        self._idle: list[Process] = []
        self._busy: set[Process] = set()
        self._starting = 0
        self._retirement: threading.Timer | None = None
        self._closed = False
        self._owner = os.getpid()
        atexit.register(self.close)

    def start(self) -> None:
        """Begins to start a child in the background, so that the first query finds one."""
        threading.Thread(target=self._warm, name="tabweave-sql-start", daemon=True).start()

    def run(
        self,
        sql: str,
        tables: Mapping[str, Source],
        *,
        limits: Limits | None = None,
        zone: str = "UTC",
        cancellation: Cancellation | None = None,
    ) -> Result:
        """The result of one SELECT over `tables`, of which it reads only those that it names.

        Zoned timestamps read in `zone`. Raises `BadValue` CHECK for bad SQL, `NotFound` NO_TABLE or NO_COLUMN, `Refused`
        FORBIDDEN for what is not allowed and TOO_LARGE for a limit that was met, `Unavailable` BUSY, CANCELLED or OFFLINE; and
        whatever a table's source raises.
        """
        syntax.check_size(sql)
        limits = limits or self.limits
        with self._child(limits, cancellation) as child:
            return _converse(child, sql, tables, limits, zone)

    def run_errand(
        self,
        errand: Mapping[str, object],
        tables: Sequence[pa.Table],
        *,
        limits: Limits,
        zone: str = "UTC",
        cancellation: Cancellation | None = None,
    ) -> tuple[dict[str, Any], pa.Table | None]:
        """What a child says of an errand (`asking.errands`), JSON both, and a table where it gives one; raises as `run` does."""
        with self._child(limits, cancellation) as child:
            child.say({"errand": dict(errand), "limits": asdict(limits), "zone": zone})
            files: list[IO[bytes]] = []
            try:
                files.extend(parcels.pack(table, limits.input) for table in tables)
            except BaseException:
                for file in files:
                    file.close()
                raise
            answer, found = child.say({}, files)
            _raise_refusal(child, answer)
            child.settled = True
            return answer["said"], parcels.unpack(found[0], trusted=False) if found else None

    @contextmanager
    def _child(self, limits: Limits, cancellation: Cancellation | None) -> Iterator[Process]:
        """A child for one query; one that is not settled afterwards is ended."""
        cancellation = cancellation or Cancellation()
        child = self._take(cancellation)
        try:
            cancellation.follow(lambda: child.kill("cancelled"))
            with child.limited(limits.seconds):
                yield child
        except EOFError:
            child.settled = False
            raise _ended(child, limits) from None
        finally:
            cancellation.follow(None)
            self._put_back(child)

    def close(self) -> None:
        """Kills every child, also those at work, and starts no more."""
        with self._changed:
            self._closed = True
            idle, busy = self._idle, list(self._busy)
            self._idle = []
            if self._retirement is not None:
                self._retirement.cancel()
            self._changed.notify_all()
        for child in busy:
            child.kill("closed")
        for child in idle:
            child.end()
        atexit.unregister(self.close)

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _take(self, cancellation: Cancellation) -> Process:
        """A child for one query; starts one if none is idle and there may be another."""
        self._forget_if_forked()
        cancellation.follow(self._notify)
        while True:
            with self._changed:
                free = self._changed.wait_for(lambda: self._closed or cancellation.cancelled or self._has_room(), self._wait)
                if self._closed:
                    raise Unavailable("OFFLINE", "Queries are no longer run here.", hint="Start the server or the kernel again.")
                if cancellation.cancelled:
                    raise _cancelled()
                if not free:
                    raise Unavailable("BUSY", f"All {self._most} processes for queries are at work.", hint="Try again shortly.")
                child = self._idle.pop() if self._idle else None
                if child is None:
                    self._starting += 1
                else:
                    self._busy.add(child)
            if child is None:
                child = self._started()
            if child.alive:
                child.settled = False
                return child
            self._put_back(child)

    def _has_room(self) -> bool:
        return bool(self._idle) or len(self._busy) + self._starting < self._most

    def _started(self) -> Process:
        """A new child among the busy ones, for which a place was already counted in `_starting`."""
        child = None
        try:
            child = self._start()
        finally:
            with self._changed:
                self._starting -= 1
                if child is not None:
                    self._busy.add(child)
                    closed = self._closed
                self._changed.notify_all()
        if closed:
            child.kill("closed")
        try:
            child.ready()
        except BaseException:
            with self._changed:
                self._busy.discard(child)
                self._changed.notify_all()
            raise
        return child

    def _put_back(self, child: Process) -> None:
        with self._changed:
            self._busy.discard(child)
            keep = child.settled and child.alive and not self._closed
            if keep:
                self._idle.append(child)
                self._retire_later()
            self._changed.notify_all()
        if not keep:
            child.end()
            if not self._closed:
                self.start()

    def _warm(self) -> None:
        """Sees to it that one child is idle, if there may be another."""
        with self._changed:
            if self._closed or self._idle or not self._has_room():
                return
            self._starting += 1
        try:
            child = self._started()
        except Unavailable:
            # The next query starts one itself, and then says why it cannot.
            return
        self._put_back(child)

    def _retire_later(self) -> None:
        if self._retirement is not None:
            self._retirement.cancel()
        if not self._closed:
            self._retirement = threading.Timer(self._idle_seconds, self._retire)
            self._retirement.name = "tabweave-sql-idle"
            self._retirement.daemon = True
            self._retirement.start()

    def _retire(self) -> None:
        with self._changed:
            idle, self._idle = self._idle, []
        for child in idle:
            child.end()

    def _notify(self) -> None:
        with self._changed:
            self._changed.notify_all()

    def _forget_if_forked(self) -> None:
        """A forked copy of this process leaves its parent's children alone."""
        if self._owner != os.getpid():
            self._owner = os.getpid()
            self._changed = threading.Condition()
            self._idle, self._busy, self._starting, self._retirement = [], set(), 0, None


def _converse(child: Process, sql: str, tables: Mapping[str, Source], limits: Limits, zone: str) -> Result:
    """The query's result by a child that is settled again when this returns or raises a refusal."""
    known = {name: _columns(source) for name, source in tables.items()}
    answer, _ = child.say({"sql": sql, "tables": known, "limits": asdict(limits), "zone": zone})
    _raise_refusal(child, answer)
    files: list[IO[bytes]] = []
    room = limits.input
    try:
        for name, columns in answer["need"]:
            files.append(parcels.pack(_loaded(tables[name], columns, answer["columns"]), room))
            room -= files[-1].tell()
    except BaseException:
        for file in files:
            file.close()
        child.lane.send({"drop": True})
        child.settled = True
        raise
    names = tuple(name for name, _ in answer["need"])
    answer, found = child.say({}, files)
    _raise_refusal(child, answer)
    child.settled = True
    return Result(parcels.unpack(found[0], trusted=False), bool(answer["truncated"]), names)


def _raise_refusal(child: Process, answer: Message) -> None:
    if "error" in answer:
        child.settled = True
        raise explain.unpacked(answer["error"])


def _columns(source: Source) -> list[str] | None:
    """The names of a table's columns, if they are known before it is loaded."""
    if isinstance(source, Loadable):
        return list(source.columns)
    return list(source.schema.names) if isinstance(source, pa.Table | pa.RecordBatchReader) else None


def _loaded(source: Source, columns: list[str] | None, mentioned: list[str] | None) -> Rows:
    """A source's rows, with only the columns that the query can need."""
    if isinstance(source, Loadable):
        return source.load(list(source.columns) if columns is None else columns)
    rows: Rows = source if isinstance(source, pa.Table | pa.RecordBatchReader) else source()
    names = rows.schema.names
    wanted = set(needed(names, mentioned))
    kept = [at for at, name in enumerate(names) if name in wanted]
    if len(kept) == len(names):
        return rows
    if isinstance(rows, pa.Table):
        return rows.select(kept)
    return pa.RecordBatchReader.from_batches(
        pa.schema([rows.schema.field(at) for at in kept]), (batch.select(kept) for batch in rows)
    )


def _ended(child: Process, limits: Limits) -> Unavailable | Refused:
    """Why a child is gone that was at work."""
    if child.why == "time":
        return explain.too_slow(limits.seconds)
    if child.why == "cancelled":
        return _cancelled()
    if child.why == "closed":
        return Unavailable("OFFLINE", "Queries are no longer run here.", hint="Start the server or the kernel again.")
    # Nobody here killed it: the system did, or a library that could not get memory.
    return explain.too_much_memory(limits.memory)


def _cancelled() -> Unavailable:
    return Unavailable("CANCELLED", "The query was stopped.", hint="Run it again when you want its result.")
