"""The history of one cell: who wrote it when, from what to what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from .edits import shown_value
from .effects import Effect, SetValues, Several
from .log import Entry, as_change

if TYPE_CHECKING:
    from tabweave_core.protocol.schema import Change

    from .frame import Frame


def of_cell(frame: Frame, rid: int, cid: int, limit: int) -> list[Change]:
    """The entries that wrote a cell, newest first, each told for this cell where the old and new values are kept."""
    found: list[Change] = []
    for entry in reversed(list(frame.log)):
        written = entry.wrote(cid)
        if written is not None and rid not in written:
            continue
        found.append(as_change(entry, _told(frame, entry, rid, cid)))
        if len(found) == limit:
            break
    return found


def _told(frame: Frame, entry: Entry, rid: int, cid: int) -> str:
    new, old = _value(entry.effect, rid, cid), _value(entry.inverse, rid, cid)
    if new is None or old is None:
        return ""
    name = frame.layout.column(frame.df, cid).name
    return f"{name}: {shown_value(old[0])} → {shown_value(new[0])}"


def _value(effect: Effect | None, rid: int, cid: int) -> tuple[Any] | None:
    if isinstance(effect, Several):
        return next((found for each in effect.effects if (found := _value(each, rid, cid)) is not None), None)
    if not isinstance(effect, SetValues):
        return None
    for piece in reversed(effect.pieces):
        at = np.flatnonzero(piece.rids == rid)
        if piece.cid == cid and len(at):
            found = piece.values[int(at[-1])]
            return (None if found is pd.NaT else found,)
    return None
