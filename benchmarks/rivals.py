"""What one would build without Tabweave, for `collaboration.py`: Redis before one DuckDB writer, and a Yjs map."""

from __future__ import annotations

import importlib.util
import multiprocessing
import os
import random
import shutil
import socket
import subprocess
import threading
import time
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

POLL = 0.05
UNANSWERED = 64
TICK = os.sysconf("SC_CLK_TCK")


def missing_for_redis() -> str:
    """What is not installed; empty when all is."""
    if shutil.which("redis-server") is None:
        return "redis-server"
    return "" if importlib.util.find_spec("redis") else "package redis"


def missing_for_yjs() -> bool:
    return importlib.util.find_spec("pycrdt") is None


def redis(folder: Path, data: pa.Table, clients: int, rate: float, seconds: float) -> dict[str, Any]:
    """Each client asks on a stream and waits on a list of its own; one more polls what has changed."""
    import redis as package

    file = folder / "plain.duckdb"
    with duckdb.connect(str(file), config={"checkpoint_threshold": "1GB"}) as connection:
        connection.register("data", data)
        connection.execute("CREATE TABLE sales AS SELECT row_number() OVER () - 1 AS _rid, * FROM data")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = ["redis-server", "--port", str(port), "--save", "", "--appendonly", "no", "--dir", str(folder)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    context = multiprocessing.get_context("spawn")
    writer = context.Process(target=_serve, args=(str(file), port))
    try:
        here = package.Redis(port=port)
        while True:
            try:
                here.ping()
                break
            except package.ConnectionError:
                time.sleep(0.05)
        writer.start()
        here.blpop("ready")
        pids = [server.pid, writer.pid or 0]
        before, used = sum(map(_memory, pids)), sum(map(_processor, pids))
        load = _Load(package, port, rate, seconds, data.num_rows)
        reached = load.run(clients)
        found = {
            "acks": load.acks,
            "grid": load.seen,
            "notebook": load.seen,
            "rate": reached,
            "processor": (sum(map(_processor, pids)) - used) / max(len(load.acks), 1),
            "before": before,
            "after": sum(map(_memory, pids)),
        }
        late = f", {load.unanswered:,} unanswered" if load.unanswered else ""
        return found | {"name": f"Redis + DuckDB, polled{late}"}
    finally:
        if writer.is_alive():
            writer.kill()
            writer.join()
        server.terminate()
        server.wait()


def _serve(file: str, port: int) -> None:
    """Takes requests one by one for ever: update, commit, tell, answer."""
    import redis as package

    here = package.Redis(port=port)
    connection = duckdb.connect(file, config={"checkpoint_threshold": "1GB"})
    here.rpush("ready", 1)
    last = "0"
    while True:
        for _, messages in here.xread({"asked": last}, count=100, block=1000) or []:
            for number, fields in messages:
                last = number
                connection.execute("UPDATE sales SET price = ? WHERE _rid = ?", [float(fields[b"value"]), int(fields[b"row"])])
                here.xadd("changes", {"row": fields[b"row"], "value": fields[b"value"]}, maxlen=10_000)
                here.rpush(fields[b"to"], fields[b"seq"])


class _Load:
    """The clients, each in a thread with a connection of its own."""

    def __init__(self, package: Any, port: int, rate: float, seconds: float, rows: int) -> None:
        self.package, self.port, self.rate, self.rows = package, port, rate, rows
        self.acks: list[float] = []
        self.seen: list[float] = []
        self.unanswered = 0
        self.sent: dict[int, float] = {}
        self.ending = threading.Event()
        self.started = time.perf_counter()
        self.until = self.started + seconds
        self.given_up = self.until + seconds

    def run(self, clients: int) -> float:
        """Answers a second."""
        poller = threading.Thread(target=self._poll)
        writers = [threading.Thread(target=self._write, args=(name,)) for name in range(clients)]
        for thread in (poller, *writers):
            thread.start()
        for thread in writers:
            thread.join()
        taken = time.perf_counter() - self.started
        self.ending.set()
        poller.join()
        return len(self.acks) / taken

    def _write(self, name: int) -> None:
        here, chance = self.package.Redis(port=self.port), random.Random(name)
        due, seq = self.started + chance.random() / self.rate, 0
        waiting: dict[int, float] = {}
        while (now := time.perf_counter()) < self.until or (waiting and now < self.given_up):
            if due <= now < self.until and len(waiting) < UNANSWERED:
                seq, due = seq + 1, due + 1 / self.rate
                value = name * 10_000_000 + seq
                self.sent[value] = waiting[seq] = time.perf_counter()
                here.xadd("asked", {"row": chance.randrange(self.rows), "value": value, "to": f"to{name}", "seq": seq})
            answer = here.blpop(f"to{name}", timeout=max(0.001, min(due - time.perf_counter(), 0.05)))
            if answer:
                self.acks.append(time.perf_counter() - waiting.pop(int(answer[1])))
        self.unanswered += len(waiting)

    def _poll(self) -> None:
        here, last = self.package.Redis(port=self.port), "0"
        while not self.ending.is_set():
            for _, messages in here.xread({"changes": last}) or []:
                now = time.perf_counter()
                for number, fields in messages:
                    last = number
                    self.seen.append(now - self.sent[int(fields[b"value"])])
            self.ending.wait(POLL)


def _processor(pid: int) -> float:
    parts = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(parts[11]) + int(parts[12])) / TICK


def _memory(pid: int) -> float:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def yjs(rows: int, seconds: float) -> dict[str, Any]:
    """Edits to a map of one cell for each row, its updates applied to a second document at once."""
    from pycrdt import Doc, Map

    before = _memory(os.getpid())
    mine, theirs = Doc(), Doc()
    cells = mine.get("cells", type=Map)
    theirs.get("cells", type=Map)
    with mine.transaction():
        for row in range(0, rows, 10):
            cells[str(row)] = row / 7
    theirs.apply_update(mine.get_update())
    mine.observe(lambda event: theirs.apply_update(event.update))
    chance, spans, started, used = random.Random(3), [], time.perf_counter(), time.process_time()
    while (now := time.perf_counter()) < started + seconds:
        cells[str(chance.randrange(rows))] = now
        spans.append(time.perf_counter() - now)
    return {
        "acks": [],
        "notebook": spans,
        "rate": len(spans) / (time.perf_counter() - started),
        "processor": (time.process_time() - used) / len(spans),
        "before": before,
        "after": _memory(os.getpid()),
    }
