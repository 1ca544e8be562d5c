"""Committed revisions put together into what a reader is told: the last value of each cell, and who wrote it.

It must not know channels.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from ..engine.effects import CellsSet, RowsIn, RowsOut, parts
from ..engine.history import columns_in
from ..protocol.schema import Cells, Person

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from ..engine.rows import Ints
    from ..engine.writer import Committed
    from ..protocol.ops import Scalar

NOBODY = Person(id="", name="")
"""Stands for who changed only what a reader may not see."""


@dataclass(frozen=True)
class Digest:
    """What several revisions of a table come to. `columns` have more new values than `cells` tells.

    `client` and `seq` name the operation, where it is all of one client, and are empty else; `clients` are all.
    """

    rev: int
    user: Person = NOBODY
    kind: str = ""
    users: list[Person] = field(default_factory=list)
    client: str = ""
    seq: int = 0
    cells: list[Cells] = field(default_factory=list)
    columns: list[int] = field(default_factory=list)
    touched: frozenset[int] = frozenset()
    moved: bool = False
    inserted: frozenset[int] = frozenset()
    schema: bool = False
    clients: frozenset[str] = frozenset()

    @cached_property
    def rows(self) -> list[Ints]:
        """The rows of each of `cells`."""
        return [np.asarray(each.rows, dtype=np.int64) for each in self.cells]


def digest(revisions: Sequence[Committed], hidden: Collection[int], most: int) -> Digest:
    """The news of at least one revision for a reader who may not see the `hidden` columns, with at most so many cells."""
    seen = [each for each in revisions if not _is_hidden(each, hidden)]
    if not seen:
        return Digest(revisions[-1].rev)
    users = list({each.user.id: each.user for each in seen}.values())
    places = {user.id: place for place, user in enumerate(users)}
    last = _Last(hidden)
    for each in seen:
        last.add(each, places[each.user.id])
    if sum(map(len, last.cells.values())) > most:
        last.whole |= last.cells.keys()
        last.cells.clear()
    alone = len({each.client for each in revisions}) == 1
    return Digest(
        rev=revisions[-1].rev,
        user=seen[-1].user,
        kind=seen[-1].kind,
        users=users if len(users) > 1 else [],
        client=seen[-1].client if alone else "",
        seq=seen[-1].seq if alone else 0,
        cells=[_told(cid, values, len(users) > 1) for cid, values in last.cells.items() if values],
        columns=sorted(last.whole.difference(hidden)),
        touched=frozenset(last.touched.difference(hidden)),
        moved=any(isinstance(part, RowsIn | RowsOut) for each in seen for part in parts(each.effect)),
        inserted=frozenset(last.inserted),
        schema=not all(isinstance(part, CellsSet | RowsIn | RowsOut) for each in seen for part in parts(each.effect)),
        clients=frozenset(each.client for each in revisions),
    )


class _Last:
    """What is left of revisions in turn: by column and row the last value and its writer; columns whose values are not told."""

    def __init__(self, hidden: Collection[int]) -> None:
        self._hidden = hidden
        self.cells: dict[int, dict[int, tuple[Scalar, int]]] = {}
        self.whole: set[int] = set()
        self.touched: set[int] = set()
        self.inserted: set[int] = set()

    def add(self, revision: Committed, by: int) -> None:
        self.touched |= revision.columns
        for part in parts(revision.effect):
            match part:
                case RowsIn(rids=rids):
                    self.inserted |= self._drop(rids)
                case RowsOut(rids=rids):
                    self.inserted -= self._drop(rids)
                case _ if revision.cells:
                    self._write(revision.cells, by)
                case _:
                    self.whole |= revision.columns
                    for cid in revision.columns:
                        self.cells.pop(cid, None)

    def _drop(self, rids: list[int]) -> set[int]:
        gone = set(rids)
        for values in self.cells.values():
            for rid in gone.intersection(values):
                del values[rid]
        return gone

    def _write(self, cells: list[Cells], by: int) -> None:
        for change in cells:
            if change.column not in self._hidden:
                values = self.cells.setdefault(change.column, {})
                values.update((rid, (value, by)) for rid, value in zip(change.rows, change.values, strict=True))


def _is_hidden(revision: Committed, hidden: Collection[int]) -> bool:
    if not hidden or any(isinstance(part, RowsIn | RowsOut) for part in parts(revision.effect)):
        return False
    about = {*revision.columns, *columns_in(revision.effect)}
    return bool(about) and about.issubset(hidden)


def _told(cid: int, values: dict[int, tuple[Scalar, int]], several: bool) -> Cells:
    return Cells(
        column=cid,
        rows=list(values),
        values=[value for value, _ in values.values()],
        by=[by for _, by in values.values()] if several else [],
    )
