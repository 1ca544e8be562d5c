"""The distribution of a column, for its header and filter: a histogram, the commonest values, what is missing.

Every column is one short call. Up to `EXACT` rows everything is counted; above, and for texts that hardly ever repeat, a
fixed sample is, and the profile says so. It must not know frames or channels.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from tabweave_core.engine.bins import edges_for
from tabweave_core.protocol.schema import Profile, ValueCount

from .arrays import is_category, is_object, labels, objects, read, storage, unscaled
from .distinct import commonest, count_objects
from .scalars import to_json

if TYPE_CHECKING:
    from tabweave_core.protocol.ops import Scalar
    from tabweave_core.protocol.schema import Column

    from .arrays import Rows, Values

EXACT = 3_000_000
"""Columns longer than this are sampled."""
SAMPLE = 500_000
FEW = 50_000
"""How many cells are read of columns whose cells are dear: Python objects, and texts that hardly repeat."""
TOP = 12

Numbers = np.ndarray[Any, Any]
_Facts = dict[str, Any]


def profile(column: Column, values: Values) -> Profile:
    """The distribution of one column."""
    array = storage(values)
    count = len(array)
    rows = _sample(count, SAMPLE) if count > EXACT else None
    if is_object(values):
        rows = _sample(count, FEW) if count > FEW else None
        facts = _object_facts(objects(values, rows))
    elif is_category(values):
        facts = _category_facts(array, rows)
    else:
        cells = read(values, rows)
        if column.kind in ("text", "object", "binary", "nested") and len(cells) > 2 * FEW and not _repeats(cells):
            rows = _sample(count, FEW)
            cells = read(values, rows)
        facts = _facts(column, cells)
    if rows is not None:
        facts = _scaled(facts, count, len(rows))
    return Profile(column=column.id, rows=count, exact=rows is None, **facts)


def _sample(count: int, size: int) -> np.ndarray[Any, Any]:
    """Positions drawn evenly, the same every time."""
    random = np.random.default_rng(count)
    width = count / size
    return (np.arange(size) * width + random.random(size) * width).astype(np.int64)


def _scaled(facts: _Facts, count: int, read_rows: int) -> _Facts:
    """What a sample's counts are in the whole; how many distinct values that has is not known."""
    factor = count / read_rows
    return {
        **facts,
        "missing": round(facts["missing"] * factor),
        "distinct": None,
        "counts": [round(number * factor) for number in facts.get("counts", [])],
        "top": [ValueCount(value=each.value, count=round(each.count * factor)) for each in facts.get("top", [])],
    }


def _repeats(cells: Any) -> bool:
    places = _sample(len(cells), 10_000)
    try:
        return bool(pc.count_distinct(cells.take(pa.array(places))).as_py() < 5_000)
    except pa.ArrowNotImplementedError:
        return False


def _facts(column: Column, cells: Any) -> _Facts:
    kind = cells.type
    if pa.types.is_boolean(kind):
        return _boolean_facts(cells)
    if pa.types.is_decimal(kind):
        _, small = unscaled(cells)
        if small is None:
            return _wide_facts(column, cells)
        present = small[np.asarray(cells.is_valid())] if cells.null_count else small
        return _number_facts(column, cells, present, None, 10.0**-kind.scale)
    if pa.types.is_floating(kind) or pa.types.is_integer(kind):
        return _number_facts(column, cells, np.asarray(cells.drop_null() if cells.null_count else cells), None)
    if pa.types.is_temporal(kind):
        ticks = cells.view(pa.int32() if pa.types.is_date32(kind) else pa.int64())
        return _number_facts(column, cells, np.asarray(ticks.drop_null() if ticks.null_count else ticks), None)
    if pa.types.is_nested(kind):
        return _object_facts(cells.to_pylist()[:FEW])
    return _text_facts(column, cells)


def _wide_facts(column: Column, cells: Any) -> _Facts:
    """Decimals beyond 64 bits: the histogram and the mean as floats, the rest exact."""
    facts = _number_facts(column, cells, np.asarray(cells.cast(pa.float64()).drop_null()), _exact_ends(column, cells))
    facts |= {"distinct": None, "top": []}
    present = cells.drop_null()
    if len(present) <= 4 * FEW or _repeats(present):
        counted = pc.value_counts(present)
        sizes = np.asarray(counted.field(1))
        facts["distinct"] = len(sizes)
        if len(sizes) and sizes.max() > 1:
            common = commonest(sizes, TOP)
            shown = _json(column, counted.field(0).take(pa.array(common)))
            facts["top"] = [ValueCount(value=value, count=int(size)) for value, size in zip(shown, sizes[common], strict=True)]
    return facts


def _exact_ends(column: Column, cells: Any) -> tuple[Scalar, Scalar]:
    ends = pc.min_max(cells)
    lo, hi = _json(column, pa.array([ends["min"].as_py(), ends["max"].as_py()], cells.type))
    return lo, hi


def _json(column: Column, cells: Any) -> list[Scalar]:
    return to_json(pd.arrays.ArrowExtensionArray(pa.chunked_array([cells])), column)


