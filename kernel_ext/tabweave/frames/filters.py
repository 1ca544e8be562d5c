"""Filters as masks: which rows a range, a set of values, a text or a condition keeps.

Values are compared by type, never as text, except where the filter is about text. It must not know views or channels.
"""

from __future__ import annotations

import decimal
import json
import math
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from tabweave_core.errors import BadValue, did_you_mean
from tabweave_core.protocol.schema import ExpressionFilter, Filter, MissingFilter, RangeFilter, SetFilter, TextFilter
from tabweave_core.protocol.values import tagged_text

from .arrays import is_category, is_missing, labels, read, storage
from .expression import Expression
from .matching import Mask, Pattern, by_code
from .mixture import sort_key
from .operands import PER_SECOND, operand
from .text import texts_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tabweave_core.protocol.ops import Scalar
    from tabweave_core.protocol.schema import Column

    from .arrays import Rows, Values

    Source = Callable[[int], tuple[Column, Values]]
    Span = slice | np.ndarray[Any, Any]


def columns_of(wanted: Filter, names: Mapping[str, int]) -> set[int]:
    """The ids of the columns that a filter looks at; `names` are the ids by column name."""
    if isinstance(wanted, ExpressionFilter):
        return set(Expression(wanted.sql, names).columns.values())
    return {wanted.column}


def keep(wanted: Filter, source: Source, names: Mapping[str, int], rows: Span, check: Callable[[], None]) -> Mask:
    """Which of `rows` (a plain slice or positions) a filter keeps. `source` gives a column and its storage by id."""
    if isinstance(wanted, ExpressionFilter):
        expression = Expression(wanted.sql, names)
        return expression.keep({name: source(column) for name, column in expression.columns.items()}, rows, check)
    column, values = source(wanted.column)
    match wanted:
        case RangeFilter():
            return in_range(column, values, wanted, rows)
        case SetFilter():
            return in_set(column, values, wanted, rows)
        case TextFilter():
            found = Pattern(wanted.text, wanted.mode, wanted.case).mask(texts_of(read(values, rows)))
            return ~found if wanted.negate else found
        case MissingFilter():
            gone = missing(read(values, rows))
            return ~gone if wanted.negate else gone


def missing(cells: Any) -> Mask:
    """Which cells, as `arrays.read` gave them, are missing."""
    if isinstance(cells, np.ndarray):
        return np.fromiter(map(is_missing, cells), dtype=np.bool_, count=len(cells))
    return np.asarray(cells.is_null())


def in_range(column: Column, values: Values, wanted: RangeFilter, rows: Rows = None) -> Mask:
    """Which cells lie within the bounds; a missing one does only when both are open."""
    if column.kind in ("nested", "binary"):
        raise BadValue("TYPE", f"{column.name!r} ({column.dtype}) has no ranges.", hint="Filter it by text or by missing values.")
    lo = None if wanted.lo is None else operand(column, wanted.lo)
    hi = None if wanted.hi is None else operand(column, wanted.hi, upper=True)
    if is_category(values) and column.ordered:
        return _category_range(column, values, lo, hi, rows)
    cells = read(values, rows)
    if lo is None and hi is None:
        return np.ones(len(cells), dtype=np.bool_)
    if isinstance(cells, np.ndarray):
        return _object_range(cells, lo, hi)
    if column.kind in ("text", "category", "object"):
        if column.kind == "object":
            cells = texts_of(cells)
        return _text_range(cells, lo, hi)
    if pa.types.is_decimal(cells.type):
        return _decimal_range(cells, lo, hi)
    kept = ~missing(cells)
    numbers, per_unit = _numbers(cells)
    if lo is not None:
        kept &= _at_least(numbers, _scaled(lo, per_unit, numbers, math.ceil))
    if hi is not None:
        kept &= _at_most(numbers, _scaled(hi, per_unit, numbers, math.floor))
    return kept


def _numbers(cells: Any) -> tuple[np.ndarray[Any, Any], int]:
    """Comparable numbers and how many ns (or days) one of them stands for; 0 for plain numbers."""
    kind = cells.type
    if pa.types.is_date(kind):
        return np.asarray(cells.view(pa.int32()).fill_null(0)), 1
    if pa.types.is_temporal(kind):
        return np.asarray(cells.view(pa.int64()).fill_null(0)), 10**9 // PER_SECOND[kind.unit]
    if pa.types.is_boolean(kind):
        return np.asarray(cells.fill_null(False)), 0
    return np.asarray(cells.fill_null(0) if cells.null_count else cells), 0


def _scaled(bound: Any, per_unit: int, numbers: Any, rounded: Callable[[Any], int]) -> Any:
    if per_unit:
        return rounded(Decimal(bound) / per_unit) if per_unit > 1 and bound % per_unit else bound // per_unit
    if numbers.dtype.kind in "iu" and not isinstance(bound, int):
        return rounded(bound) if isinstance(bound, Decimal) or math.isfinite(bound) else bound
    return float(bound) if numbers.dtype.kind == "f" else bound


def _at_least(numbers: Any, bound: Any) -> Mask:
    found: Mask = numbers >= bound
    return found


def _at_most(numbers: Any, bound: Any) -> Mask:
    found: Mask = numbers <= bound
    return found


def _category_range(column: Column, values: Values, lo: str | None, hi: str | None, rows: Rows) -> Mask:
    array = storage(values)
    known = labels(array.categories).to_pylist()
    codes = np.asarray(array.codes if rows is None else array.codes[rows])
    kept = codes >= 0 if lo is not None or hi is not None else np.ones(len(codes), dtype=np.bool_)
    for bound in (lo, hi):
        if bound is not None and bound not in known:
            raise BadValue("TYPE", f"{bound!r} is not a category of {column.name!r}.", hint=did_you_mean(bound, known))
    if lo is not None:
        kept &= codes >= known.index(lo)
    if hi is not None:
        kept &= codes <= known.index(hi)
    return kept


