"""A plan as pandas code that gives the same table; steps that pandas has no plain way for run as SQL on the DataFrame.

It must not know where the table lives or who asks.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..charts.code import chart_code
from ..charts.spec import resolve
from ..plans.compile import compile_plan
from ..plans.draft import Source
from ..plans.pandas_steps import statements
from ..plans.shape import POS, RID, Shape, quote
from ..plans.statement import readable
from ..protocol import plan as p

if TYPE_CHECKING:
    from collections.abc import Mapping

    from duckdb import DuckDBPyConnection

_NUMBERED = f"(SELECT row_number() OVER () - 1 AS {RID}, row_number() OVER () - 1 AS {POS}, * FROM {{}})"


def script(
    connection: DuckDBPyConnection,
    plan: p.Plan,
    source: Source,
    others: Mapping[str, Source],
    start: str,
    plain: Mapping[str, Shape],
) -> str:
    """Python that makes the plan's result in a variable `df`, which begins as the expression `start`.

    `plain` are the other tables that are variables of the same name with the same columns.
    """
    lines = [f"df = {start}"]
    for step in plan.steps:
        if isinstance(step, p.Chart):
            lines += ["", *chart_code(resolve(step, source.shape), "df").splitlines()]
            continue
        found = statements(step, source.shape, plain)
        lines += found if found is not None else _queried(connection, step, source, others)
        source = _after(connection, step, source, others)
    imports = [f"import {module}" for module in ("duckdb",) if any("duckdb." in line for line in lines)]
    imports += ["import numpy as np"] if any("np." in line for line in lines) else []
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
        rows = _NUMBERED.format(quote(name))
        found = re.search(rf"\b(FROM|JOIN) {re.escape(other.relation)}", sql)
        sql = sql if found is None else f"{sql[: found.start()]}{found[1]} {rows}{sql[found.end() :]}"
    chosen = ", ".join(map(quote, compiled.shape.names))
    text = f"SELECT {chosen} FROM ({sql})\nORDER BY {POS}"
    return ["# pandas has no plain way to do the very same:", f"df = duckdb.sql({_long(text)}).df()"]


def _long(text: str) -> str:
    """A text as a Python literal over several lines where it can be one."""
    return f'"""\n{text}\n"""' if "\\" not in text and '"""' not in text and not text.endswith('"') else repr(text)
