"""Conversations about shared tables: hands the frames of pages and kernels to the hall, and the hall's answers back.

Pages and kernels are alike here: each is a `Speaker` with a person and a socket. What a person may do with a table the hall
decides; Jupyter's authoriser is asked before, at `hello`, whether they may read or write shared tables at all. While the
store is being opened a speaker's frames wait in order, and whatever else goes over its socket goes on. Knows no routes.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING

from tabweave_core.errors import Refused, TabweaveError, Unavailable
from tabweave_core.protocol import wire
from tabweave_core.protocol.messages import Error, Gone

from .record import line
from .refusals import refusal

if TYPE_CHECKING:
    import logging

    from tabweave_core.protocol.schema import Person
    from tabweave_core.rooms.hall import Hall

    from .house import House
    from .limits import Limits
    from .peers import Speaker

PREFIX = "table/"
_BEGINNINGS = ("hello", "watch_tables")
_READ_ONLY = "You may read the shared tables of this server, but not change them. Ask its owner for the right to."


class Shared:
    """All conversations with the hall of one server; lives on its event loop."""

    def __init__(self, house: House, limits: Limits, log: logging.Logger) -> None:
        self._house = house
        self._limits = limits
        self._log = log
        self._tasks: set[asyncio.Task[None]] = set()

    def takes(self, speaker: Speaker, kind: str, ch: str) -> bool:
        """Whether a frame that is no `hello` belongs to a conversation here."""
        return kind == "watch_tables" or ch in speaker.channels or ch in speaker.held_channels

    async def take(self, speaker: Speaker, kind: str, ch: str, frame: str | bytes) -> None:
        """Handles a frame of a conversation, a `hello` among them; raises for one that is refused."""
        if len(speaker.channels) >= self._limits.channels and kind in _BEGINNINGS and ch not in speaker.channels:
            raise Refused("TOO_LARGE", f"{self._limits.channels} tables may be open at once.", hint="Close some of them.")
        if speaker.held is not None:
            self._hold(speaker, kind, ch, frame)
        elif self._house.opened:
            await self._hand_over(speaker, kind, ch, frame)
        else:
            speaker.held = deque()
            self._hold(speaker, kind, ch, frame)
            task = asyncio.get_running_loop().create_task(self._open_for(speaker))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def _hold(self, speaker: Speaker, kind: str, ch: str, frame: str | bytes) -> None:
        assert speaker.held is not None
        if speaker.held and speaker.held_bytes + len(frame) > self._limits.outbound:
            raise Unavailable("BUSY", "Too much was sent before the store was open.", hint="Wait for `welcome`.")
        speaker.held.append((kind, ch, frame))
        speaker.held_channels.add(ch)
        speaker.held_bytes += len(frame)

    async def _open_for(self, speaker: Speaker) -> None:
        """Opens the store, then handles what waited for it."""
        failure: TabweaveError | None = None
        try:
            await self._house.ready()
        except TabweaveError as error:
            failure = error
        while speaker.held:
            kind, ch, frame = speaker.held.popleft()
            speaker.held_bytes -= len(frame)
            try:
                if failure is not None:
                    raise failure
                await self._hand_over(speaker, kind, ch, frame)
            except TabweaveError as error:
                speaker(refusal(frame, error, speaker.channels))
        speaker.held = None
        speaker.held_channels.clear()

    async def _hand_over(self, speaker: Speaker, kind: str, ch: str, frame: str | bytes) -> None:
        person = speaker.who()
        if kind in _BEGINNINGS:
            if not await speaker.may("read"):
                self._log.warning(line("shared_refused", speaker=speaker.name, user=person.id))
                raise Refused("FORBIDDEN", "You may not read shared tables here.", hint="Ask the server's owner.", where="$.ch")
            self._log.debug(line("shared_open", speaker=speaker.name, user=person.id, ch=ch))
            speaker.channels[ch] = "" if await speaker.may("write") else _READ_ONLY
        elif ch not in speaker.channels:
            return
        if not speaker.closed:
            self._tell_hall(self._house.hall, speaker, ch, frame, person)
        if kind == "bye":
            speaker.channels.pop(ch, None)

    def _tell_hall(self, hall: Hall, speaker: Speaker, ch: str, frame: str | bytes, person: Person) -> None:
        try:
            hall.receive(frame, speaker, person, kernel=speaker.kernel, read_only=speaker.channels.get(ch, ""))
        except TabweaveError:
            raise
        except Exception as error:
            # The socket serves all grids of its page: a defect in one request must not end it.
            self._log.exception(line("shared_failed", speaker=speaker.name, user=person.id, ch=ch))
            message = f"The server failed at this message: {type(error).__name__}."
            speaker(wire.encode(Error(ch=ch, code="INTERNAL", message=message, hint="The server's log has the details.")))

    def expel(self, speaker: Speaker) -> None:
        """Ends the conversations of a kernel that may not act for anybody any more, saying why; its socket stays."""
        try:
            speaker.who()
        except TabweaveError as error:
            if self._house.opened:
                self._house.hall.close(speaker)
            for ch in speaker.channels:
                speaker(wire.encode(Gone(ch=ch, reason="unknown", message=f"{error.message} {error.hint}".strip())))
            speaker.channels.clear()

    def close(self, speaker: Speaker) -> None:
        """Ends all conversations of a speaker whose socket is gone."""
        speaker.close()
        speaker.channels.clear()
        if speaker.held is not None:
            speaker.held.clear()
        if self._house.opened:
            self._house.hall.close(speaker)
