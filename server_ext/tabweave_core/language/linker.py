"""Where a command names columns and values of a table, and numbers.

A span of words may be several things; each comes with a score, and the parser takes what makes the command whole. It must
not know plans.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

from .lexicon import DEMONYMS, NUMBERS, OF_PEOPLE, PEOPLE, PERSONS, ROW_NOUNS, ROWS, SCALES, STOP, SYNONYMS
from .tokens import Token, split_name, tokenize

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .context import ColumnContext, Context

EXACT, NEAR, PART, ALIKE, TYPO = 1.0, 0.95, 0.8, 0.7, 0.6
CLOSE = 0.15
"""Columns that are named only in part or by another word are told apart by no less than this."""
WEAK = 0.66
"""What is shown or counted is named better than this."""
_LONGEST = 7
_TYPO_LENGTH = 5
_KEPT = 64
_NEARLY = 0.9
"""A column with so many different values for its rows tells them apart, though some may be there twice."""


@dataclass(frozen=True)
class ColumnLink:
    """A column named by the tokens up to `stop`."""

    column: ColumnContext
    stop: int
    score: float


@dataclass(frozen=True)
class ValueLink:
    """A value of a column, as the table spells it, named by the tokens up to `stop`."""

    column: ColumnContext
    value: str
    stop: int


class Linker:
    """What the tokens of one command may name in one table."""

    def __init__(self, tokens: Sequence[Token], context: Context, index: Index) -> None:
        self.tokens = tokens
        self.context = context
        self.index = index
        self._columns: dict[int, list[ColumnLink]] = {}
        self._values: dict[int, list[ValueLink]] = {}

    def columns(self, at: int) -> list[ColumnLink]:
        """The columns that may be named from a token on: the best first, those of longer spans before shorter ones."""
        if at not in self._columns:
            self._columns[at] = sorted(self._find(at), key=lambda link: (-link.score - 0.12 * (link.stop - at), link.column.name))
        return self._columns[at]

    def column(self, at: int) -> ColumnLink | None:
        """The column that is named from a token on, if it is one and no other as well."""
        found = self.columns(at)
        if not found:
            return None
        best = found[0]
        return None if any(self.rivals(best, each) for each in found[1:]) else best

    @staticmethod
    def rivals(best: ColumnLink, other: ColumnLink) -> bool:
        """Whether the same words may as well mean another column; among names that are only named in part, any other one."""
        if other.stop != best.stop or other.column is best.column:
            return False
        return other.score >= best.score - (0 if best.score >= NEAR else CLOSE)

    def _find(self, at: int) -> Iterator[ColumnLink]:
        for stop in range(min(len(self.tokens), at + _LONGEST), at, -1):
            span = self.tokens[at:stop]
            if any(token.kind not in ("word", "quoted", "number") for token in span):
                continue
            if span[0].lower in _NEVER_FIRST or span[-1].lower in _NEVER_LAST:
                continue
            seen: dict[str, float] = {}
            for column, score in self.index.named(tuple(token.stem for token in span if token.lower not in _INSIDE)):
                seen[column.name] = max(score, seen.get(column.name, 0))
            for name, score in seen.items():
                if len(span) == 1 and span[0].lower in _PRAISE and len(split_name(name)) > 1:
                    continue
                yield ColumnLink(self.context.column(name), stop, score)

    def values(self, at: int) -> list[ValueLink]:
        """The values that may be named from a token on, longer spans first."""
        if at >= len(self.tokens):
            return []
        if at not in self._values:
            self._values[at] = list(self._named(at))
        return self._values[at]

    def _named(self, at: int) -> Iterator[ValueLink]:
        token = self.tokens[at]
        if token.kind == "quoted":
            for column, value in self.index.valued(token.lower):
                yield ValueLink(column, value, at + 1)
            return
        for stop in range(min(len(self.tokens), at + _LONGEST), at, -1):
            span = self.tokens[at:stop]
            if len(span) > 1 and span[-1].kind == "sign" and span[-1].lower in ",.?!":
                continue
            text = _spelled(span)
            for column, value in self.index.valued(text):
                yield ValueLink(column, value, stop)
            if stop == at + 1 and token.kind == "word" and token.lower not in STOP:
                for spelled in (token.stem, *DEMONYMS.get(token.lower, ())):
                    for column, value in self.index.valued(spelled):
                        yield ValueLink(column, value, stop)

    def number(self, at: int) -> tuple[float | int, int] | None:
        """A number in digits or words, and where it ends."""
        if at >= len(self.tokens):
            return None
        token = self.tokens[at]
        if token.kind == "number" and token.number is not None:
            value: float | int = token.number
        elif token.lower in NUMBERS:
            value = NUMBERS[token.lower]
        else:
            return None
        at += 1
        while at < len(self.tokens) and self.tokens[at].lower in SCALES:
            value *= SCALES[self.tokens[at].lower]
            at += 1
        return value, at

    def is_row(self, at: int) -> bool:
        """Whether a token names what the rows are: the table's own word, or one for any row."""
        return self.row(at) > at

    def row(self, at: int) -> int:
        """Where the words end that name what the rows are; `at` if they do not."""
        if at >= len(self.tokens):
            return at
        for stop in (at + 3, at + 2):
            if stop <= len(self.tokens) and "".join(token.stem for token in self.tokens[at:stop]) == self.index.joined:
                return stop
        return at + 1 if self.tokens[at].stem in self.index.row_words else at


