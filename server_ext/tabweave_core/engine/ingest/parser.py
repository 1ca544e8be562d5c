"""One block of delimited text as columns of text, and the lines of it that do not belong in the table."""

from __future__ import annotations

import re
from codecs import BOM_UTF8
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as arrow_csv

from .blocks import Block, Marks, count_lines, record_ends
from .encoding import mend
from .result import Rejected

if TYPE_CHECKING:
    from .dialect import Shape


@dataclass(slots=True)
class Parsed:
    """The text columns of a block (none for a broken line), the lines set aside, the repeated headers, the mended lines."""

    columns: list[pa.Array]
    rejected: list[Rejected] = field(default_factory=list)
    dropped: list[int] = field(default_factory=list)
    mended: list[int] = field(default_factory=list)


class Parser:
    """Parses blocks of one file."""

    def __init__(self, shape: Shape, width: int) -> None:
        self._shape = shape
        self._names = [str(at) for at in range(width)]
        self._width = width

    def parse(self, block: Block, only: list[int] | None = None, dropped: list[int] | None = None) -> Parsed:
        """The cells of a block as text; `only` some columns, with the rows `dropped` before left out again."""
        if block.broken:
            text = block.data.decode("utf-8", "replace").rstrip("\r\n")
            reason = f"a quote ({self._shape.quote}) opens here and is not closed"
            return Parsed([], [Rejected(block.line, reason, text)])
        data, mended = self._squeeze(block.data), []
        try:
            table, invalid = self._read(data, only)
        except pa.ArrowInvalid:
            if _is_utf8(data):
                raise
            data, lines = mend(data)
            mended = [block.line + line for line in lines]
            table, invalid = self._read(data, only)
        records = Records(data, block.line, self._shape) if invalid else None
        rejected = [records.reject(number, found, self._width) for number, found in invalid] if records else []
        parsed = Parsed(
            [_one(column) for column in table.columns], [item for item in rejected if item.text.strip()], mended=mended
        )
        if only is None:
            self._drop_headers(parsed, data, block.line, [number for number, _ in invalid])
        elif dropped:
            parsed.columns = [column.take(_all_but(len(column), dropped)) for column in parsed.columns]
        return parsed

    def _squeeze(self, data: bytes) -> bytes:
        return (
            re.sub(rb"(?m)^[ \t]+|[ \t]+(?=\r?$)", b"", re.sub(rb"[ \t]+", b" ", data)) if self._shape.delimiter == " " else data
        )

    def _read(self, data: bytes, only: list[int] | None) -> tuple[pa.Table, list[tuple[int, int]]]:
        invalid: list[tuple[int, int]] = []

        def set_aside(row: Any) -> str:
            invalid.append((row.number, row.actual_columns))
            return "skip"

        if data.startswith(BOM_UTF8):
            data = BOM_UTF8 + data
        if not data.removeprefix(BOM_UTF8).strip(b"\r\n"):
            names = self._names if only is None else [self._names[at] for at in only]
            return pa.table({name: pa.array([], pa.string()) for name in names}), invalid
        shape = self._shape
        table = arrow_csv.read_csv(
            pa.BufferReader(data),
            read_options=arrow_csv.ReadOptions(
                column_names=self._names, use_threads=False, block_size=max(len(data) + 1, 1 << 10)
            ),
            parse_options=arrow_csv.ParseOptions(
                delimiter=shape.delimiter,
                quote_char=shape.quote or False,
                escape_char=shape.escape or False,
                newlines_in_values=True,
                invalid_row_handler=set_aside,
            ),
            convert_options=arrow_csv.ConvertOptions(
                column_types={name: pa.string() for name in self._names},
                null_values=[""],
                strings_can_be_null=True,
                quoted_strings_can_be_null=False,
                include_columns=None if only is None else [self._names[at] for at in only],
            ),
        )
        return table, invalid

    def _drop_headers(self, parsed: Parsed, data: bytes, line: int, invalid: list[int]) -> None:
        """Sets aside the lines that repeat the header, as pasted-together exports have them."""
        header = self._shape.names
        if not header or self._width < 2 or len(header) != self._width or not header[0]:
            return
        first = np.flatnonzero(pc.fill_null(pc.equal(parsed.columns[0], header[0]), False).to_numpy(zero_copy_only=False))
        again = [row for row in first.tolist() if [column[row].as_py() or "" for column in parsed.columns] == header]
        if again:
            records = Records(data, line, self._shape)
            valid = np.setdiff1d(np.arange(1, records.count + 1), np.array(invalid, np.int64))
            parsed.rejected += [records.at(int(valid[row]), "this line repeats the header") for row in again]
            parsed.rejected.sort(key=lambda item: item.line)
            parsed.dropped = again
            parsed.columns = [column.take(_all_but(len(column), again)) for column in parsed.columns]


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _all_but(length: int, rows: list[int]) -> pa.Array:
    return pa.array(np.setdiff1d(np.arange(length), np.array(rows)))


def _one(column: pa.ChunkedArray) -> pa.Array:
    return (
        column.chunk(0) if column.num_chunks == 1 else column.combine_chunks() if column.num_chunks else pa.array([], pa.string())
    )


class Records:
    """Where each record of a block begins, counted as the parser counts: blank lines left out."""

    def __init__(self, data: bytes, line: int, shape: Shape) -> None:
        ends = record_ends(data, marks_of(shape))
        starts = np.concatenate(([0], ends[:-1]))
        lengths = ends - starts
        kept = [at for at in range(len(ends)) if lengths[at] > 2 or data[starts[at] : ends[at]].strip(b"\r\n")]
        self._data, self._line, self._starts, self._ends = data, line, starts[kept], ends[kept]
        self.count = len(kept)

    def at(self, number: int, reason: str) -> Rejected:
        """The record set aside; numbers count from 1."""
        start, end = int(self._starts[number - 1]), int(self._ends[number - 1])
        text = self._data[start:end].decode("utf-8", "replace").rstrip("\r\n")
        return Rejected(self._line + count_lines(self._data[:start]), reason, text)

    def reject(self, number: int, found: int, width: int) -> Rejected:
        """A record with the wrong number of cells."""
        return self.at(number, f"{found} {'cell' if found == 1 else 'cells'} instead of {width}")


def marks_of(shape: Shape) -> Marks:
    """The bytes that structure text of this shape."""
    return Marks(shape.delimiter.encode(), shape.quote.encode(), b"\r" if shape.newline == "\r" else b"\n", shape.escape.encode())
