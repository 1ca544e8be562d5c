"""The columns of a tree and what they show: a column of labels, then the rollup's aggregates, also by what stands across.

A table of nodes by their numbers. It must not know which of them are shown, in which order.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from ...errors import NotFound
from ...protocol.planning import TreeColumn, TreeInfo
from ...protocol.schema import Column, MissingFilter, Schema, SetFilter
from . import figures
from .board import written
from .pivot import Pivot
from .spreading import writes_to

if TYPE_CHECKING:
    from ...protocol.ops import Scalar
    from ...protocol.planning import RollupDef
    from ...protocol.schema import Filter
    from ..rollups.units import Ints, Mask
    from .board import Board
    from .figures import Figure
    from .source import Source

LABELS = 0
"""The id of the column of labels."""
MOST_GROUPS = 200
"""So many values stand across at most."""


@dataclass
class Ids:
    """The ids of nodes by their paths, and the places of values that stand across: the same as long as this is kept."""

    nodes: dict[tuple[str | None, ...], int] = field(default_factory=dict)
    groups: dict[tuple[int, str | None], int] = field(default_factory=dict)

    def node(self, path: tuple[str | None, ...]) -> int:
        """The id of the node at a path."""
        return self.nodes.setdefault(path, len(self.nodes))

    def group(self, across: int, label: str | None) -> int:
        """The place of a value among those that stood across."""
        return self.groups.setdefault((across, label), len(self.groups))


@dataclass(frozen=True, eq=False)
class Shown:
    """One column of figures: its id, the aggregate, and the group (by number) or None for all of them."""

    id: int
    place: int
    group: int | None


class TreeTable:
    """The nodes of a rollup as a person sees them; `source` is the table that their rights and names are taken from."""

    def __init__(self, definition: RollupDef, board: Board, beside: Board | None, source: Source, ids: Ids) -> None:
        self.definition = definition
        self.board, self.beside, self.ids = board, beside, ids
        self.pivot = None if beside is None else Pivot(board, beside)
        self.columns: dict[int, Shown] = {}
        aggregates = range(len(definition.aggregates))
        if self.pivot is not None and definition.across is not None:
            for group, label in enumerate(self.pivot.labels[:MOST_GROUPS]):
                known = ids.group(definition.across, label) + 1
                for place in aggregates:
                    self._add(Shown(1 + known * len(aggregates) + place, place, group))
        for place in aggregates:
            self._add(Shown(1 + place, place, None))
        self._labels: dict[int, str] = {}
        self._frozen: dict[tuple[int, bool], tuple[object, Ints | None]] = {}
        self.schema, self.heads, self._levels = Schema(columns=[], dtypes=[]), list[TreeColumn](), list[str]()
        self.look(source)

    def _add(self, shown: Shown) -> None:
        self.columns[shown.id] = shown

    def look(self, source: Source) -> bool:
        """Takes over names and rights from the table as it is now; whether they are others than before."""
        before = (self.schema, self.heads)
        levels = [source.column(cid).name for cid in self.definition.levels]
        name = " > ".join(levels) or "total"
        labels = Column(id=LABELS, name=name, kind="text", dtype="str", editable=False, why="Labels are cells of the table.")
        self.heads = [self._head(shown, source) for shown in self.columns.values()]
        pairs = zip(self.columns.values(), self.heads, strict=True)
        self.schema = Schema(columns=[labels, *(self._column(shown, head, source) for shown, head in pairs)], dtypes=[])
        self._levels = levels
        return before != (self.schema, self.heads)

    def info(self) -> TreeInfo:
        """What is told of the tree as a whole."""
        offsets = self.board.hierarchy.tree.offsets
        return TreeInfo(
            rollup=self.definition,
            levels=self._levels,
            columns=self.heads,
            nodes=np.diff(offsets).tolist(),
            rows=self.board.hierarchy.count,
            remarks=self._remarks(),
        )

    def _remarks(self) -> list[str]:
        found = []
        floats = [each.measure.name for each in self.board.measured.values() if each.measure.approximate]
        if floats:
            found.append(f"{', '.join(floats)}: float, so totals are approximate.")
        if self.pivot is not None and len(self.pivot.labels) > MOST_GROUPS:
            found.append(f"{len(self.pivot.labels):,} values stand across; {MOST_GROUPS} are shown.")
        return found

    def _head(self, shown: Shown, source: Source) -> TreeColumn:
        board = self.board
        asked = self.definition.aggregates[shown.place]
        editable = not board.aggregates[shown.place].why_not
        measured = board.measured[asked.column]
        approximate = figures.kind_of(board, shown.place)[0] == "float" and measured.measure.approximate
        column = writes_to(asked) if editable else None
        if shown.group is None:
            return TreeColumn(id=shown.id, aggregate=shown.place, column=column, approximate=approximate)
        return TreeColumn(
            id=shown.id,
            aggregate=shown.place,
            total=False,
            group=self._group(shown.group),
            where=[self._where(source, shown.group)],
            column=column,
            approximate=approximate,
        )

    def _group(self, group: int) -> str | None:
        assert self.pivot is not None
        return self.pivot.labels[group]

    def _where(self, source: Source, group: int) -> Filter:
        cid, label = self.definition.across, self._group(group)
        assert cid is not None
        if label is None:
            return MissingFilter(column=cid)
        kind = source.column(cid).kind
        value: Scalar = label
        match kind:
            case "integer":
                value = figures.to_json("integer", [int(label)])[0]
            case "float":
                value = figures.to_json("float", [float(label)])[0]
            case "boolean":
                value = label == "true"
            case "timestamp":
                value = label if len(label) > 10 else f"{label}T00:00:00"
                value = value.replace(" ", "T") + ("Z" if source.column(cid).zone and not value.endswith("Z") else "")
        return SetFilter(column=cid, values=[value])

    def _column(self, shown: Shown, head: TreeColumn, source: Source) -> Column:
        board, asked = self.board, self.definition.aggregates[shown.place]
        kind, scale = figures.kind_of(board, shown.place)
        name = board.labels[shown.place]
        if shown.group is not None:
            group = written([head.group])
            name = group if len(self.definition.aggregates) == 1 else f"{group} {name}"
        why = board.aggregates[shown.place].why_not
        if not why and head.column is not None:
            column = source.column(head.column)
            why = "" if column.editable else (column.why or f"{column.name} cannot be edited.")
            if not why and column.kind == "float" and not column.dtype.lower().startswith(("float64", "double")):
                why = f"{column.name} ({column.dtype}) is too coarse for exact totals. Change its type to float64 or a decimal."
        dtype = source.column(asked.column).dtype
        return Column(id=shown.id, name=name, kind=kind, dtype=dtype, scale=scale, editable=not why, why=why)

    def column(self, cid: int) -> Column:
        """A column by its id; raises NO_COLUMN."""
        if cid == LABELS:
            return self.schema.columns[0]
        place = next((place for place, known in enumerate(self.columns) if known == cid), None)
        if place is None:
            raise NotFound("NO_COLUMN", f"The tree has no column with id {cid}.", hint="Look at the schema of its subbed.")
        return self.schema.columns[place + 1]

    # What nodes show

    def part(self, cid: int, nodes: Ints) -> tuple[Board, Ints]:
        """The board that a column's figures are of, and the numbers there of nodes; -1 where a node has no such part."""
        group = self.columns[cid].group
        if group is None:
            return self.board, nodes
        assert self.pivot is not None
        assert self.beside is not None
        return self.beside, self.pivot.nodes(group, nodes)

    def cells(self, cid: int, nodes: Ints) -> list[Figure]:
        """What nodes show in a column."""
        self.column(cid)
        if cid == LABELS:
            return [self.label(node) for node in nodes.tolist()]
        board, parts = self.part(cid, nodes)
        return figures.figures(board, self.columns[cid].place, parts.tolist())

    def label(self, node: int) -> str:
        """The label of a node."""
        return "total" if not node else written(self.board.path(node)[-1:])

    def of_column(self, cid: int, touched: dict[int, Ints], touched_beside: dict[int, Ints]) -> Ints:
        """The nodes whose figures in a column are other ones, after cells of the table's columns were written."""
        shown = self.columns[cid]
        asked = self.definition.aggregates[shown.place]
        wanted = [each for each in (asked.column, asked.other) if each is not None]
        if shown.group is None:
            parts = [touched[each] for each in wanted if each in touched]
        else:
            assert self.pivot is not None
            parts = []
            for each in wanted:
                if each in touched_beside:
                    nodes = touched_beside[each]
                    parts.append(self.pivot.main[nodes[self.pivot.groups(nodes) == shown.group]])
        return np.unique(np.concatenate(parts)) if parts else np.zeros(0, dtype=np.int64)

    # Where one cannot type

    def frozen(self, cid: int, nodes: Ints, source: Source) -> Mask | None:
        """Which nodes' cells of a column are locked whole; None for none."""
        written_column = self.heads[list(self.columns).index(cid)].column if cid else None
        if written_column is None:
            return None
        board, parts = self.part(cid, nodes)
        running = self._running(written_column, board, source)
        if running is None:
            return None
        tree = board.hierarchy.tree
        start, stop = tree.start[parts], tree.stop[parts]
        found: Mask = (parts >= 0) & (running[stop] - running[start] == stop - start) & (stop > start)
        return found

    def _running(self, column: int, board: Board, source: Source) -> Ints | None:
        """How many leaves before each are locked in a column of the table."""
        key = (column, board is self.beside)
        known = self._frozen.get(key)
        if known is None or known[0] != source.locks:
            mask = source.frozen(column)
            running = None if mask is None else np.concatenate(([0], np.cumsum(mask[board.positions])))
            known = self._frozen[key] = (source.locks, running)
        return known[1]

    def marks(self, nodes: Ints, source: Source) -> tuple[list[str | None], list[str | None]]:
        """For each node, as JSON, the columns whose cells are locked whole, and why which of its cells cannot be typed into."""
        locked: list[list[int]] = [[] for _ in range(len(nodes))]
        why: list[dict[str, str]] = [{} for _ in range(len(nodes))]
        for cid in self.columns:
            column = self.column(cid)
            if not column.editable:
                continue
            frozen = self.frozen(cid, nodes, source)
            for place in [] if frozen is None else np.flatnonzero(frozen).tolist():
                locked[place].append(cid)
                why[place][str(cid)] = "Locked."
            if self.columns[cid].group is not None:
                for place in np.flatnonzero(self.part(cid, nodes)[1] < 0).tolist():
                    why[place][str(cid)] = "No rows are here, and none is invented."
        return [_json(each) for each in locked], [_json(each) for each in why]


def _json(found: list[int] | dict[str, str]) -> str | None:
    return msgspec.json.encode(found).decode() if found else None
