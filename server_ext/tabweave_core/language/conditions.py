"""Conditions in words: "older than 20", "whose city is Paris or Rome", "price between 5 and 10", "without a phone".

Reads from one token on and says where it ended. It must not know what the condition is for.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..plans.shape import NUMBERS, TIMES
from ..protocol.condition import Absent, All, Among, Compare, Condition, Either, Matches, Not
from .comparisons import FLIPPED, SMALL, Comparisons, Read
from .lexicon import ADJECTIVES, MEASURES, NEGATIONS, STOP
from .linker import NEAR
from .tokens import split_name

if TYPE_CHECKING:
    from ..protocol.ops import Scalar
    from .context import ColumnContext
    from .linker import ColumnLink

_LINKS = frozenset({"is", "are", "was", "were", "be", "=", ":", "'s", "has", "have", "had", "been", "to", "the", "a", "an",
    "value",
                    "equal", "equals", "named", "called", "being", "either", "his", "her", "their", "it", "of", "as", "in",
                    "by", "number", "happened", "code"})  # fmt: skip
_YEARS = range(1000, 2200)


_AGAIN = frozenset(
    {"and", "but", "where", "whose", "that", "which", "who", "with", "have", "has", "the", "their", "its", "is", "are", "also"}
)


_DENIED = frozenset({"not", "n't", "isn't", "wasn't", "aren't", "other"})
_BESIDE = _DENIED | {"than", "that", "which", "does", "do"}
_DURING = frozenset({"on", "during", "from", "within"})


class Conditions(Comparisons):
    """Reads the conditions of one command."""

    def read(self, at: int) -> Read | None:
        """The condition that begins at a token, with everything that "or" adds to it."""
        negated, at = self._negation(at)
        found = self._one(at)
        if found is None:
            return None
        found = self._more(found)
        return replace(found, condition=Not(of=found.condition)) if negated else found

    def _negation(self, at: int) -> tuple[bool, int]:
        if self.lower(at) in NEGATIONS - {"no", "without"} and self._one(
            at + 1 + (self.lower(at + 1) in ("than", "from", "in", "the"))
        ):
            return True, at + 1 + (self.lower(at + 1) in ("than", "from", "in", "the"))
        return False, at

    def _one(self, at: int) -> Read | None:
        return (
            self._of_column(at)
            or self._absent(at)
            or self._compared(at)
            or self._adjective(at)
            or self._when(at)
            or self._signed(at)
            or self._aged(at)
            or self._value(at)
            or self._part_of_value(at)
        )

    def _inside(self, at: int) -> Read | None:
        """As in "'Hey' in its name"."""
        while self.lower(at) in SMALL:
            at += 1
        if at >= len(self.tokens) or self.tokens[at].kind != "quoted" or self.lower(at + 1) not in ("in", "within"):
            return None
        stop = at + 2
        while self.lower(stop) in ("its", "their", "the", "his", "her"):
            stop += 1
        link = self.linker.column(stop)
        if link is None or link.column.family != "text":
            return None
        return Read(Matches(column=link.column.name, text=self.tokens[at].text), link.stop, link.column)

    def whole(self, at: int) -> tuple[Condition, int] | None:
        """Conditions joined by "and" as far as they go; none where "and" and "or" are mixed, which could be read in two ways."""
        found = self.read(at)
        if found is None:
            return None
        parts, stop = [found.condition], found.stop
        last = found
        while self.lower(stop) in ("and", "but", ",", "&"):
            nxt = stop + 1
            while self.lower(nxt) in _AGAIN:
                nxt += 1
            more = self.read(nxt)
            if more is None:
                break
            again = _together(parts[-1], more.condition) if self.linker.values(nxt) and more.column is last.column else None
            if again is None and _clash(parts, more.condition):
                return None
            parts[-1:] = [again] if again is not None else [parts[-1], more.condition]
            last, stop = more, more.stop
        if len(parts) == 1:
            return parts[0], stop
        return None if any(isinstance(part, Either) for part in parts) else (All(of=parts), stop)

    # "or", and a second bound

    def _more(self, first: Read) -> Read:
        options: list[Condition] = [first.condition]
        last = first
        while (found := self._next(last)) is not None:
            options.append(found.condition)
            last = found
        if len(options) > 1:
            return Read(_either(options), self._past_own(first.column, last.stop), first.column)
        if self.lower(first.stop) in ("and", "but") and first.cmp in FLIPPED:
            bound = self.bound(first.stop + 1)
            other = None if bound is None or bound[0] not in FLIPPED else self.test(first.column, bound[0], bound[1])
            if bound is not None and other is not None and bound[0][0] != first.cmp[0]:
                return Read(All(of=[first.condition, other.condition]), other.stop, first.column)
        return first

    def _next(self, last: Read) -> Read | None:
        at = last.stop
        comma = self.lower(at) == ","
        if comma:
            at += 1
        if self.lower(at) != "or":
            if not comma:
                return None
            return self._listed(last, at)
        at += 1
        while self.lower(at) in ("the", "in", "from", "a", "with", "is", "are", "has", "have", "those", "whose", "that", "it"):
            at += 1
        bound = self.bound(at)
        if bound is not None:
            again = self.test(last.column, bound[0], bound[1])
            if again is not None:
                return again
        same = self.literal(last.column, at)
        if same is not None:
            return Read(Compare(column=last.column.name, cmp="=", value=same[0]), same[1], last.column)
        return self._one(at)

    def _listed(self, last: Read, at: int) -> Read | None:
        """The middle of "a, b or c"."""
        same = self.literal(last.column, at)
        if same is None or (same[1] < len(self.tokens) and self.lower(same[1]) not in (",", "or")):
            return None
        return Read(Compare(column=last.column.name, cmp="=", value=same[0]), same[1], last.column)

    # Column first

    def _of_column(self, at: int) -> Read | None:
        fitting = []
        for link in self.linker.columns(at):
            found = self._after_column(link.column, self._called(link))
            if found is not None:
                fitting.append((link, found))
        if not fitting:
            return None
        best, found = fitting[0]
        return None if any(self.linker.rivals(best, other) for other, _ in fitting[1:]) else found

    def _called(self, link: ColumnLink) -> int:
        """Past "whose name" after a column of names, which says no more than the column does."""
        if link.column.family != "text" or self.lower(link.stop) not in ("whose", "with"):
            return link.stop
        single = self.tokens[link.stop - 1].lower == self.tokens[link.stop - 1].stem
        return link.stop + 2 if single and self.lower(link.stop + 1) in ("name", "names") else link.stop

    def _after_column(self, column: ColumnContext, at: int) -> Read | None:
        start, negated = at, False
        passed = _LINKS | _BESIDE | (_DURING if column.family in TIMES else frozenset())
        while self.lower(at) in passed:
            negated |= self.lower(at) in _DENIED
            if self.bound(at) is not None and self.lower(at) not in ("is", "are", "was", "were"):
                break
            at += 1
        found = self.tested(column, at, linked=at > start) or self._other(column, at, start)
        if found is None:
            return None
        return replace(found, condition=Not(of=found.condition)) if negated else found

    def _other(self, column: ColumnContext, at: int, start: int) -> Read | None:
        """As in "whose home is the same as their office"."""
        same = tuple(self.lower(at + place) for place in range(2)) in (("same", "as"), ("identical", "to"))
        differ = tuple(self.lower(at + place) for place in range(2)) in (
            ("different", "from"),
            ("different", "to"),
            ("different", "than"),
        )
        if not (same or differ) or at == start:
            return None
        at += 2
        while self.lower(at) in ("his", "or", "her", "their", "the", "its"):
            at += 1
        link = self.linker.column(at)
        if link is None or link.column.family != column.family:
            return None
        return Read(Compare(column=column.name, cmp="=" if same else "!=", other=link.column.name), link.stop, column)

    def _absent(self, at: int) -> Read | None:
        if self.lower(at) not in ("without", "missing", "lacking", "no") or (
            self.lower(at) == "no" and self.bound(at) is not None
        ):
            return None
        stop = at + 1
        while self.lower(stop) in ("a", "an", "any", "the", "value", "values", "for", "in"):
            stop += 1
        link = self.linker.column(stop)
        if link is None:
            return None
        column, name = link.column, link.column.name
        # Numbers that are all there, zeros among them: who has no goals has 0.
        zero = self.lower(at) in ("no", "without") and column.family == "integer" and not column.missing and column.lo == 0
        return Read(Compare(column=name, cmp="=", value=0) if zero else Absent(column=name), link.stop, column)

    def _compared(self, at: int) -> Read | None:
        """As in "more than 1000 employees": the column after the number."""
        bound = self.bound(at)
        if bound is None:
            return None
        number = self.linker.number(bound[1])
        if number is None:
            named = self.linker.column(bound[1])
            return None if named is None or self.lower(bound[1] - 1) == "than" else self.test(named.column, bound[0], named.stop)
        value, stop = number
        stop += self.lower(stop) in MEASURES and self.lower(stop + 1) == "of"
        while self.lower(stop) in ("of", "in", "the", "total", "number"):
            stop += 1
        link = self.linker.column(stop)
        if link is None or link.column.family not in ("integer", "decimal", "float") or link.score < 0.7:
            return None
        return Read(Compare(column=link.column.name, cmp=bound[0], value=value), link.stop, link.column, bound[0])  # type: ignore[arg-type]  # one of its signs

    def _adjective(self, at: int) -> Read | None:
        """As in "older than 20"."""
        word = self.lower(at)
        if word not in ADJECTIVES or self.lower(at + 1) != "than":
            return None
        found = self.about(word)
        number = self.linker.number(at + 2)
        if found is None or number is None:
            return None
        column, much = found
        return Read(
            Compare(column=column.name, cmp=">" if much else "<", value=number[0]), number[1], column, ">" if much else "<"
        )

    def _when(self, at: int) -> Read | None:
        """As in "in 2014", "before 2010", "last month": of the one column that says when."""
        bound = self.bound(at)
        if self.lower(at) == "past" and self.linker.number(at + 1) is not None:
            bound = None
        start, cmp = (
            (at + 1, "=")
            if bound is None and self.lower(at) in ("in", "on", "during", "of", "for", "from", "within")
            else bound[::-1]
            if bound
            else (at, "=")
        )
        while self.lower(start) in ("the", "year", "years"):
            start += 1
        columns = self.linker.context.columns
        dated = [each for each in columns if each.family in ("date", "timestamp")]
        yearly = [each for each in columns if "year" in split_name(each.name) and each.family != "date"]
        number = self.linker.number(start)
        if self.lower(start) == "between" or self.lower(at) == "between":
            start = start if self.lower(start) != "between" else start + 1
            column = dated[0] if len(dated) == 1 and not yearly else yearly[0] if len(yearly) == 1 and not dated else None
            return None if column is None else self._between(column, start)
        if number is not None and self.lower(number[1]) in ("to", "-") and len(yearly) == 1:
            return self._between(yearly[0], start)
        if number is None and len(yearly) == 1 and not dated and yearly[0].family == "integer" and start < len(self.tokens):
            return self.since_day(yearly[0], start, str(cmp))
        if number is not None and isinstance(number[0], int) and number[0] in _YEARS and len(yearly) == 1:
            return self.of_year(yearly[0], str(cmp), number[0], number[1])
        if len(dated) != 1 or yearly:
            return None
        return self.of_date(dated[0], start, str(cmp))

    def _value(self, at: int) -> Read | None:
        start = at
        whole = any(link.stop > at + 1 for link in self.linker.values(at))
        while not whole and self.lower(at) in ("in", "from", "of", "at", "by", "the", "with", "for", "on", "is", "are"):
            at += 1
        if at >= len(self.tokens):
            return None
        found = self.linker.values(at)
        if not found:
            return None
        stop = max(link.stop for link in found)
        named = self.linker.column(at)
        if named is not None and named.score >= NEAR and named.stop >= stop and self.tokens[at].kind == "word":
            return None
        here = [link for link in found if link.stop == stop]
        if len(here) > 1:
            named = self.linker.column(stop)
            here = [link for link in here if named is not None and link.column is named.column] or here
            if len(here) == 1 and named is not None:
                return Read(Compare(column=here[0].column.name, cmp="=", value=here[0].value), named.stop, here[0].column)
        if len({link.column.name for link in here}) != 1:
            return None
        token = self.tokens[at]
        if stop == at + 1 and token.kind == "word" and not self._is_safe(at, start, here[0].value):
            return None
        values = list(dict.fromkeys(link.value for link in here))
        column = here[0].column
        condition: Condition = Compare(column=column.name, cmp="=", value=values[0])
        if len(values) > 1:
            condition = Among(column=column.name, values=list(values))
        return Read(condition, self._past_own(column, stop), column)

    def _signed(self, at: int) -> Read | None:
        """As in "negative stock"."""
        start = at + (self.lower(at) in ("with", "of", "a"))
        word = self.lower(start)
        if word not in ("negative", "positive", "zero"):
            return None
        link = self.linker.column(start + 1)
        if link is None or link.column.family not in NUMBERS:
            return None
        cmp = {"negative": "<", "positive": ">", "zero": "="}[word]
        return Read(Compare(column=link.column.name, cmp=cmp, value=0), link.stop, link.column)  # type: ignore[arg-type]  # one of its signs

    def _aged(self, at: int) -> Read | None:
        """As in "people under 18": of the one column of ages, where the rows are people."""
        cmp = {"under": "<", "over": ">", "above": ">", "below": "<", "aged": "="}.get(self.lower(at))
        number = self.linker.number(at + 1)
        if cmp is None or number is None or not at or not self.linker.is_row(at - 1):
            return None
        ages = [each for each in self.linker.context.columns if split_name(each.name) == ["age"] and each.family in NUMBERS]
        if len(ages) != 1 or self.linker.columns(number[1]):
            return None
        return Read(Compare(column=ages[0].name, cmp=cmp, value=number[0]), number[1], ages[0], cmp)  # type: ignore[arg-type]  # one of its signs

    def _part_of_value(self, at: int) -> Read | None:
        """Two capitalised words or more that are part of several values of one column, and whole values of none."""
        start = at
        while self.lower(start) in ("in", "from", "of", "the", "with", "for"):
            start += 1
        stop = start
        while stop < len(self.tokens) and self.tokens[stop].kind == "word" and self.tokens[stop].text[:1].isupper():
            stop += 1
        if stop - start < 2 or self.linker.columns(start):
            return None
        text = " ".join(token.text for token in self.tokens[start:stop])
        having = [
            column for column in self.linker.context.columns if sum(text.lower() in value.lower() for value in column.values) > 1
        ]
        if len(having) != 1:
            return None
        stop += self.lower(stop) in ("franchise", "series", "brand", "family", "group")
        return Read(Matches(column=having[0].name, text=text), stop, having[0])

    def _past_own(self, column: ColumnContext, at: int) -> int:
        """Past the column's name where it stands after its value: "Asian countries", "CD as their format"."""
        stop = at
        while self.lower(stop) in ("as", "their", "its", "the", "for", "a", "in"):
            stop += 1
        if stop > at and self.lower(at) != "as":
            return at
        named = self.linker.column(stop)
        return named.stop if named is not None and named.column is column and not self.linker.values(named.stop) else at

    def _is_safe(self, at: int, start: int, value: str) -> bool:
        """A small everyday word is a value only where something says so."""
        return self.tokens[at].lower not in STOP and (len(value) > 2 or start < at or self.tokens[at].text == value)


def _equal(condition: Condition) -> tuple[str, list[Scalar]] | None:
    if isinstance(condition, Compare) and condition.cmp == "=" and condition.other is None:
        return condition.column, [condition.value]
    return (condition.column, list(condition.values)) if isinstance(condition, Among) else None


def _together(first: Condition, second: Condition) -> Condition | None:
    """As in "West and East": either value of one column."""
    one, other = _equal(first), _equal(second)
    if one is None or other is None or one[0] != other[0]:
        return None
    return Among(column=one[0], values=[*one[1], *other[1]])


def _clash(parts: list[Condition], more: Condition) -> bool:
    """Whether no row could fit, because one column would have to have two values."""
    other = _equal(more)
    return other is not None and any((one := _equal(part)) is not None and one[0] == other[0] for part in parts)


def _either(options: list[Condition]) -> Condition:
    same = [each for each in options if isinstance(each, Compare) and each.cmp == "=" and each.other is None]
    if len(same) == len(options) and len({each.column for each in same}) == 1:
        return Among(column=same[0].column, values=[each.value for each in same])
    return Either(of=options)
