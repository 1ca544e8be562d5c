"""Lines and areas: values or figures along x.

More values than pixels are cut to the first, last, least and greatest of each pixel column (M4: Jugel et al., VLDB 2014), which
draws the same pixels as all of them would.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import msgspec

from ..plans.figures import key
from ..plans.rows import keep
from ..plans.shape import TIMES, quote
from .marks import Marks, Series, bounds, figure, gather, number, split, zoom
from .spec import MOST_MARKS

if TYPE_CHECKING:
    from ..plans.draft import Draft
    from ..protocol.condition import Key, Unit
    from .marks import Frame
    from .spec import Spec

POINTS = 4
"""Points that a pixel column of a line needs."""
_MOST_STEPS = 1000
_UNITS: tuple[tuple[Unit, float], ...] = (
    ("minute", 60e6), ("hour", 3600e6), ("day", 86_400e6), ("week", 7 * 86_400e6), ("month", 30 * 86_400e6),
    ("quarter", 91 * 86_400e6),
)  # fmt: skip


def lines(draft: Draft, spec: Spec, frame: Frame) -> Marks:
    """The points of each line, in order of x."""
    assert spec.x is not None
    x = stepped(draft, spec.x, frame) if spec.measures else spec.x
    if not spec.measures:
        zoom(draft, spec, frame)
    else:
        _whole_steps(draft, x, frame)
    color, facet = split(draft, spec)
    along, _ = key(draft, x)
    head = f"SELECT {color} AS color, {facet} AS facet, {along} AS x"
    if spec.measures:
        listed = ", ".join(f"{figure(draft, each)} AS y{place}" for place, each in enumerate(spec.measures))
        text = f"{head}, {listed} FROM {draft.last} WHERE {along} IS NOT NULL GROUP BY 1, 2, 3"
    else:
        assert spec.y is not None
        y = quote(spec.y)
        text = f"{head}, {y} AS y0 FROM {draft.last} WHERE {along} IS NOT NULL AND {y} IS NOT NULL"
    names = [f"y{place}" for place in range(max(1, len(spec.measures)))]
    rows = draft.ask(f"SELECT color, facet, x, {', '.join(names)} FROM ({text}) LIMIT {MOST_MARKS + 1}")
    if len(rows) <= MOST_MARKS:
        return Marks(gather(sorted(rows, key=_place), ["x", *names]))
    at = number("x", draft, x)
    ((series, lo, hi),) = draft.ask(f"SELECT count(DISTINCT (color, facet)), min({at}), max({at}) FROM ({text})")
    columns = max(1, min(frame.width, MOST_MARKS // (POINTS * max(1, series) * len(names))))
    return Marks(_m4(draft, text, at, columns, (lo, hi), names))


def _place(row: tuple[Any, ...]) -> tuple[str, str, Any]:
    return str(row[0]), str(row[1]), row[2]


def _whole_steps(draft: Draft, x: Key, frame: Frame) -> None:
    """Leaves the steps of a date that a zoom shows, each of them whole."""
    value, unit = quote(x.column), "day" if x.unit == "date" else x.unit
    form = "{}" if unit in (None, "weekday", "month_name") else f"date_trunc('{unit}', {{}})"
    tests = [f"{form.format(value)} {cmp} {form.format(bound)}" for cmp, bound in bounds(draft, x.column, frame.lo, frame.hi)]
    if tests:
        keep(draft, " AND ".join(tests))


def stepped(draft: Draft, x: Key, frame: Frame) -> Key:
    """A date along which figures are drawn, cut to days, weeks, months, … where it would have too many steps."""
    if x.unit is not None or draft.shape.family(x.column) not in TIMES:
        return x
    at = number(quote(x.column), draft, x)
    sides = [f" AND {quote(x.column)} {cmp} {value}" for cmp, value in bounds(draft, x.column, frame.lo, frame.hi)]
    ((lo, hi),) = draft.ask(f"SELECT min({at}), max({at}) FROM {draft.last} WHERE TRUE{''.join(sides)}")
    if lo is None or (draft.shape.family(x.column) == "date" and (hi - lo) / 86_400e6 <= _MOST_STEPS):
        return x
    ((distinct,),) = draft.ask(f"SELECT approx_count_distinct({quote(x.column)}) FROM {draft.last} WHERE TRUE{''.join(sides)}")
    if distinct <= _MOST_STEPS:
        return x
    unit: Unit = next((each for each, size in _UNITS if (hi - lo) / size <= _MOST_STEPS), "year")
    return msgspec.structs.replace(x, unit=unit)


def _m4(draft: Draft, text: str, at: str, columns: int, bounds: tuple[float, float], names: list[str]) -> tuple[Series, ...]:
    lo, hi = bounds
    scale = draft.bind(columns / ((hi - lo) or 1))
    pixel = f"least({columns - 1}, CAST(floor(({at} - {draft.bind(lo)}) * {scale}) AS INTEGER))"
    found: dict[tuple[Any, Any], Series] = {}
    for name in names:
        points = (
            f"[{{x: min(x), y: arg_min({name}, x)}}, {{x: arg_min(x, {name}), y: min({name})}}, "
            f"{{x: arg_max(x, {name}), y: max({name})}}, {{x: max(x), y: arg_max({name}, x)}}]"
        )
        buckets = (
            f"SELECT color, facet, {pixel} AS pixel, {points} AS points FROM ({text}) WHERE {name} IS NOT NULL GROUP BY 1, 2, 3"
        )
        rows = draft.ask(
            f"SELECT DISTINCT color, facet, p.x AS x, p.y AS y FROM (SELECT color, facet, unnest(points) AS p FROM ({buckets})) "
            "ORDER BY color, facet, x, y"
        )
        for each in gather(rows, [f"x_{name}" if len(names) > 1 else "x", name]):
            known = found.get((each.color, each.facet))
            found[each.color, each.facet] = each if known is None else replace(known, columns={**known.columns, **each.columns})
    return tuple(found.values())
