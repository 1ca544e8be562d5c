"""A file as batches for a table that is stored while it is read: large ones never in memory as a whole.

Delimited text beyond a size, Parquet and Arrow are read piece by piece, all else whole and within a bound. Columns come out as
a shared table can hold them. It must not know stores.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from .documents import tabulate
from .opening import misnamed, reader_of
from .passes import KEPT, Passes
from .pieces import Pieces
from .result import Dialect
from .shareable import Shareable
from .source import Pace, check_unpacked, locate, too_large

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator

    from .asked import Asked
    from .result import Cancelled, Finding, Ingested, Rejected
    from .source import Source

LARGE = 32 << 20
"""Delimited text of more bytes is read in passes."""
MOST_WHOLE = 128 << 20
"""So many bytes of a file may be read at once."""
_UNPACKED = 4
"""A workbook's parts may have so many times as many bytes, for most of them are tags."""


class Unsettled(Exception):
    """A pass has shown that a column's type was wrong: its batches are void, the next pass has others."""


class Batches:
    """A file, read by making `reader` after `reader` until one comes to its end without `Unsettled`."""

    def __init__(self, read: Passes | Pieces | _Whole, noticed: list[Finding]) -> None:
        self._read = read
        self._noticed = noticed
        self._shareable = Shareable(read.schema)

    def reader(self) -> pa.RecordBatchReader:
        """The batches of a pass, of one schema."""
        self._shareable = shareable = Shareable(self._read.schema)

        def give() -> Iterator[pa.RecordBatch]:
            for table in self._read.batches():
                yield from shareable.fit(table).to_batches()
            if not self._read.settled:
                raise Unsettled

        return pa.RecordBatchReader.from_batches(shareable.schema, give())

    @property
    def rejected(self) -> list[Rejected]:
        """The first of the lines that are not in the table."""
        return self._read.rejected[:KEPT]

    @property
    def n_rejected(self) -> int:
        """How many lines are not in the table."""
        return self._read.n_rejected

    def findings(self) -> list[Finding]:
        """What was noticed; after the last pass."""
        return [*self._noticed, *self._read.findings(), *self._shareable.findings()]


@dataclass
class _Whole:
    """A file that is in memory."""

    ingested: Ingested
    settled: bool = False

    @property
    def schema(self) -> pa.Schema:
        return self.ingested.table.schema

    def batches(self) -> Iterator[pa.Table]:
        self.settled = True
        yield self.ingested.table

    @property
    def rejected(self) -> list[Rejected]:
        return self.ingested.rejected

    @property
    def n_rejected(self) -> int:
        return len(self.ingested.rejected)

    def findings(self) -> list[Finding]:
        return self.ingested.findings


def open_batches(
    path: str | os.PathLike[str],
    asked: Asked,
    *,
    format: str | None = None,  # noqa: A002
    claimed: str = "",
    most: int = 0,
    cancelled: Cancelled | None = None,
) -> Batches:
    """Opens a file of at most `most` decompressed bytes; `claimed` is the format that its name claims.

    Raises BadFile with what to do about it, TOO_LARGE, and CANCELLED while reading when `cancelled()` says so.
    """
    source = replace(locate(path, format, claimed=claimed), most=most)
    pace = Pace(source.size, None, cancelled)
    return Batches(_open(source, asked, pace), misnamed(source, format))


def of_values(table: list[dict[str, Any]] | dict[str, list[Any]], asked: Asked) -> Batches:
    """Records, or an object of columns of one length, as a table."""
    return Batches(_Whole(tabulate(table, asked, Dialect("json"), [], what="The message")), [])


def _open(source: Source, asked: Asked, pace: Pace) -> Passes | Pieces | _Whole:
    text = source.format in ("csv", "tsv")
    if text and (source.size > LARGE or source.compression):
        return Passes(source, asked, pace)
    if source.format in ("parquet", "arrow") and not asked.types:
        return Pieces(source, pace)
    if source.size > MOST_WHOLE:
        raise too_large(source.path.name, MOST_WHOLE)
    source = replace(source, most=min(source.most or MOST_WHOLE, MOST_WHOLE))
    if source.format in ("xlsx", "ods"):
        check_unpacked(source, _UNPACKED * source.most)
    return _Whole(reader_of(source.format)(source, asked, pace))
