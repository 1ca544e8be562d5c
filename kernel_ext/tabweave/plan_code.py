"""A plan as pandas code that gives the same table; steps that pandas has no plain way for run as SQL on the DataFrame.

It must not know proposals or notebooks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tabweave_core.charts.code import chart_code
from tabweave_core.charts.spec import resolve
from tabweave_core.plans.compile import compile_plan
from tabweave_core.plans.draft import Source
from tabweave_core.plans.pandas_steps import statements
from tabweave_core.plans.shape import POS, RID, quote
from tabweave_core.protocol import plan as p

from .grounds import database, ground
from .statement import readable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from duckdb import DuckDBPyConnection

    from .grounds import Ground
    from .handles import Table

_NUMBERED = f"(SELECT row_number() OVER () - 1 AS {RID}, row_number() OVER () - 1 AS {POS}, * FROM {{}})"


def plan_code(plan: p.Plan, table: Table, others: Mapping[str, Ground] | None = None) -> str:
    """Python that makes the plan's result from the DataFrame as it is now, in a variable `df`."""
    home = table.home
    named = {step.table for step in plan.steps if isinstance(step, (p.Join, p.Union))}
    grounds = dict(others or {})
    for name in named - set(grounds):
        if name in home.binding.names():
            slot = home.binding.bind(name)
            if slot.frame is not None:
                grounds[name] = ground(slot, slot.frame)
    return code(plan, ground(table.slot, table.frame), table.name, grounds)


def code(plan: p.Plan, here: Ground, name: str, others: Mapping[str, Ground]) -> str:
    """The same for a table that is laid out already."""
    connection = database(here.zone)
    try:
        source = here.lay(connection, name)
        sources = {other: each.lay(connection, other) for other, each in others.items() if other != name}
        start = f"{name}.reset_index()" if here.levels else name
        lines = [f"df = {start}.copy()" if not here.levels else f"df = {start}"]
        for step in plan.steps:
            if isinstance(step, p.Chart):
                lines += ["", *chart_code(resolve(step, source.shape), "df").splitlines()]
                continue
            found = statements(step, source.shape)
            lines += found if found is not None else _queried(connection, step, source, sources)
            source = _after(connection, step, source, sources)
    finally:
        connection.close()
    imports = [f"import {module}" for module in ("duckdb",) if any("duckdb." in line for line in lines)]
    imports += ["import pandas as pd"] if any("pd." in line for line in lines) else []
    return "\n".join([*imports, *([""] if imports else []), *lines]) + "\n"


def _after(connection: DuckDBPyConnection, step: p.Step, source: Source, others: Mapping[str, Source]) -> Source:
    """The table that a step leaves, kept under a name of its own."""
    compiled = compile_plan(connection, p.Plan(steps=[step]), source, others)
    name = quote(f"tabweave {connection.execute('SELECT count(*) FROM duckdb_tables()').fetchall()[0][0]}")
    connection.execute(f"CREATE TEMP TABLE {name} AS {compiled.sql}", dict(compiled.values))
    return Source(name, compiled.shape)


def _queried(connection: DuckDBPyConnection, step: p.Step, source: Source, others: Mapping[str, Source]) -> list[str]:
    """The step as SQL on `df`; the step is compiled on the table itself, which decides what columns a pivot has."""
    compiled = compile_plan(connection, p.Plan(steps=[step]), source, others)
    sql = readable(compiled.sql, compiled.values)
    sql = sql.replace(f"FROM {source.relation}", f"FROM {_NUMBERED.format('df')}", 1)
    for name, other in others.items():
        sql = sql.replace(f" {other.relation} ", f" {_NUMBERED.format(quote(name))} ")
    chosen = ", ".join(map(quote, compiled.shape.names))
    text = f"SELECT {chosen} FROM ({sql})\nORDER BY {POS}"
    return [f"df = duckdb.sql({_long(text)}).df()"]


def _long(text: str) -> str:
    """A text as a Python literal over several lines where it can be one."""
    return f'"""\n{text}\n"""' if "\\" not in text and '"""' not in text and not text.endswith('"') else repr(text)