_INSIDE = frozenset({"the", "of", "which", "a", "an", "'s", "was", "is", "were", "are", "in", "they", "it", "each"})
_NEVER_FIRST = frozenset({"of", "a", "an", "'s", "in", "is", "was", "were", "are", "the", "they", "it", "each"})
_NEVER_LAST = frozenset({"the", "of", "a", "an", "in", "is", "was", "were", "are", "they", "it", "each"})


def _identified(column: ColumnContext, rows: int) -> str:
    """What the rows are called by a column that tells them apart: an order by `order_id`, a project by `project`."""
    words = split_name(column.name)
    if column.distinct < _NEARLY * rows or rows < 2 or len(words) > 2 or column.family not in ("text", "integer"):
        return ""
    if len(words) == 2:
        return words[0] if words[1] in ("id", "no", "number", "nr", "key", "code") else ""
    return words[0] if words[0] not in GENERIC and column.family == "text" and len(words[0]) > 3 else ""


def is_person(word: str) -> bool:
    """Whether a noun is one for people, by its meaning or its ending."""
    return word in PERSONS or (
        len(word) > 5 and word.endswith(("ist", "ician", "eer", "ee", "ssor", "ctor", "yer", "oner", "cher"))
    )


def _spelled(tokens: Sequence[Token]) -> str:
    return " ".join(token.lower for token in tokens if token.kind != "sign" or token.lower not in ",.?!")


class Index:
    """The names and values of one table, ready to be looked up; made once and used for many commands."""

    _made: ClassVar[OrderedDict[int, Index]] = OrderedDict()

    @classmethod
    def of(cls, context: Context) -> Index:
        """The index of a context; those of the contexts used last are kept."""
        found = cls._made.pop(id(context), None)
        if found is None or found.context is not context:
            found = cls(context)
        cls._made[id(context)] = found
        while len(cls._made) > _KEPT:
            cls._made.popitem(last=False)
        return found

    def __init__(self, context: Context) -> None:
        self.context = context
        self.table_words = frozenset(split_name(context.table))
        self.joined = "".join(split_name(context.table))
        named = {each for word in self.table_words if word in ROW_NOUNS for each in SYNONYMS.get(word, ()) if " " not in each}
        if any(is_person(word) for word in self.table_words):
            named |= PEOPLE
        elif any(self._own(column) and self._own(column)[0] in OF_PEOPLE for column in context.columns):
            named |= PERSONS | PEOPLE
        named |= {word for column in context.columns if (word := _identified(column, context.rows))}
        others = {word for column in context.columns if not _identified(column, context.rows) for word in self._own(column)}
        self.row_words = (self.table_words | ROWS | named) - others
        self._values: dict[str, list[tuple[ColumnContext, str]]] = {}
        for column in context.columns:
            for value in column.values:
                for text in {value.lower().strip(), _spelled(tokenize(value))}:
                    self._values.setdefault(text, []).append((column, value))

    @staticmethod
    def _own(column: ColumnContext) -> tuple[str, ...]:
        words = split_name(column.name)
        return tuple(words) if len(words) == 1 else ()

    @cached_property
    def _words(self) -> list[tuple[ColumnContext, tuple[str, ...], tuple[str, ...]]]:
        found = []
        for column in self.context.columns:
            plain = re.sub(r"\s*[(\[][^)\]]*[)\]]", "", column.name).strip() or column.name
            words = tuple(word for word in split_name(plain) if word not in _INSIDE) or (column.name.lower(),)
            found.append((column, words, tuple(word for word in words if word not in self.table_words) or words))
        return found

    def named(self, span: tuple[str, ...]) -> Iterator[tuple[ColumnContext, float]]:
        """The columns that some words may name."""
        if not span:
            return
        joined = re.sub(r"[\W_]", "", "".join(span))
        bare = tuple(word for word in span if word not in self.table_words) or span
        plain = set(span) <= self.table_words
        for column, words, own in self._words:
            score = _score(span, joined, words)
            if score == EXACT and column.name.endswith((")", "]")):
                score = NEAR
            if plain and score < NEAR:
                continue
            if own != words or bare != span:
                score = max(score, min(NEAR, _score(bare, "".join(bare), own)))
            if not score and len(span) > 1 and span[-1] in GENERIC:
                score = _score(span[:-1], "".join(span[:-1]), words) - 0.1
            if score > 0:
                yield column, score

    def valued(self, text: str) -> list[tuple[ColumnContext, str]]:
        """The columns that have a value of this spelling, capitals apart, and the value as it is stored."""
        return self._values.get(text, [])


