"""The rollups of a run, and what their nodes must show: GROUPING SETS over the table at every revision, by DuckDB alone (I5)."""

from __future__ import annotations

import atexit
from collections.abc import Iterable, Sequence
from decimal import Decimal
from fractions import Fraction
from functools import cache
from typing import TYPE_CHECKING, Any

import duckdb
import msgspec
import pyarrow as pa
from tabweave_core.engine.planning.board import Board
from tabweave_core.protocol.planning import Aggregate, RollupDef, TreeColumn
from tabweave_core.protocol.schema import RangeFilter

if TYPE_CHECKING:
    from core.simulation.judge import State

NUMBER, TEXT, GROUP, PRICE = range(4)
"""The columns that the table begins with."""
_SQL = {NUMBER: "n", TEXT: "s", GROUP: "g", PRICE: "d"}
LARGE = 3
ROLLUPS = [
    RollupDef(
        name="groups",
        levels=[GROUP],
        aggregates=[
            Aggregate(fn="sum", column=NUMBER),
            Aggregate(fn="sum", column=PRICE),
            Aggregate(fn="count", column=NUMBER),
            Aggregate(fn="mean", column=NUMBER),
            Aggregate(fn="max", column=PRICE),
        ],
    ),
    RollupDef(
        name="large",
        levels=[GROUP],
        aggregates=[Aggregate(fn="sum", column=NUMBER), Aggregate(fn="sum", column=PRICE)],
        filter=[RangeFilter(column=NUMBER, lo=LARGE)],
    ),
    RollupDef(
        name="texts",
        levels=[GROUP, TEXT],
        aggregates=[Aggregate(fn="sum", column=NUMBER), Aggregate(fn="min", column=PRICE)],
    ),
    RollupDef(name="prices", levels=[], aggregates=[Aggregate(fn="sum", column=NUMBER)], across=GROUP),
]
Path = tuple[str | None, ...]
Figures = tuple[Any, ...]
Nodes = dict[Path, Figures]
EVERY = object()
"""What stands across, where the figures are of all of it."""


def needed(rollup: RollupDef) -> set[int]:
    """The columns without which there is no such rollup."""
    named = {*rollup.levels, *(each.column for each in rollup.aggregates), *(NUMBER for _ in rollup.filter)}
    return named if rollup.across is None else {*named, rollup.across}


def of_board(board: Board) -> Nodes:
    """All nodes of a board, means as fractions."""

    def figure(node: int, place: int) -> Any:
        made = board.aggregates[place]
        return board.rollup.value(node, made) if made.kind == "mean" else board.value(node, place)

    places = range(len(board.aggregates))
    return {board.path(node): tuple(figure(node, place) for place in places) for node in range(board.hierarchy.nodes)}


class Totals:
    """What was seen of rollups in a run, judged together at its end."""

    def __init__(self) -> None:
        self._boards: list[tuple[int, RollupDef, Nodes]] = []
        self._trees: list[tuple[str, int, RollupDef, list[TreeColumn], int | None, Nodes]] = []

    def board(self, rev: int, rollup: RollupDef, nodes: Nodes) -> None:
        """The store has these nodes at a revision; what stands across is no matter of theirs."""
        self._boards.append((rev, msgspec.structs.replace(rollup, across=None), nodes))

    def tree(self, who: str, rev: int, rollup: RollupDef, columns: list[TreeColumn], depth: int | None, nodes: Nodes) -> None:
        """Somebody is shown these nodes, down to a level, at a revision."""
        self._trees.append((who, rev, rollup, columns, depth, nodes))

    def faults(self, states: dict[int, State]) -> Iterable[str]:
        """What was not as GROUPING SETS over the table of that revision has it."""
        seen = {rev for rev, *_ in self._boards} | {rev for _, rev, *_ in self._trees}
        for rollup in [*ROLLUPS, msgspec.structs.replace(ROLLUPS[-1], across=None)]:
            boards = [(rev, nodes) for rev, known, nodes in self._boards if known == rollup]
            trees = [each for each in self._trees if each[2] == rollup]
            if not boards and not trees:
                continue
            there = {rev: state for rev, state in states.items() if rev in seen and needed(rollup) <= set(state.columns)}
            wanted = grouped(there, rollup)
            for rev, nodes in boards:
                expected = wanted.get(rev, {}).get(EVERY)
                if nodes != expected:
                    yield f"the board {rollup.name!r} has at revision {rev}\n{nodes}\ninstead of\n{expected}"
            for who, rev, _, columns, depth, nodes in trees:
                expected = shown(wanted.get(rev, {}), rollup, columns, depth)
                if nodes != expected:
                    yield f"{who} is shown of {rollup.name!r} at revision {rev}\n{nodes}\ninstead of\n{expected}"


