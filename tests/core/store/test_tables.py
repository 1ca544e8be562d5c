"""Stores and their tables: one process at a time, values kept exactly, nothing left behind."""

from __future__ import annotations

import datetime as dt
import os
import struct
import subprocess
import sys
import threading
from decimal import Decimal
from pathlib import Path

import duckdb
import hypothesis.strategies as st
import pyarrow as pa
import pytest
from core.store.people import ANN, BO, Client, open_store, shown, typed
from hypothesis import given, settings
from tabweave_core.engine import connection, dtypes, migrations
from tabweave_core.engine.store import Store
from tabweave_core.errors import BadValue, NotFound, Refused, Unavailable
from tabweave_core.protocol.ops import DeleteRows, Rows, Undo
from tabweave_core.protocol.schema import View

VALUES: dict[pa.DataType, st.SearchStrategy[object]] = {
    pa.int8(): st.integers(-128, 127),
    pa.int64(): st.integers(-(2**63), 2**63 - 1),
    pa.uint64(): st.integers(0, 2**64 - 1),
    pa.float32(): st.floats(width=32, allow_nan=False),
    pa.float64(): st.floats(allow_nan=False),
    pa.decimal128(38, 10): st.decimals(-(10**27), 10**27, places=10),
    pa.bool_(): st.booleans(),
    pa.string(): st.text(st.characters(exclude_categories=["Cs"])),
    pa.binary(): st.binary(),
    pa.date32(): st.dates(),
    pa.time32("ms"): st.integers(0, 86_399_999),
    pa.time64("ns"): st.integers(0, 86_399_999_999_999),
    pa.timestamp("s"): st.integers(-62_135_596_800, 253_402_300_799),
    pa.timestamp("us", "America/New_York"): st.integers(-62_135_596_800_000_000, 253_402_300_799_999_999),
    pa.timestamp("ns"): st.integers(-(2**63) + 1, 2**63 - 1),
    pa.duration("ns"): st.integers(-(2**63) + 1, 2**63 - 1),
}


def column(kind: pa.DataType, values: list[object]) -> pa.Array:
    whole = pa.types.is_time(kind) or pa.types.is_timestamp(kind) or pa.types.is_duration(kind)
    if not whole:
        return pa.array(values, kind)
    return pa.array(values, pa.int32() if pa.types.is_time32(kind) else pa.int64()).view(kind)


@pytest.mark.parametrize("kind", VALUES, ids=str)
def test_values_cross_exactly_and_come_back_from_the_log_exactly(kind: pa.DataType) -> None:
    @settings(max_examples=4, deadline=None)
    @given(st.lists(st.one_of(st.none(), VALUES[kind]), min_size=1, max_size=40))
    def check(values: list[object]) -> None:
        data = column(kind, values)
        with open_store(None) as store:
            store.create_table("sales", pa.table({"x": data}), ANN)
            assert store.window("sales", View(), 0, 100, [0])[1].column("0").combine_chunks().equals(data)
            ann = Client(store, ANN)
            ann.ok(DeleteRows(rows=Rows(ids=list(range(len(values))))))
            ann.ok(Undo())
            back = store.window("sales", View(), 0, 100, [0])[1].column("0").combine_chunks()
            assert back.equals(data)
            if pa.types.is_floating(kind):
                bits = pa.int32() if kind == pa.float32() else pa.int64()
                assert back.fill_null(0).view(bits).equals(data.fill_null(0).view(bits))

    check()


@pytest.mark.parametrize("special", [float("nan"), float("inf"), -0.0, 5e-324, 1.7976931348623157e308])
def test_special_floats_keep_their_bits(store: Store, special: float) -> None:
    store.create_table("sales", pa.table({"x": [special, None]}), ANN)
    ann = Client(store, ANN)
    ann.ok(DeleteRows(rows=Rows(ids=[0, 1])))
    ann.ok(Undo())
    (_, value), (_, missing) = shown(store, 0)
    assert isinstance(value, float)
    assert struct.pack("d", value) == struct.pack("d", special)
    assert missing is None


