"""The door: arguments checked, the file located, the right reader chosen."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ...errors import BadFile
from .asked import Asked
from .result import Cancelled, Finding, Ingested, Progress
from .source import Pace, locate

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Mapping

    from .source import Source

_NAMES = {
    "csv": "delimited text",
    "tsv": "delimited text",
    "xlsx": "an Excel workbook",
    "xls": "an old Excel workbook",
    "ods": "an OpenDocument spreadsheet",
    "json": "JSON",
    "jsonl": "JSON lines",
    "parquet": "Parquet",
    "arrow": "Arrow",
}


def read(
    path: str | os.PathLike[str],
    *,
    format: str | None = None,  # noqa: A002
    sheet: str | int | None = None,
    header: bool | int | None = None,
    delimiter: str | None = None,
    encoding: str | None = None,
    decimal: str | None = None,
    thousands: str | None = None,
    dates: str | None = None,
    types: Mapping[str, str] | None = None,
    progress: Progress | None = None,
    cancelled: Cancelled | None = None,
) -> Ingested:
    """Reads a table from a file.

    Each argument left out is found out from the content. `header` is a 1-based line or row (0 or False: none); `dates` is mdy,
    dmy, ymd or text; `types` maps column names to text, integer, float, decimal, boolean, date, timestamp or time and must fit
    every cell. `progress(done, total)` counts bytes of the file; `cancelled()` is asked between blocks.
    Raises BadFile with what to do about it, Unavailable when cancelled.
    """
    asked = Asked.check(
        sheet=sheet,
        header=header,
        delimiter=delimiter,
        encoding=encoding,
        decimal=decimal,
        thousands=thousands,
        dates=dates,
        types=types,
    )
    source = locate(path, format)
    pace = Pace(source.size, progress, cancelled)
    pace.at(0)
    ingested = reader_of(source.format)(source, asked, pace)
    return replace(ingested, findings=[*misnamed(source, format), *ingested.findings])


def misnamed(source: Source, asked: str | None) -> list[Finding]:
    """What is to be said where a file's name claims another format than it has, and none was asked for."""
    if asked or not source.claimed or source.claimed == source.format or {source.claimed, source.format} <= {"csv", "tsv"}:
        return []
    message = f"The file is named .{source.claimed} but its content is {_NAMES[source.format]}; it was read as that."
    return [Finding("F1", None, (), 0, message)]


def reader_of(format_: str) -> Callable[[Source, Asked, Pace], Ingested]:
    """What reads files of a format whole."""
    if format_ in ("csv", "tsv"):
        from .delimited import read_delimited

        return read_delimited
    if format_ in ("xlsx", "xls", "ods"):
        from .workbook import read_workbook

        return read_workbook
    if format_ in ("json", "jsonl"):
        from .documents import read_documents

        return read_documents
    if format_ in ("parquet", "arrow"):
        from .columnar import read_columnar

        return read_columnar
    raise BadFile("BAD_FILE", f"There is no reader for {format_!r}.", hint="Leave the format out.")
