"""The journal: what was answered is in the file at once and in the tables later, and nobody can tell."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from core.store.people import ANN, BO, Client, open_store, rows, shown, typed
from core.store.replay import Replayed
from tabweave_core.engine import draft, migrations
from tabweave_core.engine import writer as writers
from tabweave_core.engine.catalog import Table
from tabweave_core.engine.store import Store
from tabweave_core.errors import Unavailable
from tabweave_core.protocol.ops import AddColumn, Condition, DeleteRows, InsertRows, Op, Redo, SetCells, Undo
from tabweave_core.protocol.schema import RangeFilter, Sort, View

START = pa.table({"item": ["pen", "ink", "pad", None], "qty": pa.array([1, 2, None, 4], pa.int64())})
TEXTS = {0: dict(enumerate(("pen", "ink", "pad", None))), 1: dict(enumerate(("1", "2", None, "4")))}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store.duckdb"


@pytest.fixture
def sales(path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """A store that settles nothing unless it must."""
    monkeypatch.setattr(writers, "IDLE", 600)
    monkeypatch.setattr(writers, "MOST_UNSETTLED", 10**9)
    with open_store(path) as store:
        store.create_table("sales", START, ANN)
        yield store


def unsettled(store: Store) -> int:
    return len(store._writer._open.journal)


READERS: dict[str, Callable[[Store], Any]] = {
    "window": lambda store: shown(store, 1)[0] == (0, 77) and store.window("sales", View(), 0, 9, [1])[0] == 1,
    "sort": lambda store: shown(store, 1, view=View(sort=[Sort(column=1, descending=True)]))[0] == (0, 77),
    "filter": lambda store: store.look("sales", View(filter=[RangeFilter(column=1, lo=70)])).rows == 1,
    "read": lambda store: store.read("sales", _sum) == 83,
    "reading": lambda store: _in_a_reading(store) == 83,
    "table": lambda store: store.table("sales").head == 1,
    "tables": lambda store: [table.head for table in store.tables()] == [1],
    "changes": lambda store: store.changes("sales", 0).cells[1].to_pydict() == {"_rid": [0], "1": [77]},
    "history": lambda store: store.history("sales", rid=0, column=1)[0].cell == [1, 77],
    "undoable": lambda store: store.undoable("sales", ANN.id).undo == 1,
    "last_seq": lambda store: store.last_seq("client of ann") == 1,
}


def _sum(cursor: duckdb.DuckDBPyConnection, table: Table) -> int:
    return int(cursor.execute(f"SELECT sum(c1) FROM {table.live}").fetchall()[0][0])


def _in_a_reading(store: Store) -> int:
    with store.reading("sales") as (cursor, table):
        return _sum(cursor, table)


@pytest.mark.parametrize("reader", READERS)
def test_whoever_reads_sees_what_was_answered(reader: str, sales: Store) -> None:
    Client(sales, ANN).put(1, 0, "77")
    assert unsettled(sales)
    assert READERS[reader](sales)
    assert not unsettled(sales)


@pytest.mark.parametrize("reader", READERS)
def test_a_reader_sees_it_also_when_the_tables_cannot_be_written(
    reader: str, sales: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    commit = writers.Writer._commit

    def fail(self: writers.Writer) -> None:
        if self._open.journal.direct:
            raise duckdb.IOException("the disk is full")
        commit(self)

    Client(sales, ANN).put(1, 0, "77")
    monkeypatch.setattr(writers.Writer, "_commit", fail)
    assert READERS[reader](sales)
    assert unsettled(sales)
    assert "the disk is full" in caplog.text
    monkeypatch.setattr(writers.Writer, "_commit", commit)
    assert READERS[reader](sales)
    assert not unsettled(sales)


def test_a_store_whose_file_cannot_be_opened_again_leaves_nobody_waiting(
    sales: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise duckdb.IOException("the disk is gone")

    ann = Client(sales, ANN)
    ann.put(1, 0, "77")
    monkeypatch.setattr(writers.Writer, "_commit", fail)
    monkeypatch.setattr(writers.Writer, "_recover", fail)
    for _ in range(2):
        with pytest.raises(Unavailable, match="The store is closed"):
            ann.put(1, 0, "78")
    assert "the disk is gone" in caplog.text


def test_no_other_part_of_the_store_hands_out_what_can_read() -> None:
    """Readings go through `Snapshots.reading`; who writes has the writer's connection."""
    engine = Path(writers.__file__).parent
    found = {each.name for each in engine.rglob("*.py") if ".connection.cursor()" in each.read_text()}
    assert found == {"snapshots.py", "writer.py"}
    assert (engine / "store.py").read_text().count("_snapshots.cursor()") == 1, "that of a new table's rows"


