"""Steps that choose or order rows, as SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import BadValue
from .conditions import condition, uses_window
from .shape import POS, RID, quote

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..protocol import plan as p
    from ..protocol.condition import Order
    from .draft import Draft

_MAD = 1.4826
"""What a median absolute deviation is multiplied by to estimate a standard deviation (Leys et al. 2013)."""


def order(draft: Draft, by: Sequence[Order]) -> str:
    """Sort keys as SQL, equal rows in their own order; missing values last."""
    draft.shape.require(*(each.column for each in by))
    keys = [f"{quote(each.column)} {'DESC' if each.descending else 'ASC'} NULLS LAST" for each in by]
    return ", ".join([*keys, POS])


def keep(draft: Draft, where: str, *, window: bool = False, columns: Sequence[str] | None = None) -> None:
    """Keeps the rows for which SQL is true."""
    listed = "".join(f", {quote(name)}" for name in (draft.shape.names if columns is None else columns))
    if window:
        # QUALIFY needs a window function of its own.
        where = f"{where} AND row_number() OVER () > 0"
    draft.then(
        f"SELECT {RID}, {POS}{listed} FROM {draft.last} {'QUALIFY' if window else 'WHERE'} {where}", written=(), placed=False
    )


def filter_rows(draft: Draft, step: p.FilterRows) -> None:
    """Keeps or drops the rows that fit."""
    where = condition(draft, step.where)
    keep(draft, f"NOT {where}" if step.drop else where, window=uses_window(step.where))


def sort_rows(draft: Draft, step: p.SortRows) -> None:
    """Numbers the rows anew."""
    if not step.by:
        raise BadValue("CHECK", "A sort needs a column.", hint="Name the column to sort by.")
    listed = "".join(f", {quote(name)}" for name in draft.shape.names)
    keys = order(draft, step.by)
    draft.then(f"SELECT {RID}, row_number() OVER (ORDER BY {keys}) AS {POS}{listed} FROM {draft.last}", written=())


def top_rows(draft: Draft, step: p.TopRows) -> None:
    """Keeps the first rows of each group, in the order asked for."""
    if step.n < 0:
        raise BadValue("RANGE", f"{step.n} rows cannot be kept.", hint="Give 0 or more.")
    draft.shape.require(*step.per)
    alike = f"PARTITION BY {', '.join(map(quote, step.per))} " if step.per else ""
    keys = order(draft, step.by)
    ranked = f"rank() OVER ({alike}ORDER BY {keys.removesuffix(f', {POS}')})" if step.ties and step.by else ""
    numbered = ranked or f"row_number() OVER ({alike}ORDER BY {keys})"
    listed = "".join(f", {quote(name)}" for name in draft.shape.names)
    place = f"row_number() OVER (ORDER BY {', '.join([*map(quote, step.per), keys])})" if step.by else POS
    cut = f"SELECT {RID}, {place} AS {POS}{listed} FROM {draft.last} QUALIFY {numbered} <= {draft.bind(step.n)}"
    draft.then(cut, written=(), placed=bool(step.by))


def sample_rows(draft: Draft, step: p.SampleRows) -> None:
    """Keeps the rows whose hashed place comes first, in their own order."""
    if (step.n is None) == (step.percent is None):
        raise BadValue("CHECK", "A sample is of so many rows, or of so many percent.", hint="Give one of them.")
    drawn = f"row_number() OVER (ORDER BY hash({POS}, {draft.bind(step.seed)}), {POS})"
    if step.n is not None:
        most = draft.bind(step.n)
    else:
        assert step.percent is not None
        if not 0 <= step.percent <= 100:
            raise BadValue("RANGE", f"{step.percent} % cannot be drawn.", hint="Give 0 to 100.")
        most = f"round(count(*) OVER () * {draft.bind(step.percent)} / 100)"
    keep(draft, f"{drawn} <= {most}", window=True)


def drop_missing(draft: Draft, step: p.DropMissing) -> None:
    """Keeps the rows with values."""
    columns = step.columns or draft.shape.names
    draft.shape.require(*columns)
    there = " AND " if step.how == "any" else " OR "
    keep(draft, "(" + there.join(present(draft, name) for name in columns) + ")")


def present(draft: Draft, column: str) -> str:
    """Whether a column has a value; an empty text is none."""
    found = f"{quote(column)} IS NOT NULL"
    return f"({found} AND {quote(column)} <> '')" if draft.shape.family(column) == "text" else found


def dedupe(draft: Draft, step: p.Dedupe) -> None:
    """Keeps one of the rows that are alike, or marks the others."""
    columns = step.columns or draft.shape.names
    draft.shape.require(*columns)
    keys = order(draft, step.order)
    if step.keep == "last":
        keys = ", ".join([*(f"{_backwards(key)}" for key in keys.split(", ")[:-1]), f"{POS} DESC"])
    number = f"row_number() OVER (PARTITION BY {', '.join(map(quote, columns))} ORDER BY {keys})"
    if step.flag is None:
        keep(draft, f"{number} = 1", window=True)
        return
    draft.shape.require_new(step.flag)
    draft.change({step.flag: f"{number} > 1"})


def _backwards(key: str) -> str:
    return (
        key.replace(" ASC NULLS LAST", " DESC NULLS FIRST")
        if " ASC " in key
        else key.replace(" DESC NULLS LAST", " ASC NULLS FIRST")
    )


def outliers(draft: Draft, step: p.Outliers) -> None:
    """Drops, clears, clips or marks values outside the bounds that the method draws."""
    draft.shape.require_numbers(step.column)
    value = quote(step.column)
    lo, hi = _bounds(draft, step, value)
    outside = f"coalesce({value} < {lo} OR {value} > {hi}, FALSE)"
    match step.action:
        case "drop":
            keep(draft, f"NOT {outside}", window=True)
        case "missing":
            draft.change({step.column: f"CASE WHEN {outside} THEN NULL ELSE {value} END"})
        case "clip":
            clipped = f"CASE WHEN {value} < {lo} THEN {lo} WHEN {value} > {hi} THEN {hi} ELSE {value} END"
            draft.change({step.column: f"CAST({clipped} AS {draft.shape.type(step.column)})"})
        case "flag":
            name = step.flag or f"{step.column}_outlier"
            draft.shape.require_new(name)
            draft.change({name: outside})


def _bounds(draft: Draft, step: p.Outliers, value: str) -> tuple[str, str]:
    if step.method == "iqr":
        low, high = (f"quantile_cont(CAST({value} AS DOUBLE), {share}) OVER ()" for share in (0.25, 0.75))
        k = draft.bind(float(step.k))
        return f"({low} - {k} * ({high} - {low}))", f"({high} + {k} * ({high} - {low}))"
    z = draft.bind(float(step.z))
    if step.method == "z":
        middle, spread = f"avg({value}) OVER ()", f"stddev_samp({value}) OVER ()"
        return f"({middle} - {z} * {spread})", f"({middle} + {z} * {spread})"
    middle = f"(SELECT median({value}) FROM {draft.last})"
    spread = f"(SELECT {_MAD} * mad({value}) FROM {draft.last})"
    return f"({middle} - {z} * {spread})", f"({middle} + {z} * {spread})"
