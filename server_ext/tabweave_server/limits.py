"""What one socket may ask of the server, and how a flood is told from hard work."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

MIB = 1 << 20


@dataclass(frozen=True)
class Limits:
    """Bounds on a socket: sizes in bytes, times in seconds, rates per second."""

    frame: int = 32 * MIB
    kernel_frame: int = 256 * MIB
    outbound: int = 4 * MIB
    outbound_most: int = 64 * MIB
    patience: float = 10.0
    rate: float = 2_000.0
    burst: int = 10_000
    channels: int = 500
    kernel_wait: float = 5.0
    unacked: int = 64
    probe: float = 2.0
    signature_age: float = 30.0


class Bucket:
    """A token bucket: `take` says whether there was enough left."""

    def __init__(self, rate: float, burst: int, clock: Callable[[], float]) -> None:
        self._rate = rate
        self._burst = burst
        self._clock = clock
        self._left = float(burst)
        self._at = clock()

    def take(self, cost: float = 1.0) -> bool:
        """Pays `cost`; False once the bucket is overdrawn."""
        now = self._clock()
        self._left = min(self._burst, self._left + (now - self._at) * self._rate)
        self._at = now
        self._left -= cost
        return self._left >= 0
