"""Quick ways of reading and writing many cells do what the plain way does, refusals, history and undo included."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pyarrow as pa
import pytest
from core.store.people import ANN, BO, open_store
from tabweave_core.engine import edits, live, staging, undoing
from tabweave_core.engine.store import Store
from tabweave_core.protocol.messages import Ack
from tabweave_core.protocol.ops import Block, DeleteRows, InsertRows, Op, Redo, Rows, SetCells, Undo
from tabweave_core.protocol.schema import View

SIZE = 40
DATA = pa.table(
    {"n": pa.array(range(SIZE), pa.int64()), "x": [row / 7 for row in range(SIZE)], "s": [f"t{row}" for row in range(SIZE)]}
)


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[list[Store]]:
    with ExitStack() as stack:
        found = [stack.enter_context(open_store(tmp_path / name)) for name in ("plain.duckdb", "quick.duckdb")]
        for store in found:
            store.create_table("sales", DATA, ANN)
        yield found


def chosen(chance: random.Random, rids: list[int]) -> Op:
    """Some operation; a few of them are refused, in part because of a later block that would have been fine."""
    rows = chance.sample(rids, min(len(rids), chance.choice([1, 2, 9, 30])))
    columns = chance.sample(range(3), chance.choice([1, 1, 2]))
    values = [[_value(chance, column)] * chance.choice([1, len(rows)]) for column in columns]
    if chance.random() < 0.1:
        values[0] = ["no number"] if columns[0] < 2 else [None]
    block = Block(columns=columns, rows=rows, values=values)
    again = Block(columns=columns[:1], rows=rows, values=[[_value(chance, columns[0])]])
    return chance.choice(
        [
            SetCells(blocks=[block]),
            SetCells(blocks=[block]),
            SetCells(blocks=[block, again]),
            SetCells(blocks=[Block(columns=[1], rows=rows, values=[[str(chance.randrange(3)) for _ in rows]])]),
            InsertRows(count=chance.randrange(1, 3), before=chance.choice([None, chance.choice(rids)])),
            DeleteRows(rows=Rows(ids=rows[:2])),
            Undo(),
            Redo(),
        ]
    )


def _value(chance: random.Random, column: int) -> str | None:
    return chance.choice([None, str(chance.randrange(5)), "nan" if column == 1 else "7"])


def told(store: Store) -> tuple[object, ...]:
    history = [(each.rev, each.kind, each.user.id, each.summary, each.n_cells, each.n_rows) for each in store.history("sales")]
    cells = store._file.connection.cursor().execute("SELECT rev, cid, rid, old, new FROM _cells ORDER BY ALL").fetchall()
    return store.window("sales", View(), 0, 1000, [0, 1, 2])[1].to_pydict(), history, cells


@pytest.mark.parametrize("seed", range(3))
def test_the_quick_way_does_what_the_plain_way_does(seed: int, stores: list[Store], monkeypatch: pytest.MonkeyPatch) -> None:
    plain, quick = stores
    answers: dict[Store, list[str]] = {plain: [], quick: []}
    for store in stores:
        bulk = store is quick
        monkeypatch.setattr(live, "_LARGE", 0 if bulk else 10**9)
        monkeypatch.setattr(edits, "BULK", 5 if bulk else 10**9)
        monkeypatch.setattr(undoing, "BULK", 5 if bulk else 10**9)
        monkeypatch.setattr(staging, "FEW", 1 if bulk else 10**9)
        chance = random.Random(seed)
        for seq in range(1, 41):
            if chance.random() < 0.15:
                store._file.connection.cursor().execute("CHECKPOINT")
            op = chosen(chance, store.table("sales").rows.ids(slice(None)).tolist())
            user = chance.choice([ANN, BO])
            answer = store.submit("sales", op, user=user, client="c", seq=seq).result(30)
            what = (answer.rev, answer.status) if isinstance(answer, Ack) else (answer.code, answer.n_bad, answer.bad[:1])
            answers[store].append(str(what))
    assert answers[quick] == answers[plain]
    assert str(told(quick)) == str(told(plain))


def test_rows_are_found_by_their_numbers_only_while_these_are_the_row_ids(
    stores: list[Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "_LARGE", 10)
    store = stores[1]

    def straight(op: Op) -> bool | None:
        store.submit("sales", op, user=ANN, client=store.draw(), seq=1).result(30)
        store.submit(
            "sales", SetCells(blocks=[Block(columns=[0], rows=[0], values=[["5"]])]), user=ANN, client=store.draw(), seq=1
        ).result(30)
        return store._writer._open.drafts["sales"]._live._straight

    assert straight(SetCells(blocks=[Block(columns=[0], rows=[1], values=[["9"]])])) is True
    assert straight(InsertRows(count=2)) is True
    assert straight(InsertRows(count=1, before=3)) is True
    assert straight(DeleteRows(rows=Rows(ids=[7]))) is False
    assert straight(Undo()) is False
    assert straight(SetCells(blocks=[Block(columns=[0], rows=[7], values=[["11"]])])) is False
    rows = store.window("sales", View(), 0, 100, [0])[1]
    assert dict(zip(rows.column("_rid").to_pylist(), rows.column("0").to_pylist(), strict=True))[7] == 11


def test_many_cells_are_written_in_the_order_of_the_rows(stores: list[Store], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(edits, "BULK", 5)
    rows = random.Random(1).sample(range(SIZE), SIZE)
    op = SetCells(blocks=[Block(columns=[0], rows=rows, values=[[str(100 + row) for row in rows]])])
    stores[1].submit("sales", op, user=ANN, client="c", seq=1).result(30)
    logged = stores[1]._file.connection.cursor().execute("SELECT rid, old, new FROM _cells ORDER BY rowid").fetchall()
    assert logged == [(row, str(row), str(100 + row)) for row in range(SIZE)]
