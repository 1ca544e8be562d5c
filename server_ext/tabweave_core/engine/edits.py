"""Setting cells: every value is read and every row and column found before the first cell is written.

It must not know clients, conditions or the log's tables.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np
import pyarrow as pa

from ..errors import BadMessage, NotFound, Refused
from ..protocol.schema import BadCell, Cells
from .cells import Unread
from .effects import CellsSet, Effect
from .refusals import MOST_BAD, CellsRefused

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ..protocol.ops import Block, Scalar, SetCells
    from .catalog import Table
    from .draft import Changed, Draft, Text
    from .rows import Ints

MOST_CELLS = 1_000_000
"""A larger operation must be split, or run as a task."""
BULK = 2_000
"""More cells than that are compared and written by DuckDB."""
MOST_TOLD = 1000
"""Up to so many changed cells are told with their values."""


@dataclass(frozen=True)
class Result:
    """What an operation did; `effect` is None when there was nothing to do and no revision is to be made.

    `cells` are the new values of all changed cells if they are few. An undo or redo also says which change it is about
    (`origin`) and which revision it inverts (`takes_back`).
    """

    effect: Effect | None
    summary: str = ""
    n_cells: int = 0
    n_rows: int = 0
    skipped: int = 0
    message: str = ""
    cells: list[Cells] = field(default_factory=list)
    columns: frozenset[int] = frozenset()
    origin: int = 0
    takes_back: int | None = None

    @property
    def status(self) -> Literal["ok", "partial", "noop"]:
        """How much of the operation was done."""
        if self.effect is None or (self.takes_back is not None and self.skipped and not self.n_cells and not self.n_rows):
            return "noop"
        return "partial" if self.skipped else "ok"


def counted(count: int, noun: str) -> str:
    """A number with its noun: "1 cell", "1,204 cells"."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def places(table: Table, op: SetCells) -> dict[int, dict[int, tuple[Block, int, int]]]:
    """The cells that an operation names, by column and row id: the block, its column and its row there; the last one counts.

    Raises for blocks that do not fit their values, and for columns and rows that are not there.
    """
    found: dict[int, dict[int, tuple[Block, int, int]]] = {}
    total = 0
    for block in op.blocks:
        rows = _rows(table, block)
        total += len(rows) * len(block.columns)
        if total > MOST_CELLS:
            raise Refused("TOO_LARGE", f"This sets more than {MOST_CELLS:,} cells at once.", hint="Do it in parts.")
        for j, cid in enumerate(block.columns):
            column = table.column(cid)
            if not column.editable:
                raise Refused("NOT_EDITABLE", column.why)
            cells = found.setdefault(cid, {})
            for i, rid in enumerate(rows):
                cells[rid] = (block, j, i)
    return found


def _rows(table: Table, block: Block) -> list[int]:
    rows = block.rows
    if rows is None:
        raise BadMessage("BAD_MESSAGE", "A shared table takes row ids, not rows of a view.", where="op.blocks.rows")
    if len(block.values) != len(block.columns):
        raise BadMessage("BAD_MESSAGE", "A block needs one list of values for each column.", where="op.blocks.values")
    if any(len(values) not in (1, len(rows)) for values in block.values):
        raise BadMessage("BAD_MESSAGE", "A block's lists need one value, or one for each row.", where="op.blocks.values")
    check_rows(table, rows)
    return rows


def check_rows(table: Table, rids: list[int]) -> None:
    """Raises `NO_ROW` if one of these rows is not there."""
    gone = table.rows.missing(rids)
    if gone is not None:
        raise NotFound("NO_ROW", f"{table.name} has no row with id {gone}.", hint="It may have been deleted.")


def set_cells(draft: Draft, op: SetCells) -> Result:
    """Writes the cells whose value changes; raises `CellsRefused` and writes nothing if one refuses its value."""
    wanted = _wanted(draft, op)
    count = sum(map(len, wanted.values()))
    if count > BULK:
        return _set_many(draft, wanted)
    for cid, cells in wanted.items() if draft.needs(count) else ():
        draft.need([cid], cells)
    changed: dict[int, list[int]] = {}
    for cid, cells in wanted.items():
        rows = [rid for rid, text in cells.items() if draft.may_differ(cid, rid, text)]
        if rows:
            changed[cid] = rows
    require_free(draft.table, changed)
    for cid, rows in changed.items():
        for rid in rows:
            draft.put(cid, rid, wanted[cid][rid])
    told = new_values(draft.table, {cid: {rid: wanted[cid][rid] for rid in rows} for cid, rows in changed.items()})
    return _done(draft.table, {cid: len(rows) for cid, rows in changed.items()}, told)


