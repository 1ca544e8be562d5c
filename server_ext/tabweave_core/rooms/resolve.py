"""What an operation comes down to: a person's intent about a view, made one about row ids when it is the operation's turn.

Ranges of view rows are those of the view as it was seen. Fill and Replace become set_cells with the values of the newest
state, within the writer's transaction. A refusal is raised there too, so that it is the operation's one durable answer. It
must not know members or carriers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import numpy as np
import pyarrow as pa

from ..engine import series, spreads
from ..engine.apply import Prepared
from ..engine.edits import MOST_CELLS, counted
from ..engine.texts import shown
from ..errors import BadMessage, NotFound, Refused, TabweaveError
from ..protocol import ops
from ..protocol.values import decode
from . import rights
from .replacing import Replacing

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..engine.draft import Draft
    from ..engine.rows import Ints
    from ..engine.store import Store
    from ..engine.window import Seen
    from ..protocol.ops import Op, Scalar
    from ..protocol.schema import Column, Person
    from .commands import Commands

    Prepare = Callable[[Draft], Prepared]

MOST_FILLED = 200_000
"""A fill or a replacement may write so many cells."""
_SHOWN = 40


def refusal(error: TabweaveError) -> Prepare:
    """What makes an operation's answer this refusal."""

    def refuse(_draft: Draft) -> Prepared:
        raise error

    return refuse


def intent(
    store: Store,
    name: str,
    op: Op,
    user: Person,
    seen: Seen | None = None,
    *,
    commands: Commands | None = None,
    client: str = "",
) -> Prepare:
    """What `Store.submit` is to prepare an operation with: checks what the person may do and resolves what they named.

    `seen` is the view that ranges are about; without one they are about all rows in their own order. Looks for the cells of
    a Replace, and works out a Transform, at once (others wait meanwhile for nothing) and raises nothing: what is wrong is told
    when it is the operation's turn. `client` is by whom `commands` keep what was shown.
    """
    replacing: Replacing | None = None
    if isinstance(op, ops.Replace):
        try:
            replacing = Replacing.found(store, name, op, user, seen)
        except TabweaveError as error:
            return refusal(error)
    if isinstance(op, ops.Transform) and commands is not None:
        try:
            return commands.prepare(name, user, op, client)
        except TabweaveError as error:
            return refusal(error)

    def prepare(draft: Draft) -> Prepared:
        rights.authorise(draft, op, user)
        if seen is not None and seen.epoch not in ("", draft.table.epoch):
            raise Refused("CONFLICT", f"{name} was replaced before the edit arrived.", hint="Nothing was written; look again.")
        if replacing is not None:
            return replacing.prepared(draft)
        return _resolved(draft, op, user, seen)

    return prepare


def _resolved(draft: Draft, op: Op, user: Person, seen: Seen | None) -> Prepared:
    match op:
        case ops.SetCells(blocks=blocks) if any(block.rows is None for block in blocks):
            return Prepared(msgspec.structs.replace(op, blocks=_blocks(draft, blocks, seen)))
        case ops.Fill():
            return _fill(draft, op, seen)
        case ops.DeleteRows(rows=ops.Rows(ids=None)):
            return Prepared(msgspec.structs.replace(op, rows=_rows(draft, op.rows, seen)))
        case ops.InsertRows(copy_of=ops.Rows(ids=None) as copied):
            return Prepared(msgspec.structs.replace(op, copy_of=_rows(draft, copied, seen)))
        case ops.AddColumn(at=int(at)):
            return Prepared(msgspec.structs.replace(op, at=_place(draft, user, at, "op.at")))
        case ops.Spread() | ops.Lock():
            spreads.require_known(rights.lens(user)(draft.table), op)
        case ops.MoveColumn():
            return Prepared(msgspec.structs.replace(op, to=_place(draft, user, op.to, "op.to", without=op.column)))
    return Prepared(op)


