"""Steps that make another table of the rows: groups, pivots, joins, windows, free SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import BadValue, NotFound, did_you_mean
from ..sql.guard import check_query
from . import writing
from .conditions import condition
from .figures import figure, key, key_name, measure, measure_name
from .rows import order
from .shape import POS, RID, quote, require_distinct

if TYPE_CHECKING:
    from ..protocol import plan as p
    from ..protocol.condition import Function
    from .draft import Draft, Source
    from .shape import Shape

_MOST_COLUMNS = 300
_WINDOWS = {
    "row_number": "row_number()",
    "rank": "rank()",
    "dense_rank": "dense_rank()",
    "percent_rank": "percent_rank()",
}
_RUNNING = {
    "running_sum": "sum({})",
    "running_mean": "avg({})",
    "running_min": "min({})",
    "running_max": "max({})",
    "running_count": "count({})",
    "moving_sum": "sum({})",
    "moving_mean": "avg({})",
}
_GROUPS: dict[str, Function] = {
    "group_sum": "sum",
    "group_mean": "mean",
    "group_min": "min",
    "group_max": "max",
    "group_count": "count",
}
_JOINS = {
    "inner": "JOIN",
    "left": "LEFT JOIN",
    "right": "RIGHT JOIN",
    "full": "FULL JOIN",
    "semi": "SEMI JOIN",
    "anti": "ANTI JOIN",
}


def aggregate(draft: Draft, step: p.Aggregate) -> None:
    """One row per group, in order of the keys; totals have no key and come last."""
    if not step.measures and not step.by:
        raise BadValue("CHECK", "What is to be counted or added up?", hint="Name a figure or a group.")
    keys = [(key_name(each), *key(draft, each)) for each in step.by]
    figures = [
        (measure_name(each), measure(draft, each, condition(draft, each.where) if each.where else "")) for each in step.measures
    ]
    names = [name for name, *_ in keys] + [name for name, _ in figures]
    require_distinct(names)
    grouped = ", ".join(sql for _, sql, _ in keys)
    clause = ""
    if keys:
        clause = f" GROUP BY {grouped}"
        if step.mode in ("rollup", "cube"):
            clause = f" GROUP BY {step.mode.upper()} ({grouped})"
        elif step.mode == "sets":
            clause = f" GROUP BY GROUPING SETS ({', '.join(_set(step, each) for each in step.sets)})"
    places = ", ".join(f"{sort if step.mode == 'plain' and sort == sql else f'min({sort})'} NULLS LAST" for _, sql, sort in keys)
    listed = [f"{sql} AS {quote(name)}" for name, sql, *_ in keys] + [f"{sql} AS {quote(name)}" for name, sql in figures]
    numbered = f"row_number() OVER ({f'ORDER BY {places}' if places else ''})"
    draft.kept_rows = False
    draft.then(f"SELECT CAST(NULL AS BIGINT) AS {RID}, {numbered} AS {POS}, {', '.join(listed)} FROM {draft.last}{clause}")
    if step.having is not None:
        draft.project(((name, quote(name)) for name in draft.shape.names), where=condition(draft, step.having))


def _set(step: p.Aggregate, names: list[str]) -> str:
    known = {key_name(each): each for each in step.by} | {each.column: each for each in step.by}
    for name in names:
        if name not in known:
            raise BadValue("CHECK", f"{name} is in a set of groups, but not grouped by.", hint="Group by it too.")
    return f"({', '.join(quote(known[name].column) for name in names)})"


def pivot(draft: Draft, step: p.Pivot) -> None:
    """A column per value, in order of the values."""
    index = [(key_name(each), *key(draft, each)) for each in step.index]
    across, sort = key(draft, step.on)
    found = draft.ask(
        f"SELECT CAST({across} AS VARCHAR) FROM {draft.last} WHERE {across} IS NOT NULL GROUP BY {across}, {sort} "
        f"ORDER BY {sort} LIMIT {_MOST_COLUMNS + 1}"
    )
    if len(found) > _MOST_COLUMNS:
        message = f"{step.on.column} has more than {_MOST_COLUMNS} values, each of which would be a column."
        raise BadValue("TOO_LARGE", message, hint="Filter first, or group by it instead.")
    figures = []
    for (value,) in found:
        chosen = f"CAST({across} AS VARCHAR) = {draft.bind(value)}"
        sql = f"{figure(draft, step.measure.fn, step.measure.column)} FILTER (WHERE {chosen})"
        figures.append((value or "(empty)", sql if step.fill is None else f"coalesce({sql}, {draft.bind(step.fill)})"))
    require_distinct([name for name, *_ in index] + [name for name, _ in figures])
    listed = [f"{sql} AS {quote(name)}" for name, sql, *_ in index] + [f"{sql} AS {quote(name)}" for name, sql in figures]
    grouped = f" GROUP BY {', '.join(sql for _, sql, _ in index)}" if index else ""
    places = f"ORDER BY {', '.join(f'min({sort}) NULLS LAST' for *_, sort in index)}" if index else ""
    draft.kept_rows = False
    hidden = f"CAST(NULL AS BIGINT) AS {RID}, row_number() OVER ({places}) AS {POS}"
    draft.then(f"SELECT {hidden}, {', '.join(listed)} FROM {draft.last}{grouped}")


def unpivot(draft: Draft, step: p.Unpivot) -> None:
    """A row per value, those of a row together, missing ones too."""
    draft.shape.require(*step.columns, *step.keep)
    columns = step.columns or [name for name in draft.shape.names if name not in step.keep]
    keep = step.keep or [name for name in draft.shape.names if name not in columns]
    if not columns:
        raise BadValue("CHECK", "No column is left to be turned into rows.", hint="Name them.")
    require_distinct([*keep, step.name, step.value])
    families = {draft.shape.family(name) for name in columns}
    text = len(families) > 1 and not families <= {"integer", "decimal", "float"}
    listed = "".join(f"{quote(name)}, " for name in keep)
    parts = [
        f"SELECT {POS}, {place} AS nth, {listed}{draft.bind(name)} AS {quote(step.name)}, "
        f"{f'CAST({quote(name)} AS VARCHAR)' if text else quote(name)} AS {quote(step.value)} FROM {draft.last}"
        for place, name in enumerate(columns)
    ]
    draft.kept_rows = False
    draft.then(
        f"SELECT CAST(NULL AS BIGINT) AS {RID}, row_number() OVER (ORDER BY {POS}, nth) AS {POS}, "
        f"{listed}{quote(step.name)}, {quote(step.value)} FROM ({' UNION ALL '.join(parts)})"
    )


def _other(draft: Draft, name: str) -> Source:
    found = draft.others.get(name)
    if found is None:
        hint = did_you_mean(name, draft.others) or "Show it as a table first."
        raise NotFound("NO_TABLE", f"There is no table {name!r} here.", hint=hint, where=name)
    return found


def join(draft: Draft, step: p.Join) -> None:
    """Brings another table's columns; a row that fits several is there several times, the first time as itself."""
    other = _other(draft, step.table)
    if not step.on:
        raise BadValue("CHECK", f"Which columns of {step.table} belong together with this table's?", hint="Name them.")
    draft.shape.require(*(each.old for each in step.on))
    other.shape.require(*(each.new for each in step.on), *step.columns)
    renamed = brought_names(step, draft.shape, other.shape)
    fits = " AND ".join(f"l.{quote(each.old)} = r.{quote(each.new)}" for each in step.on)
    pairs = {each.old: each.new for each in step.on} if step.how in ("right", "full") else {}
    own = [
        f"coalesce(l.{quote(name)}, r.{quote(pairs[name])}) AS {quote(name)}" if name in pairs else f"l.{quote(name)}"
        for name in draft.shape.names
    ]
    listed = ", ".join([*own, *(f"r.{quote(name)} AS {quote(new)}" for name, new in renamed.items())])
    tables = f"{draft.last} AS l {_JOINS[step.how]} {other.relation} AS r ON {fits}"
    if step.how in ("semi", "anti"):
        draft.then(f"SELECT l.{RID}, l.{POS}, {listed} FROM {tables}", written=(), placed=False)
        return
    place = f"row_number() OVER (ORDER BY l.{POS} NULLS LAST, r.{POS})"
    same = f"CASE WHEN row_number() OVER (PARTITION BY l.{RID} ORDER BY r.{POS}) = 1 THEN l.{RID} END"
    draft.then(f"SELECT {same} AS {RID}, {place} AS {POS}, {listed} FROM {tables}")


