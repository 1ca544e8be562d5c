"""A run: several clients of several people, chance for everything that happens, and at the end everything must be well.

`tell(seed)` is the whole of it, and the same for the same seed. While it goes on any of these may happen between two steps of
a thread: a message arrives, twice, late or not at all; somebody edits; a connection breaks; a client reloads; rights change;
the server crashes before or after a commit, or in between; time passes.
"""

from __future__ import annotations

import logging
import re
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from random import Random

from core.simulation.carrier import Carrier
from core.simulation.edits import draw_edit, draw_rights
from core.simulation.follower import Follower
from core.simulation.judge import TABLE, Broken
from core.simulation.onlooker import Onlooker
from core.simulation.planner import Planner
from core.simulation.totals import ROLLUPS
from core.simulation.world import START, USERS, World
from core.store.replay import Replayed
from tabweave_core.engine import connection
from tabweave_core.engine.store import Store

FAULT = 0.08
"""So many of the messages come twice or not at all."""
_SHOWN = 150
_LONGEST_LINE = 400
_TIRESOME = re.compile(r", schema=Schema\(.*?\)\]\)|, ch='\w+'|ch='\w+', |, \w+=(?:None|''|\[\]|False|0)(?=[,)])")
_LONGEST_QUIET = 120
_BY_LETTER = {name[0]: user for name, user in USERS.items()}
MEMORY = Path("/dev/shm")
Anybody = Follower | Onlooker | Planner


