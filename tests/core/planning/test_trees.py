"""Rollups as trees: what is shown is what GROUPING SETS finds, in the order that was asked for, whatever happens meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import pyarrow as pa
import pytest
from core.planning.orchard import AMOUNT, BRAND, DEFINITION, FAMILY, LABELS, MONTH, OPS, PRODUCT, ROWS, check, table
from core.store.people import ANN, BO, Client, open_store
from hypothesis import given, settings
from hypothesis import strategies as st
from tabweave_core.engine import boards, spreads, undoing
from tabweave_core.engine.boards import Boards
from tabweave_core.engine.planning.board import Board
from tabweave_core.engine.planning.outline import outline
from tabweave_core.engine.planning.treetable import Ids
from tabweave_core.engine.planning.treeview import TreeView
from tabweave_core.engine.store import Store
from tabweave_core.engine.tablesource import TableSource
from tabweave_core.errors import TabweaveError
from tabweave_core.protocol import planning as p
from tabweave_core.protocol.schema import RangeFilter, Sort, View

ACROSS = p.RollupDef(levels=[BRAND, FAMILY, PRODUCT], aggregates=[p.Aggregate(fn="sum", column=AMOUNT)], across=MONTH)
NAMES = ["brand", "family", "product", "month", "amount", "price", "plan"]
PATHS = st.integers(0, 3).flatmap(lambda depth: st.tuples(*map(st.sampled_from, LABELS[:depth])).map(list))
TREES = st.builds(
    p.Tree,
    rollup=st.just(DEFINITION),
    depth=st.none() | st.integers(0, 4),
    expanded=st.lists(PATHS, max_size=3),
    collapsed=st.lists(PATHS, max_size=2),
)
Shown = dict[int, list[Any]]


class Looker:
    """Somebody who looks at a tree and goes by the news of it, as a grid does."""

    def __init__(self, store: Store, name: str, view: View, definition: p.RollupDef) -> None:
        self.store, self.name, self.definition, self.boards = store, name, definition, Boards()
        with store.reading(name) as (cursor, found):
            pair = self.boards.pair(cursor, found, definition)
            self.view = TreeView(view, definition, *pair, TableSource(cursor, found), Ids())
            self.shown = self.fetch(TableSource(cursor, found))

    def fetch(self, source: TableSource) -> Shown:
        columns = [column.id for column in self.view.schema.columns]
        found = self.view.window(0, self.view.rows, columns, source).to_pydict()
        return {rid: [found[str(cid)][place] for cid in columns] for place, rid in enumerate(found["_rid"])}

    def hear(self) -> Board:
        """Takes the news, and finds that what is shown now is what would be read anew."""
        with self.store.reading(self.name) as (cursor, found):
            source = TableSource(cursor, found)
            board, beside = self.boards.pair(cursor, found, self.definition)
            news = self.view.follow(board, beside, source)
            if news.columns or news.moved or news.renamed:
                self.shown = self.fetch(source)
            places = [column.id for column in self.view.schema.columns]
            for cells in news.cells:
                for rid, value in zip(cells.rows, cells.values, strict=True):
                    was = self.shown[rid][places.index(cells.column)]
                    self.shown[rid][places.index(cells.column)] = (
                        type(was)(value) if was is not None and value is not None else value
                    )
            fresh = self.fetch(source)
            assert {rid: list(map(str, row)) for rid, row in self.shown.items()} == {
                rid: list(map(str, row)) for rid, row in fresh.items()
            }
            return board


@pytest.fixture(scope="module")
def many() -> Iterator[Store]:
    """A store for the tables of many examples."""
    with open_store(None) as store:
        yield store


@contextmanager
def ways(read: str, *, bulk: bool) -> Iterator[None]:
    """Has rollups catch up, and totals and their undo be written, as they are for other numbers of cells."""
    few, many = {"few": (1000, 4), "some": (0, 0), "whole": (0, 10**9)}[read]
    told = 0 if bulk else 10**9
    with (
        patch.multiple(boards, _FEW=few, _MANY=many),
        patch.object(spreads, "MOST_TOLD", told),
        patch.object(undoing, "BULK", told),
    ):
        yield


@settings(max_examples=40, deadline=None)
@given(
    rows=ROWS,
    tree=TREES,
    ops=st.lists(st.tuples(st.booleans(), OPS), max_size=6),
    sort=st.integers(0, 3),
    read=st.sampled_from(["few", "some", "whole"]),
    bulk=st.booleans(),
)
def test_a_tree_that_goes_by_the_news_shows_what_is_there(
    many: Store, rows: Any, tree: p.Tree, ops: Any, sort: int, read: str, bulk: bool
) -> None:
    name = f"plan {many.draw()}"
    many.create_table(name, table(rows), ANN)
    clients = Client(many, ANN, name), Client(many, BO, name)
    for client in clients:
        client.id += name
    sorts = [Sort(column=sort)] if sort else []
    lookers = [
        Looker(many, name, View(tree=tree, sort=sorts), DEFINITION),
        Looker(many, name, View(tree=p.Tree(rollup=ACROSS, depth=2)), ACROSS),
    ]
    for by, op in ops:
        with ways(read, bulk=bulk):
            try:
                clients[by].do(op)
            except TabweaveError:
                continue
            board, _ = [looker.hear() for looker in lookers]
        with many.reading(name) as (cursor, found):
            source = TableSource(cursor, found)
            check(board, pa.table({name: source.values(cid) for cid, name in enumerate(NAMES)}))
    many.drop(name)


@settings(max_examples=60, deadline=None)
@given(rows=ROWS, tree=TREES, descending=st.booleans(), least=st.none() | st.integers(0, 300))
def test_nodes_stand_below_their_parents_in_the_order_that_is_asked_for(
    many: Store, rows: Any, tree: p.Tree, descending: bool, least: int | None
) -> None:
    name = f"plan {many.draw()}"
    many.create_table(name, table(rows), ANN)
    filters = [] if least is None else [RangeFilter(column=1, lo=least)]
    looker = Looker(many, name, View(tree=tree, sort=[Sort(column=1, descending=descending)], filter=list(filters)), DEFINITION)
    board = looker.view.table.board
    hierarchy = board.hierarchy

    def total(node: int) -> Any:
        return board.value(node, 0)

    def stands(node: int) -> bool:
        own = total(node)
        matches = least is None or (own is not None and own >= least)
        return matches or any(stands(child) for child in hierarchy.children(node))

    def is_open(path: list[str | None]) -> bool:
        deep = tree.depth is None or len(path) < tree.depth
        return (deep or path in tree.expanded) and path not in tree.collapsed

    def walk(node: int) -> list[int]:
        found = [node]
        path = list(board.path(node))
        if is_open(path):
            below = [child for child in hierarchy.children(node) if stands(child)]
            sign = -1 if descending else 1
            there = sorted((child for child in below if total(child) is not None), key=lambda child: (sign * total(child), child))
            for child in [*there, *(child for child in below if total(child) is None)]:
                found += walk(child)
        return found

    assert looker.view.outline.nodes.tolist() == walk(0)
    assert len(outline(board, p.Tree(rollup=DEFINITION, depth=None))) == hierarchy.nodes
    many.drop(name)
