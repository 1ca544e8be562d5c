"""What user code did to a DataFrame since the last look, found without asking the code.

A snapshot is a shallow copy. While it lives, pandas' copy-on-write gives every column that somebody writes a buffer of its
own, so a column whose buffer is still the same is unchanged, and only the others are compared. What goes round
copy-on-write stays unseen here: writing through an extension array (`df["a"].array[0] = 1`), through an ndarray whose
`writeable` flag was forced, or into a mutable object inside a cell. The channels' own look at what they show catches those.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd
from tabweave_core.engine.rows import RowsChange
from tabweave_core.errors import TabweaveError

from .frames.difference import Difference, Rows, differing
from .frames.labels import same_label
from .gate import locked
from .patience import Moved, pandas_runs, steadily, wait_for_lull

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator

    from .frames.frame import Frame

CHEAP_ROWS = 200_000
"""Up to here an index that is not ascending is still searched for the rows that were kept."""

TRIES = 20
"""How often a snapshot is taken anew because the DataFrame changed in that very moment."""

NOTHING = Difference()


class Block(Protocol):
    """The part of pandas' internal blocks that is read here."""

    values: Any
    mgr_locs: Any


def blocks(df: pd.DataFrame) -> tuple[Block, ...]:
    """The arrays that a DataFrame is made of, or none where pandas does not show them."""
    found: tuple[Block, ...] = getattr(getattr(df, "_mgr", None), "blocks", ())
    return found


def sound(df: pd.DataFrame) -> bool:
    """Whether no other thread is in the middle of moving columns: then the places that blocks name and the labels disagree."""
    found = blocks(df)
    if not found or not pandas_runs(df):
        return True
    manager: Any = df._mgr
    places = [np.asarray(block.mgr_locs.as_array) for block in found]
    sizes = list(map(len, places))
    where, count = np.concatenate(places), len(df.columns)
    numbers, locs = np.asarray(manager.blknos), np.asarray(manager.blklocs)
    if not len(where) == len(numbers) == len(locs) == count or (count and int(where.max()) >= count):
        return False
    inner = np.concatenate([np.arange(size) for size in sizes])
    return bool((numbers[where] == np.repeat(np.arange(len(found)), sizes)).all() and (locs[where] == inner).all())


class Snapshot:
    """A DataFrame as it was at one moment. It shares all memory until somebody writes."""

    def __init__(self, df: pd.DataFrame) -> None:
        self._seen = [(block, block.values, block.mgr_locs) for block in blocks(df)]
        self.columns = df.columns
        self.index = df.index
        self.names = tuple(df.index.names)
        self.df = pd.DataFrame(df)

    @classmethod
    def take(cls, df: pd.DataFrame) -> Snapshot:
        """A snapshot of one moment, also while a running cell changes the DataFrame."""
        for _ in range(TRIES):
            taken = steadily(df, lambda: cls(df))
            if taken.untouched(df) and sound(df):
                break
        return taken

    def untouched(self, df: pd.DataFrame) -> bool:
        """Whether this is the very DataFrame, made of the very arrays."""
        live = blocks(df)
        return (
            df.columns is self.columns
            and df.index is self.index
            and tuple(df.index.names) == self.names
            and len(live) == len(self._seen)
            and (len(live) > 0 or df.shape[1] == 0)
            and all(b is s[0] and b.values is s[1] and b.mgr_locs is s[2] for b, s in zip(live, self._seen, strict=True))
        )


def _unchecked() -> None:
    """Nothing is being written."""


