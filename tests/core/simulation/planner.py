"""A browser's grid that shows a rollup of the table as a tree, and goes by the patches of its nodes (I5, I9)."""

from __future__ import annotations

import json
from random import Random
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from core.simulation.carrier import Carrier
from core.simulation.judge import TABLE, Broken
from core.simulation.totals import ROLLUPS, Nodes, Path, needed
from tabweave_core.engine.boards import Boards
from tabweave_core.engine.planning.treetable import Ids
from tabweave_core.engine.planning.treeview import TreeView
from tabweave_core.engine.tablesource import TableSource
from tabweave_core.protocol import messages as m
from tabweave_core.protocol import wire
from tabweave_core.protocol.planning import Tree, TreeInfo
from tabweave_core.protocol.schema import Person, Schema, Sort, View
from tabweave_core.protocol.values import decode
from tabweave_core.rooms import rights

if TYPE_CHECKING:
    from core.simulation.world import World

ALL = 1000


class Planner:
    """It opens its tree again whenever it has lost it and there is reason to hope; now and then it keeps or drops a rollup."""

    def __init__(self, world: World, user: Person, ch: str, chance: Random) -> None:
        self.world, self.user, self.ch = world, user, ch
        self.name = f"{user.id}/{ch}"
        self.by_name = chance.random() < 0.4
        self.rollup = ROLLUPS[0] if self.by_name else chance.choice(ROLLUPS)
        self.depth = chance.choice((None, None, 1))
        sort = [Sort(column=1, descending=True)] if chance.random() < 0.2 else []
        wanted = self.rollup.name if self.by_name else self.rollup
        self.view = View(tree=Tree(rollup=wanted, depth=self.depth), sort=sort)
        self.carrier: Carrier | None = None
        self._ids = 0
        self._forget()

    def _forget(self) -> None:
        self.rev: int | None = None
        self.gone = self.lost = False
        self.info: TreeInfo | None = None
        self.schema: Schema | None = None
        self.paths: dict[int, Path] = {}
        self.figures: dict[int, list[Any]] | None = None
        self._asked = self._sub = 0

    @property
    def connected(self) -> bool:
        return self.carrier is not None

    @property
    def nodes(self) -> Nodes | None:
        """What is shown, once all of it has arrived."""
        return None if self.figures is None else {self.paths[node]: tuple(row) for node, row in self.figures.items()}

    def connect(self) -> None:
        self.carrier = Carrier(self.world, self.user, self.name, kernel=False)
        self.greet()

    def disconnect(self) -> Carrier | None:
        gone, self.carrier = self.carrier, None
        self._forget()
        return gone

    def greet(self) -> None:
        self._forget()
        self.say(m.Hello(ch=self.ch, proto=m.PROTOCOL, table=f"table/{TABLE}"))

    def say(self, message: m.Message) -> None:
        if self.carrier is not None:
            self.carrier.say(wire.encode(message))

    def subscribe(self) -> None:
        self._ids += 1
        self._sub, self.lost, self.info, self.figures = self._ids, False, None, None
        self.say(m.Sub(ch=self.ch, id=self._ids, view=self.view))

    def fetch(self) -> None:
        assert self.schema is not None
        self._ids += 1
        self.figures, self._asked = None, self._ids
        self.say(m.Fetch(ch=self.ch, id=self._ids, start=0, stop=ALL, columns=[each.id for each in self.schema.columns]))

    def keep(self, chance: Random) -> None:
        """Has a rollup kept with the table, or dropped."""
        self._ids += 1
        rollup = chance.choice(ROLLUPS)
        keep = chance.random() < 0.7
        self.say(
            m.DefineRollup(ch=self.ch, id=self._ids, rollup=rollup)
            if keep
            else m.DropRollup(ch=self.ch, id=self._ids, name=rollup.name)
        )

    def can_be_shown(self) -> bool:
        """Whether there is such a rollup now, as far as its user may see."""
        judge, secrets = self.world.judge, self.world.secrets
        columns = judge.states[judge.head].columns
        there = all(cid in columns and self.user.id in secrets.readers(cid) for cid in needed(self.rollup))
        return there and (not self.by_name or self.rollup.name in judge.rollups)

    # What it hears

    def hear(self, frame: str | bytes) -> None:
        message, arrow = wire.decode_answer(frame)
        match message:
            case m.Welcome():
                self.rev = message.rev
                self.subscribe()
            case m.Subbed(re=number) if number == self._sub:
                self.info, self.schema = message.tree, message.schema
                self.fetch()
            case m.Window(re=number) if number == self._asked and self.info is not None and arrow is not None:
                self.show(message, pa.ipc.open_stream(arrow).read_all().to_pydict())
            case m.Patch():
                self.patch(message)
            case m.Rollups() if self.lost:
                self.subscribe()
            case m.Reset():
                self.greet()
            case m.Gone():
                self._forget()
                self.gone = True
            case m.Error(code="INTERNAL"):
                raise Broken("errors", f"{self.name} is told {message}")
            case m.Error(re=number) if number == self._sub:
                self.lost, self.info, self.figures = True, None, None

    def show(self, window: m.Window, rows: dict[str, list[Any]]) -> None:
        assert self.schema is not None
        if window.rev != self.rev:
            raise Broken("I9", f"{self.name} was told up to {self.rev} and gets a window of {window.rev}")
        self.paths = {node: tuple(json.loads(path)) for node, path in zip(rows["_rid"], rows["_path"], strict=True)}
        columns = [rows[str(each.id)] for each in self.schema.columns[1:]]
        self.figures = {node: [column[place] for column in columns] for place, node in enumerate(rows["_rid"])}
        self.check()

    def patch(self, patch: m.Patch) -> None:
        if self.rev is None:
            return
        since = patch.since or patch.rev
        if since != self.rev + 1:
            raise Broken("I9", f"{self.name} was told up to {self.rev} and then {since} to {patch.rev}")
        self.rev = patch.rev
        if self.lost and patch.schema is not None:
            self.subscribe()
        if self.info is None or self.schema is None:
            return
        if patch.rows_changed or patch.columns or self.figures is None:
            self.fetch()
            return
        columns = [each.id for each in self.schema.columns[1:]]
        for cells in patch.cells:
            at = columns.index(cells.column)
            kind = self.schema.columns[at + 1].kind
            for node, value in zip(cells.rows, cells.values, strict=True):
                self.figures[node][at] = decode(kind, value)
        self.check()

    def check(self) -> None:
        judge, nodes = self.world.judge, self.nodes
        assert self.info is not None
        if nodes is not None and self.rev in judge.states:
            judge.totals.tree(self.name, self.rev, self.rollup, self.info.columns, self.depth, nodes)

    def is_settled(self) -> bool:
        """Whether it shows the newest revision, or cannot; opens its tree again if that should be possible."""
        if self.lost:
            if self.can_be_shown():
                self.subscribe()
            return self.lost
        return self.figures is not None and self.rev == self.world.judge.head

    def read_anew(self) -> Nodes:
        """What somebody sees who opens the same tree now."""
        with self.world.store.reading(TABLE, rights.lens(self.user)) as (cursor, table):
            source = TableSource(cursor, table)
            view = TreeView(self.view, self.rollup, *Boards().pair(cursor, table, self.rollup), source, Ids())
            columns = [each.id for each in view.schema.columns[1:]]
            rows = view.window(0, view.rows, columns, source).to_pydict()
        figures = zip(*(rows[str(cid)] for cid in columns), strict=True)
        return {tuple(json.loads(path)): row for path, row in zip(rows["_path"], figures, strict=True)}
