"""What a notebook holds of a rollup: its nodes, their totals, and writing them.

    plan = t.rollup(by=["brand", "family", "product"], of=["sum(amount)", "mean(price)"])
    plan                                            # the tree
    plan.node("Acme > Shoes")["sum(amount)"]
    plan.set("Acme", "amount", 1200, hold="Acme > Shoes", preview=True).apply()

It must not know how totals are spread or where the table is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
from tabweave_core.engine.planning import cells
from tabweave_core.errors import BadMessage, NotFound, did_you_mean
from tabweave_core.protocol import planning as p
from tabweave_core.protocol.ops import Lock, RetypeColumn, Spread

from . import trees, wording
from .frames.planned import FrameSource

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    import pandas as pd
    from tabweave_core.engine.planning.board import Board, Shown
    from tabweave_core.protocol.planning import Method, RollupDef, SpreadPreview

    from .handles import Table
    from .wording import Lookup

Places = str | int | tuple[Any, ...] | list[Any] | None
"""A node: its labels in a tuple, or "Acme > Shoes"; None or "" is the total."""


@dataclass(frozen=True)
class Node:
    """A node of a rollup: its labels from the top, how many rows it has, and what it shows by measure."""

    path: tuple[str | None, ...]
    rows: int
    values: Mapping[str, Shown]
    names: Mapping[str, str] = field(default_factory=dict, repr=False)

    def __getitem__(self, measure: str) -> Shown:
        """What it shows for a measure, by its label such as "sum(amount)" or (if it has one only) its column's name."""
        return self.values[named_measure(measure, list(self.values), self.names)]


