"""Commands on a shared table: proposals, applying them through the one writer, rights, what others are told, the record."""

from __future__ import annotations

import time
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import msgspec
import pyarrow as pa
import pytest
from core.rooms.callers import Caller, typed
from core.rooms.following import Copy
from core.sql.hostile import CONTAINED, REFUSED
from core.store.people import ANN, BO, open_store, shown
from core.store.replay import Replayed
from hypothesis import given, settings
from hypothesis import strategies as st
from tabweave_core.engine import commands as records
from tabweave_core.engine.store import Store
from tabweave_core.errors import Refused, TabweaveError, Unavailable
from tabweave_core.protocol import asking as a
from tabweave_core.protocol import messages as m
from tabweave_core.protocol import ops
from tabweave_core.protocol import plan as p
from tabweave_core.protocol.planning import Aggregate, Coordinate, RollupDef
from tabweave_core.protocol.rights import ColumnRights, Rights
from tabweave_core.protocol.schema import Person
from tabweave_core.rooms import ground
from tabweave_core.rooms.commands import Commands
from tabweave_core.rooms.hall import Hall
from tabweave_core.rooms.tables import Tables

ITEM, QTY, PRICE, REGION = range(4)
CY = Person(id="cy", name="Cy")
DATA = pa.table(
    {
        "item": ["pen", "ink", "pad", None],
        "qty": pa.array([1, 2, None, 4], pa.int64()),
        "price": pa.array([Decimal("1.50"), None, Decimal("3.25"), Decimal("4.00")], pa.decimal128(18, 2)),
        "region": pa.array(["East", "West", "East", "North"]).dictionary_encode(),
    }
)


@pytest.fixture
def sales(store: Store) -> Store:
    store.create_table("sales", DATA, ANN)
    return store


@pytest.fixture
def here(ann: Caller, bo: Caller) -> Iterator[None]:
    ann.open()
    bo.open()
    return


def ask(caller: Caller, text: str = "", **more: Any) -> tuple[a.Proposal, pa.Table | None]:
    number = next(caller.ids)
    caller.say(m.Ask(ch=caller.ch, id=number, text=text, **more))
    found: tuple[m.Message, pa.Table | None] = caller.wait(
        lambda: next((each for each in caller.told if isinstance(each[0], m.Proposed | m.Error) and each[0].re == number), None)
    )
    assert isinstance(found[0], m.Proposed), found[0]
    return found[0].proposal, found[1]


def applying(proposal: a.Proposal) -> ops.Transform:
    return ops.Transform(plan=proposal.plan, token=proposal.token, command=proposal.command, interpreter=proposal.interpreter)


def changes(caller: Caller, token: str, *rows: int) -> m.Message:
    number = next(caller.ids)
    caller.say(m.AskChanges(ch=caller.ch, id=number, token=token, rows=list(rows)))
    answer, _ = caller.answer_to(number)
    return answer


def everything(store: Store) -> tuple[list[tuple[str, str, list[str] | None]], list[tuple[object, ...]]]:
    columns = store.table("sales").columns
    return [(each.name, each.dtype, each.categories) for each in columns], shown(store, *(each.id for each in columns))


@pytest.mark.usefixtures("here")
def test_a_command_is_proposed_with_every_change_and_changes_nothing(ann: Caller, sales: Store) -> None:
    before = everything(sales)
    found, _ = ask(ann, "fill missing price with 0, then drop rows without qty, then rename item to thing")
    assert (found.outcome, found.rev, found.interpreter) == ("change", 0, "grammar")
    assert len(found.steps) == 3
    assert (found.rows_before, found.rows_after, found.rows_removed, found.n_cells) == (4, 3, 1, 1)
    assert [(each.name, each.fate, each.column, each.was, each.cells) for each in found.columns] == [
        ("price", "changed", PRICE, "", 1),
        ("thing", "renamed", ITEM, "item", 0),
    ]
    assert found.cells == [a.CellChange(rid=1, row=2, column=PRICE, name="price", before=None, after="0.00")]
    told = changes(ann, found.token, 0, 1, 2)
    assert isinstance(told, m.Differences)
    assert told.columns == [a.Difference(column=PRICE, rows=[1], before=[None], after=["0.00"])]
    assert told.removed == [2]
    assert everything(sales) == before


