"""Which operations of a channel were seen: each number is applied at most once and answered the same way every time."""

from __future__ import annotations

from collections import OrderedDict

from tabweave_core.errors import BadMessage

KEPT_ANSWERS = 128
"""At least twice the 64 operations that a client may have in flight."""


class Ledger:
    """The last operation of one channel and its newest answers."""

    def __init__(self) -> None:
        self.last = 0
        self._answers: OrderedDict[int, str | bytes] = OrderedDict()

    def repeated(self, seq: int) -> str | bytes | None:
        """The stored answer to an operation that came before, None for the next one; raises `BAD_SEQ` for a gap."""
        if seq in self._answers:
            return self._answers[seq]
        if seq == self.last + 1:
            return None
        if seq <= self.last:
            message = f"Operation {seq} was answered long ago; the last one seen is {self.last}."
        else:
            message = f"Operation {seq} came, but {self.last + 1} is next."
        raise BadMessage("BAD_SEQ", message, hint="Say hello again to agree on the numbers.", where="$.seq")

    def close(self, seq: int, answer: str | bytes) -> None:
        """Records the answer to the operation that was next."""
        self.last = seq
        self._answers[seq] = answer
        while len(self._answers) > KEPT_ANSWERS:
            self._answers.popitem(last=False)
