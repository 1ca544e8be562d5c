"""Files into Arrow tables: what a file is, how it is laid out, what its cells mean, and everything noticed on the way.

`read` is the door; `describe` says in words what it found. Nothing is dropped in silence: a line that is not in the table is in
`Ingested.rejected`, a cell that was read as something else than its text is announced by a finding. No pandas, no Jupyter.
"""

from __future__ import annotations

from .description import describe
from .opening import read
from .result import Dialect, Finding, Ingested, Reading, Rejected

__all__ = ["Dialect", "Finding", "Ingested", "Reading", "Rejected", "describe", "read"]
