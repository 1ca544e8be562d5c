"""Whatever a plan makes of a DataFrame, applying it gives that, and undoing it gives back every bit."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tabweave.frames.frame import Applied, Frame
from tabweave.frames.log import Record
from tabweave.frames.transform import Transform
from tabweave.grounds import ground
from tabweave.slot import Slot
from tabweave.staging import Stage
from tabweave_core.errors import Refused, TabweaveError
from tabweave_core.protocol import condition as c
from tabweave_core.protocol import ops
from tabweave_core.protocol import plan as p
from tabweave_core.protocol.schema import Person

DECIMAL = pd.ArrowDtype(pa.decimal128(9, 2))
ANN = Person(id="ann", name="Ann")
BO = Person(id="bo", name="Bo")


def messy() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "region": ["West", "East", "West", None, "North"],
            "qty": np.array([1, 2, 3, 4, 5], dtype="int32"),
            "amount": [1.5, np.nan, 3.0, -0.0, 7.25],
            "kind": pd.Categorical(["a", "b", "a", None, "b"]),
            "on": [True, False, True, True, False],
            "day": pd.to_datetime(["2026-01-01", None, "2026-02-01", "2026-02-02", "2026-03-01"]),
            "cost": pd.array([Decimal("1.20"), None, Decimal("3.00"), Decimal("0.01"), Decimal("9.99")], DECIMAL),
            "few": pd.array([1, None, 3, None, 5], "Int8"),
            "any": pd.Series(["x", None, "y", "z", "x"], dtype=object),
        }
    )  # fmt: skip


class Desk:
    def __init__(self, df: pd.DataFrame) -> None:
        self.frame = Frame(df, name="t")
        self.slot = Slot("t", "t", self.frame)

    def propose(self, *steps: p.Step) -> tuple[Transform, pd.DataFrame]:
        here = ground(self.slot, self.frame)
        stage = Stage(here, "t", p.Plan(steps=list(steps)), {})
        with self.frame.lock:
            effect = stage.rewrite.effect
        wanted = stage.frame()
        stage.close()
        record = Record("", "{}", "", "plan", {})
        return Transform(effect=effect, summary="did", epoch=here.epoch, rev=here.rev, record=record), wanted

    def apply(self, op: ops.Op | Transform, user: Person = ANN) -> Applied:
        return self.frame.apply(op, user=user)


@pytest.fixture
def desk() -> Desk:
    return Desk(messy())


STEPS: list[p.Step] = [
    p.DropMissing(columns=["amount"]),
    p.FilterRows(where=c.Compare(column="qty", cmp=">", value=2)),
    p.SortRows(by=[c.Order(column="amount", descending=True)]),
    p.TopRows(n=3, by=[c.Order(column="day")]),
    p.SampleRows(n=2),
    p.Derive(name="twice", sql="qty * 2"),
    p.Derive(name="amount", sql="amount + 1"),
    p.Derive(name="first", sql="region || '!'"),
    p.UpdateCells(column="qty", value=None, where=c.Compare(column="qty", cmp="=", value=3)),
    p.UpdateCells(column="on", value=None),
    p.UpdateCells(column="kind", value="new"),
    p.FillMissing(columns=["amount", "few"], method="mean"),
    p.FillMissing(columns=["region", "any"], method="constant", value="none"),
    p.FillMissing(columns=["day"], method="ffill"),
    p.RenameColumns(names=[c.Rename(old="qty", new="n"), c.Rename(old="amount", new="qty")]),
    p.DropColumns(columns=["few", "on"]),
    p.SelectColumns(columns=["day", "region", "qty", "amount", "kind", "any"]),
    p.ReorderColumns(columns=["kind"], to="last"),
    p.Cast(column="qty", to="text"),
    p.Cast(column="cost", to="float"),
    p.Explode(column="region", sep="s"),
    p.Split(column="region", into=["a", "b"], sep="s", keep=False),
    p.Round(columns=["amount"], digits=0),
    p.Dedupe(columns=["region"]),
    p.Outliers(column="amount", action="flag"),
    p.Window(name="running", fn="running_sum", column="qty"),
]


def plain(df: pd.DataFrame) -> list[list[Any]]:
    """The cells as texts, for tables of which one has other dtypes."""
    return [
        [None if pd.isna(value) else str(value).removesuffix(" 00:00:00") for value in row]
        for row in df.astype(object).to_numpy()
    ]


@pytest.mark.parametrize("step", STEPS, ids=lambda step: type(step).__name__)
def test_a_step_that_is_applied_gives_its_result_and_undo_gives_back_every_bit(desk: Desk, step: p.Step) -> None:
    before = desk.frame.df.copy(deep=True)
    op, wanted = desk.propose(step)
    desk.apply(op)
    after = desk.frame.df.copy(deep=True)
    assert list(after.columns) == list(wanted.columns)
    assert len(after) == len(wanted)
    numbers = [name for name in after.columns if pd.api.types.is_numeric_dtype(after[name].dtype)]
    for name in after.columns:
        if name in numbers:
            left, right = (np.array([float(v) if pd.notna(v) else np.nan for v in side[name]]) for side in (after, wanted))
            np.testing.assert_array_equal(left, right)
        else:
            assert plain(after[[name]]) == plain(wanted[[name]])
    desk.apply(ops.Undo())
    same_bits(desk.frame.df, before)
    desk.apply(ops.Redo())
    same_bits(desk.frame.df, after)


def same_bits(df: pd.DataFrame, wanted: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(df, wanted, check_exact=True, check_freq=True, check_flags=True)
    assert type(df.index) is type(wanted.index)
    for name in df.columns:
        if df[name].dtype.kind == "f":
            assert (
                np.signbit(df[name].to_numpy(na_value=0.0)).tolist() == np.signbit(wanted[name].to_numpy(na_value=0.0)).tolist()
            )


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_several_steps_at_once_are_undone_and_redone_as_one(data: st.DataObject) -> None:
    df = messy()
    if data.draw(st.booleans(), label="indexed"):
        df.index = pd.Index([f"r{nth}" for nth in range(len(df))], name="row")
    desk = Desk(df)
    before = df.copy(deep=True)
    states = [before]
    for _ in range(data.draw(st.integers(1, 3))):
        steps = data.draw(st.lists(st.sampled_from(STEPS), min_size=1, max_size=4))
        try:
            op, wanted = desk.propose(*steps)
        except TabweaveError:
            continue
        if op.effect is None:
            continue
        desk.apply(op)
        assert len(desk.frame.df) == len(wanted)
        assert desk.frame.df is df
        states.append(df.copy(deep=True))
    for state in states[-2::-1]:
        desk.apply(ops.Undo())
        same_bits(df, state)
    for state in states[1:]:
        desk.apply(ops.Redo())
        same_bits(df, state)


def test_the_index_stays_with_its_rows(desk: Desk) -> None:
    desk = Desk(messy().set_index(pd.Index(list("abcde"), name="key")))
    op, _ = desk.propose(p.SortRows(by=[c.Order(column="qty", descending=True)]))
    desk.apply(op)
    assert desk.frame.df.index.tolist() == list("edcba")
    with pytest.raises(Refused, match="key is a level of the index"):
        desk.propose(p.UpdateCells(column="key", value="z"))


def test_a_table_that_changed_since_is_not_touched(desk: Desk) -> None:
    op, _ = desk.propose(p.DropMissing(columns=["amount"]))
    other, _ = desk.propose(p.UpdateCells(column="qty", value=1))
    desk.apply(other)
    before = desk.frame.df.copy(deep=True)
    with pytest.raises(Refused, match="changed since"):
        desk.apply(op)
    same_bits(desk.frame.df, before)


def test_undoing_a_command_leaves_what_another_person_wrote_since(desk: Desk) -> None:
    op, _ = desk.propose(p.DropMissing(columns=["amount"]), p.UpdateCells(column="qty", value=9))
    desk.apply(op)
    other, _ = desk.propose(p.UpdateCells(column="qty", value=1, where=c.Compare(column="region", cmp="=", value="North")))
    desk.apply(other, BO)
    applied = desk.apply(ops.Undo())
    assert applied.skipped == 1
    assert desk.frame.df["qty"].tolist() == [1, 2, 3, 4, 1]


def test_undoing_a_command_is_refused_where_rows_came_since(desk: Desk) -> None:
    op, _ = desk.propose(p.DropMissing(columns=["amount"]), p.UpdateCells(column="qty", value=9))
    desk.apply(op)
    desk.apply(ops.InsertRows(count=1), BO)
    before = desk.frame.df.copy(deep=True)
    with pytest.raises(Refused, match="Undo what came later first"):
        desk.apply(ops.Undo())
    same_bits(desk.frame.df, before)


def test_what_was_done_can_be_told_as_code_that_does_it_again(desk: Desk) -> None:
    start = desk.frame.df.copy(deep=True)
    op, _ = desk.propose(
        p.DropMissing(columns=["amount"]),
        p.SortRows(by=[c.Order(column="qty", descending=True)]),
        p.Derive(name="n", sql="qty + 1"),
    )
    desk.apply(op)
    space: dict[str, Any] = {"t": start}
    exec(desk.frame.code("pandas"), space)
    pd.testing.assert_frame_equal(space["t"], desk.frame.df)


def test_a_type_that_cannot_hold_the_result_is_told() -> None:
    desk = Desk(messy())
    here = ground(desk.slot, desk.frame)
    stage = Stage(here, "t", p.Plan(steps=[p.UpdateCells(column="qty", value=None), p.UpdateCells(column="kind", value="q")]), {})
    assert stage.rewrite.notes == ["qty becomes Int32 (was int32)", "kind gets new categories"]
    stage.close()
