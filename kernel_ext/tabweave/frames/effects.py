"""What operations come down to: eleven effects on a frame, each of which gives its exact inverse when it is performed.

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
from .splicing import bare, beside, index_like, spliced, without

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    from tabweave_core.engine.rows import Ints, RowIds, RowsChange

    from .frame import Frame
    from .writes import Array


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


@dataclass(frozen=True, eq=False)
class Bound:
    """Declares the least and the greatest number of a column."""

    cid: int
    least: str | None
    most: str | None


@dataclass(frozen=True, eq=False)
class Arrange:
    """Puts the rows in the order of `rids`, which are all there are."""

    rids: Ints
    kept: Kept | None = None


@dataclass(frozen=True, eq=False)
class Several:
    """Effects in turn, all or none. An inverse has in `rows` and `columns` the structure that it can be performed on."""

    effects: tuple[Effect, ...]
    rows: RowIds | None = None
    columns: tuple[int, ...] = ()


Effect = SetValues | RowsIn | RowsOut | ColumnsIn | ColumnsOut | Relabel | Move | Recast | Bound | Arrange | Several


@dataclass(frozen=True, eq=False)
class Done:
    """An effect performed, its inverse, and what it touched."""

    inverse: Effect
    n_cells: int = 0
    n_rows: int = 0
    columns: frozenset[int] = field(default_factory=frozenset)
    rows: RowsChange | None = None
    schema: bool = False


def perform(frame: Frame, effect: Effect) -> Done:  # noqa: C901 - one case per effect
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
        case Bound():
            return _bind(frame, effect)
        case Arrange():
            return _arrange(frame, effect)
        case Several():
            return _several(frame, effect)


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


def _rows_in(frame: Frame, effect: RowsIn) -> Done:
    df, count = frame.df, len(effect.positions)
    extra = {}
    for place, cid in enumerate(frame.layout.columns):
        held = writes.column(df, place)
        values = effect.values.get(cid)
        fits = values is not None and values.dtype == held.dtype
        extra[place] = writes.wrap(values if fits else default_values(held, count))
    fresh = pd.DataFrame(extra, index=pd.RangeIndex(count), columns=pd.RangeIndex(df.shape[1]), copy=True)
    joined = spliced(bare(df), fresh, effect.positions)
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
    rest = without(bare(df), positions)
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
    new = beside([*parts, pd.DataFrame(side_by_side, base.index, copy=False), base.iloc[:, done:]], base)
    kept = _swap_columns(frame, new, columns, index_like(df.columns, names), effect.kept)
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
    new = beside([base.iloc[:, :low], *middle, base.iloc[:, high:]], base)
    columns = [frame.layout.columns[p] for p in order]
    kept = _swap_columns(frame, new, columns, df.columns[order], effect.kept)
    return Done(Move(effect.cid, place, kept), schema=True)


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


def _bind(frame: Frame, effect: Bound) -> Done:
    layout = frame.layout
    old = layout.bounds.pop(effect.cid, (None, None))
    if (effect.least, effect.most) != (None, None):
        layout.bounds[effect.cid] = effect.least, effect.most
    layout.changed()
    return Done(Bound(effect.cid, *old), schema=True)


def _arrange(frame: Frame, effect: Arrange) -> Done:
    df, before = frame.df, frame.rids.ids(slice(None))
    order = frame.rids.positions(effect.rids)
    index = df.index if labels.counts_rows(df.index) else df.index.take(order)
    layout = frame.layout.index
    kept = _swap_rows(frame, bare(df).take(order), index, effect.kept)
    change = frame.rids.arrange(effect.rids)
    return Done(Arrange(before, kept), rows=change, schema=frame.layout.index is not layout)


def _several(frame: Frame, effect: Several) -> Done:
    before = frame.rids.copy()
    done: list[Done] = []
    frame.check()
    # What moves from here on are the effects themselves.
    check, frame.check = frame.check, _unchecked
    try:
        for each in effect.effects:
            done.append(perform(frame, each))  # noqa: PERF401 - what was done must be known when one fails
    except BaseException:
        for performed in reversed(done):
            perform(frame, performed.inverse)
        raise
    finally:
        frame.check = check
    inverse = Several(tuple(one.inverse for one in reversed(done)), frame.rids.copy(), tuple(frame.layout.columns))
    return Done(
        inverse,
        n_cells=sum(one.n_cells for one in done),
        n_rows=sum(one.n_rows for one in done),
        columns=frozenset[int]().union(*(one.columns for one in done)),
        rows=before.change_to(frame.rids) if any(one.rows is not None for one in done) else None,
        schema=any(one.schema for one in done),
    )


def _unchecked() -> None:
    return
