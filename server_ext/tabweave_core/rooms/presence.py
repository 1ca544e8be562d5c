"""Where people are in one table. Places are told often, may be lost, fade when they are not renewed, and are never stored.

It must not know channels or threads; time is given to it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from ..protocol.schema import Peer, Place

if TYPE_CHECKING:
    from collections.abc import Collection

    from ..protocol.schema import Person


@dataclass
class _Present:
    user: Person
    kernel: bool
    place: Place | None = None
    until: float = 0.0
    told: list[Peer] | None = None
    told_at: float | None = None


class Presence:
    """The people in a room by the keys that others know them by. A place holds for `life` seconds; news come every `pause`."""

    def __init__(self, pause: float, life: float) -> None:
        self._pause = pause
        self._life = life
        self._here: dict[str, _Present] = {}

    def enter(self, key: str, user: Person, *, kernel: bool) -> None:
        """Somebody has opened the table."""
        self._here[key] = _Present(user, kernel)

    def leave(self, key: str) -> None:
        """Somebody has closed it."""
        self._here.pop(key, None)

    def put(self, key: str, place: Place | None, now: float) -> None:
        """Somebody says where they are, or (with None) nowhere."""
        one = self._here.get(key)
        if one is not None:
            one.place, one.until = place, now + self._life

    def fade(self, now: float) -> float | None:
        """Forgets places that were not renewed; in how many seconds the next one fades, if any."""
        for one in self._here.values():
            if one.place is not None and one.until <= now:
                one.place = None
        return min((one.until - now for one in self._here.values() if one.place is not None), default=None)

    def due(self, key: str, hidden: Collection[int], now: float) -> tuple[list[Peer] | None, float | None]:
        """What to tell somebody of the others, if it is something new and not too soon; else in how many seconds to ask again."""
        one = self._here.get(key)
        if one is None:
            return None, None
        peers = [_peer(other, each, hidden) for other, each in self._here.items() if other != key]
        if peers == one.told:
            return None, None
        if one.told_at is not None and now < one.told_at + self._pause:
            return None, one.told_at + self._pause - now
        one.told, one.told_at = peers, now
        return peers, None


def _peer(key: str, one: _Present, hidden: Collection[int]) -> Peer:
    return Peer(key=key, user=one.user, place=_seen(one.place, hidden), kernel=one.kernel)


def _seen(place: Place | None, hidden: Collection[int]) -> Place | None:
    """A place as somebody who may not see some columns is told it: none in such a column, no selection that ends in one."""
    if place is None or place.column in hidden:
        return None
    if place.to_column is not None and place.to_column in hidden:
        return msgspec.structs.replace(place, to_rid=None, to_column=None)
    return place
