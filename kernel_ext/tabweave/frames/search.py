"""Looking for text in cells: the quick search over all columns, and find.

Both go through stretches of rows, so that they can be given up at any moment and leave the interpreter free between steps.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .arrays import is_category, labels, read, storage
from .matching import Mask, Pattern
from .text import texts_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tabweave_core.protocol.schema import Column

    from .arrays import Values

STRETCH = 32_768


class Cells:
    """One column's cells tested against a pattern, a stretch of rows at a time."""

    def __init__(self, column: Column, values: Values, pattern: Pattern) -> None:
        self.id = column.id
        self.possible = pattern.possible(column.kind)
        self._array = storage(values)
        self._pattern = pattern
        self._by_code = None
        if self.possible and is_category(values):
            self._by_code = np.append(pattern.mask(labels(self._array.categories)), False)
            self.possible = bool(self._by_code.any())

    def mask(self, rows: slice | np.ndarray[Any, Any]) -> Mask:
        """Which of these rows' cells match."""
        if self._by_code is not None:
            return self._by_code.take(np.asarray(self._array.codes[rows]), mode="wrap")
        return self._pattern.mask(texts_of(read(self._array, rows)))


def search(
    columns: Sequence[tuple[Column, Values]], text: str, rows: slice | np.ndarray[Any, Any], check: Callable[[], None]
) -> Mask:  # fmt: skip
    """Which of `rows` (a plain slice or positions) have `text` in any column, upper and lower case alike."""
    pattern = Pattern(text)
    tested = [cells for cells in (Cells(column, values, pattern) for column, values in columns) if cells.possible]
    count = rows.stop - rows.start if isinstance(rows, slice) else len(rows)
    found = np.zeros(count, dtype=np.bool_)
    for start in range(0, count, STRETCH):
        stop = min(start + STRETCH, count)
        part = _part(rows, start, stop)
        for cells in tested:
            check()
            found[start:stop] |= cells.mask(part)
    return found


def find(
    columns: Sequence[tuple[Column, Values]],
    pattern: Pattern,
    rows: slice | np.ndarray[Any, Any],
    check: Callable[[], None],
    *,
    start: int = 0,
    limit: int = 1000,
) -> tuple[list[tuple[int, int]], int]:
    """Matching cells as (row of the view, column id) in reading order, and how many there are in all.

    `rows` is the whole view as positions or a plain slice. The list begins at view row `start`, wraps around at the end
    and stops at `limit`; the count does not.
    """
    tested = [Cells(column, values, pattern) for column, values in columns]
    count = rows.stop - rows.start if isinstance(rows, slice) else len(rows)
    start = min(max(start, 0), count)
    found: list[tuple[int, int]] = []
    total = 0
    for first, last in (*_stretches(start, count), *_stretches(0, start)):
        grid = np.zeros((last - first, len(tested)), dtype=np.bool_)
        part = _part(rows, first, last)
        for number, cells in enumerate(tested):
            check()
            if cells.possible:
                grid[:, number] = cells.mask(part)
        places = np.flatnonzero(grid)
        total += len(places)
        for place in places[: max(limit - len(found), 0)].tolist():
            row, number = divmod(place, len(tested))
            found.append((first + row, tested[number].id))
    return found, total


def _stretches(start: int, stop: int) -> list[tuple[int, int]]:
    return [(first, min(first + STRETCH, stop)) for first in range(start, stop, STRETCH)]


def _part(rows: slice | np.ndarray[Any, Any], start: int, stop: int) -> slice | np.ndarray[Any, Any]:
    return slice(rows.start + start, rows.start + stop) if isinstance(rows, slice) else rows[start:stop]
