"""What a write would do, in a few figures. It must not know how it was computed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .units import is_wide, magnitudes, subtract

if TYPE_CHECKING:
    from .column import Number
    from .units import Ints, Units
    from .writing import Spread

MOST_CHANGES = 10


@dataclass(frozen=True)
class Change:
    """One leaf, before and after; None is missing."""

    leaf: int
    before: Number | None
    after: Number | None


@dataclass(frozen=True)
class Preview:
    """How many rows a write spreads to and how many it changes, the total before and after, and the largest changes."""

    rows: int
    changed: int
    total_before: Number
    total_after: Number
    largest: tuple[Change, ...]


def preview(spread: Spread, most: int = MOST_CHANGES) -> Preview:
    """The figures of a write; of changes that are equally large, the first in leaf order are listed."""
    chosen = _largest(_sizes(spread), most)
    before, after = spread.before.take(chosen), spread.after.take(chosen)
    columns = [
        [unit if there else None for unit, there in zip(side.units.tolist(), side.there().tolist(), strict=True)]
        for side in (before, after)
    ]
    changes = tuple(Change(*each) for each in zip(spread.leaves[chosen].tolist(), *columns, strict=True))
    return Preview(spread.rows, len(spread.leaves), spread.total_before, spread.total_after, changes)


def _sizes(spread: Spread) -> Units:
    before, after = spread.before.units, spread.after.units
    if before.dtype == np.float64:
        found: Units = np.abs(after - before)
        return found
    return magnitudes(subtract(after, before))


def _largest(sizes: Units, most: int) -> Ints:
    """Where the largest are, in descending order."""
    if len(sizes) > most and not is_wide(sizes):
        least = np.partition(sizes, -most)[-most]
        above, level = np.flatnonzero(sizes > least), np.flatnonzero(sizes == least)
        places = np.sort(np.concatenate((above, level[: most - len(above)])))
    else:
        places = np.arange(len(sizes))
    order = sorted(places.tolist(), key=lambda place: -sizes[place])
    return np.array(order[:most], dtype=np.int64)
