"""The cells of one pandas column as an Arrow array, or as Python objects where Arrow has no type for them.

Everything that reads a frame (windows, text, filters, profiles) starts here, so that one place knows how each dtype keeps
its values and its missing values. It reads only the rows asked for and knows nothing of views, kinds or messages.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from .columns import label_text

if TYPE_CHECKING:
    from collections.abc import Iterable

Array: TypeAlias = "pd.api.extensions.ExtensionArray | pd.RangeIndex"
"""A column's storage: unlike a Series it may be held, because no later write to the frame is copied for its sake."""
Values: TypeAlias = "pd.Series[Any] | pd.Index[Any] | Array"
Rows: TypeAlias = "slice | np.ndarray[Any, Any] | None"
Objects: TypeAlias = "np.ndarray[Any, np.dtype[np.object_]]"


def visible(text: str) -> str:
    """`text` with each lone surrogate, which no encoding can carry, replaced by U+FFFD."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def strings(texts: Iterable[str | None]) -> pa.Array:
    """Texts as large_string, None as null; lone surrogates are replaced."""
    texts = list(texts)
    try:
        return pa.array(texts, pa.large_string())
    except UnicodeEncodeError:
        return pa.array([None if text is None else visible(text) for text in texts], pa.large_string())


def is_missing(value: object) -> bool:
    """Whether one cell of an object column is missing: None, NaN, NaT or NA."""
    if value is None or value is pd.NA or value is pd.NaT:
        return True
    if isinstance(value, float | np.floating):
        return bool(value != value)
    return isinstance(value, np.datetime64 | np.timedelta64) and bool(np.isnat(value))


def storage(values: Values) -> Any:
    """The array behind a column or index level (a RangeIndex, which has none, stays itself)."""
    return values.array if isinstance(values, pd.Series | pd.Index) and not isinstance(values, pd.RangeIndex) else values


def objects(values: Values, rows: Rows = None) -> Objects:
    """The cells as Python objects, whatever the dtype."""
    array = storage(values)
    part = array if rows is None else array[rows]
    found = np.empty(len(part), dtype=object)
    found[:] = list(part)
    return found


def is_object(values: Values) -> bool:
    """Whether the column holds arbitrary Python objects."""
    array = storage(values)
    return type(array) is pd.arrays.NumpyExtensionArray and array.dtype.kind == "O"


def is_category(values: Values) -> bool:
    """Whether the column is a pandas categorical."""
    return isinstance(storage(values), pd.Categorical)


def read(values: Values, rows: Rows = None) -> Any:
    """The cells at `rows` (all when None) as one Arrow array, or as an object ndarray for a column of Python objects.

    Missing cells are null. NaN is null in numpy columns and stays NaN in masked and Arrow columns. Categories come as a
    dictionary of their labels' texts, sparse values as plain ones, types that Arrow lacks (period, interval, complex) as text.
    """
    array = storage(values)
    if isinstance(array, pd.arrays.DatetimeArray | pd.arrays.TimedeltaArray):
        return _instants(array, rows)
    if isinstance(array, pd.Categorical):
        return _categories(array, rows)
    if isinstance(array, pd.arrays.ArrowExtensionArray):
        return conform(take(array.__arrow_array__(), rows))
    part = array if rows is None else array[rows]
    if isinstance(part, pd.RangeIndex):
        return pa.array(part.to_numpy())
    if isinstance(part.dtype, pd.StringDtype):
        return strings(None if is_missing(value) else value for value in part)
    if isinstance(part, pd.arrays.IntegerArray | pd.arrays.FloatingArray | pd.arrays.BooleanArray):
        return conform(part.__arrow_array__())
    if isinstance(part, pd.arrays.NumpyExtensionArray):
        return _numpy(part.to_numpy())
    if isinstance(part, pd.arrays.SparseArray):
        return _numpy(np.asarray(part))
    return strings(None if gone else str(value) for value, gone in zip(part, pd.isna(part), strict=True))


def unscaled(cells: Any) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any] | None]:
    """The integers that decimals are kept as: rows of 64-bit words, lowest first, and as int64 if all of them fit."""
    size = cells.type.byte_width // 8
    words = np.frombuffer(cells.buffers()[1], dtype=np.uint64).reshape(-1, size)[cells.offset : cells.offset + len(cells)]
    if cells.null_count:
        words = np.where(np.asarray(cells.is_null())[:, None], np.uint64(0), words)
    low = words[:, 0].view(np.int64)
    signs = low >> 63
    fits = all(np.array_equal(words[:, place].view(np.int64), signs) for place in range(1, size))
    return words, low if fits else None


def zone_name(zone: Any) -> str:
    """A time zone as Arrow and browsers name it: an IANA name or a fixed offset like +02:00."""
    try:
        name: str = pa.lib.tzinfo_to_string(zone)
    except ValueError:
        name = str(zone)
    return name


def conform(array: pa.Array) -> pa.Array:
    """An Arrow array in one of the types that windows carry; a type outside them becomes text."""
    kind = array.type
    if isinstance(kind, pa.BaseExtensionType):
        return conform(array.storage) if pa.types.is_string(kind.storage_type) else _shown(array)
    if pa.types.is_run_end_encoded(kind):
        return conform(pc.run_end_decode(array))
    if pa.types.is_dictionary(kind):
        return conform(array.dictionary_decode())
    target = _CARRIED.get(kind.id)
    if target is not None:
        return array.cast(target)
    if pa.types.is_time32(kind):
        return array.cast(pa.time64("us"))
    if pa.types.is_decimal32(kind) or pa.types.is_decimal64(kind):
        return array.cast(pa.decimal128(kind.precision, kind.scale))
    if kind.id == pa.lib.Type_INTERVAL_MONTH_DAY_NANO:
        return _shown(array)
    return array


_CARRIED = {
    pa.lib.Type_HALF_FLOAT: pa.float32(),
    pa.lib.Type_DATE64: pa.date32(),
    pa.lib.Type_STRING_VIEW: pa.large_string(),
    pa.lib.Type_BINARY_VIEW: pa.large_binary(),
    pa.lib.Type_FIXED_SIZE_BINARY: pa.binary(),
    pa.lib.Type_NA: pa.string(),
}


def take(array: Any, rows: Rows) -> pa.Array:
    """Rows of an Arrow array or chunked array as one array; of many chunks only those with asked rows are touched."""
    if rows is None:
        return array if isinstance(array, pa.Array) else _joined(array)
    if isinstance(rows, slice):
        start, stop, step = rows.indices(len(array))
        if step != 1:
            return take(array, np.arange(start, stop, step))
        return take(array.slice(start, max(stop - start, 0)), None)
    if isinstance(array, pa.Array):
        return array.take(pa.array(rows))
    if array.num_chunks == 1:
        return array.chunk(0).take(pa.array(rows))
    return _gather(array, rows)


def _joined(array: Any) -> pa.Array:
    if array.num_chunks == 1:
        return array.chunk(0)
    if pa.types.is_string(array.type):
        array = array.cast(pa.large_string())
    return array.combine_chunks() if array.num_chunks else pa.array([], array.type)


def _gather(array: Any, rows: np.ndarray[Any, Any]) -> pa.Array:
    ends = np.cumsum([len(chunk) for chunk in array.chunks])
    owner = np.searchsorted(ends, rows, side="right")
    order = np.argsort(owner, kind="stable")
    pieces = []
    for number in np.unique(owner):
        mine = rows[order][owner[order] == number]
        pieces.append(array.chunk(int(number)).take(pa.array(mine - (ends[number] - len(array.chunk(int(number)))))))
    if not pieces:
        return pa.array([], array.type)
    back = np.empty(len(rows), dtype=np.int64)
    back[order] = np.arange(len(rows))
    return pa.concat_arrays(pieces).take(pa.array(back))


def _numpy(cells: np.ndarray[Any, Any]) -> Any:
    kind = cells.dtype.kind
    if kind == "O":
        return cells
    if kind == "c":
        return strings(None if cell != cell else str(cell) for cell in cells.tolist())
    if kind == "f":
        if cells.dtype.itemsize not in (4, 8):
            cells = cells.astype(np.float32 if cells.dtype.itemsize == 2 else np.float64)
        elif not cells.dtype.isnative:
            cells = cells.astype(cells.dtype.newbyteorder("="))
        return pa.array(cells, from_pandas=True)
    if kind in "iub":
        return pa.array(cells if cells.dtype.isnative else cells.astype(cells.dtype.newbyteorder("=")))
    return strings(str(cell) for cell in cells.tolist())


def _instants(array: Any, rows: Rows) -> pa.Array:
    ticks = array.asi8 if rows is None else array.asi8[rows]
    if isinstance(array, pd.arrays.TimedeltaArray):
        target = pa.duration(array.unit)
    else:
        target = pa.timestamp(array.unit, None if array.tz is None else zone_name(array.tz))
    gone = ticks == np.iinfo(np.int64).min
    return pa.array(ticks, mask=gone if gone.any() else None).view(target)


def _categories(array: pd.Categorical, rows: Rows) -> pa.Array:
    codes = np.asarray(array.codes if rows is None else array.codes[rows])
    count = len(array.categories)
    if rows is not None and count > 2 * len(codes):
        used, codes = np.unique(codes, return_inverse=True)
        if len(used) and used[0] < 0:
            used, codes = used[1:], codes - 1
        categories = array.categories[used]
    else:
        categories = array.categories
    codes = codes.astype(np.int32)
    return pa.DictionaryArray.from_arrays(pa.array(codes, mask=codes < 0), labels(categories))


def labels(categories: pd.Index[Any]) -> pa.Array:
    """The texts of categories in their order, as large_string."""
    if isinstance(categories.dtype, pd.StringDtype):
        return read(categories).cast(pa.large_string())
    return strings(label_text(label) for label in categories)


def _shown(array: pa.Array) -> pa.Array:
    return strings(None if value is None else str(value) for value in array.to_pylist())
