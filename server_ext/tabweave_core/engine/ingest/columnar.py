"""Parquet and Arrow files: already tables, checked for what cannot or should not be read."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pyarrow as pa

from ...errors import BadFile
from .columns import Notes, convert
from .result import Dialect, Finding, Ingested, Reading
from .voting import assemble, collect, decide_all

if TYPE_CHECKING:
    import pyarrow.parquet as pq

    from .asked import Asked
    from .source import Pace, Source


def read_columnar(source: Source, asked: Asked, pace: Pace) -> Ingested:
    """A Parquet file, an Arrow file or an Arrow stream as a table, its types and its pandas metadata as they are."""
    table = _parquet(source, pace) if source.format == "parquet" else _arrow(source, pace)
    findings = []
    names = table.column_names
    if twice := sorted(name for name, times in Counter(names).items() if times > 1):
        findings.append(
            Finding("S2", None, (), len(twice), f"Column names occur twice: {', '.join(map(repr, twice[:5]))}; they are kept.")
        )
    readings: dict[str, Reading] = {}
    for position, kind in enumerate(asked.kinds(names)):
        name = names[position]
        readings[name] = Reading("other")
        if kind:
            text = table.column(position).cast(pa.string())
            (column,) = decide_all([text], [name], asked.only(name))
            for chunk in text.chunks:
                notes = Notes()
                collect(column, convert(chunk, column.decision.reading, notes), notes)
            part = assemble([column], (), [], [], Dialect(source.format))
            table = table.set_column(position, part.table.schema.field(0), part.table.column(0))
            readings[name] = column.decision.reading
            findings += part.findings
    pace.at(source.size)
    return Ingested(table, findings, [], Dialect(source.format, source.compression, columns=readings))


def damaged(source: Source, error: Exception) -> BadFile:
    """The refusal of a file that its library cannot read."""
    reason = str(error).split("\n")[0].rstrip(".")
    return BadFile("BAD_FILE", f"{source.path.name} is damaged or cut short: {reason}.", hint="Fetch or write the file again.")


def _parquet(source: Source, pace: Pace) -> pa.Table:
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(pa.BufferReader(source.whole()) if source.compression else pa.OSFile(str(source.path)))
        meta = file.metadata
        check_codecs(source, meta)
        parts = []
        for group in range(meta.num_row_groups):
            parts.append(file.read_row_group(group, use_pandas_metadata=True))
            pace.at(source.size * (group + 1) // meta.num_row_groups)
        return pa.concat_tables(parts) if parts else file.read(use_pandas_metadata=True)
    except (pa.ArrowException, OSError) as error:
        raise damaged(source, error) from None


def check_codecs(source: Source, meta: pq.FileMetaData) -> None:
    """Refuses a Parquet file that is compressed with Brotli."""
    for group in range(meta.num_row_groups):
        for column in range(meta.num_columns):
            if meta.row_group(group).column(column).compression == "BROTLI":
                raise BadFile(
                    "BAD_FILE",
                    f"{source.path.name} is compressed with Brotli, which is not accepted.",
                    hint="Write it with compression='zstd' or 'snappy'.",
                )


def check_feather(source: Source) -> None:
    """Refuses the first version of Feather, which is not Arrow."""
    if source.head.startswith(b"FEA1"):
        raise BadFile("BAD_FILE", f"{source.path.name} is Feather version 1.", hint="Write it again with DataFrame.to_feather.")


def _arrow(source: Source, pace: Pace) -> pa.Table:
    check_feather(source)
    buffer = source.whole()
    try:
        if bytes(buffer[:6]) == b"ARROW1":
            reader = pa.ipc.open_file(buffer)
            schema, batches = reader.schema, []
            for number in range(reader.num_record_batches):
                batches.append(reader.get_batch(number))
                pace.at(source.size * (number + 1) // reader.num_record_batches)
        else:
            stream = pa.ipc.open_stream(buffer)
            schema, batches = stream.schema, []
            for batch in stream:
                batches.append(batch)
                pace.at(source.size * buffer.size // max(buffer.size, 1))
        table = pa.Table.from_batches(batches, schema)
        table.validate()
    except (pa.ArrowException, OSError) as error:
        raise damaged(source, error) from None
    return table
