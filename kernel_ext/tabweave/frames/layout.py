"""Which column id stands where: the shown index levels first, then the columns in order, and their cached schema.

It must not know values, rows or operations.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import pandas as pd
from tabweave_core.engine.bounds import NUMBERS
from tabweave_core.errors import NotFound, did_you_mean
from tabweave_core.protocol.schema import Column, Schema

from .columns import DTYPES, describe_dtype, has_shown_index, label_text

if TYPE_CHECKING:
    from collections.abc import Hashable


class Layout:
    """Ids of a frame's index levels and columns; ids count up from `first` and are never used again."""

    def __init__(self, df: pd.DataFrame, first: int = 0) -> None:
        self.levels: list[int] = []
        self.columns: list[int] = []
        self._next = first
        self._places: dict[int, int] = {}
        self._schema: Schema | None = None
        self._by_id: dict[int, Column] = {}
        self.levels = self.new(df.index.nlevels if has_shown_index(df.index) else 0)
        self.columns = self.new(df.shape[1])
        self.bounds: dict[int, tuple[str | None, str | None]] = {}
        """The least and the greatest number that a column may hold, where that is declared."""
        self.index: list[Column] = _levels(df.index, self.levels)
        """The index levels as the schema tells them; another list when they read otherwise."""
        self.changed()

    @property
    def next(self) -> int:
        """The first id that was never used."""
        return self._next

    def new(self, count: int) -> list[int]:
        """Ids that were never used."""
        self._next += count
        return list(range(self._next - count, self._next))

    def changed(self) -> None:
        """Forgets what was cached about the old structure."""
        self._schema = None
        self._places = {cid: place for place, cid in enumerate(self.columns)}

    def match_index(self, index: pd.Index[Any]) -> None:
        """Gives the index levels ids again when their number changed."""
        count = index.nlevels if has_shown_index(index) else 0
        if count != len(self.levels):
            self.levels = self.levels[:count] + self.new(max(count - len(self.levels), 0))
        described = _levels(index, self.levels)
        if described != self.index:
            self.index = described
            self._schema = None

    def place(self, cid: int) -> int:
        """The position of a column among the frame's columns, or -1 when it is not (or no longer) one."""
        return self._places.get(cid, -1)

    def schema(self, df: pd.DataFrame) -> Schema:
        """The schema, cached until `changed`."""
        if self._schema is None:
            described = self.index + [
                self.bounded(describe_dtype(dtype, id=cid, name=label_text(label), index=False))
                for cid, label, dtype in zip(self.columns, df.columns, df.dtypes, strict=True)
            ]
            self._schema = Schema(columns=described, dtypes=DTYPES)
            self._by_id = {column.id: column for column in described}
        return self._schema

    def bounded(self, column: Column) -> Column:
        """A column with the bounds that are declared for it; they rest while it holds no numbers."""
        if column.id not in self.bounds or column.kind not in NUMBERS:
            return column
        least, most = self.bounds[column.id]
        return msgspec.structs.replace(column, least=least, most=most)

    def column(self, df: pd.DataFrame, cid: int) -> Column:
        """The column (or index level) with this id; raises `NO_COLUMN`."""
        self.schema(df)
        found = self._by_id.get(cid)
        if found is None:
            raise NotFound("NO_COLUMN", f"There is no column with id {cid}; it may have been deleted.", hint="Reload the table.")
        return found

    def named(self, df: pd.DataFrame, name: str) -> int:
        """The id of the first column that reads `name`; raises `NO_COLUMN` with the nearest names."""
        columns = self.schema(df).columns
        for column in columns:
            if column.name == name:
                return column.id
        raise NotFound("NO_COLUMN", f"There is no column {name!r}.", hint=did_you_mean(name, [c.name for c in columns]))


def level_label(index: pd.Index[Any], level: int) -> str:
    """How an index level is called in the schema."""
    name: Hashable = index.names[level]
    if name is not None:
        return label_text(name)
    return "index" if index.nlevels == 1 else f"level_{level}"


def _levels(index: pd.Index[Any], ids: list[int]) -> list[Column]:
    dtypes = [_level_dtype(index, level) for level in range(len(ids))] if isinstance(index, pd.MultiIndex) else [index.dtype]
    return [describe_dtype(dtypes[i], id=cid, name=level_label(index, i), index=True) for i, cid in enumerate(ids)]


def _level_dtype(index: pd.MultiIndex, level: int) -> Any:
    """The dtype of a level's values: missing ones make floats of NumPy integers and objects of booleans."""
    dtype: Any = index.levels[level].dtype
    codes = index.codes[level]
    if isinstance(dtype, np.dtype) and dtype.kind in "iub" and len(codes) and codes.min() < 0:
        return np.dtype(object if dtype.kind == "b" else np.float64)
    return dtype