def compare(snapshot: Snapshot, df: pd.DataFrame) -> Difference:
    """How `df` differs from what was seen; microseconds when it does not."""
    if snapshot.untouched(df):
        return NOTHING
    old = snapshot.df
    before, after = _Memory(old), _Memory(df)
    same_length = len(old) == len(df)
    source = _sources(old.columns, df.columns, before, after, same_length)
    pairs = [(new, was) for new, was in enumerate(source) if was is not None]
    in_place = {new for new, was in pairs if same_length and before.same(was, after, new)}
    rows = _rows(snapshot, df, kept_in_place=bool(in_place))
    names = tuple(df.index.names) != snapshot.names
    if rows is None or (not pairs and old.shape[1] and df.shape[1]):
        return Difference(fresh=True)
    retyped = frozenset(new for new, was in pairs if before.dtype(was) != after.dtype(new))
    suspects = [(new, was) for new, was in pairs if new not in in_place and new not in retyped]
    changed = _changed_rows(before, after, suspects, rows)
    if rows.old != rows.new and 2 * sum(found is None for found in changed.values()) > len(pairs):
        return Difference(fresh=True)
    changed.update(dict.fromkeys(retyped))
    moved = source != list(range(len(source))) or len(source) != old.shape[1]
    return Difference(
        source=tuple(source) if moved else None,
        renamed=frozenset(new for new, was in pairs if not same_label(old.columns[was], df.columns[new])),
        retyped=retyped,
        changed=changed,
        rows=rows if len(rows.inserted) or len(rows.deleted) else None,
        index=names or not _same_index(snapshot.index, df.index, rows),
    )


class _Memory:
    """Where each column's values lie: numpy columns by address and stride, extension arrays by their buffers."""

    def __init__(self, df: pd.DataFrame) -> None:
        self._df = df
        self._arrays: dict[int, Any] = {}
        self._where: dict[int, tuple[int, int]] = {}
        found = blocks(df)
        if found or not df.shape[1]:
            for block in found:
                self._add(np.asarray(block.mgr_locs.as_array), block.values)
        else:
            for place in range(df.shape[1]):
                self._add(np.array([place]), df.iloc[:, place].array)

    def _add(self, places: npt.NDArray[Any], values: Any) -> None:
        if isinstance(values, np.ndarray) and values.ndim == 2:
            start = values.__array_interface__["data"][0] if values.size else 0
            addresses = (start + np.arange(len(places)) * values.strides[0]).tolist()
            stride = values.strides[1]
            self._where.update((place, (address, stride)) for place, address in zip(places.tolist(), addresses, strict=True))
            self._arrays.update((place, values[row]) for row, place in enumerate(places.tolist()))
        else:
            self._arrays.update((place, values if values.ndim == 1 else values[row]) for row, place in enumerate(places.tolist()))

    def values(self, place: int) -> Any:
        """The array of one column."""
        return self._arrays[place]

    def dtype(self, place: int) -> Any:
        """The dtype of one column."""
        return self._arrays[place].dtype

    def where(self, place: int) -> tuple[Any, ...]:
        """What two columns of the same length have in common only if they are the same memory."""
        if place in self._where:
            return (*self._where[place], self.dtype(place))
        return (*_buffers(self._arrays[place]), self.dtype(place))

    def same(self, place: int, other: _Memory, other_place: int) -> bool:
        """Whether a column here and a column there are the same memory, read the same way."""
        return self.where(place) == other.where(other_place)


def _buffers(values: Any) -> tuple[Any, ...]:
    """The addresses behind an extension array; an address that is nobody else's when they cannot be told."""
    arrow = getattr(values, "_pa_array", None)
    if arrow is not None:
        return tuple((c.offset, len(c), *((b.address if b else 0) for b in c.buffers())) for c in arrow.chunks)
    parts = [getattr(values, name, None) for name in ("_ndarray", "_data", "_mask")]
    arrays = [part for part in parts if isinstance(part, np.ndarray)]
    return tuple((a.__array_interface__["data"][0], a.strides) for a in arrays) or (id(values),)


