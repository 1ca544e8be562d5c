"""One person's view of a rollup as a tree: what is open, sorted and filtered, windows of it, and what becomes of it.

It must not know channels, or where the table is.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec
import pyarrow as pa

from ...protocol.schema import Cells
from . import figures, nodefilter
from .outline import Outline, outline
from .treetable import Ids, TreeTable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...protocol.planning import RollupDef, TreeInfo
    from ...protocol.schema import Schema, View
    from ..rollups.units import Ints
    from .board import Board
    from .source import Source

MOST_TOLD = 2_000
"""A change of more cells is told as columns to be fetched anew."""


@dataclass
class News:
    """What became of a tree: new values of nodes that are shown, by id; columns with more of them than are told.

    `moved`: other nodes are shown, or in another order. `renamed`: its columns are other ones. `stale`: its order or choice of
    nodes depends on what changed.
    """

    cells: list[Cells] = field(default_factory=list)
    columns: list[int] = field(default_factory=list)
    moved: bool = False
    renamed: bool = False
    stale: bool = False


class TreeView:
    """A view with a tree. `definition` is the rollup that it names; its boards are given with each call that needs new ones."""

    def __init__(
        self,
        view: View,
        definition: RollupDef,
        board: Board,
        beside: Board | None,
        source: Source,
        ids: Ids,
        before: TreeView | None = None,
    ) -> None:
        """`before` is what was shown before, perhaps of the same rollup."""
        assert view.tree is not None
        self.view, self.tree, self.definition, self.ids = view, view.tree, definition, ids
        known = None if before is None else before.table
        if known is not None and (known.board, known.beside, known.definition) == (board, beside, definition):
            known.look(source)
            self._enter(known, source)
        else:
            self._take(board, beside, source)

    def _take(self, board: Board, beside: Board | None, source: Source) -> None:
        self._enter(TreeTable(self.definition, board, beside, source, self.ids), source)

    def _enter(self, table: TreeTable, source: Source) -> None:
        self.table = table
        self._locks = source.locks
        self._seen = self._versions()
        self._arrange()

    def _arrange(self) -> None:
        kept, ways = nodefilter.kept(self.table, self.view.filter, self.view.search)
        rank = nodefilter.rank(self.table, self.view.sort) if self.view.sort else None
        self.outline: Outline = outline(self.table.board, self.tree, rank=rank, kept=kept, ways=ways)

    def _versions(self) -> tuple[int, int]:
        beside = self.table.beside
        return self.table.board.journal.version, 0 if beside is None else beside.journal.version

    @property
    def rows(self) -> int:
        """How many nodes are shown."""
        return len(self.outline)

    @property
    def total(self) -> int:
        """How many nodes there are."""
        return self.table.board.hierarchy.nodes

    @property
    def rev(self) -> int:
        """The revision that its figures are of."""
        return self.table.board.rev

    @property
    def schema(self) -> Schema:
        """Its columns."""
        return self.table.schema

    @property
    def info(self) -> TreeInfo:
        """What is told of it as a whole."""
        return self.table.info()

    def paths(self, nodes: Ints) -> list[tuple[str | None, ...]]:
        """The labels from below the total down to each node."""
        return [self.table.board.path(node) for node in nodes.tolist()]

    def nodes(self, start: int, stop: int) -> Ints:
        """The nodes in rows `[start, stop)`."""
        return self.outline.nodes[start:stop]

    # Windows

    def window(self, start: int, stop: int, columns: Sequence[int], source: Source) -> pa.RecordBatch:
        """Rows `[start, stop)`, which must be there: `_rid`, columns named by their ids, and what nodes have beside."""
        nodes = self.nodes(start, stop)
        tree = self.table.board.hierarchy.tree
        paths = self.paths(nodes)
        fields: dict[str, pa.Array] = {"_rid": pa.array([self.ids.node(path) for path in paths], pa.int64())}
        for cid in dict.fromkeys(columns):
            column = self.table.column(cid)
            fields[str(cid)] = figures.to_arrow(column.kind, column.scale, self.table.cells(cid, nodes))
        locked, why = self.table.marks(nodes, source)
        fields |= {
            "_depth": pa.array([len(path) for path in paths], pa.int32()),
            "_children": pa.array(tree.child[nodes + 1] - tree.child[nodes], pa.int32()),
            "_open": pa.array(self.outline.open[start:stop]),
            "_leaves": pa.array(tree.stop[nodes] - tree.start[nodes]),
            "_path": pa.array([msgspec.json.encode(path).decode() for path in paths], pa.string()),
            "_locked": pa.array(locked, pa.string()),
            "_why": pa.array(why, pa.string()),
        }
        return pa.RecordBatch.from_arrays(list(fields.values()), list(fields))

    # What becomes of it

    def follow(self, board: Board, beside: Board | None, source: Source) -> News:
        """Takes over what has changed: in the boards since they were looked at, or in other boards that stand in their place."""
        table, marked = self.table, self._locks != source.locks
        self._locks = source.locks
        if board is table.board and beside is table.beside:
            news = self._written(renamed=table.look(source))
            if marked:
                news.columns = sorted({*news.columns, *(column.id for column in self.schema.columns if column.editable)})
            return news
        before, columns = (table.schema, table.heads, self._shown()), set(table.columns)
        self._take(board, beside, source)
        renamed = before[:2] != (self.table.schema, self.table.heads)
        moved = before[2] is None or before[2] != self._shown()
        return News(columns=[cid for cid in self.table.columns if cid in columns], moved=moved, renamed=renamed)

    def _shown(self) -> list[tuple[tuple[str | None, ...], bool]] | None:
        """The nodes that are shown; None where they are too many to look at."""
        if self.rows > MOST_TOLD:
            return None
        return list(zip(self.paths(self.outline.nodes), self.outline.open.tolist(), strict=True))

    def _written(self, *, renamed: bool) -> News:
        table, seen = self.table, self._seen
        self._seen = self._versions()
        if seen == self._seen:
            return News(renamed=renamed)
        touched = table.board.journal.since(seen[0])
        beside = {} if table.beside is None else table.beside.journal.since(seen[1])
        if touched is None or beside is None:
            return News(columns=list(table.columns), renamed=renamed, stale=self._reads(list(table.columns)))
        changed: dict[int, Ints] = {}
        for cid in table.columns:
            nodes = table.of_column(cid, touched, beside)
            if len(nodes):
                changed[cid] = nodes
        news = News(renamed=renamed, stale=self._reads(list(changed)))
        shown = {cid: nodes[self.outline.places(nodes) >= 0] for cid, nodes in changed.items()}
        if sum(map(len, shown.values())) > MOST_TOLD:
            news.columns = [cid for cid, nodes in shown.items() if len(nodes)]
            return news
        for cid, nodes in shown.items():
            if len(nodes):
                ids = [self.ids.node(path) for path in self.paths(nodes)]
                cells = figures.to_json(table.column(cid).kind, table.cells(cid, nodes))
                news.cells.append(Cells(column=cid, rows=ids, values=cells))
        return news

    def _reads(self, columns: Sequence[int]) -> bool:
        """Whether the order or choice of nodes depends on one of these columns."""
        return nodefilter.reads(self.view).intersection(columns) != set()
