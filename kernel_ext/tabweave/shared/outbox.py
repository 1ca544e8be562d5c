"""What a joined variable has to send: changes of code, one after the other, and operations that somebody waits for.

A change whose rows or columns need names from the table is sent step by step. Cells that are refused because their row or
column is gone are sent again without it. Everything here happens under the follower's lock. It must not touch the DataFrame.
"""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar, Union

import numpy as np
from tabweave_core.errors import Unavailable
from tabweave_core.protocol.messages import Ack, Nack

from ..frames.ops import counted
from .overlay import Chunk

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    from tabweave_core.protocol.ops import Condition, Op
    from tabweave_core.replica.events import Answered

    from .base import Base
    from .follower import Follower
    from .outgoing import Piece
    from .overlay import Overlay
    from .sending import Program, Work

_GONE = frozenset({"NO_ROW", "NO_COLUMN"})
_TRIES = 3
One = TypeVar("One")


@dataclass(eq=False)
class Asked:
    """An operation that somebody waits for."""

    op: Op
    condition: Condition | None
    answer: Future[Ack | Nack] = field(default_factory=Future)


Steps = Union[
    "Generator[list[Work], list[Ack], None]", "Generator[list[Chunk], list[Ack], None]", "Generator[list[Asked], list[Ack], None]"
]


@dataclass(eq=False)
class Running:
    """Steps under way: `waiting` are the operations of the present batch by their tickets."""

    steps: Steps
    structural: bool = False
    waiting: dict[int, Work | Asked] = field(default_factory=dict)
    answers: list[Ack] = field(default_factory=list)
    chunks: list[Chunk] = field(default_factory=list)
    begun: bool = False


class Outbox:
    """The changes of one joined variable that are not all answered yet. `tell` says something to the user."""

    def __init__(self, follower: Follower, overlay: Overlay, base: Callable[[], Base], tell: Callable[[str], None]) -> None:
        self._follower = follower
        self._overlay = overlay
        self._base = base
        self._tell = tell
        self._queue: deque[Running] = deque()
        self._again: list[Chunk] = []
        self.rev = 0
        """The revision that the table must have reached before its news may land: it has all structure sent so far."""
        self.saved = -1
        """The newest revision that something sent from here made."""
        self.back: list[Piece] = []
        """Cells that were refused: their old values are to be seen again."""
        self.broken = False
        """Whether rows or columns of a change were refused: nothing lands until the table has been read anew."""

    @property
    def structural(self) -> bool:
        """Whether rows or columns are under way; till then the table's news wait."""
        return any(running.structural for running in self._queue)

    @property
    def empty(self) -> bool:
        """Whether everything is answered."""
        return not self._queue and not self._again

    @property
    def cells(self) -> int:
        """How many cells are not answered."""
        return sum(chunk.count for chunk in self._overlay.chunks if chunk.rev is None)

    def add(self, program: Program) -> None:
        """Sends a change after all others."""
        for chunk in program.chunks:
            self._overlay.add(chunk)
        self._queue.append(Running(program.steps, program.structural, chunks=program.chunks))
        self.run()

    def ask(self, op: Op, condition: Condition | None = None) -> Future[Ack | Nack]:
        """Sends an operation after all changes; the future of its answer."""
        asked = Asked(op, condition)
        self._queue.append(Running(_alone(asked)))
        self.run()
        return asked.answer

    def run(self) -> None:
        """Sends what can be sent now."""
        while self._queue and not self._queue[0].waiting:
            running = self._queue[0]
            batch: Sequence[Work | Asked]
            try:
                batch = running.steps.send(running.answers) if running.begun else next(running.steps)
            except StopIteration:
                self._queue.popleft()
                continue
            running.begun, running.answers = True, []
            for work in batch:
                self._send(running, work)

    def _send(self, running: Running, work: Work | Asked) -> None:
        if isinstance(work, Asked):
            running.waiting[self._follower.submit(work.op, work.condition)] = work
        elif isinstance(work, Chunk):
            op = work.op(self._base().column)
            if op is None:
                self.back += self._overlay.remove(work)
                self._tell("Cells that you changed are no longer there; somebody took their column away.")
            else:
                running.waiting[self._follower.submit(op)] = work
        else:
            running.waiting[self._follower.submit(work)] = work

    def answered(self, event: Answered) -> None:
        """Takes an answer in and goes on."""
        running = next((each for each in self._queue if event.ticket in each.waiting), None)
        if running is None:
            return
        work, answer = running.waiting.pop(event.ticket), event.answer
        if isinstance(answer, Ack):
            self.saved = max(self.saved, answer.rev)
        if isinstance(work, Asked):
            work.answer.set_result(answer)
        elif isinstance(answer, Ack):
            running.answers.append(answer)
            if isinstance(work, Chunk):
                work.rev = answer.rev
            if running.structural:
                self.rev = max(self.rev, answer.rev)
        elif isinstance(work, Chunk):
            self._refused(work, answer)
        else:
            self._abort(running, answer)
        self.run()

    def _refused(self, chunk: Chunk, answer: Nack) -> None:
        chunk.tries += 1
        if answer.code in _GONE and chunk.tries < _TRIES:
            self._again.append(chunk)
            return
        self.back += self._overlay.remove(chunk)
        why = answer.bad[0].message if answer.bad else f"{answer.message} {answer.hint}".strip()
        self._tell(f"{counted(chunk.count, 'cell')} refused and put back: {why}")

    def _abort(self, running: Running, answer: Nack) -> None:
        """Gives a change of rows or columns up: the table is read anew."""
        running.steps.close()
        self._queue.remove(running)
        for chunk in running.chunks:
            if chunk.rev is None:
                self._overlay.remove(chunk)
        if not self.broken:
            self.broken = True
            self._follower.reload()
        self._tell(f"A change was refused and put back: {answer.message} {answer.hint}".strip())

    def retry(self) -> None:
        """Sends refused cells again whose row or column is known to be gone now, without those."""
        base, waiting = self._base(), self._again
        self._again = []
        for chunk in waiting:
            before = chunk.count
            for piece in chunk.pieces:
                there = base.rids.positions(piece.rids) >= 0
                there &= base.column(piece.cid) is not None
                keep = np.flatnonzero(there)
                piece.rids, piece.values = piece.rids[keep], piece.values[keep]
                piece.old = None if piece.old is None else piece.old[keep]
            lost = before - chunk.count
            if not lost:
                self._again.append(chunk)
                continue
            self._tell(f"{counted(lost, 'cell')} that you changed: the row or column was deleted by somebody else.")
            if chunk.count:
                self._queue.append(Running(_alone(chunk), chunks=[chunk]))
            else:
                self._overlay.remove(chunk)
        self.run()

    def abandon(self, message: str) -> None:
        """Gives up on everything."""
        lost = self.cells
        for running in self._queue:
            running.steps.close()
            for work in running.waiting.values():
                if isinstance(work, Asked):
                    work.answer.set_exception(Unavailable("OFFLINE", message))
        self._queue.clear()
        self._again.clear()
        self._overlay.chunks.clear()
        if lost:
            self._tell(f"{counted(lost, 'cell')} that you changed could not be saved: {message}")


def _alone(work: One) -> Generator[list[One], list[Ack], None]:
    yield [work]
