"""Where shared tables are kept, as a kernel sees it: a way to talk about one, and what is asked of all of them.

A house is a Jupyter server, or the memory of this process where there is none.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import pyarrow as pa
    from tabweave_core.protocol.asking import AppliedCommand
    from tabweave_core.protocol.rights import Rights
    from tabweave_core.protocol.schema import Schema, TableInfo

Take = Callable[["str | bytes"], None]
"""Takes a frame of a channel, from any thread."""
Carried = Callable[[bool], None]
"""Told, from any thread, that the carrier came (True) or went."""


class Line(Protocol):
    """One channel to a house."""

    def send(self, frame: str | bytes) -> None:
        """Sends a frame, from any thread; it is dropped while there is no carrier."""

    def close(self) -> None:
        """Hears and sends no more."""


class House(Protocol):
    """The shared tables that this kernel can reach. Methods block, and raise `TabweaveError`."""

    place: str
    """Where the tables are kept, in words for the user."""
    browser: bool
    """Whether a page reaches the tables without this kernel."""

    def open(self, ch: str, take: Take, carried: Carried) -> Line:
        """A channel of this kernel's own; `carried` is told at once if there is a carrier already."""

    def create(self, name: str, data: pa.Table, rights: Rights | None) -> None:
        """Makes a table of Arrow data, owned by this kernel's user."""

    def drop(self, name: str) -> None:
        """Deletes a table."""

    def tables(self) -> list[TableInfo]:
        """The tables that this kernel's user may read."""

    def rights(self, name: str) -> Rights:
        """Who may do what with a table."""

    def set_rights(self, name: str, rights: Rights) -> None:
        """Says who may do what with a table."""

    def commands(self, name: str) -> list[AppliedCommand]:
        """The commands that were applied to a table, oldest first."""

    def first_rows(self, name: str, count: int) -> tuple[Schema, pa.Table]:
        """The columns of a table, and its first rows (`_rid` and a column named by each id)."""

    def close(self) -> None:
        """Ends everything."""
