"""The rows that a member's view shows, in order, as they stand while rows come and go.

It must not know members.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..engine.rows import RowsChange
from ..engine.window import Seen
from ..protocol.schema import ExpressionFilter, View

if TYPE_CHECKING:
    from collections.abc import Collection

    from ..engine.catalog import Table

NATURAL = View()


@dataclass(frozen=True)
class Sight:
    """A view in force: the `sub` that asked for it, its rows, and since which revision they stand as they do."""

    seen: Seen
    since: int
    view: View = NATURAL
    sub: int | None = None

    def touched_by(self, columns: Collection[int]) -> bool:
        """Whether the view's order or choice of rows depends on one of these columns."""
        return bool(columns) and (reads_all(self.view) or not reads(self.view).isdisjoint(columns))

    @property
    def plain(self) -> bool:
        """Whether all rows are shown in their own order."""
        return is_plain(self.view)


def is_plain(view: View) -> bool:
    """Whether a view is the table as it is."""
    return not (view.sort or view.filter or view.search)


def reads_all(view: View) -> bool:
    """Whether any column may make a difference to a view: a search looks at all of them, an expression at whichever it names."""
    return bool(view.search) or any(isinstance(each, ExpressionFilter) for each in view.filter)


def reads(view: View) -> set[int]:
    """The columns that a view sorts and filters by, as far as it names them by id."""
    filtered = {each.column for each in view.filter if not isinstance(each, ExpressionFilter)}
    return filtered | {each.column for each in view.sort}


def follow(seen: Seen, table: Table, came: Collection[int]) -> Seen:
    """The rows of a view after rows came (to stand before the row they were put before) and went; the others keep their order."""
    if seen.rids is None:
        return Seen(table.head, len(table.rows), None, table.rows, table.epoch)
    places = table.rows.positions(seen.rids)
    kept = places[places >= 0]
    new = np.setdiff1d(table.rows.positions(sorted(came)), kept)
    new = new[new >= 0]
    total = len(table.rows)
    change = RowsChange(inserted=new, deleted=new[:0], old=total - len(new), new=total)
    ordered = change.follow(kept - np.searchsorted(new, kept))
    return Seen(table.head, total, None if ordered is None else table.rows.ids(ordered), table.rows, table.epoch)
