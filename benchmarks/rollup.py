"""A rollup of 10M leaves x 5 levels: opening, editing, spreading, each beside DuckDB, pandas or Perspective in the same run.

    python benchmarks/rollup.py [--leaves N] [--repeat N] [--part core] [--perspective PYTHON]

`core` is the node store alone, from codes; `frame` and `store` are whole operations in a DataFrame and in a shared table in a
file. PYTHON is an interpreter that has the package perspective-python, which then builds the same rollup in a process of its own.
"""

from __future__ import annotations

import argparse
import gc
import importlib.util
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import spreading
from leaves import NAMES, table
from tabweave_core.engine.rollups import methods as m
from tabweave_core.engine.rollups.aggregate import Aggregate
from tabweave_core.engine.rollups.column import Measure, Values
from tabweave_core.engine.rollups.hierarchy import Dimension, Hierarchy
from tabweave_core.engine.rollups.preview import preview
from tabweave_core.engine.rollups.rollup import Rollup
from tabweave_core.engine.rollups.spread import Scope, spread

SUM = Aggregate("sum", "amount")
WIDTH = 14
PARTS = ("core", "frame", "store", "perspective")
HERE = Path(__file__).parent


@dataclass
class Line:
    """One figure: what, ours and theirs in milliseconds, and what ours should be, if that was said."""

    what: str
    ours: float
    against: str = ""
    theirs: float | None = None
    target: float | None = None


def timed(run: Callable[[], Any], repeat: int) -> float:
    """Median milliseconds."""
    times = []
    for _ in range(repeat):
        gc.collect()
        start = time.perf_counter()
        run()
        times.append((time.perf_counter() - start) * 1000)
    return statistics.median(times)


def build(codes: list[np.ndarray[Any, Any]], amounts: np.ndarray[Any, Any]) -> Rollup:
    """The hierarchy and its sums, from codes."""
    dimensions = [Dimension(name, code, range(int(code.max()) + 1)) for name, code in zip(NAMES, codes, strict=True)]
    tree = Hierarchy.build(dimensions, np.arange(len(amounts)))
    return Rollup(tree, [Measure("amount")], {"amount": Values(amounts[tree.rows])}, [SUM])


def edits(rollup: Rollup, count: int) -> float:
    """Median milliseconds of one edit through all ancestors, at random leaves."""
    rng = np.random.default_rng(7)
    leaves = rng.integers(0, rollup.hierarchy.count, count).tolist()
    times = []
    for leaf in leaves:
        start = time.perf_counter()
        rollup.edit("amount", leaf, 1_234)
        times.append((time.perf_counter() - start) * 1000)
    return statistics.median(times)


def wide(rollup: Rollup, leaves: int, repeat: int) -> float:
    """Milliseconds of a spread whose products exceed what 64 bits and an estimate settle, so that Python integers do it."""
    values = Values(rollup.columns["amount"].units * 10**14)
    total = 11 * sum(values.units[:leaves].tolist()) // 10
    scope = Scope("part", slice(0, leaves))
    return timed(lambda: spread(rollup.measures["amount"], values, scope, m.Proportional(total)), repeat)


def spreads(rollup: Rollup, leaves: int, repeat: int) -> tuple[float, float, float]:
    """Milliseconds of computing a spread over so many leaves, of writing it with all ancestors, and of its preview."""
    values, measure = rollup.columns["amount"], rollup.measures["amount"]
    scope = Scope("part", slice(1_000, 1_000 + leaves))
    total = int(values.units[scope.leaves].sum()) * 11 // 10
    compute = timed(lambda: spread(measure, values, scope, m.Proportional(total)), repeat)
    done = spread(measure, values, scope, m.Proportional(total))
    write = timed(lambda: rollup.write("amount", done.leaves, done.after), repeat)
    return compute, write, timed(lambda: preview(done), repeat)


