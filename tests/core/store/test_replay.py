"""Any operations on rows and columns, undone and redone in any order: the log played again gives exactly the table (I3, I9)."""

from __future__ import annotations

import tempfile
from pathlib import Path

import hypothesis.strategies as st
import pyarrow as pa
from core.store.people import ANN, BO, Client, open_store, rows, shown
from core.store.replay import Replayed
from hypothesis import given, settings
from tabweave_core.protocol.ops import (
    AddColumn,
    Block,
    DeleteRows,
    DropColumns,
    InsertRows,
    MoveColumn,
    Op,
    Redo,
    RenameColumn,
    RetypeColumn,
    SetCells,
    Undo,
)
from tabweave_core.protocol.schema import View

RIDS = st.integers(0, 7)
CIDS = st.integers(0, 4)
TEXT = st.sampled_from(["", "1", "2", "2.5", "true", "2026-01-31", "word"])
DTYPES = st.sampled_from(["int64", "double", "string", "category", "date32[day]", "decimal128(18, 2)", "bool", "duration[us]"])


def edit(columns: list[int], rids: list[int], texts: list[str]) -> SetCells:
    return SetCells(blocks=[Block(columns=columns, rows=rids, values=[[text] for text in texts])])


OPS: st.SearchStrategy[Op] = st.one_of(
    st.builds(lambda cid, rid, text: edit([cid], [rid], [text]), CIDS, RIDS, TEXT),
    st.builds(lambda rids, one, two: edit([0, 1], rids, [one, two]), st.lists(RIDS, min_size=2, max_size=3), TEXT, TEXT),
    st.builds(lambda count, before: InsertRows(count=count, before=before), st.integers(1, 2), st.one_of(st.none(), RIDS)),
    st.builds(lambda rid: InsertRows(copy_of=rows(rid), before=0), RIDS),
    st.builds(lambda found: DeleteRows(rows=rows(*found)), st.sets(RIDS, min_size=1, max_size=3)),
    st.builds(
        lambda name, dtype, at: AddColumn(name=name, dtype=dtype, at=at), st.sampled_from("xyz"), DTYPES, st.integers(0, 2)
    ),
    st.builds(lambda found: DropColumns(columns=list(found)), st.sets(CIDS, min_size=1, max_size=2)),
    st.builds(lambda cid, name: RenameColumn(column=cid, name=name), CIDS, st.sampled_from("xyzn")),
    st.builds(lambda cid, to: MoveColumn(column=cid, to=to), CIDS, st.integers(0, 2)),
    st.builds(
        lambda cid, dtype, on_error: RetypeColumn(column=cid, dtype=dtype, on_error=on_error),
        CIDS,
        DTYPES,
        st.sampled_from(["refuse", "missing"]),
    ),
    st.just(Undo()),
    st.just(Undo()),
    st.just(Redo()),
)


@settings(max_examples=15, deadline=None)
@given(st.lists(st.tuples(st.booleans(), OPS), min_size=5, max_size=25))
def test_the_log_played_again_is_the_table(steps: list[tuple[bool, Op]]) -> None:
    start: dict[int, dict[int, str | None]] = {0: {0: "1", 1: None, 2: "3"}, 1: {0: "a", 1: "2", 2: None}}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "store.duckdb"
        with open_store(path) as store:
            data = pa.table({"n": pa.array([1, None, 3], pa.int64()), "s": ["a", "2", None]})
            number = store.create_table("sales", data, ANN).id
            ann, bo = Client(store, ANN), Client(store, BO)
            for mine, op in steps:
                (ann if mine else bo).do(op)
            table = store.table("sales")
            order = [row[0] for row in shown(store, view=View())]
        replayed = Replayed(path, number, start, [0, 1, 2], [0, 1])
        replayed.check()
        assert replayed.rows == order
        assert replayed.columns == [column.id for column in table.columns]
        assert len(replayed.log) == table.head
        names = [column.name for column in table.columns]
        assert len(names) == len(set(names))
