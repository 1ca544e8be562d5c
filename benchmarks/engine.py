"""The frame engine on 1M x 20 and 10M x 5, each figure beside a peer or the physical limit, measured in the same run.

`python benchmarks/engine.py [--frame NAME] [--repeat N]`
"""

from __future__ import annotations

import argparse
import gc
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import duckdb
import numpy as np
import pandas as pd
from peers import FRAMES
from tabweave.frames.frame import Frame
from tabweave.frames.profile import profile
from tabweave.frames.view import ViewState
from tabweave.frames.window import window
from tabweave.watch import Watch
from tabweave_core.protocol.ops import Block, SetCells, Undo
from tabweave_core.protocol.schema import Person, RangeFilter, Sort, TextFilter, View

ME = Person(id="me", name="Me")


@dataclass
class Line:
    """One figure: what, ours, and what it is compared with, in milliseconds."""

    what: str
    ours: float
    against: str
    theirs: float


def median(run: Callable[[], Any], repeat: int, before: Callable[[], Any] = lambda: None) -> float:
    """Median milliseconds of `run`; `before` is not counted."""
    times = []
    for _ in range(repeat):
        before()
        gc.collect()
        start = time.perf_counter()
        run()
        times.append((time.perf_counter() - start) * 1000)
    return statistics.median(times)


def measure(df: pd.DataFrame, repeat: int) -> list[Line]:
    """All lines for one frame."""
    frame = Frame(df, name="df")
    watch = Watch(frame)
    watch.settle(df)
    rows = len(df)
    ids = {column.name: column.id for column in frame.schema().columns}
    number = "float_0" if "float_0" in ids else "price"
    whole = "int_0" if "int_0" in ids else "qty"
    lines: list[Line] = []

    def add(what: str, ours: float, against: str, theirs: float) -> None:
        lines.append(Line(what, ours, against, theirs))

    def edit(column: str, text: str) -> Callable[[], Any]:
        op = SetCells(blocks=[Block(columns=[ids[column]], values=[[text]], rows=[rows // 2])])

        def run() -> None:
            with watch.writing(in_place=True):
                frame.apply(op, user=ME)

        return run

    copy = df[[number]].copy()
    for column, text in ((number, "12.5"), ("name", "another name"), (whole, "7")):
        edit(column, text)()
        add(
            f"one edit, {df[column].dtype}",
            median(edit(column, text), 20),
            "df.iat alone, float64",
            median(lambda: copy.iat.__setitem__((5, 0), 1.0), 20),
        )

    wide = [cid for cid in ids.values() if frame.column(cid).kind in {"float", "integer"}][:10]
    values: list[list[Any]] = [[str(k % 100) for k in range(10_000)] for _ in wide]
    paste = SetCells(blocks=[Block(columns=wide, values=values, rows=list(range(10_000)))])
    add(
        f"paste 10,000 x {len(wide)}",
        median(lambda: frame.apply(paste, user=ME), 3),
        "pd.to_numeric of the same texts",
        median(lambda: [pd.to_numeric(pd.Series(v)) for v in values], 3),
    )
    add(
        "undo of it",
        median(lambda: frame.apply(Undo(), user=ME), 3),
        "copy of the cells",
        median(lambda: df.iloc[:10_000].copy(), 3),
    )

    every = list(ids.values())[:20]
    add(
        "window of 60 rows",
        median(lambda: window(frame, slice(rows // 2, rows // 2 + 60), every), 20),
        "df.iloc[a:b].to_json()",
        median(lambda: df.iloc[rows // 2 : rows // 2 + 60].to_json(date_format="iso"), 20),
    )

    def view(**given: Any) -> Callable[[], Any]:
        return lambda: ViewState(frame, View(**given)).compute()

    con = duckdb.connect()
    con.register("df", df)
    for column in (number, whole, "name"):
        add(
            f"sort by {column}",
            median(view(sort=[Sort(column=ids[column])]), repeat),
            "Series.sort_values(kind='stable') of that column alone",
            median(lambda column=column: df[column].sort_values(kind="stable"), repeat),
        )
    two = [Sort(column=ids[whole]), Sort(column=ids[number], descending=True)]
    add(
        "sort by two columns",
        median(view(sort=two), repeat),
        "df[[a, b]].sort_values",
        median(lambda: df[[whole, number]].sort_values([whole, number], ascending=[True, False]), repeat),
    )
    add(
        "range filter",
        median(view(filter=[RangeFilter(column=ids[number], lo=0.2, hi=100)]), repeat),
        "Series.between and nonzero",
        median(lambda: df[number].between(0.2, 100).to_numpy().nonzero(), repeat),
    )
    add(
        "text filter",
        median(view(filter=[TextFilter(column=ids["name"], text="99")]), repeat),
        "str.contains",
        median(lambda: df["name"].str.contains("99", regex=False), repeat),
    )
    add(
        "quick search, all columns",
        median(view(search="99"), 1),
        "str.contains on one text column",
        median(lambda: df["name"].str.contains("99", regex=False), 1),
    )
    for column in (number, "name"):
        add(
            f"profile of {column}",
            median(lambda column=column: profile(frame.column(ids[column]), frame.values(ids[column])), repeat),
            "describe()",
            median(lambda column=column: df[column].describe(), repeat),
        )

    def touch() -> None:
        df.loc[rows // 3, number] = time.perf_counter()

    watch.settle(df)
    quiet = median(lambda: watch.settle(df), 10)
    add(
        "change detection, nothing changed",
        quiet,
        "reading every number once (sum)",
        median(lambda: [df[name].to_numpy().sum() for name in df if df[name].dtype.kind in "if"], 3),
    )
    add(
        "change detection, one cell changed",
        median(lambda: watch.settle(df), 5, before=touch),
        "comparing that column once",
        median(lambda: np.array_equal(df[number].to_numpy(), df[number].to_numpy().copy()), 5),
    )
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frame", action="append", choices=list(FRAMES))
    parser.add_argument("--repeat", type=int, default=3)
    options = parser.parse_args()
    for name in options.frame or FRAMES:
        space: dict[str, Any] = {}
        exec(FRAMES[name], space)
        print(f"\n### {name}\n\n| | tabweave ms | beside it | ms | ratio |\n|---|---|---|---|---|")
        for line in measure(space["df"], options.repeat):
            print(f"| {line.what} | {line.ours:,.2f} | {line.against} | {line.theirs:,.2f} | {line.ours / line.theirs:,.2f} |")


if __name__ == "__main__":
    main()
