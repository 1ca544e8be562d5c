"""Edits of a shared table as code: run on the table as it was shared, it gives the table as it is."""

from __future__ import annotations

import datetime as dt
import random
from decimal import Decimal
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa
import pytest
from core.rooms.rights_people import COST, ITEM, NOTE, QTY, make, submit, typed
from core.store.people import ANN, BO
from tabweave.frames import text
from tabweave_core.engine.store import Store
from tabweave_core.errors import Refused
from tabweave_core.protocol import messages as m
from tabweave_core.protocol import ops
from tabweave_core.protocol.messages import Ack
from tabweave_core.protocol.ops import Op
from tabweave_core.protocol.schema import Person
from tabweave_core.rooms import answers, script

MOMENT = dt.datetime(2026, 1, 31, 10, 30, 0, 500_000)
ORIGINAL = pa.table(
    {
        "whole": pa.array([1, None, 3, -4], pa.int64()),
        "float": pa.array([0.1, None, float("inf"), -2.5]),
        "decimal": pa.array([Decimal("1.20"), None, Decimal("-0.05"), Decimal("7.00")], pa.decimal128(9, 2)),
        "flag": pa.array([True, None, False, True]),
        "text": pa.array(["it's", None, "", 'b "c"']),
        "choice": pa.array(["u", None, "v", "u"]).dictionary_encode(),
        "day": pa.array([dt.date(2024, 2, 29), None, dt.date(1969, 12, 31), dt.date(2026, 1, 1)]),
        "clock": pa.array([dt.time(14, 5), None, dt.time(0, 0, 1), dt.time(23, 59, 59, 5)], pa.time64("us")),
        "moment": pa.array([MOMENT, None, MOMENT, MOMENT], pa.timestamp("us")),
        "zoned": pa.array([MOMENT.replace(tzinfo=dt.UTC), None, None, None], pa.timestamp("us", "Europe/Berlin")),
        "span": pa.array([dt.timedelta(hours=-5), None, dt.timedelta(0), dt.timedelta(days=3)], pa.duration("us")),
    }
)


def code(store: Store, language: Any, user: Person = ANN) -> str:
    (found,) = answers.answer(store, "sales", user, "ch", None, m.AskCode(ch="ch", id=1, language=language))
    assert isinstance(found, m.Code)
    return found.text


def run_pandas(source: str, original: pa.Table) -> pd.DataFrame:
    df = original.to_pandas(types_mapper=lambda kind: None if pa.types.is_dictionary(kind) else pd.ArrowDtype(kind))
    space: dict[str, Any] = {"sales": df}
    exec(source, space)
    found: pd.DataFrame = space["sales"]
    return found


def texts_of_frame(df: pd.DataFrame) -> dict[str, list[str | None]]:
    found = {}
    for name in df.columns:
        shown = text.texts(df[name]._values)
        found[name] = (shown.dictionary_decode() if pa.types.is_dictionary(shown.type) else shown).to_pylist()
    return found


def run_sql(source: str, original: pa.Table) -> dict[str, list[Any]]:
    plain = [column.cast(pa.string()) if pa.types.is_dictionary(column.type) else column for column in original.columns]
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.register("original", pa.table(plain, names=original.column_names))
        connection.execute("CREATE TABLE sales AS SELECT CAST(row_number() OVER () - 1 AS DOUBLE) AS _row, * FROM original")
        connection.execute(source)
        connection.execute("CREATE TABLE sorted AS SELECT * EXCLUDE _row FROM sales ORDER BY _row")
        return connection.sql("SELECT * FROM sorted").to_arrow_table().to_pydict()


def check(store: Store, original: pa.Table) -> None:
    """The code in both languages gives what the table has."""
    table = store.table("sales")
    cids = [column.id for column in table.columns]
    _, window = store.window("sales", _view(), 0, 10**6, cids)
    mine = window.drop_columns(["_rid"]).rename_columns([column.name for column in table.columns])
    wanted = texts_of_frame(mine.to_pandas(types_mapper=pd.ArrowDtype))
    found = run_pandas(code(store, "pandas"), original)
    assert list(found.columns) == mine.column_names
    assert texts_of_frame(found) == wanted
    by_sql = run_sql(code(store, "sql"), original)
    assert sorted(by_sql) == sorted(mine.column_names)
    for name in mine.column_names:
        cells = mine.column(name)
        if pa.types.is_duration(cells.type):
            microseconds = cells.cast(pa.int64()).to_pylist()
            assert [_microseconds(cell) for cell in by_sql[name]] == microseconds, name
        else:
            shown = cells.cast(pa.string()) if pa.types.is_dictionary(cells.type) else cells
            assert [_plain(cell) for cell in by_sql[name]] == [_plain(cell) for cell in shown.to_pylist()], name


def _view() -> Any:
    from tabweave_core.protocol.schema import View

    return View()