@pytest.mark.usefixtures("here")
def test_a_proposal_is_applied_as_one_revision_that_others_see_and_undo_takes_back(
    ann: Caller, bo: Caller, hall: Hall, sales: Store
) -> None:
    before = everything(sales)
    copy = Copy(Caller(hall, BO, kernel=True))
    copy.open()
    copy.load()
    found, _ = ask(ann, "drop rows without price, then uppercase region, then compute total = qty * price")
    ack = ann.ok(applying(found))
    assert (ack.rev, ack.n_rows, ack.can_undo) == (1, 1, True)
    patch = bo.patched(1)[-1]
    assert (patch.kind, patch.rows_changed, patch.total) == ("transform", True, 3)
    assert patch.schema is not None
    assert [column.name for column in patch.schema.columns][-1] == "total"
    copy.catch_up(1)
    assert [copy.cells[rid][REGION] for rid in copy.order] == ["EAST", "EAST", "NORTH"]
    after = everything(sales)
    assert ann.ok(ops.Undo()).rev == 2
    assert everything(sales) == before
    assert ann.ok(ops.Redo()).rev == 3
    assert everything(sales) == after
    copy.catch_up(3)
    assert [[copy.cells[rid][column.id] for column in copy.schema.columns] for rid in copy.order] == [
        list(row[1:]) for row in after[1]
    ]


@pytest.mark.usefixtures("here")
def test_what_others_change_meanwhile_refuses_a_proposal_only_if_it_would_do_something_else(
    ann: Caller, bo: Caller, sales: Store
) -> None:
    found, _ = ask(ann, "fill missing price with 0")
    bo.ok(typed(ITEM, 0, "quill"))
    assert ann.ok(applying(found)).n_cells == 1
    found, _ = ask(ann, "set qty to 9 where region is East")
    bo.ok(typed(QTY, 0, "8"))
    refused = ann.refused(applying(found))
    assert (refused.code, sales.table("sales").head) == ("CONFLICT", 3)
    fresh, _ = ask(ann, plan=found.plan)
    assert fresh.token != found.token
    assert [(cell.rid, cell.before, cell.after) for cell in fresh.cells] == [(0, 8, 9), (2, None, 9)]
    ann.ok(applying(fresh))
    assert [row[1] for row in shown(sales, QTY)] == [9, 2, 9, 4]


@pytest.mark.usefixtures("here")
def test_questions_are_answered_with_a_table_of_their_own_and_choices_and_unknown_words_asked_back(ann: Caller) -> None:
    found, rows = ask(ann, "total qty by region")
    assert (found.outcome, found.rows, [column.name for column in found.result]) == ("answer", 3, ["region", "sum_qty"])
    assert rows is not None
    assert rows.to_pydict() == {"_rid": [0, 1, 2], "0": ["East", "North", "West"], "1": [1, 4, 2]}
    found, rows = ask(ann, "bar chart of total qty by region")
    assert rows is None
    assert msgspec.json.decode(found.charts[0].figure)["data"][0]["type"] == "bar"
    found, rows = ask(ann, "sort by qty descending")
    assert (found.outcome, found.token) == ("answer", "")
    assert "stay in their order" in found.notes[0]
    found, _ = ask(ann, "frobnicate the price")
    assert (found.outcome, found.reason) == ("unclear", "frobnicate")
    assert found.suggestions
    number = next(ann.ids)
    ann.say(m.AskSuggestions(ch=ann.ch, id=number, text="drop", limit=3))
    answer = ann.answer_to(number)[0]
    assert isinstance(answer, m.Suggestions)
    assert len(answer.commands) == 3
    for command in answer.commands:
        assert ask(ann, command)[0].outcome in ("change", "answer")


@pytest.mark.usefixtures("here")
def test_an_edited_plan_is_read_like_a_command_and_told_where_it_is_wrong(ann: Caller) -> None:
    plan = '{"steps":[{"op":"drop_missing","columns":["prize"]}]}'
    number = next(ann.ids)
    ann.say(m.Ask(ch=ann.ch, id=number, plan=plan))
    error = ann.wait(lambda: next((each for each in ann.all(m.Error) if each.re == number), None))
    assert (error.code, error.where) == ("NO_COLUMN", "steps[0].prize")
    assert "price" in error.hint
    number = next(ann.ids)
    ann.say(m.Ask(ch=ann.ch, id=number, plan='{"steps":[{"op":"drop_missing","column":1}]}'))
    error = ann.wait(lambda: next((each for each in ann.all(m.Error) if each.re == number), None))
    assert (error.code, error.where) == ("BAD_MESSAGE", "$.steps[0]")
    found, _ = ask(ann, plan=plan.replace("prize", "price"))
    assert (found.interpreter, found.rows_removed) == ("plan", 1)


