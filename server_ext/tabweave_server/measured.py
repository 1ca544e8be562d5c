"""The store with its operations counted, timed and logged by their ids. Loads DuckDB: imported when a store is opened."""

from __future__ import annotations

import logging
import time
from functools import partial
from typing import TYPE_CHECKING, Any

from tabweave_core.engine.store import Store
from tabweave_core.errors import TabweaveError, Unavailable
from tabweave_core.protocol.messages import Nack

from .metrics import COMMIT_SECONDS, OPERATIONS
from .record import line

if TYPE_CHECKING:
    from concurrent.futures import Future

    from tabweave_core.engine.writer import Answer
    from tabweave_core.protocol.ops import Op
    from tabweave_core.protocol.schema import Person

_log = logging.getLogger("tabweave.operations")


class MeasuredStore(Store):
    """A store that tells metrics and log of each operation: `op` is `<user>/<channel>#<number>`."""

    log: logging.Logger = _log

    def submit(self, table: str, op: Op, *, user: Person, client: str, seq: int, **more: Any) -> Future[Answer]:
        """As the store's own."""
        started = time.perf_counter()
        kind = str(op.__struct_config__.tag)
        told = partial(self._note_answer, started, kind, {"table": table, "op": f"{client}#{seq}", "kind": kind})
        try:
            answer = super().submit(table, op, user=user, client=client, seq=seq, **more)
        except TabweaveError as error:
            OPERATIONS.labels(kind, error.code).inc()
            # Under load these are many, and each is sent again.
            if self.log.isEnabledFor(logging.DEBUG):
                self.log.debug(line("operation", outcome=error.code, table=table, op=f"{client}#{seq}", kind=kind))
            raise
        answer.add_done_callback(told)
        return answer

    def _note_answer(self, started: float, kind: str, fields: dict[str, Any], done: Future[Answer]) -> None:
        if done.cancelled():
            return
        seconds = time.perf_counter() - started
        error = done.exception()
        if error is not None:
            outcome = error.code if isinstance(error, TabweaveError) else "INTERNAL"
        else:
            answer = done.result()
            outcome = answer.code if isinstance(answer, Nack) else answer.status
            if not isinstance(answer, Nack):
                fields["rev"] = answer.rev
        OPERATIONS.labels(kind, outcome).inc()
        COMMIT_SECONDS.observe(seconds)
        self._note_outcome(outcome, fields | {"seconds": seconds})

    def _note_outcome(self, outcome: str, fields: dict[str, Any]) -> None:
        level = logging.DEBUG if outcome.islower() else logging.WARNING if outcome in _TROUBLE else logging.INFO
        if self.log.isEnabledFor(level):
            self.log.log(level, line("operation", outcome=outcome, **fields))


_TROUBLE = Unavailable.codes | {"INTERNAL"}
