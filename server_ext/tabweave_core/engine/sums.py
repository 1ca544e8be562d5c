"""Sums of numbers that lose nothing a float can hold. It must not know tables."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any

import numpy as np

_FLOAT_ENDS = 2**1023
_DIGITS = 200


def float_sum(numbers: np.ndarray[Any, Any]) -> float:
    """The sum of floats as if in twice their precision, then rounded; overflow and infinities as in plain addition.

    Ogita, Rump and Oishi's Sum2, done pairwise: the correctly rounded sum unless nearly everything cancels.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        rough = float(numbers.sum())
        if not np.isfinite(rough):
            return rough
        lost = 0.0
        while len(numbers) > 1:
            half = len(numbers) // 2
            left, right, rest = numbers[:half], numbers[half : 2 * half], numbers[2 * half :]
            sums = left + right
            shift = sums - left
            lost += float(((left - (sums - shift)) + (right - shift)).sum())
            numbers = np.concatenate((sums, rest))
        total = float(numbers[0]) + lost if len(numbers) else 0.0
        return total if np.isfinite(total) else rough


@dataclass
class Total:
    """What so many numbers of several columns come to: integers and decimals exactly, with floats as good as a float can be."""

    numbers: int = 0
    exact: Fraction = field(default_factory=Fraction)
    scale: int = 0
    """The most decimal places of an exact number."""
    floats: list[float] = field(default_factory=list)

    def sum(self) -> str:
        """The sum as text."""
        return repr(self._float()) if self.floats else format(self._decimal(), "f")

    def mean(self) -> float | None:
        """The mean of at least one number; None where no float is so large."""
        if self.floats:
            mean = self._float() / self.numbers
            return mean if np.isfinite(mean) else None
        exact = self.exact / self.numbers
        return float(exact) if abs(exact) < _FLOAT_ENDS else None

    def _float(self) -> float:
        exact = float(self.exact) if abs(self.exact) < _FLOAT_ENDS else float("inf")
        return float_sum(np.array([*self.floats, exact]))

    def _decimal(self) -> Decimal:
        with localcontext(prec=_DIGITS):
            return (Decimal(self.exact.numerator) / self.exact.denominator).quantize(Decimal(1).scaleb(-self.scale))
