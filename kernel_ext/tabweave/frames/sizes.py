"""How much memory an effect keeps, in bytes; estimates for Python objects. It must not know the log."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from . import chunks
from .effects import Arrange, ColumnsIn, Effect, Recast, RowsIn, RowsOut, SetValues, Several

_OBJECT = 64
_BASE = 512


def array_size(values: Any) -> int:
    """The bytes an array keeps alive."""
    if chunks.is_arrow(values):
        return int(chunks.chunked(values).get_total_buffer_size())
    if isinstance(values.dtype, np.dtype) and values.dtype.kind == "O":
        return len(values) * (8 + _OBJECT)
    if isinstance(values.dtype, pd.CategoricalDtype):
        # The categories are shared with the column; Categorical.nbytes warns when they are timestamps with a zone.
        return int(values.codes.nbytes)
    return int(values.nbytes)


def size_of(effect: Effect | None) -> int:
    """The bytes an effect keeps alive."""
    match effect:
        case None:
            return 0
        case SetValues(pieces=pieces):
            return _BASE + sum(array_size(piece.values) + piece.rids.nbytes for piece in pieces)
        case RowsIn():
            values = sum(array_size(held) for held in effect.values.values())
            return _BASE + values + effect.rids.nbytes + effect.positions.nbytes + int(effect.labels.memory_usage())
        case Several(effects=effects):
            return sum(map(size_of, effects))
        case RowsOut(rids=rids) | Arrange(rids=rids):
            return _BASE + int(rids.nbytes)
        case ColumnsIn(arrays=arrays):
            return _BASE + sum(map(array_size, arrays))
        case Recast(array=array):
            return _BASE + array_size(array)
        case _:
            return _BASE
