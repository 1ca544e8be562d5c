"""How much one query may take."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Bounds of one query: what it may use while it runs, and how much of its result is handed back."""

    memory: int = 1 << 30
    """Bytes that the process may add for the query, beside the tables that it reads."""
    seconds: float = 30.0
    """How long it may run, with the reading of its tables."""
    input: int = 4 << 30
    """Bytes of tables that may be handed to it."""
    rows: int = 100_000
    """Rows of the result; the rest is left out and told."""
    bytes: int = 64 << 20
    """Bytes of the result; the rest is left out and told."""
    threads: int = 2
    """Threads that DuckDB may use."""
