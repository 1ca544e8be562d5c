"""The edits of a shared table as code to run elsewhere: pandas statements, or SQL for DuckDB.

Edits that were undone are left out with their undo, and all that is about columns which the reader may not see. It must not
know how either language looks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Protocol

from ..engine import catalog, log
from ..engine.effects import CellsSet, ColumnsOut, RowsOut, Several, owner, parts
from ..engine.history import history
from ..errors import Refused
from .outline import Outline
from .pandas_script import PandasScript
from .sql_script import SqlScript

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from ..engine.catalog import Table
    from ..engine.effects import Single
    from ..engine.log import Entry
    from .outline import Cells, State

MOST_CELLS = 200_000
"""The edits that are told may have so many cells."""


class Script(Protocol):
    """Says effects in one language."""

    def begin(self, state: State) -> list[str]:
        """The lines before the first statement."""
        ...

    def needed(self, statements: list[str]) -> list[str]:
        """The lines that these statements need before everything else."""
        ...

    def told(self, effect: Single, cells: Cells, state: State) -> list[str]:
        """The statements for one effect, given the structure before it."""
        ...

    def comment(self, text: str) -> str:
        """A comment."""
        ...


def edits(cursor: DuckDBPyConnection, table: Table, *, language: Literal["pandas", "sql"]) -> str:
    """Every edit that stands, in order, as statements that turn the table as it was shared into the present one.

    Raises `TOO_LARGE` where that would be too long.
    """
    script: Script = PandasScript(table.name) if language == "pandas" else SqlScript(table.name)
    entries = log.entries(cursor, table.id)
    outline = Outline.first(catalog.find(cursor, table.name), entries, table.hidden)
    summaries = {change.rev: change.summary for change in history(cursor, table, max(len(entries), 1))}
    standing = _standing(entries)
    cells = _cells(cursor, table, standing)
    lines = script.begin(outline.state())
    before = len(lines)
    for entry in standing:
        told: list[str] = []
        for part in parts(entry.effect):
            effect = outline.seen(part)
            if effect is not None and entry.rev in summaries:
                told += script.told(effect, _portion(entry, part, cells.get(entry.rev, {})), outline.state())
            outline.advance(part)
        lines += [script.comment(" ".join(summaries[entry.rev].split())), *told] if told else []
    if len(lines) == before:
        lines.append(script.comment("No edits were made."))
    return "\n".join([*script.needed(lines), *lines]) + "\n"


def _portion(entry: Entry, part: Single, cells: Cells) -> Cells:
    """The cells of a revision that one part of its effect is about."""
    if not isinstance(entry.effect, Several):
        return cells
    find = owner(entry.effect)
    kept = {cid: [each for each in changed if find(cid, each[0]) is part] for cid, changed in cells.items()}
    return {cid: changed for cid, changed in kept.items() if changed}


def _standing(entries: list[Entry]) -> list[Entry]:
    """The entries without those that were undone in full and their undo."""
    kept: list[Entry] = []
    for entry in entries:
        at = next((at for at, other in enumerate(kept) if other.rev == entry.takes_back), None)
        if at is not None and not entry.skipped and (isinstance(kept[at].effect, CellsSet) or at == len(kept) - 1):
            del kept[at]
            continue
        kept.append(entry)
    return kept


def _cells(cursor: DuckDBPyConnection, table: Table, standing: list[Entry]) -> dict[int, Cells]:
    # Cells that went with their rows or columns need not be told.
    revs = [entry.rev for entry in standing if not isinstance(entry.effect, RowsOut | ColumnsOut)]
    where = "FROM _cells WHERE table_id = ? AND rev IN (SELECT unnest(?::BIGINT[])) AND cid NOT IN (SELECT unnest(?::INTEGER[]))"
    bound = [table.id, revs, sorted(table.hidden)]
    ((count,),) = cursor.execute(f"SELECT count(*) {where}", bound).fetchall()
    if count > MOST_CELLS:
        message = f"The edits changed {count:,} cells; {MOST_CELLS:,} can be told as code."
        raise Refused("TOO_LARGE", message, hint="Download the table instead.")
    found: dict[int, Cells] = {}
    for rev, cid, rid, old, new in cursor.execute(
        f"SELECT rev, cid, rid, old, new {where} ORDER BY rev, cid, rid", bound
    ).fetchall():
        found.setdefault(rev, {}).setdefault(cid, []).append((rid, old, new))
    return found