def test_the_schema_describes_each_column(store: Store) -> None:
    data = pa.table(
        {
            "i": pa.array([1], pa.int16()),
            "d": [Decimal("1.20")],
            "t": pa.array([dt.datetime(2026, 1, 1, tzinfo=dt.UTC)], pa.timestamp("ms", "Europe/Berlin")),
            "c": pa.array(["b", "a"], pa.string()).dictionary_encode().take(pa.array([0])),
        }
    )
    schema = store.create_table("sales", data, ANN).schema()
    i, d, t, c = schema.columns
    assert (i.kind, i.dtype, i.lo, i.hi) == ("integer", "int16", "-32768", "32767")
    assert (d.kind, d.dtype, d.scale, d.hi) == ("decimal", "decimal128(3, 2)", 2, "9.99")
    assert (t.kind, t.unit, t.zone) == ("timestamp", "ms", "Europe/Berlin")
    assert (c.kind, c.categories) == ("category", ["b", "a"])
    assert {choice.name for choice in schema.dtypes} == {dtypes.parse(choice.name).name for choice in schema.dtypes}


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (pa.table({"x": [[1, 2]]}), r"'x' \(list<item: int64>\) cannot be shared"),
        (pa.table({"x": pa.array([1], pa.float16())}), "float32"),
        (pa.table({"x": pa.array([2**40], pa.timestamp("s"))}), "years 1 to 9999"),
        (pa.table([[1], [2]], names=["x", "x"]), "Two columns are called 'x'"),
    ],
)
def test_what_cannot_be_shared_is_refused_with_the_column(store: Store, data: pa.Table, reason: str) -> None:
    with pytest.raises((BadValue, Refused), match=reason):
        store.create_table("sales", data, ANN)
    assert store.tables() == []


@pytest.mark.parametrize("name", ["", " ", "a/b", "x" * 201])
def test_a_name_that_cannot_be_used_is_refused(store: Store, name: str) -> None:
    with pytest.raises(Refused, match="cannot name a table"):
        store.create_table(name, pa.table({"x": [1]}), ANN)


def test_tables_are_listed_and_a_taken_name_is_refused(sales: Store) -> None:
    sales.create_table("a table", pa.table({"x": [1]}), BO)
    assert [(table.name, table.owner) for table in sales.tables()] == [("a table", BO), ("sales", ANN)]
    with pytest.raises(Refused, match="already"):
        sales.create_table("sales", pa.table({"x": [1]}), BO)


def test_an_unknown_table_is_refused_with_the_nearest_name(sales: Store) -> None:
    with pytest.raises(NotFound, match="Did you mean 'sales'"):
        sales.table("sale")
    nack = Client(sales, ANN, "sale").do(typed(0, 0, "x"))
    assert getattr(nack, "code", "") == "NO_TABLE"


def test_a_table_made_again_under_a_dropped_name_begins_a_new_epoch(sales: Store) -> None:
    first = sales.table("sales")
    Client(sales, ANN).put(1, 0, "5")
    sales.drop("sales")
    with pytest.raises(NotFound):
        sales.window("sales", View(), 0, 1, [0])
    again = sales.create_table("sales", pa.table({"x": [1]}), ANN)
    assert (again.id != first.id, again.epoch != first.epoch, again.head) == (True, True, 0)
    assert sales.history("sales") == []


def test_everything_is_there_after_closing_and_opening(tmp_path: Path) -> None:
    path = tmp_path / "a.duckdb"
    with open_store(path) as store:
        store.create_table("sales", pa.table({"x": [1, 2]}), ANN)
        Client(store, ANN).put(0, 1, "5")
        before = store.table("sales")
    with open_store(path) as store:
        after = store.table("sales")
        assert (after.epoch, after.head, after.columns, shown(store, 0)) == (before.epoch, 1, before.columns, [(0, 1), (1, 5)])


def test_closing_twice_is_closing_once_and_a_closed_store_says_so(tmp_path: Path) -> None:
    before = set(threading.enumerate())
    store = open_store(tmp_path / "a.duckdb")
    store.close()
    store.close()
    assert set(threading.enumerate()) <= before
    for use in (store.tables, lambda: Client(store, ANN).do(typed(0, 0, "x"))):
        with pytest.raises(Unavailable, match="closed"):
            use()


