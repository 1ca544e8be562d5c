"""What was done to a frame, by whom, and what brings it back: per-user undo with a bounded memory.

An undone entry and the entry that undid it cancel each other: neither is the last writer of a cell any more. It must not
know how effects are performed.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from tabweave_core.errors import Refused
from tabweave_core.protocol.schema import Change, Person

from .effects import ColumnsIn, ColumnsOut, Effect, Recast, RowsIn, RowsOut, SetValues, Several
from .sizes import size_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tabweave_core.engine.rows import Ints

    from .outline import State

BUDGET = 256 << 20
"""Bytes of old and new values that the log keeps; what is older cannot be undone."""
MOST_ENTRIES = 10_000
CODE = Person(id="code", name="code")
"""The author of changes that the notebook's own code made."""


@dataclass(frozen=True)
class Record:
    """What a command was, for the record: what was said, the plan as JSON, what ran, who read it, and the code for it.

    `sent` is a JSON list of the requests that left the machine for it, or empty.
    """

    command: str
    plan: str
    sql: str
    interpreter: str
    counts: Mapping[str, int]
    pandas: str = ""
    sent: str = ""


@dataclass(eq=False)
class Entry:
    """One revision.

    `effect` is what was performed and `inverse` what brings it back, both None when they expired or when code made the
    change; `written` then says which cells of which columns (None: all or unknown). `cancelled` entries were undone;
    `undo_of` and `redo_of` name the entry that this one undid. `skipped` cells or rows were left as others had made them;
    a `void` entry left all of them. `left` are the cells of a cancelled entry that its undo did not bring back: it still
    is a writer of those. `state` is the structure after a change that code made; `record` what a command said.
    """

    rev: int
    time: float
    user: Person
    kind: str
    summary: str
    effect: Effect | None = None
    inverse: Effect | None = None
    n_cells: int = 0
    n_rows: int = 0
    skipped: int = 0
    undo_of: Entry | None = None
    redo_of: Entry | None = None
    cancelled: bool = False
    void: bool = False
    written: Mapping[int, Ints | None] = field(default_factory=dict)
    left: Mapping[int, Ints] = field(default_factory=dict)
    state: State | None = None
    size: int = 0
    record: Record | None = None

    def __post_init__(self) -> None:
        other = self.undo_of or self.redo_of
        self._origin: int = self.rev if other is None else other.origin

    @property
    def origin(self) -> int:
        """The revision of the change that this entry is, undoes or redoes: writers of a cell are ordered by it."""
        return self._origin

    @property
    def is_undo(self) -> bool:
        """Whether this entry took an earlier one back."""
        return self.undo_of is not None

    def writes_to(self, cid: int) -> Ints | None:
        """The row ids in a column whose writer this entry still is: empty for none, None for all of them."""
        return self.left.get(cid, np.empty(0, dtype=np.int64)) if self.cancelled else self.wrote(cid)

    def wrote(self, cid: int) -> Ints | None:
        """The row ids that this entry wrote in a column, undone or not: empty for none, None for all of them."""
        return self.written[cid] if cid in self.written else _wrote(self.effect, cid)


def _wrote(effect: Effect | None, cid: int) -> Ints | None:
    none = np.empty(0, dtype=np.int64)
    match effect:
        case SetValues(pieces=pieces):
            mine = [piece.rids for piece in pieces if piece.cid == cid]
            return np.concatenate(mine) if mine else none
        case RowsIn(rids=rids) | RowsOut(rids=rids):
            return rids
        case ColumnsIn(cids=cids) | ColumnsOut(cids=cids):
            return None if cid in cids else none
        case Recast(cid=mine):
            return None if cid == mine else none
        case Several(effects=effects):
            parts = [_wrote(each, cid) for each in effects]
            known = [part for part in parts if part is not None]
            return np.concatenate(known) if len(known) == len(parts) else None
        case _:
            return none


