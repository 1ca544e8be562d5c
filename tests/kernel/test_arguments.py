"""The grammar of `%tab` lines."""

from __future__ import annotations

import pytest
from tabweave.arguments import Command, Option, Word, split
from tabweave_core.errors import BadMessage

SHOW = Command(
    "show",
    "Open a grid.",
    (Word("NAME", "a table", completes="table"),),
    options=(Option("rows", "height", "N", number=True), Option("columns", "which", "a,b"), Option("read-only", "look")),
)
OPEN = Command(
    "open", "Read a file.", (Word("FILE", "a file"),), clause=Word("NAME", "variable"), options=(Option("sheet", "which", "S"),)
)


def test_words_options_and_clauses_come_in_any_order() -> None:
    assert SHOW.parse(split("--rows 5 df --read-only")) == SHOW.parse(split("df --read-only --rows=5"))
    opened = OPEN.parse(split("'my file.csv' as sales --sheet 'Q 1'"))
    assert opened.words == {"FILE": "my file.csv", "NAME": "sales"}
    assert opened.options == {"sheet": "Q 1"}


def test_an_option_is_a_number_or_a_flag() -> None:
    arguments = SHOW.parse(split("df --rows 12 --read-only"))
    assert arguments.number("rows") == 12
    assert arguments.number("columns") is None
    assert arguments.has("read-only")
    assert not arguments.has("columns")


@pytest.mark.parametrize(
    ("command", "line", "says"),
    [
        (SHOW, "", "%tab show needs NAME"),
        (SHOW, "df other", "'other' is one word too many"),
        (SHOW, "df --row 5", "Did you mean 'rows'?"),
        (SHOW, "df --rows many", "whole number of at least 1, not 'many'"),
        (SHOW, "df --rows 0", "at least 1"),
        (SHOW, "df --rows", "--rows needs a N after it"),
        (SHOW, "df --rows 1 --rows 2", "given twice"),
        (SHOW, "df --read-only=yes", "takes no value"),
        (OPEN, "f.csv as", "`as` needs a NAME"),
        (OPEN, "f.csv --frobnicate", "It has --sheet"),
    ],
)
def test_a_line_that_does_not_fit_says_what_to_write(command: Command, line: str, says: str) -> None:
    with pytest.raises(BadMessage) as refusal:
        command.parse(split(line))
    assert says in str(refusal.value)


def test_open_quotes_are_refused() -> None:
    with pytest.raises(BadMessage, match="quotes do not match"):
        split("show 'df")


def test_help_shows_every_word_and_option() -> None:
    assert SHOW.usage == "%tab show NAME [--rows N] [--columns a,b] [--read-only]"
    assert OPEN.usage == "%tab open FILE [as NAME] [--sheet S]"
    for text in ("NAME", "--rows N", "--columns a,b", "--read-only", "height"):
        assert text in SHOW.help
