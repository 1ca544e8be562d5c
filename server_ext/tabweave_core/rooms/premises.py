"""What all rooms of a hall share: the store, the threads, the bounds, time and chance.

It must not know rooms.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..crew import Crew
    from ..engine.store import Store
    from .bounds import Bounds
    from .commands import Commands
    from .dispatch import Dispatcher
    from .grove import Grove
    from .member import Member


@dataclass
class Premises:
    """`readers` read windows and changes, `viewers` compute views, `thinkers` answer questions.

    `clock` is in seconds, `draw` gives texts that were never drawn; `leave` is told who leaves a room.
    """

    store: Store
    bounds: Bounds
    clock: Callable[[], float]
    draw: Callable[[], str]
    readers: Crew
    viewers: Crew
    thinkers: Crew
    dispatcher: Dispatcher
    grove: Grove
    leave: Callable[[Member], None]
    commands: Commands


def streamed(rows: pa.Table) -> memoryview:
    """Rows as an Arrow stream of one batch."""
    batches = rows.combine_chunks().to_batches()
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, rows.schema) as writer:
        writer.write_batch(batches[0] if batches else pa.RecordBatch.from_pylist([], rows.schema))
    return memoryview(sink.getvalue())
