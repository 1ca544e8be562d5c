"""The index of a DataFrame is shared as columns that say so, and stay index columns."""

from __future__ import annotations

import pyarrow as pa
from core.store.people import ANN, Client
from tabweave_core.engine.dtypes import INDEX
from tabweave_core.engine.store import Store
from tabweave_core.protocol.ops import RenameColumn, RetypeColumn, Undo


def test_flagged_fields_become_index_columns_and_stay_so(store: Store) -> None:
    fields = [pa.field("key", pa.int64(), metadata={INDEX: b"1"}), pa.field("qty", pa.int64())]
    store.create_table("sales", pa.table({"key": [1, 2], "qty": [3, 4]}, schema=pa.schema(fields)), ANN)
    ann = Client(store, ANN)

    def flags() -> list[bool]:
        return [column.index for column in store.table("sales").columns]

    assert flags() == [True, False]
    ann.ok(RetypeColumn(column=0, dtype="string"))
    ann.ok(RenameColumn(column=0, name="id"))
    assert flags() == [True, False]
    ann.ok(Undo())
    ann.ok(Undo())
    assert flags() == [True, False]
