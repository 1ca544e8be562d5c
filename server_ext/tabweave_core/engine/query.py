"""Views in SQL: sort keys, filters and the quick search of one table, with every value bound and never written into the text.

Values are compared by type, except where a filter is about text. Only ids that the store itself gave stand in the text. It
must not know windows or channels.
"""

from __future__ import annotations

import base64
import datetime as dt
import math
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal, InvalidOperation, localcontext
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from ..errors import BadValue, did_you_mean
from ..protocol.schema import ExpressionFilter, Filter, MissingFilter, RangeFilter, SetFilter, Sort, TextFilter, View
from ..protocol.values import decode
from . import expression
from .dtypes import Dtype, parse
from .moments import DAY, PER_UNIT
from .texts import in_sql

if TYPE_CHECKING:
    from ..protocol.ops import Scalar
    from ..protocol.schema import Column
    from .catalog import Table

_NONE = "false"
_EXAMPLES = {
    "integer": "12",
    "decimal": "12.50",
    "float": "1.5",
    "boolean": "true",
    "date": "2026-01-31",
    "time": "14:05:00",
    "timestamp": "2026-01-31T14:05:00",
    "duration": "a number of nanoseconds",
    "binary": "base64",
}


@dataclass
class Sql:
    """SQL text and the values bound to its question marks, in order."""

    text: str
    values: list[Any] = field(default_factory=list)

    @classmethod
    def joined(cls, word: str, parts: list[Sql]) -> Sql:
        """Parts with a word between them."""
        return cls(word.join(part.text for part in parts), [value for part in parts for value in part.values])


def condition(table: Table, view: View) -> Sql | None:
    """The condition on rows that a view's filters and search make, or None; raises for what a column cannot be compared with."""
    parts = [_filter(table, wanted) for wanted in view.filter]
    if view.search:
        found = [Sql(f"contains(lower({in_sql(column)}), lower(?))", [view.search]) for column in table.columns]
        parts.append(Sql.joined(" OR ", found) if found else Sql(_NONE))
    if not parts:
        return None
    return Sql.joined(" AND ", [Sql(f"coalesce(({part.text}), false)", part.values) for part in parts])


def order(table: Table, keys: list[Sort]) -> Sql | None:
    """The sort keys of a view, or None; missing values go last either way, and NaN before them."""
    parts = []
    for key in keys:
        column = table.column(key.column)
        name, way = f"c{column.id}", "DESC" if key.descending else "ASC"
        if column.kind == "float":
            parts.append(Sql(f"isnan({name}) ASC NULLS LAST"))
        if column.ordered and column.categories:
            parts.append(Sql(f"list_position(?::VARCHAR[], {name}) {way} NULLS LAST", [column.categories]))
        else:
            parts.append(Sql(f"{name} {way} NULLS LAST"))
    return Sql.joined(", ", parts) if parts else None


def _filter(table: Table, wanted: Filter) -> Sql:
    match wanted:
        case RangeFilter(column=cid):
            return _range(table.column(cid), wanted)
        case SetFilter(column=cid):
            return _set(table.column(cid), wanted)
        case TextFilter(column=cid):
            found = _text(table.column(cid), wanted)
            return Sql(f"NOT coalesce({found.text}, false)", found.values) if wanted.negate else found
        case MissingFilter(column=cid):
            return Sql(f"c{table.column(cid).id} IS {'NOT ' if wanted.negate else ''}NULL")
        case ExpressionFilter(sql=sql):
            return Sql(expression.condition(table, sql))
    raise AssertionError(wanted)


def _text(column: Column, wanted: TextFilter) -> Sql:
    text = in_sql(column)
    if wanted.mode == "regex":
        return Sql(f"regexp_matches({text}, ?, ?)", [wanted.text, "c" if wanted.case else "i"])
    if not wanted.case:
        text = f"lower({text})"
    operand = "?" if wanted.case else "lower(?)"
    match wanted.mode:
        case "contains":
            return Sql(f"contains({text}, {operand})", [wanted.text])
        case "starts":
            return Sql(f"starts_with({text}, {operand})", [wanted.text])
        case "ends":
            return Sql(f"ends_with({text}, {operand})", [wanted.text])
        case _:
            return Sql(f"{text} = {operand}", [wanted.text])


def _range(column: Column, wanted: RangeFilter) -> Sql:
    if column.kind == "binary":
        raise BadValue("TYPE", f"{column.name!r} ({column.dtype}) has no ranges.", hint="Filter it by missing values.")
    if column.ordered and column.categories:
        return _category_range(column, column.categories, wanted)
    dtype, name = parse(column.dtype), f"c{column.id}"
    parts = []
    for bound, sign, upper in ((wanted.lo, ">=", False), (wanted.hi, "<=", True)):
        if bound is None:
            continue
        text = _bound(column, dtype, bound, upper=upper)
        if text is None:
            return Sql(_NONE)
        parts.append(Sql(f"{name} {sign} CAST(? AS {dtype.sql})", [text]))
    if not parts:
        return Sql("true")
    if column.kind == "float":
        parts.append(Sql(f"NOT isnan({name})"))
    return Sql.joined(" AND ", parts)


def _category_range(column: Column, labels: list[str], wanted: RangeFilter) -> Sql:
    parts = [Sql(f"c{column.id} IS NOT NULL")] if wanted.lo is not None or wanted.hi is not None else [Sql("true")]
    for bound, sign in ((wanted.lo, ">="), (wanted.hi, "<=")):
        if bound is None:
            continue
        if bound not in labels:
            hint = did_you_mean(str(bound), labels)
            raise BadValue("TYPE", f"{bound!r} is not a category of {column.name!r}.", hint=hint)
        parts.append(Sql(f"list_position(?::VARCHAR[], c{column.id}) {sign} ?", [labels, labels.index(str(bound)) + 1]))
    return Sql.joined(" AND ", parts)


