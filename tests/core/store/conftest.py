"""A real store in a file with a small table in it."""

from __future__ import annotations

import pytest
from core.store.people import ANN, BO, Client
from tabweave_core.engine.store import Store


@pytest.fixture
def ann(sales: Store) -> Client:
    return Client(sales, ANN)


@pytest.fixture
def bo(sales: Store) -> Client:
    return Client(sales, BO)
