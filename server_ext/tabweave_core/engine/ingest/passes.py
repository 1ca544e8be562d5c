"""Delimited text of any size as a sequence of small tables, in bounded memory.

The type of each column is voted on a sample and checked on every cell, as in `delimited`. Where a cell shows that the vote was
wrong the vote is repeated with the cells that showed it, and the file is read once more from its beginning: what was given out
before is void. A column that no vote fits is text.
"""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from os import cpu_count
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from .columns import NEAR, Decision, Failure, Near, Notes, decided, tally
from .layout import lay_out, lines_said, open_blocks, spots
from .notices import notice
from .parser import Parsed, Parser
from .result import Dialect, Finding, Reading, Rejected
from .voting import convert_block, decide_all, refuse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .asked import Asked
    from .blocks import Block
    from .source import Pace, Source

Converted = list[tuple[pa.Array | Failure, Notes]]
Done = Future[tuple[Parsed, list[pa.Array], Converted]]

SAMPLE_ROWS = 20_000
MOST_VOTES = 4
"""After so many votes that were wrong a column is text."""
KEPT = 1000
"""So many rejected lines are kept with their text; all are counted."""
LONGEST_TEXT = 1000
_AHEAD = 4
"""So many blocks are parsed ahead of the one that is given out."""


@dataclass(slots=True)
class _Column:
    """One column through the passes: what it is taken for, on what ground, and what was seen of it in this pass."""

    name: str
    decision: Decision
    sample: pa.ChunkedArray
    forced: bool
    blank: bool
    votes: int = 1
    notes: Notes = field(default_factory=Notes)
    failed: list[pa.Array] = field(default_factory=list)
    widened: bool = False
    near: Near | None = None
    counted: bool = False

    def begin(self) -> None:
        """Forgets what an earlier pass has seen."""
        self.notes, self.failed, self.widened = Notes(), [], False
        near = self.decision.near
        self.counted = near is not None and not near.worded and not near.conflict and not near.leading and len(near.units) < 2
        self.near = replace(near, fits=0, fails=0, words=(), rows=()) if near is not None and self.counted else near

    @property
    def held(self) -> bool:
        """Whether the column was what it was taken for, in all that this pass has seen."""
        return not self.failed and not self.widened

    def settle(self, asked: Asked) -> bool:
        """Draws the conclusion of a whole pass; False if the column must be read again as something else."""
        if self.held:
            blank = self.notes.blank > 0 and not self.notes.nulls
            same = self.decision.reading.kind != "text" or blank == self.blank or not self.notes.blank
            self.blank = blank
            return same
        self.votes += 1
        if self.widened and not self.failed:
            self.decision = Decision(replace(self.decision.reading, kind="float"))
            return False
        self.sample = pa.chunked_array([*self.sample.chunks, *self.failed], pa.string())
        (column,) = decide_all([self.sample], [self.name], asked.only(self.name))
        missing = column.decision.reading.missing
        again = column.decision.reading == self.decision.reading or self.votes > MOST_VOTES
        self.decision = Decision(Reading("text", missing=missing), column.decision.near) if again else column.decision
        return False


