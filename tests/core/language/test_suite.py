from __future__ import annotations

from collections.abc import Iterator

import pytest
from core.language.expectations import SUITE, Expectation, expectations, verdict
from core.language.schemas import SCHEMAS, World
from tabweave_core.language.interpreter import interpret

ENOUGH = 0.95


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    made = World()
    yield made
    made.connection.close()


def every() -> list[Expectation]:
    return [each for table in SCHEMAS for each in expectations(table)]


def test_there_are_commands_about_many_tables() -> None:
    assert len(SCHEMAS) >= 8
    assert len(every()) >= 300


def test_commands_are_read_right_and_none_silently_wrong(world: World) -> None:
    found = [(each, *verdict(world, each)) for each in every()]
    wrong = [f"{each.table}: {each.command} -> {said}" for each, judged, said in found if judged == "wrong"]
    abstained = [f"{each.table}: {each.command} -> {said}" for each, judged, said in found if judged == "abstained"]
    assert not wrong, "\n".join(wrong)
    assert len(abstained) <= (1 - ENOUGH) * len(found), "\n".join(abstained)


@pytest.mark.parametrize("command", (SUITE / "abstain.txt").read_text("utf-8").splitlines())
def test_what_is_not_understood_whole_is_not_guessed(world: World, command: str) -> None:
    outcome = interpret(command.replace("\\n", "\n"), world.contexts["sales"])
    assert len(outcome.readings) != 1, outcome.readings[0].words
    assert outcome.readings or outcome.not_understood or not command.strip()
