"""Commands in plain words on a DataFrame: text, its readings, a plan, and what it would do, before anything is done.

A question is answered with a table; a command that changes the table is proposed, and applied as one edit that can be
undone. It must not know magics or how anything is drawn.
"""

from __future__ import annotations

import re
import weakref
from datetime import date
from functools import partial
from threading import current_thread, main_thread
from typing import TYPE_CHECKING, Any, Literal

import msgspec
from tabweave_core.asking.apart import Apart
from tabweave_core.asking.mood import says_change
from tabweave_core.errors import BadMessage, BadValue, Refused
from tabweave_core.language.context import Context, look
from tabweave_core.language.interpreter import Outcome, interpret
from tabweave_core.language.wording import plan_words
from tabweave_core.plans import strict
from tabweave_core.plans.shape import quote
from tabweave_core.protocol import plan as p

from . import querying
from .answers import Answer, Choice
from .grounds import database, ground
from .language.settings import settings_of
from .progress import Progress
from .proposals import Proposal
from .staging import Stage

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Protocol

    from tabweave_core.language.context import ColumnContext
    from tabweave_core.protocol.asking import Stage as Progressed

    from .charts import ChartView
    from .frames.frame import Frame
    from .grounds import Ground
    from .handles import Table
    from .language.consulting import Advice
    from .language.settings import TabweaveModel

    class Hear(Protocol):
        """Is given a plan as it was run over the table; `changes` says that it is to change it."""

        def __call__(self, stage: Stage, *, changes: bool) -> None:
            """Takes down what is to be told of it."""

    Say = Callable[[Progressed, str], None]
    Stoppable = Callable[[Callable[[], None]], None]

By = Literal["", "rules", "model"]
"""Who reads a command: the built-in rules and then, if one is configured, a model; or only one of them."""
RULES = "the built-in rules"
MOST_SAMPLES = 20
"""So many different values of a column that was opened for it are shown to a model."""

_known: weakref.WeakKeyDictionary[Frame, tuple[str, int, tuple[ColumnContext, ...], int]] = weakref.WeakKeyDictionary()


def ask(
    table: Table,
    command: str = "",
    plan: p.Plan | Mapping[str, Any] | str | None = None,
    reading: int | None = None,
    today: date | None = None,
    by: By = "",
    samples: Sequence[str] = (),
    hear: Hear | None = None,
    say: Say | None = None,
    stoppable: Stoppable | None = None,
) -> Proposal | Answer | ChartView | Choice:
    """What a command, or a plan, would do to a table; nothing is done yet.

    `reading` (1, 2 …) chooses where a command may mean several things. A model sees some values of the columns in `samples`,
    and otherwise none. `hear` is given the plan as it was run, while that is at hand, `say` told how far it is, `stoppable` given
    what ends the asking of a model from another thread. Raises for words that are not understood and plans that do not fit.
    """
    frame = table.frame
    here = ground(table.slot, frame)
    others = _others(table, command, plan)
    if plan is not None:
        given = _plan(plan)
        words = plan_words(given)
        run = partial(_outcome, interpreter="plan", changes=True, hear=hear, stoppable=stoppable)
        return run(table, here, others, command, given, words=words)
    if not command.strip():
        raise BadMessage("BAD_MESSAGE", "Say what is to be done.", hint='Such as: "drop rows without price".')
    context = _context(table.name, here, others, today or date.today())
    outcome = Outcome(()) if by == "model" else interpret(command, context)
    settings = settings_of(table.home.shell)
    if not outcome.readings and (by == "model" or (not by and settings.configured)):
        advice = _consult(table, here, others, settings, command, context, samples, say, stoppable)
        changes, words = says_change(command, advice.plan), plan_words(advice.plan)
        more = {**_of(advice), "hear": hear, "stoppable": stoppable}
        return _outcome(table, here, others, command, advice.plan, words=words, changes=changes, **more)
    if not outcome.readings:
        raise not_understood(outcome)
    if len(outcome.readings) > 1 and reading is None:
        readings = [each.words for each in outcome.readings]
        return Choice(table.name, command, readings, lambda nth: ask(table, command, reading=nth, hear=hear))
    nth = reading or 1
    if not 1 <= nth <= len(outcome.readings):
        raise BadMessage("BAD_MESSAGE", f"There is no reading {nth}.", hint=f"There are {len(outcome.readings)}.")
    chosen = outcome.readings[nth - 1]
    changes = says_change(command, chosen.plan)
    return _outcome(
        table, here, others, command, chosen.plan, words=chosen.words, interpreter="grammar", changes=changes, by=RULES, hear=hear
    )


