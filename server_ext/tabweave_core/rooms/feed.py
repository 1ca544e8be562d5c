"""What a grid on a shared table is told: windows of its view, and patches that lead from each revision to the next.

A window of some revision is sent when the grid was told everything up to that revision and nothing beyond, so that it never
has to guess which of the two is newer. It must not know operations or other members.
"""

from __future__ import annotations

import heapq
from collections import deque
from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING

import numpy as np

from ..crew import Job
from ..engine.rows import RowIds
from ..engine.window import Seen
from ..errors import BadMessage, Refused, Unavailable
from ..protocol import messages as m
from .held import Held
from .news import Digest
from .premises import streamed
from .sight import NATURAL, Sight, follow, is_plain
from .treefeed import TreeFeed

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    import pyarrow as pa

    from ..engine.catalog import Table
    from ..engine.planning import treeanswers
    from ..protocol.schema import Cells
    from .member import Member

TRIES = 4
"""How often a view or a window is read anew because rows or what it depends on changed meanwhile."""


class Feed:
    """The news of one member with a grid. What is asked and told is so in the member's turn; jobs take it when they are done."""

    def __init__(self, member: Member) -> None:
        self._member = member
        self._room = member.room
        self.told = 0
        """The revision that was told last."""
        self._open = False
        self._floor: int | None = self._room.newest
        self._parked: list[tuple[int, int, Callable[[], None]]] = []
        self._order = count()
        self._reading = False
        self._fetches: deque[tuple[m.Fetch, int]] = deque()
        self._subbing: Job | None = None
        self._late = False
        self._held = Held()
        self._looked = 0
        """The revision up to which nothing else concerns this client than what it was told."""
        self._elsewhere: set[int] = set()
        self._quiet_since: float | None = None
        self.sight = Sight(Seen(0, 0, None, RowIds(0)), 0)
        self.trees = TreeFeed(self, member)

    def begin(self, table: Table, hello: m.Hello) -> None:  # noqa: ARG002 - a follower looks at it
        """Starts with the table as the welcome tells it."""
        self.told, self._looked, self._floor, self._open = table.head, table.head, None, True
        self.sight = Sight(Seen(table.head, len(table.rows), None, table.rows, table.epoch), table.runs_rev)

    def close(self) -> None:
        """Ends everything under way."""
        self._open = False
        self._fetches.clear()
        self._parked.clear()
        self.trees.end()
        if self._subbing is not None:
            self._subbing.cancel()

    @property
    def floor(self) -> int:
        """The revision up to which the room may forget what happened."""
        read = max(self.told, self._looked)
        return read if self._floor is None else min(self._floor, read) if self._open else self._floor

    @property
    def waits(self) -> bool:
        """Whether it has yet to be told that there are newer revisions."""
        return self._open and self._looked > self.told

    def hold(self, cells: list[Cells]) -> None:
        """Takes note of cells that the client was sent in an answer."""
        for each in cells:
            self._held.add([each.column], each.rows)

    def asks_nodes(self, request: treeanswers.Question) -> bool:
        """Has a question answered about the nodes of a rollup, if those are shown; whether they are."""
        if self.trees.view is None:
            return False
        self.trees.wish(request)
        return True

    # News

    def tell(self) -> None:
        """Tells what has happened and was answered to whom it concerns, unless a window is being read."""
        if self.trees.view is not None:
            self.trees.stir()
        elif self._open and not self._reading:
            upto = max(self._room.newest, self.told)
            self._member.say_now()
            self._advance(upto)

    def _advance(self, upto: int) -> None:
        while self._open and self._parked and self._parked[0][0] <= upto:
            self._patch(self._parked[0][0])
            if self._open:
                heapq.heappop(self._parked)[2]()
        self._patch(upto, soon=bool(self._fetches) or self._subbing is not None)

    def _catch_up(self) -> None:
        """Tells what was put off, before something is read that it might be newer than."""
        self._patch(self._looked)

    def _at(self, rev: int, release: Callable[[], None]) -> None:
        """Has `release` called when everything up to a revision is told, and nothing beyond."""
        heapq.heappush(self._parked, (rev, next(self._order), release))
        self._member.tell_now()

    def _patch(self, upto: int, *, soon: bool = True) -> None:
        """Tells what came up to a revision; unless `soon`, that may be put off if none of it is about what the client has."""
        if not self._open or upto <= self.told:
            return
        member, room, since, looked = self._member, self._room, self.told + 1, max(self.told, self._looked)
        news = room.digest(looked, upto, member.hidden) if upto > looked else Digest(upto)
        if news is None:
            member.reset("slow")
            return
        cells, elsewhere = self._held.sift(news)
        self._looked = upto
        self._elsewhere |= elsewhere
        if not soon and not cells and self._can_wait(news):
            return
        self._quiet_since = None
        table = member.lens(room.table(upto)) if news.moved or news.schema else None
        undoable = room.undoable(member.person.id)
        if table is not None and news.moved:
            seen = follow(self.sight.seen, table, news.inserted)
            self.sight = Sight(seen, max(table.runs_rev, upto), self.sight.view, self.sight.sub)
        self.told = upto
        self._post(news, cells, since, table, undoable)

    def _can_wait(self, news: Digest) -> bool:
        now = self._room.premises.clock()
        if self._quiet_since is None:
            self._quiet_since = now
        mine = self._member.client in news.clients
        if mine or news.moved or news.schema or news.columns or self.sight.touched_by(news.touched):
            return False
        return now - self._quiet_since < self._room.premises.bounds.lull

    def _post(self, news: Digest, cells: list[Cells], since: int, table: Table | None, undoable: tuple[bool, bool]) -> None:
        member, room, sight = self._member, self._room, self.sight
        stale = not sight.plain and (bool(news.inserted) or sight.touched_by(news.touched))
        own = bool(news.client) and news.client == member.client
        member.post(
            m.Patch(
                ch=member.ch,
                rev=news.rev,
                user=news.user,
                kind=news.kind,
                since=since if since < news.rev else 0,
                from_ch=member.ch if own else room.key_of(news.client),
                seq=news.seq if own else 0,
                cells=cells,
                columns=news.columns,
                elsewhere=sorted(self._elsewhere),
                rows_changed=news.moved,
                rows=sight.seen.rows,
                total=sight.seen.total,
                schema=table.schema() if table is not None and news.schema else None,
                stale=stale or self._late,
                can_undo=undoable[0],
                can_redo=undoable[1],
                users=news.users,
            )
        )
        self._late = False
        self._elsewhere.clear()

    # Windows

    def fetch(self, request: m.Fetch) -> None:
        """Reads a window when those asked for before it are read."""
        if self.trees.view is not None:
            self.trees.wish(request)
            return
        if request.start < 0 or request.stop < request.start:
            raise BadMessage("BAD_MESSAGE", f"Rows {request.start} to {request.stop} are no range.", where="$.start")
        rows = min(request.stop, self.sight.seen.rows) - request.start
        if rows * (len(request.columns) + 1) > self._room.premises.bounds.window_cells:
            most = f"A window holds at most {self._room.premises.bounds.window_cells:,} cells."
            raise Refused("TOO_LARGE", most, hint="Ask for fewer rows.", where="$.stop")
        self._catch_up()
        self._fetches.append((request, TRIES))
        self._read_next()

    def cancel(self, number: int) -> None:
        """Forgets a window that nobody waits for any more."""
        self._fetches = deque(each for each in self._fetches if each[0].id != number)
        self.trees.cancel(number)

    def _read_next(self) -> None:
        if self._open and not self._reading and self._fetches:
            request, left = self._fetches.popleft()
            self._reading = True
            self._room.premises.readers.put(Job(lambda _job: self._read(request, self.sight.seen, left)))

    def _read(self, request: m.Fetch, seen: Seen, left: int) -> Generator[None]:
        member, premises = self._member, self._room.premises
        done: Callable[[], None]
        try:
            rev, rows = premises.store.window(
                self._room.name,
                seen if seen.rids is not None else NATURAL,
                request.start,
                request.stop,
                list(dict.fromkeys(request.columns)),
                lens=member.lens,
                marked=True,
            )
            arrow = streamed(rows)
        except Exception as error:
            reason = error
            rev, done = 0, lambda: member.fail(request.id, reason)
        else:
            done = lambda: self._show(request, seen, left, rev, rows, arrow)  # noqa: E731
        with member.lock:
            self._reading = False
            if self._open:
                self._at(rev, done)
                self._read_next()
        yield

    def _show(self, request: m.Fetch, seen: Seen, left: int, rev: int, rows: pa.Table, arrow: memoryview) -> None:
        """Sends a window at its revision; reads it anew if rows came or went in a view that is not the table's own order."""
        now = self.sight.seen
        if now is not seen and not (now.rids is None and seen.rids is None):
            if left:
                self._fetches.appendleft((request, left - 1))
                self._read_next()
                return
            busy = Unavailable("BUSY", "Rows come and go too quickly to show this part of the view.", hint="Try again.")
            self._member.fail(request.id, busy)
            return
        start = min(request.start, now.rows)
        self._held.add(request.columns, np.asarray(rows.column("_rid")))
        window = m.Window(ch=self._member.ch, re=request.id, rev=rev, start=start, stop=start + rows.num_rows)
        self._member.post(window, arrow)

    # Views

    def subscribe(self, request: m.Sub) -> None:
        """Puts a view in force once it is computed; a newer one takes the place of an older one that is still computed."""
        if self._subbing is not None:
            self._subbing.cancel()
            self._subbing = None
        if self.trees.view is None:
            self._catch_up()
        if request.view.tree is not None:
            self._subbing = Job(lambda job: self.trees.compute(request, job))
            self._room.premises.viewers.put(self._subbing)
            return
        self._leave_tree()
        if is_plain(request.view):
            self._enforce(request, replace(self.sight.seen, rids=None))
            return
        self._floor = self.told
        self._subbing = Job(lambda job: self._compute(request, job))
        self._room.premises.viewers.put(self._subbing)

    def enforce_tree(self, request: m.Sub) -> None:
        """Shows the nodes of a rollup from now on, and no rows."""
        self._held.clear()
        self._late, self._floor, self._subbing = False, None, None
        self._fetches.clear()
        while self._parked:
            heapq.heappop(self._parked)
        self.sight = Sight(replace(self.sight.seen, rids=None), self.told, request.view, request.id)

    def give_up(self) -> None:
        """Goes on without a view that could not be had."""
        self._floor = self._subbing = None

    def _leave_tree(self) -> None:
        """Shows rows again: those of the table as it is told."""
        if self.trees.view is None:
            return
        self.trees.end()
        table = self._member.lens(self._room.table(self.told))
        self.sight = Sight(Seen(self.told, len(table.rows), None, table.rows, table.epoch), self.told)

    def _compute(self, request: m.Sub, job: Job) -> Generator[None]:
        for left in reversed(range(TRIES)):
            try:
                seen = self._room.premises.store.look(self._room.name, request.view, lens=self._member.lens)
            except Exception as error:
                with self._member.lock:
                    if not job.cancelled():
                        self._floor = self._subbing = None
                        self._member.fail(request.id, error)
                return
            with self._member.lock:
                if job.cancelled() or not self._open or self._take(request, seen, job, last=not left):
                    return
            yield

    def _take(self, request: m.Sub, seen: Seen, job: Job, *, last: bool) -> bool:
        """Puts a computed view in force at its revision; False when it was overtaken by what it depends on."""
        if seen.rev > self.told:
            self._at(seen.rev, lambda: None if job.cancelled() else self._enforce(request, seen))
            return True
        if seen.rev < self.told:
            news = self._room.digest(seen.rev, self.told, self._member.hidden)
            sight = Sight(seen, seen.rev, request.view)
            overtaken = news is None or bool(news.inserted) or sight.touched_by(news.touched)
            if overtaken and not last:
                return False
            if news is None or news.moved:
                seen = follow(seen, self._room.table(self.told), news.inserted if news is not None else ())
            self._enforce(request, seen, late=overtaken)
            return True
        self._enforce(request, seen)
        return True

    def _enforce(self, request: m.Sub, seen: Seen, *, late: bool = False) -> None:
        self._late = late
        self.sight = Sight(seen, self.told, request.view, request.id)
        self._floor = None
        self._subbing = None
        self._held.clear()
        self._member.post(m.Subbed(ch=self._member.ch, re=request.id, rev=self.told, rows=seen.rows, total=seen.total))