class Story:
    """One world and its clients. Followers lose messages and get some twice; onlookers' sockets only break."""

    def __init__(self, world: World, chance: Random) -> None:
        self.world, self.chance = world, chance
        following = chance.choice(("ab", "abc", "abb", "bbc", "abbc"))
        self.followers = [Follower(world, _BY_LETTER[letter], f"f{number}") for number, letter in enumerate(following)]
        self.onlookers = [Onlooker(world, _BY_LETTER[letter], f"g{letter}") for letter in chance.choice(("b", "c", "bc"))]
        letters = chance.choice(("a", "b", "bc"))
        self.planners = [Planner(world, _BY_LETTER[letter], f"t{letter}", chance) for letter in letters]
        self.cut_off: list[Carrier] = []
        self.edits = chance.randint(8, 25)
        self.crashes = chance.choice((0, 0, 1, 1, 2))

    @property
    def clients(self) -> list[Anybody]:
        return [*self.followers, *self.onlookers, *self.planners]

    def begin(self) -> None:
        """Everybody opens the table; some may do less with it than others, and trees are shown before anything else happens."""
        if self.chance.random() < 0.5:
            self.change_rights()
        for client in self.clients:
            client.connect()
        for _ in range(3):
            self.deliver_all(self.planners)

    def go_on(self) -> None:
        """Whatever comes next."""
        if self.world.crashed:
            self.restart()
        drawn = self.chance.random()
        for share, happen in self.happenings:
            drawn -= share
            if drawn < 0:
                happen()
                return
        if not self.world.loop.step():
            self.world.loop.pass_time(self.chance.choice((0.001, 0.02, 0.3)))

    @property
    def happenings(self) -> list[tuple[float, Callable[[], None]]]:
        return [
            (0.25, self.deliver),
            (0.06, self.edit),
            (0.008, self.lose_connection),
            (0.04, self.come_back),
            (0.005, self.reload),
            (0.004, self.crash),
            (0.006, self.change_rights),
            (0.006, self.look_around),
            (0.004, self.keep_rollups),
            (0.006, self.notice),
            (0.02, self.pass_time),
        ]

    # What happens

    def deliver(self) -> None:
        ways: list[tuple[Anybody, bool]] = []
        for client in self.clients:
            if client.carrier is not None:
                ways += [(client, up) for up in (True, False) if (client.carrier.up if up else client.carrier.down)]
        late = [carrier for carrier in self.cut_off if carrier.up]
        if late and self.chance.random() < len(late) / (len(late) + len(ways)):
            self.chance.choice(late).deliver_up(self.chance, fault=FAULT)
        elif ways:
            client, up = self.chance.choice(ways)
            self.carry(client, up, FAULT if isinstance(client, Follower) else 0)

    def carry(self, client: Anybody, up: bool, fault: float) -> None:
        assert client.carrier is not None
        if up:
            client.carrier.deliver_up(self.chance, fault=fault)
        else:
            client.carrier.deliver_down(self.chance, client.hear, fault=fault)

    def edit(self) -> None:
        follower = self.chance.choice(self.followers)
        if self.edits and follower.columns and follower.client.state != "stopped":
            for _ in range(self.chance.choice((1, 1, 1, 4))):
                self.edits = max(0, self.edits - 1)
                op, condition = draw_edit(self.chance, self.world.secrets, follower)
                self.world.note(follower.name, "wants", op, condition)
                follower.submit(op, condition)

    def lose_connection(self) -> None:
        client = self.chance.choice(self.clients)
        if client.connected:
            self.disconnect(client)

    def disconnect(self, client: Anybody) -> None:
        carrier = client.disconnect()
        if carrier is not None:
            self.world.note(client.name, "is cut off")
            carrier.cut(self.chance)
            self.cut_off.append(carrier)

    def come_back(self) -> None:
        client = self.chance.choice(self.clients)
        if not client.connected:
            self.world.note(client.name, "comes back")
            if isinstance(client, Follower) and client.client.state == "stopped":
                client.reload()
            client.connect()

    def notice(self) -> None:
        if self.cut_off:
            self.cut_off.pop(self.chance.randrange(len(self.cut_off))).close()

    def reload(self) -> None:
        follower = self.chance.choice(self.followers)
        self.disconnect(follower)
        self.world.note(follower.name, "reloads")
        follower.reload()

    def look_around(self) -> None:
        self.chance.choice(self.onlookers).sort()

    def keep_rollups(self) -> None:
        self.chance.choice(self.planners).keep(self.chance)

    def crash(self) -> None:
        if self.crashes:
            self.crashes -= 1
            when = self.chance.choice((None, "before the commit", "after the commit"))
            if when is None:
                self.world.crash()
            else:
                self.world.plan_crash(when)  # type: ignore[arg-type]

    def restart(self) -> None:
        self.cut_off.clear()
        for client in self.clients:
            client.disconnect()
        self.world.restart()

    def change_rights(self) -> None:
        rights = draw_rights(self.chance)
        self.world.note("ann", "grants", rights)
        self.world.grant(rights)

    def pass_time(self) -> None:
        self.world.loop.pass_time(self.chance.choice((0.001, 0.02, 0.3)))
        for follower in self.followers:
            follower.tick()

    # The end

    def end(self) -> None:
        """Everybody has a connection, nothing more is lost or asked: soon all must have the same, and every answer."""
        if self.world.crashed:
            self.restart()
        self.world.plan_crash(None)
        for _ in range(3):
            self.world.loop.settle()
            self.world.loop.pass_time(0.1)
        for carrier in self.cut_off:
            carrier.up.clear()
            carrier.close()
        for client in self.clients:
            self.disconnect(client)
            if isinstance(client, Follower) and client.client.state == "stopped":
                client.reload()
            client.connect()
        for _ in range(_LONGEST_QUIET):
            self.deliver_all(self.clients)
            if not self.unfinished():
                break
            self.world.loop.pass_time(0.1)
            for follower in self.followers:
                follower.tick()
        else:
            raise Broken("I4", f"this never ends: {self.unfinished()}")
        self.check_ends()

    def check_ends(self) -> None:
        """Everybody was told everything, and what they see is what others do who come now."""
        for follower in self.followers:
            if len(follower.outcomes) != follower.asked:
                lost = set(range(1, follower.asked + 1)) - follower.outcomes.keys()
                raise Broken("I1", f"{follower.name} is never told what became of its operations {sorted(lost)}")
        self.world.settle()
        for planner in self.planners:
            if planner.nodes is not None and planner.nodes != (fresh := planner.read_anew()):
                raise Broken("I5", f"{planner.name} is shown\n{planner.nodes}\nand who comes now\n{fresh}")
        self.world.judge.end()

    def deliver_all(self, clients: Sequence[Anybody]) -> None:
        self.world.loop.settle()
        for client in clients:
            while client.carrier is not None and client.carrier.up:
                self.carry(client, True, 0)
        self.world.loop.settle()
        for client in clients:
            while client.carrier is not None and client.carrier.down:
                self.carry(client, False, 0)

    def unfinished(self) -> list[str]:
        """Who has not got everything yet."""
        return [client.name for client in self.clients if not self.finished(client)]

    def finished(self, client: Anybody) -> bool:
        secrets, judge = self.world.secrets, self.world.judge
        head = judge.states[judge.head]
        readable = [cid for cid in head.columns if client.user.id in secrets.readers(cid)]
        if not secrets.may_enter(client.user.id):
            return client.client.state == "stopped" if isinstance(client, Follower) else client.gone
        if isinstance(client, Planner):
            return client.is_settled()
        if isinstance(client, Onlooker):
            return client.rows is not None and client.rev == judge.head and client.columns == readable
        live = client.client.state == "live" and not client.client.unsaved
        return live and client.rev == judge.head and client.columns == readable


