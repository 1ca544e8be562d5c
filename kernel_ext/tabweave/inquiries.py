"""What a grid on a DataFrame asks in plain words: proposals, what they do to rows, applying them, commands on offer.

It must not know how commands are read, or carriers.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import pyarrow as pa
from tabweave_core.asking import telling
from tabweave_core.crew import Job
from tabweave_core.errors import BadMessage, Refused
from tabweave_core.language.suggestions import suggest
from tabweave_core.plans import strict
from tabweave_core.protocol import messages as m

from . import asking
from .answers import Choice
from .handles import Table
from .plan_code import plan_code
from .proposals import Proposal

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from tabweave_core.crew import Crew
    from tabweave_core.protocol import asking as a
    from tabweave_core.protocol.ops import Transform

    from .channel import Channel
    from .frames import transform
    from .frames.frame import Frame
    from .slot import Slot
    from .staging import Stage
    from .workspace import Workspace

    Inquiry = m.Ask | m.AskChanges | m.AskSuggestions | m.AskCode | m.Discard

_WAY = "A language model can read it, where one is named: set TABWEAVE_MODEL, or %config TabweaveModel.model."
MOST_ROWS = 10_000
"""The changes of so many rows can be asked for at once."""
MOST_KEPT = 2_000_000
"""So many changed cells of a column are kept to be shown."""
_AGAIN = "Ask again to see what it would do now."


class _Faced(Table):
    """A table that is asked from another thread than the one its variable lives in."""

    @property
    def frame(self) -> Frame:
        found = self.slot.frame
        if found is None:
            raise Refused("CONFLICT", "The variable is gone.", hint="Run the cell again.")
        return found


class _Heard:
    """What a proposal looks like on the wire, taken down while the table after it is still at hand."""

    def __init__(self, command: str) -> None:
        self._command = command
        self.told: a.Proposal | None = None
        self.rows: pa.Table | None = None
        self.cells: dict[int, Any] = {}
        self.removed = np.empty(0, dtype=np.int64)

    def __call__(self, stage: Stage, *, changes: bool) -> None:
        comparison, rev = stage.comparison, stage.ground.rev
        if not changes:
            self.told, self.rows = telling.answer(comparison, rev=rev, command=self._command, interpreter="")
            return
        ids, own = stage.ground.ids, comparison.origins
        changed = stage.changed
        self.told = telling.change(
            comparison,
            changed,
            ids,
            lambda rids: stage.ground.rows.positions(rids).tolist(),
            rev=rev,
            command=self._command,
            interpreter="",
        )
        self.cells = {ids[own[name]]: each.first(MOST_KEPT) for name, each in changed.items()} | comparison.coming(MOST_KEPT)
        if comparison.diff.removed:
            self.removed = comparison.removed()


class _Kept:
    """The newest proposal of a channel."""

    def __init__(self, proposal: Proposal, told: a.Proposal, heard: _Heard) -> None:
        self.proposal = proposal
        self.told = told
        self.cells = heard.cells
        self.removed = heard.removed


class Inquiries:
    """The inquiries of one channel, answered by a crew beside everything else."""

    def __init__(self, channel: Channel, home: Workspace, crew: Crew) -> None:
        self._channel = channel
        self._table = _table(channel.slot, home)
        self._crew = crew
        self._jobs: dict[int, Job] = {}
        self._kept: _Kept | None = None
        self._stops: dict[int, Callable[[], None]] = {}

    def take(self, request: Inquiry) -> None:
        """Has one answered."""
        if isinstance(request, m.Discard):
            if self._kept is not None and self._kept.told.token == request.token:
                self._kept = None
            return
        job = Job(lambda job: self._reply(request, job))
        self._jobs[request.id] = job
        self._crew.put(job)

    def cancel(self, number: int) -> None:
        """Gives one up."""
        job = self._jobs.pop(number, None)
        if job is not None:
            job.cancel()
        stop = self._stops.pop(number, None)
        if stop is not None:
            stop()

    def close(self) -> None:
        """Gives all up, and lets go of what was proposed."""
        for number in list(self._jobs):
            self.cancel(number)
        self._kept = None

    def _reply(self, request: m.Ask | m.AskChanges | m.AskSuggestions | m.AskCode, job: Job) -> Generator[None]:
        try:
            message, rows = self._answer(request, job.cancelled)
            if not job.cancelled():
                self._channel.send(message, None if rows is None else _stream(rows))
        except Exception as error:
            if not job.cancelled():
                self._channel.fail(request.id, error)
        finally:
            if self._jobs.get(request.id) is job:
                del self._jobs[request.id]
            self._stops.pop(request.id, None)
        yield

    def _answer(
        self, request: m.Ask | m.AskChanges | m.AskSuggestions | m.AskCode, cancelled: Callable[[], bool]
    ) -> tuple[m.Message, pa.Table | None]:
        ch, re = self._channel.ch, request.id
        match request:
            case m.AskChanges():
                return self._changes(request), None
            case m.AskSuggestions(text=text, limit=limit):
                context = asking.context(self._table, text)
                return m.Suggestions(ch=ch, re=re, commands=list(suggest(text, context, max(1, min(limit, 50))))), None
            case m.AskCode(plan=plan):
                return m.Code(ch=ch, re=re, text=plan_code(strict.read(plan), self._table)), None

        def say(stage: a.Stage, message: str) -> None:
            if not cancelled():
                self._channel.send(m.Asking(ch=ch, re=re, stage=stage, message=message))

        heard = _Heard(request.text)
        say("reading", "Reading the table")
        given = request.plan or None
        try:
            stoppable = partial(self._can_stop, re, cancelled)
            found = asking.ask(
                self._table, request.text, plan=given, reading=request.reading, hear=heard, say=say, stoppable=stoppable
            )
        except asking.NotUnderstood as error:
            told = telling.unread(error.outcome, rev=self._table.frame.rev, command=request.text, way=_WAY)
            return m.Proposed(ch=ch, re=re, proposal=told), None
        told = self._told(found, heard, request.text)
        if isinstance(found, Proposal):
            found.withdraw()
            if not cancelled():
                self._kept = _Kept(found, told, heard)
        return m.Proposed(ch=ch, re=re, proposal=told), heard.rows

    def _can_stop(self, number: int, cancelled: Callable[[], bool], stop: Callable[[], None]) -> None:
        self._stops[number] = stop
        if cancelled():
            stop()

    def _told(self, found: object, heard: _Heard, command: str) -> a.Proposal:
        if isinstance(found, Choice):
            return telling.choice(found.readings, rev=self._table.frame.rev, command=command)
        assert heard.told is not None, "what is asked is told"
        by = getattr(found, "read_by", "")
        known = "grammar" if by == asking.RULES else "model" if by else "plan"
        interpreter = getattr(found, "interpreter", known)
        more: dict[str, Any] = {"cost": by if interpreter.startswith("model") else "", "interpreter": interpreter}
        if isinstance(found, Proposal):
            counts = heard.told.counts if not found.nothing else "nothing changes"
            more |= {"notes": list(found.notes), "nothing": found.nothing, "counts": counts}
        return msgspec.structs.replace(heard.told, **more)

    def _changes(self, request: m.AskChanges) -> m.Differences:
        kept = self._kept
        if kept is None or kept.told.token != request.token:
            raise Refused("CONFLICT", "This proposal is not kept any more.", hint=_AGAIN)
        if len(request.rows) > MOST_ROWS:
            raise Refused("TOO_LARGE", f"Ask about at most {MOST_ROWS:,} rows at once.", where="$.rows")
        return m.Differences(
            ch=self._channel.ch,
            re=request.id,
            rev=kept.told.rev,
            token=request.token,
            columns=telling.differences(kept.cells, request.rows),
            removed=telling.among(kept.removed, request.rows).tolist(),
        )

    # Applying

    def prepared(self, op: Transform) -> transform.Transform:
        """What a transform comes down to: the proposal that was shown, or a new one that does the same.

        Raises `CONFLICT` when the table has changed and it would do something else.
        """
        plan = strict.read(op.plan)
        kept = self._kept
        if kept is not None and kept.told.token == op.token and strict.read(kept.told.plan) == plan and kept.proposal.fits():
            self._kept = None
            return kept.proposal.operation()
        heard = _Heard(op.command)
        found = asking.ask(self._table, op.command, plan=plan, hear=heard)
        if not isinstance(found, Proposal) or heard.told is None:
            raise BadMessage("BAD_MESSAGE", "This makes another table and changes nothing in this one.", where="$.op.plan")
        found.withdraw()
        found.interpreter = op.interpreter[:100] or "plan"
        if op.token and op.token.partition("-")[2] != heard.told.token.partition("-")[2]:
            raise Refused("CONFLICT", f"{self._table.name} has changed, and this would do something else now.", hint=_AGAIN)
        return found.operation()


def _table(slot: Slot, home: Workspace) -> Table:
    return _Faced(slot, home)


def _stream(rows: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, rows.schema) as writer:
        writer.write_table(rows.combine_chunks())
    return bytes(sink.getvalue())
