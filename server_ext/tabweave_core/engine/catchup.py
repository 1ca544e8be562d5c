"""What has changed since a revision, for a client that was away: the last value of each cell, not every step to it.

It must not know channels.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from . import log, window
from .effects import ColumnsIn, Recast, RowsIn, RowsOut, parts
from .refusals import TooFar
from .statements import run

if TYPE_CHECKING:
    import pyarrow as pa
    from duckdb import DuckDBPyConnection

    from .catalog import Table
    from .rows import Ints

MOST_REVISIONS = 5000
MOST_CELLS = 200_000
"""Beyond either, reading the table anew is quicker."""


@dataclass(frozen=True, eq=False)
class Changes:
    """How a table of revision `since` becomes that of revision `rev`.

    `cells` has an Arrow table `_rid`, `<column id>` for each column with changed cells in rows that are there now.
    `inserted` and `deleted` are the row ids that came and went; rows that came are in `cells`. `schema` says that columns
    came, went, moved or changed; then columns that came or changed their type are in `reread` and must be read whole.
    """

    since: int
    rev: int
    cells: dict[int, pa.Table] = field(default_factory=dict)
    inserted: frozenset[int] = frozenset()
    deleted: frozenset[int] = frozenset()
    schema: bool = False
    reread: frozenset[int] = frozenset()


def changes(cursor: DuckDBPyConnection, table: Table, since: int) -> Changes:
    """What happened after revision `since`; raises `TooFar` when it is too much, or was never a revision of this table."""
    if since == table.head:
        return Changes(since, table.head)
    if not 0 <= since < table.head:
        raise TooFar("TOO_FAR", f"{table.name} never had a revision {since}.", hint="Read the table anew.")
    ((count,),) = run(cursor, "SELECT count(*) FROM _cells WHERE table_id = ? AND rev > ?", [table.id, since])
    if table.head - since > MOST_REVISIONS or count > MOST_CELLS:
        raise TooFar("TOO_FAR", f"{table.name} has changed too much since revision {since}.", hint="Read the table anew.")
    entries = log.entries(cursor, table.id, since=since, structural=True)
    touched: set[int] = set()
    reread: set[int] = set()
    for effect in (part for entry in entries for part in parts(entry.effect)):
        match effect:
            case RowsIn(rids=rids) | RowsOut(rids=rids):
                touched.update(rids)
            case Recast(new=column):
                reread.add(column.id)
            case ColumnsIn(columns=columns):
                reread.update(column.id for column in columns)
    moved = np.array(sorted(touched), dtype=np.int64)
    there = table.rows.positions(moved) >= 0
    return Changes(
        since=since,
        rev=table.head,
        cells=_cells(cursor, table, since, skip=reread, came=moved[there]),
        inserted=frozenset(moved[there].tolist()),
        deleted=frozenset(moved[~there].tolist()),
        schema=table.columns_rev > since,
        reread=frozenset(cid for cid in reread if table.has(cid)),
    )


def _cells(cursor: DuckDBPyConnection, table: Table, since: int, *, skip: set[int], came: Ints) -> dict[int, pa.Table]:
    rows = run(
        cursor, "SELECT cid, list(DISTINCT rid) FROM _cells WHERE table_id = ? AND rev > ? GROUP BY cid", [table.id, since]
    )
    changed = {cid: np.union1d(np.asarray(rids, dtype=np.int64), came) for cid, rids in rows}
    found = {}
    for column in table.columns:
        rids = changed.get(column.id, came)
        if column.id not in skip and len(rids):
            told = window.rows_of(cursor, table, rids, [column])
            if told.num_rows:
                found[column.id] = told
    return found
