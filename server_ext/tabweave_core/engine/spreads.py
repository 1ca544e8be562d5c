"""Totals of a shared table written as one operation, and dry runs of that: worked out by `planning`, written in bulk.

It must not know who may do what.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from ..errors import BadMessage, BadValue
from ..protocol import planning as asked
from ..protocol.schema import View
from . import query
from .cells import Unread
from .edits import MOST_CELLS, MOST_TOLD, Result, new_values
from .effects import CellsSet
from .planning import cells, spreading
from .planning.board import Board
from .rollups.units import to_decimal
from .window import in_order, rows_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from duckdb import DuckDBPyConnection

    from ..protocol.ops import Scalar, Spread
    from ..protocol.planning import Coordinate, SpreadPreview
    from ..protocol.schema import Column, Filter
    from .catalog import Table
    from .draft import Draft
    from .planning.spreading import Write
    from .rollups.units import Ints, Mask


class TableSource:
    """A shared table as one transaction sees it, through the lens that `table` has been looked at with."""

    def __init__(self, connection: DuckDBPyConnection, table: Table) -> None:
        self.connection = connection
        self.table = table
        self.rev, self.epoch = table.head, table.epoch
        self._rids = table.rows.ids(slice(0, len(table.rows)))
        self._read: dict[int, pa.Array] = {}

    def rids(self) -> Ints:
        """The ids of all rows."""
        return self._rids

    def column(self, cid: int) -> Column:
        """A column; raises NO_COLUMN."""
        return self.table.column(cid)

    def values(self, cid: int) -> pa.Array:
        """A column's values."""
        if cid not in self._read:
            rows = in_order(rows_of(self.connection, self.table, self._rids, [self.column(cid)]), self._rids)
            self._read[cid] = cells.joined(rows.column(1))
        return self._read[cid]

    def keep(self, filters: Sequence[Filter]) -> Mask:
        """Which rows all of these filters keep."""
        kept = np.ones(len(self._rids), dtype=np.bool_)
        found = query.condition(self.table, View(filter=list(filters)))
        if found is not None:
            kept[:] = False
            select = f"SELECT _rid FROM {self.table.live} WHERE {found.text}"
            rows = self.connection.sql(select, params=found.values).to_arrow_table()
            kept[self.table.rows.positions(np.asarray(rows.column(0)))] = True
        return kept

    def frozen(self, cid: int) -> Mask | None:  # noqa: ARG002 - rights are those of whole columns
        """No cell: what a user may not write is whole columns."""
        return None

    def as_of(self, cid: int, rev: int) -> pa.Array:
        """A column's values as they were at a revision, null in rows that were not there."""
        sql = self.table.dtype(cid).sql
        logged = "SELECT rid, first(old ORDER BY rev) AS old FROM _cells WHERE table_id = ? AND cid = ? AND rev > ? GROUP BY rid"
        rows = self.connection.sql(
            f"SELECT _rid, CASE WHEN was.rid IS NULL THEN c{cid} ELSE TRY_CAST(was.old AS {sql}) END "
            f"FROM {self.table.live} LEFT JOIN ({logged}) AS was ON _rid = was.rid",
            params=[self.table.id, cid, rev],
        ).to_arrow_table()
        places = self.table.rows.positions(np.asarray(rows.column(0)))
        return cells.joined(rows.column(1)).take(pa.array(np.argsort(places, kind="stable")))


def spread(draft: Draft, op: Spread) -> Result:
    """Writes the totals of an operation; raises what the rules of spreading raise and writes nothing then."""
    draft.flush()
    source = TableSource(draft.connection, draft.table)
    done = spreading.spread(Board(op.rollup, source), source, op)
    if done.changed > MOST_CELLS:
        raise BadMessage("BAD_MESSAGE", f"This changes more than {MOST_CELLS:,} cells at once.", hint="Do it in parts.")
    if not done.writes:
        return Result(None, message=f"{done.summary}: nothing changes.")
    columns = frozenset(write.column for write in done.writes)
    if done.changed <= MOST_TOLD:
        texts = {write.column: _texts(draft, write) for write in done.writes}
        for cid, new in texts.items():
            draft.need([cid], new)
            for rid, text in new.items():
                draft.put(cid, rid, text)
        told = new_values(draft.table, texts)
        return Result(CellsSet(), done.summary, n_cells=done.changed, cells=told, columns=columns)
    for write in done.writes:
        draft.put_all(write.column, write.rids, _values(draft, write))
    return Result(CellsSet(), done.summary, n_cells=done.changed, columns=columns)


def dry_run(connection: DuckDBPyConnection, table: Table, op: Spread) -> SpreadPreview:
    """What an operation would do now."""
    require_known(table, op)
    source = TableSource(connection, table)
    return spreading.rehearsed(Board(op.rollup, source), source, op).preview()


def require_known(table: Table, op: Spread) -> None:
    """Raises NO_COLUMN for columns that a table (as somebody sees it) does not have, also in conditions."""
    rollup = op.rollup
    named = [*rollup.levels, *([] if rollup.across is None else [rollup.across])]
    for each in rollup.aggregates:
        named += [cid for cid in (each.column, each.other, each.inverse) if cid is not None]
    for target in op.targets:
        method = target.method
        if isinstance(method, asked.StraightLine | asked.Growth):
            named.append(method.along)
        ref = getattr(method, "ref", None)
        if ref is not None and ref.column is not None:
            named.append(ref.column)
    for cid in named:
        table.column(cid)
    query.condition(table, View(filter=[*rollup.filter, *(each for at in _coordinates(op) for each in at.where)]))


def written_columns(op: Spread) -> list[int]:
    """The columns that an operation writes."""
    known = op.rollup.aggregates
    chosen = [known[target.aggregate] for target in op.targets if 0 <= target.aggregate < len(known)]
    return list(dict.fromkeys(each.column if each.inverse is None else each.inverse for each in chosen))


def _coordinates(op: Spread) -> Iterator[Coordinate]:
    yield from op.holds
    for target in op.targets:
        yield target.at
        if isinstance(target.method, asked.MoveTo):
            yield target.method.to


def _text(draft: Draft, write: Write) -> str | None:
    column = draft.table.column(write.column)
    try:
        return draft.reader(write.column, typed=True)(write.text)
    except Unread as error:
        raise BadValue(error.code, f"{column.name}: {error.message}", hint=error.hint, where=column.name) from None


def _texts(draft: Draft, write: Write) -> dict[int, str | None]:
    """The new cells as the log has them."""
    rids = write.rids.tolist()
    if draft.table.column(write.column).kind not in cells.NUMBERS:
        return dict.fromkeys(rids, _text(draft, write))
    read = draft.reader(write.column, typed=False)
    scale = draft.table.column(write.column).scale or 0
    pairs = zip(write.values.units.tolist(), write.values.there().tolist(), strict=True)
    items = [_item(unit, scale) if there else None for unit, there in pairs]
    return {rid: read(item) for rid, item in zip(rids, items, strict=True)}


def _item(unit: float, scale: int) -> Scalar:
    return unit if isinstance(unit, float) else str(to_decimal(unit, scale))


def _values(draft: Draft, write: Write) -> pa.Array:
    column = draft.table.column(write.column)
    if column.kind not in cells.NUMBERS:
        return pa.array([_text(draft, write)] * len(write.rids), pa.string())
    if column.kind == "float":
        return cells.to_arrow(write.values, pa.float64())
    return cells.to_arrow(write.values, pa.decimal128(38, column.scale or 0))
