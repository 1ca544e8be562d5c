"""A table computed from a frame, brought back into it: cells by column, rows, columns, names and order, as one effect.

Row ids say which rows are the frame's own. A column keeps its dtype where that can hold the new values; else it gets another
one, and that is said. It must not know plans or databases.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
from tabweave_core.errors import Refused

from . import labels, writes
from .columns import label_text
from .effects import Arrange, ColumnsIn, ColumnsOut, Effect, Move, Piece, Recast, Relabel, RowsIn, RowsOut, SetValues, Several
from .structure import check_labels

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping, Sequence

    from tabweave_core.engine.rows import Ints

    from .frame import Frame

Array = Any


@dataclass(frozen=True)
class Cells:
    """New values of some rows of a column."""

    rids: Ints
    values: pa.ChunkedArray


@dataclass(frozen=True)
class Result:
    """What became of a frame.

    `names` are all columns in order and `own` the column ids of those that were there, index levels left out; `rids` the row
    of the frame that each row is, -1 for new ones. `changed` are the cells that differ, by name; `retyped` columns have
    another type. `whole` gives all cells of columns, in order of the rows.
    """

    names: Sequence[str]
    own: Mapping[str, int]
    rids: Ints
    changed: Mapping[str, Cells]
    retyped: frozenset[str]
    whole: Callable[[Sequence[str]], pa.Table]


@dataclass
class Rewrite:
    """The effect that makes a frame the result, None when it is that already, and what is to be said about types."""

    effect: Effect | None = None
    notes: list[str] = field(default_factory=list)


class Rewriting:
    """Works out one rewrite; `fit` gives cells in the dtype of an array or None, `make` in the dtype that they ask for."""

    def __init__(
        self,
        frame: Frame,
        result: Result,
        fit: Callable[[pa.ChunkedArray, Array], Array | None],
        make: Callable[[pa.ChunkedArray, Array | None], Array],
    ) -> None:
        self.frame = frame
        self.result = result
        self.fit = fit
        self.make = make
        self.notes: list[str] = []
        self.effects: list[Effect] = []
        self.columns = list(frame.layout.columns)
        self.is_new = result.rids < 0
        own = result.rids[~self.is_new]
        positions = frame.rids.positions(own)
        self.moved = bool((np.diff(positions) < 0).any())
        kept = np.zeros(len(frame.rids), dtype=np.bool_)
        kept[positions] = True
        self.gone = np.flatnonzero(~kept)
        self.rows = frame.rids.copy()
        self.rows.delete(self.gone)
        order = np.argsort(positions, kind="stable") if self.moved else np.arange(len(own))
        self.old_rows = np.flatnonzero(~self.is_new)[order]
        self.new_rows = np.flatnonzero(self.is_new)

    def work(self) -> Rewrite:
        """The rewrite."""
        result, frame = self.result, self.frame
        self._rename()
        dropped = tuple(cid for cid in self.columns if cid not in result.own.values())
        if dropped:
            self.effects.append(ColumnsOut(dropped))
            self.columns = [cid for cid in self.columns if cid not in dropped]
        if len(self.gone):
            self.effects.append(RowsOut(frame.rids.ids(self.gone)))
        fresh: dict[int, Array] = {}
        self._write(fresh)
        self._add_columns(fresh)
        self._move()
        final = self._add_rows(fresh)
        if self.moved:
            self.effects.append(Arrange(final))
        if not self.effects:
            return Rewrite(None, self.notes)
        alone = len(self.effects) == 1 and not self.moved
        return Rewrite(self.effects[0] if alone else Several(tuple(self.effects)), self.notes)

    def _rename(self) -> None:
        for name, cid in self.result.own.items():
            old = self.frame.df.columns[self.frame.layout.place(cid)]
            if label_text(old) != name:
                label = labels.typed_label(self.frame.df.columns, old, name)
                self.effects.append(Relabel(cid, label))

    def _write(self, fresh: dict[int, Array]) -> None:
        """Cells of columns that were there; `fresh` takes those of new rows."""
        wanted = [name for name, cid in self.result.own.items() if len(self.new_rows) or name in self.result.retyped]
        whole = self.result.whole(wanted)
        pieces = []
        for name, cid in self.result.own.items():
            held = writes.column(self.frame.df, self.frame.layout.place(cid))
            cells = self.result.changed.get(name)
            values = None if cells is None else self.fit(cells.values, held)
            added = None
            if len(self.new_rows):
                added = self.fit(whole.column(name).take(pa.array(self.new_rows)), held)
            fits = name not in self.result.retyped and (cells is None or values is not None)
            if fits and (added is not None or not len(self.new_rows)):
                if cells is not None and len(cells.rids):
                    pieces.append(Piece(cid, cells.rids, values))
                    if _holds_objects(held):
                        self.notes.append(f"{name} holds Python objects; what is written there is text")
                if added is not None:
                    fresh[cid] = added
                continue
            self._convert(name, (whole if name in wanted else self.result.whole([name])).column(name), held, fresh)
        if pieces:
            self.effects.append(SetValues(tuple(pieces)))

    def _convert(self, name: str, column: pa.ChunkedArray, held: Array, fresh: dict[int, Array]) -> None:
        """A column that gets another dtype, with all its cells."""
        cid = self.result.own[name]
        made = self.make(column, None if name in self.result.retyped else held)
        self.effects.append(Recast(cid, writes.take(made, self.old_rows), self.rows))
        if len(self.new_rows):
            fresh[cid] = writes.take(made, self.new_rows)
        if isinstance(made.dtype, pd.CategoricalDtype):
            self.notes.append(f"{name} gets new categories")
        elif made.dtype != held.dtype:
            self.notes.append(f"{name} becomes {made.dtype} (was {held.dtype})")

    def _add_columns(self, fresh: dict[int, Array]) -> None:
        names = [name for name in self.result.names if name not in self.result.own]
        wanted = dict(zip(names, self.frame.layout.new(len(names)), strict=True))
        self.order = [self.result.own[name] if name in self.result.own else wanted[name] for name in self.result.names]
        if not names:
            return
        whole = self.result.whole(names)
        arrays = []
        for name, cid in wanted.items():
            made = self.make(whole.column(name), None)
            arrays.append(writes.take(made, self.old_rows))
            fresh[cid] = writes.take(made, self.new_rows)
        in_order = [cid for cid in self.order if cid not in wanted.values()] == self.columns
        places = [self.order.index(cid) if in_order else len(self.columns) + nth for nth, cid in enumerate(wanted.values())]
        for place, cid in zip(places, wanted.values(), strict=True):
            self.columns.insert(place, cid)
        spelt = tuple(self._label(name) for name in names)
        self.effects.append(ColumnsIn(tuple(places), tuple(wanted.values()), spelt, tuple(arrays), self.rows))

    def _label(self, name: str) -> Hashable:
        columns = self.frame.df.columns
        return (name, *[""] * (columns.nlevels - 1)) if isinstance(columns, pd.MultiIndex) else name

    def _move(self) -> None:
        for place, cid in enumerate(self.order):
            if self.columns[place] != cid:
                self.columns.remove(cid)
                self.columns.insert(place, cid)
                self.effects.append(Move(cid, place))

    def _add_rows(self, fresh: Mapping[int, Array]) -> Ints:
        final = self.result.rids.copy()
        count = len(self.new_rows)
        if count:
            spelt = labels.fresh(self.frame.df.index, count)
            check_labels(self.frame, spelt)
            rids = self.frame.rids.new(count)
            final[self.new_rows] = rids
            self.effects.append(RowsIn(self.new_rows, rids, fresh, spelt))
        return final


def refuse_level(name: str) -> Refused:
    """The refusal to change an index level."""
    hint = "Call reset_index() and assign the result first."
    return Refused("NOT_EDITABLE", f"{name} is a level of the index, which a command cannot change.", hint=hint)


def _holds_objects(held: Array) -> bool:
    return (
        isinstance(held, np.ndarray)
        and held.dtype.kind == "O"
        and any(not isinstance(value, str) and value is not None and value == value for value in held[:1000])
    )
