"""The Python face: what magics, menus and notebooks call.

    t = tw.table(df)  t = tw.open("sales.csv")  t.show()  t.set("price", 12, row=3)  t.undo()  t.history()  t.code()
    tw.show(df)  tw.status()

Every function raises `TabweaveError` with what is wrong and what to do next, and then nothing was done.
"""

from __future__ import annotations

import keyword
import os
import re
from typing import TYPE_CHECKING, Any, Literal

from tabweave_core.errors import NotFound
from tabweave_core.protocol.ops import Redo, Undo

from . import intents, workspace
from .frames.code import edits
from .frames.ops import counted
from .preview import size_text
from .sessions import LOCAL

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    import pandas as pd
    from tabweave_core.engine.ingest import Ingested
    from tabweave_core.protocol.ops import Op

    from .frames.frame import Applied, Frame
    from .slot import Slot
    from .workspace import Workspace

__all__ = ["Table", "open", "show", "status", "table"]


class Table:
    """A DataFrame as a table that can be shown, edited, undone and told as code."""

    present: Callable[[Table, Workspace, int | None, list[int] | None, bool], Any]
    """How a table is shown; set by `showing`."""

    def __init__(self, slot: Slot, home: Workspace) -> None:
        self.slot = slot
        self.ingested: Ingested | None = None
        """For a table from a file: how it was read, what was noticed, and the lines that could not be read."""
        self._home = home

    @property
    def name(self) -> str:
        """The variable's name, or "table" for an object that has none."""
        return self.slot.name

    @property
    def frame(self) -> Frame:
        """The engine over the DataFrame; raises `NO_TABLE` when the variable is gone."""
        self._home.binding.follow(self.slot)
        if self.slot.frame is None:
            raise NotFound("NO_TABLE", self.slot.why)
        return self.slot.frame

    @property
    def df(self) -> pd.DataFrame:
        """The user's own DataFrame object, not a copy."""
        return self.frame.df

    @property
    def rejected(self) -> pd.DataFrame | None:
        """The lines of the file that are not in the table (line, reason, text), or None when all are."""
        if self.ingested is None or not self.ingested.rejected:
            return None
        import pandas as pd

        return pd.DataFrame(
            [(each.line, each.reason, each.text) for each in self.ingested.rejected], columns=["line", "reason", "text"]
        )

    def __repr__(self) -> str:
        frame = self.slot.frame
        return f"Table({self.name}: {'gone' if frame is None else size_text(frame)})"

    def show(self, rows: int | None = None, columns: Iterable[str] | None = None, read_only: bool = False) -> Any:
        """An editable grid, `rows` rows high, on all columns or those named; text where no grid can be drawn."""
        frame = self.frame
        with frame.lock:
            ids = None if columns is None else [frame.layout.named(frame.df, name) for name in columns]
        return type(self).present(self, self._home, rows, ids, read_only)

    def set(self, column: str, value: object, *, where: object = None, row: int | Iterable[int] | None = None) -> str:
        """Writes a value, or one value for each row, into some cells of a column, as one edit that can be undone.

        `row` is a position or several; `where` a boolean mask, or a condition in SQL over the columns such as
        "brand = 'Acme'". With neither the whole column is written. Text is read by the column's type, as if typed.
        """
        frame = self.frame
        with frame.lock:
            op = intents.set_cells(frame, column, value, where=where, row=row)
            return self._apply(op)

    def undo(self) -> str:
        """Takes back your newest edit that is not undone; says which."""
        return self._step(Undo())

    def redo(self) -> str:
        """Does again what you last took back; says what."""
        return self._step(Redo())

    def history(self, limit: int = 20, cell: tuple[int, str] | None = None) -> pd.DataFrame:
        """The newest changes, newest first; with `cell` (row position, column name) those of one cell."""
        frame = self.frame
        with frame.lock:
            if cell is None:
                return intents.history(frame.history(limit))
            rid, cid = intents.cell(frame, *cell)
            return intents.history(frame.history(limit, rid=rid, column=cid))

    def code(self, language: Literal["pandas", "sql"] = "pandas") -> str:
        """The edits made so far as pandas code, or as SQL."""
        return edits(self.frame, language)

    def _step(self, op: Undo | Redo) -> str:
        frame, owner = self.frame, self._home.sessions.owner
        able = frame.can_undo if isinstance(op, Undo) else frame.can_redo
        user = owner if able(owner.id) or not able(LOCAL.id) else LOCAL
        return told(self.slot.apply(op, user=user))

    def _apply(self, op: Op) -> str:
        applied = self.slot.apply(op, user=self._home.sessions.owner)
        return told(applied)


def told(applied: Applied) -> str:
    """An operation's outcome in one line."""
    return applied.message or applied.summary


def table(df: object, *, name: str = "", namespace: Mapping[str, Any] | None = None) -> Table:
    """The table of a DataFrame, or of the variable with that name."""
    home = workspace.current(namespace)
    slot = home.binding.bind(df) if isinstance(df, str) else home.binding.adopt(df, name)
    return Table(slot, home)


def open(path: str | os.PathLike[str], *, name: str = "", **options: Any) -> Table:  # noqa: A001
    """The table in a data file; `t.df` is its DataFrame, `t.ingested` says how it was read and what was noticed.

    `options` are those of `tabweave_core.engine.ingest.read`: sheet, header, delimiter, encoding, decimal, thousands, dates,
    types. Raises `BadFile` with what to do about it.
    """
    from .opening import open_file

    df, ingested = open_file(path, **options)
    opened = table(df, name=name or variable_name(path))
    opened.ingested = ingested
    return opened


def variable_name(path: str | os.PathLike[str]) -> str:
    """A Python name from a file's name: "Q1 sales.csv.gz" gives "q1_sales"."""
    stem = os.path.basename(os.fspath(path)).partition(".")[0]
    name = re.sub(r"\W+", "_", stem).strip("_").lower() or "table"
    return f"_{name}" if name[0].isdigit() or keyword.iskeyword(name) else name


def show(
    df: object, *, rows: int | None = None, columns: Iterable[str] | None = None, read_only: bool = False, name: str = ""
) -> Any:
    """An editable grid on a DataFrame, or on the variable with that name."""
    return table(df, name=name).show(rows=rows, columns=columns, read_only=read_only)


def status() -> str:
    """Which store and server there are, and which tables are open."""
    home = workspace.current()
    relay = home.relay
    if relay is None:
        server = "none; everything runs in this process"
    elif relay.connected:
        server = f"connected to {relay.address.url}" if relay.address else "connected"
    else:
        server = relay.problem
    lines = [f"server  {server}"]
    slots = [slot for slot in home.sessions.slots() if slot.frame is not None]
    lines.append(f"tables  {len(slots) or 'none is open'}")
    lines.extend(f"  {slot.name}: {_state(slot, home)}" for slot in sorted(slots, key=lambda each: each.name))
    lines.append("saved   every edit is in its DataFrame; save the data itself from your code")
    return "\n".join(lines)


def _state(slot: Slot, home: Workspace) -> str:
    frame = slot.frame
    if frame is None:
        return slot.why
    clients = home.sessions.open_channels(slot)
    shown = f"shown in {counted(clients, 'grid')}" if clients else "not shown"
    parts = [size_text(frame), shown, f"revision {frame.rev}"]
    return ", ".join([*parts, *(["read-only"] if frame.read_only else [])])
