"""Many people editing one large shared table, against the obvious alternative and against a CRDT, in the same run.

    python benchmarks/collaboration.py [--rows 10000000] [--clients 50] [--rate 20] [--seconds 60] [--soak MINUTES]

"Tabweave" is the real server with its clients on WebSockets. All edit, a quarter of it in the 200 rows that all of them have on
the screen, the rest anywhere; of five it is noted when others' edits reach their screens, and one more follows the table as a
notebook does, writing every change into its own columns. An edit has reached others when a patch or a written delta has its
value. "Pipelined" is the same server with eight clients that keep 64 edits unanswered each.

"Redis" is what one would build instead: requests on a stream, one process that updates and commits DuckDB for each of them and
answers, and clients that poll for updates every 50 ms. "Yjs" is a map in two pycrdt documents in one process, with neither
network nor disk nor history: the least that a CRDT costs. Redis needs the command `redis-server` and the package `redis`, Yjs
the package `pycrdt`; what is missing is left out and said. Tabweave needs none of them.

All clients are one process, which shares the processors with the server; how much of a processor each took is told, and what
is left when the server does nothing: "Echo" is the same clients against a bare WebSocket server that answers each edit at once,
with neither table nor disk, and tells it to the 50 in rounds of 15 ms. Tabweave and Echo run for five seconds before anything is
noted. With `--soak` only Tabweave runs, for so many minutes without a pause, and the memory of the server is told every ten
seconds.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import secrets
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import rivals
from echo import Echo
from tabweave_core.engine.store import Store
from tabweave_core.protocol import messages as m
from tabweave_core.protocol import wire
from tabweave_core.protocol.ops import Block, SetCells
from tabweave_core.protocol.schema import Person
from tornado.httpclient import HTTPRequest
from tornado.websocket import WebSocketClientConnection, websocket_connect

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from servers import Server

LOOKING = 5
PRICE = 1
SHOWN = 200
"""Rows that everybody has on the screen."""
SEEN = 0.25
"""So many of the edits are in those."""
SPELL = 10.0
"""Seconds after which the memory is noted, with `--soak`."""
WARMING = 5.0
PAUSE = 0.05
"""Seconds after which what was sent back as too much is sent again."""
MIB = 1 << 20
TICK = os.sysconf("SC_CLK_TCK")


@dataclass
class Figures:
    """Seconds of each kind, and what the serving processes used."""

    name: str
    acks: list[float] = field(default_factory=list)
    notebook: list[float] = field(default_factory=list)
    grid: list[float] = field(default_factory=list)
    rate: float = 0.0
    processor: float = 0.0
    before: float = 0.0
    after: float = 0.0
    busy: int = 0
    load: tuple[float, float] = (0.0, 0.0)
    memory: list[float] = field(default_factory=list)
    note: str = ""

    def row(self) -> list[str]:
        spans = [*percentiles(self.acks, 0.5, 0.99), *percentiles(self.notebook, 0.5, 0.95), *percentiles(self.grid, 0.5, 0.95)]
        used = (
            [f"{self.processor * 1e6:,.0f}", f"{self.before / MIB:,.0f}", f"{self.after / MIB:,.0f}"]
            if self.processor
            else ["–"] * 3
        )
        return [self.name, f"{self.rate:,.0f}", *spans, *used]


def percentiles(seconds: list[float], *shares: float) -> list[str]:
    found = sorted(seconds)
    return [f"{found[int(len(found) * share)] * 1e3:,.1f}" if found else "–" for share in shares]


def table(rows: int) -> pa.Table:
    numbers = np.arange(rows)
    return pa.table(
        {
            "id": numbers,
            "price": numbers / 7,
            "qty": pa.array(numbers % 100, pa.int32()),
            "share": np.random.default_rng(1).random(rows),
            "item": pa.array([f"item {n}" for n in range(1000)]).take(pa.array(numbers % 1000)),
        }
    )


class Run:
    """One load: what was sent when, by the value that is written, and what has come of it."""

    def __init__(self, server: Server | Echo, rows: int, figures: Figures) -> None:
        self.server, self.rows, self.figures = server, rows, figures
        self.sent: dict[int, float] = {}
        self.chance = random.Random(5)
        self.until = 0.0

    async def run(
        self, clients: int, seconds: float, rate: float | None, looking: int, following: int, *, spells: int = 1
    ) -> None:
        """So many spells of so many seconds. Without a rate each client keeps 64 edits unanswered."""
        ends = [End(self, looks=number < looking, follows=number >= clients) for number in range(clients + following)]
        await asyncio.gather(*(end.open() for end in ends))
        if rate:
            await self.spell(ends, WARMING, rate)
            for noted in (self.figures.acks, self.figures.notebook, self.figures.grid):
                noted.clear()
        pid = self.server.process.pid if self.server.process else 0
        self.figures.before, used = memory(pid), processor(pid)
        started, own = time.perf_counter(), time.process_time()
        for spell in range(spells):
            await self.spell(ends, seconds, rate)
            self.figures.memory.append(memory(pid))
            print(f"{spell + 1}/{spells}", end="\r", flush=True, file=sys.stderr)
        taken = time.perf_counter() - started
        self.figures.load = ((processor(pid) - used) / taken, (time.process_time() - own) / taken)
        self.figures.rate = len(self.figures.acks) / taken
        self.figures.processor = (processor(pid) - used) / max(len(self.figures.acks), 1)
        self.figures.after = memory(pid)
        for end in ends:
            end.socket.close()

    async def spell(self, ends: list[End], seconds: float, rate: float | None) -> None:
        self.until = time.perf_counter() + seconds
        await asyncio.gather(*(end.write(rate) for end in ends if not end.follows))


class End:
    """One client's socket and channel."""

    def __init__(self, run: Run, *, looks: bool, follows: bool) -> None:
        self.run, self.looks, self.follows = run, looks, follows
        self.ch = secrets.token_hex(16)
        self.waiting: dict[int, float] = {}
        self.seq = 0
        self.frames: dict[int, str | bytes] = {}
        self.refused = 0
        self.changed = asyncio.Event()
        self.columns: dict[str, np.ndarray] = {}
        self.socket: WebSocketClientConnection

    async def open(self) -> None:
        url = f"{self.run.server.websocket_url}tabweave/api/v1/page"
        self.socket = await websocket_connect(HTTPRequest(url, headers=self.run.server.authorization), max_message_size=1 << 30)
        await self.send(m.Hello(ch=self.ch, proto=m.PROTOCOL, table="table/sales", follow=self.follows))
        if self.follows:
            self.columns = {str(PRICE): np.zeros(self.run.rows)}
        while not isinstance(wire.decode_answer(await self.read())[0], m.Welcome):
            pass
        if not self.follows:
            await self.send(m.Fetch(ch=self.ch, id=1, start=0, stop=SHOWN, columns=[0, 1, 2, 3, 4]))
            while not isinstance(wire.decode_answer(await self.read())[0], m.Window):
                pass
        self.hearing = asyncio.create_task(self.hear())

    async def send(self, message: m.Message) -> None:
        await self.socket.write_message(wire.encode(message))

    async def read(self) -> str | bytes:
        frame = await self.socket.read_message()
        if frame is None:
            raise ConnectionError("the server closed a socket")
        return frame

    async def hear(self) -> None:
        while (frame := await self.socket.read_message()) is not None:
            now = time.perf_counter()
            if isinstance(frame, str) and not self.looks and frame.startswith(('{"type":"patch"', '{"type":"present"')):
                continue
            message, arrow = wire.decode_answer(frame)
            match message:
                case m.Ack(seq=seq):
                    self.run.figures.acks.append(now - self.waiting.pop(seq))
                    del self.frames[seq]
                    self.changed.set()
                case m.Nack(seq=seq, code="BUSY"):
                    self.refused = min(self.refused or seq, seq)
                case m.Patch(cells=cells):
                    for each in cells:
                        self.reached(each.values, now, self.run.figures.grid)
                case m.Delta() if arrow is not None:
                    self.apply(pa.ipc.open_stream(arrow).read_all())
                case m.Nack() | m.Error() | m.Reset() | m.Gone():
                    raise RuntimeError(f"the server says {message}")
            if self.refused and self.refused == min(self.waiting):
                self.refused = 0
                self.run.figures.busy += 1
                self.again = asyncio.create_task(self.send_again())

    async def send_again(self) -> None:
        await asyncio.sleep(PAUSE)
        for frame in list(self.frames.values()):
            await self.socket.write_message(frame, binary=isinstance(frame, bytes))

    def apply(self, rows: pa.Table) -> None:
        rids = rows.column("_rid").to_numpy()
        for name, values in self.columns.items():
            if name in rows.column_names:
                new = rows.column(name).to_numpy()
                values[rids] = new
                self.reached(new.tolist(), time.perf_counter(), self.run.figures.notebook)

    def reached(self, values: list, now: float, spans: list[float]) -> None:
        spans += [now - self.run.sent[value] for value in values if value in self.run.sent]

    async def write(self, rate: float | None) -> None:
        due = time.perf_counter() + (random.random() / rate if rate else 0)
        while (now := time.perf_counter()) < self.run.until:
            if rate and now < due:
                await asyncio.sleep(due - now)
            while len(self.waiting) >= 64:
                await self.answered()
            self.seq, due = self.seq + 1, due + 1 / (rate or 1)
            seq = self.seq
            value = len(self.run.sent) + 1_000_000_000
            self.run.sent[value] = self.waiting[seq] = time.perf_counter()
            rows = SHOWN if self.run.chance.random() < SEEN else self.run.rows
            block = Block(columns=[PRICE], rows=[self.run.chance.randrange(rows)], values=[[value]])
            submit = m.Submit(ch=self.ch, seq=seq, base_rev=0, op=SetCells(blocks=[block], input="value"))
            self.frames[seq] = frame = wire.encode(submit)
            await self.socket.write_message(frame, binary=isinstance(frame, bytes))
        while self.waiting:
            await self.answered()

    async def answered(self) -> None:
        self.changed.clear()
        waiting = asyncio.create_task(self.changed.wait())
        await asyncio.wait([waiting, self.hearing], return_when=asyncio.FIRST_COMPLETED)
        if self.hearing.done():
            self.hearing.result()
            raise ConnectionError("the server closed a socket")


