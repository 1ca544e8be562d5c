from __future__ import annotations

from collections.abc import Iterator

import pytest
from core.language.expectations import expectations, rows_of
from core.language.schemas import SCHEMAS, World
from tabweave_core.language.interpreter import LONGEST, interpret
from tabweave_core.language.outlook import after
from tabweave_core.language.wording import plan_words, step_words
from tabweave_core.plans.compile import compile_plan
from tabweave_core.protocol import plan as p
from tabweave_core.protocol.condition import Compare, Key, Measure, Order, Rename


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    made = World()
    yield made
    made.connection.close()


def test_later_steps_see_the_columns_that_earlier_ones_make(world: World) -> None:
    outcome = interpret("rename qty to pieces, then drop rows where pieces is less than 5", world.contexts["sales"])
    (reading,) = outcome.readings
    assert reading.plan.steps[1] == p.FilterRows(where=Compare(column="pieces", cmp="<", value=5), drop=True)


def test_later_steps_do_not_see_what_is_gone(world: World) -> None:
    outcome = interpret("drop qty, then sort by qty", world.contexts["sales"])
    assert outcome.readings == ()
    assert outcome.not_understood


@pytest.mark.parametrize("joint", [" then ", ", then ", "; ", ". ", "\n", " and then ", ", and then ", " and "])
def test_steps_are_joined_in_any_of_these_ways(world: World, joint: str) -> None:
    (reading,) = interpret(f"drop rows without price{joint}sort by qty", world.contexts["sales"]).readings
    assert reading.plan.steps == [p.DropMissing(columns=["price"]), p.SortRows(by=[Order(column="qty")])]


def test_what_is_known_of_a_table_after_a_step_is_what_the_step_leaves(world: World) -> None:
    looked = 0
    for table in SCHEMAS:
        for expected in expectations(table):
            outcome = interpret(expected.command, world.contexts[table])
            if len(outcome.readings) != 1 or any(isinstance(step, p.Chart) for step in outcome.readings[0].plan.steps):
                continue
            context = world.contexts[table]
            for step in outcome.readings[0].plan.steps:
                found = after(context, step)
                assert found is not None, expected.command
                context = found
            names, _ = rows_of(world, table, outcome)
            assert [column.name for column in context.columns] == names, expected.command
            looked += 1
    assert looked > 250


def test_every_suggestion_is_a_command_that_is_understood(world: World) -> None:
    commands = [
        "frobnicate the price",
        "drop stuff",
        "chart things",
        "fill, pivot and replace it",
        "split or rank things",
        "",
    ]
    for name in SCHEMAS:
        for command in commands:
            suggestions = interpret(command, world.contexts[name]).suggestions
            assert suggestions, (name, command)
            for suggestion in suggestions:
                outcome = interpret(suggestion, world.contexts[name])
                assert outcome.readings, (name, suggestion, outcome.not_understood)


def test_a_suggestion_is_near_to_what_was_said(world: World) -> None:
    suggestions = interpret("fill the holes of price nicely", world.contexts["sales"]).suggestions
    assert any(suggestion.startswith("fill missing") for suggestion in suggestions)


def test_two_readings_are_both_offered(world: World) -> None:
    outcome = interpret('replace "x" with "y" in email', world.contexts["people"])
    words = [reading.words for reading in outcome.readings]
    assert len(words) in (0, 2)
    assert len(set(words)) == len(words)


def test_the_word_that_was_not_understood_is_told(world: World) -> None:
    assert interpret("show the price of every unicorn", world.contexts["sales"]).not_understood == "unicorn"


def test_nothing_and_too_much_are_not_understood(world: World) -> None:
    assert interpret("", world.contexts["sales"]).readings == ()
    assert interpret("  \n ; . then ", world.contexts["sales"]).readings == ()
    assert interpret("drop price " * LONGEST, world.contexts["sales"]).readings == ()


def test_quoted_words_are_never_read_as_commands(world: World) -> None:
    (reading,) = interpret('set status to "drop rows; then sort by price" where qty > 20', world.contexts["sales"]).readings
    assert len(reading.plan.steps) == 1


def test_a_command_that_names_one_of_several_columns_alike_is_not_guessed(world: World) -> None:
    assert len(interpret("drop rows without goals", world.contexts["football"]).readings) != 1
    assert len(interpret("drop rows where team is missing", world.contexts["football"]).readings) != 1


