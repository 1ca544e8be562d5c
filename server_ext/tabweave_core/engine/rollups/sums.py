"""An exact sum per node, moved by differences. It must not know what is summed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .units import LIMIT, Ints, Units, group_sums, magnitudes, run_starts, subtract, total, widened

if TYPE_CHECKING:
    from .hierarchy import Hierarchy, Moves


class NodeSums:
    """The sums of what the leaves contribute, for every node of a hierarchy.

    `_weight` is the sum of all absolute contributions. No node's sum exceeds it, so while it is below 2^63 the sums are
    int64, where additions modulo 2^64 end at the right number; from then on they are Python integers.
    """

    def __init__(self, hierarchy: Hierarchy, contributions: Units) -> None:
        self._weight = total(magnitudes(contributions))
        tree = hierarchy.tree
        if not len(contributions):
            self.sums: Units = np.zeros(hierarchy.nodes, dtype=np.int64)
            return
        levels = [group_sums(contributions, tree.start[tree.lowest])]
        for level in range(tree.depth - 1, -1, -1):
            levels.append(group_sums(levels[-1], tree.child[tree.at(level)] - tree.offsets[level + 1]))
        if self._weight >= LIMIT:
            levels = [widened(each) for each in levels]
        self.sums = np.concatenate(levels[::-1])

    @property
    def nbytes(self) -> int:
        """Bytes held in arrays."""
        return self.sums.nbytes

    def move(self, hierarchy: Hierarchy, leaf: int, old: int, new: int) -> None:
        """One leaf contributes `new` instead of `old`."""
        self._weigh(abs(new) - abs(old))
        sums, parent = self.sums, hierarchy.tree.parent
        difference = new - old
        node = int(hierarchy.lowest[leaf])
        while node >= 0:
            sums[node] = int(sums[node]) + difference
            node = int(parent[node])

    def move_many(self, hierarchy: Hierarchy, nodes: Ints, starts: Ints, old: Units, new: Units) -> None:
        """Many leaves contribute `new` instead of `old`: those from `starts[i]` on lie below the lowest node `nodes[i]`."""
        if not len(nodes):
            return
        self._weigh(total(magnitudes(new)) - total(magnitudes(old)))
        differences = group_sums(subtract(new, old), starts)
        parent = hierarchy.tree.parent
        for level in range(hierarchy.tree.depth, -1, -1):
            self.sums[nodes] = self.sums[nodes] + differences
            if level:
                above = parent[nodes]
                starts = run_starts(above)
                nodes, differences = above[starts], group_sums(differences, starts)

    def follow(self, hierarchy: Hierarchy, moves: Moves) -> None:
        """The sums of the same leaves in the next hierarchy; new leaves contribute nothing yet, gone ones nothing any more."""
        sums = np.zeros(hierarchy.nodes, dtype=self.sums.dtype)
        kept = moves.nodes >= 0
        sums[moves.nodes[kept]] = self.sums[kept]
        self.sums = sums

    def _weigh(self, more: int) -> None:
        self._weight += more
        if self._weight >= LIMIT:
            self.sums = widened(self.sums)
