"""One operation on one table: its condition checked, the operation performed and logged, or refused with nothing written.

It must not know clients' numbering, threads or transactions.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ..errors import BadMessage, Refused
from ..protocol import ops
from . import commands, edits, log, spreads, structure, transforming, undoing
from .draft import Draft, Written
from .refusals import Overtaken

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..protocol.ops import Condition, Op
    from ..protocol.schema import Person
    from .edits import Result
    from .transforming import Change


@dataclass(frozen=True)
class Prepared:
    """What an operation comes down to on the newest state of its table.

    `summary` tells it, given how many cells it changed; `nothing` is the answer when it changes none, `told` when it does. A
    transform comes down to a `change`; `record` is kept beside its revision.
    """

    op: Op
    summary: Callable[[int], str] | None = None
    nothing: str = ""
    told: str = ""
    change: Change | None = None
    record: str = ""


_KINDS: dict[type[Any], Callable[[Draft, Any], Result]] = {
    ops.SetCells: edits.set_cells,
    ops.InsertRows: structure.insert_rows,
    ops.DeleteRows: structure.delete_rows,
    ops.AddColumn: structure.add_column,
    ops.DropColumns: structure.drop_columns,
    ops.RenameColumn: structure.rename_column,
    ops.MoveColumn: structure.move_column,
    ops.RetypeColumn: structure.retype_column,
    ops.BoundColumn: structure.bound_column,
    ops.Spread: spreads.spread,
    ops.Lock: spreads.lock,
}


def kind_of(op: Op) -> str:
    """The name of an operation's kind on the wire."""
    return str(type(op).__struct_config__.tag)


def apply(
    draft: Draft,
    asked: Op,
    *,
    user: Person,
    client: str,
    seq: int,
    time: float,
    condition: Condition | None = None,
    prepare: Callable[[Draft], Prepared] | None = None,
) -> Result:
    """Applies an operation to a draft; raises a `TabweaveError` and writes nothing if it is refused.

    With `prepare` that is applied which it makes of the draft; it may refuse as well.
    """
    prepared = Prepared(asked) if prepare is None else prepare(draft)
    op = prepared.op
    if condition is not None:
        _check(draft, op, condition, time)
    if isinstance(op, ops.Undo):
        result = undoing.undo(draft, op, user)
    elif isinstance(op, ops.Redo):
        result = undoing.redo(draft, op, user)
    elif prepared.change is not None:
        result = transforming.transform(draft, prepared.change, "")
    elif type(op) in _KINDS:
        result = _KINDS[type(op)](draft, op)
    else:
        hint = "Send the cells that it sets as set_cells."
        raise BadMessage(
            "BAD_MESSAGE", f"{kind_of(op)} is about a view, which a store does not know.", hint=hint, where="op.kind"
        )
    if prepared.summary is not None and result.effect is not None:
        result = replace(result, summary=prepared.summary(result.n_cells), message=prepared.told or result.message)
    elif prepared.nothing and result.effect is None:
        result = replace(result, message=prepared.nothing)
    if result.effect is not None:
        written = Written(
            kind=kind_of(asked),
            user=user,
            client_id=client,
            seq=seq,
            effect=result.effect,
            summary=result.summary,
            n_cells=result.n_cells,
            n_rows=result.n_rows,
            skipped=result.skipped,
            origin=result.origin,
            takes_back=result.takes_back,
        )
        rev = draft.log(written, time=time)
        if prepared.record:
            commands.record(draft.connection, draft.table.id, rev, prepared.record)
    return result


def _check(draft: Draft, op: Op, condition: Condition, time: float) -> None:
    if condition.value is not None:
        if not isinstance(op, ops.SetCells):
            raise BadMessage("BAD_MESSAGE", "Expected values go with set_cells.", where="if.value")
        found = edits.differs(draft, op, condition.value)
        if found is not None:
            column, rid = found
            name = draft.table.column(column).name
            raise Overtaken(f"{name} has another value in row {rid} now.", hint="Look again.", column=column, rid=rid)
    if condition.rev is not None and condition.rev < draft.head:
        _check_unchanged(draft, op, condition.rev, time)


def _check_unchanged(draft: Draft, op: Op, rev: int, time: float) -> None:
    draft.flush()
    table, connection = draft.table, draft.connection
    wanted: set[tuple[int, int]] | None = None
    match op:
        case ops.SetCells():
            wanted = {(cid, rid) for cid, cells in edits.places(table, op).items() for rid in cells}
            cids = sorted({cid for cid, _ in wanted})
            taken = log.taken_since(connection, table.id, rev, cids=cids, rids=sorted({rid for _, rid in wanted}))
        case ops.DeleteRows(rows=ops.Rows(ids=list() as rids)):
            taken = log.taken_since(connection, table.id, rev, rids=rids)
        case ops.DropColumns(columns=columns):
            taken = log.taken_since(connection, table.id, rev, cids=columns)
        case ops.RetypeColumn(column=column):
            taken = log.taken_since(connection, table.id, rev, cids=[column])
        case _:
            raise Overtaken(f"{table.name} is at revision {draft.head} now.", hint="Look again.")
    for (cid, rid), by in taken.items():
        if wanted is None or (cid, rid) in wanted:
            raise Overtaken(_who(draft, by, time), hint="Look again.", column=cid, rid=rid)
    if table.columns_rev > rev and not isinstance(op, ops.SetCells | ops.DeleteRows):
        raise Refused("CONFLICT", f"The columns of {table.name} have changed since.", hint="Look again.")


def _who(draft: Draft, rev: int, time: float) -> str:
    entry = log.at(draft.connection, draft.table.id, rev)
    return f"{entry.user.name or entry.user.id} changed this {max(time - entry.time, 0):.0f} s ago."