def _set_many(draft: Draft, wanted: dict[int, dict[int, Text]]) -> Result:
    """The same without a look at each cell."""
    changed: dict[int, Changed] = {}
    for cid, cells in wanted.items():
        found = draft.differing(cid, np.fromiter(cells, np.int64, len(cells)), pa.array(cells.values(), pa.string()))
        if len(found.rids):
            changed[cid] = found
    require_free(draft.table, {cid: found.rids for cid, found in changed.items()})
    for cid, found in changed.items():
        draft.put_all(cid, found)
    return _done(draft.table, {cid: len(found.rids) for cid, found in changed.items()}, [])


def _done(table: Table, counts: dict[int, int], told: list[Cells]) -> Result:
    """What was done: how many cells of each column have other values."""
    count = sum(counts.values())
    if not count:
        return Result(None, message="Nothing changed.")
    where = table.column(next(iter(counts))).name if len(counts) == 1 else counted(len(counts), "column")
    summary = f"set {counted(count, 'cell')} of {where}"
    return Result(CellsSet(), summary, n_cells=count, cells=told, columns=frozenset(counts))


def require_free(table: Table, cells: Mapping[int, Iterable[int] | Ints]) -> None:
    """Raises HELD where some of these cells, row ids by column, are locked."""
    for cid in table.locks.cells.keys() & cells.keys():
        table.locks.require_free(cid, np.array(list(cells[cid]), dtype=np.int64), table.column(cid).name)


def new_values(table: Table, cells: Mapping[int, Mapping[int, Text]]) -> list[Cells]:
    """Changed cells as clients are told them, or nothing if they are many."""
    if sum(map(len, cells.values())) > MOST_TOLD:
        return []
    return [
        Cells(column=cid, rows=list(texts), values=[table.dtype(cid).json(text) for text in texts.values()])
        for cid, texts in cells.items()
    ]


def _wanted(draft: Draft, op: SetCells) -> dict[int, dict[int, Text]]:
    """The texts to write, by column and row id."""
    table = draft.table
    found: dict[int, dict[int, Text]] = {}
    if sum(len(block.rows or ()) * len(block.columns) for block in op.blocks) > MOST_CELLS:
        return _read(draft, op)
    try:
        for block in op.blocks:
            rows = _rows(table, block)
            for cid, items in zip(block.columns, block.values, strict=True):
                if not table.column(cid).editable:
                    return _read(draft, op)
                read = draft.reader(cid, typed=op.input == "text")
                texts = [read(item) for item in items]
                found.setdefault(cid, {}).update(zip(rows, texts if len(texts) == len(rows) else texts * len(rows), strict=True))
    except Unread:
        return _read(draft, op)
    return found


def _read(draft: Draft, op: SetCells) -> dict[int, dict[int, Text]]:
    """The same, cell by cell; raises for those that cannot be read and are not overwritten by a later block."""
    found: dict[int, dict[int, Text]] = {}
    bad: list[tuple[str, BadCell]] = []
    n_bad = total = 0
    for cid, cells in places(draft.table, op).items():
        read = draft.reader(cid, typed=op.input == "text")
        texts = found[cid] = {}
        total += len(cells)
        for rid, (block, j, i) in cells.items():
            values = block.values[j]
            item = values[i if len(values) > 1 else 0]
            try:
                texts[rid] = read(item)
            except Unread as error:
                n_bad += 1
                if len(bad) < MOST_BAD:
                    bad.append((error.code, _bad(error, i, j, rid, cid)))
    if bad:
        raise CellsRefused(bad[0][0], [cell for _, cell in bad], n_bad, total)
    return found


def _bad(error: Unread, row: int, at: int, rid: int, cid: int) -> BadCell:
    return BadCell(row=row, column=at, rid=rid, id=cid, text=error.text, message=error.message, hint=error.hint)


def differs(draft: Draft, op: SetCells, expected: list[list[Scalar]]) -> tuple[int, int] | None:
    """The first cell (column and row id) of an operation that is not as `expected` has it: a list for each column of each block.

    What no value of a column can be is never as expected.
    """
    columns = [(cid, _rows(draft.table, block)) for block in op.blocks for cid in block.columns]
    shapes = zip(columns, expected, strict=False)
    if len(expected) != len(columns) or any(len(values) not in (1, len(rows)) for (_, rows), values in shapes):
        raise BadMessage("BAD_MESSAGE", "Expected values need the shape of the blocks' values.", where="if.value")
    for (cid, rows), values in zip(columns, expected, strict=True):
        read = draft.reader(cid, typed=False)
        draft.need([cid], rows)
        for i, rid in enumerate(rows):
            try:
                same = draft.text(cid, rid) == read(values[i if len(values) > 1 else 0])
            except Unread:
                same = False
            if not same:
                return cid, rid
    return None
