"""Spreadsheets: sheets, titles, header rows, typed cells and faulty ones."""

from __future__ import annotations

import datetime as dt
import gzip
import zipfile
from typing import TYPE_CHECKING

import openpyxl
import pyarrow as pa
import pytest
from tabweave_core.engine.ingest import read
from tabweave_core.errors import BadFile, Refused

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def book(tmp_path: Path):
    """Writes sheets given as rows; `merge` names ranges of the first sheet."""

    def put(*, merge: tuple[str, ...] = (), hidden: tuple[str, ...] = (), **sheets: list[list[object]]) -> Path:
        workbook = openpyxl.Workbook()
        workbook.remove(workbook.active)
        for name, rows in sheets.items():
            sheet = workbook.create_sheet(name)
            for row in rows:
                sheet.append(row)
            for cells in sheet.iter_rows():
                for cell in cells:
                    if isinstance(cell.value, str) and cell.value.startswith("#"):
                        cell.data_type = "e"
            if name in hidden:
                sheet.sheet_state = "hidden"
        for cells in merge:
            workbook.worksheets[0].merge_cells(cells)
        path = tmp_path / "book.xlsx"
        workbook.save(path)
        return path

    return put


def test_cells_keep_their_types(book):
    rows = [
        ["n", "f", "b", "d", "ts", "t", "dur", "s"],
        [1, 1.5, True, dt.date(2020, 1, 2), dt.datetime(2020, 1, 2, 3, 4, 5), dt.time(4, 5), dt.timedelta(hours=30), "x"],
        [None, None, None, None, None, None, None, None],
        [2, 2, False, dt.date(2020, 1, 3), dt.datetime(2020, 1, 2), dt.time(0, 0, 6), dt.timedelta(days=2), "y"],
    ]
    table = read(book(A=rows)).table
    kinds = [
        pa.int64(),
        pa.float64(),
        pa.bool_(),
        pa.date32(),
        pa.timestamp("us"),
        pa.time64("us"),
        pa.duration("us"),
        pa.string(),
    ]
    assert table.schema.types == kinds
    assert [list(row.values()) for row in table.to_pylist()] == [rows[1], rows[2], rows[3]]


def test_titles_above_the_header_are_set_aside(book):
    ingested = read(
        book(merge=("A1:C1",), A=[["Sales 2024"], [], ["region", "units", "price"], ["N", 1, 2.5], ["S", 2, 3.5], ["W", 3, 4.5]])
    )
    assert ingested.table.to_pydict() == {"region": ["N", "S", "W"], "units": [1, 2, 3], "price": [2.5, 3.5, 4.5]}
    assert [(r.line, r.text) for r in ingested.rejected] == [(1, "Sales 2024")]
    assert ingested.dialect.header == 3


def test_merged_header_cells_are_filled_and_joined(book):
    rows = [["region", 2024, None, 2025, None], [None, "Q1", "Q2", "Q1", "Q2"], ["N", 1, 2, 3, 4], ["S", 5, 6, 7, 8]]
    ingested = read(book(merge=("A1:A2", "B1:C1", "D1:E1"), A=rows))
    assert ingested.table.column_names == ["region", "2024 / Q1", "2024 / Q2", "2025 / Q1", "2025 / Q2"]
    assert ingested.table["2025 / Q2"].to_pylist() == [4, 8]
    assert not ingested.rejected


def test_the_table_may_lie_anywhere_in_the_sheet(book):
    rows = [[], [None, None, "a", "b"], [None, None, 1, "x"], [None, None, 2, "y"], []]
    assert read(book(A=rows)).table.to_pydict() == {"a": [1, 2], "b": ["x", "y"]}


def test_error_cells_are_missing_and_noticed(book):
    ingested = read(book(A=[["n", "s"], [1, "x"], ["#N/A", "#REF!"], [3, "#N/A"]]))
    assert ingested.table.to_pydict() == {"n": [1, None, 3], "s": ["x", None, None]}
    found = {f.column: f for f in ingested.findings if f.code == "M2"}
    assert (found["n"].rows, found["n"].count) == ((1,), 1)
    assert (found["s"].rows, found["s"].count) == ((1, 2), 2)
    assert "'#REF!' (1)" in found["s"].message