@pytest.mark.usefixtures("here")
def test_a_discarded_or_replaced_proposal_is_not_kept(ann: Caller) -> None:
    first, _ = ask(ann, "drop rows without price")
    second, _ = ask(ann, "fill missing price with 0")
    old = changes(ann, first.token, 0)
    assert isinstance(old, m.Error)
    assert old.code == "CONFLICT"
    ann.say(m.Discard(ch=ann.ch, token=second.token))
    gone = changes(ann, second.token, 0)
    assert isinstance(gone, m.Error)
    assert gone.code == "CONFLICT"


def test_rights_hold_for_commands_column_by_column(ann: Caller, bo: Caller, hall: Hall, sales: Store) -> None:
    columns = {QTY: ColumnRights(write=["ann"]), PRICE: ColumnRights(read=["ann"])}
    Tables(sales).set_rights("sales", ANN, Rights(people={"cy": "viewer"}, columns=columns))
    bo.open()
    found, _ = ask(bo, "drop rows without price")
    assert (found.outcome, found.reason) == ("unclear", "price")
    assert "price" not in msgspec.json.encode(found.suggestions).decode()
    found, _ = ask(bo, "show everything where qty is over 1")
    assert "price" not in [column.name for column in found.result]
    found, _ = ask(bo, "set qty to 7 where item is pen")
    assert any("may not change qty" in note for note in found.notes)
    assert bo.refused(applying(found)).code == "FORBIDDEN"
    assert bo.refused(ops.Transform(plan='{"steps":[{"op":"drop_missing","columns":["item"]}]}')).code == "FORBIDDEN"
    found, _ = ask(bo, "uppercase item")
    bo.ok(applying(found))
    ann.open()
    ann.ok(applying(ask(ann, "fill missing price with 0")[0]))
    told = str(Tables(sales).history("sales", BO))
    assert "price" not in told
    assert "a command changed 3 cells" in told
    bo.ok(ops.Undo())
    cy = Caller(hall, CY)
    cy.open()
    found, _ = ask(cy, "uppercase region")
    assert cy.refused(applying(found)).code == "FORBIDDEN"


def test_a_command_sent_twice_is_applied_once(ann: Caller, sales: Store) -> None:
    ann.open()
    found, _ = ask(ann, "fill missing price with 0")
    seq = ann.submit(applying(found))
    first = ann.outcome(seq)
    ann.say(m.Submit(ch=ann.ch, seq=seq, base_rev=0, op=applying(found)))
    assert ann.outcome(seq, after=1) == first
    assert sales.table("sales").head == 1


SAID = [
    "drop rows without price",
    "fill missing price with 0",
    "uppercase region",
    "set qty to 7 where qty is over 1",
    "drop the column item",
    "rename qty to amount",
    "compute double = qty * 2",
    "convert qty to text",
    "remove duplicates by region",
    "drop rows without item, then rename item to thing, then compute half = qty / 2",
]
COMMANDS = st.lists(st.sampled_from([*SAID, "undo", "redo"]), max_size=5)


@settings(max_examples=8, deadline=None)
@given(COMMANDS)
def test_the_commands_in_the_log_give_the_same_table_on_a_fresh_copy(said: list[str]) -> None:
    with open_store(None) as store, open_store(None) as fresh:
        for each in (store, fresh):
            each.create_table("sales", DATA, ANN)
        tables = Tables(store)
        states = [everything(store)]
        for text in said:
            if text in ("undo", "redo"):
                answer = tables.submit("sales", ANN, ops.Undo() if text == "undo" else ops.Redo())
                assert isinstance(answer, m.Nack) or everything(store) in states
                continue
            found, _ = tables.commands.ask("sales", ANN, text=text)
            if found.outcome == "change" and not found.nothing:
                assert isinstance(tables.submit("sales", ANN, applying(found)), m.Ack)
                states.append(everything(store))
        for change, text in store.read("sales", records.records):
            if not change.undone:
                record = msgspec.json.decode(text)
                again = Tables(fresh).submit("sales", ANN, ops.Transform(plan=record["plan"]))
                assert isinstance(again, m.Ack)
        assert everything(fresh) == everything(store)