def tell(seed: int, *, steps: tuple[int, int] = (250, 650)) -> World:
    """The run of a seed; raises `AssertionError` with the end of its trace if it breaks an invariant."""
    chance = Random(seed)
    with folder() as place, loud_errors(), one_thread():
        world = World(chance, place, template())
        with world.loop.in_place():
            try:
                world.start()
                story = Story(world, chance)
                story.begin()
                for _ in range(chance.randint(*steps)):
                    story.go_on()
                story.end()
                check_replay(world)
                world.stop()
            except Broken as broken:
                raise Failed(seed, broken, "\n".join(line_of(*entry) for entry in world.trace[-_SHOWN:])) from broken
            finally:
                world.loop.end()
                world.store._file.close()
        return world


class Failed(AssertionError):
    """A seed that broke an invariant, with what happened before."""

    def __init__(self, seed: int, broken: Broken, trace: str) -> None:
        super().__init__(f"seed {seed}\n{trace}\n{broken}")
        self.invariant = broken.invariant


def line_of(*entry: object) -> str:
    """One line of a trace, without what is always the same."""
    line = _TIRESOME.sub("", " ".join(map(str, entry)))
    return line if len(line) < _LONGEST_LINE else f"{line[:_LONGEST_LINE]}…"


def check_replay(world: World) -> None:
    """The log, played again by itself, gives exactly the table (I3), has no gap and no operation twice."""
    columns = [START.column(cid).to_pylist() for cid in range(START.num_columns)]
    start = {
        cid: {rid: None if each is None else str(each) for rid, each in enumerate(column)} for cid, column in enumerate(columns)
    }
    try:
        replayed = Replayed(world.store._file.connection, 1, start, list(range(START.num_rows)), list(start))
        replayed.check()
        assert replayed.rows == world.judge.states[world.judge.head].order
    except (AssertionError, LookupError, ValueError) as error:
        raise Broken("I3", f"the log played again is not the table: {error}") from error


@contextmanager
def folder() -> Iterator[Path]:
    """A place for the files of one run, in memory where there is one."""
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as name:
        yield Path(name)


@cache
def template() -> Path:
    """A store with the table that every run begins with."""
    place = Path(tempfile.mkdtemp()) / "template.duckdb"
    with Store.open(place, clock=lambda: 0.0, draw=lambda: "first") as store:
        store.create_table(TABLE, START, USERS["ann"])
        store.keep_rollups(TABLE, lambda _table: ROLLUPS[:1])
    return place


@contextmanager
def one_thread() -> Iterator[None]:
    """Has DuckDB do with one thread what it does in these small tables."""
    before = dict(connection.SETTINGS)
    connection.SETTINGS["threads"] = "1"
    try:
        yield
    finally:
        connection.SETTINGS.clear()
        connection.SETTINGS.update(before)


class _Loud(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        raise Broken("errors", f"{record.getMessage()}: {record.exc_info[1] if record.exc_info else ''}")


@contextmanager
def loud_errors() -> Iterator[None]:
    """What the core logs as an error breaks the run."""
    logger, handler = logging.getLogger("tabweave_core"), _Loud(logging.ERROR)
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)


def tell_all(first: int, count: int, steps: tuple[int, int]) -> str:
    """The first failure among some seeds, in words; empty if there is none."""
    for seed in range(first, first + count):
        try:
            tell(seed, steps=steps)
        except Failed as failed:
            return str(failed)
    return ""