class NotUnderstood(BadValue):
    """The refusal of a command; `outcome` has the words that were not understood and commands that would be."""

    outcome: Outcome


def not_understood(outcome: Outcome) -> NotUnderstood:
    """The refusal of a command, with what would be understood."""
    suggestions = outcome.suggestions
    hint = f"Try: {'; '.join(suggestions[:3])}" if suggestions else "Say it in other words, one thing after the other."
    error = NotUnderstood("CHECK", f"Not understood: {outcome.not_understood!r}.", hint=hint)
    error.outcome = outcome
    return error


def context(table: Table, said: str) -> Context:
    """What is known of a table when something is said about it."""
    return _context(table.name, ground(table.slot, table.frame), _others(table, said, None), date.today())


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
    by: str = "",
    sent: tuple[dict[str, Any], ...] = (),
    hear: Hear | None = None,
    stoppable: Stoppable | None = None,
) -> Proposal | Answer | ChartView:
    stage = Stage(here, table.name, plan, others, stoppable)
    try:
        if hear is not None:
            hear(stage, changes=changes and not stage.fresh)
        if stage.fresh or not changes:
            answer = Answer.of(stage, table, command, words, by)
            alone = len(plan.steps) == len(answer.charts) == 1
            if alone:
                answer.charts[0].read_by = by if sent else ""
            return answer.charts[0] if alone else answer
        if table.is_shared:
            from .agreed import propose

            stage.close()
            shared: Any = table
            return propose(shared, plan, command, interpreter, by, sent)
        return Proposal(stage, table, command, words, interpreter, by, sent)
    except BaseException:
        stage.close()
        raise


def _consult(
    table: Table,
    here: Ground,
    others: Mapping[str, Ground],
    settings: TabweaveModel,
    command: str,
    context: Context,
    samples: Sequence[str],
    tell: Say | None = None,
    stoppable: Stoppable | None = None,
) -> Advice:
    """A model's plan for a command; raises when there is no model, or none of its plans fits."""
    from .language.consulting import consult

    if not settings.configured:
        raise Refused(
            "FORBIDDEN",
            "No model is configured.",
            hint="Set TABWEAVE_MODEL, or: %config TabweaveModel.model = 'NAME'. Or ask with --offline.",
        )
    connection = database(here.zone)
    try:
        source = here.lay(connection, table.name)
        sources = {name: each.lay(connection, name) for name, each in others.items()}
        source.shape.require(*samples)
        apart = Apart(querying.sandbox(), querying.limits(), here.zone)
        shown = {
            name: [
                value
                for (value,) in connection.execute(
                    f"SELECT CAST({quote(name)} AS VARCHAR) AS v FROM {source.relation} WHERE v IS NOT NULL "
                    f"GROUP BY v ORDER BY count(*) DESC, v LIMIT {MOST_SAMPLES}"
                ).fetchall()
            ]
            for name in samples
        }
        with Progress(f"Asking {settings.model}", quiet=0) as progress:
            seen = table.home.shell is not None and current_thread() is main_thread()
            say = progress.say if seen else partial(tell or _mute, "model")
            return consult(
                table.home,
                settings,
                command,
                context,
                shown,
                check=lambda plan: apart.rehearse(connection, plan, source, sources),
                tell=say,
                stoppable=stoppable,
            )
    finally:
        connection.close()


def _mute(_stage: Progressed, _message: str) -> None:
    """Says nothing."""


def _of(advice: Advice) -> dict[str, Any]:
    return {"interpreter": advice.interpreter, "by": advice.by, "sent": tuple(advice.exchange.told()["requests"])}


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
        if name != table.name and re.search(rf"(?<!\w){re.escape(name.casefold())}(?!\w)", said):
            slot = home.binding.bind(name)
            if slot.frame is not None:
                found[name] = ground(slot, slot.frame)
    return found