class Rollup:
    """A hierarchy over a table's rows. It holds no numbers: what it shows is of the moment it is asked."""

    present: Callable[[Rollup, int | None, int | None], Any]
    """How a rollup is shown where a grid can be drawn, else it gives None; set by `showing`."""

    def __init__(
        self,
        table: Table,
        by: Sequence[str],
        of: Sequence[str],
        across: str | None = None,
        where: Any = None,
        remarks: Iterable[str] = (),
    ) -> None:
        self.table = table
        self.remarks = tuple(remarks)
        """What was done to the table so that it can be planned with."""
        self._by, self._of, self._across, self._where = tuple(by), tuple(of), across, where
        self.board()

    def definition(self, find: Lookup) -> RollupDef:
        """The rollup with the column ids that `find` gives."""
        return p.RollupDef(
            levels=[find(wording.unquoted(name)) for name in self._by],
            aggregates=[wording.aggregate(text, find) for text in self._of],
            across=None if self._across is None else find(self._across),
            filter=wording.conditions(self._where, find)[0],
        )

    def board(self, *leading: str) -> Board:
        """The nodes as they are now, below the columns `leading` first."""
        frame = self.table.frame
        with frame.lock:

            def find(name: str) -> int:
                return frame.layout.named(frame.df, name)

            made = self.definition(find)
            levels = [find(name) for name in leading] + made.levels
            return frame.boards.board(frame, msgspec.structs.replace(made, levels=levels))

    @property
    def levels(self) -> tuple[str, ...]:
        """The names of the levels, the highest first."""
        return self.board().hierarchy.names

    @property
    def measures(self) -> list[str]:
        """How the measures read."""
        return self.board().labels

    @property
    def total(self) -> Node:
        """The node above all others."""
        return self.node()

    def node(self, path: Places = None, *, where: Any = None) -> Node:
        """The node at a path; with `where` (labels by column, or a condition in SQL) what its rows come to that match."""
        frame = self.table.frame
        with frame.lock:
            board = self.board()
            labels = wording.path(path)
            if where is None:
                return _node(board, board.node(labels))
            source = FrameSource(frame)
            at = wording.coordinate(path, where, lambda name: frame.layout.named(frame.df, name))
            leaves = np.arange(board.hierarchy.count)[board.leaves(at, source)]
            values = dict(zip(board.labels, board.values_over(leaves), strict=True))
            return Node(labels, len(leaves), values, _columns(board))

    def children(self, path: Places = None) -> list[Node]:
        """The nodes directly below one, in order; none below the lowest level."""
        board = self.board()
        return [_node(board, child) for child in board.hierarchy.children(board.node(wording.path(path)))]

    def to_frame(self, depth: int | None = None) -> pd.DataFrame:
        """The nodes as a DataFrame, each above what is below it: a column for each level (missing above it) and measure."""
        import pandas as pd

        board = self.board()
        nodes = [_node(board, number) for number in trees.walk(board.hierarchy, depth)]
        names = board.hierarchy.names
        columns: dict[Any, list[Any]] = {
            name: [node.path[level] if level < len(node.path) else None for node in nodes] for level, name in enumerate(names)
        }
        columns |= {label: [node.values[label] for node in nodes] for label in board.labels}
        return pd.DataFrame(columns)

    def _sheet(self) -> trees.Sheet:
        frame = self.table.frame
        with frame.lock:
            board = self.board()
            beside = None if self._across is None else self.board(self._across)
            return trees.draw(board, beside, self.remarks)

    def show(self, depth: int | None = 1, rows: int | None = None) -> Any:
        """A grid, `rows` rows high, in which nodes are opened and typed into; text where no grid can be drawn.

        `depth` levels are open at first, all of them with None.
        """
        return type(self).present(self, depth, rows) or self

    def sheet(self) -> tuple[str, str]:
        """The upper levels as text and as HTML."""
        drawn = self._sheet()
        return drawn.text(), drawn.html()

    def __repr__(self) -> str:
        return self._sheet().text()

    def _repr_mimebundle_(self, **options: Any) -> Any:
        grid = self.show()
        if grid is not self:
            return grid._repr_mimebundle_(**options)
        plain, html = self.sheet()
        return {"text/plain": plain, "text/html": html}, {}

    def set(
        self,
        path: Places,
        measure: str | Mapping[str, object],
        value: object = None,
        *,
        by: str | Method = "proportional",
        hold: object = None,
        where: Any = None,
        preview: bool = False,
        ask_above: int | None = None,
    ) -> str | Preview:
        """Writes the total of a node, as one edit that can be undone; its rows follow by a method, and the line says how.

        `measure` can be several at once, as a mapping to their values: all are written or none. `where` narrows the rows down by
        labels of other columns, such as {"month": "Jan"}. What `hold` names does not change: a path, labels by column, or a list
        of these. With `preview` nothing is written; the `Preview` says what would be, and can `apply` it. Above `ask_above` rows
        it refuses to write without one.
        """
        find = self.table.find_column
        definition = self.definition(find)
        wanted = measure if isinstance(measure, Mapping) else {measure: value}
        board = self.board()
        labels, names = board.labels, _columns(board)
        at = wording.coordinate(path, where, find)
        method = wording.method(by, find)
        targets = []
        for name, each in wanted.items():
            number, how = typed(each, method, isinstance(by, str) and by == "proportional")
            place = labels.index(named_measure(name, labels, names))
            targets.append(p.Target(at=at, aggregate=place, value=number, method=how))
        op = Spread(rollup=definition, targets=targets, holds=wording.holds(hold, find), ask_above=ask_above)
        return settle(self.table, op, preview=preview)

    def lock(self, path: Places = None, measure: str | Iterable[str] | None = None, *, where: Any = None) -> str:
        """Locks the rows of a node for everybody, in the columns of some measures or of all that can be written.

        Nothing changes them until they are unlocked; what is written above goes round them. Rows that come later are free.
        """
        return self._lock(path, measure, where, locked=True)

    def unlock(self, path: Places = None, measure: str | Iterable[str] | None = None, *, where: Any = None) -> str:
        """Unlocks the rows of a node; see `lock`."""
        return self._lock(path, measure, where, locked=False)

    def _lock(self, path: Places, measure: str | Iterable[str] | None, where: Any, *, locked: bool) -> str:
        find, board = self.table.find_column, self.board()
        labels, names = board.labels, _columns(board)
        wanted = [measure] if isinstance(measure, str) else measure or []
        places = [labels.index(named_measure(name, labels, names)) for name in wanted]
        at = [wording.coordinate(path, where, find)]
        return self.table.change(Lock(rollup=self.definition(find), at=at, aggregates=places, locked=locked))


class Preview:
    """What a write would do, worked out and not done; `apply` does exactly that, unless the table has changed meanwhile."""

    def __init__(self, table: Table, op: Spread, found: SpreadPreview) -> None:
        self.table, self.found, self._op = table, found, op

    @property
    def rows(self) -> int:
        """How many rows it spreads to."""
        return self.found.rows

    @property
    def changed(self) -> int:
        """How many cells it changes."""
        return self.found.changed

    @property
    def token(self) -> str:
        """What ties it to the table's revision."""
        return self.found.token

    def apply(self) -> str:
        """Writes it; raises CONFLICT when the table has changed since."""
        return self.table.spread(msgspec.structs.replace(self._op, token=self.found.token))

    def __repr__(self) -> str:
        return trees.preview_text(self.found)

    def _repr_html_(self) -> str:
        return trees.preview_html(self.found)


