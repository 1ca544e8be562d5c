"""How a file of delimited text is laid out, and its blocks of data from the first line on.

It must not know what the cells mean.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...errors import BadFile
from .blocks import Cutter, count_lines
from .dialect import Shape, detect
from .encoding import Encoding, Utf8
from .encoding import detect as detect_encoding
from .names import name_columns
from .parser import marks_of
from .result import Dialect, Finding, Rejected
from .source import HEAD

if TYPE_CHECKING:
    import pyarrow as pa

    from .asked import Asked
    from .parser import Parser
    from .source import Source, Stream

SPOTS = 6
SPOT = 128 << 10


@dataclass(frozen=True, slots=True)
class Layout:
    """Encoding and shape of a file, the names of its columns, and of those that only the header has."""

    encoding: Encoding
    shape: Shape
    names: list[str]
    absent: list[str]
    findings: list[Finding]
    dialect: Dialect


def lay_out(source: Source, asked: Asked) -> Layout:
    """What the beginning of a file shows of its layout; raises for a file without a table."""
    encoding = detect_encoding(source.head, asked.encoding)
    text = source.head[encoding.mark :].decode(encoding.name, "replace")
    if len(source.head) >= HEAD:
        text = text[: max(text.rfind("\n"), text.rfind("\r")) + 1] or text
    prefer = "\t" if "tsv" in (source.claimed, source.format) else ""
    shape = detect(text, delimiter=asked.delimiter, header=asked.header, prefer=prefer)
    if not shape.width:
        raise BadFile("BAD_FILE", f"{source.path.name} has no table in it.", hint="It holds only blank lines.")
    names, findings = name_columns(shape.names, max(shape.width, len(shape.names or ())))
    dialect = Dialect(
        format="tsv" if shape.delimiter == "\t" else "csv",
        compression=source.compression,
        encoding=encoding.label,
        delimiter=shape.delimiter,
        quote=shape.quote,
        escape=shape.escape,
        newline=shape.newline,
        header=shape.header,
    )
    return Layout(encoding, shape, names[: shape.width], names[shape.width :], findings, dialect)


def open_blocks(source: Source, layout: Layout) -> tuple[Stream, Cutter, list[Rejected]]:
    """The stream, its blocks from the first data line on, and the lines above the header."""
    shape = layout.shape
    stream = source.stream()
    utf8, before, have = Utf8(stream, layout.encoding), b"", -1
    while have < shape.start - 1:
        raw = utf8.read(1 << 20)
        before += raw
        have = count_lines(before)
        if not raw:
            break
    ends = [match.end() for match in re.finditer(rb"\r\n|\n|\r", before)] if shape.start > 1 else []
    cut = ends[shape.start - 2] if len(ends) >= shape.start - 1 > 0 else (len(before) if shape.start > 1 else 0)
    lines = enumerate(before[:cut].decode("utf-8", "replace").splitlines(), 1)
    above = [Rejected(line, "above the header", words) for line, words in lines if words.strip() and not _is_head(line, shape)]
    return stream, Cutter(utf8, marks_of(shape), lines=max(shape.start - 1, 0), rest=before[cut:]), above


def _is_head(line: int, shape: Shape) -> bool:
    return bool(shape.header and line >= shape.header) or (shape.sep_line and line == 1)


def spots(source: Source, layout: Layout, parser: Parser) -> list[list[pa.Array]]:
    """Rows from further on in the file, so that a vote is not about its beginning only; none where a file has no middle."""
    if source.compression or layout.encoding.name != "utf-8" or layout.shape.newline == "\r":
        return []
    found = []
    with source.stream() as stream:
        for spot in range(1, SPOTS + 1):
            stream.seek(source.size * spot // (SPOTS + 1))
            data = stream.read(SPOT)
            data = data[data.find(b"\n") + 1 : data.rfind(b"\n") + 1]
            parsed = (parser.parse(block) for block in Cutter(_Given(data), marks_of(layout.shape)))
            found += [each.columns for each in parsed if each.columns]
    return found


def lines_said(
    encoding: Encoding, rejected: list[Rejected], mended: tuple[int, int], *, count: int | None = None
) -> list[Finding]:
    """What is to be said about the lines of a file: `count` are not in the table, `mended` is how many were, and the first."""
    found = []
    total = len(rejected) if count is None else count
    if total:
        lines = ", ".join(f"line {item.line}: {item.reason}" for item in rejected[:3])
        more = f" and {total - 3:,} more" if total > 3 else ""
        message = f"{_lines(total)} not in the table ({lines}{more})."
        found.append(Finding("S1", None, (), total, message, "They are kept as rejected, with their text."))
    if mended[0]:
        message = f"{_lines(mended[0])} not UTF-8 and read as Windows-1252, the first at line {mended[1]}."
        found.append(Finding("F2", None, (), mended[0], message, "Look at their accents."))
    elif encoding.guessed and encoding.name != "utf-8":
        message = f"The encoding is taken to be {encoding.label}."
        found.append(Finding("F2", None, (), 0, message, "If accents look wrong, name it: --encoding cp1250, mac_roman, …"))
    return found


class _Given:
    """Bytes at hand, read as a stream."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def read(self, size: int) -> bytes:
        """Everything, once."""
        del size
        data, self._data = self._data, b""
        return data


def _lines(number: int) -> str:
    return "1 line is" if number == 1 else f"{number:,} lines are"
