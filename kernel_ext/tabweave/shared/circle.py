"""All that is shared in one notebook: which variables follow which tables, where the tables are kept, and what is said.

It is told when a cell begins and ends. It must not know how anything is shown.
"""

from __future__ import annotations

import keyword
import logging
import time
import traceback
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd
from tabweave_core.errors import BadMessage, NotFound, Refused, Unavailable, did_you_mean
from tabweave_core.protocol.ops import BoundColumn

from ..frames.ops import counted
from ..tabular import kind
from . import exchange
from .base import row_ids
from .follower import Follower, raised
from .notices import Notices
from .pump import Pump
from .replica import PATIENCE, Place, Replica

if TYPE_CHECKING:
    from collections.abc import Callable, MutableMapping

    from tabweave_core.engine.rows import RowIds
    from tabweave_core.protocol.rights import Rights
    from tabweave_core.protocol.schema import Schema
    from tabweave_core.replica import events as e

    from ..binding import Binding
    from .house import House
    from .landing import Landed

log = logging.getLogger("tabweave")

LONGEST_PAUSE = 0.5
"""Seconds that the end of a cell waits for what the cell changed to be saved, so that a refusal stands under that cell."""


AGAIN = 0.25
"""Seconds after which news that could not land are tried again."""


@dataclass(frozen=True)
class Update:
    """What others changed in a table, for a callback. `rows` are the labels of changed rows, up to a thousand."""

    table: str
    rev: int
    users: list[str]
    columns: list[str]
    rows: pd.Index[Any]
    inserted: int
    deleted: int
    summaries: list[str]


