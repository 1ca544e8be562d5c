"""Charts of groups: bars, slices, and pairs of values in a heat map."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from ..plans.figures import key
from ..plans.shape import NUMBERS, TIMES
from ..protocol.condition import Key
from .marks import Marks, figure, gather, number, split, width
from .spec import MOST_MARKS

if TYPE_CHECKING:
    from ..plans.draft import Draft
    from .spec import Spec

_ORDERS = {"x": "place", "-x": "place DESC", "y": "total NULLS LAST, place", "-y": "total DESC NULLS LAST, place"}


def groups(draft: Draft, spec: Spec) -> Marks:
    """Figures per value of x: the greatest groups where there are too many."""
    color, facet = split(draft, spec)
    figures = [figure(draft, each) for each in spec.measures]
    names = [f"y{place}" for place in range(len(figures))]
    x, place = ("'all'", "1") if spec.x is None else key(draft, spec.x)
    listed = ", ".join(f"{sql} AS {name}" for sql, name in zip(figures, names, strict=True))
    grouped = (
        f"SELECT {color} AS color, {facet} AS facet, {x} AS x, min({place}) AS place, {listed} FROM {draft.last} GROUP BY 1, 2, 3"
    )
    which = "abs(total) DESC NULLS LAST, place" if spec.sort in ("x", "-x") else _ORDERS[spec.sort]
    rows = draft.ask(
        f"SELECT * FROM (WITH g AS MATERIALIZED ({grouped}), "
        f"t AS (SELECT x, min(place) AS place, {_total(draft, spec)} AS total FROM g GROUP BY x), "
        f"c AS (SELECT *, row_number() OVER (ORDER BY {which}) AS taken, "
        f"row_number() OVER (ORDER BY {_ORDERS[spec.sort]}) AS nth, "
        "count(*) OVER () AS known FROM t) "
        f"SELECT g.color, g.facet, g.x, {', '.join(f'g.{name}' for name in names)}, c.known FROM g "
        f"JOIN c ON c.x IS NOT DISTINCT FROM g.x WHERE taken <= {spec.top} ORDER BY g.color, g.facet, nth)"
    )
    known = rows[0][-1] if rows else 0
    return Marks(gather([row[:-1] for row in rows[:MOST_MARKS]], ["x", *names]), max(0, known - spec.top))


def _total(draft: Draft, spec: Spec) -> str:
    """What groups are ranked by; dates and texts by the greatest, for they cannot be added up."""
    wanted = spec.measures[0]
    counts = wanted.fn in ("count", "distinct", "sum", "mean", "median", "stddev", "variance", "share")
    return (
        "sum(y0)"
        if counts or (wanted.column and draft.shape.family(wanted.column) in ("integer", "float", "decimal"))
        else "count(y0)"
    )


def cells(draft: Draft, spec: Spec) -> Marks:
    """A figure for each pair of values; the most frequent of each where there are too many."""
    assert spec.x is not None
    assert spec.y is not None
    most = math.isqrt(MOST_MARKS)
    x, wide = _classes(draft, spec.x, most)
    y, high = _classes(draft, Key(column=spec.y), most)
    place = key(draft, spec.x)[1] if not wide else x
    grouped = (
        f"SELECT {x} AS x, {y} AS y, min({place}) AS place, count(*) AS rows, "
        f"{figure(draft, spec.measures[0])} AS n "
        f"FROM {draft.last} GROUP BY 1, 2"
    )
    kept = [
        f"SELECT {name} FROM (SELECT {name}, sum(rows) AS total FROM g WHERE {name} IS NOT NULL GROUP BY 1 "
        f"ORDER BY total DESC, 1 LIMIT {most})"
        for name in ("x", "y")
    ]
    rows = draft.ask(
        f"SELECT * FROM (WITH g AS MATERIALIZED ({grouped}) SELECT NULL, NULL, x, y, n, count(*) OVER () FROM g "
        f"WHERE x IN ({kept[0]}) AND y IN ({kept[1]}) ORDER BY place, y)"
    )
    sizes = {name: size for name, size in (("x", wide), ("y", high)) if size}
    return Marks(gather([row[:-1] for row in rows], ["x", "y", "n"]), classes=sizes)


def _classes(draft: Draft, wanted: Key, most: int) -> tuple[str, float]:
    """An axis of a heat map in SQL: values, or the middles of classes where numbers or dates have too many; and their width.

    The width is 0 for values; that of dates is in microseconds.
    """
    value = key(draft, wanted)[0]
    family = draft.shape.family(wanted.column)
    if wanted.unit is not None or family not in NUMBERS | TIMES:
        return value, 0.0
    at = number(value, draft, wanted)
    ((distinct, lo, hi),) = draft.ask(
        f"SELECT approx_count_distinct({value}), min({at}), max({at}) FROM {draft.last} WHERE isfinite(CAST({at} AS DOUBLE))"
    )
    if distinct <= most:
        return value, 0.0
    size = width(distinct, (lo, hi), 0.0, most * 2 // 3, whole=family == "integer")
    first = math.floor(lo / size) * size
    place = f"floor((CAST({at} AS DOUBLE) - {draft.bind(first)}) / {draft.bind(size)})"
    middle = f"{draft.bind(first)} + ({place} + 0.5) * {draft.bind(size)}"
    classed = f"make_timestamp(CAST({middle} AS BIGINT))" if family in TIMES else f"({middle})"
    return f"CASE WHEN isfinite(CAST({at} AS DOUBLE)) THEN {classed} END", size
