"""Charts of single values: distributions, points, density grids and boxes."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from ..plans.figures import key
from ..plans.shape import TIMES, quote
from .marks import Marks, bounds, gather, number, split, width, zoom
from .spec import MOST_MARKS

if TYPE_CHECKING:
    from ..plans.draft import Draft
    from .marks import Frame
    from .spec import Spec

GRID = (100, 60)
"""Columns and rows of a density grid."""
MOST_OUTLIERS = 40
MOST_TOLD = 8_000_000
"""Of so many values the rule asks for more than 100 classes, however they lie, so that their spread need not be known."""


def histogram(draft: Draft, spec: Spec, frame: Frame) -> Marks:
    """Counts of classes of equal width, which Freedman and Diaconis' rule gives; at most 100.

    A zoom counts anew; the first and the last class, which it may cut, are whole.
    """
    assert spec.x is not None
    color, facet = split(draft, spec)
    at = number(key(draft, spec.x)[0], draft, spec.x)
    finite = f"isfinite(CAST({at} AS DOUBLE))"
    sides = bounds(draft, spec.x.column, frame.lo, frame.hi)
    tests = " AND ".join([finite, *(f"{quote(spec.x.column)} {cmp} {value}" for cmp, value in sides)])
    ((count, lo, hi),) = draft.ask(f"SELECT count(*), min({at}), max({at}) FROM {draft.last} WHERE {tests}")
    if not count:
        return Marks(())
    whole = spec.x.unit is None and draft.shape.family(spec.x.column) == "integer"
    spread = 0.0
    if spec.bins is None and count < MOST_TOLD:
        quartiles = f"quantile_cont(CAST({at} AS DOUBLE), [0.25, 0.75])"
        (((q1, q3),),) = draft.ask(f"SELECT {quartiles} FROM {draft.last} WHERE {tests}")
        spread = q3 - q1
    size = width(count, (lo, hi), spread, spec.bins, whole=whole)
    least, most = math.floor(lo / size), math.floor(hi / size)
    nth = f"CAST(floor(({at} - {draft.bind(least * size)}) / {draft.bind(size)}) AS BIGINT)"
    rows = draft.ask(
        f"SELECT {color} AS color, {facet} AS facet, {nth} AS nth, count(*) FROM {draft.last} WHERE {finite} "
        f"AND nth BETWEEN 0 AND {most - least} GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"
    )
    named = [(c, f, (least + place) * size, (least + place + 1) * size, n) for c, f, place, n in rows]
    return Marks(gather(named, ["lo", "hi", "n"]))


def scatter(draft: Draft, spec: Spec, frame: Frame) -> Marks:
    """Every point where they are few, else how many fall into each cell of a grid."""
    assert spec.x is not None
    assert spec.y is not None
    zoom(draft, spec, frame)
    color, facet = split(draft, spec)
    x, y = quote(spec.x.column), quote(spec.y)
    rows = draft.ask(
        f"SELECT {color} AS color, {facet} AS facet, {x}, {y}, _rid, _pos FROM {draft.last} "
        f"WHERE {x} IS NOT NULL AND {y} IS NOT NULL LIMIT {MOST_MARKS + 1}"
    )
    if len(rows) > MOST_MARKS:
        return _density(draft, spec)
    rows.sort(key=lambda row: (str(row[0]), str(row[1]), row[5]))
    return Marks(gather([row[:5] for row in rows], ["x", "y", "rid"]))


def _density(draft: Draft, spec: Spec) -> Marks:
    assert spec.x is not None
    assert spec.y is not None
    columns, rows = GRID
    x = number(quote(spec.x.column), draft, spec.x)
    y = (
        f"epoch_us(CAST({quote(spec.y)} AS TIMESTAMP))"
        if draft.shape.family(spec.y) in TIMES
        else f"CAST({quote(spec.y)} AS DOUBLE)"
    )
    finite = " AND ".join(f"isfinite(CAST({value} AS DOUBLE))" for value in (x, y))
    points = f"SELECT {x} AS x, {y} AS y FROM {draft.last} WHERE {finite}"
    ((left, right, bottom, top),) = draft.ask(f"SELECT min(x), max(x), min(y), max(y) FROM ({points})")
    if left is None:
        return Marks(())
    wide, high = ((right - left) or 1) / columns, ((top - bottom) or 1) / rows
    across = f"least({columns - 1}, CAST(floor((x - {draft.bind(left)}) / {draft.bind(wide)}) AS INTEGER))"
    up = f"least({rows - 1}, CAST(floor((y - {draft.bind(bottom)}) / {draft.bind(high)}) AS INTEGER))"
    found = draft.ask(f"SELECT NULL, NULL, {across} AS i, {up} AS j, count(*) FROM ({points}) GROUP BY 3, 4 ORDER BY 3, 4")
    named = [(c, f, left + (i + 0.5) * wide, bottom + (j + 0.5) * high, n) for c, f, i, j, n in found]
    return Marks(gather(named, ["x", "y", "n"]), dense=True)


def boxes(draft: Draft, spec: Spec) -> Marks:
    """Quartiles, whiskers at the last value within 1.5 interquartile ranges (Tukey), and the values farthest beyond."""
    assert spec.y is not None
    color, facet = split(draft, spec)
    x = key(draft, spec.x)[0] if spec.x is not None else "''"
    y = f"CAST({quote(spec.y)} AS DOUBLE)"
    shown = min(spec.top, MOST_MARKS // (MOST_OUTLIERS + 9))
    same = " AND ".join(f"v.{name} IS NOT DISTINCT FROM g.{name}" for name in ("color", "facet", "x"))
    far = f"y < {_LOW} OR y > {_HIGH}"
    rows = draft.ask(
        f"SELECT * FROM (WITH v AS (SELECT {color} AS color, {facet} AS facet, {x} AS x, {y} AS y FROM {draft.last}), "
        "g AS MATERIALIZED (SELECT color, facet, x, count(*) AS n, avg(y) AS mean, quantile_cont(y, [0.25, 0.5, 0.75]) AS q "
        f"FROM v WHERE isfinite(y) GROUP BY ALL ORDER BY n DESC, x, color, facet LIMIT {shown}) "
        "SELECT g.color, g.facet, g.x, any_value(q[1]), any_value(q[2]), any_value(q[3]), any_value(mean), any_value(n), "
        f"min(y) FILTER (WHERE y >= {_LOW}), max(y) FILTER (WHERE y <= {_HIGH}), "
        f"arg_max(y, abs(y - q[2]), {MOST_OUTLIERS}) FILTER (WHERE {far}) "
        f"FROM v JOIN g ON {same} WHERE isfinite(y) GROUP BY g.color, g.facet, g.x ORDER BY 1, 2, 3)"
    )
    names = ["x", "q1", "q2", "q3", "mean", "n", "lower", "upper", "beyond"]
    return Marks(gather([(*row[:3], *row[3:10], row[10] or []) for row in rows], names))


_LOW = "q[1] - 1.5 * (q[3] - q[1])"
_HIGH = "q[3] + 1.5 * (q[3] - q[1])"
