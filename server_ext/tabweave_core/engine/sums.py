"""Sums of numbers that lose nothing a float can hold. It must not know tables."""

from __future__ import annotations

from typing import Any

import numpy as np


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