class Circle:
    """The joined variables of one namespace. `later` has something called in the main thread when no cell runs."""

    def __init__(
        self,
        namespace: MutableMapping[str, Any],
        binding: Binding,
        house: Callable[[], House],
        running: Callable[[], bool],
        later: Callable[[Callable[[], None]], None],
    ) -> None:
        self._place = Place(namespace, binding, running)
        self._binding = binding
        self._make_house = house
        self._house: House | None = None
        self._later = later
        self._replicas: dict[str, Replica] = {}
        self._callbacks: dict[str, list[Callable[[Update], object]]] = {}
        self._pump = Pump(self._turn)
        self.notices = Notices()

    @property
    def house(self) -> House:
        """Where the shared tables are kept; found when first asked for."""
        if self._house is None:
            self._house = self._make_house()
        return self._house

    @property
    def opened(self) -> House | None:
        """The house, if anybody has asked for it."""
        return self._house

    # Joining

    def share(self, name: str, table: str, rights: Rights | None = None) -> Replica:
        """Makes a table of the DataFrame variable `name`, which follows it from then on."""
        self._check_free(name)
        slot = self._binding.bind(name)
        frame = slot.frame
        assert frame is not None
        if frame.read_only:
            raise Refused("NOT_EDITABLE", frame.read_only, hint="Then share that.")
        with frame.lock:
            df = frame.df
            self.house.create(table, exchange.to_arrow(df), rights)
        replica = self._follow(name, table, holds=0)
        try:
            schema, rids, rev = self._first(replica, len(df))
            replica.start(schema, rids, rev, slot)
        except BaseException:
            replica.leave()
            raise
        self._replicas[name] = replica
        self._pump.wake()
        for cid, (least, most) in list(frame.layout.bounds.items()):
            if (place := frame.layout.place(cid)) >= 0:
                replica.ask(BoundColumn(column=replica.base.columns[place], least=least, most=most))
        return replica

    def _first(self, replica: Replica, count: int) -> tuple[Schema, RowIds, int]:
        """The table's columns as it begins: the DataFrame is what the table was made of."""
        client = replica.follower.client
        self._await(replica, lambda: client.rev is not None)
        if client.rev != 0 or client.schema is None:
            raise Unavailable("BUSY", f"{replica.table} was changed at once.", hint=f"%tab join {replica.table}")
        return client.schema, row_ids([0, count] if count else []), 0

    def join(self, table: str, name: str) -> Replica:
        """Puts a shared table into the variable `name`, which follows it from then on."""
        known = self._replicas.get(name)
        if known is not None and known.table == table and not known.stopped:
            return known
        self._check_free(name)
        replica = self._follow(name, table)
        try:
            found: list[e.Whole] = []

            def arrived() -> bool:
                whole = replica.mail.take_whole()
                found.extend([whole] if whole is not None else [])
                return bool(found)

            self._await(replica, arrived)
            whole = found[0]
            df = exchange.to_frame(whole.rows, whole.schema.columns)
            self._place.namespace[name] = df
            replica.start(whole.schema, row_ids(whole.runs), whole.rev, self._binding.bind(name))
        except BaseException:
            replica.leave()
            raise
        self._replicas[name] = replica
        self._pump.wake()
        return replica

    def _follow(self, name: str, table: str, *, holds: int | None = None) -> Replica:
        follower = Follower(self.house, table, self._pump.wake, holds=holds)
        return Replica(name, table, self._place, follower, self.notices, self._landed)

    def _await(self, replica: Replica, done: Callable[[], bool]) -> None:
        if replica.wait(done, PATIENCE):
            return
        if replica.mail.end is not None and replica.mail.end.code != "NO_TABLE":
            raise raised(replica.mail.end)
        if replica.stopped:
            names = [info.name for info in self.house.tables()]
            raise NotFound("NO_TABLE", replica.stopped, hint=did_you_mean(replica.table, names) or "%tab tables lists them.")
        trouble = replica.follower.client.trouble or f"{replica.table} does not answer."
        raise Unavailable("OFFLINE", trouble, hint="See %tab status, then try again.")

    def _check_free(self, name: str) -> None:
        if not name.isidentifier() or keyword.iskeyword(name):
            raise BadMessage("BAD_MESSAGE", f"{name!r} is not a variable name.", hint="Say `as NAME`.")
        known = self._replicas.get(name)
        if known is not None and not known.stopped:
            message = f"{name} follows the shared table {known.table} already."
            raise Refused("CONFLICT", message, hint=f"%tab leave {name}")

    def leave(self, name: str) -> None:
        """Ends following; what code did is sent before."""
        replica = self.replica(name)
        replica.refresh(PATIENCE if replica.follower.client.state == "live" else LONGEST_PAUSE)
        if not replica.outbox.empty:
            message = f"{counted(replica.outbox.cells, 'cell')} of {name} not saved yet."
            hint = f"Leave when the server is back, or `del {name}` to give them up."
            raise Unavailable("OFFLINE", message, hint=hint)
        self._drop(replica)

    def _drop(self, replica: Replica) -> None:
        replica.leave()
        self._callbacks.pop(replica.name, None)
        if self._replicas.get(replica.name) is replica:
            del self._replicas[replica.name]

    def replica(self, name: str) -> Replica:
        """The joined variable; raises `NO_TABLE`."""
        found = self._replicas.get(name)
        if found is None:
            known = list(self._replicas)
            hint = did_you_mean(name, known) or "%tab share or %tab join makes a variable follow a table."
            raise NotFound("NO_TABLE", f"{name} is not joined to a shared table.", hint=hint)
        return found

    def replicas(self) -> list[Replica]:
        """All joined variables."""
        return list(self._replicas.values())

    def joined(self, name: str) -> Replica | None:
        """The joined variable of that name, if it is one."""
        return self._replicas.get(name)

    def of_object(self, value: object) -> Replica | None:
        """The joined variable that stands for an object, if there is one."""
        return next((each for each in self.replicas() if self._place.namespace.get(each.name) is value), None)

    # Cells

    def wake(self) -> None:
        """Has the pump look after what arrived while a cell ran."""
        if self._replicas:
            self._pump.wake()

    def begin(self) -> None:
        """A cell is about to run: it shall see the newest that is here."""
        for replica in self.replicas():
            replica.mail.receive()
            replica.catch_up(force=True)

    def ran(self) -> None:
        """A cell has run: what it changed is sent, what arrived meanwhile lands."""
        until = time.monotonic() + LONGEST_PAUSE
        heads: dict[str, int] = {}
        for replica in [each for each in self.replicas() if not self._gone(each) and each.settle()]:
            self._wait_saved(replica, until)
            heads[replica.table] = max(heads.get(replica.table, -1), replica.outbox.saved)
        for replica in self.replicas():
            if replica.table in heads:
                self._wait_shown(replica, heads[replica.table], until)
            replica.mail.receive()
            replica.catch_up(force=True)

    def _wait_shown(self, replica: Replica, rev: int, until: float) -> None:
        """What was written in this very notebook shows in all of it."""

        def done() -> bool:
            landed = replica.catch_up(force=True)
            return (landed and replica.rev >= rev) or replica.follower.client.state != "live"

        replica.wait(done, max(until - time.monotonic(), 0))

    def _wait_saved(self, replica: Replica, until: float) -> None:
        def done() -> bool:
            return replica.outbox.empty or replica.follower.client.state not in ("live", "loading")

        replica.wait(done, max(until - time.monotonic(), 0))

    def _gone(self, replica: Replica) -> bool:
        """Whether the table or the variable was deleted, or that is no DataFrame any more: then it leaves the table."""
        namespace, name = self._place.namespace, replica.name
        if replica.stopped or name not in namespace:
            self._drop(replica)
            return True
        if isinstance(namespace[name], pd.DataFrame):
            return False
        replica.tell(f"it is {kind(namespace[name])} now, and follows {replica.table} no more.")
        self._drop(replica)
        return True

    def _turn(self) -> float | None:
        """One turn of the pump."""
        times = []
        for replica in self.replicas():
            replica.mail.receive()
            replica.catch_up()
            if replica.stopped:
                self._drop(replica)
            elif replica.mail.news and not self._place.running():
                times.append(time.monotonic() + AGAIN)
            if replica.follower.client.retry_at is not None:
                times.append(replica.follower.client.retry_at)
        return min(times, default=None)

    # News

    def on_change(self, name: str, callback: Callable[[Update], object]) -> Callable[[], None]:
        """Has `callback` called with an `Update` after others changed the table, when no cell runs; what is returned ends it."""
        self.replica(name)
        known = self._callbacks.setdefault(name, [])
        known.append(callback)
        return lambda: known.remove(callback) if callback in known else None

    def _landed(self, replica: Replica, landed: Landed) -> None:
        callbacks = list(self._callbacks.get(replica.name, []))
        update = _update(replica, landed)
        if callbacks and update is not None:
            self._later(lambda: self._call(callbacks, update))

    def _call(self, callbacks: list[Callable[[Update], object]], update: Update) -> None:
        for callback in callbacks:
            try:
                callback(update)
            except Exception:
                traceback.print_exc()
        for replica in self.replicas():
            replica.settle()

    def close(self) -> None:
        """Leaves everything and ends the house."""
        for replica in self.replicas():
            self._drop(replica)
        self._pump.close()
        if self._house is not None:
            self._house.close()


def _update(replica: Replica, landed: Landed) -> Update | None:
    """What others did, or None if it was all this notebook's own doing."""
    difference, df = landed.difference, replica.frame.df
    others = [change for change in landed.changes if not replica.follower.client.made(change.rev)]
    if not difference or (landed.changes and not others):
        return None
    users = list(dict.fromkeys(change.user.name for change in others))
    positions = sorted({int(at) for rows in landed.cells.values() for at in rows[:1000]})[:1000]
    rows = difference.rows
    return Update(
        table=replica.table,
        rev=replica.rev,
        users=users,
        columns=list(landed.cells),
        rows=df.index[positions],
        inserted=0 if rows is None else len(rows.inserted),
        deleted=0 if rows is None else len(rows.deleted),
        summaries=[change.summary for change in others],
    )
