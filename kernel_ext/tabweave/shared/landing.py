"""The table's changes put into the DataFrame: structure first, then cells, in the very object and with its own dtypes.

Own cells that the table does not have yet stay on top. It must not know sessions, or when any of this may happen.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
from tabweave_core.engine.dtypes import parse
from tabweave_core.replica.events import Advanced, Whole

from ..frames import labels, writes
from ..frames.columns import label_text
from ..frames.difference import Difference, differing
from ..frames.splicing import bare
from . import exchange
from .base import Base, row_ids
from .shifting import Shift, moved

if TYPE_CHECKING:
    from tabweave_core.engine.rows import Ints, RowIds, RowsChange
    from tabweave_core.protocol.schema import Change, Column, Schema

    from .exchange import Array
    from .outgoing import Piece
    from .overlay import Overlay

News = Whole | Advanced


@dataclass
class Landed:
    """What came of it: how the DataFrame differs, where cells changed by column name, whose doing it was."""

    difference: Difference
    base: Base
    cells: dict[str, Ints] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    widened: list[tuple[str, str, str]] = field(default_factory=list)
    """Columns whose dtype became another one because it could not hold a value: the name, what it was, what it is."""


def in_place(base: Base, news: list[News]) -> bool:
    """Whether only cells of columns change."""
    return all(
        isinstance(each, Advanced)
        and each.delta.runs is None
        and each.delta.schema is None
        and not each.delta.reread
        and not (each.rows is not None and any(str(cid) in each.rows.column_names for cid in base.levels))
        for each in news
    )


class Landing:
    """One landing of news, in order, in a DataFrame that holds `base`."""

    def __init__(self, df: pd.DataFrame, base: Base, news: list[News], overlay: Overlay) -> None:
        start = max((at for at, each in enumerate(news) if isinstance(each, Whole)), default=0)
        self._df = df
        self._old = base
        self._news = news[start:]
        self._overlay = overlay
        self._rows: RowsChange | None = None
        self._source: list[int | None] = []
        self._renamed: set[int] = set()
        self._retyped: set[int] = set()
        self._changed: dict[int, Ints] = {}
        self._levels: dict[int, Array] = {}
        self._shift: Shift | None = None
        self._fresh = False
        self._index = False
        self._widened: list[tuple[str, str, str]] = []
        self.base = self._next_base()

    def run(self) -> Landed:
        """Changes the DataFrame."""
        simple = in_place(self._old, self._news)
        if not simple:
            self._reshape()
        for at, each in enumerate(self._news):
            self._overlay.settle(each.delta.rev if isinstance(each, Advanced) else each.rev)
            if each.rows is not None:
                self._fill(each.rows, self._read_anew(at + 1))
        if self._levels:
            self._put_levels()
        moved = not simple and self._source != list(range(len(self._old.columns)))
        difference = Difference(
            source=tuple(self._source) if moved else None,
            renamed=frozenset(self._renamed),
            retyped=frozenset(self._retyped),
            changed=dict(self._changed),
            rows=self._rows,
            fresh=self._fresh,
            index=self._index,
        )
        names = {self._name(place): rows for place, rows in self._changed.items() if len(rows)}
        changes = [change for each in self._news if isinstance(each, Advanced) for change in each.delta.changes]
        return Landed(difference, self.base, names, changes, self._widened)

    def _name(self, place: int) -> str:
        return label_text(self._df.columns[place])

    def _next_base(self) -> Base:
        schema, rids, rev = self._old.schema, self._old.rids, self._old.rev
        for each in self._news:
            if isinstance(each, Whole):
                schema, rids, rev = each.schema, row_ids(each.runs), each.rev
            else:
                schema, rev = each.delta.schema or schema, each.delta.rev
                rids = rids if each.delta.runs is None else row_ids(each.delta.runs)
        made = Base.of(schema, rids, rev)
        made._next_row, made._next_column = self._old._next_row, self._old._next_column
        return made

    # Structure

    def _reshape(self) -> None:
        """Gives the DataFrame the rows and columns of the table, new ones with what the news has of them."""
        df, old, new = self._df, self._old, self.base
        same_rows = old.rids.same_rows(new.rids)
        if not same_rows:
            self._rows = moved(old.rids, new.rids)
            self._fresh = self._rows is None
            self._shift = None if self._rows is None else Shift(self._rows)
        columns = [column for column in new.schema.columns if not column.index]
        self._source = [old.columns.index(column.id) if column.id in old.columns else None for column in columns]
        if same_rows and old.levels == new.levels and old.schema.columns == new.schema.columns:
            return
        kept = [self._kept(column, was) for column, was in zip(columns, self._source, strict=True)]
        self._take_levels(new.schema)
        index = self._make_index(same_rows)
        made = self._beside(columns, kept) if same_rows else self._shifted(columns, kept)
        made.columns = self._labels(columns)
        made.index = index
        writes.swap(df, made)

    def _kept(self, column: Column, was: int | None) -> bool:
        """Whether a column goes on with what it holds."""
        before = self._old.column(column.id)
        if was is None or before is None or self._fresh or (before.kind, before.dtype) != (column.kind, column.dtype):
            return False
        return column.kind != "category" or _same_labels(writes.column(self._df, was), column)

    def _fill_in(self, place: int, column: Column) -> Array:
        """A column that does not go on, as the news has it."""
        if self._source[place] is not None:
            self._retyped.add(place)
        return self._whole(column)

    def _beside(self, columns: list[Column], kept: list[bool]) -> pd.DataFrame:
        """The same rows: columns that go on are not copied, as long as nobody writes."""
        base, rows = bare(self._df), pd.RangeIndex(len(self.base.rids))
        parts: list[pd.DataFrame] = []
        for place, (column, was) in enumerate(zip(columns, self._source, strict=True)):
            if kept[place] and was is not None:
                parts.append(base.iloc[:, was : was + 1])
            else:
                parts.append(pd.DataFrame({0: writes.wrap(self._fill_in(place, column))}, rows, copy=False))
        return pd.concat(parts, axis=1, ignore_index=True) if parts else pd.DataFrame(index=rows)

    def _shifted(self, columns: list[Column], kept: list[bool]) -> pd.DataFrame:
        """Other rows: every column is made anew."""
        arrays, shift = {}, self._shift
        for place, (column, was) in enumerate(zip(columns, self._source, strict=True)):
            if kept[place] and was is not None and shift is not None:
                found = shift.apply(writes.column(self._df, was))
            else:
                found = self._fill_in(place, column)
            arrays[place] = writes.wrap(found)
        return pd.DataFrame(arrays, pd.RangeIndex(len(self.base.rids)), copy=False)

    def _whole(self, column: Column) -> Array:
        """All cells of a column as the news that read it anew has them."""
        for each in reversed(self._news):
            rows = each.rows
            whole = isinstance(each, Whole) or column.id in each.delta.reread
            if rows is not None and whole and str(column.id) in rows.column_names:
                return exchange.fresh(_placed(rows, column, self.base.rids), column)
        return exchange.fresh(_nothing(column, len(self.base.rids)), column)

    def _labels(self, columns: list[Column]) -> Any:
        """The labels of the columns: those there were, as long as they read as the table calls them."""
        df = self._df
        found: list[Any] = []
        for place, (column, was) in enumerate(zip(columns, self._source, strict=True)):
            label: Any = column.name
            if was is not None:
                label = df.columns[was]
                if label_text(label) != column.name:
                    self._renamed.add(place)
                    label = labels.typed_label(df.columns, label, column.name)
            found.append(label)
        if found == list(df.columns):
            return df.columns
        made = pd.Index(found, tupleize_cols=False)
        if made.dtype == object and all(isinstance(label, str) for label in found):
            made = pd.Index(found, dtype="str")
        return made.set_names(df.columns.names)

    # Index

    def _take_levels(self, schema: Schema) -> None:
        """The arrays of the shared index levels, fitted to the rows."""
        for column in schema.columns:
            if column.index and column.id in self._old.levels and not self._fresh:
                level = self._old.levels.index(column.id)
                before = exchange.level_values(self._df.index, level)
                self._levels[column.id] = before.copy() if self._shift is None else self._shift.apply(before)
            elif column.index:
                self._levels[column.id] = self._whole(column)

    def _make_index(self, same_rows: bool) -> Any:
        """The index for the new rows; a shared one is filled later."""
        index: Any = self._df.index
        if self.base.levels:
            return pd.RangeIndex(len(self.base.rids))
        if self._old.levels or self._fresh:
            return pd.RangeIndex(len(self.base.rids))
        if same_rows or self._rows is None:
            return index
        index = labels.removed(index, self._rows.deleted)
        return labels.inserted(index, self._rows.inserted, labels.fresh(index, len(self._rows.inserted)))

    def _put_levels(self) -> None:
        columns = [column for column in self.base.schema.columns if column.index]
        made = exchange.make_index([self._levels[column.id] for column in columns], columns)
        if not made.equals(self._df.index) or list(made.names) != list(self._df.index.names):
            self._index = True
        self._df.index = made

    # Cells

    def _read_anew(self, start: int) -> set[int]:
        """The columns that later news has whole: what came before may be of another type."""
        return {cid for each in self._news[start:] if isinstance(each, Advanced) for cid in each.delta.reread}

    def _fill(self, rows: pa.Table, but: set[int]) -> None:
        rids = np.asarray(rows.column("_rid"), dtype=np.int64)
        positions = self.base.rids.positions(rids)
        there = np.flatnonzero(positions >= 0)
        for name in rows.column_names[1:]:
            column = self.base.column(int(name))
            if column is not None and len(there) and column.id not in but:
                values = rows.column(name)
                if len(there) < len(rids):
                    values = values.take(there)
                if column.index:
                    self._fill_level(column, rids[there], positions[there], values)
                else:
                    self._fill_column(column, rids[there], positions[there], values)

    def _fill_level(self, column: Column, rids: Ints, positions: Ints, values: pa.ChunkedArray) -> None:
        if column.id not in self._levels:
            self._take_levels(self.base.schema)
        held = self._levels[column.id]
        fitted = exchange.fitted(values, held)
        if fitted is None:
            held = self._levels[column.id] = exchange.widened(held, column)
            fitted = exchange.fitted(values, held)
        assert fitted is not None, "a widened column holds whatever the table does"
        shown = ~self._overlay.covers(column.id, rids, fitted)
        held[positions[shown]] = fitted[shown]

    def _fill_column(self, column: Column, rids: Ints, positions: Ints, values: pa.ChunkedArray) -> None:
        place = self.base.columns.index(column.id)
        df = self._df
        fitted = exchange.fitted(values, writes.column(df, place))
        if fitted is None:
            fitted = self._widen(column, place, values)
        shown = np.flatnonzero(~self._overlay.covers(column.id, rids, fitted))
        positions, fitted = positions[shown], writes.take(fitted, shown)
        rows = differing(writes.read(df, place, positions), fitted)
        if rows is not None:
            positions, fitted = positions[rows], writes.take(fitted, rows)
        if len(positions):
            writes.write(df, place, positions, fitted)
            known = self._changed.get(place)
            self._changed[place] = np.sort(positions) if known is None else np.union1d(known, positions)

    def _widen(self, column: Column, place: int, values: pa.ChunkedArray) -> Array:
        """Gives a column a dtype that can hold these values too."""
        held = writes.column(self._df, place)
        wide = exchange.widened(held, column)
        fitted = exchange.fitted(values, wide)
        self._widened.append((column.name, str(held.dtype), str(wide.dtype)))
        writes.put(self._df, place, wide)
        self._retyped.add(place)
        return fitted


def _placed(rows: pa.Table, column: Column, rids: RowIds) -> pa.ChunkedArray:
    """A column's values in the order of the rows, missing for rows that are not among them."""
    values = rows.column(str(column.id))
    found = np.asarray(rows.column("_rid"), dtype=np.int64)
    if np.array_equal(found, rids.ids(slice(None))):
        return values
    positions = rids.positions(found)
    order = np.full(len(rids), -1, dtype=np.int64)
    there = positions >= 0
    order[positions[there]] = np.flatnonzero(there)
    return values.take(pa.array(order, mask=order < 0))


