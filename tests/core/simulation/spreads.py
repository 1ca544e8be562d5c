"""Totals that somebody writes in a run, and what must become of the table: exactly what was asked, and nothing beside (I6)."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from random import Random
from typing import TYPE_CHECKING, Any

from core.simulation.totals import GROUP, NUMBER, PRICE, ROLLUPS, needed
from tabweave_core.protocol import planning as p
from tabweave_core.protocol.ops import Lock, Op, Spread
from tabweave_core.protocol.schema import RangeFilter, SetFilter

if TYPE_CHECKING:
    from core.simulation.follower import Follower
    from core.simulation.judge import State

SETTING = (p.Proportional, p.Ratio, p.Equal, p.EqualIncrement, p.Weighted, p.WeightedIncrement)
"""The methods after which the total is the number."""
METHODS: list[p.Method] = [
    p.Proportional(),
    p.Proportional(),
    p.Ratio(force=True),
    p.Equal(),
    p.Equal(include_null=True),
    p.EqualIncrement(),
    p.Weighted(ref=p.Reference(column=PRICE)),
    p.WeightedIncrement(ref=p.Reference(rev=0)),
    p.Weighted(ref=p.Reference(rev=1)),
    p.Repeat(),
    p.Add(),
    p.Subtract(split="equal"),
    p.Percent(),
    p.RelativePercent(ref=p.Reference(rev=0)),
    p.CopyOf(ref=p.Reference(rev=0)),
    p.Clear(),
    p.Zero(),
    p.MoveTo(to=p.Coordinate(path=["y"])),
]


def draw(chance: Random, who: Follower) -> Op:
    """A total written, or some of the rows locked or freed."""
    known = [rollup for rollup in ROLLUPS if needed(rollup) <= set(who.columns)] or ROLLUPS
    rollup = chance.choice(known)
    if chance.random() < 0.12:
        at = [p.Coordinate(path=_path(chance, who, rollup))]
        return Lock(rollup=rollup, at=at, aggregates=[0], locked=chance.random() < 0.5)
    targets = [_target(chance, who, rollup, 0)]
    if rollup.aggregates[-1].column == PRICE and chance.random() < 0.2:
        targets.append(_target(chance, who, rollup, 1))
    holds = [
        p.Coordinate(path=_path(chance, who, rollup), each=chance.random() < 0.3) for _ in range(chance.choice((0, 0, 0, 1, 2)))
    ]
    return Spread(rollup=rollup, targets=targets, holds=holds)


def _target(chance: Random, who: Follower, rollup: p.RollupDef, aggregate: int) -> p.Target:
    method = chance.choice(METHODS)
    value = None if isinstance(method, p.Clear | p.Zero | p.CopyOf) else str(chance.randint(-20, 300))
    where = [RangeFilter(column=NUMBER, lo=chance.randint(0, 9))] if chance.random() < 0.1 else []
    if rollup.across is not None and chance.random() < 0.6:
        where = [SetFilter(column=GROUP, values=[chance.choice("xy")])]
    at = p.Coordinate(path=_path(chance, who, rollup), where=list(where))
    return p.Target(at=at, aggregate=aggregate, value=value, method=method)


def _path(chance: Random, who: Follower, rollup: p.RollupDef) -> list[str | None]:
    row = chance.choice(who.order) if who.order else 0
    depth = chance.choice((0, 1, 1, 2))
    return [who.cells.get((cid, row)) for cid in rollup.levels[:depth]]


def fault(op: Spread, before: State, after: State) -> str:
    """What a spread did to the table that it should not have, or did not do; empty if nothing."""
    if before.order != after.order or before.columns != after.columns:
        return "rows or columns are others"
    written = {op.rollup.aggregates[target.aggregate].column for target in op.targets}
    free = {row for target in op.targets for at in _places(target) for row in _rows(op, before, at)}
    changed = {cell for cell, value in before.cells.items() if after.cells[cell] != value}
    strayed = {(cid, row) for cid, row in changed if cid not in written or (row not in free and not op.holds)}
    if strayed:
        return f"it wrote {strayed}"
    for target in op.targets:
        cid, rows = op.rollup.aggregates[target.aggregate].column, _rows(op, before, target.at)
        total = _total(after, cid, rows)
        if isinstance(target.method, SETTING) and total != Decimal(target.value or 0):
            return f"the total of {target.at} is {total}"
        filled = {before.cells[cid, row] is None for row in rows if (cid, row) in changed}
        if isinstance(target.method, SETTING) and len(filled) > 1 and not getattr(target.method, "include_null", False):
            return f"it wrote some missing cells of {target.at}"
        if isinstance(target.method, p.MoveTo) and _total(before, cid, before.order) != _total(after, cid, before.order):
            return f"what was moved from {target.at} did not arrive"
        for hold in op.holds:
            held = _rows(op, before, hold)
            if _total(before, cid, held) != _total(after, cid, held):
                return f"the total of {hold} was held and is {_total(after, cid, held)}"
            if hold.each and any((cid, row) in changed for row in held):
                return f"rows of {hold} were held"
    return ""


def _places(target: p.Target) -> Iterator[p.Coordinate]:
    yield target.at
    if isinstance(target.method, p.MoveTo):
        yield target.method.to


def _rows(op: Spread, state: State, at: p.Coordinate) -> list[int]:
    """The rows of a coordinate, by plain means."""

    def keeps(row: int, each: Any) -> bool:
        value = state.cells[each.column, row]
        return value is not None and (value >= each.lo if isinstance(each, RangeFilter) else value in each.values)

    conditions = [*op.rollup.filter, *at.where]
    labels = list(zip(op.rollup.levels, at.path, strict=False))
    return [
        row
        for row in state.order
        if all(state.cells[cid, row] == label for cid, label in labels) and all(keeps(row, each) for each in conditions)
    ]


def _total(state: State, cid: int, rows: list[int]) -> Any:
    return sum(state.cells[cid, row] or 0 for row in rows)
