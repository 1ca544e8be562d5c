"""A process that writes to a store as fast as it can and tells each answer, to be killed: `python load.py PATH CLIENTS`."""

from __future__ import annotations

import random
import sys
import threading
import time
import uuid
from collections import deque

import pyarrow as pa
from tabweave_core.engine.store import Store
from tabweave_core.protocol.messages import Ack
from tabweave_core.protocol.ops import AddColumn, Block, DeleteRows, DropColumns, InsertRows, Op, Rows, SetCells, Undo
from tabweave_core.protocol.schema import Person

ROWS = 2000


def draw_op(chance: random.Random, seq: int) -> Op:
    kind = chance.random()
    rid = chance.randrange(ROWS)
    if kind < 0.85:
        return SetCells(blocks=[Block(columns=[0, 1], rows=[rid], values=[[str(seq)], [f"text {seq}"]])])
    if kind < 0.9:
        return InsertRows(count=2, before=rid)
    if kind < 0.93:
        return DeleteRows(rows=Rows(ids=[rid]))
    if kind < 0.97:
        return Undo()
    return (
        AddColumn(name=f"c{seq} {chance.random()}", dtype="int64")
        if kind < 0.985
        else DropColumns(columns=[chance.randrange(2, 12)])
    )


def write(store: Store, name: str, lock: threading.Lock) -> None:
    """Submits without end, up to 32 operations unanswered, and prints `client seq rev` for each answer."""
    chance, user = random.Random(name + str(time.time())), Person(id=name, name=name)
    seq, waiting = store.last_seq(name), deque()
    while True:
        seq += 1
        waiting.append((seq, store.submit("load", draw_op(chance, seq), user=user, client=name, seq=seq)))
        while len(waiting) > 32 or (waiting and waiting[0][1].done()):
            number, future = waiting.popleft()
            answer = future.result(30)
            with lock:
                print(name, number, answer.rev if isinstance(answer, Ack) and answer.status != "noop" else 0, flush=True)


def main(path: str, clients: int) -> None:
    store = Store.open(path, clock=time.time, draw=lambda: uuid.uuid4().hex)
    if not store.tables():
        data = pa.table({"n": pa.array(range(ROWS), pa.int64()), "s": ["x"] * ROWS})
        store.create_table("load", data, Person(id="load", name="load"))
    print("ready", flush=True)
    lock = threading.Lock()
    threads = [threading.Thread(target=write, args=(store, f"client{n}", lock), daemon=True) for n in range(clients)]
    for thread in threads:
        thread.start()
    threads[0].join()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
