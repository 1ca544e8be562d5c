"""Whatever is lost, doubled or late, and whenever the server crashes: no invariant of shared tables breaks.

Three hundred short runs, or TABWEAVE_SEEDS of them from TABWEAVE_FIRST_SEED on; the night profile of Hypothesis makes them many
and long. A seed that fails is told with its trace, and `tell(seed)` is that very run again.
"""

from __future__ import annotations

import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor

import pytest
from core.simulation.story import tell, tell_all
from hypothesis import settings

NIGHT = settings.default is not None and settings.default.max_examples > 1000
SEEDS = int(os.environ.get("TABWEAVE_SEEDS") or (20_000 if NIGHT else 300))
FIRST = int(os.environ.get("TABWEAVE_FIRST_SEED", "0"))
STEPS = (2000, 6000) if NIGHT else (250, 650)
AT_ONCE = 10


def test_no_invariant_breaks() -> None:
    firsts = range(FIRST, FIRST + SEEDS, AT_ONCE)
    counts = [min(AT_ONCE, FIRST + SEEDS - first) for first in firsts]
    with ProcessPoolExecutor(mp_context=multiprocessing.get_context("spawn")) as pool:
        for failed in pool.map(tell_all, firsts, counts, [STEPS] * len(counts)):
            if failed:
                pool.shutdown(cancel_futures=True)
                pytest.fail(failed)


@pytest.mark.parametrize("seed", [3, 8])
def test_a_seed_is_a_run(seed: int) -> None:
    first, second = (list(map(str, tell(seed).trace)) for _ in range(2))
    assert first == second
    assert len(first) > 50
