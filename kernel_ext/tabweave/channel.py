"""One client's conversation about one table: its view, its numbered operations, its questions, what it is told.

It must not know which carrier moves its frames, which other channels there are, or why a frame changed.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Generator
from typing import TYPE_CHECKING

from tabweave_core.errors import BadMessage, Refused, TabweaveError, Unavailable
from tabweave_core.protocol import messages as m
from tabweave_core.protocol import wire

from . import news, questions
from .frames.view import ViewState
from .frames.window import collect
from .gate import PATIENCE
from .ledger import Ledger
from .shown import Shown
from .slot import Occupied
from .worker import Job

if TYPE_CHECKING:
    from tabweave_core.protocol.schema import Person

    from .frames.frame import Applied, Frame
    from .frames.window import Cells
    from .slot import Slot
    from .worker import Worker

log = logging.getLogger("tabweave")

Send = Callable[[str | bytes], None]

SMALL = 50_000
"""A view that reads so few cells is computed where the request is received."""
TRIES = 3
"""How often a view is computed anew because its columns changed meanwhile; then it comes as it is."""
GLANCE, BETWEEN_GLANCES = 0.02, 0.1
"""Seconds that an operation in the backlog waits for code to leave pandas, and then lets it run undisturbed."""
MOST_WINDOW_CELLS = 2_000_000


class Channel:
    """The session's side of one channel."""

    def __init__(self, ch: str, slot: Slot, person: Person, send: Send, views: Worker, background: Worker, edits: Worker) -> None:
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
        self._edits = edits
        self._backlog: deque[m.Submit] = deque()
        self._jobs: dict[int, Job] = {}
        self._rows: ViewState | None = None
        self._coming: ViewState | None = None
        self._touched: set[int] = set()
        self._sub: int | None = None
        self._subbing: Job | None = None
        self._moved_at = 0
        self._shown = Shown()
        self._held: list[m.Patch] | None = None
        self._refreshing = False

    def send(self, message: m.Message, arrow: bytes | None = None) -> None:
        """Sends one message."""
        self._post(wire.encode(message, arrow))

    def _post(self, frame: str | bytes) -> None:
        try:
            self._send_frame(frame)
        except Exception:
            log.warning("A message on channel %s could not be sent.", self.ch, exc_info=True)

    # What it is told

    def welcome(self, send: Send, person: Person) -> None:
        """Answers hello: the frame as it is now, with its natural view in force."""
        self._send_frame = send
        self.person = person
        while (frame := self.slot.frame) is not None:
            with frame.lock:
                if self.slot.frame is frame:
                    self._begin(frame)
                    return
        self.gone()

    def _begin(self, frame: Frame) -> None:
        self._drop_work()
        self.slot.settle()
        self.frame, self._epoch = frame, frame.epoch
        self._rows, self._sub, self._moved_at = None, None, frame.rev
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

    def _leave(self) -> None:
        self._drop_work()
        self.frame = None
        self._rows = None

    def _drop_work(self) -> None:
        for job in list(self._jobs.values()):
            job.cancel()
        self._jobs.clear()
        if self._subbing is not None:
            self._subbing.cancel()
        self._coming = None
        self._backlog.clear()
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
        patch = news.patch(self.ch, frame, self._rows, self.person, applied)
        if self._held is None:
            self.send(patch)
        else:
            self._held.append(patch)
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
            self._submit(frame, request)
        elif isinstance(request, m.Sub):
            self._subscribe(frame, request)
        elif isinstance(request, questions.Question):
            self._ask(frame, request)

    def _cancel(self, number: int) -> None:
        job = self._jobs.pop(number, None)
        if job is not None:
            job.cancel()

    def _fetch(self, frame: Frame, request: m.Fetch) -> None:
        if request.start < 0 or request.stop < request.start:
            raise BadMessage("BAD_MESSAGE", f"Rows {request.start} to {request.stop} are no range.", where="$.start")
        with frame.lock:
            found = self.slot.read(lambda: self._collect(frame, request))
            if found is not None:
                start, stop, cells = found
                arrow = self._shown.take(cells, frame.rev)
                self.send(m.Window(ch=self.ch, re=request.id, rev=frame.rev, start=start, stop=stop), arrow)

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

    def _submit(self, frame: Frame, request: m.Submit) -> None:
        with frame.lock:
            if not self._backlog:
                try:
                    self._answer(frame, request, PATIENCE)
                    return
                except Occupied:
                    self._edits.put(Job(lambda _job: self._work_off(frame)))
            self._backlog.append(request)

    def _work_off(self, frame: Frame) -> Generator[None]:
        """Applies in turn the operations that wait for running code to leave pandas."""
        while True:
            with frame.lock:
                if not self._backlog or self.frame is not frame:
                    return
                pause = 0.0
                try:
                    self._answer(frame, self._backlog[0], GLANCE)
                    self._backlog.popleft()
                except Occupied:
                    pause = BETWEEN_GLANCES
                except TabweaveError as error:
                    self._backlog.popleft()
                    self.fail(None, error)
            time.sleep(pause)
            yield

    def _answer(self, frame: Frame, request: m.Submit, patience: float) -> None:
        answer = self.ledger.repeated(request.seq)
        if answer is not None:
            self._post(answer)
            return
        self._held = []
        try:
            answer = wire.encode(self._apply(frame, request, patience))
            self.ledger.close(request.seq, answer)
            self._post(answer)
        finally:
            held, self._held = self._held, None
        for patch in held:
            self.send(patch)

    def _apply(self, frame: Frame, request: m.Submit, patience: float) -> m.Ack | m.Nack:
        """The answer to an operation that is next in turn."""
        try:
            self._check_view(request)
            op, user, view = request.op, self.person, self._rows
            applied = self.slot.apply(op, user=user, ch=self.ch, seq=request.seq, view=view, patience=patience)
        except Occupied:
            raise
        except TabweaveError as error:
            return news.nack(self.ch, request.seq, error)
        except Exception:
            log.exception("Operation %s failed.", type(request.op).__name__)
            return news.broken(self.ch, request.seq)
        return news.ack(self.ch, request.seq, frame, self.person, applied)

    def _check_view(self, request: m.Submit) -> None:
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
            if not (view.sort or view.filter or view.search):
                self._enforce(frame, request, None)
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

    def _enforce(self, frame: Frame, request: m.Sub, rows: ViewState | None) -> None:
        self._rows, self._sub, self._moved_at, self._coming = rows, request.id, frame.rev, None
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

    def _ask(self, frame: Frame, request: questions.Question) -> None:
        """Hands a question to the background worker."""
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
