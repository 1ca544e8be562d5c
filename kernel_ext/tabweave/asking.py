"""Commands in plain words on a DataFrame: text, its readings, a plan, and what it would do, before anything is done.

A question is answered with a table; a command that changes the table is proposed, and applied as one edit that can be
undone. It must not know magics or how anything is drawn.
"""

from __future__ import annotations

import weakref
from datetime import date
from typing import TYPE_CHECKING, Any

import msgspec
from tabweave_core.errors import BadMessage, BadValue
from tabweave_core.language.context import Context, look
from tabweave_core.language.interpreter import interpret
from tabweave_core.language.wording import plan_words
from tabweave_core.plans import strict
from tabweave_core.protocol import plan as p

from .answers import Answer, Choice
from .grounds import database, ground
from .proposals import Proposal
from .staging import Stage

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tabweave_core.language.context import ColumnContext

    from .charts import ChartView
    from .frames.frame import Frame
    from .grounds import Ground
    from .handles import Table

LOOKING = (p.FilterRows, p.SortRows, p.TopRows, p.SampleRows, p.SelectColumns, p.Dedupe, p.Chart)
"""Steps that a question may consist of; any other one is there to change the table."""
CHANGING = frozenset(
    [
        "keep",
        "drop",
        "remove",
        "delete",
        "filter",
        "exclude",
        "discard",
        "retain",
        "only",
        "sort",
        "order",
        "rank",
        "arrange",
        "sample",
        "select",
        "dedupe",
        "deduplicate",
        "limit",
        "restrict",
        "reduce",
        "throw",
        "reorder",
        "leave",
        "eliminate",
        "ignore",
        "cut",
        "clean",
    ]
)
"""Verbs that say what is to become of the table."""

_known: weakref.WeakKeyDictionary[Frame, tuple[str, int, tuple[ColumnContext, ...], int]] = weakref.WeakKeyDictionary()


def ask(
    table: Table,
    command: str = "",
    plan: p.Plan | Mapping[str, Any] | str | None = None,
    reading: int | None = None,
    today: date | None = None,
) -> Proposal | Answer | ChartView | Choice:
    """What a command, or a plan, would do to a table; nothing is done yet.

    `reading` (1, 2 …) chooses where a command may mean several things. Raises for words that are not understood and for
    plans that do not fit the table.
    """
    frame = table.frame
    here = ground(table.slot, frame)
    others = _others(table, command, plan)
    if plan is not None:
        given = _plan(plan)
        return _outcome(table, here, others, command, given, words=plan_words(given), interpreter="plan", changes=True)
    if not command.strip():
        raise BadMessage("BAD_MESSAGE", "Say what is to be done.", hint='Such as: "drop rows without price".')
    outcome = interpret(command, _context(table.name, here, others, today or date.today()))
    if not outcome.readings:
        raise not_understood(outcome.not_understood, outcome.suggestions)
    if len(outcome.readings) > 1 and reading is None:
        return Choice(
            table.name, command, [each.words for each in outcome.readings], lambda nth: ask(table, command, reading=nth)
        )
    nth = reading or 1
    if not 1 <= nth <= len(outcome.readings):
        raise BadMessage("BAD_MESSAGE", f"There is no reading {nth}.", hint=f"There are {len(outcome.readings)}.")
    chosen = outcome.readings[nth - 1]
    changes = _says_change(command, chosen.plan)
    return _outcome(table, here, others, command, chosen.plan, words=chosen.words, interpreter="grammar", changes=changes)


def not_understood(words: str, suggestions: tuple[str, ...]) -> BadValue:
    """The refusal of a command, with what would be understood."""
    hint = f"Try: {'; '.join(suggestions[:3])}" if suggestions else "Say it in other words, one thing after the other."
    return BadValue("CHECK", f"Not understood: {words!r}.", hint=hint)


def _outcome(
    table: Table,
    here: Ground,
    others: Mapping[str, Ground],
    command: str,
    plan: p.Plan,
    *,
    words: str,
    interpreter: str,
    changes: bool,
) -> Proposal | Answer | ChartView:
    stage = Stage(here, table.name, plan, others)
    try:
        if stage.fresh or not changes:
            answer = Answer.of(stage, table, command, words)
            alone = len(plan.steps) == len(answer.charts) == 1
            return answer.charts[0] if alone else answer
        return Proposal(stage, table, command, words, interpreter)
    except BaseException:
        stage.close()
        raise


def _says_change(command: str, plan: p.Plan) -> bool:
    """Whether a command is to change the table; "show …" and "which …" only ask about it."""
    if any(not isinstance(step, LOOKING) for step in plan.steps):
        return True
    if all(isinstance(step, p.Chart) for step in plan.steps):
        return False
    first = next(
        (word for word in command.lower().replace(",", " ").split() if word not in ("please", "now", "then", "just")), ""
    )
    return first in CHANGING


def _plan(given: p.Plan | Mapping[str, Any] | str) -> p.Plan:
    """A plan from whatever it was given as."""
    if isinstance(given, p.Plan):
        return given
    if not isinstance(given, str):
        given = msgspec.json.encode({"steps": given} if isinstance(given, list) else given).decode()
    return strict.read(given)


def _context(name: str, here: Ground, others: Mapping[str, Ground], today: date) -> Context:
    columns, rows = _looked(here, name)
    described = {other: _looked(each, other)[0] for other, each in others.items()}
    return Context(name, columns, rows, today, described)


def _looked(here: Ground, name: str) -> tuple[tuple[ColumnContext, ...], int]:
    """What the interpreter knows of a table, found out once per revision."""
    known = _known.get(here.frame)
    if known is not None and known[:2] == (here.epoch, here.rev):
        return known[2], known[3]
    connection = database(here.zone)
    try:
        columns, rows = look(connection, here.lay(connection, name))
    finally:
        connection.close()
    _known[here.frame] = (here.epoch, here.rev, columns, rows)
    return columns, rows


def _others(table: Table, command: str, plan: object) -> dict[str, Ground]:
    """The tables of other variables that a command or a plan names."""
    said = f"{command} {plan if isinstance(plan, str) else msgspec.json.encode(plan, enc_hook=str).decode()}".casefold()
    home = table.home
    found = {}
    for name in home.binding.names():
        if name != table.name and name.casefold() in said:
            slot = home.binding.bind(name)
            if slot.frame is not None:
                found[name] = ground(slot, slot.frame)
    return found
