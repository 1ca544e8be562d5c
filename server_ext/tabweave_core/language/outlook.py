"""What is known of a table after a step, so that the next one can be read before anything is computed.

Only names and kinds need to be right; what a step makes anew has no known values. It must not know words.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..plans.figures import key_name, measure_name
from ..plans.shape import NUMBERS
from ..protocol import plan as p
from .context import ColumnContext, Context

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..plans.shape import Family
    from ..protocol.condition import Key, Measure

_TYPES: dict[str, tuple[Family, str]] = {
    "integer": ("integer", "BIGINT"), "float": ("float", "DOUBLE"), "decimal": ("decimal", "DECIMAL(38,2)"),
    "boolean": ("boolean", "BOOLEAN"),
    "text": ("text", "VARCHAR"), "category": ("text", "VARCHAR"), "date": ("date", "DATE"), "time": ("time", "TIME"),
    "timestamp": ("timestamp", "TIMESTAMP"),
}  # fmt: skip
_DATED = frozenset({"quarter", "month", "week", "day", "date"})
_COUNTING = frozenset({"row_number", "rank", "dense_rank", "ntile", "running_count", "group_count"})


def after(context: Context, step: p.Step) -> Context | None:
    """The table as a step leaves it; None where that cannot be told without its rows."""
    columns = _columns(context, step)
    return None if columns is None else replace(context, columns=tuple(columns))


def _columns(context: Context, step: p.Step) -> list[ColumnContext] | None:  # noqa: C901 - one case per step
    columns = list(context.columns)
    match step:
        case p.SelectColumns(columns=names):
            return [context.column(name) for name in names]
        case p.DropColumns(columns=names):
            return [column for column in columns if column.name not in names]
        case p.ReorderColumns(columns=names, to=to, after=behind):
            left = [column for column in columns if column.name not in names]
            place = 0 if to == "first" else len(left) if to == "last" else [column.name for column in left].index(str(behind)) + 1
            return [*left[:place], *(context.column(name) for name in names), *left[place:]]
        case p.RenameColumns(names=renames):
            renamed = {each.old: each.new for each in renames}
            return [replace(column, name=renamed.get(column.name, column.name)) for column in columns]
        case p.Derive(name=name, sql=sql):
            return _with(columns, [_new(name, "text" if "name(" in sql or sql.startswith("'") else "float")])
        case p.Cast(column=name, to=to) | p.ParseDate(column=name, to=to):
            other, type_ = _TYPES[to]
            return [replace(each, family=other, type=type_, values=()) if each.name == name else each for each in columns]
        case p.ParseNumber(column=name):
            return [replace(each, family="float", type="DOUBLE", values=()) if each.name == name else each for each in columns]
        case p.Split(column=name, into=into, keep=keep):
            return _with([each for each in columns if keep or each.name != name], [_new(each, "text") for each in into])
        case p.Merge(columns=names, into=into, keep=keep):
            return _with([each for each in columns if keep or each.name not in names], [_new(into, "text")])
        case p.Extract(into=into) | p.Bin(into=into):
            return _with(columns, [_new(into, "text")])
        case p.Explode(column=name) | p.Standardise(column=name):
            return _unknown(columns, [name])
        case p.TextActions(columns=names) | p.ReplaceValues(columns=names) | p.FillMissing(columns=names):
            return _unknown(columns, names)
        case p.UpdateCells(column=str() as name):
            return _unknown(columns, [name])
        case p.Dedupe(flag=str() as flag) | p.Outliers(action="flag", flag=str() as flag):
            return _with(columns, [_new(flag, "boolean")])
        case p.Outliers(action="flag", column=name):
            return _with(columns, [_new(f"{name}_outlier", "boolean")])
        case p.Aggregate(by=keys, measures=measures):
            return [*_keys(context, keys), *(_figure(context, each) for each in measures)]
        case p.Pivot(index=keys, on=on, measure=measure):
            values = context.column(on.column).values if on.unit is None else ()
            figure = _figure(context, measure)
            return [*_keys(context, keys), *(replace(figure, name=value) for value in sorted(values))] if values else None
        case p.Unpivot(columns=names, keep=keep, name=name, value=value):
            turned = names or [column.name for column in columns if column.name not in keep]
            kept = keep or [column.name for column in columns if column.name not in turned]
            families = {context.column(each).family for each in turned}
            kind: Family = families.pop() if len(families) == 1 else "float" if families <= NUMBERS else "text"
            return [
                *(context.column(each) for each in kept),
                replace(_new(name, "text"), values=tuple(turned)),
                _new(value, kind),
            ]
        case p.Join(table=table, on=on, how=how, columns=names):
            if how in ("semi", "anti"):
                return columns
            matched = {each.new for each in on}
            taken = {column.name.lower() for column in columns}
            brought = [each for each in context.others[table] if each.name not in matched and (not names or each.name in names)]
            return columns + [
                replace(each, name=each.name if each.name.lower() not in taken else f"{each.name}_{table}") for each in brought
            ]
        case p.Union(table=table):
            taken = {column.name for column in columns}
            return columns + [each for each in context.others[table] if each.name not in taken]
        case p.Window(name=name, fn=fn, column=column):
            found: Family = "integer" if fn in _COUNTING else "float"
            if column is not None and fn in ("lag", "lead", "group_min", "group_max"):
                found = context.column(column).family
            return _with(columns, [_new(name, found)])
        case p.Sql():
            return None
    return columns


def _new(name: str, family: Family) -> ColumnContext:
    type_ = next((type_ for found, type_ in _TYPES.values() if found == family), "VARCHAR")
    return ColumnContext(name=name, family=family, type=type_)


def _with(columns: Iterable[ColumnContext], added: Iterable[ColumnContext]) -> list[ColumnContext]:
    found = {column.name: column for column in columns}
    found.update((column.name, column) for column in added)
    return list(found.values())


def _unknown(columns: list[ColumnContext], names: Iterable[str]) -> list[ColumnContext]:
    """The columns, with nothing known any more of the values of some."""
    changed = set(names)
    return [replace(column, values=(), missing=0.0) if column.name in changed else column for column in columns]


def _keys(context: Context, keys: Iterable[Key]) -> list[ColumnContext]:
    found = []
    for key in keys:
        if key.unit is None:
            found.append(replace(context.column(key.column), name=key_name(key)))
        else:
            timed: Family = (
                "timestamp"
                if key.unit in ("hour", "minute")
                else "date"
                if key.unit in _DATED
                else "integer"
                if key.unit == "year"
                else "text"
            )
            found.append(_new(key_name(key), timed))
    return found


def _figure(context: Context, measure: Measure) -> ColumnContext:
    family: Family = "integer" if measure.fn in ("count", "distinct") else "float"
    if measure.column is not None and measure.fn in ("min", "max", "first", "last", "mode"):
        family = context.column(measure.column).family
    return _new(measure_name(measure), family)
