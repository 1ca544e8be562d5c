"""A question being read: where the reader stands, what it has gathered, and what several rules look up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..plans.shape import TIMES
from ..protocol.condition import Key
from .conditions import Conditions
from .lexicon import FIGURES, UNITS
from .query import Output, Query

if TYPE_CHECKING:
    from ..protocol.condition import Function
    from .context import ColumnContext
    from .linker import ColumnLink, Linker

DISTINCT = frozenset({"different", "distinct", "unique", "various"})


class NotUnderstood(Exception):
    """The token that nothing could be made of."""

    def __init__(self, at: int) -> None:
        self.at = at


class Passage:
    """One question under way."""

    def __init__(self, linker: Linker) -> None:
        self.linker = linker
        self.tokens = linker.tokens
        self.conditions = Conditions(linker)
        self.lower = self.conditions.lower
        self.query = Query()
        self.at = 0
        self._each = False
        self._distinct_next = False
        self._rows_named = False
        self._counted = False
        self._sort_said = False

    def starts(self, *phrases: tuple[str, ...], at: int | None = None) -> int:
        """How many words the first phrase that begins here has."""
        at = self.at if at is None else at
        for words in phrases:
            if all(self.lower(at + place) == word for place, word in enumerate(words)):
                return len(words)
        return 0

    def past(self, at: int, words: frozenset[str]) -> int:
        """The next token that is none of some words."""
        while self.lower(at) in words:
            at += 1
        return at

    def is_table(self, at: int) -> bool:
        """Whether a token is the table's own name."""
        return self.linker.index.table_words == {self.tokens[at].stem}

    def _chain(self, link: ColumnLink) -> list[tuple[ColumnContext, int]]:
        """The column and those that follow it after "and"."""
        found = [(link.column, link.stop)]
        while self.lower(found[-1][1]) in ("and", ","):
            more = self.linker.column(self.past(found[-1][1], frozenset({"and", ",", "the", "different", "of"})))
            if more is None:
                break
            found.append((more.column, more.stop))
        return found

    def _is_named(self) -> bool:
        """Whether the words here are a column's name, whatever else they may say."""
        link = self.linker.column(self.at)
        return link is not None and link.score >= 0.9 and link.stop > self.at + 1

    def figure(self, at: int) -> Function | None:
        """The figure that a word asks for."""
        word = self.lower(at)
        if word in FIGURES:
            return FIGURES[word]  # type: ignore[return-value]  # one of Function's
        if word == "oldest" and self._is_dated_next(at + 1):
            return "min"
        if word in ("highest", "largest", "greatest", "biggest", "longest", "latest", "oldest"):
            return "max"
        if word in ("lowest", "smallest", "least", "shortest", "earliest"):
            return "min"
        if word == "standard" and self.lower(at + 1) == "deviation":
            return "stddev"
        return None

    def _is_dated_next(self, at: int) -> bool:
        link = self.linker.column(self.past(at, frozenset({"the", "of"})))
        return link is not None and link.column.family in TIMES

    def _numeric(self, output: Output) -> bool:
        return output.column is not None and self.linker.context.column(output.column).family != "text"

    def sort_output(self, at: int) -> tuple[Output, int] | None:
        """What is sorted by: a column, a figure of one, or the number of rows."""
        at = self.past(at, frozenset({"the", "their", "its", "of"}))
        fn = self.figure(at)
        link = self.linker.column(at)
        if fn is not None and (link is None or link.score < 0.9):
            nxt = self.past(at + 1, frozenset({"of", "the"}))
            more = self.linker.column(nxt)
            return None if more is None else (Output(more.column.name, fn), more.stop)
        counted = self.starts(("number", "of"), ("total", "number", "of"), ("count", "of"), ("numbers", "of"), at=at)
        start = self.past(at + counted, frozenset({"the", "all", "its", "different"}))
        rows = counted and self.linker.is_row(start)
        if (
            link is not None
            and link.column.family == "text"
            and self.linker.is_row(start)
            and link.stop == self.linker.row(start)
        ):
            return Output(None, "count"), link.stop
        if link is not None and link.score >= (0.9 if rows else 0.65):
            return Output(link.column.name), link.stop
        if self.linker.is_row(start):
            return Output(None, "count"), self.linker.row(start)
        if self.lower(start) in ("frequency", "popularity") and not counted:
            return Output(None, "count"), start + 1
        if self.lower(start) in ("times",) and counted:
            return Output(None, "count"), start + 1
        return None

    def key(self, at: int) -> tuple[Key, int] | None:
        """What is grouped by from a token on, and where it ends."""
        at = self.past(at, frozenset({"the"}))
        link = self.linker.column(at)
        if link is not None:
            if link.column.family in ("date", "timestamp") and self.lower(link.stop) in UNITS:
                unit = UNITS[self.lower(link.stop)]
                return Key(column=link.column.name, unit=unit), link.stop + 1  # type: ignore[arg-type]  # one of Unit's
            return Key(column=link.column.name), link.stop
        word = self.tokens[at].stem if at < len(self.tokens) else ""
        dated = [each for each in self.linker.context.columns if each.family in ("date", "timestamp")]
        if word in UNITS and self.lower(at + 1) == "of" and at + 2 < len(self.tokens):
            of = self.linker.column(self.past(at + 2, frozenset({"the"})))
            if of is not None and of.column in dated:
                return Key(column=of.column.name, unit=UNITS[word]), of.stop  # type: ignore[arg-type]  # one of Unit's
        if word in UNITS and len(dated) == 1:
            stop = at + 1
            if self.lower(stop) == "of" and (named := self.linker.column(stop + 1)) is not None and named.column is dated[0]:
                stop = named.stop
            return Key(column=dated[0].name, unit=UNITS[word]), stop  # type: ignore[arg-type]  # one of Unit's
        return None