def _microseconds(cell: Any) -> int | None:
    return None if cell is None else (cell.days * 86_400_000_000 + cell.nanoseconds // 1000)


def _plain(cell: Any) -> Any:
    return repr(cell.astimezone(dt.UTC) if isinstance(cell, dt.datetime) and cell.tzinfo else cell)


def do(store: Store, op: Op, user: Person = ANN) -> None:
    answer = submit(store, user, op)
    assert isinstance(answer, Ack), answer


@pytest.fixture
def shared(store: Store) -> Store:
    store.create_table("sales", ORIGINAL, ANN)
    return store


def test_a_table_without_edits_has_no_statements(shared: Store) -> None:
    for language, mark in (("pandas", "# "), ("sql", "-- ")):
        lines = code(shared, language).splitlines()
        assert all(line.startswith(mark) for line in lines)
        assert lines[-1] == f"{mark}No edits were made."


@pytest.mark.parametrize("column", range(ORIGINAL.num_columns))
def test_code_sets_cells_of_every_type(shared: Store, column: int) -> None:
    do(shared, ops.Fill(columns=[column], start=0, stop=1, target_start=1, target_stop=2))
    do(shared, ops.SetCells(blocks=[ops.Block(columns=[column], rows=[3, 2], values=[[None]])]))
    do(shared, ops.InsertRows(before=1, copy_of=ops.Rows(ids=[0, 1])))
    do(shared, ops.RetypeColumn(column=column, dtype="string"))
    check(shared, ORIGINAL)


def draw_op(chance: random.Random, store: Store) -> Op:
    table = store.table("sales")
    rids = table.rows.ids(slice(None)).tolist() or [0]
    cids = [column.id for column in table.columns]
    cid, rid = chance.choice(cids), chance.choice(rids)
    made: list[Op] = [
        ops.Fill(columns=[cid], start=0, stop=1, target_start=len(rids) - 1, target_stop=len(rids)),
        ops.SetCells(blocks=[ops.Block(columns=cids[:2], rows=[rid], values=[[None]] * len(cids[:2]))]),
        typed(ORIGINAL.column_names.index("text"), rid, f"line\n{chance.random()}"),
        ops.InsertRows(count=chance.randint(1, 3), before=chance.choice([None, rid])),
        ops.InsertRows(copy_of=ops.Rows(ids=[rid, rids[0]]), before=chance.choice([None, rid])),
        ops.DeleteRows(rows=ops.Rows(ids=chance.sample(rids, min(2, len(rids) - 1)))),
        ops.AddColumn(name=f"new {chance.random()}", dtype=chance.choice(["int64", "string", "category"]), at=0),
        ops.DropColumns(columns=chance.sample(cids, 1)),
        ops.RenameColumn(column=cid, name=f"named {chance.random()}"),
        ops.MoveColumn(column=cid, to=chance.randrange(len(cids))),
        ops.RetypeColumn(column=cid, dtype=chance.choice(["string", "int64", "category"]), on_error="missing"),
        ops.Undo(),
        ops.Undo(),
        ops.Redo(),
    ]
    return chance.choice(made)


@pytest.mark.parametrize("seed", range(12))
def test_the_code_of_any_edits_gives_the_table(shared: Store, seed: int) -> None:
    chance = random.Random(seed)
    done = 0
    for _ in range(40):
        done += isinstance(submit(shared, chance.choice([ANN, BO]), draw_op(chance, shared)), Ack)
    assert done > 10
    check(shared, ORIGINAL)


def test_undone_edits_are_left_out(shared: Store) -> None:
    do(shared, typed(4, 0, "gone"))
    do(shared, typed(4, 1, "stays"), BO)
    do(shared, ops.Undo())
    for language in ("pandas", "sql"):
        assert "gone" not in code(shared, language)
        assert "stays" in code(shared, language)
    check(shared, ORIGINAL)


def test_code_leaves_hidden_columns_out_and_still_fits_what_is_seen(store: Store) -> None:
    make(store)
    original = store.window("sales", _view(), 0, 3, [ITEM, QTY, NOTE])[1].drop_columns(["_rid"])
    for op in (
        ops.MoveColumn(column=COST, to=0),
        ops.SetCells(blocks=[ops.Block(columns=[ITEM, COST], rows=[0], values=[["x"], ["77"]])]),
        ops.MoveColumn(column=NOTE, to=1),
        ops.AddColumn(name="more", dtype="int64", at=3),
        ops.InsertRows(copy_of=ops.Rows(ids=[1])),
        ops.DropColumns(columns=[COST, QTY]),
        ops.RenameColumn(column=NOTE, name="remark"),
    ):
        do(store, op)
    found = run_pandas(code(store, "pandas", BO), original.rename_columns(["item", "qty", "note"]))
    assert list(found.columns) == ["remark", "item", "more"]
    assert texts_of_frame(found) == {
        "remark": ["a", "b", "c", "b"],
        "item": ["x", "ink", "pad", "ink"],
        "more": [None] * 4,
    }
    for language in ("pandas", "sql"):
        assert "77" not in code(store, language, BO)
        assert "cost" not in code(store, language, BO)


def test_too_many_edits_are_not_told(shared: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(script, "MOST_CELLS", 3)
    do(shared, ops.SetCells(blocks=[ops.Block(columns=[0], rows=[0, 1, 2, 3], values=[["5"]])]))
    with pytest.raises(Refused, match="changed 4 cells; 3 can be told"):
        code(shared, "sql")


def test_sql_refuses_names_that_it_cannot_tell_apart(store: Store) -> None:
    store.create_table("sales", pa.table({"a": [1], "A": [2]}), ANN)
    with pytest.raises(Refused) as caught:
        code(store, "sql")
    assert caught.value.code == "CONFLICT"
    assert "No edits" in code(store, "pandas")


def test_comments_stay_on_their_line(shared: Store) -> None:
    do(shared, ops.RenameColumn(column=4, name="a\nimport os; os.abort()"))
    assert "\nimport os" not in code(shared, "pandas")
    check(shared, ORIGINAL)
