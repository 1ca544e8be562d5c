"""Answers to what a client asks about a frame and a view: distributions, values, matches, figures, text, code, history.

It runs beside everything else and takes the frame's lock only for moments. It must not know channels' state or carriers.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from tabweave_core.charts.chart import charted, frame_of, read_step
from tabweave_core.errors import BadMessage, Unavailable
from tabweave_core.protocol import messages as m
from tabweave_core.protocol.schema import Match

from .frames import charting, stats
from .frames.arrays import storage
from .frames.code import edits
from .frames.distinct import distinct
from .frames.matching import Pattern
from .frames.profile import profile
from .frames.spreads import dry_run
from .frames.view import ViewState

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tabweave_core.protocol.schema import Column

    from .frames.frame import Frame

Question = m.AskProfile | m.AskValues | m.Find | m.AskStats | m.Copy | m.AskCode | m.AskHistory | m.AskSpread | m.AskChart

MOST_ANSWERS = 10_000
"""No list in an answer is longer."""

Result = TypeVar("Result")


class Read(Protocol):
    """How something is read from a frame; called under the frame's lock."""

    def __call__(self, look: Callable[[], Result]) -> Result:
        """What `look` finds while columns and rows stay where they are."""


def answer(
    ch: str,
    frame: Frame,
    view: ViewState | None,
    question: Question,
    read: Read,
    cancelled: Callable[[], bool],
) -> Iterator[m.Message]:
    """The answers to a question, each as soon as it is known; raises `TabweaveError`, and `CANCELLED` when given up.

    `read` surrounds every reading of columns.
    """

    def check() -> None:
        if cancelled():
            raise Unavailable("CANCELLED", "Nobody waits for the answer any more.")

    with frame.lock:
        read(lambda: None)
    shown = view if view is not None else ViewState(frame)
    match question:
        case m.AskProfile():
            yield from _profiles(ch, frame, question, read, check)
        case m.AskValues():
            with frame.lock:
                _, column, values = read(lambda: _column(frame, question.column))
            found, missing, more = distinct(column, values, question.search, _limit(question.limit), check)
            yield m.Values(ch=ch, re=question.id, values=found, missing=missing, more=more)
        case m.Find():
            pattern = Pattern.find(question.text, case=question.case, whole=question.whole, regex=question.regex)
            cells, total = shown.find(
                pattern, question.columns, start=question.start, limit=_limit(question.limit), cancelled=cancelled
            )
            matches = [Match(row=row, rid=rid, column=column) for row, rid, column in cells]
            yield m.Found(ch=ch, re=question.id, matches=matches, total=total)
        case m.AskStats():
            yield m.Figures(ch=ch, re=question.id, stats=stats.figures(frame, shown, question.ranges, check))
        case m.Copy():
            yield m.Copied(ch=ch, re=question.id, tsv=stats.copy(frame, shown, question.range, headers=question.headers))
        case m.AskChart():
            rev, drawn = charting.draw(frame, read_step(question.chart), frame_of(question), read)
            yield charted(question, rev, drawn, frame.name)
        case _:
            yield _told(ch, frame, question)


def _told(ch: str, frame: Frame, question: m.AskCode | m.AskHistory | m.AskSpread) -> m.Message:
    """What is told of the frame whatever the view."""
    match question:
        case m.AskCode():
            return m.Code(ch=ch, re=question.id, text=edits(frame, question.language))
        case m.AskSpread():
            return m.Spreads(ch=ch, re=question.id, preview=dry_run(frame, question.op))
        case m.AskHistory():
            changes = frame.history(_limit(question.limit), rid=question.rid, column=question.column)
            return m.History(ch=ch, re=question.id, changes=changes)


def _profiles(ch: str, frame: Frame, question: m.AskProfile, read: Read, check: Callable[[], None]) -> Iterator[m.Message]:
    """One answer per column. Each is of the revision at which it was read."""
    for number, cid in enumerate(question.columns, 1):
        check()
        with frame.lock:
            rev, column, values = read(partial(_column, frame, cid))
        found = profile(column, values)
        yield m.Profiled(ch=ch, re=question.id, rev=rev, profile=found, done=number == len(question.columns))


def _column(frame: Frame, column: int) -> tuple[int, Column, Any]:
    return frame.rev, frame.column(column), storage(frame.values(column))


def _limit(wanted: int) -> int:
    if wanted < 1:
        raise BadMessage("BAD_MESSAGE", f"A limit of {wanted} leaves nothing.", where="$.limit")
    return min(wanted, MOST_ANSWERS)
