"""The log as it is read: who did what, what a user can undo, and who wrote a cell last.

Two tables: `_log` has a row for each revision of each table, `_cells` one for each cell that a revision changed, with the
texts before and after. It must not know how effects are performed.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

import pyarrow as pa

from ..errors import Refused
from ..protocol.schema import Person
from .effects import Bound, ColumnsIn, ColumnsOut, Effect, Move, Relabel, RowsIn, RowsOut, decode, parts
from .statements import run

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from duckdb import DuckDBPyConnection

Key = TypeVar("Key")
HORIZON = 10_000
"""So many of a user's newest revisions are looked at to find what can be undone."""
FIELDS = (
    "rev, time, user_id, user_name, user_color, kind, effect, origin, takes_back, n_cells, n_rows, skipped, summary, "
    "client_id, seq"
)


@dataclass(frozen=True)
class Entry:
    """One revision. `origin` is the change that it is, takes back or brings back, `takes_back` the revision that it inverts."""

    rev: int
    time: float
    user: Person
    kind: str
    effect: Effect
    origin: int
    takes_back: int | None
    n_cells: int
    n_rows: int
    skipped: int
    summary: str
    client_id: str
    seq: int


Row = tuple[int, float, str, str, str, str, str, int, int | None, int, int, int, str, str, int]


def entry_of(row: Row) -> Entry:
    """A row of `FIELDS` as an entry."""
    rev, time, user_id, user_name, user_color, kind, effect = row[:7]
    return Entry(rev, time, Person(id=user_id, name=user_name, color=user_color), kind, decode(effect), *row[7:])


def entries(
    connection: DuckDBPyConnection, table: int, *, since: int = 0, until: int | None = None, structural: bool = False
) -> list[Entry]:
    """The revisions after `since`, up to `until`, oldest first; with `structural` only those that changed rows or columns."""
    query = f"SELECT {FIELDS} FROM _log WHERE table_id = ? AND rev > ? AND rev <= coalesce(?, rev)"
    if structural:
        query += """ AND NOT starts_with(effect, '{"did":"cells_set"')"""
    return [entry_of(row) for row in run(connection, f"{query} ORDER BY rev", [table, since, until])]


def at(connection: DuckDBPyConnection, table: int, rev: int) -> Entry:
    """One revision; raises `UNDO_EXPIRED` if the log does not have it."""
    found = entries(connection, table, since=rev - 1, until=rev)
    if not found:
        raise Refused("UNDO_EXPIRED", f"Revision {rev} is not in the log.", hint="Look at the history for what can be undone.")
    return found[0]


@dataclass(frozen=True)
class Undoable:
    """The revision that a user's next undo takes back, and the undo that their next redo takes back, where there is one."""

    undo: int | None
    redo: int | None


def undoable(connection: DuckDBPyConnection, table: int, user: str) -> Undoable:
    """What a user can undo and redo: their last change that stands, and their last undo that no change of theirs has passed."""
    rows = run(
        connection,
        "SELECT rev, kind, origin, skipped > 0 AND n_cells = 0 AND n_rows = 0 FROM _log "
        "WHERE table_id = ? AND user_id = ? AND kind <> 'lock' AND (kind <> 'set_cells' OR n_cells > 0) "
        "ORDER BY rev DESC LIMIT ?",
        [table, user, HORIZON],
    )
    seen: dict[int, str] = {}
    redo: int | None = None
    passed = False
    for rev, kind, origin, void in rows:
        if kind in ("undo", "redo"):
            if origin not in seen and kind == "undo" and redo is None and not passed and not void:
                redo = rev
            seen.setdefault(origin, kind)
            continue
        passed = True
        if seen.get(rev) != "undo":
            return Undoable(rev, redo)
    return Undoable(None, redo)


def latest(connection: DuckDBPyConnection, table: int, origin: int) -> tuple[int, str]:
    """The newest revision about a change and its kind: of the change itself, or of an undo or redo of it."""
    ((rev, kind),) = connection.execute(
        "SELECT rev, kind FROM _log WHERE table_id = ? AND origin = ? ORDER BY rev DESC LIMIT 1", [table, origin]
    ).fetchall()
    return rev, kind


