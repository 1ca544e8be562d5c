"""What a page can draw a grid by before it has talked to the table: the welcome and the first rows, sent with the widget.

It must not know widgets, pages or channels: whoever shows it then says hello like everybody, and is told what is so.
"""

from __future__ import annotations

import logging
from hashlib import blake2b
from typing import TYPE_CHECKING

from tabweave_core.errors import TabweaveError
from tabweave_core.protocol import wire

from . import news
from .frames.window import window

if TYPE_CHECKING:
    from tabweave_core.protocol.schema import Person

    from .frames.frame import Frame
    from .slot import Slot

log = logging.getLogger("tabweave")

ROWS = 128
"""One block of the page's."""
COLUMNS = 32
MOST_COLUMNS = 500
"""The schema of a wider table is not sent twice."""
MOST_BYTES = 60_000


def greeting(slot: Slot, person: Person) -> dict[str, str | bytes]:
    """`frame`: a frame of `wire` with the welcome and, in Arrow, the first rows of the first columns; `mark`: see `mark`.

    Empty where the table is too wide, its first rows too large, or somebody works on it.
    """
    frame = slot.frame
    if frame is None or not frame.lock.acquire(blocking=False):
        return {}
    try:
        return slot.read(lambda: _greet(frame, slot.name, person))
    except TabweaveError:
        return {}
    except Exception:
        log.warning("The first rows of %s could not be sent along.", slot.name, exc_info=True)
        return {}
    finally:
        frame.lock.release()


def _greet(frame: Frame, name: str, person: Person) -> dict[str, str | bytes]:
    welcome = news.welcome("", frame, name, person, 0)
    columns = welcome.schema.columns
    if len(columns) > MOST_COLUMNS:
        return {}
    arrow = window(frame, slice(0, ROWS), [column.id for column in columns[:COLUMNS]])
    if len(arrow) > MOST_BYTES:
        return {}
    sent = wire.encode(welcome, arrow)
    assert isinstance(sent, bytes)
    return {"frame": sent, "mark": mark(frame, arrow)}


def mark(frame: Frame, arrow: bytes) -> str:
    """Tells rows of this frame at this revision from any others."""
    return f"{frame.epoch}/{frame.rev}/{blake2b(arrow, digest_size=12).hexdigest()}"
