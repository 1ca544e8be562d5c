"""One channel on a shared table: who it is, its numbered operations, its questions.

It must not know which carrier moves its frames or who else is in the room.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

from ..crew import Job
from ..engine import clients, log
from ..engine.planning import treeanswers
from ..errors import BadMessage, NotFound, Refused, TabweaveError, Unavailable
from ..protocol import messages as m
from ..protocol import wire
from . import rights
from .answers import Question, answer
from .feed import Feed
from .follow import Following
from .inquiries import Inquiries, Inquiry
from .outstanding import Outstanding
from .turn import Turn

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from duckdb import DuckDBPyConnection

    from ..engine.catalog import Table
    from ..protocol.planning import RollupDef
    from ..protocol.schema import Peer, Person
    from .room import Room

Send = Callable[[str | bytes], None]

_logger = logging.getLogger(__name__)


class Member:
    """A channel of a person. `client` is its name in the store, which is nobody else's; `key` its name for other people."""

    def __init__(
        self,
        room: Room,
        ch: str,
        person: Person,
        send: Send,
        key: str,
        *,
        kernel: bool = False,
        follows: bool = False,
        read_only: str = "",
    ) -> None:
        self.lock = Turn()
        self.room = room
        self.ch = ch
        self.person = person
        self.send = send
        self.key = key
        self.kernel = kernel
        self.read_only = read_only
        self.client = client_of(person, ch)
        self.lens = rights.lens(person)
        self.hidden: frozenset[int] = frozenset()
        self.feed: Feed | Following = Following(self) if follows else Feed(self)
        self._operations = Outstanding(self, read_only)
        self._inquiries = Inquiries(self)
        self._telling = False
        self._table: Table | None = None
        """The table that it was welcomed to; None before, and once it has to begin anew."""
        self._left = False
        self._rollups: tuple[RollupDef, ...] = ()
        self._early: list[tuple[m.Request, int]] = []
        self._clogged_since: float | None = None
        self._jobs: dict[int, Job] = {}

    @property
    def welcome(self) -> bool:
        """Whether it has been let in, and has not left."""
        return self._table is not None

    # What it is told

    def post(self, message: m.Message, arrow: memoryview | None = None) -> None:
        """Sends one message."""
        try:
            self.send(wire.encode(message, arrow))
        except Exception:
            _logger.warning("a message on channel %s could not be sent", self.ch, exc_info=True)

    def open(self, hello: m.Hello) -> Generator[None]:
        """Answers hello with the table as it is now, then takes up what has come since."""
        try:
            table, last_seq, undoable = self.room.premises.store.read(self.room.name, self._look, self.lens)
        except NotFound as error:
            self.gone("unknown", f"{error.message} {error.hint}".strip())
            return
        except Unavailable as error:
            self.gone("offline", error.message)
            return
        except Exception as error:
            self.fail(None, error)
            self.close()
            return
        with self.lock:
            if self._left:
                return
            self._table, self.hidden, self._rollups = table, table.hidden, table.rollups
            self.feed.begin(table, hello)
            self.post(
                m.Welcome(
                    ch=self.ch,
                    epoch=table.epoch,
                    rev=table.head,
                    name=table.name,
                    rows=len(table.rows),
                    schema=table.schema(),
                    user=self.person,
                    last_seq=last_seq,
                    read_only=self.read_only or rights.why(table, self.person),
                    can_undo=undoable.undo is not None,
                    can_redo=undoable.redo is not None,
                    role="viewer" if self.read_only else rights.role(table, self.person),
                    rollups=list(table.rollups),
                )
            )
            self.room.show(self)
            early, self._early = self._early, []
            for request, size in early:
                self._handle(request, size)
        yield

    def _look(self, cursor: DuckDBPyConnection, table: Table) -> tuple[Table, int, log.Undoable]:
        return table, clients.last_seq(cursor, self.client), log.undoable(cursor, table.id, self.person.id)

    def say_answers(self) -> None:
        """Passes on what became of operations: at once, and before any news of what they did."""
        self.lock.give(self.say_now)

    def say_now(self) -> None:
        """Passes answers on, in its turn."""
        self._operations.say(heard=not self._left)

    def tell(self) -> None:
        """Has it told what has happened, by whoever holds its turn."""
        if not self._telling:
            self._telling = True
            self.lock.give(self.tell_now)

    def tell_now(self) -> None:
        """Tells what has happened, in its turn; has that tried again a little later if it cannot be told now."""
        self._telling = False
        try:
            if self._table is None or self.room.changed:
                return
            if not self._is_clogged_for_long():
                self.feed.tell()
        except Unavailable:
            self.room.try_again()
        except NotFound:
            self.room.doubt()
        except Exception:
            _logger.exception("channel %s could not be told the news", self.ch)
            self.reset("epoch")

    def tell_places(self, peers: list[Peer]) -> None:
        """Tells where the others are."""
        self.lock.give(lambda: None if self._left else self.post(m.Present(ch=self.ch, peers=peers)))

    @property
    def clogged(self) -> bool:
        """Whether too much waits to be sent to it already."""
        backlog: Callable[[], int] | None = getattr(self.send, "backlog", None)
        return backlog is not None and backlog() > self.room.premises.bounds.outbound

    def _is_clogged_for_long(self) -> bool:
        """Whether it is clogged; after a while of that it has to begin anew."""
        if not self.clogged:
            self._clogged_since = None
            return False
        now = self.room.premises.clock()
        if self._clogged_since is None:
            self._clogged_since = now
        if now - self._clogged_since > self.room.premises.bounds.patience:
            self.reset("slow")
        else:
            self.room.try_again()
        return True

    def compare(self, table: Table) -> bool:
        """Whether it was welcomed to this very table with these rights; if not it is told nothing more and begins anew."""
        known = self._table
        if known is None:
            return False
        if (known.epoch, known.rights) == (table.epoch, table.rights):
            shown = self.lens(table)
            self.lock.give(lambda: None if self._left else self._tell_rollups(shown))
            return True
        self._table = None
        self.lock.give(lambda: self.reset("epoch" if known.epoch != table.epoch else "rights"))
        return False

    def reset(self, reason: Literal["epoch", "slow", "too_far", "rights"]) -> None:
        """Tells it to drop what it holds and say hello again."""
        with self.lock:
            if not self._left:
                self.close()
                self.post(m.Reset(ch=self.ch, reason=reason))

    def gone(self, reason: Literal["unknown", "offline"], why: str) -> None:
        """Tells it that there is no such table for it, or that it cannot be reached now."""
        with self.lock:
            if not self._left:
                self.close()
                self.post(m.Gone(ch=self.ch, reason=reason, message=why))

    def close(self) -> None:
        """Stops all work for it and lets it leave the room; it stays known, to answer what comes late."""
        with self.lock:
            self._left = True
            self._table = None
            self._early.clear()
            self.feed.close()
            for job in self._jobs.values():
                job.cancel()
            self._jobs.clear()
            self._inquiries.close()
        self.room.premises.leave(self)

    # What it asks

    def receive(self, request: m.Request, size: int) -> None:
        """Answers one request of so many bytes, or has it answered, without waiting for anything."""
        self.lock.give(lambda: self._handle(request, size))

    def _handle(self, request: m.Request, size: int) -> None:
        """What comes before the welcome waits for it; what comes after a reset and before the next hello is dropped."""
        if self._left:
            return
        if self._table is None:
            self._early.append((request, size))
            return
        try:
            if isinstance(request, Inquiry) and not (isinstance(request, m.AskCode) and not request.plan):
                self._inquiries.take(request)
            else:
                self._take(request, size)
        except Exception as error:
            self.fail(getattr(request, "id", None), error)

    def _take(self, request: m.Request, size: int) -> None:
        match request:
            case m.Submit():
                self._operations.take(request, self.feed.sight, size)
            case m.Fetch():
                self.feed.fetch(request)
            case m.Sub():
                self.feed.subscribe(request)
            case m.Cancel():
                self.feed.cancel(request.re)
                self._inquiries.cancel(request.re)
                job = self._jobs.pop(request.re, None)
                if job is not None:
                    job.cancel()
            case m.Here():
                self.room.put(self, request.place)
            case m.AskSnapshot():
                if isinstance(self.feed, Feed):
                    raise BadMessage("BAD_MESSAGE", "Only who follows a table gets snapshots.", where="$.type")
                self.feed.snapshot(request)
            case _:
                self._inquire(request)

    def _inquire(self, request: m.Request) -> None:
        if isinstance(request, treeanswers.Question) and self.feed.asks_nodes(request):
            return
        if isinstance(request, m.DefineRollup | m.DropRollup):
            self._define(request)
        elif isinstance(request, Question):
            self._ask(request)
        else:
            raise BadMessage("BAD_MESSAGE", "That is no message for a shared table.", where="$.type")

    def fail(self, number: int | None, error: Exception) -> None:
        """Tells why a request has no answer; what is no refusal is a defect and goes to the log as well."""
        if isinstance(error, TabweaveError):
            refusal = m.Error(ch=self.ch, code=error.code, message=error.message, hint=error.hint, where=error.where, re=number)
        else:
            _logger.error("request %s on channel %s failed", number, self.ch, exc_info=error)
            hint = "The server's log has the details."
            refusal = m.Error(ch=self.ch, code="INTERNAL", message="The request failed inside tabweave.", hint=hint, re=number)
        self.post(refusal)

    # Questions

    def _ask(self, request: Question) -> None:
        job = Job(lambda job: self._reply(request, job))
        self._jobs[request.id] = job
        self.room.premises.thinkers.put(job)

    def _reply(self, request: Question, job: Job) -> Generator[None]:
        try:
            for message in self._answers(request, job):
                with self.lock:
                    if job.cancelled():
                        return
                    self.post(message)
                yield
        except Exception as error:
            if not job.cancelled():
                self.fail(request.id, error)
        finally:
            with self.lock:
                if self._jobs.get(request.id) is job:
                    del self._jobs[request.id]

    def _answers(self, request: Question, job: Job) -> Iterator[m.Message]:
        premises, name = self.room.premises, self.room.name
        if isinstance(request, m.AskSpread):
            preview = premises.grove.preview(name, request.op, self.lens)
            return iter([m.Spreads(ch=self.ch, re=request.id, preview=preview)])
        seen = self.feed.sight.seen
        return answer(premises.store, name, self.person, self.ch, seen, request, job.cancelled)

    # Rollups

    def _define(self, request: m.DefineRollup | m.DropRollup) -> None:
        if self.read_only:
            raise Refused("FORBIDDEN", self.read_only)
        self.room.premises.thinkers.put(Job(lambda _job: self._keep(request)))

    def _keep(self, request: m.DefineRollup | m.DropRollup) -> Generator[None]:
        premises, name = self.room.premises, self.room.name
        try:
            if isinstance(request, m.DefineRollup):
                premises.grove.define(name, request.rollup, self.person)
            else:
                premises.grove.forget(name, request.name, self.person)
            table = premises.store.table(name, self.lens)
        except Exception as error:
            self.fail(request.id, error)
            return
        with self.lock:
            if not self._left:
                self._tell_rollups(table, re=request.id)
        yield

    def _tell_rollups(self, table: Table, re: int | None = None) -> None:
        """Tells which rollups are kept with the table, if that is asked for or they are others than were told."""
        if re is not None or table.rollups != self._rollups:
            self._rollups = table.rollups
            self.post(m.Rollups(ch=self.ch, rollups=list(table.rollups), re=re))


def client_of(person: Person, ch: str) -> str:
    """The name under which the store counts the operations of a person's channel."""
    return f"{person.id}/{ch}"
