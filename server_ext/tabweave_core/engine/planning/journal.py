"""Which nodes of a board changed lately, for those who show some of them. It must not know who does."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from ..rollups.units import Ints

KEPT = 256


class Journal:
    """The nodes that were touched by each of the newest changes, with the column whose values changed."""

    def __init__(self) -> None:
        self.version = 0
        self._steps: deque[tuple[int, Ints]] = deque(maxlen=KEPT)

    def note(self, column: int, nodes: Ints) -> None:
        """Takes down one change."""
        self.version += 1
        self._steps.append((column, nodes))

    def since(self, version: int) -> dict[int, Ints] | None:
        """The nodes (ascending) that changes after a version touched, by column; None if that is forgotten."""
        missed = self.version - version
        if missed > len(self._steps):
            return None
        found: dict[int, list[Ints]] = {}
        for column, nodes in list(self._steps)[len(self._steps) - missed :]:
            found.setdefault(column, []).append(nodes)
        return {column: parts[0] if len(parts) == 1 else np.unique(np.concatenate(parts)) for column, parts in found.items()}
