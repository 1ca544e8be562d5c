"""The fast path: numbers and ISO dates in their plainest spelling, read by Arrow's own casts.

A cast alone would read `007` as 7, `0x1F` as 31 and `nan` as a number; what it may not see is looked for in the bytes first.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from .result import Reading

_ZERO, _NINE, _MINUS = ord("0"), ord("9"), ord("-")
_LONGEST_FLOAT = 18
_FLOAT_DIGITS = 17
_FIRST = {
    "integer": re.compile(r"-?[0-9]+"),
    "float": re.compile(r"-?[0-9]*\.?[0-9]*(?:[eE][-+]?[0-9]+)?"),
    "date": re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}"),
    "timestamp": re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}.*"),
}


def _layout(text: pa.StringArray) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Start and length of each cell, and the bytes with two spare ones at the end."""
    _, offsets, data = text.buffers()
    width = np.int64 if pa.types.is_large_string(text.type) else np.int32
    bounds = np.frombuffer(offsets, width)[text.offset : text.offset + len(text) + 1]
    return bounds[:-1], np.diff(bounds), np.frombuffer(data, np.uint8) if data else np.empty(0, np.uint8)


def blanks(text: pa.StringArray) -> int:
    """How many cells are present and empty."""
    if not len(text):
        return 0
    return int(np.count_nonzero(_layout(text)[1] == 0)) - int(text.null_count)


def _leads_with_zero(text: pa.StringArray) -> bool:
    """Whether a cell begins with a zero, after its sign, that is followed by another digit or a letter."""
    starts, lengths, data = _layout(text)
    if not len(data):
        return False
    last = len(data) - 1
    first = data[np.minimum(starts, last)]
    signed = (first == _MINUS) & (lengths > 0)
    if signed.any():
        starts, lengths = starts + signed, lengths - signed
        first = data[np.minimum(starts, last)]
    zero = np.flatnonzero((first == _ZERO) & (lengths > 1))
    second = data[starts[zero] + 1]
    return bool(((second >= _ZERO) & (second <= _NINE) | (second > _NINE)).any())


def read_plain(text: pa.StringArray, reading: Reading) -> pa.Array | None:
    """The cells in the type of the reading, or None where one of them needs a closer look."""
    try:
        if reading.kind in ("integer", "float") and not reading.unit and not reading.thousands:
            if _leads_with_zero(text) or (reading.kind == "float" and reading.decimal != "."):
                return None
            if reading.kind == "integer":
                return pc.cast(text, pa.int64())
            if _overlong(text):
                return None
            floats = pc.cast(text, pa.float64())
            return floats if pc.all(pc.is_finite(floats)).as_py() is not False else None
        if reading.kind == "date" and reading.order == "ymd" and reading.form == "numeric-":
            return pc.cast(text, pa.date32())
        if reading.kind == "timestamp" and reading.order == "ymd" and reading.form == "numeric-" and reading.zone in ("", "UTC"):
            if reading.zone and not pc.all(pc.ends_with(text, "Z")).as_py():
                return None
            return pc.cast(text, pa.timestamp("ns" if reading.scale == 9 else "us", tz=reading.zone or None))
    except pa.ArrowInvalid:
        return None
    return None


def _overlong(text: pa.StringArray) -> bool:
    """Whether a number has more digits than a float can tell apart."""
    starts, lengths, data = _layout(text)
    if not len(text) or int(lengths.max(initial=0)) <= _LONGEST_FLOAT:
        return False
    long = np.flatnonzero(lengths > _LONGEST_FLOAT)
    starts, lengths = starts[long], lengths[long]
    signed = data[starts] == _MINUS
    below_one = data[starts + signed] == _ZERO
    long = long[lengths - signed - 1 - below_one > _FLOAT_DIGITS]
    if not len(long):
        return False
    digits = pc.replace_substring_regex(text.take(pa.array(long)), "[eE].*$|[^0-9]", "")
    return bool(pc.any(pc.greater(pc.binary_length(pc.replace_substring_regex(digits, "^0+|0+$", "")), _FLOAT_DIGITS)).as_py())


def could_be(text: pa.StringArray, reading: Reading) -> bool:
    """A look at the first cell that spares a hopeless cast, whose failure is dear."""
    first = next((cell.as_py() for cell in text.slice(0, 64) if cell.is_valid), None)
    return first is None or bool(_FIRST[reading.kind].fullmatch(first))
