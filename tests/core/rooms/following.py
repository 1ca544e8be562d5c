"""A follower that holds a whole table, made of snapshots and deltas as their docstrings say."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
from core.rooms.callers import Caller
from tabweave_core.protocol import messages as m
from tabweave_core.protocol.schema import Schema


class Copy:
    """A table by row id and column id, and the revision it is of. `jumps` are deltas that do not follow on what is held."""

    def __init__(self, caller: Caller) -> None:
        self.caller = caller
        self.rev: int | None = None
        self.schema = Schema(columns=[], dtypes=[])
        self.order: list[int] = []
        self.cells: dict[int, dict[int, Any]] = {}
        self.jumps: list[str] = []
        self._taken = 0

    def open(self, **more: Any) -> m.Welcome:
        return self.caller.open(follow=True, **more)

    def load(self, *, forget: bool = False) -> list[m.Snapshot]:
        """Asks for a snapshot and takes it; its parts. What came before the last part is forgotten if told so."""
        number = next(self.caller.ids)
        before = len(self.caller.told)
        self.caller.say(m.AskSnapshot(ch=self.caller.ch, id=number))

        def whole() -> list[tuple[m.Snapshot, pa.Table | None]]:
            parts = [each for each in self.caller.told[before:] if isinstance(each[0], m.Snapshot) and each[0].re == number]
            return parts if parts and len(parts) == parts[0][0].parts else []  # type: ignore[return-value]

        parts = self.caller.wait(whole)
        self.cells, self.order = {}, _ids(parts[0][0].runs)
        self.schema, self.rev = parts[0][0].schema, parts[0][0].rev
        for _, rows in parts:
            self._write(rows)
        assert list(self.cells) == self.order
        last = self.caller.told.index(parts[-1])
        self._taken = last if forget else before
        return [message for message, _ in parts]

    def catch_up(self, rev: int) -> None:
        """Takes in the deltas that came, until it holds a revision."""

        def reached() -> bool:
            while self._taken < len(self.caller.told):
                message, rows = self.caller.told[self._taken]
                self._taken += 1
                if isinstance(message, m.Delta) and self.rev is not None and message.rev > self.rev:
                    if message.since > self.rev:
                        self.jumps.append(f"{message.since} to {message.rev} on {self.rev}")
                    self._advance(message, rows)
            return self.rev is not None and self.rev >= rev

        self.caller.wait(reached)

    def _advance(self, delta: m.Delta, rows: pa.Table | None) -> None:
        assert rows is not None
        if delta.schema is not None:
            self.schema = delta.schema
        if delta.runs is not None:
            self.order = _ids(delta.runs)
            self.cells = {rid: self.cells.get(rid, {}) for rid in self.order}
        self._write(rows)
        if delta.reread:
            assert set(rows.column("_rid").to_pylist()) == set(self.order)
        self.rev = delta.rev

    def _write(self, rows: pa.Table) -> None:
        values = rows.to_pydict()
        for place, rid in enumerate(values["_rid"]):
            row = self.cells.setdefault(rid, {})
            row.update({int(name): column[place] for name, column in values.items() if name != "_rid"})

    def shown(self) -> list[tuple[Any, ...]]:
        """The rows as tuples of their ids and what is in each column of the schema."""
        columns = [column.id for column in self.schema.columns]
        return [(rid, *(self.cells[rid][cid] for cid in columns)) for rid in self.order]


def _ids(runs: list[int]) -> list[int]:
    return [rid for first, count in zip(runs[::2], runs[1::2], strict=True) for rid in range(first, first + count)]
