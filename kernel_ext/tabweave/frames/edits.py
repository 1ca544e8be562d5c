"""Operations on cells: setting, filling and replacing, all or nothing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from tabweave_core.engine import series
from tabweave_core.engine.refusals import MOST_BAD, CellsRefused
from tabweave_core.errors import BadMessage, BadValue
from tabweave_core.protocol.ops import Block, Fill, Replace, RetypeColumn, Scalar, SetCells
from tabweave_core.protocol.schema import BadCell, Column

from . import cells, scalars, text, writes
from .effects import Piece, SetValues
from .ops import Plan, Positions, counted, editable, known_positions, view_positions

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tabweave_core.engine.rows import Ints

    from .frame import Frame

_SHOWN = 40


class _Writing:
    """Collects the cells of one operation, good and bad."""

    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.pieces: list[Piece] = []
        self.bad: list[BadCell] = []
        self.codes: list[str] = []
        self.n_bad = 0
        self.cells = 0
        self.missing_only = True
        self.offer: RetypeColumn | None = None

    def parse(self, column: Column, at: int, positions: Ints, items: Sequence[Scalar], *, typed: bool) -> None:
        """Takes items for the rows at `positions`; one item alone is repeated. `at` is the column's number in the target."""
        frame, place = self.frame, self.frame.layout.place(column.id)
        like = writes.column(frame.df, place)
        self.cells += len(positions)
        repeat = len(items) == 1 and len(positions) != 1
        if repeat and column.kind == "object" and typed:
            items, repeat = list(items) * len(positions), False
        parsed = cells.parse(column, like, items, typed=typed, old=lambda: list(writes.take(like, positions)))
        if parsed.values is not None:
            values = writes.take(parsed.values, np.zeros(len(positions), dtype=np.int64)) if repeat else parsed.values
            self.take(column.id, positions, values)
            return
        factor = len(positions) if repeat else 1
        self.n_bad += len(parsed.bad) * factor
        self.missing_only = self.missing_only and bool(parsed.nullable) and all(items[bad.at] in (None, "") for bad in parsed.bad)
        if parsed.nullable and self.offer is None:
            self.offer = RetypeColumn(column=column.id, dtype=parsed.nullable)
        for bad in parsed.bad[: MOST_BAD - len(self.bad)]:
            shown = "" if items[bad.at] is None else str(items[bad.at])
            rid = int(frame.rids.ids(positions[bad.at : bad.at + 1])[0]) if len(positions) else -1
            self.codes.append(bad.code)
            self.bad.append(BadCell(row=bad.at, column=at, rid=rid, id=column.id, text=shown, message=bad.message, hint=bad.hint))

    def take(self, cid: int, positions: Ints, values: Any) -> None:
        """Takes an array that is sure to fit."""
        if len(positions):
            self.pieces.append(Piece(cid, self.frame.rids.ids(positions), values))

    def finish(self, summary: Callable[[int], str]) -> Plan:
        """The plan, or the refusal of the whole operation."""
        if self.bad:
            offer = self.offer if self.missing_only else None
            raise CellsRefused(self.codes[0], self.bad, self.n_bad, self.cells, offer)
        if not self.pieces:
            return Plan(None, "", message="No cell was changed.")
        written = sum(len(piece.rids) for piece in self.pieces)
        return Plan(SetValues(tuple(self.pieces)), summary(written))


def set_cells(frame: Frame, op: SetCells, view: Positions | None) -> Plan:
    """Writes blocks of typed texts or JSON values."""
    writing = _Writing(frame)
    for block in op.blocks:
        positions = _block_positions(frame, block, view)
        for at, (column, items) in enumerate(zip([editable(frame, cid) for cid in block.columns], block.values, strict=True)):
            if len(items) not in (1, len(positions)):
                problem = f"Column {at} of the block has {len(items)} values for {len(positions)} rows."
                raise BadMessage("BAD_MESSAGE", problem, where="blocks")
            writing.parse(column, at, positions, items, typed=op.input == "text")
    return writing.finish(lambda written: _told(frame, writing.pieces, written))


def _block_positions(frame: Frame, block: Block, view: Positions | None) -> Ints:
    if len(block.columns) != len(block.values):
        problem = f"A block has {len(block.columns)} columns and {len(block.values)} lists of values."
        raise BadMessage("BAD_MESSAGE", problem, where="blocks")
    if block.rows is not None:
        return known_positions(frame, block.rows)
    return view_positions(frame, view, block.start, block.stop)


