"""What a command in plain words costs: reading it, and a plan of five steps with the full difference it would make.

`python benchmarks/ask.py [--rows 1000000] [--rows 10000000] [--repeat 5] [--shared]`

The five steps are also done by DuckDB, one statement after the other on the same Arrow table, and by pandas on the DataFrame
itself. Neither tells what changed; that difference is what a proposal adds.
`--shared` does them to a shared table in a store's file.
"""

from __future__ import annotations

import argparse
import gc
import secrets
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import msgspec
import numpy as np
import pandas as pd
import pyarrow as pa
import tabweave as tw
from tabweave.grounds import database, ground
from tabweave_core.engine.store import Store
from tabweave_core.language.context import Context, look
from tabweave_core.language.interpreter import interpret
from tabweave_core.protocol import condition as c
from tabweave_core.protocol import plan as p
from tabweave_core.protocol.ops import Undo
from tabweave_core.protocol.schema import Person
from tabweave_core.rooms.tables import Tables

COMMANDS = (
    "drop rows without price",
    "keep rows where region is region 3 and qty over 50",
    "total amount by region",
    "average price per product as a bar chart",
    "top 5 products by total amount",
    "sort by amount descending",
    "set qty to 1 where amount is less than 5",
    "fill missing price with the median",
    "rename amount to sales",
    "remove duplicates by product and region",
    "rows from last month with amount between 10 and 200",
    "amount per month as a line chart",
    "how many rows have no price?",
    "drop rows without price, then show total amount by region as a bar chart",
    "add a column revenue = qty * price, keep rows with revenue over 100, and sort by revenue descending",
    "which region has the highest average price?",
    "keep everything except region 2 and region 5",
    "round price to 1 decimal and make product upper case",
)
ME = Person(id="me", name="Me")
STEPS: list[p.Step] = [
    p.DropMissing(columns=["price"]),
    p.Derive(name="total", sql="qty * price"),
    p.UpdateCells(column="amount", value=0, where=c.Compare(column="amount", cmp="<", value=5)),
    p.Clip(column="price", hi=400),
    p.FilterRows(where=c.Compare(column="qty", cmp=">", value=3)),
]
STATEMENTS = (
    "CREATE TEMP TABLE a AS SELECT * FROM t WHERE price IS NOT NULL",
    "CREATE TEMP TABLE b AS SELECT *, qty * price AS total FROM a",
    "CREATE TEMP TABLE c AS SELECT * REPLACE (CASE WHEN amount < 5 THEN 0 ELSE amount END AS amount) FROM b",
    "CREATE TEMP TABLE d AS SELECT * REPLACE (least(price, 400) AS price) FROM c",
    "CREATE TEMP TABLE e AS SELECT * FROM d WHERE qty > 3",
)


def sales(rows: int) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    products = np.array([f"product {n}" for n in range(300)], dtype=object)
    return pd.DataFrame(
        {
            "region": pd.Categorical.from_codes(rng.integers(0, 12, rows), [f"region {n}" for n in range(12)]),
            "product": pd.array(products[rng.integers(0, 300, rows)], dtype="str"),
            "day": np.datetime64("2025-01-01", "us") + rng.integers(0, 500, rows).astype("m8[D]"),
            "qty": rng.integers(1, 100, rows),
            "price": np.where(rng.random(rows) < 0.05, np.nan, rng.gamma(2, 50, rows)),
            "amount": rng.gamma(2, 50, rows),
        }
    )


def timed(run: Callable[[], Any], repeat: int) -> list[float]:
    """Seconds of each run, after one that is not counted."""
    run()
    found = []
    for _ in range(repeat):
        gc.collect()
        began = time.perf_counter()
        run()
        found.append(time.perf_counter() - began)
    return found


def reading(table: Any, repeat: int) -> None:
    here = ground(table.slot, table.frame)
    connection = database(here.zone)
    began = time.perf_counter()
    columns, rows = look(connection, here.lay(connection, "sales"))
    looked = time.perf_counter() - began
    connection.close()
    context = Context("sales", columns, rows, date(2026, 1, 15))
    understood = [command for command in COMMANDS if interpret(command, context).readings]
    each = {command: statistics.median(timed(partial(interpret, command, context), repeat)) * 1000 for command in COMMANDS}
    slowest = max(each, key=lambda command: each[command])
    print(
        f"reading {len(COMMANDS)} commands, {len(understood)} understood: median {statistics.median(each.values()):.1f} ms, ",
        end="",
    )
    print(f"slowest {each[slowest]:.1f} ms ({slowest!r}); looking at {rows:,} rows once: {looked * 1000:.0f} ms")


