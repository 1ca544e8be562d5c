"""Which nodes of a rollup a tree shows, in which order: those that are open, sorted among siblings, of those that are kept.

It must not know what the nodes show, or who looks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ...errors import NotFound, Refused

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ...protocol.planning import Tree
    from ..rollups.hierarchy import Hierarchy
    from ..rollups.units import Ints, Mask
    from .board import Board

Rank = Callable[["Ints"], "Ints"]
"""Gives nodes of one level (ascending) places to stand in among their siblings; ties stay in path order."""


@dataclass(frozen=True, eq=False)
class Outline:
    """The nodes that are shown, in order, and whether what is below each is shown too."""

    nodes: Ints
    open: Mask

    def __len__(self) -> int:
        return len(self.nodes)

    def places(self, nodes: Ints) -> Ints:
        """Where nodes are shown, -1 for those that are not."""
        order = np.argsort(self.nodes, kind="stable")
        found = np.minimum(np.searchsorted(self.nodes[order], nodes), max(len(order) - 1, 0))
        return np.where(self.nodes[order[found]] == nodes, order[found], -1) if len(order) else np.full(len(nodes), -1)


def outline(board: Board, tree: Tree, *, rank: Rank | None = None, kept: Mask | None = None, ways: Mask | None = None) -> Outline:
    """The outline of a tree: of the nodes `kept` only, with those in `ways` open in any case."""
    hierarchy = board.hierarchy
    opened = _opened(board, tree)
    if ways is not None:
        opened |= ways
    shown = np.zeros(hierarchy.nodes, dtype=np.bool_)
    shown[0] = True
    levels = [np.zeros(1, dtype=np.int64)]
    for level in range(1, hierarchy.tree.depth + 1):
        nodes = np.arange(hierarchy.tree.offsets[level], hierarchy.tree.offsets[level + 1])
        parents = hierarchy.tree.parent[nodes]
        here = shown[parents] & opened[parents]
        if kept is not None:
            here &= kept[nodes]
        nodes = nodes[here]
        if not len(nodes):
            break
        shown[nodes] = True
        levels.append(nodes)
    nodes = _in_order(hierarchy, levels, rank)
    return Outline(nodes, opened[nodes] & (hierarchy.tree.child[nodes + 1] > hierarchy.tree.child[nodes]))


def _opened(board: Board, tree: Tree) -> Mask:
    hierarchy = board.hierarchy
    opened = np.zeros(hierarchy.nodes, dtype=np.bool_)
    depth = hierarchy.tree.depth if tree.depth is None else min(max(tree.depth, 0), hierarchy.tree.depth)
    opened[: hierarchy.tree.offsets[depth]] = True
    opened[nodes_at(board, tree.expanded)] = True
    opened[nodes_at(board, tree.collapsed)] = False
    return opened


def nodes_at(board: Board, paths: Iterable[Sequence[str | None]]) -> Ints:
    """The nodes at some paths; paths that lead nowhere any more are passed over."""
    found = []
    for path in paths:
        try:
            found.append(board.node(path))
        except (NotFound, Refused):
            continue
    return np.array(found, dtype=np.int64)


def _in_order(hierarchy: Hierarchy, levels: list[Ints], rank: Rank | None) -> Ints:
    """Nodes, given by level (ascending), each before those below it."""
    sizes = [np.ones(len(nodes), dtype=np.int64) for nodes in levels]
    above = [
        np.searchsorted(levels[level - 1], hierarchy.tree.parent[nodes]) if level else nodes for level, nodes in enumerate(levels)
    ]
    for level in range(len(levels) - 1, 0, -1):
        np.add.at(sizes[level - 1], above[level], sizes[level])
    starts = [np.zeros(1, dtype=np.int64)]
    for level in range(1, len(levels)):
        parents = above[level]
        order = np.arange(len(parents)) if rank is None else np.lexsort((rank(levels[level]), parents))
        before = np.cumsum(sizes[level][order]) - sizes[level][order]
        first = np.searchsorted(parents[order], parents[order], side="left")
        place = np.empty(len(parents), dtype=np.int64)
        place[order] = starts[level - 1][parents[order]] + 1 + before - before[first]
        starts.append(place)
    found = np.empty(sum(map(len, levels)), dtype=np.int64)
    for nodes, place in zip(levels, starts, strict=True):
        found[place] = nodes
    return found


def upwards(hierarchy: Hierarchy, nodes: Mask) -> Mask:
    """These nodes and all above them."""
    found = nodes.copy()
    for level in range(hierarchy.tree.depth, 0, -1):
        here = hierarchy.tree.at(level)
        found[hierarchy.tree.parent[here][found[here]]] = True
    return found


def downwards(hierarchy: Hierarchy, nodes: Mask) -> Mask:
    """These nodes and all below them."""
    found = nodes.copy()
    for level in range(1, hierarchy.tree.depth + 1):
        here = hierarchy.tree.at(level)
        found[here] |= found[hierarchy.tree.parent[here]]
    return found
