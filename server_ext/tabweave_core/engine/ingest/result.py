"""What reading a file gives back: the table, how the file was understood, and everything worth telling a person.

Codes of findings are those of the quality flags (S1, S2, S3, T1 ... X1), and two of reading itself:
F1 the content is not what the file's name says, F2 the encoding is a guess or is broken in places.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import pyarrow as pa

ReadingKind = Literal["text", "integer", "decimal", "float", "boolean", "date", "timestamp", "time", "other"]
Progress = Callable[[int, int], None]
Cancelled = Callable[[], bool]

SAMPLE = 10


@dataclass(frozen=True, slots=True)
class Finding:
    """Something noticed while reading.

    `rows` are up to ten 0-based positions in the table out of `count` cells; `column` is None when it is about the file.
    """

    code: str
    column: str | None
    rows: tuple[int, ...]
    count: int
    message: str
    suggestion: str = ""


@dataclass(frozen=True, slots=True)
class Rejected:
    """A piece of the file that is not in the table: its first physical line (1-based), why, and its text as it stands."""

    line: int
    reason: str
    text: str


@dataclass(frozen=True, slots=True)
class Reading:
    """How the cells of one column are read.

    `decimal`, `thousands`, `unit` ("$", "EUR", "%") belong to numbers; `order` ("ymd", "mdy", "dmy") and `form` to dates;
    `zone` is "" for naive timestamps; `precision` and `scale` to decimals, `scale` alone to clocks (6: microseconds,
    9: nanoseconds); `missing` are spellings seen that stand for nothing. `ambiguous`: no cell decided between two ways to read;
    `mixed`: timestamps written with different offsets.
    """

    kind: ReadingKind = "text"
    decimal: str = "."
    thousands: str = ""
    unit: str = ""
    precision: int = 0
    scale: int = 0
    order: str = ""
    form: str = ""
    zone: str = ""
    missing: tuple[str, ...] = ()
    ambiguous: bool = False
    mixed: bool = False

    def with_missing(self, missing: tuple[str, ...]) -> Reading:
        """The same reading, knowing these spellings of nothing."""
        return replace(self, missing=missing)


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a file was understood; every field can be overridden by an argument of `read`.

    `header` is the 1-based line (sheet row) of the header, 0 when there is none; `columns` tells each column's reading.
    """

    format: str
    compression: str = ""
    encoding: str = ""
    delimiter: str = ""
    quote: str = ""
    escape: str = ""
    newline: str = ""
    header: int = 0
    sheet: str = ""
    orient: str = ""
    columns: dict[str, Reading] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ingested:
    """A file as a table. Each field of `table` carries the metadata `tabweave.reading` where its cells were converted."""

    table: pa.Table
    findings: list[Finding]
    rejected: list[Rejected]
    dialect: Dialect
    sheets: list[str] = field(default_factory=list)
