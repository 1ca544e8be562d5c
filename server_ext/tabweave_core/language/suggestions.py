"""The commands nearest to one that was not understood, said of the columns of the table at hand. It must not know plans."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..plans.shape import NUMBERS, TIMES
from .commands import PATTERNS
from .lexicon import STOP
from .tokens import tokenize

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .context import ColumnContext, Context

_MOST = 4
_CHARTS = (
    "bar chart of total {number} by {text}",
    "line chart of {number} over {date}",
    "histogram of {number}",
    "scatter of {number} vs {number}",
    "total {number} by {text}",
    "average {number} per {text}",
)
_USUAL = ("drop rows without {any}", "remove duplicates by {any}", "total {number} by {text}", "top 3 by {number} per {text}")


def suggest(text: str, context: Context, most: int = _MOST) -> tuple[str, ...]:
    """Up to `most` commands: those with the words that were said first, then everyday ones."""
    tokens = tokenize(text)
    said = {token.stem for token in tokens if token.kind == "word" and token.lower not in STOP}
    examples = dict.fromkeys([*(pattern.example for pattern in PATTERNS if pattern.example), *_CHARTS])
    ranked = sorted(examples, key=lambda example: -len(said & _stems(example)))
    near = [example for example in ranked if said & _stems(example)]
    named = _named(tokens, context)
    found = dict.fromkeys(made for example in [*near, *_USUAL] if (made := _filled(example, context, named)))
    return tuple(found)[:most]


def _stems(example: str) -> set[str]:
    return {token.stem for token in tokenize(re.sub(r"\{\w+\}", "", example)) if token.lower not in STOP}


def _named(tokens: Sequence[object], context: Context) -> list[str]:
    """The columns whose names were said."""
    text = " ".join(getattr(token, "lower", "") for token in tokens)
    return [
        column.name for column in context.columns if column.name.lower().replace("_", " ") in text or column.name.lower() in text
    ]


def _filled(example: str, context: Context, named: Sequence[str]) -> str:
    """An example with columns of this table in the places of kinds; empty where it has none of a kind."""
    left = {kind: _of_kind(kind, context.columns, named) for kind in ("any", "text", "number", "date")}
    used: set[str] = set()
    text = example
    if "{value}" in example:
        known = [name for name in left["text"] if context.column(name).values]
        if not known:
            return ""
        text = text.replace("{value}", f'"{context.column(known[0]).values[0]}"')
        left["text"] = known
    for kind in re.findall(r"\{(\w+)\}", example.replace("{value}", "")):
        name = next((each for each in left[kind] if each not in used), None)
        if name is None:
            return ""
        used.add(name)
        text = text.replace(f"{{{kind}}}", name if re.fullmatch(r"\w+", name) else f'"{name}"', 1)
    return text


def _of_kind(kind: str, columns: Sequence[ColumnContext], named: Sequence[str]) -> list[str]:
    if kind == "text":
        fitting = sorted((each for each in columns if each.family == "text"), key=lambda each: each.unique)
    else:
        families = {"number": NUMBERS, "date": TIMES}.get(kind)
        fitting = [each for each in columns if families is None or each.family in families]
    names = [each.name for each in fitting]
    return sorted(names, key=lambda name: name not in named)
