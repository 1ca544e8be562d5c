"""Stable row ids, kept as runs of consecutive numbers, and how rows move when some are inserted or deleted.

Ids count from 0 and equal positions until rows are inserted or deleted, so 10 million rows cost one run. It must not
know frames or values.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
"""Positions or row ids."""


def as_positions(rows: slice | npt.NDArray[Any] | list[int], count: int) -> Ints:
    """Positions as an array; a slice is clamped to `count` rows."""
    if isinstance(rows, slice):
        return np.arange(*rows.indices(count), dtype=np.int64)
    return np.asarray(rows, dtype=np.int64)


def pairs(rids: npt.NDArray[Any] | list[int]) -> list[int]:
    """Row ids as runs: the first id of each and how many follow it, one pair after the other."""
    ids = np.asarray(rids, dtype=np.int64)
    heads = np.flatnonzero(np.diff(ids, prepend=ids[:1] - 2) != 1)
    lengths = np.diff(heads, append=len(ids))
    return np.stack((ids[heads], lengths), axis=1).ravel().tolist()


def of_pairs(runs: list[int]) -> Ints:
    """The row ids that `pairs` told."""
    found = np.asarray(runs, dtype=np.int64).reshape(-1, 2)
    return np.concatenate([np.arange(first, first + count) for first, count in found] or [np.empty(0, dtype=np.int64)])


@dataclass(frozen=True, eq=False)
class RowsChange:
    """Rows that came (`inserted`, positions after) and went (`deleted`, positions before), both ascending.

    `old` and `new` are the numbers of rows before and after. Deletion happens first.
    """

    inserted: Ints
    deleted: Ints
    old: int
    new: int

    def moved(self) -> Ints:
        """For each old position the new one, or -1 where the row was deleted."""
        kept = np.ones(self.old, dtype=np.bool_)
        kept[self.deleted] = False
        free = np.ones(self.new, dtype=np.bool_)
        free[self.inserted] = False
        target = np.full(self.old, -1, dtype=np.int64)
        target[kept] = np.flatnonzero(free)
        return target

    def follow(self, permutation: npt.NDArray[Any] | None) -> Ints | None:
        """A view's rows after the change: old rows keep their order and each new row stands before the row it was put before.

        None, the natural order, stays None.
        """
        if permutation is None:
            return None
        rows = np.asarray(permutation, dtype=np.int64)
        if len(self.deleted) or len(self.inserted):
            rows = self.moved()[rows]
            rows = rows[rows >= 0]
        if not len(self.inserted):
            return rows
        places = self._places(rows)
        return np.insert(rows, places, self.inserted)

    def _places(self, rows: Ints) -> Ints:
        """Where in the view each inserted row goes."""
        where = np.full(self.new + 1, -1, dtype=np.int64)
        where[rows] = np.arange(len(rows))
        new = np.zeros(self.new + 1, dtype=np.bool_)
        new[self.inserted] = True
        breaks = np.flatnonzero(np.diff(self.inserted) != 1) + 1
        places = np.empty(len(self.inserted), dtype=np.int64)
        for run in np.split(np.arange(len(self.inserted)), breaks):
            first, last = int(self.inserted[run[0]]), int(self.inserted[run[-1]])
            if where[last + 1] >= 0:
                places[run] = where[last + 1]
            elif first > 0 and where[first - 1] >= 0:
                places[run] = where[first - 1] + 1
            else:
                places[run] = len(rows)
        return places


class RowIds:
    """The row id at every position, as runs `first, first + 1, …`."""

    def __init__(self, count: int) -> None:
        self._first: Ints = np.zeros(1 if count else 0, dtype=np.int64)
        self._start: Ints = np.array([0, count] if count else [0], dtype=np.int64)
        self._by_id: Ints | None = None
        self.next = count

    def __len__(self) -> int:
        return int(self._start[-1])

    @property
    def plain(self) -> bool:
        """Whether every row id equals its position."""
        return len(self._first) == 0 or (len(self._first) == 1 and int(self._first[0]) == 0)

    def copy(self) -> RowIds:
        """A snapshot; the arrays are shared because they are replaced, never written."""
        other = RowIds(0)
        other._first, other._start, other._by_id, other.next = self._first, self._start, self._by_id, self.next
        return other

    @classmethod
    def of_runs(cls, runs: npt.NDArray[Any], following: int) -> RowIds:
        """Row ids from what `runs` gave; `following` is the next id to use."""
        found = cls(0)
        firsts, lengths = np.asarray(runs, dtype=np.int64).reshape(2, -1)
        found._first = firsts
        found._start = np.concatenate(([0], np.cumsum(lengths)))
        found.next = following
        return found

    def runs(self) -> Ints:
        """The first ids and, in a second row, the lengths of all runs."""
        return np.stack((self._first, np.diff(self._start)))

    @property
    def ascending(self) -> bool:
        """Whether ids grow with the positions."""
        return bool((np.diff(self._first) > 0).all())

    def same_rows(self, other: RowIds) -> bool:
        """Whether both have the same ids at the same positions."""
        return np.array_equal(self._first, other._first) and np.array_equal(self._start, other._start)

    def ids(self, positions: slice | npt.NDArray[Any]) -> Ints:
        """The row ids at positions (none may be out of range)."""
        if isinstance(positions, slice):
            positions = np.arange(*positions.indices(len(self)), dtype=np.int64)
        places = np.asarray(positions, dtype=np.int64)
        if self.plain:
            return places.copy()
        run = np.searchsorted(self._start, places, side="right") - 1
        return self._first[run] + (places - self._start[run])

    def positions(self, rids: npt.NDArray[Any] | list[int]) -> Ints:
        """The positions of row ids, -1 where there is no such row."""
        wanted = np.asarray(rids, dtype=np.int64)
        if not len(self):
            return np.full(len(wanted), -1, dtype=np.int64)
        if self.plain:
            return np.where((wanted >= 0) & (wanted < len(self)), wanted, -1)
        if self._by_id is None:
            self._by_id = np.argsort(self._first, kind="stable").astype(np.int64)
        firsts = self._first[self._by_id]
        at = np.searchsorted(firsts, wanted, side="right") - 1
        run = self._by_id[np.maximum(at, 0)]
        offset = wanted - self._first[run]
        known = (at >= 0) & (offset < (self._start[run + 1] - self._start[run]))
        return np.where(known, self._start[run] + offset, -1)

    def missing(self, rids: list[int]) -> int | None:
        """The first of these row ids that there is no row for, or None."""
        most = len(self) if self.plain else self.next
        never = next((rid for rid in rids if not 0 <= rid < most), None)
        if self.plain or never is not None:
            return never
        return next((rid for rid, at in zip(rids, self.positions(rids).tolist(), strict=True) if at < 0), None)

    def new(self, count: int) -> Ints:
        """Ids that were never used."""
        self.next += count
        return np.arange(self.next - count, self.next, dtype=np.int64)

    def insert(self, positions: npt.NDArray[Any], rids: npt.NDArray[Any]) -> RowsChange:
        """Puts ids so that they end up at `positions` (ascending, counted after the insertion)."""
        spots = np.asarray(positions, dtype=np.int64)
        old = len(self)
        change = RowsChange(spots, np.empty(0, np.int64), old, old + len(spots))
        if len(spots):
            self._replace(_merge_runs(self._first, self._start, spots, np.asarray(rids, dtype=np.int64)))
            self.next = max(self.next, int(np.max(rids)) + 1)
        return change

    def delete(self, positions: npt.NDArray[Any]) -> RowsChange:
        """Removes the ids at `positions` (ascending, none twice)."""
        spots = np.asarray(positions, dtype=np.int64)
        old = len(self)
        if len(spots):
            cuts = np.sort(np.concatenate((self._start, spots, spots + 1)), kind="stable")
            cuts = cuts[np.concatenate(([True], cuts[1:] != cuts[:-1]))]
            starts, stops = cuts[:-1], cuts[1:]
            gone = np.zeros(len(starts), dtype=np.bool_)
            gone[np.searchsorted(starts, spots)] = True
            firsts = self.ids(starts)
            self._replace((firsts[~gone], (stops - starts)[~gone]))
        return RowsChange(np.empty(0, np.int64), spots, old, old - len(spots))

    def arrange(self, rids: npt.NDArray[Any]) -> RowsChange:
        """Puts the same ids in another order; the stretch of rows that moved is told as deleted and inserted."""
        before, following = self.copy(), self.next
        firsts, lengths = np.array(pairs(rids), dtype=np.int64).reshape(-1, 2).T
        found = RowIds.of_runs(np.stack((firsts, lengths)), following)
        self._first, self._start, self._by_id = found._first, found._start, None
        return before.change_to(self)

    def change_to(self, other: RowIds) -> RowsChange:
        """How rows came and went until they are `other`; where some are in another order, all between them count as both."""
        old, new = self.ids(slice(None)), other.ids(slice(None))
        target = other.positions(old)
        deleted, inserted = target < 0, self.positions(new) < 0
        stayed = target[~deleted]
        if (np.diff(stayed) < 0).any():
            moved = np.flatnonzero(stayed != np.sort(stayed))
            first, last = moved[0], moved[-1] + 1
            places = np.flatnonzero(~deleted)[first:last]
            deleted[places], inserted[stayed[first:last]] = True, True
        return RowsChange(np.flatnonzero(inserted), np.flatnonzero(deleted), len(old), len(new))

    def _replace(self, runs: tuple[Ints, Ints]) -> None:
        firsts, lengths = runs
        joins = np.ones(len(firsts), dtype=np.bool_)
        joins[1:] = firsts[1:] != firsts[:-1] + lengths[:-1]
        totals = np.concatenate(([0], np.cumsum(lengths)))
        heads = np.flatnonzero(joins)
        self._first = firsts[heads]
        self._start = np.concatenate((totals[heads], totals[-1:])) if len(heads) else np.zeros(1, dtype=np.int64)
        self._by_id = None


def _merge_runs(first: Ints, start: Ints, spots: Ints, rids: Ints) -> tuple[Ints, Ints]:
    """Runs after inserting ids at final positions: old runs cut where something comes between."""
    before = spots - np.arange(len(spots))
    cuts = np.unique(np.concatenate((start, before)))
    starts, stops = cuts[:-1], cuts[1:]
    if len(first):
        run = np.searchsorted(start, starts, side="right") - 1
        firsts = first[run] + (starts - start[run])
    else:
        firsts = starts[:0]
    where = np.concatenate((starts, before))
    order = np.lexsort((np.concatenate((np.full(len(starts), len(spots)), np.arange(len(spots)))), where))
    all_first = np.concatenate((firsts, rids))[order]
    all_length: Ints = np.concatenate((stops - starts, np.ones(len(spots), dtype=np.int64)))[order]
    return np.asarray(all_first, dtype=np.int64), all_length
