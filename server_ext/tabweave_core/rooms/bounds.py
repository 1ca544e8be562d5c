"""What a hall allows and how often it tells."""

from __future__ import annotations

from dataclasses import dataclass

MIB = 1 << 20


@dataclass(frozen=True)
class Bounds:
    """Bounds of one hall: times in seconds, sizes in bytes.

    `tick` is the pause between two rounds of news; who need only hear that there are newer revisions hears it after `lull`.
    Revisions of about `recent` cells are kept for a member that lags; who is further behind, or has had more than `outbound`
    bytes waiting for `patience` seconds, starts anew.
    """

    tick: float = 0.015
    lull: float = 0.25
    unacked: int = 64
    outbound: int = 4 * MIB
    patience: float = 10.0
    recent: int = 200_000
    patch_cells: int = 5_000
    window_cells: int = 2_000_000
    part: int = 4 * MIB
    place_pause: float = 0.1
    place_life: float = 15.0
    list_pause: float = 1.0
    readers: int = 3
    viewers: int = 2
    thinkers: int = 2
