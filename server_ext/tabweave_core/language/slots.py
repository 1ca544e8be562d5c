"""What fills the slots of commands: columns, values, conditions, sort orders, figures, new names. It must not know steps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..plans.shape import NUMBERS, TIMES
from ..protocol.condition import Key, Measure, Order
from .arithmetic import Arithmetic
from .literal_slots import LABELS, LiteralSlots
from .tokens import split_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .linker import ColumnLink

_KINDS: dict[str, frozenset[str]] = {
    "numeric": NUMBERS, "number": NUMBERS, "numerical": NUMBERS, "text": frozenset({"text"}), "string": frozenset({"text"}),
    "date": TIMES, "every": frozenset(), "": frozenset(),
}  # fmt: skip
_DOWN = frozenset({"descending", "desc", "decreasing", "reverse", "reversed", "backwards", "downwards"})
_UP = frozenset({"ascending", "asc", "increasing", "alphabetically", "chronologically", "upwards"})
_MUCH_FIRST = frozenset({"highest", "largest", "biggest", "greatest", "most", "latest", "longest", "high", "large", "big", "new"})
_LITTLE_FIRST = frozenset({"lowest", "smallest", "least", "earliest", "shortest", "low", "small", "fewest"})
_NUMBERED = frozenset({"sum", "mean", "median", "stddev", "variance"})


class TableSlots(LiteralSlots):
    """Fills slots from one table for one command."""

    # Columns

    def _column(self, at: int) -> Iterator[tuple[str, int, float]]:
        start = at
        if self.lower(at) in LABELS and at + 1 < len(self.tokens):
            start = self.passage.past(at + 1, frozenset({"called", "named"}))
        best: dict[int, list[ColumnLink]] = {}
        for link in self.linker.columns(start):
            best.setdefault(link.stop, []).append(link)
        for stop in sorted(best, reverse=True):
            first, *others = best[stop]
            if any(self.linker.rivals(first, other) for other in others):
                continue
            yield first.column.name, stop + (self.lower(stop) in LABELS), round(1 - first.score, 3)

    def _number_column(self, at: int) -> Iterator[tuple[str, int, float]]:
        yield from (each for each in self.read("column", at) if self._family(each[0]) in NUMBERS)

    def _text_column(self, at: int) -> Iterator[tuple[str, int, float]]:
        yield from (each for each in self.read("column", at) if self._family(each[0]) == "text")

    def _date_column(self, at: int) -> Iterator[tuple[str, int, float]]:
        yield from (each for each in self.read("column", at) if self._family(each[0]) in TIMES)

    def _family(self, name: str) -> str:
        return self.linker.context.column(name).family

    def _columns(self, at: int) -> Iterator[tuple[list[str], int, float]]:
        yield from self._all_columns(at)
        yield from self._list("column", at)

    def _any_columns(self, at: int) -> Iterator[tuple[list[str], int, float]]:
        """Columns joined by "and" or by "or"."""
        yield from self.read("columns", at)
        for first, stop, cost in self.read("column", at):
            if self.lower(stop) == "or":
                for more, end, added in self._any_columns(stop + 1):
                    yield [first, *more], end, cost + added

    def _raw(self, at: int) -> Iterator[tuple[str, int, float]]:
        if self.tokens[at].kind == "quoted":
            yield self.tokens[at].raw, at + 1, 0.0

    def _text_columns(self, at: int) -> Iterator[tuple[list[str], int, float]]:
        yield from self._list("text_column", at)

    def _several(self, at: int) -> Iterator[tuple[list[str], int, float]]:
        yield from (each for each in self.read("columns", at) if len(each[0]) > 1)

    def _all_columns(self, at: int) -> Iterator[tuple[list[str], int, float]]:
        names = [column.name for column in self.linker.context.columns]
        word = self.lower(at)
        if word in ("everything", "everywhere"):
            yield names, at + 1, 0.0
            return
        stop = at
        kind = ""
        if word in _KINDS and word:
            kind, stop = word, at + 1
        if self.lower(stop) not in ("columns", "fields") and not (kind == "every" and self.lower(stop) in ("column", "field")):
            return
        if not kind and self.lower(at - 1) not in ("all", "every", "the", "of", "in", "for", "from", "on"):
            return
        families = _KINDS[kind]
        chosen = [name for name in names if not families or self._family(name) in families]
        if chosen:
            yield chosen, stop + 1, 0.0

    # Rows, conditions, orders

    def _rows(self, at: int) -> Iterator[tuple[bool, int, float]]:
        stop = self.linker.row(at)
        if stop > at:
            yield True, stop, 0.0
        if self.lower(at) in ("everything", "data", "table"):
            yield True, at + 1, 0.0

    def _where(self, at: int) -> Iterator[tuple[Any, int, float]]:
        found = self.passage.conditions.whole(at)
        if found is not None:
            yield found[0], found[1], 0.0
            return
        stop = self.linker.row(at)
        found = self.passage.conditions.whole(stop) if stop > at else None
        if found is not None:
            yield found[0], found[1], 0.0

    def _orders(self, at: int) -> Iterator[tuple[list[Order], int, float]]:
        for first, stop, cost in self._order(at):
            nxt = self.passage.past(stop, frozenset({",", "and", "then", "by", "the"}))
            if nxt > stop and self.lower(stop) in (",", "and", "then"):
                for more, end, added in self._orders(nxt):
                    yield [first, *more], end, cost + added
            yield [first], stop, cost

    def _order(self, at: int) -> Iterator[tuple[Order, int, float]]:
        start, said = at, None
        if self.lower(at) in _DOWN | _UP:
            said = self.lower(at) in _DOWN
            start = self.passage.past(at + 1, frozenset({"order", "of", "by"}))
        for name, stop, cost in self.read("column", start):
            if said is not None:
                yield Order(column=name, descending=said), stop, cost
                continue
            down = self._direction(name, stop)
            if down is not None:
                yield Order(column=name, descending=down[0]), down[1], cost
            yield Order(column=name), stop, cost

    def _direction(self, name: str, at: int) -> tuple[bool, int] | None:
        start = self.passage.past(at, frozenset({"(", "in", "from", ",", "with", "the"}))
        word = self.lower(start)
        stop = start + 1
        if word in _DOWN | _UP:
            stop += self.lower(stop) == "order"
            return word in _DOWN, stop + (self.lower(stop) == ")")
        if word in ("oldest", "youngest", "newest") and self.lower(stop) == "first":
            dated = self._family(name) in TIMES
            return None if word == "newest" and not dated else ((word == "oldest") != dated, stop + 1)
        if word in _MUCH_FIRST | _LITTLE_FIRST:
            down = word in _MUCH_FIRST
            if self.lower(stop) == "first":
                return down, stop + 1
            if self.lower(stop) == "to":
                return down, stop + 2
        if (word, self.lower(stop)) in (("a", "to"), ("z", "to")):
            return word == "z", stop + 2
        return None

    # Groups and figures

    def _key(self, at: int) -> Iterator[tuple[Key, int, float]]:
        found = self.passage.key(at)
        if found is not None:
            yield found[0], found[1] + (self.lower(found[1]) in LABELS), 0.0

    def _keys(self, at: int) -> Iterator[tuple[list[Key], int, float]]:
        yield from self._list("key", at)

    def _measure(self, at: int) -> Iterator[tuple[Measure, int, float]]:
        fn = self.passage.figure(at)
        if fn is not None:
            start = self.passage.past(at + 1 + (fn == "stddev"), frozenset({"of", "the", "all", "value"}))
            for name, stop, cost in self.read("column", start):
                if fn not in _NUMBERED or self._family(name) in NUMBERS:
                    yield Measure(fn=fn, column=name), stop, cost
        counted = self.passage.starts(("number", "of"), ("count", "of"), ("count",), ("how", "many"), at=at)
        if counted:
            start = self.passage.past(at + counted, frozenset({"the", "of", "all"}))
            if self.lower(start) in ("distinct", "different", "unique"):
                for name, stop, cost in self.read("column", start + 1):
                    yield Measure(fn="distinct", column=name), stop, cost
            if self.linker.row(start) > start:
                yield Measure(fn="count"), self.linker.row(start), 0.0
            elif counted == 1:
                yield Measure(fn="count"), start, 0.0

    def _measures(self, at: int) -> Iterator[tuple[list[Measure], int, float]]:
        yield from self._list("measure", at)

    def _expression(self, at: int) -> Iterator[tuple[str, int, float]]:
        found = Arithmetic(self.linker).read(at)
        if found is not None:
            yield found.sql, found.stop, 0.0

    # Other tables

    def _table(self, at: int) -> Iterator[tuple[str, int, float]]:
        for name in self.linker.context.others:
            words = split_name(name)
            if [token.stem for token in self.tokens[at : at + len(words)]] == words:
                yield name, at + len(words), 0.0
            elif self.tokens[at].lower == name.lower():
                yield name, at + 1, 0.0

    def _text_or_pair(self, at: int) -> Iterator[tuple[tuple[str, str], int, float]]:
        """What two tables are matched by: a name that both have, or "a = b"."""
        for name, stop, cost in self.read("column", at):
            token = self.tokens[stop + 1] if stop + 1 < len(self.tokens) else None
            if self.lower(stop) in ("=", "to") and token is not None:
                yield (name, token.text), stop + 2, cost
            yield (name, self._twin(name)), stop, cost

    def _twin(self, name: str) -> str:
        others = [column.name for columns in self.linker.context.others.values() for column in columns]
        return next((other for other in others if other.lower() == name.lower()), "")

    def _other_columns(self, at: int) -> Iterator[tuple[list[str], int, float]]:
        names = {column.name.lower(): column.name for columns in self.linker.context.others.values() for column in columns}
        found: list[str] = []
        stop = at
        while self.lower(stop) in names:
            found.append(names[self.lower(stop)])
            stop += 1
            if self.lower(stop) not in (",", "and") or self.lower(stop + 1) not in names:
                break
            stop += 1
        if found:
            yield found, stop, 0.0