def _bound(column: Column, dtype: Dtype, value: Scalar, *, upper: bool) -> str | None:
    """A range's end as a text of the column's type, moved inwards to the next value it has; None when nothing can match."""
    found = _operand(column, value, upper=upper)
    if isinstance(found, float) and math.isnan(found):
        return None
    match dtype.kind:
        case "integer" | "decimal":
            lo, hi = (Decimal(bound) for bound in dtype.bounds() if bound is not None)
            if found == math.inf or found > hi:
                return str(hi) if upper else None
            if found == -math.inf or found < lo:
                return None if upper else str(lo)
            with localcontext(prec=100):
                step = Decimal(1).scaleb(-dtype.scale)
                return format(Decimal(found).quantize(step, ROUND_FLOOR if upper else ROUND_CEILING), "f")
        case "float":
            return repr(float(found))
        case "time" | "timestamp" | "duration":
            per = PER_UNIT[dtype.unit]
            return dtype.text(found // per * per if upper else -(-found // per) * per)
        case _:
            return dtype.text(found)


def _set(column: Column, wanted: SetFilter) -> Sql:
    name, dtype = f"c{column.id}", parse(column.dtype)
    values: list[Any] = []
    for value in wanted.values:
        if value is not None:
            found = _operand(column, value)
            if column.kind == "binary":
                values.append(found)
            elif (text := _fitting(dtype, found)) is not None:
                values.append(text)
    kind = "BLOB" if column.kind == "binary" else "VARCHAR"
    listed = Sql(f"coalesce({name} IN (SELECT CAST(unnest(?::{kind}[]) AS {dtype.sql})), false)", [values])
    if wanted.missing or None in wanted.values:
        listed = Sql(f"({listed.text} OR {name} IS NULL)", listed.values)
    return Sql(f"NOT {listed.text}", listed.values) if wanted.exclude else listed


def _fitting(dtype: Dtype, value: Any) -> str | None:
    """A listed value as a text of the column's type, or None when no value of that type equals it."""
    match dtype.kind:
        case "integer" | "decimal":
            if isinstance(value, float) and not math.isfinite(value):
                return None
            exact = Decimal(value)
            lo, hi = (Decimal(bound) for bound in dtype.bounds() if bound is not None)
            with localcontext(prec=400):
                if not lo <= exact <= hi or exact.scaleb(dtype.scale) % 1:
                    return None
                return format(exact.quantize(Decimal(1).scaleb(-dtype.scale)), "f")
        case "float":
            return repr(float(value))
        case "time" | "timestamp" | "duration":
            return None if value % PER_UNIT[dtype.unit] else dtype.text(value)
        case _:
            return dtype.text(value)


def _operand(column: Column, value: Scalar, *, upper: bool = False) -> Any:
    """A JSON value as the Python scalar to compare a column with; raises `BadValue` TYPE."""
    try:
        return _read(column, value, upper)
    except (BadValue, ValueError, TypeError, InvalidOperation, OverflowError):
        example = _EXAMPLES.get(column.kind, "abc")
        message = f"{value!r} is nothing that {column.name!r} ({column.dtype}) can be compared with."
        raise BadValue("TYPE", message, hint=f"Write it like {example}.") from None


def _read(column: Column, value: Scalar, upper: bool) -> Any:
    match column.kind:
        case "integer" | "decimal" | "float":
            return _number(value)
        case "text" | "category":
            return value if isinstance(value, str) else str(value)
        case "boolean" if isinstance(value, str):
            return (
                {"true": True, "false": False}[value.lower()] if value.lower() in ("true", "false") else decode("boolean", value)
            )
        case "binary":
            return base64.b64decode(str(value), validate=True)
        case "duration" if isinstance(value, int) and not isinstance(value, bool):
            return value
        case "date" if isinstance(value, str):
            return dt.date.fromisoformat(value[:10])
        case "timestamp" if isinstance(value, str):
            return _instant(column, value, upper)
        case kind:
            return decode(kind, value)


def _number(value: Scalar) -> int | float | Decimal:
    if isinstance(value, bool) or value is None:
        raise TypeError
    if not isinstance(value, str):
        return value
    special = {"nan": math.nan, "infinity": math.inf, "-infinity": -math.inf}
    return special[value.lower()] if value.lower() in special else Decimal(value.strip())


def _instant(column: Column, value: str, upper: bool) -> int:
    """A timestamp in nanoseconds; a day alone is its first or, as the end of a range, its last one, in the column's zone."""
    ns: int = decode("timestamp", value)
    alone = ":" not in value
    if column.zone is not None and not value.endswith("Z"):
        ahead = DAY if alone and upper else 0
        return _from_wall(ns + ahead, column.zone) - (1 if ahead else 0)
    return ns + DAY - 1 if alone and upper else ns


def _from_wall(ns: int, zone: str) -> int:
    seconds, rest = divmod(ns, PER_UNIT["s"])
    wall = dt.datetime(1970, 1, 1) + dt.timedelta(seconds=seconds)
    ahead = wall.replace(tzinfo=pa.lib.string_to_tzinfo(zone)).utcoffset() or dt.timedelta(0)
    return (seconds - ahead.days * 86_400 - ahead.seconds) * PER_UNIT["s"] + rest
