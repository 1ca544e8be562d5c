"""Columns of Python values (spreadsheet cells, JSON members): kept as they are where they agree, else read as text."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from .columns import Decision, Notes, convert
from .distinct import quote_words
from .notices import retype
from .result import Finding, Reading
from .spellings import ERRORS
from .voting import Column, collect, decide_all

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .asked import Asked

EXACT = 2**53


def text_of(value: Any) -> str:
    """A value as a person would type it into a cell."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < EXACT else repr(value)
    if isinstance(value, (dict, list)):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, dt.datetime):
        return value.isoformat(" ")
    return str(value)


def column_of(name: str, values: Sequence[Any], asked: Asked, *, spreadsheet: bool = False) -> Column:
    """A column of one type. Empty spreadsheet cells are missing, and so are its error cells, with a finding."""
    findings: list[Finding] = []
    cells = [None if value == "" and spreadsheet else value for value in values]
    if spreadsheet:
        faults = [(row, cell) for row, cell in enumerate(cells) if isinstance(cell, str) and cell.casefold() in ERRORS]
        if faults:
            words = quote_words(Counter(cell for _, cell in faults).most_common(5))
            message = f"Error cells are read as missing: {words}."
            findings.append(
                Finding("M2", name, tuple(row for row, _ in faults[:10]), len(faults), message, "Correct their formulas.")
            )
            for row, _ in faults:
                cells[row] = None
    kinds = {type(cell) for cell in cells if cell is not None}
    array = None if name in asked.types else _native(cells, kinds, spreadsheet)
    column = Column(name, Decision(Reading("other")), whole=True, findings=findings)
    if array is not None:
        column.chunks = [array]
        column.notes = Notes(cells=len(cells), nulls=array.null_count)
        return column
    if kinds <= {dict} or kinds <= {list}:
        nested = _nested(cells)
        if nested is not None:
            column.chunks, column.notes = [nested], Notes(cells=len(cells), nulls=nested.null_count)
            return column
    text = pa.array([None if cell is None else cell if isinstance(cell, str) else text_of(cell) for cell in cells], pa.string())
    (column,) = decide_all([pa.chunked_array([text])], [name], asked.only(name))
    column.whole, column.findings = True, findings
    reading = column.decision.reading
    notes = Notes()
    collect(column, convert(text, reading, notes), notes)
    if len(kinds) > 1 and kinds != {int, float} and reading.kind == "text":
        kinds_seen = ", ".join(sorted(_WORDS.get(kind, kind.__name__) for kind in kinds))
        findings.append(Finding("T1", name, (), len(cells), f"Cells of different types ({kinds_seen}) are kept as text."))
    elif kinds == {str} and reading.kind in ("integer", "float", "decimal") and not reading.unit:
        findings.append(
            Finding(
                "T2",
                name,
                (),
                len(cells),
                "Numbers stored as text are read as numbers.",
                retype(name, "text"),
            )
        )
    return column


_WORDS = {
    str: "text",
    int: "whole numbers",
    float: "numbers",
    bool: "true/false",
    dict: "objects",
    list: "lists",
    dt.datetime: "timestamps",
    dt.date: "dates",
    dt.time: "times",
    dt.timedelta: "durations",
}


_SIMPLE = {bool: pa.bool_(), dt.date: pa.date32(), dt.time: pa.time64("us"), dt.timedelta: pa.duration("us")}


def _native(cells: list[Any], kinds: set[type], spreadsheet: bool) -> pa.Array | None:
    """An array without going through text, where all the values are of one kind and fit."""
    if len(kinds) == 1 and (simple := _SIMPLE.get(next(iter(kinds)))) is not None:
        return pa.array(cells, simple)
    if kinds and kinds <= {int, float}:
        return _numbers(cells, spreadsheet)
    if kinds in ({dt.datetime}, {dt.datetime, dt.date}):
        moments = [
            cell if cell is None or isinstance(cell, dt.datetime) else dt.datetime.combine(cell, dt.time()) for cell in cells
        ]
        if all(moment is None or moment.time() == dt.time() for moment in moments):
            return pa.array([None if moment is None else moment.date() for moment in moments], pa.date32())
        return pa.array(moments, pa.timestamp("us"))
    return None


def _numbers(cells: list[Any], spreadsheet: bool) -> pa.Array | None:
    """Spreadsheets know only floats: there, numbers without a fraction are integers. In JSON 1.0 is a float."""
    numbers = [cell for cell in cells if cell is not None]
    if spreadsheet and all(isinstance(n, int) or (n.is_integer() and abs(n) <= EXACT) for n in numbers):
        cells = [None if cell is None else int(cell) for cell in cells]
        numbers = [int(number) for number in numbers]
    if all(isinstance(number, int) for number in numbers):
        lowest, highest = min(numbers), max(numbers)
        if lowest >= -(2**63) and highest < 2**63:
            return pa.array(cells, pa.int64())
        digits = max(len(str(abs(lowest))), len(str(abs(highest))))
        return pa.array([None if c is None else Decimal(c) for c in cells], pa.decimal128(digits, 0)) if digits <= 38 else None
    if all(isinstance(number, float) or abs(number) <= EXACT for number in numbers):
        return pa.array([None if cell is None else float(cell) for cell in cells], pa.float64())
    return None


def _nested(cells: list[Any]) -> pa.Array | None:
    """Objects as structs and lists as lists where they have one shape, else None."""
    if not any(cell for cell in cells):
        return None
    try:
        array = pa.array(cells)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, OverflowError):
        return None
    same = array.to_pylist() == cells if pa.types.is_list(array.type) else all(_fits(cell, array.type) for cell in cells)
    return array if same and not pa.types.is_null(array.type) else None


def _fits(cell: Any, kind: pa.DataType) -> bool:
    """Whether an object has exactly the members of the struct: a struct would invent the others."""
    return cell is None or set(cell) == {kind.field(at).name for at in range(kind.num_fields)}
