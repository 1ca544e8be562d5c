"""Declared bounds of a column: no way of writing leads out of them, and they are declared and taken back like any edit."""

from __future__ import annotations

import pyarrow as pa
import pytest
from core.store.people import ANN, BO, Client, open_store, rows, shown, typed
from tabweave_core.protocol import planning as p
from tabweave_core.protocol.ops import (
    AddColumn,
    Block,
    BoundColumn,
    DeleteRows,
    DropColumns,
    InsertRows,
    Op,
    Redo,
    RetypeColumn,
    SetCells,
    Spread,
    Undo,
)

QTY = 1
TOTAL = p.RollupDef(levels=[], aggregates=[p.Aggregate(fn="sum", column=QTY)])


def ends(client: Client) -> tuple[str | None, str | None]:
    column = client.store.table("sales").column(QTY)
    return column.least, column.most


def total(value: str, **more: object) -> Spread:
    return Spread(rollup=TOTAL, targets=[p.Target(at=p.Coordinate(), value=value, **more)])  # type: ignore[arg-type]  # a method


@pytest.fixture
def bounded(ann: Client) -> Client:
    ann.ok(BoundColumn(column=QTY, least="0", most="10"))
    return ann


@pytest.mark.parametrize(
    "op",
    [
        typed(QTY, 0, "11"),
        SetCells(blocks=[Block(columns=[QTY], rows=[0, 1], values=[["5", "-1"]])], input="value"),
        InsertRows(count=1, columns=[QTY], values=[["11"]]),
        total("31"),
        total("-1"),
        total("11", method=p.Repeat()),
        total("400", method=p.Percent()),
        BoundColumn(column=QTY, least="2"),
        BoundColumn(column=QTY, least="5", most="1"),
        BoundColumn(column=QTY, least="much"),
        BoundColumn(column=QTY, least="0.5"),
        BoundColumn(column=0, least="1"),
    ],
)
def test_what_lies_outside_is_refused_however_it_is_written(bounded: Client, op: Op) -> None:
    before = shown(bounded.store, 0, 1)
    answer = bounded.refused(op)
    assert answer.code in ("RANGE", "INFEASIBLE", "TYPE", "SCALE", "BAD_MESSAGE")
    assert shown(bounded.store, 0, 1) == before


def test_a_refusal_names_the_bound(bounded: Client) -> None:
    told = bounded.refused(typed(QTY, 0, "11"))
    assert told.message == "'11' is more than 10, the most allowed, for qty (int64)."
    assert told.hint == "qty is between 0 and 10."
    assert "It can be from 0 to 30" in bounded.refused(total("31")).hint
    assert bounded.refused(BoundColumn(column=QTY, most="3")).message == "qty cannot be bounded so: 1 cell is not at most 3."


def test_a_spread_gives_to_the_others_what_a_row_at_its_bound_cannot_take(bounded: Client) -> None:
    bounded.ok(total("21"))
    assert [row[1] for row in shown(bounded.store, QTY)] == [4, 7, None, 10]


def test_bounds_are_undone_and_redone_and_outlive_the_store(bounded: Client) -> None:
    assert ends(bounded) == ("0", "10")
    bounded.ok(Undo())
    assert ends(bounded) == (None, None)
    bounded.ok(Redo())
    assert ends(bounded) == ("0", "10")
    bounded.ok(BoundColumn(column=QTY, most="50"))
    Client(bounded.store, BO).ok(typed(QTY, 0, "40"))
    assert bounded.refused(Undo()).message == "qty cannot be bounded so: 1 cell is not between 0 and 10."
    assert bounded.store.history("sales", limit=1)[0].summary == "set 1 cell of qty"


def test_an_undo_does_not_lead_out_of_bounds_that_were_declared_since(ann: Client) -> None:
    ann.put(QTY, 0, "-5")
    ann.put(QTY, 0, "5")
    ann.ok(DeleteRows(rows=rows(3)))
    bo = Client(ann.store, BO)
    assert bo.refused(BoundColumn(column=QTY, least="0", most="3")).code == "RANGE"
    bo.put(QTY, 0, "1")
    bo.ok(BoundColumn(column=QTY, least="0", most="3"))
    assert ann.refused(Undo()).message == "qty is between 0 and 3, and 1 cell would not be."


def test_bounds_stay_with_a_column_of_numbers_through_types_and_its_loss(bounded: Client) -> None:
    bounded.ok(RetypeColumn(column=QTY, dtype="decimal128(18, 2)"))
    assert ends(bounded) == ("0", "10")
    assert bounded.refused(typed(QTY, 0, "10.01")).code == "RANGE"
    bounded.ok(RetypeColumn(column=QTY, dtype="string"))
    assert ends(bounded) == (None, None)
    bounded.ok(Undo())
    bounded.ok(DropColumns(columns=[QTY]))
    bounded.ok(Undo())
    assert ends(bounded) == ("0", "10")


def test_floats_and_whole_tables_of_them_are_bounded_too() -> None:
    with open_store(None) as store:
        data = pa.table({"f": pa.array([0.1 * n for n in range(5000)]), "d": pa.array([None, *[1] * 4999], pa.decimal128(9, 2))})
        store.create_table("sales", data, ANN)
        ann = Client(store, ANN)
        ann.ok(BoundColumn(column=0, least="0", most="1e3"))
        assert store.table("sales").column(0).most == "1000"
        many = Block(columns=[0], rows=list(range(5000)), values=[["1000.5"]])
        answer = ann.refused(SetCells(blocks=[many]))
        assert (answer.code, answer.n_bad) == ("RANGE", 5000)
        ann.ok(typed(0, 0, "nan"))
        ann.refused(typed(0, 0, "inf"))
        ann.ok(AddColumn(name="x", dtype="int64"))
        ann.ok(BoundColumn(column=1, least="-0.5"))
        ann.refused(typed(1, 0, "-0.51"))
