"""Taking a revision back: only what nobody has changed since, and in words what was left.

A cell, row or column is brought back if the revision is still its last writer. It must not know clients.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import msgspec
import numpy as np
import pyarrow as pa

from ..errors import Refused
from ..protocol import ops
from . import bounds, log, shape
from .draft import Changed
from .dtypes import parse
from .edits import BULK, MOST_TOLD, Result, counted, new_values, require_free
from .effects import (
    Bound,
    CellsSet,
    ColumnsIn,
    ColumnsOut,
    Effect,
    Move,
    Recast,
    Relabel,
    RowsIn,
    RowsOut,
    Several,
    invert,
    owner,
    parts,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ..protocol.ops import Redo, Undo
    from ..protocol.schema import Column, Person
    from .catalog import Table
    from .draft import Draft
    from .effects import Single
    from .log import Entry


def inverted(draft: Draft, op: Undo | Redo, user: Person) -> Entry:
    """The revision that an undo or redo of this user takes back; raises if there is none, or if it is somebody else's."""
    draft.flush()
    return _undone(draft, op, user) if isinstance(op, ops.Undo) else _redone(draft, op, user)


def undo(draft: Draft, op: Undo, user: Person) -> Result:
    """Undoes a change of the user's, or the last one that stands."""
    return _Inversion(draft, inverted(draft, op, user), "undid").done()


def redo(draft: Draft, op: Redo, user: Person) -> Result:
    """Takes an undo of the user's back, or the last one that can be."""
    return _Inversion(draft, inverted(draft, op, user), "redid").done()


def _undone(draft: Draft, op: Undo, user: Person) -> Entry:
    connection, table = draft.connection, draft.table.id
    rev = op.ref if op.ref is not None else log.undoable(connection, table, user.id).undo
    if rev is None:
        raise Refused("UNDO_EXPIRED", "There is nothing to undo.")
    entry = _own(log.at(connection, table, rev), user)
    if entry.kind == "lock":
        raise Refused("CONFLICT", f"Revision {rev} locked or unlocked cells.", hint="Unlock or lock them again.")
    if entry.takes_back is not None:
        raise Refused("CONFLICT", f"Revision {rev} is an undo or a redo itself.", hint="Name the change that it is about.")
    if log.latest(connection, table, rev)[1] == "undo":
        raise Refused("CONFLICT", f"Revision {rev} is already undone.", hint="Use redo to bring it back.")
    return entry


def _redone(draft: Draft, op: Redo, user: Person) -> Entry:
    connection, table = draft.connection, draft.table.id
    rev = op.ref if op.ref is not None else log.undoable(connection, table, user.id).redo
    if rev is None:
        raise Refused("UNDO_EXPIRED", "There is nothing to redo.")
    entry = _own(log.at(connection, table, rev), user)
    if entry.kind != "undo" or log.latest(connection, table, entry.origin)[0] != rev:
        raise Refused("CONFLICT", f"Revision {rev} is no undo that can be taken back.")
    return entry


def _own(entry: Entry, user: Person) -> Entry:
    if entry.user.id != user.id:
        raise Refused("FORBIDDEN", f"Revision {entry.rev} is {entry.user.name}'s.", hint="You can undo your own changes.")
    return entry


