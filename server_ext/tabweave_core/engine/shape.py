"""Rows and columns that come, go or change their type: performed in SQL, with every value logged on the way.

Each function expects a valid effect, writes its cells to the log as part of the draft's next revision and reshapes the table.
A value that comes back is first copied in the log from the revision that took it away, then written from there. It must not
know why an effect is wanted.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import msgspec
import numpy as np
import pyarrow as pa

from . import bounds
from .dtypes import Dtype, parse
from .effects import Bound

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..protocol.schema import Column
    from .draft import Draft
    from .effects import ColumnsIn, ColumnsOut, Recast, RowsIn, RowsOut
    from .rows import Ints


def rows_in(draft: Draft, effect: RowsIn, *, copied: Sequence[int] | None = None, back_from: int | None = None) -> None:
    """Brings rows: with missing values, as copies of the rows `copied`, or with the values revision `back_from` took away."""
    draft.flush()
    table, connection = draft.table, draft.connection
    rids = pa.array(effect.rids, pa.int64())
    if copied is None:
        draft.stage(rid=rids)
        connection.execute(f"INSERT INTO {table.live} (_rid) SELECT rid FROM staged ORDER BY rid")
    else:
        names = "".join(f", c{column.id}" for column in table.columns)
        draft.stage(rid=rids, source=pa.array(copied, pa.int64()))
        connection.execute(
            f"INSERT INTO {table.live} (_rid{names}) "
            f"SELECT staged.rid{names} FROM staged JOIN {table.live} ON _rid = staged.source ORDER BY staged.rid"
        )
    for column in table.columns:
        draft.stage(rid=rids)
        if back_from is None:
            _log_rows(draft, column, old="NULL", new=f"CAST(c{column.id} AS VARCHAR)")
        elif any(same_type(column, was) for was in effect.columns):
            connection.execute(
                "INSERT INTO _cells SELECT table_id, ?, cid, rid, NULL, old FROM _cells SEMI JOIN staged USING (rid) "
                "WHERE table_id = ? AND rev = ? AND cid = ? AND old IS NOT NULL",
                [draft.next_rev, table.id, back_from, column.id],
            )
            fill(draft, column.id, parse(column.dtype))
    rows = table.rows.copy()
    rows.insert(np.asarray(effect.positions, dtype=np.int64), np.asarray(effect.rids, dtype=np.int64))
    draft.reshape(replace(table, rows=rows))


def rows_out(draft: Draft, effect: RowsOut) -> None:
    """Takes rows away; raises HELD for locked ones."""
    draft.flush()
    table = draft.table
    table.locks.require_rows_free(np.asarray(effect.rids, dtype=np.int64))
    draft.stage(rid=pa.array(effect.rids, pa.int64()))
    for column in table.columns:
        _log_rows(draft, column, old=f"CAST(c{column.id} AS VARCHAR)", new="NULL")
    draft.connection.execute(f"DELETE FROM {table.live} USING staged WHERE _rid = staged.rid")
    rows = table.rows.copy()
    rows.delete(np.asarray(effect.positions, dtype=np.int64))
    draft.reshape(replace(table, rows=rows))


def _log_rows(draft: Draft, column: Column, *, old: str, new: str) -> None:
    """Logs a column's values in the staged rows, where there are any."""
    draft.connection.execute(
        f"INSERT INTO _cells SELECT {draft.table.id}, ?, {column.id}, _rid, {old}, {new} "
        f"FROM {draft.table.live} SEMI JOIN staged ON _rid = staged.rid WHERE c{column.id} IS NOT NULL",
        [draft.next_rev],
    )


def columns_in(draft: Draft, effect: ColumnsIn, *, back_from: int | None = None) -> None:
    """Brings columns: of missing values, or with the values that revision `back_from` took away."""
    draft.flush()
    table, connection = draft.table, draft.connection
    columns = list(table.columns)
    for column, place in zip(effect.columns, effect.places, strict=True):
        dtype = parse(column.dtype)
        connection.execute(f"ALTER TABLE {table.live} ADD COLUMN c{column.id} {dtype.sql}")
        if back_from is not None:
            connection.execute(
                "INSERT INTO _cells SELECT table_id, ?, cid, rid, NULL, old FROM _cells "
                f"SEMI JOIN {table.live} ON rid = _rid WHERE table_id = ? AND rev = ? AND cid = ? AND old IS NOT NULL",
                [draft.next_rev, table.id, back_from, column.id],
            )
            fill(draft, column.id, dtype)
        columns.insert(place, column)
    following = max(table.next_column, *(column.id + 1 for column in effect.columns))
    draft.reshape(replace(table, columns=tuple(columns), next_column=following))


def columns_out(draft: Draft, effect: ColumnsOut) -> None:
    """Takes columns away; raises HELD for those with locked cells."""
    draft.flush()
    table, connection = draft.table, draft.connection
    for column in effect.columns:
        table.locks.require_column_free(column.id, column.name)
    for column in effect.columns:
        connection.execute(
            f"INSERT INTO _cells SELECT {table.id}, ?, {column.id}, _rid, CAST(c{column.id} AS VARCHAR), NULL "
            f"FROM {table.live} WHERE c{column.id} IS NOT NULL",
            [draft.next_rev],
        )
        connection.execute(f"ALTER TABLE {table.live} DROP COLUMN c{column.id}")
    gone = {column.id for column in effect.columns}
    draft.reshape(replace(table, columns=tuple(column for column in table.columns if column.id not in gone)))


def relabel(draft: Draft, cid: int, name: str) -> None:
    """Gives a column another name."""
    table = draft.table
    columns = (msgspec.structs.replace(column, name=name) if column.id == cid else column for column in table.columns)
    draft.reshape(replace(table, columns=tuple(columns)))