def test_values_that_a_column_does_not_have_are_not_looked_for(world: World) -> None:
    assert interpret("keep rows where region is Nowhere", world.contexts["sales"]).readings == ()


def test_every_reading_compiles_and_says_what_it_does(world: World) -> None:
    others = {"regions": world.sources["regions"]}
    for table in SCHEMAS:
        for expected in expectations(table):
            for reading in interpret(expected.command, world.contexts[table]).readings:
                compile_plan(world.connection, reading.plan, world.sources[table], others)
                assert reading.words == plan_words(reading.plan)
                assert len(reading.words) > 8
                assert "None" not in reading.words, reading.words


def test_words_come_from_the_plan_alone() -> None:
    plan = p.Plan(
        steps=[
            p.FilterRows(where=Compare(column="age", cmp=">=", value=18)),
            p.RenameColumns(names=[Rename(old="a", new="b")]),
            p.Aggregate(by=[Key(column="day", unit="month")], measures=[Measure(fn="sum", column="x"), Measure(fn="count")]),
            p.SortRows(by=[Order(column="sum_x", descending=True)]),
        ]
    )
    assert plan_words(plan) == (
        "Keep only rows where age is at least 18; then rename a to b; then show the total x and number of rows "
        "for each month of day; then sort by sum_x descending."
    )
    assert plan_words(p.Plan(steps=[p.UpdateCells(column="x", sql='"x" * 110 / 100.0')])) == "Set x to 110% of x in all rows."


def test_every_kind_of_step_has_words() -> None:
    steps: list[p.Step] = [
        p.TopRows(n=3, by=[Order(column="a")], per=["b"], ties=True),
        p.SampleRows(percent=5.0),
        p.DropMissing(how="all"),
        p.Dedupe(columns=["a"], flag="twice"),
        p.Outliers(column="a", action="flag"),
        p.SelectColumns(columns=["a"]),
        p.DropColumns(columns=["a", "b"]),
        p.ReorderColumns(columns=["a"], to="after", after="b"),
        p.Derive(name="c", sql='"a" + 1'),
        p.Cast(column="a", to="date", on_error="missing"),
        p.Split(column="a", into=["b", "c"], regex="-+"),
        p.Merge(columns=["a", "b"], into="c"),
        p.Extract(column="a", regex=r"\d", into="b"),
        p.Bin(column="a", into="b", width=5.0),
        p.Bin(column="a", into="b", n=4, quantiles=True),
        p.Explode(column="a"),
        p.FillMissing(columns=["a"], method="constant", value=1, per=["b"]),
        p.ReplaceValues(columns=["a"], regex="x", replacement="y"),
        p.TextActions(columns=["a"], actions=["trim", "upper"]),
        p.ParseDate(column="a", formats=["%Y"]),
        p.ParseNumber(column="a"),
        p.Clip(column="a", lo=1),
        p.Round(columns=["a"], digits=2, mode="up"),
        p.Standardise(column="a", clusters=[]),
        p.UpdateCells(column="a"),
        p.UpdateCells(column="a", value=True),
        p.Pivot(index=[], on=Key(column="a"), measure=Measure(fn="count")),
        p.Unpivot(keep=["a"]),
        p.Join(table="t", on=[Rename(old="a", new="b")], how="anti"),
        p.Join(table="t", on=[Rename(old="a", new="a")], columns=["c"]),
        p.Union(table="t", distinct=True),
        p.Window(name="w", fn="lag", column="a", n=2, per=["b"]),
        p.Chart(kind="bar", x=Key(column="a"), facet=Key(column="b"), top=3, sort="-y", size="c", bins=4),
        p.Sql(select="SELECT 1"),
    ]
    for step in steps:
        words = step_words(step)
        assert "None" not in words
        assert len(words) > 4


@pytest.mark.parametrize(
    "command",
    ["and " * 900, "a " * 1900, "( " * 1900, "x = " + "(" * 1500 + "price", "price + " * 480, "then " * 800, "- " * 99,
     "drop columns " + " and ".join(["price"] * 600), "x = " + "- " * 90 + "price",
     "the " * 99 + "price", "x = " + "( " * 45 + "price"],
)  # fmt: skip
def test_no_command_is_too_odd_to_be_answered(world: World, command: str) -> None:
    outcome = interpret(command, world.contexts["sales"])
    assert len(outcome.readings) < 2
    assert outcome.readings or outcome.suggestions
