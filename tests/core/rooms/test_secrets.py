"""Nobody is told by any message what they may not read, and nobody writes through a channel what they may not write."""

from __future__ import annotations

import json

import pytest
from core.rooms.callers import Caller, typed
from core.store.people import ANN, BO
from tabweave_core.engine.store import Store
from tabweave_core.protocol import messages as m
from tabweave_core.protocol import wire
from tabweave_core.protocol.ops import AddColumn, Block, DropColumns, InsertRows, RenameColumn, SetCells, Undo
from tabweave_core.protocol.rights import ColumnRights, Rights
from tabweave_core.protocol.schema import Place, Range, Sort, View

HIDDEN = Rights(columns={1: ColumnRights(read=["ann"])})


def heard(caller: Caller) -> str:
    """Everything a caller was told, as text."""
    parts = [wire.encode(message) for message, _ in caller.told]
    rows = [json.dumps(rows.to_pydict(), default=str) for _, rows in caller.told if rows is not None]
    return "\n".join([*map(str, parts), *rows])


def test_a_hidden_column_is_not_in_any_message(sales: Store, ann: Caller, bo: Caller) -> None:
    sales.set_rights("sales", HIDDEN)
    ann.open()
    ann.ok(RenameColumn(column=1, name="secret"))
    welcome = bo.look(0)
    assert [column.name for column in welcome.schema.columns] == ["item"]
    ann.ok(typed(1, 0, "777"))
    ann.ok(typed(0, 0, "seen"))
    ann.ok(RenameColumn(column=1, name="secret2"))
    ann.say(m.Here(ch=ann.ch, place=Place(rid=0, column=1)))
    ann.ok(Undo())
    patches = bo.patched(sales.table("sales").head)
    assert [change.column for patch in patches for change in patch.cells] == [0]
    for question in (
        m.Fetch(ch=bo.ch, id=90, start=0, stop=2, columns=[0, 1]),
        m.Sub(ch=bo.ch, id=91, view=View(sort=[Sort(column=1)])),
        m.AskProfile(ch=bo.ch, id=92, columns=[1]),
        m.AskValues(ch=bo.ch, id=93, column=1),
        m.AskHistory(ch=bo.ch, id=94, rid=0, column=1),
        m.Find(ch=bo.ch, id=95, text="777", columns=[0, 1]),
        m.Copy(ch=bo.ch, id=97, range=Range(start=0, stop=2, columns=[0, 1])),
    ):
        bo.say(question)
        answer = bo.answer_to(question.id)[0]  # type: ignore[attr-defined] # each of them has an id
        assert isinstance(answer, m.Error), answer
        assert answer.code == "NO_COLUMN"
    for question in (m.AskHistory(ch=bo.ch, id=96), m.AskCode(ch=bo.ch, id=98, language="pandas")):
        bo.say(question)
        bo.answer_to(question.id)
    history = next(message for message in bo.all(m.History) if message.re == 96)
    assert [change.summary for change in history.changes] == ["set 1 cell of item"]
    assert bo.sub(View(search="777")).rows == 0
    assert bo.refused(typed(1, 0, "3")).code == "NO_COLUMN"
    assert "777" not in heard(bo)
    assert "secret" not in heard(bo)


def test_of_a_change_over_several_columns_only_the_readable_part_is_told(sales: Store, ann: Caller, bo: Caller) -> None:
    sales.set_rights("sales", HIDDEN)
    ann.open()
    bo.look(0)
    ann.ok(SetCells(blocks=[Block(columns=[0, 1], rows=[0], values=[["seen"], ["777"]])]))
    few = bo.patched(1)[-1]
    assert (few.user, [(change.column, change.values) for change in few.cells]) == (ANN, [(0, ["seen"])])
    ann.ok(InsertRows(count=1500))
    rids = ann.fetch(0, 2000, 0)[1]["_rid"]
    ann.ok(SetCells(blocks=[Block(columns=[0, 1], rows=rids, values=[["all"], ["777"]])]))
    assert bo.patched(3)[-1].columns == [0]
    assert "777" not in heard(bo)