def measure_all(count: int, repeat: int) -> list[Line]:
    """Every figure."""
    codes, amounts = table(count)
    columns = dict(zip(NAMES, codes, strict=True))
    con = duckdb.connect()
    con.register("source", pa.table({**columns, "amount": amounts}))
    con.execute("CREATE TABLE t AS SELECT * FROM source")
    prefixes = ", ".join(f"({', '.join(NAMES[:level])})" for level in range(len(NAMES) + 1))
    names = ", ".join(NAMES)
    sets = f"SELECT {names}, GROUPING({names}) AS level, sum(amount) AS amount FROM t GROUP BY GROUPING SETS ({prefixes})"
    opening = timed(lambda: build(codes, amounts), repeat)
    rollup = build(codes, amounts)
    grouping = timed(lambda: con.sql(sets).to_arrow_table(), repeat)
    check(rollup, con, sets)
    frame = pd.DataFrame({**columns, "amount": amounts})
    pandas = timed(lambda: [frame.groupby(NAMES[:level])["amount"].sum() for level in range(1, len(NAMES) + 1)], 1)
    edit = edits(rollup, 2_000)
    lines = [
        Line("open, sums included", opening, "GROUPING SETS", grouping, 1_500),
        Line("open, sums included", opening, "pandas groupby, level by level", pandas),
        Line("one edit, all ancestors", edit, "GROUPING SETS", grouping, 0.05),
        Line("one edit, all ancestors", edit, "pandas groupby, level by level", pandas),
    ]
    for leaves, target in ((100_000, 60.0), (1_000_000, 500.0)):
        if leaves + 1_000 <= count:
            compute, write, look = spreads(rollup, leaves, max(repeat, 5))
            scaled = timed(lambda n=leaves: frame["amount"].iloc[:n] * 1.1, 3)
            lines += [
                Line(f"spread {leaves:,} leaves, computed", compute, "pandas * 1.1, inexact", scaled, target),
                Line(f"spread {leaves:,} leaves, ancestors moved", write, "GROUPING SETS", grouping),
                Line(f"spread {leaves:,} leaves, preview", look),
                Line(f"spread {leaves:,} leaves beyond 64 bits", wide(rollup, leaves, repeat), target=target),
            ]
    check_sum(rollup)
    leaf_bytes = (rollup.hierarchy.nbytes + rollup.nbytes) / count
    print(f"{count:,} leaves, {rollup.hierarchy.nodes:,} nodes, {leaf_bytes:.1f} bytes a leaf, nodes included")
    print(f"one edit is {grouping / edit:,.0f} times faster than GROUPING SETS")
    return lines


def figures(found: dict[str, float]) -> list[Line]:
    """Figures without a peer as lines."""
    return [Line(what, ours) for what, ours in found.items()]


def perspective(leaves: int, python: str) -> dict[str, float]:
    """The same rollup as a view of Perspective; nothing where that is not installed."""
    if python == sys.executable and importlib.util.find_spec("perspective") is None:
        print("not installed: give --perspective an interpreter that has the package perspective-python")
        return {}
    told = subprocess.run([python, str(HERE / "pivot.py"), str(leaves)], check=True, capture_output=True, text=True).stdout
    found = json.loads(told)
    names = {"load": "table loaded", "open": "view with group_by opened", "edit": "one row updated, total read"}
    return {f"{name}, {found['version']}": found[key] * 1000 for key, name in names.items()}


def check(rollup: Rollup, con: duckdb.DuckDBPyConnection, sets: str) -> None:
    """Stops the run if a node differs from GROUPING SETS."""
    order = ", ".join(f"{name} NULLS FIRST" for name in NAMES)
    theirs = con.sql(f"SELECT amount::BIGINT FROM ({sets}) ORDER BY level DESC, {order}").fetchnumpy()
    ours = [rollup.sum(node, "amount") for node in range(rollup.hierarchy.nodes)]
    if ours != next(iter(theirs.values())).tolist():
        raise SystemExit("a node differs from GROUPING SETS")


def check_sum(rollup: Rollup) -> None:
    """Stops the run if the total has drifted."""
    if rollup.sum(0, "amount") != int(rollup.columns["amount"].units.sum()):
        raise SystemExit("the total differs from its leaves")


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--leaves", type=int, default=10_000_000)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--part", action="append", choices=PARTS)
    parser.add_argument("--perspective", default=sys.executable, metavar="PYTHON")
    asked = parser.parse_args()
    for part in asked.part or PARTS:
        print(f"\n{part}, {asked.leaves:,} leaves")
        match part:
            case "core":
                lines = measure_all(asked.leaves, asked.repeat)
            case "frame":
                lines = figures(spreading.in_a_frame(asked.leaves, asked.repeat))
            case "store":
                lines = figures(spreading.in_a_store(asked.leaves, asked.repeat))
            case _:
                lines = figures(perspective(asked.leaves, asked.perspective))
        for line in lines:
            against = f"{line.theirs:{WIDTH},.3f} ms {line.against}" if line.theirs is not None else ""
            target = f"(wanted: {line.target:g} ms or less)" if line.target else ""
            print(f"{line.what:45}{line.ours:{WIDTH},.3f} ms {against} {target}".rstrip())


if __name__ == "__main__":
    main()
