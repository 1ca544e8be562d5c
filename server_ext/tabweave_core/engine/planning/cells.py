"""Arrow columns as units and labels, and back. It must not know rollups, operations or where the columns are from."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ...errors import BadMessage, Refused
from ..bounds import ends
from ..rollups.column import Measure, Values
from ..rollups.units import LIMIT, is_wide, of_integers, to_decimal

if TYPE_CHECKING:
    from ...protocol.schema import Column
    from ..rollups.column import Number
    from ..rollups.tree import Codes
    from ..rollups.units import Units

NUMBERS = ("integer", "decimal", "float")
_WORD = 8
_LOW = (1 << 64) - 1
_WIDE_DIGITS = 38


@dataclass(frozen=True, eq=False)
class Labelled:
    """A column as places in its sorted labels, -1 where it is missing."""

    codes: Codes
    texts: list[str]


@dataclass(frozen=True, eq=False)
class Measured:
    """A column as a measure: what it can hold, its values, and (unless it is a number) the texts that its units stand for."""

    measure: Measure
    values: Values
    texts: list[str] | None = None

    def natural(self, units: Number) -> Decimal | float | str:
        """Units as what a person reads."""
        return self.measure.natural(units) if self.texts is None else self.texts[int(units)]


def joined(values: Any) -> pa.Array:
    """A column as one array."""
    return values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values


def label(column: Column, values: pa.Array) -> Labelled:
    """A column as a level: its labels in their own order, which for categories is the declared one."""
    kind = values.type
    if pa.types.is_nested(kind) or pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        hint = "Choose a column of texts, numbers or dates."
        raise BadMessage("BAD_MESSAGE", f"{column.name} ({column.dtype}) cannot be a level.", hint=hint)
    if pa.types.is_floating(kind):
        values = pc.if_else(pc.is_nan(values), pa.scalar(None, kind), values)
    encoded = values if pa.types.is_dictionary(kind) else values.dictionary_encode()
    indices = encoded.indices
    codes = np.asarray(pc.fill_null(indices.cast(pa.int32()), -1) if indices.null_count else indices)
    known = encoded.dictionary
    texts = [_tidy(text) for text in known.cast(pa.large_string()).to_pylist()]
    if column.categories is not None:
        rank = {text: number for number, text in enumerate(column.categories)}
        order = sorted(range(len(texts)), key=lambda place: (rank.get(texts[place], len(rank)), texts[place]))
    else:
        order = pc.sort_indices(known).to_pylist()
    ranks = np.empty(len(order) + 1, dtype=np.int32)
    ranks[order] = np.arange(len(order))
    ranks[-1] = -1
    return Labelled(ranks.take(codes, mode="wrap"), [texts[place] for place in order])


def _tidy(text: str) -> str:
    """A moment without the parts that are zero."""
    if len(text) > 19 and text[10] == " " and text[19] == "." and not text[20:].strip("0"):
        text = text[:19]
    return text[:10] if len(text) == 19 and text[4] == "-" and text[10:] == " 00:00:00" else text


def measure(column: Column, name: str, values: pa.Array) -> Measured:
    """A column as a measure called `name`."""
    if column.kind not in NUMBERS:
        found = label(column, values)
        codes = Values.of(np.maximum(found.codes, 0).astype(np.int64), found.codes >= 0)
        return Measured(Measure(name, 0, number=False), codes, found.texts)
    units = numbers(values)
    low, high = ends(column)
    if column.kind == "float":
        floats = (None if end is None else float(end) for end in (low, high))
        return Measured(Measure.double(name, low=next(floats), high=next(floats)), units)
    scale = column.scale or 0
    least, most = (None if end is None else int(Decimal(end).scaleb(scale)) for end in (column.lo, column.hi))
    limits = (-LIMIT if least is None else least, LIMIT - 1 if most is None else most)
    declared = (None if low is None else math.ceil(low.scaleb(scale)), None if high is None else math.floor(high.scaleb(scale)))
    return Measured(Measure(name, scale, *limits, *declared), units)


def numbers(values: pa.Array) -> Values:
    """Integers and decimals as units of their own scale, floats as they are; NaN counts as missing."""
    kind = values.type
    if pa.types.is_dictionary(kind):
        return numbers(values.dictionary_decode())
    present = None if not values.null_count else np.asarray(values.is_valid())
    if pa.types.is_floating(kind):
        floats = np.asarray(pc.fill_null(values.cast(pa.float64()), np.nan))
        there = ~np.isnan(floats)
        return Values.of(floats.copy() if floats.flags.writeable is False else floats, there)
    if pa.types.is_decimal(kind):
        return Values.of(_unscaled(values), present)
    filled = pc.fill_null(values, 0) if present is not None else values
    if pa.types.is_uint64(kind) and len(filled) and pc.max(filled).as_py() >= LIMIT:
        return Values.of(of_integers(filled.to_pylist()), present)
    return Values.of(np.array(filled.cast(pa.int64())), present)


def _unscaled(values: pa.Array) -> Units:
    kind = values.type
    if kind.scale < 0 or not pa.types.is_decimal128(kind):
        scale = max(kind.scale, 0)
        return of_integers(0 if each is None else int(each.scaleb(scale)) for each in values.to_pylist())
    words = np.frombuffer(values.buffers()[1], dtype=np.int64).reshape(-1, 2)[values.offset : values.offset + len(values)]
    low, high = words[:, 0], words[:, 1]
    there = np.asarray(values.is_valid())
    if ((high == low >> 63) | ~there).all():
        return np.where(there, low, 0)
    pairs = zip(low.tolist(), high.tolist(), there.tolist(), strict=True)
    return of_integers((h << 64) + (l & _LOW) if t else 0 for l, h, t in pairs)  # noqa: E741 - low, high, there


def to_arrow(values: Values, kind: pa.DataType) -> pa.Array:
    """Units as an Arrow array of an integer, decimal or floating type; they fit, as the measure has checked."""
    missing = None if values.present is None else ~values.present
    if pa.types.is_decimal(kind):
        fits = pa.types.is_decimal128(kind) and kind.scale >= 0
        found = _decimals(values.units, missing, kind if fits else pa.decimal128(_WIDE_DIGITS, max(kind.scale, 0)))
        return found if fits else found.cast(kind)
    if is_wide(values.units):
        listed = [None if gone else unit for unit, gone in zip(values.units.tolist(), _gone(values), strict=True)]
        return pa.array(listed, kind)
    found = pa.array(values.units, mask=missing)
    return found if found.type == kind else found.cast(kind)


def _gone(values: Values) -> list[bool]:
    found: list[bool] = (~values.there()).tolist()
    return found


def _decimals(units: Units, missing: Any, kind: pa.DataType) -> pa.Array:
    if is_wide(units):
        raw = b"".join(unit.to_bytes(2 * _WORD, "little", signed=True) for unit in units.tolist())
    else:
        words = np.empty((len(units), 2), dtype=np.int64)
        words[:, 0], words[:, 1] = units, units >> 63
        raw = words.tobytes()
    validity = None if missing is None else pa.array(~missing).buffers()[1]
    return pa.Array.from_buffers(kind, len(units), [validity, pa.py_buffer(raw)])


def require_exact(column: Column, kind: pa.DataType) -> None:
    """Refuses to write totals of a floating type that is too coarse for them."""
    if pa.types.is_floating(kind) and kind != pa.float64():
        hint = "Change the column's type to float64 or a decimal."
        raise Refused(
            "NOT_EDITABLE", f"{column.name} ({column.dtype}) is too coarse for exact totals.", hint=hint, where=column.name
        )


def shown(number: Number | None, measured: Measured) -> str | None:
    """Units as text, without thousands separators; None for missing."""
    if number is None:
        return None
    found = measured.natural(number)
    return found if isinstance(found, str) else format(found, "f") if isinstance(found, Decimal) else repr(found)


def rescale(values: Values, scale: int, wanted: int) -> Values | None:
    """Units of another scale; None when that would round."""
    if wanted >= scale:
        if wanted == scale:
            return values
        factor: int = 10 ** (wanted - scale)
        if not is_wide(values.units) and int(np.abs(values.units).max(initial=0)) < LIMIT // factor:
            return Values(values.units * factor, values.present)
        return Values(of_integers(unit * factor for unit in values.units.tolist()), values.present)
    factor = 10 ** (scale - wanted)
    whole = values.units // factor
    return Values.of(whole, values.present) if bool((whole * factor == values.units).all()) else None


def natural_floats(values: Values, scale: int) -> Values:
    """Units as the floats they stand for."""
    if values.units.dtype == np.float64:
        return values
    floats = np.array([float(to_decimal(unit, scale)) for unit in values.units.tolist()], dtype=np.float64)
    return Values(floats, values.present)


def whole_of_floats(values: Values, scale: int, *, exactly: bool) -> Values | None:
    """Floats as units; None when they do not fit (or, `exactly`, when one has more decimals)."""
    scaled = np.rint(values.units * 10.0**scale)
    if not np.isfinite(scaled).all() or np.abs(scaled).max(initial=0) >= 2.0**53:
        return None
    if exactly and not (scaled / 10.0**scale == values.units).all():
        return None
    return Values(scaled.astype(np.int64), values.present)


def decimals_seen(values: Units, most: int = 6) -> int:
    """The most decimals that any of these floats has when written down, at most `most`."""
    floats = np.asarray(values, dtype=np.float64)
    floats = floats[np.isfinite(floats)]
    for scale in range(most):
        if (np.rint(floats * 10.0**scale) / 10.0**scale == floats).all():
            return scale
    return most
