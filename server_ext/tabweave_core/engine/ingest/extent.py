"""How large a workbook's sheets become in memory: calamine makes every cell up to the last one, also those not in the file.

A few bytes can name a cell at the far end of a sheet, or repeat one a million times. Such a file is refused here, before
calamine ends the process for want of memory. All parts are looked at: what the workbook says of them may be read in two ways.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from typing import TYPE_CHECKING, Any

from ...errors import Refused
from .source import too_large

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .source import Source

SPARSE = 10_000_000
"""So many cells a sheet may have however few of them are in the file."""
DENSE = 20
"""So many cells a larger one may have for each that is in the file."""
MOST = 100_000_000
"""So many cells no sheet may have; each takes some forty bytes while it is read."""
UNPACKED = 2 << 30
"""Bytes that a workbook may have once it is unpacked."""
_UNREADABLE = (zipfile.BadZipFile, zlib.error, OSError, EOFError, NotImplementedError, RuntimeError)
_MOST_ROWS = 1 << 20
_ROW = re.compile(rb"<(?:\w+:)?row\b")
_ROW_NUMBER = re.compile(rb"<(?:\w+:)?row\b[^>]*?\sr\s*=\s*[\"'](\d{1,9})")
_LETTERS = re.compile(rb"\sr\s*=\s*[\"']([A-Za-z]{1,4})\d")
_CELL = re.compile(rb"<(?:\w+:)?c[\s/>]")
_CELLS = (b"<c ", b"<c>", b"<c/", b":c ", b":c>", b":c/")
_PIECE = re.compile(rb"<(?:\w+:)?(table-row|table-cell|covered-table-cell|table)\b([^>]*)>")
_REPEATED = re.compile(rb":number-(?:rows|columns)-repeated\s*=\s*[\"'](\d{1,9})")
_BINARY_SHEET = b"\x81\x01"
_BINARY_ROW = 0
_BINARY_CELLS = range(1, 12)


def check_extent(source: Source) -> None:
    """Raises TOO_LARGE for a workbook with a sheet that is next to empty and huge; nothing for an archive that cannot be read."""
    if source.format not in ("xlsx", "ods"):
        return
    file: Any = io.BytesIO(source.whole()) if source.compression else source.path
    try:
        with zipfile.ZipFile(file) as archive:
            if sum(part.file_size for part in archive.infolist()) > UNPACKED:
                raise too_large(source.path.name, UNPACKED)
            for part in archive.infolist():
                for rows, columns, cells in _sizes(part.filename, _content(archive, part)):
                    if rows * columns > min(MOST, max(SPARSE, DENSE * cells)):
                        raise _too_sparse(source.path.name, rows, columns, cells)
    except _UNREADABLE:
        return


def _content(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> bytes:
    """A part's bytes; none where it cannot be read, which is for calamine to say."""
    try:
        return archive.read(part)
    except _UNREADABLE:
        return b""


def _too_sparse(name: str, rows: int, columns: int, cells: int) -> Refused:
    there = "1 cell" if cells == 1 else f"{cells:,} cells"
    message = f"A sheet of {name} reaches to row {rows:,} and column {columns:,} with {there} in it."
    return Refused("TOO_LARGE", message, hint="Delete the stray cells at its end, or save the sheet as CSV.", where=name)


def _sizes(name: str, data: bytes) -> Iterator[tuple[int, int, int]]:
    """Rows and columns of the sheets in a part, and how many cells are written there."""
    if name == "content.xml":
        yield from _repeated(data)
    if b"sheetData" in data:
        yield _named(data)
    elif data.startswith(_BINARY_SHEET) or (name.startswith("xl/worksheets/") and name.endswith(".bin")):
        yield _binary(data)


def _named(xml: bytes) -> tuple[int, int, int]:
    """An XLSX sheet, by what its rows and cells are called, and by how many there are where they have no names."""
    letters = _LETTERS.findall(xml)
    columns = max(map(_column, set(letters)), default=0)
    cells = sum(map(xml.count, _CELLS))
    if cells > len(letters):
        columns = max(columns, *(len(_CELL.findall(row)) for row in _ROW.split(xml)))
    rows = max(max(map(int, _ROW_NUMBER.findall(xml)), default=0), xml.count(b"row>"))
    further = re.search(rb"[\"'][A-Za-z]{1,4}\d{%d}" % (len(str(rows)) + 1), xml)
    return _MOST_ROWS if further else rows, columns, cells


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number


def _repeated(xml: bytes) -> Iterator[tuple[int, int, int]]:
    """The sheets of an OpenDocument file: rows and cells with what they repeat, without the empty ones at the end."""
    rows = columns = height = width = at = times = cells = 0
    for kind, attributes in _PIECE.findall(xml):
        found = _REPEATED.search(attributes)
        repeat = int(found[1]) if found else 1
        if kind.endswith(b"cell"):
            at, cells = at + repeat, cells + 1
            if b"value" in attributes or not attributes.endswith(b"/"):
                width = max(width, at)
                height = rows + times
        else:
            rows, columns, at, times = rows + times, max(columns, width), 0, repeat
            if kind == b"table":
                yield height, columns, cells
                rows = columns = height = width = times = cells = 0
    yield height, max(columns, width), cells


def _binary(data: bytes) -> tuple[int, int, int]:
    """An XLSB sheet, record by record."""
    place = rows = columns = cells = 0
    while place < len(data):
        kind, place = _number(data, place, 2)
        length, place = _number(data, place, 4)
        if kind == _BINARY_ROW:
            rows = max(rows, min(int.from_bytes(data[place : place + 4], "little") + 1, _MOST_ROWS))
        elif kind in _BINARY_CELLS:
            columns, cells = max(columns, min(int.from_bytes(data[place : place + 4], "little") + 1, 1 << 14)), cells + 1
        place += length
    return rows, columns, cells


def _number(data: bytes, place: int, most: int) -> tuple[int, int]:
    """A number of up to `most` groups of seven bits, and where it ends."""
    number = 0
    for group in range(most):
        byte = data[place] if place < len(data) else 0
        place += 1
        number |= (byte & 0x7F) << (7 * group)
        if byte < 0x80:
            break
    return number, place
