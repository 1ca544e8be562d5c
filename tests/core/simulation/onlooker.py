"""A browser's grid that shows the whole table: windows, and the patches after them, which must have no gap (I9)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
from core.simulation.carrier import Carrier
from core.simulation.judge import TABLE, Broken
from tabweave_core.protocol import messages as m
from tabweave_core.protocol import wire
from tabweave_core.protocol.schema import Kind, Person, Schema, Sort, View
from tabweave_core.protocol.values import decode

if TYPE_CHECKING:
    from core.simulation.world import World

ALL = 1000


class Onlooker:
    """It says hello again whenever it is told to, and fetches all rows anew after each patch that does not say everything."""

    def __init__(self, world: World, user: Person, ch: str) -> None:
        self.world, self.user, self.ch = world, user, ch
        self.name = f"{user.id}/{ch}"
        self.carrier: Carrier | None = None
        self.rev: int | None = None
        self.gone = False
        self.kinds: dict[int, Kind] = {}
        self.rows: list[tuple[Any, ...]] | None = None
        self._ids = 0
        self._asked: int | None = None

    @property
    def columns(self) -> list[int]:
        return list(self.kinds)

    def take(self, schema: Schema) -> None:
        self.kinds = {column.id: column.kind for column in schema.columns}

    @property
    def connected(self) -> bool:
        return self.carrier is not None

    def connect(self) -> None:
        self.carrier = Carrier(self.world, self.user, self.name, kernel=False)
        self.greet()

    def disconnect(self) -> Carrier | None:
        gone, self.carrier = self.carrier, None
        self.rev, self.rows = None, None
        return gone

    def greet(self) -> None:
        self.rev, self.rows, self.gone, self._asked = None, None, False, None
        self.say(m.Hello(ch=self.ch, proto=m.PROTOCOL, table=f"table/{TABLE}"))

    def say(self, message: m.Message) -> None:
        if self.carrier is not None:
            self.carrier.say(wire.encode(message))

    def fetch(self) -> None:
        self._ids += 1
        self.rows, self._asked = None, self._ids
        self.say(m.Fetch(ch=self.ch, id=self._ids, start=0, stop=ALL, columns=self.columns))

    def sort(self) -> None:
        """Looks at the table in another order for a while: what it is told must not have gaps then either."""
        if self.rev is not None and self.columns:
            self._ids += 2
            self.say(m.Sub(ch=self.ch, id=self._ids - 1, view=View(sort=[Sort(column=self.columns[0])])))
            self.say(m.Sub(ch=self.ch, id=self._ids, view=View()))
            self.fetch()

    def hear(self, frame: str | bytes) -> None:
        message, arrow = wire.decode_answer(frame)
        match message:
            case m.Welcome():
                self.rev = message.rev
                self.take(message.schema)
                self.fetch()
            case m.Window(re=number) if number == self._asked and arrow is not None:
                self.show(message, pa.ipc.open_stream(arrow).read_all())
            case m.Patch():
                self.patch(message)
            case m.Reset():
                self.greet()
            case m.Gone():
                self.rev, self.rows, self.gone = None, None, True
            case m.Error(code="INTERNAL"):
                raise Broken("errors", f"{self.name} is told {message}")
            case m.Error(re=number) if number == self._asked:
                self.fetch()

    def show(self, window: m.Window, rows: pa.Table) -> None:
        if window.rev != self.rev:
            raise Broken("I9", f"{self.name} was told up to {self.rev} and gets a window of {window.rev}")
        columns = [name for name in rows.column_names if name != "_locked"]
        self.rows = list(zip(*rows.select(columns).to_pydict().values(), strict=True))
        self.check()

    def patch(self, patch: m.Patch) -> None:
        if self.rev is None:
            return
        since = patch.since or patch.rev
        if since != self.rev + 1:
            raise Broken("I9", f"{self.name} was told up to {self.rev} and then {since} to {patch.rev}")
        self.rev = patch.rev
        if patch.schema is not None:
            self.take(patch.schema)
        if patch.schema is not None or patch.rows_changed or patch.columns or self.rows is None:
            self.fetch()
            return
        places = {row[0]: at for at, row in enumerate(self.rows)}
        for cells in patch.cells:
            at = self.columns.index(cells.column) + 1
            for rid, value in zip(cells.rows, cells.values, strict=True):
                row = self.rows[places[rid]]
                self.rows[places[rid]] = (*row[:at], decode(self.kinds[cells.column], value), *row[at + 1 :])
        self.check()

    def check(self) -> None:
        if self.rows is not None and self.rev is not None and self.rev in self.world.judge.states:
            self.world.judge.compare(self.name, self.rev, self.columns, self.rows)
