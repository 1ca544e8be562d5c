"""Charts of single values: distributions, points, density grids and boxes."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from ..plans.figures import key
from ..plans.shape import TIMES, quote
from .marks import Marks, gather, number, sampled, split
from .spec import MOST_MARKS

if TYPE_CHECKING:
    from ..plans.draft import Draft
    from .spec import Spec

GRID = (100, 60)
"""Columns and rows of a density grid."""
MOST_OUTLIERS = 40


def histogram(draft: Draft, spec: Spec) -> Marks:
    """Counts of classes of equal width; numbers by Freedman and Diaconis' rule, at most 100."""
    assert spec.x is not None
    color, facet = split(draft, spec)
    at = number(key(draft, spec.x)[0], draft, spec.x)
    finite = f"isfinite(CAST({at} AS DOUBLE))"
    ((count, lo, hi),) = draft.ask(f"SELECT count(*), min({at}), max({at}) FROM {draft.last} WHERE {finite}")
    if not count:
        return Marks(())
    part = sampled(draft)
    some = f"{part} AND {finite}" if part else f" WHERE {finite}"
    ((quartiles,),) = draft.ask(f"SELECT quantile_cont(CAST({at} AS DOUBLE), [0.25, 0.75]) FROM {draft.last}{some}")
    quartiles = quartiles or [lo, hi]
    whole = spec.x.unit is None and draft.shape.family(spec.x.column) == "integer"
    size = width(count, (lo, hi), quartiles[1] - quartiles[0], spec.bins, whole=whole)
    first = math.floor(lo / size) * size
    nth = f"CAST(floor(({at} - {draft.bind(first)}) / {draft.bind(size)}) AS BIGINT)"
    rows = draft.ask(
        f"SELECT {color} AS color, {facet} AS facet, {nth} AS nth, count(*) FROM {draft.last} WHERE {finite} "
        "GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"
    )
    named = [(c, f, first + place * size, first + (place + 1) * size, n) for c, f, place, n in rows]
    return Marks(gather(named, ["lo", "hi", "n"]))


def width(count: int, bounds: tuple[float, float], spread: float, bins: int | None, *, whole: bool) -> float:
    """A class width of 1, 2, 2.5 or 5 times a power of ten."""
    span = float(bounds[1] - bounds[0]) or 1.0
    wanted = span / bins if bins else max(2 * float(spread) / math.cbrt(count), span / 100)
    power = 10.0 ** math.floor(math.log10(wanted))
    size = next(step * power for step in (1, 2, 2.5, 5, 10) if step * power >= wanted * (1 - 1e-9))
    return float(max(1, math.ceil(size))) if whole else size


def scatter(draft: Draft, spec: Spec) -> Marks:
    """Every point where they are few, else how many fall into each cell of a grid."""
    assert spec.x is not None
    assert spec.y is not None
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
    """Quartiles, whiskers at the last value within 1.5 interquartile ranges (Tukey), and the values farthest beyond.

    Counts, means, least and greatest values are those of all rows; of a large table the rest is that of a sample.
    """
    assert spec.y is not None
    color, facet = split(draft, spec)
    y = f"CAST({quote(spec.y)} AS DOUBLE)"
    x = f"coalesce(CAST({key(draft, spec.x)[0]} AS VARCHAR), '(missing)')" if spec.x is not None else "''"
    head = f"SELECT coalesce({color}, '') AS color, coalesce({facet}, '') AS facet, {x} AS x, {y} AS y FROM {draft.last}"
    part = sampled(draft)
    some = f"{part} AND isfinite(y)" if part else " WHERE isfinite(y)"
    far = f"y < {_LOW} OR y > {_HIGH}"
    shown = min(spec.top, MOST_MARKS // (MOST_OUTLIERS + 9))
    rows = draft.ask(
        f"SELECT * FROM (WITH w AS MATERIALIZED (SELECT color, facet, x, count(*) AS n, avg(y) AS mean, "
        "min(y) AS lo, max(y) AS hi "
        f"FROM ({head} WHERE isfinite(y)) GROUP BY ALL ORDER BY n DESC, x, color, facet LIMIT {shown}), "
        f"v AS ({head}{some}), "
        "g AS MATERIALIZED (SELECT color, facet, x, quantile_cont(y, [0.25, 0.5, 0.75]) AS q FROM v GROUP BY ALL) "
        "SELECT g.color, g.facet, g.x, any_value(q[1]), any_value(q[2]), any_value(q[3]), any_value(mean), any_value(n), "
        f"min(y) FILTER (WHERE NOT ({far})), max(y) FILTER (WHERE NOT ({far})), any_value(lo), any_value(hi), "
        f"arg_max(y, abs(y - q[2]), {MOST_OUTLIERS}) FILTER (WHERE {far}) "
        "FROM v JOIN g USING (color, facet, x) JOIN w USING (color, facet, x) GROUP BY g.color, g.facet, g.x ORDER BY 1, 2, 3)"
    )
    plain = [(row[0] if spec.color else None, row[1] if spec.facet else None, row[2], *_box(*row[3:])) for row in rows]
    return Marks(gather(plain, ["x", "q1", "q2", "q3", "mean", "n", "lower", "upper", "beyond"]), exact=not part)


def _box(
    q1: float,
    q2: float,
    q3: float,
    mean: float,
    n: int,
    lower: float | None,
    upper: float | None,
    lo: float,
    hi: float,
    beyond: list[float] | None,
) -> tuple[Any, ...]:
    """A box whose whiskers or outliers reach the least and the greatest value of all."""
    reach = 1.5 * (q3 - q1)
    found = list(beyond or [])
    if lo >= q1 - reach:
        lower = lo
    elif lo not in found:
        found.append(lo)
    if hi <= q3 + reach:
        upper = hi
    elif hi not in found:
        found.append(hi)
    return q1, q2, q3, mean, n, q1 if lower is None else lower, q3 if upper is None else upper, found


_LOW = "q[1] - 1.5 * (q[3] - q[1])"
_HIGH = "q[3] + 1.5 * (q[3] - q[1])"
