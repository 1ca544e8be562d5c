"""The pandas code of a plan runs, and gives the table that the plan gives."""

from __future__ import annotations

from typing import Any, get_args

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tabweave.frames.frame import Frame
from tabweave.grounds import Ground, ground
from tabweave.plan_code import code
from tabweave.slot import Slot
from tabweave.staging import Stage
from tabweave_core.errors import TabweaveError
from tabweave_core.protocol import condition as c
from tabweave_core.protocol import plan as p

TOTAL = c.Measure(fn="sum", column="price")
NOT_A = c.Compare(column="name", cmp="!=", value="a")
RICH = c.Compare(column="price", cmp=">", value=2)
ON_NAME = [c.Rename(old="name", new="who")]
PLAIN: list[p.Step] = [
    p.FilterRows(where=c.Compare(column="n", cmp="<", other="price")),
    p.FilterRows(where=c.Against(column="price", cmp=">=", fn="mean", of="price", per=["name"], factor=0.9)),
    p.FilterRows(where=c.Against(column="price", cmp="<", fn="median", of="price"), drop=True),
    p.FilterRows(where=c.Matches(column="name", text="B B", mode="equals")),
    p.FilterRows(where=c.Period(column="day", unit="weekday", values=[4, 5])),
    p.Dedupe(columns=["name"], flag="again"),
    p.Derive(name="double", sql='-("price" + 1) * 2 / n - 0.5'),
    p.Derive(name="price", sql="n*n"),
    p.FillMissing(columns=["price"], method="zero"),
    p.FillMissing(columns=["price", "day"], method="ffill"),
    p.FillMissing(columns=["price"], method="bfill", per=["name"]),
    p.FillMissing(columns=["price"], method="mean", per=["name", "n"]),
    p.FillMissing(columns=["price", "n"], method="min"),
    p.UpdateCells(column="price", sql="price * 2 + n", where=c.Compare(column="n", cmp=">", value=1)),
    p.TextActions(columns=["name"], actions=["trim", "capitalize"]),
    p.TextActions(columns=["name"], actions=["squeeze", "strip_html", "digits", "lower"]),
    p.ReplaceValues(columns=["name"], pairs=[c.Pair(old="a", new="b b"), c.Pair(old="b b", new="z"), c.Pair(old="", new="-")]),
    p.ReplaceValues(columns=["n"], pairs=[c.Pair(old=1, new=2), c.Pair(old=2, new=1)]),
    p.ReplaceValues(columns=["name"], text="b", replacement=r"\1."),
    p.Standardise(column="name", clusters=[c.Cluster(keep="a", variants=["é", "Bo"]), c.Cluster(keep="x", variants=["Bo"])]),
    p.Clip(column="n", lo=1, hi=2),
    p.Round(columns=["price"], digits=1),
    p.Round(columns=["price"], mode="down"),
    p.Round(columns=["price"], digits=2, mode="up"),
    p.Cast(column="n", to="float"),
    p.Outliers(column="price", k=0.5),
    p.Outliers(column="price", method="z", z=1.0, action="flag"),
    p.Outliers(column="price", method="mad", z=1.0, action="clip"),
    p.Outliers(column="price", method="iqr", k=0.2, action="missing"),
    p.Bin(column="price", into="size", edges=[-3, 1, 2.5]),
    p.Bin(column="n", into="name", edges=[0, 1, 3], labels=["few", "many"]),
    p.Split(column="name", into=["x", "y"], sep=" "),
    p.Split(column="name", into=["only"], sep="o", keep=False),
    p.Split(column="name", into=["x", "y", "z"], sep="b"),
    p.Merge(columns=["name", "name"], into="twice", sep="+"),
    p.Explode(column="name", sep=" "),
    p.Aggregate(measures=[TOTAL, c.Measure(fn="count"), c.Measure(fn="stddev", column="price", name="s")]),
    p.Aggregate(by=[c.Key(column="day", unit="month"), c.Key(column="n")], measures=[c.Measure(fn="variance", column="price")]),
    p.Aggregate(by=[c.Key(column="day", unit="week", name="w")], measures=[c.Measure(fn="distinct", column="name")]),
    p.Aggregate(by=[c.Key(column="day", unit="year")], measures=[c.Measure(fn="median", column="price")]),
    p.Aggregate(by=[c.Key(column="name", name="key")], measures=[c.Measure(fn="mean", column="n", name="name")]),
    p.Unpivot(columns=["n", "price"], name="what", value="it"),
    p.Unpivot(keep=["n", "price", "day"], name="what", value="it"),
    p.Join(table="bosses", on=ON_NAME),
    p.Join(table="bosses", on=ON_NAME, how="inner", columns=["price"]),
    p.Join(table="bosses", on=ON_NAME, how="semi"),
    p.Join(table="bosses", on=ON_NAME, how="anti"),
    p.Union(table="more"),
    p.Union(table="more", distinct=True),
    p.Window(name="w", fn="row_number", per=["name"]),
    p.Window(name="w", fn="running_count"),
    p.Window(name="w", fn="group_count", per=["name", "n"]),
    p.Window(name="w", fn="lag", column="n", n=2),
    p.Window(name="price", fn="lead", column="price", per=["name"]),
    p.Window(name="w", fn="difference", column="price"),
    p.Window(name="w", fn="percent_change", column="price", per=["n"]),
    p.Window(name="w", fn="running_sum", column="price", per=["name"]),
    p.Window(name="w", fn="running_mean", column="price"),
    p.Window(name="w", fn="running_max", column="n", per=["name"]),
    p.Window(name="w", fn="running_min", column="price"),
    p.Window(name="w", fn="moving_sum", column="price", n=2, per=["name"]),
    p.Window(name="w", fn="moving_mean", column="price", n=3),
    p.Window(name="w", fn="group_sum", column="price", per=["name"]),
    p.Window(name="w", fn="group_mean", column="price"),
    p.Window(name="w", fn="share", column="price", per=["n"]),
    p.Window(name="w", fn="share", column="n"),
    p.Window(name="w", fn="running_sum", column="price", order=[c.Order(column="name")], per=["n"]),
    p.Window(name="w", fn="row_number", order=[c.Order(column="price", descending=True)], per=["name"]),
    p.Window(name="price", fn="lag", column="price", order=[c.Order(column="day"), c.Order(column="price")]),
    p.Pivot(index=[c.Key(column="n")], on=c.Key(column="name"), measure=c.Measure(fn="sum", column="price")),
    p.Pivot(index=[c.Key(column="name"), c.Key(column="day", unit="month")], on=c.Key(column="n"), measure=c.Measure(fn="count")),
    p.Pivot(index=[c.Key(column="name")], on=c.Key(column="n"), measure=c.Measure(fn="mean", column="price"), fill=0),
    p.Extract(column="name", regex="[A-Za-z]+", into="word"),
    p.Extract(column="name", regex="[^a]", into="name"),
    p.ReplaceValues(columns=["name"], regex="[a-c]", replacement="-"),
]
"""Steps that are said in pandas alone."""
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
    p.Unpivot(columns=["n", "price"], name="what"),
    p.SampleRows(n=3),
    p.DropColumns(columns=["n", "day"]),
    p.ParseDate(column="name", on_error="missing"),
    p.ParseNumber(column="name", on_error="missing"),
    p.FillMissing(columns=["price"], method="interpolate"),
    p.Sql(select="SELECT name, sum(n) AS total FROM this GROUP BY name ORDER BY name"),
    *PLAIN,
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


