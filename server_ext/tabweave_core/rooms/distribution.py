"""The distribution of a column, for its header and its filter: a histogram, the commonest values, what is missing.

Up to `EXACT` rows everything is counted; above, and for texts that hardly ever repeat, a fixed sample is, and the profile says
so. It must not know who asks.
"""

from __future__ import annotations

import math
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from ..engine.bins import edges_for
from ..engine.dtypes import parse
from ..engine.moments import PER_UNIT
from ..engine.texts import can_read, in_sql
from ..protocol.schema import Profile, ValueCount
from ..protocol.values import decode

if TYPE_CHECKING:
    import datetime as dt

    from duckdb import DuckDBPyConnection

    from ..engine.catalog import Table
    from ..engine.dtypes import Dtype
    from ..protocol.schema import Column

EXACT = 3_000_000
"""Tables longer than this are sampled."""
SAMPLE = 500_000
FEW = 50_000
"""How many cells are read of long columns whose values hardly repeat and have no order."""
LOOKED_AT = 10_000
TOP = 12
_ORDERED = ("integer", "decimal", "float", "date", "time", "timestamp", "duration")
_Facts = dict[str, Any]


def profile(cursor: DuckDBPyConnection, table: Table, *, cid: int) -> tuple[int, Profile]:
    """The distribution of one column, and the revision it is of."""
    column = table.column(cid)
    count = len(table.rows)
    read = SAMPLE if count > EXACT else count
    source = _source(cursor, table, read)
    repeats = count <= 4 * FEW or _repeats(cursor, table, column)
    if not repeats and column.kind not in _ORDERED:
        read, source = FEW, _source(cursor, table, FEW)
    facts = _facts(cursor, column, source, count=repeats or column.kind not in _ORDERED)
    if read < count:
        facts = _scaled(facts, count / read)
    return table.head, Profile(column=cid, rows=count, exact=read == count, **facts)


def _source(cursor: DuckDBPyConnection, table: Table, size: int) -> str:
    """All rows, or so many of them."""
    if size == len(table.rows):
        return table.live
    cursor.register("sampled", pa.table({"rid": table.rows.ids(_sample(len(table.rows), size))}))
    return f"(SELECT * FROM {table.live} SEMI JOIN sampled ON _rid = sampled.rid)"