def brought_names(step: p.Join, shape: Shape, other: Shape) -> dict[str, str]:
    """The columns that a join brings, and what they are called then: one whose name is taken is called after its table."""
    matched = {each.new for each in step.on}
    brought = [] if step.how in ("semi", "anti") else [name for name in (step.columns or other.names) if name not in matched]
    taken = {name.lower() for name in shape.names}
    names: dict[str, str] = {}
    for name in brought:
        found, nth = name, 1
        while found.lower() in taken:
            found, nth = f"{name}_{step.table}{'' if nth == 1 else f'_{nth}'}", nth + 1
        names[name] = found
        taken.add(found.lower())
    return names


def union(draft: Draft, step: p.Union) -> None:
    """Puts another table's rows below; columns that only one of them has are missing in the other's rows."""
    other = _other(draft, step.table)
    names = [*draft.shape.names, *(name for name in other.shape.names if name not in draft.shape)]

    def side(mine: list[str], relation: str, rid: str, place: int) -> str:
        columns = "".join(f", {quote(name) if name in mine else 'NULL'} AS {quote(name)}" for name in names)
        return f"SELECT {rid} AS {RID}, {POS}, {place} AS side{columns} FROM {relation}"

    both = f"{side(draft.shape.names, draft.last, RID, 0)} UNION ALL {side(other.shape.names, other.relation, 'NULL', 1)}"
    listed = ", ".join(map(quote, names))
    alike = f" QUALIFY row_number() OVER (PARTITION BY {listed} ORDER BY side, {POS}) = 1" if step.distinct else ""
    draft.then(f"SELECT {RID}, row_number() OVER (ORDER BY side, {POS}) AS {POS}, {listed} FROM ({both}){alike}")


