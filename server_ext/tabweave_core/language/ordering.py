"""How a question orders rows and how many it wants: "top 5 by price", "the oldest", "sorted by name"."""

from __future__ import annotations

from ..plans.shape import TIMES
from ..protocol.condition import Key
from .lexicon import ADJECTIVES, GREATEST, LEAST, STOP
from .passage import Passage
from .query import Output
from .tokens import split_name

_SORTED = (("ordered", "by"), ("order", "by"), ("sorted", "by"), ("sort", "by"), ("sorted", "in"), ("ordered", "in"), ("listed",
    "in"), ("arranged", "by"),
           ("sort", "them", "by"), ("sorted",), ("ordered",), ("ranked", "by"), ("sort", "in"), ("order", "in"), ("in", "order",
           "of"), ("in",))  # fmt: skip
_UP = frozenset({"ascending", "increasing", "asc", "lowest", "smallest", "youngest", "lexicographical", "lexicographic",
    "alphabetical",
                 "alphabetic", "alphabetically", "lexicographically", "chronological", "ascendingly", "young", "low", "small",
                 "early", "short", "least", "earliest", "shortest"})  # fmt: skip
_DOWN = frozenset({"descending", "decreasing", "desc", "reverse", "highest", "largest", "oldest", "descendingly", "old", "high",
    "large", "big", "new", "late", "long", "most",
                   "greatest", "biggest", "newest", "latest", "longest", "tallest", "heaviest"})  # fmt: skip
_ENDS = frozenset({"descending", "ascending", "desc", "asc"})
_COMMON = frozenset({"common", "frequent", "frequently", "popular", "commonly", "often", "prevalent"})


