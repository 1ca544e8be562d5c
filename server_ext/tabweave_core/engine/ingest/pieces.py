"""Parquet and Arrow files of any size as a sequence of small tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa

from .columnar import check_codecs, check_feather, damaged
from .source import too_large

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .result import Finding, Rejected
    from .source import Pace, Source

ROWS = 1 << 16


class Pieces:
    """A columnar file, read once and in order."""

    def __init__(self, source: Source, pace: Pace) -> None:
        self._source, self._pace = source, pace
        self.settled = False
        self.rejected: list[Rejected] = []
        self.n_rejected = 0
        try:
            self._file: Any = _open_parquet(source) if source.format == "parquet" else _open_arrow(source)
        except (pa.ArrowException, OSError) as error:
            raise damaged(source, error) from None
        self.schema: pa.Schema = self._file.schema_arrow if source.format == "parquet" else self._file.schema

    def batches(self) -> Iterator[pa.Table]:
        """The rows in order."""
        try:
            for batch in self._each():
                table = pa.Table.from_batches([batch], self.schema)
                table.validate(full=self._source.format == "arrow")
                yield table
                self._pace.at(0)
        except (pa.ArrowException, OSError) as error:
            raise damaged(self._source, error) from None
        self.settled = True
        self._pace.at(self._source.size)

    def _each(self) -> Iterator[pa.RecordBatch]:
        if self._source.format == "parquet":
            yield from self._file.iter_batches(ROWS)
        elif isinstance(self._file, pa.RecordBatchFileReader):
            for number in range(self._file.num_record_batches):
                yield self._file.get_batch(number)
        else:
            yield from self._file

    def findings(self) -> list[Finding]:
        """Nothing is noticed in a file that says what it holds."""
        return []


def _open_parquet(source: Source) -> Any:
    import pyarrow.parquet as pq

    file = pq.ParquetFile(pa.BufferReader(source.whole()) if source.compression else pa.OSFile(str(source.path)))
    check_codecs(source, file.metadata)
    groups = range(file.metadata.num_row_groups)
    if source.most and sum(file.metadata.row_group(group).total_byte_size for group in groups) > source.most:
        raise too_large(source.path.name, source.most)
    return file


def _open_arrow(source: Source) -> Any:
    check_feather(source)
    file = pa.BufferReader(source.whole()) if source.compression else pa.OSFile(str(source.path))
    if source.head.startswith(b"ARROW1"):
        return pa.ipc.open_file(file)
    return pa.ipc.open_stream(file)
