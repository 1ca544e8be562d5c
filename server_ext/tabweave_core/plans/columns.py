"""Steps that choose, name, order and derive columns, as SQL."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import duckdb

from ..errors import BadValue
from .expressions import checked
from .shape import NUMBERS, POS, RID, quote

if TYPE_CHECKING:
    from ..protocol import plan as p
    from .draft import Draft

TYPES = {
    "integer": "BIGINT",
    "float": "DOUBLE",
    "boolean": "BOOLEAN",
    "text": "VARCHAR",
    "category": "VARCHAR",
    "date": "DATE",
    "time": "TIME",
    "timestamp": "TIMESTAMP",
}
_DIGITS = 38
_MOST_PARTS = 200


def select_columns(draft: Draft, step: p.SelectColumns) -> None:
    """Keeps columns, in the order given."""
    if not step.columns:
        raise BadValue("CHECK", "No column would be left.", hint="Name the columns to keep.")
    draft.shape.require(*step.columns)
    draft.project((name, quote(name)) for name in dict.fromkeys(step.columns))


def drop_columns(draft: Draft, step: p.DropColumns) -> None:
    """Drops columns."""
    draft.shape.require(*step.columns)
    left = [name for name in draft.shape.names if name not in step.columns]
    if not left:
        raise BadValue("CHECK", "No column would be left.", hint="Keep at least one.")
    draft.project((name, quote(name)) for name in left)


def reorder_columns(draft: Draft, step: p.ReorderColumns) -> None:
    """Puts columns first, last or behind another."""
    draft.shape.require(*step.columns)
    moved = list(dict.fromkeys(step.columns))
    others = [name for name in draft.shape.names if name not in moved]
    if step.to == "after":
        if step.after is None or step.after in moved:
            raise BadValue("CHECK", "After which column?", hint="Name one that is not moved itself.")
        draft.shape.require(step.after)
        place = others.index(step.after) + 1
    else:
        place = 0 if step.to == "first" else len(others)
    draft.project((name, quote(name)) for name in [*others[:place], *moved, *others[place:]])


def rename_columns(draft: Draft, step: p.RenameColumns) -> None:
    """Gives columns other names; two may swap theirs."""
    names = {each.old: each.new for each in step.names}
    draft.shape.require(*names)
    renamed = [names.get(name, name) for name in draft.shape.names]
    for name in renamed:
        if not name.strip() or name.lower() in (RID, POS):
            raise BadValue("SCHEMA", f"{name!r} cannot name a column.", hint="Choose another name.")
    draft.project(zip(renamed, map(quote, draft.shape.names), strict=True))
    draft.roundings = [replace(each, column=names.get(each.column, each.column)) for each in draft.roundings]


def derive(draft: Draft, step: p.Derive) -> None:
    """Adds a column, or puts another in its place."""
    if step.name not in draft.shape:
        draft.shape.require_new(step.name)
    value = checked(draft, step.sql)
    if step.type is not None:
        if step.type not in TYPES:
            raise BadValue("TYPE", f"There is no type {step.type!r}.", hint=f"Use one of {', '.join(TYPES)}.")
        value = f"CAST({value} AS {TYPES[step.type]})"
    draft.change({step.name: value})


def cast(draft: Draft, step: p.Cast) -> None:
    """Gives a column another type; what does not convert refuses the plan or becomes missing."""
    draft.shape.require(step.column)
    if step.to == "decimal":
        scale = 2 if step.scale is None else step.scale
        if not 0 <= scale <= 18:
            raise BadValue("RANGE", f"A decimal cannot have {scale} decimals.", hint="Give 0 to 18.")
        wanted = f"DECIMAL({_DIGITS}, {scale})"
    else:
        wanted = TYPES[step.to]
    exact = quote(step.column) if draft.shape.family(step.column) in NUMBERS else None
    last = draft.last
    convert(draft, step.column, f"TRY_CAST({_readable(draft, step.column)} AS {wanted})", step.to, step.on_error)
    if exact is not None:
        draft.rounds(step.column, exact, "TRUE", last)


def _readable(draft: Draft, column: str) -> str:
    return f"nullif(trim({quote(column)}), '')" if draft.shape.family(column) == "text" else quote(column)


def convert(draft: Draft, column: str, converted: str, to: str, on_error: str) -> None:
    """Puts a conversion that gives NULL on failure in place of a column; `refuse` looks whether there are failures first."""
    if on_error == "refuse":
        given = f"{quote(column)} <> ''" if draft.shape.family(column) == "text" else f"{quote(column)} IS NOT NULL"
        failing = (
            f"SELECT {quote(column)}, count(*) OVER () FROM {draft.last} WHERE {given} AND ({converted}) IS NULL "
            f"ORDER BY {POS} LIMIT 1"
        )
        bad = draft.ask(failing)
        if bad:
            value, count = bad[0]
            rows = "One row" if count == 1 else f"{count:,} rows"
            raise BadValue(
                "TYPE",
                f"{rows} of {column} cannot become {to}, the first is {str(value)[:60]!r}.",
                hint="Mend them first, or let them become missing.",
                where=column,
            )
    draft.change({column: converted})


def split(draft: Draft, step: p.Split) -> None:
    """Cuts texts into columns; the last takes what is left."""
    if not step.into or (step.sep is None) == (step.regex is None):
        raise BadValue("CHECK", "A split needs new names, and a separator or a pattern.", hint="Give one of them.")
    draft.shape.require(step.column)
    draft.shape.require_new(*step.into)
    text = f"CAST({quote(step.column)} AS VARCHAR)"
    if step.regex is not None:
        parts = f"regexp_split_to_array({text}, {draft.bind(pattern(draft, step.regex))})"
        columns = {name: f"{parts}[{place}]" for place, name in enumerate(step.into, 1)}
    else:
        sep = draft.bind(step.sep)
        parts = f"string_split({text}, {sep})"
        columns = {name: f"trim({parts}[{place}])" for place, name in enumerate(step.into[:-1], 1)}
        columns[step.into[-1]] = f"nullif(trim(array_to_string({parts}[{len(step.into)}:], {sep})), '')"
    draft.change(columns)
    _forget(draft, [] if step.keep else [step.column])


def merge(draft: Draft, step: p.Merge) -> None:
    """Puts texts together, missing ones left out."""
    if len(step.columns) < 2:
        raise BadValue("CHECK", "Two columns at least are put together.", hint="Name them.")
    draft.shape.require(*step.columns)
    if step.into not in step.columns or step.keep:
        draft.shape.require_new(step.into)
    listed = ", ".join(f"nullif(CAST({quote(name)} AS VARCHAR), '')" for name in step.columns)
    draft.change({step.into: f"nullif(concat_ws({draft.bind(step.sep)}, {listed}), '')"})
    _forget(draft, [] if step.keep else [name for name in step.columns if name != step.into])


def extract(draft: Draft, step: p.Extract) -> None:
    """The part of a text that a pattern finds."""
    draft.shape.require(step.column)
    if step.into != step.column:
        draft.shape.require_new(step.into)
    found = pattern(draft, step.regex)
    group = 1 if re.search(r"(?<!\\)\((?!\?)", step.regex) else 0
    text = f"CAST({quote(step.column)} AS VARCHAR)"
    draft.change({step.into: f"nullif(regexp_extract({text}, {draft.bind(found)}, {group}), '')"})


def pattern(draft: Draft, regex: str) -> str:
    """A regular expression that DuckDB can use; raises `CHECK` for another."""
    try:
        draft.connection.execute("SELECT regexp_matches('', ?)", [regex]).fetchall()
    except duckdb.Error as error:
        reason = str(error).splitlines()[0].partition(": ")[2]
        raise BadValue(
            "CHECK", f"The pattern cannot be used: {reason}", hint="Put a backslash before literal characters."
        ) from None
    return regex


def explode(draft: Draft, step: p.Explode) -> None:
    """A row for each part of a text; the first keeps the row's identity."""
    draft.shape.require(step.column)
    parts = f"string_split(CAST({quote(step.column)} AS VARCHAR), {draft.bind(step.sep)})"
    names = draft.shape.names
    inner = ", ".join(quote(name) for name in names if name != step.column)
    lead = f"{inner}, " if inner else ""
    cut = (
        f"SELECT {RID}, {POS}, {lead}unnest(coalesce({parts}, [NULL])) AS part, "
        f"generate_subscripts(coalesce({parts}, [NULL]), 1) AS nth FROM {draft.last}"
    )
    listed = ", ".join(f"nullif(trim(part), '') AS {quote(name)}" if name == step.column else quote(name) for name in names)
    hidden = f"CASE WHEN nth = 1 THEN {RID} END AS {RID}, row_number() OVER (ORDER BY {POS}, nth) AS {POS}"
    draft.then(f"SELECT {hidden}, {listed} FROM ({cut})")


