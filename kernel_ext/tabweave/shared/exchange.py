"""Columns of a DataFrame as Arrow for a shared table, and back.

An index that is more than a row count becomes the first columns; they are flagged in the schema and come back as the index.
A level without a name is called "index" or "level_0", and these names come back as none. What comes back:

| shared as         | in a DataFrame                                       |
|-------------------|------------------------------------------------------|
| text, category    | `str`, `category` with the same labels and order     |
| integer, boolean  | NumPy's type, the masked one where cells are missing |
| float             | `float64`, `float32`                                 |
| timestamp, duration | `datetime64` with its unit and zone, `timedelta64` |
| decimal, date, time, binary | the Arrow dtype                            |

A column that is there already keeps its own dtype as long as that can hold the values. It must not know sessions or ops.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from tabweave_core.engine.dtypes import INDEX, of_arrow, parse
from tabweave_core.errors import BadValue, Refused
from tabweave_core.replica import cells

from ..frames import arrays
from ..frames.columns import has_shown_index, label_text
from ..frames.layout import level_label

if TYPE_CHECKING:
    from tabweave_core.protocol.ops import Scalar
    from tabweave_core.protocol.schema import Column

Array = Any
"""A NumPy array or a pandas extension array."""

TEXT: Any = pd.StringDtype(na_value=np.nan)
_MASKED = {
    "int8": "Int8",
    "int16": "Int16",
    "int32": "Int32",
    "int64": "Int64",
    "uint8": "UInt8",
    "uint16": "UInt16",
    "uint32": "UInt32",
    "uint64": "UInt64",
    "bool": "boolean",
}
_NUMBERS = frozenset({"integer", "float"})


def to_arrow(df: pd.DataFrame) -> pa.Table:
    """A DataFrame as the Arrow table that is shared; raises for a column that cannot be, with its name and what to do."""
    if isinstance(df.columns, pd.MultiIndex):
        hint = "Flatten them first: df.columns = [' / '.join(map(str, name)) for name in df.columns]."
        raise Refused("SCHEMA", "Column names of several levels cannot be shared.", hint=hint)
    fields, found = [], []
    for name, values in levels(df.index):
        found.append(arrow(name, values))
        fields.append(pa.field(name, found[-1].type, metadata={INDEX: b"1"}))
    for place, label in enumerate(df.columns):
        name = label_text(label)
        found.append(arrow(name, df.iloc[:, place].array))
        fields.append(pa.field(name, found[-1].type))
    for field in fields:
        of_arrow(field.name, field.type)
    return pa.Table.from_arrays(found, schema=pa.schema(fields))


def levels(index: pd.Index[Any]) -> list[tuple[str, Array]]:
    """The levels of an index that are shared, with the names of their columns; none for a mere row count."""
    if not has_shown_index(index):
        return []
    return [(level_label(index, level), level_values(index, level)) for level in range(index.nlevels)]


def level_values(index: pd.Index[Any], level: int) -> Array:
    """The values of one level of an index, as a column would hold them."""
    values = index.get_level_values(level).array
    return values.to_numpy(copy=True) if isinstance(values, pd.arrays.NumpyExtensionArray) else values


def arrow(name: str, values: Array) -> pa.Array:
    """A column's values as Arrow; raises `BadValue` TYPE for what cannot be shared. `name` is how the column is called."""
    dtype = values.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        return _category(name, values)
    if isinstance(dtype, (pd.PeriodDtype, pd.IntervalDtype, pd.SparseDtype)) or getattr(dtype, "kind", "") == "c":
        hint = "Convert it to timestamps or text." if isinstance(dtype, pd.PeriodDtype) else "Convert it to numbers or text."
        raise BadValue("TYPE", f"Column {name!r} ({dtype}) cannot be shared.", hint=hint, where=name)
    found = arrays.read(pd.Series(values, dtype=dtype, copy=False))
    if isinstance(found, pa.Array):
        return found
    try:
        made = pa.array([None if arrays.is_missing(cell) else cell for cell in found])
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, OverflowError, UnicodeEncodeError):
        kinds = sorted({type(cell).__name__ for cell in found if not arrays.is_missing(cell)})[:4]
        what = " and ".join(kinds) if len(kinds) > 1 else f"objects of type {kinds[0]}"
        hint = "Give it one type, for example .astype(str)."
        raise BadValue("TYPE", f"Column {name!r} holds {what} and cannot be shared.", hint=hint, where=name) from None
    return made.cast(pa.string()) if pa.types.is_null(made.type) else made


