"""Children whose memory is watched, and what tests ask of processes."""

from __future__ import annotations

import re
from pathlib import Path

from tabweave_core.sql.process import Process

PROC = Path("/proc")


def peak(pid: int) -> int:
    """The most bytes of memory that a live process has had, as far as the system tells."""
    try:
        found = re.search(r"VmHWM:\s+(\d+)", (PROC / str(pid) / "status").read_text())
    except OSError:
        return 0
    return int(found[1]) << 10 if found else 0


class Watched(Process):
    """A child that is looked at before it is ended; `peaks` has what was seen of all of them."""

    peaks: list[int] = []  # noqa: RUF012

    def kill(self, why: str) -> None:
        """Ends it as any child, after a look."""
        self.peaks.append(peak(self.pid))
        super().kill(why)
