"""Every kind of step on a small table, against the rows that it must leave."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from tabweave_core.protocol import condition as c
from tabweave_core.protocol import plan as p

if TYPE_CHECKING:
    from core.plans.stage import Stage

W, E = "West", "East"


def column(stage: Stage, name: str, *steps: p.Step) -> list[Any]:
    names, rows = stage.run(*steps)
    return [row[names.index(name)] for row in rows]


@pytest.mark.parametrize(
    ("where", "rids"),
    [
        (c.Compare(column="qty", cmp=">", value=5), [12, 14]),
        (c.Compare(column="qty", cmp="!=", value=5), [12, 13, 14]),
        (c.Compare(column="qty", cmp=">", value=4.5), [10, 12, 14]),
        (c.Compare(column="price", cmp="<", other="qty"), [10]),
        (c.Compare(column="day", cmp=">=", value="2026-02-01"), [12, 14]),
        (c.Not(of=c.Compare(column="qty", cmp=">", value=5)), [10, 11, 13]),
        (c.All(of=[c.Compare(column="region", cmp="=", value=W), c.Absent(column="price")]), [12]),
        (c.Either(of=[c.Compare(column="region", cmp="=", value=W), c.Compare(column="qty", cmp="=", value=1)]), [10, 12, 13]),
        (c.Among(column="region", values=[E, None]), [11, 13, 14]),
        (c.Among(column="qty", values=[1, 7]), [12, 13]),
        (c.Between(column="day", lo="2026-01-20", hi="2026-02-01"), [11, 12]),
        (c.Matches(column="note", text="DEAL"), [12]),
        (c.Matches(column="note", text="DEAL", case=True), []),
        (c.Matches(column="note", text="a", mode="starts"), [10]),
        (c.Matches(column="note", text="1", mode="ends"), [14]),
        (c.Matches(column="note", text=r"^x\d$", mode="regex"), [14]),
        (c.Absent(column="note"), [11, 13]),
        (c.Period(column="day", unit="month", values=[2]), [12, 14]),
        (c.Period(column="day", unit="weekday", values=[6, 7]), [10, 12, 14]),
        (c.Formula(sql="qty * price > 7"), [10, 14]),
        (c.Against(column="qty", cmp=">", fn="mean", of="qty"), [12, 14]),
        (c.Against(column="qty", cmp=">=", fn="max", of="qty", per=["region"]), [12, 13, 14]),
    ],
)
def test_a_filter_keeps_the_rows_that_fit(stage: Stage, where: c.Condition, rids: list[int]) -> None:
    assert stage.rids(p.FilterRows(where=where)) == rids
    assert stage.rids(p.FilterRows(where=where, drop=True)) == [rid for rid in range(10, 15) if rid not in rids]


@pytest.mark.parametrize(
    ("step", "rids"),
    [
        (p.SortRows(by=[c.Order(column="region"), c.Order(column="qty", descending=True)]), [14, 11, 12, 10, 13]),
        (p.SortRows(by=[c.Order(column="price", descending=True)]), [14, 13, 11, 10, 12]),
        (p.TopRows(n=2, by=[c.Order(column="qty", descending=True)]), [14, 12]),
        (p.TopRows(n=2), [10, 11]),
        (p.TopRows(n=1, by=[c.Order(column="qty")], per=["region"]), [14, 10, 13]),
        (p.DropMissing(), [10, 14]),
        (p.DropMissing(columns=["region", "qty"], how="all"), [10, 11, 12, 13, 14]),
        (p.Dedupe(columns=["region"]), [10, 11, 13]),
        (p.Dedupe(columns=["region"], keep="last"), [12, 13, 14]),
        (p.Dedupe(columns=["region"], order=[c.Order(column="qty", descending=True)]), [12, 13, 14]),
        (p.Dedupe(columns=["region"], order=[c.Order(column="qty")], keep="last"), [11, 12, 13]),
        (p.Outliers(column="price"), [10, 11, 12, 13]),
    ],
)
def test_a_step_on_rows_leaves_these_in_this_order(stage: Stage, step: p.Step, rids: list[int]) -> None:
    assert stage.rids(step) == rids


def test_equal_rows_stay_with_the_last_of_the_top_when_ties_count(stage: Stage) -> None:
    by = [c.Order(column="region")]
    assert stage.rids(p.TopRows(n=1, by=by, ties=True)) == [11, 14]


def test_a_sample_is_the_same_every_time_and_as_large_as_asked(stage: Stage) -> None:
    first = stage.rids(p.SampleRows(n=3))
    assert len(first) == 3
    assert stage.rids(p.SampleRows(n=3)) == first
    assert len(stage.rids(p.SampleRows(percent=40))) == 2
    assert first == sorted(first, key=lambda rid: rid or 0)


@pytest.mark.parametrize(
    ("step", "name", "values"),
    [
        (p.Derive(name="total", sql="qty * price"), "total", [7.5, None, None, 4.0, 900.0]),
        (p.Derive(name="qty", sql="coalesce(qty, 0) + 1"), "qty", [6, 1, 8, 2, 10]),
        (p.Cast(column="qty", to="text"), "qty", ["5", None, "7", "1", "9"]),
        (p.Split(column="note", sep=",", into=["one", "two"]), "two", ["b", None, None, None, None]),
        (p.Merge(columns=["region", "qty"], into="both", sep="-"), "both", ["West-5", E, "West-7", "1", "East-9"]),
        (p.Extract(column="note", regex=r"[a-z](\d)", into="digit"), "digit", [None, None, None, None, "1"]),
        (p.Bin(column="qty", into="size", edges=[0, 5, 10]), "size", ["5–10", None, "5–10", "0–5", "5–10"]),
        (
            p.Bin(column="qty", into="size", edges=[0, 5, 10], labels=["low", "high"]),
            "size",
            ["high", None, "high", "low", "high"],
        ),
        (p.FillMissing(columns=["qty"], method="constant", value=3), "qty", [5, 3, 7, 1, 9]),
        (p.FillMissing(columns=["qty"], method="mean"), "qty", [5, 6, 7, 1, 9]),
        (p.FillMissing(columns=["qty"], method="max", per=["region"]), "qty", [5, 9, 7, 1, 9]),
        (p.FillMissing(columns=["region"], method="mode"), "region", [W, E, W, E, E]),
        (p.FillMissing(columns=["qty"], method="ffill"), "qty", [5, 5, 7, 1, 9]),
        (p.FillMissing(columns=["qty"], method="bfill"), "qty", [5, 7, 7, 1, 9]),
        (p.FillMissing(columns=["price"], method="interpolate"), "price", [1.5, 2.0, 3.0, 4.0, 100.0]),
        (p.FillMissing(columns=["note"], method="constant", value="-"), "note", ["a, b", "-", "  Big  Deal ", "-", "x1"]),
        (
            p.ReplaceValues(columns=["region"], pairs=[c.Pair(old=W, new="W"), c.Pair(old=None, new="?")]),
            "region",
            ["W", E, "W", "?", E],
        ),
        (
            p.ReplaceValues(columns=["note"], text="B", replacement=r"\1", case=False),
            "note",
            [r"a, \1", "", r"  \1ig  Deal ", None, "x1"],
        ),
        (p.ReplaceValues(columns=["note"], regex=r"\s+", replacement="_"), "note", ["a,_b", "", "_Big_Deal_", None, "x1"]),
        (p.TextActions(columns=["note"], actions=["squeeze", "upper"]), "note", ["A, B", "", "BIG DEAL", None, "X1"]),
        (p.TextActions(columns=["region"], actions=["lower", "title"]), "region", [W, E, W, None, E]),
        (p.Clip(column="qty", lo=4, hi=8), "qty", [5, None, 7, 4, 8]),
        (p.Round(columns=["price"], digits=0), "price", [2.0, 2.0, None, 4.0, 100.0]),
        (p.Round(columns=["price"], digits=0, mode="down"), "price", [1.0, 2.0, None, 4.0, 100.0]),
        (p.Outliers(column="price", action="missing"), "price", [1.5, 2.0, None, 4.0, None]),
        (p.Outliers(column="price", action="flag", flag="far"), "far", [False, False, False, False, True]),
        (p.Standardise(column="region", clusters=[c.Cluster(keep="W", variants=[W, "west"])]), "region", ["W", E, "W", None, E]),
        (p.UpdateCells(column="qty", value=0, where=c.Compare(column="region", cmp="=", value=W)), "qty", [0, None, 0, 1, 9]),
        (p.UpdateCells(column="price", sql="price * 2"), "price", [3.0, 4.0, None, 8.0, 200.0]),
        (p.UpdateCells(cells=[c.CellValue(rid=13, column="region", value=E)]), "region", [W, E, W, E, E]),
        (p.Dedupe(columns=["region"], flag="again"), "again", [False, False, True, False, True]),
        (p.Window(name="n", fn="row_number", per=["region"]), "n", [1, 1, 2, 1, 2]),
        (p.Window(name="n", fn="rank", order=[c.Order(column="region")]), "n", [3, 1, 3, 5, 1]),
        (p.Window(name="n", fn="lag", column="qty"), "n", [None, 5, None, 7, 1]),
        (p.Window(name="n", fn="running_sum", column="qty"), "n", [5, 5, 12, 13, 22]),
        (p.Window(name="n", fn="moving_mean", column="qty", n=2), "n", [5.0, 5.0, 7.0, 4.0, 5.0]),
        (p.Window(name="n", fn="difference", column="qty", per=["region"]), "n", [None, None, 2, None, None]),
        (p.Window(name="n", fn="group_sum", column="qty", per=["region"]), "n", [12, 9, 12, 1, 9]),
        (p.Window(name="n", fn="share", column="qty", per=["region"]), "n", [5 / 12, None, 7 / 12, 1.0, 1.0]),
    ],
)
def test_a_step_on_values_leaves_these(stage: Stage, step: p.Step, name: str, values: list[Any]) -> None:
    assert column(stage, name, step) == values
    assert stage.rids(step) == [10, 11, 12, 13, 14]


def test_texts_become_dates_and_numbers(stage: Stage) -> None:
    stage.table("m", {"when": "VARCHAR", "cost": "VARCHAR"}, [("03/04/2026", "$1,234.50"), ("2026-12-31", "(7)"), ("", "27 %")])
    assert stage.run(p.ParseDate(column="when"), p.ParseNumber(column="cost"), table="m")[1] == [
        (date(2026, 3, 4), 1234.5),
        (date(2026, 12, 31), -7.0),
        (None, 0.27),
    ]
    assert stage.run(p.ParseDate(column="when", day_first=True), table="m")[1][0][0] == date(2026, 4, 3)


@pytest.mark.parametrize(
    ("step", "names"),
    [
        (p.SelectColumns(columns=["qty", "region"]), ["qty", "region"]),
        (p.DropColumns(columns=["note", "day"]), ["region", "qty", "price"]),
        (p.ReorderColumns(columns=["day"]), ["day", "region", "qty", "price", "note"]),
        (p.ReorderColumns(columns=["region"], to="last"), ["qty", "price", "day", "note", "region"]),
        (p.ReorderColumns(columns=["note"], to="after", after="region"), ["region", "note", "qty", "price", "day"]),
        (
            p.RenameColumns(names=[c.Rename(old="qty", new="price"), c.Rename(old="price", new="qty")]),
            ["region", "price", "qty", "day", "note"],
        ),
        (p.Split(column="note", sep=",", into=["a", "b"], keep=False), ["region", "qty", "price", "day", "a", "b"]),
        (p.Merge(columns=["region", "note"], into="m", keep=False), ["qty", "price", "day", "m"]),
    ],
)
def test_a_step_on_columns_leaves_these(stage: Stage, step: p.Step, names: list[str]) -> None:
    assert stage.run(step)[0] == names


def test_a_row_for_each_part_of_a_text(stage: Stage) -> None:
    names, rows = stage.run(p.Explode(column="note"))
    assert [row[names.index("note")] for row in rows] == ["a", "b", None, "Big  Deal", None, "x1"]
    assert stage.rids(p.Explode(column="note")) == [10, None, 11, 12, 13, 14]


def test_groups_are_in_order_and_missing_keys_last(stage: Stage) -> None:
    measures = [c.Measure(fn="sum", column="qty"), c.Measure(fn="count"), c.Measure(fn="mean", column="price", name="avg")]
    assert stage.run(p.Aggregate(by=[c.Key(column="region")], measures=measures)) == (
        ["region", "sum_qty", "count", "avg"],
        [(E, 9, 2, 51.0), (W, 12, 2, 1.5), (None, 1, 1, 4.0)],
    )


def test_every_figure_of_a_column(stage: Stage) -> None:
    wanted = {
        "sum": 22,
        "mean": 5.5,
        "min": 1,
        "max": 9,
        "count": 4,
        "distinct": 4,
        "median": 6.0,
        "first": 5,
        "last": 9,
        "mode": 1,
    }
    measures = [c.Measure(fn=fn, column="qty") for fn in wanted]
    assert stage.run(p.Aggregate(measures=measures))[1] == [tuple(wanted.values())]


def test_months_weekdays_and_conditions_in_groups(stage: Stage) -> None:
    step = p.Aggregate(
        by=[c.Key(column="day", unit="month")],
        measures=[c.Measure(fn="count", where=c.Compare(column="region", cmp="=", value=E), name="east")],
        having=c.Not(of=c.Absent(column="day_month")),
    )
    assert stage.run(step)[1] == [(date(2026, 1, 1), 1), (date(2026, 2, 1), 1)]
    weekdays = stage.run(p.Aggregate(by=[c.Key(column="day", unit="weekday")], measures=[c.Measure(fn="count")]))[1]
    assert weekdays == [("Tuesday", 1), ("Saturday", 2), ("Sunday", 1), (None, 1)]


def test_totals_follow_their_groups(stage: Stage) -> None:
    step = p.Aggregate(by=[c.Key(column="region")], measures=[c.Measure(fn="count")], mode="rollup")
    assert sorted(stage.run(step)[1], key=str) == sorted([(E, 2), (W, 2), (None, 1), (None, 5)], key=str)


def test_a_pivot_has_a_column_for_each_value(stage: Stage) -> None:
    step = p.Pivot(
        index=[c.Key(column="region")], on=c.Key(column="day", unit="month"), measure=c.Measure(fn="sum", column="qty"), fill=0
    )
    assert stage.run(step) == (["region", "2026-01-01", "2026-02-01"], [(E, 0, 9), (W, 5, 7), (None, 0, 0)])


def test_an_unpivot_has_a_row_for_each_value(stage: Stage) -> None:
    names, rows = stage.run(p.Unpivot(columns=["qty", "price"], keep=["region"]))
    assert names == ["region", "name", "value"]
    assert rows[:4] == [(W, "qty", 5.0), (W, "price", 1.5), (E, "qty", None), (E, "price", 2.0)]


def test_a_join_keeps_rows_and_repeats_those_that_fit_twice(stage: Stage) -> None:
    on = [c.Rename(old="region", new="region")]
    assert column(stage, "boss", p.Join(table="o", on=on)) == ["Ann", "Bo", "Cy", "Ann", None, "Bo", "Cy"]
    assert stage.rids(p.Join(table="o", on=on)) == [10, 11, None, 12, 13, 14, None]
    assert stage.rids(p.Join(table="o", on=on, how="anti")) == [13]
    assert stage.rids(p.Join(table="o", on=on, how="semi")) == [10, 11, 12, 14]
    assert len(stage.run(p.Join(table="o", on=on, how="inner"))[1]) == 6


def test_a_union_matches_columns_by_name(stage: Stage) -> None:
    names, rows = stage.run(p.Union(table="o"))
    assert names == ["region", "qty", "price", "day", "note", "boss"]
    assert len(rows) == 8
    assert rows[5] == (W, None, None, None, None, "Ann")


def test_free_sql_reads_what_the_step_before_left(stage: Stage) -> None:
    found = stage.run(
        p.DropMissing(columns=["region"]), p.Sql(select="SELECT region, max(qty) AS m FROM this GROUP BY 1 ORDER BY 1")
    )
    assert found == (["region", "m"], [(E, 9), (W, 7)])


def test_steps_work_on_what_the_step_before_left(stage: Stage) -> None:
    steps = [
        p.FillMissing(columns=["price"], method="zero"),
        p.Derive(name="total", sql="qty * price"),
        p.FilterRows(where=c.Compare(column="total", cmp=">", value=1)),
        p.SelectColumns(columns=["total"]),
    ]
    assert stage.run(*steps) == (["total"], [(7.5,), (4.0,), (900.0,)])