def bin_numbers(draft: Draft, step: p.Bin) -> None:
    """The class of a number as text, such as "10–20"; the upper edge belongs to the next class, the last edge to the last."""
    draft.shape.require_numbers(step.column)
    if step.into not in draft.shape:
        draft.shape.require_new(step.into)
    edges = _edges(draft, step)
    if step.labels and len(step.labels) != len(edges) - 1:
        message = f"{len(edges) - 1} classes need as many names, not {len(step.labels)}."
        raise BadValue("CHECK", message, hint="Give one name for each class.")
    value = quote(step.column)
    cases = []
    for place, (lo, hi) in enumerate(pairwise(edges)):
        label = step.labels[place] if step.labels else f"{lo:g}–{hi:g}"
        below = "<=" if place == len(edges) - 2 else "<"
        cases.append(f"WHEN {value} >= {draft.bind(lo)} AND {value} {below} {draft.bind(hi)} THEN {draft.bind(label)}")
    draft.change({step.into: f"CASE {' '.join(cases)} END"})


def _edges(draft: Draft, step: p.Bin) -> list[float]:
    if sum((bool(step.edges), step.n is not None, step.width is not None)) != 1:
        raise BadValue("CHECK", "Classes come by edges, by their number or by their width.", hint="Give one of them.")
    if step.edges:
        edges = sorted(set(step.edges))
        if len(edges) < 2:
            raise BadValue("CHECK", "Two edges at least make a class.", hint="Give them in ascending order.")
        return edges
    value = f"CAST({quote(step.column)} AS DOUBLE)"
    ((lo, hi),) = draft.ask(f"SELECT min({value}), max({value}) FROM {draft.last}")
    if lo is None:
        raise BadValue("CHECK", f"{step.column} has no values.", hint="Classes need some.")
    count = step.n
    if step.width is not None:
        if step.width <= 0:
            raise BadValue("RANGE", "Classes must be wider than 0.", hint="Give a positive width.")
        first = lo // step.width
        count = int(hi // step.width - first) + 1
        edges = [(first + place) * step.width for place in range(min(count, _MOST_PARTS) + 1)]
    assert count is not None
    if not 1 <= count <= _MOST_PARTS:
        raise BadValue("RANGE", f"{count:,} classes are too many or too few.", hint=f"Make 1 to {_MOST_PARTS}.")
    if step.width is not None:
        return edges
    if step.quantiles:
        shares = ", ".join(repr(place / count) for place in range(count + 1))
        ((found,),) = draft.ask(f"SELECT quantile_cont({value}, [{shares}]) FROM {draft.last}")
        return sorted(set(found)) if lo < hi else [lo, lo + 1]
    size = (hi - lo) / count or 1.0
    return [lo + size * place for place in range(count)] + [max(hi, lo + size * count)]


def _forget(draft: Draft, columns: list[str]) -> None:
    if columns:
        draft.project((name, quote(name)) for name in draft.shape.names if name not in columns)