BOSSES = pd.DataFrame(
    {
        "who": pd.array(["a", "a", None, "Bo", "", "zz"], dtype="str"),
        "boss": pd.array(["Ann", None, "Cy", "Di", "Ed", "Flo"], dtype="str"),
        "price": [1.0, 2.0, 3.0, None, 5.0, 6.0],
    }
)
MORE = pd.DataFrame({"name": pd.array(["a", "q"], dtype="str"), "n": [0, 9], "extra": [1.5, None]})


def laid(name: str, df: pd.DataFrame) -> Ground:
    frame = Frame(df, name=name)
    return ground(Slot(name, name, frame), frame)


def cells(df: pd.DataFrame) -> list[list[Any]]:
    return [[said(value) for value in row] for row in df.astype(object).to_numpy()]


def said(value: Any) -> Any:
    if value is None or value is pd.NaT or value is pd.NA or value != value:
        return None
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    return round(float(value), 9) if isinstance(value, (int, float, np.number)) else str(value).removesuffix(" 00:00:00")


def check(df: pd.DataFrame, *steps: p.Step) -> str:
    here = laid("sales", df)
    others = {"bosses": laid("bosses", BOSSES), "more": laid("more", MORE)}
    plan = p.Plan(steps=list(steps))
    stage = Stage(here, "sales", plan, others)
    wanted = stage.frame()
    stage.close()
    before = df.copy(deep=True)
    space: dict[str, Any] = {"sales": df, "bosses": BOSSES, "more": MORE}
    text = code(plan, here, "sales", others)
    exec(text, space)
    found = space["df"]
    assert list(found.columns) == list(wanted.columns), text
    assert cells(found) == cells(wanted), text
    pd.testing.assert_frame_equal(df, before)
    return text


@pytest.mark.parametrize("step", STEPS, ids=lambda step: type(step).__name__)
def test_the_code_of_a_step_gives_the_plans_table(step: p.Step) -> None:
    text = check(SAMPLE.copy(), step)
    assert step not in PLAIN or "duckdb" not in text


def test_every_kind_of_step_is_tried() -> None:
    assert {type(step) for step in STEPS} == set(get_args(p.Step)) - {p.Chart}


@settings(max_examples=25, deadline=None)
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
