"""A DataFrame of the user's as a table: stable ids, one lock, one log, and operations that change the very object.

It must not know channels, messages or views; whoever shows a frame listens to `on_change`.
"""

from __future__ import annotations

import itertools
import threading
import time
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
from tabweave_core.engine.locks import FREE
from tabweave_core.engine.rows import Ints, RowIds, RowsChange
from tabweave_core.errors import BadMessage, NotFound, Refused, Unavailable
from tabweave_core.protocol import ops as protocol
from tabweave_core.protocol.schema import Cells, Change, Column, Person, Schema

from . import bounding, code, edits, external, histories, retype, scalars, spreads, structure, undoing, writes
from .effects import Done, SetValues, perform
from .layout import Layout
from .log import CODE, Entry, Log
from .outline import State
from .planned import Boards
from .transform import Transform, transform

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tabweave_core.protocol.planning import RollupDef

    from .difference import Difference
    from .ops import Plan, Positions

MOST_CELLS = 1000
"""Up to so many changed cells are told with their values."""


@dataclass(frozen=True)
class Applied:
    """What an operation, or user code, did as revision `rev`.

    `cells` are the new values of all changed cells if there are at most 1,000, else empty; `columns` are the ids of the
    columns whose cells changed, `rows` says which rows came and went, `schema` that the schema is another one.
    """

    rev: int
    kind: str
    user: Person
    ch: str = ""
    seq: int = 0
    status: Literal["ok", "partial", "noop"] = "ok"
    n_cells: int = 0
    n_rows: int = 0
    skipped: int = 0
    message: str = ""
    cells: list[Cells] = field(default_factory=list)
    columns: frozenset[int] = frozenset()
    rows: RowsChange | None = None
    schema: bool = False
    summary: str = ""


