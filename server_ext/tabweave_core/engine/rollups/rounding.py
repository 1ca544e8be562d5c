"""Running-total rounding: whole shares whose every prefix is the rounded prefix of the exact shares.

With prefix sums C of the weights w, W their sum and D the amount, share i is `R(C_i·D/W) - R(C_{i-1}·D/W)`, R = round half
up. It telescopes: the shares add up to D, and those of any run of neighbours differ from their exact quota by less than one
unit. A weight of zero gets zero, no share has the other sign. After M. Skala, "The Well-Rounded Total" (2017).
It must not know what the numbers mean.
"""

from __future__ import annotations

import numpy as np

from .units import LIMIT, Units, is_wide, of_integers, prefixes, reach, subtract, total

_ROOM = 1 << 62
_FLOAT_BITS = 51


def floors(values: Units, numerator: int, denominator: int, shift: int = 0) -> Units:
    """`floor((v·numerator + shift) / denominator)` of every v, exactly; `0 <= shift <= denominator`, `denominator > 0`.

    The int64 path is exact because of the following. Let `numerator = a·q + b` with `0 <= b < q = denominator`; the result
    is `a·v + f`, `f = floor((v·b + shift) / q)`. Let `|v| <= m`.

    1. If `m·b + q < 2^63`, then f is computed as it is written.
    2. Otherwise `e = rint(float(v) · (b/q))`. Converting v, dividing b by q and multiplying each err by at most 2^-53
       relative, together less than 2^-51, so `|e - v·b/q| <= m·b/q · 2^-51 + 1/2`; and `|f - v·b/q| <= 1`. The remainder
       `t = v·b + shift - e·q` equals `(f - e)·q + r` with `0 <= r < q`, so `|t| < (m·b/q · 2^-51 + 5/2)·q`. It is
       computed modulo 2^64, which gives t itself when that bound is below 2^63, and then `f = e + floor(t / q)`.

    `a·v + f` fits when `m·|a| + m·b/q + 2` does. If a bound fails, Python integers are used.
    """
    if not is_wide(values):
        most = reach(values)
        if not most:
            return np.full_like(values, shift // denominator)
        whole, rest = divmod(numerator, denominator)
        quotient = most * rest // denominator + 2
        if most * abs(whole) + quotient < LIMIT:
            if most * rest + denominator < LIMIT:
                found: Units = values * whole + (values * rest + shift) // denominator
                return found
            if quotient < _ROOM and ((quotient >> _FLOAT_BITS) + 4) * denominator < LIMIT:
                return values * whole + _estimated(values, rest, denominator, shift)
    return of_integers((value * numerator + shift) // denominator for value in values.tolist())


def _estimated(values: Units, numerator: int, denominator: int, shift: int) -> Units:
    estimate = np.rint(values * (numerator / denominator)).astype(np.int64)
    # Unsigned, because there the arithmetic modulo 2^64 is defined.
    product = values.view(np.uint64) * np.uint64(numerator) + np.uint64(shift)
    remainder = (product - estimate.view(np.uint64) * np.uint64(denominator)).view(np.int64)
    found: Units = estimate + remainder // denominator
    return found


def ceilings(values: Units, numerator: int, denominator: int) -> Units:
    """`ceil(v·numerator / denominator)` of every v, exactly."""
    return floors(values, numerator, denominator, denominator - 1)


def running(values: Units, numerator: int, denominator: int) -> Units:
    """The running-total rounding of `v·numerator/denominator`; values may have both signs, the denominator any but zero."""
    if denominator < 0:
        numerator, denominator = -numerator, -denominator
    rounded = floors(prefixes(values), 2 * numerator, 2 * denominator, denominator)
    before = np.zeros_like(rounded)
    before[1:] = rounded[:-1]
    return subtract(rounded, before)


def split(amount: int, weights: Units) -> Units:
    """RT(amount; weights): whole shares in proportion to weights >= 0, whose sum must not be zero."""
    return running(weights, amount, total(weights))