def view_rows(draft: Draft, seen: Seen | None, start: int, stop: int) -> Ints:
    """The row ids behind view rows `[start, stop)`; raises `NO_ROW` outside the view."""
    count = len(draft.table.rows) if seen is None else seen.rows
    if not 0 <= start <= stop <= count:
        raise NotFound("NO_ROW", f"Rows {start:,} to {stop:,} are not in the view of {count:,} rows.", hint="Insert rows first.")
    return draft.table.rows.ids(slice(start, stop)) if seen is None else seen.ids(start, stop)


def _blocks(draft: Draft, blocks: list[ops.Block], seen: Seen | None) -> list[ops.Block]:
    cells = sum(max(block.stop - block.start, 0) * len(block.columns) for block in blocks if block.rows is None)
    _check_size(cells, MOST_CELLS)
    return [
        block
        if block.rows is not None
        else ops.Block(columns=block.columns, values=block.values, rows=view_rows(draft, seen, block.start, block.stop).tolist())
        for block in blocks
    ]


def _check_size(cells: int, most: int) -> None:
    if cells > most:
        hint = "Do it in parts, or filter the view first."
        raise Refused("TOO_LARGE", f"This is about {cells:,} cells; {most:,} can be written at once.", hint=hint)


def _rows(draft: Draft, rows: ops.Rows, seen: Seen | None) -> ops.Rows:
    if rows.ranges is None:
        raise BadMessage("BAD_MESSAGE", "Rows need either `ids` or `ranges`.", where="op.rows")
    width = max(len(draft.table.columns), 1)
    _check_size(sum(max(stop - start, 0) for start, stop in rows.ranges) * width, MOST_CELLS)
    parts = [view_rows(draft, seen, start, stop) for start, stop in rows.ranges]
    return ops.Rows(ids=np.concatenate(parts).tolist() if parts else [])


def _place(draft: Draft, user: Person, place: int, where: str, *, without: int | None = None) -> int:
    """A place among the columns that a person sees as one among all columns."""
    columns = [column.id for column in draft.table.columns if column.id != without]
    if not draft.table.rights.columns:
        return place
    seen = [number for number, cid in enumerate(columns) if rights.may_read(draft.table, user, cid)]
    if not 0 <= place <= len(seen):
        raise BadMessage("BAD_MESSAGE", f"There is no place {place}; places are 0 to {len(seen)}.", where=where)
    return len(columns) if place == len(seen) else seen[place]


def _fill(draft: Draft, op: ops.Fill, seen: Seen | None) -> Prepared:
    source = view_rows(draft, seen, op.start, op.stop).tolist()
    target = view_rows(draft, seen, op.target_start, op.target_stop).tolist()
    if not source:
        raise BadMessage("BAD_MESSAGE", "A fill needs at least one source row.", where="op.start")
    _check_size(max(len(target), len(source)) * len(op.columns), MOST_FILLED)
    gone = draft.table.rows.missing(source)
    if gone is not None:
        raise NotFound("NO_ROW", f"Row {gone} was deleted.", hint="Refresh the view.")
    offsets = np.arange(op.target_start, op.target_stop) - op.start
    columns = [draft.table.column(cid) for cid in op.columns]
    values: list[list[Scalar]] = []
    for column in columns:
        draft.need([column.id], source)
        stored = [draft.text(column.id, rid) for rid in source]
        found = _continued(draft, column, stored, offsets) if op.mode == "series" else None
        if found is None:
            text = shown(column)
            copied = [None if each is None else text(each) for each in stored]
            found = [copied[at] for at in (offsets % len(copied)).tolist()]
        values.append(found)
    names = ", ".join(column.name for column in columns)
    block = ops.Block(columns=op.columns, values=values, rows=target)
    return Prepared(ops.SetCells(blocks=[block]), lambda written: f"filled {counted(written, 'cell')} of {short(names)}")


def _continued(draft: Draft, column: Column, stored: list[str | None], offsets: Ints) -> list[Scalar] | None:
    dtype = draft.table.dtype(column.id)
    cells = [decode(column.kind, dtype.json(text)) for text in stored]
    zone = pa.lib.string_to_tzinfo(column.zone) if column.zone else None
    found = series.continued(cells, column, offsets, zone=zone)
    return None if found is None else list(found)


def short(text: str) -> str:
    """A text as history shows it."""
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
