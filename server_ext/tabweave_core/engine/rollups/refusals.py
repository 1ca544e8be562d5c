"""Refused totals that come with what would be accepted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...errors import BadValue, Refused

if TYPE_CHECKING:
    from decimal import Decimal

    from .column import Measure, Number


class Inexact(BadValue):
    """A number that cannot be stored without rounding; `offer` holds the nearest that can, best first."""

    def __init__(self, message: str, offer: tuple[Decimal, ...], *, where: str = "") -> None:
        hint = f"Nearest: {' or '.join(format(number, 'f') for number in offer)}."
        super().__init__("SCALE", message, hint=hint, where=where)
        self.offer = offer


class Infeasible(Refused):
    """A total that the leaves cannot reach.

    `least` and `most` are the totals that they can, None where nothing bounds them; `units` are both in units.
    """

    def __init__(self, message: str, measure: Measure, least: Number | None, most: Number | None) -> None:
        self.units = (least, most)
        self.least, self.most = (None if end is None else measure.natural(end) for end in self.units)
        low, high = ("" if end is None else measure.told(end) for end in self.units)
        if not low or not high:
            hint = f"It can be {high} or less." if not low else f"It can be {low} or more."
        else:
            hint = f"It can be {low}." if least == most else f"It can be from {low} to {high}."
        super().__init__("INFEASIBLE", message, hint=hint, where=measure.name)


class Unreachable(Exception):
    """Inside this package: bounds that no split meets; the sums that the leaves in question can reach."""

    def __init__(self, least: Number | None, most: Number | None) -> None:
        super().__init__(least, most)
        self.least = least
        self.most = most
