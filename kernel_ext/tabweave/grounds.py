"""A frame as DuckDB reads it for a plan: its columns on the memory that they have, with row ids and places beside them.

It is the table of one moment: later edits do not reach it. It must not know plans or notebooks.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from tabweave_core.plans.draft import Source
from tabweave_core.plans.shape import POS, RID, Shape, quote
from tabweave_core.sql.locked import connect

from .frames.arrays import read
from .frames.text import texts_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from duckdb import DuckDBPyConnection
    from tabweave_core.engine.rows import RowIds

    from .frames.frame import Frame
    from .slot import Slot


@dataclass(frozen=True)
class Ground:
    """A frame at one moment. `ids` are the column ids by name, `levels` the names of index levels."""

    frame: Frame
    epoch: str
    rev: int
    rows: RowIds
    ids: Mapping[str, int]
    levels: frozenset[str]
    table: pa.Table
    zone: str

    def lay(self, connection: DuckDBPyConnection, name: str) -> Source:
        """The table as a relation of a connection, called `name` there."""
        connection.register(name, self.table)
        return source(connection, name)


def source(connection: DuckDBPyConnection, name: str) -> Source:
    """A relation that has `_rid` and `_pos`; raises for columns that a command could not tell apart."""
    found = connection.execute(f"SELECT * FROM {quote(name)} LIMIT 0").description or []
    return Source(quote(name), Shape.of((column, str(kind)) for column, kind, *_ in found if column not in (RID, POS)))


def ground(slot: Slot, frame: Frame) -> Ground:
    """The frame that stands in a slot, as it is now."""
    with frame.lock:
        return slot.read(lambda: _ground(frame))


def _ground(frame: Frame) -> Ground:
    columns = frame.schema().columns
    Shape.of((column.name, "") for column in columns)
    rows = frame.rids.copy()
    hidden = {RID: pa.array(rows.ids(slice(None))), POS: pa.array(np.arange(len(rows), dtype=np.int64))}
    held = {column.name: arrow_cells(frame.values(column.id)) for column in columns}
    return Ground(
        frame=frame,
        epoch=frame.epoch,
        rev=frame.rev,
        rows=rows,
        ids={column.name: column.id for column in columns},
        levels=frozenset(column.name for column in columns if column.index),
        table=pa.table({**hidden, **held}),
        zone=next((column.zone for column in columns if column.zone), None) or "UTC",
    )


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
