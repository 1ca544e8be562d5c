from __future__ import annotations

from collections.abc import Iterator

import pytest
from core.sql.children import Watched
from tabweave_core.sql.limits import Limits
from tabweave_core.sql.sandbox import Sandbox

LIMITS = Limits(memory=400 << 20, seconds=20)


@pytest.fixture(scope="session")
def shared_sandbox() -> Iterator[Sandbox]:
    """One for all tests that do not close it or count its children."""
    with Sandbox(LIMITS, start=Watched) as made:
        yield made


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(LIMITS) as made:
        yield made
