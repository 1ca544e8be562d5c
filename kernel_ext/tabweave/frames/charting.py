"""A frame's columns as DuckDB reads them, on the memory that they have, and the charts that it draws of them.

It must not know plans' other steps, widgets or channels.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from tabweave_core.charts.chart import picture
from tabweave_core.charts.spec import needed
from tabweave_core.plans.draft import Source
from tabweave_core.plans.shape import POS, RID, Shape, quote
from tabweave_core.sql.locked import connect

from .arrays import read
from .text import texts_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from duckdb import DuckDBPyConnection
    from tabweave_core.charts.chart import Picture
    from tabweave_core.charts.marks import Frame as Part
    from tabweave_core.protocol.plan import Chart

    from .frame import Frame

    Look = Callable[[Callable[[], pa.Table]], pa.Table]

_NAME = "charted"


def draw(frame: Frame, chart: Chart, part: Part | None, look: Look) -> tuple[int, Picture]:
    """A chart of all rows of a frame, and the revision that it is of; `look` surrounds the reading of columns."""
    with frame.lock:
        table = look(lambda: columns(frame, needed(chart)))
        rev = frame.rev
        zone = next((column.zone for column in frame.schema().columns if column.zone), None) or "UTC"
    connection = database(zone)
    try:
        connection.register(_NAME, table)
        return rev, picture(connection, source(connection, _NAME), chart, part)
    finally:
        connection.close()


def columns(frame: Frame, wanted: Collection[str] | None = None) -> pa.Table:
    """Row ids, places and columns by name (all, or those wanted); raises for names that could not be told apart.

    The others of a frame that is only read in part are there without values, so that a name that is wrong is told from them.
    """
    known = frame.schema().columns
    Shape.of((column.name, "") for column in known)
    rows = frame.rids.copy()
    count = len(rows)
    arrays: dict[str, Any] = {RID: pa.array(rows.ids(slice(None))), POS: pa.array(np.arange(count, dtype=np.int64))}
    for column in known:
        read_now = wanted is None or column.name in wanted
        arrays[column.name] = arrow_cells(frame.values(column.id)) if read_now else pa.nulls(count)
    return pa.table(arrays)


def source(connection: DuckDBPyConnection, name: str) -> Source:
    """A relation that has `_rid` and `_pos`; raises for columns that could not be told apart."""
    found = connection.execute(f"SELECT * FROM {quote(name)} LIMIT 0").description or []
    shape = Shape.of((column, str(kind)) for column, kind, *_ in found if column not in (RID, POS))
    return Source(quote(name), shape, laid=True)


def arrow_cells(values: Any) -> pa.Array | pa.ChunkedArray:
    """A column's cells in a type that DuckDB reads; objects as their texts."""
    cells = read(values)
    if isinstance(cells, pa.Array | pa.ChunkedArray):
        return cells.cast(pa.float64()) if pa.types.is_decimal256(cells.type) else cells
    return texts_of(cells)


def database(zone: str) -> DuckDBPyConnection:
    """A database in memory that reaches nothing else and takes half of this machine's memory at most."""
    memory = 2 << 30
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        memory = max(memory, os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2)
    return connect(memory=memory, zone=zone)
