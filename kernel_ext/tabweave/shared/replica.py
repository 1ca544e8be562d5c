"""A joined variable: its DataFrame follows a shared table, and what code does to it is sent there.

While a cell runs the DataFrame stays as it is; it catches up when the cell has run, or when the code asks. News of the table
land in the very object. Locks are taken in this order: the frame's, then the follower's.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tabweave_core.errors import NotFound, Refused, TabweaveError, Unavailable
from tabweave_core.protocol.messages import Ack, AskHistory, History
from tabweave_core.replica import events as e

from ..frames.ops import counted
from ..gate import GATE
from ..patience import Moved
from ..watch import Snapshot, compare
from . import landing, outgoing, words
from .base import Base
from .follower import Follower, raised
from .mailbox import Mailbox
from .outbox import Outbox
from .overlay import Overlay
from .sending import Names, Program

if TYPE_CHECKING:
    from collections.abc import Callable, MutableMapping

    import pandas as pd
    from tabweave_core.engine.rows import RowIds
    from tabweave_core.protocol.ops import Condition, Op
    from tabweave_core.protocol.schema import Schema

    from ..binding import Binding
    from ..frames.difference import Difference
    from ..frames.frame import Frame
    from ..slot import Slot
    from .notices import Notices

log = logging.getLogger("tabweave")

TRIES = 5
"""How often news are landed anew because running code moved rows or columns at that moment."""
PATIENCE = 10.0
"""Seconds that a call waits for the table's answer."""


@dataclass(frozen=True)
class Place:
    """Where a variable lives: the namespace, its binding, and whether a cell runs there now."""

    namespace: MutableMapping[str, Any]
    binding: Binding
    running: Callable[[], bool]


