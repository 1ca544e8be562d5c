"""Declared bounds of a frame's columns: declaring them, and holding every effect to them. Nothing is written here.

What the user's own code writes is not held to them: the DataFrame is theirs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import numpy as np
import pandas as pd
from tabweave_core.engine import bounds

from .columns import describe_dtype
from .effects import Bound, Effect, Recast, RowsIn, SetValues, Several
from .ops import Plan, editable
from .planned import as_arrow

if TYPE_CHECKING:
    from tabweave_core.protocol.ops import BoundColumn
    from tabweave_core.protocol.schema import Column

    from .frame import Frame
    from .writes import Array


def bound_column(frame: Frame, op: BoundColumn) -> Plan:
    """Declares the bounds of a column; refused where cells lie outside."""
    column = editable(frame, op.column)
    made = bounds.declared(column, op)
    if made == column:
        return Plan(None, "", message="The column has these bounds.")
    return Plan(Bound(column.id, made.least, made.most), bounds.summary(made))


def require_within(frame: Frame, effect: Effect) -> None:
    """Refuses (RANGE) an effect after which cells that it writes lie outside of their column's bounds."""
    match effect:
        case SetValues(pieces=pieces):
            for piece in pieces:
                _check(frame.column(piece.cid), piece.values)
        case RowsIn(values=values):
            for cid, held in values.items():
                if frame.layout.place(cid) >= 0:
                    _check(frame.column(cid), held)
        case Recast(cid=cid, array=array):
            made = describe_dtype(array.dtype, id=cid, name=frame.column(cid).name, index=False)
            _check(frame.layout.bounded(made), array)
        case Bound(cid=cid, least=least, most=most):
            column = msgspec.structs.replace(frame.column(cid), least=least, most=most)
            bounds.require_met(column, _count_outside(column, frame.values(cid)))
        case Several(effects=effects):
            for each in effects:
                require_within(frame, each)
        case _:
            pass


def _check(column: Column, values: Array) -> None:
    if bounds.has_any(column):
        bounds.require_none(column, _count_outside(column, pd.Series(values, copy=False)))


def _count_outside(column: Column, values: pd.Series | pd.Index) -> int:
    if not bounds.has_any(column):
        return 0
    return int(np.count_nonzero(bounds.outside(column, as_arrow(values))))
