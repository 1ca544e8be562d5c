"""A rollup of a private frame as the rows of a view."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from conversation import Client
from tabweave.frames.difference import Difference
from tabweave.frames.frame import Frame
from tabweave.sessions import Sessions
from tabweave.slot import Slot
from tabweave_core.protocol import messages as m
from tabweave_core.protocol import ops as o
from tabweave_core.protocol import planning as p
from tabweave_core.protocol.schema import Range, Sort, TextFilter, View

if TYPE_CHECKING:
    from collections.abc import Iterator

BRAND, FAMILY, MONTH, AMOUNT, PRICE = range(5)
YEAR = p.RollupDef(
    name="year",
    levels=[BRAND, FAMILY],
    aggregates=[p.Aggregate(fn="sum", column=AMOUNT), p.Aggregate(fn="mean", column=PRICE)],
)
ACROSS = p.RollupDef(levels=[BRAND, FAMILY], aggregates=[p.Aggregate(fn="sum", column=AMOUNT)], across=MONTH)


@pytest.fixture
def df() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "brand": ["Acme", "Acme", "Acme", "Bolt", None],
            "family": ["Shoes", "Hats", "Shoes", "Hats", "Hats"],
            "month": pd.Categorical(["Jan", "Jan", "Feb", "Feb", "Feb"], ["Jan", "Feb"], ordered=True),
            "amount": [10, 20, 70, 5, 1],
            "price": [Decimal("1.50"), Decimal("2.50"), None, Decimal("1.00"), Decimal("4.00")],
        }
    ).astype({"price": pd.ArrowDtype(pa.decimal128(10, 2))})


@pytest.fixture
def client(df: pd.DataFrame) -> Iterator[Client]:
    sessions = Sessions()
    slot = Slot("t", "t", Frame(df, name="t"))
    sessions.add(slot)
    made = Client(sessions, slot)
    made.hello()
    yield made
    sessions.shut()


def show(client: Client, tree: p.Tree, **view: Any) -> m.Subbed:
    return client.ask(m.Subbed, m.Sub(ch=client.ch, id=client.number(), view=View(tree=tree, **view)))


def lines(client: Client, subbed: m.Subbed) -> list[tuple[Any, ...]]:
    """The label and the figures of each node that is shown."""
    assert subbed.schema is not None
    found = client.fetch(0, subbed.rows, [column.id for column in subbed.schema.columns])
    return list(zip(*(found[str(column.id)].tolist() for column in subbed.schema.columns), strict=True))


def spread(path: list[str | None], value: str, rollup: p.RollupDef = YEAR) -> o.Spread:
    return o.Spread(rollup=rollup, targets=[p.Target(at=p.Coordinate(path=path), value=value)])


def typed(row: int, text: str) -> o.SetCells:
    return o.SetCells(blocks=[o.Block(columns=[AMOUNT], rows=[row], values=[[text]])])


def news(client: Client, since: int) -> list[tuple[int, list[int], list[Any]]]:
    return [(each.column, each.rows, each.values) for patch in client.all(m.Patch, since) for each in patch.cells]


def test_nodes_are_the_rows_of_the_view(client: Client) -> None:
    subbed = show(client, p.Tree(rollup=YEAR, depth=None))
    assert (subbed.rows, subbed.total) == (8, 8)
    assert lines(client, subbed) == [
        ("total", 106, Decimal("2.250000")),
        ("Acme", 100, Decimal("2.000000")),
        ("Hats", 20, Decimal("2.500000")),
        ("Shoes", 80, Decimal("1.500000")),
        ("Bolt", 5, Decimal("1.000000")),
        ("Hats", 5, Decimal("1.000000")),
        ("(missing)", 1, Decimal("4.000000")),
        ("Hats", 1, Decimal("4.000000")),
    ]
    closed = show(client, p.Tree(rollup=YEAR, depth=None, collapsed=[["Acme"]]))
    assert [line[0] for line in lines(client, closed)] == ["total", "Acme", "Bolt", "Hats", "(missing)", "Hats"]
    assert show(client, p.Tree(rollup=YEAR, depth=0)).rows == 1
    assert show(client, p.Tree(rollup=YEAR, expanded=[["Acme"], ["Nobody"], ["Acme", "Hats", "x"]])).rows == 6


def test_typing_into_a_node_changes_the_variable_and_only_the_touched_nodes_are_told(client: Client, df: pd.DataFrame) -> None:
    subbed = show(client, p.Tree(rollup=YEAR, expanded=[["Acme"]]))
    ids = client.fetch(0, subbed.rows, [0])["_rid"].tolist()
    since = len(client.inbox)
    ack = client.apply(spread(["Acme"], "200"))
    assert isinstance(ack, m.Ack)
    assert df["amount"].tolist() == [20, 40, 140, 5, 1]
    assert news(client, since) == [(1, [ids[0], ids[1], ids[2], ids[3]], [206, 200, 40, 160])]
    kinds = [type(message) for message, _ in client.inbox[since:]]
    assert kinds == [m.Ack, m.Patch]
    since = len(client.inbox)
    client.apply(o.Undo())
    assert news(client, since) == [(1, [ids[0], ids[1], ids[2], ids[3]], [106, 100, 20, 80])]
    assert client.fetch(0, 6, [1])["_rid"].tolist() == ids


def test_code_that_changes_the_frame_changes_the_tree(client: Client, df: pd.DataFrame) -> None:
    show(client, p.Tree(rollup=YEAR))
    slot = client.sessions.slots()[0]
    assert slot.frame is not None
    with slot.frame.lock:
        slot.frame.external(Difference(changed={3: np.array([0])}), df.assign(amount=[11, 20, 70, 5, 1]))
    assert client.fetch(0, 4, [1])["1"].tolist() == [107, 101, 5, 1]


def test_rows_and_labels_that_change_move_nodes_and_a_dropped_column_ends_the_tree(client: Client) -> None:
    subbed = show(client, p.Tree(rollup=YEAR))
    client.apply(o.DeleteRows(rows=o.Rows(ids=[3])))
    patch = client.all(m.Patch)[-1]
    assert (patch.rows_changed, patch.rows, patch.total) == (True, 3, 6)
    client.apply(o.SetCells(blocks=[o.Block(columns=[BRAND], rows=[4], values=[["Zeta"]])]))
    assert client.fetch(0, 3, [0])["0"].tolist() == ["total", "Acme", "Zeta"]
    client.apply(o.RenameColumn(column=AMOUNT, name="euros"))
    again = client.all(m.Subbed)[-1]
    assert again.schema is not None
    assert (again.re, again.schema.columns[1].name) == (subbed.re, "sum(euros)")
    client.apply(o.DropColumns(columns=[PRICE]))
    error = client.all(m.Error)[-1]
    assert (error.code, error.re) == ("NO_COLUMN", subbed.re)
    assert client.sub().rows == 4


def test_what_stands_across_has_columns_of_its_own(client: Client, df: pd.DataFrame) -> None:
    subbed = show(client, p.Tree(rollup=ACROSS))
    assert subbed.schema is not None
    assert subbed.tree is not None
    assert [column.name for column in subbed.schema.columns] == ["brand > family", "Jan", "Feb", "sum(amount)"]
    assert lines(client, subbed)[:2] == [("total", 30, 76, 106), ("Acme", 30, 70, 100)]
    target = p.Target(at=p.Coordinate(path=["Acme"], where=subbed.tree.columns[0].where), value="60")
    client.apply(o.Spread(rollup=subbed.tree.rollup, targets=[target]))
    assert df["amount"].tolist() == [20, 40, 70, 5, 1]
    assert lines(client, subbed)[:2] == [("total", 60, 76, 136), ("Acme", 60, 70, 130)]


def test_an_order_by_what_changed_is_stale_and_stands_still(client: Client) -> None:
    show(client, p.Tree(rollup=YEAR), sort=[Sort(column=1, descending=True)])
    client.apply(typed(4, "1000"))
    assert client.all(m.Patch)[-1].stale
    assert client.fetch(0, 4, [0])["0"].tolist() == ["total", "Acme", "Bolt", "(missing)"]
    subbed = show(client, p.Tree(rollup=YEAR), sort=[Sort(column=1, descending=True)])
    assert [line[0] for line in lines(client, subbed)] == ["total", "(missing)", "Acme", "Bolt"]
    subbed = show(client, p.Tree(rollup=YEAR, depth=None), filter=[TextFilter(column=0, text="bolt")])
    assert [line[0] for line in lines(client, subbed)] == ["total", "Bolt", "Hats"]


def test_locked_cells_stay_whoever_writes(client: Client, df: pd.DataFrame) -> None:
    subbed = show(client, p.Tree(rollup=YEAR, depth=None))
    client.apply(o.Lock(rollup=YEAR, at=[p.Coordinate(path=["Acme", "Shoes"])], aggregates=[0]))
    assert client.all(m.Patch)[-1].columns == [1, 2]
    assert json.loads(client.fetch(0, subbed.rows, [1])["_locked"][3]) == [1]
    for op in (typed(0, "1"), o.DeleteRows(rows=o.Rows(ids=[0])), o.DropColumns(columns=[AMOUNT])):
        refused = client.apply(op)
        assert isinstance(refused, m.Nack)
        assert refused.code == "HELD"
    client.apply(spread([], "206"))
    assert df["amount"].tolist() == [10, 97, 70, 24, 5]
    client.sub()
    assert client.fetch(0, 5, [AMOUNT])["_locked"].fillna("").tolist() == ["[3]", "", "[3]", "", ""]
    client.apply(o.Lock(rollup=YEAR, at=[p.Coordinate()], locked=False))
    assert isinstance(client.apply(typed(0, "1")), m.Ack)
    assert "_locked" not in client.fetch(0, 5, [AMOUNT])


def test_rollups_are_kept_with_the_frame_and_every_grid_hears_of_them(client: Client) -> None:
    other = Client(client.sessions, client.sessions.slots()[0], ch="b2")
    other.hello()
    assert client.ask(m.Rollups, m.DefineRollup(ch=client.ch, id=900, rollup=YEAR)).rollups == [YEAR]
    assert other.all(m.Rollups) == [m.Rollups(ch="b2", rollups=[YEAR])]
    assert show(other, p.Tree(rollup="year")).rows == 4
    client.send(m.DefineRollup(ch=client.ch, id=901, rollup=p.RollupDef(name="bad", levels=[99], aggregates=YEAR.aggregates)))
    assert client.wait(m.Error, re=901).code == "NO_COLUMN"
    client.send(m.Sub(ch=client.ch, id=902, view=View(tree=p.Tree(rollup="yaer"))))
    assert client.wait(m.Error, re=902).hint == "Did you mean 'year'?"
    client.ask(m.Rollups, m.DropRollup(ch=client.ch, id=903, name="year"))
    assert other.hello().rollups == []


def test_operations_on_rows_by_their_place_are_refused_while_nodes_are_shown(client: Client) -> None:
    subbed = show(client, p.Tree(rollup=YEAR))
    for op in (o.DeleteRows(rows=o.Rows(ranges=[(0, 1)])), o.Replace(find="A", replacement="B")):
        refused = client.apply(op, view=subbed.re)
        assert isinstance(refused, m.Nack)
        assert refused.code == "NOT_EDITABLE"
    client.send(m.AskProfile(ch=client.ch, id=900, columns=[1]))
    assert client.wait(m.Error, re=900).code == "BAD_MESSAGE"
    assert client.ask(m.Copied, m.Copy(ch=client.ch, id=901, range=Range(start=1, stop=2, columns=[0, 1]))).tsv == "Acme\t100\n"
