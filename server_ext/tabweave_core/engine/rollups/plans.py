"""What a method asks of the leaves it may change: a base, and an amount to split over weights on top of it.

It must not know holds, bounds or hierarchies.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from ...errors import Refused
from .methods import (
    Add,
    Clear,
    Copy,
    Equal,
    EqualIncrement,
    Percent,
    Proportional,
    Ratio,
    RelativePercent,
    Repeat,
    Simple,
    Subtract,
    Weighted,
    WeightedIncrement,
    Zero,
)

if TYPE_CHECKING:
    from decimal import Decimal

    from .column import Number, Values
    from .units import Ints, Mask, Units

_NEAR_ZERO = 100


class Arithmetic(Protocol):
    """How numbers are added and shared out: exactly in whole units, or approximately in floats."""

    def total(self, values: Units, /) -> Any:
        """The sum."""

    def magnitudes(self, values: Units, /) -> Units:
        """Absolute values."""

    def running(self, values: Units, numerator: Any, denominator: Any, /) -> Units:
        """Every value times a quotient, rounded by running totals."""

    def filled(self, count: int, value: Any, /) -> Units:
        """`count` times the same value."""

    def grown(self, values: Units, percent: Decimal, /) -> Units:
        """Every value and a percentage of it, rounded by running totals."""

    def percentage(self, amount: Any, percent: Decimal, /) -> Any:
        """The rounded percentage of one number."""

    def line(self, first: Any, last: Any, step: int, steps: int, /) -> Any:
        """The point of a straight line after `step` of `steps`."""

    def growth(self, first: Any, percent: Decimal, steps: int, /) -> list[Any]:
        """Compound growth over `steps`, `steps + 1` numbers."""

    def fill(self, base: Units, weights: Units, amount: Any, low: Any, high: Any, /) -> Units:
        """`base` plus `amount` split over `weights`, within bounds. Raises `Unreachable`."""

    def reach(self, base: Units, weights: Units, low: Any, high: Any, /) -> tuple[Any, Any]:
        """The least and the greatest sum that `fill` can give; None where nothing bounds it."""


@dataclass(frozen=True, eq=False)
class Group:
    """The leaves that a method works on: their places in the hierarchy, their values (0 where missing), the sum of the rest."""

    arithmetic: Arithmetic
    leaves: slice | Ints
    units: Units
    held: Number
    name: str


@dataclass(frozen=True, eq=False)
class Plan:
    """New values: `base`, plus `amount` over `weights`; without weights the base is final.

    `present` says which are there afterwards, all if None. `goal` is the total to be reached, where one was given. `equal`:
    every weight was zero, so all leaves count the same.
    """

    base: Units
    weights: Units | None = None
    amount: Number = 0
    present: Mask | None = None
    goal: Number | None = None
    equal: bool = False


def widens(method: Simple) -> bool:
    """Whether a method also writes leaves that are missing while others are there."""
    match method:
        case Equal() | Repeat():
            return method.include_null
        case _:
            return isinstance(method, Copy | RelativePercent | Clear)


def plan(method: Simple, group: Group) -> Plan:  # noqa: C901 - one case per method
    """What a method asks of a group."""
    units, held = group.units, group.held
    count = len(units)
    filled, total = group.arithmetic.filled, group.arithmetic.total
    match method:
        case Proportional(goal):
            return _shared(group, units, group.arithmetic.magnitudes(units), goal - held - total(units), goal)
        case Ratio(goal, force):
            return _in_ratio(group, goal, force=force)
        case Equal(goal):
            return _shared(group, filled(count, 0), filled(count, 1), goal - held, goal)
        case EqualIncrement(goal):
            return _shared(group, units, filled(count, 1), goal - held - total(units), goal)
        case Weighted(goal, reference):
            return _shared(group, filled(count, 0), _weights(group, reference), goal - held, goal)
        case WeightedIncrement(goal, reference):
            return _shared(group, units, _weights(group, reference), goal - held - total(units), goal)
        case Add(amount, by) | Subtract(amount, by):
            weights = group.arithmetic.magnitudes(units) if by == "proportional" else filled(count, 1)
            return _shared(group, units, weights, -amount if isinstance(method, Subtract) else amount, None)
        case Percent(percent):
            return Plan(group.arithmetic.grown(units, percent), group.arithmetic.magnitudes(units))
        case RelativePercent(reference, percent):
            base = reference.take(group.leaves)
            amount = group.arithmetic.percentage(total(base.units), percent)
            shared = _shared(group, base.units, group.arithmetic.magnitudes(base.units), amount, None)
            return Plan(shared.base, shared.weights, amount, base.present)
        case Copy(reference):
            base = reference.take(group.leaves)
            return Plan(base.units, present=base.present)
        case Repeat(value):
            return Plan(filled(count, value))
        case Clear():
            return Plan(filled(count, 0), present=np.zeros(count, dtype=np.bool_))
        case Zero():
            return Plan(filled(count, 0))


def _shared(group: Group, base: Units, weights: Units, amount: Number, goal: Number | None) -> Plan:
    if weights.any():
        return Plan(base, weights, amount, goal=goal)
    return Plan(base, group.arithmetic.filled(len(weights), 1), amount, goal=goal, equal=True)


def _weights(group: Group, reference: Values) -> Units:
    return group.arithmetic.magnitudes(reference.take(group.leaves).units)


def _in_ratio(group: Group, goal: Number, *, force: bool) -> Plan:
    units, left = group.units, goal - group.held
    sizes = group.arithmetic.magnitudes(units)
    now, size = group.arithmetic.total(units), group.arithmetic.total(sizes)
    if abs(now) == size:
        return _shared(group, group.arithmetic.filled(len(units), 0), sizes, left, goal)
    if not now or (abs(now) * _NEAR_ZERO < size and not force):
        message = f"The values below {group.name} nearly cancel out, so their ratios to the sum say little."
        hint = "Spread proportionally, or force it." if now else "Spread proportionally."
        raise Refused("NEAR_ZERO_BASE", message, hint=hint, where=group.name)
    return Plan(group.arithmetic.running(units, left, now), sizes, 0, goal=goal)
