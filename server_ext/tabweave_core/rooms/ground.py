"""A shared table as a plan reads it: what a person may see of it at one revision, in a locked database of its own.

Whatever a plan does there harms nothing else: memory is bounded, and the query ends when its time is up; queries of people's
own run in a process that can be ended. It must not know commands.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from ..asking.apart import Apart
from ..engine import window
from ..engine.watchdog import Watchdog
from ..errors import Refused, TabweaveError, Unavailable
from ..plans.draft import Source
from ..plans.shape import POS, RID, Shape, quote
from ..sql.limits import Limits
from ..sql.locked import connect
from ..sql.sandbox import Cancellation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from duckdb import DuckDBPyConnection

    from ..engine.catalog import Table
    from ..plans.comparing import Comparison
    from ..protocol.plan import Plan
    from ..sql.sandbox import Sandbox

MEMORY = 2 << 30
INPUT = 4 << 30
RESULT = 1 << 30
MOST_CELLS = 200_000_000
SECONDS = 60.0
THREADS = 2

_watchdog = Watchdog()


@dataclass(frozen=True, eq=False)
class Ground:
    """Tables laid out on a connection: `source` is the one that is asked, `others` those that it may be joined with."""

    table: Table
    connection: DuckDBPyConnection
    source: Source
    others: dict[str, Source]
    apart: Apart

    def compare(self, plan: Plan) -> Comparison:
        """What a plan does to the table."""
        return self.apart.compare(self.connection, plan, self.source, self.others)


class _Ending:
    """Ends what runs for somebody: a query here, and one that runs apart."""

    def __init__(self, connection: DuckDBPyConnection, cancellation: Cancellation) -> None:
        self._connection = connection
        self._cancellation = cancellation

    def interrupt(self) -> None:
        """Ends both."""
        self._connection.interrupt()
        self._cancellation.cancel()


@contextmanager
def ground(
    cursor: DuckDBPyConnection,
    table: Table,
    others: Sequence[Table],
    *,
    clock: Callable[[], float],
    cancelled: Callable[[], bool],
    sandbox: Sandbox,
) -> Iterator[Ground]:
    """Tables as the transaction of `cursor` has them; raises `CANCELLED` and `TOO_LARGE` for what takes too long or too much."""
    zone = next((column.zone for column in table.columns if column.zone), None) or "UTC"
    connection = connect(memory=MEMORY, threads=THREADS, zone=zone)
    until = clock() + SECONDS
    cancellation = Cancellation()
    apart = Apart(sandbox, Limits(MEMORY, SECONDS, INPUT, bytes=RESULT, threads=THREADS), zone, cancellation)

    def over() -> bool:
        return cancelled() or clock() > until

    try:
        with _watchdog.over(_Ending(connection, cancellation), over):
            source = lay(cursor, table, connection, table.name)
            laid = {other.name: lay(cursor, other, connection, other.name) for other in others}
            yield Ground(table, connection, source, laid, apart)
    except TabweaveError:
        if cancelled():
            raise Unavailable("CANCELLED", "Nobody waits for the answer any more.") from None
        if clock() > until:
            hint = "Make it simpler, or filter the rows first."
            raise Refused("TOO_LARGE", f"This takes longer than {SECONDS:.0f} s.", hint=hint) from None
        raise
    finally:
        connection.close()


def lay(cursor: DuckDBPyConnection, table: Table, connection: DuckDBPyConnection, name: str) -> Source:
    """A table's rows in order, columns by name, as a relation of another connection."""
    columns = list(table.columns)
    Shape.of((column.name, "") for column in columns)
    rows = len(table.rows)
    if rows * (len(columns) + 2) > MOST_CELLS:
        hint = "Ask about a smaller table, or use SQL."
        raise Refused("TOO_LARGE", f"{table.name} is too large for commands ({rows:,} rows).", hint=hint)
    rids = table.rows.ids(slice(None))
    found = window.in_order(window.rows_of(cursor, table, rids, columns), rids)
    arrays = [found.column(RID), pa.chunked_array([np.arange(rows, dtype=np.int64)])]
    for column in columns:
        values = found.column(str(column.id))
        arrays.append(values.cast(pa.string()) if column.kind == "category" else values)
    connection.register(name, pa.table(arrays, names=[RID, POS, *(column.name for column in columns)]))
    described = connection.execute(f"SELECT * FROM {quote(name)} LIMIT 0").description or []
    return Source(quote(name), Shape.of((column, str(kind)) for column, kind, *_ in described if column not in (RID, POS)))
