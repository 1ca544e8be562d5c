"""Sorting: the permutation of row positions that a list of keys asks for, from nothing but the key columns.

Every key becomes unsigned integers that sort as its values do, missing values last whichever way it runs; the integers of
all keys are then sorted together, stably. It must not know frames or views.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa

from . import collation
from .arrays import is_category, is_object, labels, objects, read, storage, unscaled
from .mixture import rank_objects
from .text import texts_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .arrays import Values

Ints = np.ndarray[Any, Any]
_WORD = 64


@dataclass(frozen=True)
class Code:
    """Unsigned integers below `2 ** bits` that sort as a column does."""

    values: Ints
    bits: int


def order(keys: Sequence[tuple[Values, bool]], check: Callable[[], None], rows: Ints | None = None) -> Ints:
    """The positions in the order of `keys` (column, descending), the first key weighing most; equal rows keep their order.

    With `rows` only those positions (ascending) are ordered. `check` is called between steps and may raise to give up.
    The result is int32 below 2^31 rows.
    """
    arranged = _arranged(keys, check, rows)
    found = sort_codes(_encoded(keys, check, rows), check) if arranged is None else arranged
    if rows is not None:
        found = rows.take(found)
    count = len(keys[0][0])
    return found.astype(np.int32, copy=False) if count < 2**31 else found


def _arranged(keys: Sequence[tuple[Values, bool]], check: Callable[[], None], rows: Ints | None) -> Ints | None:
    """A shorter way for a single column of texts that are nearly all different."""
    ((values, descending), *others) = keys
    if others or not isinstance(storage(values).dtype, pd.StringDtype):
        return None
    return collation.arrange(read(values, rows), descending, check)


def _encoded(keys: Sequence[tuple[Values, bool]], check: Callable[[], None], rows: Ints | None) -> list[Code]:
    codes: list[Code] = []
    for values, descending in keys:
        check()
        codes += encode(values, descending, check, rows)
    check()
    return codes


def encode(values: Values, descending: bool, check: Callable[[], None], rows: Ints | None = None) -> list[Code]:
    """The codes of one column, the most significant first."""
    if is_object(values):
        rank, count, lost = rank_objects(objects(values, rows), check)
        return _ranked(rank, count, lost, descending)
    if is_category(values):
        return _categories(storage(values), descending, check, rows)
    cells = read(values, rows)
    gone = np.asarray(cells.is_null()) if cells.null_count else None
    kind = cells.type
    if pa.types.is_floating(kind):
        return [_floats(cells, gone, descending)]
    if pa.types.is_boolean(kind):
        return _ranked(np.asarray(cells.fill_null(False)), 2, gone, descending)
    if pa.types.is_decimal(kind):
        return _decimals(cells, gone, descending)
    if pa.types.is_integer(kind) or pa.types.is_temporal(kind):
        return _integers(_ticks(cells), gone, descending)
    if pa.types.is_nested(kind):
        cells = texts_of(cells)
    rank, count = collation.ranks(cells, check)
    return _ranked(rank, count, gone, descending)


def sort_codes(codes: Sequence[Code], check: Callable[[], None]) -> Ints:
    """The stable ascending order of codes, the first weighing most."""
    words = _packed(codes)
    found: Ints | None = None
    for word in reversed(words):
        check()
        step = _argsort(word if found is None else Code(word.values[found], word.bits))
        found = step if found is None else found[step]
    return found if found is not None else np.zeros(0, dtype=np.int64)


def _packed(codes: Sequence[Code]) -> list[Code]:
    """Neighbouring codes joined into as few words as they fit."""
    words: list[Code] = []
    for code in codes:
        last = words[-1] if words else None
        if last is not None and last.bits + code.bits <= _WORD:
            joined = last.values.astype(np.uint64) << np.uint64(code.bits)
            joined |= code.values.astype(np.uint64, copy=False)
            words[-1] = Code(joined, last.bits + code.bits)
        else:
            words.append(code)
    return words


def _argsort(code: Code) -> Ints:
    count = len(code.values)
    places = max(count - 1, 1).bit_length()
    if code.bits <= 16:
        return np.argsort(code.values.astype(np.uint16, copy=False), kind="stable")
    if code.bits + places > _WORD:
        return np.argsort(code.values, kind="stable")
    keys = code.values.astype(np.uint64) << np.uint64(places)
    keys |= np.arange(count, dtype=np.uint64)
    keys.sort()
    keys &= np.uint64(2**places - 1)
    return keys.astype(np.int32 if count < 2**31 else np.int64)


def _ranked(rank: Ints, count: int, gone: Ints | None, descending: bool) -> list[Code]:
    values = (count - 1 - rank) if descending else rank
    if gone is not None and gone.any():
        values = np.where(gone, count, values)
        count += 1
    return [Code(values.astype(np.uint32 if count <= 2**32 else np.uint64), max(count - 1, 1).bit_length())]


def _integers(values: Ints, gone: Ints | None, descending: bool) -> list[Code]:
    """Codes as small as the values' range and common step allow."""
    if len(values) == 0 or (gone is not None and gone.all()):
        return [Code(np.zeros(len(values), dtype=np.uint32), 1)]
    present = values if gone is None else values[~gone]
    lo, hi = int(present.min()), int(present.max())
    step = _step(present, lo, hi)
    top = (hi - lo) // step
    wide = values.astype(np.uint64)
    wide = (np.uint64(hi % 2**64) - wide) if descending else (wide - np.uint64(lo % 2**64))
    if step > 1:
        wide //= np.uint64(step)
    if gone is None:
        return [Code(wide, max(top, 1).bit_length())]
    if top == 2**64 - 1:
        return [Code(gone.astype(np.uint8), 1), Code(np.where(gone, np.uint64(0), wide), _WORD)]
    return [Code(np.where(gone, np.uint64(top + 1), wide), (top + 1).bit_length())]


