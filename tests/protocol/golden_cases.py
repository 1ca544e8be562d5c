"""The golden cases: small frames and, written out by hand, what each cell of their windows is in the protocol's JSON."""

from __future__ import annotations

import datetime as dt
import decimal
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

NAN, INF = float("nan"), float("inf")


@dataclass(frozen=True)
class Case:
    """A frame, the positions of the window (all rows when None) and the cells expected, column by column."""

    df: pd.DataFrame
    cells: dict[str, list[Any]]
    positions: list[int] | None = None
    kinds: dict[str, str] = field(default_factory=dict)


def arrow(kind: pa.DataType, cells: list[Any]) -> pd.Series[Any]:
    """A series of an Arrow-backed dtype."""
    return pd.Series(pa.array(cells, kind), dtype=pd.ArrowDtype(kind))


def stamps(cells: list[str | None], unit: str, zone: str | None = None) -> pd.Series[Any]:
    """A timestamp series; cells are UTC where there is a zone."""
    ticks = pd.Series(np.array([cell or "NaT" for cell in cells], dtype=f"M8[{unit}]"))
    return ticks if zone is None else ticks.dt.tz_localize("UTC").dt.tz_convert(zone)


def frame(**columns: Any) -> pd.DataFrame:
    """A frame with these columns, in order."""
    return pd.DataFrame(dict(columns))