def test_formulas_without_a_stored_result_are_noticed(book):
    ingested = read(book(A=[["n", "twice"], [1, "=A2*2"], [2, "=A3*2"]]))
    assert ingested.table["twice"].to_pylist() == [None, None]
    assert [(f.count, f.rows) for f in ingested.findings if f.code == "M1"] == [(2, (0, 1))]


def test_numbers_stored_as_text_are_read_and_codes_are_not(book):
    ingested = read(book(A=[["n", "code", "when"], ["1", "007", "12/30/2017"], ["2", "012", "1/5/2018"]]))
    assert ingested.table.to_pydict() == {
        "n": [1, 2],
        "code": ["007", "012"],
        "when": [dt.date(2017, 12, 30), dt.date(2018, 1, 5)],
    }
    assert {f.code for f in ingested.findings} == {"T2", "T7", "T5"}


def test_cells_of_different_types_stay_text(book):
    ingested = read(book(A=[["x", "y"], [1, "a"], ["two", "b"], [dt.date(2020, 1, 2), "c"]]), types={"y": "text"})
    assert ingested.table["x"].to_pylist() == ["1", "two", "2020-01-02"]
    assert [f.column for f in ingested.findings if f.code == "T1"] == ["x"]


def test_merged_cells_in_the_data_are_noticed(book):
    ingested = read(book(merge=("A2:A3",), A=[["g", "n"], ["x", 1], [None, 2], ["y", 3]]))
    assert ingested.table["g"].to_pylist() == ["x", None, "y"]
    assert [f.count for f in ingested.findings if f.code == "S6"] == [1]


def test_the_sheet_is_chosen_by_name_number_or_first_with_cells(book):
    path = book(hidden=("Secret",), Secret=[["h"], [0]], Empty=[], Data=[["a"], [1]], More=[["b"], [2]])
    assert read(path).dialect.sheet == "Data"
    assert read(path).sheets == ["Secret", "Empty", "Data", "More"]
    assert read(path, sheet="more").table.to_pydict() == {"b": [2]}
    assert read(path, sheet=1).table.to_pydict() == {"h": [0]}
    with pytest.raises(BadFile) as refusal:
        read(path, sheet="Dta")
    assert "Did you mean 'Data'?" in refusal.value.hint
    assert "add --sheet" in refusal.value.hint
    with pytest.raises(BadFile, match="empty"):
        read(path, sheet="Empty")


def test_the_header_row_can_be_said(book):
    path = book(A=[["a", "b"], ["c", "d"], ["e", "f"]])
    assert read(path, header=2).table.to_pydict() == {"c": ["e"], "d": ["f"]}
    assert read(path, header=False).table.num_rows == 3
    with pytest.raises(BadFile, match="no row 9"):
        read(path, header=9)


def test_a_workbook_under_another_name_or_compressed_is_still_one(book, tmp_path):
    data = book(A=[["a"], [1]]).read_bytes()
    (tmp_path / "t.csv").write_bytes(data)
    (tmp_path / "t.xlsx.gz").write_bytes(gzip.compress(data))
    ingested = read(tmp_path / "t.csv")
    assert ingested.table.to_pydict() == {"a": [1]}
    assert [f.code for f in ingested.findings] == ["F1"]
    assert read(tmp_path / "t.xlsx.gz").table.to_pydict() == {"a": [1]}


def test_a_damaged_workbook_is_refused(book, tmp_path):
    (tmp_path / "cut.xlsx").write_bytes(book(A=[["a"], [1]]).read_bytes()[:-200])
    with pytest.raises(BadFile) as refusal:
        read(tmp_path / "cut.xlsx")
    assert refusal.value.hint


def test_a_workbook_that_makes_its_reader_panic_is_refused(tmp_path, capfd):
    (tmp_path / "t.xls").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(range(256)) * 20)
    with pytest.raises(BadFile):
        read(tmp_path / "t.xls")
    capfd.readouterr()


