"""A place that channels open: an id, the frame that stands there now, and how writes to it are surrounded.

The frame may be replaced (its variable was assigned anew) or be missing (its variable was deleted). It must not know
variables or channels.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from functools import partial
from typing import TYPE_CHECKING, Protocol, TypeVar

from tabweave_core.errors import NotFound, Refused, Unavailable
from tabweave_core.protocol.ops import Fill, Replace, SetCells

from .gate import GATE, PATIENCE
from .patience import Moved, steadily, works_on

if TYPE_CHECKING:
    from collections.abc import Callable

    from tabweave_core.protocol.ops import Op
    from tabweave_core.protocol.schema import Person

    from .frames.frame import Applied, Frame
    from .frames.ops import Positions
    from .frames.transform import Transform


TRIES = 20
"""How often an operation is prepared anew, or something is read anew, because a running cell moved what it is about."""

PATIENT = 5.0
"""Seconds that an edit from code waits for another thread to leave pandas."""

Result = TypeVar("Result")


class Occupied(Unavailable):
    """Code that is running is in the middle of pandas; nothing was written."""

    def __init__(self) -> None:
        super().__init__("BUSY", "Running code is in the middle of a pandas call.", hint="Try again when it is done.")


class Writing(Protocol):
    """What surrounds a write; `in_place` when it changes cells only."""

    def __call__(self, *, in_place: bool) -> AbstractContextManager[None]:
        """The context of one write."""


def _unwatched(*, in_place: bool) -> AbstractContextManager[None]:  # noqa: ARG001
    return nullcontext()


class Slot:
    """Where one table can be reached.

    `why` says what became of a missing frame, in words for the user. `follows` is true when a variable decides which frame
    stands here; else the slot keeps its frame alive.
    """

    def __init__(self, id: str, name: str, frame: Frame | None = None, *, follows: bool = False) -> None:  # noqa: A002
        self.id = id
        self.name = name
        self.frame = frame
        self.follows = follows
        self.why = ""
        self.writing: Writing = _unwatched
        """Surrounds every write of our own."""
        self.reading: Callable[[], None] = lambda: None
        """Called under the frame's lock before a read: user code may have moved columns or rows in a cell that still runs."""
        self.steady: Callable[[], bool] = lambda: True
        """Whether, after a read, columns and rows are still where `reading` found them."""

    def read(self, look: Callable[[], Result]) -> Result:
        """What `look` finds in a frame whose columns and rows stayed where they were meanwhile; call it under the frame's lock.

        Raises `BUSY` when running code does not stop moving them.
        """

        def settled() -> Result:
            self.reading()
            return look()

        with self._alone(PATIENCE):
            for _ in range(TRIES):
                found = settled() if self.frame is None else steadily(self.frame.df, settled)
                if self.steady():
                    return found
        raise Unavailable("BUSY", "Running code is changing the shape of this table.", hint="Try again when it is done.")

    def settle(self) -> None:
        """Tells the frame where its columns and rows are now."""
        with self._alone(PATIENCE):
            self.reading()

    def _alone(self, patience: float) -> AbstractContextManager[bool]:
        frame = self.frame
        return GATE.closed(patience, None if frame is None else partial(works_on, frame.df))

    def apply(
        self,
        op: Op | Transform,
        *,
        user: Person,
        ch: str = "",
        seq: int = 0,
        view: Positions | None = None,
        patience: float = PATIENT,
    ) -> Applied:
        """Applies an operation to the frame; raises `TabweaveError` and then nothing is written.

        Raises `Occupied` when code that runs does not leave pandas within `patience` seconds.
        """
        with self._alone(patience) as alone:
            if not alone and GATE.able:
                raise Occupied
            return self._apply(op, user, ch, seq, view)

    def _apply(self, op: Op | Transform, user: Person, ch: str, seq: int, view: Positions | None) -> Applied:
        frame = self.frame
        epoch = frame.epoch if frame is not None else ""
        in_place = isinstance(op, (SetCells, Fill, Replace))
        for left in reversed(range(TRIES)):
            try:
                with self.writing(in_place=in_place):
                    if frame is None or self.frame is None:
                        raise NotFound("NO_TABLE", self.why or f"{self.name} is not there.", hint="Run the cell again.")
                    if self.frame is not frame or frame.epoch != epoch:
                        message = f"Code gave {self.name} other data meanwhile."
                        raise Refused("CONFLICT", message, hint="Nothing was written; repeat the edit.")
                    return frame.apply(op, user=user, ch=ch, seq=seq, view=view)
            except (Moved, Unavailable):
                if not left:
                    raise
        raise AssertionError("not reached")
