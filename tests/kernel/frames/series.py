"""Hypothesis strategies: a pandas Series of any dtype, with the values that break things."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from hypothesis import strategies as st

UNITS = ("s", "ms", "us", "ns")
PER_DAY = {"s": 86_400, "ms": 86_400 * 10**3, "us": 86_400 * 10**6, "ns": 86_400 * 10**9}
ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "+05:30")
FLOATS = st.floats() | st.sampled_from([0.0, -0.0, float("nan"), float("inf"), -float("inf"), 1e15, 1e16, 1e-5, 3.0])
TEXTS = st.text(max_size=20) | st.sampled_from(
    ["", "a", "A", "a\u0000", "aa", "abcdefgh", "abcdefghi", "é", '\t"\n', "ß", "\U0010ffff"]
)
OBJECTS = (
    st.none()
    | st.booleans()
    | st.integers()
    | FLOATS
    | TEXTS
    | st.decimals(allow_nan=False, allow_infinity=False)
    | st.dates()
    | st.datetimes()
    | st.times()
    | st.timedeltas(max_value=dt.timedelta(days=10**5), min_value=dt.timedelta(days=-(10**5)))
    | st.binary(max_size=8)
    | st.lists(st.integers() | st.text(max_size=3), max_size=3)
    | st.dictionaries(st.text(max_size=3), st.integers(), max_size=2)
)
INTEGERS = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")


def holed(values: st.SearchStrategy[Any], size: int) -> st.SearchStrategy[list[Any]]:
    """Lists of values, some missing."""
    return st.lists(st.none() | values, min_size=size, max_size=size)


def within(name: str) -> st.SearchStrategy[int]:
    limits = np.iinfo(name)
    return st.integers(int(limits.min), int(limits.max)) | st.integers(0, 3)


def integers(size: int) -> st.SearchStrategy[pd.Series[Any]]:
    plain = st.sampled_from(INTEGERS).flatmap(
        lambda name: st.lists(within(name), min_size=size, max_size=size).map(
            lambda cells: pd.Series(np.array(cells, dtype=name))
        )
    )
    masked = st.sampled_from(INTEGERS).flatmap(
        lambda name: holed(within(name), size).map(
            lambda cells: pd.Series(pd.array(cells, dtype=name.replace("int", "Int").replace("uI", "UI")))
        )
    )
    arrow = st.sampled_from(INTEGERS).flatmap(
        lambda name: holed(within(name), size).map(lambda cells: arrow_series(cells, getattr(pa, name)()))
    )
    return plain | masked | arrow


def arrow_series(cells: list[Any], kind: pa.DataType) -> pd.Series[Any]:
    """Arrow-backed, sometimes in two chunks."""
    array = pa.array(cells, kind)
    chunked = (
        pa.chunked_array([array[: len(cells) // 2], array[len(cells) // 2 :]]) if len(cells) % 2 else pa.chunked_array([array])
    )
    return pd.Series(pd.arrays.ArrowExtensionArray(chunked))


def floats(size: int) -> st.SearchStrategy[pd.Series[Any]]:
    cells = st.lists(FLOATS, min_size=size, max_size=size)
    singles = st.lists(st.floats(width=32), min_size=size, max_size=size)
    masks = st.lists(st.booleans(), min_size=size, max_size=size)
    return (
        cells.map(lambda found: pd.Series(np.array(found, dtype="float64")))
        | singles.map(lambda found: pd.Series(np.array(found, dtype="float32")))
        | st.tuples(cells, masks).map(
            lambda pair: pd.Series(pd.arrays.FloatingArray(np.array(pair[0], dtype="float64"), np.array(pair[1], dtype=bool)))
        )
        | holed(FLOATS, size).map(lambda found: arrow_series(found, pa.float64()))
        | holed(st.floats(width=32), size).map(lambda found: arrow_series(found, pa.float32()))
    )


def booleans(size: int) -> st.SearchStrategy[pd.Series[Any]]:
    return (
        st.lists(st.booleans(), min_size=size, max_size=size).map(lambda found: pd.Series(np.array(found, dtype=bool)))
        | holed(st.booleans(), size).map(lambda found: pd.Series(pd.array(found, dtype="boolean")))
        | holed(st.booleans(), size).map(lambda found: arrow_series(found, pa.bool_()))
    )


def texts(size: int) -> st.SearchStrategy[pd.Series[Any]]:
    cells = holed(TEXTS, size)
    return (
        cells.map(lambda found: pd.Series(found, dtype="str"))
        | cells.map(lambda found: pd.Series(found, dtype="string"))
        | cells.map(lambda found: pd.Series(found, dtype=pd.StringDtype("python")))
        | cells.map(lambda found: arrow_series(found, pa.string()))
    )


def categories(size: int) -> st.SearchStrategy[pd.Series[Any]]:
    known = st.lists(TEXTS, min_size=1, max_size=5, unique=True)
    return st.tuples(known, st.booleans(), st.lists(st.integers(-1, 4), min_size=size, max_size=size)).map(
        lambda parts: pd.Series(
            pd.Categorical.from_codes(
                [min(code, len(parts[0]) - 1) for code in parts[2]], pd.Index(parts[0], dtype="str"), ordered=parts[1]
            )
        )
    )


def timestamps(size: int) -> st.SearchStrategy[pd.Series[Any]]:
    def build(parts: tuple[str, str | None, list[int | None]]) -> pd.Series[Any]:
        unit, zone, cells = parts
        ticks = np.array(
            [np.iinfo("int64").min if cell is None else cell * PER_DAY[unit] // 1000 for cell in cells], dtype="int64"
        )
        series = pd.Series(ticks.view(f"M8[{unit}]"))
        return series if zone is None else series.dt.tz_localize("UTC").dt.tz_convert(zone)

    cells = holed(st.integers(-30_000_000, 40_000_000), size)
    return st.tuples(st.sampled_from(UNITS), st.none() | st.sampled_from(ZONES), cells).map(build)


def durations(size: int) -> st.SearchStrategy[pd.Series[Any]]:
    cells = holed(st.integers(-(10**15), 10**15), size)
    return st.tuples(st.sampled_from(UNITS), cells).map(
        lambda parts: pd.Series(
            np.array([np.iinfo("int64").min if cell is None else cell for cell in parts[1]], dtype="int64").view(
                f"m8[{parts[0]}]"
            )
        )
    )


def dates(size: int) -> st.SearchStrategy[pd.Series[Any]]:
    return holed(st.dates(), size).map(lambda found: arrow_series(found, pa.date32()))


def times(size: int) -> st.SearchStrategy[pd.Series[Any]]:
    return holed(st.times(), size).map(lambda found: arrow_series(found, pa.time64("us"))) | holed(
        st.integers(0, 86_400 * 10**9 - 1), size
    ).map(lambda found: arrow_series(found, pa.time64("ns")))


def decimals(size: int) -> st.SearchStrategy[pd.Series[Any]]:
    small = holed(st.integers(-(10**6), 10**6).map(lambda n: Decimal(n).scaleb(-2)), size)
    large = holed(st.integers(-(10**30), 10**30).map(lambda n: Decimal(n).scaleb(-3)), size)
    return small.map(lambda found: arrow_series(found, pa.decimal128(18, 2))) | large.map(
        lambda found: arrow_series(found, pa.decimal128(38, 3))
    )


def binaries(size: int) -> st.SearchStrategy[pd.Series[Any]]:
    return holed(st.binary(max_size=20), size).map(lambda found: arrow_series(found, pa.binary()))


def nested(size: int) -> st.SearchStrategy[pd.Series[Any]]:
    cells = holed(st.lists(st.none() | st.integers(-(2**60), 2**60), max_size=3), size)
    return cells.map(lambda found: arrow_series(found, pa.list_(pa.int64())))


def mixed(size: int) -> st.SearchStrategy[pd.Series[Any]]:
    def build(cells: list[Any]) -> pd.Series[Any]:
        array = np.empty(len(cells), dtype=object)
        array[:] = cells
        return pd.Series(array)

    return st.lists(OBJECTS, min_size=size, max_size=size).map(build)


KINDS = {
    "integer": integers,
    "float": floats,
    "boolean": booleans,
    "text": texts,
    "category": categories,
    "timestamp": timestamps,
    "duration": durations,
    "date": dates,
    "time": times,
    "decimal": decimals,
    "binary": binaries,
    "nested": nested,
    "object": mixed,
}


def any_series(size: int, *kinds: str) -> st.SearchStrategy[pd.Series[Any]]:
    """A series of `size` cells of one of these kinds (all when none is named)."""
    return st.one_of([KINDS[kind](size) for kind in kinds or KINDS])


def frames(*kinds: str, columns: int = 1, rows: int = 12) -> st.SearchStrategy[pd.DataFrame]:
    """A frame of some columns of these kinds, named c0, c1 …"""
    return st.integers(0, rows).flatmap(
        lambda size: st.lists(any_series(size, *kinds), min_size=columns, max_size=columns).map(
            lambda found: pd.DataFrame({f"c{number}": series for number, series in enumerate(found)})
        )
    )


def compared(series: pd.Series[Any]) -> list[Any]:
    """The cells as Python compares them, None where missing; times in ticks, because Python's end at microseconds."""
    if isinstance(series.dtype, pd.ArrowDtype) and pa.types.is_time(series.dtype.pyarrow_dtype):
        return pa.chunked_array(series.array.__arrow_array__()).cast(pa.int64()).to_pylist()
    cells = list(series.array)
    return [None if cell is None or cell is pd.NA or cell is pd.NaT else cell for cell in cells]


def stamped(cells: list[str | None], unit: str, zone: str | None = None) -> pd.Series[Any]:
    """Timestamps from ISO texts, of UTC where there is a zone."""
    plain = pd.Series(np.array([cell or "NaT" for cell in cells], dtype=f"M8[{unit}]"))
    return plain if zone is None else plain.dt.tz_localize("UTC").dt.tz_convert(zone)
