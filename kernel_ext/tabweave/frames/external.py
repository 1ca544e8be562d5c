"""What the user's own code did to a frame, taken over into its ids and its log. It must not look for changes itself."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import numpy as np
from tabweave_core.engine.rows import Ints, RowIds, RowsChange

from .layout import Layout
from .ops import counted

if TYPE_CHECKING:
    from .difference import Difference
    from .frame import Frame


def take_over(frame: Frame, difference: Difference) -> dict[int, Ints | None]:
    """Brings ids and schema in line with `frame.df`; returns which rows (None: all) changed in which columns."""
    df = frame.df
    if difference.fresh:
        return start_anew(frame, 0)
    if not _fits(frame, difference):
        return start_anew(frame, frame.layout.next)
    if difference.rows is not None:
        _take_rows(frame, difference.rows)
    if difference.index or difference.rows is not None:
        frame.index_state = frame.new_state()
        frame.layout.match_index(df.index)
    if difference.source is not None:
        before = frame.layout.columns
        frame.layout.columns = [before[was] if was is not None else frame.layout.new(1)[0] for was in difference.source]
    if difference.structure:
        frame.columns_state = frame.new_state()
        frame.layout.changed()
    return _written(frame, difference)


def _written(frame: Frame, difference: Difference) -> dict[int, Ints | None]:
    columns = frame.layout.columns
    written: dict[int, Ints | None] = {columns[place]: None for place in difference.retyped}
    for place, rows in difference.changed.items():
        if place not in difference.retyped:
            written[columns[place]] = None if rows is None else frame.rids.ids(np.asarray(rows, dtype=np.int64))
    if difference.source is not None:
        written.update({columns[place]: None for place, was in enumerate(difference.source) if was is None})
    if difference.index:
        written.update(dict.fromkeys(frame.layout.levels))
    return written


def _fits(frame: Frame, difference: Difference) -> bool:
    """Whether a difference leads from the ids there are to the DataFrame there is.

    It does not when other threads changed the DataFrame while it was looked at.
    """
    rows, columns = len(frame.rids), len(frame.layout.columns)
    if difference.rows is not None:
        if difference.rows.old != rows:
            return False
        rows = difference.rows.new
    if difference.source is not None:
        if any(was is not None and was >= columns for was in difference.source):
            return False
        columns = len(difference.source)
    return (rows, columns) == frame.df.shape


def start_anew(frame: Frame, first: int) -> dict[int, Ints | None]:
    """Gives rows and columns new ids in a new epoch; nothing before can be undone. Returns all columns.

    Column ids count from `first`: one that was never used, where clients may still ask for old ids at any moment.
    """
    frame.epoch = uuid.uuid4().hex
    frame.rids = RowIds(len(frame.df))
    frame.layout = Layout(frame.df, first)
    frame.index_state, frame.columns_state = frame.new_state(), frame.new_state()
    frame.log.expire()
    return dict.fromkeys([*frame.layout.levels, *frame.layout.columns])


def _take_rows(frame: Frame, rows: RowsChange) -> None:
    frame.rids.delete(rows.deleted)
    frame.rids.insert(rows.inserted, frame.rids.new(len(rows.inserted)))


def told(frame: Frame, difference: Difference, written: dict[int, Ints | None]) -> str:
    """A line of history for a change made by code."""
    if difference.fresh:
        return "code replaced the table"
    parts = []
    if difference.rows is not None:
        inserted, deleted = len(difference.rows.inserted), len(difference.rows.deleted)
        parts += [f"inserted {counted(inserted, 'row')}"] if inserted else []
        parts += [f"deleted {counted(deleted, 'row')}"] if deleted else []
    if difference.structure:
        parts.append("changed columns")
    names = [frame.layout.column(frame.df, cid).name for cid in written]
    if difference.index:
        parts.append("changed the index")
    if names and not difference.structure:
        shown = ", ".join(names[:3]) + (f" and {len(names) - 3:,} more" if len(names) > 3 else "")
        parts.append(f"changed {shown}")
    return f"code {' and '.join(parts) or 'changed the table'}"
