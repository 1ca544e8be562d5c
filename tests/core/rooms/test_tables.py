"""What people do with shared tables outside a conversation, and how data comes into the store."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
from core.rooms.rights_people import COST, CY, DI, ITEM, NOTE, QTY, make, submit, typed
from core.store.people import ANN, BO, open_store, shown
from tabweave_core.engine import loading
from tabweave_core.engine.refusals import TooFar
from tabweave_core.engine.store import Store
from tabweave_core.errors import BadValue, TabweaveError
from tabweave_core.protocol import ops
from tabweave_core.protocol.asking import Proposal
from tabweave_core.protocol.messages import Ack, Nack
from tabweave_core.protocol.rights import ColumnRights, Rights
from tabweave_core.protocol.schema import Sort, View
from tabweave_core.rooms import resolve
from tabweave_core.rooms.tables import Tables

DATA = pa.table({"item": ["pen", "ink"], "qty": [1, 2]})


@pytest.fixture
def tables(store: Store) -> Tables:
    make(store)
    return Tables(store)


def refusal(call: object, *given: object, **named: object) -> TabweaveError:
    with pytest.raises(TabweaveError) as caught:
        call(*given, **named)  # type: ignore[operator]
    return caught.value


def test_a_person_is_listed_the_tables_that_they_may_read(tables: Tables) -> None:
    tables.create("own", DATA, BO)
    tables.create("secret", DATA, BO, Rights(everyone="none", people={"ann": "viewer"}))
    assert [(info.name, info.role, info.columns) for info in tables.infos(ANN)] == [
        ("own", "editor", 2),
        ("sales", "owner", 4),
        ("secret", "viewer", 2),
    ]
    assert [(info.name, info.role, info.columns) for info in tables.infos(CY)] == [("own", "editor", 2), ("sales", "viewer", 3)]
    info = tables.info("own", DI)
    assert (info.rows, info.rev, info.owner, info.people) == (2, 0, BO, [])
    assert refusal(tables.info, "sales", DI).code == "NO_TABLE"


PLAN = '{"steps":[{"op":"drop_missing","columns":["qty"]}]}'
OUTSIDE = {
    "info": lambda tables, user: tables.info("sales", user),
    "schema": lambda tables, user: tables.schema("sales", user),
    "view": lambda tables, user: tables.view("sales", user, View(), 0, 3),
    "changes": lambda tables, user: tables.changes("sales", user, 0),
    "history": lambda tables, user: tables.history("sales", user),
    "submit": lambda tables, user: tables.submit("sales", user, ops.InsertRows()),
    "ask": lambda tables, user: tables.ask("sales", user, text="drop rows without qty"),
    "apply": lambda tables, user: tables.apply("sales", user, Proposal(outcome="change", rev=0, plan=PLAN)),
    "applied": lambda tables, user: tables.applied("sales", user),
    "rights": lambda tables, user: tables.rights("sales", user),
    "set_rights": lambda tables, user: tables.set_rights("sales", user, Rights()),
    "replace": lambda tables, user: tables.replace("sales", DATA, user),
    "rename": lambda tables, user: tables.rename("sales", "other", user),
    "drop": lambda tables, user: tables.drop("sales", user),
}
OWN = ("rights", "set_rights", "replace", "rename", "drop")


@pytest.mark.parametrize("doing", OUTSIDE)
def test_a_table_that_one_must_not_know_is_not_there_for_anything(tables: Tables, doing: str) -> None:
    error = refusal(OUTSIDE[doing], tables, DI)
    assert (error.code, error.message) == ("NO_TABLE", "There is no shared table 'sales'.")


@pytest.mark.parametrize("doing", OWN)
def test_only_the_owner_does_what_is_about_the_whole_table(tables: Tables, doing: str) -> None:
    for user in (BO, CY):
        error = refusal(OUTSIDE[doing], tables, user)
        assert (error.code, error.hint) == ("FORBIDDEN", "Ask Ann to do it.")
    OUTSIDE[doing](tables, ANN)


def test_every_method_is_tried_here() -> None:
    public = {name for name in vars(Tables) if not name.startswith("_")}
    assert public == {*OUTSIDE, "infos", "create"}


def test_a_view_is_read_without_what_one_may_not_see(tables: Tables) -> None:
    rev, rows = tables.view("sales", BO, View(sort=[Sort(column=QTY, descending=True)]), 0, 2)
    assert (rev, rows.to_pydict()) == (0, {"_rid": [2, 1], "0": ["pad", "ink"], "1": [3, 2], "3": ["c", "b"]})
    assert refusal(tables.view, "sales", BO, View(), 0, 2, [COST]).code == "NO_COLUMN"
    rev, schema = tables.schema("sales", BO)
    assert (rev, [column.name for column in schema.columns]) == (0, ["item", "qty", "note"])


def test_operations_number_themselves_unless_a_client_does(tables: Tables) -> None:
    for text in ("a", "b"):
        answer = tables.submit("sales", BO, typed(ITEM, 0, text))
        assert isinstance(answer, Ack)
    first = tables.submit("sales", BO, typed(ITEM, 0, "c"), "mine", 1)
    assert tables.submit("sales", BO, typed(ITEM, 0, "c"), "mine", 1) == first
    assert tables.submit("sales", ANN, typed(ITEM, 0, "d"), "mine", 1) != first
    assert refusal(tables.submit, "sales", BO, typed(ITEM, 0, "c"), "mine", 7).code == "BAD_SEQ"
    refused = tables.submit("sales", BO, typed(QTY, 0, "1"), "mine", 2)
    assert isinstance(refused, Nack)
    assert refused.code == "FORBIDDEN"
    assert [change.rev for change in tables.history("sales", BO, 2)] == [4, 3]
    assert set(tables.changes("sales", BO, 1).cells) == {ITEM}
    with pytest.raises(TooFar):
        tables.changes("sales", BO, 99)


def test_a_misspelled_name_is_answered_with_the_nearest(tables: Tables) -> None:
    assert refusal(tables.submit, "sals", ANN, ops.InsertRows()).hint == "Did you mean 'sales'?"
    assert refusal(tables.history, "sals", DI).hint == ""


def test_rights_are_set_and_looked_at_by_the_owner(tables: Tables) -> None:
    found = tables.set_rights("sales", ANN, Rights(everyone="viewer", columns={NOTE: ColumnRights()}))
    assert found == Rights(everyone="viewer") == tables.rights("sales", ANN)
    assert refusal(tables.set_rights, "sales", ANN, Rights(columns={77: ColumnRights()})).code == "NO_COLUMN"
    assert refusal(tables.create, "new", DATA, ANN, Rights(columns={2: ColumnRights()})).code == "NO_COLUMN"
    assert [info.name for info in tables.infos(ANN)] == ["sales"]


def test_a_renamed_table_keeps_everything(tables: Tables, store: Store) -> None:
    submit(store, BO, typed(ITEM, 0, "x"))
    info = tables.rename("sales", "sold", ANN)
    assert (info.name, info.rev) == ("sold", 1)
    assert isinstance(tables.submit("sold", BO, ops.Undo()), Ack)
    assert refusal(tables.info, "sales", ANN).hint == ""
    tables.create("sales", DATA, BO)
    assert refusal(tables.rename, "sold", "sales", ANN).message == "There is a shared table 'sales' already."
    assert tables.rename("sold", "sold", ANN).name == "sold"


def test_a_replaced_table_begins_anew_and_keeps_owner_and_rights(tables: Tables, store: Store) -> None:
    before = store.table("sales")
    submit(store, ANN, typed(ITEM, 0, "x"))
    info = tables.replace("sales", pa.table({"cost": [7], "more": ["m"]}), ANN)
    after = store.table("sales")
    assert (info.rows, info.rev, after.owner, after.epoch != before.epoch) == (1, 0, ANN, True)
    assert after.rights == Rights(people={"cy": "viewer", "di": "none"}, columns={0: ColumnRights(read=["ed"])})
    assert tables.view("sales", BO, View(), 0, 9)[1].to_pydict() == {"_rid": [0], "1": ["m"]}
    assert tables.history("sales", ANN) == []


def test_an_edit_of_a_table_that_was_replaced_is_not_written_into_its_successor(tables: Tables, store: Store) -> None:
    seen = store.look("sales", View())
    prepare = resolve.intent(store, "sales", typed(ITEM, 0, "old"), ANN, seen)
    tables.replace("sales", DATA, ANN)
    answer = store.submit("sales", typed(ITEM, 0, "old"), user=ANN, client="c", seq=1, prepare=prepare).result(30)
    assert isinstance(answer, Nack)
    assert answer.message == "sales was replaced before the edit arrived."
    assert shown(store, ITEM)[0] == (0, "pen")


# Names and data


@pytest.mark.parametrize("name", ["", " ", "a/b", " a", "a ", "a\nb", "x" * 201, "\ud800"])
def test_a_name_that_cannot_be_one_is_refused(tables: Tables, name: str) -> None:
    assert refusal(tables.create, name, DATA, ANN).code == "SCHEMA"
    assert refusal(tables.rename, "sales", name, ANN).code == "SCHEMA"


def test_a_name_that_is_taken_is_refused_before_any_data_is_read(tables: Tables) -> None:
    def batches() -> Iterator[pa.RecordBatch]:
        raise AssertionError("the data was read")
        yield

    reader = pa.RecordBatchReader.from_batches(DATA.schema, batches())
    assert refusal(tables.create, "sales", reader, ANN).message == "There is a shared table 'sales' already."


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (pa.table([pa.array([1]), pa.array([2])], names=["a", "a"]), "SCHEMA"),
        (pa.table({"": [1]}), "SCHEMA"),
        (pa.table({"a": [[1]]}), "TYPE"),
        (pa.table({"a": pa.array([2**62], pa.timestamp("us"))}), "RANGE"),
    ],
)
def test_data_that_cannot_be_shared_leaves_nothing_behind(tables: Tables, store: Store, data: pa.Table, code: str) -> None:
    assert refusal(tables.create, "new", data, ANN).code == code
    assert live_tables(store) == {"t1"}
    assert [info.name for info in tables.infos(ANN)] == ["sales"]


def live_tables(store: Store) -> set[str]:
    def read(cursor: duckdb.DuckDBPyConnection, _table: object) -> set[str]:
        names = cursor.execute("SELECT table_name FROM duckdb_tables()").fetchall()
        return {name for (name,) in names if re.fullmatch("t[0-9]+", name)}

    return store.read("sales", read)


def test_a_stream_is_stored_as_it_comes(tables: Tables, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "ROW_GROUP", 400)
    first = pa.DictionaryArray.from_arrays(pa.array([0, 1] * 500), pa.array(["b", "a"]))
    second = pa.DictionaryArray.from_arrays(pa.array([0, None] * 500), pa.array(["c"]))
    parts = [pa.record_batch({"n": pa.array(range(1000)), "c": part}) for part in (first, second)]
    held: list[int] = []

    def batches() -> Iterator[pa.RecordBatch]:
        for part in parts:
            held.append(len(live_tables(store)))
            yield part

    tables.create("long", pa.RecordBatchReader.from_batches(parts[0].schema, batches()), ANN)
    table = store.table("long")
    assert held == [1, 1]
    assert (len(table.rows), table.column(1).categories, table.column(1).ordered) == (2000, ["b", "a", "c"], False)
    rows = shown(store, 0, 1, table="long")
    assert rows[:2] == [(0, 0, "b"), (1, 1, "a")]
    assert rows[-2:] == [(1998, 998, "c"), (1999, 999, None)]


def test_a_stream_that_breaks_off_leaves_nothing_behind(tables: Tables, store: Store) -> None:
    def batches() -> Iterator[pa.RecordBatch]:
        yield from DATA.to_batches()
        raise BadValue("TYPE", "Line 3 has a letter.", hint="Mend it.")

    reader = pa.RecordBatchReader.from_batches(DATA.schema, batches())
    with pytest.raises(Exception, match=r"Line 3 has a letter\."):
        tables.create("new", reader, ANN)
    assert live_tables(store) == {"t1"}
    tables.create("new", DATA, ANN)


def test_others_go_on_while_a_table_is_loaded(tables: Tables, store: Store) -> None:
    half, go_on = threading.Event(), threading.Event()

    def batches() -> Iterator[pa.RecordBatch]:
        yield from DATA.to_batches()
        half.set()
        assert go_on.wait(20)
        yield from DATA.to_batches()

    reader = pa.RecordBatchReader.from_batches(DATA.schema, batches())
    thread = threading.Thread(target=tables.create, args=("new", reader, ANN))
    thread.start()
    assert half.wait(20)
    assert isinstance(submit(store, BO, typed(ITEM, 0, "meanwhile")), Ack)
    tables.create("newer", DATA, ANN)
    assert [info.name for info in tables.infos(ANN)] == ["newer", "sales"]
    go_on.set()
    thread.join(20)
    assert tables.info("new", ANN).rows == 4


def test_of_two_who_take_a_name_at_once_one_gets_it(tables: Tables, store: Store) -> None:
    def batches() -> Iterator[pa.RecordBatch]:
        yield from DATA.to_batches()
        tables.create("new", pa.table({"x": [1]}), BO)

    reader = pa.RecordBatchReader.from_batches(DATA.schema, batches())
    assert refusal(tables.create, "new", reader, ANN).message == "There is a shared table 'new' already."
    assert tables.info("new", ANN).owner == BO
    assert live_tables(store) == {"t1", "t3"}


def test_what_a_crash_left_of_a_load_is_swept_up(tmp_path: Path) -> None:
    path = tmp_path / "store.duckdb"
    with open_store(path) as store:
        make(store)
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE TABLE t2 (_rid BIGINT)")
        connection.execute("UPDATE _meta SET value = '2' WHERE key = 'last'")
        connection.execute("CREATE TABLE other (x BIGINT)")
    with open_store(path) as store:
        assert live_tables(store) == {"t1"}
    with duckdb.connect(str(path)) as connection:
        assert connection.execute("SELECT count(*) FROM other").fetchall() == [(0,)]


def test_an_empty_table_can_be_shared(tables: Tables) -> None:
    assert tables.create("empty", DATA.slice(0, 0), ANN).rows == 0
    assert tables.create("no columns", pa.table({}), ANN).columns == 0
    assert isinstance(tables.submit("empty", ANN, ops.InsertRows(count=2)), Ack)


def test_whoever_listens_hears_of_every_change_of_a_table(tables: Tables, store: Store) -> None:
    heard: list[str] = []
    store.on_tables.append(heard.append)
    tables.create("a", DATA, ANN)
    tables.set_rights("a", ANN, Rights(everyone="viewer"))
    tables.rename("a", "b", ANN)
    tables.replace("b", DATA, ANN)
    refusal(tables.rename, "b", "sales", ANN)
    tables.drop("b", ANN)
    assert heard == ["a", "a", "a", "b", "b", "b"]


def test_a_listener_that_fails_does_not_stop_the_store(tables: Tables, store: Store) -> None:
    heard: list[str] = []
    store.on_tables += [lambda name: heard.remove(name), heard.append]
    tables.create("a", DATA, ANN)
    assert heard == ["a"]
    assert isinstance(submit(store, BO, typed(ITEM, 0, "x")), Ack)


def test_what_changed_is_not_told_from_a_time_of_other_rights(tables: Tables) -> None:
    store = tables.store
    for text in ("11", "12"):
        assert isinstance(submit(store, ANN, typed(QTY, 0, text)), Ack)
    rights = tables.rights("sales", ANN)
    hidden = ColumnRights(read=["ann"], write=["ann"])
    narrow = Rights(everyone=rights.everyone, people=rights.people, columns={**rights.columns, QTY: hidden})
    tables.set_rights("sales", ANN, narrow)
    submit(store, ANN, typed(QTY, 0, "777"))
    submit(store, ANN, typed(ITEM, 0, "seen"))
    assert refusal(tables.changes, "sales", BO, 0).code == "TOO_FAR"
    assert refusal(tables.changes, "sales", BO, 1).code == "TOO_FAR"
    assert set(tables.changes("sales", ANN, 0).cells) == {ITEM, QTY}
    met = tables.changes("sales", BO, 2)
    columns = {column.id for column in tables.schema("sales", BO)[1].columns}
    assert QTY not in columns
    assert (met.rev, met.schema, met.reread, met.cells) == (4, True, columns, {})
    assert set(tables.changes("sales", BO, 3).cells) == {ITEM}
    tables.set_rights("sales", ANN, rights)
    assert refusal(tables.changes, "sales", BO, 3).code == "TOO_FAR"
    assert tables.changes("sales", BO, 4).rev == 4
    submit(store, ANN, typed(ITEM, 1, "more"))
    assert QTY in tables.changes("sales", BO, 4).reread
    assert set(tables.changes("sales", BO, 5).cells) == set()
