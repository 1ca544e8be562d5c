"""Which cells a client was sent, so that it is told of changes to these and not of those elsewhere.

It must not know revisions or members.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..protocol.schema import Cells

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy.typing as npt

    from ..engine.rows import Ints
    from .news import Digest

MOST_ROWS = 500_000
"""Of a client that was sent more it is not remembered what it has: it is told everything."""
_MOST_PARTS = 12


class Held:
    """Rows by the columns that were sent of them. A client may have forgotten some of it; what it has is here."""

    def __init__(self) -> None:
        self._rows: dict[frozenset[int], list[Ints]] = {}
        self._everything = False

    def clear(self) -> None:
        """The client holds nothing."""
        self._rows.clear()
        self._everything = False

    def add(self, columns: Iterable[int], rids: npt.NDArray[Any] | list[int]) -> None:
        """These rows of some columns were sent."""
        if self._everything or not len(rids):
            return
        parts = self._rows.setdefault(frozenset(columns), [])
        parts.append(np.unique(np.asarray(rids, dtype=np.int64)))
        if len(parts) > _MOST_PARTS:
            parts[:] = [np.unique(np.concatenate(parts))]
            if sum(len(part) for each in self._rows.values() for part in each) > MOST_ROWS:
                self._rows.clear()
                self._everything = True

    def sift(self, news: Digest) -> tuple[list[Cells], set[int]]:
        """The changed cells that the client has, and the columns of those that it has not."""
        if self._everything or not news.cells:
            return news.cells, set()
        kept, elsewhere = [], set()
        for cells, rows in zip(news.cells, news.rows, strict=True):
            found = self._has(cells.column, rows)
            if not found.all():
                elsewhere.add(cells.column)
            if found.any():
                kept.append(cells if found.all() else _some(cells, np.flatnonzero(found).tolist()))
        return kept, elsewhere

    def _has(self, column: int, rows: Ints) -> npt.NDArray[np.bool_]:
        found = np.zeros(len(rows), dtype=np.bool_)
        for columns, parts in self._rows.items():
            if column in columns:
                for part in parts:
                    found |= part[np.minimum(np.searchsorted(part, rows), len(part) - 1)] == rows
        return found


def _some(cells: Cells, places: list[int]) -> Cells:
    return Cells(
        column=cells.column,
        rows=[cells.rows[at] for at in places],
        values=[cells.values[at] for at in places],
        by=[cells.by[at] for at in places] if cells.by else [],
    )
