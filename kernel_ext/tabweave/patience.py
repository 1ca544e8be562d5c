"""Touching a frame beside user code, which takes no lock: waiting for a good moment, and reading again what was torn.

pandas changes a DataFrame in several steps of Python, between which any thread may come to run. Whoever touches the user's
frame from another thread first waits until no other thread is inside pandas, and looks afterwards whether it came in time.
"""

from __future__ import annotations

import sys
import threading
import time
from typing import TYPE_CHECKING, TypeVar

from tabweave_core.errors import Refused, TabweaveError

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

PAUSES = (0.001, 0.01, 0.05)
"""Seconds between attempts to read."""
LULL = 0.05
"""Seconds that a lull is waited for; a call that takes longer hardly changes the frame all the time."""

Result = TypeVar("Result")


class Moved(Refused):
    """User code changed the frame while an operation on it was prepared; nothing was written."""

    def __init__(self) -> None:
        super().__init__(
            "CONFLICT", "Code that is running changed the table at the same moment.", hint="Nothing was written; repeat the edit."
        )


def steadily(read: Callable[[], Result]) -> Result:
    """The result of a read; one that fails, but not by refusing, is tried again a little later, and in the end raises."""
    for pause in PAUSES:
        wait_for_lull()
        try:
            return read()
        except TabweaveError:
            raise
        except Exception:
            time.sleep(pause)
    return read()


def wait_for_lull(most: float = LULL) -> None:
    """Waits until no other thread is inside pandas, at most so many seconds."""
    until = time.monotonic() + most
    while pandas_runs() and time.monotonic() < until:
        time.sleep(0.0002)


def pandas_runs() -> bool:
    """Whether another thread is inside pandas now."""
    own = threading.get_ident()
    ours = {thread.ident for thread in threading.enumerate() if thread.name.startswith("tabweave")}
    return any(thread != own and thread not in ours and _is_inside(frame) for thread, frame in sys._current_frames().items())


def _is_inside(frame: FrameType | None) -> bool:
    while frame is not None:
        if frame.f_globals.get("__name__", "").startswith("pandas."):
            return True
        frame = frame.f_back
    return False
