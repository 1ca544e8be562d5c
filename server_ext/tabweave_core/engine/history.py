"""The log as people read it: one line for each revision, without what the reader may not see.

It must not know who the reader is.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import msgspec

from ..protocol.schema import Change
from .edits import counted
from .effects import Bound, CellsSet, ColumnsIn, ColumnsOut, Move, Recast, Relabel, RowsIn, RowsOut, Several, parts
from .log import FIELDS, Entry, entries, entry_of
from .statements import run

if TYPE_CHECKING:
    from collections.abc import Iterable

    from duckdb import DuckDBPyConnection

    from ..protocol.ops import Scalar
    from .catalog import Table
    from .effects import Effect


def history(
    connection: DuckDBPyConnection,
    table: Table,
    limit: int,
    *,
    since: int = 0,
    rid: int | None = None,
    column: int | None = None,
) -> list[Change]:
    """The newest revisions after `since`, newest first; of one cell when its row and column are given.

    Revisions that are about nothing but `table.hidden` columns are left out; of others only what is about the rest is told.
    """
    if column is not None and column in table.hidden:
        table.column(column)
    found: list[Change] = []
    until = table.head
    while len(found) < limit and until > since:
        part = _entries(connection, table.id, limit, since, until, rid, column)
        undone = _undone(connection, table.id, [entry.rev for entry in part])
        told = _told(connection, table, part) if table.hidden else {entry.rev: _line(entry) for entry in part}
        found += [_change(entry, *told[entry.rev], undone) for entry in part if entry.rev in told]
        until = part[-1].rev - 1 if len(part) == limit else since
    if rid is None or column is None:
        return found[:limit]
    values = _values(connection, table, rid, column, [change.rev for change in found[:limit]])
    return [msgspec.structs.replace(change, cell=values.get(change.rev)) for change in found[:limit]]


def _entries(
    connection: DuckDBPyConnection, table: int, limit: int, since: int, until: int, rid: int | None, column: int | None
) -> list[Entry]:
    query, bound = f"SELECT {FIELDS} FROM _log WHERE table_id = ? AND rev > ? AND rev <= ?", [table, since, until]
    query += " AND (kind <> 'set_cells' OR n_cells > 0)"  # it was found when it was settled that nothing had changed
    if rid is not None and column is not None:
        query += " AND rev IN (SELECT rev FROM _cells WHERE table_id = ? AND rid = ? AND cid = ?)"
        bound += [table, rid, column]
    return [entry_of(row) for row in run(connection, f"{query} ORDER BY rev DESC LIMIT ?", [*bound, limit])]


def _values(connection: DuckDBPyConnection, table: Table, rid: int, column: int, revs: list[int]) -> dict[int, list[Scalar]]:
    """What a cell was before and after revisions, as far back as its column has had the type that it has."""
    if not any(each.id == column for each in table.columns):
        return {}
    dtype = table.dtype(column)
    changes = entries(connection, table.id, since=min(revs, default=0), structural=True)
    retyped = (each.rev for each in changes for part in parts(each.effect) if isinstance(part, Recast) and part.new.id == column)
    rows = connection.execute(
        "SELECT rev, old, new FROM _cells WHERE table_id = ? AND rid = ? AND cid = ? AND rev IN (SELECT unnest(?::BIGINT[])) "
        "AND rev > ?",
        [table.id, rid, column, revs, max(retyped, default=0)],
    ).fetchall()
    return {rev: [dtype.json(old), dtype.json(new)] for rev, old, new in rows}


def _line(entry: Entry) -> tuple[str, int]:
    return entry.summary, entry.n_cells


def _change(entry: Entry, summary: str, n_cells: int, undone: set[int]) -> Change:
    return Change(
        rev=entry.rev,
        time=entry.time,
        user=entry.user,
        kind=entry.kind,
        summary=summary,
        n_cells=n_cells,
        n_rows=entry.n_rows,
        undone=entry.rev in undone,
        undo_of=entry.takes_back if entry.kind == "undo" else None,
    )


def _told(connection: DuckDBPyConnection, table: Table, entries: list[Entry]) -> dict[int, tuple[str, int]]:
    """The line and the number of cells of each entry that a reader who must not know the hidden columns may be told."""
    origins = _origins(connection, table.id, {entry.origin for entry in entries if entry.origin != entry.rev})
    counts = _counts(connection, table.id, {*origins, *(entry.rev for entry in entries)})
    found = {}
    for entry in entries:
        whole = [entry, *([origins[entry.origin]] if entry.origin in origins else [])]
        effects = [each.effect for each in whole]
        touched = {*counts[entry.rev], *counts[entry.origin], *(cid for effect in effects for cid in columns_in(effect))}
        moved = any(isinstance(part, RowsIn | RowsOut) for effect in effects for part in parts(effect))
        if any(each.kind == "transform" for each in whole):
            if moved or touched - table.hidden:
                found[entry.rev] = _command(entry, sum(counts[entry.rev].get(cid, 0) for cid in touched - table.hidden))
            continue
        if moved:
            found[entry.rev] = _line(entry)
            continue
        if not touched & table.hidden:
            found[entry.rev] = _line(entry)
        elif seen := touched - table.hidden:
            found[entry.rev] = _redacted(table, entry, seen, counts[entry.rev])
    return found


def _command(entry: Entry, cells: int) -> tuple[str, int]:
    """A command without its words, which may name what the reader must not know of."""
    before = f"{entry.summary.partition(': ')[0]}: " if entry.takes_back is not None else ""
    changed = f"changed {counted(cells, 'cell')}" if isinstance(entry.effect, CellsSet) else "changed rows or columns"
    return f"{before}a command {changed}", cells


def _redacted(table: Table, entry: Entry, seen: set[int], counts: dict[int, int]) -> tuple[str, int]:
    names = {column.id: column.name for column in table.columns}
    one = names.get(min(seen), "a column") if len(seen) == 1 else ""
    several = counted(len(seen), "column")
    before = f"{entry.summary.partition(': ')[0]}: " if entry.takes_back is not None else ""
    if isinstance(entry.effect, ColumnsOut | ColumnsIn):
        return f"{before}drop {f'column {one}' if one else several}", entry.n_cells
    cells = sum(counts.get(cid, 0) for cid in seen)
    return f"{before}set {counted(cells, 'cell')} of {one or several}", cells


def _origins(connection: DuckDBPyConnection, table: int, revs: set[int]) -> dict[int, Entry]:
    query = f"SELECT {FIELDS} FROM _log WHERE table_id = ? AND rev IN (SELECT unnest(?::BIGINT[]))"
    rows = connection.execute(query, [table, sorted(revs)]).fetchall() if revs else []
    return {entry.rev: entry for entry in map(entry_of, rows)}


def _counts(connection: DuckDBPyConnection, table: int, revs: Iterable[int]) -> defaultdict[int, dict[int, int]]:
    """How many cells of each column these revisions wrote."""
    found: defaultdict[int, dict[int, int]] = defaultdict(dict)
    rows = connection.execute(
        "SELECT rev, cid, count(*) FROM _cells WHERE table_id = ? AND rev IN (SELECT unnest(?::BIGINT[])) GROUP BY rev, cid",
        [table, sorted(revs)],
    ).fetchall()
    for rev, cid, count in rows:
        found[rev][cid] = count
    return found


def columns_in(effect: Effect) -> list[int]:
    """The columns that an effect names."""
    match effect:
        case Several():
            return [cid for part in effect.parts for cid in columns_in(part)]
        case ColumnsIn(columns=columns) | ColumnsOut(columns=columns):
            return [column.id for column in columns]
        case Relabel(column=cid) | Move(column=cid) | Bound(column=cid):
            return [cid]
        case Recast(new=column):
            return [column.id]
    return []


def _undone(connection: DuckDBPyConnection, table: int, revs: list[int]) -> set[int]:
    """Which of these changes are undone, and which of these undos redone."""
    rows = run(
        connection,
        "SELECT origin, takes_back, kind FROM _log WHERE table_id = ? AND takes_back IS NOT NULL "
        "AND origin IN (SELECT origin FROM _log WHERE table_id = ? AND rev IN (SELECT unnest(?::BIGINT[]))) ORDER BY rev",
        [table, table, revs],
    )
    state: dict[int, bool] = {}
    for origin, takes_back, kind in rows:
        state[origin] = kind == "undo"
        if kind == "redo":
            state[takes_back] = True
    return {rev for rev, undone in state.items() if undone}
