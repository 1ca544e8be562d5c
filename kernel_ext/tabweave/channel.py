"""One client's conversation about one table: its view, its numbered operations, its questions, what it is told.

It must not know which carrier moves its frames, which other channels there are, or why a frame changed.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator
from typing import TYPE_CHECKING

from tabweave_core.crew import Job
from tabweave_core.engine.planning import treeanswers
from tabweave_core.errors import BadMessage, Refused, TabweaveError, Unavailable
from tabweave_core.protocol import messages as m
from tabweave_core.protocol import wire

from . import news, questions
from .desk import Desk
from .frames.view import ViewState
from .frames.window import collect
from .greeting import mark
from .ledger import Ledger
from .shown import Shown
from .submissions import Submissions
from .treed import Treed, require_no_rows

if TYPE_CHECKING:
    from tabweave_core.crew import Crew
    from tabweave_core.protocol.schema import Person

    from .frames.frame import Applied, Frame
    from .frames.window import Cells
    from .slot import Slot

log = logging.getLogger("tabweave")

Send = Callable[[str | bytes], None]

SMALL = 50_000
"""A view that reads so few cells is computed where the request is received."""
TREE_COLUMNS = 4
"""A tree of so many rows is made at once as reads `SMALL` cells of so many columns."""
TRIES = 3
"""How often a view is computed anew because its columns changed meanwhile; then it comes as it is."""
MOST_WINDOW_CELLS = 2_000_000


class Channel:
    """The session's side of one channel."""

    def __init__(self, ch: str, slot: Slot, person: Person, send: Send, views: Crew, background: Crew, edits: Crew) -> None:
        self.ch = ch
        self.slot = slot
        self.person = person
        self.ledger = Ledger()
        self.frame: Frame | None = None
        """The frame this client was welcomed to; None before, and after it was told `gone` or `reset`."""
        self._epoch = ""
        self._send_frame = send
        self._views = views
        self._background = background
        self._submissions = Submissions(self, edits)
        self._jobs: dict[int, Job] = {}
        self._rows: ViewState | None = None
        self._coming: ViewState | None = None
        self._touched: set[int] = set()
        self._sub: int | None = None
        self._subbing: Job | None = None
        self._moved_at = 0
        self._shown = Shown()
        self._refreshing = False
        self._treed = Treed(ch)
        self.desk = Desk()

    def send(self, message: m.Message, arrow: bytes | None = None) -> None:
        """Sends one message."""
        self.post(wire.encode(message, arrow))

    def post(self, frame: str | bytes) -> None:
        """Sends one message that is encoded already."""
        try:
            self._send_frame(frame)
        except Exception:
            log.warning("A message on channel %s could not be sent.", self.ch, exc_info=True)

    # What it is told

    def welcome(self, send: Send, person: Person, first: m.First | None = None) -> None:
        """Answers hello: the frame as it is now, with its natural view in force, and its `first` rows if they are asked for."""
        self._send_frame = send
        self.person = person
        while (frame := self.slot.frame) is not None:
            with frame.lock:
                if self.slot.frame is frame:
                    self._begin(frame)
                    if first is not None:
                        self._show_first(frame, first)
                    return
        self.gone()

    def _show_first(self, frame: Frame, first: m.First) -> None:
        columns = [column.id for column in frame.schema().columns[: max(first.columns, 0)]]
        try:
            self._fetch(frame, m.Fetch(ch=self.ch, id=first.id, start=0, stop=first.rows, columns=columns), first.have)
        except Exception as error:
            self.fail(first.id, error)

    def _begin(self, frame: Frame) -> None:
        self._drop_work()
        self.slot.settle()
        self.frame, self._epoch = frame, frame.epoch
        self._rows, self._sub, self._moved_at, self._treed.view = None, None, frame.rev, None
        self.send(news.welcome(self.ch, frame, self.slot.name, self.person, self.ledger.last))

    def gone(self) -> None:
        """Tells that the variable is no longer there."""
        self._leave()
        self.send(m.Gone(ch=self.ch, reason="variable", message=self.slot.why))

    def reset(self) -> None:
        """Tells to drop everything and say hello again."""
        self._leave()
        self.send(m.Reset(ch=self.ch, reason="epoch"))

    def close(self) -> None:
        """Stops all work for this client."""
        self._leave()
        self.desk.close()

    def _leave(self) -> None:
        self._drop_work()
        self.frame = None
        self._rows = self._treed.view = None

    def _drop_work(self) -> None:
        for job in list(self._jobs.values()):
            job.cancel()
        self._jobs.clear()
        if self._subbing is not None:
            self._subbing.cancel()
        self._coming = None
        self._submissions.clear()
        self._shown.clear()

    def changed(self, applied: Applied) -> None:
        """Tells what an operation or user code changed; called under the frame's lock."""
        frame = self.frame
        if frame is None:
            return
        if frame.epoch != self._epoch:
            self.reset()
            return
        if applied.rows is not None:
            for view in (self._rows, self._coming):
                if view is not None:
                    view.follow(applied.rows)
            self._moved_at = applied.rev
            self._shown.clear()
        self._touched |= applied.columns
        told: list[m.Message] = [news.patch(self.ch, frame, self._rows, self.person, applied)]
        if self._treed.view is not None:
            told = self._treed.changed(frame, self.person, applied)
        self._submissions.tell(told)
        if self._shown and not self._refreshing:
            self._refreshing = True
            self._background.put(Job(lambda _job: self._refresh(frame)))

    def _refresh(self, frame: Frame) -> Generator[None]:
        self._refreshing = False
        self._reread(frame, lambda: self._shown.refresh(frame, self.slot.read))
        yield

    def _reread(self, frame: Frame, reread: Callable[[], object]) -> None:
        """Reads what was shown once more; while running code moves columns and rows there is nothing to compare."""
        with frame.lock:
            try:
                reread()
            except Unavailable:
                self._shown.clear()

    def _count(self, frame: Frame) -> int:
        return len(frame.df) if self._rows is None else self._rows.count

    @property
    def rows(self) -> ViewState | None:
        """The view in force; None for all rows in their own order."""
        return self._rows

    def look(self) -> None:
        """Compares, in the background, what the client was shown with what is there now."""
        frame = self.frame
        if frame is not None and self._shown:
            self._background.put(Job(lambda _job: self._look(frame)))

    def _look(self, frame: Frame) -> Generator[None]:
        self._reread(frame, lambda: self._shown.look(frame, self.slot.read))
        yield

    # What it asks

    def receive(self, request: m.Request) -> None:
        """Answers one request; raises `TabweaveError` for what cannot be answered."""
        frame = self.frame
        if isinstance(request, m.Cancel):
            self._cancel(request.re)
        elif frame is None:
            if self.slot.frame is None:
                self.gone()
            else:
                self.reset()
        elif isinstance(request, m.Fetch):
            self._fetch(frame, request)
        elif isinstance(request, m.Submit):
            self._submissions.take(frame, request)
        elif isinstance(request, m.Sub):
            self._subscribe(frame, request)
        elif isinstance(request, m.DefineRollup | m.DropRollup):
            self._treed.define(frame, request)
        elif self._treed.view is not None and isinstance(request, treeanswers.Question):
            with frame.lock:
                self.send(self._treed.answer(request))
        else:
            self._ask(frame, request)

    def rollups_changed(self) -> None:
        """Tells which rollups are kept with the frame now."""
        if self.frame is not None:
            self.send(self._treed.rollups(self.frame))

    def _cancel(self, number: int) -> None:
        self.desk.cancel(number)
        job = self._jobs.pop(number, None)
        if job is not None:
            job.cancel()

    def _fetch(self, frame: Frame, request: m.Fetch, have: str = "") -> None:
        if request.start < 0 or request.stop < request.start:
            raise BadMessage("BAD_MESSAGE", f"Rows {request.start} to {request.stop} are no range.", where="$.start")
        with frame.lock:
            if self._treed.view is not None:
                self.slot.settle()
                if self.frame is frame and self._treed.view is not None:
                    self.send(*self._treed.window(frame, request))
                return
            found = self.slot.read(lambda: self._collect(frame, request))
            if found is not None:
                start, stop, cells = found
                arrow = self._shown.take(cells, frame.rev)
                told = m.Window(ch=self.ch, re=request.id, rev=frame.rev, start=start, stop=stop)
                self.send(told, None if have and have == mark(frame, arrow) else arrow)

    def _collect(self, frame: Frame, request: m.Fetch) -> tuple[int, int, Cells] | None:
        """The rows of a window, cut to the view, and its cells; None when the client is no longer welcome to the frame."""
        if self.frame is not frame:
            return None
        stop = min(request.stop, self._count(frame))
        start = min(request.start, stop)
        if (stop - start) * (len(request.columns) + 1) > MOST_WINDOW_CELLS:
            message = f"A window holds at most {MOST_WINDOW_CELLS:,} cells."
            raise Refused("TOO_LARGE", message, hint="Ask for fewer rows.", where="$.stop")
        positions = slice(start, stop) if self._rows is None else self._rows.positions(start, stop)
        return start, stop, collect(frame, positions, request.columns)

    def check_view(self, request: m.Submit) -> None:
        """Refuses an operation that names rows of a view that is not what its sender saw."""
        if self._treed.view is not None:
            require_no_rows(request.op)
        if not news.names_view_rows(request.op):
            return
        if request.view != self._sub:
            raise Refused(
                "CONFLICT", "The sort or filter changed before the edit arrived.", hint="Nothing was written; repeat the edit."
            )
        if request.base_rev < self._moved_at:
            raise Refused("CONFLICT", "Rows came or went before the edit arrived.", hint="Nothing was written; repeat the edit.")

    def _subscribe(self, frame: Frame, request: m.Sub) -> None:
        if self._subbing is not None:
            self._subbing.cancel()
        view = request.view
        with frame.lock:
            self.slot.settle()
            if self.frame is not frame:
                return
            if view.tree is None and not (view.sort or view.filter or view.search):
                self._enforce(frame, request, None)
                return
            ready = view.tree is not None and self._treed.is_ready(frame, request)
        if view.tree is not None:
            self._plant(frame, request, at_once=ready)
            return
        job = Job(lambda job: self._compute_view(frame, request, job))
        width = len(frame.schema().columns) if view.search else len(view.sort) + len(view.filter)
        if len(frame.df) * width > SMALL:
            self._subbing = job
            self._views.put(job)
        else:
            while job.step():
                pass

    def _compute_view(self, frame: Frame, request: m.Sub, job: Job) -> Generator[None]:
        for left in reversed(range(TRIES)):
            with frame.lock:
                view = self._coming = ViewState(frame, request.view)
                self._touched = set()
            try:
                with frame.lock:
                    self.slot.read(view.collect)
                view.compute(job.cancelled)
            except Exception as error:
                if not job.cancelled():
                    self.fail(request.id, error)
                return
            with frame.lock:
                if job.cancelled() or self.frame is not frame:
                    return
                if not view.touches(self._touched) or not left:
                    self._enforce(frame, request, view)
                    return
            yield

    def _plant(self, frame: Frame, request: m.Sub, *, at_once: bool) -> None:
        """Puts a tree in force, at once where nothing is to be read for it."""
        job = self._subbing = Job(lambda job: self._compute_tree(frame, request, job))
        if at_once or len(frame.rids) * TREE_COLUMNS <= SMALL:
            while job.step():
                pass
        else:
            self._views.put(job)

    def _compute_tree(self, frame: Frame, request: m.Sub, job: Job) -> Generator[None]:
        try:
            with frame.lock:
                if job.cancelled() or self.frame is not frame:
                    return
                subbed = self.slot.read(lambda: self._treed.subscribe(frame, request))
                self._rows, self._sub, self._moved_at, self._coming = None, request.id, frame.rev, None
                self._shown.clear()
                self.send(subbed)
        except Exception as error:
            if not job.cancelled():
                self.fail(request.id, error)
        yield

    def _enforce(self, frame: Frame, request: m.Sub, rows: ViewState | None) -> None:
        self._rows, self._sub, self._moved_at, self._coming = rows, request.id, frame.rev, None
        self._treed.view = None
        self._shown.clear()
        self.send(m.Subbed(ch=self.ch, re=request.id, rev=frame.rev, rows=self._count(frame), total=len(frame.df)))

    def fail(self, number: int | None, error: Exception) -> None:
        """Tells why a request has no answer; what is no refusal is a defect and goes to the log as well."""
        if isinstance(error, TabweaveError):
            self.send(news.fault(self.ch, error, number))
            return
        log.error("Request %s on channel %s failed.", number, self.ch, exc_info=error)
        hint = "The kernel's log has the details."
        self.send(m.Error(ch=self.ch, code="INTERNAL", message="The request failed inside tabweave.", hint=hint, re=number))

    def _ask(self, frame: Frame, request: m.Request) -> None:
        """Hands a question to the background crew."""
        if self.desk.take(request) or not isinstance(request, questions.Question):
            return
        job = Job(lambda job: self._answers(frame, request, job))
        self._jobs[request.id] = job
        self._background.put(job)

    def _answers(self, frame: Frame, request: questions.Question, job: Job) -> Generator[None]:
        try:
            for message in questions.answer(self.ch, frame, self._rows, request, self.slot.read, job.cancelled):
                if job.cancelled():
                    return
                self.send(message)
                yield
        except Exception as error:
            if not job.cancelled():
                self.fail(request.id, error)
        finally:
            if self._jobs.get(request.id) is job:
                del self._jobs[request.id]
