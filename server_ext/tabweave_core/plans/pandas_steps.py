"""Steps of a plan as pandas statements on a variable `df`, where pandas says them plainly; else nothing.

Names and values are written as Python literals. It must not import pandas.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..protocol import condition as c
from ..protocol import plan as p
from .pandas_conditions import condition, missing, ordered
from .pandas_tables import tables
from .pandas_values import changes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .shape import Shape


def statements(step: p.Step, shape: Shape, others: Mapping[str, Shape] | None = None) -> list[str] | None:  # noqa: C901 - one case per step
    """The lines that do a step to a table of this shape; None where pandas has no plain way to do the very same.

    `others` are the DataFrame variables that the step may join, without index levels.
    """
    match step:
        case p.FilterRows(where=where, drop=drop):
            mask = condition(where, shape)
            return None if mask is None else [f"df = df[{'~' if drop else ''}{mask}]"]
        case p.SortRows(by=by) if by:
            return [f"df = {ordered(by)}"]
        case p.TopRows(ties=False):
            start = ordered([*map(_ascending, step.per), *step.by]) if step.by else "df"
            if not step.per:
                return [f"df = {start}.head({step.n})"]
            return [f"df = {start}.groupby({step.per!r}, dropna=False).head({step.n})"]
        case p.DropMissing(columns=columns, how=how):
            names = columns or shape.names
            word = " | " if how == "any" else " & "
            return [f"df = df[~({word.join(missing(name, shape) for name in names)})]"]
        case p.Dedupe(order=[], flag=None):
            return [f"df = df.drop_duplicates({step.columns or shape.names!r}, keep={step.keep!r})"]
        case p.Dedupe(order=[], flag=str() as flag):
            return [f"df[{flag!r}] = df.duplicated({step.columns or shape.names!r}, keep={step.keep!r})"]
        case p.SelectColumns(columns=columns):
            return [f"df = df[{columns!r}]"]
        case p.DropColumns(columns=columns):
            return [f"df = df.drop(columns={columns!r})"]
        case p.RenameColumns(names=names):
            return [f"df = df.rename(columns={ ({each.old: each.new for each in names})!r})"]
        case p.ReorderColumns():
            return [f"df = df[{_reordered(step, shape)!r}]"]
    found = changes(step, shape)
    return found if found is not None else tables(step, shape, others or {})


def _ascending(name: str) -> c.Order:
    return c.Order(column=name)


def _reordered(step: p.ReorderColumns, shape: Shape) -> list[str]:
    rest = [name for name in shape.names if name not in step.columns]
    if step.to == "after" and step.after in rest:
        at = rest.index(step.after) + 1
        return [*rest[:at], *step.columns, *rest[at:]]
    return [*step.columns, *rest] if step.to == "first" else [*rest, *step.columns]