def test_what_a_killed_process_had_answered_is_in_the_tables_when_they_are_opened_again(sales: Store, path: Path) -> None:
    ann, bo = Client(sales, ANN), Client(sales, BO)
    answers = [ann.put(1, 0, "5"), bo.put(1, 0, "6"), bo.put(0, 3, "cup"), ann.put(1, 0, "7")]
    refusal = ann.do(typed(1, 2, "x"))
    after = _left_by_a_crash(path)
    with duckdb.connect(str(after)) as raw:
        assert raw.execute("SELECT count(*) FROM _log").fetchall() == [(0,)]
        assert raw.execute("SELECT count(*) FROM _journal").fetchall() == [(5,)]
    with open_store(after) as store:
        assert unsettled(store)
        ann.store = bo.store = store
        ann.seq = bo.seq = 0
        assert [ann.put(1, 0, "5"), bo.put(1, 0, "6"), bo.put(0, 3, "cup"), ann.put(1, 0, "7")] == answers
        assert ann.do(typed(1, 2, "x")) == refusal
        assert bo.put(1, 0, "8").rev == 5
        assert shown(store, 0, 1) == [(0, "pen", 8), (1, "ink", 2), (2, "pad", None), (3, "cup", 4)]
    replayed = Replayed(after, 1, TEXTS, [0, 1, 2, 3], [0, 1])
    replayed.check()
    with duckdb.connect(str(after), read_only=True) as raw:
        assert raw.execute("SELECT count(*) FROM _journal").fetchall() == [(0,)]


def test_what_a_column_takes_its_table_can_hold(sales: Store) -> None:
    """Else an edit that was answered could not be settled, and nobody could read any more."""
    sales.create_table("ends", pa.table({"at": pa.array([0], pa.timestamp("ns"))}), ANN)
    ann = Client(sales, ANN, "ends")
    for end in ("2262-04-11 23:47:16.854775807", "1677-09-21 00:12:43.145224193"):
        assert ann.refused(typed(0, 0, end)).code == "RANGE"
    for end in ("1677-09-21 00:12:43.145224194", "2262-04-11 23:47:16.854775806"):
        ann.put(0, 0, end)
        assert str(shown(sales, 0, table="ends")[0][1]) == end


def test_a_number_of_single_precision_is_found_as_it_was_seen(sales: Store) -> None:
    sales.create_table("parts", pa.table({"part": pa.array([0.1, 0.2], pa.float32())}), ANN)
    ann = Client(sales, ANN, "parts")
    seen = shown(sales, 0, table="parts")[0][1]
    assert ann.ok(typed(0, 0, 5.5), Condition(value=[[seen]])).n_cells == 1
    assert ann.ok(typed(0, 1, "0.2")).status == "noop"


@pytest.mark.parametrize("rid", [2**63, -(2**63) - 1])
def test_a_row_that_no_number_of_rows_reaches_is_not_there(sales: Store, rid: int) -> None:
    ann = Client(sales, ANN)
    for _ in range(2):
        assert ann.refused(typed(1, rid, "5")).code == "NO_ROW"
        assert ann.refused(DeleteRows(rows=rows(rid))).code == "NO_ROW"
        ann.do(DeleteRows(rows=rows(1)))


def test_what_changes_rows_columns_or_the_table_finds_the_edits_before_it_in_place(sales: Store) -> None:
    ann = Client(sales, ANN)
    for op in (DeleteRows(rows=rows(0)), AddColumn(name="x", dtype="int64"), Undo()):
        ann.put(1, 1, str(100 + ann.seq))
        assert unsettled(sales)
        ann.ok(op)
        assert not unsettled(sales)
    assert shown(sales, 1)[0] == (1, 102)
    ann.put(1, 1, "200")
    sales.rename("sales", "sold")
    assert shown(sales, 1, table="sold")[0] == (1, 200)
    ann.table = "sold"
    ann.put(1, 1, "201")
    sales.drop("sold")
    sales.create_table("sales", START, ANN)
    assert shown(sales, 1)[1] == (1, 2)
    assert sales.last_seq(ann.id) == ann.seq


