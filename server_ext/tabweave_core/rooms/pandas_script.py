"""Edits of a shared table as pandas statements on a DataFrame with its rows and columns. Rows are addressed by position."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from ..engine.dtypes import parse
from ..engine.effects import ColumnsIn, ColumnsOut, Move, Recast, Relabel, RowsIn, RowsOut, Single
from ..engine.moments import PER_UNIT
from ..engine.texts import span
from ..errors import Refused

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..protocol.schema import Column
    from .outline import Cells, State

MOST_VALUES = 10_000
"""A change of type tells what becomes of each distinct value, of so many."""
_IMPORTS = {
    "datetime": "import datetime",
    "decimal": "import decimal",
    "pa": "import pyarrow as pa",
    "pd": "import pandas as pd",
}


class PandasScript:
    """Says effects as pandas statements on a variable called as the table is, if that can name one."""

    def __init__(self, name: str) -> None:
        self._df = name if name.isidentifier() else "df"

    def begin(self, _state: State) -> list[str]:
        """Says what the variable holds."""
        return [
            f"# {self._df} holds the table as it was first shared, its rows numbered from 0 and its columns Arrow's",
            '# (as pd.read_parquet(…, dtype_backend="pyarrow") gives them).',
        ]

    def needed(self, statements: list[str]) -> list[str]:
        """The imports of what the statements use."""
        code = [line for line in statements if not line.startswith("#")]
        lines = [line for name, line in _IMPORTS.items() if any(re.search(rf"\b{name}\.", each) for each in code)]
        return [*lines, ""] if lines else []

    def comment(self, text: str) -> str:
        """A Python comment."""
        return f"# {text}"

    def told(self, effect: Single, cells: Cells, state: State) -> list[str]:
        """The statements for one effect."""
        df = self._df
        match effect:
            case RowsIn():
                return self._rows_in(effect, cells, state)
            case RowsOut(positions=positions):
                return [f"{df} = {df}.drop(index={df}.index[{_places(positions)}]).reset_index(drop=True)"]
            case ColumnsIn():
                return self._columns_in(effect, cells, state)
            case ColumnsOut(columns=columns):
                return [f"{df} = {df}.drop(columns={[column.name for column in columns]!r})"]
            case Relabel(column=cid, new=name):
                return [f"{df} = {df}.rename(columns={{{state.column(cid).name!r}: {name!r}}})"]
            case Move(column=cid, new=place):
                name = state.column(cid).name
                return [f"{df}.insert({place}, {name!r}, {df}.pop({name!r}))"]
            case Recast(new=column):
                return self._recast(column, cells.get(column.id, []), state)
        return self._set(cells, state, {column.id: column for column in state.columns})

    def _set(self, cells: Cells, state: State, columns: dict[int, Column]) -> list[str]:
        lines = []
        for cid, changed in cells.items():
            positions = state.rows.positions([rid for rid, _, _ in changed]).tolist()
            order = sorted(range(len(positions)), key=positions.__getitem__)
            values = [_literal(columns[cid], changed[at][2]) for at in order]
            rows = [positions[at] for at in order]
            target = f"{self._df}.iloc[{_places(rows)}, {self._df}.columns.get_loc({columns[cid].name!r})]"
            lines.append(f"{target} = {values[0] if len(set(values)) == 1 else _listed(values)}")
        return lines

    def _rows_in(self, effect: RowsIn, cells: Cells, state: State) -> list[str]:
        df = self._df
        lines = ["rows = pd.DataFrame({"]
        for column in state.columns:
            new = {rid: text for rid, _, text in cells.get(column.id, [])}
            values = [_literal(column, new.get(rid)) for rid in effect.rids]
            held = f"[None] * {len(values)}" if set(values) == {"None"} else _listed(values)
            lines.append(f"    {column.name!r}: pd.array({held}, dtype={df}[{column.name!r}].dtype),")
        lines.append("})")
        start = 0
        for run in np.split(np.asarray(effect.positions), np.flatnonzero(np.diff(effect.positions) != 1) + 1):
            at, stop = int(run[0]), start + len(run)
            part = "rows" if len(run) == len(effect.positions) else f"rows.iloc[{start}:{stop}]"
            lines.append(f"{df} = pd.concat([{df}.iloc[:{at}], {part}, {df}.iloc[{at}:]], ignore_index=True)")
            start = stop
        return lines

    def _columns_in(self, effect: ColumnsIn, cells: Cells, state: State) -> list[str]:
        df = self._df
        lines = []
        for column, place in zip(effect.columns, effect.places, strict=True):
            lines.append(f"{df}.insert({place}, {column.name!r}, pd.array([None] * len({df}), dtype={dtype_source(column)}))")
        return lines + self._set(cells, state, {column.id: column for column in effect.columns})

    def _recast(self, made: Column, changed: list[tuple[int, str | None, str | None]], state: State) -> list[str]:
        was = state.column(made.id)
        texts: dict[str, str | None] = {}
        for _, old, text in changed:
            if old is not None:
                texts.setdefault(old, text)
        new = {_key(was, old): _literal(made, text) for old, text in texts.items()}
        if len(new) > MOST_VALUES:
            message = f"{made.name} had {len(new):,} different values when its type changed; {MOST_VALUES:,} can be told as code."
            raise Refused("TOO_LARGE", message, hint="Copy the edits as SQL, or download the table.")
        known = f"new = {{{', '.join(f'{old}: {text}' for old, text in new.items())}}}"
        cell = "str(cell)" if was.kind == "float" else "cell"
        values = f"[new.get({cell}) for cell in {self._df}[{made.name!r}]]"
        lines = [known, f"{self._df}.isetitem({state.place(made.id)}, pd.array({values}, dtype={dtype_source(made)}))"]
        # A change that was taken back gave equal cells their different values again.
        others = [each for each in changed if each[2] != (None if each[1] is None else texts[each[1]])]
        return lines + (self._set({made.id: others}, state, {made.id: made}) if others else [])


def _key(column: Column, text: str) -> str:
    """A present cell as the key of a dictionary; floats by their text, for NaN equals nothing."""
    if column.kind != "float":
        return _literal(column, text)
    return repr(str(float(np.float32(text)) if column.dtype == "float" else float(text)))


def dtype_source(column: Column) -> str:
    """A pandas dtype for a column, as Python source."""
    if column.kind == "category":
        return f"pd.CategoricalDtype({column.categories or []!r}, ordered={column.ordered})"
    dtype = parse(column.dtype)
    match column.kind:
        case "decimal":
            inner = f"pa.decimal128({dtype.precision}, {dtype.scale})"
        case "timestamp":
            inner = f"pa.timestamp({dtype.unit!r}, {dtype.zone!r})" if dtype.zone else f"pa.timestamp({dtype.unit!r})"
        case "time":
            inner = f"pa.time{'32' if dtype.unit in ('s', 'ms') else '64'}({dtype.unit!r})"
        case "duration":
            inner = f"pa.duration({dtype.unit!r})"
        case "date":
            inner = "pa.date32()"
        case "float":
            inner = "pa.float32()" if column.dtype == "float" else "pa.float64()"
        case _:
            inner = {"bool": "pa.bool_()"}.get(column.dtype, f"pa.{column.dtype}()")
    return f"pd.ArrowDtype({inner})"


def _literal(column: Column, text: str | None) -> str:  # noqa: C901 - one case per kind
    """A cell as a Python expression."""
    if text is None:
        return "None"
    match column.kind:
        case "integer":
            return text
        case "float":
            return text if text.lstrip("-")[0].isdigit() else f"float({text!r})"
        case "boolean":
            return "True" if text == "true" else "False"
        case "decimal":
            return f"decimal.Decimal({text!r})"
        case "date":
            year, month, day = map(int, text.split("-"))
            return f"datetime.date({year}, {month}, {day})"
        case "time":
            return f"datetime.time.fromisoformat({text!r})" if len(text) <= 15 else f"pa.scalar({text!r}).cast(pa.time64('ns'))"
        case "timestamp":
            zone = f", tz='UTC').tz_convert({column.zone!r})" if column.zone else ")"
            return f"pd.Timestamp({text!r}{zone}"
        case "duration":
            return f"pd.Timedelta({span(int(text) * PER_UNIT[column.unit or 'ns'])!r})"
        case "binary":
            return f"bytes.fromhex({bytes.hex(_raw(text))!r})"
        case _:
            return repr(text)


def _raw(text: str) -> bytes:
    return re.sub(r"\\x([0-9A-Fa-f]{2})", lambda found: chr(int(found[1], 16)), text).encode("latin-1")


def _listed(values: Iterable[str]) -> str:
    return f"[{', '.join(values)}]"


def _places(rows: list[int]) -> str:
    if len(rows) > 1 and rows == list(range(rows[0], rows[0] + len(rows))):
        return f"{rows[0]}:{rows[-1] + 1}"
    return str(rows)
