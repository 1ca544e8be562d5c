"""What a client is told of an operation or of user code: acknowledgements, refusals and patches, made from what was applied.

It must not know channels' state or carriers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from tabweave_core.engine.refusals import CellsRefused
from tabweave_core.protocol import messages as m
from tabweave_core.protocol.ops import DeleteRows, Fill, InsertRows, SetCells

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tabweave_core.errors import TabweaveError
    from tabweave_core.protocol.ops import Op
    from tabweave_core.protocol.schema import Cells, Person

    from .frames.frame import Applied, Frame
    from .frames.view import ViewState


def names_view_rows(op: Op) -> bool:
    """Whether an operation names rows by their place in the client's view."""
    if isinstance(op, SetCells):
        return any(block.rows is None for block in op.blocks)
    if isinstance(op, DeleteRows):
        return op.rows.ranges is not None
    if isinstance(op, InsertRows):
        return op.copy_of is not None and op.copy_of.ranges is not None
    return isinstance(op, Fill)


def welcome(ch: str, frame: Frame, name: str, person: Person, last_seq: int) -> m.Welcome:
    """The frame as it is now; to be called under its lock."""
    return m.Welcome(
        ch=ch,
        epoch=frame.epoch,
        rev=frame.rev,
        name=name,
        rows=len(frame.df),
        schema=frame.schema(),
        user=person,
        last_seq=last_seq,
        read_only=frame.read_only or frame.locked,
        can_undo=frame.can_undo(person.id),
        can_redo=frame.can_redo(person.id),
        rollups=frame.rollups,
    )


def ack(ch: str, seq: int, frame: Frame, person: Person, applied: Applied) -> m.Ack:
    """What an operation did, for the client that sent it."""
    return m.Ack(
        ch=ch,
        seq=seq,
        rev=applied.rev,
        status=applied.status,
        n_cells=applied.n_cells,
        n_rows=applied.n_rows,
        skipped=applied.skipped,
        message=applied.message,
        cells=applied.cells,
        can_undo=frame.can_undo(person.id),
        can_redo=frame.can_redo(person.id),
    )


def nack(ch: str, seq: int, error: TabweaveError) -> m.Nack:
    """Why an operation was refused, cell by cell where the refusal says so."""
    said = m.Nack(ch=ch, seq=seq, code=error.code, message=error.message, hint=error.hint)
    if isinstance(error, CellsRefused):
        return msgspec.structs.replace(said, bad=error.bad, n_bad=error.n_bad, offer=error.offer)
    return said


def broken(ch: str, seq: int) -> m.Nack:
    """An operation that failed for a reason which is not the user's."""
    message = "The operation failed inside tabweave and was not acknowledged."
    return m.Nack(ch=ch, seq=seq, code="INTERNAL", message=message, hint="The kernel's log has the details.")


def patch(ch: str, frame: Frame, view: ViewState | None, person: Person, applied: Applied) -> m.Patch:
    """What changed, for a client with this view; to be called under the frame's lock when the view has followed."""
    inserted = applied.rows is not None and len(applied.rows.inserted) > 0
    return m.Patch(
        ch=ch,
        rev=applied.rev,
        user=applied.user,
        kind=applied.kind,
        from_ch=applied.ch,
        seq=applied.seq,
        cells=applied.cells,
        columns=[] if applied.cells else sorted(applied.columns),
        rows_changed=applied.rows is not None,
        rows=len(frame.df) if view is None else view.count,
        total=len(frame.df),
        schema=frame.schema() if applied.schema else None,
        stale=view is not None and (inserted or view.touches(applied.columns)),
        can_undo=frame.can_undo(person.id),
        can_redo=frame.can_redo(person.id),
    )


def of_nodes(
    patch: m.Patch,
    *,
    moved: bool,
    cells: Sequence[Cells] = (),
    columns: Sequence[int] = (),
    rows: int = 0,
    total: int = 0,
    stale: bool = False,
) -> m.Patch:
    """The patch of a table as it is told to who looks at nodes of a rollup."""
    return msgspec.structs.replace(
        patch,
        cells=list(cells),
        columns=list(columns),
        rows_changed=moved,
        rows=rows,
        total=total,
        schema=None,
        stale=stale,
    )


def fault(ch: str, error: TabweaveError, number: int | None = None) -> m.Error:
    """A request's error."""
    return m.Error(ch=ch, code=error.code, message=error.message, hint=error.hint, where=error.where, re=number)
