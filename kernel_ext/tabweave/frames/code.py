"""The edits made so far as code to run elsewhere: pandas statements, or SQL for DuckDB.

Edits that were undone are left out with their undo. It must not know how either language looks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Protocol

from .effects import SetValues
from .pandas_code import PandasWriter
from .sql_code import SqlWriter

if TYPE_CHECKING:
    from .frame import Frame
    from .log import Entry
    from .outline import State


class Writer(Protocol):
    """Says effects in one language."""

    def begin(self, frame: Frame, state: State) -> list[str]:
        """The lines before the first statement."""
        ...

    def needed(self, statements: list[str]) -> list[str]:
        """The lines that these statements need before everything else."""
        ...

    def told(self, entry: Entry, state: State) -> list[str]:
        """The statements of one entry, given the structure before it."""
        ...

    def comment(self, text: str) -> str:
        """A comment."""
        ...


def edits(frame: Frame, language: Literal["pandas", "sql"]) -> str:
    """Every edit that stands, in order, as statements that turn the original table into the present one."""
    writer: Writer = PandasWriter(frame) if language == "pandas" else SqlWriter(frame)
    state = frame.start.copy()
    lines = writer.begin(frame, state)
    if not frame.log.complete:
        lines.append(writer.comment("Older edits are no longer kept and are missing here."))
    standing = _standing(frame)
    for entry in standing:
        if entry.state is not None:
            lines.append(writer.comment(f"Here {entry.summary}; run that code again at this point."))
            state = entry.state.copy()
        elif entry.effect is not None:
            lines += writer.told(entry, state)
            state.advance(entry.effect)
    if not standing:
        lines.append(writer.comment("No edits were made."))
    return "\n".join([*writer.needed(lines), *lines]) + "\n"


def _standing(frame: Frame) -> list[Entry]:
    """The entries without those that were undone in full and their undo."""
    kept: list[Entry] = []
    for entry in frame.log:
        undone = entry.undo_of
        if undone is not None and not entry.skipped and undone in kept:
            at = kept.index(undone)
            if isinstance(undone.effect, SetValues) or at == len(kept) - 1:
                del kept[at]
                continue
        kept.append(entry)
    return [entry for entry in kept if entry.effect is not None or entry.state is not None]
