"""How cells that refuse their values are reported: all of them at once, with what would make the operation possible."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tabweave_core.errors import BadValue

if TYPE_CHECKING:
    from tabweave_core.protocol.ops import Op
    from tabweave_core.protocol.schema import BadCell

MOST_BAD = 100
"""So many bad cells are listed; all are counted."""


class CellsRefused(BadValue):
    """Nothing was written because `n_bad` cells refuse their values; `bad` lists up to 100, `offer` would make it possible."""

    def __init__(self, code: str, bad: list[BadCell], n_bad: int, cells: int, offer: Op | None = None) -> None:
        first = bad[0]
        message = first.message
        if n_bad > 1 or cells > 1:
            noun = "cells refuses its value" if n_bad == 1 else "cells refuse their values"
            message = f"{n_bad:,} of {cells:,} {noun}; nothing was written. The first: {first.message}"
        super().__init__(code, message, hint=first.hint)
        self.bad = bad
        self.n_bad = n_bad
        self.offer = offer
