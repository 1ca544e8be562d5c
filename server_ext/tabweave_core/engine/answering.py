"""What becomes of an operation, as its client is told: done, refused, or to be sent again.

It must not know threads, transactions or numbering.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb

from ..errors import TabweaveError, Unavailable
from ..protocol import ops
from ..protocol.messages import Ack, Nack
from . import log
from .effects import ColumnsIn, RowsIn, parts
from .refusals import MOST_BAD, CellsRefused, Overtaken
from .rows import pairs

if TYPE_CHECKING:
    from .draft import Draft
    from .edits import Result
    from .writer import Submitted

_STORAGE = (
    duckdb.IOException,
    duckdb.OutOfMemoryException,
    duckdb.TransactionException,
    duckdb.FatalException,
    duckdb.InternalException,
)
"""What DuckDB raises when it is not the operation that is wrong: a full disk shows as any of them."""


def explained(error: Exception) -> Exception:
    """The failure to write as a refusal for now, where it is the storage's; other errors as they are."""
    if not isinstance(error, _STORAGE):
        return error
    reason = str(error).splitlines()[0]
    told = Unavailable(
        "BUSY", f"The store cannot write now; nothing was changed: {reason}", hint="Make room on its disk, then try again."
    )
    told.__cause__ = error
    return told


def ack(work: Submitted, draft: Draft, result: Result) -> Ack:
    """The answer to an operation that was applied."""
    if result.effect is not None and not isinstance(work.op, ops.Undo | ops.Redo | ops.Lock):
        can_undo, can_redo = True, False
    else:
        draft.flush()
        state = log.undoable(draft.connection, draft.table.id, work.user.id)
        can_undo, can_redo = state.undo is not None, state.redo is not None
    done = [] if result.effect is None else parts(result.effect)
    return Ack(
        ch=work.client,
        seq=work.seq,
        rev=draft.head,
        status=result.status,
        n_cells=result.n_cells,
        n_rows=result.n_rows,
        skipped=result.skipped,
        message=result.message,
        cells=result.cells,
        can_undo=can_undo,
        can_redo=can_redo,
        new_rows=[run for part in done if isinstance(part, RowsIn) for run in pairs(part.rids)],
        new_columns=[column.id for part in done if isinstance(part, ColumnsIn) for column in part.columns],
    )


def nack(work: Submitted, error: TabweaveError) -> Nack:
    """The answer to an operation that is refused."""
    bad = error.bad[:MOST_BAD] if isinstance(error, CellsRefused) else []
    return Nack(
        ch=work.client,
        seq=work.seq,
        code=error.code,
        message=error.message,
        hint=error.hint,
        column=error.column if isinstance(error, Overtaken) else None,
        rid=error.rid if isinstance(error, Overtaken) else None,
        bad=bad,
        n_bad=error.n_bad if isinstance(error, CellsRefused) else 0,
    )
