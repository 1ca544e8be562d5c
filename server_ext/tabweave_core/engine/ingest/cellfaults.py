"""Error cells and formulas without a result in an XLSX sheet, found in its XML: calamine shows both as empty cells."""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .source import Source

_SHEET = re.compile(r"<sheet\b[^>]*?/?>")
_RELATION = re.compile(r"<Relationship\b[^>]*?/?>")
_CELL = re.compile(rb"<c\b([^>]*?)(?:/>|>(.*?)</c>)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class CellFault:
    """A cell by 0-based row and column, and its error text; empty for a formula whose result was not stored."""

    row: int
    column: int
    text: str


def find_faults(source: Source, sheet: str) -> list[CellFault]:
    """The faulty cells of a sheet, in order; none where the archive is readable to calamine only."""
    file: Any = io.BytesIO(source.whole()) if source.compression else source.path
    try:
        with zipfile.ZipFile(file) as archive:
            path = _sheet_path(archive, sheet)
            xml = archive.read(path) if path else b""
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, NotImplementedError, RuntimeError):
        return []
    if b't="e"' not in xml and b"<f" not in xml:
        return []
    faults = []
    for match in _CELL.finditer(xml):
        attributes, inner = match[1], match[2] or b""
        error = b't="e"' in attributes
        if not error and (b"<f" not in inner or re.search(rb"<v>|<is>", inner)):
            continue
        place = re.search(rb'\br="([A-Z]+)([0-9]+)"', attributes)
        value = re.search(rb"<v>(.*?)</v>", inner)
        if place:
            faults.append(CellFault(int(place[2]) - 1, _column(place[1].decode()), value[1].decode() if error and value else ""))
    return faults


def _sheet_path(archive: zipfile.ZipFile, sheet: str) -> str | None:
    names = set(archive.namelist())
    if not {"xl/workbook.xml", "xl/_rels/workbook.xml.rels"} <= names:
        return None
    wanted = None
    for tag in _SHEET.findall(archive.read("xl/workbook.xml").decode("utf-8", "replace")):
        if _unescape(_attribute(tag, "name")) == sheet:
            wanted = _attribute(tag, "r:id") or _attribute(tag, "id")
    for tag in _RELATION.findall(archive.read("xl/_rels/workbook.xml.rels").decode("utf-8", "replace")):
        if wanted and _attribute(tag, "Id") == wanted:
            target = _attribute(tag, "Target")
            path = target.lstrip("/") if target.startswith("/") else posixpath.normpath(f"xl/{target}")
            return path if path in names else None
    return None


def _attribute(tag: str, name: str) -> str:
    found = re.search(rf'\s{re.escape(name)}="([^"]*)"', tag)
    return found[1] if found else ""


def _unescape(text: str) -> str:
    from html import unescape

    return unescape(text)


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1