def shown(wanted: dict[Any, Nodes], rollup: RollupDef, columns: Sequence[TreeColumn], depth: int | None) -> Nodes:
    """What a tree's columns show of nodes down to a level."""
    found: Nodes = {}
    for path in wanted.get(EVERY, {}):
        if depth is None or len(path) <= depth:
            groups = [wanted.get(EVERY if column.total else column.group, {}).get(path) for column in columns]
            figures = [None if of is None else of[column.aggregate] for of, column in zip(groups, columns, strict=True)]
            kinds = [rollup.aggregates[column.aggregate].fn for column in columns]
            found[path] = tuple(_rounded(figure) if fn == "mean" else figure for figure, fn in zip(figures, kinds, strict=True))
    return found


def _rounded(mean: Fraction | None) -> Decimal | None:
    return None if mean is None else Decimal(round(mean * 10_000)).scaleb(-4)


def grouped(states: dict[int, State], rollup: RollupDef) -> dict[int, dict[Any, Nodes]]:
    """The nodes of a rollup by revision and by what stands across, over all states at once."""
    found: dict[int, dict[Any, Nodes]] = {rev: {EVERY: {(): _nothing(rollup)}} for rev in states}
    levels = [_SQL[cid] for cid in rollup.levels]
    sets = [levels[:depth] for depth in range(len(levels) + 1)]
    across = [] if rollup.across is None else [_SQL[rollup.across]]
    sets += [[*names, *across] for names in sets] if across else []
    keys = [*levels, *across]
    sides = "".join(f", {name}, GROUPING({name})" for name in keys)
    connection = _database()
    connection.register("history", _history(states))
    rows = connection.execute(
        f"SELECT rev{sides}, {', '.join(map(_figure, rollup.aggregates))} FROM history "
        f"{f'WHERE n >= {LARGE}' if rollup.filter else ''} "
        f"GROUP BY GROUPING SETS ({', '.join('(' + ', '.join(['rev', *names]) + ')' for names in sets)})"
    ).fetchall()
    for rev, *rest in rows:
        labels = [(value, not out) for value, out in zip(rest[: 2 * len(keys) : 2], rest[1 : 2 * len(keys) : 2], strict=True)]
        path = tuple(value for value, there in labels[: len(levels)] if there)
        group = EVERY if not across or not labels[-1][1] else labels[-1][0]
        figures = tuple(map(_exact, rollup.aggregates, rest[2 * len(keys) :]))
        found[rev].setdefault(group, {})[path] = figures
    return found


def _figure(aggregate: Aggregate) -> str:
    name = _SQL[aggregate.column]
    return f"[sum({name}), count({name})]" if aggregate.fn == "mean" else f"{aggregate.fn}({name})"


def _exact(aggregate: Aggregate, value: Any) -> Any:
    if aggregate.fn != "mean":
        return value
    total, count = value
    return Fraction(int(total), int(count)) if count else None


def _nothing(rollup: RollupDef) -> Figures:
    return tuple(0 if each.fn == "count" else None for each in rollup.aggregates)


def _history(states: dict[int, State]) -> pa.Table:
    rows = [(rev, state, rid) for rev, state in states.items() for rid in state.order]
    kinds = {NUMBER: pa.int64(), TEXT: pa.string(), GROUP: pa.string(), PRICE: pa.decimal128(9, 2)}
    columns = {_SQL[cid]: pa.array([state.cells.get((cid, rid)) for _, state, rid in rows], kind) for cid, kind in kinds.items()}
    return pa.table({"rev": pa.array([rev for rev, *_ in rows], pa.int64()), **columns})


@cache
def _database() -> duckdb.DuckDBPyConnection:
    made = duckdb.connect(":memory:", config={"threads": 1})
    atexit.register(made.close)
    atexit.register(_database.cache_clear)
    return made
