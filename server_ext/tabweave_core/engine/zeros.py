"""Zeros of floats: DuckDB holds 0.0 and -0.0 for equal, and leaves a cell as it is where one is written over the other.

It must not know drafts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from .staging import FEW, stage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from duckdb import DuckDBPyConnection

    from .rows import Ints

TEXTS = ("0.0", "-0.0")


def among(rids: Ints, values: pa.Array) -> list[int]:
    """The rows that get a zero: `values`, one for each row, are floats or their texts."""
    zero = pc.is_in(values, pa.array(TEXTS)) if pa.types.is_string(values.type) else pc.equal(values, 0.0)
    found: list[int] = rids[np.asarray(zero.fill_null(False))].tolist()
    return found


def make_way(connection: DuckDBPyConnection, live: str, cid: int, rids: Sequence[int]) -> None:
    """Puts another number into cells of a column of floats that are to become zero; it writes over what is staged."""
    if len(rids) <= FEW:
        for rid in rids:
            connection.execute(f"UPDATE {live} SET c{cid} = 1 WHERE _rid = ?", [rid])
        return
    stage(connection, rid=pa.array(rids, pa.int64()))
    connection.execute(f"UPDATE {live} SET c{cid} = 1 FROM staged WHERE _rid = staged.rid")
