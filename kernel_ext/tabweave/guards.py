"""Bounds and locks as a notebook says them: what a column may hold, and what nobody may change.

    t.bound("amount", 0, 1000)   t.lock("amount", where="brand = 'Acme'")   plan.lock("Acme > Shoes", "amount")

It must not know where the table is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tabweave_core.engine.planning import cells
from tabweave_core.protocol import planning as p
from tabweave_core.protocol.ops import BoundColumn, Lock

from . import wording

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from .handles import Table

Ends = tuple[str | None, str | None]
"""The least and the greatest number, where they are declared."""


def bound(table: Table, column: str, least: object = None, most: object = None) -> str:
    """Declares what a column may hold; says what it may from now on."""
    low, high = (None if end is None else str(end) for end in (least, most))
    return table.change(BoundColumn(column=table.find_column(column), least=low, most=high))


def bounds(table: Table) -> dict[str, Ends]:
    """The bounds of a table's columns by name."""
    columns = table.columns
    return {each.name: (each.least, each.most) for each in columns if (each.least, each.most) != (None, None)}


def lock(
    table: Table, columns: str | Iterable[str] | None, where: object, row: int | Iterable[int] | None, *, locked: bool
) -> str:
    """Locks some rows of some columns (all that can be typed into, if none is named), or unlocks them."""
    names = [columns] if isinstance(columns, str) else columns
    found = [each.id for each in table.columns if each.editable] if names is None else [table.find_column(name) for name in names]
    kinds = {each.id: each.kind for each in table.columns}
    measures = [p.Aggregate(fn="sum" if kinds[cid] in cells.NUMBERS else "first", column=cid) for cid in found]
    plain = row is None and (where is None or isinstance(where, (str, dict)))
    filters, name = wording.conditions(where, table.find_column) if plain else ([], "")
    at = p.Coordinate(
        where=filters,
        rows=None if plain else table.row_ids(where, row),
        name=name or ("the table" if plain else "the rows"),
    )
    return table.change(Lock(rollup=p.RollupDef(levels=[], aggregates=measures), at=[at], locked=locked))


def listed(named: dict[str, Ends], names: Sequence[str] = ()) -> str:
    """Bounds in lines, of all columns that have some or of those named."""
    wide = max(map(len, names or named), default=0)
    lines = [f"{name:<{wide}}  {_told(named.get(name, (None, None)))}" for name in names or named]
    return "\n".join(lines) or "No column is bounded."


def _told(ends: Ends) -> str:
    least, most = ends
    return f"{least or ''}..{most or ''}" if ends != (None, None) else "not bounded"
