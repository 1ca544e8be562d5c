"""Windows of a table in the forms that leave it: JSON values, CSV, an Arrow stream, Parquet.

It must not know stores or who asks.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.csv as arrow_csv

from ..errors import BadValue
from ..protocol.schema import Column
from ..protocol.values import encode
from .dtypes import of_arrow

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ..protocol.ops import Scalar

_TICKS = {"timestamp", "time", "duration"}
_PLAIN = {"integer", "float", "decimal", "boolean", "date"}
_PER = {"s": 10**9, "ms": 10**6, "us": 1000, "ns": 1}


def described(schema: pa.Schema) -> list[Column]:
    """Columns for a table that is no shared one, such as the result of a query; nested values and rare types as JSON text."""
    return [_described(at, field) for at, field in enumerate(schema)]


def _described(at: int, field: pa.Field) -> Column:
    if pa.types.is_null(field.type):
        return Column(id=at, name=field.name, kind="text", dtype="null")
    try:
        return of_arrow(field.name, field.type).column(at, field.name)
    except BadValue:
        return Column(
            id=at, name=field.name, kind="nested" if pa.types.is_nested(field.type) else "object", dtype=str(field.type)
        )


def json_values(column: Column, values: pa.ChunkedArray) -> list[Scalar]:
    """A column's values as JSON (see `protocol.values`)."""
    if column.kind in _TICKS:
        unit = values.type.unit
        bits = pa.int32() if pa.types.is_time32(values.type) else pa.int64()
        ticks = pa.chunked_array([chunk.view(bits) for chunk in values.chunks], bits).to_pylist()
        plain = [None if tick is None else tick * _PER[unit] for tick in ticks]
    else:
        plain = values.to_pylist()
    zoned = column.zone is not None
    return [encode(column.kind, value, zoned=zoned) for value in plain]


def named(window: pa.Table, columns: Sequence[Column]) -> pa.Table:
    """A window without row ids, its columns by name."""
    return pa.Table.from_arrays([window.column(str(column.id)) for column in columns], [column.name for column in columns])


def csv_lines(tables: Iterable[pa.Table], columns: Sequence[Column]) -> Iterator[bytes]:
    """CSV with a header line; missing values are empty, empty texts are in quotes."""
    header = True
    for table in tables:
        arrays = [_for_csv(column, table.column(place)) for place, column in enumerate(columns)]
        if not arrays:
            yield b""
            return
        sink = io.BytesIO()
        plain = pa.Table.from_arrays(arrays, [column.name for column in columns])
        arrow_csv.write_csv(plain, sink, arrow_csv.WriteOptions(include_header=header, quoting_style="needed"))
        header = False
        yield sink.getvalue()


def _for_csv(column: Column, values: pa.ChunkedArray) -> Any:
    if column.kind in _PLAIN:
        return values
    if column.kind in ("text", "category"):
        return values.cast(pa.string())
    texts = [None if value is None else str(value) for value in json_values(column, values)]
    return pa.chunked_array([pa.array(texts, pa.string())])


class _Sink(io.RawIOBase):
    """Keeps what is written until it is taken."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._at = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        piece = bytes(data)
        self._pieces.append(piece)
        self._at += len(piece)
        return len(piece)

    def tell(self) -> int:
        return self._at

    def take(self) -> bytes:
        found = b"".join(self._pieces)
        self._pieces.clear()
        return found


def arrow_stream(tables: Iterable[pa.Table], schema: pa.Schema) -> Iterator[bytes]:
    """An Arrow IPC stream."""
    sink = _Sink()
    with pa.ipc.new_stream(sink, schema) as writer:
        for table in tables:
            writer.write_table(table.cast(schema))
            yield sink.take()
    yield sink.take()


def parquet_file(tables: Iterable[pa.Table], schema: pa.Schema) -> Iterator[bytes]:
    """A Parquet file, a row group for each table."""
    import pyarrow.parquet as pq

    sink = _Sink()
    with pq.ParquetWriter(sink, schema) as writer:
        for table in tables:
            writer.write_table(table.cast(schema))
            yield sink.take()
    yield sink.take()
