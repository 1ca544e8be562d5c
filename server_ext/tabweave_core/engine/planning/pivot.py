"""The nodes of a rollup as they are for each value of a column that stands across: those of the board beside it.

The board beside has the column above all levels of the first. It must not know what nodes show.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from ..rollups.units import Ints
    from .board import Board


class Pivot:
    """How the nodes of `beside` stand beside those of `board`: `main` has for each the node whose part it is."""

    def __init__(self, board: Board, beside: Board) -> None:
        self.board, self.beside = board, beside
        here, there = board.hierarchy, beside.hierarchy
        self.main: Ints = np.full(there.nodes, -1, dtype=np.int64)
        self.labels: list[str | None] = []
        self._spans: list[list[tuple[int, int]]] = []
        if not there.count:
            return
        lowest = there.tree.lowest
        firsts = here.leaves_of(there.rids_of(there.tree.start[lowest]))
        self.main[lowest] = here.lowest[firsts]
        for level in range(there.tree.depth - 1, 0, -1):
            nodes = there.tree.at(level)
            self.main[nodes] = here.tree.parent[self.main[there.tree.child[nodes]]]
        child = there.tree.child
        for group in there.children(0):
            self.labels.append(beside.path(group)[0])
            spans = [(group, group + 1)]
            for _ in range(there.tree.depth - 1):
                first, last = spans[-1]
                spans.append((int(child[first]), int(child[last])))
            self._spans.append(spans)

    def nodes(self, group: int, nodes: Ints) -> Ints:
        """The nodes of the board beside that are the parts of some nodes in one group; -1 where a node has none in it."""
        offsets = self.board.hierarchy.tree.offsets
        levels = np.searchsorted(offsets, nodes, side="right") - 1
        found = np.full(len(nodes), -1, dtype=np.int64)
        for level in np.unique(levels).tolist():
            first, last = self._spans[group][level]
            wanted = np.flatnonzero(levels == level)
            known = self.main[first:last]
            at = np.minimum(np.searchsorted(known, nodes[wanted]), len(known) - 1)
            there = known[at] == nodes[wanted]
            found[wanted[there]] = at[there] + first
        return found

    def groups(self, nodes: Ints) -> Ints:
        """The group of nodes of the board beside; -1 for the one above all."""
        tree = self.beside.hierarchy.tree
        first = int(tree.offsets[1])
        starts = tree.start[tree.at(1)]
        found = np.searchsorted(starts, tree.start[nodes], side="right") - 1
        return np.where(nodes < first, -1, found)
