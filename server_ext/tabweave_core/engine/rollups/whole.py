"""The arithmetic of spreading in whole units: running totals, and water-filling where bounds stand in the way."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Context, Decimal, InvalidOperation
from fractions import Fraction

import numpy as np

from .refusals import Unreachable
from .rounding import ceilings, floors, running, split
from .units import Units, add, extent, magnitudes, of_integers, round_half_up, total, widened

_DECIMAL = Context(prec=38, rounding=ROUND_HALF_EVEN)


class Whole:
    """Exact integers."""

    total = staticmethod(total)
    magnitudes = staticmethod(magnitudes)
    running = staticmethod(running)

    @staticmethod
    def filled(count: int, value: int) -> Units:
        """`count` times the same value."""
        return np.full(count, value, dtype=of_integers([value]).dtype)

    @staticmethod
    def grown(values: Units, percent: Decimal) -> Units:
        """Every value plus the signed running-total rounding of `percent` of it."""
        share = Fraction(percent) / 100
        return add(values, running(values, share.numerator, share.denominator))

    @staticmethod
    def percentage(amount: int, percent: Decimal) -> int:
        """The rounded percentage of one number."""
        return round_half_up(Fraction(percent) * amount / 100)

    @staticmethod
    def line(first: int, last: int, step: int, steps: int) -> int:
        """The point of a straight line after `step` of `steps`."""
        return first + round_half_up(Fraction((last - first) * step, steps))

    @staticmethod
    def growth(first: int, percent: Decimal, steps: int) -> list[int]:
        """`first` and what compound growth makes of it, in 38 decimal digits, half to even; too long a number is an overflow."""
        factor = _DECIMAL.divide(_DECIMAL.add(percent, Decimal(100)), Decimal(100))
        value = _DECIMAL.create_decimal(first)
        found = [first]
        try:
            for _ in range(steps):
                value = _DECIMAL.multiply(value, factor)
                found.append(int(value.quantize(Decimal(1), context=_DECIMAL)))
        except InvalidOperation:
            raise OverflowError("38 digits") from None
        return found

    @staticmethod
    def fill(base: Units, weights: Units, amount: int, low: int | None, high: int | None) -> Units:
        """`base` plus `amount` split over `weights`, within `low` and `high`.

        Where the plain split leaves the bounds, the leaves are `base + λ·weight`, cut off at the bounds, with the one λ that
        gives the sum; cumulative rounding then moves no leaf across a bound and keeps every run of leaves within one unit of
        that. Raises `Unreachable`.
        """
        plain = add(base, split(amount, weights)) if amount else base
        least, most = extent(plain)
        if (low is None or least >= low) and (high is None or most <= high):
            return plain
        goal = total(base) + amount
        least_sum, most_sum = Whole.reach(base, weights, low, high)
        if (least_sum is not None and goal < least_sum) or (most_sum is not None and goal > most_sum):
            raise Unreachable(least_sum, most_sum)
        return _water_filled(base, weights, goal, low, high)

    @staticmethod
    def reach(base: Units, weights: Units, low: int | None, high: int | None) -> tuple[int | None, int | None]:
        """The least and the greatest sum that `fill` can give; None where nothing bounds it."""
        free = weights > 0
        rigid = total(_clipped(base[~free], low, high))
        count = int(np.count_nonzero(free))
        least, most = (None if side is None and count else rigid + (side or 0) * count for side in (low, high))
        return least, most


def _water_filled(base: Units, weights: Units, goal: int, low: int | None, high: int | None) -> Units:
    """Fixes the leaves beyond the side that is overshot by more, until none is (Bitran and Hax, 1981)."""
    free = weights > 0
    rigid = _clipped(base[~free], low, high)
    found = widened(base).copy()
    found[~free] = rigid
    places = np.flatnonzero(free)
    left = goal - total(rigid)
    while len(places):
        start, weight = base[places], weights[places]
        numerator, denominator = left - total(start), total(weight)
        over, under = np.zeros(len(places), dtype=np.bool_), np.zeros(len(places), dtype=np.bool_)
        excess = shortage = 0
        if high is not None:
            over = add(start, ceilings(weight, numerator, denominator)) > high
            excess = (total(start[over]) - high * int(over.sum())) * denominator + numerator * total(weight[over])
        if low is not None:
            under = add(start, floors(weight, numerator, denominator)) < low
            shortage = (low * int(under.sum()) - total(start[under])) * denominator - numerator * total(weight[under])
        if not over.any() and not under.any():
            found[places] = add(start, running(weight, numerator, denominator))
            break
        fixed = np.zeros(len(places), dtype=np.bool_)
        if high is not None and excess >= shortage:
            found[places[over]] = high
            left -= high * int(over.sum())
            fixed |= over
        if low is not None and shortage >= excess:
            found[places[under]] = low
            left -= low * int(under.sum())
            fixed |= under
        places = places[~fixed]
    return of_integers(found.tolist())


def _clipped(values: Units, low: int | None, high: int | None) -> Units:
    return of_integers(
        low if low is not None and value < low else high if high is not None and value > high else value
        for value in values.tolist()
    )
