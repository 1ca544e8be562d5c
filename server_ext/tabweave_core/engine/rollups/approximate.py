"""The arithmetic of spreading in a DOUBLE column: shares in floats, then the residual, until `math.fsum` gives the total."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from .refusals import Unreachable

if TYPE_CHECKING:
    from decimal import Decimal

    from .units import Mask, Units


class Approximate:
    """Floats."""

    @staticmethod
    def total(values: Units) -> float:
        """The correctly rounded sum."""
        return math.fsum(values.tolist())

    @staticmethod
    def magnitudes(values: Units) -> Units:
        """Absolute values."""
        return np.abs(values)

    @staticmethod
    def running(values: Units, numerator: float, denominator: float) -> Units:
        """Every value times a quotient."""
        return values / denominator * numerator

    @staticmethod
    def filled(count: int, value: float) -> Units:
        """`count` times the same value."""
        return np.full(count, value, dtype=np.float64)

    @staticmethod
    def grown(values: Units, percent: Decimal) -> Units:
        """Every value plus `percent` of it."""
        return values * float(1 + percent / 100)

    @staticmethod
    def percentage(amount: float, percent: Decimal) -> float:
        """The percentage of one number."""
        return amount * float(percent / 100)

    @staticmethod
    def line(first: float, last: float, step: int, steps: int) -> float:
        """The point of a straight line after `step` of `steps`."""
        return last if step == steps else first + (last - first) * (step / steps)

    @staticmethod
    def growth(first: float, percent: Decimal, steps: int) -> list[float]:
        """`first` and what compound growth makes of it."""
        factor = 1 + float(percent / 100)
        return [first * factor**step for step in range(steps + 1)]

    @staticmethod
    def fill(base: Units, weights: Units, amount: float, low: float | None, high: float | None) -> Units:
        """`base` plus `amount` split over `weights`, within the bounds as far as floats go. Raises `Unreachable`."""
        found = base + weights / math.fsum(weights.tolist()) * amount if amount else base.copy()
        least, most = -math.inf if low is None else low, math.inf if high is None else high
        if found.min() >= least and found.max() <= most:
            return found
        free = weights > 0
        goal = math.fsum((*base.tolist(), amount))
        least_sum, most_sum = Approximate.reach(base, weights, low, high)
        if (least_sum is not None and goal < least_sum) or (most_sum is not None and goal > most_sum):
            raise Unreachable(least_sum, most_sum)
        found = np.clip(base, least, most)
        while free.any():
            left = goal - math.fsum(found[~free].tolist())
            start, weight = base[free], weights[free]
            wanted = start + weight / math.fsum(weight.tolist()) * (left - math.fsum(start.tolist()))
            cut = np.clip(wanted, least, most)
            surplus = math.fsum((wanted - cut).tolist())
            found[free] = cut
            beyond = (wanted > most) & (surplus >= 0) | (wanted < least) & (surplus <= 0)
            if not beyond.any():
                break
            free[np.flatnonzero(free)[beyond]] = False
        return found

    @staticmethod
    def reach(base: Units, weights: Units, low: float | None, high: float | None) -> tuple[float | None, float | None]:
        """The least and the greatest sum that `fill` can give; None where nothing bounds it."""
        free = weights > 0
        rigid = np.clip(base[~free], -math.inf if low is None else low, math.inf if high is None else high).tolist()
        count = int(np.count_nonzero(free))
        least, most = (None if side is None and count else math.fsum((*rigid, (side or 0.0) * count)) for side in (low, high))
        return least, most


def sum_floats(values: Units) -> float:
    """The correctly rounded sum, also where `math.fsum` overflows on the way; infinite or NaN where it has to be."""
    listed = values.tolist()
    try:
        return math.fsum(listed)
    except ValueError:
        return math.nan
    except OverflowError:
        whole = sum(map(Fraction, listed))
    try:
        return float(whole)
    except OverflowError:
        return math.inf if whole > 0 else -math.inf


def settle(values: Units, free: Mask, rest: Units, goal: float, low: float | None, high: float | None) -> Units:
    """Values whose sum with `rest` is `goal` by `math.fsum`: the residual goes to the free ones, the largest first.

    What is missing is kept as an exact fraction, so each leaf is visited once. Raises `Unreachable` with the sum that is
    reached when even the smallest leaf is too coarse or a bound stands in the way.
    """
    found = values.copy()
    missing = _shortfall(goal, [*found.tolist(), *rest.tolist()])
    places = np.flatnonzero(free)
    for place in places[np.argsort(-np.abs(found[places]), kind="stable")].tolist():
        if float(Fraction(goal) - missing) == goal:
            break
        old = float(found[place])
        new = old + float(missing)
        new = new if low is None else max(new, low)
        new = new if high is None else min(new, high)
        missing -= Fraction(new) - Fraction(old)
        found[place] = new
    reached = float(Fraction(goal) - missing)
    if reached != goal:
        raise Unreachable(reached, reached)
    return found


def _shortfall(goal: float, values: list[float]) -> Fraction:
    """`goal` minus the sum of the values, exactly: what `fsum` rounds off is asked for again until nothing is left."""
    terms = [goal, *(-value for value in values)]
    found = Fraction(0)
    while part := math.fsum(terms):
        found += Fraction(part)
        terms.append(-part)
    return found
