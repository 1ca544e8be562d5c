"""The leaves that `rollup.py` and its peers roll up: five levels, a million products, in random order of rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

NAMES = ["region", "country", "brand", "family", "product"]
SIZES = [10, 10, 20, 20, 25]
"""How many labels each level has: one million products. A region has a tenth of the leaves, a country a hundredth."""


def table(leaves: int) -> tuple[list[np.ndarray[Any, Any]], np.ndarray[Any, Any]]:
    """Codes by level and whole amounts."""
    rng = np.random.default_rng(2027)
    return [rng.integers(0, size, leaves, dtype=np.int32) for size in SIZES], rng.integers(0, 2_000, leaves)


def labelled(leaves: int) -> pa.Table:
    """The same with texts for codes, and whole amounts beside them."""
    codes, amounts = table(leaves)
    texts = zip(NAMES, SIZES, codes, strict=True)
    levels = {name: pa.array([f"{name} {n}" for n in range(size)]).take(pa.array(code)) for name, size, code in texts}
    return pa.table({**levels, "amount": amounts})
