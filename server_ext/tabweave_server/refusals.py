"""Answers to frames that are refused, addressed as far as the frame itself tells. Knows nothing of routes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from tabweave_core.errors import TabweaveError
from tabweave_core.protocol import wire
from tabweave_core.protocol.messages import Error, Nack

if TYPE_CHECKING:
    from collections.abc import Collection


class _Address(msgspec.Struct):
    """What is read of a frame that is refused, to address the answer; nothing is known of it yet."""

    ch: object = ""
    id: object = None
    seq: object = None


def refusal(frame: str | bytes, error: TabweaveError, channels: Collection[str]) -> str | bytes:
    """The frame that says why `frame` was refused; an operation of an open channel gets its `nack`, so that nobody waits."""
    ch, request, seq = _address(frame)
    if seq is not None and ch in channels:
        return wire.encode(Nack(ch=ch, seq=seq, code=error.code, message=error.message, hint=error.hint))
    return wire.encode(Error(ch=ch, re=request, code=error.code, message=error.message, hint=error.hint, where=error.where))


def _address(frame: str | bytes) -> tuple[str, int | None, int | None]:
    """Channel, request id and operation number of a frame, as far as it has them."""
    try:
        found = msgspec.json.decode(wire.split(frame)[0], type=_Address)
    except (TabweaveError, ValueError, RecursionError):
        return "", None, None
    return (
        found.ch if isinstance(found.ch, str) else "",
        found.id if isinstance(found.id, int) else None,
        found.seq if isinstance(found.seq, int) else None,
    )
