"""A command that was shown before it is done: its effect as one operation, good only for the table that it was shown on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from tabweave_core.errors import Refused

from .ops import Plan

if TYPE_CHECKING:
    from .effects import Effect
    from .frame import Frame
    from .log import Record


class Transform(msgspec.Struct, frozen=True, kw_only=True, tag="ask"):
    """An effect that was prepared on revision `rev` of the frame's epoch `epoch`, and what is kept on record of it."""

    effect: Effect | None
    summary: str
    epoch: str
    rev: int
    record: Record


def transform(frame: Frame, op: Transform) -> Plan:
    """The effect as it was shown; raises `CONFLICT` when the table is another one now."""
    if (frame.epoch, frame.rev) != (op.epoch, op.rev):
        hint = "Nothing was changed. Ask again to see what it would do now."
        raise Refused("CONFLICT", "The table changed since this was shown.", hint=hint)
    return Plan(op.effect, op.summary, record=op.record)
