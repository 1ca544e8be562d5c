"""Totals of private frames: written as one edit, kept current through whatever happens to the DataFrame."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from core.planning.orchard import AMOUNT, DEFINITION, OPS, ROWS, check, table
from hypothesis import given, settings
from hypothesis import strategies as st
from kernel.frames.tables import ANN
from tabweave.frames.frame import Frame
from tabweave.frames.planned import FrameSource
from tabweave.frames.spreads import dry_run
from tabweave_core.errors import TabweaveError
from tabweave_core.protocol import ops as o
from tabweave_core.protocol import planning as p


def frame_of(rows: list[tuple[Any, ...]]) -> Frame:
    return Frame(table(rows).to_pandas(types_mapper=pd.ArrowDtype), name="plan")


def now(frame: Frame) -> pa.Table:
    source = FrameSource(frame)
    names = ["brand", "family", "product", "month", "amount", "price", "plan"]
    return pa.table({name: source.values(cid) for cid, name in enumerate(names)})


@settings(max_examples=max(150, settings.default.max_examples if settings.default else 0), deadline=None)
@given(ROWS, st.lists(OPS | st.none(), max_size=10))
def test_every_ancestor_is_as_grouping_sets_after_every_operation(rows: Any, steps: list[o.Op | None]) -> None:
    frame = frame_of(rows)
    check(frame.boards.board(frame, DEFINITION), now(frame))
    for op in steps:
        before = frame.df.copy()
        if op is None:
            op = o.SetCells(blocks=[o.Block(columns=[AMOUNT], rows=frame.rids.ids(slice(0, 1)).tolist(), values=[["5"]])])
        try:
            frame.apply(op, user=ANN)
        except TabweaveError:
            pd.testing.assert_frame_equal(frame.df, before)
            continue
        board = frame.boards.board(frame, DEFINITION)
        check(board, now(frame))
        if isinstance(op, o.Spread) and isinstance(op.targets[0].method, p.Proportional | p.Equal):
            leaves = board.leaves(op.targets[0].at, FrameSource(frame))
            assert board.values_over(leaves)[0] == int(op.targets[0].value or 0)


@pytest.mark.parametrize(
    "amount",
    [
        np.array([1, 2, 3], dtype="int64"),
        np.array([1, 2, 3], dtype="int32"),
        np.array([1.5, 2.25, 3.0]),
        pd.array([1, 2, None], dtype="Int64"),
        pd.array([1.5, None, 3.0], dtype="Float64"),
        pd.array([1, None, 3], dtype="uint16[pyarrow]"),
        pd.array([Decimal("1.50"), Decimal("2.25"), None], dtype=pd.ArrowDtype(pa.decimal128(10, 2))),
        pd.array([1.5, 2.25, 3.0], dtype="double[pyarrow]"),
    ],
    ids=lambda array: str(array.dtype),
)
def test_a_total_is_written_into_every_type_of_number_and_taken_back_bit_for_bit(amount: Any) -> None:
    frame = Frame(pd.DataFrame({"brand": ["A", "A", "B"], "amount": amount}))
    before = frame.df.copy()
    rollup = p.RollupDef(levels=[0], aggregates=[p.Aggregate(fn="sum", column=1)])
    frame.apply(o.Spread(rollup=rollup, targets=[p.Target(at=p.Coordinate(), value="60")]), user=ANN)
    assert math.fsum(map(float, frame.df["amount"].dropna())) == 60
    assert frame.df["amount"].dtype == before["amount"].dtype
    assert list(frame.df["amount"].isna()) == list(before["amount"].isna())
    frame.apply(o.Undo(), user=ANN)
    pd.testing.assert_frame_equal(frame.df, before)


def test_a_type_too_coarse_for_exact_totals_is_refused() -> None:
    frame = Frame(pd.DataFrame({"brand": ["A"], "amount": np.array([1], dtype="float32")}))
    rollup = p.RollupDef(levels=[0], aggregates=[p.Aggregate(fn="sum", column=1)])
    with pytest.raises(TabweaveError, match="too coarse"):
        frame.apply(o.Spread(rollup=rollup, targets=[p.Target(at=p.Coordinate(), value="60")]), user=ANN)


def test_a_rollup_is_kept_and_brought_up_to_date_and_not_built_anew_by_edits() -> None:
    frame = frame_of([("Acme", "Hats", "1", "Jan", 10, None, 1), ("Bolt", "Hats", "1", "Jan", 20, None, 1)])
    board = frame.boards.board(frame, DEFINITION)
    frame.apply(o.SetCells(blocks=[o.Block(columns=[AMOUNT], rows=[0], values=[["70"]])]), user=ANN)
    assert frame.boards.board(frame, DEFINITION) is board
    assert board.value(0, 0) == 90
    frame.apply(o.DeleteRows(rows=o.Rows(ids=[0])), user=ANN)
    after = frame.boards.board(frame, DEFINITION)
    assert after is not board
    assert after.value(0, 0) == 20


def test_what_a_column_was_is_read_back_through_edits_insertions_and_deletions() -> None:
    frame = frame_of([("Acme", "Hats", str(row), "Jan", row, None, 1) for row in range(5)])
    frame.apply(o.SetCells(blocks=[o.Block(columns=[AMOUNT], rows=[1, 2], values=[["50"]])]), user=ANN)
    frame.apply(o.DeleteRows(rows=o.Rows(ids=[0])), user=ANN)
    frame.apply(o.InsertRows(count=1), user=ANN)
    frame.apply(o.Undo(ref=2), user=ANN)
    source = FrameSource(frame)
    was = dict(zip(source.rids().tolist(), source.as_of(AMOUNT, 0).to_pylist(), strict=True))
    assert was == {0: 0, 1: 1, 2: 2, 3: 3, 4: 4, 5: None}
    assert FrameSource(frame).as_of(AMOUNT, 1).to_pylist()[:3] == [0, 50, 50]


def test_a_revision_that_code_changed_cannot_be_gone_by() -> None:
    from tabweave.frames.difference import Difference

    frame = frame_of([("Acme", "Hats", "1", "Jan", 10, None, 1)])
    frame.df.loc[0, "amount"] = 11
    frame.external(Difference(changed={AMOUNT: None}))
    with pytest.raises(TabweaveError, match="no longer known"):
        FrameSource(frame).as_of(AMOUNT, 0)


def test_growth_runs_along_months_in_the_order_of_their_category() -> None:
    months = pd.Categorical(["Jan", "Feb", "Mar"], ["Jan", "Feb", "Mar"], ordered=True)
    frame = Frame(pd.DataFrame({"month": months, "amount": [1, 1, 1]}))
    rollup = p.RollupDef(levels=[0], aggregates=[p.Aggregate(fn="sum", column=1)])
    target = p.Target(at=p.Coordinate(), value="100", method=p.Growth(along=0, percent="10"))
    frame.apply(o.Spread(rollup=rollup, targets=[target]), user=ANN)
    assert frame.df["amount"].tolist() == [100, 110, 121]


def test_a_dry_run_writes_nothing() -> None:
    frame = frame_of([("Acme", "Hats", "1", "Jan", 10, None, 1)])
    before = frame.df.copy()
    target = p.Target(at=p.Coordinate(), value="50")
    found = dry_run(frame, o.Spread(rollup=DEFINITION, targets=[target]))
    assert (found.rows, found.totals[0].after, frame.rev) == (1, "50", 0)
    pd.testing.assert_frame_equal(frame.df, before)