class _Inversion:
    """One revision being taken back; `word` is "undid" or "redid"."""

    def __init__(self, draft: Draft, entry: Entry, word: str) -> None:
        self.draft = draft
        self.entry = entry
        core = entry.summary.removeprefix("undid: ").removeprefix("redid: ")
        self._summary = f"{word}: {core}"
        self._owner: Callable[[int, int], Single] | None = None
        self._renaming = False
        self._moved = {} if isinstance(entry.effect, CellsSet) else log.moved_since(draft.connection, draft.table.id, entry.rev)

    @property
    def _table(self) -> Table:
        return self.draft.table

    def done(self) -> Result:
        effect = invert(self.entry.effect)
        shape.require_back_within(self.draft, self.entry.rev)
        return self._several(effect) if isinstance(effect, Several) else self._part(effect)

    def _several(self, effect: Several) -> Result:
        """Each part in turn, as far as it goes."""
        self._owner = owner(self.entry.effect)
        self._check_names(effect)
        if self._table.locks:
            self._check_free(effect)
        done = [self._part(part) for part in effect.parts]
        left = sum(each.skipped for each in done)
        return Result(
            Several(parts=[part for each in done if each.effect is not None for part in parts(each.effect)]),
            self._summary,
            n_cells=sum(each.n_cells for each in done),
            n_rows=sum(each.n_rows for each in done),
            skipped=left,
            message="; ".join(dict.fromkeys(each.message for each in done if each.message)),
            columns=frozenset().union(*(each.columns for each in done)),
            origin=self.entry.origin,
            takes_back=self.entry.rev,
        )

    def _check_free(self, effect: Several) -> None:
        """Raises `HELD` before anything is written where a part would meet locked cells."""
        table, locks = self._table, self._table.locks
        for part in effect.parts:
            match part:
                case RowsOut(rids=rids):
                    locks.require_rows_free(np.asarray(rids, dtype=np.int64))
                case ColumnsOut(columns=columns):
                    for column in columns:
                        locks.require_column_free(column.id, column.name)
                case Recast(new=column):
                    locks.require_column_free(column.id, column.name)
        written: dict[int, list[int]] = {}
        for cid, rid, _ in self._logged():
            written.setdefault(cid, []).append(rid)
        require_free(table, {cid: rids for cid, rids in written.items() if table.has(cid)})

    def _logged(self) -> list[tuple[int, int, str | None]]:
        """The single cells that the revision wrote: column, row id, text before."""
        logged: list[tuple[int, int, str | None]] = self.draft.connection.execute(
            "SELECT cid, rid, old FROM _cells WHERE table_id = ? AND rev = ?", [self._table.id, self.entry.rev]
        ).fetchall()
        if self._owner is None:
            return logged
        return [cell for cell in logged if isinstance(self._owner(cell[0], cell[1]), CellsSet)]

    def _check_names(self, effect: Several) -> None:
        """Raises `CONFLICT` where two columns would have one name; each part by itself need not look then."""
        self._renaming = True
        names = {column.id: column.name for column in self._table.columns}
        for part in effect.parts:
            match part:
                case ColumnsOut(columns=columns) if not self._stay(columns):
                    names = {cid: name for cid, name in names.items() if all(cid != column.id for column in columns)}
                case ColumnsIn(columns=columns) if not self._are_back(columns):
                    names |= {column.id: column.name for column in columns}
                case Relabel(column=cid, new=name) if cid in names and ("name", cid) not in self._moved:
                    names[cid] = name
        listed = list(names.values())
        for name in listed:
            if listed.count(name) > 1:
                raise Refused("CONFLICT", f"There is another column {name!r} now.", hint="Rename that one first.")

    def _stay(self, columns: list[Column]) -> bool:
        """Whether columns that came cannot be taken away again."""
        cids = [column.id for column in columns]
        there = all(self._table.has(cid) and ("column", cid) not in self._moved for cid in cids)
        return not there or bool(self._taken(cids=cids))

    def _are_back(self, columns: list[Column]) -> bool:
        """Whether columns that went need not, or must not, come back."""
        return any(self._table.has(column.id) or ("column", column.id) in self._moved for column in columns)

    def _part(self, effect: Single) -> Result:
        match effect:
            case CellsSet():
                return self._cells()
            case RowsOut() as effect:
                return self._rows_out(effect)
            case RowsIn() as effect:
                return self._rows_in(effect)
            case ColumnsOut() as effect:
                return self._columns_out(effect)
            case ColumnsIn() as effect:
                return self._columns_in(effect)
            case Recast() as effect:
                return self._recast(effect)
            case effect:
                return self._place_or_name(effect)

    def _result(self, effect: Effect, noun: str, whole: int, left: int, by: Iterable[int] = ()) -> Result:
        message = ""
        if left:
            who = log.people(self.draft.connection, self._table.id, by, but=self.entry.user.id)
            message = f"{whole - left:,} of {counted(whole, noun)} restored, {left:,} changed by {who} since"
        return Result(effect, self._summary, skipped=left, message=message, origin=self.entry.origin, takes_back=self.entry.rev)

    def _taken(self, *, cids: list[int] | None = None, rids: Iterable[int] | None = None) -> dict[tuple[int, int], int]:
        if self.draft.head == self.entry.rev:
            return {}
        return log.taken_since(self.draft.connection, self._table.id, self.entry.rev, cids=cids, rids=rids)

    def _cells(self) -> Result:
        if self._owner is None and self.entry.n_cells > BULK:
            return self._many_cells()
        draft, table = self.draft, self._table
        logged = self._logged()
        rids = sorted({rid for _, rid, _ in logged})
        there = dict(zip(rids, (table.rows.positions(rids) >= 0).tolist(), strict=True))
        taken = self._taken(cids=sorted({cid for cid, _, _ in logged}), rids=rids)
        free = {(cid, rid): old for cid, rid, old in logged if there[rid] and table.has(cid) and (cid, rid) not in taken}
        by = [rev for cell, rev in taken.items() if cell not in free]
        changed: dict[int, dict[int, str | None]] = {}
        for (cid, rid), old in free.items():
            changed.setdefault(cid, {})[rid] = old
        require_free(table, changed)
        for cid, texts in changed.items():
            if len(texts) > MOST_TOLD:
                draft.put_all(cid, Changed(np.array(list(texts), dtype=np.int64), pa.array(texts.values(), pa.string())))
                continue
            draft.need([cid], texts)
            for rid, text in texts.items():
                draft.put(cid, rid, text)
        result = self._result(CellsSet(), "cell", len(logged), len(logged) - len(free), by)
        told = new_values(table, changed) if len(free) <= MOST_TOLD else []
        return replace(result, n_cells=len(free), cells=told, columns=frozenset(changed))

    def _many_cells(self) -> Result:
        """The same without a look at each cell."""
        draft, table = self.draft, self._table
        logged = draft.connection.sql(
            "SELECT cid, rid, old, new FROM _cells WHERE table_id = ? AND rev = ?", params=[table.id, self.entry.rev]
        ).to_arrow_table()
        cids, rids = (np.asarray(logged.column(place), dtype=np.int64) for place in range(2))
        columns: list[int] = np.unique(cids).tolist()
        taken = self._taken(cids=columns, rids=rids)
        standing = table.rows.positions(rids) >= 0
        changed: dict[int, Changed] = {}
        for cid in filter(table.has, columns):
            gone = [rid for column, rid in taken if column == cid]
            free = standing & (cids == cid) & ~np.isin(rids, gone) if gone else standing & (cids == cid)
            if free.any():
                kept = logged if free.all() else logged.filter(pa.array(free))
                changed[cid] = Changed(rids[free], kept.column("old"), kept.column("new"))
        require_free(table, {cid: found.rids for cid, found in changed.items()})
        for cid, found in changed.items():
            draft.put_all(cid, found)
        done = {cid: len(found.rids) for cid, found in changed.items()}
        result = self._result(CellsSet(), "cell", len(rids), len(rids) - sum(done.values()), taken.values())
        return replace(result, n_cells=sum(done.values()), columns=frozenset(done))

    def _rows_out(self, effect: RowsOut) -> Result:
        rids = np.asarray(effect.rids, dtype=np.int64)
        taken = self._taken(rids=effect.rids)
        touched = {rid for _, rid in taken} | {rid for rid in effect.rids if ("row", rid) in self._moved}
        positions = self._table.rows.positions(rids)
        going = np.sort(positions[(positions >= 0) & ~np.isin(rids, list(touched))])
        left = len(rids) - len(going)
        made = RowsOut(rids=self._table.rows.ids(going).tolist(), positions=going.tolist(), columns=list(self._table.columns))
        if len(going):
            shape.rows_out(self.draft, made)
        return replace(self._result(made, "row", len(rids), left, [*taken.values(), *self._moved.values()]), n_rows=len(going))

    def _rows_in(self, effect: RowsIn) -> Result:
        table = self._table
        absent = table.rows.positions(effect.rids) < 0
        free = [gone and ("row", rid) not in self._moved for rid, gone in zip(effect.rids, absent.tolist(), strict=True)]
        rids = [rid for rid, back in zip(effect.rids, free, strict=True) if back]
        room = len(table.rows)
        pairs = zip(effect.positions, free, strict=True)
        places = [min(place, room + number) for number, place in enumerate(place for place, back in pairs if back)]
        made = RowsIn(rids=rids, positions=places, columns=effect.columns)
        if rids:
            shape.rows_in(self.draft, made, back_from=self.entry.rev)
        left = len(effect.rids) - len(rids)
        return replace(self._result(made, "row", len(effect.rids), left, self._moved.values()), n_rows=len(rids))

    def _columns_out(self, effect: ColumnsOut) -> Result:
        table, cids = self._table, [column.id for column in effect.columns]
        if self._stay(effect.columns):
            by = [*self._taken(cids=cids).values(), *self._moved.values()]
            return self._result(ColumnsOut(columns=[], places=[]), "column", len(cids), len(cids), by)
        present = sorted((table.place(cid), cid) for cid in cids)
        made = ColumnsOut(columns=[table.column(cid) for _, cid in present], places=[place for place, _ in present])
        shape.columns_out(self.draft, made)
        return self._result(made, "column", len(cids), 0)

    def _columns_in(self, effect: ColumnsIn) -> Result:
        table, count = self._table, len(effect.columns)
        if self._are_back(effect.columns):
            return self._result(ColumnsIn(columns=[], places=[]), "column", count, count, self._moved.values())
        names = {column.name for column in table.columns}
        for column in effect.columns:
            if column.name in names and not self._renaming:
                raise Refused("CONFLICT", f"There is another column {column.name!r} now.", hint="Rename that one first.")
        room = len(table.columns)
        places = [min(place, room + number) for number, place in enumerate(effect.places)]
        made = ColumnsIn(columns=effect.columns, places=places)
        shape.columns_in(self.draft, made, back_from=self.entry.rev)
        return self._result(made, "column", count, 0)

    def _recast(self, effect: Recast) -> Result:
        cid, table = effect.new.id, self._table
        nothing = CellsSet()
        if not table.has(cid):
            return self._result(nothing, "column", 1, 1)
        now = table.column(cid)
        taken = self._taken(cids=[cid])
        if taken or not shape.same_type(now, effect.old):
            return self._result(nothing, "column", 1, 1, taken.values())
        was = effect.new
        back = parse(was.dtype).column(cid, now.name, categories=was.categories, ordered=was.ordered)
        made = Recast(old=now, new=bounds.kept(msgspec.structs.replace(back, index=now.index), was))
        shape.recast_back(self.draft, made, self.entry.rev)
        return replace(self._result(made, "column", 1, 0), n_cells=len(table.rows), columns=frozenset({cid}))

    def _place_or_name(self, effect: Effect) -> Result:
        table = self._table
        match effect:
            case Relabel(column=cid, new=name) if table.has(cid) and ("name", cid) not in self._moved:
                if not self._renaming and any(column.name == name for column in table.columns):
                    raise Refused("CONFLICT", f"There is another column {name!r} now.", hint="Rename that one first.")
                made_name = Relabel(column=cid, old=table.column(cid).name, new=name)
                shape.relabel(self.draft, cid, name)
                return self._result(made_name, "column", 1, 0)
            case Move(column=cid, new=place) if table.has(cid) and ("place", cid) not in self._moved:
                made = Move(column=cid, old=table.place(cid), new=min(place, len(table.columns) - 1))
                shape.move(self.draft, cid, made.new)
                return self._result(made, "column", 1, 0)
            case Bound(column=cid, new=(least, most)) if table.has(cid) and ("bounds", cid) not in self._moved:
                column = msgspec.structs.replace(table.column(cid), least=least, most=most)
                return self._result(shape.bind(self.draft, column), "column", 1, 0)
        return self._result(CellsSet(), "column", 1, 1, self._moved.values())
