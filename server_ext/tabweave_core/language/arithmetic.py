"""Simple arithmetic in words and signs over columns: "revenue - cost", "price times qty", "10 % of price", "(a + b) / 2".

It must not know what the result is for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..plans.shape import NUMBERS, quote
from .linker import ALIKE

if TYPE_CHECKING:
    from .linker import Linker

_SIGNS = {"+": "+", "-": "-", "*": "*", "/": "/", "plus": "+", "minus": "-", "times": "*", "over": "/"}
_PHRASES = {("multiplied", "by"): "*", ("divided", "by"): "/", ("x",): "*"}
_FUNCTIONS = {"abs": "abs", "absolute": "abs", "sqrt": "sqrt", "log": "ln", "ln": "ln", "exp": "exp", "round": "round"}
_DEEPEST = 12
_STRONG = frozenset({"*", "/"})


@dataclass(frozen=True)
class Expression:
    """A formula as SQL, the token after it, and whether it is more than one column or number."""

    sql: str
    stop: int
    computed: bool


class Arithmetic:
    """Reads formulas in one command."""

    def __init__(self, linker: Linker) -> None:
        self.linker = linker
        self.tokens = linker.tokens

    def read(self, at: int) -> Expression | None:
        """The formula from a token on, as far as it goes; None where there is no column of numbers in it."""
        found = self._sum(at)
        return found if found is not None and '"' in found.sql else None

    def _lower(self, at: int) -> str:
        return self.tokens[at].lower if at < len(self.tokens) and self.tokens[at].kind != "quoted" else ""

    def _operator(self, at: int) -> tuple[str, int] | None:
        for words, sign in _PHRASES.items():
            if all(self._lower(at + place) == word for place, word in enumerate(words)):
                return sign, at + len(words)
        sign = _SIGNS.get(self._lower(at), "")
        return (sign, at + 1) if sign else None

    def _sum(self, at: int) -> Expression | None:
        return self._chain(at, strong=False)

    def _chain(self, at: int, *, strong: bool) -> Expression | None:
        first = self._factor(at) if strong else self._chain(at, strong=True)
        if first is None:
            return None
        sql, stop, computed = first.sql, first.stop, first.computed
        while (found := self._operator(stop)) is not None and (found[0] in _STRONG) == strong:
            more = self._factor(found[1]) if strong else self._chain(found[1], strong=True)
            if more is None:
                break
            right = f"nullif({more.sql}, 0)" if found[0] == "/" and '"' in more.sql else more.sql
            sql, stop, computed = f"{sql} {found[0]} {right}", more.stop, True
        return Expression(sql, stop, computed)

    def _factor(self, at: int) -> Expression | None:
        word = self._lower(at)
        while word in ("the", "value"):
            at += 1
            word = self._lower(at)
        if word == "(":
            inner = self._sum(at + 1) if self._lower(at + _DEEPEST) != "(" or self._lower(at + 1) != "(" else None
            closed = inner is not None and self._lower(inner.stop) == ")"
            return Expression(f"({inner.sql})", inner.stop + 1, True) if inner is not None and closed else None
        if word == "-":
            below = self._factor(at + 1)
            return None if below is None else Expression(f"-{below.sql}", below.stop, True)
        if word in _FUNCTIONS and self._lower(at + 1) in ("(", "of", "value"):
            return self._function(_FUNCTIONS[word], at + 1)
        return self._share(at) or self._column(at) or self._number(at)

    def _function(self, name: str, at: int) -> Expression | None:
        at += self._lower(at) == "value"
        bracket = self._lower(at) == "("
        inner = self._sum(at + 1) if bracket else self._factor(at + 1)
        if inner is None or (bracket and self._lower(inner.stop) != ")"):
            return None
        return Expression(f"{name}({inner.sql})", inner.stop + bracket, True)

    def _share(self, at: int) -> Expression | None:
        """As in "10 % of price"."""
        number = self.linker.number(at)
        if number is None:
            return None
        stop = number[1]
        if not self.tokens[at].percent:
            if self._lower(stop) not in ("%", "percent"):
                return None
            stop += 1
        if self._lower(stop) != "of":
            return None
        base = self._factor(stop + 1)
        return None if base is None else Expression(f"{base.sql} * {number[0]} / 100.0", base.stop, True)

    def _column(self, at: int) -> Expression | None:
        if at >= len(self.tokens):
            return None
        for link in self.linker.columns(at):
            rivals = [other for other in self.linker.columns(at) if self.linker.rivals(link, other)]
            if link.column.family in NUMBERS and link.score >= ALIKE and not rivals:
                return Expression(quote(link.column.name), link.stop, False)
        return None

    def _number(self, at: int) -> Expression | None:
        found = self.linker.number(at)
        if found is None or self.tokens[at].percent:
            return None
        return Expression(repr(found[0]), found[1], False)
