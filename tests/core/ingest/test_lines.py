"""Every line of a delimited file is in the table or among the rejected."""

from __future__ import annotations

import gzip
import io
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest
from tabweave_core.engine.ingest import blocks, delimited, describe, layout, read
from tabweave_core.engine.ingest.blocks import Cutter, Marks
from tabweave_core.errors import BadFile, Unavailable

if TYPE_CHECKING:
    from pathlib import Path


def rows(path: Path, **options: object) -> list[list[object]]:
    table = read(path, **options).table
    return [list(row.values()) for row in table.to_pylist()]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_the_delimiter_and_line_ends_are_found(write, delimiter, newline):
    lines = [["name", "n"], ["Ann", "1"], ["Bo", "2"], ["Cy", "3"]]
    ingested = read(write("t.csv", newline.join(delimiter.join(line) for line in lines)))
    assert ingested.table.to_pydict() == {"name": ["Ann", "Bo", "Cy"], "n": [1, 2, 3]}
    assert (ingested.dialect.delimiter, ingested.dialect.newline, ingested.dialect.header) == (delimiter, newline, 1)
    assert not ingested.rejected


def test_columns_aligned_with_spaces_are_read(write):
    path = write("t.txt", "x    y   z\n1    2   3\n10  20  30\n5   6    7\n")
    assert read(path).table.to_pydict() == {"x": [1, 10, 5], "y": [2, 20, 6], "z": [3, 30, 7]}


def test_ragged_lines_are_kept_with_number_reason_and_text(write):
    ingested = read(write("t.csv", 'a,b\n1,2\n\n3\n4,"x\ny"\n5,6,7\n8,9\n'))
    assert [(r.line, r.reason, r.text) for r in ingested.rejected] == [
        (4, "1 cell instead of 2", "3"),
        (7, "3 cells instead of 2", "5,6,7"),
    ]
    assert ingested.table["a"].to_pylist() == [1, 4, 8]
    assert [f.count for f in ingested.findings if f.code == "S1"] == [2]


def test_a_quote_that_never_closes_costs_its_own_line_only(write):
    ingested = read(write("t.csv", 'a,b\n1,x\n2,"oops\n3,y\n4,"fine"\n'))
    assert ingested.table["a"].to_pylist() == [1, 3, 4]
    assert [(r.line, r.text) for r in ingested.rejected] == [(3, '2,"oops')]
    assert "not closed" in ingested.rejected[0].reason


def test_a_file_of_runaway_quotes_is_read_in_reasonable_time(write):
    ingested = read(write("t.csv", "a,b\n" + '1,"oops\n' * 20_000 + "2,x\n"))
    assert len(ingested.rejected) == 20_000
    assert ingested.table.to_pydict() == {"a": [2], "b": ["x"]}


def test_stray_quotes_inside_fields_are_kept(write):
    path = write("t.csv", 'size,n\n5" pipe,1\n"3" bolt",2\n"a ""b"" c",3\n')
    assert read(path).table["size"].to_pylist() == ['5" pipe', '3" bolt', 'a "b" c']


def test_backslash_escapes_are_found(write):
    ingested = read(write("t.csv", 'a,b\n1,"say \\"hi\\" now"\n2,"x"\n'))
    assert ingested.table["b"].to_pylist() == ['say "hi" now', "x"]
    assert ingested.dialect.escape == "\\"


def test_lines_above_the_header_are_set_aside(write):
    ingested = read(write("t.csv", "Sales report\nGenerated 2020-01-01\n\nregion,amount\nN,1\nS,2\n"))
    assert ingested.table.to_pydict() == {"region": ["N", "S"], "amount": [1, 2]}
    assert [(r.line, r.text) for r in ingested.rejected] == [(1, "Sales report"), (2, "Generated 2020-01-01")]
    assert ingested.dialect.header == 4


def test_a_header_repeated_as_data_is_set_aside(write):
    ingested = read(write("t.csv", "name,n\nx,1\nname,n\ny,2\n"))
    assert ingested.table.to_pydict() == {"name": ["x", "y"], "n": [1, 2]}
    assert [(r.line, r.reason) for r in ingested.rejected] == [(3, "this line repeats the header")]


def test_a_file_without_header_gets_names_and_says_so(write):
    ingested = read(write("t.csv", "1,x,2.5\n2,y,3.5\n3,x,4.5\n"))
    assert ingested.table.column_names == ["column_1", "column_2", "column_3"]
    assert ingested.table.num_rows == 3
    assert [f.code for f in ingested.findings] == ["S2"]


def test_years_may_head_columns(write):
    ingested = read(write("t.csv", "country,2019,2020\nFR,1,2\nDE,3,4\n"))
    assert ingested.table.column_names == ["country", "2019", "2020"]