def test_locked_cells_refuse_a_command_and_its_undo_whole(ann: Caller, sales: Store) -> None:
    ann.open()
    found, _ = ask(ann, "set qty to 7 where item is pen, then rename item to thing")
    ann.ok(applying(found))
    totals = RollupDef(levels=[], aggregates=[Aggregate(fn="sum", column=QTY)])
    ann.ok(ops.Lock(rollup=totals, at=[Coordinate(rows=[0])], locked=True))
    before = everything(sales)
    assert ann.refused(ops.Undo(ref=1)).code == "HELD"
    for text in ("drop rows where qty is 7", "drop the column qty", "set qty to 8, then uppercase region", "convert qty to text"):
        found, _ = ask(ann, text)
        assert ann.refused(applying(found)).code == "HELD", text
    assert everything(sales) == before


def test_a_command_that_nobody_waits_for_or_that_takes_too_long_is_given_up(
    sales: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    commands = Tables(sales).commands
    endless = '{"steps":[{"op":"sql","select":"SELECT count(*) FROM range(100000) a, range(1000000) b, this"}]}'
    until = time.monotonic() + 0.2
    with pytest.raises(Unavailable, match="Nobody waits"):
        commands.ask("sales", ANN, plan=endless, cancelled=lambda: time.monotonic() > until)
    monkeypatch.setattr(ground, "SECONDS", 0.05)
    with pytest.raises(Refused, match=r"takes longer|stopped after"):
        commands.ask("sales", ANN, plan=endless)


STEPS = st.lists(
    st.tuples(st.sampled_from([ANN, BO]), st.sampled_from([*SAID, "undo", "redo", "edit", "delete", "insert"])), max_size=7
)
START = {
    ITEM: {0: "pen", 1: "ink", 2: "pad", 3: None},
    QTY: {0: "1", 1: "2", 2: None, 3: "4"},
    PRICE: {0: "1.50", 1: None, 2: "3.25", 3: "4.00"},
    REGION: {0: "East", 1: "West", 2: "East", 3: "North"},
}
OTHER: dict[str, ops.Op] = {
    "undo": ops.Undo(),
    "redo": ops.Redo(),
    "edit": typed(REGION, 0, "South"),
    "delete": ops.DeleteRows(rows=ops.Rows(ids=[1])),
    "insert": ops.InsertRows(count=1, before=2),
}


@settings(max_examples=10, deadline=None)
@given(STEPS)
def test_whatever_people_do_between_commands_the_log_gives_exactly_the_table(done: list[tuple[Person, str]]) -> None:
    with open_store(None) as store:
        store.create_table("sales", DATA, ANN)
        tables = Tables(store)
        for person, what in done:
            if what in OTHER:
                tables.submit("sales", person, OTHER[what])
                continue
            found, _ = tables.ask("sales", person, text=what)
            if found.outcome == "change" and not found.nothing:
                tables.apply("sales", person, found)
        number = store.table("sales").id
        with store.reading("sales") as (cursor, _):
            replayed = Replayed(cursor, number, START, [0, 1, 2, 3], [ITEM, QTY, PRICE, REGION])
        replayed.check()
        assert [column.id for column in store.table("sales").columns] == replayed.columns
        assert store.table("sales").rows.ids(slice(None)).tolist() == replayed.rows


def test_no_query_in_a_plan_reaches_beyond_the_table_or_takes_more_than_it_may(
    sales: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ground, "MEMORY", 400 << 20)
    monkeypatch.setattr(ground, "SECONDS", 1.5)
    commands = Commands(sales)
    for _, query in REFUSED:
        with pytest.raises(TabweaveError):
            commands.ask("sales", ANN, plan=p.Plan(steps=[p.Sql(select=query)]))
    for query in CONTAINED[::9]:
        with pytest.raises(TabweaveError) as refusal:
            commands.ask("sales", ANN, plan=p.Plan(steps=[p.Sql(select=query)]))
        assert refusal.value.code == "TOO_LARGE", query
    plan = p.Plan(steps=[p.Sql(select="SELECT region, sum(qty) AS n FROM this GROUP BY ALL ORDER BY ALL")])
    found, rows = commands.ask("sales", ANN, plan=plan)
    assert (found.outcome, rows is not None and rows.num_rows, "duckdb" in commands.code("sales", ANN, found.plan, bool)) == (
        "answer",
        3,
        True,
    )
    written = p.Plan(steps=[p.Sql(select="INSERT INTO this (item, qty) SELECT item, sum(qty) * 1.5 FROM this GROUP BY item")])
    found, _ = commands.ask("sales", ANN, plan=written)
    assert (found.outcome, found.rows_added, found.n_cells) == ("change", 4, 0)
    commands.close()
