"""A view: which rows of a frame one channel sees, and in which order, as a permutation of row positions.

A view is computed on request and edits never reorder it; they can make it stale. It must not know channels or messages.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from tabweave_core.engine.rows import RowIds, RowsChange
from tabweave_core.errors import Unavailable
from tabweave_core.protocol.schema import View

from . import filters, order, search
from .arrays import storage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tabweave_core.protocol.schema import Column

    from .frame import Frame
    from .matching import Pattern

Ints = np.ndarray[Any, Any]


def never() -> bool:
    """The `cancelled` of what nobody can cancel."""
    return False


class ViewState:
    """One view of a frame; it shows all rows in their own order until `compute` is called.

    `rows` are the positions of the view's rows in order, or None for the frame's own rows in their own order. Computing
    takes the frame's lock only to collect the columns it needs and, at the end, to catch up with rows that came or went
    meanwhile. `rev` is the revision that the values were read at: what was edited since is judged by `touches`.
    """

    def __init__(self, frame: Frame, view: View | None = None) -> None:
        self.frame = frame
        self.view = view or View()
        self.rows: Ints | None = None
        self.rev = 0
        self._rids = frame.rids.copy()
        self._columns: frozenset[int] = frozenset()
        self._collected: tuple[_Columns, RowIds, int, str] | None = None

    @property
    def count(self) -> int:
        """How many rows the view has."""
        return len(self.frame.df) if self.rows is None else len(self.rows)

    def positions(self, start: int, stop: int) -> slice | Ints:
        """The frame positions of view rows `[start, stop)`, clamped to the view."""
        start = min(max(start, 0), self.count)
        stop = min(max(stop, start), self.count)
        return slice(start, stop) if self.rows is None else self.rows[start:stop].astype(np.int64)

    def touches(self, columns: Iterable[int]) -> bool:
        """Whether an edit of these columns can make the view's rows or their order wrong."""
        return bool(self.view.search) or not self._columns.isdisjoint(columns)

    def collect(self) -> None:
        """Takes hold of the columns that `compute` needs, as they are now; call it under the frame's lock."""
        frame = self.frame
        self._collected = _Columns(frame, self.view), frame.rids.copy(), frame.rev, frame.epoch

    def compute(self, cancelled: Callable[[], bool] = never) -> Ints | None:
        """Computes `rows`. Raises `BadValue` or `NotFound` for a view that cannot be, `CANCELLED` when given up."""
        check = _checker(cancelled)
        with self.frame.lock:
            if self._collected is None:
                self.collect()
            assert self._collected is not None
            columns, rids, rev, epoch = self._collected
            self._collected = None
        found = columns.rows(self.view, check)
        with self.frame.lock:
            if self.frame.epoch != epoch:
                raise Unavailable("CANCELLED", "The table was replaced while it was sorted or filtered.")
            self.rows, self.rev, self._rids, self._columns = found, rev, rids, columns.used
            self.catch_up()
        return self.rows

    def follow(self, change: RowsChange) -> None:
        """Moves the view along with inserted rows (which show next to their neighbours) and deleted ones (which leave)."""
        self.rows = _compact(change.follow(self.rows))
        self._rids = self.frame.rids.copy()

    def catch_up(self) -> None:
        """Follows whatever rows came or went since the view last knew; call it under the frame's lock."""
        now = self.frame.rids
        if self.rows is None or self._rids.same_rows(now):
            return
        before = self._rids.ids(slice(0, len(self._rids)))
        after = now.ids(slice(0, len(now)))
        deleted, inserted = np.flatnonzero(now.positions(before) < 0), np.flatnonzero(self._rids.positions(after) < 0)
        self.follow(RowsChange(inserted, deleted, len(before), len(after)))

    def find(
        self,
        pattern: Pattern,
        columns: list[int] | None = None,
        *,
        start: int = 0,
        limit: int = 1000,
        cancelled: Callable[[], bool] = never,
    ) -> tuple[list[tuple[int, int, int]], int]:
        """Matching cells as (view row, row id, column id) from view row `start` on, wrapping around, and their number."""
        check = _checker(cancelled)
        with self.frame.lock:
            wanted = [column.id for column in self.frame.schema().columns] if columns is None else columns
            cells = [(self.frame.column(column), storage(self.frame.values(column))) for column in wanted]
            rows = slice(0, len(self.frame.df)) if self.rows is None else self.rows
            rids = self.frame.rids.copy()
        found, total = search.find(cells, pattern, rows, check, start=start, limit=limit)
        places = np.array([row for row, _ in found], dtype=np.int64)
        ids = rids.ids(places if isinstance(rows, slice) else rows[places].astype(np.int64)).tolist()
        return [(row, rid, column) for (row, column), rid in zip(found, ids, strict=True)], total


def _checker(cancelled: Callable[[], bool]) -> Callable[[], None]:
    def check() -> None:
        if cancelled():
            raise Unavailable("CANCELLED", "The request was given up or replaced by a newer one.")

    return check


class _Columns:
    """The storage of the columns that a view needs, collected under the frame's lock and used without it."""

    def __init__(self, frame: Frame, view: View) -> None:
        described = frame.schema().columns
        names: dict[str, int] = {}
        for column in described:
            names.setdefault(column.name, column.id)
        self.names = names
        self.count = len(frame.df)
        filtered = (filters.columns_of(wanted, names) for wanted in view.filter)
        self.used = frozenset({key.column for key in view.sort}.union(*filtered))
        needed = [column.id for column in described] if view.search else sorted(self.used)
        self.held: dict[int, tuple[Column, Any]] = {
            column: (frame.column(column), storage(frame.values(column))) for column in (*needed, *self.used)
        }

    def rows(self, view: View, check: Callable[[], None]) -> Ints | None:
        """The view's rows, in order, or None when they are all rows in their own order."""
        if not (view.sort or view.filter or view.search):
            return None
        rows: slice | Ints = slice(0, self.count)
        for wanted in view.filter:
            check()
            rows = _kept(rows, filters.keep(wanted, self.held.__getitem__, self.names, rows, check))
        if view.search:
            rows = _kept(rows, search.search(list(self.held.values()), view.search, rows, check))
        if not view.sort:
            return _compact(rows) if isinstance(rows, np.ndarray) else None
        keys = [(self.held[key.column][1], key.descending) for key in view.sort]
        return order.order(keys, check, rows if isinstance(rows, np.ndarray) else None)


def _kept(rows: slice | Ints, mask: Ints) -> Ints:
    return np.flatnonzero(mask) if isinstance(rows, slice) else rows[mask]


def _compact(rows: Ints | None) -> Ints | None:
    """Positions in 32 bits where they fit."""
    return rows if rows is None or (len(rows) and rows.max() >= 2**31) else rows.astype(np.int32, copy=False)
