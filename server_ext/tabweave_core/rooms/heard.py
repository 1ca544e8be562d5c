"""Revisions as followers are told them, made of what was heard of their commits: the table is not read for it.

It must not know members.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from ..engine.dtypes import parse
from ..engine.effects import CellsSet
from ..protocol.schema import Change
from ..protocol.values import decode

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..engine.writer import Committed
    from ..protocol.ops import Scalar
    from ..protocol.schema import Column

_KINDS = ("integer", "float", "boolean", "text")
_MOST = 1_000
_TAKE_BACK = ("undo", "redo")


def rows(revisions: Sequence[Committed], columns: Mapping[int, Column]) -> pa.Table | None:
    """The rows that changed, `_rid` and the one column in which they did; None if more than that has happened."""
    if len(revisions) > _MOST or not all(_is_plain(each) for each in revisions):
        return None
    touched = {cells.column for each in revisions for cells in each.cells}
    column = columns.get(min(touched))
    if len(touched) != 1 or column is None or column.kind not in _KINDS:
        return None
    last: dict[int, Scalar] = {}
    for each in revisions:
        for cells in each.cells:
            last.update(zip(cells.rows, cells.values, strict=True))
    values = pa.array([decode(column.kind, value) for value in last.values()], parse(column.dtype).arrow)
    return pa.table([pa.array(last, pa.int64()), values], names=["_rid", str(column.id)])


def changes(revisions: Sequence[Committed]) -> list[Change]:
    """Plain revisions as lines of the history."""
    return [
        Change(
            rev=each.rev,
            time=each.time,
            user=each.user,
            kind=each.kind,
            summary=each.summary,
            n_cells=each.n_cells,
            n_rows=each.n_rows,
        )
        for each in revisions
    ]


def _is_plain(revision: Committed) -> bool:
    return isinstance(revision.effect, CellsSet) and bool(revision.cells) and revision.kind not in _TAKE_BACK