def _score(span: tuple[str, ...], joined: str, words: tuple[str, ...]) -> float:
    if span == words or joined == "".join(words):
        return EXACT
    if len(span) == len(words) and sorted(span) == sorted(words):
        return NEAR
    if len(span) < len(words):
        return _part(span, words)
    if len(span) == len(words) and any(all(map(_alike, each, words)) for each in (span, span[::-1])):
        return ALIKE
    phrase = " ".join(span)
    if len(words) == 1 and phrase in SYNONYMS.get(words[0], ()):
        return ALIKE
    if len(span) == 1 and len(words) == 1 and _is_typo(span[0], words[0]):
        return TYPO
    return 0.0


def _part(span: tuple[str, ...], words: tuple[str, ...]) -> float:
    """How well fewer words than a column's name has name it: they stand in its order, its last word among them."""
    rest = iter(words)
    if set(span) <= _VAGUE | STOP or not all(any(_alike(said, word) for word in rest) for said in span):
        return 0.0
    share = 0.1 * len(span) / len(words)
    if span[-1] == words[-1]:
        return PART + share
    return PART - 0.1 + share if words[-1] in GENERIC else PART - 0.2 + share


_PRAISE = frozenset({"best", "worst", "most"})
"""Words that name no column by themselves that has others in its name, such as `best_of`."""
_VAGUE = frozenset(
    {"of", "date", "number", "total", "first", "last", "the", "is", "in", "one", "most", "average", "max", "min", "not", "no",
     "best", "worst"}
)  # fmt: skip


GENERIC = frozenset({"name", "title", "type", "code", "id", "number", "num", "no", "description"})


def _alike(said: str, word: str) -> bool:
    if said == word or said in SYNONYMS.get(word, ()):
        return True
    if said in STOP:
        return False
    short, long = sorted((said, word), key=len)
    if len(short) >= 4 and long.startswith(short) and len(long) - len(short) <= 3:
        return True
    return len(short) >= 3 and long.startswith(short) and len(short) / len(long) >= 0.34 and long not in STOP and short == word


def _is_typo(said: str, word: str) -> bool:
    """One letter more, less or other, or two swapped."""
    if said in STOP or min(len(said), len(word)) < _TYPO_LENGTH or abs(len(said) - len(word)) > 1 or said[0] != word[0]:
        return False
    if len(said) == len(word):
        wrong = [place for place, (a, b) in enumerate(zip(said, word, strict=True)) if a != b]
        swapped = (
            len(wrong) == 2 and wrong[1] == wrong[0] + 1 and said[wrong[0]] == word[wrong[1]] and said[wrong[1]] == word[wrong[0]]
        )
        return len(wrong) == 1 or swapped
    short, long = sorted((said, word), key=len)
    return any(long[:place] + long[place + 1 :] == short for place in range(len(long)))