def test_cells_of_large_tables_are_written_unread_and_logged_as_if_they_had_been_read(
    sales: Store, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(draft, "_MANY_ROWS", 0)
    chance, people = random.Random(3), [Client(sales, ANN), Client(sales, BO)]
    for turn in range(120):
        who, op = chance.choice(people), chosen(chance)
        who.do(op)
        if turn % 30 == 29:
            shown(sales, 0, 1)
    sales.close()
    Replayed(path, 1, TEXTS, [0, 1, 2, 3], [0, 1]).check()


def chosen(chance: random.Random) -> Op:
    value = [chance.choice([None, "1", "2", "3"])]
    block = typed(1, chance.randrange(4), value[0]).blocks[0]
    return chance.choice([SetCells(blocks=[block]), SetCells(blocks=[block]), SetCells(blocks=[block]), Undo(), Redo()])


def test_a_change_that_was_none_is_passed_over_by_history_and_undo(sales: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(draft, "_MANY_ROWS", 0)
    ann = Client(sales, ANN)
    ann.put(1, 0, "5")
    assert not sales.history("sales")[1:]
    assert ann.put(1, 1, "2").rev == 2
    assert [change.rev for change in sales.history("sales")] == [1]
    assert sales.undoable("sales", ANN.id).undo == 1
    assert ann.ok(Undo()).n_cells == 1
    assert shown(sales, 1)[0] == (0, 1)


def test_a_store_of_the_version_without_a_journal_is_opened(path: Path) -> None:
    with open_store(path) as store:
        store.create_table("sales", START, ANN)
        Client(store, ANN).put(1, 0, "5")
    without = next(number for number, step in enumerate(migrations.STEPS) if "_journal" in step[0])
    with duckdb.connect(str(path)) as raw:
        raw.execute("DROP TABLE _journal")
        raw.execute("UPDATE _meta SET value = ? WHERE key = 'version'", [str(without)])
    with open_store(path) as store:
        assert shown(store, 1)[0] == (0, 5)
        assert Client(store, BO).put(1, 0, "6").rev == 2


def test_memory_does_not_grow_while_nobody_rests(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("IDLE", 600), ("MOST_UNSETTLED", 40), ("MOST_IN_LOG", 50_000)):
        monkeypatch.setattr(writers, name, value)
    with open_store(path) as store:
        store.create_table("sales", START, ANN)
        ann, largest = Client(store, ANN), 0
        for number in range(600):
            ann.put(1, 0, str(number + 10))
            largest = max(largest, store._file.wal_bytes())
        assert unsettled(store) <= 60
        assert largest < 150_000


@pytest.mark.parametrize("restarts", [False, True])
def test_what_is_typed_into_an_empty_cell_after_a_column_and_a_row_came_outlives_a_crash(path: Path, restarts: bool) -> None:
    with open_store(path) as store:
        store.create_table("sales", START, ANN)
    with open_store(path) as store:
        ann = Client(store, ANN)
        ann.ok(AddColumn(name="note", dtype="string"))
        if not restarts:
            ann.ok(InsertRows(count=1))
            ann.ok(typed(0, 3, "cap"))
            assert shown(store, 0)[3] == (3, "cap")
        after = _left_by_a_crash(path)
    if restarts:
        with open_store(after) as store:
            ann.store = store
            ann.ok(InsertRows(count=1))
            ann.ok(typed(0, 3, "cap"))
            assert shown(store, 0)[3] == (3, "cap")
            after = _left_by_a_crash(after)
    with open_store(after) as store:
        assert shown(store, 0)[3] == (3, "cap")


def _left_by_a_crash(path: Path) -> Path:
    after = path.with_name(f"after-{path.name}")
    for suffix in ("", ".wal"):
        shutil.copy(f"{path}{suffix}", f"{after}{suffix}")
    return after
