"""Every kind of chart of a large table, from a DataFrame in memory and from the store of shared tables.

Beside each kind stand its marks and bytes; below, the line beside plotly-resampler's algorithm (tsdownsample's MinMaxLTTB and M4,
where that package is installed) and the bytes of the raw points as Plotly's JSON.

`python benchmarks/charts.py [--rows N] [--repeat N] [--store]`
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pandas as pd
import pyarrow as pa
from tabweave.frames import charting
from tabweave.frames.frame import Frame
from tabweave_core.charts.chart import Picture
from tabweave_core.charts.words import chart_step
from tabweave_core.engine.store import Store
from tabweave_core.protocol.plan import Chart
from tabweave_core.protocol.schema import Person
from tabweave_core.rooms import charting as shared

MOST_MARKS = 6000
WIDTH = 800
ME = Person(id="me", name="Me")
CHARTS: dict[str, dict[str, Any]] = {
    "bar": {"kind": "bar", "x": "region", "y": "sum(amount)"},
    "bar, 500 groups by color": {"kind": "bar", "x": "city", "y": "sum(amount)", "color": "region"},
    "line of all values": {"kind": "line", "x": "day", "y": "amount"},
    "line of sums": {"kind": "line", "x": "day", "y": "sum(amount)"},
    "line of sums by color": {"kind": "line", "x": "day", "y": "sum(amount)", "color": "region"},
    "area by month and color": {"kind": "area", "x": "month(day)", "y": "sum(amount)", "color": "region"},
    "scatter (density)": {"kind": "scatter", "x": "amount", "y": "qty"},
    "histogram": {"kind": "histogram", "x": "amount"},
    "histogram by color": {"kind": "histogram", "x": "amount", "color": "region"},
    "box, 12 groups": {"kind": "box", "x": "region", "y": "amount"},
    "box, 500 groups": {"kind": "box", "x": "city", "y": "amount"},
    "heatmap": {"kind": "heatmap", "x": "region", "y": "city"},
    "pie": {"kind": "pie", "x": "region", "y": "sum(amount)"},
}

Draw = Callable[[Chart], Picture]


def sales(rows: int) -> pd.DataFrame:
    """Sales over five years: two text columns, a float, an integer, moments in order."""
    random = np.random.default_rng(1)
    regions = np.array([f"region {number}" for number in range(12)])
    cities = np.array([f"city {number}" for number in range(500)])
    moments = np.sort(random.integers(0, 5 * 365 * 86_400 * 10**6, rows))
    return pd.DataFrame(
        {
            "region": pd.Series(regions[random.integers(0, 12, rows)], dtype="str"),
            "city": pd.Series(cities[random.integers(0, 500, rows)], dtype="str"),
            "amount": random.gamma(2, 50, rows),
            "qty": random.integers(1, 100, rows),
            "day": np.datetime64("2020-01-01", "us") + moments.astype("timedelta64[us]"),
        }
    )


def step(words: dict[str, Any]) -> Chart:
    """The chart step of a line of the list."""
    return chart_step(**{"y": None, "color": None, "facet": None, **words})


def seconds(run: Callable[[], Any], repeat: int) -> float:
    """The median of some runs, after one that does not count."""
    times = []
    for _ in range(repeat + 1):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return statistics.median(times[1:])


def measure(name: str, draw: Draw, repeat: int) -> None:
    """Prints a line per kind of chart; fails where there are more marks than there may be."""
    print(f"\n{name:<28}{'seconds':>9}{'marks':>8}{'kB':>7}")
    for label, words in CHARTS.items():
        found: list[Picture] = []
        chart = step(words)
        took = seconds(partial(keep, found, draw, chart), repeat)
        marks, size = found[-1].marks.count, len(msgspec.json.encode(found[-1].figure))
        assert marks <= MOST_MARKS, f"{label}: {marks} marks"
        print(f"{label:<28}{took:>9.2f}{marks:>8,}{size / 1000:>7,.0f}", flush=True)


def keep(found: list[Picture], draw: Draw, chart: Chart) -> None:
    """Draws a chart, which is kept."""
    found.append(draw(chart))


def of_frame(df: pd.DataFrame) -> Draw:
    """Draws from a DataFrame, as a notebook does."""
    frame = Frame(df, name="df")
    return lambda chart: charting.draw(frame, chart, None, lambda look: look())[1]


def of_store(store: Store) -> Draw:
    """Draws from a shared table, as a server does."""
    return lambda chart: store.read("sales", partial(shared.draw, chart=chart))[1]


def rivals(df: pd.DataFrame, repeat: int) -> None:
    """The line of all values as plotly-resampler cuts it, and as raw points."""
    print(f"\n{'line of all values':<28}{'seconds':>9}{'points':>8}{'kB':>7}")
    draw, chart = of_frame(df), step(CHARTS["line of all values"])
    found = draw(chart)
    print(f"{'tabweave (M4, pixel-exact)':<28}{seconds(lambda: draw(chart), repeat):>9.2f}{found.marks.count:>8,}"
          f"{len(msgspec.json.encode(found.figure)) / 1000:>7,.0f}")  # fmt: skip
    x, y = df["day"].to_numpy(), df["amount"].to_numpy()
    if importlib.util.find_spec("tsdownsample") is None:
        print("tsdownsample is not installed: pip install tsdownsample")
    else:
        tsdownsample = importlib.import_module("tsdownsample")
        for label, method, points in (
            ("tsdownsample M4", tsdownsample.M4Downsampler(), 4 * WIDTH),
            ("tsdownsample MinMaxLTTB", tsdownsample.MinMaxLTTBDownsampler(), 1000),
        ):
            picked = method.downsample(x, y, n_out=points)
            took = seconds(partial(method.downsample, x, y, n_out=points), repeat)
            size = len(json.dumps({"x": np.datetime_as_string(x[picked]).tolist(), "y": y[picked].tolist()}))
            print(f"{label:<28}{took:>9.2f}{len(picked):>8,}{size / 1000:>7,.0f}")
    part = slice(0, min(len(df), 100_000))
    size = len(json.dumps({"x": np.datetime_as_string(x[part]).tolist(), "y": y[part].tolist()}))
    print(f"{'raw points as Plotly JSON':<28}{'':>9}{len(df):>8,}{size / 1000 * len(df) / (part.stop or 1):>7,.0f}")


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--store", action="store_true", help="from the store as well, which takes a minute to fill")
    wanted = parser.parse_args()
    df = sales(wanted.rows)
    print(f"{wanted.rows:,} rows, five columns, two of them text")
    measure("from a DataFrame", of_frame(df), wanted.repeat)
    rivals(df, wanted.repeat)
    if wanted.store:
        numbers = count(1)
        with tempfile.TemporaryDirectory() as folder:
            store = Store.open(Path(folder) / "store.duckdb", clock=time.time, draw=lambda: f"{next(numbers):016x}")
            try:
                store.create_table("sales", pa.Table.from_pandas(df, preserve_index=False), ME)
                del df
                measure("from a shared table", of_store(store), wanted.repeat)
            finally:
                store.close()


if __name__ == "__main__":
    main()
