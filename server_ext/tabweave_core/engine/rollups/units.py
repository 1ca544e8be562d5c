"""Exact arrays of integer units: int64 while every value fits, Python integers in an object array beyond.

A decimal with scale s is the integer `value · 10^s`. Nothing here rounds silently or overflows. It must not know hierarchies.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from itertools import accumulate
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ...errors import BadValue
from .refusals import Inexact

if TYPE_CHECKING:
    from collections.abc import Iterable

Units = npt.NDArray[Any]
"""Integers as int64 or as Python ints in an object array; float64 in approximate columns."""
Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
LIMIT = 1 << 63
"""int64 holds `-LIMIT <= value < LIMIT`."""
_HALF = 32
_LOW = (1 << _HALF) - 1


def is_wide(values: Units) -> bool:
    """Whether these are Python integers."""
    return values.dtype == np.object_


def widened(values: Units) -> Units:
    """The same values as Python integers."""
    return values if is_wide(values) else values.astype(np.object_)


def of_integers(numbers: Iterable[int]) -> Units:
    """Any integers as the narrowest array that holds them."""
    listed = list(numbers)
    if not listed or (min(listed) >= -LIMIT and max(listed) < LIMIT):
        return np.array(listed, dtype=np.int64)
    wide = np.empty(len(listed), dtype=np.object_)
    wide[:] = listed
    return wide


def narrowed(values: Units) -> Units:
    """The same integers as int64 if they fit."""
    return of_integers(values.tolist()) if is_wide(values) else values


def extent(values: Units) -> tuple[int, int]:
    """Least and greatest value; zeros for an empty array."""
    return (int(values.min()), int(values.max())) if len(values) else (0, 0)


def reach(values: Units) -> int:
    """The greatest absolute value."""
    least, most = extent(values)
    return max(-least, most)


def total(values: Units) -> int:
    """The exact sum. Up to 2^31 int64 values are added as halves of 32 bits, whose sums fit."""
    if is_wide(values):
        return sum(values.tolist())
    if reach(values) * len(values) < LIMIT:
        return int(values.sum())
    return (int((values >> _HALF).sum()) << _HALF) + int((values & _LOW).sum())


def magnitudes(values: Units) -> Units:
    """Absolute values."""
    if not is_wide(values) and extent(values)[0] == -LIMIT:
        values = widened(values)
    return np.abs(values)


def add(left: Units, right: Units) -> Units:
    """The exact sums of two arrays, element by element."""
    if not is_wide(left) and not is_wide(right):
        (a, b), (c, d) = extent(left), extent(right)
        if a + c >= -LIMIT and b + d < LIMIT:
            return left + right
    return narrowed(widened(left) + widened(right))


def subtract(left: Units, right: Units) -> Units:
    """The exact differences of two arrays, element by element."""
    if not is_wide(left) and not is_wide(right):
        (a, b), (c, d) = extent(left), extent(right)
        if a - d >= -LIMIT and b - c < LIMIT:
            return left - right
    return narrowed(widened(left) - widened(right))


def multiply(left: Units, right: Units) -> Units:
    """The exact products of two arrays, element by element."""
    if not is_wide(left) and not is_wide(right) and reach(left) * reach(right) < LIMIT:
        return left * right
    return narrowed(widened(left) * widened(right))


def prefixes(values: Units) -> Units:
    """Running sums, each including its own element."""
    if not is_wide(values) and reach(values) * len(values) < LIMIT:
        return np.cumsum(values)
    if not is_wide(values) and total(magnitudes(values)) < LIMIT:
        return np.cumsum(values)
    return of_integers(accumulate(values.tolist()))


def group_sums(values: Units, starts: Ints) -> Units:
    """The exact sum of each run of elements; run i begins at `starts[i]` and none is empty."""
    if is_wide(values):
        return narrowed(np.add.reduceat(values, starts))
    if reach(values) * len(values) < LIMIT:
        return np.asarray(np.add.reduceat(values, starts))
    high = np.add.reduceat(values >> _HALF, starts).astype(np.object_)
    low = np.add.reduceat(values & _LOW, starts).astype(np.object_)
    return narrowed(high * (1 << _HALF) + low)


def run_starts(values: Units) -> Ints:
    """Where each run of equal neighbours begins."""
    begins = np.empty(len(values), dtype=np.bool_)
    begins[:1] = True
    np.not_equal(values[1:], values[:-1], out=begins[1:])
    return np.flatnonzero(begins).astype(np.int64, copy=False)


def to_units(number: Decimal | int, scale: int, name: str) -> int:
    """A number as units; more decimals than `scale` are refused (SCALE) with the rounded number offered."""
    if isinstance(number, Decimal) and not number.is_finite():
        raise BadValue("TYPE", f"{name} cannot be {number}.", hint="Give a finite number.", where=name)
    exact = Fraction(number) * 10**scale
    if exact.denominator == 1:
        return int(exact)
    holds = f"{scale} decimal{'s' if scale != 1 else ''}" if scale else "whole numbers"
    message = f"{number} has more decimals than {name}, which holds {holds}."
    raise Inexact(message, (to_decimal(round_half_up(exact), scale),), where=name)


def to_decimal(units: int, scale: int) -> Decimal:
    """Units as the decimal they stand for, all digits kept."""
    return Decimal(f"{units}E-{scale}") if scale else Decimal(units)


def round_half_up(number: Fraction) -> int:
    """The nearest integer, halves towards plus infinity: the R of the running total."""
    return (2 * number.numerator + number.denominator) // (2 * number.denominator)
