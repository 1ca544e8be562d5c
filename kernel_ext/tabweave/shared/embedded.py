"""Shared tables in the memory of this process, for where there is no server: the same store, the same rooms.

They are gone when the process ends. Grids on them talk through their widget.
"""

from __future__ import annotations

import secrets
import time
from typing import TYPE_CHECKING

from tabweave_core.engine.store import Store
from tabweave_core.protocol.schema import View
from tabweave_core.rooms.hall import Hall
from tabweave_core.rooms.tables import Tables

if TYPE_CHECKING:
    from collections.abc import Callable

    import pyarrow as pa
    from tabweave_core.protocol.asking import AppliedCommand
    from tabweave_core.protocol.rights import Rights
    from tabweave_core.protocol.schema import Person, Schema, TableInfo

    from .house import Carried, Take


class EmbeddedLine:
    """A channel to the hall of this process. Each has a `send` of its own."""

    def __init__(self, hall: Hall, take: Take, person: Callable[[], Person]) -> None:
        self._hall = hall
        self._take = take
        self._person = person

    def __call__(self, frame: str | bytes) -> None:
        """Takes a frame of the hall."""
        self._take(frame)

    def send(self, frame: str | bytes) -> None:
        """Hands a frame to the hall."""
        self._hall.receive(frame, self, self._person(), kernel=True)

    def close(self) -> None:
        """Ends the channel."""
        self._hall.close(self)


class Embedded:
    """A store in memory with its hall."""

    def __init__(self, person: Callable[[], Person]) -> None:
        self.place = "this kernel's memory; they are gone when it ends"
        self.browser = False
        self._person = person
        self._store = Store.open(None, clock=time.time, draw=_draw)
        self.hall = Hall(self._store, clock=time.time, draw=_draw)
        self._tables = Tables(self._store, self.hall)

    def open(self, ch: str, take: Take, carried: Carried) -> EmbeddedLine:  # noqa: ARG002
        """A channel of this kernel's own."""
        line = EmbeddedLine(self.hall, take, self._person)
        carried(True)
        return line

    def create(self, name: str, data: pa.Table, rights: Rights | None) -> None:
        """Makes a table of Arrow data."""
        self._tables.create(name, data, self._person(), rights)

    def drop(self, name: str) -> None:
        """Deletes a table."""
        self._tables.drop(name, self._person())

    def tables(self) -> list[TableInfo]:
        """The tables there are."""
        return self._tables.infos(self._person())

    def rights(self, name: str) -> Rights:
        """Who may do what with a table."""
        return self._tables.rights(name, self._person())

    def set_rights(self, name: str, rights: Rights) -> None:
        """Says who may do what with a table."""
        self._tables.set_rights(name, self._person(), rights)

    def commands(self, name: str) -> list[AppliedCommand]:
        """The commands that were applied to a table, oldest first."""
        return self._tables.applied(name, self._person())

    def first_rows(self, name: str, count: int) -> tuple[Schema, pa.Table]:
        """The columns of a table and its first rows."""
        _, schema = self._tables.schema(name, self._person())
        return schema, self._tables.view(name, self._person(), View(), 0, count)[1]

    def close(self) -> None:
        """Ends the hall and lets the store go."""
        self.hall.shut()
        self._store.close()


def _draw() -> str:
    return secrets.token_hex(16)
