"""What must not change: totals held within one edit, and how they stand to the total that is written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ...errors import Refused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .units import Ints, Mask


@dataclass(frozen=True, eq=False)
class Hold:
    """A held total: how it reads, and its leaves (ascending, none twice; at least one)."""

    name: str
    leaves: slice | Ints

    @property
    def size(self) -> int:
        """The number of its leaves."""
        return size_of(self.leaves)


def size_of(leaves: slice | Ints) -> int:
    """How many leaves these are."""
    return leaves.stop - leaves.start if isinstance(leaves, slice) else len(leaves)


def mask_of(leaves: slice | Ints, count: int) -> Mask:
    """A mask over all `count` leaves."""
    mask = np.zeros(count, dtype=np.bool_)
    mask[leaves] = True
    return mask


def require_nested(holds: Sequence[Hold], count: int) -> None:
    """Refuses (HOLD_CONFLICT) held totals of which two share some leaves and neither lies in the other."""
    if len(holds) < 2:
        return
    owner = np.zeros(count, dtype=np.int64)
    ordered = sorted(holds, key=lambda hold: hold.size)
    for number, hold in enumerate(ordered, 1):
        shared = np.bincount(owner[hold.leaves], minlength=1)
        for inner in np.flatnonzero(shared[1:]).tolist():
            if shared[inner + 1] != ordered[inner].size:
                raise _conflict(hold.name, ordered[inner].name)
        owner[hold.leaves] = number


def surroundings(name: str, target: slice | Ints, holds: Sequence[Hold], count: int) -> tuple[list[Hold], Hold | None]:
    """The held totals inside a target, and the smallest around it.

    Refuses a target that is held itself (HELD) and a held total that crosses it (HOLD_CONFLICT).
    """
    if not holds:
        return [], None
    mask = mask_of(target, count)
    size = size_of(target)
    inside: list[Hold] = []
    around: Hold | None = None
    for hold in holds:
        shared = int(np.count_nonzero(mask[hold.leaves]))
        if shared == size == hold.size:
            raise Refused("HELD", f"{name} is held.", hint="Release the hold, or write to something below it.", where=name)
        if shared == hold.size:
            inside.append(hold)
        elif shared == size:
            around = hold if around is None or hold.size < around.size else around
        elif shared:
            raise _conflict(name, hold.name)
    return inside, around


def _conflict(first: str, second: str) -> Refused:
    message = f"{first} and the held {second} share some rows, and neither lies within the other."
    return Refused("HOLD_CONFLICT", message, hint="Hold totals of one hierarchy only, or release one of the two.", where=second)
