"""Any table written in any dialect is read back equal."""

from __future__ import annotations

import csv
import datetime as dt
import io
import tempfile
from collections import Counter
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tabweave_core import errors
from tabweave_core.engine.ingest import Ingested, blocks, describe, read

ROUND = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])

# Words that are nothing else: with letters no number, date, unit or name for nothing has.
words = st.text(st.sampled_from("qwxéß ,;\t|\"'\n.-1"), max_size=12).map(lambda tail: f"zq{tail}q")
columns = st.one_of(
    st.lists(words, min_size=1, max_size=20),
    st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=20),
    st.lists(st.floats(allow_nan=False, allow_infinity=False).map(lambda x: float(repr(x))), min_size=1, max_size=20),
    st.lists(st.dates(dt.date(1, 1, 1)), min_size=1, max_size=20),
    st.lists(st.booleans(), min_size=1, max_size=20),
    st.lists(st.datetimes(dt.datetime(1700, 1, 1)), min_size=1, max_size=20),
)


def read_bytes(content: bytes, size: int, **options) -> Ingested:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "t.csv"
        path.write_bytes(content)
        before, blocks.BLOCK = blocks.BLOCK, size
        try:
            return read(path, **options)
        finally:
            blocks.BLOCK = before


def spell(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(value) if isinstance(value, float) else str(value)


@ROUND
@given(
    st.lists(columns, min_size=2, max_size=5),
    st.sampled_from(",;\t|"),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    st.integers(40, 4000),
)
def test_a_table_written_in_any_dialect_reads_back_equal(cells, delimiter, newline, quoting, encoding, size):
    height = min(map(len, cells))
    cells = [column[:height] for column in cells]
    names = [f"name {at}" for at in range(len(cells))]
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter, lineterminator=newline, quoting=quoting)
    writer.writerow(names)
    writer.writerows([spell(value) for value in row] for row in zip(*cells, strict=True))
    content = out.getvalue().encode(encoding)
    ingested = read_bytes(content, size, delimiter=delimiter, header=1)
    assert ingested.rejected == []
    assert ingested.table.column_names == names
    for read_back, written in zip(ingested.table.columns, cells, strict=True):
        values = read_back.to_pylist()
        if isinstance(written[0], dt.datetime) and isinstance(values[0], dt.date) and not isinstance(values[0], dt.datetime):
            values = [dt.datetime.combine(value, dt.time()) for value in values]
        assert values == written


@ROUND
@given(
    st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8), min_size=1, max_size=12),
    st.integers(30, 400),
)
def test_no_text_is_ever_lost(cells, size):
    out = io.StringIO(newline="")
    writer = csv.writer(out, quoting=csv.QUOTE_ALL)
    writer.writerow(["key", "text"])
    writer.writerows(["k", cell] for cell in cells)
    ingested = read_bytes(out.getvalue().encode(), size, format="csv", delimiter=",", header=1, types={"text": "text"})
    assert [value or "" for value in ingested.table["text"].to_pylist()] == cells


@ROUND
@given(st.text("xyz,;\"'\n\r", min_size=1, max_size=80).filter(lambda text: text.strip("\r\n")), st.integers(5, 60))
def test_every_letter_of_a_messy_file_is_in_the_table_or_rejected(text, size):
    try:
        ingested = read_bytes(text.encode(), size, format="csv", delimiter=",", header=False)
    except errors.BadFile:
        return
    cells = [cell for column in ingested.table.columns for cell in column.to_pylist() if cell is not None]
    kept = Counter("".join(map(str, cells)) + "".join(line.text for line in ingested.rejected))
    assert {letter: kept[letter] for letter in "xyz"} == {letter: text.count(letter) for letter in "xyz"}
    assert [line.line for line in ingested.rejected] == sorted(line.line for line in ingested.rejected)


@ROUND
@given(st.one_of(st.binary(max_size=200), st.text('{}[]",:\n1a.%$é', max_size=80).map(str.encode)), st.integers(5, 60))
def test_any_bytes_are_read_or_refused_with_advice(content, size):
    outcome: Ingested | errors.TabweaveError
    try:
        outcome = read_bytes(content, size)
    except errors.TabweaveError as refusal:
        outcome = refusal
    assert describe(outcome) if isinstance(outcome, Ingested) else outcome.message and outcome.hint