def _nothing(column: Column, count: int) -> pa.ChunkedArray:
    return pa.chunked_array([pa.nulls(count, parse(column.dtype).arrow)])


def _same_labels(values: Array, column: Column) -> bool:
    dtype = values.dtype
    if not isinstance(dtype, pd.CategoricalDtype):
        return True
    return list(dtype.categories) == column.categories and bool(dtype.ordered) == column.ordered


def swap(df: pd.DataFrame, wanted: pd.DataFrame) -> None:
    """Gives a DataFrame object the rows and columns of another one, which stays as it is."""
    writes.swap(df, pd.DataFrame(wanted))


def restore(df: pd.DataFrame, base: Base, pieces: list[Piece]) -> Difference:
    """Writes the values of pieces where there are such rows and columns; how the DataFrame differs then."""
    changed: dict[int, Ints] = {}
    levels: dict[int, Array] = {}
    for piece in pieces:
        positions = base.rids.positions(piece.rids)
        there = np.flatnonzero(positions >= 0)
        column = base.column(piece.cid)
        if column is None or not len(there):
            continue
        if piece.cid in base.levels:
            level = base.levels.index(piece.cid)
            like = levels.setdefault(piece.cid, exchange.level_values(df.index, level).copy())
            like[positions[there]] = piece.values[there]
        elif piece.cid in base.columns:
            place = base.columns.index(piece.cid)
            values = _alike(piece.values, column, writes.column(df, place))
            if values is not None:
                writes.write(df, place, positions[there], writes.take(values, there))
                changed[place] = np.union1d(changed.get(place, positions[:0]), positions[there])
    if levels:
        columns = [column for column in base.schema.columns if column.index]
        arrays = [levels.get(cid, exchange.level_values(df.index, at)) for at, cid in enumerate(base.levels)]
        df.index = exchange.make_index(arrays, columns)
    return Difference(changed=dict(changed), index=bool(levels))


def _alike(values: Array, column: Column, like: Array) -> Array | None:
    """Values in the dtype that their column has now."""
    if values.dtype == like.dtype:
        return values
    found = exchange.held(values, column)
    return None if found is None else exchange.fitted(found, like)