def _sources(old: pd.Index[Any], new: pd.Index[Any], before: _Memory, after: _Memory, same_length: bool) -> list[int | None]:
    """For each column now, where it was: by place if the memory is the same, then by label, then by memory."""
    if new is old or new.is_(old) or (len(new) == len(old) and new.dtype == old.dtype and new.equals(old)):
        return list(range(len(new)))
    source: list[int | None] = [None] * len(new)
    left = dict.fromkeys(range(len(old)))
    if same_length:
        for place in range(min(len(old), len(new))):
            if before.same(place, after, place):
                source[place] = place
                del left[place]
    _match_labels(old, new, source, left)
    if same_length and left and None in source:
        by_memory = {before.where(place): place for place in left}
        for place, was_ in enumerate(source):
            if was_ is None:
                source[place] = by_memory.pop(after.where(place), None)
    return source


def _match_labels(old: pd.Index[Any], new: pd.Index[Any], source: list[int | None], left: dict[int, None]) -> None:
    """Takes from `left` the columns whose label is still there, the first of equal labels first."""
    by_label: dict[Hashable, list[int]] = {}
    for place in left:
        by_label.setdefault(old[place], []).append(place)
    for place, label in enumerate(new):
        if source[place] is None and by_label.get(label):
            was = by_label[label].pop(0)
            source[place] = was
            del left[was]


def _rows(snapshot: Snapshot, df: pd.DataFrame, *, kept_in_place: bool) -> RowsChange | None:
    """Which rows came and went, or None when that cannot be told cheaply."""
    old, new = snapshot.df.index, df.index
    none = np.empty(0, dtype=np.int64)
    if len(old) == len(new) and (kept_in_place or new.is_(old) or _equal(old, new) or not df.shape[1]):
        return RowsChange(none, none, len(old), len(new))
    if not len(new) or not len(old):
        return RowsChange(np.arange(len(new)), np.arange(len(old)), len(old), len(new))
    if len(old) == len(new) or not (_searchable(old) and _searchable(new) and _comparable(old, new)):
        return None
    kept = old.get_indexer(new)
    present = np.flatnonzero(kept >= 0)
    stayed = kept[present]
    if not len(stayed) or (np.diff(stayed) <= 0).any():
        return None
    gone = np.ones(len(old), dtype=np.bool_)
    gone[stayed] = False
    return RowsChange(np.flatnonzero(kept < 0), np.flatnonzero(gone), len(old), len(new))


def _searchable(index: pd.Index[Any]) -> bool:
    if isinstance(index, pd.RangeIndex):
        return True
    if isinstance(index, pd.MultiIndex) or len(index) > CHEAP_ROWS:
        return bool(index.is_monotonic_increasing and index.is_unique)
    return bool(index.is_unique)


def _comparable(old: pd.Index[Any], new: pd.Index[Any]) -> bool:
    """Whether labels of one can be looked for in the other; pandas fails on many a pair of types."""
    return old.nlevels == new.nlevels and (old.dtype == new.dtype or "object" in (old.dtype, new.dtype))


def _equal(old: pd.Index[Any], new: pd.Index[Any]) -> bool:
    return len(old) == len(new) and old.dtype == new.dtype and old.nlevels == new.nlevels and old.equals(new)


def _same_index(old: pd.Index[Any], new: pd.Index[Any], rows: RowsChange) -> bool:
    """Whether the rows that stayed have the labels they had, in an index of the same shape."""
    if len(rows.inserted) or len(rows.deleted):
        return isinstance(old, pd.RangeIndex) == isinstance(new, pd.RangeIndex) and old.nlevels == new.nlevels
    return new is old or new.is_(old) or _equal(old, new)


def _changed_rows(before: _Memory, after: _Memory, suspects: list[tuple[int, int]], rows: RowsChange) -> dict[int, Rows | None]:
    """The changed rows of columns that no longer are the same memory."""
    changed: dict[int, Rows | None] = {}
    if not suspects:
        return changed
    stayed, kept = _stayed(rows)
    for new, was in suspects:
        found = differing(before.values(was)[stayed], after.values(new)[kept])
        if found is not None and not isinstance(kept, slice):
            found = kept[found]
        if found is None or len(found):
            changed[new] = found
    return changed