class Passes:
    """A delimited file, pass by pass. After each `batches` ask `settled`; if it is not, iterate again and forget the rest."""

    def __init__(self, source: Source, asked: Asked, pace: Pace) -> None:
        self._source, self._asked, self._pace = source, asked, pace
        self._layout = lay_out(source, asked)
        self._parser = Parser(self._layout.shape, len(self._layout.names))
        self._trailing = self._layout.shape.trailing
        self.settled = False
        self.rejected: list[Rejected] = []
        self.n_rejected = 0
        self._mended = (0, 0)
        self._columns = self._vote()

    @property
    def schema(self) -> pa.Schema:
        """The columns as they are taken to be in the coming pass."""
        fields = [pa.field(column.name, _arrow(column.decision.reading)) for column in self._kept]
        return pa.schema([*fields, *(pa.field(name, pa.string()) for name in self._layout.absent)])

    @property
    def _kept(self) -> list[_Column]:
        return self._columns[:-1] if self._trailing else self._columns

    def _vote(self) -> list[_Column]:
        layout = self._layout
        stream, cutter, _ = open_blocks(self._source, layout)
        parts: list[list[pa.Array]] = []
        with stream:
            for block in cutter:
                parsed = self._parser.parse(block)
                if parsed.columns:
                    parts.append([column.slice(0, SAMPLE_ROWS) for column in parsed.columns])
                if parts or not block.broken:
                    break
        parts += spots(self._source, layout, self._parser)
        names = layout.names
        texts = [pa.chunked_array([part[at] for part in parts], pa.string()) for at in range(len(names))]
        decided = decide_all(texts, names, self._asked)
        return [
            _Column(column.name, column.decision, text, column.forced, _blank_only(text))
            for column, text in zip(decided, texts, strict=True)
        ]

    def batches(self) -> Iterator[pa.Table]:
        """One pass: small tables in order, of this pass's `schema`; ends early where the types turn out to be wrong."""
        self.rejected, self.n_rejected, self._mended, self.settled = [], 0, (0, 0), False
        for column in self._columns:
            column.begin()
        stream, cutter, above = open_blocks(self._source, self._layout)
        self._reject(above)
        pending: deque[Done] = deque()
        with stream, ThreadPoolExecutor(min(4, cpu_count() or 1), thread_name_prefix="tabweave-read") as pool:
            try:
                for block in cutter:
                    pending.append(pool.submit(self._work, block))
                    while len(pending) >= _AHEAD:
                        yield from self._take(pending.popleft())
                    self._pace.at(stream.position)
                while pending:
                    yield from self._take(pending.popleft())
            finally:
                for waiting in pending:
                    waiting.cancel()
        trailing_held = not self._trailing or _is_empty(self._columns[-1])
        self._trailing = self._trailing and trailing_held
        settled = [column.settle(self._asked) for column in self._columns]
        self.settled = trailing_held and all(settled)
        if self.settled:
            self._pace.at(self._source.size)

    def _work(self, block: Block) -> tuple[Parsed, list[pa.Array], Converted]:
        parsed = self._parser.parse(block)
        texts, parsed.columns = parsed.columns, []
        return parsed, texts, convert_block(texts, [column.decision.reading for column in self._columns]) if texts else []

    def _take(self, done: Done) -> Iterator[pa.Table]:
        parsed, texts, converted = done.result()
        self._reject(parsed.rejected)
        if parsed.mended:
            count, first = self._mended
            self._mended = (count + len(parsed.mended), first or parsed.mended[0])
        if not converted:
            return
        arrays = []
        for column, text, (cells, notes) in zip(self._columns, texts, converted, strict=True):
            arrays.append(self._see(column, text, cells, notes))
        if all(column.held for column in self._columns):
            kept = arrays[: len(self._kept)] + [pa.nulls(len(arrays[0]), pa.string()) for _ in self._layout.absent]
            yield pa.Table.from_arrays(kept, schema=self.schema)

    def _see(self, column: _Column, text: pa.Array, cells: pa.Array | Failure, notes: Notes) -> pa.Array:
        """Takes in one column of a block; what it gives is used only while all columns hold."""
        if isinstance(cells, Failure):
            if column.forced:
                raise refuse(column.name, column.decision.reading, cells, before=column.notes.cells)
            column.notes.add(notes)
            if len(column.failed) < MOST_VOTES:
                column.failed.append(text.take(pa.array(cells.rows)))
            return text
        if column.near is not None and column.counted:
            column.near = tally(column.near, text, before=column.notes.cells)
        column.notes.add(notes)
        reading = column.decision.reading
        if reading.ambiguous and decided(text, reading):
            column.decision = Decision(replace(reading, ambiguous=False))
        if cells.type != _arrow(reading):
            column.widened = True
        if reading.kind == "text" and column.blank:
            return pc.if_else(pc.equal(cells, ""), pa.scalar(None, cells.type), cells)
        return cells

    def _reject(self, rejected: list[Rejected]) -> None:
        self.n_rejected += len(rejected)
        for item in rejected[: KEPT - len(self.rejected)]:
            short = item.text if len(item.text) <= LONGEST_TEXT else f"{item.text[:LONGEST_TEXT]}…"
            self.rejected.append(replace(item, text=short))

    def findings(self) -> list[Finding]:
        """What is to be said about the file and its columns; after a pass that settled them."""
        layout = self._layout
        found = list(layout.findings)
        if layout.shape.trailing and self._trailing:
            found = [finding for finding in found if "blank" not in finding.message]
        found += lines_said(layout.encoding, self.rejected, self._mended, count=self.n_rejected)
        for column in self._kept:
            notes, near = column.notes, column.near
            if column.blank:
                notes = replace(notes, nulls=notes.blank, blank=0)
            if near is not None and near.fits < NEAR * (near.fits + near.fails):
                near = None
            found += notice(column.name, column.decision.reading, notes, near)
        rows = self._columns[0].notes.cells
        missing = "The header names this column, but the lines have no cell for it."
        return found + [Finding("S1", name, (), rows, missing) for name in layout.absent]

    def dialect(self) -> Dialect:
        """How the file was understood."""
        return replace(self._layout.dialect, columns={column.name: column.decision.reading for column in self._kept})


def _is_empty(column: _Column) -> bool:
    return column.notes.cells <= column.notes.nulls + column.notes.blank


def _blank_only(text: pa.ChunkedArray) -> bool:
    """Whether the empty cells of a sample are all written as quotes with nothing between them."""
    return not text.null_count and bool(pc.any(pc.equal(text, "")).as_py())


_ARROW = {
    "text": pa.string(),
    "integer": pa.int64(),
    "float": pa.float64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
}


def _arrow(reading: Reading) -> pa.DataType:
    """The Arrow type that cells of a reading are converted to."""
    if reading.kind == "decimal":
        return pa.decimal128(max(reading.precision, 1), reading.scale)
    unit = "ns" if reading.scale == 9 else "us"
    if reading.kind == "timestamp":
        return pa.timestamp(unit, reading.zone or None)
    if reading.kind == "time":
        return pa.time64(unit)
    return _ARROW[reading.kind]
