"""A change of code as operations, step by step: what names new rows and columns comes before what is written into them.

It must not know sessions; whoever runs the steps sends each batch and gives back its answers.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

from tabweave_core.engine.rows import of_pairs
from tabweave_core.protocol import ops

from . import exchange
from .outgoing import Piece
from .overlay import CELLS, Chunk, chunks

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from tabweave_core.engine.rows import Ints
    from tabweave_core.protocol.messages import Ack
    from tabweave_core.protocol.ops import Scalar
    from tabweave_core.protocol.schema import Column

    from .base import Base
    from .outgoing import Added, Change

MOST_CELLS = 1_000_000
"""So many cells at most may the rows have that one operation inserts or deletes."""


class Names:
    """The ids that the table has given to rows and columns with local ids."""

    def __init__(self, named_rows: Callable[[Ints, Ints], None], named_column: Callable[[int, int], None]) -> None:
        self._rows: dict[int, int] = {}
        self._columns: dict[int, int] = {}
        self._named_rows = named_rows
        self._named_column = named_column

    def row(self, rid: int) -> int:
        """The table's id of a row."""
        return self._rows.get(rid, rid)

    def rows(self, rids: Ints) -> list[int]:
        """The table's ids of rows."""
        return [self._rows.get(rid, rid) for rid in rids.tolist()]

    def column(self, cid: int) -> int:
        """The table's id of a column."""
        return self._columns.get(cid, cid)

    def name_rows(self, local: Ints, given: Ints) -> None:
        """Takes in what the table has called new rows."""
        self._rows.update(zip(local.tolist(), given.tolist(), strict=True))
        self._named_rows(local, given)

    def name_column(self, local: int, given: int) -> None:
        """Takes in what the table has called a new column."""
        self._columns[local] = given
        self._named_column(local, given)


Work = ops.Op | Chunk


class Program:
    """The operations that a change comes down to. `chunks` are the cells that it writes by themselves, in order."""

    def __init__(self, change: Change, base: Base, names: Names) -> None:
        self.structural = change.structural
        self._change = change
        self._names = names
        self._width = max(len(base.schema.columns), 1)
        self._order = [column.id for column in base.schema.columns]
        self._labels = {column.id: column.name for column in base.schema.columns}
        self._retyped = [(like, chunks([piece])) for like, piece in change.retyped]
        self._added = [(added, chunks([_part(added.cells, MOST_CELLS, None)])) for added in change.added]
        self._cells = chunks(change.cells)
        lists = [*(found for _, found in self._retyped), *(found for _, found in self._added), self._cells]
        self.chunks = [chunk for found in lists for chunk in found]
        self.steps = self._steps()

    def _steps(self) -> Generator[list[Work], list[Ack], None]:
        yield from self._columns()
        yield from self._rows()
        if self._cells:
            yield list(self._cells)

    def _columns(self) -> Generator[list[Work], list[Ack], None]:
        change, names = self._change, self._names
        if change.dropped:
            yield [ops.DropColumns(columns=[names.column(cid) for cid in change.dropped])]
            self._order = [cid for cid in self._order if cid not in change.dropped]
        yield from self._rename()
        for like, found in self._retyped:
            cid, labels = names.column(like.id), like.categories if like.kind == "category" else None
            yield [ops.RetypeColumn(column=cid, dtype=like.dtype, on_error="missing", categories=labels, ordered=like.ordered)]
            if found:
                yield list(found)
        for added, found in self._added:
            yield from self._add(added, found)
        if change.order:
            yield from self._move(change.order)

    def _rename(self) -> Generator[list[Work], list[Ack], None]:
        wanted = dict(self._change.renamed)
        labels = {cid: name for cid, name in self._labels.items() if cid not in self._change.dropped}
        while wanted:
            free = next((cid for cid, name in wanted.items() if name not in labels.values() or labels.get(cid) == name), None)
            if free is None:
                # Names are exchanged: one of them steps aside first.
                free = next(iter(wanted))
                name = f"{labels[free]} ↔"
            else:
                name = wanted.pop(free)
            labels[free] = name
            yield [ops.RenameColumn(column=self._names.column(free), name=name)]

    def _add(self, added: Added, found: list[Chunk]) -> Generator[list[Work], list[Ack], None]:
        like, first = added.like, _part(added.cells, 0, MOST_CELLS)
        at = min(added.at, len(self._order))
        # At the end it stays at the end, whatever others add meanwhile.
        op = ops.AddColumn(
            name=like.name,
            dtype=like.dtype,
            at=at if at < len(self._order) else None,
            rows=self._names.rows(first.rids),
            values=_json(first, like),
            categories=like.categories or [],
            ordered=like.ordered,
        )
        (ack,) = yield [op]
        (given,) = ack.new_columns
        self._order.insert(at, given)
        self._names.name_column(added.cid, given)
        if found:
            yield list(found)

    def _move(self, order: list[int]) -> Generator[list[Work], list[Ack], None]:
        wanted = [self._names.column(cid) for cid in order]
        current = [cid for cid in self._order if cid in wanted]
        still = _longest_rise([current.index(cid) for cid in wanted if cid in current])
        stays = {current[place] for place in still}
        for place, cid in enumerate(wanted):
            if cid not in stays and cid in current:
                current.remove(cid)
                current.insert(place, cid)
                yield [ops.MoveColumn(column=cid, to=place)]

    def _rows(self) -> Generator[list[Work], list[Ack], None]:
        change, names = self._change, self._names
        most = max(MOST_CELLS // self._width, 1)
        for start in range(0, len(change.deleted), most):
            yield [ops.DeleteRows(rows=ops.Rows(ids=names.rows(change.deleted[start : start + most])))]
        most = max(CELLS // self._width, 1)
        for inserted in change.inserted:
            before = None if inserted.before is None else names.row(inserted.before)
            for start in range(0, len(inserted.rids), most):
                local = inserted.rids[start : start + most]
                parts = [_part(piece, start, start + most) for piece in inserted.cells]
                values = [_json(part, part.column) for part in parts if part.column is not None]
                columns = [names.column(piece.cid) for piece in inserted.cells]
                (ack,) = yield [ops.InsertRows(count=len(local), before=before, columns=columns, values=values)]
                names.name_rows(local, of_pairs(ack.new_rows))


def _part(piece: Piece, start: int, stop: int | None) -> Piece:
    rows = slice(start, stop)
    return Piece(piece.cid, piece.rids[rows], piece.values[rows], None, piece.column)


def _json(piece: Piece, column: Column) -> list[Scalar]:
    """The values of cells that were checked when they were read; one for all where they are the same."""
    found = exchange.to_json(piece.values, column)
    assert found is not None, "a reading takes only what its column holds"
    return found[:1] if exchange.uniform(found) else found


def _longest_rise(numbers: list[int]) -> list[int]:
    """A longest ascending selection of different numbers."""
    tails: list[int] = []
    chains: list[list[int]] = []
    for number in numbers:
        place = bisect_left(tails, number)
        chain = [*(chains[place - 1] if place else []), number]
        if place == len(tails):
            tails.append(number)
            chains.append(chain)
        else:
            tails[place], chains[place] = number, chain
    return chains[-1] if chains else []
