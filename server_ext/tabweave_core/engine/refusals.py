"""How cells that refuse their values are reported: all at once, the first in words, with what makes the operation possible."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import BadValue, Refused

if TYPE_CHECKING:
    from ..protocol.ops import Op
    from ..protocol.schema import BadCell

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


class Overtaken(Refused):
    """A condition that no longer holds; `column` and `rid` name the first cell that is not as the condition wants it."""

    def __init__(self, message: str, *, hint: str = "", column: int | None = None, rid: int | None = None) -> None:
        super().__init__("CONFLICT", message, hint=hint)
        self.column = column
        self.rid = rid


class TooFar(Refused):
    """More has changed than a catch-up may carry: read the table anew."""

    codes = frozenset({"TOO_FAR"})
