"""Aggregates that have no difference to move by: computed from a node's leaves when asked, and kept until one changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from .approximate import sum_floats
from .units import is_wide

if TYPE_CHECKING:
    from .column import Number, Values
    from .hierarchy import Hierarchy
    from .units import Ints, Units


def of_group(kind: str, group: Values, weights: Values | None = None) -> Number | None:
    """One aggregate of some leaves; None where none has a value. `sum` and `weighted_mean` are of floats, correctly rounded."""
    if weights is not None:
        both = group.there() & weights.there()
        return _weighted_mean(group.units[both], weights.units[both])
    units = group.units if group.present is None else group.units[group.present]
    if kind == "distinct":
        return len(set(units.tolist())) if is_wide(units) else int(pc.count_distinct(pa.array(units)).as_py())
    if not len(units):
        return None
    if kind == "sum":
        return sum_floats(units)
    found = units.min() if kind == "min" else units.max() if kind == "max" else units[0 if kind == "first" else -1]
    return float(found) if units.dtype == np.float64 else int(found)


def _weighted_mean(values: Units, weights: Units) -> float | None:
    whole = sum_floats(weights)
    return sum_floats(values * weights) / whole if whole else None


class GroupValues:
    """One such aggregate of one column, for the nodes that were asked for since their leaves changed."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._known: dict[int, Number | None] = {}

    def value(self, hierarchy: Hierarchy, node: int, values: Values, weights: Values | None = None) -> Number | None:
        """The aggregate of a node."""
        if node not in self._known:
            leaves = hierarchy.leaves(node)
            among = None if weights is None else weights.take(leaves)
            self._known[node] = of_group(self.kind, values.take(leaves), among)
        return self._known[node]

    def forget(self, nodes: Ints | list[int]) -> None:
        """The leaves of these nodes have changed."""
        if self._known:
            for node in nodes if isinstance(nodes, list) else nodes.tolist():
                self._known.pop(node, None)

    def forget_all(self) -> None:
        """The nodes have new numbers."""
        self._known.clear()
