"""Every conversation about the shared tables of one store: carriers hand in frames, answers and news go out.

One `Hall` serves all carriers, in a server and in a kernel alike. It must not know which carrier is behind a `send`.
"""

from __future__ import annotations

import re
import threading
from typing import TYPE_CHECKING

from ..crew import Crew, Job
from ..errors import BadMessage, TabweaveError
from ..protocol import messages as m
from ..protocol import wire
from .bounds import Bounds
from .commands import Commands
from .dispatch import Dispatcher
from .follow import Following
from .grove import Grove
from .lists import Lists
from .member import Member, client_of
from .premises import Premises
from .room import Room

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ..engine.store import Store
    from ..engine.writer import Committed
    from ..protocol.schema import Person
    from .member import Send

_CHANNEL = re.compile(r"[0-9A-Za-z_-]{1,64}")
_TABLE = "table/"


class Hall:
    """The rooms of a store, one for each table that somebody has open, and everybody who is in them."""

    def __init__(
        self, store: Store, *, clock: Callable[[], float], draw: Callable[[], str], bounds: Bounds | None = None
    ) -> None:
        self.store = store
        self._lock = threading.RLock()
        self._rooms: dict[str, Room] = {}
        self._members: dict[str, Member] = {}
        bounds = bounds or Bounds()
        self._premises = Premises(
            store=store,
            bounds=bounds,
            clock=clock,
            draw=draw,
            readers=Crew("tabweave-readers", bounds.readers),
            viewers=Crew("tabweave-viewers", bounds.viewers),
            thinkers=Crew("tabweave-thinkers", bounds.thinkers),
            dispatcher=Dispatcher(self._round, bounds.tick),
            grove=Grove(store),
            leave=self._leave,
            commands=Commands(store),
        )
        self._lists = Lists(self._premises, self.people)
        store.on_commit.append(self._committed)
        store.on_tables.append(self.rights_changed)

    # Carriers

    def receive(self, frame: str | bytes, send: Send, user: Person, *, kernel: bool = False, read_only: str = "") -> None:
        """Takes one frame from a client of `user`. Answers and news for its channel go to `send`, from any thread.

        `send` may have a method `backlog` that gives how many bytes wait to leave. `read_only` with a `hello` says why this
        client may change nothing, whatever rights its user has in the table.
        """
        try:
            request, _ = wire.decode_request(frame)
        except BadMessage as error:
            self._refuse(frame, send, error)
            return
        match request:
            case m.Ping():
                send(wire.encode(m.Pong(ch=request.ch, t=request.t)))
            case m.Hello():
                self._hello(request, send, user, kernel=kernel, read_only=read_only)
            case m.Bye():
                self._bye(client_of(user, request.ch), send)
            case m.WatchTables():
                self._lists.watch(client_of(user, request.ch), request.ch, user, send)
                self._premises.dispatcher.wake()
            case _:
                self._pass(request, send, user, len(frame))

    def close(self, send: Send) -> None:
        """Closes the channels of a carrier that is gone."""
        with self._lock:
            gone = [member for member in self._members.values() if member.send == send]
        self._lists.close(send)
        for member in gone:
            self._bye(member.client, send)

    def rights_changed(self, name: str) -> None:
        """Says that a table came, went, or has other rights; the store's own changes are noticed without."""
        room = self._rooms.get(name)
        if room is not None:
            room.doubt()
        self._lists.touch()
        self._premises.dispatcher.wake()

    @property
    def commands(self) -> Commands:
        """The commands on the store's tables."""
        return self._premises.commands

    def people(self, name: str) -> list[Person]:
        """Who has a table open, each person once."""
        with self._lock:
            room = self._rooms.get(name)
        members = [] if room is None else list(room.members.values())
        return list({member.person.id: member.person for member in members if member.welcome}.values())

    @property
    def grove(self) -> Grove:
        """The rollups that people look at."""
        return self._premises.grove

    def gauges(self) -> dict[str, float]:
        """How many channels are open, how many of them follow, and by how many revisions the last of these is behind."""
        with self._lock:
            feeds = [member.feed for member in self._members.values()]
        lags = [feed.lag for feed in feeds if isinstance(feed, Following)]
        return {"members": len(feeds), "followers": len(lags), "follower_lag_revisions": max(lags, default=0)}

    def shut(self) -> None:
        """Closes every channel and ends the threads; may be called again."""
        if self._committed in self.store.on_commit:
            self.store.on_commit.remove(self._committed)
            self.store.on_tables.remove(self.rights_changed)
        with self._lock:
            members = list(self._members.values())
        for member in members:
            self._bye(member.client, member.send)
        self._premises.dispatcher.close()
        self._premises.readers.close()
        self._premises.viewers.close()
        self._premises.thinkers.close()
        self._premises.commands.close()

    # Requests

    def _refuse(self, frame: str | bytes, send: Send, error: TabweaveError) -> None:
        try:
            ch = wire.route(frame).ch
        except BadMessage:
            ch = ""
        send(wire.encode(m.Error(ch=ch, code=error.code, message=error.message, hint=error.hint, where=error.where)))

    def _hello(self, request: m.Hello, send: Send, user: Person, *, kernel: bool, read_only: str) -> None:
        error = _fault(request)
        if error is not None:
            send(wire.encode(m.Error(ch=request.ch, code=error.code, message=error.message, hint=error.hint, where=error.where)))
            return
        name = request.table.removeprefix(_TABLE)
        client = client_of(user, request.ch)
        with self._lock:
            before = self._members.pop(client, None)
        if before is not None:
            before.close()
        with self._lock:
            room = self._rooms.get(name)
            if room is None:
                room = self._rooms[name] = Room(name, self._premises)
            key = before.key if before is not None else self._premises.draw()
            member = Member(room, request.ch, user, send, key, kernel=kernel, follows=request.follow, read_only=read_only)
            self._members[client] = member
            room.enter(member)
        self._lists.touch()
        self._premises.readers.put(Job(lambda _job: member.open(request)))

    def _bye(self, client: str, send: Send) -> None:
        self._lists.leave(client, send)
        with self._lock:
            member = self._members.get(client)
            if member is None or member.send != send:
                return
            del self._members[client]
        member.close()

    def _leave(self, member: Member) -> None:
        """A room without members vanishes."""
        self._lists.touch()
        with self._lock:
            room = member.room
            room.leave(member)
            if not room.members and self._rooms.get(room.name) is room:
                del self._rooms[room.name]

    def _pass(self, request: m.Request, send: Send, user: Person, size: int) -> None:
        with self._lock:
            member = self._members.get(client_of(user, request.ch))
        if member is None or member.send != send:
            send(wire.encode(m.Gone(ch=request.ch, reason="unknown", message="This table is not open here. Open it again.")))
            return
        member.receive(request, size)

    # News

    def _committed(self, revisions: Sequence[Committed]) -> None:
        """Puts revisions by for those who have their table open; called in the writer's thread."""
        for name in dict.fromkeys(revision.table for revision in revisions):
            room = self._rooms.get(name)
            if room is not None:
                room.take([revision for revision in revisions if revision.table == name])
        self._lists.touch()
        self._premises.dispatcher.wake()

    def _round(self) -> float | None:
        with self._lock:
            rooms = list(self._rooms.values())
        again = [room.tell() for room in rooms]
        again.append(self._lists.tell())
        return min((wait for wait in again if wait is not None), default=None)


def _fault(hello: m.Hello) -> BadMessage | None:
    """What is wrong with a hello, if anything."""
    if hello.proto != m.PROTOCOL:
        hint = "Reload the page; if that does not help, restart the server."
        return BadMessage(
            "BAD_MESSAGE", f"This server speaks {m.PROTOCOL}, the client {hello.proto[:40]!r}.", hint=hint, where="$.proto"
        )
    if not _CHANNEL.fullmatch(hello.ch):
        return BadMessage("BAD_MESSAGE", "A channel's id is 32 hexadecimal digits.", where="$.ch")
    if not hello.table.startswith(_TABLE) or hello.table == _TABLE:
        return BadMessage("BAD_MESSAGE", "The table must be named `table/<name>`.", where="$.table")
    return None
