"""Messages to and from the bytes that a carrier moves.

A message without Arrow data is one JSON text. A message with Arrow data is binary: the header's length (uint32, little
endian), the message's JSON padded with spaces so that what follows starts at a multiple of eight, then the Arrow stream.
"""

from __future__ import annotations

import struct
from functools import cache
from typing import Any

import msgspec

from ..errors import BadMessage
from .messages import Answer, Message, Request

_LENGTH = struct.Struct("<I")
_ALIGN = 8
_encoder = msgspec.json.Encoder()


class Route(msgspec.Struct):
    """The two fields a relay needs of any message."""

    type: str
    ch: str


@cache
def _decoder(kind: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(kind)


def encode(message: Message, arrow: bytes | memoryview | None = None) -> str | bytes:
    """A text frame, or a binary frame when there is Arrow data."""
    header = _encoder.encode(message)
    if arrow is None:
        return header.decode()
    header += b" " * (-(_LENGTH.size + len(header)) % _ALIGN)
    return b"".join((_LENGTH.pack(len(header)), header, arrow))


def split(frame: str | bytes) -> tuple[str | bytes, memoryview | None]:
    """A frame's JSON and its Arrow data (None in a text frame)."""
    if isinstance(frame, str):
        return frame, None
    if len(frame) < _LENGTH.size:
        raise BadMessage("BAD_MESSAGE", f"A binary frame needs at least {_LENGTH.size} bytes; this one has {len(frame)}.")
    (size,) = _LENGTH.unpack_from(frame)
    if _LENGTH.size + size > len(frame):
        raise BadMessage(
            "BAD_MESSAGE", f"The frame says its header has {size} bytes, but only {len(frame) - _LENGTH.size} follow."
        )
    return frame[_LENGTH.size : _LENGTH.size + size], memoryview(frame)[_LENGTH.size + size :]


def _decode(kind: Any, frame: str | bytes) -> tuple[Any, memoryview | None]:
    header, arrow = split(frame)
    try:
        return _decoder(kind).decode(header), arrow
    except msgspec.ValidationError as error:
        message, _, path = str(error).partition(" - at `")
        raise BadMessage("BAD_MESSAGE", f"{message}.", where=path.rstrip("`")) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadMessage("BAD_MESSAGE", f"The frame is not JSON: {error}.") from None
    except RecursionError:
        raise BadMessage("BAD_MESSAGE", "The frame is nested too deep.") from None


def decode_request(frame: str | bytes) -> tuple[Request, memoryview | None]:
    """A client's message and its Arrow data; raises `BadMessage` with the path of the offending field."""
    return _decode(Request, frame)


def decode_answer(frame: str | bytes) -> tuple[Answer, memoryview | None]:
    """A session's message and its Arrow data."""
    return _decode(Answer, frame)


def route(frame: str | bytes) -> Route:
    """The type and channel of any message, without looking at the rest."""
    found: Route = _decode(Route, frame)[0]
    return found
