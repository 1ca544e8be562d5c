"""What operations come down to: eight effects on a frame, each of which gives its exact inverse when it is performed.

Effects name rows and columns by id, so an inverse still finds its target after other changes. Everything is prepared
before the first write. It must not know users, revisions or text input.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from . import labels, writes
from .defaults import default_values, sized
from .labels import Kept

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    from tabweave_core.engine.rows import Ints, RowIds, RowsChange

    from .frame import Frame
    from .writes import Array

MOST_SLICES = 64
"""Up to so many pieces, rows are joined from slices; beyond, they are taken one by one."""


@dataclass(frozen=True, eq=False)
class Piece:
    """`values[i]` goes to row `rids[i]` of column `cid`."""

    cid: int
    rids: Ints
    values: Array


@dataclass(frozen=True, eq=False)
class SetValues:
    """Writes cells."""

    pieces: tuple[Piece, ...]


@dataclass(frozen=True, eq=False)
class RowsIn:
    """Inserts rows so that they stand at `positions` (ascending, counted after); columns not in `values` get defaults.

    When rows come back, `before` is what the rows were while they were there.
    """

    positions: Ints
    rids: Ints
    values: Mapping[int, Array]
    labels: Any
    kept: Kept | None = None
    before: RowIds | None = None


@dataclass(frozen=True, eq=False)
class RowsOut:
    """Deletes rows."""

    rids: Ints
    kept: Kept | None = None


@dataclass(frozen=True, eq=False)
class ColumnsIn:
    """Inserts columns so that they stand at `places` (ascending, counted after). `arrays` hold the rows of `rows`.

    When columns come back, `before` lists all columns while they were there, and `shared` the labels that another one had too.
    """

    places: tuple[int, ...]
    cids: tuple[int, ...]
    labels: tuple[Hashable, ...]
    arrays: tuple[Array, ...]
    rows: RowIds
    kept: Kept | None = None
    before: tuple[int, ...] = ()
    shared: frozenset[Hashable] = frozenset()


@dataclass(frozen=True, eq=False)
class ColumnsOut:
    """Drops columns."""

    cids: tuple[int, ...]
    kept: Kept | None = None


@dataclass(frozen=True, eq=False)
class Relabel:
    """Renames a column."""

    cid: int
    label: Hashable
    kept: Kept | None = None


@dataclass(frozen=True, eq=False)
class Move:
    """Puts a column at `to`, counted without it."""

    cid: int
    to: int
    kept: Kept | None = None


@dataclass(frozen=True, eq=False)
class Recast:
    """Gives a column a new array of another type; `array` holds the rows of `rows`."""

    cid: int
    array: Array
    rows: RowIds


Effect = SetValues | RowsIn | RowsOut | ColumnsIn | ColumnsOut | Relabel | Move | Recast


@dataclass(frozen=True, eq=False)
class Done:
    """An effect performed, its inverse, and what it touched."""

    inverse: Effect
    n_cells: int = 0
    n_rows: int = 0
    columns: frozenset[int] = field(default_factory=frozenset)
    rows: RowsChange | None = None
    schema: bool = False


def perform(frame: Frame, effect: Effect) -> Done:
    """Changes the frame and says how to change it back. Call it under the frame's lock with a valid effect."""
    match effect:
        case SetValues():
            return _set_values(frame, effect)
        case RowsIn():
            return _rows_in(frame, effect)
        case RowsOut():
            return _rows_out(frame, effect)
        case ColumnsIn():
            return _columns_in(frame, effect)
        case ColumnsOut():
            return _columns_out(frame, effect)
        case Relabel():
            return _relabel(frame, effect)
        case Move():
            return _move(frame, effect)
        case Recast():
            return _recast(frame, effect)


def _set_values(frame: Frame, effect: SetValues) -> Done:
    df = frame.df
    spots = [(frame.layout.place(piece.cid), frame.rids.positions(piece.rids)) for piece in effect.pieces]
    old = tuple(
        Piece(piece.cid, piece.rids, writes.read(df, place, rows))
        for piece, (place, rows) in zip(effect.pieces, spots, strict=True)
    )
    done = 0
    try:
        for piece, (place, rows) in zip(effect.pieces, spots, strict=True):
            done += 1
            writes.write(df, place, rows, piece.values)
    except BaseException:
        for piece, (place, rows) in list(zip(old, spots, strict=True))[:done]:
            writes.write(df, place, rows, piece.values)
        raise
    cells = sum(len(piece.rids) for piece in effect.pieces)
    # Backwards, so that a cell written twice gets its first value back last.
    return Done(SetValues(old[::-1]), n_cells=cells, columns=frozenset(piece.cid for piece in effect.pieces))


def bare(df: pd.DataFrame) -> pd.DataFrame:
    """A shallow plain DataFrame over the same memory with numbers for labels."""
    shallow = pd.DataFrame(df)
    shallow.columns = pd.RangeIndex(df.shape[1])
    shallow.index = pd.RangeIndex(len(df))
    return shallow


