"""Commands of one step or several, as readings: lists of steps. Later steps see the columns that earlier ones make.

A command is cut at "then", ";" and the like; where a part is not understood as a whole, also at "and" before a verb. It must
not know how each step is said.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import msgspec

from ..protocol.plan import SelectColumns
from .cell_commands import CELLS
from .charting import chart_of
from .column_commands import COLUMNS
from .lexicon import ASKING, POLITE
from .linker import Index, Linker
from .outlook import after
from .passage import NotUnderstood
from .question import Question
from .row_commands import ROWS
from .slots import TableSlots
from .table_commands import TABLES
from .tokens import split_name
from .value_commands import VALUES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..protocol.plan import Step
    from .context import Context
    from .patterns import Pattern
    from .tokens import Token

PATTERNS: tuple[Pattern, ...] = (*ROWS.patterns, *COLUMNS.patterns, *VALUES.patterns, *CELLS.patterns, *TABLES.patterns)
_CLOSE = 0.04
_FEW = 20
"""Whole numbers with more different values are amounts, not classes."""
_NEARLY = 0.9
_NAMING = frozenset({"id", "year", "code", "no", "nr", "zip", "number", "rank"})
"""Words in the names of columns whose numbers are no amounts."""
_MOST_STEPS = 40
_MOST_WORDS = 100
"""A part of a command with more words or signs is not read; what reads it goes deeper with each."""
_SHORT = frozenset({"vs", "approx", "incl", "excl", "resp", "etc", "no"})
"""Words after which a full stop ends no sentence."""
_CUTS = (("and", "then"), ("and", "after", "that"), ("after", "that"), ("then",), ("finally",), ("afterwards",), ("next", ","),
    ("and", "finally"))  # fmt: skip


@dataclass(frozen=True)
class Found:
    """What a part of a command may mean; several where it could be read in more ways than one."""

    readings: tuple[tuple[Step, ...], ...]


def read(tokens: Sequence[Token], context: Context) -> Found:
    """The steps that a whole command means; raises `NotUnderstood` with the token that nothing could be made of."""
    try:
        return _sequence(tokens, context)
    except NotUnderstood as stopped:
        failure = stopped
    plain = [token for token in tokens if token.lower != "\n"]
    if len(plain) <= _MOST_WORDS and any(token.lower in (".", "!") for token in plain[:-1]):
        try:
            chart = chart_of(plain, context, later=False)
            return Found((chart or tuple(Question(Linker(plain, context, Index.of(context))).read().steps()),))
        except NotUnderstood:
            pass
    raise failure


def _sequence(tokens: Sequence[Token], context: Context) -> Found:
    parts = [part for part in _parts(tokens) if part]
    if not parts:
        raise NotUnderstood(0)
    if len(parts) > _MOST_STEPS:
        raise NotUnderstood(len(tokens) - 1)
    readings: list[tuple[Step, ...]] = [()]
    offset = 0
    for part in parts:
        offset = next(place for place in range(offset, len(tokens)) if tokens[place] is part[0])
        readings = _continued(readings, part, context, offset)
    return Found(tuple(readings))


def _continued(readings: list[tuple[Step, ...]], part: Sequence[Token], context: Context, offset: int) -> list[tuple[Step, ...]]:
    """Every reading so far with every reading of the next part."""
    found = []
    for steps in readings:
        now: Context | None = context
        for step in steps:
            now = None if now is None else after(now, step)
        if now is None:
            raise NotUnderstood(offset)
        try:
            found += [steps + more for more in _clause(part, now, bool(steps))]
        except NotUnderstood as stopped:
            raise NotUnderstood(offset + stopped.at) from None
    return found[:4]


def _parts(tokens: Sequence[Token]) -> list[list[Token]]:
    parts: list[list[Token]] = [[]]
    at = 0
    while at < len(tokens):
        token = tokens[at]
        cut = next((words for words in _CUTS if _are(tokens, at, words)), ())
        if cut and at + len(cut) < len(tokens) and not _begins(parts[-1], tokens[at + len(cut)]):
            cut = ()
        ends = (
            token.kind == "sign"
            and token.lower in (";", ".", "\n", "!")
            and not (at and token.lower == "." and tokens[at - 1].lower in _SHORT)
        )
        if ends or (cut and (parts[-1] or at == 0)):
            while parts[-1] and parts[-1][-1].lower in (",", "and") and parts[-1][-1].kind != "quoted":
                parts[-1].pop()
            parts.append([])
            at += len(cut) or 1
            while at < len(tokens) and cut and tokens[at].lower == ",":
                at += 1
            continue
        parts[-1].append(token)
        at += 1
    return parts


def _begins(before: Sequence[Token], token: Token) -> bool:
    """Whether a new step begins after "then": not in the middle of a list of sort keys."""
    if token.lower in ("by", "on"):
        return False
    return not (before and before[0].lower in ("sort", "order", "arrange")) or token.lower in _verbs() or token.kind == "sign"


def _are(tokens: Sequence[Token], at: int, words: tuple[str, ...]) -> bool:
    here = tokens[at : at + len(words)]
    return len(here) == len(words) and all(
        token.kind != "quoted" and token.lower == word for token, word in zip(here, words, strict=True)
    )


def _clause(tokens: Sequence[Token], context: Context, later: bool) -> list[tuple[Step, ...]]:
    """One part of a command: as a whole, or cut at an "and" or comma before a verb."""
    if len(tokens) > _MOST_WORDS:
        raise NotUnderstood(_MOST_WORDS)
    skipped = _polite(tokens)
    spoken = tokens[skipped:]
    try:
        return _whole(spoken, context, later)
    except NotUnderstood as stopped:
        failure = NotUnderstood(stopped.at + skipped)
    for at in range(1, len(spoken) - 1):
        if spoken[at].kind == "quoted" or spoken[at].lower not in ("and", ","):
            continue
        nxt = at + 1
        while nxt < len(spoken) and spoken[nxt].lower in ("and", ",", "then", "also"):
            nxt += 1
        if nxt >= len(spoken) or spoken[nxt].lower not in _verbs():
            continue
        try:
            before = _whole(spoken[:at], context, later)
        except NotUnderstood:
            continue
        try:
            return _continued(before, spoken[nxt:], context, skipped + nxt)
        except NotUnderstood as stopped:
            failure = stopped
    raise failure


def _whole(tokens: Sequence[Token], context: Context, later: bool) -> list[tuple[Step, ...]]:
    if not tokens:
        raise NotUnderstood(0)
    linker = Linker(tokens, context, Index.of(context))
    slots = TableSlots(linker)
    found = _matched(slots, context)
    if found:
        return found
    chart = chart_of(tokens, context, later=later)
    if chart is not None:
        return [chart]
    if tokens[0].lower in _verbs() - ASKING:
        raise NotUnderstood(slots.furthest)
    query = Question(linker).read()
    meant = query.figured(*_kinds(context))
    if meant:
        return [tuple(each.steps()) for each in meant]
    steps = tuple(query.steps())
    if later and tokens[0].lower not in ASKING and all(isinstance(step, SelectColumns) for step in steps):
        raise NotUnderstood(0)
    return [steps]


def _kinds(context: Context) -> tuple[set[str], set[str]]:
    """The columns that hold amounts, and those with values that are there several times."""
    repeated = {each.name for each in context.columns if each.distinct < _NEARLY * context.rows}
    amounts = {
        each.name
        for each in context.columns
        if each.family in ("float", "decimal") or (each.family == "integer" and each.distinct > _FEW)
    }
    return {name for name in amounts if not _NAMING & set(split_name(name))}, repeated


def _matched(slots: TableSlots, context: Context) -> list[tuple[Step, ...]]:
    """What the patterns make of a clause: the plainest, and any other that is as plain."""
    found: dict[bytes, tuple[float, tuple[Step, ...]]] = {}
    words = {token.lower for token in slots.tokens[:3]} | {token.stem for token in slots.tokens[:3]}
    for pattern, firsts in _indexed():
        if firsts and not firsts & words:
            continue
        for bound, cost in pattern.match(slots, context):
            steps = pattern.build(bound)
            if steps is not None:
                key = msgspec.json.encode(steps)
                if key not in found or cost < found[key][0]:
                    found[key] = cost, tuple(steps)
    if not found:
        return []
    ranked = sorted(found.values(), key=lambda each: each[0])
    return [steps for cost, steps in ranked if cost <= ranked[0][0] + _CLOSE]


@cache
def _indexed() -> tuple[tuple[Pattern, frozenset[str]], ...]:
    return tuple((pattern, pattern.firsts if pattern.closed else frozenset()) for pattern in PATTERNS)


@cache
def _verbs() -> frozenset[str]:
    """The words that a command may begin with."""
    return frozenset().union(*(pattern.firsts for pattern in PATTERNS)) | {
        "plot",
        "chart",
        "draw",
        "graph",
        "visualize",
        "visualise",
        "show",
        "give",
        "count",
    }


def _polite(tokens: Sequence[Token]) -> int:
    """Where the words end that only ask for it."""
    at = 0
    while at < len(tokens):
        words = next((words for words in POLITE if _are(tokens, at, words)), ())
        if not words:
            return at if at < len(tokens) else 0
        at += len(words)
    return 0