def _step(values: Ints, lo: int, hi: int) -> int:
    """A step that all values are apart, among whole seconds, milliseconds and microseconds of finer ticks."""
    if hi - lo < 2**36:
        return 1
    sample = values[:: max(len(values) // 100, 1)]
    for step in (86_400 * 10**9, 86_400 * 10**6, 10**9, 10**6, 10**3):
        if not ((sample - lo) % step).any() and not (values % step != lo % step).any():
            return step
    return 1


def _floats(cells: Any, gone: Ints | None, descending: bool) -> Code:
    numbers = np.asarray(cells.fill_null(0.0) if cells.null_count else cells) + 0.0
    width = 8 * numbers.itemsize
    whole: Any = np.uint32 if width == 32 else np.uint64
    bits = numbers.view(whole)
    sign = whole(1 << (width - 1))
    values = np.where(bits & sign, ~bits, bits | sign)
    if descending:
        values = ~values
    ceiling = whole(2**width - 1)
    odd = np.isnan(numbers)
    if odd.any():
        values[odd] = ceiling - whole(1)
    if gone is not None:
        values[gone] = ceiling
    return Code(values, width)


def _ticks(cells: Any) -> Ints:
    if pa.types.is_temporal(cells.type):
        cells = cells.view(pa.int32() if pa.types.is_date32(cells.type) else pa.int64())
    if cells.null_count:
        cells = cells.fill_null(0)
    return np.asarray(cells)


def _decimals(cells: Any, gone: Ints | None, descending: bool) -> list[Code]:
    words, small = unscaled(cells)
    if small is not None:
        return _integers(small, gone, descending)
    codes = [] if gone is None else [Code(gone.astype(np.uint8), 1)]
    for place in range(words.shape[1] - 1, -1, -1):
        word = words[:, place] ^ np.uint64(2**63 if place == words.shape[1] - 1 else 0)
        word = ~word if descending else word
        codes.append(Code(word if gone is None else np.where(gone, np.uint64(0), word), _WORD))
    return codes


def _categories(array: Any, descending: bool, check: Callable[[], None], rows: Ints | None) -> list[Code]:
    codes = np.asarray(array.codes if rows is None else array.codes[rows])
    gone = codes < 0
    count = len(array.categories)
    if not array.ordered and count:
        rank, count = collation.ranks(labels(array.categories), check)
        codes = rank[codes]
    return _ranked(codes.astype(np.int64, copy=False), count, gone, descending)
