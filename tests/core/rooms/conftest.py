"""A hall over a real store with a small table in it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest
from core.rooms.callers import Caller
from core.store.people import ANN, BO
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
