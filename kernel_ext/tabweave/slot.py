"""A place that channels open: an id, the frame that stands there now, and how writes to it are surrounded.

The frame may be replaced (its variable was assigned anew) or be missing (its variable was deleted). It must not know
variables or channels.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Protocol, TypeVar

from tabweave_core.errors import NotFound, Refused, Unavailable
from tabweave_core.protocol.ops import Fill, Replace, SetCells

from .patience import Moved, steadily

if TYPE_CHECKING:
    from collections.abc import Callable

    from tabweave_core.protocol.ops import Op
    from tabweave_core.protocol.schema import Person

    from .frames.frame import Applied, Frame
    from .frames.ops import Positions


TRIES = 20
"""How often an operation is prepared anew, or something is read anew, because a running cell moved what it is about."""

Result = TypeVar("Result")


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

        for _ in range(TRIES):
            found = steadily(settled)
            if self.steady():
                return found
        raise Unavailable("BUSY", "Running code is changing the shape of this table.", hint="Try again when it is done.")

    def apply(self, op: Op, *, user: Person, ch: str = "", seq: int = 0, view: Positions | None = None) -> Applied:
        """Applies an operation to the frame; raises `TabweaveError` and then nothing is written."""
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
