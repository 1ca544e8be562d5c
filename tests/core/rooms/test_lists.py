"""The list of shared tables is told to whoever watches it, as far as they may know, and anew when it changes."""

from __future__ import annotations

import pyarrow as pa
from core.rooms.callers import Caller, typed
from core.rooms.conftest import Clock
from core.store.people import ANN, BO
from tabweave_core.engine.store import Store
from tabweave_core.protocol import messages as m
from tabweave_core.protocol.rights import ColumnRights, Rights
from tabweave_core.rooms.hall import Hall


def names(caller: Caller) -> list[str]:
    told = caller.all(m.Tables)
    return [table.name for table in told[-1].tables] if told else []


def test_a_list_follows_tables_that_come_and_go_and_who_is_there(
    hall: Hall, sales: Store, ann: Caller, bo: Caller, clock: Clock
) -> None:
    def later(ready: object) -> bool:
        clock.now += 2
        return bool(ready)

    bo.say(m.WatchTables(ch=bo.ch))
    (first,) = bo.next(m.Tables, 0).tables
    assert (first.name, first.rows, first.columns, first.rev, first.role, first.owner) == ("sales", 4, 2, 0, "editor", ANN)
    sales.create_table("bills", pa.table({"a": [1]}), BO)
    bo.wait(lambda: later(names(bo) == ["bills", "sales"]))
    ann.open()
    bo.wait(lambda: later(bo.all(m.Tables)[-1].tables[1].people == [ANN]))
    ann.ok(typed(1, 0, "5"))
    bo.wait(lambda: later(bo.all(m.Tables)[-1].tables[1].rev == 1))
    sales.drop("bills")
    bo.wait(lambda: later(names(bo) == ["sales"]))
    sales.set_rights("sales", Rights(everyone="none"))
    bo.wait(lambda: later(bo.all(m.Tables)[-1].tables == []))
    told = len(bo.all(m.Tables))
    bo.say(m.Bye(ch=bo.ch))
    sales.set_rights("sales", Rights())
    clock.now += 2
    other = Caller(hall, BO)
    other.say(m.WatchTables(ch=other.ch))
    assert [table.name for table in other.next(m.Tables, 0).tables] == ["sales"]
    assert len(bo.all(m.Tables)) == told


def test_a_list_counts_only_the_columns_that_one_may_see(sales: Store, bo: Caller) -> None:
    sales.set_rights("sales", Rights(columns={1: ColumnRights(read=["ann"])}))
    bo.say(m.WatchTables(ch=bo.ch))
    assert [table.columns for table in bo.next(m.Tables, 0).tables] == [1]


def test_changes_in_quick_succession_are_one_list(ann: Caller, bo: Caller, clock: Clock) -> None:
    bo.say(m.WatchTables(ch=bo.ch))
    bo.next(m.Tables, 0)
    ann.open()
    for number in range(10):
        ann.ok(typed(1, 0, str(number + 100)))
    assert len(bo.all(m.Tables)) == 1
    clock.now += 2
    ann.ok(typed(1, 0, "1"))
    bo.next(m.Tables, 1)
    clock.now += 2
    ann.ok(typed(1, 0, "2"))
    bo.wait(lambda: bo.all(m.Tables)[-1].tables[0].rev == 12)
    assert len(bo.all(m.Tables)) == 3