def _stayed(rows: RowsChange) -> tuple[Any, Any]:
    """The rows that stayed: their positions before and after, as slices where they only lost or gained a tail."""
    count = rows.old - len(rows.deleted)
    if not len(rows.inserted) and not len(rows.deleted):
        return slice(None), slice(None)
    if (not len(rows.deleted) or rows.deleted[0] == count) and (not len(rows.inserted) or rows.inserted[0] == count):
        return slice(0, count), slice(0, count)
    target = rows.moved()
    return np.flatnonzero(target >= 0), target[target >= 0]


class Watch:
    """Keeps a snapshot of one frame's DataFrame and tells the frame what user code changed."""

    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self._snapshot: Snapshot | None = Snapshot.take(frame.df)
        self._read: tuple[Block, ...] = ()

    def settle(self, df: pd.DataFrame | None = None) -> None:
        """Tells the frame what changed since the last look; `df` is given when it goes on with another object.

        A running cell may change the DataFrame meanwhile. So two snapshots are compared, and while the frame takes over the
        difference it stands on the newer one; what came later is found by the next look.
        """
        frame = self.frame
        with locked(frame.lock):
            now, seen = frame.df if df is None else df, self._snapshot
            if seen is None or (now is frame.df and seen.untouched(now)):
                return
            fresh = Snapshot.take(now)
            difference = compare(seen, fresh.df)
            self._snapshot = None
            try:
                frame.external(difference, fresh.df)
            finally:
                frame.df, self._snapshot = now, fresh

    def reading(self) -> None:
        """Settles if user code has put columns or rows elsewhere; new values alone may wait."""
        with self.frame.lock:
            if not self._in_place():
                self.settle()
            self._read = blocks(self.frame.df)

    def steady(self) -> bool:
        """Whether columns and rows stayed where they were since `reading`, and no thread is about to move them."""
        df = self.frame.df
        return self._in_place() and blocks(df) is self._read and sound(df)

    def _in_place(self) -> bool:
        seen, df = self._snapshot, self.frame.df
        return seen is None or (df.columns is seen.columns and df.index is seen.index)

    @contextmanager
    def writing(self, *, in_place: bool) -> Iterator[None]:
        """Surrounds a write of our own: what user code did before is told first.

        A write in place does without a snapshot, so that nothing is copied; any other keeps it until the end, so that what
        a running cell writes meanwhile is noticed before it would be lost.
        """
        frame = self.frame
        with frame.lock:
            wait_for_lull(frame.df)
            self.settle()
            df, seen = frame.df, self._snapshot
            if seen is None:
                yield
                return
            columns, index = seen.columns, seen.index
            if in_place:
                self._snapshot = seen = None

            def check() -> None:
                wait_for_lull(df)
                same = df.columns is columns and df.index is index and sound(df)
                if not same or not (seen is None or seen.untouched(df)):
                    raise Moved

            frame.check = check
            try:
                yield
            except TabweaveError:
                raise
            except Exception as error:
                if df.columns is columns and df.index is index and sound(df):
                    raise
                raise Moved from error
            finally:
                frame.check = _unchecked
                self._retake(columns, index, in_place=in_place)

    def _retake(self, columns: pd.Index[Any], index: pd.Index[Any], *, in_place: bool) -> None:
        """Takes the snapshot after a write. What a running cell moved in that very moment is told by its labels alone."""
        frame = self.frame
        taken = self._snapshot = Snapshot.take(frame.df)
        if (taken.columns is columns and taken.index is index) if in_place else taken.df.shape == frame.shape:
            return
        difference = Difference(fresh=True)
        if in_place and taken.index is index:
            source: list[int | None] = [None] * len(taken.columns)
            _match_labels(columns, taken.columns, source, dict.fromkeys(range(len(columns))))
            difference = Difference(source=tuple(source))
        df = frame.df
        try:
            frame.external(difference, taken.df)
        finally:
            frame.df = df
