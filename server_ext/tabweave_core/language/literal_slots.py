"""What fills the slots of commands beside the table: numbers, texts, new names, words. It must not know steps."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from .dates import moment
from .lexicon import STOP
from .meanings import FILLINGS, WORDED
from .passage import Passage

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from .linker import Linker

LABELS = frozenset({"column", "columns", "field", "fields", "variable", "variables", "col", "cols", "values", "value"})
_RESERVED = frozenset({"to", "as", "where", "by", "with", "then", "and", "or", "for", "in", "into", "from", "of", "is", "if",
    "called",
                       "named", "="})  # fmt: skip
_VERBS = frozenset({"add", "create", "make", "new", "set", "let", "compute", "calculate", "derive", "insert", "define", "call",
    "drop", "keep", "show",
                    "remove", "delete", "fill", "replace", "not", "it", "them", "that", "this", "same", "something"})  # fmt: skip
_MOST_WORDS = 4


class LiteralSlots:
    """Fills slots from the words of one command."""

    def __init__(self, linker: Linker) -> None:
        self.linker = linker
        self.tokens = linker.tokens
        self.passage = Passage(linker)
        self.lower = self.passage.lower
        self.furthest = 0
        self._read: dict[tuple[str, int], list[tuple[Any, int, float]]] = {}

    def read(self, kind: str, at: int) -> Sequence[tuple[Any, int, float]]:
        """What may fill a slot of a kind from a token on."""
        if (kind, at) not in self._read:
            words = WORDED.get(kind)
            reader = getattr(self, f"_{kind}") if words is None else partial(self._worded, words)
            found = reader(at) if at < len(self.tokens) else ()
            self._read[kind, at] = list(found)
        return self._read[kind, at]

    def _list(self, kind: str, at: int) -> Iterator[tuple[list[Any], int, float]]:
        for first, stop, cost in self.read(kind, at):
            nxt = self.passage.past(stop, frozenset({",", "and", "&", "the", "columns", "column", "both"}))
            if nxt > stop and self.lower(stop) in (",", "and", "&"):
                for more, end, added in self._list(kind, nxt):
                    if first not in more:
                        yield [first, *more], end, cost + added
            yield [first], stop, cost

    def _number(self, at: int) -> Iterator[tuple[float | int, int, float]]:
        sign = -1 if self.lower(at) == "-" else 1
        found = self.linker.number(at + (sign < 0))
        if found is not None and not self.tokens[at].percent and self.lower(found[1]) not in ("%", "percent"):
            yield sign * found[0], found[1], 0.0

    def _integer(self, at: int) -> Iterator[tuple[int, int, float]]:
        yield from ((value, stop, cost) for value, stop, cost in self._number(at) if isinstance(value, int))

    def _percent(self, at: int) -> Iterator[tuple[float | int, int, float]]:
        found = self.linker.number(at)
        if found is None:
            return
        if self.tokens[at].percent:
            yield found[0], found[1], 0.0
        elif self.lower(found[1]) in ("%", "percent"):
            yield found[0], found[1] + 1, 0.0

    def _numbers(self, at: int) -> Iterator[tuple[list[float | int], int, float]]:
        found: list[float | int] = []
        stop = at
        while (one := self.linker.number(stop)) is not None:
            found.append(one[0])
            stop = one[1]
            if self.lower(stop) not in (",", "and", "-", "to"):
                break
            nxt = self.passage.past(stop, frozenset({",", "and", "-", "to"}))
            if self.linker.number(nxt) is None:
                break
            stop = nxt
        if len(found) > 1:
            yield found, stop, 0.0

    def _quoted(self, at: int) -> Iterator[tuple[str, int, float]]:
        if self.tokens[at].kind == "quoted":
            yield self.tokens[at].text, at + 1, 0.0

    def _texts(self, at: int) -> Iterator[tuple[list[str], int, float]]:
        yield from self._list("quoted", at)

    def _separator(self, at: int) -> Iterator[tuple[str, int, float]]:
        """A quoted text, or a sign by its name."""
        token = self.tokens[at]
        if token.kind == "quoted":
            yield token.raw, at + 1, 0.0
        named = {"comma": ",", "space": " ", "dash": "-", "hyphen": "-", "slash": "/", "semicolon": ";", "colon": ":",
            "underscore": "_",
                 "dot": ".", "period": ".", "pipe": "|", "tab": "\t", "whitespace": " ", "at-sign": "@"}  # fmt: skip
        if token.stem in named:
            yield named[token.stem], at + 1, 0.0
        elif token.kind == "sign" and token.lower in ",;:/-|.&+":
            yield token.text, at + 1, 0.0

    def _value(self, at: int) -> Iterator[tuple[Any, int, float]]:
        """A value as somebody writes it: number, date, quoted text, one that the table has, or a word."""
        token = self.tokens[at]
        if token.kind == "quoted":
            yield token.text, at + 1, 0.0
            return
        for link in self.linker.values(at):
            yield link.value, link.stop, 0.0
        yield from self._number(at)
        day = moment(self.tokens, at, self.linker.context.today)
        if day is not None:
            yield day[0], day[1], 0.0
        if token.lower in ("true", "false"):
            yield token.lower == "true", at + 1, 0.0
        elif token.kind == "word" and token.lower not in _RESERVED and (token.lower not in STOP or token.text[0].isupper()):
            yield token.text, at + 1, 0.05

    def _name(self, at: int) -> Iterator[tuple[str, int, float]]:
        """A new name: quoted, or one to four words."""
        token = self.tokens[at]
        if token.kind == "quoted":
            yield token.text, at + 1, 0.0
            return
        words: list[str] = []
        for stop in range(at, min(at + _MOST_WORDS, len(self.tokens))):
            token = self.tokens[stop]
            if token.kind not in ("word", "number") or token.lower in _RESERVED or (not words and token.kind != "word"):
                break
            if not words and (token.lower in _VERBS or (token.stem in LABELS and self.lower(stop + 1) != "=")):
                break
            if words and words[0].lower() in ("a", "an", "the"):
                break
            words.append(token.text)
            yield " ".join(words), stop + 1, 0.02 * len(words)

    def _names(self, at: int) -> Iterator[tuple[list[str], int, float]]:
        yield from (each for each in self._list("name", at) if len(each[0]) > 1)

    def _worded(self, words: Mapping[tuple[str, ...], Any], at: int) -> Iterator[tuple[Any, int, float]]:
        for phrase, meaning in words.items():
            if all(self.lower(at + place) == word for place, word in enumerate(phrase)):
                yield meaning, at + len(phrase), 0.0

    def _ranges(self, at: int) -> Iterator[tuple[list[float | int], int, float]]:
        """Edges as "0-18, 18-65, 65-100"."""
        edges: list[float | int] = []
        while (lo := self.linker.number(at)) is not None and self.lower(lo[1]) in ("-", "to"):
            hi = self.linker.number(lo[1] + 1)
            if hi is None or (edges and edges[-1] != lo[0]):
                return
            edges += [hi[0]] if edges else [lo[0], hi[0]]
            at = hi[1]
            if self.lower(at) not in (",", "and"):
                break
            at = self.passage.past(at, frozenset({",", "and"}))
        if len(edges) > 2:
            yield edges, at, 0.0

    def _filling(self, at: int) -> Iterator[tuple[tuple[str, Any], int, float]]:
        """What missing values become: how, and the value of a constant."""
        yield from self._worded(FILLINGS, at)
        if self.lower(at) not in ("previous", "next", "last"):
            yield from ((("constant", value), stop, cost) for value, stop, cost in self.read("value", at))