def settle(table: Table, op: Spread, *, preview: bool) -> str | Preview:
    """Writes, or works out what a write would do."""
    return Preview(table, op, table.preview_spread(op)) if preview else table.spread(op)


def over_cells(
    table: Table, column: str, value: object, *, where: Any, rows: list[int] | None, by: str | Method | None, hold: object
) -> Spread:
    """The operation that writes the total of a column, or of a measure such as "mean(price)", over some rows."""
    find = table.find_column
    is_measure = "(" in column and column.strip().endswith(")") and not table.has_column(column)
    if is_measure:
        wanted = wording.aggregate(column, find)
    else:
        cid = find(wording.unquoted(column))
        wanted = p.Aggregate(fn="sum" if table.column_kind(cid) in cells.NUMBERS else "first", column=cid)
    if by is None:
        by = "proportional" if is_measure or wanted.fn == "sum" else "repeat"
    number, method = typed(value, wording.method(by, find), by == "proportional")
    filters, name = wording.conditions(where, find) if rows is None else ([], "")
    at = p.Coordinate(where=filters, rows=rows, name=name or ("the rows" if rows is not None else ""))
    target = p.Target(at=at, value=number, method=method)
    return Spread(
        rollup=p.RollupDef(levels=[], aggregates=[wanted]), targets=[target], holds=wording.holds(hold, find, rows=True)
    )


def typed(value: object, method: Method, free: bool) -> tuple[str | None, Method]:
    """A value as text, and the method: "5%" is that many percent more, where no method was chosen (`free`)."""
    if value is None:
        return None, method
    if isinstance(method, wording.NUMBERLESS):
        tag = str(method.__struct_config__.tag)
        raise BadMessage("BAD_MESSAGE", f"{tag} takes no number.", hint="Leave the value away.", where="value")
    if isinstance(value, str):
        stripped = value.strip()
        percents = isinstance(method, (p.Percent, p.RelativePercent))
        if stripped.endswith("%") and (free or percents):
            return stripped[:-1].strip(), p.Percent() if free else method
        return stripped if not isinstance(method, p.Repeat) else value, method
    plain = value.item() if isinstance(value, np.generic) else value
    if isinstance(plain, bool) or not isinstance(plain, (int, float, Decimal)):
        return str(plain), method
    return repr(plain) if isinstance(plain, float) else str(plain), method


def named_measure(name: str, labels: list[str], columns: Mapping[str, str]) -> str:
    """The label of the measure that a label, or the name of a column that only one measure is about, means."""
    if name in labels:
        return name
    tight = name.replace(" ", "")
    found = [label for label in labels if label.replace(" ", "") == tight] or [
        label for label in labels if columns.get(label) == name
    ]
    sums = [label for label in found if label.startswith("sum(")]
    if len(found) == 1 or len(sums) == 1:
        return (sums or found)[0]
    hint = did_you_mean(name, [*labels, *columns.values()]) or f"It has {', '.join(labels)}."
    raise NotFound("NO_COLUMN", f"The rollup has no measure {name!r}.", hint=hint, where="measure")


def make_exact(table: Table, of: Iterable[str]) -> list[str]:
    """Turns the DOUBLE columns of measures into decimals with as many decimals as were seen, at most 6; says which."""
    frame, told = table.frame, []
    with frame.lock:
        asked = [wording.aggregate(text, table.find_column) for text in of]
        for cid in dict.fromkeys(each.column for each in asked if each.fn in ("sum", "mean", "ratio", "weighted_mean")):
            column = frame.column(cid)
            if column.kind == "float":
                scale = cells.decimals_seen(cells.numbers(FrameSource(frame).values(cid)).units)
                table.change(RetypeColumn(column=cid, dtype=f"decimal128(38, {scale})[pyarrow]"))
                told.append(f"{column.name} is decimal now, with {scale} decimals")
    return told


def _node(board: Board, number: int) -> Node:
    leaves = board.hierarchy.leaves(number)
    values = {label: board.value(number, place) for place, label in enumerate(board.labels)}
    return Node(board.path(number), leaves.stop - leaves.start, values, _columns(board))


def _columns(board: Board) -> dict[str, str]:
    """The column that each measure is about."""
    return {label: each.column for label, each in zip(board.labels, board.aggregates, strict=True)}
