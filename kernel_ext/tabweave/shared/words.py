"""Sentences about changes of a shared table. It must not know sessions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..frames.ops import counted

if TYPE_CHECKING:
    import pandas as pd
    from tabweave_core.protocol.schema import Person
    from tabweave_core.replica.events import Overwritten

    from .base import Base
    from .outgoing import Change

MOST = 5
"""So many overtaken cells are told one by one."""
_LONGEST = 40


def structure(change: Change, base: Base) -> list[str]:
    """What a change took away from everybody, in one line."""
    names = {column.id: column.name for column in base.schema.columns}
    parts = []
    if change.dropped:
        gone = ", ".join(names.get(cid, "?") for cid in change.dropped[:MOST])
        parts.append(f"dropped {gone}{' …' if len(change.dropped) > MOST else ''}")
    if len(change.deleted):
        parts.append(f"deleted {counted(len(change.deleted), 'row')}")
    return [f"{' and '.join(parts)} for everybody."] if parts else []


def overtaken(cells: list[Overwritten], base: Base, df: pd.DataFrame | None, me: Person | None) -> list[str]:
    """Whose edits came after mine, cell by cell if they are few."""
    if not cells:
        return []
    if len(cells) > MOST:
        people = sorted({_called(user, me) for cell in cells for user in cell.users})
        return [f"{' and '.join(people)} changed {counted(len(cells), 'cell')} after you; their values stand."]
    names = {column.id: column.name for column in base.schema.columns}
    lines = []
    for cell in cells:
        place = int(base.rids.positions([cell.rid])[0])
        if place < 0 or df is None:
            continue
        who = " or ".join(_called(user, me) for user in cell.users)
        values = f"{_shown(cell.mine)} → {_shown(cell.theirs)}"
        lines.append(f"{who} changed {names.get(cell.column, '?')} of row {df.index[place]} after you: {values}")
    return lines


def _called(user: Person, me: Person | None) -> str:
    return f"{user.name} (in another window)" if me is not None and user.id == me.id else user.name


def _shown(value: object) -> str:
    text = "missing" if value is None else str(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
