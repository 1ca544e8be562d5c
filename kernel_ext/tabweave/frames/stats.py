"""Figures of a selection for the grid's footer, and a selection as text for the clipboard.

Sums of integers and decimals are exact, sums of floats as good as a float can be. It must not know channels.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from tabweave_core.engine.sums import Total, float_sum
from tabweave_core.errors import Refused
from tabweave_core.protocol.schema import Range, Stats

from .arrays import read, unscaled
from .filters import missing
from .text import text, texts, texts_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Protocol

    from .frame import Frame

    class Positions(Protocol):
        """What resolves view rows to frame positions."""

        def positions(self, start: int, stop: int) -> slice | np.ndarray[Any, Any]:
            """The frame positions of view rows `[start, stop)`."""
            ...


MOST_COPIED = 5_000_000
"""Cells that one copy may have."""

_NUMERIC = ("integer", "decimal", "float")
_PLAIN_ORDER = ("date", "time", "timestamp", "duration")


@dataclass
class _Tally:
    """What has been added up so far."""

    cells: int = 0
    present: int = 0
    total: Total = field(default_factory=Total)
    kinds: set[str] = field(default_factory=set)
    ends: list[tuple[Any, Any]] = field(default_factory=list)


def figures(frame: Frame, view: Positions, ranges: Sequence[Range], check: Callable[[], None] = lambda: None) -> Stats:
    """Count, sum, mean and bounds over ranges of a view (cells in two ranges count twice).

    Sum and mean are of the numbers among the cells. `lo` and `hi` are of the numbers, or of the dates, times or durations
    where all present cells are of one such type.
    """
    tally = _Tally()
    for wanted in ranges:
        for column in wanted.columns:
            check()
            with frame.lock:
                described = frame.column(column)
                cells = read(frame.values(column), view.positions(wanted.start, wanted.stop))
            _add(tally, described.kind, cells)
    return _stats(tally)


def _add(tally: _Tally, kind: str, cells: Any) -> None:
    gone = missing(cells)
    present = len(gone) - int(gone.sum())
    tally.cells += len(gone)
    tally.present += present
    if not present:
        return
    if isinstance(cells, np.ndarray):
        _add_objects(tally, cells[~gone])
        return
    tally.kinds.add(kind if kind in _NUMERIC else str(cells.type))
    if kind in _NUMERIC:
        _add_numbers(tally, cells.drop_null(), present)
    elif kind in _PLAIN_ORDER:
        # Arrow has no bounds of durations.
        ticks = cells.cast(pa.int64()) if kind == "duration" else cells
        ends = pc.min_max(ticks)
        tally.ends.append((ends["min"].cast(cells.type), ends["max"].cast(cells.type)))


def _add_numbers(tally: _Tally, cells: Any, present: int) -> None:
    if pa.types.is_floating(cells.type):
        numbers = np.asarray(cells)
        numbers = numbers[~np.isnan(numbers)]
        tally.total.numbers += len(numbers)
        if len(numbers):
            tally.total.floats.append(float_sum(numbers.astype(np.float64, copy=False)))
            tally.ends.append((float(numbers.min()), float(numbers.max())))
            if numbers.dtype.itemsize == 4:
                tally.ends[-1] = float(str(numbers.min())), float(str(numbers.max()))
        return
    tally.total.numbers += present
    ends = pc.min_max(cells)
    tally.ends.append((ends["min"].as_py(), ends["max"].as_py()))
    if pa.types.is_decimal(cells.type):
        words, small = unscaled(cells)
        total = integer_sum(small) if small is not None else _word_sum(words)
        tally.total.scale = max(tally.total.scale, cells.type.scale)
        tally.total.exact += Fraction(total) / Fraction(10) ** cells.type.scale
    else:
        tally.total.exact += integer_sum(np.asarray(cells))


def _add_objects(tally: _Tally, cells: np.ndarray[Any, Any]) -> None:
    numbers = [cell.item() if isinstance(cell, np.number) else cell for cell in cells if not isinstance(cell, bool | np.bool_)]
    numbers = [cell for cell in numbers if isinstance(cell, int | float | Decimal)]
    numbers = [cell for cell in numbers if not isinstance(cell, Decimal) or cell.is_finite()]
    tally.total.numbers += len(numbers)
    tally.kinds |= {"object"} if len(numbers) < len(cells) else {"float"}
    if not numbers:
        return
    tally.ends.append((min(numbers), max(numbers)))
    for number in numbers:
        if isinstance(number, float):
            tally.total.floats.append(number)
        else:
            tally.total.exact += Fraction(number)
            if isinstance(number, Decimal):
                tally.total.scale = max(tally.total.scale, -int(number.as_tuple().exponent))


def _stats(tally: _Tally) -> Stats:
    counts = Stats(cells=tally.cells, present=tally.present, numbers=tally.total.numbers)
    if tally.total.numbers:
        ends = [end for pair in tally.ends for end in pair if isinstance(end, int | float | Decimal)]
        lo, hi = min(ends), max(ends)
        return msgspec.structs.replace(counts, sum=tally.total.sum(), mean=tally.total.mean(), lo=text(lo), hi=text(hi))
    if len(tally.kinds) == 1 and tally.ends:
        kind = tally.ends[0][0].type
        lo = min((pair[0] for pair in tally.ends), key=lambda end: end.value)
        hi = max((pair[1] for pair in tally.ends), key=lambda end: end.value)
        shown = texts_of(pa.array([lo, hi], kind)).to_pylist()
        return msgspec.structs.replace(counts, lo=shown[0], hi=shown[1])
    return counts


def integer_sum(numbers: np.ndarray[Any, Any]) -> int:
    """The exact sum of integers of any width (of fewer than 2^31)."""
    if numbers.dtype.itemsize < 8:
        return int(numbers.sum(dtype=np.int64))
    high, low = numbers >> numbers.dtype.type(32), numbers & numbers.dtype.type(2**32 - 1)
    return (int(high.sum()) << 32) + int(low.sum())


def _word_sum(words: np.ndarray[Any, Any]) -> int:
    """The exact sum of integers of several 64-bit words in two's complement, lowest first."""
    last = words.shape[1] - 1
    sums = [integer_sum(words[:, place].view(np.int64) if place == last else words[:, place]) for place in range(last + 1)]
    return sum(total << (64 * place) for place, total in enumerate(sums))