class Replica:
    """One variable that follows one shared table. `changed` is called with what landed, under the locks."""

    def __init__(
        self,
        name: str,
        table: str,
        place: Place,
        follower: Follower,
        notices: Notices,
        changed: Callable[[Replica, landing.Landed], None],
    ) -> None:
        self.name = name
        self.table = table
        self.follower = follower
        self.notices = notices
        self.slot: Slot | None = None
        self._place = place
        self._changed = changed
        self._df: pd.DataFrame | None = None
        self._seen: Snapshot | None = None
        self._base: Base | None = None
        self._left = ""
        self._overlay = Overlay()
        self.outbox = Outbox(follower, self._overlay, lambda: self.base, self.tell)
        self.mail = Mailbox(follower, self.outbox, self.tell)
        self._names = Names(self._named_rows, self._named_column)

    @property
    def base(self) -> Base:
        """Which row and column of the table is where; raises `OFFLINE` before the table was read."""
        if self._base is None:
            raise Unavailable("OFFLINE", f"{self.table} has not been read yet.", hint="Try again when the server is there.")
        return self._base

    @property
    def rev(self) -> int:
        """The revision that the DataFrame shows."""
        return -1 if self._base is None else self._base.rev

    @property
    def stopped(self) -> str:
        """Why the variable follows no more, in words; empty while it does."""
        return self._left or ("" if self.mail.end is None else self.mail.end.message)

    @property
    def frame(self) -> Frame:
        """The engine over the DataFrame; raises `NO_TABLE` when the variable was left or deleted."""
        frame = self.check().frame
        if frame is None:
            raise NotFound("NO_TABLE", f"There is no DataFrame {self.name}.", hint=f"%tab join {self.table}")
        return frame

    def check(self) -> Slot:
        """Where the DataFrame stands; raises `NO_TABLE` when the variable does not follow the table any more."""
        if self.slot is None or self.stopped:
            raise NotFound("NO_TABLE", self.stopped or f"{self.name} is no longer joined.", hint=f"%tab join {self.table}")
        return self.slot

    @property
    def state(self) -> str:
        """How it stands, in words."""
        client = self.follower.client
        if self.stopped:
            return self.stopped
        parts = [{"live": "up to date", "loading": "being read", "greeting": "connecting"}.get(client.state, "offline")]
        if self.mail.news:
            parts[0] = "catching up"
        parts += [f"revision {self.rev}", client.role or ""]
        parts += [f"{counted(self.outbox.cells, 'cell')} not saved yet"] if self.outbox.cells else []
        return ", ".join(part for part in parts if part)

    def tell(self, text: str) -> None:
        """Says something to the user, under the next cell."""
        self.notices.add(time.time(), f"{self.name}: {text}")

    def _named_rows(self, local: Any, given: Any) -> None:
        self.base.name_rows(local, given)
        self._overlay.name_rows(local, given)

    def _named_column(self, local: int, given: int) -> None:
        self.base.name_column(local, given)
        self._overlay.name_column(local, given)

    def start(self, schema: Schema, rids: RowIds, rev: int, slot: Slot) -> None:
        """Begins to follow: the DataFrame of `slot` is the table at `rev`."""
        frame = slot.frame
        assert frame is not None
        with frame.lock, self.follower.lock:
            self.slot, self._df = slot, frame.df
            self._base = Base.of(schema, rids, rev)
            self._seen = Snapshot.take(frame.df)
            frame.locked = f"{self.name} follows the shared table {self.table}. Open that one: %tab {self.name}"
        self._place.binding.renew(slot)

    # What code did

    def settle(self) -> bool:
        """Looks what code did to the variable since the last look, and sends it; whether there was anything."""
        slot = self.slot
        if slot is None or self._base is None or self.stopped:
            return False
        self._place.binding.follow(slot)
        frame = slot.frame
        if frame is None:
            return False
        with frame.lock, self.follower.lock:
            df, seen = frame.df, self._seen
            if seen is None or (df is self._df and seen.untouched(df)):
                return False
            fresh = Snapshot.take(df)
            difference = compare(seen, fresh.df)
            try:
                sent = bool(difference) and self._take_over(self._read(seen, fresh, difference))
            except TabweaveError as error:
                self._put_back(frame, seen, error)
                return False
            except Exception:
                log.exception("What code did to %s could not be found out.", self.name)
                self._put_back(frame, seen, Refused("SCHEMA", "This change could not be understood.", hint=outgoing.COPY))
                return False
            self._df, self._seen = df, fresh
            return sent

    def _read(self, seen: Snapshot, fresh: Snapshot, difference: Difference) -> outgoing.Reading:
        reading = outgoing.read(seen.df, fresh.df, difference, self.base)
        if reading.change and self.follower.client.read_only:
            raise Refused("NOT_EDITABLE", self.follower.client.read_only)
        if any(piece.cid in self.base.levels for _, piece in reading.change.refused):
            column = next(column for column, piece in reading.change.refused if piece.cid in self.base.levels)
            raise Refused("NOT_EDITABLE", column.why)
        return reading

    def _take_over(self, reading: outgoing.Reading) -> bool:
        base, change = self.base, reading.change
        base.rids, base.columns = reading.rids, reading.columns
        for column, piece in change.refused:
            if piece.old is not None:
                self.outbox.back.append(outgoing.Piece(piece.cid, piece.rids, piece.old))
            self.tell(f"{column.name} was put back: {column.why}")
        if change.structural or change.cells:
            for line in words.structure(change, base):
                self.tell(line)
            self.outbox.add(Program(change, base, self._names))
        return bool(change)

    def _put_back(self, frame: Frame, seen: Snapshot, error: TabweaveError) -> None:
        """Gives the variable back what it was before code changed it in a way that the table cannot."""
        slot, mine = self.slot, self._df
        assert slot is not None
        assert mine is not None
        hint = error.hint.replace("{name}", self.name)
        self.tell(f"put back as it was. {error.message} {hint}".strip())
        if frame.df is not mine:
            self._place.namespace[self.name] = mine
            self._place.binding.follow(slot)
            assert slot.frame is not None
            frame = slot.frame
        if not seen.untouched(mine):
            with slot.writing(in_place=False):
                wanted = seen.df
                difference = compare(Snapshot.take(frame.df), wanted)
                landing.swap(frame.df, wanted)
                frame.external(difference)
        self._seen = Snapshot.take(frame.df)

    # What lands

    def catch_up(self, *, force: bool = False) -> bool:
        """Lands the news; whether none is left. While a cell runs, or own rows and columns are under way, they wait."""
        slot = self.slot
        if slot is None or self._base is None or self.stopped:
            return False
        if not force and (self._place.running() or not (self.mail.news or self.outbox.back)):
            return False
        with GATE.closed():
            self.settle()
            frame = slot.frame
            return True if frame is None else self._land_steadily(frame)

    def _land_steadily(self, frame: Frame) -> bool:
        for left in reversed(range(TRIES)):
            try:
                with frame.lock, self.follower.lock:
                    self._land_back(frame)
                    return self._land(frame)
            except Moved:
                if not left:
                    log.info("%s was being changed all the time; its news land later", self.name)
        return False

    def _land(self, frame: Frame) -> bool:
        news = self.mail.news
        if self.outbox.broken and not any(isinstance(each, e.Whole) for each in news):
            return False
        self.outbox.broken = False
        if not news:
            return True
        newest = news[-1].rev if isinstance(news[-1], e.Whole) else news[-1].delta.rev
        if self.outbox.structural or newest < self.outbox.rev or self.slot is None:
            return False
        with self.slot.writing(in_place=landing.in_place(self.base, news)):
            self._hold_still(frame)
            self.mail.news = []
            try:
                landed = landing.Landing(frame.df, self.base, news, self._overlay).run()
            except Exception as error:
                self._left = f"It could not be brought up to date ({type(error).__name__}). Join it again."
                log.exception("The news of %s could not be put into %s.", self.table, self.name)
                raise
            self._base = landed.base
            frame.external(landed.difference)
        self._df, self._seen = frame.df, Snapshot.take(frame.df)
        for name, was, now in landed.widened:
            self.tell(f"{name} is {now} now; {was} cannot hold what the table has.")
        self._say_overtaken()
        self.outbox.retry()
        self._changed(self, landed)
        return True

    def _land_back(self, frame: Frame) -> None:
        """Shows the old values of refused cells again."""
        back, slot = self.outbox.back, self.slot
        if not back or slot is None:
            return
        self.outbox.back = []
        with slot.writing(in_place=not any(piece.cid in self.base.levels for piece in back)):
            self._hold_still(frame)
            frame.external(landing.restore(frame.df, self.base, back))
        self._df, self._seen = frame.df, Snapshot.take(frame.df)

    def _hold_still(self, frame: Frame) -> None:
        """Lets go of what was seen, for a write that copies nothing; raises `Moved` if code has changed something since."""
        frame.check()
        if self._seen is None or frame.df is not self._df or not self._seen.untouched(frame.df):
            raise Moved
        self._seen = None

    def _say_overtaken(self) -> None:
        told, self.mail.overtaken = self.mail.overtaken, []
        for line in words.overtaken(told, self.base, self._df, self.follower.client.user):
            self.tell(line)

    # What is asked

    def ask(self, op: Op, condition: Condition | None = None) -> Ack:
        """Has an operation done, after what code did so far, and lands what it did; raises what refuses it."""
        self.check()
        self.settle()
        with self.follower.lock:
            future = self.outbox.ask(op, condition)
        self.wait(future.done, PATIENCE)
        if not future.done():
            message = f"{self.table} has not answered yet."
            raise Unavailable("OFFLINE", message, hint="It is sent when the server is there again; see %tab status.")
        answer = future.result()
        if not isinstance(answer, Ack):
            raise raised(answer)
        self.wait(lambda: self.catch_up(force=True) and self.rev >= answer.rev, PATIENCE)
        return answer

    def refresh(self, timeout: float = PATIENCE) -> None:
        """Sends what code did, waits for the answers, and shows the table as it is then."""
        until = time.monotonic() + timeout
        self.check()
        self.settle()
        self.wait(lambda: self.outbox.empty, timeout)
        ch = self.follower.client.ch
        newest = self.follower.ask(lambda number: AskHistory(ch=ch, id=number, limit=1))
        self.wait(newest.done, until - time.monotonic())
        told = newest.result() if newest.done() and newest.exception() is None else None
        rev = told.changes[0].rev if isinstance(told, History) and told.changes else 0
        self.wait(lambda: self.catch_up(force=True) and self.rev >= rev, until - time.monotonic())

    def wait(self, done: Callable[[], bool], timeout: float) -> bool:
        """Waits until `done`, taking in what arrives; whether it came to that."""
        until = time.monotonic() + timeout
        while True:
            self.mail.receive()
            if done():
                return True
            left = until - time.monotonic()
            if left <= 0 or self.stopped:
                return done()
            self.follower.wait(min(left, 0.05))

    def leave(self) -> None:
        """Ends following; the DataFrame stays as it is."""
        self.follower.leave()
        slot, self.slot = self.slot, None
        if slot is not None and slot.frame is not None:
            slot.frame.locked = ""
            self._place.binding.renew(slot)
        self._left = self.stopped or f"{self.name} has left {self.table}."
