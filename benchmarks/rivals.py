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
TICK = os.sysconf("SC_CLK_TCK")


def missing_for_redis() -> str:
    """What is not installed; empty when all is."""
    if shutil.which("redis-server") is None:
        return "redis-server"
    return "" if importlib.util.find_spec("redis") else "package redis"


def missing_for_yjs() -> bool:
    return importlib.util.find_spec("pycrdt") is None


def redis(folder: Path, data: pa.Table, clients: int, rate: float, seconds: float) -> dict[str, Any]:
    """Each client asks on a stream and waits on a list of its own; an eleventh of a tenth of them polls the newest updates."""
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
        found = _load(package, port, clients, rate, seconds, data.num_rows, [server.pid, writer.pid or 0])
        here.xadd("asked", {"stop": 1})
        writer.join()
        return found
    finally:
        server.terminate()
        server.wait()


def _serve(file: str, port: int) -> None:
    """Takes requests one by one: update, commit, tell, answer."""
    import redis as package

    here = package.Redis(port=port)
    connection = duckdb.connect(file, config={"checkpoint_threshold": "1GB"})
    here.rpush("ready", 1)
    last = "$" if not here.exists("asked") else "0"
    last = "0"
    while True:
        for _, messages in here.xread({"asked": last}, count=100, block=1000) or []:
            for number, fields in messages:
                last = number
                if b"stop" in fields:
                    return
                connection.execute("UPDATE sales SET price = ? WHERE _rid = ?", [float(fields[b"value"]), int(fields[b"row"])])
                here.xadd("changes", {"row": fields[b"row"], "value": fields[b"value"]}, maxlen=10_000)
                here.rpush(fields[b"to"], fields[b"seq"])


def _load(package: Any, port: int, clients: int, rate: float, seconds: float, rows: int, pids: list[int]) -> dict[str, Any]:
    acks: list[float] = []
    seen: list[float] = []
    sent: dict[int, float] = {}
    ending = threading.Event()
    before, used, started = sum(map(_memory, pids)), sum(map(_processor, pids)), time.perf_counter()

    def write(name: int) -> None:
        here, chance, due = package.Redis(port=port), random.Random(name), started + random.random() / rate
        waiting: dict[int, float] = {}
        seq = 0
        while (now := time.perf_counter()) < started + seconds or waiting:
            if now >= due and now < started + seconds and len(waiting) < 64:
                seq, due = seq + 1, due + 1 / rate
                value = name * 10_000_000 + seq
                sent[value] = waiting[seq] = time.perf_counter()
                here.xadd("asked", {"row": chance.randrange(rows), "value": value, "to": f"to{name}", "seq": seq})
            answer = here.blpop(f"to{name}", timeout=max(0.001, min(due - time.perf_counter(), 0.05)))
            if answer:
                acks.append(time.perf_counter() - waiting.pop(int(answer[1])))

    def poll() -> None:
        here, last = package.Redis(port=port), "0"
        while not ending.is_set():
            for _, messages in here.xread({"changes": last}) or []:
                now = time.perf_counter()
                for number, fields in messages:
                    last = number
                    seen.append(now - sent[int(fields[b"value"])])
            ending.wait(POLL)

    poller = threading.Thread(target=poll)
    writers = [threading.Thread(target=write, args=(name,)) for name in range(clients)]
    for thread in (poller, *writers):
        thread.start()
    for thread in writers:
        thread.join()
    taken = time.perf_counter() - started
    processor, after = sum(map(_processor, pids)) - used, sum(map(_memory, pids))
    ending.set()
    poller.join()
    return {
        "acks": acks,
        "grid": seen,
        "notebook": seen,
        "rate": len(acks) / taken,
        "processor": processor / max(len(acks), 1),
        "before": before,
        "after": after,
    }


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
