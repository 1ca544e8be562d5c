"""How a table is shown here: a widget where a kernel's front end listens, else the first rows as text and HTML."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import api
from .preview import Extract, extract, html, text

if TYPE_CHECKING:
    from .widget import Grid
    from .workspace import Workspace


class Preview:
    """The first rows of a table, for terminals."""

    def __init__(self, found: Extract) -> None:
        self._found = found

    def __repr__(self) -> str:
        return text(self._found)

    def _repr_html_(self) -> str:
        return html(self._found)


def present(
    table: api.Table, workspace: Workspace, rows: int | None, columns: list[int] | None, read_only: bool
) -> Grid | Preview:
    """The table as something that the notebook or the terminal displays."""
    slot = table.slot
    frame = table.frame
    if not workspace.in_kernel:
        return Preview(extract(frame, slot.name, rows=rows or 20, columns=columns))
    from .widget import Grid

    workspace.connect()
    options: dict[str, object] = {}
    if columns is not None:
        options["columns"] = columns
    if read_only:
        options["read_only"] = True
    relay = workspace.relay is not None
    grid = Grid(slot, workspace.sessions, kernel_id=workspace.kernel_id, relay=relay, options=options, rows=rows or 0)
    if not slot.follows:
        workspace.opened(grid.close)
    return grid


api.Table.present = staticmethod(present)
