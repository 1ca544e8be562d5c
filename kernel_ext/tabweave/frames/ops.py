"""What each kind of operation asks for: checked in full against the frame, then told as one effect. Nothing is written here."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import numpy as np
import numpy.typing as npt
from tabweave_core.engine.rows import Ints, as_positions
from tabweave_core.errors import BadMessage, NotFound, Refused

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tabweave_core.protocol.ops import Rows
    from tabweave_core.protocol.schema import Column

    from .effects import Effect
    from .frame import Frame
    from .log import Record


class Positions(Protocol):
    """A view: which rows of the frame it shows, in its order."""

    @property
    def count(self) -> int:
        """How many rows the view has."""
        ...

    def positions(self, start: int, stop: int) -> slice | npt.NDArray[np.int64]:
        """The frame positions of view rows `[start, stop)`."""
        ...


@dataclass(frozen=True)
class Plan:
    """A checked operation: its effect (None when it changes nothing) and how history tells it.

    `left` are the cells (row ids by column id) that an undo leaves to those who wrote them later.
    """

    effect: Effect | None
    summary: str
    message: str = ""
    skipped: int = 0
    left: Mapping[int, Ints] = field(default_factory=dict)
    record: Record | None = None


def view_positions(frame: Frame, view: Positions | None, start: int, stop: int) -> Ints:
    """The positions behind view rows `[start, stop)`; raises `NO_ROW` outside the view."""
    count = len(frame.df) if view is None else view.count
    if not 0 <= start <= stop <= count:
        raise NotFound("NO_ROW", f"Rows {start:,} to {stop:,} are not in the view of {count:,} rows.", hint="Insert rows first.")
    found = slice(start, stop) if view is None else view.positions(start, stop)
    return as_positions(found, len(frame.df))


def known_positions(frame: Frame, rids: list[int]) -> Ints:
    """The positions of row ids; raises `NO_ROW` when one was deleted."""
    found = frame.rids.positions(np.asarray(rids, dtype=np.int64))
    if len(found) and int(found.min()) < 0:
        missing = rids[int(np.argmin(found))]
        raise NotFound("NO_ROW", f"Row {missing} was deleted.", hint="Refresh the view.")
    return found


def row_positions(frame: Frame, rows: Rows, view: Positions | None) -> Ints:
    """The positions that `rows` names, in its order; rows that are gone already are left out."""
    if (rows.ids is None) == (rows.ranges is None):
        raise BadMessage("BAD_MESSAGE", "Rows need either `ids` or `ranges`.", where="rows")
    if rows.ids is not None:
        found = frame.rids.positions(np.asarray(rows.ids, dtype=np.int64))
        if len(found) and int(found.max()) < 0:
            raise NotFound("NO_ROW", "These rows were deleted.", hint="Refresh the view.")
        return found[found >= 0]
    parts = [view_positions(frame, view, start, stop) for start, stop in rows.ranges or []]
    return np.concatenate(parts) if parts else np.empty(0, dtype=np.int64)


def editable(frame: Frame, cid: int) -> Column:
    """The column, or the reason why its cells cannot be written."""
    column = frame.layout.column(frame.df, cid)
    if not column.editable:
        raise Refused("NOT_EDITABLE", f"{column.name} cannot be edited. {column.why}".strip())
    return column


def own_column(frame: Frame, cid: int) -> Column:
    """The column, which must not be an index level."""
    column = frame.layout.column(frame.df, cid)
    if column.index:
        raise Refused("NOT_EDITABLE", f"{column.name} is a level of the index. {column.why}")
    return column


def counted(number: int, noun: str) -> str:
    """`1 row`, `1,204 rows`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
