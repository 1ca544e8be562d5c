"""A real store in a file, with a small table in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest
from core.store.people import ANN, open_store
from tabweave_core.engine.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(tmp_path / "store.duckdb") as found:
        yield found


@pytest.fixture
def sales(store: Store) -> Store:
    data = pa.table({"item": ["pen", "ink", "pad", None], "qty": pa.array([1, 2, None, 4], pa.int64())})
    store.create_table("sales", data, ANN)
    return store