def test_closing_answers_what_is_queued(tmp_path: Path) -> None:
    store = open_store(tmp_path / "a.duckdb")
    store.create_table("sales", pa.table({"x": [0]}), ANN)
    futures = [store.submit("sales", typed(0, 0, str(n)), user=ANN, client="c", seq=n) for n in range(1, 200)]
    store.close()
    assert [future.result(0).rev for future in futures] == list(range(1, 200))  # type: ignore[union-attr]


def test_no_file_stays_open_after_closing(tmp_path: Path) -> None:
    fds = Path("/proc/self/fd")
    if not fds.exists():
        pytest.skip("this system does not list open files")
    with open_store(tmp_path / "a.duckdb") as store:
        store.create_table("sales", pa.table({"x": [0]}), ANN)
        shown(store, 0)
    assert not [target for fd in fds.iterdir() if fd.is_symlink() and str(tmp_path) in (target := os.readlink(fd))]


def test_another_process_is_told_who_has_the_store(tmp_path: Path) -> None:
    path = tmp_path / "a.duckdb"
    code = f"""
from tabweave_core.engine.store import Store
try:
    Store.open({str(path)!r}, clock=lambda: 0.0, draw=lambda: "x")
except Exception as error:
    print(type(error).__name__, error.code, error.message)
"""
    with open_store(path):
        out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True).stdout
    assert out.startswith("Unavailable OFFLINE")
    assert f"in use by process {os.getpid()} " in out


def test_the_same_process_cannot_open_a_store_twice(tmp_path: Path) -> None:
    with open_store(tmp_path / "a.duckdb"), pytest.raises(Unavailable, match="already open in this process"):
        open_store(tmp_path / "a.duckdb")
    open_store(tmp_path / "a.duckdb").close()


def test_a_place_that_cannot_be_opened_is_told(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="cannot be opened"):
        open_store(tmp_path / "nowhere" / "a.duckdb")


def test_a_file_of_a_later_version_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.duckdb"
    open_store(path).close()
    with duckdb.connect(str(path)) as found:
        found.execute("UPDATE _meta SET value = '99' WHERE key = 'version'")
    with pytest.raises(Unavailable, match="later version"):
        open_store(path)


def test_a_file_of_an_earlier_version_is_brought_up_to_date(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.duckdb"
    with open_store(path) as store:
        store.create_table("sales", pa.table({"x": [1]}), ANN)
    monkeypatch.setattr(migrations, "STEPS", [*migrations.STEPS, ("CREATE TABLE _later (x INTEGER)",)])
    with open_store(path) as store:
        assert shown(store, 0) == [(0, 1)]
    with duckdb.connect(str(path), read_only=True) as found:
        assert found.execute("SELECT value FROM _meta WHERE key = 'version'").fetchall() == [(str(len(migrations.STEPS)),)]
        assert found.execute("SELECT count(*) FROM _later").fetchall() == [(0,)]


def test_a_migration_that_fails_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.duckdb"
    open_store(path).close()
    monkeypatch.setattr(migrations, "STEPS", [*migrations.STEPS, ("CREATE TABLE _later (x INTEGER)", "SELECT nonsense")])
    with pytest.raises(duckdb.Error):
        open_store(path)
    monkeypatch.undo()
    with open_store(path) as store:
        assert store.tables() == []


def test_no_table_of_a_store_has_an_index_or_a_key(tmp_path: Path) -> None:
    path = tmp_path / "a.duckdb"
    with open_store(path) as store:
        store.create_table("sales", pa.table({"x": [1]}), ANN)
    with duckdb.connect(str(path), read_only=True) as found:
        assert found.execute("SELECT count(*) FROM duckdb_indexes()").fetchall() == [(0,)]
        kinds = found.execute("SELECT DISTINCT constraint_type FROM duckdb_constraints()").fetchall()
        assert kinds == [("NOT NULL",)]


def test_a_store_can_reach_no_other_file(tmp_path: Path) -> None:
    file = connection.Fenced(tmp_path / "a.duckdb")
    (tmp_path / "b.csv").write_text("x\n1\n")
    with pytest.raises(duckdb.PermissionException):
        file.connection.execute(f"SELECT * FROM '{tmp_path / 'b.csv'}'")
    with pytest.raises(duckdb.InvalidInputException):
        file.connection.execute("SET enable_external_access = true")
    file.close()