def propose(table: Any) -> Any:
    found = table.ask(plan=p.Plan(steps=STEPS))
    found.discard()
    return found


def in_duckdb(arrow: Any) -> int:
    connection = duckdb.connect()
    connection.register("t", arrow)
    for statement in STATEMENTS:
        connection.execute(statement)
    ((count,),) = connection.execute("SELECT count(*) FROM e").fetchall()
    connection.close()
    return int(count)


def in_pandas(df: pd.DataFrame) -> int:
    df = df[df["price"].notna()]
    df = df.assign(total=df["qty"] * df["price"])
    df["amount"] = df["amount"].mask(df["amount"] < 5, 0)
    df["price"] = df["price"].clip(upper=400)
    return len(df[df["qty"] > 3])


def planning(table: Any, df: pd.DataFrame, repeat: int) -> None:
    arrow = ground(table.slot, table.frame).table
    found = propose(table)
    counts = {in_duckdb(arrow), in_pandas(df), found.diff.after}
    assert len(counts) == 1, counts
    print(f"five steps on {len(df):,} rows: {found.diff.removed:,} rows removed, {found.diff.n_cells:,} cells changed")
    runs: dict[str, Callable[[], Any]] = {
        "proposal, with all differences": lambda: propose(table),
        "DuckDB, five statements": lambda: in_duckdb(arrow),
        "pandas, five steps": lambda: in_pandas(df),
    }
    for name, run in runs.items():
        seconds = timed(run, repeat)
        print(f"  {name:32} median {statistics.median(seconds):.2f} s (least {min(seconds):.2f}, most {max(seconds):.2f})")
    proposal = table.ask(plan=p.Plan(steps=STEPS))
    began = time.perf_counter()
    proposal.apply()
    applied = time.perf_counter()
    table.undo()
    print(f"  applied in {applied - began:.2f} s, undone in {time.perf_counter() - applied:.2f} s")


def sharing(df: pd.DataFrame, repeat: int) -> None:
    """The five steps on a shared table in a store's file: proposed, applied and taken back."""
    plan = msgspec.json.encode(p.Plan(steps=STEPS)).decode()
    found: dict[str, list[float]] = {"proposal, with all differences": [], "applied, to its commit": [], "undone": []}
    with tempfile.TemporaryDirectory() as folder:
        store = Store.open(Path(folder) / "store.duckdb", clock=time.time, draw=lambda: secrets.token_hex(8))
        try:
            store.create_table("sales", pa.Table.from_pandas(df, preserve_index=False), ME)
            tables = Tables(store)
            for _ in range(repeat + 1):
                gc.collect()
                marks = [time.perf_counter()]
                proposal, _ = tables.ask("sales", ME, plan=plan, client="me")
                marks.append(time.perf_counter())
                tables.apply("sales", ME, proposal, client="me")
                marks.append(time.perf_counter())
                tables.submit("sales", ME, Undo())
                marks.append(time.perf_counter())
                for seconds, began, ended in zip(found.values(), marks, marks[1:], strict=False):
                    seconds.append(ended - began)
        finally:
            store.close()
    print(f"on a shared table of {len(df):,} rows: {proposal.rows_before - proposal.rows_after:,} rows removed")
    for name, (_, *seconds) in found.items():
        print(f"  {name:32} median {statistics.median(seconds):.2f} s (least {min(seconds):.2f}, most {max(seconds):.2f})")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rows", type=int, action="append")
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--shared", action="store_true", help="on a shared table instead")
    options = parser.parse_args()
    for count in options.rows or [1_000_000]:
        df = sales(count)
        if options.shared:
            sharing(df, options.repeat)
            continue
        table = tw.table("sales", namespace={"sales": df})
        reading(table, options.repeat)
        planning(table, df, options.repeat)


if __name__ == "__main__":
    main()
