"""Writing totals: what becomes of every leaf, and what is compensated so that a held total around the written one stays.

Everything is computed from what is given and nothing is written; the same input gives the same bytes. It must not know nodes:
a total is a set of leaves.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from ...errors import BadValue, Refused
from .holds import Hold, mask_of, require_nested, surroundings
from .methods import Add, Growth, Method, Repeat, StraightLine
from .refusals import Infeasible
from .writing import Place, Scope, Spread, difference, join

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .column import Measure, Number, Values
    from .units import Ints


@dataclass(frozen=True, eq=False)
class Request:
    """One measure's part of an operation."""

    measure: Measure
    values: Values
    scope: Scope
    method: Method


def spread_all(requests: Sequence[Request]) -> list[Spread]:
    """Several totals in one operation, each for itself; if one is refused, all are.

    Those of one measure must share no rows, nor move any of each other's to make up for a held total.
    """
    sizes = {request.measure.name: len(request.values) for request in requests}
    counts = Counter(request.measure.name for request in requests)
    claims = {name: np.full(sizes[name], -1) for name, count in counts.items() if count > 1}
    for number, request in enumerate(requests):
        if request.measure.name in claims:
            _claim(claims[request.measure.name], request.scope.leaves, number, requests)
    found = []
    for number, request in enumerate(requests):
        found.append(spread(request.measure, request.values, request.scope, request.method))
        if request.measure.name in claims:
            _claim(claims[request.measure.name], found[-1].leaves, number, requests, found[-1].compensated)
    return found


def _claim(claimed: Ints, leaves: slice | Ints, number: int, requests: Sequence[Request], held: str = "") -> None:
    """Notes the leaves of a request; refuses (CHECK) those that another one has, or moves to keep the total `held`."""
    there = claimed[leaves]
    taken = there[(there >= 0) & (there != number)]
    if len(taken):
        one, other = (requests[each].scope.name for each in (int(taken[0]), number))
        if held:
            message = f"{held} is held, so writing {other} would move rows of {one}, which is written too."
            raise BadValue("CHECK", message, hint=f"Release {held}, or write them one after the other.", where=held)
        message = f"{one} and {other} are about the same rows."
        raise BadValue("CHECK", message, hint="Write one of them, or one after the other.")
    claimed[leaves] = number


def spread(measure: Measure, values: Values, scope: Scope, method: Method) -> Spread:
    """What writing a total by a method does to the leaves of one column.

    Raises EMPTY_GROUP, HELD, ALL_HELD, HOLD_CONFLICT, INFEASIBLE, NEAR_ZERO_BASE, RANGE, CHECK, NOT_EDITABLE.
    """
    if not measure.number and not isinstance(method, Repeat):
        message = f"{measure.name} is not a number: all that can be written is one value for all rows."
        raise Refused("NOT_EDITABLE", message, hint="Use repeat.", where=measure.name)
    require_nested(scope.holds, len(values))
    inside, around = surroundings(scope.name, scope.leaves, scope.holds, len(values))
    place = Place(measure, values, scope, inside)
    done = place.write(method)
    moved = difference(measure, done.total_after, done.total_before)
    if around is None or not moved:
        return done
    try:
        other = _compensation(place, around, moved)
    except Infeasible as error:
        raise _narrowed(place, method, around, error) from None
    joined = join((done, other), done.total_before, done.total_after, compensated=around.name)
    return replace(joined, rows=done.rows, equal=done.equal)


def move(measure: Measure, values: Values, source: Scope, target: Scope, amount: Number) -> Spread:
    """Takes `amount` from one coordinate and gives it to another, both proportionally; what is above both stays.

    Both scopes have the same holds. A held total around only one of them would change, so that is refused.
    """
    count = len(values)
    if mask_of(source.leaves, count)[target.leaves].any():
        raise BadValue("CHECK", f"{source.name} and {target.name} share rows.", hint="Move between two that share none.")
    require_nested(source.holds, count)
    parts, around = [], []
    for scope, change in ((source, -amount), (target, amount)):
        inside, above = surroundings(scope.name, scope.leaves, source.holds, count)
        around.append(above)
        parts.append(Place(measure, values, scope, inside).write(Add(change)))
    if around[0] is not around[1]:
        names = [hold.name for hold in around if hold is not None]
        message = f"{names[0]} is held, and this would change its total."
        raise Refused("HELD", message, hint="Release the hold, or move within it.", where=names[0])
    whole = [sum(totals) for totals in zip(*((part.total_before, part.total_after) for part in parts), strict=True)]
    return join(parts, *whole)


def _compensation(place: Place, around: Hold, moved: Number) -> Spread:
    """The other leaves of a held total move by what the written ones did, the other way."""
    scope, count = place.scope, len(place.values)
    others = mask_of(around.leaves, count)
    others[scope.leaves] = False
    inner = [hold for hold in scope.holds if others[hold.leaves].all()]
    rest = Scope(around.name, np.flatnonzero(others), scope.within, scope.frozen)
    try:
        return Place(place.measure, place.values, rest, inner).write(Add(-moved))
    except Refused as error:
        if error.code not in ("HELD", "ALL_HELD", "EMPTY_GROUP"):
            raise
        message = f"{around.name} is held and nothing else below it may change, so {scope.name} stays as it is."
        raise Refused("ALL_HELD", message, hint=f"Release {around.name} or something below it.", where=around.name) from None


def _narrowed(place: Place, method: Method, around: Hold, error: Infeasible) -> Infeasible:
    """What the written total can be when the others of a held one have to make room for it within their bounds."""
    scope, values = place.scope, place.values
    others = replace(scope, leaves=np.setdiff1d(np.arange(len(values))[around.leaves], np.arange(len(values))[scope.leaves]))
    total = place.arithmetic.total
    both = total(place.now.units) + total(values.take(others.matched()).units)
    least, most = error.units
    ends: list[list[Number]] = [[] if most is None else [both - most], [] if least is None else [both - least]]
    if not isinstance(method, StraightLine | Growth):
        for end, own in zip(ends, place.reach(method), strict=True):
            end += [] if own is None else [own]
    message = f"{scope.name} cannot become that while {around.name} is held."
    return Infeasible(message, place.measure, max(ends[0], default=None), min(ends[1], default=None))
