"""A Perspective view with group_by over the leaves of `rollup.py`: opened, and one leaf updated. Prints JSON; seconds.

    python benchmarks/pivot.py LEAVES        with the package perspective-python

Perspective has no spreading: a view that is grouped cannot be written to.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from typing import Any

import numpy as np
import perspective
import pyarrow as pa
from leaves import NAMES, table

EDITS = 20


def seconds(run: Any) -> tuple[float, Any]:
    started = time.perf_counter()
    found = run()
    return time.perf_counter() - started, found


def main() -> None:
    count = int(sys.argv[1])
    codes, amounts = table(count)
    columns = {"id": np.arange(count), **dict(zip(NAMES, codes, strict=True)), "amount": amounts}
    sink = pa.BufferOutputStream()
    data = pa.table(columns)
    with pa.ipc.new_stream(sink, data.schema) as writer:
        writer.write_table(data)
    client = perspective.Server().new_local_client()
    load, made = seconds(lambda: client.table(sink.getvalue().to_pybytes(), index="id"))

    def opened() -> Any:
        view = made.view(group_by=NAMES, columns=["amount"], aggregates={"amount": "sum"})
        view.to_columns(start_row=0, end_row=1)
        return view

    opening, view = seconds(opened)
    total, taken = int(amounts.sum()), []
    for leaf in np.random.default_rng(7).integers(0, count, EDITS).tolist():
        total += 1_234 - int(amounts[leaf])
        amounts[leaf] = 1_234

        def edit(leaf: int = leaf) -> Any:
            made.update([{"id": leaf, "amount": 1_234}])
            return view.to_columns(start_row=0, end_row=1)

        took, root = seconds(edit)
        if int(root["amount"][0]) != total:
            raise SystemExit("Perspective's total differs")
        taken.append(took)
    print(json.dumps({"load": load, "open": opening, "edit": statistics.median(taken), "version": perspective.__version__}))


if __name__ == "__main__":
    main()
