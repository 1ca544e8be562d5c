"""Touching a frame beside user code that `gate` cannot keep out: threads of the user's, and interpreters without a gate.

pandas changes a DataFrame in several steps of Python, between which any thread may come to run. Whoever touches the user's
frame from another thread first waits until no other thread is inside pandas, and looks afterwards whether it came in time.
"""

from __future__ import annotations

import itertools
import sys
import threading
import time
from typing import TYPE_CHECKING, Any, TypeVar

from tabweave_core.errors import Refused, TabweaveError

from .gate import GATE, PATIENCE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import FrameType

    import pandas as pd

MOST_ITEMS = 100
"""So many items of a list are looked at for a DataFrame."""
PAUSES = (0.001, 0.01, 0.05)
"""Seconds between attempts to read."""

Result = TypeVar("Result")


class Moved(Refused):
    """User code changed the frame while an operation on it was prepared; nothing was written."""

    def __init__(self) -> None:
        super().__init__(
            "CONFLICT", "Code that is running changed the table at the same moment.", hint="Nothing was written; repeat the edit."
        )


def steadily(df: pd.DataFrame, read: Callable[[], Result]) -> Result:
    """The result of a read; one that fails, but not by refusing, is tried again a little later, and in the end raises."""
    for pause in PAUSES:
        wait_for_lull(df)
        try:
            return read()
        except TabweaveError:
            raise
        except Exception:
            time.sleep(pause)
    return read()


def wait_for_lull(df: pd.DataFrame, most: float = PATIENCE) -> None:
    """Waits until no other thread is inside pandas with this DataFrame, at most so many seconds."""
    until = time.monotonic() + most
    while pandas_runs(df) and time.monotonic() < until:
        time.sleep(0.0002)


def pandas_runs(df: pd.DataFrame) -> bool:
    """Whether another thread is inside pandas with this DataFrame now, and not kept out of it."""
    own = threading.get_ident()
    ours = {thread.ident for thread in threading.enumerate() if thread.name.startswith("tabweave")}
    if GATE.held:
        ours.add(threading.main_thread().ident)
    stacks = [stack for thread, stack in sys._current_frames().items() if thread != own and thread not in ours]
    return any(_is_inside(stack, df) for stack in stacks)


def _is_inside(frame: FrameType | None, df: pd.DataFrame) -> bool:
    while frame is not None:
        if frame.f_globals.get("__name__", "").startswith("pandas.") and works_on(df, frame):
            return True
        frame = frame.f_back
    return False


def works_on(df: pd.DataFrame, frame: FrameType) -> bool:
    """Whether a function of pandas has a DataFrame in its hands: in a variable, or in an object or a list that is in one.

    Copies and views do not count: copy-on-write keeps them apart.
    """
    manager: Any = df._mgr
    wanted = {id(df), id(manager), *map(id, getattr(manager, "blocks", ()))}
    return any(_holds(value, wanted, 2) for value in list(frame.f_locals.values()))


def _holds(value: object, wanted: set[int], depth: int) -> bool:
    if id(value) in wanted:
        return True
    inner: Iterable[object] = ()
    if isinstance(value, (list, tuple, dict)):
        inner = value.values() if isinstance(value, dict) else value
    elif type(value).__module__.startswith("pandas."):
        inner = getattr(value, "__dict__", {}).values()
    return depth > 0 and any(_holds(each, wanted, depth - 1) for each in list(itertools.islice(inner, MOST_ITEMS)))
