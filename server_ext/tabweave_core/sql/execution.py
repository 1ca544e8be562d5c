"""One checked query run on a locked database: tables in, a bounded part of the result out.

It must not know processes; whoever calls it bounds time and memory.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from . import pivots, results, syntax

if TYPE_CHECKING:
    from collections.abc import Mapping

    from duckdb import DuckDBPyConnection

    from .guard import Checked

BATCH = 1 << 14
"""Rows of a piece of the result."""


def run(
    connection: DuckDBPyConnection, checked: Checked, tables: Mapping[str, pa.Table], rows: int, most: int
) -> tuple[pa.Table, bool]:
    """The first `rows` rows of the result, or as many as `most` bytes hold, and whether there were more.

    `tables` are by the names that the query uses for them.
    """
    for name, table in tables.items():
        connection.register(name, table)
    sql = checked.sql
    if checked.dynamic:
        sql = syntax.write(pivots.fill(checked.tree, lambda text: [row[0] for row in connection.sql(text).fetchall()]))
    relation = results.readable(connection.sql(sql))
    with relation.to_arrow_reader(BATCH) as reader:
        table, truncated = _first(reader, rows, most)
    return results.tidy(table, relation.types), truncated


def _first(reader: pa.RecordBatchReader, rows: int, most: int) -> tuple[pa.Table, bool]:
    kept: list[pa.RecordBatch] = []
    count = bytes_ = 0
    for batch in reader:
        if not batch.num_rows:
            continue
        room = rows - count
        weight = batch.nbytes
        if bytes_ + weight > most:
            room = min(room, batch.num_rows * max(most - bytes_, 0) // max(weight, 1))
        if room < batch.num_rows:
            kept.append(batch.slice(0, room))
            return pa.Table.from_batches(kept, reader.schema), True
        kept.append(batch)
        count += batch.num_rows
        bytes_ += weight
    return pa.Table.from_batches(kept, reader.schema), False
