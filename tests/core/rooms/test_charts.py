"""Charts of shared tables: drawn of what the asker may read, at one revision, and of all rows in their own order."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pyarrow as pa
import pytest
from core.rooms.callers import Caller, typed
from core.store.people import ANN
from tabweave_core.engine.store import Store
from tabweave_core.protocol import messages as m
from tabweave_core.protocol.ops import InsertRows
from tabweave_core.protocol.rights import ColumnRights, Rights
from tabweave_core.rooms.hall import Hall


def ask(caller: Caller, chart: dict[str, Any], **part: Any) -> m.Charted | m.Error:
    number = next(caller.ids)
    caller.say(m.AskChart(ch=caller.ch, id=number, chart=json.dumps({"op": "chart", **chart}), **part))
    answer = caller.answer_to(number)[0]
    assert isinstance(answer, m.Charted | m.Error)
    return answer


def drawn(caller: Caller, chart: dict[str, Any], **part: Any) -> dict[str, Any]:
    answer = ask(caller, chart, **part)
    assert isinstance(answer, m.Charted), answer
    found: dict[str, Any] = json.loads(answer.figure)["data"][0]
    return found


SUMS = {"kind": "bar", "x": {"column": "item"}, "y": [{"fn": "sum", "column": "qty"}], "sort": "x"}


def test_a_chart_is_of_the_newest_revision_and_says_which(ann: Caller, bo: Caller) -> None:
    ann.open()
    bo.open()
    first = ask(bo, SUMS)
    assert isinstance(first, m.Charted)
    assert (first.rev, first.marks, json.loads(first.chart)["kind"]) == (0, 4, "bar")
    assert "figure.show()" in first.code
    ann.ok(typed(1, 0, "70"))
    second = ask(bo, SUMS)
    assert isinstance(second, m.Charted)
    trace = json.loads(second.figure)["data"][0]
    assert second.rev == 1
    assert dict(zip(trace["x"], trace["y"], strict=True)) == {"pen": 70, "ink": 2, "pad": None, "(missing)": 4}


def test_a_column_that_one_may_not_read_is_refused_and_not_proposed(sales: Store, ann: Caller, bo: Caller) -> None:
    sales.set_rights("sales", Rights(columns={1: ColumnRights(read=["ann"])}))
    ann.open()
    bo.open()
    assert drawn(ann, SUMS)["y"]
    for chart in (SUMS, {"x": {"column": "qtyy"}}, {"kind": "scatter", "x": {"column": "item"}, "y_column": "qty"}):
        refused = ask(bo, chart)
        assert isinstance(refused, m.Error)
        assert refused.code == "NO_COLUMN"
        assert "Did you mean 'qty'" not in refused.hint + refused.message
    assert drawn(bo, {"x": {"column": "item"}})["y"] == [1, 1, 1, 1]


@pytest.mark.parametrize(
    ("chart", "code", "where"),
    [
        ('{"op":"chart","kind":"bra"}', "BAD_MESSAGE", "$.chart"),
        ("{", "BAD_MESSAGE", "$.chart"),
        ('{"op":"chart","kind":"histogram","x":{"column":"item"}}', "TYPE", ""),
        ('{"op":"chart","x":{"column":"item"},"where":{"test":"sql","sql":"repeat(item, 1000000000) = \'x\'"}}', "FORBIDDEN", ""),
    ],
)
def test_a_chart_that_cannot_be_is_refused_with_the_reason(ann: Caller, chart: str, code: str, where: str) -> None:
    ann.open()
    ann.say(m.AskChart(ch=ann.ch, id=50, chart=chart))
    refused = ann.answer_to(50)[0]
    assert isinstance(refused, m.Error)
    assert (refused.code, refused.where if where else "") == (code, where), refused


def test_rows_are_in_their_own_order_wherever_they_were_put_in(ann: Caller) -> None:
    ann.open()
    ann.ok(InsertRows(count=1, before=0))
    ann.ok(typed(1, 4, "9"))
    assert drawn(ann, {"kind": "bar", "y": [{"fn": "first", "column": "qty"}, {"fn": "last", "column": "qty"}]})["y"] == [9]


def test_zoned_moments_are_drawn_and_zoomed_by_their_zones_clock(hall: Hall, sales: Store) -> None:
    moments = pa.array([datetime(2026, 7, 1, 22, 30), datetime(2026, 7, 2, 3), datetime(2026, 7, 3, 3)])
    zoned = moments.cast(pa.timestamp("us")).cast(pa.timestamp("us", tz="Europe/Berlin"))
    sales.create_table("zoned", pa.table({"at": zoned, "n": [1, 2, 4]}), ANN)
    ann = Caller(hall, ANN, "zoned")
    ann.open()
    days = {"kind": "bar", "x": {"column": "at", "unit": "day"}, "y": [{"fn": "sum", "column": "n"}]}
    found = drawn(ann, days)
    assert dict(zip(found["x"], found["y"], strict=True)) == {"2026-07-02": 3, "2026-07-03": 4}
    line = drawn(ann, {"kind": "line", "x": {"column": "at"}, "y_column": "n"}, x=["2026-07-02 01:00", "2026-07-03 12:00"])
    assert line["x"] == ["2026-07-02T05:00:00", "2026-07-03T05:00:00"]