def _category(name: str, values: pd.Categorical) -> pa.Array:
    labels = values.categories
    if len(labels) and pd.api.types.infer_dtype(labels, skipna=False) != "string":
        hint = "Make them text: .cat.rename_categories(str)."
        raise BadValue("TYPE", f"Column {name!r} has categories that are not text.", hint=hint, where=name)
    codes = np.asarray(values.codes, dtype=np.int32)
    return pa.DictionaryArray.from_arrays(
        pa.array(codes, mask=codes < 0), pa.array(list(labels), pa.string()), ordered=bool(values.ordered)
    )


def described(cid: int, name: str, values: Array) -> Column:
    """The column that a shared table would have for these values; raises as `arrow`."""
    made = arrow(name, values)
    dtype = of_arrow(name, made.type)
    labels = made.dictionary.to_pylist() if dtype.kind == "category" else None
    return dtype.column(cid, name, categories=labels, ordered=dtype.kind == "category" and bool(made.type.ordered))


def held(values: Array, column: Column) -> pa.ChunkedArray | None:
    """The values as a shared column of this very type holds them, or None if it cannot hold them exactly.

    Whole numbers that are floats only because one of them is missing are held by an integer column, labels of a category
    only by one that lists them all.
    """
    try:
        made = arrow(column.name, values)
    except BadValue:
        return None
    kind = of_arrow(column.name, made.type).kind if made.null_count != len(made) else column.kind
    if kind != column.kind and not {kind, column.kind} <= _NUMBERS:
        return None
    if column.kind == "category":
        labels = made.dictionary.to_pylist() if pa.types.is_dictionary(made.type) else []
        known = set(column.categories or [])
        if not all(label in known for label in labels) or bool(getattr(made.type, "ordered", False)) != column.ordered:
            return None
        return pa.chunked_array([made.cast(pa.string())])
    target = parse(column.dtype).arrow
    if pa.types.is_integer(target) and pa.types.is_floating(made.type):
        made = pc.if_else(pc.is_nan(made), pa.scalar(None, made.type), made)
    try:
        return pa.chunked_array([made.cast(target)])
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return None


def to_json(values: Array, column: Column) -> list[Scalar] | None:
    """The JSON of values for a shared column, or None if it cannot hold them."""
    found = held(values, column)
    return None if found is None else cells.to_json(found, column)


def uniform(values: list[Scalar]) -> bool:
    """Whether there are several values, and they are all the same."""
    return len(values) > 1 and all(value == values[0] and type(value) is type(values[0]) for value in values)


def fresh(values: pa.ChunkedArray, column: Column) -> Array:
    """Values of a shared column as a new array of the dtype that a DataFrame gives them (see the table above)."""
    kind = column.kind
    if kind == "text":
        return TEXT.__from_arrow__(values.cast(pa.large_string()))
    if kind == "category":
        labels = column.categories if column.categories is not None else _labels(values)
        codes = pd.Index(labels, dtype=object).get_indexer(values.cast(pa.string()).to_pylist())
        return pd.Categorical.from_codes(codes, categories=pd.Index(labels, dtype="str"), ordered=column.ordered)
    if kind in ("integer", "boolean") and values.null_count:
        masked: Any = pd.api.types.pandas_dtype(_MASKED[column.dtype])
        return masked.__from_arrow__(values)
    if kind in ("decimal", "date", "time", "binary"):
        return pd.arrays.ArrowExtensionArray(values)
    made = values.to_pandas().array
    return made.to_numpy(copy=True) if isinstance(made, pd.arrays.NumpyExtensionArray) else made.copy()


def _labels(values: pa.ChunkedArray) -> list[str]:
    return list(dict.fromkeys(label for label in values.cast(pa.string()).to_pylist() if label is not None))


