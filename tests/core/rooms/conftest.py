"""A hall over a real store with a small table in it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest
from core.rooms.callers import Caller
from core.store.people import ANN, BO, open_store
from tabweave_core.engine.store import Store
from tabweave_core.rooms.bounds import Bounds
from tabweave_core.rooms.hall import Hall


class Clock:
    """Time that stands still until somebody sets it on."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(tmp_path / "store.duckdb") as found:
        yield found


@pytest.fixture
def sales(store: Store) -> Store:
    data = pa.table({"item": ["pen", "ink", "pad", None], "qty": pa.array([1, 2, None, 4], pa.int64())})
    store.create_table("sales", data, ANN)
    return store


@pytest.fixture
def hall(sales: Store, clock: Clock) -> Iterator[Hall]:
    keys = itertools.count(1)
    found = Hall(sales, clock=clock, draw=lambda: f"key{next(keys)}", bounds=Bounds(lull=0))
    yield found
    found.shut()


@pytest.fixture
def ann(hall: Hall) -> Caller:
    return Caller(hall, ANN)


@pytest.fixture
def bo(hall: Hall) -> Caller:
    return Caller(hall, BO)
