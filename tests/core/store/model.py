"""What a shared table must be, written plainly: rows, cells and, per cell, the changes that stand on it.

It is the judge of the store, so it shares nothing with it: no log, no SQL, no row runs, values as Python has them.
"""

from __future__ import annotations

from dataclasses import dataclass, field

Cell = tuple[int, int]
Value = int | str | None


@dataclass
class Done:
    """A revision: for each cell the value before and, for an undo, which changes stood on it right after."""

    rev: int
    user: str
    kind: str
    origin: int
    before: dict[Cell, Value] = field(default_factory=dict)
    stood: dict[Cell, list[int]] = field(default_factory=dict)
    stood_rows: dict[int, list[int]] = field(default_factory=dict)
    came: list[tuple[int, int]] = field(default_factory=list)
    went: list[tuple[int, int]] = field(default_factory=list)
    void: bool = False


class Model:
    """A table with columns 0 (numbers) and 1 (texts)."""

    def __init__(self, rows: list[list[Value]]) -> None:
        self.rows = list(range(len(rows)))
        self.next = len(rows)
        self.cells: dict[Cell, Value] = {(cid, rid): row[cid] for rid, row in enumerate(rows) for cid in (0, 1)}
        self.standing: dict[Cell, list[int]] = {}
        self.moved: dict[int, list[int]] = {}
        self.done: list[Done] = []

    @property
    def head(self) -> int:
        return len(self.done)

    def table(self) -> list[tuple[Value, ...]]:
        return [(rid, self.cells[0, rid], self.cells[1, rid]) for rid in self.rows]

    def _begin(self, user: str, kind: str, origin: int = 0) -> Done:
        entry = Done(self.head + 1, user, kind, origin or self.head + 1)
        self.done.append(entry)
        return entry

    def set(self, user: str, cells: dict[Cell, Value]) -> int:
        changed = {cell: value for cell, value in cells.items() if self.cells[cell] != value}
        if changed:
            entry = self._begin(user, "set_cells")
            for cell, value in changed.items():
                entry.before[cell] = self.cells[cell]
                self.cells[cell] = value
                self.standing.setdefault(cell, []).append(entry.rev)
        return len(changed)

    def insert(self, user: str, count: int, before: int | None, copy_of: list[int] | None) -> None:
        entry = self._begin(user, "insert_rows")
        sources: list[int | None] = [None] * count if copy_of is None else list(copy_of)
        at = len(self.rows) if before is None else self.rows.index(before)
        for number, source in enumerate(sources):
            rid, self.next = self.next, self.next + 1
            self.rows.insert(at + number, rid)
            entry.came.append((at + number, rid))
            self.moved[rid] = [entry.rev]
            for cid in (0, 1):
                self.cells[cid, rid] = None if source is None else self.cells[cid, source]

    def delete(self, user: str, rids: list[int]) -> None:
        entry = self._begin(user, "delete_rows")
        self._take_out(entry, rids)
        for rid in rids:
            self.moved.setdefault(rid, []).append(entry.rev)

    def _take_out(self, entry: Done, rids: list[int]) -> None:
        entry.went = sorted((self.rows.index(rid), rid) for rid in rids)
        for rid in rids:
            self.rows.remove(rid)

    def _put_back(self, entry: Done, rows: list[tuple[int, int]]) -> None:
        room = len(self.rows)
        for number, (place, rid) in enumerate(rows):
            at = min(place, room + number)
            self.rows.insert(at, rid)
            entry.came.append((at, rid))

    def undoable(self, user: str) -> Done | None:
        undone = self._last_words(user)
        for entry in reversed(self.done):
            if entry.user == user and entry.kind not in ("undo", "redo") and undone.get(entry.rev) != "undo":
                return entry
        return None

    def redoable(self, user: str) -> Done | None:
        last = self._last_words(user)
        for entry in reversed(self.done):
            if entry.user != user:
                continue
            if entry.kind not in ("undo", "redo"):
                return None
            if entry.kind == "undo" and last[entry.origin] == "undo" and self._latest(entry.origin) is entry and not entry.void:
                return entry
        return None

    def _latest(self, origin: int) -> Done:
        return next(entry for entry in reversed(self.done) if entry.origin == origin)

    def _last_words(self, user: str) -> dict[int, str]:
        return {entry.origin: entry.kind for entry in self.done if entry.user == user and entry.kind in ("undo", "redo")}

    def undo(self, user: str) -> tuple[int, int]:
        """Undoes; gives how many cells or rows were restored and how many were left."""
        target = self.undoable(user)
        assert target is not None
        entry = self._begin(user, "undo", target.rev)
        free = [cell for cell in target.before if self._there(cell) and self._top(cell) == target.rev]
        clear = [rid for _, rid in target.came if self._moved_by(rid) == target.rev and not self._written(rid, beside=target.rev)]
        back = [(place, rid) for place, rid in target.went if self._moved_by(rid) == target.rev]
        for cell in free:
            self.standing[cell].pop()
        for rid in [*clear, *(rid for _, rid in back)]:
            self.moved[rid].pop()
        found = self._restore(entry, target, free, clear, back)
        entry.stood_rows = {rid: list(found) for rid, found in self.moved.items()}
        entry.stood = {cell: list(self.standing.get(cell, [])) for cell in self.cells}
        return found

    def redo(self, user: str) -> tuple[int, int]:
        """Takes an undo back; as `undo`."""
        target = self.redoable(user)
        assert target is not None
        entry = self._begin(user, "redo", target.origin)
        same = {cell for cell, stood in target.stood.items() if self.standing.get(cell, []) == stood}
        free = [cell for cell in target.before if self._there(cell) and cell in same]
        still = {rid for rid, stood in target.stood_rows.items() if self.moved[rid] == stood}
        clear = [rid for _, rid in target.came if rid in still and all((cid, rid) in same for cid in (0, 1))]
        back = [(place, rid) for place, rid in target.went if rid in still]
        found = self._restore(entry, target, free, clear, back)
        for rid in [*clear, *(rid for _, rid in back)]:
            self.moved[rid].append(target.origin)
        for cell in free:
            self.standing.setdefault(cell, []).append(target.origin)
        return found

    def _restore(
        self, entry: Done, target: Done, free: list[Cell], clear: list[int], back: list[tuple[int, int]]
    ) -> tuple[int, int]:
        for cell in free:
            entry.before[cell] = self.cells[cell]
            self.cells[cell] = target.before[cell]
        self._take_out(entry, clear)
        self._put_back(entry, back)
        whole = len(target.before) + len(target.came) + len(target.went)
        restored = len(free) + len(clear) + len(back)
        entry.void = not restored
        return restored, whole - restored

    def _there(self, cell: Cell) -> bool:
        return cell[1] in self.rows

    def _moved_by(self, rid: int) -> int:
        return (self.moved.get(rid) or [0])[-1]

    def _top(self, cell: Cell) -> int:
        return (self.standing.get(cell) or [0])[-1]

    def _written(self, rid: int, *, beside: int) -> bool:
        return any(rev != beside for cid in (0, 1) for rev in self.standing.get((cid, rid), []))
