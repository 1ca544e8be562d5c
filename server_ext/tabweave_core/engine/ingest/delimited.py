"""Delimited text: cut into blocks, each parsed and converted in a thread, every line in the table or set aside with a reason.

The type of each column is voted on a sample and verified on every cell. Only a column for which the sample was wrong is read
a second time, and then voted on as a whole.
"""

from __future__ import annotations

import re
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import count
from os import cpu_count
from typing import TYPE_CHECKING

import pyarrow as pa

from ...errors import BadFile
from . import blocks
from .blocks import Block, Cutter, count_lines
from .columns import Failure, Notes
from .dialect import Shape, detect
from .encoding import Encoding, Utf8
from .encoding import detect as detect_encoding
from .names import name_columns
from .parser import Parsed, Parser, marks_of
from .result import Dialect, Finding, Ingested, Reading, Rejected
from .source import HEAD, Pace, Source, Stream
from .voting import Column, assemble, collect, convert_block, decide_all, doubtful, settle

if TYPE_CHECKING:
    from .asked import Asked

SAMPLE_ROWS = 20_000
SPOTS = 6
SPOT = 128 << 10

Done = Future[tuple[Parsed, list[tuple[pa.Array | Failure, Notes]]]]


def _open(source: Source, encoding: Encoding, shape: Shape) -> tuple[Stream, Cutter, list[tuple[int, str]]]:
    """The stream, its blocks from the first data line on, and the numbered lines before."""
    stream = source.stream()
    utf8, before, have = Utf8(stream, encoding), b"", -1
    while have < shape.start - 1:
        raw = utf8.read(1 << 20)
        before += raw
        have = count_lines(before)
        if not raw:
            break
    ends = [match.end() for match in re.finditer(rb"\r\n|\n|\r", before)] if shape.start > 1 else []
    cut = ends[shape.start - 2] if len(ends) >= shape.start - 1 > 0 else (len(before) if shape.start > 1 else 0)
    lines = list(enumerate(before[:cut].decode("utf-8", "replace").splitlines(), 1))
    return stream, Cutter(utf8, marks_of(shape), lines=max(shape.start - 1, 0), rest=before[cut:]), lines


def read_delimited(source: Source, asked: Asked, pace: Pace) -> Ingested:
    """A delimited text file as a table."""
    encoding = detect_encoding(source.head, asked.encoding)
    text = source.head[encoding.mark :].decode(encoding.name, "replace")
    if len(source.head) >= HEAD:
        text = text[: max(text.rfind("\n"), text.rfind("\r")) + 1] or text
    prefer = "\t" if "tsv" in (source.claimed, source.format) else ""
    shape = detect(text, delimiter=asked.delimiter, header=asked.header, prefer=prefer)
    if not shape.width:
        raise BadFile("BAD_FILE", f"{source.path.name} has no table in it.", hint="It holds only blank lines.")
    names, findings = name_columns(shape.names, max(shape.width, len(shape.names or ())))
    stream, cutter, before = _open(source, encoding, shape)
    with stream, ThreadPoolExecutor(min(4, cpu_count() or 1), thread_name_prefix="tabweave-read") as pool:
        run = _Run(source, asked, shape, encoding, pool, names[: shape.width], pace)
        run.read(stream, cutter)
        run.read_again()
    above = [Rejected(line, "above the header", words) for line, words in before if words.strip() and not _is_head(line, shape)]
    run.rejected = above + run.rejected
    findings += run.findings()
    absent = names[shape.width :]
    if shape.trailing and not run.columns[-1].notes.cells > run.columns[-1].notes.nulls + run.columns[-1].notes.blank:
        run.columns.pop()
        findings = [finding for finding in findings if "blank" not in finding.message]
    dialect = Dialect(
        format="tsv" if shape.delimiter == "\t" else "csv",
        compression=source.compression,
        encoding=encoding.label,
        delimiter=shape.delimiter,
        quote=shape.quote,
        escape=shape.escape,
        newline=shape.newline,
        header=shape.header,
    )
    return assemble(run.columns, absent, findings, run.rejected, dialect)


def _is_head(line: int, shape: Shape) -> bool:
    return (shape.header and line >= shape.header) or (shape.sep_line and line == 1)


