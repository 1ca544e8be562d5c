"""Totals written where people write them: in a private DataFrame and in a shared table, for `rollup.py`.

A shared table is a real store in a file. Its times are from handing an operation in to its answer, which comes when log and cells
are on the disk, and further until the rollup that everybody looks at shows the new total.
"""

from __future__ import annotations

import gc
import itertools
import random
import statistics
import tempfile
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from leaves import NAMES, labelled
from tabweave.frames.frame import Frame
from tabweave_core.engine.store import Store
from tabweave_core.protocol.messages import Ack
from tabweave_core.protocol.ops import Block, Op, SetCells, Spread, Undo
from tabweave_core.protocol.planning import Aggregate, Coordinate, Proportional, RollupDef, Target
from tabweave_core.protocol.schema import Person
from tabweave_core.rooms.grove import Grove

ME = Person(id="me", name="Me")
AMOUNT = len(NAMES)
ROLLUP = RollupDef(levels=list(range(len(NAMES))), aggregates=[Aggregate(fn="sum", column=AMOUNT)])
REGION, COUNTRY = ["region 3"], ["region 4", "country 5"]
HUNDREDTH, TENTH = "spread to a hundredth of the leaves", "spread to a tenth of the leaves"
EDITS = 200

Figures = dict[str, float]
"""Milliseconds by what they are of."""


def spread(path: list[str], total: int) -> Spread:
    """A total written proportionally."""
    target = Target(at=Coordinate(path=path), aggregate=0, value=str(total), method=Proportional())
    return Spread(rollup=ROLLUP, targets=[target])


def milliseconds(run: Callable[[], Any]) -> float:
    gc.collect()
    started = time.perf_counter()
    run()
    return (time.perf_counter() - started) * 1000


def in_a_frame(leaves: int, repeat: int) -> Figures:
    """A DataFrame of texts and whole numbers."""
    frame = Frame(labelled(leaves).to_pandas(), name="df")
    found = {"open": milliseconds(lambda: frame.boards.board(frame, ROLLUP))}
    for name, path in ((TENTH, REGION), (HUNDREDTH, COUNTRY)):
        board = frame.boards.board(frame, ROLLUP)
        node = board.node(path)
        total = int(str(board.value(node, 0)))
        turns = []
        for turn in range(1, repeat + 1):
            wanted = total + total * turn // 10

            def write(wanted: int = wanted, path: list[str] = path) -> None:
                frame.apply(spread(path, wanted), user=ME)
                now = frame.boards.board(frame, ROLLUP)
                _require(now.value(now.node(path), 0), wanted)

            turns.append(milliseconds(write))
        found[name] = statistics.median(turns)
        found[f"{name}, undone"] = milliseconds(lambda: frame.apply(Undo(), user=ME))
    return found


def in_a_store(leaves: int, repeat: int) -> Figures:
    """A shared table of texts and whole numbers."""
    with tempfile.TemporaryDirectory() as folder, _opened(Path(folder)) as store:
        data = labelled(leaves)
        store.create_table("plan", data, ME)
        return _Shared(store, leaves, [str(data[name][0]) for name in NAMES]).measure(repeat)


def _opened(folder: Path) -> Store:
    return Store.open(folder / "store.duckdb", clock=time.time, draw=lambda: uuid.uuid4().hex)


class _Shared:
    def __init__(self, store: Store, leaves: int, low: list[str]) -> None:
        self.store, self.leaves, self.low, self.grove = store, leaves, low, Grove(store)
        self._numbers = itertools.count(1)

    def measure(self, repeat: int) -> Figures:
        found = {"open": milliseconds(lambda: self.total([]))}
        self.write(spread(self.low, self.total(self.low) + 1))
        found |= self.small("edit of a leaf", self.leaf)
        found |= self.small("edit of a product", self.product)
        for name, path in ((HUNDREDTH, COUNTRY), (TENTH, REGION)):
            found |= self.large(name, path, repeat)
        return found

    def total(self, path: list[str]) -> int:
        """What the rollup that everybody looks at shows now."""
        with self.grove.turn("plan"):
            board = self.grove.look("plan", ROLLUP, lambda table: table).board
            return int(str(board.value(board.node(path), 0)))

    def write(self, op: Op) -> None:
        answer = self.store.submit("plan", op, user=ME, client="bench", seq=next(self._numbers)).result()
        if not isinstance(answer, Ack):
            raise SystemExit(f"refused: {answer.message}")

    def leaf(self, chance: random.Random) -> Op:
        """A cell anywhere in the table."""
        block = Block(columns=[AMOUNT], rows=[chance.randrange(self.leaves)], values=[[str(chance.randrange(10**6))]])
        return SetCells(blocks=[block])

    def product(self, chance: random.Random) -> Op:
        """A total over the few leaves of one product."""
        return spread(self.low, chance.randrange(10**6))

    def small(self, name: str, make: Callable[[random.Random], Op]) -> Figures:
        chance, answered, current = random.Random(name), [], []
        for _ in range(EDITS):
            op = make(chance)
            started = time.perf_counter()
            self.write(op)
            answered.append((time.perf_counter() - started) * 1000)
            self.total([])
            current.append((time.perf_counter() - started) * 1000)
        middle = statistics.median
        return {
            name: middle(answered),
            f"{name}, ancestors current": middle(current),
            f"{name}, ancestors current, p99": sorted(current)[int(len(current) * 0.99)],
        }

    def large(self, name: str, path: list[str], repeat: int) -> Figures:
        total, written, current = self.total(path), [], []
        for turn in range(1, repeat + 1):
            wanted = total + total * turn // 10
            op = spread(path, wanted)
            gc.collect()
            written.append(milliseconds(lambda op=op: self.write(op)))
            current.append(written[-1] + milliseconds(lambda wanted=wanted: _require(self.total(path), wanted)))
        return {
            name: statistics.median(written),
            f"{name}, ancestors current": statistics.median(current),
            f"{name}, undone": milliseconds(lambda: self.write(Undo())),
        }


def _require(found: object, wanted: int) -> None:
    if found != wanted:
        raise SystemExit(f"a total is {found}, not {wanted}")
