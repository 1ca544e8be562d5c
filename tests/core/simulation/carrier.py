"""A socket between a client and a hall that delivers when it is told to, and that breaks.

What a client says is handed to the hall by one thread, as a server's event loop does. A broken socket may still deliver what
was on its way to the hall, after the client has come back over another one.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from random import Random
from typing import TYPE_CHECKING

from core.simulation.judge import Broken
from tabweave_core.protocol.schema import Person

if TYPE_CHECKING:
    from core.simulation.world import World


class Carrier:
    """One connection of a user; the hall calls it to send."""

    def __init__(self, world: World, user: Person, client: str, *, kernel: bool) -> None:
        self.world, self.user, self.client, self.kernel = world, user, client, kernel
        self.hall = world.hall
        self.up: deque[str | bytes] = deque()
        self.down: deque[str | bytes] = deque()
        self.open = True

    def __call__(self, frame: str | bytes) -> None:
        """Takes a frame from the hall, in any of its threads."""
        if self.world.loop.ended or not self.open:
            return
        message = self.world.judge.sends(self.user.id, self.client, frame)
        self.down.append(frame)
        self.world.note("hall", "says", self.client, message)
        if self.backlog() > self.world.most_outbound:
            raise Broken("I12", f"{self.backlog()} bytes wait for {self.client}")

    def backlog(self) -> int:
        return sum(map(len, self.down))

    def say(self, frame: str | bytes) -> None:
        self.up.append(frame)

    def deliver_up(self, chance: Random, *, fault: float) -> None:
        """Hands the next frame to the hall; now and then twice, or not at all."""
        frame = self.up.popleft()
        for _ in range(copies(chance, fault)):
            self.world.perform(lambda: self.hall.receive(frame, self, self.user, kernel=self.kernel))

    def deliver_down(self, chance: Random, hear: Callable[[str | bytes], None], *, fault: float) -> None:
        """Hands the next frame to the client; now and then twice, or not at all."""
        frame = self.down.popleft()
        for _ in range(copies(chance, fault)):
            hear(frame)

    def cut(self, chance: Random) -> None:
        """Breaks: nothing more arrives at the client; what is on its way to the hall may, or a part of it."""
        self.open = False
        self.down.clear()
        for _ in range(chance.randint(0, len(self.up))):
            self.up.pop()

    def close(self) -> None:
        """The hall notices that it is broken."""
        self.world.perform(lambda: self.hall.close(self))


def copies(chance: Random, fault: float) -> int:
    drawn = chance.random()
    return 0 if drawn < fault / 2 else 2 if drawn < fault else 1
