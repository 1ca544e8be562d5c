from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

from tabweave_core.crew import Crew, Job

if TYPE_CHECKING:
    import pytest


def test_jobs_take_turns_step_by_step() -> None:
    crew, order, go, done = Crew("w"), [], threading.Event(), threading.Event()

    def work(name: str, steps: int, last: bool) -> Any:
        def run(_job: Job) -> Any:
            go.wait(5)
            for number in range(steps):
                order.append(f"{name}{number}")
                yield
            if last:
                done.set()

        return run

    crew.put(Job(work("a", 3, True)))
    crew.put(Job(work("b", 1, False)))
    go.set()
    assert done.wait(5)
    assert order == ["a0", "b0", "a1", "a2"]
    crew.close()


def test_a_cancelled_job_does_nothing_more() -> None:
    crew, ran = Crew("w"), []

    def run(_job: Job) -> Any:
        ran.append(1)
        yield

    job = Job(run)
    job.cancel()
    crew.put(job)
    crew.close()
    assert ran == []


def test_a_failing_job_is_logged_and_ends_alone(caplog: pytest.LogCaptureFixture) -> None:
    crew, done = Crew("w"), threading.Event()

    def fail(_job: Job) -> Any:
        raise RuntimeError("planted")
        yield

    def succeed(_job: Job) -> Any:
        done.set()
        yield

    crew.put(Job(fail))
    crew.put(Job(succeed))
    assert done.wait(5)
    crew.close()
    assert "planted" in caplog.text


def test_an_idle_crew_has_no_thread() -> None:
    crew, done = Crew("tabweave-idle", idle=0.01), threading.Event()

    def run(_job: Job) -> Any:
        done.set()
        yield

    crew.put(Job(run))
    assert done.wait(5)
    until = time.monotonic() + 2
    while any(thread.name == "tabweave-idle" for thread in threading.enumerate()) and time.monotonic() < until:
        time.sleep(0.01)
    assert all(thread.name != "tabweave-idle" for thread in threading.enumerate())
    crew.put(Job(run))
    crew.close()
    crew.close()