def _ods_cell(value: object) -> str:
    text = "" if value is None else str(value)
    kinds = {bool: "boolean", float: "float", int: "float", dt.date: "date", dt.datetime: "date"}
    if value is None:
        return "<table:table-cell/>"
    kind = kinds.get(type(value), "string")
    attribute = {
        "boolean": f'office:boolean-value="{text.lower()}"',
        "float": f'office:value="{text}"',
        "date": f'office:date-value="{text}"',
    }
    return f'<table:table-cell office:value-type="{kind}" {attribute.get(kind, "")}><text:p>{text}</text:p></table:table-cell>'


def _write_ods(path: Path, body: str) -> None:
    spaces = " ".join(f'xmlns:{n}="urn:oasis:names:tc:opendocument:xmlns:{n}:1.0"' for n in ("office", "table", "text"))
    content = (
        f'<office:document-content {spaces}><office:body><office:spreadsheet><table:table table:name="S">{body}</table:table>'
    )
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", f"{content}</office:spreadsheet></office:body></office:document-content>")
        archive.writestr(
            "META-INF/manifest.xml", '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>'
        )


def test_opendocument_sheets_are_read(tmp_path):
    rows = [["a", "b", "c", "d"], [1.5, "x", dt.date(2020, 1, 2), True], [2.5, None, dt.date(2020, 1, 3), False]]
    body = "".join(f"<table:table-row>{''.join(map(_ods_cell, row))}</table:table-row>" for row in rows)
    empty = '<table:table-row table:number-rows-repeated="1048000"><table:table-cell table:number-columns-repeated="16384"/>'
    _write_ods(tmp_path / "t.ods", f"{body}{empty}</table:table-row>")
    ingested = read(tmp_path / "t.ods")
    assert ingested.dialect.format == "ods"
    assert ingested.table.to_pydict() == {"a": [1.5, 2.5], "b": ["x", None], "c": [rows[1][2], rows[2][2]], "d": [True, False]}


FAR = (
    b'<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>',
    b"<x:row r = '9'><x:c s='>' r = 'xfd999999'><x:v>1</x:v></x:c></x:row>",
    b"<row>" + b"<c><v>1</v></c>" * 16_000 + b"</row><row r='999999'><c><v>1</v></c></row>",
)


@pytest.mark.parametrize("rows", FAR)
def test_a_sheet_that_is_huge_and_next_to_empty_is_refused(book, tmp_path, rows):
    with zipfile.ZipFile(book(A=[["a"], [1]])) as whole, zipfile.ZipFile(tmp_path / "t.xlsx", "w") as changed:
        for part in whole.infolist():
            head, _, rest = whole.read(part).partition(b"<sheetData>")
            kept = b"".join([head, b"<sheetData>", rows, b"</sheetData>", rest.partition(b"</sheetData>")[2]]) if rest else head
            changed.writestr(part.filename, kept)
    with pytest.raises(Refused, match=r"reaches to row .* in it"):
        read(tmp_path / "t.xlsx")


def test_cells_that_repeat_without_end_are_refused(tmp_path):
    cell = '<table:table-cell table:number-columns-repeated="16000" office:value-type="float" office:value="1"/>'
    _write_ods(tmp_path / "t.ods", f'<table:table-row table:number-rows-repeated="1000000">{cell}</table:table-row>')
    with pytest.raises(Refused, match="row 1,000,000 and column 16,000"):
        read(tmp_path / "t.ods")
    far = b"\x81\x01\x00" + b"\x00\x04\xff\xff\x0f\x00" + b"\x02\x04\xff\x3f\x00\x00"
    with zipfile.ZipFile(tmp_path / "t.xlsb", "w") as archive:
        archive.writestr("xl/workbook.bin", b"")
        archive.writestr("xl/other.bin", far)
    with pytest.raises(Refused, match="row 1,048,576 and column 16,384"):
        read(tmp_path / "t.xlsb")