class Ordering(Passage):
    """The rules about order."""

    def _top(self) -> bool:  # noqa: C901 - one way of saying it after another
        """As in "top 5 by price", "the 3 most expensive", "first 10"."""
        at = self.at
        size = self.starts(("top",), ("first",), ("bottom",), ("last",))
        if size:
            number = self.linker.number(at + 1)
            if number is None or not isinstance(number[0], int):
                return False
            word = self.lower(at)
            at = number[1]
            if self.lower(at) in GREATEST | LEAST | set(ADJECTIVES) | {"most"}:
                start, self.at = self.at, at
                if self._superlative(count=number[0]):
                    return True
                self.at = start
                return False
            called = self.linker.column(at)
            while self.linker.is_row(at) or self.lower(at) in ("the",):
                at += 1
            self.query.limit = number[0]
            link = self.linker.column(at)
            if link is not None and link.column.family == "text":
                self.query.show(Output(link.column.name))
                at = link.stop
            by = self.starts(("by",), ("with", "the", "highest"), ("with", "the", "most"), ("in", "terms", "of"), ("based",
                "on"), ("with", "highest"),
                              ("with", "most"), ("with", "the", "largest"), ("ordered", "by"), ("sorted", "by"), ("with", "the",
                              "lowest"), at=at)  # fmt: skip
            if by:
                down = word not in ("bottom",) and self.lower(at + by - 1) != "lowest"
                key = self.sort_output(at + by)
                if key is None:
                    return False
                if key[0].fn is not None and called is not None and not self.query.columns:
                    self.query.show(Output(called.column.name))
                self.query.orders.append((key[0], down))
                at = key[1]
            elif word in ("top", "bottom") and self.query.figures and not self.query.orders:
                self.query.orders.append((self.query.figures[-1], word == "top"))
            elif word not in ("first",):
                return False
            self.query.ranked = bool(by)
            self.at = at
            return True
        number = self.linker.number(at)
        if number is None or not isinstance(number[0], int) or self.lower(number[1]) not in (GREATEST | LEAST | set(ADJECTIVES)):
            return False
        self.at = number[1]
        if self._superlative(count=number[0]):
            return True
        self.at = at
        return False

    def _superlative(self, count: int = 1) -> bool:  # noqa: C901 - one way of saying it after another
        """As in "the oldest", "with the most rows", "the most common city", "the most expensive"."""
        if self._is_named():
            return False
        word, at = self.lower(self.at), self.at + 1
        if self.lower(at) == "than":
            return False
        most = word in GREATEST
        if word in ("most", "least") and self.lower(at) in _COMMON:
            return self._commonest(at + 1, most=most, count=count)
        if word in ("most", "least") and self.lower(at) in ADJECTIVES:
            named = self.linker.column(at + 1)
            found = self.conditions.about(self.lower(at))
            if found is None:
                return False
            stop = named.stop if named is not None and named.column is found[0] else at + 1
            return self._sort(Output(found[0].name), (found[1] == most), stop, count)
        if not most and word not in LEAST and word not in ADJECTIVES:
            return False
        if self.linker.column(at) is None:
            grouped = self.query.columns and not any(self.linker.context.column(name).unique for name in self.query.columns)
            summed = (
                grouped
                and self.lower(self.past(at, frozenset({"the"}))) == "total"
                and self.lower(at + 1) not in ("number", "amount")
            )
            at = self.past(at, frozenset({"the", "of"}) if summed else frozenset({"the", "total", "of", "amount"}))
        if word in GREATEST | LEAST:
            key = self.sort_output(at)
            if key is not None and not self._is_of(word, key[0]):
                key = None
            if key is not None and word == "oldest" and self._is_dated(key[0]):
                most = False
            counted = key is not None and key[0].fn == "count"
            said = word in ("most", "fewest", "least") or self.lower(at) in ("number", "count", "total", "numbers")
            if key is not None and (said if counted else key[0].fn is not None or self._numeric(key[0])):
                return self._sort(key[0], most, key[1], count)
        if word in ADJECTIVES:
            found = self.conditions.about(word)
            if found is not None:
                return self._sort(Output(found[0].name), found[1], self.at + 1, count)
        return False

    def _is_of(self, word: str, output: Output) -> bool:
        """Whether a word such as "hottest" can be about a column: no day is hot by its date."""
        if word not in ADJECTIVES or output.fn is not None or output.column is None:
            return True
        about = self.conditions.about(word)
        named = set(split_name(output.column)) & set(ADJECTIVES[word][0])
        old = word in ("oldest", "youngest") and self._is_dated(output)
        return bool(named) or old or (about is not None and about[0].name == output.column)

    def _is_dated(self, output: Output) -> bool:
        return output.column is not None and self.linker.context.column(output.column).family in TIMES

    def _sort(self, output: Output, down: bool, stop: int, count: int) -> bool:
        self.query.orders.append((output, down))
        self.query.limit = count
        self.at = stop
        return True

    def _commonest(self, at: int, *, most: bool, count: int) -> bool:
        at = self.past(at, frozenset({"the", "used", "occurring", "of"}))
        link = self.linker.column(at)
        if link is not None:
            self.query.show(Output(link.column.name))
            at = link.stop
        elif not self.query.columns:
            return False
        for name in self.query.columns:
            self.query.group(Key(column=name))
        return self._sort(Output(None, "count"), most, at, count)

    def _sorting(self) -> bool:  # noqa: C901 - one way of saying it after another
        """As in "sorted by age in descending order", "in alphabetical order of name", "from oldest to youngest"."""
        at = self.at
        if self.lower(at) == "from" and self.lower(at + 2) == "to" and self.lower(at + 1) in _UP | _DOWN | set(ADJECTIVES):
            return self._from_to()
        if self.lower(at) in ("alphabetically", "lexicographically", "descendingly", "ascendingly"):
            return self._order_last(self.lower(at) == "descendingly", at + 1)
        if self.lower(at) in _ENDS and self._no_column(at + 1) and self.query.outputs and not self.query.orders:
            return self._order_last(self.lower(at) in _DOWN, at + 1)
        size = self.starts(*_SORTED)
        if not size:
            return False
        at += size
        at = self.past(at, frozenset({"the", "a", "an", "by", "of"}))
        down: bool | None = None
        if self.lower(at) in _UP | _DOWN:
            down = self.lower(at) in _DOWN
            at += 1
            if self.lower(at) in ("alphabetical", "lexicographical", "chronological"):
                at += 1
            at += self.lower(at) == "order"
            at = (
                self.past(at, frozenset({"of", "by", "the", "on", "their", "in"}))
                if self.lower(at) in ("of", "by", "on", "in")
                else at
            )
        elif self.lower(self.at + size - 1) == "in":
            return False
        key = self.sort_output(at)
        if key is None:
            return (
                down is not None
                and self.lower(at - 1) not in ("by", "of")
                and down is not None
                and self._no_column(at)
                and self._order_last(down, at)
            )
        outputs = [key]
        while self.lower(outputs[-1][1]) in ("and", ",") and (more := self.sort_output(outputs[-1][1] + 1)) is not None:
            if self.conditions.read(outputs[-1][1] + 1) is not None:
                break
            outputs.append(more)
        at = outputs[-1][1]
        after = self.past(at, frozenset({"in", "the", "and", ",", "a", "from"}))
        if self.lower(after) in _UP | _DOWN | set(ADJECTIVES) and down is None:
            down = self.lower(after) in _DOWN
            after += 1
            if self.lower(after) == "to":
                after += 2
            at = after + (self.lower(after) == "order")
        for output, _ in outputs:
            self.query.orders.append((output, bool(down)))
        self.at = at
        return True

    def _no_column(self, at: int) -> bool:
        """Whether a direction stands alone, with no word after it that would say what is sorted by."""
        return at >= len(self.tokens) or self.tokens[at].kind == "sign" or self.lower(at) in STOP

    def _from_to(self) -> bool:
        first = self.lower(self.at + 1)
        down = first in _DOWN
        if self.query.orders:
            output, _ = self.query.orders.pop()
            self.query.orders.append((output, down))
        elif first in ADJECTIVES and (found := self.conditions.about(first)) is not None:
            self.query.orders.append((Output(found[0].name), found[1]))
        else:
            return False
        self.at += 4
        return True

    def _order_last(self, down: bool, at: int) -> bool:
        """An order that names no column is that of the last thing shown."""
        if self.query.orders:
            output, _ = self.query.orders.pop()
            self.query.orders.append((output, down))
        elif self.query.outputs:
            self.query.orders.append((self.query.outputs[-1], down))
        else:
            return False
        self.at = at
        return True