def _text_range(cells: Any, lo: str | None, hi: str | None) -> Mask:
    if pa.types.is_dictionary(cells.type):
        return by_code(cells, _text_range(cells.dictionary, lo, hi))
    kept = ~missing(cells)
    if lo is not None:
        kept &= np.asarray(pc.greater_equal(cells, pa.scalar(lo, cells.type)).fill_null(False))
    if hi is not None:
        kept &= np.asarray(pc.less_equal(cells, pa.scalar(hi, cells.type)).fill_null(False))
    return kept


def _decimal_range(cells: Any, lo: Any, hi: Any) -> Mask:
    kept = ~missing(cells)
    for bound, rounding, compare in ((lo, ROUND_CEILING, pc.greater_equal), (hi, ROUND_FLOOR, pc.less_equal)):
        if bound is None:
            continue
        limit = Decimal(10) ** (cells.type.precision - cells.type.scale)
        if isinstance(bound, float) and math.isnan(bound):
            return np.zeros(len(cells), dtype=np.bool_)
        if abs(Decimal(bound)) >= limit:
            if (bound > 0) == (compare is pc.greater_equal):
                return np.zeros(len(cells), dtype=np.bool_)
            continue
        exact = _unscaled(Decimal(bound), cells.type.scale, rounding)
        kept &= np.asarray(compare(cells, pa.scalar(exact, cells.type)).fill_null(False))
    return kept


def _unscaled(bound: Decimal, scale: int, rounding: str) -> Decimal:
    with decimal.localcontext(prec=100):
        return bound.quantize(Decimal(1).scaleb(-scale), rounding=rounding)


def _object_range(cells: np.ndarray[Any, Any], lo: Any, hi: Any) -> Mask:
    low = None if lo is None else sort_key(lo)
    high = None if hi is None else sort_key(hi)

    def within(value: object) -> bool:
        key = sort_key(value)
        return bool(
            key
            and (low is None or (key[0] == low[0] and key >= low))
            and (high is None or (key[0] == high[0] and key <= high))
        )  # fmt: skip

    return np.fromiter(map(within, cells), dtype=np.bool_, count=len(cells))


def in_set(column: Column, values: Values, wanted: SetFilter, rows: Rows = None) -> Mask:
    """Which cells are listed, or are not with `exclude`."""
    cells = read(values, rows)
    listed = _listed(column, cells, [value for value in wanted.values if value is not None])
    if wanted.missing or None in wanted.values:
        listed |= missing(cells)
    return ~listed if wanted.exclude else listed


def _listed(column: Column, cells: Any, wanted: list[Scalar]) -> Mask:
    if isinstance(cells, np.ndarray) or column.kind in ("nested", "object"):
        return _listed_objects(column, cells, wanted)
    operands = [operand(column, value) for value in wanted]
    if column.kind == "binary":
        return _is_in(cells, operands)
    if pa.types.is_dictionary(cells.type):
        return by_code(cells, _is_in(cells.dictionary, operands))
    if column.kind == "text":
        return _is_in(cells, operands)
    if pa.types.is_decimal(cells.type):
        return _listed_decimals(cells, operands)
    numbers, per_unit = _numbers(cells)
    found = np.zeros(len(numbers), dtype=np.bool_)
    if any(isinstance(value, float) and math.isnan(value) for value in operands):
        found |= np.isnan(numbers) if numbers.dtype.kind == "f" else False
    found |= np.isin(numbers, _fitting(operands, per_unit, numbers.dtype))
    return found & ~missing(cells)


def _fitting(operands: list[Any], per_unit: int, dtype: Any) -> Any:
    """Those operands that a column's numbers can equal, in its type."""
    if dtype.kind == "f":
        return np.array([float(value) for value in operands], dtype=dtype)
    if dtype.kind == "b":
        return np.array(operands, dtype=dtype)
    if per_unit:
        operands = [value // per_unit for value in operands if value % per_unit == 0]
    limits = np.iinfo(dtype)
    whole = [int(value) for value in operands if math.isfinite(value) and value == int(value)]
    return np.array([value for value in whole if limits.min <= value <= limits.max], dtype=dtype)


def _is_in(cells: Any, wanted: list[Any]) -> Mask:
    found = pc.is_in(cells, pa.array(wanted, cells.type))
    return np.asarray(found) & ~missing(cells)


def _listed_decimals(cells: Any, operands: list[Any]) -> Mask:
    limit = Decimal(10) ** (cells.type.precision - cells.type.scale)
    exact = [Decimal(value) for value in operands if math.isfinite(value) and abs(Decimal(value)) < limit]
    with decimal.localcontext(prec=400):
        return _is_in(cells, [value for value in exact if value.scaleb(cells.type.scale) % 1 == 0])


def _listed_objects(column: Column, cells: Any, wanted: list[Scalar]) -> Mask:
    for value in wanted:
        if not isinstance(value, str):
            operand(column, value)
    known = {_normal(str(value)) for value in wanted}
    items = cells if isinstance(cells, np.ndarray) else cells.to_pylist()
    return np.fromiter(
        (not is_missing(item) and _normal(tagged_text(item)) in known for item in items), dtype=np.bool_, count=len(items)
    )  # fmt: skip


def _normal(text: str) -> str:
    """Tagged JSON with its spaces gone, so that it can be compared as text."""
    try:
        return json.dumps(json.loads(text), ensure_ascii=False, separators=(",", ":"))
    except ValueError:
        return text
