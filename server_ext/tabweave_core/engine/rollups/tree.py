"""The node tree of sorted paths: nodes numbered level by level, each level in path order, so children are neighbours.

Node 0 is the total of everything. It must not know labels, row ids or values.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .units import Ints, run_starts

Codes = npt.NDArray[np.integer]
_BITS = 62


@dataclass(frozen=True, eq=False)
class Tree:
    """Nodes by number. `offsets[k]` is the first node of level k; level 0 is the total and the last level the lowest.

    `parent` (-1 above the total), `code` (the label's place among its level's labels; one past the last for missing),
    `start` and `stop` (the node's leaves), `child` (the first child, the next node's minus this one's is their number).
    """

    offsets: Ints
    parent: Ints
    code: Ints
    start: Ints
    stop: Ints
    child: Ints

    @property
    def depth(self) -> int:
        """How many levels there are below the total."""
        return len(self.offsets) - 2

    @property
    def lowest(self) -> slice:
        """The nodes of the lowest level."""
        return slice(int(self.offsets[-2]), int(self.offsets[-1]))

    def at(self, level: int) -> slice:
        """The nodes of a level."""
        return slice(int(self.offsets[level]), int(self.offsets[level + 1]))

    def codes(self) -> list[Ints]:
        """For each level below the total, the codes on the paths of the lowest nodes."""
        nodes = np.arange(self.lowest.start, self.lowest.stop)
        found = []
        for _ in range(self.depth):
            found.append(self.code[nodes])
            nodes = self.parent[nodes]
        return found[::-1]


def sort_paths(codes: list[Codes], sizes: list[int], count: int) -> tuple[npt.NDArray[np.integer], Ints]:
    """The stable order of `count` paths, and where in that order each distinct path begins.

    `codes[k]` holds the codes of level k, from 0 to `sizes[k]`.
    """
    bits = max(count - 1, 1).bit_length()
    key = np.zeros(count, dtype=np.int64)
    span = 1
    for code, size in zip(codes, sizes, strict=True):
        if span * (size + 1) >= 1 << (_BITS - bits):
            distinct, key = np.unique(key, return_inverse=True)
            span = len(distinct)
        key *= size + 1
        key += code
        span *= size + 1
    if span >= 1 << (_BITS - bits):
        key = np.unique(key, return_inverse=True)[1]
    key <<= bits
    key |= np.arange(count)
    key.sort()
    narrow: type[np.signedinteger] = np.int32 if bits < 32 else np.int64
    order = (key & ((1 << bits) - 1)).astype(narrow)
    key >>= bits
    return order, run_starts(key)


def grow(codes: list[Ints], starts: Ints, count: int) -> Tree:
    """The tree over the lowest nodes, given in path order: their codes by level and where their leaves begin."""
    lowest = len(starts)
    changed = np.zeros(lowest, dtype=np.bool_)
    changed[:1] = True
    heads = [np.flatnonzero(changed)]
    for code in codes:
        changed[1:] |= code[1:] != code[:-1]
        heads.append(np.flatnonzero(changed))
    if not lowest:
        heads[0] = np.zeros(1, dtype=np.int64)
    offsets = np.concatenate(([0], np.cumsum([len(level) for level in heads])))
    ends = np.append(starts, count)
    parent, code_of, start, stop, child = [np.array([-1])], [np.array([0])], [], [], []
    for level, head in enumerate(heads):
        start.append(ends[head])
        stop.append(ends[np.append(head[1:], lowest)])
        if level:
            parent.append(np.searchsorted(heads[level - 1], head, side="right") - 1 + offsets[level - 1])
            code_of.append(codes[level - 1][head])
        following = heads[level + 1] if level + 1 < len(heads) else np.zeros(0, dtype=np.int64)
        child.append(np.searchsorted(following, head) + offsets[level + 1])
    child.append(np.array([offsets[-1]]))
    return Tree(offsets, *(np.concatenate(column).astype(np.int64) for column in (parent, code_of, start, stop, child)))
