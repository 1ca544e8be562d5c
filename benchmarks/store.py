"""Operations a second of the shared store at group commit, against one commit for each operation, in the same run.

    python benchmarks/store.py [--rows 1000000] [--seconds 5] [--clients 4] [--window 64]

Every operation sets one cell of a table of five columns, in a file. "Group" keeps up to `window` operations of each client in
the queue, "single" waits for each answer before the next; "plain" is what one would write without a store: UPDATE and COMMIT,
with neither log nor answers. Then one operation each sets 200,000 cells, and is undone.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import threading
import time
import uuid
from collections import deque
from collections.abc import Callable
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
from tabweave_core.engine.store import Store
from tabweave_core.protocol.ops import Block, Op, SetCells, Undo
from tabweave_core.protocol.schema import Person, View

MANY = 200_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--clients", type=int, default=4)
    parser.add_argument("--window", type=int, default=64)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        store = Store.open(Path(folder) / "store.duckdb", clock=time.time, draw=lambda: uuid.uuid4().hex)
        started = time.perf_counter()
        store.create_table("sales", table(given.rows), Person(id="bench", name="bench"))
        print(f"create {given.rows:,} x 5: {time.perf_counter() - started:.2f} s")
        for name, window, clients in (("group", given.window, given.clients), ("single", 1, 1)):
            report(name, [Load(store, f"{name} {n}", window, given.rows).run for n in range(clients)], given.seconds)
        read(store, given.rows)
        fill(store, min(given.rows, MANY))
        store.close()
        plain = Plain(Path(folder) / "plain.duckdb", given.rows)
        report("plain", [plain.run], given.seconds)


def table(rows: int) -> pa.Table:
    numbers = np.arange(rows)
    return pa.table(
        {
            "id": numbers,
            "price": numbers / 7,
            "qty": pa.array(numbers % 100, pa.int32()),
            "item": pa.array([f"item {n % 1000}" for n in range(rows)]),
            "note": pa.array([""] * rows),
        }
    )


class Load:
    """One client that keeps `window` operations unanswered."""

    def __init__(self, store: Store, name: str, window: int, rows: int) -> None:
        self.store, self.name, self.window, self.rows = store, name, window, rows

    def run(self, until: float) -> list[float]:
        """The seconds from each submission to its answer."""
        chance, seq, taken = random.Random(self.name), 0, []
        user, waiting = Person(id=self.name, name=self.name), deque()
        while time.perf_counter() < until or waiting:
            while len(waiting) < self.window and time.perf_counter() < until:
                seq += 1
                block = Block(columns=[chance.choice((1, 2))], rows=[chance.randrange(self.rows)], values=[[str(seq)]])
                op = SetCells(blocks=[block])
                waiting.append((time.perf_counter(), self.store.submit("sales", op, user=user, client=self.name, seq=seq)))
            if waiting:
                started, future = waiting.popleft()
                future.result()
                taken.append(time.perf_counter() - started)
        return taken


class Plain:
    """UPDATE and COMMIT for each cell."""

    def __init__(self, path: Path, rows: int) -> None:
        self.rows = rows
        self.connection = duckdb.connect(str(path), config={"checkpoint_threshold": "1GB"})
        self.connection.register("data", table(rows))
        self.connection.execute("CREATE TABLE sales AS SELECT row_number() OVER () - 1 AS _rid, * FROM data")

    def run(self, until: float) -> list[float]:
        chance, taken = random.Random("plain"), []
        while (started := time.perf_counter()) < until:
            column = chance.choice(("price", "qty"))
            self.connection.execute(f"UPDATE sales SET {column} = ? WHERE _rid = ?", [len(taken), chance.randrange(self.rows)])
            taken.append(time.perf_counter() - started)
        return taken


def report(name: str, runs: list[Callable[[float], list[float]]], seconds: float) -> None:
    taken: list[list[float]] = []
    started, used = time.perf_counter(), time.process_time()
    threads = [threading.Thread(target=lambda run=run: taken.append(run(started + seconds))) for run in runs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    every = sorted(one for found in taken for one in found)
    rate = len(every) / (time.perf_counter() - started)
    per_op = (time.process_time() - used) / len(every) * 1e6
    p50, p99 = every[len(every) // 2] * 1e3, every[int(len(every) * 0.99)] * 1e3
    shown = f"answer p50 {p50:7.2f} ms   p99 {p99:7.2f} ms   {per_op:7.0f} µs of processor an operation"
    print(f"{name:7} {rate:9,.0f} ops/s   {shown}   {len(runs)} clients")


def read(store: Store, rows: int) -> None:
    for name, view in (("window", View()), ("search", View(search="item 77"))):
        taken = []
        for n in range(20):
            started = time.perf_counter()
            store.window("sales", view, n * rows // 40, n * rows // 40 + 50, [0, 1, 2, 3, 4])
            taken.append(time.perf_counter() - started)
        print(f"{name:7} first {taken[0] * 1e3:7.2f} ms   then p50 {sorted(taken)[10] * 1e3:7.2f} ms   50 rows x 5")


def fill(store: Store, count: int) -> None:
    """Seconds from sending an operation on so many cells to its answer."""
    rows = list(range(count))
    blocks: dict[str, tuple[int, list[str | float | None]]] = {
        "one number into a column": (1, ["5.5"]),
        "typed numbers": (2, [str(row % 977) for row in rows]),
        "numbers from code": (1, [row * 3.5 for row in rows]),
        "texts": (3, [f"x{row}" for row in rows]),
    }
    wanted: dict[str, Op] = {}
    for name, (column, values) in blocks.items():
        read_as = "value" if name == "numbers from code" else "text"
        wanted[name] = SetCells(blocks=[Block(columns=[column], rows=rows, values=[values])], input=read_as)
    wanted["undoing that"] = Undo()
    for seq, (name, op) in enumerate(wanted.items(), 1):
        started = time.perf_counter()
        answer = store.submit("sales", op, user=Person(id="filler", name="filler"), client="filler", seq=seq).result()
        print(f"{name:25} {time.perf_counter() - started:.2f} s   {answer.status}, {answer.n_cells:,} cells")


if __name__ == "__main__":
    main()
