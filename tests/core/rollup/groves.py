"""Small hierarchies, columns and operations to test with, and spreading written down once more in fractions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from tabweave_core.engine.rollups.column import Measure, Values
from tabweave_core.engine.rollups.hierarchy import Dimension, Hierarchy
from tabweave_core.engine.rollups.spread import Scope, Spread, spread
from tabweave_core.engine.rollups.units import of_integers
from tabweave_core.errors import TabweaveError

CENTRAL = settings(max_examples=max(2_000, settings.default.max_examples if settings.default else 0))
"""For the properties that everything rests on."""

AMOUNT = Measure("amount")
SMALL = st.integers(-1_000, 1_000)
LARGE = st.integers(-(1 << 63), (1 << 63) - 1)
HUGE = st.integers(-(10**38) + 1, 10**38 - 1)
UNITS = SMALL | SMALL | LARGE | HUGE
HUGEINT = Measure.decimal("amount", 38, 0)
"""Any of those."""


def column(units: Sequence[int | None]) -> Values:
    """Whole units, None where missing."""
    present = np.array([unit is not None for unit in units], dtype=np.bool_)
    return Values.of(of_integers([unit or 0 for unit in units]), present)


def floats(units: Sequence[float | None]) -> Values:
    """Floats, None where missing."""
    present = np.array([unit is not None for unit in units], dtype=np.bool_)
    return Values.of(np.array([unit or 0.0 for unit in units], dtype=np.float64), present)


def listed(values: Values) -> list[Any]:
    """Values as Python numbers, None where missing."""
    return [unit if there else None for unit, there in zip(values.units.tolist(), values.there().tolist(), strict=True)]


def everything(units: Sequence[Any], **more: Any) -> Scope:
    """The scope of all leaves."""
    return Scope("everything", slice(0, len(units)), **more)


def spread_over(units: Sequence[int | None], method: Any, measure: Measure = AMOUNT, **more: Any) -> list[int | None]:
    """All leaves after one method was written over them."""
    return applied(units, spread(measure, column(units), everything(units, **more), method))


def applied(units: Sequence[Any], done: Spread) -> list[Any]:
    """Leaves after a write."""
    found = list(units)
    for leaf, before, after in zip(done.leaves.tolist(), listed(done.before), listed(done.after), strict=True):
        assert found[leaf] == before
        assert before != after
        found[leaf] = after
    return found


def attempt(measure: Measure, values: Values, scope: Scope, method: Any) -> Spread | TabweaveError:
    """A write, or its refusal."""
    try:
        return spread(measure, values, scope, method)
    except TabweaveError as refused:
        return refused


def mask(count: int, *places: int) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """A mask that is true at some places."""
    found = np.zeros(count, dtype=np.bool_)
    found[list(places)] = True
    return found


def half_up(number: Fraction) -> int:
    """R of the design."""
    return math.floor(number + Fraction(1, 2))


def shares(amount: int, weights: Sequence[int]) -> list[int]:
    """RT(amount; weights) as the formula reads."""
    whole, running, found = sum(weights), 0, []
    for weight in weights:
        before = half_up(Fraction(running * amount, whole))
        running += weight
        found.append(half_up(Fraction(running * amount, whole)) - before)
    return found


def hierarchy(paths: Sequence[Sequence[str | None]], rids: Sequence[int] | None = None, depth: int = 3) -> Hierarchy:
    """A hierarchy over rows with these paths."""
    dimensions = []
    for level in range(depth):
        given = [path[level] for path in paths]
        labels = list(dict.fromkeys(label for label in given if label is not None))
        codes = np.array([-1 if label is None else labels.index(label) for label in given], dtype=np.int32)
        dimensions.append(Dimension(f"level_{level}", codes, labels))
    return Hierarchy.build(dimensions, np.array(range(len(paths)) if rids is None else rids, dtype=np.int64))


LABELS = [st.sampled_from(["A", "B", "C", None]), st.sampled_from(["x", "y", None]), st.sampled_from(["1", "2", "3"])]
PATHS = st.lists(st.tuples(*LABELS), max_size=25)
