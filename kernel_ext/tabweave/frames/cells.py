"""Typed text or JSON to values of a column: the one place that decides what parses, cell by cell or refused with a reason.

A cell typed empty is missing, except in text columns, where it is the empty text. It must not know frames or rows.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from tabweave_core.engine import bounds, moments, numerals
from tabweave_core.engine.numerals import Unfit
from tabweave_core.errors import BadValue, nearest

from . import instants, objects, storage
from .columns import label_text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tabweave_core.protocol.ops import Scalar
    from tabweave_core.protocol.schema import Column

Array = Any
BOOLEANS = {"true": True, "yes": True, "1": True, "on": True, "false": False, "no": False, "0": False, "off": False}
NULLABLE = {"bool": "boolean"} | {f"{u}int{n}": f"{u.upper()}Int{n}" for u in ("", "u") for n in (8, 16, 32, 64)}
"""For each type without a missing value the one like it that has one."""
_SHOWN = 60


@dataclass(frozen=True)
class Bad:
    """Why item `at` does not fit, and the nearest thing that would."""

    at: int
    code: str
    message: str
    hint: str = ""


@dataclass(frozen=True, eq=False)
class Parsed:
    """An array of the column's dtype, or (with None) the bad items; `nullable` names the type that has a missing value."""

    values: Array | None
    bad: list[Bad] = field(default_factory=list)
    nullable: str = ""


def parse(
    column: Column, like: Array, items: Sequence[Scalar], *, typed: bool = True, old: Callable[[], Sequence[Any]] | None = None
) -> Parsed:
    """Items as values of the column whose array is `like`: as a person typed them, or (not `typed`) as JSON values.

    `old` gives the values that are replaced; an object column reads each text like the value it replaces.
    """
    reader = _Reader(column, like)
    if column.kind == "object":
        olds = old() if old is not None else [None] * len(items)
        return reader.finish([reader.one(at, item, partial(_object, olds[at], typed)) for at, item in enumerate(items)])
    if column.kind == "text":
        return reader.finish([reader.one(at, item, _clean_text) for at, item in enumerate(items)])
    texts = [_text(item) for item in items]
    if not typed and column.kind == "duration":
        texts = [None if text is None else f"{text}ns" for text in texts]
    if column.kind == "category":
        return reader.finish(_categories(reader, texts))
    texts = [None if text is None or not text.strip() else text for text in texts]
    if not column.nullable:
        _refuse_missing(reader, texts)
    found = _READERS[column.kind](reader, texts)
    if bounds.has_any(column):
        for at, (text, number) in enumerate(zip(texts, found, strict=True)):
            if number is not None:
                reader.one(at, text, partial(_within, column, number))
    return reader.finish(found)


def _within(column: Column, number: Any, _: str) -> None:
    bounds.require(column, number)


class _Reader:
    """Collects the values and the refusals of one column."""

    def __init__(self, column: Column, like: Array) -> None:
        self.column = column
        self.like = like
        self.bad: list[Bad] = []
        self.nullable = ""

    def refuse(self, at: int, text: Scalar, error: Unfit) -> None:
        hint = error.hint
        if error.code == "RANGE" and not hint and self.column.lo is not None:
            hint = f"It holds {self.column.lo} to {self.column.hi}."
        shown = repr(text) if len(str(text)) <= _SHOWN else repr(f"{str(text)[:_SHOWN]}…")
        message = f"{shown} {error.phrase} for {self.column.name} ({self.column.dtype})."
        self.bad.append(Bad(at, error.code, message, hint))

    def one(self, at: int, item: Scalar, read: Callable[[str], Any]) -> Any:
        """One value, or None after it was refused."""
        if item is None:
            return None
        try:
            return read(item if isinstance(item, str) else _text(item) or "")
        except Unfit as error:
            self.refuse(at, item, error)
            return None

    def each(self, texts: Sequence[str | None], read: Callable[[str], Any]) -> list[Any]:
        return [None if text is None else self.one(at, text, read) for at, text in enumerate(texts)]

    def finish(self, scalars: Sequence[Any]) -> Parsed:
        if self.bad:
            return Parsed(None, sorted(self.bad, key=lambda bad: bad.at), self.nullable)
        return Parsed(storage.build(self.like, scalars))


def _text(item: Scalar) -> str | None:
    if item is None or isinstance(item, str):
        return item
    if isinstance(item, bool):
        return "true" if item else "false"
    return repr(item)


def _clean_text(text: str) -> str:
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            raise Unfit("TYPE", "is not valid Unicode text") from None
    return text


def _refuse_missing(reader: _Reader, texts: list[str | None]) -> None:
    column = reader.column
    wider = NULLABLE.get(column.dtype, "")
    hint = f"Change the column's type to {wider}, which has a missing value." if wider else ""
    for at, text in enumerate(texts):
        if text is None:
            reader.nullable = wider
            reader.bad.append(
                Bad(at, "TYPE", f"{column.name} ({column.dtype}) cannot be empty: the type has no missing value.", hint)
            )


