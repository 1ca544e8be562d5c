"""Figures of a selection for the grid's footer: sums of integers and decimals are exact. It must not know who asks."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import pyarrow as pa

from ..engine.dtypes import parse
from ..engine.sums import Total, float_sum
from ..engine.texts import shown
from ..protocol.schema import Stats
from ..protocol.values import decode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from duckdb import DuckDBPyConnection

    from ..engine.catalog import Table
    from ..engine.window import Seen
    from ..protocol.schema import Column, Range

_NUMERIC = ("integer", "decimal", "float")
_PLAIN_ORDER = ("date", "time", "timestamp", "duration")
_SAFE_DIGITS = 28
"""Sums of decimals of so many digits fit DuckDB's widest, whatever the number of rows."""
_SPLIT = 10**18


@dataclass
class _Tally:
    """What has been added up so far."""

    cells: int = 0
    present: int = 0
    total: Total = field(default_factory=Total)
    kinds: dict[str, Column] = field(default_factory=dict)
    ends: list[str] = field(default_factory=list)
    moments: list[str] = field(default_factory=list)


def figures(cursor: DuckDBPyConnection, table: Table, *, seen: Seen | None, ranges: Sequence[Range]) -> Stats:
    """Count, sum, mean and bounds over ranges of a view (cells in two ranges count twice).

    Sum and mean are of the numbers among the cells. `lo` and `hi` are of the numbers, or of the dates, times or durations
    where all present cells are of one such type.
    """
    tally = _Tally()
    for cids, rids in _together(table, seen, ranges).items():
        _add(cursor, _source(cursor, table, rids), [table.column(cid) for cid in cids], tally)
    return _stats(tally)


def _together(table: Table, seen: Seen | None, ranges: Sequence[Range]) -> dict[tuple[int, ...], Any]:
    """The row ids of the ranges, put together by their columns."""
    count = len(table.rows) if seen is None else seen.rows
    parts: dict[tuple[int, ...], list[Any]] = {}
    for wanted in ranges:
        stop = min(max(wanted.stop, 0), count)
        start = min(max(wanted.start, 0), stop)
        rids = table.rows.ids(slice(start, stop)) if seen is None else seen.ids(start, stop)
        parts.setdefault(tuple(dict.fromkeys(wanted.columns)), []).append(rids)
    return {cids: np.concatenate(found) for cids, found in parts.items()}


def _source(cursor: DuckDBPyConnection, table: Table, rids: Any) -> str:
    """Where the cells of these rows are; rows that are there twice count twice."""
    if len(rids) and (np.diff(rids) == 1).all():
        return f"FROM {table.live} WHERE _rid BETWEEN {int(rids[0])} AND {int(rids[-1])}"
    cursor.register("chosen", pa.table({"rid": rids}))
    return f"FROM chosen JOIN {table.live} ON _rid = chosen.rid WHERE true"


def _add(cursor: DuckDBPyConnection, source: str, columns: list[Column], tally: _Tally) -> None:
    asked = [piece for column in columns for piece in _asked(column)]
    (found,) = cursor.execute(f"SELECT {', '.join(['count(*)', *asked])} {source}", []).fetchall()
    tally.cells += found[0] * len(columns)
    for number, column in enumerate(columns):
        present, lo, hi, total, rest = found[1 + 5 * number : 6 + 5 * number]
        tally.present += present
        if not present:
            continue
        tally.kinds[column.kind if column.kind in _NUMERIC else column.dtype] = column
        if column.kind == "float":
            _add_floats(tally, cursor.sql(f"SELECT c{column.id} {source} AND isnan(c{column.id}) = false").to_arrow_table())
        elif column.kind in _NUMERIC:
            tally.total.numbers += present
            scale = column.scale or 0
            tally.total.scale = max(tally.total.scale, scale)
            tally.total.exact += Fraction(total) if rest is None else Fraction(int(total) * _SPLIT + int(rest), 10**scale)
        if lo is not None:
            (tally.ends if column.kind in _NUMERIC else tally.moments).extend((lo, hi))


def _asked(column: Column) -> list[str]:
    """How many cells are there, the texts of the least and the greatest, and the sum.

    The sum is a text; or, of decimals with too many digits for that, two: of all quotients and all rests by `_SPLIT`.
    """
    name = f"c{column.id}"
    real = f"CASE WHEN NOT isnan({name}) THEN {name} END" if column.kind == "float" else name
    ends = [f"CAST(min({real}) AS VARCHAR)", f"CAST(max({real}) AS VARCHAR)"]
    if column.kind not in (*_NUMERIC, *_PLAIN_ORDER):
        ends = ["NULL", "NULL"]
    return [f"count({name})", *ends, *_sums(column)]


def _sums(column: Column) -> list[str]:
    name = f"c{column.id}"
    if column.kind == "integer":
        return [f"CAST(sum(CAST({name} AS HUGEINT)) AS VARCHAR)", "NULL"]
    if column.kind != "decimal":
        return ["NULL", "NULL"]
    if parse(column.dtype).precision <= _SAFE_DIGITS:
        return [f"CAST(sum({name}) AS VARCHAR)", "NULL"]
    whole = f"CAST(replace(CAST({name} AS VARCHAR), '.', '') AS HUGEINT)"
    return [f"CAST(sum({part}) AS VARCHAR)" for part in (f"{whole} // {_SPLIT}", f"{whole} % {_SPLIT}")]


def _add_floats(tally: _Tally, cells: pa.Table) -> None:
    numbers = np.asarray(cells.column(0)).astype(np.float64)
    tally.total.numbers += len(numbers)
    if len(numbers):
        tally.total.floats.append(float_sum(numbers))


def _stats(tally: _Tally) -> Stats:
    counts = Stats(cells=tally.cells, present=tally.present, numbers=tally.total.numbers)
    if tally.total.numbers:
        numeric = [Decimal(each) for each in tally.ends]
        lo = min(range(len(numeric)), key=numeric.__getitem__)
        hi = max(range(len(numeric)), key=numeric.__getitem__)
        return msgspec.structs.replace(
            counts, sum=tally.total.sum(), mean=tally.total.mean(), lo=tally.ends[lo], hi=tally.ends[hi]
        )
    if len(tally.kinds) == 1 and tally.moments:
        (column,) = tally.kinds.values()
        dtype = parse(column.dtype)
        ordered = sorted(tally.moments, key=lambda text: decode(column.kind, dtype.json(text)))
        text = shown(column)
        return msgspec.structs.replace(counts, lo=text(ordered[0]), hi=text(ordered[-1]))
    return counts
