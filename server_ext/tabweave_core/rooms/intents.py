"""A member's operations on their way to the store: in order, resolved against the view they were made in.

Most go straight to the store. One that must be worked out first (a Replace, a Transform) holds up those after it, not whoever
handed it in. It must not know carriers or what is told of operations.
"""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING

from ..crew import Job
from ..errors import Refused
from ..protocol import ops
from .resolve import intent

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from ..engine.apply import Prepared
    from ..engine.draft import Draft
    from ..protocol import messages as m
    from ..protocol.ops import Op
    from ..protocol.schema import Person
    from .premises import Premises
    from .sight import Sight

    Prepare = Callable[[Draft], Prepared]
    Enter = Callable[[m.Submit, Prepare, int], None]

_AGAIN = "Nothing was written; repeat the edit."


def names_view_rows(op: Op) -> bool:
    """Whether an operation names rows by their place in the client's view."""
    match op:
        case ops.SetCells(blocks=blocks):
            return any(block.rows is None for block in blocks)
        case ops.DeleteRows(rows=rows):
            return rows.ids is None
        case ops.InsertRows(copy_of=ops.Rows(ids=None)):
            return True
    return isinstance(op, ops.Fill)


class Intents:
    """The operations of one channel. `take` is called by one thread at a time."""

    def __init__(self, name: str, person: Person, premises: Premises, enter: Enter) -> None:
        self._name = name
        self._person = person
        self._premises = premises
        self._enter = enter
        self._waiting: deque[tuple[m.Submit, Sight, int]] = deque()
        self._finding = False
        self._lock = threading.Lock()

    def take(self, request: m.Submit, sight: Sight, size: int) -> None:
        """Enters an operation after those that came before it."""
        with self._lock:
            if self._finding or isinstance(request.op, ops.Replace | ops.Transform):
                self._waiting.append((request, sight, size))
                if not self._finding:
                    self._finding = True
                    self._premises.readers.put(Job(lambda _job: self._find()))
                return
        self._enter(request, self._prepare(request, sight), size)

    def _find(self) -> Generator[None]:
        while True:
            with self._lock:
                if not self._waiting:
                    self._finding = False
                    return
                request, sight, size = self._waiting.popleft()
            self._enter(request, self._prepare(request, sight), size)
            yield

    def _prepare(self, request: m.Submit, sight: Sight) -> Prepare:
        found = intent(
            self._premises.store,
            self._name,
            request.op,
            self._person,
            sight.seen,
            commands=self._premises.commands,
            client=f"{self._person.id}/{request.ch}",
        )

        def prepare(draft: Draft) -> Prepared:
            about_view = names_view_rows(request.op)
            if sight.view.tree is not None and (about_view or isinstance(request.op, ops.Replace)):
                hint = "Type into the totals, or leave the rollup to edit rows."
                raise Refused("NOT_EDITABLE", "These rows are totals of a rollup.", hint=hint)
            if request.view != sight.sub and (about_view or isinstance(request.op, ops.Replace)):
                raise Refused("CONFLICT", "The sort or filter changed before the edit arrived.", hint=_AGAIN)
            if about_view and request.base_rev < sight.since:
                raise Refused("CONFLICT", "Rows came or went before the edit arrived.", hint=_AGAIN)
            return found(draft)

        return prepare