class Frame:
    """The engine over one DataFrame. Everything that touches `df` happens under `lock`."""

    def __init__(self, df: pd.DataFrame, *, name: str = "", read_only: str = "", clock: Callable[[], float] = time.time) -> None:
        self.df = df
        self.name = name
        self.read_only = read_only
        self.locked = ""
        """Why nobody may write here for the time being, in words for the user: something else writes into the DataFrame."""
        self.lock = threading.RLock()
        self.epoch = uuid.uuid4().hex
        self.rev = 0
        self.rids = RowIds(len(df))
        self.layout = Layout(df)
        self.log = Log()
        self.on_change: list[Callable[[Applied], None]] = []
        self.check: Callable[[], None] = lambda: None
        """Called before anything is written; raises if user code has moved what the operation was prepared for."""
        self._clock = clock
        self._states = itertools.count(1)
        self.index_state = 0
        self.columns_state = 0
        self._levels: tuple[pd.Index[Any], dict[int, pd.Index[Any]]] = (df.index, {})
        self.start = State.of(self)
        self.boards = Boards()
        self.rollups: list[RollupDef] = []
        """The rollups that are kept with it, by name."""
        self.locks = FREE
        self.on_rollups: list[Callable[[], None]] = []

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns as the ids have it; user code that is just running may have made them others in `df`."""
        return len(self.rids), len(self.layout.columns)

    def new_state(self) -> int:
        """A number for a state of the row or column labels that there was not before."""
        return next(self._states)

    def schema(self) -> Schema:
        """The columns in order, index levels first; cached until the structure changes."""
        with self.lock:
            return self.layout.schema(self.df)

    def column(self, cid: int) -> Column:
        """One column of the schema; raises `NO_COLUMN`."""
        with self.lock:
            return self.layout.column(self.df, cid)

    def values(self, cid: int) -> pd.Series[Any] | pd.Index[Any]:
        """The values of a column or index level by position, not copied.

        Hold them no longer than the call: while a Series lives, the next write copies its column.
        """
        with self.lock:
            place = self.layout.place(cid)
            if place >= 0:
                return writes.series(self.df, place)
            self.layout.column(self.df, cid)
            return self._level(self.layout.levels.index(cid))

    def _level(self, level: int) -> pd.Index[Any]:
        index = self.df.index
        if not isinstance(index, pd.MultiIndex):
            return index
        if self._levels[0] is not index:
            self._levels = (index, {})
        if level not in self._levels[1]:
            self._levels[1][level] = index.get_level_values(level)
        return self._levels[1][level]

    def apply(
        self, op: protocol.Op | Transform, *, user: Person, ch: str = "", seq: int = 0, view: Positions | None = None
    ) -> Applied:
        """Applies an operation, all or nothing; raises a `TabweaveError` and writes nothing then.

        Refused cells are told by a `CellsRefused`, which lists the bad ones. Ranges of view rows in the operation are looked
        up in `view`, in the frame's own order when it is None.
        """
        with self.lock:
            if self.read_only or self.locked:
                raise Refused("NOT_EDITABLE", self.read_only or self.locked)
            if self.df.shape != (len(self.rids), len(self.layout.columns)):
                raise Unavailable("BUSY", "Running code is changing the shape of this table.", hint="Try again when it is done.")
            undone: Entry | None = None
            if isinstance(op, protocol.Undo):
                undone = self.log.to_undo(user, op.ref)
                plan = undoing.undo(self, undone, "undid")
            elif isinstance(op, protocol.Redo):
                undone = self.log.to_redo(user, op.ref)
                plan = undoing.undo(self, undone, "redid")
            elif isinstance(op, protocol.Lock):
                return self._lock(op, user=user, ch=ch, seq=seq)
            else:
                plan = self._plan(op, view)
            kind = type(op).__struct_config__.tag
            return self._perform(plan, undone, kind=str(kind), user=user, ch=ch, seq=seq)

    def _plan(self, op: protocol.Op | Transform, view: Positions | None) -> Plan:
        for kinds, plan in _WITH_VIEW:
            if isinstance(op, kinds):
                return plan(self, op, view)
        for kinds, plan in _WITHOUT_VIEW:
            if isinstance(op, kinds):
                return plan(self, op)
        raise BadMessage("BAD_MESSAGE", f"There is no operation {type(op).__name__}.")

    def _lock(self, op: protocol.Lock, *, user: Person, ch: str, seq: int) -> Applied:
        """Locks or unlocks cells: a revision that writes nothing."""
        done = spreads.lock(self, op)
        if not done.columns:
            return Applied(self.rev, "lock", user, ch, seq, status="noop", message="Nothing was locked or unlocked.")
        self.locks = done.locks
        self.rev += 1
        self.log.add(Entry(self.rev, self._clock(), user, "lock", done.summary, void=True))
        applied = Applied(
            self.rev,
            "lock",
            user,
            ch,
            seq,
            n_cells=done.n_cells,
            columns=done.columns,
            message=done.summary,
            summary=done.summary,
        )
        self._tell(applied)
        return applied

    def keep_rollups(self, rollups: list[RollupDef]) -> None:
        """Keeps these rollups in place of those that it kept."""
        self.rollups = rollups
        for listener in list(self.on_rollups):
            listener()

    def _perform(self, plan: Plan, undone: Entry | None, *, kind: str, user: Person, ch: str, seq: int) -> Applied:
        if plan.effect is None and undone is None:
            return Applied(self.rev, kind, user, ch, seq, status="noop", message=plan.message)
        if self.locks and plan.effect is not None:
            spreads.require_free(self, plan.effect)
        if plan.effect is not None:
            bounding.require_within(self, plan.effect)
        self.check()
        done = perform(self, plan.effect) if plan.effect is not None else None
        self.rev += 1
        undo_of, redo_of = (undone, None) if kind == "undo" else (None, undone)
        entry = Entry(
            rev=self.rev,
            time=self._clock(),
            user=user,
            kind=kind,
            summary=plan.summary,
            effect=plan.effect,
            skipped=plan.skipped,
            undo_of=undo_of,
            redo_of=redo_of,
            record=plan.record,
        )
        if done is not None:
            entry.inverse, entry.n_cells, entry.n_rows = done.inverse, done.n_cells, done.n_rows
        entry.void = done is None
        if undone is not None:
            self.log.cancel(undone, plan.left)
        self.log.add(entry)
        applied = self._applied(entry, done, plan, ch, seq)
        self._tell(applied)
        return applied

    def _applied(self, entry: Entry, done: Done | None, plan: Plan, ch: str, seq: int) -> Applied:
        status: Literal["ok", "partial", "noop"] = "ok"
        if done is None:
            status = "noop"
        elif plan.skipped:
            status = "partial"
        written: dict[int, Ints | None] = {}
        if isinstance(plan.effect, SetValues):
            for piece in plan.effect.pieces:
                known = written.get(piece.cid)
                written[piece.cid] = piece.rids if known is None else np.union1d(known, piece.rids)
        return Applied(
            rev=entry.rev,
            kind=entry.kind,
            user=entry.user,
            ch=ch,
            seq=seq,
            status=status,
            n_cells=entry.n_cells,
            n_rows=entry.n_rows,
            skipped=plan.skipped,
            message=plan.message,
            cells=self._cells(written),
            columns=done.columns if done is not None else frozenset(),
            rows=done.rows if done is not None else None,
            schema=done.schema if done is not None else False,
            summary=entry.summary,
        )

    def _cells(self, written: Mapping[int, Ints | None]) -> list[Cells]:
        """The values of these cells, if they are few and all known."""
        count = 0
        for rids in written.values():
            if rids is None:
                return []
            count += len(rids)
        if count > MOST_CELLS:
            return []
        found = []
        for cid, rids in written.items():
            place = self.layout.place(cid)
            if rids is not None and place >= 0:
                values = writes.read(self.df, place, self.rids.positions(rids))
                found.append(Cells(column=cid, rows=rids.tolist(), values=scalars.to_json(values, self.column(cid))))
        return found

    def _tell(self, applied: Applied) -> None:
        for listener in list(self.on_change):
            listener(applied)

    def external(self, difference: Difference, df: pd.DataFrame | None = None) -> Applied | None:
        """Takes over what user code did: `df` is the object that the variable now names, `difference` how it differs."""
        with self.lock:
            if df is not None:
                self.df = df
            if not difference:
                return None
            index = self.layout.index
            written = external.take_over(self, difference)
            self.rev += 1
            rows = difference.rows
            told = external.told(self, difference, written)
            entry = Entry(self.rev, self._clock(), CODE, "code", told, written=written)
            entry.state = State.of(self)
            entry.n_rows = 0 if rows is None else len(rows.inserted) + len(rows.deleted)
            entry.n_cells = sum(len(self.df) if rids is None else len(rids) for rids in written.values())
            self.log.add(entry)
            applied = Applied(
                rev=self.rev,
                kind="code",
                user=CODE,
                n_cells=entry.n_cells,
                n_rows=entry.n_rows,
                cells=self._cells(written),
                columns=frozenset(written),
                rows=rows,
                schema=difference.structure or self.layout.index is not index,
                summary=told,
            )
            self._tell(applied)
            return applied

    def can_undo(self, user: str) -> bool:
        """Whether this user has a change that can be undone."""
        with self.lock:
            entry = self.log.undoable(user)
            return entry is not None and entry.inverse is not None

    def can_redo(self, user: str) -> bool:
        """Whether this user has an undo that can be taken back."""
        with self.lock:
            entry = self.log.redoable(user)
            return entry is not None and entry.inverse is not None

    def history(self, limit: int = 100, *, rid: int | None = None, column: int | None = None) -> list[Change]:
        """The newest changes, newest first; of one cell when `rid` and `column` are given."""
        with self.lock:
            if rid is None or column is None:
                return self.log.changes(limit)
            if self.layout.place(column) < 0:
                raise NotFound("NO_COLUMN", f"There is no column with id {column}.")
            return histories.of_cell(self, rid, column, limit)

    def code(self, language: Literal["pandas", "sql"]) -> str:
        """The edits that stand as code that turns the original table into this one (see `code`)."""
        with self.lock:
            return code.edits(self, language)


_WITH_VIEW: list[tuple[Any, Callable[..., Plan]]] = [
    (protocol.SetCells, edits.set_cells),
    (protocol.Fill, edits.fill),
    (protocol.Replace, edits.replace),
    (protocol.InsertRows, structure.insert_rows),
    (protocol.DeleteRows, structure.delete_rows),
]
_WITHOUT_VIEW: list[tuple[Any, Callable[..., Plan]]] = [
    (protocol.AddColumn, structure.add_column),
    (protocol.DropColumns, structure.drop_columns),
    (protocol.RenameColumn, structure.rename_column),
    (protocol.MoveColumn, structure.move_column),
    (protocol.RetypeColumn, retype.retype_column),
    (protocol.BoundColumn, bounding.bound_column),
    (protocol.Spread, spreads.spread),
    (Transform, transform),
]
