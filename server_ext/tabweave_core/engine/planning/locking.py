"""A lock operation as what becomes of a table's locks. Nothing is written here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ...errors import BadMessage, Refused
from .spreading import counted, writes_to

if TYPE_CHECKING:
    from ...protocol.ops import Lock
    from ..locks import Locks
    from .board import Board
    from .source import Source


@dataclass(frozen=True, eq=False)
class Locking:
    """The locks after an operation: in which columns it changed how many cells, and how that is told."""

    locks: Locks
    columns: frozenset[int]
    n_cells: int
    summary: str


def lock(board: Board, source: Source, op: Lock, locks: Locks) -> Locking:
    """What an operation does to the locks of a table."""
    if not op.at:
        raise BadMessage("BAD_MESSAGE", "Nothing is to be locked.", hint="Name a node.", where="at")
    columns = _columns(board, op)
    before = sum(map(len, locks.cells.values()))
    changed = set()
    for at in op.at:
        rids = np.sort(board.hierarchy.rids_of(board.leaves(at, source)))
        if not len(rids):
            title = board.title(at)
            raise Refused("EMPTY_GROUP", f"{title} has no rows.", hint="Check the labels.", where=title)
        for cid in columns:
            held = len(locks.cells.get(cid, ()))
            locks = locks.changed(cid, rids, locked=op.locked)
            if len(locks.cells.get(cid, ())) != held:
                changed.add(cid)
    n_cells = abs(sum(map(len, locks.cells.values())) - before)
    names = ", ".join(source.column(cid).name for cid in columns)
    places = ", ".join(board.title(at) for at in op.at[:3]) + (", …" if len(op.at) > 3 else "")
    verb = "locked" if op.locked else "unlocked"
    return Locking(locks, frozenset(changed), n_cells, f"{verb} {names} of {places} ({counted(n_cells).replace('row', 'cell')})")


def _columns(board: Board, op: Lock) -> list[int]:
    known = board.definition.aggregates
    wanted = op.aggregates or [place for place, each in enumerate(board.aggregates) if not each.why_not]
    for place in wanted:
        if not 0 <= place < len(known):
            hint = f"It has {', '.join(board.labels)}."
            raise BadMessage("BAD_MESSAGE", f"The rollup has no measure {place}.", hint=hint, where="aggregates")
        board.aggregates[place].require_editable()
    if not wanted:
        raise Refused("NOT_EDITABLE", "Nothing of this rollup can be typed into.", hint="Lock where there is a sum.")
    return list(dict.fromkeys(writes_to(known[place]) for place in wanted))