def test_a_change_of_what_somebody_may_not_see_is_nobodys(sales: Store, ann: Caller, bo: Caller) -> None:
    sales.set_rights("sales", HIDDEN)
    ann.open()
    bo.open()
    ann.ok(typed(1, 0, "777"))
    patch = bo.patched(1)[-1]
    assert (patch.rev, patch.user.id, patch.kind, patch.cells, patch.columns) == (1, "", "", [], [])
    assert (patch.from_ch, patch.seq) == ("", 0)


def test_a_viewer_writes_nothing_and_is_told_why(sales: Store, bo: Caller) -> None:
    sales.set_rights("sales", Rights(everyone="viewer"))
    welcome = bo.open()
    assert welcome.role == "viewer"
    assert "Ann" in welcome.read_only
    assert not any(column.editable for column in welcome.schema.columns)
    for op in (typed(0, 0, "x"), AddColumn(name="more", dtype="int64"), DropColumns(columns=[0]), Undo()):
        assert bo.refused(op).code == "FORBIDDEN"
    assert sales.table("sales").head == 0


def test_a_column_that_one_may_not_write_says_so_and_refuses(sales: Store, ann: Caller, bo: Caller) -> None:
    sales.set_rights("sales", Rights(columns={1: ColumnRights(write=["ann"])}))
    columns = bo.look(1).schema.columns
    assert [(column.editable, bool(column.why)) for column in columns] == [(True, False), (False, True)]
    assert bo.refused(typed(1, 0, "3")).code == "FORBIDDEN"
    ann.open()
    ann.ok(typed(1, 0, "3"))
    assert bo.patched(1)[-1].cells[0].values == [3]


def test_a_table_that_one_may_not_know_is_not_there(sales: Store, ann: Caller, bo: Caller) -> None:
    sales.set_rights("sales", Rights(everyone="none"))
    bo.say(m.Hello(ch=bo.ch, proto=m.PROTOCOL, table="table/sales"))
    nothing = Caller(bo.hall, BO)
    nothing.say(m.Hello(ch=nothing.ch, proto=m.PROTOCOL, table="table/sold"))
    assert bo.next(m.Gone, 0).message == nothing.next(m.Gone, 0).message.replace("sold", "sales")
    assert ann.open().role == "owner"


@pytest.mark.parametrize("follow", [False, True])
def test_a_change_of_rights_resets_those_who_are_there(sales: Store, bo: Caller, follow: bool) -> None:
    bo.open(follow=follow)
    sales.set_rights("sales", HIDDEN)
    assert bo.next(m.Reset, 0).reason == "rights"
    assert [column.name for column in bo.open(follow=follow).schema.columns] == ["item"]


def test_rights_count_from_the_operation_on_that_follows_them(sales: Store, bo: Caller) -> None:
    bo.open()
    bo.ok(typed(1, 0, "5"))
    sales.set_rights("sales", Rights(everyone="viewer"))
    bo.submit(typed(1, 0, "6"))
    bo.next(m.Reset, 0)
    bo.open()
    bo.say(m.Submit(ch=bo.ch, seq=2, base_rev=0, op=typed(1, 0, "6")))
    answer = bo.outcome(2)
    assert isinstance(answer, m.Nack)
    assert answer.code == "FORBIDDEN"
    assert sales.table("sales").head == 1


def test_a_dropped_table_is_gone_and_one_of_the_same_name_is_another(sales: Store, ann: Caller) -> None:
    first = ann.open().epoch
    data = sales.window("sales", View(), 0, 10, [0, 1])[1].drop_columns("_rid").rename_columns(["item", "qty"])
    sales.drop("sales")
    assert "sales" in ann.next(m.Gone, 0).message
    sales.create_table("sales", data, ANN)
    assert ann.open().epoch != first
    sales.replace_table("sales", data)
    assert ann.next(m.Reset, 0).reason == "epoch"