def fill(frame: Frame, op: Fill, view: Positions | None) -> Plan:
    """Continues some rows over others, as copies or as a series."""
    source = view_positions(frame, view, op.start, op.stop)
    target = view_positions(frame, view, op.target_start, op.target_stop)
    if not len(source):
        raise BadMessage("BAD_MESSAGE", "A fill needs at least one source row.", where="start")
    offsets = np.arange(op.target_start, op.target_stop) - op.start
    writing = _Writing(frame)
    for at, cid in enumerate(op.columns):
        column = editable(frame, cid)
        values = writes.read(frame.df, frame.layout.place(cid), source)
        texts = _continued(values, column, offsets) if op.mode == "series" else None
        if texts is not None:
            writing.parse(column, at, target, texts, typed=True)
        else:
            writing.cells += len(target)
            writing.take(cid, target, writes.take(values, offsets % len(source)))
    names = ", ".join(frame.layout.column(frame.df, cid).name for cid in op.columns)
    return writing.finish(lambda written: f"filled {counted(written, 'cell')} of {_short(names)}")


def _continued(values: Any, column: Column, offsets: Ints) -> list[str] | None:
    zone = None
    if column.zone is not None:
        dtype = values.dtype
        zone = dtype.tz if isinstance(dtype, pd.DatetimeTZDtype) else pa.lib.string_to_tzinfo(dtype.pyarrow_dtype.tz)
    return series.continued(scalars.to_python(values, column), column, offsets, zone=zone)


def replace(frame: Frame, op: Replace, view: Positions | None) -> Plan:
    """Replaces text in every matching cell of the view."""
    search, change = _pattern(op)
    shown = frame.layout.schema(frame.df).columns
    chosen = (
        [column for column in shown if column.editable] if op.columns is None else [editable(frame, cid) for cid in op.columns]
    )
    everything = view is None
    rows = np.arange(0) if everything else view_positions(frame, view, 0, view.count if view is not None else 0)
    writing = _Writing(frame)
    for at, column in enumerate(chosen):
        found = text.texts(frame.values(column.id), None if everything else rows)
        if isinstance(found, pa.ChunkedArray):
            found = found.combine_chunks()
        hits, texts = search(found)
        new = [change(old) for old in texts]
        differs = [number for number, (old, fresh) in enumerate(zip(texts, new, strict=True)) if old != fresh]
        spots = hits[differs]
        positions = spots if everything else rows[spots]
        writing.parse(column, at, positions, [new[number] for number in differs], typed=True)
    plan = writing.finish(lambda written: f"replaced {op.find!r} by {op.replacement!r} in {counted(written, 'cell')}")
    return plan if plan.effect is not None else Plan(None, "", message=f"No cell matches {op.find!r}.")


def _pattern(op: Replace) -> tuple[Callable[[Any], tuple[Ints, list[str]]], Callable[[str], str]]:
    if not op.find and not op.whole:
        raise BadValue("CHECK", "There is no text to find.", hint="Type what should be replaced.")
    try:
        pattern = re.compile(op.find if op.regex else re.escape(op.find), 0 if op.case else re.IGNORECASE)
        template = re.sub(r"\$(\d+)", r"\\g<\1>", op.replacement)
        if op.regex:
            pattern.sub(template, "")
    except (re.error, IndexError) as error:
        raise BadValue(
            "CHECK", f"The pattern is not a regular expression: {error}.", hint="Turn off regular expressions."
        ) from None

    def search(found: Any) -> tuple[Ints, list[str]]:
        decoded = found.dictionary_decode() if pa.types.is_dictionary(found.type) else found
        if not op.regex and not op.whole:
            matches = pc.fill_null(pc.match_substring(decoded, op.find, ignore_case=not op.case), False)
            hits = np.flatnonzero(np.asarray(matches))
            return hits, decoded.take(pa.array(hits)).to_pylist()
        texts = decoded.to_pylist()
        test = pattern.fullmatch if op.whole else pattern.search
        hits = np.array([at for at, value in enumerate(texts) if value is not None and test(value)], dtype=np.int64)
        return hits, [texts[at] for at in hits]

    def change(old: str) -> str:
        if op.regex:
            return pattern.sub(template, old, count=1 if op.whole else 0)
        return op.replacement if op.whole else pattern.sub(lambda _: op.replacement, old)

    return search, change


def shown_value(value: Any) -> str:
    """A value as history shows it."""
    found = text.text(value) if not isinstance(value, str) else value
    return _short(found) if found else "(empty)"


def _short(long: str) -> str:
    return long if len(long) <= _SHOWN else f"{long[:_SHOWN]}…"


def _told(frame: Frame, pieces: list[Piece], written: int) -> str:
    names = dict.fromkeys(frame.layout.column(frame.df, piece.cid).name for piece in pieces)
    if written == 1:
        piece = pieces[0]
        place = frame.layout.place(piece.cid)
        row = frame.rids.positions(piece.rids)
        old = writes.read(frame.df, place, row)
        return f"{next(iter(names))} of row {int(row[0]) + 1:,}: {shown_value(_first(old))} → {shown_value(_first(piece.values))}"
    return f"{counted(written, 'cell')} of {_short(', '.join(names))}"


def _first(values: Any) -> Any:
    found = values[0]
    return None if found is pd.NaT else found
