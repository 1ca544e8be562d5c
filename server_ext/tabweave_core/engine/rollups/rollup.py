"""The aggregates of every node of a hierarchy, kept current while leaves change.

Sums, counts and whatever is a quotient of sums move by differences: an edit walks its ancestors, a batch goes up level by
level. The other aggregates re-read the touched groups when they are asked for. It must not know how totals are spread.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from ...errors import NotFound, did_you_mean
from .groups import GroupValues
from .sums import NodeSums
from .units import Ints, Units, multiply, run_starts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .aggregate import Aggregate
    from .column import Measure, Number, Values
    from .hierarchy import Hierarchy, Label

Contribution = Callable[["slice | Ints"], Units]
"""What leaves add to a node's sum."""


class Rollup:
    """The node store of one hierarchy: leaf values of some columns and some aggregates of them.

    It owns the arrays in `columns` and writes into them.
    """

    def __init__(
        self,
        hierarchy: Hierarchy,
        measures: Sequence[Measure],
        columns: Mapping[str, Values],
        aggregates: Sequence[Aggregate],
    ) -> None:
        self.hierarchy = hierarchy
        self.measures = {measure.name: measure for measure in measures}
        self.columns = {name: columns[name] for name in self.measures}
        self.aggregates = tuple(aggregates)
        self._sums: dict[tuple[str, ...], NodeSums] = {}
        self._groups: dict[tuple[str, ...], GroupValues] = {}
        for aggregate in aggregates:
            self._prepare(aggregate)

    def _prepare(self, aggregate: Aggregate) -> None:
        for name in aggregate.columns:
            self.require(name)
        approximate = any(self.measures[name].approximate for name in aggregate.columns)
        match aggregate.kind:
            case "weighted_mean" if not approximate:
                self._keep("products", *aggregate.columns)
                self._keep("weights", *aggregate.columns)
            case "sum" | "count" | "mean" | "ratio":
                for name in aggregate.columns:
                    self._keep("sum", name)
            case kind:
                self._groups.setdefault((kind, *aggregate.columns), GroupValues(kind))

    def _keep(self, what: str, *names: str) -> None:
        key = (what, *names)
        if what == "sum":
            if self.columns[names[0]].present is not None:
                self._keep("count", *names)
            if self.measures[names[0]].approximate:
                self._groups.setdefault(key, GroupValues(what))
                return
        if key not in self._sums:
            self._sums[key] = NodeSums(self.hierarchy, self._contribution(key)(slice(None)))

    def _contribution(self, key: tuple[str, ...]) -> Contribution:
        what, name = key[:2]

        def values(leaves: slice | Ints) -> Units:
            return self.columns[name].units[leaves]

        def there(leaves: slice | Ints) -> Units:
            return self.columns[name].take(leaves).there().astype(np.int64)

        def weights(leaves: slice | Ints) -> Units:
            return np.where(self.columns[name].take(leaves).there(), self.columns[key[2]].units[leaves], 0)

        def products(leaves: slice | Ints) -> Units:
            return multiply(values(leaves), self.columns[key[2]].units[leaves])

        return {"sum": values, "count": there, "weights": weights, "products": products}[what]

    @property
    def nbytes(self) -> int:
        """Bytes held in arrays, those of the hierarchy not counted."""
        return sum(store.nbytes for store in self._sums.values()) + sum(values.nbytes for values in self.columns.values())

    def require(self, name: str) -> None:
        """Refuses (NO_COLUMN) a column that is not here."""
        if name not in self.columns:
            hint = did_you_mean(name, self.columns) or f"Its columns are {', '.join(self.columns)}."
            raise NotFound("NO_COLUMN", f"The rollup has no column {name!r}.", hint=hint)

    def count(self, node: int, column: str) -> int:
        """How many leaves of a node have a value."""
        counts = self._sums.get(("count", column))
        if counts is not None:
            return int(counts.sums[node])
        leaves = self.hierarchy.leaves(node)
        present = self.columns[column].present
        return leaves.stop - leaves.start if present is None else int(np.count_nonzero(present[leaves]))

    def sum(self, node: int, column: str) -> Number | None:
        """The sum of a node's values, None where it has none."""
        if self.measures[column].approximate:
            return self._groups["sum", column].value(self.hierarchy, node, self.columns[column])
        return int(self._sums["sum", column].sums[node]) if self.count(node, column) else None

    def sums(self, column: str) -> Units:
        """The sums of all nodes by number, of an exact column that has an aggregate with sums; not to be changed."""
        return self._sums["sum", column].sums

    def value(self, node: int, aggregate: Aggregate) -> Number | Fraction | None:
        """What a node shows, exactly: units, a number of rows, or a fraction of units; a ratio is of the natural numbers.

        None where there is nothing to show; approximate columns give floats.
        """
        column, other = aggregate.column, aggregate.other
        match aggregate.kind:
            case "sum":
                return self.sum(node, column)
            case "count":
                return self.count(node, column)
            case "mean":
                return _quotient(self.sum(node, column), self.count(node, column))
            case "weighted_mean" if ("products", column, other) in self._sums:
                products, weights = (self._sums[what, column, other].sums[node] for what in ("products", "weights"))
                return _quotient(int(products), int(weights))
            case "ratio":
                places = self.measures[other].scale - self.measures[column].scale
                return _quotient(self.sum(node, column), self.sum(node, other), Fraction(10) ** places)
            case kind:
                weights = self.columns[other] if other else None
                return self._groups[kind, *aggregate.columns].value(self.hierarchy, node, self.columns[column], weights)

    def edit(self, column: str, leaf: int, value: Number | None) -> None:
        """Writes one leaf and moves all its ancestors."""
        self.require(column)
        if value is None:
            self._count_missing(column)
        leaves = slice(leaf, leaf + 1)
        moved = [(store, flow, int(flow(leaves)[0])) for store, flow in self._moved(column)]
        self.columns[column] = self.columns[column].put(leaf, value)
        for store, flow, old in moved:
            new = int(flow(leaves)[0])
            if new != old:
                store.move(self.hierarchy, leaf, old, new)
        self._forget(column, lambda: self.hierarchy.ancestors(leaf))

    def write(self, column: str, leaves: slice | Ints, new: Values) -> None:
        """Writes many leaves (ascending, none twice) and moves all their ancestors."""
        self.require(column)
        if new.present is not None:
            self._count_missing(column)
        nodes, starts = self._runs(leaves)
        moved = [(store, flow, flow(leaves).copy()) for store, flow in self._moved(column)]
        self.columns[column] = self.columns[column].replaced(leaves, new)
        for store, flow, old in moved:
            store.move_many(self.hierarchy, nodes, starts, old, flow(leaves))
        self._forget(column, lambda: self.hierarchy.above(nodes).tolist())

    def insert(self, rids: Ints, labels: Sequence[Sequence[Label]], new: Mapping[str, Values]) -> None:
        """Takes in rows: their ids, their labels by level and their values by column."""
        for name in self.columns:
            if new[name].present is not None:
                self._count_missing(name)
        self.hierarchy, moves = self.hierarchy.insert(rids, labels)
        by_rid = np.argsort(rids, kind="stable")
        rows = by_rid[np.searchsorted(np.asarray(rids)[by_rid], self.hierarchy.rids_of(moves.inserted))]
        self.columns = {name: old.inserted(moves.inserted, new[name].take(rows)) for name, old in self.columns.items()}
        nodes, starts = self._runs(moves.inserted)
        for key, store in self._sums.items():
            store.follow(self.hierarchy, moves)
            coming = self._contribution(key)(moves.inserted)
            store.move_many(self.hierarchy, nodes, starts, np.zeros_like(coming), coming)
        self._forget_all()

    def delete(self, rids: Ints) -> None:
        """Lets rows go; ids that are not there are passed over."""
        leaves = self.hierarchy.leaves_of(rids)
        leaves = np.unique(leaves[leaves >= 0])
        nodes, starts = self._runs(leaves)
        for key, store in self._sums.items():
            going = self._contribution(key)(leaves)
            store.move_many(self.hierarchy, nodes, starts, going, np.zeros_like(going))
        self.hierarchy, moves = self.hierarchy.delete(leaves)
        self.columns = {name: old.deleted(leaves) for name, old in self.columns.items()}
        for store in self._sums.values():
            store.follow(self.hierarchy, moves)
        self._forget_all()

    def touched(self, leaves: slice | Ints) -> Ints:
        """All nodes above some leaves (ascending), ascending."""
        return self.hierarchy.above(self._runs(leaves)[0])

    def _runs(self, leaves: slice | Ints) -> tuple[Ints, Ints]:
        """The lowest nodes of ascending leaves, and where among the leaves each begins."""
        lowest = self.hierarchy.lowest[leaves]
        starts = run_starts(lowest)
        return lowest[starts].astype(np.int64), starts

    def _moved(self, column: str) -> list[tuple[NodeSums, Contribution]]:
        return [(store, self._contribution(key)) for key, store in self._sums.items() if column in key[1:]]

    def _count_missing(self, column: str) -> None:
        """Counts the values of a column from now on, because some are going to be missing."""
        if ("sum", column) in self._sums or ("sum", column) in self._groups:
            self._keep("count", column)

    def _forget(self, column: str, nodes: Callable[[], list[int]]) -> None:
        groups = [group for key, group in self._groups.items() if column in key[1:]]
        if groups:
            gone = nodes()
            for group in groups:
                group.forget(gone)

    def _forget_all(self) -> None:
        for group in self._groups.values():
            group.forget_all()


def _quotient(above: Number | None, below: Number | None, factor: Fraction = Fraction(1)) -> Fraction | float | None:
    if above is None or not below:
        return None
    if isinstance(above, float) or isinstance(below, float):
        return float(above / below * factor)
    return Fraction(above, below) * factor
