"""What a client was shown last, to find writes that go round copy-on-write: what is shown must be what is there.

A list that is changed inside its cell, or a column written through `df["a"].array`, leaves no trace in a snapshot. The few
windows on the screen are therefore encoded again after a cell and compared.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from .frames.difference import Difference
from .frames.window import Cells, collect, encode

if TYPE_CHECKING:
    from .frames.frame import Frame

KEPT = 12
"""Windows that are remembered for each channel."""

MOST_BYTES = 1 << 20
"""A larger window is more than a screen shows, and is not remembered."""

Rows = slice | npt.NDArray[np.int64]
Window = tuple[int, Rows, list[int], bytes]
"""The revision that a window was read at, its row positions, its columns, and what was sent."""
Held = list[tuple[Window, Cells]]
Read = Callable[[Callable[[], Held]], Held]


class Shown:
    """The newest windows of one channel, as they were sent, and the revision that each was read at."""

    def __init__(self) -> None:
        self._windows: deque[Window] = deque(maxlen=KEPT)

    def __len__(self) -> int:
        return len(self._windows)

    def clear(self) -> None:
        """Forgets everything: rows have other places now."""
        self._windows.clear()

    def take(self, cells: Cells, rev: int) -> bytes:
        """A window as it is sent; remembers it."""
        found = encode(cells)
        if len(found) <= MOST_BYTES:
            self._windows.append((rev, cells.rows, [column for column, _, _ in cells.columns], found))
        return found

    def refresh(self, frame: Frame, read: Read) -> None:
        """Reads again, by `read`, what was shown before the newest known change, so that later looks compare with that."""
        with frame.lock:
            self._keep(frame, [(each, each[3] if each[0] == frame.rev else new) for each, new in self._again(frame, read)])

    def look(self, frame: Frame, read: Read) -> bool:
        """Reads the windows again, by `read`, and tells the frame which cells changed unseen; whether any did."""
        with frame.lock:
            changed: dict[int, npt.NDArray[np.int64]] = {}
            pairs = self._again(frame, read)
            for (rev, rows, _, old), new in pairs:
                if new != old and rev == frame.rev:
                    _collect(changed, frame, rows, old, new)
            self._keep(frame, pairs)
            if changed:
                frame.external(Difference(changed=changed))
            return bool(changed)

    def _again(self, frame: Frame, read: Read) -> list[tuple[Window, bytes]]:
        found = read(lambda: [(each, collect(frame, each[1], each[2])) for each in self._still(frame)])
        return [(each, encode(cells)) for each, cells in found]

    def _keep(self, frame: Frame, pairs: list[tuple[Window, bytes]]) -> None:
        self._windows = deque(((frame.rev, rows, columns, new) for (_, rows, columns, _), new in pairs), maxlen=KEPT)

    def _still(self, frame: Frame) -> list[Window]:
        """The windows whose columns are all still there."""
        return [each for each in self._windows if all(frame.layout.place(column) >= 0 for column in each[2])]


def _collect(changed: dict[int, npt.NDArray[np.int64]], frame: Frame, rows: Rows, old: bytes, new: bytes) -> None:
    before, after = (pa.ipc.open_stream(data).read_all() for data in (old, new))
    positions = np.arange(rows.start, rows.stop) if isinstance(rows, slice) else rows
    for name in before.column_names[1:]:
        place = frame.layout.place(int(name))
        pairs = zip(_readable(before[name]), _readable(after[name]), strict=True)
        found = positions[[i for i, (a, b) in enumerate(pairs) if a != b]]
        if place >= 0 and len(found):
            changed[place] = np.union1d(changed.get(place, found), found)


def _readable(column: Any) -> list[str]:
    return [repr(value) for value in column.to_pylist()]