def _repeats(cursor: DuckDBPyConnection, table: Table, column: Column) -> bool:
    """Whether values come several times, from some of them."""
    source = _source(cursor, table, LOOKED_AT)
    ((distinct,),) = cursor.execute(f"SELECT count(DISTINCT c{column.id}) FROM {source}").fetchall()
    return bool(distinct < LOOKED_AT // 2)


def _sample(count: int, size: int) -> np.ndarray[Any, Any]:
    """Positions drawn evenly, the same every time."""
    random = np.random.default_rng(count)
    width = count / size
    return (np.arange(size) * width + random.random(size) * width).astype(np.int64)


def _scaled(facts: _Facts, factor: float) -> _Facts:
    """What a sample's counts are in the whole; how many distinct values that has is not known."""
    return {
        **facts,
        "missing": round(facts["missing"] * factor),
        "distinct": None,
        "counts": [round(number * factor) for number in facts.get("counts", [])],
        "top": [ValueCount(value=each.value, count=round(each.count * factor)) for each in facts["top"]],
    }


def _facts(cursor: DuckDBPyConnection, column: Column, source: str, *, count: bool) -> _Facts:
    """What is told of a column; values that hardly ever repeat are not counted one by one."""
    name = f"c{column.id}"
    ((missing,),) = cursor.execute(f"SELECT count(*) - count({name}) FROM {source}").fetchall()
    distinct, top = _values(cursor, column, source) if count else (None, [])
    facts: _Facts = {"missing": missing, "distinct": distinct, "top": top}
    if column.kind in _ORDERED:
        facts |= _spread(cursor, column, source)
    return facts


def _values(cursor: DuckDBPyConnection, column: Column, source: str) -> tuple[int, list[ValueCount]]:
    """How many distinct values there are, and the commonest, unless no value of an open set comes twice."""
    name, dtype = f"c{column.id}", parse(column.dtype)
    among, bound = _among(column)
    found = cursor.execute(
        f"SELECT CAST({name} AS VARCHAR), size, count(*) OVER () FROM (SELECT {name}, count(*) AS size, min(_rid) AS first "
        f"FROM {source} WHERE {name} IS NOT NULL GROUP BY {name}) ORDER BY size DESC, {among} LIMIT {TOP}",
        bound,
    ).fetchall()
    if not found:
        return 0, []
    distinct: int = found[0][2]
    if column.kind not in ("boolean", "category") and found[0][1] == 1:
        return distinct, []
    return distinct, [ValueCount(value=dtype.json(text), count=size) for text, size, _ in found]


def _among(column: Column) -> tuple[str, list[list[str]]]:
    """How values that come equally often are ordered, and what is bound in that."""
    name = f"c{column.id}"
    if column.categories is not None:
        return f"list_position(?::VARCHAR[], {name})", [column.categories]
    return (f"{name} DESC" if column.kind == "boolean" else name if column.kind in _ORDERED else "first"), []


def _spread(cursor: DuckDBPyConnection, column: Column, source: str) -> _Facts:
    """Bounds, mean and histogram."""
    name, dtype = f"c{column.id}", parse(column.dtype)
    real = f"{source} WHERE NOT isnan({name})" if column.kind == "float" else f"{source} WHERE {name} IS NOT NULL"
    mean = f"avg(CAST({name} AS DOUBLE))" if column.kind in ("integer", "decimal", "float") else "NULL"
    ends = f"CAST(min({name}) AS VARCHAR), CAST(max({name}) AS VARCHAR)"
    ((lo, hi, average),) = cursor.execute(f"SELECT {ends}, {mean} FROM {real}").fetchall()
    if lo is None:
        return {}
    facts: _Facts = {"lo": dtype.json(lo), "hi": dtype.json(hi)}
    if average is not None:
        facts["mean"] = average if math.isfinite(average) else None
    if column.kind == "float" and not (math.isfinite(float(lo)) and math.isfinite(float(hi))):
        real = f"{source} WHERE isfinite({name})"
        ((lo, hi),) = cursor.execute(f"SELECT {ends} FROM {real}").fetchall()
        if lo is None:
            return facts
    edges, inner = edges_for(column, _raw(column, dtype, lo), _raw(column, dtype, hi))
    return facts | {"edges": edges, "counts": _counts(cursor, column, real, inner)}


def _raw(column: Column, dtype: Dtype, text: str) -> int | float:
    """What bins are made of: numbers, ticks, days, or decimals' unscaled integers."""
    if column.kind == "float":
        return float(np.float32(text)) if dtype.name == "float" else float(text)
    if column.kind == "decimal":
        return int(Decimal(text).scaleb(dtype.scale))
    if column.kind == "integer":
        return int(text)
    value: Any = decode(column.kind, dtype.json(text))
    if column.kind == "date":
        day: dt.date = value
        return day.toordinal() - _EPOCH
    return int(value) // PER_UNIT[dtype.unit]


_EPOCH = 719_163


def _counts(cursor: DuckDBPyConnection, column: Column, real: str, inner: list[Any]) -> list[int]:
    """How many values lie between the edges; an inner edge belongs to the bin above it."""
    name, dtype = f"c{column.id}", parse(column.dtype)
    kind = "DOUBLE" if column.kind == "float" else dtype.sql
    above = " + ".join(f"CAST({name} >= CAST(? AS {kind}) AS INTEGER)" for _ in inner) or "0"
    rows = cursor.execute(
        f"SELECT {above} AS bin, count(*) FROM {real} GROUP BY bin", [_bound(column, dtype, edge) for edge in inner]
    ).fetchall()
    sizes = dict(rows)
    return [sizes.get(number, 0) for number in range(len(inner) + 1)]


def _bound(column: Column, dtype: Dtype, edge: Any) -> str:
    """The text of an edge, as a value of the column."""
    match column.kind:
        case "float":
            return repr(float(edge))
        case "decimal":
            return format(Decimal(int(edge)).scaleb(-dtype.scale), "f")
        case "integer" | "duration":
            return str(int(edge))
        case "date":
            return str(np.datetime64(int(edge), "D"))
        case _:
            return dtype.text(int(edge) * PER_UNIT[dtype.unit])


def values(cursor: DuckDBPyConnection, table: Table, *, cid: int, search: str, limit: int) -> tuple[list[ValueCount], int, bool]:
    """The distinct values whose text contains `search`, the commonest first; how many cells are missing; whether the limit cut.

    Values with equal counts stand in the order in which the column has them (categories in their own).
    """
    column = table.column(cid)
    name, dtype = f"c{cid}", parse(column.dtype)
    ((missing,),) = cursor.execute(f"SELECT count(*) - count({name}) FROM {table.live}").fetchall()
    if not can_read(column, search, case=False):
        return [], missing, False
    wanted = f"WHERE {name} IS NOT NULL AND contains(lower({in_sql(column)}), lower(?))"
    if column.categories is not None:
        rows = cursor.execute(
            f"SELECT {name}, size FROM (SELECT unnest(?::VARCHAR[]) AS {name}, generate_subscripts(?::VARCHAR[], 1) AS place) "
            f"LEFT JOIN (SELECT {name} AS label, count(*) AS size FROM {table.live} GROUP BY {name}) ON label = {name} "
            f"{wanted} ORDER BY coalesce(size, 0) DESC, place LIMIT ?",
            [column.categories, column.categories, search, limit + 1],
        ).fetchall()
    else:
        rows = cursor.execute(
            f"SELECT CAST({name} AS VARCHAR), size FROM (SELECT {name}, count(*) AS size, min(_rid) AS first FROM {table.live} "
            f"{wanted} GROUP BY {name}) ORDER BY size DESC, first LIMIT ?",
            [search, limit + 1],
        ).fetchall()
    found = [ValueCount(value=dtype.json(text), count=size or 0) for text, size in rows[:limit]]
    return found, missing, len(rows) > limit
