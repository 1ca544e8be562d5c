"""One simulated place: the real store in a file, the real hall, the judge, and what a crash leaves of them."""

from __future__ import annotations

import itertools
import shutil
from collections import deque
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Literal

import pyarrow as pa
from core.simulation.judge import TABLE, Broken, Judge
from core.simulation.secrets import OWNER, Secrets
from core.simulation.threads import Condition, Loop
from duckdb import DuckDBPyConnection
from tabweave_core.engine.journal import Journal
from tabweave_core.engine.store import Store
from tabweave_core.protocol.rights import Rights
from tabweave_core.protocol.schema import Person
from tabweave_core.rooms.bounds import Bounds
from tabweave_core.rooms.hall import Hall

USERS = {name: Person(id=name, name=name.title()) for name in (OWNER, "bo", "cy")}
PRICES = [Decimal("1.50"), Decimal("0.00"), None, Decimal("-2.25")]
START = pa.table(
    {
        "n": pa.array([1, None, 3, 4], pa.int64()),
        "s": ["a", "b", None, "d"],
        "g": ["x", "x", "y", None],
        "d": pa.array(PRICES, pa.decimal128(9, 2)),
    }
)
OUTBOUND = 60_000
Crash = Literal["before the commit", "after the commit"]


class World:
    """Use it within `loop.in_place()`. `trace` is all that happened, in order."""

    def __init__(self, chance: Random, folder: Path, template: Path) -> None:
        self.chance = chance
        self.folder = folder
        self.trace: list[tuple[object, ...]] = []
        self.loop = Loop(chance)
        self.secrets = Secrets(list(USERS))
        self.judge = Judge(self.secrets)
        self.most_outbound = 4 * OUTBOUND
        self.crashed = False
        self._planned: Crash | None = None
        self._lives = itertools.count(1)
        self._draws = itertools.count(1)
        self.path = folder / "store0.duckdb"
        shutil.copy(template, self.path)

    def note(self, *what: object) -> None:
        self.trace.append((round(self.loop.now - 1_800_000_000, 3), *what))

    # Life and death

    def start(self) -> None:
        """Opens the store as it is and serves it."""
        draw = lambda: f"draw{next(self._draws)}"  # noqa: E731
        self.crashed, self._planned = False, None
        self.store = Store.open(self.path, clock=self.loop.clock, draw=draw)
        self._watch()
        bounds = Bounds(outbound=OUTBOUND, patience=1.0, unacked=12, recent=60, patch_cells=20, part=200)
        self.hall = Hall(self.store, clock=self.loop.clock, draw=draw, bounds=bounds)
        self._performed: deque[Callable[[], object]] = deque()
        self._due = Condition(self.loop)
        self.loop.spawn(self._carry)

    def _watch(self) -> None:
        writer = self.store._writer
        commit = writer._commit
        if self.judge.states:
            self._judged(self.judge.reopened)
        self._judged(self.judge.committed)

        def watched() -> None:
            if self._planned == "before the commit":
                self._die()
            commit()
            self._judged(self.judge.committed)
            if self._planned == "after the commit":
                self._die()

        writer._commit = watched  # type: ignore[method-assign]

    def _judged(self, judge: Callable[[DuckDBPyConnection], None]) -> None:
        """Has the tables judged as they would be if the process ended now and the store were opened anew."""
        with self.store._writer._open.connection.cursor() as cursor:
            journal = Journal(cursor)
            if not journal:
                judge(cursor)
                return
            cursor.execute("BEGIN")
            journal.settle()
            judge(cursor)
            cursor.execute("ROLLBACK")

    def plan_crash(self, when: Crash | None) -> None:
        self._planned = when

    def _die(self) -> None:
        """Called in the writer's thread: from here on nothing happens any more in this process."""
        self._leave_files()
        self.loop.rest()

    def crash(self) -> None:
        """Ends the process between two steps of its threads."""
        self._leave_files()

    def _leave_files(self) -> None:
        self.note("crash", self._planned or "in between")
        after = self.folder / f"store{next(self._lives)}.duckdb"
        for suffix in ("", ".wal"):
            before = self.path.with_name(self.path.name + suffix)
            if before.exists():
                shutil.copy(before, after.with_name(after.name + suffix))
        self.path = after
        self.crashed = True

    def restart(self) -> None:
        """After a crash: what was in memory is gone, the files are as they were."""
        self.loop.end()
        self.store._file.close()
        self.start()

    def stop(self) -> None:
        """Ends the process in order."""
        self._finish(self.hall.shut)
        self._finish(self.store.close)
        self.loop.end()

    def settle(self) -> None:
        """Has the store moved what was committed into its tables, as it does for whoever reads."""
        self._finish(lambda: self.store.table(TABLE))

    def _finish(self, what: Callable[[], object]) -> None:
        done: list[object] = []
        self.loop.spawn(lambda: done.append(what()))
        for _ in range(1000):
            self.loop.settle()
            if done:
                return
            self.loop.pass_time(0.1)
        raise Broken("I12", f"{what} does not end")

    # Work in the server's event loop

    def perform(self, what: Callable[[], object]) -> None:
        self._performed.append(what)
        self.loop.spawn(self._wake)

    def _wake(self) -> None:
        with self._due:
            self._due.notify()

    def _carry(self) -> None:
        while True:
            with self._due:
                while not self._performed:
                    self._due.wait()
                what = self._performed.popleft()
            what()

    def grant(self, rights: Rights) -> None:
        """The owner says who may do what; takes effect when the writer gets to it."""
        self.loop.spawn(lambda: self.store.set_rights(TABLE, rights))
