"""Edits as DuckDB SQL on a table with the frame's name.

SQL tables have no order, so rows are addressed by a column `_row`: the row's number in the original table. An inserted row
gets a number between its neighbours', so `ORDER BY _row` is the order of the grid.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from tabweave_core.engine import moments
from tabweave_core.errors import Refused
from tabweave_core.protocol.values import time_json, timestamp_json

from . import scalars, text, writes
from .columns import describe_dtype, label_text
from .defaults import default_values
from .effects import Arrange, Bound, ColumnsIn, ColumnsOut, Effect, Move, Recast, Relabel, RowsIn, RowsOut, SetValues, Several
from .structure import default_like

if TYPE_CHECKING:
    from tabweave_core.engine.rows import Ints
    from tabweave_core.protocol.schema import Column

    from .frame import Frame
    from .log import Entry
    from .outline import State

_INTEGERS = {8: "TINYINT", 16: "SMALLINT", 32: "INTEGER", 64: "BIGINT"}
_STAMPS = {"s": "TIMESTAMP_S", "ms": "TIMESTAMP_MS", "us": "TIMESTAMP", "ns": "TIMESTAMP_NS"}
_PER_STATEMENT = 1000


class SqlWriter:
    """Says effects as SQL statements."""

    def __init__(self, frame: Frame) -> None:
        self.table = quoted(frame.name or "df")
        self.name = frame.name or "df"
        self._keys: dict[int, float] = {}

    def begin(self, _frame: Frame, state: State) -> list[str]:
        """Says how rows are addressed."""
        self._check_names(state)
        return [
            "-- Rows are addressed by _row: the number of the row in the original table, from 0. Inserted rows get numbers",
            "-- in between: ORDER BY _row is the order of the grid. The index of the DataFrame is not part of the table.",
            f"-- CREATE TABLE {self.table} AS SELECT CAST(row_number() OVER () - 1 AS DOUBLE) AS _row, * FROM original;",
        ]

    def needed(self, _statements: list[str]) -> list[str]:
        """Nothing: SQL imports nothing."""
        return []

    def comment(self, text_: str) -> str:
        """An SQL comment."""
        return f"-- {text_}"

    def told(self, entry: Entry, state: State) -> list[str]:
        """The statements of one entry."""
        assert entry.effect is not None
        return [self.comment(entry.summary.replace("\n", " ")), *self._statements(entry.effect, entry, state)]

    def _statements(self, effect: Effect, entry: Entry, state: State) -> list[str]:  # noqa: C901 - one case per effect
        table = self.table
        match effect:
            case SetValues():
                return [
                    line for piece in effect.pieces for line in self._updates(_named(state, piece.cid), piece.rids, piece.values)
                ]
            case RowsIn():
                return self._rows_in(effect, state)
            case RowsOut():
                keys = [self._key(rid) for rid in effect.rids.tolist()]
                return [f"DELETE FROM {table} WHERE {_among(group)};" for group in _grouped(keys)]
            case ColumnsIn():
                return self._columns_in(effect, state)
            case ColumnsOut():
                return [f"ALTER TABLE {table} DROP COLUMN {_named(state, cid)};" for cid in effect.cids]
            case Relabel():
                self._check_free(state, label_text(effect.label))
                return [f"ALTER TABLE {table} RENAME COLUMN {_named(state, effect.cid)} TO {quoted(label_text(effect.label))};"]
            case Move():
                return [self.comment("The order of columns is left as it is.")]
            case Recast():
                return self._recast(effect, entry, state)
            case Bound():
                return []
            case Arrange():
                return self._arrange(effect)
            case Several():
                lines, state = [], state.copy()
                for each in effect.effects:
                    lines += self._statements(each, entry, state)
                    state.advance(each)
                return lines

    def _updates(self, name: str, rids: Ints, values: Any) -> list[str]:
        literals = sql_literals(values)
        by_key = {self._key(rid): literal for rid, literal in zip(rids.tolist(), literals, strict=True)}
        by_literal: dict[str, list[str]] = {}
        for key, literal in by_key.items():
            by_literal.setdefault(literal, []).append(key)
        if len(by_literal) <= max(1, len(by_key) // 4) or len(by_key) <= 3:
            return [
                f"UPDATE {self.table} SET {name} = {literal} WHERE {_among(group)};"
                for literal, keys in by_literal.items()
                for group in _grouped(keys)
            ]
        rows = [f"({key}, {literal})" for key, literal in by_key.items()]
        return [
            f"UPDATE {self.table} SET {name} = edit.value FROM (VALUES {', '.join(group)}) AS edit(key, value) "
            "WHERE _row = edit.key;"
            for group in _grouped(rows)
        ]

    def _arrange(self, effect: Arrange) -> list[str]:
        rows = [f"({self._key(rid)}, {float(place)!r})" for place, rid in enumerate(effect.rids.tolist())]
        self._keys = {rid: float(place) for place, rid in enumerate(effect.rids.tolist())}
        edit = f"(VALUES {', '.join(rows)}) AS edit(key, value)"
        return [f"UPDATE {self.table} SET _row = edit.value FROM {edit} WHERE _row = edit.key;"] if rows else []

    def _key(self, rid: int) -> str:
        return repr(self._keys.get(rid, float(rid)))

    def _number(self, rid: int) -> float:
        return self._keys.get(rid, float(rid))

    def _rows_in(self, effect: RowsIn, state: State) -> list[str]:
        count = len(effect.positions)
        before = effect.positions - np.arange(count)
        for start in np.unique(before).tolist():
            group = np.flatnonzero(before == start)
            self._place(state, int(start), effect.rids[group])
        names, columns = ["_row"], [[self._key(rid) for rid in effect.rids.tolist()]]
        for cid in state.columns:
            held = effect.values.get(cid)
            names.append(_named(state, cid))
            columns.append(sql_literals(held if held is not None else default_values(default_like(state.dtypes[cid]), count)))
        rows = [f"({', '.join(row)})" for row in zip(*columns, strict=True)]
        return [f"INSERT INTO {self.table} ({', '.join(names)}) VALUES {', '.join(group)};" for group in _grouped(rows)]

    def _place(self, state: State, before: int, rids: Ints) -> None:
        """Gives inserted rows numbers between those of their neighbours."""
        size = len(state.rows)
        around = state.rows.ids(np.array([max(before - 1, 0), min(before, size - 1)])) if size else None
        low = self._number(int(around[0])) if around is not None and before > 0 else None
        high = self._number(int(around[1])) if around is not None and before < size else None
        if low is None:
            low = -1.0 - len(rids) if high is None else high - len(rids) - 1
        if high is None:
            high = low + len(rids) + 1
        numbers = [low + (high - low) * (at + 1) / (len(rids) + 1) for at in range(len(rids))]
        if any(after <= ahead for ahead, after in zip([low, *numbers], [*numbers, high], strict=True)):
            raise Refused(
                "TOO_LARGE",
                "Too many rows were inserted at one place to number them in SQL.",
                hint="Copy the edits as pandas code.",
            )
        self._keys.update(zip(rids.tolist(), numbers, strict=True))

    def _columns_in(self, effect: ColumnsIn, state: State) -> list[str]:
        lines = []
        rids = effect.rows.ids(slice(None))
        for label, array in zip(effect.labels, effect.arrays, strict=True):
            name = label_text(label)
            self._check_free(state, name)
            column = describe_dtype(array.dtype, id=0, name=name, index=False)
            start = "" if column.nullable else f" DEFAULT {'false' if column.kind == 'boolean' else 0}"
            lines.append(f"ALTER TABLE {self.table} ADD COLUMN {quoted(name)} {sql_type(array.dtype, column)}{start};")
            plain = default_values(array[:0], 1)
            held = np.flatnonzero([literal != sql_literals(plain)[0] for literal in sql_literals(array)])
            if len(held):
                lines += self._updates(quoted(name), rids[held], array[held])
        return lines

    def _recast(self, effect: Recast, entry: Entry, state: State) -> list[str]:
        name = _named(state, effect.cid)
        old = entry.inverse.array if isinstance(entry.inverse, Recast) else None
        column = describe_dtype(effect.array.dtype, id=0, name="", index=False)
        kind = sql_type(effect.array.dtype, column)
        lines = [f"ALTER TABLE {self.table} ALTER COLUMN {name} TYPE {kind} USING TRY_CAST({name} AS {kind});"]
        if old is None:
            raise Refused("UNDO_EXPIRED", "An older change of type is no longer kept.", hint="Copy the edits as pandas code.")
        rids = effect.rows.ids(slice(None))
        was = describe_dtype(old.dtype, id=0, name="", index=False)
        if was.kind not in ("text", "category", "object", "duration") and was.zone is None:
            return lines
        differs = np.flatnonzero([a != b for a, b in zip(_texts(old), _texts(effect.array), strict=True)])
        if len(differs):
            lines += self._updates(name, rids[differs], effect.array[differs])
        return lines

    def _check_names(self, state: State) -> None:
        seen: set[str] = {"_row"}
        for label in state.labels:
            name = label_text(label).casefold()
            if name in seen:
                raise Refused(
                    "CONFLICT", f"SQL needs one name per column, and {label_text(label)!r} is there twice.", hint="Rename one."
                )
            seen.add(name)

    def _check_free(self, state: State, name: str) -> None:
        if name.casefold() in {"_row", *(label_text(label).casefold() for label in state.labels)}:
            raise Refused("CONFLICT", f"SQL needs one name per column, and {name!r} would be there twice.", hint="Rename one.")


def quoted(name: str) -> str:
    """A name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def _named(state: State, cid: int) -> str:
    return quoted(label_text(state.labels[state.columns.index(cid)]))


