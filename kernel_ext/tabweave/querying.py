"""SQL over the notebook's DataFrames and shared tables: one SELECT, its result as a DataFrame.

A query runs in a child process that can be killed, on copies of the columns that it names. Where these are large it runs here
instead, on the DataFrames' own memory, if no function in it can make much out of little. It must not know magics.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import duckdb
import pyarrow as pa
from tabweave_core.errors import NotFound, Refused, TabweaveError
from tabweave_core.sql import execution, explain
from tabweave_core.sql.guard import check_query
from tabweave_core.sql.limits import Limits
from tabweave_core.sql.locked import connect
from tabweave_core.sql.parcels import size
from tabweave_core.sql.sandbox import Loadable, Sandbox

from . import relations, workspace
from .opening import to_frame

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pandas as pd
    from duckdb import DuckDBPyConnection

    from .relations import Relation

LARGE = 256 << 20
"""Bytes of columns from which on a copy of them is felt."""
RESULT = 2 << 30
"""Bytes of a result that still becomes a DataFrame."""
HOURS = 12 * 3600.0
"""Seconds that a query may take: the user can interrupt it."""

_sandbox: Sandbox | None = None

Outcome = TypeVar("Outcome")


def query(sql: str, namespace: Mapping[str, Any] | None = None) -> pd.DataFrame:
    """The result of one SELECT over the DataFrames of a namespace (the notebook's own) and the shared tables there are.

    Raises `TabweaveError` with what is wrong, and TOO_LARGE rather than leave rows out.
    """
    home = workspace.current(namespace)
    tables = relations.variables(home)
    try:
        return _answer(sql, tables)
    except NotFound as error:
        shared = relations.shared_tables(home) if error.code == "NO_TABLE" else {}
        if not shared:
            raise
        return _answer(sql, shared | tables)


def close() -> None:
    """Ends the processes that run queries; the next query starts one again."""
    global _sandbox
    if _sandbox is not None:
        _sandbox.close()
        _sandbox = None


def _answer(sql: str, tables: Mapping[str, Relation]) -> pd.DataFrame:
    folded = sql.casefold()
    named = {name: table for name, table in tables.items() if name.casefold() in folded}
    zone = next((table.zone for table in named.values() if table.zone), "UTC")
    large = sum(table.weight(table.columns) for table in named.values()) >= LARGE
    table, truncated = (_here(sql, tables, zone) if large else None) or _apart(sql, tables, named, zone)
    if truncated:
        message = f"The result is larger than {size(RESULT)}."
        raise Refused("TOO_LARGE", message, hint="Add LIMIT, name fewer columns, or aggregate.")
    return to_frame(table)


def _here(sql: str, tables: Mapping[str, Relation], zone: str) -> tuple[pa.Table, bool] | None:
    """The result without a copy of what is read; None for a query that is better run apart."""
    checked = check_query(sql, tables)
    wanted = {name: checked.wanted(tables[given].columns) for name, given in checked.tables.items()}
    weight = sum(tables[given].weight(wanted[name]) for name, given in checked.tables.items())
    if not checked.bounded or weight < LARGE:
        return None
    loaded = {name: tables[given].load(wanted[name]) for name, given in checked.tables.items()}
    most = limits()
    connection = connect(memory=most.memory, zone=zone)
    try:
        return _interruptible(connection, partial(execution.run, connection, checked, loaded, most.rows, most.bytes))
    except (TabweaveError, duckdb.Error, pa.ArrowException, MemoryError, RuntimeError, ValueError) as error:
        columns = [name for given in checked.tables.values() for name in tables[given].columns]
        raise explain.explain(error, columns, most.memory) from None
    finally:
        connection.close()


def _interruptible(connection: DuckDBPyConnection, work: Callable[[], Outcome]) -> Outcome:
    """The work's result. DuckDB hears no interrupt while it works, so it does on another thread and this one listens."""
    with ThreadPoolExecutor(1, thread_name_prefix="tabweave-query") as pool:
        doing = pool.submit(work)
        try:
            return doing.result()
        except KeyboardInterrupt:
            connection.interrupt()
            raise


def _apart(sql: str, tables: Mapping[str, Relation], named: Mapping[str, Relation], zone: str) -> tuple[pa.Table, bool]:
    """The result by a child process."""
    sources = {name: Loadable(table.columns, table.load) if name in named else table.load for name, table in tables.items()}
    result = sandbox().run(sql, sources, limits=limits(), zone=zone)
    return result.table, result.truncated


def sandbox() -> Sandbox:
    """Where queries of people's own run."""
    global _sandbox
    if _sandbox is None:
        _sandbox = Sandbox()
    return _sandbox


def limits() -> Limits:
    """Half of this machine's memory for a query, and as many threads as there are."""
    memory = 2 << 30
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        memory = max(memory, os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2)
    return Limits(memory=memory, seconds=HOURS, input=memory, rows=1 << 60, bytes=RESULT, threads=os.cpu_count() or 1)