def copy(frame: Frame, view: Positions, wanted: Range, *, headers: bool = False) -> str:
    """A selection as tab-separated text, each row ended by a newline, with canonical texts.

    Cells with a tab, a line break or a quote are quoted and their quotes doubled, as Excel and Sheets write and read them.
    Raises `Refused` TOO_LARGE above `MOST_COPIED` cells.
    """
    size = max(wanted.stop - wanted.start, 0) * len(wanted.columns)
    if size > MOST_COPIED:
        raise Refused(
            "TOO_LARGE",
            f"The selection has {size:,} cells; {MOST_COPIED:,} can be copied at once.",
            hint="Select fewer rows, or use the variable.",
        )
    with frame.lock:
        rows = view.positions(wanted.start, wanted.stop)
        names = [frame.column(column).name for column in wanted.columns]
        columns = [_quoted(_flat(texts(frame.values(column), rows))) for column in wanted.columns]
    lines = "\n".join(pc.binary_join_element_wise(*columns, pa.scalar("\t", pa.large_string())).to_pylist()) if columns else ""
    head = "\t".join(_quoted(pa.array([name], pa.large_string()))[0].as_py() for name in names) + "\n" if headers else ""
    return head + lines + "\n" if columns and len(columns[0]) else head


def _flat(shown: Any) -> Any:
    shown = shown.dictionary_decode() if pa.types.is_dictionary(shown.type) else shown
    return shown.cast(pa.large_string()).fill_null("")


def _quoted(shown: Any) -> Any:
    special = pc.match_substring_regex(shown, '["\t\n\r]')
    if not pc.any(special).as_py():
        return shown
    quoted = [f'"{cell.replace(chr(34), chr(34) * 2)}"' for cell in shown.filter(special).to_pylist()]
    return pc.replace_with_mask(shown, special, pa.array(quoted, pa.large_string()))