def test_blank_and_repeated_names_are_made_whole(write):
    ingested = read(write("t.csv", "a,,a, a_2 \nx,2,3,4\ny,2,3,4\n"))
    assert len(set(ingested.table.column_names)) == 4
    assert ingested.table.column_names[:2] == ["a", "column_2"]
    assert [f.code for f in ingested.findings if f.code == "S2"] == ["S2", "S2"]


def test_a_row_names_column_and_a_trailing_delimiter_are_understood(write):
    assert read(write("r.csv", "x,y\nrow1,1,2\nrow2,3,4\nrow3,5,6\n")).table.column_names == ["column_1", "x", "y"]
    assert read(write("t.csv", "x,y\n1,2,\n3,4,\n5,6,\n")).table.to_pydict() == {"x": [1, 3, 5], "y": [2, 4, 6]}


def test_a_header_wider_than_its_lines_keeps_its_columns(write):
    ingested = read(write("t.csv", "x,y,z\n1,2\n3,4\n5,6\n"))
    assert ingested.table.to_pydict() == {"x": [1, 3, 5], "y": [2, 4, 6], "z": [None] * 3}
    assert [f.column for f in ingested.findings if f.code == "S1"] == ["z"]


def test_an_excel_separator_line_is_obeyed(write):
    assert read(write("t.csv", "sep=;\na;b\n1,5;2\n")).table.to_pydict() == {"a": [1.5], "b": [2]}


def test_empty_in_quotes_and_missing_stay_apart_where_a_column_has_both(write):
    ingested = read(write("t.csv", 'a,b,c\nx,"",""\ny,,""\nz,w,v\n'))
    assert ingested.table["b"].to_pylist() == ["", None, "w"]
    assert ingested.table["c"].to_pylist() == [None, None, "v"]
    assert [f.column for f in ingested.findings if f.code == "M1"] == ["b"]


@pytest.mark.parametrize(
    ("encoding", "label"),
    [
        ("utf-8", "UTF-8"),
        ("utf-8-sig", "UTF-8 with BOM"),
        ("utf-16", "UTF-16 with BOM"),
        ("utf-16-le", "UTF-16"),
        ("cp1252", "Windows-1252"),
    ],
)
def test_encodings_are_found(write, encoding, label):
    ingested = read(write("t.csv", "name,n\nÉmile,1\nJürgen,2\nZoë,3\n".encode(encoding)))
    assert ingested.table["name"].to_pylist() == ["Émile", "Jürgen", "Zoë"]
    assert ingested.dialect.encoding == label


def test_one_broken_line_does_not_change_the_encoding_of_the_others(write):
    ingested = read(write("t.csv", "name,n\nÉmile,1\nJürgen,2\n".encode() + "Zoë,3\n".encode("cp1252")))
    assert ingested.table["name"].to_pylist() == ["Émile", "Jürgen", "Zoë"]
    assert [(f.code, f.count) for f in ingested.findings] == [("F2", 1)]


def test_everything_detected_can_be_overridden(write):
    path = write("t.csv", "a;b,c\n1;2,3\n4;5,6\n")
    assert rows(path, delimiter=",", header=False) == [["a;b", "c"], ["1;2", "3"], ["4;5", "6"]]
    assert rows(path, delimiter="semicolon", header=1, decimal=",") == [[1, 2.3], [4, 5.6]]
    assert rows(path, header=2)[0] == [4, 5.6]
    assert read(write("l.csv", "n\n\u0160koda\n".encode("cp1250")), encoding="cp1250").table["n"].to_pylist() == ["\u0160koda"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"delimiter": "ab"}, "delimiter"),
        ({"encoding": "klingon"}, "encoding"),
        ({"encoding": "utf-32"}, "utf-32"),
        ({"decimal": "x"}, "decimal"),
        ({"thousands": "x"}, "thousands"),
        ({"thousands": "."}, "both"),
        ({"dates": "never"}, "dates"),
        ({"header": -1}, "header"),
        ({"format": "docx"}, "format"),
        ({"types": {"n": "whole"}}, "type"),
        ({"types": {"nn": "text"}}, "no column"),
        ({"types": {"name": "integer"}}, "'Ann'"),
    ],
)
def test_a_bad_argument_says_what_to_do(write, options, words):
    path = write("t.csv", "name,n\nAnn,1\nBo,2\nCyd,3\n")
    with pytest.raises(BadFile) as refusal:
        read(path, **options)
    assert words in refusal.value.message
    assert refusal.value.hint


def big(rows: int) -> str:
    lines = [f'{i},{i * 0.5},"name {i}",{i % 7},2020-01-{i % 28 + 1:02}' for i in range(rows)]
    return "id,half,name,day,date\n" + "\n".join(lines) + "\n"


