"""Plans that cannot be: refused with the step, the reason and the nearest thing that can."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tabweave_core.charts.chart import read_step
from tabweave_core.errors import BadMessage, TabweaveError
from tabweave_core.plans import strict
from tabweave_core.protocol import condition as c
from tabweave_core.protocol import plan as p

if TYPE_CHECKING:
    from core.plans.stage import Stage


@pytest.mark.parametrize(
    ("step", "code", "says"),
    [
        (p.SelectColumns(columns=["regoin"]), "NO_COLUMN", "region"),
        (p.FilterRows(where=c.Compare(column="qty", cmp=">", value="many")), "TYPE", "number"),
        (p.FilterRows(where=c.Compare(column="day", cmp=">", value="soon")), "TYPE", "2026-01-31"),
        (p.FilterRows(where=c.Matches(column="note", text="(", mode="regex")), "CHECK", "cannot"),
        (p.FilterRows(where=c.Period(column="qty", unit="month", values=[1])), "TYPE", "dates"),
        (p.Derive(name="x", sql="(SELECT 1)"), "CHECK", ""),
        (p.Derive(name="x", sql="nowhere + 1"), "", ""),
        (p.Derive(name="", sql="1"), "SCHEMA", "name"),
        (p.Cast(column="note", to="integer"), "TYPE", "a, b"),
        (p.ParseDate(column="region"), "TYPE", "West"),
        (p.RenameColumns(names=[c.Rename(old="qty", new="price")]), "SCHEMA", "price"),
        (p.DropColumns(columns=["region", "qty", "price", "day", "note"]), "CHECK", "No column"),
        (p.Aggregate(measures=[c.Measure(fn="sum", column="note")]), "TYPE", "numbers"),
        (p.Aggregate(measures=[c.Measure(fn="sum")]), "TYPE", "Which column"),
        (p.Join(table="other", on=[c.Rename(old="region", new="region")]), "NO_TABLE", "other"),
        (p.Join(table="o", on=[c.Rename(old="region", new="bos")]), "NO_COLUMN", "boss"),
        (p.Window(name="n", fn="lag", column="qty", n=0), "RANGE", "1"),
        (p.SampleRows(), "CHECK", "percent"),
        (p.UpdateCells(column="qty", value=1.5), "TYPE", "convert qty to float"),
        (p.UpdateCells(column="qty", value=2**70), "TYPE", "cannot hold"),
        (p.FillMissing(columns=["qty"], method="constant", value=1.5), "TYPE", "cannot hold 1.5"),
        (p.ReplaceValues(columns=["qty"], pairs=[c.Pair(old=1, new=1.5)]), "TYPE", "cannot hold 1.5"),
        (p.Clip(column="qty", lo=0.5), "TYPE", "cannot hold 0.5"),
        (p.Sql(select="DELETE FROM t"), "", ""),
        (p.Sql(select="SELECT * FROM t"), "", ""),
    ],
)
def test_a_step_that_cannot_be_is_refused_by_its_number(stage: Stage, step: p.Step, code: str, says: str) -> None:
    with pytest.raises(TabweaveError) as caught:
        stage.run(p.SortRows(by=[c.Order(column="qty")]), step)
    error = caught.value
    assert error.where.startswith("steps[1]")
    assert not code or error.code == code
    assert says in f"{error.message} {error.hint}"


def test_names_that_differ_in_case_alone_are_refused(stage: Stage) -> None:
    with pytest.raises(TabweaveError, match="already"):
        stage.run(p.Derive(name="QTY", sql="1"))


def test_a_value_is_never_part_of_the_statement(stage: Stage) -> None:
    hostile = "x'; DROP TABLE t; --"
    compiled = stage.compile(p.FilterRows(where=c.Compare(column="region", cmp="=", value=hostile)))
    assert hostile not in compiled.sql
    assert hostile in compiled.values.values()
    assert stage.rids(p.FilterRows(where=c.Compare(column="region", cmp="=", value=hostile))) == []


@pytest.mark.parametrize("depth", [150, 900, 200_000])
def test_conditions_nested_without_end_are_refused_before_anything_walks_them(depth: int) -> None:
    condition = '{"test":"not","of":' * depth + '{"test":"missing","column":"qty"}' + "}" * depth
    with pytest.raises(BadMessage, match="too deep"):
        strict.read(f'{{"steps":[{{"op":"filter","where":{condition}}}]}}')
    with pytest.raises(BadMessage, match="too deep"):
        read_step(f'{{"op":"chart","kind":"bar","where":{condition}}}')