def move(draft: Draft, cid: int, place: int) -> None:
    """Puts a column at another place, counted without it."""
    table = draft.table
    column = table.column(cid)
    columns = [other for other in table.columns if other.id != cid]
    columns.insert(place, column)
    draft.reshape(replace(table, columns=tuple(columns)))


def bind(draft: Draft, column: Column) -> Bound:
    """Gives a column the bounds that it has here; raises RANGE where cells lie outside."""
    draft.flush()
    table, was = draft.table, draft.table.column(column.id)
    bounds.require_met(column, _count_outside(draft, column, f"{table.live} WHERE true", f"c{column.id}", []))
    draft.reshape(replace(table, columns=tuple(column if each.id == column.id else each for each in table.columns)))
    return Bound(column=column.id, old=(was.least, was.most), new=(column.least, column.most))


def require_back_within(draft: Draft, rev: int) -> None:
    """Raises RANGE if what a revision has overwritten lies outside of the bounds that its columns have now."""
    draft.flush()
    for column in draft.table.columns:
        if bounds.has_any(column):
            value = f"TRY_CAST(old AS {parse(column.dtype).sql})"
            logged = "_cells WHERE table_id = ? AND rev = ? AND cid = ?"
            count = _count_outside(draft, column, logged, value, [draft.table.id, rev, column.id])
            bounds.require_none(column, count)


def _count_outside(draft: Draft, column: Column, source: str, value: str, bound: list[object]) -> int:
    """How many values lie outside of a column's bounds."""
    ends, tests = bounds.ends(column), []
    if ends == bounds.OPEN:
        return 0
    kind = "DOUBLE" if column.kind == "float" else "DECIMAL(38, 10)"
    for end, sign in zip(ends, ("<", ">"), strict=True):
        if end is not None:
            tests.append(f"{value} {sign} CAST(? AS {kind})")
            bound.append(str(end))
    ((count,),) = draft.connection.execute(f"SELECT count(*) FROM {source} AND ({' OR '.join(tests)})", bound).fetchall()
    return int(count)


def recast(draft: Draft, effect: Recast, texts: dict[str, str | None]) -> None:
    """Gives a column another type; `texts` has the new text for every old one. Raises HELD where cells are locked."""
    draft.flush()
    cid = effect.new.id
    draft.table.locks.require_column_free(cid, effect.old.name)
    draft.stage(old=pa.array(texts.keys(), pa.string()), new=pa.array(texts.values(), pa.string()))
    draft.connection.execute(
        f"INSERT INTO _cells SELECT {draft.table.id}, ?, {cid}, _rid, CAST(c{cid} AS VARCHAR), staged.new "
        f"FROM {draft.table.live} LEFT JOIN staged ON CAST(c{cid} AS VARCHAR) = staged.old",
        [draft.next_rev],
    )
    _retype(draft, effect)


def recast_to(draft: Draft, effect: Recast, rids: Ints, values: pa.ChunkedArray) -> None:
    """Gives a column another type; `values` are its new cells as they are stored, missing in rows that are not in `rids`."""
    draft.flush()
    cid, sql = effect.new.id, parse(effect.new.dtype).sql
    draft.stage(rid=pa.array(rids, pa.int64()), value=values)
    draft.connection.execute(
        f"INSERT INTO _cells SELECT {draft.table.id}, ?, {cid}, _rid, CAST(c{cid} AS VARCHAR), "
        f"CAST(CAST(staged.value AS {sql}) AS VARCHAR) FROM {draft.table.live} LEFT JOIN staged ON _rid = staged.rid",
        [draft.next_rev],
    )
    _retype(draft, effect)


def recast_back(draft: Draft, effect: Recast, back_from: int) -> None:
    """Takes a change of type back: each row gets the value that it had before revision `back_from`, if it was there then."""
    draft.flush()
    cid, table = effect.new.id, draft.table
    table.locks.require_column_free(cid, effect.old.name)
    draft.connection.execute(
        f"INSERT INTO _cells SELECT {table.id}, ?, {cid}, _rid, CAST(c{cid} AS VARCHAR), was.old FROM {table.live} "
        "LEFT JOIN (SELECT rid, old FROM _cells WHERE table_id = ? AND rev = ? AND cid = ?) was ON was.rid = _rid",
        [draft.next_rev, table.id, back_from, cid],
    )
    _retype(draft, effect)


def _retype(draft: Draft, effect: Recast) -> None:
    """Makes a column anew with its new type, from what the next revision has logged of it."""
    cid, table = effect.new.id, draft.table
    dtype = parse(effect.new.dtype)
    draft.connection.execute(f"ALTER TABLE {table.live} DROP COLUMN c{cid}")
    draft.connection.execute(f"ALTER TABLE {table.live} ADD COLUMN c{cid} {dtype.sql}")
    fill(draft, cid, dtype)
    columns = tuple(effect.new if column.id == cid else column for column in table.columns)
    draft.reshape(replace(table, columns=columns))


def same_type(column: Column, was: Column) -> bool:
    """Whether a column still has the type (and the categories) that it had."""
    return (column.id, column.dtype, column.categories) == (was.id, was.dtype, was.categories)


def fill(draft: Draft, cid: int, dtype: Dtype) -> None:
    """Writes a column's new values of the next revision from the log."""
    draft.connection.execute(
        f"UPDATE {draft.table.live} SET c{cid} = CAST(logged.new AS {dtype.sql}) "
        "FROM (SELECT rid, new FROM _cells WHERE table_id = ? AND rev = ? AND cid = ?) logged WHERE _rid = logged.rid",
        [draft.table.id, draft.next_rev, cid],
    )
