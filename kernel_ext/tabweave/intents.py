"""Calls from Python as operations: the rows, columns and values that code names become ids and texts.

It must not know slots, channels or notebooks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from tabweave_core.errors import BadMessage, NotFound
from tabweave_core.protocol.ops import Block, Scalar, SetCells
from tabweave_core.protocol.schema import Column, ExpressionFilter, View
from tabweave_core.protocol.values import tagged_text

from .frames.arrays import is_missing
from .frames.text import text
from .frames.view import ViewState

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tabweave_core.protocol.schema import Change

    from .frames.frame import Frame

Positions = npt.NDArray[np.int64]


def set_cells(
    frame: Frame, name: str, value: object, *, where: object = None, row: int | Iterable[int] | None = None
) -> SetCells:
    """Writing one value, or one for each row, into some rows of the column called `name`; to be called under the lock."""
    cid = frame.layout.named(frame.df, name)
    column = frame.column(cid)
    rows = positions(frame, where, row)
    found = items(column, value, len(rows))
    block = Block(columns=[cid], values=[found], rows=frame.rids.ids(rows).tolist())
    return SetCells(blocks=[block], input="value" if column.kind == "object" else "text")


def positions(frame: Frame, where: object, row: int | Iterable[int] | None) -> Positions:
    """The row positions that `where` (a mask or a condition in SQL) or `row` (positions) names; all without either."""
    count = len(frame.df)
    if where is not None and row is not None:
        raise BadMessage("BAD_MESSAGE", "`where` and `row` both say which rows.", hint="Give one of them.", where="where")
    if row is not None:
        return _listed(count, [row] if isinstance(row, (int, np.integer)) else list(row))
    if where is None:
        return np.arange(count, dtype=np.int64)
    if isinstance(where, str):
        view = ViewState(frame, View(filter=[ExpressionFilter(sql=where)]))
        view.compute()
        found = view.positions(0, view.count)
        return np.arange(found.start, found.stop) if isinstance(found, slice) else found
    mask = np.asarray(where(frame.df) if callable(where) else where)
    if mask.dtype.kind == "O":
        mask = np.asarray(pd.array(mask, dtype="boolean").fillna(False))
    if mask.dtype.kind != "b" or mask.shape != (count,):
        hint = "Give a condition in SQL, or a mask such as df['price'] > 10."
        raise BadMessage("BAD_MESSAGE", f"`where` is no mask of {count:,} true or false values.", hint=hint, where="where")
    return np.flatnonzero(mask)


def cell(frame: Frame, row: int, name: str) -> tuple[int, int]:
    """The row id and column id of a cell, by row position and column name; to be called under the lock."""
    return int(frame.rids.ids(_listed(len(frame.df), [row]))[0]), frame.layout.named(frame.df, name)


def history(changes: list[Change]) -> pd.DataFrame:
    """Changes as a DataFrame for reading."""
    return pd.DataFrame(
        {
            "time": pd.to_datetime([change.time for change in changes], unit="s", utc=True).tz_convert(None).round("s")
            if changes
            else pd.to_datetime([]),
            "who": [change.user.name for change in changes],
            "what": [change.summary for change in changes],
            "cells": [change.n_cells for change in changes],
            "rows": [change.n_rows for change in changes],
            "undone": [change.undone for change in changes],
        },
        index=pd.Index([change.rev for change in changes], name="revision", dtype="int64"),
    )


def _listed(count: int, rows: list[int]) -> Positions:
    for row in rows:
        if not isinstance(row, (int, np.integer)) or not -count <= row < count:
            raise NotFound(
                "NO_ROW",
                f"There is no row {row!r}.",
                hint=f"Rows count from 0 to {count - 1:,}." if count else "The table is empty.",
            )
    return np.asarray([row % count for row in rows], dtype=np.int64)


def items(column: Column, value: object, count: int) -> list[Scalar]:
    """One item for all rows, or one for each."""
    sequences = (list, tuple, np.ndarray, pd.Series, pd.Index, pd.api.extensions.ExtensionArray)
    if column.kind not in ("object", "nested") and isinstance(value, sequences):
        values: list[Any] = list(value)
        if len(values) != count:
            hint = "Give one value, or one for each row."
            raise BadMessage("BAD_MESSAGE", f"There are {len(values):,} values for {count:,} rows.", hint=hint, where="value")
        return [_item(column, each) for each in values]
    return [_item(column, value)]


def _item(column: Column, value: Any) -> Scalar:
    if is_missing(value):
        return None
    if column.kind == "object":
        return tagged_text(value)
    return value if isinstance(value, str) else text(value)