def fitted(values: pa.ChunkedArray, like: Array) -> Array | None:
    """Values of a shared column as an array of the dtype of `like`, or None if that cannot hold them."""
    dtype: Any = like.dtype
    try:
        if isinstance(dtype, pd.CategoricalDtype):
            return _known_labels(values, dtype)
        if isinstance(dtype, pd.StringDtype):
            texts: Any = dtype
            return texts.__from_arrow__(values.cast(pa.large_string()))
        if isinstance(dtype, pd.ArrowDtype):
            return pd.arrays.ArrowExtensionArray(values.cast(dtype.pyarrow_dtype))
        if isinstance(dtype, pd.DatetimeTZDtype):
            ticks = _ticks(values.cast(pa.timestamp(dtype.unit, values.type.tz)))
            return pd.DatetimeIndex(ticks.view(f"M8[{dtype.unit}]")).tz_localize("UTC").tz_convert(dtype.tz).array
        if not isinstance(dtype, np.dtype):
            return dtype.__from_arrow__(values.cast(pa.from_numpy_dtype(dtype.numpy_dtype)))
        return _numpy(values, dtype, like)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, ValueError, TypeError, AttributeError, OverflowError):
        return None


def _known_labels(values: pa.ChunkedArray, dtype: pd.CategoricalDtype) -> Array | None:
    texts = values.cast(pa.string()).to_pylist()
    codes = dtype.categories.get_indexer(texts)
    if any(code < 0 and text is not None for code, text in zip(codes, texts, strict=True)):
        return None
    return pd.Categorical.from_codes(codes, dtype=dtype)


def _numpy(values: pa.ChunkedArray, dtype: np.dtype[Any], like: Array) -> Array | None:
    if dtype.kind == "O":
        found = np.empty(len(values), dtype=object)
        found[:] = values.to_pylist()
        return found
    if dtype.kind == "M":
        return _like(_ticks(values.cast(pa.timestamp(np.datetime_data(dtype)[0]))).view(dtype), like)
    if dtype.kind == "m":
        return _like(_ticks(values.cast(pa.duration(np.datetime_data(dtype)[0]))).view(dtype), like)
    if dtype.kind == "f":
        return np.array(values.cast(pa.from_numpy_dtype(dtype)).to_numpy(), dtype=dtype)
    if values.null_count:
        return None
    return np.array(values.cast(pa.from_numpy_dtype(dtype)).to_numpy(), dtype=dtype)


def _like(values: Any, like: Array) -> Array:
    return values if isinstance(like, np.ndarray) else type(like)._from_sequence(values, dtype=like.dtype)


def _ticks(values: pa.ChunkedArray) -> Any:
    whole = values.combine_chunks() if values.num_chunks != 1 else values.chunk(0)
    ticks = whole.view(pa.int64())
    return np.array(ticks.fill_null(np.iinfo(np.int64).min))


def widened(values: Array, column: Column) -> Array:
    """A DataFrame's column as a new array of a dtype that can hold whatever a shared column holds."""
    made = held(values, column)
    if made is None:
        raise BadValue("TYPE", f"Column {column.name!r} has lost its type.", where=column.name)
    with_missing = pa.chunked_array([*made.chunks, pa.array([None], made.type)])
    return fresh(with_missing, column)[:-1]


def to_frame(rows: pa.Table, columns: list[Column]) -> pd.DataFrame:
    """The rows of a shared table (a column named by each id) as a DataFrame."""
    made = [fresh(rows.column(str(column.id)), column) for column in columns]
    count = sum(column.index for column in columns)
    index = make_index(made[:count], columns[:count]) if count else pd.RangeIndex(rows.num_rows)
    df = pd.DataFrame(dict(enumerate(made[count:])), index=pd.RangeIndex(rows.num_rows), copy=False)
    df.columns = pd.Index([column.name for column in columns[count:]], dtype="str")
    df.index = index
    return df


def make_index(values: list[Array], columns: list[Column]) -> pd.Index[Any]:
    """The index that the index columns of a shared table stand for."""
    names = [index_name(column.name, level, len(columns)) for level, column in enumerate(columns)]
    if len(values) == 1:
        return pd.Index(pd.Series(values[0], copy=False), name=names[0])
    return pd.MultiIndex.from_arrays([pd.Series(each, copy=False) for each in values], names=names)


def index_name(name: str, level: int, count: int) -> str | None:
    """The name of an index level, none where the column has the name that a level without one gets."""
    return None if name == ("index" if count == 1 else f"level_{level}") else name
