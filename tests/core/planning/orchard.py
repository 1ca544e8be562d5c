"""A small sales plan, random operations on it, and every node against GROUPING SETS in DuckDB."""

from __future__ import annotations

import atexit
from decimal import Decimal
from fractions import Fraction
from functools import cache
from typing import Any

import duckdb
import pyarrow as pa
from hypothesis import strategies as st
from tabweave_core.engine.planning.board import Board
from tabweave_core.protocol import ops as o
from tabweave_core.protocol import planning as p
from tabweave_core.protocol.schema import SetFilter

BRAND, FAMILY, PRODUCT, MONTH, AMOUNT, PRICE, PLAN = range(7)
LABELS = [("Acme", "Bolt", None), ("Shoes", "Hats"), ("1", "2"), ("Jan", "Feb")]
METHODS: list[p.Method] = [
    p.Proportional(),
    p.Ratio(force=True),
    p.Equal(),
    p.EqualIncrement(),
    p.Weighted(ref=p.Reference(column=PLAN)),
    p.WeightedIncrement(ref=p.Reference(column=PLAN)),
    p.Weighted(ref=p.Reference(rev=1)),
    p.Repeat(),
    p.Repeat(include_null=True),
    p.Add(),
    p.Subtract(split="equal"),
    p.Percent(),
    p.RelativePercent(ref=p.Reference(column=PLAN)),
    p.StraightLine(along=MONTH, last="50"),
    p.Growth(along=MONTH, percent="5"),
    p.CopyOf(ref=p.Reference(column=PLAN)),
    p.Clear(),
    p.Zero(),
    p.MoveTo(to=p.Coordinate(path=["Bolt"])),
]
DEFINITION = p.RollupDef(
    levels=[BRAND, FAMILY, PRODUCT],
    aggregates=[
        p.Aggregate(fn="sum", column=AMOUNT),
        p.Aggregate(fn="sum", column=PRICE),
        p.Aggregate(fn="count", column=AMOUNT),
        p.Aggregate(fn="mean", column=AMOUNT),
        p.Aggregate(fn="max", column=PRICE),
        p.Aggregate(fn="distinct", column=MONTH),
    ],
)

AMOUNTS = st.none() | st.integers(-50, 200)
PRICES = st.none() | st.integers(0, 9_999).map(lambda cents: Decimal(cents) / 100)
ROWS = st.lists(st.tuples(*map(st.sampled_from, LABELS), AMOUNTS, PRICES, st.integers(0, 20)), min_size=1, max_size=14)
PATHS = st.tuples(*map(st.sampled_from, LABELS[:3])).flatmap(
    lambda labels: st.integers(0, 3).map(lambda depth: list(labels[:depth]))
)
COORDINATES = st.builds(p.Coordinate, path=PATHS) | st.builds(
    lambda path, month: p.Coordinate(path=path, where=[SetFilter(column=MONTH, values=[month])]),
    PATHS,
    st.sampled_from(LABELS[3]),
)
NUMBERS = st.integers(-100, 2_000).map(str)


@st.composite
def spreads(draw: st.DrawFn) -> o.Spread:
    method = draw(st.sampled_from(METHODS))
    value = None if isinstance(method, p.Clear | p.Zero | p.CopyOf) else draw(NUMBERS)
    targets = [p.Target(at=draw(COORDINATES), aggregate=0, value=value, method=method)]
    if draw(st.booleans()):
        targets.append(p.Target(at=draw(COORDINATES), aggregate=1, value=draw(NUMBERS)))
    return o.Spread(rollup=DEFINITION, targets=targets, holds=draw(st.lists(COORDINATES, max_size=2)))


RIDS = st.lists(st.integers(0, 13), min_size=1, max_size=3, unique=True)
OPS: st.SearchStrategy[o.Op] = (
    spreads()
    | spreads()
    | st.builds(
        lambda rids, text: o.SetCells(blocks=[o.Block(columns=[AMOUNT], rows=rids, values=[[text]])]),
        RIDS,
        st.sampled_from(["7", "-3", ""]),
    )
    | st.builds(
        lambda rids, label: o.SetCells(blocks=[o.Block(columns=[FAMILY], rows=rids, values=[[label]])]), RIDS, st.just("Hats")
    )
    | st.builds(lambda rids: o.DeleteRows(rows=o.Rows(ids=rids)), RIDS)
    | st.builds(lambda rid: o.InsertRows(copy_of=o.Rows(ids=[rid])), st.integers(0, 13))
    | st.builds(lambda at, locked: o.Lock(rollup=DEFINITION, at=[at], locked=locked), COORDINATES, st.booleans())
    | st.builds(lambda cid, to: o.MoveColumn(column=cid, to=to), st.integers(0, 6), st.integers(0, 6))
    | st.builds(lambda cid, name: o.RenameColumn(column=cid, name=name), st.sampled_from([FAMILY, AMOUNT]), st.sampled_from("xy"))
    | st.builds(lambda ref: o.Undo(ref=ref), st.none() | st.integers(1, 6))
    | st.builds(lambda ref: o.Redo(ref=ref), st.none() | st.integers(1, 6))
)


def table(rows: list[tuple[Any, ...]]) -> pa.Table:
    """Rows as the plan's table."""
    kinds = [pa.string()] * 4 + [pa.int64(), pa.decimal128(12, 2), pa.int64()]
    names = ["brand", "family", "product", "month", "amount", "price", "plan"]
    columns = list(zip(*rows, strict=True)) or [()] * 7
    return pa.table({name: pa.array(column, kind) for name, column, kind in zip(names, columns, kinds, strict=True)})


@cache
def _database() -> duckdb.DuckDBPyConnection:
    made = duckdb.connect(":memory:", config={"threads": 1})
    atexit.register(made.close)
    atexit.register(_database.cache_clear)
    return made


def check(board: Board, rows: pa.Table) -> None:
    """Every node of the board is as DuckDB's GROUPING SETS over these rows has it, and there are no others."""
    sql = "sum(amount), sum(price), count(amount), sum(amount), max(price), count(DISTINCT month)"
    connection = _database()
    connection.register("t", rows)
    found = connection.execute(
        f"SELECT GROUPING(brand, family, product), brand, family, product, {sql} FROM t "
        "GROUP BY GROUPING SETS ((), (brand), (brand, family), (brand, family, product))"
    ).fetchall()
    level = {0b111: 0, 0b011: 1, 0b001: 2, 0b000: 3}
    expected = {line[1 : 1 + level[line[0]]]: line[4:] for line in found}
    assert {board.path(node) for node in range(board.hierarchy.nodes)} == set(expected)
    for node in range(board.hierarchy.nodes):
        amount, price, count, again, most, months = expected[board.path(node)]
        mean = None if not count else Fraction(int(again), count)
        assert [board.value(node, place) for place in (0, 1, 2, 4, 5)] == [amount, price, count, most, months]
        assert board.rollup.value(node, board.aggregates[3]) == mean
