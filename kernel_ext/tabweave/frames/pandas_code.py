"""Edits as pandas statements. Rows and columns are addressed by position, so any index and any labels will do."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa

from . import writes
from .defaults import default_values
from .effects import Arrange, Bound, ColumnsIn, ColumnsOut, Effect, Move, Recast, Relabel, RowsIn, RowsOut, SetValues, Several
from .labels import merge_order
from .literals import array_source, dtype_source, object_source, plain
from .outline import State, unique
from .structure import default_like

if TYPE_CHECKING:
    from tabweave_core.engine.rows import Ints

    from .frame import Frame
    from .log import Entry


IMPORTS = [
    {"datetime": "import datetime", "decimal": "import decimal"},
    {"np": "import numpy as np", "pd": "import pandas as pd", "pa": "import pyarrow as pa"},
]


def _is_used(name: str, code: list[str]) -> bool:
    return any(re.search(rf"\b{name}\.", line) for line in code)


class PandasWriter:
    """Says effects as pandas statements on a variable."""

    def __init__(self, frame: Frame) -> None:
        self.name = frame.name if frame.name.isidentifier() else "df"

    def begin(self, _frame: Frame, _state: State) -> list[str]:
        """Nothing: the variable is there."""
        return []

    def needed(self, statements: list[str]) -> list[str]:
        """The imports of what the statements use."""
        code = [line for line in statements if not line.startswith("#")]
        groups = [[line for name, line in group.items() if _is_used(name, code)] for group in IMPORTS]
        return [line for group in groups if group for line in [*group, ""]]

    def comment(self, text: str) -> str:
        """A Python comment."""
        return f"# {text}"

    def told(self, entry: Entry, state: State) -> list[str]:
        """The statements of one entry."""
        assert entry.effect is not None
        return [self.comment(entry.summary.replace("\n", " ")), *self._statements(entry.effect, entry, state)]

    def _statements(self, effect: Effect, entry: Entry, state: State) -> list[str]:  # noqa: C901 - one case per effect
        df = self.name
        match effect:
            case SetValues():
                return [line for piece in effect.pieces for line in self._cells(state, piece.cid, piece.rids, piece.values)]
            case RowsIn():
                return self._rows_in(effect, state)
            case RowsOut():
                positions = np.sort(state.rows.positions(effect.rids))
                lines = [f"{df} = {df}.iloc[np.delete(np.arange(len({df})), {_places(positions)})]"]
                return lines + self._count(state)
            case ColumnsIn():
                return [self._column_in(*parts) for parts in zip(effect.places, effect.labels, effect.arrays, strict=True)]
            case ColumnsOut():
                places = sorted(state.columns.index(cid) for cid in effect.cids)
                names = [state.labels[place] for place in places]
                if all(unique(state.labels, name) for name in names):
                    return [f"{df} = {df}.drop(columns={names!r})"]
                return [f"{df} = {df}.iloc[:, np.delete(np.arange({df}.shape[1]), {places})]"]
            case Relabel():
                return self._relabel(effect, state)
            case Move():
                order = list(range(len(state.columns)))
                order.insert(effect.to, order.pop(state.columns.index(effect.cid)))
                return [f"{df} = {df}.iloc[:, {order}]"]
            case Recast():
                return self._recast(effect, entry, state)
            case Bound():
                return []
            case Arrange():
                return [f"{df} = {df}.iloc[{_places(state.rows.positions(effect.rids), bare=True)}]", *self._count(state)]
            case Several():
                lines, state = [], state.copy()
                for each in effect.effects:
                    lines += self._statements(each, entry, state)
                    state.advance(each)
                return lines

    def _cells(self, state: State, cid: int, rids: Ints, values: Any) -> list[str]:
        place, rows = state.columns.index(cid), state.rows.positions(rids)
        # Setting several cells of a dictionary array at once fills its missing cells with other values in pandas 3.1.
        encoded = isinstance(values.dtype, pd.ArrowDtype) and pa.types.is_dictionary(values.dtype.pyarrow_dtype)
        if encoded or (isinstance(values, np.ndarray) and values.dtype.kind == "O"):
            return [f"{self.name}.iat[{row}, {place}] = {plain(cell)}" for row, cell in zip(rows.tolist(), values, strict=True)]
        if len(np.unique(rows)) < len(rows):
            # Of equal rows the last wins, as in the grid.
            _, last = np.unique(rows[::-1], return_index=True)
            keep = np.sort(len(rows) - 1 - last)
            rows, values = rows[keep], writes.take(values, keep)
        return [f"{self.name}.iloc[{_places(rows, bare=True)}, {place}] = {array_source(values)}"]

    def _rows_in(self, effect: RowsIn, state: State) -> list[str]:
        df, count = self.name, len(effect.positions)
        lines = ["rows = pd.DataFrame({"]
        for place, cid in enumerate(state.columns):
            held = effect.values.get(cid)
            if held is None:
                held = default_values(default_like(state.dtypes[cid]), count)
            lines.append(f"    {place}: {array_source(held)},")
        lines += [f"}}, index=range({count}))", f"rows.columns = {df}.columns"]
        if not state.counted:
            lines.append(f"rows.index = {_index_source(effect.labels)}")
        joined = f"pd.concat([{df}, rows])"
        first, size = int(effect.positions[0]), len(state.rows)
        if (np.diff(effect.positions) == 1).all():
            parts = [f"{df}.iloc[:{first}]"] * (first > 0) + ["rows"] + [f"{df}.iloc[{first}:]"] * (first < size)
            lines.append(f"{df} = pd.concat([{', '.join(parts)}])")
        else:
            lines.append(f"{df} = {joined}.iloc[{merge_order(size, effect.positions).tolist()}]")
        return lines + self._count(state)

    def _count(self, state: State) -> list[str]:
        if not state.counted:
            return []
        return [f"{self.name}.index = pd.RangeIndex(len({self.name}), name={state.index.name!r})"]

    def _column_in(self, place: int, label: Any, values: Any) -> str:
        constant = self._column_source(values)
        if constant.endswith(f".repeat({len(values)})"):
            constant = constant.removesuffix(f"{len(values)})") + f"len({self.name}))"
        return f"{self.name}.insert({place}, {_label(label)}, {constant}, allow_duplicates=True)"

    def _relabel(self, effect: Relabel, state: State) -> list[str]:
        place = state.columns.index(effect.cid)
        old = state.labels[place]
        if unique(state.labels, old) and isinstance(effect.label, str):
            return [f"{self.name} = {self.name}.rename(columns={{{old!r}: {effect.label!r}}})"]
        columns = f"{self.name}.columns"
        return [f"{columns} = {columns}.delete({place}).insert({place}, {_label(effect.label)}).set_names({columns}.names)"]

    def _recast(self, effect: Recast, entry: Entry, state: State) -> list[str]:
        place = state.columns.index(effect.cid)
        old = entry.inverse.array if isinstance(entry.inverse, Recast) else None
        target = f"{self.name}.isetitem({place}, "
        if old is not None and _converts(old, effect.array):
            return [f"{target}{self.name}.iloc[:, {place}].astype({dtype_source(effect.array.dtype)}))"]
        return [f"{target}{self._column_source(effect.array)})"]

    def _column_source(self, values: Any) -> str:
        if isinstance(values.dtype, np.dtype) and values.dtype.kind == "O":
            return object_source(values, f"{self.name}.index")
        return array_source(values)


def _converts(old: Any, new: Any) -> bool:
    """Whether pandas' own astype gives the very same array."""
    if isinstance(new.dtype, pd.CategoricalDtype):
        return False
    try:
        found = writes.wrap(old).astype(new.dtype)
    except Exception:
        return False
    wanted = writes.wrap(new)
    return bool(found.dtype == wanted.dtype and found.equals(wanted))


def _places(rows: Ints, *, bare: bool = False) -> str:
    if len(rows) > 1 and (np.diff(rows) == 1).all():
        span = f"{int(rows[0])}:{int(rows[-1]) + 1}"
        return span if bare else f"np.s_[{span}]"
    return str(rows.tolist())


def _label(label: Any) -> str:
    if isinstance(label, tuple):
        return f"({', '.join(map(_label, label))},)"
    return plain(label)


def _index_source(index: Any) -> str:
    if isinstance(index, pd.MultiIndex):
        tuples = ", ".join(f"({', '.join(plain(part) for part in row)},)" for row in index)
        return f"pd.MultiIndex.from_tuples([{tuples}], names={list(index.names)!r})"
    return f"pd.Index({array_source(index._values)}, name={index.name!r}, dtype={dtype_source(index.dtype)})"