class Log:
    """All entries, oldest first."""

    def __init__(self, budget: int = BUDGET) -> None:
        self._entries: deque[Entry] = deque(maxlen=MOST_ENTRIES)
        self._budget = budget
        self._held = 0
        self._forgotten_edits = False

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries)

    @property
    def complete(self) -> bool:
        """Whether the effect of every edit is still there."""
        return not self._forgotten_edits

    def add(self, entry: Entry) -> None:
        """Appends an entry; drops what the oldest ones keep when that is too much."""
        entry.size = size_of(entry.effect) + size_of(entry.inverse)
        if len(self._entries) == MOST_ENTRIES:
            self._forget(self._entries[0])
        self._entries.append(entry)
        self._held += entry.size
        for old in self._entries:
            if self._held <= self._budget or old is entry:
                break
            self._forget(old)

    def cancel(self, entry: Entry, left: Mapping[int, Ints]) -> None:
        """Marks an entry as undone, but for the cells `left`."""
        entry.cancelled, entry.left = True, left

    def expire(self) -> None:
        """Makes every entry impossible to undo, because rows or columns are no longer the same."""
        for entry in self._entries:
            self._forget(entry)

    def _forget(self, entry: Entry) -> None:
        if entry.effect is None:
            return
        entry.written = (
            {cid: entry.writes_to(cid) for cid in _columns(entry.effect)} if not isinstance(entry.effect, RowsIn) else {}
        )
        entry.effect = entry.inverse = None
        self._held -= entry.size
        entry.size = 0
        self._forgotten_edits = True

    def at(self, rev: int) -> Entry:
        """The entry of a revision; raises `UNDO_EXPIRED`."""
        for entry in self._entries:
            if entry.rev == rev:
                return entry
        raise Refused("UNDO_EXPIRED", f"Revision {rev} is not in the log.", hint="Only recent changes can be undone.")

    def since(self, entry: Entry) -> list[Entry]:
        """Entries that still count as writers and came after the change that this entry is about."""
        found = []
        for later in reversed(self._entries):
            if later.rev <= entry.origin:
                break
            if later.origin > entry.origin and not later.is_undo and (later.left or not later.cancelled):
                found.append(later)
        return found[::-1]

    def undoable(self, user: str) -> Entry | None:
        """The user's last change that is not undone, or None."""
        for entry in reversed(self._entries):
            if entry.user.id == user and not entry.cancelled and not entry.is_undo and not entry.void and entry.kind != "code":
                return entry
        return None

    def redoable(self, user: str) -> Entry | None:
        """The user's last undo that is not redone and that no newer change of theirs has passed, or None."""
        for entry in reversed(self._entries):
            if entry.user.id != user:
                continue
            if entry.is_undo and not entry.cancelled and not entry.void:
                return entry
            if not entry.is_undo and entry.redo_of is None:
                return None
        return None

    def to_undo(self, user: Person, ref: int | None) -> Entry:
        """The entry that an undo is about; raises when there is none, it is somebody else's, or it expired."""
        entry = self.undoable(user.id) if ref is None else self.at(ref)
        if entry is None:
            raise Refused("UNDO_EXPIRED", "There is nothing to undo.", hint="Changes made by code are undone in code.")
        if entry.cancelled or entry.is_undo:
            raise Refused("CONFLICT", f"Revision {entry.rev} is already undone.", hint="Use redo to bring it back.")
        return _own(entry, user)

    def to_redo(self, user: Person, ref: int | None) -> Entry:
        """The undo that a redo takes back; raises as `to_undo`."""
        entry = self.redoable(user.id) if ref is None else self.at(ref)
        if entry is None:
            raise Refused("UNDO_EXPIRED", "There is nothing to redo.")
        if not entry.is_undo or entry.cancelled:
            raise Refused("CONFLICT", f"Revision {entry.rev} is no undo that can be taken back.")
        return _own(entry, user)

    def changes(self, limit: int) -> list[Change]:
        """The newest entries as lines of history, newest first."""
        return [as_change(entry) for _, entry in zip(range(limit), reversed(self._entries), strict=False)]


def as_change(entry: Entry, summary: str = "") -> Change:
    """An entry as a line of history."""
    return Change(
        rev=entry.rev,
        time=entry.time,
        user=entry.user,
        kind=entry.kind,
        summary=summary or entry.summary,
        n_cells=entry.n_cells,
        n_rows=entry.n_rows,
        undone=entry.cancelled,
        undo_of=entry.undo_of.rev if entry.undo_of is not None else None,
    )


def _own(entry: Entry, user: Person) -> Entry:
    if entry.kind == "code":
        raise Refused("FORBIDDEN", f"Revision {entry.rev} was made by code.", hint="Undo it in code.")
    if entry.user.id != user.id:
        raise Refused("FORBIDDEN", f"Revision {entry.rev} is {entry.user.name}'s.", hint="You can undo your own changes.")
    if entry.inverse is None:
        raise Refused(
            "UNDO_EXPIRED", f"Revision {entry.rev} is too old or too large to undo.", hint="Save versions for a longer memory."
        )
    return entry


def _columns(effect: Effect) -> list[int]:
    match effect:
        case SetValues(pieces=pieces):
            return [piece.cid for piece in pieces]
        case ColumnsIn(cids=cids) | ColumnsOut(cids=cids):
            return list(cids)
        case Recast(cid=cid):
            return [cid]
        case Several(effects=effects):
            return [cid for each in effects for cid in _columns(each)]
        case _:
            return []