@pytest.fixture
def small_blocks(monkeypatch):
    """Blocks of a few lines, so that small files have many."""
    monkeypatch.setattr(blocks, "BLOCK", 2000)
    monkeypatch.setattr(delimited, "SAMPLE_ROWS", 20)
    monkeypatch.setattr(layout, "SPOTS", 2)
    monkeypatch.setattr(layout, "SPOT", 400)


@pytest.mark.usefixtures("small_blocks")
def test_many_blocks_read_as_one(write):
    ingested = read(write("t.csv", big(3000)))
    assert ingested.table["id"].to_pylist() == list(range(3000))
    assert ingested.table["half"].to_pylist() == [i * 0.5 for i in range(3000)]
    assert ingested.table.schema.field("date").type == pa.date32()
    assert ingested.table["id"].num_chunks > 5


@pytest.mark.usefixtures("small_blocks")
def test_a_sample_that_misleads_is_put_right_by_the_whole_column(write):
    text = big(3000).replace("\n2000,1000.0,", "\nx2000,n/a,")
    ingested = read(write("t.csv", text))
    assert ingested.table["id"].to_pylist() == [str(i) if i != 2000 else "x2000" for i in range(3000)]
    assert ingested.table["half"].to_pylist() == [i * 0.5 if i != 2000 else None for i in range(3000)]
    found = {f.code: f for f in ingested.findings}
    assert (found["T1"].rows, found["T1"].count) == ((2000,), 1)
    assert (found["M2"].rows, found["M2"].column) == ((2000,), "half")


@pytest.mark.usefixtures("small_blocks")
def test_late_fractions_widen_a_whole_number_column(write):
    text = big(3000).replace("\n2500,", "\n2500.25,")
    column = read(write("t.csv", text)).table["id"]
    assert column.type == pa.float64()
    assert column[2500].as_py() == 2500.25


@pytest.mark.usefixtures("small_blocks")
def test_line_numbers_hold_across_blocks(write):
    lines = big(3000).splitlines()
    lines[1700] = "short"
    lines[2600] = "id,half,name,day,date"
    lines[900] = '1,1,"two\nlines",1,2020-01-01'
    ingested = read(write("t.csv", "\n".join(lines)))
    assert [(r.line, r.text) for r in ingested.rejected] == [(1702, "short"), (2602, "id,half,name,day,date")]
    assert ingested.table.num_rows == 3000 - 2
    assert ingested.table["id"].type == pa.int64()


@pytest.mark.usefixtures("small_blocks")
def test_reading_tells_how_far_it_is_and_can_be_cancelled(write):
    path = write("t.csv", big(3000))
    seen: list[tuple[int, int]] = []
    read(path, progress=lambda done, total: seen.append((done, total)))
    assert seen[0][0] == 0
    assert seen[-1] == (path.stat().st_size, path.stat().st_size)
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    with pytest.raises(Unavailable):
        read(path, cancelled=lambda: True)


@pytest.mark.usefixtures("small_blocks")
def test_a_compressed_file_reads_as_the_plain_one(write):
    text = big(2000).encode()
    plain = read(write("t.csv", text)).table
    half = len(text) // 2
    assert read(write("t.csv.gz", gzip.compress(text[:half]) + gzip.compress(text[half:]))).table.equals(plain)
    zstd = pa.compress(text, codec="zstd", asbytes=True)
    ingested = read(write("t.csv.zst", zstd))
    assert ingested.table.equals(plain)
    assert ingested.dialect.compression == "zstd"


def test_a_compressed_file_cut_short_is_refused(write):
    with pytest.raises(BadFile, match="damaged"):
        read(write("t.csv.gz", gzip.compress(big(20_000).encode())[:-3000]))


def test_the_description_says_what_was_found(write):
    words = describe(read(write("t.csv", "a;b\n1,5;x\n2,5;y\n3\n")))
    assert words.startswith("2 rows \u00d7 2 columns · CSV, UTF-8, semicolon between cells, header in line 1")
    assert "line 4: 1 cell instead of 2" in words


@pytest.mark.parametrize("size", [3, 7, 16, 1000])
def test_blocks_put_together_are_the_file(size):
    data = b'a,b\n1,"x\ny"\n\n2,"p""q"\r\n3,4\n"end, of",""\nlast,"l\n\n"'
    pieces = list(Cutter(io.BytesIO(data), Marks(b","), size=size))
    assert b"".join(piece.data for piece in pieces) == data
    assert [piece.line for piece in pieces] == [1 + sum(p.data.count(b"\n") for p in pieces[:at]) for at in range(len(pieces))]
