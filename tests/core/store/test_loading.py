"""Tables that are stored while their rows arrive."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
import pytest
from core.store.people import ANN
from tabweave_core.engine import loading
from tabweave_core.engine.store import Store
from tabweave_core.errors import Refused
from tabweave_core.protocol.schema import View

SCHEMA = pa.schema([("n", pa.int64()), ("kind", pa.dictionary(pa.int32(), pa.string()))])


def batches(count: int, rows: int, fail: bool = False) -> pa.RecordBatchReader:
    def give() -> Iterator[pa.RecordBatch]:
        for turn in range(count):
            numbers = pa.array(range(turn * rows, (turn + 1) * rows), pa.int64())
            kinds = pa.array([f"k{turn}"] * rows).dictionary_encode()
            yield pa.record_batch([numbers, kinds], schema=SCHEMA)
        if fail:
            raise Refused("TOO_LARGE", "no more")

    return pa.RecordBatchReader.from_batches(SCHEMA, give())


@pytest.fixture
def short_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    """Row groups of a few rows, so that short tables have many."""
    monkeypatch.setattr(loading, "ROW_GROUP", 64)


@pytest.mark.usefixtures("short_groups")
@pytest.mark.parametrize("rows", [1, 7, 64, 100, 1000])
def test_rows_keep_their_order_however_they_come(store: Store, rows: int) -> None:
    table = store.create_table("t", batches(12, rows), ANN)
    assert len(table.rows) == 12 * rows
    _, shown = store.window("t", View(), 0, 12 * rows, [0, 1])
    assert shown.column("_rid").to_pylist() == shown.column("0").to_pylist() == list(range(12 * rows))
    assert table.column(1).categories == [f"k{turn}" for turn in range(12)]


@pytest.mark.usefixtures("short_groups")
def test_rows_that_do_not_come_to_an_end_leave_nothing(store: Store) -> None:
    with pytest.raises(Refused, match="no more"):
        store.create_table("t", batches(30, 100, fail=True), ANN)
    assert store.tables() == []
    assert len(store.create_table("t", batches(2, 10), ANN).rows) == 20


def test_a_table_without_rows_has_its_columns(store: Store) -> None:
    table = store.create_table("t", batches(0, 1), ANN)
    assert (len(table.rows), [column.name for column in table.columns]) == (0, ["n", "kind"])


def test_rows_are_stored_in_whole_row_groups() -> None:
    sizes = [table.num_rows for table in loading._batches(batches(5, 100_000))]
    assert sizes == [122_880] * 4 + [8_480]
    wide = pa.table({f"c{at}": pa.array([0] * 20_000, pa.int8()) for at in range(2000)})
    assert max(table.num_rows for table in loading._batches(wide)) * 2000 <= 16_000_000