def _rows_in(frame: Frame, effect: RowsIn) -> Done:
    df, count = frame.df, len(effect.positions)
    extra = {}
    for place, cid in enumerate(frame.layout.columns):
        held = writes.column(df, place)
        values = effect.values.get(cid)
        fits = values is not None and values.dtype == held.dtype
        extra[place] = writes.wrap(values if fits else default_values(held, count))
    fresh = pd.DataFrame(extra, index=pd.RangeIndex(count), columns=pd.RangeIndex(df.shape[1]), copy=True)
    joined = _spliced(bare(df), fresh, effect.positions)
    index = labels.inserted(df.index, effect.positions, effect.labels)
    before = frame.layout.index
    kept = _swap_rows(frame, joined, index, effect.kept)
    change = frame.rids.insert(effect.positions, effect.rids)
    return Done(RowsOut(effect.rids, kept), n_rows=count, rows=change, schema=frame.layout.index is not before)


def _rows_out(frame: Frame, effect: RowsOut) -> Done:
    df = frame.df
    positions = np.sort(frame.rids.positions(effect.rids))
    before = frame.rids.copy()
    rids = before.ids(positions)
    values = {cid: writes.read(df, place, positions) for place, cid in enumerate(frame.layout.columns)}
    gone = df.index[positions]
    rest = _without(bare(df), positions)
    index = frame.layout.index
    kept = _swap_rows(frame, rest, labels.removed(df.index, positions), effect.kept)
    change = frame.rids.delete(positions)
    inverse = RowsIn(positions, rids, values, gone, kept, before)
    return Done(inverse, n_rows=len(rids), rows=change, schema=frame.layout.index is not index)


def _swap_rows(frame: Frame, new: pd.DataFrame, index: Any, kept: Kept | None) -> Kept:
    """Puts rows and their labels into the user's frame; returns what brings the old labels back."""
    frame.check()
    df, before = frame.df, frame.index_state
    index, exact = labels.restored(index, kept, before)
    after = kept.before if exact and kept is not None else frame.new_state()
    new.index = index
    new.columns = df.columns
    remembered = labels.keep(df.index, before, after)
    frame.index_state = after
    writes.swap(df, new)
    frame.layout.match_index(df.index)
    return remembered


def _spliced(base: pd.DataFrame, fresh: pd.DataFrame, positions: Ints) -> pd.DataFrame:
    before = positions - np.arange(len(positions))
    cuts, starts = np.unique(before, return_index=True)
    if not base.shape[1]:
        return pd.DataFrame(index=pd.RangeIndex(len(base) + len(positions)), columns=base.columns)
    if len(cuts) > MOST_SLICES:
        return _stacked([base, fresh]).take(labels.merge_order(len(base), positions))
    parts, done = [], 0
    stops = [*starts[1:], len(positions)]
    for cut, start, stop in zip(cuts, starts, stops, strict=True):
        parts += [base.iloc[done:cut], fresh.iloc[start:stop]]
        done = int(cut)
    return _stacked([*parts, base.iloc[done:]])


def _without(base: pd.DataFrame, positions: Ints) -> pd.DataFrame:
    keep = np.ones(len(base) + 2, dtype=np.bool_)
    keep[0] = keep[-1] = False
    keep[positions + 1] = False
    edges = np.flatnonzero(np.diff(keep.astype(np.int8)))
    runs = edges.reshape(-1, 2)
    if not base.shape[1]:
        return base.iloc[: len(base) - len(positions)]
    if len(runs) > MOST_SLICES:
        return base.take(np.flatnonzero(keep[1:-1]))
    return _stacked([base.iloc[start:stop] for start, stop in runs] or [base.iloc[:0]])


def _stacked(parts: list[pd.DataFrame]) -> pd.DataFrame:
    filled = [part for part in parts if len(part)] or parts[:1]
    if len(filled) == 1:
        return filled[0].copy(deep=False)
    joined = pd.concat(filled, ignore_index=True)
    for place, (dtype, wanted) in enumerate(zip(joined.dtypes, filled[0].dtypes, strict=True)):
        if dtype != wanted:
            arrays = [writes.column(part, place) for part in filled]
            writes.put(joined, place, type(arrays[0])._concat_same_type(arrays))
    return joined


