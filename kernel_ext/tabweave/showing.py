"""How a table is shown here: a widget where a kernel's front end listens, else the first rows as text and HTML."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import msgspec
from tabweave_core.protocol.planning import Tree

from . import api
from .frames.frame import Frame
from .joined import SharedTable
from .preview import Extract, extract, html, text
from .rollup import Rollup
from .shared.exchange import to_frame
from .slot import Slot
from .terminal import harmless

if TYPE_CHECKING:
    from .widget import Grid
    from .workspace import Workspace

FIRST_ROWS = 500
"""Rows of a shared table that are fetched for where no grid can be drawn."""


class Preview:
    """The first rows of a table, for terminals."""

    def __init__(self, found: Extract) -> None:
        self._found = found

    def __repr__(self) -> str:
        return harmless(text(self._found, shutil.get_terminal_size().columns))

    def _repr_html_(self) -> str:
        return html(self._found)


def present(
    table: api.Table, workspace: Workspace, rows: int | None, columns: list[int] | None, read_only: bool
) -> Grid | Preview:
    """The table as something that the notebook or the terminal displays."""
    slot = table.slot
    frame = table.frame
    if isinstance(table, SharedTable):
        return _shared(table, workspace, rows, columns, read_only)
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
    grid.draw_preview_later(workspace.later)
    return grid


def _shared(
    table: SharedTable, workspace: Workspace, rows: int | None, columns: list[int] | None, read_only: bool
) -> Grid | Preview:
    """A shared table as a grid of its own, which a page takes from the server without this kernel."""
    frame, base = table.frame, table.replica.base
    with frame.lock:
        ids = dict(zip([*frame.layout.levels, *frame.layout.columns], [*base.levels, *base.columns], strict=False))
    shown = None if columns is None else [ids[column] for column in columns if column in ids]
    return shared_grid(table.slot, f"table/{table.table}", workspace, rows, shown, columns, read_only)


def shared_grid(
    slot: Slot,
    table: str,
    workspace: Workspace,
    rows: int | None,
    columns: list[int] | None = None,
    own: list[int] | None = None,
    read_only: bool = False,
    total: int | None = None,
) -> Grid | Preview:
    """A grid on a shared table; `slot` has what stands for it where no grid can be drawn, with `own` as the ids of `columns`.

    `total` are the table's rows, where the slot has only the first of them.
    """
    frame = slot.frame
    assert frame is not None
    if not workspace.in_kernel:
        return Preview(extract(frame, slot.name, rows=rows or 20, columns=own, total=total))
    from .widget import Grid

    options: dict[str, object] = {}
    if columns is not None:
        options["columns"] = columns
    if read_only:
        options["read_only"] = True
    house = workspace.house
    relay = house is not None and house.browser
    grid = Grid(
        slot,
        workspace.sessions,
        kernel_id=workspace.kernel_id,
        relay=relay,
        options=options,
        rows=rows or 0,
        table=table,
        columns=own,
        total=total,
    )
    workspace.opened(grid.close)
    grid.draw_preview_later(workspace.later)
    return grid


def present_rollup(rollup: Rollup, depth: int | None, rows: int | None) -> Grid | None:
    """A rollup as a tree grid; None where no grid can be drawn."""
    table, workspace = rollup.table, rollup.table.home
    if not workspace.in_kernel:
        return None
    from .widget import Grid

    tree = Tree(rollup=rollup.definition(table.find_column), depth=depth)
    slot, shared = table.slot, ""
    if isinstance(table, SharedTable):
        house = workspace.house
        relay, shared = house is not None and house.browser, f"table/{table.table}"
    else:
        workspace.connect()
        relay = workspace.relay is not None
    grid = Grid(
        slot,
        workspace.sessions,
        kernel_id=workspace.kernel_id,
        relay=relay,
        options={},
        rows=rows or 0,
        table=shared,
        tree=msgspec.json.encode(tree).decode(),
        sheet=rollup.sheet,
    )
    if shared or not slot.follows:
        workspace.opened(grid.close)
    grid.draw_preview_later(workspace.later)
    return grid


def show_shared(name: str, workspace: Workspace, rows: int | None, read_only: bool) -> Grid | Preview:
    """A grid on a shared table that no variable follows."""
    house = workspace.circle.house
    schema, data = house.first_rows(name, FIRST_ROWS)
    slot = Slot(f"~{name}", name, Frame(to_frame(data, schema.columns), name=name))
    total = next((info.rows for info in house.tables() if info.name == name), None)
    return shared_grid(slot, f"table/{name}", workspace, rows, read_only=read_only, total=total)


api.Table.present = staticmethod(present)
Rollup.present = staticmethod(present_rollup)
