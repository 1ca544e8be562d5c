"""What a member who looks at a rollup as a tree is told: windows of its nodes, and patches from each revision to the next.

Everything is worked out by one thread at a time, which holds the rollup's turn, and told in the member's turn: so a window is
always of the revision that was told last. It must not know operations or other members.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

import pyarrow as pa

from ..crew import Job
from ..engine.planning import treeanswers
from ..engine.planning.treetable import Ids
from ..engine.planning.treeview import TreeView
from ..errors import BadMessage, NotFound, Refused, TabweaveError
from ..protocol import messages as m
from .premises import streamed

if TYPE_CHECKING:
    from collections.abc import Generator

    from ..engine.planning.treeview import News
    from .feed import Feed
    from .grove import Look
    from .member import Member
    from .news import Digest

MOST_CELLS = 500_000
"""A window of a tree holds at most so many."""
Wish = m.Fetch | treeanswers.Question
"""What is asked of nodes."""
Given = tuple[m.Message, memoryview | None] | TabweaveError
"""What is given for it."""


class TreeFeed:
    """The trees of one member, one after the other; ids of nodes stay the same over all of them."""

    def __init__(self, feed: Feed, member: Member) -> None:
        self._feed, self._member, self._room = feed, member, member.room
        self._ids = Ids()
        self._sub = 0
        self._wishes: deque[Wish] = deque()
        self._working = False
        self.view: TreeView | None = None

    # In the member's turn

    def end(self) -> None:
        """Shows a tree no longer."""
        self.view = None
        self._wishes.clear()

    def wish(self, request: Wish) -> None:
        """Has something answered about the nodes that are shown, after what was asked before."""
        view = self.view
        assert view is not None
        if isinstance(request, m.Fetch):
            if request.start < 0 or request.stop < request.start:
                raise BadMessage("BAD_MESSAGE", f"Rows {request.start} to {request.stop} are no range.", where="$.start")
            if (min(request.stop, view.rows) - request.start) * (len(request.columns) + 1) > MOST_CELLS:
                most = f"A window of a tree holds at most {MOST_CELLS:,} cells."
                raise Refused("TOO_LARGE", most, hint="Ask for fewer rows.", where="$.stop")
        self._wishes.append(request)
        self._start()

    def cancel(self, number: int) -> None:
        """Forgets what nobody waits for any more."""
        self._wishes = deque(each for each in self._wishes if each.id != number)

    def stir(self) -> None:
        """Has it told what was committed since."""
        if self._room.newest > self._feed.told:
            self._start()

    def _start(self) -> None:
        if not self._working and self.view is not None:
            self._working = True
            self._room.premises.readers.put(Job(lambda _job: self._work()))

    # On the readers' threads

    def compute(self, request: m.Sub, job: Job) -> Generator[None]:
        """Puts a tree in force."""
        assert request.view.tree is not None
        member, grove = self._member, self._room.premises.grove
        try:
            with grove.turn(self._room.name):
                look = grove.look(self._room.name, request.view.tree.rollup, member.lens)
                view = TreeView(request.view, look.definition, look.board, look.beside, look.source, self._ids, self.view)
                subbed = self._subbed(request.id, view)
        except Exception as error:
            with member.lock:
                if not job.cancelled():
                    self._feed.give_up()
                    member.fail(request.id, error)
            return
        with member.lock:
            if job.cancelled():
                return
            self.view, self._sub = view, request.id
            self._wishes.clear()
            self._feed.enforce_tree(request)
            member.post(subbed)
            self.stir()
        yield

    def _subbed(self, number: int, view: TreeView) -> m.Subbed:
        return m.Subbed(
            ch=self._member.ch,
            re=number,
            rev=view.rev,
            rows=view.rows,
            total=view.total,
            schema=view.schema,
            tree=view.info,
        )

    def _work(self) -> Generator[None]:
        """Brings what is told up to date and answers what was asked, until there is nothing left."""
        member = self._member
        while True:
            with member.lock:
                view, wishes = self.view, list(self._wishes)
                if view is None or not (wishes or self._room.newest > self._feed.told):
                    self._working = False
                    return
            try:
                found = self._found(view, wishes)
            except Exception as error:
                self._lose(view, wishes, error)
                continue
            with member.lock:
                if found is None:
                    self._working = False
                    self._room.try_again()
                    return
                if self.view is view:
                    self._tell(view, *found[:2])
                if self.view is view:
                    self._give(wishes, found[2])
            yield

    def _found(self, view: TreeView, wishes: list[Wish]) -> tuple[int, News, list[Given]] | None:
        """The newest revision, what became of a tree by then, and what was asked; None for a revision too new to be told."""
        grove, name = self._room.premises.grove, self._room.name
        with grove.turn(name):
            look = grove.look(name, view.definition, self._member.lens)
            if look.board.rev > max(self._room.newest, self._feed.told):
                return None
            news = view.follow(look.board, look.beside, look.source)
            return look.board.rev, news, [self._granted(view, look, wish) for wish in wishes]

    def _give(self, wishes: list[Wish], found: list[Given]) -> None:
        for wish, given in zip(wishes, found, strict=True):
            if wish in self._wishes:
                self._wishes.remove(wish)
                if isinstance(given, TabweaveError):
                    self._member.fail(wish.id, given)
                else:
                    self._member.post(*given)

    def _granted(self, view: TreeView, look: Look, wish: Wish) -> Given:
        ch = self._member.ch
        try:
            if not isinstance(wish, m.Fetch):
                return treeanswers.answer(ch, view, wish), None
            stop = min(wish.stop, view.rows)
            start = min(wish.start, stop)
            batch = view.window(start, stop, wish.columns, look.source)
        except TabweaveError as error:
            return error
        window = m.Window(ch=ch, re=wish.id, rev=look.board.rev, start=start, stop=stop)
        return window, streamed(pa.Table.from_batches([batch]))

    def _tell(self, view: TreeView, upto: int, news: News) -> None:
        member, since = self._member, self._feed.told + 1
        if upto >= since:
            member.say_now()
            digest = self._room.digest(since - 1, upto, member.hidden)
            if digest is None:
                member.reset("slow")
                return
            self._feed.told = upto
            member.post(self._patch(view, digest, since, news))
        if news.renamed:
            member.post(self._subbed(self._sub, view))

    def _patch(self, view: TreeView, digest: Digest, since: int, news: News) -> m.Patch:
        member = self._member
        own = bool(digest.client) and digest.client == member.client
        can_undo, can_redo = self._room.undoable(member.person.id)
        return m.Patch(
            ch=member.ch,
            rev=digest.rev,
            user=digest.user,
            kind=digest.kind,
            since=since if since < digest.rev else 0,
            from_ch=member.ch if own else self._room.key_of(digest.client),
            seq=digest.seq if own else 0,
            cells=news.cells,
            columns=news.columns,
            rows_changed=news.moved,
            rows=view.rows,
            total=view.total,
            stale=news.stale,
            can_undo=can_undo,
            can_redo=can_redo,
            users=digest.users,
        )

    def _lose(self, view: TreeView, wishes: list[Wish], error: Exception) -> None:
        """Gives a tree up that can no longer be shown: it, or a column of it, is not there any more."""
        with self._member.lock:
            if self.view is not view:
                return
            self.end()
            self._feed.give_up()
            for wish in wishes:
                self._member.fail(wish.id, error)
            self._member.fail(self._sub, error)
        if isinstance(error, NotFound):
            self._room.doubt()
