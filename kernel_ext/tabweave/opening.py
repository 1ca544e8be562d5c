"""A file as a DataFrame: the engine reads it into Arrow, this turns the columns into the dtypes a pandas user expects.

| in the file                | in the frame                                                                    |
|----------------------------|---------------------------------------------------------------------------------|
| text                       | `str`                                                                           |
| whole numbers              | `int64` (or their own width), `Int64` where some are missing                    |
| numbers                    | `float64`, missing as NaN; Arrow's double where NaN and missing both occur      |
| true or false              | `bool`, `boolean` where some are missing                                        |
| dates and timestamps       | `datetime64[us]` or the file's own unit, with its zone: `.dt` works on both     |
| durations                  | `timedelta64`                                                                   |
| dictionary                 | `category`, its categories and their order as they are                          |
| decimals, times, bytes, lists, structs | the Arrow dtype: exact, and never Python objects                    |

A Parquet or Arrow file that pandas wrote comes back as pandas wrote it, index included.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from tabweave_core.engine.ingest import Ingested, read

if TYPE_CHECKING:
    import os

_MASKED = {
    pa.int8(): "Int8",
    pa.int16(): "Int16",
    pa.int32(): "Int32",
    pa.int64(): "Int64",
    pa.uint8(): "UInt8",
    pa.uint16(): "UInt16",
    pa.uint32(): "UInt32",
    pa.uint64(): "UInt64",
    pa.bool_(): "boolean",
}


def open_file(path: str | os.PathLike[str], **options: Any) -> tuple[pd.DataFrame, Ingested]:
    """The table in a file, and how it was read; `options` are those of `tabweave_core.engine.ingest.read`."""
    ingested = read(path, **options)
    return to_frame(ingested.table), ingested


def to_frame(table: pa.Table) -> pd.DataFrame:
    """The table as a DataFrame of its own memory: every cell can be written, and the table does not change with it."""
    if b"pandas" in (table.schema.metadata or {}):
        return _writable(table.to_pandas())
    plain = pa.Table.from_arrays(
        [_as_pandas_stores(column) for column in table.columns], names=[str(position) for position in range(table.num_columns)]
    )
    dtypes = {name: dtype for name, column in zip(plain.column_names, plain.columns, strict=True) if (dtype := _masked(column))}
    frame = plain.replace_schema_metadata(_advice(dtypes)).to_pandas(types_mapper=_arrow_dtype)
    frame.columns = pd.Index(table.column_names, dtype="str") if table.num_columns else pd.Index([], dtype="str")
    return _writable(frame)


def _as_pandas_stores(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Dates as timestamps at midnight, and columns of nothing as text; all else as it is."""
    if pa.types.is_date(column.type):
        return pc.cast(column, pa.timestamp("us"))
    if pa.types.is_null(column.type):
        return pc.cast(column, pa.string())
    return column


def _masked(column: pa.ChunkedArray) -> str:
    """The masked dtype for a column that NumPy's own cannot hold, else nothing."""
    if not column.null_count:
        return ""
    if pa.types.is_float64(column.type) and pc.any(pc.is_nan(column)).as_py():
        return "double[pyarrow]"
    return _MASKED.get(column.type, "")


def _advice(dtypes: dict[str, str]) -> dict[str, str]:
    """Arrow's note on pandas dtypes, in the form that pandas itself leaves in Parquet files."""
    columns = [
        {"name": name, "field_name": name, "pandas_type": dtype, "numpy_type": dtype, "metadata": None}
        for name, dtype in dtypes.items()
    ]
    return {"pandas": json.dumps({"index_columns": [], "column_indexes": [], "columns": columns})}


def _arrow_dtype(kind: pa.DataType) -> pd.ArrowDtype | None:
    """The Arrow dtype for what pandas would otherwise hold as Python objects."""
    types = pa.types
    objects = (
        types.is_decimal,
        types.is_time,
        types.is_binary,
        types.is_large_binary,
        types.is_fixed_size_binary,
        types.is_nested,
    )
    return pd.ArrowDtype(kind) if any(holds(kind) for holds in objects) else None


def _writable(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame, with those columns copied whose memory Arrow only lent."""
    for position in range(frame.shape[1]):
        column = frame.iloc[:, position]
        values = getattr(column.array, "_ndarray", None)
        if values is not None and not values.flags.writeable:
            frame.isetitem(position, column.array.copy())
    return frame
