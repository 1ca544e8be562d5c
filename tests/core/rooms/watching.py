"""A grid that keeps what it was told of a table, as a browser does, and checks the order in which it is told."""

from __future__ import annotations

from typing import Any

from core.rooms.callers import Caller
from tabweave_core.protocol import messages as m


class Grid:
    """All cells of some columns of a caller's view, from one window and the patches after it. `broken` lists broken promises."""

    def __init__(self, caller: Caller) -> None:
        self.caller = caller
        self.broken: list[str] = []
        self._rev = 0
        caller.watchers.append(self._check)

    def _check(self, message: m.Message) -> None:
        match message:
            case m.Welcome(rev=rev):
                self._rev = rev
            case m.Patch(rev=rev, since=since):
                if (since or rev) != self._rev + 1:
                    self.broken.append(f"a patch of {since or rev} to {rev} after {self._rev}")
                self._rev = rev
            case m.Window(rev=rev) | m.Subbed(rev=rev):
                if rev != self._rev:
                    self.broken.append(f"{type(message).__name__} of {rev} after {self._rev}")

    def read(self, *columns: int) -> dict[int, dict[int, Any]]:
        """The cells by row id and column as the messages so far make them; windows are fetched again where a patch says so."""
        window, rows = self.caller.fetch(0, 100_000, *columns)
        cells = {rid: {cid: rows[str(cid)][i] for cid in columns} for i, rid in enumerate(rows["_rid"])}
        for patch in self.caller.all(m.Patch):
            if patch.rev <= window.rev:
                continue
            if patch.rows_changed or set(patch.columns) & set(columns):
                return self.read(*columns)
            for change in patch.cells:
                for rid, value in zip(change.rows, change.values, strict=True):
                    if rid in cells and change.column in columns:
                        cells[rid][change.column] = value
        return cells
