"""Edits of a shared table as DuckDB SQL on a table with its name.

SQL tables have no order, so rows are addressed by a column `_row`: the row's number in the table as it was first shared. An
inserted row gets a number between its neighbours', so `ORDER BY _row` is the order of the grid.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..engine.dtypes import parse
from ..engine.effects import ColumnsIn, ColumnsOut, Move, Recast, Relabel, RowsIn, RowsOut, Single
from ..engine.moments import PER_UNIT
from ..errors import Refused

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..engine.rows import RowIds
    from ..protocol.schema import Column
    from .outline import Cells, State

_PER_STATEMENT = 1000
_KEY = "_row"


class SqlScript:
    """Says effects as SQL statements."""

    def __init__(self, name: str) -> None:
        self._table = quoted(name)
        self._keys: dict[int, float] = {}

    def begin(self, state: State) -> list[str]:
        """Says how rows are addressed; raises `CONFLICT` for names that SQL cannot tell apart."""
        _check_names([column.name for column in state.columns])
        return [
            f"-- Rows are addressed by {_KEY}: the number of the row in the table as it was first shared, from 0. Inserted rows",
            f"-- get numbers in between: ORDER BY {_KEY} is the order of the grid.",
            f"-- CREATE TABLE {self._table} AS SELECT CAST(row_number() OVER () - 1 AS DOUBLE) AS {_KEY}, * FROM original;",
        ]

    def needed(self, _statements: list[str]) -> list[str]:
        """Nothing: SQL imports nothing."""
        return []

    def comment(self, text: str) -> str:
        """An SQL comment."""
        return f"-- {text}"

    def told(self, effect: Single, cells: Cells, state: State) -> list[str]:
        """The statements for one effect."""
        table = self._table
        match effect:
            case RowsIn():
                return self._rows_in(effect, cells, state)
            case RowsOut(rids=rids):
                keys = [self._key(rid) for rid in rids]
                return [f"DELETE FROM {table} WHERE {_among(group)};" for group in _grouped(keys)]
            case ColumnsIn(columns=columns):
                _check_names([column.name for column in (*state.columns, *columns)])
                lines = [f"ALTER TABLE {table} ADD COLUMN {quoted(column.name)} {sql_type(column)};" for column in columns]
                return lines + self._set(cells, {column.id: column for column in columns})
            case ColumnsOut(columns=columns):
                return [f"ALTER TABLE {table} DROP COLUMN {quoted(column.name)};" for column in columns]
            case Relabel(column=cid, new=name):
                _check_names([name if column.id == cid else column.name for column in state.columns])
                return [f"ALTER TABLE {table} RENAME COLUMN {quoted(state.column(cid).name)} TO {quoted(name)};"]
            case Move():
                return [self.comment("The order of columns is left as it is.")]
            case Recast(new=column):
                return self._recast(column, cells)
        return self._set(cells, {column.id: column for column in state.columns})

    def _set(self, cells: Cells, columns: dict[int, Column]) -> list[str]:
        return [
            line
            for cid, changed in cells.items()
            for line in self._updates(columns[cid], [(rid, new) for rid, _, new in changed])
        ]

    def _updates(self, column: Column, cells: list[tuple[int, str | None]]) -> Iterator[str]:
        by_value: dict[str, list[str]] = {}
        for rid, text in cells:
            by_value.setdefault(_literal(column, text), []).append(self._key(rid))
        name = quoted(column.name)
        if len(by_value) <= max(3, len(cells) // 4):
            for literal, keys in by_value.items():
                yield from (f"UPDATE {self._table} SET {name} = {literal} WHERE {_among(group)};" for group in _grouped(keys))
            return
        rows = [f"({key}, {literal})" for literal, keys in by_value.items() for key in keys]
        for group in _grouped(rows):
            values = f"(VALUES {', '.join(group)}) AS edit(key, value)"
            yield f"UPDATE {self._table} SET {name} = edit.value FROM {values} WHERE {_KEY} = edit.key;"

    def _key(self, rid: int) -> str:
        return repr(self._number(rid))

    def _number(self, rid: int) -> float:
        return self._keys.get(rid, float(rid))

    def _rows_in(self, effect: RowsIn, cells: Cells, state: State) -> list[str]:
        before = np.asarray(effect.positions) - np.arange(len(effect.positions))
        rids = np.asarray(effect.rids)
        for start in np.unique(before).tolist():
            self._place(state.rows, int(start), rids[before == start].tolist())
        new = {column.id: {rid: text for rid, _, text in cells.get(column.id, [])} for column in state.columns}
        names = ", ".join([_KEY, *(quoted(column.name) for column in state.columns)])
        rows = [
            f"({', '.join([self._key(rid), *(_literal(column, new[column.id].get(rid)) for column in state.columns)])})"
            for rid in effect.rids
        ]
        return [f"INSERT INTO {self._table} ({names}) VALUES {', '.join(group)};" for group in _grouped(rows)]

    def _place(self, rows: RowIds, before: int, rids: list[int]) -> None:
        """Gives inserted rows numbers between those of their neighbours, or the ones they had."""
        if all(rid in self._keys for rid in rids) or not len(rows):
            self._keys.update({rid: self._keys.get(rid, float(at)) for at, rid in enumerate(rids)})
            return
        ends = rows.ids(np.array([max(before - 1, 0), min(before, len(rows) - 1)])).tolist()
        low = self._number(ends[0]) if before else None
        high = self._number(ends[1]) if before < len(rows) else None
        if low is None or high is None:
            first = low + 1 if low is not None else (high or 0.0) - len(rids)
            numbers = [first + at for at in range(len(rids))]
        else:
            numbers = np.linspace(low, high, len(rids) + 2)[1:-1].tolist()
        bounds = zip([low, *numbers], [*numbers, high], strict=True)
        if any(ahead is not None and after is not None and after <= ahead for ahead, after in bounds):
            message = "Too many rows were inserted at one place to number them in SQL."
            raise Refused("TOO_LARGE", message, hint="Copy the edits as pandas code.")
        self._keys.update(zip(rids, numbers, strict=True))

    def _recast(self, made: Column, cells: Cells) -> list[str]:
        """The column with its new type, empty, then all its values: what the grid reads in texts SQL may not."""
        name = quoted(made.name)
        kind = sql_type(made)
        lines = [f"ALTER TABLE {self._table} ALTER COLUMN {name} TYPE {kind} USING CAST(NULL AS {kind});"]
        return [*lines, *self._updates(made, [(rid, new) for rid, _, new in cells.get(made.id, []) if new is not None])]


def quoted(name: str) -> str:
    """A name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def _check_names(names: list[str]) -> None:
    seen = {_KEY}
    for name in names:
        if name.casefold() in seen:
            raise Refused("CONFLICT", f"SQL needs one name per column, and {name!r} is there twice.", hint="Rename one.")
        seen.add(name.casefold())


def sql_type(column: Column) -> str:
    """The DuckDB type of a column outside the store."""
    if column.kind == "timestamp" and column.zone:
        return "TIMESTAMP WITH TIME ZONE"
    return "INTERVAL" if column.kind == "duration" else parse(column.dtype).sql


def _literal(column: Column, text: str | None) -> str:
    if text is None:
        return "NULL"
    match column.kind:
        case "integer" | "boolean":
            return text
        case "text" | "category":
            return _text(text)
        case "duration":
            return f"to_microseconds({int(text) * PER_UNIT[column.unit or 'ns'] // 1000})"
        case "timestamp" if column.zone:
            return f"CAST({_text(text + '+00:00')} AS {sql_type(column)})"
        case _:
            return f"CAST({_text(text)} AS {sql_type(column)})"


def _text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _among(keys: list[str]) -> str:
    return f"{_KEY} = {keys[0]}" if len(keys) == 1 else f"{_KEY} IN ({', '.join(keys)})"


def _grouped(items: list[str]) -> list[list[str]]:
    return [items[at : at + _PER_STATEMENT] for at in range(0, len(items), _PER_STATEMENT)]
