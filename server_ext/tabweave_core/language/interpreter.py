"""A command in English as a plan, by rules: every word is accounted for, or the command is not understood.

It abstains rather than guesses. It must not know models, kernels or servers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..protocol.plan import Plan
from .commands import read
from .passage import NotUnderstood
from .suggestions import suggest
from .tokens import tokenize
from .wording import plan_words

if TYPE_CHECKING:
    from .context import Context


LONGEST = 4000
"""A command of more characters is none."""


@dataclass(frozen=True)
class Reading:
    """One thing that a command may mean, and how it was understood, in words."""

    plan: Plan
    words: str


@dataclass(frozen=True)
class Outcome:
    """What was made of a command: one reading, several that differ, or none and the words that were not understood."""

    readings: tuple[Reading, ...]
    not_understood: str = ""
    suggestions: tuple[str, ...] = ()


def interpret(text: str, context: Context) -> Outcome:
    """What a command may mean for a table."""
    tokens = tokenize(text[:LONGEST])
    try:
        if len(text) > LONGEST:
            raise NotUnderstood(len(tokens) - 1)
        found = read(tokens, context)
    except NotUnderstood as stopped:
        word = tokens[min(stopped.at, len(tokens) - 1)].text if tokens else ""
        return Outcome((), word, suggest(text[:LONGEST], context))
    plans = [Plan(steps=list(steps)) for steps in found.readings]
    return Outcome(tuple(Reading(plan, plan_words(plan)) for plan in plans))
