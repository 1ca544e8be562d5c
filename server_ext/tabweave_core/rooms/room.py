"""One open table: who is in it, what was committed lately, and what is told of it.

Revisions come in the writer's thread and are only put by; members take what they have not been told yet. It must not know
what members do with it.
"""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING

from ..engine.effects import CellsSet
from ..errors import NotFound, TabweaveError
from .news import Digest, digest
from .presence import Presence

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..engine.catalog import Table
    from ..engine.writer import Committed
    from ..protocol.schema import Place
    from .member import Member
    from .premises import Premises

GONE = "The shared table {name!r} is not there any more."
_STRUCTURAL_WEIGHT = 100
_KEPT_DIGESTS = 8


class Room:
    """The members of one table by their name in the store, and its newest revisions."""

    def __init__(self, name: str, premises: Premises) -> None:
        self.name = name
        self.premises = premises
        self.members: dict[str, Member] = {}
        self.newest = 0
        self._doubts = self._settled = 0
        self._lock = threading.Lock()
        self._recent: deque[Committed] = deque()
        self._weight = 0
        self._undoable: dict[str, tuple[bool, bool]] = {}
        self._table: Table | None = None
        self._presence = Presence(premises.bounds.place_pause, premises.bounds.place_life)
        self._digests: dict[tuple[int, int, frozenset[int]], Digest] = {}

    @property
    def changed(self) -> bool:
        """Whether the table may have become another one, or rights may have changed: then nothing is told till that is clear."""
        return self._doubts != self._settled

    def doubt(self) -> None:
        """Has it looked whether the table and the rights are still the same, before anything else is told."""
        with self._lock:
            self._doubts += 1
        self.premises.dispatcher.wake()

    # Revisions

    def take(self, revisions: Sequence[Committed]) -> None:
        """Puts by what was committed together; called in the writer's thread."""
        with self._lock:
            newest = self.newest
            for revision in revisions:
                if newest and revision.rev != newest + 1:
                    self._recent.clear()
                    self._weight = 0
                    self._doubts += 1
                self._put_by(revision)
                newest = revision.rev
            self.newest = newest

    def _put_by(self, revision: Committed) -> None:
        self._recent.append(revision)
        self._weight += _weight(revision)
        while self._weight > self.premises.bounds.recent:
            self._weight -= _weight(self._recent.popleft())
        if revision.kind in ("undo", "redo", "lock"):
            self._undoable.pop(revision.user.id, None)
        else:
            self._undoable[revision.user.id] = (True, False)

    def trim(self) -> None:
        """Forgets what every member was told."""
        told = min((member.feed.floor for member in list(self.members.values())), default=self.newest)
        with self._lock:
            while self._recent and self._recent[0].rev <= told:
                self._weight -= _weight(self._recent.popleft())
            self._digests = {key: each for key, each in self._digests.items() if key[0] >= told}

    def digest(self, after: int, upto: int, hidden: frozenset[int]) -> Digest | None:
        """What the revisions after one, up to another, come to for who may not see some columns; None if that is forgotten."""
        key = (after, upto, hidden)
        with self._lock:
            found = self._digests.get(key)
        revisions = self.revisions(after, upto) if found is None else []
        if found is not None or not revisions:
            return found
        found = digest(revisions, hidden, self.premises.bounds.patch_cells)
        with self._lock:
            self._digests[key] = found
            while len(self._digests) > _KEPT_DIGESTS:
                del self._digests[next(iter(self._digests))]
        return found

    def revisions(self, after: int, upto: int) -> list[Committed]:
        """The revisions after one, up to another; none if some of them are forgotten."""
        with self._lock:
            if not self._recent or self._recent[0].rev > after + 1 or self._recent[-1].rev < upto:
                return []
            first = self._recent[0].rev
            return [self._recent[i] for i in range(after + 1 - first, upto + 1 - first)]

    def table(self, rev: int) -> Table:
        """The whole table at a revision, or a later one."""
        found = self._table
        if found is None or found.head < rev:
            found = self._table = self.premises.store.table(self.name)
        return found

    def undoable(self, user: str) -> tuple[bool, bool]:
        """Whether a user has something to undo, and to redo."""
        with self._lock:
            found = self._undoable.get(user)
            before = self.newest
        if found is None:
            state = self.premises.store.undoable(self.name, user)
            found = (state.undo is not None, state.redo is not None)
            with self._lock:
                if self.newest == before:
                    self._undoable[user] = found
        return found

    # Members

    def enter(self, member: Member) -> None:
        """Lets somebody in, in place of who was there under the same name."""
        self.members[member.client] = member

    def leave(self, member: Member) -> None:
        """Lets somebody go."""
        if self.members.get(member.client) is member:
            del self.members[member.client]
            with self._lock:
                self._presence.leave(member.key)
            self.premises.dispatcher.wake()

    def show(self, member: Member) -> None:
        """Somebody was welcomed: others may see them, and what changed while they were is made good."""
        with self._lock:
            self._presence.enter(member.key, member.person, kernel=member.kernel)
        self.doubt()

    def put(self, member: Member, place: Place | None) -> None:
        """Somebody says where they are."""
        with self._lock:
            self._presence.put(member.key, place, self.premises.clock())
        self.premises.dispatcher.wake()

    def key_of(self, client: str) -> str:
        """How others know the member that the store knows as `client`; empty when it is not here."""
        member = self.members.get(client)
        return member.key if member is not None else ""

    def try_again(self) -> None:
        """Has another round told soon: not everything could be told in this one."""
        self.premises.dispatcher.wake()

    def tell(self) -> float | None:
        """Tells every member what it has not been told; in how many seconds to try again, if need be."""
        if self.changed and not self._look_again():
            return self.premises.bounds.place_pause
        members = list(self.members.values())
        for member in members:
            member.tell()
        self.trim()
        again = self._tell_places(members)
        if any(member.feed.waits for member in members):
            lull = self.premises.bounds.lull
            again = lull if again is None else min(again, lull)
        return again

    def _tell_places(self, members: list[Member]) -> float | None:
        now = self.premises.clock()
        with self._lock:
            again = [self._presence.fade(now)]
        for member in members:
            if member.clogged:
                continue
            with self._lock:
                peers, wait = self._presence.due(member.key, member.hidden, now)
            if peers is not None:
                member.tell_places(peers)
            again.append(wait)
        return min((wait for wait in again if wait is not None), default=None)

    def _look_again(self) -> bool:
        """Lets those begin anew who were welcomed to another table or with other rights; False if that cannot be told now."""
        doubts = self._doubts
        try:
            table = self.premises.store.table(self.name)
        except NotFound:
            for member in list(self.members.values()):
                member.gone("unknown", GONE.format(name=self.name))
        except TabweaveError:
            return False
        else:
            self._table = table
            for member in list(self.members.values()):
                member.compare(table)
        self._settled = doubts
        return True


def _weight(revision: Committed) -> int:
    cells = sum(len(each.rows) for each in revision.cells)
    return 1 + cells + (0 if isinstance(revision.effect, CellsSet) else _STRUCTURAL_WEIGHT)