def _columns_in(frame: Frame, effect: ColumnsIn) -> Done:
    df = frame.df
    base = bare(df)
    names: list[Any] = list(df.columns)
    columns = list(frame.layout.columns)
    parts: list[pd.DataFrame] = []
    side_by_side: dict[int, Any] = {}
    done = 0
    for number, place in enumerate(effect.places):
        if place - number > done:
            parts += [pd.DataFrame(side_by_side, base.index, copy=False), base.iloc[:, done : place - number]]
            side_by_side, done = {}, place - number
        held = sized(effect.arrays[number], effect.rows, frame.rids).copy()
        side_by_side[number] = writes.wrap(held, base.index)
        names.insert(place, effect.labels[number])
        columns.insert(place, effect.cids[number])
    new = _beside([*parts, pd.DataFrame(side_by_side, base.index, copy=False), base.iloc[:, done:]], base)
    kept = _swap_columns(frame, new, columns, _index_like(df.columns, names), effect.kept)
    return Done(ColumnsOut(effect.cids, kept), columns=frozenset(effect.cids), schema=True)


def _columns_out(frame: Frame, effect: ColumnsOut) -> Done:
    df = frame.df
    places = sorted(frame.layout.place(cid) for cid in effect.cids)
    gone = set(places)
    cids = tuple(frame.layout.columns[place] for place in places)
    arrays = tuple(_unshared(df, place) for place in places)
    back = tuple(df.columns[place] for place in places)
    new = bare(df).drop(columns=places)
    rest = [cid for place, cid in enumerate(frame.layout.columns) if place not in gone]
    before = tuple(frame.layout.columns)
    twice = df.columns.duplicated(keep=False)
    shared = frozenset(label for place, label in zip(places, back, strict=True) if twice[place])
    kept = _swap_columns(frame, new, rest, df.columns.delete(places), effect.kept)
    inverse = ColumnsIn(tuple(places), cids, back, arrays, frame.rids.copy(), kept, before, shared)
    return Done(inverse, columns=frozenset(cids), schema=True)


def _unshared(df: pd.DataFrame, place: int) -> Array:
    """A column that leaves the frame; copied, because what it shared memory with may be written in place later."""
    values = writes.column(df, place)
    return values.copy()


def _relabel(frame: Frame, effect: Relabel) -> Done:
    df = frame.df
    place = frame.layout.place(effect.cid)
    old = df.columns[place]
    new = pd.DataFrame(df)
    wanted = labels.relabelled(df.columns, place, effect.label)
    kept = _swap_columns(frame, new, list(frame.layout.columns), wanted, effect.kept)
    return Done(Relabel(effect.cid, old, kept), schema=True)


def _move(frame: Frame, effect: Move) -> Done:
    df = frame.df
    place = frame.layout.place(effect.cid)
    order = [p for p in range(df.shape[1]) if p != place]
    order.insert(min(effect.to, len(order)), place)
    base = bare(df)
    low, high = min(place, effect.to), max(place, effect.to) + 1
    inner = [base.iloc[:, place : place + 1]]
    rest = [base.iloc[:, low:place], base.iloc[:, place + 1 : high]]
    middle = [*inner, *rest] if effect.to < place else [*rest, *inner]
    new = _beside([base.iloc[:, :low], *middle, base.iloc[:, high:]], base)
    columns = [frame.layout.columns[p] for p in order]
    kept = _swap_columns(frame, new, columns, df.columns[order], effect.kept)
    return Done(Move(effect.cid, place, kept), schema=True)


def _beside(parts: list[pd.DataFrame], base: pd.DataFrame) -> pd.DataFrame:
    filled = [part for part in parts if part.shape[1]]
    return pd.concat(filled, axis=1, ignore_index=True) if filled else base.iloc[:, :0]


def _index_like(old: Any, names: list[Any]) -> Any:
    if isinstance(old, pd.MultiIndex):
        return pd.MultiIndex.from_tuples(names, names=old.names)
    found = pd.Index(names, tupleize_cols=False)
    if found.dtype != old.dtype and len(old):
        try:
            same = pd.Index(names, dtype=old.dtype, tupleize_cols=False)
            found = same if all(map(labels.same_label, same, names)) else found
        except (TypeError, ValueError):
            pass
    return found.set_names(old.names)


def _swap_columns(frame: Frame, new: pd.DataFrame, columns: list[int], wanted: Any, kept: Kept | None) -> Kept:
    frame.check()
    df, before = frame.df, frame.columns_state
    exact = kept is not None and kept.after == before and kept.index is not None
    after = kept.before if exact and kept is not None else frame.new_state()
    remembered = Kept(df.columns, None, before, after)
    columns_index: Any = kept.index if exact and kept is not None else wanted
    new.columns = columns_index
    new.index = df.index
    writes.swap(df, new)
    frame.columns_state = after
    frame.layout.columns = columns
    frame.layout.changed()
    return remembered


def _recast(frame: Frame, effect: Recast) -> Done:
    place = frame.layout.place(effect.cid)
    old = _unshared(frame.df, place)
    frame.check()
    writes.put(frame.df, place, sized(effect.array, effect.rows, frame.rids).copy())
    frame.layout.changed()
    return Done(Recast(effect.cid, old, frame.rids.copy()), n_cells=len(frame.df), columns=frozenset({effect.cid}), schema=True)