def processor(pid: int) -> float:
    """Seconds of processor time that a process has used."""
    parts = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(parts[11]) + int(parts[12])) / TICK


def memory(pid: int) -> float:
    """Bytes of memory that a process holds."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def tabweave(folder: Path, given: argparse.Namespace) -> list[Figures]:
    path = folder / "store.duckdb"
    with Store.open(path, clock=time.time, draw=lambda: uuid.uuid4().hex) as store:
        store.create_table("sales", table(given.rows), Person(id="bench", name="bench"))
    found = [Figures("Tabweave"), Figures("Tabweave, pipelined")]
    with Server(folder / "server", options={"TabweaveServer.store_path": str(path)}) as server:
        if given.soak:
            soak = Figures("Tabweave, for long")
            spells = max(2, round(given.soak * 60 / SPELL))
            asyncio.run(Run(server, given.rows, soak).run(given.clients, SPELL, given.rate, LOOKING, 1, spells=spells))
            return [soak]
        asyncio.run(Run(server, given.rows, found[0]).run(given.clients, given.seconds, given.rate, LOOKING, 1))
        asyncio.run(Run(server, given.rows, found[1]).run(8, given.seconds / 6, None, 0, 0))
    return found


def echo(_folder: Path, given: argparse.Namespace) -> list[Figures]:
    figures = Figures("Echo: no table, no disk")
    with Echo(given.rows) as server:
        asyncio.run(Run(server, given.rows, figures).run(given.clients, given.seconds, given.rate, LOOKING, 1))
    return [figures]


def report(found: list[Figures]) -> str:
    """The figures as a Markdown table."""
    head = ["", "edits/s", "answer p50 ms", "p99", "to a notebook p50", "p95", "to a grid p50", "p95"]
    head += ["processor µs/edit", "MiB before", "after"]
    rows = [head, ["---"] * len(head), *(each.row() for each in found if not each.note)]
    return "\n".join(["\n".join(f"| {' | '.join(row)} |" for row in rows), *(each.note for each in found if each.note)])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--rate", type=float, default=20, help="edits a second of each client")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--soak", type=float, default=0, help="minutes; only Tabweave runs")
    given = parser.parse_args()
    ways: list[Callable[[Path, argparse.Namespace], list[Figures]]] = [tabweave] if given.soak else [tabweave, echo, redis, yjs]
    found: list[Figures] = []
    for way in ways:
        with tempfile.TemporaryDirectory() as folder:
            found += way(Path(folder), given)
    seconds = given.soak * 60 or given.seconds
    print(f"{given.clients} clients x {given.rate:g} edits/s for {seconds:g} s, {given.rows:,} rows x 5\n")
    print(report(found))
    for each in found:
        if each.load[0]:
            server, clients = each.load
            print(f"{each.name}: server {server:.0%} of a processor, clients {clients:.0%}; sent back as too much: {each.busy}")
    if given.soak:
        print("MiB every ten seconds:", " ".join(f"{size / MIB:,.0f}" for size in found[0].memory))


def redis(folder: Path, given: argparse.Namespace) -> list[Figures]:
    missing = rivals.missing_for_redis()
    if missing:
        return [Figures("Redis", note=f"Redis: left out, there is no {missing}.")]
    told = rivals.redis(folder, table(given.rows), given.clients, given.rate, given.seconds)
    return [Figures(**told)]


def yjs(_folder: Path, given: argparse.Namespace) -> list[Figures]:
    if rivals.missing_for_yjs():
        return [Figures("Yjs", note="Yjs: left out, there is no pycrdt.")]
    return [Figures("Yjs map, in one process", **rivals.yjs(min(given.rows, 1_000_000), given.seconds / 6))]


if __name__ == "__main__":
    main()
