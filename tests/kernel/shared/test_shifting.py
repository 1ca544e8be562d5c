"""Rows that come and go in whole columns, against the plain way of doing it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tabweave.shared import shifting
from tabweave.shared.shifting import Shift, moved
from tabweave_core.engine.rows import RowIds, RowsChange


@st.composite
def changes(draw: st.DrawFn) -> tuple[RowIds, RowIds, list[int]]:
    """Row ids before, after some were deleted and then inserted, and the order of the old ones that stayed."""
    count = draw(st.integers(0, 12))
    old = RowIds(count)
    for _ in range(draw(st.integers(0, 2))):
        old.insert(np.array(sorted(draw(st.sets(st.integers(0, len(old)), max_size=1)))), old.new(1)[:1])
    new = old.copy()
    gone = sorted(draw(st.sets(st.integers(0, max(len(old) - 1, 0)), max_size=len(old))))
    new.delete(np.array(gone, dtype=np.int64))
    came = draw(st.integers(0, 6))
    spots = sorted(draw(st.lists(st.integers(0, len(new) + came - 1), min_size=came, max_size=came, unique=True)) if came else [])
    new.insert(np.array(spots, dtype=np.int64), new.new(len(spots)))
    return old, new, new.ids(slice(None)).tolist()


def build(case: tuple[RowIds, RowIds, list[int]]) -> tuple[RowsChange, list[int], list[int]]:
    old, new, order = case
    change = moved(old, new)
    assert change is not None
    return change, old.ids(slice(None)).tolist(), order


@given(changes())
def test_what_came_and_went_is_told_by_runs_as_by_rows(case: tuple[RowIds, RowIds, list[int]]) -> None:
    change, before, after = build(case)
    assert change.deleted.tolist() == [at for at, rid in enumerate(before) if rid not in after]
    assert change.inserted.tolist() == [at for at, rid in enumerate(after) if rid not in before]
    assert (change.old, change.new) == (len(before), len(after))


@pytest.mark.parametrize("slices", [0, 64])
@given(case=changes())
def test_columns_are_the_same_by_slices_and_one_by_one(slices: int, case: tuple[RowIds, RowIds, list[int]]) -> None:
    change, before, after = build(case)
    values = pd.array(before, dtype="Int64")
    wanted = [rid if rid in before else pd.NA for rid in after]
    kept = shifting.MOST_SLICES
    shifting.MOST_SLICES = slices
    try:
        found = Shift(change).apply(values)
    finally:
        shifting.MOST_SLICES = kept
    assert found.equals(pd.array(wanted, dtype="Int64"))
    assert not np.shares_memory(found._data, values._data) or not len(found)


def test_rows_in_another_order_are_no_change_of_this_kind() -> None:
    assert moved(RowIds.of_runs(np.array([[0, 1], [1, 1]]), 2), RowIds.of_runs(np.array([[1, 0], [1, 1]]), 2)) is None


@pytest.mark.parametrize(
    "values",
    [np.arange(5), np.arange(5.0), np.array(list("abcde"), dtype=object), pd.array(list("abcde"), dtype="str"),
     pd.Categorical(list("abcab")), pd.date_range("2027", periods=5, tz="UTC").array,
     pd.array([1, 2, 3, 4, 5], dtype="int64[pyarrow]")],
    ids=str,
)  # fmt: skip
def test_columns_of_every_kind_keep_their_dtype(values: object) -> None:
    old = RowIds(5)
    new = old.copy()
    new.delete(np.array([1, 2]))
    new.insert(np.array([0, 3]), new.new(2))
    change = moved(old, new)
    assert change is not None
    found = Shift(change).apply(values)
    assert found.dtype == values.dtype  # type: ignore[attr-defined]
    assert [found[1], found[2], found[4]] == [values[0], values[3], values[4]]  # type: ignore[index]
