"""What has arrived for a joined variable: news that wait to land, answers, and the session's ends and beginnings.

It must not touch the DataFrame.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tabweave_core.replica import events as e

if TYPE_CHECKING:
    from collections.abc import Callable

    from tabweave_core.protocol.messages import Welcome

    from .follower import Follower
    from .landing import News
    from .outbox import Outbox

MOST_NEWS = 2000
"""More news than that are not kept while a cell runs."""


class Mailbox:
    """`news` and `overtaken` cells, in order; `end` once the table cannot be followed any more. `tell` says something."""

    def __init__(self, follower: Follower, outbox: Outbox, tell: Callable[[str], None]) -> None:
        self.news: list[News] = []
        self.overtaken: list[e.Overwritten] = []
        self.end: e.Stopped | None = None
        self._follower = follower
        self._outbox = outbox
        self._tell = tell
        self._known: Welcome | None = None

    def receive(self) -> None:
        """Takes in what has arrived."""
        with self._follower.lock:
            for event in self._follower.drain():
                self._take(event)

    def take_whole(self) -> e.Whole | None:
        """The whole table, if it has arrived; what came after it stays here."""
        with self._follower.lock:
            at = next((at for at, each in enumerate(self.news) if isinstance(each, e.Whole)), None)
            if at is None:
                return None
            found, self.news = self.news[at], self.news[at + 1 :]
            return found if isinstance(found, e.Whole) else None

    def _take(self, event: e.Event) -> None:
        match event:
            case e.Welcomed():
                self._welcomed(event.welcome)
            case e.Whole() | e.Advanced():
                self.news.append(event)
                if len(self.news) > MOST_NEWS:
                    self._begin_anew()
            case e.Answered():
                self._outbox.answered(event)
            case e.Overwritten():
                self.overtaken.append(event)
            case e.Abandoned():
                self._outbox.abandon(event.message)
            case e.Stopped():
                self.end = event
                self._outbox.abandon(event.message)
                if self._known is not None:
                    self._tell(f"{event.message} The variable stays as it is and follows no more.")
            case e.Failed():
                self._tell(f"{event.error.message} {event.error.hint}".strip())

    def _welcomed(self, welcome: Welcome) -> None:
        """Says what is different since the last time."""
        known, self._known = self._known, welcome
        if known is None:
            return
        if known.epoch != welcome.epoch:
            self._tell("the table was replaced; this is the new one.")
        elif known.role != welcome.role:
            self._tell(f"you are {welcome.role} of {welcome.name} now.")

    def _begin_anew(self) -> None:
        """Lets go of news that piled up while a cell ran; the whole table is less."""
        self.news.clear()
        self._outbox.broken = True
        self._follower.reload()
