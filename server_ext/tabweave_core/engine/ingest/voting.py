"""The vote over all columns of a table of text: each for itself first, then the undecided by what the others showed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from ...errors import BadFile
from .columns import Decision, Failure, Near, Notes, convert, decide
from .notices import notice
from .result import Dialect, Finding, Ingested, Reading, Rejected

if TYPE_CHECKING:
    from .asked import Asked

Mapper = Callable[..., Iterable[Any]]


@dataclass(slots=True)
class Column:
    """One column while it is read: its decision, converted chunks in order, and what was seen."""

    name: str
    decision: Decision
    chunks: list[pa.Array] = field(default_factory=list)
    notes: Notes = field(default_factory=Notes)
    failed: bool = False
    forced: bool = False
    whole: bool = False
    findings: list[Finding] = field(default_factory=list)


def decide_all(texts: Sequence[Any], names: Sequence[str], asked: Asked, run: Mapper = map) -> list[Column]:
    """A decision for each column of text."""
    kinds = asked.kinds(names)
    hints = asked.hints()
    decisions = list(run(lambda text, name, kind: decide(text, hints, name, kind), texts, names, kinds))
    prior = _prior(decisions)
    if any(prior):
        informed = asked.hints(*prior)
        for at, decision in enumerate(decisions):
            reading = decision.near.reading if decision.near else decision.reading
            if kinds[at] is None and (
                reading.ambiguous or (prior[0] == "," and reading.kind == "float" and reading.decimal == ".")
            ):
                decisions[at] = decide(texts[at], informed, names[at])
    return [Column(name, decision, forced=kind is not None) for name, decision, kind in zip(names, decisions, kinds, strict=True)]


def _prior(decisions: Sequence[Decision]) -> tuple[str, str]:
    """The decimal sign and the date order that most decided columns show, where some column needs to be told."""
    readings = [decision.reading for decision in decisions]
    signs = Counter(r.decimal for r in readings if r.kind in ("float", "decimal") and not r.ambiguous)
    orders = Counter(
        r.order for r in readings if r.kind in ("date", "timestamp") and not r.ambiguous and r.order in ("mdy", "dmy")
    )
    # A point counts also where it may stand between thousands (1.234); a comma only where it is the decimal sign.
    comma = 0 < signs[","] >= signs["."]
    unsure = any(r.ambiguous for r in readings)
    return ("," if comma else "." if unsure and signs else ""), (orders.most_common(1)[0][0] if unsure and orders else "")


def convert_block(texts: Sequence[pa.Array], readings: Sequence[Reading]) -> list[tuple[pa.Array | Failure, Notes]]:
    """Every column of one block in the type of its reading; an integer column may widen to float here."""
    converted = []
    for text, reading in zip(texts, readings, strict=True):
        notes = Notes()
        cells = convert(text, reading, notes)
        if isinstance(cells, Failure) and reading.kind == "integer":
            wider = Notes()
            floats = convert(text, replace(reading, kind="float"), wider)
            if not isinstance(floats, Failure):
                cells, notes = floats, wider
        converted.append((cells, notes))
    return converted


def collect(column: Column, cells: pa.Array | Failure, notes: Notes) -> None:
    """Takes a converted block into its column, or marks the column as failed (a type that was asked for must not fail)."""
    if isinstance(cells, Failure):
        if column.forced:
            raise refuse(column.name, column.decision.reading, cells, before=column.notes.cells)
        column.failed = True
        column.chunks.clear()
    if not column.failed:
        column.chunks.append(cells)
    column.notes.add(notes)


def refuse(name: str, reading: Reading, failure: Failure, *, before: int) -> BadFile:
    """The refusal of a file because cells do not have the type that was asked for; `before` cells came before these."""
    rows = ", ".join(str(row + before + 1) for row in failure.rows[:3])
    word = failure.words[0][0]
    cells = f"{failure.count} cells" if failure.count > 1 else "1 cell"
    return BadFile(
        "BAD_FILE",
        f"{name!r} cannot be read as {reading.kind}: {cells} like {word[:40]!r} (row {rows}).",
        hint="Leave its type out to open it as text with these cells marked.",
        where=name,
    )


def settle(column: Column, text: pa.ChunkedArray, asked: Asked) -> None:
    """Decides and converts a column anew from all of its text."""
    column.decision = decide(text, asked.hints(), column.name)
    column.chunks, column.notes, column.failed, column.whole = [], Notes(), False, True
    for chunk in text.chunks:
        notes = Notes()
        cells = convert(chunk, column.decision.reading, notes)
        assert not isinstance(cells, Failure)
        column.chunks.append(cells)
        column.notes.add(notes)


def doubtful(column: Column) -> bool:
    """Whether a vote over a sample must be repeated over the whole column."""
    near, reading = column.decision.near, column.decision.reading
    return not column.whole and not column.forced and (column.failed or near is not None or reading.ambiguous)


def finish(column: Column) -> tuple[pa.ChunkedArray, Reading, list[Finding]]:
    """The column whole, how it was read, and what to tell."""
    reading, notes = column.decision.reading, column.notes
    types = {str(chunk.type) for chunk in column.chunks}
    if types == {"int64", "double"}:
        column.chunks = [pc.cast(chunk, pa.float64()) for chunk in column.chunks]
        reading = replace(reading, kind="float")
    if reading.kind == "text" and notes.blank and not notes.nulls:
        column.chunks = [pc.if_else(pc.equal(chunk, ""), pa.scalar(None, chunk.type), chunk) for chunk in column.chunks]
        notes.nulls, notes.blank = notes.blank, 0
    array = pa.chunked_array(column.chunks) if column.chunks else pa.chunked_array([], pa.string())
    near: Near | None = column.decision.near
    return array, reading, column.findings + notice(column.name, reading, notes, near)


def assemble(
    columns: Sequence[Column], absent: Sequence[str], findings: list[Finding], rejected: list[Rejected], dialect: Dialect
) -> Ingested:
    """The table of finished columns; `absent` names columns that the header has and no line does."""
    arrays, fields, readings, said = [], [], {}, list(findings)
    for column in columns:
        array, reading, notices = finish(column)
        column.chunks = []
        readings[column.name] = reading
        metadata = {"tabweave.reading": reading.kind} if reading.kind not in ("text", "other") else None
        arrays.append(array)
        fields.append(pa.field(column.name, array.type, metadata=metadata))
        said += notices
    rows = len(arrays[0]) if arrays else 0
    for name in absent:
        arrays.append(pa.chunked_array([pa.nulls(rows, pa.string())]))
        fields.append(pa.field(name, pa.string()))
        readings[name] = Reading()
        said.append(Finding("S1", name, (), rows, "The header names this column, but the lines have no cell for it."))
    return Ingested(pa.Table.from_arrays(arrays, schema=pa.schema(fields)), said, rejected, replace(dialect, columns=readings))
