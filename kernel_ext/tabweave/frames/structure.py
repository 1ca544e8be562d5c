"""Operations on rows and columns as such: inserting, deleting, adding, dropping, renaming, moving."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from tabweave_core.errors import BadMessage, Refused, did_you_mean

from . import labels, writes
from .columns import DTYPES, label_text, parse_dtype
from .defaults import default_values
from .effects import ColumnsIn, ColumnsOut, Move, Relabel, RowsIn, RowsOut
from .ops import Plan, Positions, counted, known_positions, own_column, row_positions

if TYPE_CHECKING:
    from collections.abc import Hashable

    from tabweave_core.protocol.ops import AddColumn, DeleteRows, DropColumns, InsertRows, MoveColumn, RenameColumn

    from .frame import Frame

MOST_ROWS = 10_000_000
"""So many rows can be inserted at once."""


def insert_rows(frame: Frame, op: InsertRows, view: Positions | None) -> Plan:
    """New rows: missing where the type has a missing value, else 0 or False; or copies of other rows, without their labels."""
    if op.columns:
        raise only_shared("op.columns")
    df = frame.df
    before = len(df) if op.before is None else int(known_positions(frame, [op.before])[0])
    values = {}
    count = op.count
    if op.copy_of is not None:
        source = row_positions(frame, op.copy_of, view)
        count = len(source)
        values = {cid: writes.read(df, place, source) for place, cid in enumerate(frame.layout.columns)}
    if not 0 <= count <= MOST_ROWS:
        raise Refused("TOO_LARGE", f"{count:,} rows cannot be inserted at once.", hint=f"Insert 1 to {MOST_ROWS:,} rows.")
    if not count:
        return Plan(None, "", message="No row was inserted.")
    fresh = labels.fresh(df.index, count)
    check_labels(frame, fresh)
    positions = np.arange(before, before + count, dtype=np.int64)
    where = f"before row {before + 1:,}" if before < len(df) else "at the end"
    what = f"copied {counted(count, 'row')}" if op.copy_of is not None else f"inserted {counted(count, 'row')}"
    return Plan(RowsIn(positions, frame.rids.new(count), values, fresh), f"{what} {where}")


def check_labels(frame: Frame, fresh: Any) -> None:
    """Refuses labels for new rows that a frame without duplicates has already."""
    df = frame.df
    if df.flags.allows_duplicate_labels or labels.counts_rows(df.index):
        return
    if not fresh.is_unique or fresh.isin(df.index).any():
        hint = "Use reset_index() first, or allow duplicate labels."
        raise Refused("CONFLICT", "This DataFrame allows no duplicate labels, and the rows would bring some.", hint=hint)


def delete_rows(frame: Frame, op: DeleteRows, view: Positions | None) -> Plan:
    """Deletes rows; those that are gone already are counted as skipped."""
    positions = np.unique(row_positions(frame, op.rows, view))
    skipped = len(set(op.rows.ids)) - len(positions) if op.rows.ids is not None else 0
    if not len(positions):
        return Plan(None, "", message="No row was deleted.")
    what = f"row {int(positions[0]) + 1:,}" if len(positions) == 1 else counted(len(positions), "row")
    return Plan(RowsOut(frame.rids.ids(positions)), f"deleted {what}", skipped=skipped)


def add_column(frame: Frame, op: AddColumn) -> Plan:
    """A column of missing values, or of 0 or False where the type has no missing value."""
    if op.rows or op.categories:
        raise only_shared("op.rows")
    df = frame.df
    label = new_label(frame, op.name, df.columns[0] if len(df.columns) else None)
    try:
        dtype = parse_dtype(op.dtype)
        like = default_like(dtype)
    except TypeError:
        raise unknown_dtype(op.dtype) from None
    place = df.shape[1] if op.at is None else min(max(op.at, 0), df.shape[1])
    effect = ColumnsIn((place,), (frame.layout.new(1)[0],), (label,), (default_values(like, len(df)),), frame.rids.copy())
    return Plan(effect, f"added column {op.name} ({op.dtype})")


def only_shared(where: str) -> BadMessage:
    """The refusal of what only shared tables take."""
    return BadMessage("BAD_MESSAGE", "Only shared tables take values and labels with this.", where=where)


def unknown_dtype(name: str) -> Refused:
    """The refusal of a type that there is not."""
    names = [choice.name for choice in DTYPES]
    return Refused(
        "SCHEMA", f"There is no column type {name!r}.", hint=did_you_mean(name, names) or f"Types are {', '.join(names)}."
    )


def default_like(dtype: Any) -> Any:
    """An empty array of a dtype; raises TypeError where there is none."""
    return pd.Series([], dtype=dtype)._values


def drop_columns(frame: Frame, op: DropColumns) -> Plan:
    """Drops columns."""
    names = [own_column(frame, cid).name for cid in dict.fromkeys(op.columns)]
    if not names:
        return Plan(None, "", message="No column was dropped.")
    what = f"column {names[0]}" if len(names) == 1 else f"columns {', '.join(names)}"
    return Plan(ColumnsOut(tuple(dict.fromkeys(op.columns))), f"dropped {what}")


def rename_column(frame: Frame, op: RenameColumn) -> Plan:
    """Gives a column another label, of the old label's type where the text reads as one."""
    column = own_column(frame, op.column)
    if column.name == op.name:
        return Plan(None, "", message="The name is the same.")
    old = frame.df.columns[frame.layout.place(op.column)]
    label = new_label(frame, op.name, old)
    return Plan(Relabel(op.column, label), f"renamed {column.name} to {op.name}")


def new_label(frame: Frame, name: str, old: Hashable) -> Hashable:
    """The label for a name that no column has yet, like the label `old`."""
    if not name.strip():
        raise Refused("SCHEMA", "A column needs a name.", hint="Type a name that is not empty.")
    label = labels.typed_label(frame.df.columns, old, name)
    check_free(frame, label)
    return label


def check_free(frame: Frame, label: Hashable) -> None:
    """Refuses a label that a column already has, with the nearest name that is free."""
    taken = {label_text(known) for known in frame.df.columns}
    name = label_text(label)
    if name in taken:
        number = 2
        while f"{name} {number}" in taken:
            number += 1
        raise Refused("CONFLICT", f"There is already a column {name!r}.", hint=f"{f'{name} {number}'!r} is free.")


def move_column(frame: Frame, op: MoveColumn) -> Plan:
    """Puts a column elsewhere."""
    column = own_column(frame, op.column)
    to = min(max(op.to, 0), frame.df.shape[1] - 1)
    if to == frame.layout.place(op.column):
        return Plan(None, "", message="The column stands there already.")
    return Plan(Move(op.column, to), f"moved {column.name} to place {to + 1:,}")
