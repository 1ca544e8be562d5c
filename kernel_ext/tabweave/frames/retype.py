"""Changing a column's type: every cell keeps its value exactly or is named as bad. It must not write."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
from tabweave_core.engine.refusals import MOST_BAD, CellsRefused
from tabweave_core.errors import Refused
from tabweave_core.protocol.ops import RetypeColumn
from tabweave_core.protocol.schema import BadCell, Column

from . import arrays, cells, chunks, storage, text, writes
from .columns import describe_dtype, parse_dtype
from .effects import Recast
from .ops import Plan, own_column
from .structure import default_like, only_shared, unknown_dtype

if TYPE_CHECKING:
    from .frame import Frame

Array = Any


def retype_column(frame: Frame, op: RetypeColumn) -> Plan:
    """Changes a column's type; cells that do not convert refuse it all, or become missing if told so."""
    if op.categories is not None:
        raise only_shared("op.categories")
    column = own_column(frame, op.column)
    place = frame.layout.place(op.column)
    values = writes.column(frame.df, place)
    try:
        dtype = parse_dtype(op.dtype)
        like = default_like(dtype)
    except TypeError:
        raise unknown_dtype(op.dtype) from None
    if values.dtype == dtype:
        return Plan(None, "", message=f"{column.name} is {column.dtype} already.")
    target = describe_dtype(dtype, id=column.id, name=column.name, index=False)
    if op.on_error == "missing" and not target.nullable:
        hint = f"Choose {cells.NULLABLE[target.dtype]}." if target.dtype in cells.NULLABLE else ""
        raise Refused("SCHEMA", f"{target.dtype} has no missing value, so cells that do not convert have no place.", hint=hint)
    parsed = converted(values, column, target, like)
    if parsed.bad and op.on_error == "refuse":
        raise _refusal(frame, op, values, parsed, nullable=target.nullable)
    skipped = len(parsed.bad)
    if parsed.bad:
        objects = describe_dtype(np.dtype(object), id=column.id, name=column.name, index=False)
        parsed = converted(_without(values, column, parsed.bad), objects, target, like)
    if parsed.values is None:
        raise _refusal(frame, op, values, parsed, nullable=target.nullable)
    lost = f", {skipped:,} cells became missing" if skipped else ""
    effect = Recast(op.column, parsed.values, frame.rids.copy())
    return Plan(effect, f"changed {column.name} from {column.dtype} to {target.dtype}{lost}", skipped=skipped)


def converted(values: Array, column: Column, target: Column, like: Array) -> cells.Parsed:
    """All cells in the type of `like`, or the bad ones: a cell converts when its text reads as a value there."""
    if not target.editable:
        raise Refused("SCHEMA", f"A column cannot be changed to {target.dtype} here.", hint=target.why)
    quick = _quick(values, column, target, like)
    if quick is not None:
        return cells.Parsed(quick)
    if column.kind == target.kind == "float" and _bits(like.dtype) < _bits(values.dtype):
        return _narrowed(values, target, like)
    series = writes.wrap(values)
    if target.kind == "boolean" or (column.kind == "boolean" and target.kind in ("integer", "float", "decimal")):
        items = _numeric_texts(series)
    else:
        found = text.texts(series)
        items = found.to_pylist() if not pa.types.is_dictionary(found.type) else found.dictionary_decode().to_pylist()
    if target.kind in ("category", "object"):
        return cells.Parsed(_loose(series, column, target, like, items))
    return cells.parse(target, like, items)


def _numeric_texts(series: pd.Series[Any]) -> list[str | None]:
    """Texts in which true and 1.0 read as 1."""
    words = {"true": "1", "false": "0", "1.0": "1", "0.0": "0", "-0.0": "0"}
    found = text.texts(series)
    found = found.dictionary_decode() if pa.types.is_dictionary(found.type) else found
    return [None if word is None else words.get(word, word) for word in found.to_pylist()]


def _loose(series: pd.Series[Any], column: Column, target: Column, like: Array, items: list[str | None]) -> Array:
    if target.kind == "object":
        missing = pd.isna(series.array)
        return storage.build(like, [None if gone else value for value, gone in zip(list(series.array), missing, strict=True)])
    if series.dtype == "object" or column.kind == "nested":
        return pd.Categorical(pd.array(items, dtype="str"))
    codes, known = pd.factorize(series, sort=True)
    return pd.Categorical.from_codes(codes, categories=pd.Index(known))


def _quick(values: Array, column: Column, target: Column, like: Array) -> Array | None:
    """The whole column at once where Arrow or NumPy converts it without losing anything, else None."""
    if target.kind in ("category", "object") or column.kind in ("object", "nested"):
        return None
    if target.kind == "text":
        return _texts(values, like)
    numbers = ("integer", "float")
    if column.kind in numbers and target.kind in numbers and isinstance(like.dtype, np.dtype):
        return _numbers(values, like)
    pairs = {("integer", "float"), ("float", "integer"), ("integer", "decimal"), ("timestamp", "date")}
    if column.kind == target.kind or (column.kind, target.kind) in pairs:
        return _by_arrow(values, like)
    return None


def _texts(values: Array, like: Array) -> Array:
    found = text.texts(writes.wrap(values))
    found = found.dictionary_decode() if pa.types.is_dictionary(found.type) else found
    found = found.cast(pa.large_string())
    if chunks.is_arrow(like):
        target = pa.large_string() if isinstance(like.dtype, pd.StringDtype) else like.dtype.pyarrow_dtype
        return chunks.boxed(
            pa.chunked_array([found.cast(target)] if not isinstance(found, pa.ChunkedArray) else found.cast(target)), like
        )
    return storage.build(like, found.to_pylist())


