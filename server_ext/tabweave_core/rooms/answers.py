"""Answers to what a person asks about a shared table and a view of it: distributions, values, matches, figures, text, code.

Each is read in one transaction, in SQL with bound values, through the lens of who asks. It must not know members or carriers.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from ..charts.chart import charted, frame_of, read_step
from ..engine import spreads
from ..errors import BadMessage
from ..protocol import messages as m
from . import charting, clipboard, distribution, figures, finding, script
from .rights import lens

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ..engine.store import Store
    from ..engine.window import Seen
    from ..protocol.schema import Person

Question = m.AskProfile | m.AskValues | m.Find | m.AskStats | m.Copy | m.AskCode | m.AskHistory | m.AskSpread | m.AskChart

MOST_ANSWERS = 10_000
"""No list in an answer is longer."""


def never() -> bool:
    """The `cancelled` of what nobody can cancel."""
    return False


def answer(
    store: Store,
    name: str,
    user: Person,
    ch: str,
    seen: Seen | None,
    question: Question,
    cancelled: Callable[[], bool] = never,
) -> Iterator[m.Message]:
    """The answers to a question, each as soon as it is known; raises `TabweaveError`, and `CANCELLED` when given up.

    `seen` is the view that rows are named in; without one they are all rows in their own order.
    """
    eyes, re = lens(user), question.id

    match question:
        case m.AskProfile(columns=columns):
            read = partial(store.read, name, lens=eyes, cancelled=cancelled)
            profiles = (read(partial(distribution.profile, cid=cid)) for cid in columns)
            yield from (
                m.Profiled(ch=ch, re=re, rev=rev, profile=found, done=number == len(columns))
                for number, (rev, found) in enumerate(profiles, 1)
            )
        case m.AskValues(column=cid, search=search):
            limit = _limit(question.limit)
            values, missing, more = store.read(
                name, partial(distribution.values, cid=cid, search=search, limit=limit), eyes, cancelled=cancelled
            )
            yield m.Values(ch=ch, re=re, values=values, missing=missing, more=more)
        case m.Find():
            limit = _limit(question.limit)
            matches, total = store.read(
                name, partial(finding.find, seen=seen, question=question, limit=limit), eyes, cancelled=cancelled
            )
            yield m.Found(ch=ch, re=re, matches=matches, total=total)
        case m.AskStats(ranges=ranges):
            stats = store.read(name, partial(figures.figures, seen=seen, ranges=ranges), eyes, cancelled=cancelled)
            yield m.Figures(ch=ch, re=re, stats=stats)
        case m.Copy():
            tsv = store.read(
                name,
                partial(clipboard.copy, seen=seen, wanted=question.range, headers=question.headers),
                eyes,
                cancelled=cancelled,
            )
            yield m.Copied(ch=ch, re=re, tsv=tsv)
        case m.AskCode(language=language):
            text = store.read(name, partial(script.edits, language=language), eyes, cancelled=cancelled)
            yield m.Code(ch=ch, re=re, text=text)
        case m.AskSpread(op=op):
            preview = store.read(name, partial(spreads.dry_run, op=op), eyes, cancelled=cancelled)
            yield m.Spreads(ch=ch, re=re, preview=preview)
        case m.AskChart():
            wanted, part = read_step(question.chart), frame_of(question)
            rev, drawn = store.read(name, partial(charting.draw, chart=wanted, part=part), eyes, cancelled=cancelled)
            yield charted(question, rev, drawn, name)
        case m.AskHistory():
            changes = store.history(name, _limit(question.limit), rid=question.rid, column=question.column, lens=eyes)
            yield m.History(ch=ch, re=re, changes=changes)


def _limit(wanted: int) -> int:
    if wanted < 1:
        raise BadMessage("BAD_MESSAGE", f"A limit of {wanted} leaves nothing.", where="$.limit")
    return min(wanted, MOST_ANSWERS)
