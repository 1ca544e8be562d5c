"""A house that goes down and up again, loses answers, and holds operations back."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from shell import Notebook
from tabweave.shared.embedded import Embedded, EmbeddedLine
from tabweave_core.engine.store import Store
from tabweave_core.protocol import wire
from tabweave_core.rooms.hall import Hall
from tabweave_core.rooms.tables import Tables


class Unsteady(Embedded):
    """A house whose store is a file and that can go down and up again, as a server does."""

    def __init__(self, notebook: Notebook, path: Path) -> None:
        super().__init__(lambda: notebook.home.sessions.owner)
        super().close()
        self.path = path
        self.lines: list[tuple[Any, Callable[[bool], None]]] = []
        self.up = False
        self.swallow = False
        """Whether answers are lost."""
        self.lost = 0
        self.hold: set[str] = set()
        """Messages of these types stay on the way, until `release`."""
        self.held: list[tuple[Any, str | bytes]] = []
        self.start()

    def start(self) -> None:
        self._store = Store.open(self.path, clock=time.time, draw=lambda: f"e{time.monotonic_ns()}")
        self.hall = Hall(self._store, clock=time.time, draw=lambda: f"k{time.monotonic_ns()}")
        self._tables = Tables(self._store, self.hall)
        self.up = True
        for line, carried in self.lines:
            line._hall = self.hall
            carried(True)

    def stop(self) -> None:
        self.up = False
        for _, carried in self.lines:
            carried(False)
        self.hall.shut()
        self._store.close()

    def open(self, _ch: str, take: Callable[[Any], None], carried: Callable[[bool], None]) -> EmbeddedLine:
        house = self

        class Line(EmbeddedLine):
            def send(self, frame: str | bytes) -> None:
                if wire.route(frame).type in house.hold:
                    house.held.append((self, frame))
                elif house.up:
                    super().send(frame)

        def hand_on(frame: str | bytes) -> None:
            if house.swallow:
                house.lost += 1
            else:
                take(frame)

        line = Line(self.hall, hand_on, self._person)
        self.lines.append((line, carried))
        carried(True)
        return line

    def release(self, *but: str) -> None:
        self.hold = set(but)
        held, self.held = self.held, []
        for line, frame in held:
            line.send(frame)

    def close(self) -> None:
        if self.up:
            self.stop()
