"""A table's rows as the leaves of a hierarchy: ordered by path and then row id, below a tree of nodes.

A hierarchy is never changed; inserting or deleting rows gives another one. It must not know measures.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ...errors import NotFound, Refused, did_you_mean
from .tree import Codes, Tree, grow, sort_paths
from .units import run_starts

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Sequence

    import numpy.typing as npt

    from .units import Ints

Label = Any
"""A dimension's value: hashable, and None where it is missing. The labels of one dimension are compared with `<`."""


@dataclass(frozen=True, eq=False)
class Dimension:
    """One level's column: for each row a code, an index into `labels` (distinct, in any order) or -1 where it is missing."""

    name: str
    codes: Codes
    labels: Sequence[Label]


@dataclass(frozen=True, eq=False)
class Moves:
    """How nodes and leaves of one hierarchy became those of the next.

    `nodes[i]` is the new number of node i, or -1. `inserted` are leaves after, `deleted` leaves before, both ascending.
    """

    nodes: Ints
    inserted: Ints
    deleted: Ints


class Hierarchy:
    """Leaves and nodes. `names` and `labels` belong to the levels below the total; a missing label sorts last."""

    def __init__(
        self,
        names: tuple[str, ...],
        labels: list[tuple[Label, ...]],
        tree: Tree,
        rows: npt.NDArray[np.integer],
        rids: Ints | None,
    ) -> None:
        self.names = names
        self.labels = labels
        self.tree = tree
        self.rows = rows
        """For each leaf its row, counted in ascending row ids."""
        self.places = np.empty_like(rows)
        """For each row, counted in ascending row ids, its leaf."""
        self.places[rows] = np.arange(len(rows), dtype=rows.dtype)
        self.rids = rids
        """The ascending row ids; None when they count from 0 without a gap."""
        lowest = np.arange(tree.lowest.start, tree.lowest.stop, dtype=np.int32)
        self.lowest = np.repeat(lowest, (tree.stop - tree.start)[tree.lowest]) if len(rows) else lowest[:0]
        """For each leaf its lowest node."""

    @classmethod
    def build(cls, dimensions: Sequence[Dimension], rids: Ints) -> Hierarchy:
        """The hierarchy whose levels are these dimensions, the highest first; no row id occurs twice."""
        if len(rids) and not (np.diff(rids) > 0).all():
            by_rid = np.argsort(rids, kind="stable")
            dimensions = [Dimension(each.name, each.codes[by_rid], each.labels) for each in dimensions]
            rids = rids[by_rid]
        labels = [_sorted(each.labels) for each in dimensions]
        codes = [_recoded(each.codes, each.labels, known) for each, known in zip(dimensions, labels, strict=True)]
        rows, heads = sort_paths(codes, [len(known) for known in labels], len(rids))
        tree = grow([code[rows[heads]].astype(np.int64) for code in codes], heads, len(rids))
        return cls(tuple(each.name for each in dimensions), labels, tree, rows, _gapped(rids))

    @property
    def count(self) -> int:
        """The number of leaves."""
        return len(self.rows)

    @property
    def nodes(self) -> int:
        """The number of nodes, the total included."""
        return len(self.tree.parent)

    @property
    def nbytes(self) -> int:
        """Bytes held in arrays."""
        tree = self.tree
        held = [self.rows, self.places, self.lowest, tree.parent, tree.code, tree.start, tree.stop, tree.child]
        return sum(array.nbytes for array in held) + (0 if self.rids is None else self.rids.nbytes)

    def level(self, node: int) -> int:
        """The level of a node; the total's is 0."""
        return int(np.searchsorted(self.tree.offsets, node, side="right")) - 1

    def leaves(self, node: int) -> slice:
        """The leaves of a node, which are neighbours."""
        return slice(int(self.tree.start[node]), int(self.tree.stop[node]))

    def children(self, node: int) -> range:
        """The nodes directly below a node, in path order; none below the lowest level."""
        return range(int(self.tree.child[node]), int(self.tree.child[node + 1]))

    def ancestors(self, leaf: int) -> list[int]:
        """The nodes above a leaf, from the lowest to the total."""
        found = []
        node = int(self.lowest[leaf])
        parent = self.tree.parent
        while node >= 0:
            found.append(node)
            node = int(parent[node])
        return found

    def path(self, node: int) -> tuple[Label, ...]:
        """The labels from below the total down to a node."""
        found = []
        for level in range(self.level(node), 0, -1):
            known = self.labels[level - 1]
            code = int(self.tree.code[node])
            found.append(known[code] if code < len(known) else None)
            node = int(self.tree.parent[node])
        return tuple(reversed(found))

    def node(self, path: Sequence[Label]) -> int:
        """The node at a path; raises NO_ROW for a label that does not exist, EMPTY_GROUP where no row has that path."""
        if len(path) > len(self.names):
            message = f"The path {_written(path)} has {len(path)} steps."
            raise NotFound("NO_ROW", message, hint=f"The levels are {' > '.join(self.names) or 'the total only'}.")
        node = 0
        for level, label in enumerate(path):
            code = self._code(level, label)
            below = self.children(node)
            at = below.start + int(np.searchsorted(self.tree.code[below.start : below.stop], code))
            if at == below.stop or self.tree.code[at] != code:
                message = f"No row is at {_written(path[: level + 1])}."
                raise Refused("EMPTY_GROUP", message, hint="Insert a row there first; none is invented.")
            node = at
        return node

    def _code(self, level: int, label: Label) -> int:
        known = self.labels[level]
        if label is None:
            return len(known)
        try:
            return known.index(label)
        except ValueError:
            hint = did_you_mean(str(label), map(str, known)) or f"The {self.names[level]} column has no such value."
            raise NotFound("NO_ROW", f"There is no {self.names[level]} {label!r}.", hint=hint) from None

    def leaves_of(self, rids: Ints) -> Ints:
        """The leaf of each row id, -1 where there is none."""
        wanted = np.asarray(rids, dtype=np.int64)
        if not self.count:
            return np.full(len(wanted), -1, dtype=np.int64)
        rows = wanted if self.rids is None else np.searchsorted(self.rids, wanted)
        inside = (rows >= 0) & (rows < self.count)
        rows = np.where(inside, rows, 0)
        if self.rids is not None:
            inside &= self.rids[rows] == wanted
        return np.where(inside, self.places[rows], -1).astype(np.int64)

    def rids_of(self, leaves: slice | Ints) -> Ints:
        """The row ids of leaves."""
        rows = self.rows[leaves]
        return rows.astype(np.int64) if self.rids is None else self.rids[rows]

    def above(self, nodes: Ints) -> Ints:
        """These ascending lowest nodes and all nodes above them, ascending, none twice."""
        levels = [nodes]
        for _ in range(self.tree.depth):
            nodes = self.tree.parent[nodes]
            nodes = nodes[run_starts(nodes)]
            levels.append(nodes)
        return np.concatenate(levels[::-1])

    def insert(self, rids: Ints, labels: Sequence[Sequence[Label]]) -> tuple[Hierarchy, Moves]:
        """The hierarchy with more rows; `labels[k]` are their labels at level k."""
        by_rid = np.argsort(rids, kind="stable")
        rids = np.asarray(rids, dtype=np.int64)[by_rid]
        if (self.leaves_of(rids) >= 0).any() or not (np.diff(rids) > 0).all():
            raise ValueError("a row id is in the hierarchy already")
        known = [_sorted({*old, *new} - {None}) for old, new in zip(self.labels, labels, strict=True)]
        codes: list[Codes] = []
        for level, code in enumerate(self.tree.codes()):
            kept = _recoded(np.where(code < len(self.labels[level]), code, -1), self.labels[level], known[level])
            place = {label: number for number, label in enumerate(known[level])}
            missing = len(place)
            new = [place.get(labels[level][row], missing) for row in by_rid.tolist()]
            codes.append(np.concatenate((kept, np.array(new, dtype=np.int64))))
        lowest = self.tree.lowest.stop - self.tree.lowest.start if self.count else 0
        order, heads = sort_paths(codes, [len(each) for each in known], lowest + len(rids))
        path = np.empty(len(order), dtype=np.int64)
        path[order] = np.repeat(np.arange(len(heads)), np.diff(np.append(heads, len(order))))
        old = path[:lowest][self.lowest - self.tree.lowest.start] if self.count else path[:0]
        new_first = np.lexsort((rids, path[lowest:]))
        new_path, new_rids = path[lowest:][new_first], rids[new_first]
        at = self._spots(old, new_path, new_rids)
        paths = np.insert(old, at, new_path)
        starts = run_starts(paths)
        tree = grow([code[order[heads]].astype(np.int64) for code in codes], starts, len(paths))
        all_rids, rows = self._merged(rids, at, new_rids)
        after = Hierarchy(self.names, known, tree, rows, _gapped(all_rids))
        moved = path[:lowest] + tree.lowest.start
        return after, Moves(self._followed(tree, moved), at + np.arange(len(at)), np.zeros(0, dtype=np.int64))

    def _spots(self, old: Ints, path: Ints, rids: Ints) -> Ints:
        """Before which old leaf each new one goes; both are ordered by path and row id."""
        first, last = np.searchsorted(old, path), np.searchsorted(old, path, side="right")
        most = -1 if not self.count else self.count - 1 if self.rids is None else int(self.rids[-1])
        for index in np.flatnonzero((first < last) & (rids < most)).tolist():
            among = self.rids_of(slice(int(first[index]), int(last[index])))
            last[index] = first[index] + np.searchsorted(among, rids[index])
        return last

    def _merged(self, rids: Ints, at: Ints, leaf_rids: Ints) -> tuple[Ints, npt.NDArray[np.integer]]:
        """All row ids, and the row of each leaf, after rows came in before leaves `at`."""
        known = np.arange(self.count) if self.rids is None else self.rids
        where = np.searchsorted(known, rids)
        appended = not len(where) or int(where[0]) == self.count
        rows = self.rows if appended else self.rows + np.searchsorted(where, self.rows, side="right")
        rank = np.searchsorted(rids, leaf_rids)
        return np.insert(known, where, rids), np.insert(rows, at, where[rank] + rank).astype(_index(self.count + len(rids)))

    def delete(self, leaves: Ints) -> tuple[Hierarchy, Moves]:
        """The hierarchy without these leaves (ascending); a node that loses its last leaf goes."""
        keep = np.ones(self.count, dtype=np.bool_)
        keep[leaves] = False
        gone = np.sort(self.rows[leaves])
        rows = self.rows[keep]
        rows = (rows - np.searchsorted(gone, rows)).astype(_index(len(rows)))
        known = np.arange(self.count) if self.rids is None else self.rids
        paths = self.lowest[keep]
        starts = run_starts(paths)
        left = paths[starts].astype(np.int64) - self.tree.lowest.start
        tree = grow([code[left] for code in self.tree.codes()], starts, len(rows))
        after = Hierarchy(self.names, self.labels, tree, rows, _gapped(np.delete(known, gone)))
        moved = np.full(self.tree.lowest.stop - self.tree.lowest.start, -1, dtype=np.int64)
        moved[left] = np.arange(len(left)) + tree.lowest.start
        return after, Moves(self._followed(tree, moved), np.zeros(0, dtype=np.int64), np.asarray(leaves, dtype=np.int64))

    def _followed(self, tree: Tree, lowest: Ints) -> Ints:
        """The new number of every node, from those of the lowest ones."""
        found = np.full(self.nodes, -1, dtype=np.int64)
        found[0] = 0
        if not self.count or not tree.depth:
            return found
        found[self.tree.lowest] = lowest
        for level in range(tree.depth, 1, -1):
            nodes = np.arange(self.tree.offsets[level], self.tree.offsets[level + 1])
            here = nodes[found[nodes] >= 0]
            found[self.tree.parent[here]] = tree.parent[found[here]]
        return found


def _sorted(labels: Iterable[Hashable]) -> tuple[Label, ...]:
    listed: list[Any] = list(labels)
    try:
        return tuple(sorted(listed))
    except TypeError:
        return tuple(sorted(listed, key=lambda label: (type(label).__name__, str(label))))


def _recoded(codes: Codes, labels: Sequence[Label], ordered: tuple[Label, ...]) -> Codes:
    """Codes into `labels` as places in `ordered`; missing becomes one past the last."""
    if tuple(labels) == ordered:
        return np.where(codes < 0, len(ordered), codes) if len(codes) and codes.min() < 0 else codes
    place = {label: number for number, label in enumerate(ordered)}
    ranks = np.array([place[label] for label in labels] + [len(ordered)], dtype=np.int32)
    return ranks.take(codes, mode="wrap")


def _gapped(rids: Ints) -> Ints | None:
    plain = not len(rids) or (int(rids[0]) == 0 and int(rids[-1]) == len(rids) - 1)
    return None if plain else rids


def _index(count: int) -> type[np.signedinteger[Any]]:
    return np.int32 if count < 1 << 31 else np.int64


def _written(path: Sequence[Label]) -> str:
    return " > ".join("(missing)" if label is None else str(label) for label in path)
