"""The pandas code of a plan runs, and gives the table that the plan gives."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tabweave.frames.frame import Frame
from tabweave.grounds import ground
from tabweave.plan_code import code
from tabweave.slot import Slot
from tabweave.staging import Stage
from tabweave_core.errors import TabweaveError
from tabweave_core.protocol import condition as c
from tabweave_core.protocol import plan as p

TOTAL = c.Measure(fn="sum", column="price")
NOT_A = c.Compare(column="name", cmp="!=", value="a")
RICH = c.Compare(column="price", cmp=">", value=2)
STEPS: list[p.Step] = [
    p.FilterRows(where=RICH),
    p.FilterRows(where=c.Not(of=RICH)),
    p.FilterRows(where=c.Either(of=[NOT_A, c.Among(column="n", values=[1, 2])]), drop=True),
    p.FilterRows(where=c.All(of=[c.Between(column="n", lo=1, hi=3), c.Matches(column="name", text="B")])),
    p.FilterRows(where=c.Absent(column="name")),
    p.FilterRows(where=c.Period(column="day", unit="month", values=[1])),
    p.FilterRows(where=c.Compare(column="day", cmp=">=", value="2026-01-15")),
    p.FilterRows(where=c.Formula(sql="n * price > 3")),
    p.SortRows(by=[c.Order(column="name"), c.Order(column="price", descending=True)]),
    p.TopRows(n=2, by=[c.Order(column="n", descending=True)]),
    p.TopRows(n=1, by=[c.Order(column="n")], per=["name"]),
    p.DropMissing(columns=["name"]),
    p.DropMissing(how="all"),
    p.Dedupe(columns=["name"]),
    p.Dedupe(columns=["name"], keep="last"),
    p.Dedupe(columns=["name"], flag="again"),
    p.Outliers(column="price", action="missing"),
    p.SelectColumns(columns=["price", "name", "n", "day"]),
    p.RenameColumns(names=[c.Rename(old="n", new="price"), c.Rename(old="price", new="n")]),
    p.ReorderColumns(columns=["day"], to="after", after="name"),
    p.FillMissing(columns=["name"], method="constant", value="none"),
    p.FillMissing(columns=["price"], method="mean"),
    p.FillMissing(columns=["price"], method="ffill"),
    p.UpdateCells(column="price", value=9, where=c.Compare(column="name", cmp="=", value="a")),
    p.UpdateCells(column="name", value="it's \"x\""),
    p.UpdateCells(column="n", value=None),
    p.Derive(name="double", sql="price * 2"),
    p.TextActions(columns=["name"], actions=["upper"]),
    p.TextActions(columns=["name"], actions=["trim", "title"]),
    p.Clip(column="price", lo=1, hi=3),
    p.Round(columns=["price"]),
    p.Cast(column="price", to="text"),
    p.Split(column="name", into=["x", "y"], sep=" "),
    p.Window(name="run", fn="running_sum", column="price"),
    p.Aggregate(by=[c.Key(column="name")], measures=[TOTAL, c.Measure(fn="count"), c.Measure(fn="max", column="n")]),
    p.Aggregate(by=[c.Key(column="day", unit="month")], measures=[c.Measure(fn="mean", column="price")]),
    p.Pivot(index=[c.Key(column="n")], on=c.Key(column="name"), measure=c.Measure(fn="sum", column="price")),
    p.Unpivot(columns=["n", "price"], name="what"),
    p.SampleRows(n=3),
]  # fmt: skip


def table(names: list[str | None], prices: list[float | None], days: list[int | None]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "name": pd.array(names, dtype="str"),
            "n": np.arange(len(names)) % 4,
            "price": np.array([np.nan if price is None else price for price in prices], dtype="float64"),
            "day": pd.to_datetime(["2026-01-01"] * len(days)).as_unit("us") + pd.to_timedelta(days, unit="D").as_unit("us"),
        }
    )  # fmt: skip


SAMPLE = table(["a", "b b", None, "a", "Bo", ""], [1.5, None, 3.0, 2.0, 100.0, -1.0], [0, 20, None, 40, 41, 3])


def cells(df: pd.DataFrame) -> list[list[Any]]:
    return [[said(value) for value in row] for row in df.astype(object).to_numpy()]


def said(value: Any) -> Any:
    if value is None or value is pd.NaT or value is pd.NA or value != value:
        return None
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    return round(float(value), 9) if isinstance(value, (int, float, np.number)) else str(value).removesuffix(" 00:00:00")


def check(df: pd.DataFrame, *steps: p.Step) -> None:
    frame = Frame(df, name="sales")
    slot = Slot("sales", "sales", frame)
    here = ground(slot, frame)
    plan = p.Plan(steps=list(steps))
    stage = Stage(here, "sales", plan, {})
    wanted = stage.frame()
    stage.close()
    before = df.copy(deep=True)
    space: dict[str, Any] = {"sales": df}
    text = code(plan, here, "sales", {})
    exec(text, space)
    found = space["df"]
    assert list(found.columns) == list(wanted.columns), text
    assert cells(found) == cells(wanted), text
    pd.testing.assert_frame_equal(df, before)


@pytest.mark.parametrize("step", STEPS, ids=lambda step: type(step).__name__)
def test_the_code_of_a_step_gives_the_plans_table(step: p.Step) -> None:
    check(SAMPLE.copy(), step)


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_the_code_of_any_plan_on_any_table_gives_the_plans_table(data: st.DataObject) -> None:
    count = data.draw(st.integers(1, 8))
    rows = {"min_size": count, "max_size": count}
    names = data.draw(st.lists(st.sampled_from(["a", "b b", "Bo", "", "é", None]), **rows))
    prices = data.draw(st.lists(st.one_of(st.none(), st.sampled_from([0.5, 1.0, 2.5, -3.0, 1e6])), **rows))
    days = data.draw(st.lists(st.one_of(st.none(), st.integers(0, 60)), **rows))
    steps = data.draw(st.lists(st.sampled_from(STEPS), min_size=1, max_size=3))
    try:
        check(table(names, prices, days), *steps)
    except TabweaveError:
        return


def test_names_that_look_like_code_are_only_names() -> None:
    name = 'a\'] + """x\\'
    df = pd.DataFrame({name: [1.0, 2.0, None]})
    check(df, p.FilterRows(where=c.Compare(column=name, cmp=">", value=1)))
    check(df, p.Round(columns=[name]))
    check(df, p.RenameColumns(names=[c.Rename(old=name, new="it's")]), p.DropMissing())
