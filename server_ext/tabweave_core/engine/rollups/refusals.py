"""Refused totals that come with what would be accepted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...errors import BadValue, Refused

if TYPE_CHECKING:
    from decimal import Decimal


class Inexact(BadValue):
    """A number that cannot be stored without rounding; `offer` holds the nearest that can, best first."""

    def __init__(self, message: str, offer: tuple[Decimal, ...], *, where: str = "") -> None:
        hint = f"Nearest: {' or '.join(format(number, 'f') for number in offer)}."
        super().__init__("SCALE", message, hint=hint, where=where)
        self.offer = offer


class Infeasible(Refused):
    """A total that the leaves cannot reach; `least` and `most` are the totals they can, None where nothing bounds them."""

    def __init__(self, message: str, least: Decimal | float | None, most: Decimal | float | None, *, where: str = "") -> None:
        low = "no limit" if least is None else f"{least}"
        high = "no limit" if most is None else f"{most}"
        hint = f"It can be {low}." if low == high else f"It can be from {low} to {high}."
        super().__init__("INFEASIBLE", message, hint=hint, where=where)
        self.least = least
        self.most = most
