"""What a request for a chart says of its parts: axes, colours, facets, bins, order. It must not know kinds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from .chart_words import BINNED, COLOURED, COLOURS, FACETS
from .lexicon import ADJECTIVES, GREATEST
from .query import Output
from .question import Question

if TYPE_CHECKING:
    from ..protocol.condition import Key
    from ..protocol.plan import ChartKind
    from .linker import Linker


class ChartParts(Question):
    """Reads the parts of one request."""

    def __init__(self, linker: Linker) -> None:
        super().__init__(linker)
        self.kind: ChartKind | None = None
        self.color: Key | None = None
        self.facet: Key | None = None
        self.size: str | None = None
        self.axes: dict[str, Key | Output] = {}
        self.options: dict[str, Any] = {}
        self.strip = False
        self.about: Literal["", "distribution", "correlation", "trend"] = ""
        self.along: list[Key] = []

    def _keyed(self, at: int) -> tuple[Key, int] | None:
        at = (
            self.past(at, frozenset({"the", "each", "different", "various", "every", "number", "of"}))
            if self.key(at) is None
            else at
        )
        return self.key(at) if at < len(self.tokens) else None

    def _coloured(self) -> bool:
        at = self.past(
            self.at,
            frozenset({"and", "with", "use", "a", "different", "the", "proper", "points", "are", "where", "bars", "lines"}),
        )
        if self.lower(at) not in COLOURS:
            return False
        key = self._keyed(self.past(at + 1, COLOURED))
        if key is None or self.color is not None:
            return False
        self.color, self.at = key
        return True

    def _faceted(self) -> bool:
        at = self.past(self.at, frozenset({"with", "and", "in", "into", "a"}) - ({"a"} if self.starts(*FACETS) else set()))
        size = self.starts(*FACETS, at=at)
        key = self._keyed(at + size) if size else None
        if key is None:
            return False
        self.facet, self.at = key
        return True

    def _sized(self) -> bool:
        size = self.starts(("sized", "by"), ("size", "by"), ("with", "size", "by"))
        link = self.linker.column(self.at + size) if size else None
        if link is None or link.column.family not in ("integer", "decimal", "float"):
            return False
        self.size, self.at = link.column.name, link.stop
        return True

    def _axis_named(self, at: int) -> tuple[str, int] | None:
        at = self.past(at, frozenset({"the"}))
        word = self.lower(at)
        if word in ("x-axis", "y-axis"):
            return word[0], at + 1
        if word in ("x", "y") and self.lower(at + 1) in ("axis", "axes"):
            return word, at + 2
        return (word, at + 1) if word in ("x", "y") and self.lower(at + 1) in ("=", ":") else None

    def _axis(self) -> bool:
        """As in "x axis: region", "price on the y axis"."""
        start = self.past(self.at, frozenset({"and", "with", ",", "where"}))
        named = self._axis_named(start)
        if named is not None:
            found = self._drawn(self.past(named[1], frozenset({"=", ":", "is", "as", "shows", "showing", "the", "has"})))
            if found is None or named[0] in self.axes:
                return False
            self.axes[named[0]], self.at = found
            return True
        found = self._drawn(self.past(start, frozenset({"the"})))
        if found is None:
            return False
        after = self.past(found[1], frozenset({"is", "are", "as", "in"}))
        if self.lower(after) not in ("on", "along"):
            return False
        named = self._axis_named(after + 1)
        if named is None or named[0] in self.axes:
            return False
        self.axes[named[0]], self.at = found[0], named[1]
        return True

    def _drawn(self, at: int) -> tuple[Key | Output, int] | None:
        """A figure or a column."""
        fn = self.figure(at)
        if fn is not None:
            link = self.linker.column(self.past(at + 1, frozenset({"of", "the", "("})))
            if link is not None and link.column.family in ("integer", "decimal", "float"):
                return Output(link.column.name, fn), link.stop + (self.lower(link.stop) == ")")
        named = self.linker.column(at)
        counted = self.starts(("number", "of"), ("count", "of"), ("count",), at=at)
        if counted and (named is None or named.score < 0.9):
            start = self.past(at + counted, frozenset({"the"}))
            if self.linker.is_row(start):
                return Output(None, "count"), self.linker.row(start)
            if named is None and counted == 1 and self.linker.column(start) is None:
                return Output(None, "count"), start
        return self._keyed(at)

    def _binned(self) -> bool:
        """As in "with 20 bins"."""
        at = self.past(self.at, frozenset({"with", "in", "into", "using", "and"}))
        number = self.linker.number(at)
        if number is None or self.lower(number[1]) not in BINNED or not isinstance(number[0], int) or not 1 <= number[0] <= 500:
            return False
        self.options["bins"], self.at = number[0], number[1] + 1
        return True

    def _titled(self) -> bool:
        at = self.past(self.at, frozenset({"with", "and", "the"}))
        if (
            self.lower(at) not in ("titled", "title", "called", "entitled")
            or at + 1 >= len(self.tokens)
            or self.tokens[at + 1].kind != "quoted"
        ):
            return False
        self.options["title"], self.at = self.tokens[at + 1].text, at + 2
        return True

    def _best(self) -> bool:
        """As in "top 5 regions", "of the 10 largest"."""
        at = self.past(self.at, frozenset({"for", "of", "the", "only"}))
        size = self.starts(("top",), ("first",), at=at)
        number = self.linker.number(at + size)
        if (
            number is None
            or not isinstance(number[0], int)
            or number[0] < 1
            or not (size or self.lower(number[1]) in GREATEST | set(ADJECTIVES))
        ):
            return False
        self.options["top"], self.options["sort"] = number[0], "-y"
        self.at = number[1] + (not size)
        key = self.key(self.at)
        if key is not None and not self.along and not self.query.groups:
            self.along.append(key[0])
            self.at = key[1]
        return True

    def _ordered(self) -> bool:
        """As in "sorted by value", "sorted descending", "largest first"."""
        size = self.starts(("sorted",), ("ordered",), ("sort",))
        at = self.at + size
        axis = "x" if self.starts(("alphabetically",), ("by", "name"), ("by", "label"), at=at) else "y"
        least = self.starts(("ascending",), ("from", "low", "to", "high"), ("smallest", "first"), at=at)
        words = (
            ("descending",),
            ("by", "value", "descending"),
            ("by", "value"),
            ("by", "count"),
            ("by", "size"),
            ("from", "high", "to", "low"),
            ("largest", "first"),
            ("highest", "first"),
            ("ascending",),
            ("from", "low", "to", "high"),
            ("smallest", "first"),
            ("alphabetically",),
            ("by", "name"),
            ("by", "label"),
        )
        said = self.starts(*words, at=at)
        if not said or not (size or self.lower(at + said - 1) == "first"):
            return False
        self.options["sort"] = axis if axis == "x" or least else "-y"
        self.at = at + said
        return True
