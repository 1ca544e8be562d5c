"""What is hostile is refused or contained, and the process that was asked lives on within its memory."""

from __future__ import annotations

import resource
import sys

import pytest
from core.sql.children import PROC, Watched
from core.sql.hostile import CONTAINED, REFUSED
from core.sql.tables import TABLES
from tabweave_core.errors import TabweaveError
from tabweave_core.sql.guard import check_query
from tabweave_core.sql.limits import Limits
from tabweave_core.sql.sandbox import Sandbox

SHORT = Limits(memory=400 << 20, seconds=2)
BARE = 200 << 20
"""More than a child has before its first query."""


@pytest.mark.parametrize(("code", "query"), REFUSED)
def test_a_hostile_query_is_refused_before_it_runs(shared_sandbox: Sandbox, code: str, query: str) -> None:
    with pytest.raises(TabweaveError) as here:
        check_query(query, TABLES)
    with pytest.raises(TabweaveError) as apart:
        shared_sandbox.run(query, TABLES)
    assert here.value.code == apart.value.code == code
    assert here.value.message == apart.value.message
    assert here.value.hint


@pytest.mark.skipif(not PROC.exists(), reason="the system does not tell how much memory a process has")
@pytest.mark.parametrize("query", CONTAINED)
def test_a_query_that_asks_for_too_much_meets_a_limit(shared_sandbox: Sandbox, query: str) -> None:
    Watched.peaks.clear()
    with pytest.raises(TabweaveError) as refusal:
        shared_sandbox.run(query, {}, limits=SHORT)
    assert refusal.value.code == "TOO_LARGE"
    assert shared_sandbox.run("SELECT 42 AS x", {}).table.to_pylist() == [{"x": 42}]
    assert max(Watched.peaks, default=0) < SHORT.memory + BARE


@pytest.mark.skipif(sys.platform != "linux", reason="the unit of ru_maxrss differs")
def test_what_a_query_takes_is_not_taken_from_the_one_who_asks(shared_sandbox: Sandbox) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for query in CONTAINED[:8]:
        with pytest.raises(TabweaveError):
            shared_sandbox.run(query, {}, limits=SHORT)
    shared_sandbox.run("SELECT i, repeat('x', 100) FROM range(10000000) r(i)", {})
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200 << 10