def _object(old: Any, typed: bool, text: str) -> Any:
    if typed:
        return objects.read_like(text, old)
    try:
        return objects.read_json(text)
    except BadValue as error:
        raise Unfit("TYPE", "is not a value that can be written", error.hint) from None


def _categories(reader: _Reader, texts: Sequence[str | None]) -> list[int]:
    labels = [label_text(label) for label in reader.like.categories]
    codes = {label: code for code, label in reversed(list(enumerate(labels)))}

    def read(text: str) -> int:
        code = codes.get(text, codes.get(text.strip(), -1))
        if code < 0 and text.strip():
            close = nearest(text.strip(), labels) or ([] if len(labels) > 3 else labels)
            hint = f"Did you mean {' or '.join(map(repr, close))}?" if close else ""
            raise Unfit("CHECK", "is not one of the categories", hint)
        return code

    known = {text: codes[text] for text in set(texts) if text is not None and text in codes}
    found = []
    for at, text in enumerate(texts):
        code = -1 if text is None else known[text] if text in known else reader.one(at, text, read)
        found.append(-1 if code is None else code)
    return found


def _booleans(reader: _Reader, texts: Sequence[str | None]) -> list[Any]:
    def read(text: str) -> bool:
        found = BOOLEANS.get(text.strip().lower())
        if found is None:
            raise Unfit("TYPE", "is not true or false", "Write true or false (yes, no, 1 and 0 are understood).")
        return found

    return reader.each(texts, read)


def _with_missing(texts: Sequence[str | None], found: list[Any] | None) -> list[Any] | None:
    """Values of the texts that are there, put back between the missing ones."""
    if found is None or len(found) == len(texts):
        return found
    values = iter(found)
    return [None if text is None else next(values) for text in texts]


def _integers(reader: _Reader, texts: Sequence[str | None]) -> list[Any]:
    lo, hi = int(reader.column.lo or 0), int(reader.column.hi or 0)

    def read(text: str) -> int:
        number = numerals.integer(text)
        if not lo <= number <= hi:
            raise Unfit("RANGE", "is out of range")
        return number

    present = [text for text in texts if text is not None]
    quick = numerals.integers(present)
    if quick is not None and (not quick or (min(quick) >= lo and max(quick) <= hi)):
        return _with_missing(texts, quick) or []
    return reader.each(texts, read)


def _float_bits(like: Array) -> tuple[int, float]:
    """The mantissa's bits and the largest number of a float type."""
    dtype = like.dtype
    numpy_dtype = dtype if isinstance(dtype, np.dtype) else getattr(dtype, "numpy_dtype", None)
    if isinstance(dtype, pd.ArrowDtype):
        numpy_dtype = np.dtype(dtype.pyarrow_dtype.to_pandas_dtype())
    limits = np.finfo(numpy_dtype or np.float64)
    return int(limits.nmant) + 1, float(limits.max)


def _floats(reader: _Reader, texts: Sequence[str | None]) -> list[Any]:
    bits, most = _float_bits(reader.like)

    present = [text for text in texts if text is not None]
    quick = numerals.floats(present) if bits == 53 else None
    if quick is not None:
        return _with_missing(texts, quick) or []
    return reader.each(texts, lambda text: numerals.float_number(text, bits, most))


def _decimals(reader: _Reader, texts: Sequence[str | None]) -> list[Any]:
    kind = reader.like.dtype.pyarrow_dtype
    kind = getattr(kind, "value_type", kind)
    return reader.each(texts, lambda text: numerals.fitted(numerals.decimal(text), kind.precision, kind.scale))


def _dates(reader: _Reader, texts: Sequence[str | None]) -> list[Any]:
    return reader.each(texts, moments.date)


def _times(reader: _Reader, texts: Sequence[str | None]) -> list[Any]:
    unit = reader.column.unit or "ns"
    return reader.each(texts, lambda text: moments.ticks(moments.clock(text), unit))


def _durations(reader: _Reader, texts: Sequence[str | None]) -> list[Any]:
    unit = reader.column.unit or "ns"
    return reader.each(texts, lambda text: instants.bounded(moments.ticks(moments.duration(text), unit)))


def _timestamps(reader: _Reader, texts: Sequence[str | None]) -> list[Any]:
    unit, zone = reader.column.unit or "ns", instants.zone_of(reader.like.dtype)
    quick = instants.quick(texts, unit, zone)
    return quick if quick is not None else reader.each(texts, lambda text: instants.read(text, unit, zone))


_READERS: dict[str, Callable[[_Reader, Sequence[str | None]], list[Any]]] = {
    "integer": _integers,
    "float": _floats,
    "decimal": _decimals,
    "boolean": _booleans,
    "date": _dates,
    "time": _times,
    "timestamp": _timestamps,
    "duration": _durations,
}
