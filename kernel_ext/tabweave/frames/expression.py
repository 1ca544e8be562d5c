"""A condition on rows in SQL: one DuckDB expression over the column names, true for the rows to keep.

The text is parsed before it is run, and only a plain scalar expression passes: no subquery, window, aggregate, star or
parameter, no function that looks elsewhere or makes much out of little. It runs in a fresh in-memory DuckDB that can reach
neither files, network, extensions nor Python's variables, on an Arrow table of only the columns it names. DuckDB is imported
when the first condition is read.
"""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np
import pyarrow as pa
from tabweave_core.errors import BadValue, NotFound, Refused, did_you_mean
from tabweave_core.sql.guard import check_call
from tabweave_core.sql.locked import connect

from .arrays import read
from .text import texts_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from duckdb import DuckDBPyConnection
    from tabweave_core.protocol.schema import Column

    from .arrays import Rows, Values

    Span = slice | np.ndarray[Any, Any]

_STRETCH = 250_000
_REFUSED = {
    "SUBQUERY": "a subquery",
    "WINDOW": "a window function",
    "STAR": "a star",
    "PARAMETER": "a parameter",
    "POSITIONAL_REFERENCE": "a column number",
    "DEFAULT": "DEFAULT",
}
_PLAIN = "A row condition compares values of one row, like  price > 10 AND region = 'North'."


@cache
def _reader() -> DuckDBPyConnection:
    return connect(threads=1)


class Expression:
    """A parsed condition and the columns it names: name in the condition -> column id.

    Raises `BadValue` CHECK for what is not a plain expression and `NotFound` NO_COLUMN, with the nearest names, for an
    unknown column.
    """

    def __init__(self, sql: str, names: Mapping[str, int]) -> None:
        self.sql = sql
        tree = _parse(sql)
        self.columns = dict(_resolve(name, names) for name in dict.fromkeys(_names(tree, frozenset())))
        folded = [name.casefold() for name in self.columns]
        if len(set(folded)) < len(folded):
            _refuse(sql, "it names two columns that differ only in upper and lower case", "Rename one of them.")

    def keep(self, columns: Mapping[str, tuple[Column, Values]], rows: Span, check: Callable[[], None]) -> np.ndarray[Any, Any]:
        """Which of `rows` (positions or a slice of them) the condition is true for; `columns` by their names in it."""
        import duckdb

        zone = next((column.zone for column, _ in columns.values() if column.zone), None)
        count = rows.stop - rows.start if isinstance(rows, slice) else len(rows)
        kept = np.zeros(count, dtype=np.bool_)
        connection = connect(zone=zone or "UTC")
        try:
            for start in range(0, max(count, 1), _STRETCH):
                check()
                table = _table(columns, rows, start, min(start + _STRETCH, count))
                connection.register("cells", table)
                found = connection.execute(f'SELECT "{table.column_names[0]}" FROM cells WHERE (\n{self.sql}\n)').fetchnumpy()
                kept[start + np.asarray(next(iter(found.values())), dtype=np.int64)] = True
                connection.unregister("cells")
        except duckdb.Error as error:
            _explain(self.sql, error)
        finally:
            connection.close()
        return kept


def _table(columns: Mapping[str, tuple[Column, Values]], rows: Span, start: int, stop: int) -> pa.Table:
    part = rows[start:stop] if isinstance(rows, np.ndarray) else slice(rows.start + start, rows.start + stop)
    number = "row"
    while number in {name.casefold() for name in columns}:
        number += "_"
    fields = {number: pa.array(np.arange(stop - start))}
    return pa.table(fields | {name: _field(values, part) for name, (_, values) in columns.items()})


def _field(values: Values, rows: Rows) -> Any:
    cells = read(values, rows)
    if isinstance(cells, np.ndarray):
        return texts_of(cells)
    if pa.types.is_decimal256(cells.type):
        return cells.cast(pa.float64())
    return cells


def _parse(sql: str) -> Any:
    """The syntax tree of the one expression that `sql` is."""
    if not sql.strip():
        _refuse(sql, "it is empty", _PLAIN)
    node = _statement(sql)
    shape, wanted = _shape(node), _shape(_statement("true"))
    if shape != wanted:
        _refuse(sql, "it is more than one expression", _PLAIN)
    tree = node["where_clause"]
    for part in _walk(tree):
        found = _REFUSED.get(part.get("class", ""))
        if found:
            _refuse(sql, f"it has {found}", _PLAIN)
        if part.get("class") == "FUNCTION":
            try:
                check_call(part)
            except (BadValue, Refused) as error:
                _refuse(sql, error.message.rstrip("."), error.hint)
    return tree


def _statement(sql: str) -> Any:
    text = f"SELECT 1 FROM cells WHERE (\n{sql}\n)"
    with _reader().cursor() as cursor:
        answer = json.loads(cursor.execute("SELECT json_serialize_sql(?)", [text]).fetchall()[0][0])
    if answer.get("error"):
        _refuse(sql, f"{answer.get('error_message', 'it is not SQL')}", _PLAIN)
    if len(answer["statements"]) != 1:
        _refuse(sql, "it is more than one statement", _PLAIN)
    return answer["statements"][0]["node"]


def _shape(node: Any) -> Any:
    """A statement without its condition and without places in the text."""
    if isinstance(node, dict):
        return {key: _shape(item) for key, item in node.items() if key != "where_clause" and not key.startswith("query_location")}
    return [_shape(item) for item in node] if isinstance(node, list) else node


def _walk(tree: Any) -> Iterator[dict[str, Any]]:
    if isinstance(tree, dict):
        yield tree
        for item in tree.values():
            yield from _walk(item)
    elif isinstance(tree, list):
        for item in tree:
            yield from _walk(item)


def _names(tree: Any, bound: frozenset[str]) -> Iterator[str]:
    """The first part of every column reference that is not a parameter of a lambda around it."""
    if isinstance(tree, list):
        for item in tree:
            yield from _names(item, bound)
    elif isinstance(tree, dict):
        if tree.get("class") == "COLUMN_REF":
            first = tree["column_names"][0]
            if first not in bound:
                yield first
        elif tree.get("class") == "LAMBDA":
            yield from _names(tree["expr"], bound | frozenset(_names(tree["lhs"], frozenset())))
        else:
            for item in tree.values():
                yield from _names(item, bound)


def _resolve(name: str, names: Mapping[str, int]) -> tuple[str, int]:
    if name in names:
        return name, names[name]
    for known, column in names.items():
        if known.casefold() == name.casefold():
            return known, column
    hint = did_you_mean(name, names) or "Put text in single quotes and a column name with spaces in double quotes."
    raise NotFound("NO_COLUMN", f"There is no column {name!r} for the condition.", hint=hint)


def _refuse(sql: str, reason: str, hint: str) -> NoReturn:
    shown = sql if len(sql) <= 80 else f"{sql[:80]}…"
    raise BadValue("CHECK", f"The condition {shown!r} cannot be used: {reason}.", hint=hint) from None


def _explain(sql: str, error: Exception) -> NoReturn:
    lines = [line for line in str(error).split("\n\nLINE ")[0].splitlines() if line]
    reason = (lines[0] if lines else type(error).__name__).partition("Error: ")[2] or str(error)
    if "aggregate" in reason:
        _refuse(sql, "it sums or counts over rows", _PLAIN)
    if "Conversion" in type(error).__name__:
        _refuse(sql, reason.rstrip(".!"), "TRY_CAST(… AS …) makes what does not convert a missing value.")
    _refuse(sql, reason.rstrip(".!"), " ".join(lines[1:]) or _PLAIN)
