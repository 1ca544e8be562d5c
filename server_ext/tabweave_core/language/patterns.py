"""What commands look like: words, choices and slots, and what is made of them.

`drop|remove [columns] {columns}` is one of the words, perhaps another, and a slot that the reader of slots knows. All of a
command must fit; small words between may be passed over. It must not know tables.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from ..protocol.plan import Step
    from .context import Context
    from .tokens import Token

FILLERS = frozenset({"the", "a", "an", "all", "my", "our", "its", "their", "please", "just", "any", "these", "those", "this"})
"""Words that may stand anywhere and say nothing."""

_NAMING = 0.05
"""An "a" rather is a name than passed over, where it can be."""
_PIECE = re.compile(r"\{(\w+)(?::(\w+))?\}|([\[\]()])|\s(\|)\s|([^\s\[\](){}]+)")


class Slots(Protocol):
    """Reads what fills a slot from a token on: each value with the token after it and how far-fetched it is (0 is plain)."""

    tokens: Sequence[Token]
    furthest: int
    """The last token that was looked at."""

    def read(self, kind: str, at: int) -> Sequence[tuple[Any, int, float]]:
        """What may fill a slot of a kind, the likeliest first."""
        ...


@dataclass(frozen=True)
class Bound:
    """What filled the slots of a pattern, and the table that is spoken of."""

    context: Context
    slots: Mapping[str, Any]

    def __getitem__(self, name: str) -> Any:
        return self.slots[name]

    def __contains__(self, name: str) -> bool:
        return name in self.slots

    def get(self, name: str, other: Any = None) -> Any:
        """What filled a slot that may be left out."""
        return self.slots.get(name, other)


@dataclass(frozen=True)
class _Word:
    words: frozenset[str]


@dataclass(frozen=True)
class _Slot:
    kind: str
    name: str


@dataclass(frozen=True)
class _Group:
    choices: tuple[tuple[_Item, ...], ...]
    needed: bool


_Item = _Word | _Slot | _Group


class Pattern:
    """One way to say something, and what makes steps of it; steps are None where the slots do not go together."""

    def __init__(self, text: str, build: Callable[[Bound], list[Step] | None], example: str = "") -> None:
        self.text = text
        self.build = build
        self.example = example
        self._items = _parse(text)

    @property
    def closed(self) -> bool:
        """Whether it begins with one of `firsts` in any case, and not with a slot."""
        return _closed(self._items)

    @property
    def firsts(self) -> frozenset[str]:
        """The words that it may begin with."""
        return _firsts(self._items)

    def match(self, slots: Slots, context: Context) -> Iterator[tuple[Bound, float]]:
        """The ways in which all of the tokens fit, and how far-fetched each is."""
        for stop, found, cost in _run(self._items, 0, slots, 0, {}, 0.0):
            if _ends(slots.tokens, stop):
                yield Bound(context, found), cost


def _parse(text: str) -> tuple[_Item, ...]:
    pieces = list(_PIECE.finditer(text))
    choices, place = _choices(pieces, 0)
    if place != len(pieces):
        raise ValueError(text)
    return choices[0] if len(choices) == 1 else (_Group(choices, True),)


def _choices(pieces: list[re.Match[str]], place: int) -> tuple[tuple[tuple[_Item, ...], ...], int]:
    choices: list[tuple[_Item, ...]] = []
    items: list[_Item] = []
    while place < len(pieces):
        kind, name, bracket, bar, word = pieces[place].groups()
        if bracket in ("]", ")"):
            break
        place += 1
        if bracket:
            inner, place = _choices(pieces, place)
            items.append(_Group(inner, bracket == "("))
            place += 1
        elif bar:
            choices.append(tuple(items))
            items = []
        elif kind:
            items.append(_Slot(kind, name or kind))
        else:
            items.append(_Word(frozenset(word.split("|"))))
    return (*choices, tuple(items)), place


def _firsts(items: tuple[_Item, ...]) -> frozenset[str]:
    found: frozenset[str] = frozenset()
    for item in items:
        if isinstance(item, _Word):
            return found | item.words
        if isinstance(item, _Slot):
            return found
        found |= frozenset().union(*(_firsts(choice) for choice in item.choices))
        if item.needed:
            return found
    return found


def _closed(items: tuple[_Item, ...]) -> bool:
    for item in items:
        if isinstance(item, _Word):
            return True
        if isinstance(item, _Slot):
            return False
        if not all(_closed(choice) for choice in item.choices):
            return False
        if item.needed:
            return True
    return False


def _run(  # noqa: C901 - one case after another
    items: tuple[_Item, ...], place: int, slots: Slots, at: int, found: dict[str, Any], cost: float
) -> Iterator[tuple[int, dict[str, Any], float]]:
    if place == len(items):
        yield at, found, cost
        return
    item = items[place]
    if isinstance(item, _Group):
        for choice in item.choices:
            for stop, inner, added in _run(choice, 0, slots, at, found, cost):
                yield from _run(items, place + 1, slots, stop, inner, added)
        if not item.needed:
            yield from _run(items, place + 1, slots, at, found, cost)
        return
    if at >= len(slots.tokens):
        return
    token = slots.tokens[at]
    slots.furthest = max(slots.furthest, at)
    if isinstance(item, _Slot):
        for value, stop, added in slots.read(item.kind, at):
            yield from _run(items, place + 1, slots, stop, {**found, item.name: value}, cost + added)
    elif token.kind != "quoted" and (token.lower in item.words or token.stem in item.words):
        yield from _run(items, place + 1, slots, at + 1, found, cost)
    if (token.kind == "word" and token.lower in FILLERS) or (token.kind == "sign" and token.lower == ","):
        yield from _run(items, place, slots, at + 1, found, cost + (_NAMING if token.lower == "a" else 0))


def _ends(tokens: Sequence[Token], at: int) -> bool:
    return all(token.lower in (".", "!", "?", "please", ",") for token in tokens[at:])


class Phrases:
    """Patterns that belong together, found by their first word."""

    def __init__(self) -> None:
        self.patterns: list[Pattern] = []

    def says(
        self, *texts: str, example: str = ""
    ) -> Callable[[Callable[[Bound], list[Step] | None]], Callable[[Bound], list[Step] | None]]:
        """Makes a function what becomes of some patterns; `example` shows one of them, with names of columns in braces."""

        def added(build: Callable[[Bound], list[Step] | None]) -> Callable[[Bound], list[Step] | None]:
            self.patterns += [Pattern(text, build, example if not place else "") for place, text in enumerate(texts)]
            return build

        return added
