"""Pages of a rollup's nodes, for who asks once and does not stay. It must not know columns' names, or carriers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..engine.planning import figures
from ..engine.planning.treetable import LABELS, Ids
from ..engine.planning.treeview import TreeView
from .rights import lens

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..protocol.planning import TreeInfo
    from ..protocol.schema import Column, Person, View
    from .grove import Grove


@dataclass(frozen=True)
class Node:
    """A node: its path, how many rows and children it has, what it shows (as JSON), and in which columns it is locked."""

    path: tuple[str | None, ...]
    rows: int
    children: int
    values: list[Any]
    locked: str | None


@dataclass(frozen=True)
class NodePage:
    """Nodes `[start, stop)` of the `rows` that are shown, of `total`, at one revision."""

    epoch: str
    rev: int
    start: int
    stop: int
    rows: int
    total: int
    info: TreeInfo
    columns: list[Column]
    nodes: list[Node]


def page(grove: Grove, name: str, user: Person, view: View, within: Sequence[str | None], start: int, stop: int) -> NodePage:
    """A stretch of a tree, or of the part of it at and below a node."""
    assert view.tree is not None
    with grove.turn(name):
        look = grove.look(name, view.tree.rollup, lens(user))
        tree = TreeView(view, look.definition, look.board, look.beside, look.source, Ids())
        shown, hierarchy = tree.outline.nodes, look.board.hierarchy.tree
        if within:
            top = look.board.node(within)
            inside = (hierarchy.start[shown] >= hierarchy.start[top]) & (hierarchy.stop[shown] <= hierarchy.stop[top])
            shown = shown[inside & (shown >= top)]
        stop = min(stop, len(shown))
        start = min(start, stop)
        nodes = shown[start:stop]
        columns = [column for column in tree.schema.columns if column.id != LABELS]
        values = [figures.to_json(column.kind, tree.table.cells(column.id, nodes)) for column in columns]
        locked, _ = tree.table.marks(nodes, look.source)
        found = [
            Node(
                path,
                int(hierarchy.stop[node] - hierarchy.start[node]),
                int(hierarchy.child[node + 1] - hierarchy.child[node]),
                [column[place] for column in values],
                locked[place],
            )
            for place, (node, path) in enumerate(zip(nodes.tolist(), tree.paths(np.asarray(nodes)), strict=True))
        ]
        return NodePage(look.board.epoch, look.board.rev, start, stop, len(shown), tree.total, tree.info, columns, found)
