"""One total written by one method, without regard to held totals around it: candidates, new values, checks.

It must not know nodes: a total is a set of leaves.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ...errors import BadValue, Refused
from .approximate import Approximate, settle
from .column import Measure, Number, Values
from .holds import Hold, mask_of, size_of
from .methods import Growth, Method, Proportional, Simple, StraightLine
from .plans import Arithmetic, Group, Plan, plan, widens
from .refusals import Infeasible, Unreachable
from .units import Ints, Mask, Units, extent, is_wide, widened
from .whole import Whole

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, eq=False)
class Scope:
    """The coordinate whose total is written: its leaves (ascending, none twice) and what may not change below it.

    `within` is the filter and `frozen` marks held leaves and those the user may not write, both over all leaves. `holds` are
    held totals, wherever they are.
    """

    name: str
    leaves: slice | Ints
    within: Mask | None = None
    frozen: Mask | None = None
    holds: tuple[Hold, ...] = ()

    def matched(self) -> slice | Ints:
        """The leaves inside the filter."""
        if self.within is None:
            return self.leaves
        offset = self.leaves.start if isinstance(self.leaves, slice) else 0
        found = np.flatnonzero(self.within[self.leaves])
        return found + offset if isinstance(self.leaves, slice) else self.leaves[found]


@dataclass(frozen=True, eq=False)
class Spread:
    """What a write comes to: the leaves that change, ascending, with their values before and after, and the total.

    `rows` is how many leaves the write spread to, changed or not. `equal` says that they counted the same because there were
    no proportions. `compensated` names the held total inside which other leaves moved the other way.
    """

    leaves: Ints
    before: Values
    after: Values
    total_before: Number
    total_after: Number
    rows: int
    equal: bool = False
    compensated: str = ""


class Place:
    """A scope with the values in it: what is there, and which leaves may change."""

    def __init__(self, measure: Measure, values: Values, scope: Scope, inside: Sequence[Hold]) -> None:
        self.measure, self.values, self.scope, self.inside = measure, values, scope, inside
        self.arithmetic: Arithmetic = Approximate() if measure.approximate else Whole()
        self.leaves = scope.matched()
        self.size = size_of(self.leaves)
        if not self.size:
            raise Refused(
                "EMPTY_GROUP", f"{scope.name} has no rows.", hint="Insert a row first; none is invented.", where=scope.name
            )
        self.now = values.take(self.leaves)
        self.free = self._free()
        if measure.approximate and not np.isfinite(self.now.units).all():
            message = f"{scope.name} has values in {measure.name} that are not finite."
            raise BadValue("RANGE", message, hint="Correct those first.", where=measure.name)

    def _free(self) -> Mask | None:
        """Which of the leaves may change; None when all may."""
        scope = self.scope
        free = np.ones(self.size, dtype=np.bool_) if scope.frozen is None else ~scope.frozen[self.leaves]
        if self.inside:
            held = mask_of(self.inside[0].leaves, len(self.values))
            for hold in self.inside[1:]:
                held[hold.leaves] = True
            free &= ~held[self.leaves]
        if not free.any():
            code, what = ("HELD", "is held") if self.size == 1 else ("ALL_HELD", f"has {self.size:,} rows and all are held")
            hint = "Release one; locked rows and rows that you may not write count as held."
            raise Refused(code, f"{scope.name} {what}.", hint=hint, where=scope.name)
        return None if free.all() else free

    def chosen(self, method: Simple) -> Mask | None:
        """The leaves that a method works on: those that may change and have a value, or all that may when none has one."""
        if self.now.present is None or widens(method):
            return self.free
        there = self.now.present if self.free is None else self.now.present & self.free
        return there if there.any() else self.free

    def group(self, chosen: Mask | None) -> Group:
        """Those leaves as a method sees them."""
        total = self.arithmetic.total
        if chosen is None:
            return Group(self.arithmetic, self.leaves, self.now.units, 0, self.scope.name)
        held = total(self.now.units[~chosen])
        return Group(self.arithmetic, self.positions()[chosen], self.now.units[chosen], held, self.scope.name)

    def positions(self) -> Ints:
        """The leaves one by one."""
        return np.arange(self.leaves.start, self.leaves.stop) if isinstance(self.leaves, slice) else self.leaves

    def write(self, method: Method) -> Spread:
        """What a method does here."""
        try:
            with np.errstate(over="ignore", invalid="ignore"):
                return self._write(method)
        except OverflowError:
            raise self._overflow() from None

    def _write(self, method: Method) -> Spread:
        if isinstance(method, StraightLine | Growth):
            return self._write_along(method)
        chosen = self.chosen(method)
        group = self.group(chosen)
        wanted = plan(method, group)
        units = self._filled(wanted, group, self.now.units[:0] if chosen is None else self.now.units[~chosen])
        self._require_type(units)
        return self._result(chosen, units, wanted)

    def reach(self, method: Simple) -> tuple[Any, Any]:
        """The least and greatest total that the method can reach here; None where nothing bounds it."""
        group = self.group(self.chosen(method))
        wanted = plan(method, group)
        if wanted.weights is None:
            return None, None
        ends = self.arithmetic.reach(wanted.base, wanted.weights, self.measure.low, self.measure.high)
        least, most = (None if end is None else end + group.held for end in ends)
        return least, most

    def _filled(self, wanted: Plan, group: Group, rest: Units) -> Units:
        low, high = self.measure.low, self.measure.high
        if wanted.weights is None:
            self._require_declared(wanted.base if wanted.present is None else wanted.base[wanted.present])
            return wanted.base
        if wanted.present is not None:
            if not wanted.present.any():
                return wanted.base
            base, weights = wanted.base[wanted.present], wanted.weights[wanted.present]
            units = widened(wanted.base).copy()
            units[wanted.present] = self._filled(replace(wanted, base=base, weights=weights, present=None), group, rest)
            return units.astype(np.float64) if self.measure.approximate else units
        if self.measure.approximate:
            self._require_type(wanted.base)
        try:
            units = self.arithmetic.fill(wanted.base, wanted.weights, wanted.amount, low, high)
        except Unreachable as error:
            held = group.held
            raise self._infeasible(*(None if end is None else end + held for end in (error.least, error.most))) from None
        if self.measure.approximate:
            goal = wanted.goal
            if goal is None:
                goal = math.fsum((*wanted.base.tolist(), wanted.amount, *rest.tolist()))
            self._require_type(np.append(units, goal))
            try:
                return settle(units, wanted.weights > 0, rest, goal, low, high)
            except Unreachable as error:
                raise self._infeasible(error.least, error.most) from None
        return units

    def _infeasible(self, least: Number | None, most: Number | None) -> Infeasible:
        message = f"{self.scope.name} cannot become that: {self.measure.name} {self._bounds()}."
        return Infeasible(message, self.measure, least, most)

    def _bounds(self) -> str:
        low, high = (None if side is None else self.measure.told(side) for side in (self.measure.low, self.measure.high))
        if low is not None and high is not None:
            return f"lies between {low} and {high}"
        if low is not None:
            return f"is at least {low}"
        return f"is at most {high}" if high is not None else "is too coarse there for exactly that sum"

    def _require_declared(self, units: Units) -> None:
        least, most = _extent(units)
        low, high = self.measure.low, self.measure.high
        if len(units) and ((low is not None and least < low) or (high is not None and most > high)):
            beyond = least if low is not None and least < low else most
            message = f"{self.measure.told(beyond)} is not allowed: {self.measure.name} {self._bounds()}."
            raise BadValue("RANGE", message, hint="Nothing was written.", where=self.measure.name)

    def _require_type(self, units: Units) -> None:
        if self.measure.approximate:
            if not np.isfinite(units).all():
                raise self._overflow()
            return
        least, most = extent(units)
        if (self.measure.least is not None and least < self.measure.least) or (
            self.measure.most is not None and most > self.measure.most
        ):
            raise self._overflow()

    def _overflow(self) -> BadValue:
        message = f"A row of {self.scope.name} would get a value that {self.measure.name} cannot hold."
        return BadValue("RANGE", message, hint="Write a smaller total, or give the column a wider type.", where=self.measure.name)

    def _result(self, chosen: Mask | None, units: Units, wanted: Plan) -> Spread:
        before = self.now
        after = units
        if chosen is not None:
            after = (widened(before.units) if is_wide(units) else before.units).copy()
            after[chosen] = units
        changed = after != before.units
        present = None
        if before.present is not None or wanted.present is not None:
            present = before.there().copy()
            present[slice(None) if chosen is None else chosen] = True if wanted.present is None else wanted.present
            changed = changed | (present != before.there())
        changed = changed.astype(np.bool_)
        old = before.take(changed)
        new = Values.of(after[changed], None if present is None else present[changed])
        total = self.arithmetic.total
        return Spread(
            self.positions()[changed],
            Values.of(old.units, old.present),
            new,
            total(before.units),
            total(after),
            self.size if chosen is None else int(np.count_nonzero(chosen)),
            equal=wanted.equal,
        )

    def _write_along(self, method: StraightLine | Growth) -> Spread:
        """Every place of the axis gets its total; one whose rows are all held keeps its own."""
        places = method.axis[self.leaves]
        first, last = extent(places)
        totals = self._totals(method, last - first)
        order = np.argsort(places, kind="stable")
        parts = []
        for rows in np.split(order, np.flatnonzero(np.diff(places[order])) + 1):
            if self.free is None or self.free[rows].any():
                scope = Scope(self.scope.name, self.positions()[rows], None, self.scope.frozen)
                goal = totals[int(places[rows[0]]) - first]
                parts.append(Place(self.measure, self.values, scope, self.inside).write(Proportional(goal)))
        total = self.arithmetic.total
        before = total(self.now.units)
        moved = [difference(self.measure, part.total_after, part.total_before) for part in parts]
        return join(parts, before, sum(moved, before))

    def _totals(self, method: StraightLine | Growth, steps: int) -> list[Number]:
        name = self.measure.name
        if isinstance(method, StraightLine):
            if not steps and method.first != method.last:
                message = f"{self.scope.name} has one place on the axis, and a line needs two."
                raise BadValue("CHECK", message, hint="Give the same number as first and last.", where=name)
            return [self.arithmetic.line(method.first, method.last, step, steps or 1) for step in range(steps + 1)]
        if method.percent < -100:
            message = f"{name} cannot grow by {method.percent} % a step: it would change sign every time."
            raise BadValue("CHECK", message, hint="Give -100 or more.", where=name)
        return self.arithmetic.growth(method.first, method.percent, steps)


def _extent(units: Units) -> tuple[Number, Number]:
    if units.dtype == np.float64:
        return (float(units.min()), float(units.max())) if len(units) else (0.0, 0.0)
    return extent(units)


def difference(measure: Measure, after: Number, before: Number) -> Number:
    """By how much a total moved."""
    return math.fsum((after, -before)) if measure.approximate else after - before


def join(parts: Sequence[Spread], before: Number, after: Number, *, compensated: str = "") -> Spread:
    """Several writes to different leaves as one, with the total they are about."""
    leaves = np.concatenate([part.leaves for part in parts])
    order = np.argsort(leaves, kind="stable")
    return Spread(
        leaves[order],
        Values.joined([part.before for part in parts]).take(order),
        Values.joined([part.after for part in parts]).take(order),
        before,
        after,
        sum(part.rows for part in parts),
        equal=any(part.equal for part in parts),
        compensated=compensated,
    )