def cases() -> dict[str, Case]:
    """Every case by its file name."""
    return {
        "integer": Case(
            frame(
                int8=pd.Series([-128, 0, 127], dtype="int8"),
                int16=pd.Series([-32768, 0, 32767], dtype="int16"),
                int32=pd.Series([-(2**31), 0, 2**31 - 1], dtype="int32"),
                uint8=pd.Series([0, 1, 255], dtype="uint8"),
                uint16=pd.Series([0, 1, 65535], dtype="uint16"),
                uint32=pd.Series([0, 1, 2**32 - 1], dtype="uint32"),
            ),
            {
                "int8": [-128, 0, 127],
                "int16": [-32768, 0, 32767],
                "int32": [-2147483648, 0, 2147483647],
                "uint8": [0, 1, 255],
                "uint16": [0, 1, 65535],
                "uint32": [0, 1, 4294967295],
            },
        ),
        "integer_beyond_2_53": Case(
            frame(
                int64=pd.Series([-(2**63), -(2**53), -(2**53) + 1, 2**53 - 1, 2**53, 2**53 + 1, 2**63 - 1], dtype="int64"),
                uint64=pd.Series([0, 1, 2**53 - 1, 2**53, 2**53 + 1, 2**63, 2**64 - 1], dtype="uint64"),
            ),
            {
                "int64": [
                    "-9223372036854775808",
                    "-9007199254740992",
                    -9007199254740991,
                    9007199254740991,
                    "9007199254740992",
                    "9007199254740993",
                    "9223372036854775807",
                ],
                "uint64": [
                    0,
                    1,
                    9007199254740991,
                    "9007199254740992",
                    "9007199254740993",
                    "9223372036854775808",
                    "18446744073709551615",
                ],
            },
        ),
        "integer_missing": Case(
            frame(
                masked=pd.Series([1, None, 2**53 + 1], dtype="Int64"),
                small=pd.Series([None, 0, -5], dtype="Int8"),
                unsigned=pd.Series([2**64 - 1, None, 0], dtype="UInt64"),
                arrow=arrow(pa.int64(), [None, -(2**63), 3]),
            ),
            {
                "masked": [1, None, "9007199254740993"],
                "small": [None, 0, -5],
                "unsigned": ["18446744073709551615", None, 0],
                "arrow": [None, "-9223372036854775808", 3],
            },
        ),
        "float": Case(
            frame(
                float64=pd.Series([1.5, NAN, INF, -INF, -0.0, 0.1, 5e-324, 1.7976931348623157e308]),
                float32=pd.Series([0.5, NAN, INF, -INF, -0.0, 16777216.0, 2.0**-149, 0.25], dtype="float32"),
                float16=pd.Series([0.5, NAN, INF, -INF, -0.0, 2048.0, 65504.0, 0.25], dtype="float16"),
            ),
            {
                "float64": [1.5, None, "Infinity", "-Infinity", "-0", 0.1, 5e-324, 1.7976931348623157e308],
                "float32": [0.5, None, "Infinity", "-Infinity", "-0", 16777216, 1.401298464324817e-45, 0.25],
                "float16": [0.5, None, "Infinity", "-Infinity", "-0", 2048, 65504, 0.25],
            },
        ),
        "float_nan_and_missing": Case(
            frame(
                masked=pd.Series(pd.arrays.FloatingArray(np.array([NAN, 1.0, 2.5]), np.array([False, True, False]))),
                arrow=arrow(pa.float64(), [None, NAN, -0.0]),
                arrow32=arrow(pa.float32(), [NAN, None, 0.5]),
            ),
            {"masked": ["NaN", None, 2.5], "arrow": [None, "NaN", "-0"], "arrow32": ["NaN", None, 0.5]},
        ),
        "decimal": Case(
            frame(
                price=arrow(pa.decimal128(18, 2), [decimal.Decimal("12.30"), None, decimal.Decimal("-0.05")]),
                small=arrow(pa.decimal128(20, 9), [decimal.Decimal("0.000000001"), decimal.Decimal(0), None]),
                whole=arrow(
                    pa.decimal128(38, 0), [decimal.Decimal("9" * 38), decimal.Decimal("-" + "9" * 38), decimal.Decimal(0)]
                ),
                wide=arrow(pa.decimal256(60, 10), [decimal.Decimal("1" * 50 + ".0000000001"), None, decimal.Decimal(-1)]),
            ),
            {
                "price": ["12.30", None, "-0.05"],
                "small": ["0.000000001", "0.000000000", None],
                "whole": ["9" * 38, "-" + "9" * 38, "0"],
                "wide": ["1" * 50 + ".0000000001", None, "-1.0000000000"],
            },
        ),
        "boolean": Case(
            frame(
                plain=pd.Series([True, False, True]),
                masked=pd.Series([True, None, False], dtype="boolean"),
                arrow=arrow(pa.bool_(), [None, False, True]),
            ),
            {"plain": [True, False, True], "masked": [True, None, False], "arrow": [None, False, True]},
        ),
        "text": Case(
            frame(
                text=pd.Series(
                    ["plain", None, "", 'tab\tnew\nline\r\n"quote"', "a\u0000b", "Zoë e\u0301", "日本語 שלום", "👩‍👩‍👧 🏳️‍🌈", " "]
                ),
                nullable=pd.Series(["x", None, "", "ÿ", "\u2028", "\ufeff", "\U0010ffff", "<NA>", "nan"], dtype="string"),
                arrow=arrow(pa.string(), ["x", None, "", "ß", "İ", "ﬁ", "NULL", "0", "null"]),
            ),
            {
                "text": [
                    "plain",
                    None,
                    "",
                    'tab\tnew\nline\r\n"quote"',
                    "a\u0000b",
                    "Zoë e\u0301",
                    "日本語 שלום",
                    "👩‍👩‍👧 🏳️‍🌈",
                    " ",
                ],
                "nullable": ["x", None, "", "ÿ", "\u2028", "\ufeff", "\U0010ffff", "<NA>", "nan"],
                "arrow": ["x", None, "", "ß", "İ", "ﬁ", "NULL", "0", "null"],
            },
        ),
        "text_lone_surrogate": Case(
            frame(text=pd.Series(["a\ud800b", "\udfff", "ok", None], dtype=pd.StringDtype("python"))),
            {"text": ["a\ufffdb", "\ufffd", "ok", None]},
        ),
        "category": Case(
            frame(
                text=pd.Series(pd.Categorical(["b", None, "a", "b"], categories=["b", "a", "unused"])),
                ordered=pd.Series(pd.Categorical(["low", "high", None, "mid"], categories=["low", "mid", "high"], ordered=True)),
                number=pd.Series(pd.Categorical([3, 1, None, 3])),
                day=pd.Series(pd.Categorical([pd.Timestamp("2026-01-31"), None, pd.Timestamp("2026-02-01"), None])),
            ),
            {
                "text": ["b", None, "a", "b"],
                "ordered": ["low", "high", None, "mid"],
                "number": ["3", "1", None, "3"],
                "day": ["2026-01-31", None, "2026-02-01", None],
            },
        ),
        "category_of_many": Case(
            frame(text=pd.Series(pd.Categorical.from_codes(range(1000), [f"label {number}" for number in range(1000)]))),
            {"text": ["label 7", "label 999", "label 7"]},
            positions=[7, 999, 7],
        ),
        "date": Case(
            frame(
                day=arrow(
                    pa.date32(), [dt.date(2026, 1, 31), None, dt.date(1, 1, 1), dt.date(9999, 12, 31), dt.date(1969, 12, 31)]
                ),
                day64=arrow(
                    pa.date64(), [dt.date(2026, 1, 31), None, dt.date(1900, 2, 28), dt.date(2000, 2, 29), dt.date(1970, 1, 1)]
                ),
            ),
            {
                "day": ["2026-01-31", None, "0001-01-01", "9999-12-31", "1969-12-31"],
                "day64": ["2026-01-31", None, "1900-02-28", "2000-02-29", "1970-01-01"],
            },
        ),
        "time": Case(
            frame(
                s=arrow(pa.time32("s"), [0, 86_399, None]),
                ms=arrow(pa.time32("ms"), [1, 86_399_999, None]),
                us=arrow(pa.time64("us"), [dt.time(14, 5, 0, 500_000), None, dt.time(23, 59, 59, 999_999)]),
                ns=arrow(pa.time64("ns"), [1, None, 86_399_999_999_999]),
            ),
            {
                "s": ["00:00:00", "23:59:59", None],
                "ms": ["00:00:00.001", "23:59:59.999", None],
                "us": ["14:05:00.5", None, "23:59:59.999999"],
                "ns": ["00:00:00.000000001", None, "23:59:59.999999999"],
            },
        ),
        "timestamp": Case(
            frame(
                s=stamps(["2026-01-31T14:05:00", None, "0001-01-01T00:00:00", "9999-12-31T23:59:59"], "s"),
                ms=stamps(["2026-01-31T14:05:00.5", None, "1969-12-31T23:59:59.999", "1900-01-01"], "ms"),
                us=stamps(["2026-01-31T14:05:00.000001", None, "1969-12-31T23:59:59.999999", "1582-10-15"], "us"),
                ns=stamps(
                    ["2026-01-31T14:05:00.123456789", None, "1677-09-21T00:12:43.145224193", "2262-04-11T23:47:16.854775807"],
                    "ns",
                ),
            ),
            {
                "s": ["2026-01-31T14:05:00", None, "0001-01-01T00:00:00", "9999-12-31T23:59:59"],
                "ms": ["2026-01-31T14:05:00.5", None, "1969-12-31T23:59:59.999", "1900-01-01T00:00:00"],
                "us": ["2026-01-31T14:05:00.000001", None, "1969-12-31T23:59:59.999999", "1582-10-15T00:00:00"],
                "ns": ["2026-01-31T14:05:00.123456789", None, "1677-09-21T00:12:43.145224193", "2262-04-11T23:47:16.854775807"],
            },
        ),
        "timestamp_zone": Case(
            frame(
                utc=stamps(["2026-01-31T14:05:00", None, "1969-12-31T23:59:59.999999999"], "ns", "UTC"),
                berlin=stamps(["2026-01-31T14:05:00", "2026-10-25T00:30:00", "2026-10-25T01:30:00"], "us", "Europe/Berlin"),
                fixed=stamps(["2026-01-31T14:05:00", None, "2026-07-01T00:00:00"], "s", "+05:30"),
                arrow=arrow(pa.timestamp("ms", "America/New_York"), [0, None, 1_769_868_300_250]),
            ),
            {
                "utc": ["2026-01-31T14:05:00Z", None, "1969-12-31T23:59:59.999999999Z"],
                "berlin": ["2026-01-31T14:05:00Z", "2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z"],
                "fixed": ["2026-01-31T14:05:00Z", None, "2026-07-01T00:00:00Z"],
                "arrow": ["1970-01-01T00:00:00Z", None, "2026-01-31T14:05:00.25Z"],
            },
        ),
        "duration": Case(
            frame(
                s=pd.Series(np.array([1, "NaT", -86_400], dtype="m8[s]")),
                ms=pd.Series(np.array([1, "NaT", -1], dtype="m8[ms]")),
                us=pd.Series(np.array([1, "NaT", -1], dtype="m8[us]")),
                ns=pd.Series(np.array([2**63 - 1, "NaT", -(2**63) + 1], dtype="m8[ns]")),
                arrow=arrow(pa.duration("s"), [10**10, None, -(10**10)]),
            ),
            {
                "s": ["1000000000", None, "-86400000000000"],
                "ms": ["1000000", None, "-1000000"],
                "us": ["1000", None, "-1000"],
                "ns": ["9223372036854775807", None, "-9223372036854775807"],
                "arrow": ["10000000000000000000", None, "-10000000000000000000"],
            },
        ),
        "binary": Case(
            frame(
                bytes=arrow(pa.binary(), [b"\x00\xff", None, b""]),
                large=arrow(pa.large_binary(), [b"tab", None, bytes(range(5))]),
                fixed=arrow(pa.binary(2), [b"ab", None, b"\x00\x00"]),
            ),
            {"bytes": ["AP8=", None, ""], "large": ["dGFi", None, "AAECAwQ="], "fixed": ["YWI=", None, "AAA="]},
        ),
        "nested": Case(
            frame(
                list=arrow(pa.list_(pa.int64()), [[1, None, 2**53 + 1], None, []]),
                text=arrow(pa.large_list(pa.string()), [["a", None], ["é"], None]),
                struct=arrow(
                    pa.struct([("a", pa.int32()), ("b", pa.string())]), [{"a": 1, "b": "x"}, None, {"a": None, "b": None}]
                ),
                deep=arrow(pa.list_(pa.struct([("n", pa.float64())])), [[{"n": 0.5}], [], [{"n": NAN}, None]]),
            ),
            {
                "list": ['[1,null,{"$int":"9007199254740993"}]', None, "[]"],
                "text": ['["a",null]', '["é"]', None],
                "struct": ['{"$dict":[["a",1],["b","x"]]}', None, '{"$dict":[["a",null],["b",null]]}'],
                "deep": ['[{"$dict":[["n",0.5]]}]', "[]", '[{"$dict":[["n",{"$float":"NaN"}]]},null]'],
            },
        ),
        "object": Case(
            frame(
                mixed=pd.Series(
                    [
                        None,
                        True,
                        12,
                        2**53 + 1,
                        -(2**70),
                        "text",
                        "12",
                        1.5,
                        INF,
                        -0.0,
                        decimal.Decimal("1.20"),
                        dt.date(2026, 1, 31),
                        dt.time(14, 5, 0, 500_000),
                        pd.Timestamp("2026-01-31T14:05:00.000000001"),
                        pd.Timedelta(1, unit="ns"),
                        b"\x00\xff",
                        [1, "a", None],
                        {"k": [1.5], 2: None},
                        NAN,
                        pd.NA,
                        1j,
                    ],
                    dtype=object,
                )
            ),
            {
                "mixed": [
                    None,
                    "true",
                    "12",
                    '{"$int":"9007199254740993"}',
                    '{"$int":"-1180591620717411303424"}',
                    '"text"',
                    '"12"',
                    "1.5",
                    '{"$float":"Infinity"}',
                    '{"$float":"-0"}',
                    '{"$decimal":"1.20"}',
                    '{"$date":"2026-01-31"}',
                    '{"$time":"14:05:00.5"}',
                    '{"$timestamp":"2026-01-31T14:05:00.000000001"}',
                    '{"$duration":"1"}',
                    '{"$bytes":"AP8="}',
                    '[1,"a",null]',
                    '{"$dict":[["k",[1.5]],[2,null]]}',
                    None,
                    None,
                    '{"$repr":"1j"}',
                ]
            },
        ),
        "without_arrow_type": Case(
            frame(
                period=pd.Series(pd.PeriodIndex(["2026-01", None, "2026-03"], freq="M")),
                interval=pd.Series(pd.arrays.IntervalArray.from_tuples([(0, 1), None, (1, 2)])),
                complex=pd.Series([1 + 2j, complex(NAN, 0), complex(0, -1)]),
                sparse=pd.Series(pd.arrays.SparseArray([0, 0, 5])),
            ),
            {
                "period": ['"2026-01"', None, '"2026-03"'],
                "interval": ['"(0.0, 1.0]"', None, '"(1.0, 2.0]"'],
                "complex": ['"(1+2j)"', None, '"-1j"'],
                "sparse": [0, 0, 5],
            },
        ),
        "index_levels": Case(
            pd.DataFrame(
                {"n": [1, 2, 3]},
                index=pd.MultiIndex.from_arrays(
                    [["a", "a", "b"], pd.to_datetime(["2026-01-01"] * 3).as_unit("s")], names=["key", None]
                ),
            ),
            {"key": ["a", "a", "b"], "level_1": ["2026-01-01T00:00:00"] * 3, "n": [1, 2, 3]},
        ),
        "permuted": Case(
            frame(n=np.arange(10, dtype="int64"), text=pd.Series(list("abcdefghij"))),
            {"n": [9, 0, 5], "text": ["j", "a", "f"]},
            positions=[9, 0, 5],
        ),
        "no_rows": Case(
            frame(n=pd.Series([], dtype="int64"), text=pd.Series([], dtype="str"), category=pd.Series([], dtype="category")),
            {"n": [], "text": [], "category": []},
        ),
        "no_columns": Case(pd.DataFrame(index=pd.RangeIndex(3)), {}),
    }
