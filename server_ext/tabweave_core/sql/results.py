"""Results in types that everybody reads: sums of whole numbers as whole numbers, what only DuckDB knows as text.

| DuckDB | Arrow |
|---|---|
| HUGEINT, UHUGEINT (sums of integers) | int64 where all values fit, else decimal |
| INTERVAL | duration where no months are in it, else text |
| BIGNUM, BIT, GEOMETRY, UNION, VARIANT, TIME WITH TIME ZONE | text |
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
    from duckdb import DuckDBPyRelation

_AS_TEXT = ("BIGNUM", "BIT", "GEOMETRY", "UNION", "VARIANT", "TIME WITH TIME ZONE")
_PARTS = np.dtype([("months", "<i4"), ("days", "<i4"), ("ns", "<i8")])


def readable(relation: DuckDBPyRelation) -> DuckDBPyRelation:
    """The relation with texts where Arrow has no type that others read, and no column name twice."""
    kinds = [str(kind) for kind in relation.types]
    names = unique(relation.columns)
    if names == relation.columns and not any(kind.startswith(_AS_TEXT) for kind in kinds):
        return relation
    parts = []
    for at, (name, kind) in enumerate(zip(names, kinds, strict=True), 1):
        value = f"CAST(#{at} AS VARCHAR)" if kind.startswith(_AS_TEXT) else f"#{at}"
        quoted = name.replace('"', '""')
        parts.append(f'{value} AS "{quoted}"')
    return relation.project(", ".join(parts))


def unique(names: list[str]) -> list[str]:
    """Names with `_1`, `_2` … behind those that stand there already, upper and lower case being the same."""
    taken = {name.casefold() for name in names}
    seen: set[str] = set()
    found = []
    for name in names:
        own, number = name, 0
        while own.casefold() in seen or (number and own.casefold() in taken):
            number += 1
            own = f"{name}_{number}"
        seen.add(own.casefold())
        found.append(own)
    return found


def tidy(table: pa.Table, kinds: list[Any]) -> pa.Table:
    """The table with whole numbers and durations as such; `kinds` are DuckDB's types of its columns."""
    for at, kind in enumerate(kinds):
        column = table.column(at)
        if str(kind) in {"HUGEINT", "UHUGEINT"}:
            column = _whole(column)
        elif str(kind) == "INTERVAL":
            column = _duration(column)
        else:
            continue
        table = table.set_column(at, table.field(at).name, column)
    return table


def _whole(column: pa.ChunkedArray) -> pa.ChunkedArray:
    try:
        return column.cast(pa.int64())
    except pa.ArrowInvalid:
        return column


def _duration(column: pa.ChunkedArray) -> pa.ChunkedArray:
    arrays = [_parts(chunk) for chunk in column.chunks]
    if any((parts["months"][valid] != 0).any() for parts, valid in arrays):
        return pa.chunked_array(
            [[_text(*value) if value is not None else None for value in chunk.to_pylist()] for chunk in column.chunks]
        )
    found = [
        pa.array(parts["days"].astype(np.int64) * 86_400_000_000 + parts["ns"] // 1000, pa.int64(), mask=~valid).cast(
            pa.duration("us")
        )
        for parts, valid in arrays
    ]
    return pa.chunked_array(found, pa.duration("us"))


def _parts(chunk: pa.Array) -> tuple[Any, Any]:
    """The months, days and nanoseconds of intervals, and which of them are there."""
    parts = np.frombuffer(chunk.buffers()[1], dtype=_PARTS)[chunk.offset : chunk.offset + len(chunk)]
    return parts, np.asarray(chunk.is_valid())


def _text(months: int, days: int, ns: int) -> str:
    years, months = divmod(abs(months), 12) if months >= 0 else (-(-months // 12), -(-months % 12))
    words = [
        f"{count} {word}{'' if abs(count) == 1 else 's'}"
        for count, word in ((years, "year"), (months, "month"), (days, "day"))
        if count
    ]
    if ns:
        seconds, micros = divmod(abs(ns) // 1000, 1_000_000)
        clock = f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}" + (f".{micros:06d}" if micros else "")
        words.append(f"-{clock}" if ns < 0 else clock)
    return " ".join(words) or "00:00:00"
