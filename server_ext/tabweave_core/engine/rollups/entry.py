"""A number typed into a node, as a write: what each aggregate may accept and what it comes to for the leaves."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from ...errors import BadValue, Refused
from .approximate import Approximate
from .methods import Method, Proportional, Repeat
from .refusals import Inexact
from .spread import Request
from .units import Units, to_units, total

if TYPE_CHECKING:
    from .aggregate import Aggregate
    from .column import Measure, Number
    from .rollup import Rollup
    from .writing import Scope

_DIGITS = 400


def request(rollup: Rollup, aggregate: Aggregate, scope: Scope, number: Decimal) -> Request:
    """What typing `number` over an aggregate of a scope asks for.

    Raises NOT_EDITABLE with the reason; SCALE, with the nearest numbers that can be typed instead, for one that cannot be
    stored exactly; EMPTY_GROUP.
    """
    aggregate.require_editable()
    name = aggregate.inverse or aggregate.column
    rollup.require(name)
    measure, values = rollup.measures[name], rollup.columns[name]
    if not number.is_finite():
        raise BadValue("TYPE", f"{name} cannot be {number}.", hint="Give a finite number.", where=name)
    leaves = scope.matched()
    here = values.take(leaves)
    if not len(here):
        raise Refused("EMPTY_GROUP", f"{scope.name} has no rows.", hint="Insert a row first; none is invented.", where=scope.name)
    match aggregate.kind:
        case "sum":
            method: Method = Proportional(_units(measure, number))
        case "mean":
            count = int(np.count_nonzero(here.there())) or len(here)
            method = Proportional(_product(measure, number, Fraction(count), f"over {count:,} rows"))
        case "first" | "last":
            positions = np.arange(len(rollup.columns[name]))[leaves]
            there = positions[here.there()] if here.there().any() else positions
            leaf = there[:1] if aggregate.kind == "first" else there[-1:]
            return Request(measure, values, replace(scope, leaves=leaf, within=None), Repeat(_units(measure, number)))
        case _:
            weight = _weight(rollup, aggregate, scope)
            method = Proportional(_product(measure, number, weight, f"times {aggregate.other} {float(weight):,.10g}"))
    return Request(measure, values, scope, method)


def _weight(rollup: Rollup, aggregate: Aggregate, scope: Scope) -> Fraction:
    """What the typed number is a mean over: the natural sum of the other column."""
    leaves = scope.matched()
    weights = rollup.columns[aggregate.other].take(leaves)
    units: Units = weights.units
    if aggregate.kind == "weighted_mean":
        units = np.where(rollup.columns[aggregate.column].take(leaves).there(), units, 0)
    measure = rollup.measures[aggregate.other]
    found = Fraction(Approximate.total(units)) if measure.approximate else Fraction(total(units), 10**measure.scale)
    if not found:
        message = f"{aggregate.other} of {scope.name} adds up to 0, so {aggregate.label} cannot be anything there."
        raise Refused("NOT_EDITABLE", message, hint=f"Enter {aggregate.other} first.", where=aggregate.label)
    return found


def _units(measure: Measure, number: Decimal) -> Number:
    return float(number) if measure.approximate else to_units(number, measure.scale, measure.name)


def _product(measure: Measure, number: Decimal, factor: Fraction, how: str) -> Number:
    """`number · factor` in units, or the nearest numbers for which that is whole."""
    exact = Fraction(number) * factor
    if measure.approximate:
        return float(exact)
    steps = factor * 10**measure.scale
    units = Fraction(number) * steps
    if units.denominator == 1:
        return int(units)
    message = f"{number} {how} is no sum that {measure.name} can hold with {measure.scale} decimals."
    raise Inexact(message, nearest_exact(Fraction(number), steps), where=measure.name)


def nearest_exact(number: Fraction, steps: Fraction) -> tuple[Decimal, ...]:
    """The decimals next to `number`, the nearer first, that give a whole number when multiplied by `steps`."""
    odd = abs(steps.numerator)
    for prime in (2, 5):
        while odd % prime == 0:
            odd //= prime
    step = Fraction(odd) / abs(steps)
    below = number // step
    ends = sorted((below * step, (below + 1) * step), key=lambda end: (abs(end - number), end))
    return tuple(_decimal(end) for end in ends)


def _decimal(number: Fraction) -> Decimal:
    with localcontext() as context:
        context.prec = _DIGITS
        return (Decimal(number.numerator) / Decimal(number.denominator)).normalize()