def _number_facts(column: Column, cells: Any, numbers: Numbers, ends: tuple[Scalar, Scalar] | None, unit: float = 1.0) -> _Facts:
    """The facts of present numbers: plain ones, ticks, or decimals' unscaled integers of size `unit`."""
    facts: _Facts = {"missing": cells.null_count}
    real = numbers[~np.isnan(numbers)] if numbers.dtype.kind == "f" else numbers
    often = [ValueCount(value="NaN", count=len(numbers) - len(real))] if len(numbers) - len(real) > 1 else []
    if not len(real):
        return facts | {"distinct": int(len(numbers) > 0), "top": often}
    lo, hi = real.min(), real.max()
    facts["lo"], facts["hi"] = ends or _json(column, _like(cells, np.array([lo, hi])))
    counted = _counted(real, lo, hi)
    if counted is not None:
        found, sizes = counted
        facts["distinct"] = len(found) + (len(real) < len(numbers))
        if ends is None and sizes.max() > 1:
            common = commonest(sizes, TOP)
            shown = _json(column, _like(cells, found[common]))
            top = [ValueCount(value=value, count=int(size)) for value, size in zip(shown, sizes[common], strict=True)]
            often = sorted([*often, *top], key=lambda each: -each.count)[:TOP]
        facts["top"] = often
    finite = real
    if real.dtype.kind == "f" and not (np.isfinite(lo) and np.isfinite(hi)):
        finite = real[np.isfinite(real)]
        lo, hi = (finite.min(), finite.max()) if len(finite) else (lo, hi)
    if len(finite):
        facts["edges"], inner = edges_for(column, lo, hi)
        facts["counts"] = _between(finite, inner) if counted is None else _between_sorted(*counted, inner)
    if column.kind in ("integer", "float", "decimal"):
        facts["mean"] = _mean(real, unit)
    return facts


def _counted(numbers: Numbers, lo: Any, hi: Any) -> tuple[Numbers, Numbers] | None:
    """Distinct numbers, ascending, and how often each comes; None for many that hardly repeat."""
    if numbers.dtype.kind in "iu" and int(hi) - int(lo) < max(2 * len(numbers), 1000):
        wide = numbers if numbers.dtype.itemsize == 8 else numbers.astype(np.int64)
        least = wide.dtype.type(lo)
        counts = np.bincount((wide - least).astype(np.int64))
        places = np.flatnonzero(counts)
        return (places.astype(wide.dtype) + least).astype(numbers.dtype), counts[places]
    if len(numbers) <= 4 * FEW:
        return np.unique(numbers, return_counts=True)
    if not _repeats(pa.array(numbers)):
        return None
    counted = pc.value_counts(pa.array(numbers))
    found, sizes = np.asarray(counted.field(0)), np.asarray(counted.field(1))
    order = np.argsort(found)
    return found[order], sizes[order]


def _between(numbers: Numbers, inner: list[Any]) -> list[int]:
    bounds = np.array(inner, dtype=numbers.dtype if numbers.dtype.kind in "iu" else np.float64)
    return list(map(int, np.bincount(np.searchsorted(bounds, numbers, side="right"), minlength=len(inner) + 1)))


def _between_sorted(found: Numbers, sizes: Numbers, inner: list[Any]) -> list[int]:
    finite = np.isfinite(found)
    found, sizes = found[finite], sizes[finite]
    total = np.concatenate(([0], np.cumsum(sizes)))
    bounds = np.array(inner, dtype=found.dtype if found.dtype.kind in "iu" else np.float64)
    places = np.concatenate(([0], np.searchsorted(found, bounds, side="left"), [len(found)]))
    return list(map(int, np.diff(total[places])))


def _mean(numbers: Numbers, unit: float) -> float | None:
    with np.errstate(over="ignore", invalid="ignore"):
        mean = float(np.mean(numbers, dtype=np.float64)) * unit
    return mean if np.isfinite(mean) else None


def _like(cells: Any, numbers: np.ndarray[Any, Any]) -> Any:
    """A few ticks or numbers as an Arrow array of the column's own type."""
    kind = cells.type
    if pa.types.is_temporal(kind):
        return pa.array(numbers).view(kind)
    if pa.types.is_decimal(kind):
        return pa.array([Decimal(int(number)).scaleb(-kind.scale) for number in numbers], kind)
    return pa.array(numbers, kind)


def _boolean_facts(cells: Any) -> _Facts:
    yes = int(pc.sum(cells).as_py() or 0)
    no = len(cells) - cells.null_count - yes
    top = [ValueCount(value=value, count=size) for value, size in ((True, yes), (False, no)) if size]
    return {"missing": cells.null_count, "distinct": len(top), "top": sorted(top, key=lambda each: -each.count)}


def _category_facts(array: Any, rows: Rows) -> _Facts:
    codes = np.asarray(array.codes if rows is None else array.codes[rows])
    counts = np.bincount(codes.astype(np.int64) + 1, minlength=len(array.categories) + 1)
    sizes = counts[1:]
    common = commonest(sizes, TOP)
    common = common[sizes[common] > 0]
    found = labels(array.categories[common]).to_pylist()
    top = [ValueCount(value=value, count=int(size)) for value, size in zip(found, sizes[common], strict=True)]
    return {"missing": int(counts[0]), "distinct": int((sizes > 0).sum()), "top": top}


def _text_facts(column: Column, cells: Any) -> _Facts:
    counted = pc.value_counts(cells.drop_null() if cells.null_count else cells)
    found, sizes = counted.field(0), np.asarray(counted.field(1))
    facts: _Facts = {"missing": cells.null_count, "distinct": len(found)}
    if len(sizes) and sizes.max() > 1:
        common = commonest(sizes, TOP)
        shown = _json(column, found.take(pa.array(common)))
        facts["top"] = [ValueCount(value=value, count=int(size)) for value, size in zip(shown, sizes[common], strict=True)]
    return facts


def _object_facts(cells: Any) -> _Facts:
    counted, missing = count_objects(cells)
    facts: _Facts = {"missing": missing, "distinct": len(counted)}
    if len(counted) < len(cells) - missing:
        facts["top"] = [ValueCount(value=value, count=size) for value, size in counted.most_common(TOP)]
    return facts