def window(draft: Draft, step: p.Window) -> None:
    """Adds a column that looks at other rows."""
    if step.name not in draft.shape:
        draft.shape.require_new(step.name)
    draft.shape.require(*step.per)
    draft.change({step.name: _window(draft, step)})


def _window(draft: Draft, step: p.Window) -> str:
    alike = f"PARTITION BY {', '.join(map(quote, step.per))} " if step.per else ""
    keys = order(draft, step.order)
    if step.n < 1:
        raise BadValue("RANGE", f"{step.n} rows are too few.", hint="Give 1 or more.")
    if step.fn in _WINDOWS:
        ranked = keys if step.fn == "row_number" or not step.order else keys.removesuffix(f", {POS}")
        return f"{_WINDOWS[step.fn]} OVER ({alike}ORDER BY {ranked})"
    if step.fn == "ntile":
        return f"ntile({step.n}) OVER ({alike}ORDER BY {keys})"
    if step.column is None:
        if step.fn in ("running_count", "group_count"):
            return f"count(*) OVER ({alike}{f'ORDER BY {keys}' if step.fn == 'running_count' else ''})"
        raise BadValue("CHECK", "Of which column?", hint="Name it.")
    return _of_column(draft, step, step.column, alike, keys)


def _of_column(draft: Draft, step: p.Window, column: str, alike: str, keys: str) -> str:
    value = quote(column)
    if step.fn in ("lag", "lead"):
        draft.shape.require(column)
        return f"{step.fn}({value}, {step.n}) OVER ({alike}ORDER BY {keys})"
    if step.fn in _GROUPS:
        return f"{figure(draft, _GROUPS[step.fn], column)} OVER ({alike})"
    draft.shape.require_numbers(column)
    if step.fn == "share":
        return f"{value} / nullif(sum({value}) OVER ({alike}), 0)"
    before = f"lag({value}, {step.n}) OVER ({alike}ORDER BY {keys})"
    if step.fn == "difference":
        return f"{value} - {before}"
    if step.fn == "percent_change":
        return f"({value} - {before}) * 100.0 / nullif({before}, 0)"
    rows = f"{step.n - 1} PRECEDING" if step.fn.startswith("moving") else "UNBOUNDED PRECEDING"
    return f"{_RUNNING[step.fn].format(value)} OVER ({alike}ORDER BY {keys} ROWS BETWEEN {rows} AND CURRENT ROW)"


def free_sql(draft: Draft, step: p.Sql) -> None:
    """A SELECT over `this`, or an UPDATE, DELETE or INSERT of it."""
    if writing.writes(step.select):
        writing.write(draft, step.select)
        return
    check_query(step.select, ["this", *draft.others])
    others = "".join(
        f", {quote(name)} AS (SELECT {', '.join(map(quote, other.shape.names))} FROM {other.relation})"
        for name, other in draft.others.items()
        if name != "this"
    )
    columns = ", ".join(map(quote, draft.shape.names))
    draft.kept_rows = False
    text = step.select.strip().rstrip(";")
    chain = f"WITH this AS (SELECT {columns} FROM {draft.last} ORDER BY {POS}){others} SELECT * FROM ({text}\n)"
    draft.then(f"SELECT CAST(NULL AS BIGINT) AS {RID}, row_number() OVER () AS {POS}, * FROM ({chain})")
