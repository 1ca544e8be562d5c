"""Where a channel hands in commands in plain words. What answers them is made with the first one.

It must not know what is asked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tabweave_core.protocol import messages as m
from tabweave_core.protocol.ops import Transform

if TYPE_CHECKING:
    from collections.abc import Callable

    from tabweave_core.protocol.ops import Op

    from .frames import transform
    from .inquiries import Inquiries


class Desk:
    """The commands of one channel. `make` is None where the channel's table is none that they can be about."""

    def __init__(self) -> None:
        self.make: Callable[[], Inquiries] | None = None
        self._made: Inquiries | None = None

    def _inquiries(self) -> Inquiries | None:
        if self._made is None and self.make is not None:
            self._made = self.make()
        return self._made

    def take(self, request: m.Request) -> bool:
        """Has a request answered, if it is about commands; whether it is."""
        if isinstance(request, m.AskCode) and not request.plan:
            return False
        if not isinstance(request, m.Ask | m.AskChanges | m.AskSuggestions | m.AskCode | m.Discard):
            return False
        found = self._inquiries()
        if found is not None:
            found.take(request)
        return True

    def operation(self, op: Op) -> Op | transform.Transform:
        """An operation as the frame takes it: a transform is what was shown for it, or a new proposal that does the same."""
        found = self._inquiries() if isinstance(op, Transform) else None
        return found.prepared(op) if found is not None and isinstance(op, Transform) else op

    def cancel(self, number: int) -> None:
        """Gives a request up."""
        if self._made is not None:
            self._made.cancel(number)

    def close(self) -> None:
        """Gives everything up."""
        if self._made is not None:
            self._made.close()
