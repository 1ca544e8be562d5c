"""The lists of shared tables that people keep open: what each may read, who is there, told anew when it changes.

It must not know rooms or carriers.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..crew import Job
from ..errors import TabweaveError
from ..protocol import messages as m
from ..protocol import wire
from ..protocol.schema import Person, TableInfo
from . import rights

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from .member import Send
    from .premises import Premises

_logger = logging.getLogger(__name__)


@dataclass
class _Watcher:
    ch: str
    user: Person
    send: Send
    told: list[TableInfo] | None = None


class Lists:
    """Who watches the list of tables. It is read and sent at most once in `list_pause`; `people` gives who has a table open."""

    def __init__(self, premises: Premises, people: Callable[[str], list[Person]]) -> None:
        self._premises = premises
        self._people = people
        self._lock = threading.Lock()
        self._watchers: dict[str, _Watcher] = {}
        self._due = False
        self._working = False
        self._at: float | None = None

    def watch(self, client: str, ch: str, user: Person, send: Send) -> None:
        """Tells somebody the list now, and whenever it changes."""
        with self._lock:
            self._watchers[client] = _Watcher(ch, user, send)
            self._at = None
        self.touch()

    def leave(self, client: str, send: Send) -> None:
        """Tells somebody no more."""
        with self._lock:
            watcher = self._watchers.get(client)
            if watcher is not None and watcher.send == send:
                del self._watchers[client]

    def close(self, send: Send) -> None:
        """Tells nothing more to a carrier that is gone."""
        with self._lock:
            self._watchers = {client: each for client, each in self._watchers.items() if each.send != send}

    def touch(self) -> None:
        """Says that the list may have changed."""
        self._due = True

    def tell(self) -> float | None:
        """Has the list told if it may have changed and was not told lately; in how many seconds to try again, if need be."""
        now, pause = self._premises.clock(), self._premises.bounds.list_pause
        with self._lock:
            if not self._due or not self._watchers:
                return None
            if self._at is not None and now < self._at + pause:
                return self._at + pause - now
            if self._working:
                return pause
            self._due, self._working, self._at = False, True, now
        self._premises.readers.put(Job(lambda _job: self._read()))
        return None

    def _read(self) -> Generator[None]:
        try:
            with self._lock:
                watchers = list(self._watchers.values())
            known: dict[str, list[TableInfo]] = {}
            for watcher in watchers:
                found = known.get(watcher.user.id)
                if found is None:
                    found = known[watcher.user.id] = self._infos(watcher.user)
                if found != watcher.told:
                    watcher.told = found
                    _post(watcher, found)
        except TabweaveError as error:
            _logger.info("the list of tables was not told: %s", error)
            self._due = True
        finally:
            with self._lock:
                self._working = False
        yield

    def _infos(self, user: Person) -> list[TableInfo]:
        found = []
        for table in self._premises.store.tables(rights.lens(user)):
            role = rights.role(table, user)
            if role is not None:
                found.append(
                    TableInfo(
                        name=table.name,
                        rows=len(table.rows),
                        columns=len(table.columns),
                        rev=table.head,
                        role=role,
                        owner=table.owner,
                        created=table.created,
                        people=self._people(table.name),
                    )
                )
        return found


def _post(watcher: _Watcher, tables: list[TableInfo]) -> None:
    try:
        watcher.send(wire.encode(m.Tables(ch=watcher.ch, tables=tables)))
    except Exception:
        _logger.warning("the list of tables could not be sent on channel %s", watcher.ch, exc_info=True)