def _numbers(values: Array, like: Array) -> Array | None:
    """Numbers in a NumPy type, if every one stays the same."""
    missing = np.asarray(pd.isna(values))
    if missing.any() and like.dtype.kind != "f":
        return None
    if isinstance(values.dtype, np.dtype):
        source = values
    else:
        try:
            source = writes.wrap(values).to_numpy(dtype=_plain_dtype(values.dtype), na_value=0)
        except (TypeError, ValueError):
            return None
    with np.errstate(all="ignore"):
        found = source.astype(like.dtype)
        back = found.astype(source.dtype)
        bounds = like.dtype.kind in "iu" and source.dtype.kind == "f"
        same = (back == source) | (np.isnan(source) if source.dtype.kind == "f" else False)
        if bounds:
            same &= (source >= float(np.iinfo(like.dtype).min)) & (source < float(np.iinfo(like.dtype).max) + 1)
        if source.dtype.kind in "iu" and like.dtype.kind == "f":
            same &= np.abs(found) < float(1 << (np.finfo(like.dtype).nmant + 1))
        if source.dtype.kind in "iu" and like.dtype.kind in "iu":
            same &= (found < 0) == (source < 0)
    if not bool(np.all(same | missing)):
        return None
    if missing.any():
        found[missing] = np.nan
    return found


def _bits(dtype: Any) -> int:
    return int(np.finfo(dtype if isinstance(dtype, np.dtype) else _plain_dtype(dtype)).bits)


def _narrowed(values: Array, target: Column, like: Array) -> cells.Parsed:
    """Floats in a shorter type: each must read the same there, as 0.1 does and 0.123456789 does not."""
    missing = np.asarray(pd.isna(values))
    source = writes.wrap(values).to_numpy(dtype=np.float64, na_value=0)
    with np.errstate(all="ignore"):
        short = source.astype(_plain_dtype(like.dtype))
    unequal = np.flatnonzero((short.astype(np.float64) != source) & ~np.isnan(source) & ~missing)
    bad = []
    for at in unequal.tolist():
        if np.isinf(short[at]) or float(str(short[at])) != source[at]:
            phrase = f"{float(source[at])!r} has more digits than {target.name} ({target.dtype}) holds."
            bad.append(cells.Bad(at, "SCALE", phrase, f"Nearest: {short[at]!s}."))
    if bad:
        return cells.Parsed(None, bad)
    return cells.Parsed(storage.build(like, [None if gone else float(cell) for cell, gone in zip(short, missing, strict=True)]))


def _plain_dtype(dtype: Any) -> np.dtype[Any]:
    if isinstance(dtype, pd.ArrowDtype):
        dtype = dtype.pyarrow_dtype.to_pandas_dtype()
    if isinstance(dtype, pd.SparseDtype):
        dtype = dtype.subtype
    plain: np.dtype[Any] = np.dtype(getattr(dtype, "numpy_dtype", dtype))
    return plain


def _by_arrow(values: Array, like: Array) -> Array | None:
    """Through Arrow's safe casts, which refuse whatever does not fit."""
    source = arrays.read(writes.wrap(values))
    dtype = like.dtype
    if isinstance(source, np.ndarray) or pa.types.is_dictionary(source.type):
        return None
    try:
        if isinstance(dtype, pd.ArrowDtype):
            if pa.types.is_timestamp(dtype.pyarrow_dtype) and (dtype.pyarrow_dtype.tz is None) != (source.type.tz is None):
                return None
            return pd.arrays.ArrowExtensionArray(pa.chunked_array([source.cast(dtype.pyarrow_dtype)]))
        if hasattr(dtype, "numpy_dtype"):
            wanted = source.cast(pa.from_numpy_dtype(dtype.numpy_dtype))
            return pd.Series(pd.arrays.ArrowExtensionArray(pa.chunked_array([wanted]))).astype(dtype)._values
    except (pa.ArrowException, TypeError, ValueError):
        return None
    return None


def _without(values: Array, column: Column, bad: list[cells.Bad]) -> Array:
    """The values with the bad ones missing, as texts where their type has no missing value."""
    found = text.texts(writes.wrap(values))
    found = found.dictionary_decode() if pa.types.is_dictionary(found.type) else found
    keep = np.ones(len(values), dtype=np.bool_)
    keep[[each.at for each in bad]] = False
    if column.kind == "object":
        return storage.build(
            np.empty(0, dtype=object), [value if kept else None for value, kept in zip(values, keep, strict=True)]
        )
    items = [value if kept else None for value, kept in zip(found.to_pylist(), keep, strict=True)]
    return storage.build(np.empty(0, dtype=object), items)


def _refusal(frame: Frame, op: RetypeColumn, values: Array, parsed: cells.Parsed, *, nullable: bool) -> CellsRefused:
    listed = parsed.bad[:MOST_BAD]
    rids = frame.rids.ids(np.array([bad.at for bad in listed], dtype=np.int64))
    shown = [text.text(value) for value in writes.take(values, np.array([bad.at for bad in listed], dtype=np.int64))]
    bad = [
        BadCell(row=each.at, column=0, rid=int(rid), id=op.column, text=old, message=each.message, hint=each.hint)
        for each, rid, old in zip(listed, rids, shown, strict=True)
    ]
    if parsed.nullable and not any(shown):
        offer: RetypeColumn | None = RetypeColumn(column=op.column, dtype=parsed.nullable)
    else:
        offer = RetypeColumn(column=op.column, dtype=op.dtype, on_error="missing") if nullable else None
    return CellsRefused(listed[0].code, bad, len(parsed.bad), len(frame.df), offer)