class _Run:
    """One reading of one file: the columns as they grow."""

    def __init__(
        self,
        source: Source,
        asked: Asked,
        shape: Shape,
        encoding: Encoding,
        pool: ThreadPoolExecutor,
        names: list[str],
        pace: Pace,
    ) -> None:
        self._source, self._asked, self._shape, self._encoding = source, asked, shape, encoding
        self._pool, self._names, self._pace = pool, names, pace
        self._small = False
        self._parser = Parser(shape, len(names))
        self._dropped: dict[int, list[int]] = {}
        self.columns: list[Column] = []
        self.rejected: list[Rejected] = []
        self.mended: list[int] = []

    def read(self, stream: Stream, cutter: Cutter) -> None:
        """Votes on a sample, then parses and converts every block in order."""
        cut = iter(cutter)
        ahead: list[Block] = []
        size = 0
        self._small = True
        for block in cut:
            ahead.append(block)
            size += len(block.data)
            if size >= blocks.BLOCK:
                self._small = False
                break
        start = [self._parser.parse(block) for block in ahead]
        del ahead
        sample = [parsed.columns for parsed in start if parsed.columns]
        if not self._small:
            sample = [[column.slice(0, SAMPLE_ROWS) for column in columns] for columns in sample] + self._spots()
        texts = [pa.chunked_array([part[at] for part in sample], pa.string()) for at in range(len(self._names))]
        self.columns = decide_all(texts, self._names, self._asked, self._pool.map)
        readings = [column.decision.reading for column in self.columns]
        pending: deque[Done] = deque(self._pool.submit(self._convert, parsed, readings) for parsed in start)
        del start, sample, texts
        numbers = count()
        for block in cut:
            pending.append(self._pool.submit(self._work, block, readings))
            while len(pending) > 4:
                self._take(next(numbers), pending.popleft())
            self._pace.at(stream.position)
        while pending:
            self._take(next(numbers), pending.popleft())
        for column in self.columns:
            column.whole = self._small
        self._pace.at(self._source.size)

    def _spots(self) -> list[list[pa.Array]]:
        """Rows from further on in the file, so that the vote is not about its beginning only."""
        if self._source.compression or self._encoding.name != "utf-8" or self._shape.newline == "\r":
            return []
        found = []
        with self._source.stream() as stream:
            for spot in range(1, SPOTS + 1):
                stream.seek(self._source.size * spot // (SPOTS + 1))
                data = stream.read(SPOT)
                data = data[data.find(b"\n") + 1 : data.rfind(b"\n") + 1]
                parsed = (self._parser.parse(block) for block in Cutter(_Given(data), marks_of(self._shape)))
                found += [each.columns for each in parsed if each.columns]
        return found

    def _work(self, block: Block, readings: list[Reading]) -> tuple[Parsed, list[tuple[pa.Array | Failure, Notes]]]:
        return self._convert(self._parser.parse(block), readings)

    def _convert(self, parsed: Parsed, readings: list[Reading]) -> tuple[Parsed, list[tuple[pa.Array | Failure, Notes]]]:
        converted = convert_block(parsed.columns, readings) if parsed.columns else []
        parsed.columns = []
        return parsed, converted

    def _take(self, number: int, done: Done) -> None:
        parsed, converted = done.result()
        if parsed.dropped:
            self._dropped[number] = parsed.dropped
        self.rejected += parsed.rejected
        self.mended += parsed.mended
        for column, (cells, notes) in zip(self.columns, converted, strict=bool(converted)):
            collect(column, cells, notes)

    def read_again(self) -> None:
        """Votes on the whole of each column for which the sample was wrong or said too little."""
        again = [at for at, column in enumerate(self.columns) if doubtful(column)]
        texts = {
            at: self.columns[at].chunks
            for at in again
            if not self.columns[at].failed and self.columns[at].decision.reading.kind == "text"
        }
        missing = [at for at in again if at not in texts]
        if missing:
            texts.update({at: [] for at in missing})
            stream, cutter, _ = _open(self._source, self._encoding, self._shape)
            with stream:
                for number, block in enumerate(cutter):
                    columns = self._parser.parse(block, missing, self._dropped.get(number)).columns
                    for at, column in zip(missing, columns, strict=bool(columns)):
                        texts[at].append(column)
                    self._pace.at(stream.position)
        for at in again:
            settle(self.columns[at], pa.chunked_array(texts.pop(at), pa.string()), self._asked)

    def findings(self) -> list[Finding]:
        """What is to be said about the lines of the file."""
        found = []
        if self.rejected:
            lines = ", ".join(f"line {item.line}: {item.reason}" for item in self.rejected[:3])
            more = f" and {len(self.rejected) - 3:,} more" if len(self.rejected) > 3 else ""
            message = f"{_lines(len(self.rejected))} not in the table ({lines}{more})."
            found.append(Finding("S1", None, (), len(self.rejected), message, "They are kept as rejected, with their text."))
        if self.mended:
            message = f"{_lines(len(self.mended))} not UTF-8 and read as Windows-1252, the first at line {self.mended[0]}."
            found.append(Finding("F2", None, (), len(self.mended), message, "Look at their accents."))
        elif self._encoding.guessed and self._encoding.name != "utf-8":
            message = f"The encoding is taken to be {self._encoding.label}."
            found.append(Finding("F2", None, (), 0, message, "If accents look wrong, name it: encoding='cp1250', 'mac_roman', …"))
        return found


class _Given:
    """Bytes at hand, read as a stream."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def read(self, size: int) -> bytes:
        """Everything, once."""
        del size
        data, self._data = self._data, b""
        return data


def _lines(number: int) -> str:
    return "1 line is" if number == 1 else f"{number:,} lines are"
