"""Delimited text: cut into blocks, each parsed and converted in a thread, every line in the table or set aside with a reason.

The type of each column is voted on a sample and verified on every cell. Only a column for which the sample was wrong is read
a second time, and then voted on as a whole.
"""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import count
from os import cpu_count
from typing import TYPE_CHECKING

import pyarrow as pa

from . import blocks
from .columns import Failure, Notes
from .layout import Layout, lay_out, lines_said, open_blocks, spots
from .parser import Parsed, Parser
from .voting import Column, assemble, collect, convert_block, decide_all, doubtful, settle

if TYPE_CHECKING:
    from .asked import Asked
    from .blocks import Block, Cutter
    from .result import Ingested, Reading, Rejected
    from .source import Pace, Source, Stream

SAMPLE_ROWS = 20_000

Done = Future[tuple[Parsed, list[tuple[pa.Array | Failure, Notes]]]]


def read_delimited(source: Source, asked: Asked, pace: Pace) -> Ingested:
    """A delimited text file as a table."""
    layout = lay_out(source, asked)
    stream, cutter, above = open_blocks(source, layout)
    with stream, ThreadPoolExecutor(min(4, cpu_count() or 1), thread_name_prefix="tabweave-read") as pool:
        run = _Run(source, asked, layout, pool, pace)
        run.read(stream, cutter)
        run.read_again()
    run.rejected = above + run.rejected
    findings = layout.findings + lines_said(layout.encoding, run.rejected, (len(run.mended), next(iter(run.mended), 0)))
    if layout.shape.trailing and not run.columns[-1].notes.cells > run.columns[-1].notes.nulls + run.columns[-1].notes.blank:
        run.columns.pop()
        findings = [finding for finding in findings if "blank" not in finding.message]
    return assemble(run.columns, layout.absent, findings, run.rejected, layout.dialect)


class _Run:
    """One reading of one file: the columns as they grow."""

    def __init__(
        self,
        source: Source,
        asked: Asked,
        layout: Layout,
        pool: ThreadPoolExecutor,
        pace: Pace,
    ) -> None:
        self._source, self._asked, self._layout = source, asked, layout
        self._pool, self._names, self._pace = pool, layout.names, pace
        self._small = False
        self._parser = Parser(layout.shape, len(layout.names))
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
            sample = [[column.slice(0, SAMPLE_ROWS) for column in columns] for columns in sample] + spots(
                self._source, self._layout, self._parser
            )
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
            stream, cutter, _ = open_blocks(self._source, self._layout)
            with stream:
                for number, block in enumerate(cutter):
                    columns = self._parser.parse(block, missing, self._dropped.get(number)).columns
                    for at, column in zip(missing, columns, strict=bool(columns)):
                        texts[at].append(column)
                    self._pace.at(stream.position)
        for at in again:
            settle(self.columns[at], pa.chunked_array(texts.pop(at), pa.string()), self._asked)
