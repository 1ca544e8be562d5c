"""Comparisons in words with a known column: "over 5", "between 5 and 10". It must not know where the column was named."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..protocol.condition import Absent, Against, Between, Compare, Condition, Matches, Not, Period
from .dates import period
from .lexicon import ADJECTIVES, BIRTHS, COMPARISONS, GREATEST, LEAST, MEASURES, MONTHS, STOP, WEEKDAYS
from .linker import NEAR
from .tokens import split_name

if TYPE_CHECKING:
    from datetime import date

    from .context import ColumnContext
    from .linker import Linker

_SUPERLATIVES = GREATEST | LEAST | frozenset(ADJECTIVES)
FLIPPED = {">": "<", "<": ">", ">=": "<=", "<=": ">="}
_MATCHES = {
    "contain": "contains", "containing": "contains", "include": "contains", "including": "contains", "like": "contains",
    "start": "starts", "starting": "starts", "begin": "starts", "beginning": "starts", "end": "ends", "ending": "ends",
}  # fmt: skip
SMALL = frozenset(
    {"with", "the", "substring", "string", "word", "text", "letter", "letters", "in", "a", "phrase", "by", "prefix", "suffix"}
)


@dataclass(frozen=True)
class Read:
    """A condition, the token after it, and the column and comparison that an "or" after it may take up again."""

    condition: Condition
    stop: int
    column: ColumnContext
    cmp: str = "="


class Comparisons:
    """Reads comparisons in one command."""

    def __init__(self, linker: Linker) -> None:
        self.linker = linker
        self.tokens = linker.tokens

    def lower(self, at: int) -> str:
        """A token in small letters; empty past the end."""
        return self.tokens[at].lower if at < len(self.tokens) and self.tokens[at].kind != "quoted" else ""

    def tested(self, column: ColumnContext, at: int, *, linked: bool) -> Read | None:
        """What is said of a column from a token on; `linked`: words such as "is" stand between."""
        if self.lower(at) == "between":
            return self._between(column, at + 1)
        state = self._state(column, at) if linked or self.lower(at) in _SIDES else None
        if state is not None:
            return state
        word = self.tokens[at].stem if at < len(self.tokens) else ""
        if word in _MATCHES and column.family == "text":
            return self._matching(column, _MATCHES[word], at + 1)
        if column.family in ("date", "timestamp") and linked and self.lower(at) in ("last", "past", "previous", "this", "next"):
            return self.of_date(column, at, "=")
        bound = self.bound(at)
        if bound is not None:
            return self.test(column, bound[0], bound[1])
        if column.family in ("date", "timestamp") and linked:
            return self.of_date(column, at, "=")
        same = self.literal(column, at)
        if same is not None and self.lower(same[1]) in _SUPERLATIVES:
            return None
        if same is not None and column.family != "text" and self.lower(same[1]) in ("to", "-"):
            return self._between(column, at)
        ends = same is not None and (same[1] >= len(self.tokens) or self.lower(same[1]) in (",", "and", "or", ".", "?", "!"))
        if same is not None and (linked or isinstance(same[0], str) or ends):
            return Read(Compare(column=column.name, cmp="=", value=same[0]), same[1], column)
        return None

    def _state(self, column: ColumnContext, at: int) -> Read | None:
        """As in "missing", "negative", "above average", "true"."""
        name, word = column.name, self.lower(at)
        numeric = column.family in ("integer", "decimal", "float")
        if word in _MISSING:
            return Read(Absent(column=name), at + 1, column)
        if word in ("no", "without") and self.lower(at + 1) in ("value", "values", "data", "entry"):
            return Read(Absent(column=name), at + 2, column)
        if word in _SIGNED and numeric:
            return Read(Compare(column=name, cmp=_SIGNED[word], value=0), at + 1, column)  # type: ignore[arg-type]  # one of its signs
        if word in _TRUTHS and column.family == "boolean":
            return Read(Compare(column=name, cmp="=", value=_TRUTHS[word]), at + 1, column)
        if word in _SIDES and numeric:
            stop = at + 1 + (self.lower(at + 1) in ("the", "its"))
            if self.lower(stop) in _MIDDLES and self.lower(stop + 1) not in ("of",):
                against = Against(column=name, cmp=_SIDES[word], fn=_MIDDLES[self.lower(stop)], of=name)  # type: ignore[arg-type]  # its own
                return Read(against, stop + 1, column)
        return None

    def _between(self, column: ColumnContext, at: int) -> Read | None:
        if column.family in ("date", "timestamp"):
            return self._between_days(column, at)
        lo = self.literal(column, at)
        if lo is None or self.lower(lo[1]) not in ("and", "to", "-"):
            return None
        hi = self.literal(column, lo[1] + 1)
        if hi is None or (self.linker.is_row(hi[1]) and column.family != "text"):
            return None
        return Read(Between(column=column.name, lo=lo[0], hi=hi[0]), hi[1], column, "between")

    def _between_days(self, column: ColumnContext, at: int) -> Read | None:
        today = self.linker.context.today
        first = period(self.tokens, at, today)
        if first is None or self.lower(first[2]) not in ("and", "to", "-", "until", "through"):
            return None
        second = period(self.tokens, first[2] + 1, today)
        if second is None or second[0] < first[0]:
            return None
        days = Between(column=column.name, lo=first[0].isoformat(), hi=_last(second[1]))
        return Read(days, second[2], column, "between")

    def _matching(self, column: ColumnContext, mode: str, at: int) -> Read | None:
        while self.lower(at) in SMALL and at + 1 < len(self.tokens):
            at += 1
        if at >= len(self.tokens) or not (self.tokens[at].kind == "quoted" or self._stands_alone(at)):
            return None
        token = self.tokens[at]
        return Read(Matches(column=column.name, text=token.text, mode=mode), at + 1, column)  # type: ignore[arg-type]  # one of its modes

    def _stands_alone(self, at: int) -> bool:
        """Whether one word is all that is left of a part of the command, so that it needs no quotes."""
        token = self.tokens[at]
        if token.kind == "sign" or (token.lower in STOP and not (len(token.text) == 1 and token.text.isupper())):
            return False
        return at + 1 == len(self.tokens) or self.lower(at + 1) in ("and", "or", ",", ".", "?", "!", ";")

    def bound(self, at: int) -> tuple[str, int] | None:
        """A comparison in words, and where what it compares with begins."""
        while self.lower(at) in ("is", "was", "are", "were", "of", "a", "an", "strictly"):
            at += 1
        word = self.lower(at)
        if word in ADJECTIVES and self.lower(at + 1) == "than":
            return (">" if ADJECTIVES[word][1] else "<"), at + 2
        for words, cmp in COMPARISONS:
            if tuple(self.lower(at + place) for place in range(len(words))) == words:
                return cmp, at + len(words)
        return None

    def test(self, column: ColumnContext, cmp: str, at: int) -> Read | None:
        """A comparison of a column with what stands at a token."""
        if column.family == "text" and cmp not in ("=", "!=") and not _counts(column):
            return None
        while self.lower(at) in ("the", "a", "an", "than", "year", "$"):
            at += 1
        if column.family in ("date", "timestamp"):
            return self.of_date(column, at, cmp)
        found = self.literal(column, at)
        if found is None:
            dated = self.since_day(column, at, cmp) if "year" in split_name(column.name) and column.family == "integer" else None
            return dated or self._beside(column, cmp, at)
        value, stop = found
        if (
            self.lower(stop) == "or"
            and self.lower(stop + 1) in ("more", "older", "above", "higher", "greater", "later", "over")
            and cmp == "="
        ):
            cmp, stop = ">=", stop + 2
        elif (
            self.lower(stop) == "or"
            and self.lower(stop + 1) in ("less", "fewer", "below", "lower", "younger", "earlier")
            and cmp == "="
        ):
            cmp, stop = "<=", stop + 2
        if column.family == "text" and cmp not in ("=", "!="):
            return None
        return Read(Compare(column=column.name, cmp=cmp, value=value), stop, column, cmp)  # type: ignore[arg-type]  # one of its signs

    def _beside(self, column: ColumnContext, cmp: str, at: int) -> Read | None:
        """Another column that this one is compared with."""
        link = self.linker.column(at)
        before = at - 1
        while before > 0 and self.lower(before) in ("the", "a", "an"):
            before -= 1
        if link is None or link.score < NEAR or link.column is column or self.lower(before) not in _AGAINST:
            return None
        numbers = ("integer", "decimal", "float")
        if link.column.family != column.family and not (link.column.family in numbers and column.family in numbers):
            return None
        return Read(Compare(column=column.name, cmp=cmp, other=link.column.name), link.stop, column)  # type: ignore[arg-type]  # one of its signs

    def literal(self, column: ColumnContext, at: int) -> tuple[str | int | float | bool, int] | None:  # noqa: C901 - one kind of value after another
        """A value that this column can have, as it is stored, and where it ends."""
        if at >= len(self.tokens):
            return None
        if column.family in ("date", "timestamp", "time"):
            return None
        if column.family == "boolean":
            return (_TRUTHS[self.lower(at)], at + 1) if self.lower(at) in _TRUTHS else None
        if column.family in ("integer", "decimal", "float"):
            if self.lower(at) == "-" and (below := self.linker.number(at + 1)) is not None:
                return -below[0], below[1]
            found = self.linker.number(at)
            if found is None and self.tokens[at].kind == "quoted" and re.fullmatch(r"-?\d+(\.\d+)?", self.tokens[at].text):
                text = self.tokens[at].text
                return (float(text) if "." in text else int(text)), at + 1
            if found is not None and self.lower(found[1]) in MEASURES and self.linker.column(found[1]) is None:
                return found[0], found[1] + 1
            return found
        for link in self.linker.values(at):
            if link.column is column:
                return link.value, link.stop
        token = self.tokens[at]
        if token.kind == "quoted" and column.values and self.linker.values(at):
            return None
        unknown = token.kind == "word" and not column.values and self.lower(at - 1) in ("=", "!=", "is", "not", "equals", "to")
        if column.family == "text" and unknown and self._stands_alone(at):
            return token.text, at + 1
        if column.family == "text" and (token.kind == "quoted" or (token.kind == "number" and not column.values)):
            return token.text, at + 1
        return None

    def about(self, word: str) -> tuple[ColumnContext, bool] | None:
        """The column that an adjective is about, and whether it means much of it; None where it may be several or none."""
        names, much = ADJECTIVES[word]
        columns = self.linker.context.columns
        for name in names:
            found = [each for each in columns if name in split_name(each.name) and (each.family != "text" or _counts(each))]
            if len(found) > 1:
                found = [each for each in found if split_name(each.name) == [name]] or found
            if len(found) == 1:
                return found[0], much
            if found or any(split_name(each.name) == [name] for each in columns):
                return None
        if "age" in names:
            born = [each for each in columns if set(BIRTHS) & set(split_name(each.name))]
            if len(born) == 1:
                return born[0], not much
        return None

    def since_day(self, column: ColumnContext, at: int, cmp: str) -> Read | None:
        """As in "since 2000-01-01" where only years are known: what begins or ends with a year."""
        found = period(self.tokens, at, self.linker.context.today)
        if found is None:
            return None
        day = found[0]
        if cmp in (">=", "<") and (day.month, day.day) == (1, 1):
            return Read(Compare(column=column.name, cmp=cmp, value=day.year), found[2], column, cmp)  # type: ignore[arg-type]  # one of its signs
        return None

    def _part_of_date(self, column: ColumnContext, at: int) -> Read | None:
        """As in "March" of any year, "Mondays", "weekends"."""
        word = self.lower(at)
        stem = self.tokens[at].stem if at < len(self.tokens) else ""
        if stem in WEEKDAYS:
            return Read(Period(column=column.name, unit="weekday", values=[WEEKDAYS[stem]]), at + 1, column)
        if stem in ("weekend", "weekday"):
            days = [6, 7] if stem == "weekend" else [1, 2, 3, 4, 5]
            return Read(Period(column=column.name, unit="weekday", values=days), at + 1, column)
        found = period(self.tokens, at, self.linker.context.today) if word in MONTHS else None
        if found is not None and found[2] == at + 1:
            return Read(Period(column=column.name, unit="month", values=[MONTHS[word]]), at + 1, column)
        return None

    def of_year(self, column: ColumnContext, cmp: str, year: int, stop: int) -> Read | None:
        """A comparison of a column of years."""
        if column.family == "text":
            if cmp != "=":
                return None
            return Read(Compare(column=column.name, cmp="=", value=str(year)), stop, column)
        return Read(Compare(column=column.name, cmp=cmp, value=year), stop, column, cmp)  # type: ignore[arg-type]  # one of its signs

    def of_date(self, column: ColumnContext, at: int, cmp: str) -> Read | None:
        """A stretch of time beside a column of dates."""
        if self.lower(at - 1) == "than" and self.lower(at - 2) in ("older", "younger", "newer"):
            cmp = "<" if self.lower(at - 2) == "older" else ">"
        part = self._part_of_date(column, at) if cmp == "=" else None
        if part is not None:
            return part
        found = period(self.tokens, at, self.linker.context.today)
        if found is None:
            return None
        lo, hi, stop = found
        name = column.name
        match cmp:
            case "=":
                return Read(Between(column=name, lo=lo.isoformat(), hi=_last(hi)), stop, column)
            case "<":
                return Read(Compare(column=name, cmp="<", value=lo.isoformat()), stop, column, cmp)
            case "<=":
                return Read(Compare(column=name, cmp="<=", value=_last(hi)), stop, column, cmp)
            case ">":
                return Read(Compare(column=name, cmp=">", value=_last(hi)), stop, column, cmp)
            case ">=":
                return Read(Compare(column=name, cmp=">=", value=lo.isoformat()), stop, column, cmp)
            case _:
                return Read(Not(of=Between(column=name, lo=lo.isoformat(), hi=_last(hi))), stop, column)


_MISSING = frozenset({"missing", "null", "empty", "blank", "unknown", "na", "nan", "none", "absent"})
_AGAINST = frozenset({"than", "to", "=", "!=", "<", "<=", ">", ">=", "equals", "exceeds", "exceed", "exceeding"})
_SIGNED = {"negative": "<", "positive": ">", "zero": "="}
_TRUTHS = {"true": True, "false": False, "yes": True, "no": False}
_SIDES = {"above": ">", "over": ">", "below": "<", "under": "<"}
_MIDDLES = {"average": "mean", "avg": "mean", "mean": "mean", "median": "median"}


def _last(day: date) -> str:
    return f"{day.isoformat()} 23:59:59.999999"


def _counts(column: ColumnContext) -> bool:
    """Whether a text column holds numbers or dates all the same."""
    return bool(column.values) and all(re.fullmatch(r"[\d.\-/: ]+", value) for value in column.values[:50])
