"""A frame as DuckDB reads it for a plan: its columns on the memory that they have, with row ids and places beside them.

It is the table of one moment: later edits do not reach it. It must not know plans or notebooks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .frames.charting import columns, database, source

__all__ = ["Ground", "database", "ground", "source"]

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pyarrow as pa
    from duckdb import DuckDBPyConnection
    from tabweave_core.engine.rows import RowIds
    from tabweave_core.plans.draft import Source

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


def ground(slot: Slot, frame: Frame) -> Ground:
    """The frame that stands in a slot, as it is now."""
    with frame.lock:
        return slot.read(lambda: _ground(frame))


def _ground(frame: Frame) -> Ground:
    held = frame.schema().columns
    return Ground(
        frame=frame,
        epoch=frame.epoch,
        rev=frame.rev,
        rows=frame.rids.copy(),
        ids={column.name: column.id for column in held},
        levels=frozenset(column.name for column in held if column.index),
        table=columns(frame),
        zone=next((column.zone for column in held if column.zone), None) or "UTC",
    )
