"""Rows that come and go in whole columns: told by runs of row ids, and done by slices where they are few.

It must not know tables or news.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from tabweave_core.engine.rows import RowsChange

from ..frames import writes
from ..frames.defaults import default_values

if TYPE_CHECKING:
    from tabweave_core.engine.rows import Ints, RowIds

    from .exchange import Array

MOST_SLICES = 64
"""Up to so many pieces, a column is joined from slices; beyond, its cells are taken one by one."""


def moved(old: RowIds, new: RowIds) -> RowsChange | None:
    """Which rows came and went between two orders of rows, or None if those that stayed are in another order."""
    edges = np.unique(np.concatenate([_edges(old), _edges(new)]))
    starts = edges[:-1]
    lengths = np.diff(edges)
    before, after = old.positions(starts), new.positions(starts)
    stayed = (before >= 0) & (after >= 0)
    order = np.argsort(before[stayed])
    if (np.diff(after[stayed][order]) < 0).any():
        return None
    return RowsChange(
        _spread(after, lengths, (before < 0) & (after >= 0)),
        _spread(before, lengths, (before >= 0) & (after < 0)),
        len(old),
        len(new),
    )


def _edges(rids: RowIds) -> Ints:
    """Where runs of ids begin and end."""
    firsts, lengths = rids.runs()
    edges: Ints = np.concatenate([firsts, firsts + lengths])
    return edges


def _spread(starts: Ints, lengths: Ints, wanted: Any) -> Ints:
    """The positions of stretches that begin at `starts`, ascending."""
    pairs = sorted(zip(starts[wanted].tolist(), lengths[wanted].tolist(), strict=True))
    return np.concatenate([np.empty(0, dtype=np.int64), *(np.arange(start, start + count) for start, count in pairs)])


class Shift:
    """A change of rows, ready to be done to whole columns. New rows get what stands in a cell that nobody filled."""

    def __init__(self, change: RowsChange) -> None:
        self._change = change
        self._pieces = list(_pieces(change))

    def apply(self, values: Array) -> Array:
        """A column after the change, in memory of its own."""
        if len(self._pieces) > MOST_SLICES:
            both = _joined(values, [values, default_values(values, 1)])
            return writes.take(both, self._source)
        parts = [default_values(values, -start) if start < 0 else values[start:stop] for start, stop in self._pieces] or [
            values[:0]
        ]
        return _joined(values, parts) if len(parts) > 1 else parts[0].copy()

    @property
    def _source(self) -> Ints:
        """For each new row the old one, or the number of old rows where there was none."""
        source = np.full(self._change.new, self._change.old, dtype=np.int64)
        target = self._change.moved()
        source[target[target >= 0]] = np.flatnonzero(target >= 0)
        return source


def _joined(like: Array, parts: list[Array]) -> Array:
    return np.concatenate(parts) if isinstance(like, np.ndarray) else type(like)._concat_same_type(parts)


def _runs(positions: Ints) -> list[tuple[int, int]]:
    """Ascending positions as ranges."""
    if not len(positions):
        return []
    cuts = np.flatnonzero(np.diff(positions) != 1) + 1
    return [(int(run[0]), int(run[-1]) + 1) for run in np.split(positions, cuts)]


def _pieces(change: RowsChange) -> list[tuple[int, int]]:
    """The new rows in order, as stretches of old ones, or (minus their number, 0) for new ones."""
    found: list[tuple[int, int]] = []
    gone, at = [*_runs(change.deleted), (change.old, change.old)], 0
    kept = []
    for start, stop in gone:
        kept.append((at, start))
        at = stop
    filled = 0
    for start, stop in [*_runs(change.inserted), (change.new, change.new)]:
        missing = start - filled
        while missing:
            first, last = kept[0]
            count = min(missing, last - first)
            if count:
                found.append((first, first + count))
            kept[0] = (first + count, last)
            if kept[0][0] == last:
                kept.pop(0)
            missing -= count
        if stop > start:
            found.append((start - stop, 0))
        filled = stop
    return found
