"""What cells become: converted only when a whole column agrees, and never without a word."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pyarrow as pa
import pytest
from tabweave_core.engine.ingest import read
from tabweave_core.errors import BadFile


@pytest.fixture
def column(write):
    """Reads one column of texts beside a column of words."""

    def take(*cells: str, name: str = "x", **options):
        quoted = "\n".join('"' + cell.replace('"', '""') + '",w' for cell in cells)
        ingested = read(write("t.csv", f'"{name}",word\n{quoted}\n'), header=1, **options)
        return ingested.table[name], {finding.code: finding for finding in ingested.findings if finding.column == name}, ingested

    return take


@pytest.mark.parametrize(
    ("cells", "values"),
    [
        (("1", "-20", "0"), [1, -20, 0]),
        (("9223372036854775807", "-9223372036854775808"), [2**63 - 1, -(2**63)]),
        (("1.5", "2", ".5", "-3e2"), [1.5, 2.0, 0.5, -300.0]),
        (("$209.30 ", "$0 ", "-$1,234.50"), [209.3, 0.0, -1234.5]),
        (("27.00%", "3.7%", "-0.1%"), [0.27, 0.037, -0.001]),
        (("(12.00)", "1,234.50", "7"), [-12.0, 1234.5, 7.0]),
        (("1.234,50", "0,5", "12"), [1234.5, 0.5, 12.0]),
        (("1 234,5", "22 345,25"), [1234.5, 22345.25]),
        (("1'234.50", "5.25"), [1234.5, 5.25]),
        (("12,34,567", "1,000"), [1234567, 1000]),
        (("1.234.567", "1.000"), [1234567, 1000]),
        (("€5", "€6,50"), [5.0, 6.5]),
        (("5 EUR", "6 EUR"), [5, 6]),
        (("true", "FALSE", "True"), [True, False, True]),
        (("yes", "No", "yes"), [True, False, True]),
        (("12/30/2017", "1/5/2018"), [dt.date(2017, 12, 30), dt.date(2018, 1, 5)]),
        (("30.12.2017", "5.1.2018"), [dt.date(2017, 12, 30), dt.date(2018, 1, 5)]),
        (("2020-02-29", "1999-12-31"), [dt.date(2020, 2, 29), dt.date(1999, 12, 31)]),
        (("5 Jan 2020", "17 February 2020"), [dt.date(2020, 1, 5), dt.date(2020, 2, 17)]),
        (("Jan 5, 2020", "February 17, 2020"), [dt.date(2020, 1, 5), dt.date(2020, 2, 17)]),
        (("7:10 a.m.", "12:05 PM"), [dt.time(7, 10), dt.time(12, 5)]),
        (
            ("2020-01-01 10:00", "2020-01-02T11:12:13.5"),
            [dt.datetime(2020, 1, 1, 10), dt.datetime(2020, 1, 2, 11, 12, 13, 500000)],
        ),
        (("1/2/2020 4:05 PM", "1/20/2020 0:00"), [dt.datetime(2020, 1, 2, 16, 5), dt.datetime(2020, 1, 20)]),
    ],
)
def test_a_column_that_agrees_is_converted(column, cells, values):
    array, _, _ = column(*cells)
    assert array.to_pylist() == values


@pytest.mark.parametrize(
    "cells",
    [
        ("007", "008", "12"),
        ("0x1F", "0x2A"),
        ("1-2", "3-4"),
        ("+491701234567", "+4917012345"),
        ("12 34", "56 78"),
        ("1.2.13", "1.3.1"),
        ("192.168.0.1", "10.0.0.1"),
        ("NO", "NO"),
        ("Y", "N"),
        ("n/a", "n/a"),
        ("$5", "€6"),
        ("1e", "2e"),
        ("12:99", "25:00"),
        ("2020-02-30", "2020-02-31"),
        ("1" * 40, "2"),
        ("--5", "6"),
        ("(5", "6"),
    ],
)
def test_what_only_looks_like_a_value_stays_text(column, cells):
    array, _, _ = column(*cells)
    assert array.type == pa.string()
    assert array.to_pylist() == list(cells)


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        (("$5.00", "$6.00"), "T2"),
        (("5%", "6%"), "T2"),
        (("1,5", "2,25"), "T2"),
        (("1,234", "5"), "T4"),
        (("1/2/2020", "3/4/2020"), "T5"),
        (("1/20/20", "3/4/20"), "T5"),
        (("007", "008", "012"), "T7"),
        ((" 5 ", "6"), "X1"),
        (("5", "n/a"), "M2"),
        (("yes", "no"), "T9"),
        (("yes", "no", "Yes", "true"), "T9"),
        (("1.0", "2.0", ""), "T8"),
        (("1.23E+11", "5.5"), "T6"),
        (("2020-01-01T00:00:00Z", "2020-01-01T00:00:00+02:00"), "D3"),
        (("0.05", "0.06", "0.07", "0.08", "9%"), "T3"),
        (("12.0 oz", "12.0 oz.", "16.0 ounce"), "T3"),
        (("99999999999999999999", "1"), "T2"),
        (("", ""), "S3"),
    ],
)
def test_a_reading_that_is_not_the_bare_text_is_announced(column, cells, code):
    _, findings, _ = column(*cells)
    assert code in findings


def test_a_column_that_nearly_converts_names_what_stands_in_the_way(column):
    array, findings, _ = column(*(str(i) for i in range(200)), "abc", "5x")
    assert array.type == pa.string()
    assert array.to_pylist()[-2:] == ["abc", "5x"]
    assert (findings["T1"].rows, findings["T1"].count) == ((200, 201), 2)
    assert "'abc'" in findings["T1"].message


def test_disguised_missing_values_are_listed_with_their_spellings(column):
    array, findings, _ = column("1", "N/A", "-", "2", "#N/A", "N/A")
    assert array.to_pylist() == [1, None, None, 2, None, None]
    assert (findings["M2"].count, findings["M2"].rows) == (4, (1, 2, 4, 5))
    assert all(f"'{spelling}'" in findings["M2"].message for spelling in ("N/A", "-", "#N/A"))


def test_disguised_missing_values_in_text_are_kept_and_pointed_out(column):
    array, findings, _ = column("NA", "Brick", "NA")
    assert array.to_pylist() == ["NA", "Brick", "NA"]
    assert (findings["M2"].count, findings["M2"].rows) == (2, (0, 2))


def test_one_decided_column_decides_the_ambiguous_ones(write):
    ingested = read(write("t.csv", "a;b;c;d\n1,5;1,234;1/2/2020;13/2/2020\n2,5;2,500;3/4/2020;5/6/2020\n"))
    table = ingested.table
    assert table["b"].to_pylist() == [1.234, 2.5]
    assert table["c"].to_pylist() == [dt.date(2020, 2, 1), dt.date(2020, 4, 3)]


def test_the_caller_decides_ambiguous_columns(column):
    assert column("1/2/2020", dates="dmy")[0].to_pylist() == [dt.date(2020, 2, 1)]
    assert column("1/2/2020", dates="text")[0].to_pylist() == ["1/2/2020"]
    assert column("12/30/2017", dates="dmy")[0].to_pylist() == ["12/30/2017"]
    assert column("2017-12-30", dates="dmy")[0].to_pylist() == [dt.date(2017, 12, 30)]
    assert column("1,234", decimal=",")[0].to_pylist() == [1.234]
    assert column("1.234", "5.5", thousands="'")[0].to_pylist() == [1.234, 5.5]


def test_mixed_date_orders_stay_text(column):
    array, findings, _ = column(*["12/30/2017"] * 9, "30/12/2017")
    assert array.type == pa.string()
    assert (findings["T5"].count, findings["T5"].rows) == (1, (9,))


def test_offsets_are_kept_or_announced(column):
    same, _, _ = column("2020-01-01T10:00:00+02:00", "2020-06-01T10:00:00+02:00")
    assert same.type == pa.timestamp("us", "+02:00")
    nanos, _, _ = column("2020-01-01T10:00:00.123456789Z")
    assert nanos.cast(pa.int64()).to_pylist() == [1577872800123456789]


def test_postal_codes_stay_text_and_lost_zeros_are_noticed(column):
    array, findings, _ = column("10009", "47201", "6010", name="Postal Code")
    assert array.to_pylist() == ["10009", "47201", "6010"]
    assert (findings["T7"].count, findings["T7"].rows) == (1, (2,))


def test_numbers_beyond_64_bits_are_exact(column):
    array, _, _ = column("99999999999999999999", "1")
    assert array.to_pylist() == [Decimal("99999999999999999999"), Decimal(1)]
    array, _, _ = column("0.1000000000000000055511151231257827", "1")
    assert array.to_pylist()[0] == Decimal("0.1000000000000000055511151231257827")


@pytest.mark.parametrize(
    ("kind", "cells", "values"),
    [
        ("text", ("1", "2"), ["1", "2"]),
        ("float", ("1", "2"), [1.0, 2.0]),
        ("decimal", ("1.10", "2"), [Decimal("1.10"), Decimal("2.00")]),
        ("decimal", ("$1,000.5", "2"), [Decimal("1000.5"), Decimal("2.0")]),
        ("date", ("1/2/2020", "2/2/2020"), [dt.date(2020, 1, 2), dt.date(2020, 2, 2)]),
        ("timestamp", ("2020-01-02", "2020-01-03"), [dt.datetime(2020, 1, 2), dt.datetime(2020, 1, 3)]),
        ("integer", ("007", "12"), [7, 12]),
        ("boolean", ("no", "NO"), [False, False]),
        ("time", ("10:00", ""), [dt.time(10), None]),
    ],
)
def test_a_type_that_is_asked_for_is_given(column, kind, cells, values):
    assert column(*cells, types={"x": kind})[0].to_pylist() == values


def test_a_type_that_does_not_fit_is_refused_with_the_cells(column):
    with pytest.raises(BadFile, match=r"like 'two' \(row 2\)"):
        column("1", "two", types={"x": "integer"})


def accounted(text: str, value: object, reading) -> bool:
    """Whether a converted cell still says what its text said, judged without the code under test."""
    text = text.strip()
    if value is None:
        return text.casefold() in {"", *(word.casefold() for word in reading.missing), "n/a", "na", "-", "null"}
    if reading.kind == "text":
        return text == str(value).strip()
    if reading.kind == "boolean":
        return (text.casefold() in {"true", "yes"}) is value
    if reading.kind in ("integer", "float", "decimal"):
        negative = text.startswith(("-", "(")) or text[1:2] == "-"
        digits = (
            text.strip("()-+")
            .replace(reading.unit, "")
            .strip("()-+ ")
            .replace(reading.thousands or "\0", "")
            .replace(reading.decimal, ".")
        )
        exact = Decimal(digits) / {"%": 100, "‰": 1000}.get(reading.unit, 1) * (-1 if negative else 1)
        return float(exact) == float(value) if reading.kind == "float" else exact == value
    figures = sorted(int(part) for part in "".join(c if c.isdigit() else " " for c in text).split())
    parts = [value.year, value.month, value.day] if reading.kind == "date" else []
    return sorted(part if part in figures or part < 1000 else part % 100 for part in parts) == figures


@pytest.mark.parametrize(
    "cells",
    [
        ("1", "-20", "", "n/a", "300"),
        ("$209.30 ", "$0 ", "-$1,234.50", "NA"),
        ("27.00%", "3.7%", "33.333333%", "-"),
        ("1.234,50", "0,5", "12", ""),
        ("0.1", "0.30000000000000004", "1e-7", "123456.789"),
        ("12/30/2017", "1/5/2018", "null"),
        ("1/20/71", "12/31/15"),
        ("2020-02-29", ""),
        ("yes", "no", "Yes", "n/a"),
        ("007", "8"),
    ],
)
def test_the_text_of_every_converted_cell_is_accounted_for(column, cells):
    array, _, ingested = column(*cells)
    reading = ingested.dialect.columns["x"]
    assert [accounted(cell, value, reading) for cell, value in zip(cells, array.to_pylist(), strict=True)] == [True] * len(cells)


def test_a_column_that_leaves_its_decimal_sign_open_follows_the_column_beside_it(write):
    ingested = read(write("t.csv", "units;price\n1.234;1,5\n2.345;2,25\n"))
    assert ingested.table["units"].to_pylist() == [1234, 2345]
    assert any(finding.column == "units" and "thousands" in finding.message for finding in ingested.findings)