def _among(keys: list[str]) -> str:
    return f"_row = {keys[0]}" if len(keys) == 1 else f"_row IN ({', '.join(keys)})"


def _grouped(items: list[str]) -> list[list[str]]:
    return [items[at : at + _PER_STATEMENT] for at in range(0, len(items), _PER_STATEMENT)]


def _texts(values: Any) -> list[str | None]:
    found = text.texts(writes.wrap(values))
    decoded = found.dictionary_decode() if pa.types.is_dictionary(found.type) else found
    listed: list[str | None] = decoded.to_pylist()
    return listed


def sql_type(dtype: Any, column: Column) -> str:  # noqa: C901 - one case per kind
    """The DuckDB type of a column."""
    match column.kind:
        case "integer":
            unsigned = column.lo == "0"
            bits = int(column.hi or 0).bit_length() + (not unsigned)
            return f"{'U' if unsigned else ''}{_INTEGERS[bits]}"
        case "float":
            return "FLOAT" if column.dtype.lower() in ("float32", "float16", "float[pyarrow]", "halffloat[pyarrow]") else "DOUBLE"
        case "boolean":
            return "BOOLEAN"
        case "decimal":
            kind = dtype.pyarrow_dtype
            if kind.precision > 38:
                raise Refused("SCHEMA", f"DuckDB has no {dtype}.", hint="Copy the edits as pandas code.")
            return f"DECIMAL({kind.precision}, {kind.scale})"
        case "date":
            return "DATE"
        case "time":
            return "TIME"
        case "timestamp":
            return "TIMESTAMP WITH TIME ZONE" if column.zone else _STAMPS[column.unit or "us"]
        case "duration":
            return "INTERVAL"
        case "binary":
            return "BLOB"
        case _:
            return "VARCHAR"


def sql_literals(values: Any) -> list[str]:
    """Each cell as an SQL expression of its type."""
    column = describe_dtype(values.dtype, id=0, name="", index=False)
    kind = sql_type(values.dtype, column)
    return ["NULL" if value is None else _literal(value, column, kind) for value in scalars.to_python(values, column)]


def _literal(value: Any, column: Column, kind: str) -> str:
    match column.kind:
        case "boolean":
            return "true" if value else "false"
        case "integer":
            return str(value)
        case "float":
            return f"CAST('{value!r}' AS {kind})"
        case "decimal":
            return f"CAST('{value:f}' AS {kind})"
        case "date":
            return f"DATE '{value.isoformat()}'"
        case "time":
            return f"TIME '{time_json(value)}'"
        case "timestamp":
            return f"CAST('{timestamp_json(value, zoned=column.zone is not None)}' AS {kind})"
        case "duration":
            return f"to_microseconds({value // moments.PER_UNIT['us']})"
        case "binary":
            return f"from_hex('{value.hex()}')"
        case _:
            return "'" + text.text(value).replace("'", "''") + "'"
