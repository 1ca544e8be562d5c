"""The shape of delimited text, found in its first lines: delimiter, quotes, preamble, header."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from dataclasses import dataclass

from .header import has_header, looks_like

DELIMITERS = (",", "\t", ";", "|")
_NAMES = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "pipe": "|", "space": " ", "colon": ":"}
_MOST = 400


@dataclass(frozen=True, slots=True)
class Record:
    """One record of the sample: the physical line it begins on, the line after it, and its cells."""

    line: int
    after: int
    cells: list[str]


@dataclass(frozen=True, slots=True)
class Shape:
    """How the text is laid out. `start` is the 1-based physical line of the first data record, `width` its number of cells.

    `header` is 0 or the header's line; `names` its cells, more than `width` where the lines are shorter than it;
    `trailing` when every data line ends in a delimiter that the header lacks.
    """

    delimiter: str
    quote: str
    escape: str
    newline: str
    header: int
    names: list[str] | None
    start: int
    width: int
    trailing: bool = False
    sep_line: bool = False


def delimiter_named(asked: str) -> str:
    """The character for a delimiter as asked for: itself or a word such as `tab`; empty when it is neither."""
    found = _NAMES.get(asked.lower(), asked)
    return found if len(found) == 1 and found not in '"\r\n' and ord(found) < 128 else ""


def _parse(text: str, delimiter: str, quote: str, escape: str) -> list[Record]:
    reader = csv.reader(
        io.StringIO(text, newline=""),
        delimiter=delimiter,
        quotechar=quote or None,
        quoting=csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE,
        escapechar=escape or None,
        skipinitialspace=delimiter == " ",
    )
    records, line = [], 1
    try:
        for cells in reader:
            if cells and (len(cells) > 1 or cells[0].strip()):
                records.append(Record(line, reader.line_num + 1, cells))
            line = reader.line_num + 1
            if len(records) >= _MOST:
                break
    except csv.Error:
        pass
    return records


def _mode(records: list[Record]) -> int:
    counts = Counter(len(record.cells) for record in records)
    return max(counts, key=lambda width: (counts[width], width)) if counts else 0


def _score(records: list[Record], delimiter: str) -> float:
    width = _mode(records)
    if width < 2:
        return 0.0
    even = sum(len(record.cells) == width for record in records) / len(records)
    others = [other for other in "\t;|" if other != delimiter]
    cells = [cell for record in records for cell in record.cells if len(record.cells) == width]
    clean = sum(not any(other in cell for other in others) for cell in cells) / len(cells)
    return even**2 * clean * (1 + min(width, 20) / 200)


def _quote(text: str, delimiter: str) -> str:
    mark, text = re.escape(delimiter), text[: 1 << 16]
    double = len(re.findall(rf'(?:^|{mark})"', text, re.MULTILINE))
    single = len(re.findall(rf"(?:^|{mark})'[^'\n]*'(?={mark}|\r?$)", text, re.MULTILINE))
    return "'" if single > 3 * double and single > 1 else '"'


def _newline(text: str) -> str:
    if "\n" not in text:
        return "\r" if "\r" in text else "\n"
    return "\r\n" if text.count("\r\n") * 2 > text.count("\n") else "\n"


def detect(text: str, *, delimiter: str = "", header: bool | int | None = None, prefer: str = "") -> Shape:
    """The shape of text that begins so. `delimiter` and `header` override; `prefer` is what the file's suffix suggests."""
    newline = _newline(text)
    sep_line = re.match(r"sep=(.)\r?\n", text)
    if sep_line and not delimiter:
        delimiter = sep_line[1]
    escape = "\\" if re.search(r'"[^"\n]*\\"[^",;\t|\r\n]', text) and '""' not in text else ""
    if not delimiter:
        scores = {
            mark: _score(_parse(text, mark, _quote(text, mark), escape), mark) * (1.2 if mark == prefer else 1)
            for mark in DELIMITERS
        }
        delimiter = max(scores, key=lambda mark: scores[mark])
        if scores[delimiter] < 0.3:
            spaced = _parse(text, " ", '"', escape)
            widths = {len(record.cells) for record in spaced}
            numeric = sum(looks_like(cell) == "number" for record in spaced[1:] for cell in record.cells)
            tabular = (
                len(widths) == 1 and min(widths) > 1 and len(spaced) > 2 and numeric * 3 >= sum(len(r.cells) for r in spaced[1:])
            )
            delimiter = " " if tabular else (prefer or ",") if scores[delimiter] == 0 else delimiter
    quote = _quote(text, delimiter)
    records = _parse(text, delimiter, quote, escape)
    if sep_line:
        records = records[1:]
    return _lay_out(records, (delimiter, quote, escape, newline), header, bool(sep_line))


def _lay_out(records: list[Record], marks: tuple[str, str, str, str], header: bool | int | None, sep_line: bool) -> Shape:
    if not records:
        return Shape(*marks, 0, None, 1, 0, sep_line=sep_line)
    width = _mode(records[1:]) if len(records) > 2 else _mode(records)
    if header is not None and header is not True and header is not False:
        named = next((record for record in records if record.line >= header), records[-1])
        below = [record for record in records if record.line > named.line]
        width = max(_mode(below), 1) if below else len(named.cells)
        return _headed(named, below, width, marks, sep_line)
    first = next((at for at, record in enumerate(records) if len(record.cells) >= width), 0)
    short = (
        first == 1 and len(records[0].cells) == width - 1 and width > 2 and all(looks_like(c) == "text" for c in records[0].cells)
    )
    if short and header is not False:
        return _headed(records[0], records[1:], width, marks, sep_line)
    grid = [record.cells for record in records[first : first + 200]]
    if header is True or (header is None and has_header(grid)):
        below = records[first + 1 :]
        return _headed(records[first], below, _mode(below) if below else len(records[first].cells), marks, sep_line)
    return Shape(*marks, 0, None, records[first].line, width, sep_line=sep_line)


def _headed(named: Record, below: list[Record], width: int, marks: tuple[str, str, str, str], sep_line: bool) -> Shape:
    cells = named.cells
    trailing = False
    if len(cells) == width - 1:
        trailing = all(record.cells[-1] == "" for record in below if len(record.cells) == width)
        cells = [*cells, ""] if trailing else ["", *cells]
    while len(cells) > width and not cells[-1].strip():
        cells = cells[:-1]
    return Shape(*marks, named.line, cells, named.after, max(width, 1), trailing, sep_line)