def columns_of(connection: DuckDBPyConnection, table: int, rev: int) -> set[int]:
    """The columns that a revision wrote cells of."""
    query = "SELECT DISTINCT cid FROM _cells WHERE table_id = ? AND rev = ?"
    return {cid for (cid,) in connection.execute(query, [table, rev]).fetchall()}


class Writers(Generic[Key]):
    """Who wrote cells (or moved rows, or columns) after a revision, where undone changes and their undoing cancel out."""

    def __init__(self) -> None:
        self._over: dict[Key, list[int]] = defaultdict(list)
        self._under: dict[Key, list[int]] = defaultdict(list)

    def add(self, cell: Key, kind: str, origin: int) -> None:
        """Takes in the next write to a cell: a change goes on top, an undo takes its change off, a redo puts it back."""
        over, under = self._over[cell], self._under[cell]
        if kind == "undo":
            if over and over[-1] == origin:
                over.pop()
            else:
                under.append(origin)
        elif kind == "redo" and under and under[-1] == origin:
            under.pop()
        else:
            over.append(origin)

    def taken(self) -> dict[Key, int]:
        """The cells that are not as the revision left them, with the revision of the change that made the difference."""
        found = {cell: over[-1] for cell, over in self._over.items() if over}
        return {cell: under[-1] for cell, under in self._under.items() if under} | found


def taken_since(
    connection: DuckDBPyConnection, table: int, rev: int, *, cids: Sequence[int] | None = None, rids: Iterable[int] | None = None
) -> dict[tuple[int, int], int]:
    """The cells (column and row id) that others than revision `rev` have written last, among columns and rows or all of them."""
    query = (
        "SELECT cid, rid, kind, origin FROM _cells JOIN _log USING (table_id, rev) "
        "WHERE _cells.table_id = ? AND _cells.rev > ? AND _log.rev > ?"
    )
    bound: list[object] = [table, rev, rev]
    if cids is not None:
        query += " AND cid IN (SELECT unnest(?::INTEGER[]))"
        bound.append(list(cids))
    if rids is not None:
        connection.register("wanted", pa.table({"rid": pa.array(rids, pa.int64())}))
        query += " AND rid IN (SELECT rid FROM wanted)"
    writers: Writers[tuple[int, int]] = Writers()
    for cid, rid, kind, origin in connection.execute(f"{query} ORDER BY rev", bound).fetchall():
        writers.add((cid, rid), kind, origin)
    return writers.taken()


def moved_since(connection: DuckDBPyConnection, table: int, rev: int) -> dict[tuple[str, int], int]:
    """What others than revision `rev` made of rows and columns: those that are there or not, are named, placed or bounded so.

    By "row", "column", "name", "place" or "bounds" and id, with the revision of the change that made the difference.
    """
    writers: Writers[tuple[str, int]] = Writers()
    for entry in entries(connection, table, since=rev, structural=True):
        for moved in (each for part in parts(entry.effect) for each in _moved(part)):
            writers.add(moved, entry.kind, entry.origin)
    return writers.taken()


def _moved(effect: Effect) -> list[tuple[str, int]]:
    match effect:
        case RowsIn(rids=rids) | RowsOut(rids=rids):
            return [("row", rid) for rid in rids]
        case ColumnsIn(columns=columns) | ColumnsOut(columns=columns):
            return [("column", column.id) for column in columns]
        case Relabel(column=cid):
            return [("name", cid)]
        case Move(column=cid):
            return [("place", cid)]
        case Bound(column=cid):
            return [("bounds", cid)]
    return []


def people(connection: DuckDBPyConnection, table: int, revs: Iterable[int], *, but: str) -> str:
    """The names of the users behind revisions, in words; "you" when they are all the user `but`."""
    found = connection.execute(
        "SELECT user_name FROM _log WHERE table_id = ? AND user_id <> ? AND rev IN (SELECT unnest(?::BIGINT[])) "
        "GROUP BY user_name ORDER BY max(rev) DESC LIMIT 3",
        [table, but, sorted(set(revs))],
    ).fetchall()
    return " and ".join(row[0] for row in found) or "you"
