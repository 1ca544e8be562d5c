"""Spreadsheets: XLSX, XLS and ODS sheets, their header rows, and cells that already have a type.

The values come from calamine, which shows an error cell as an empty one; `cellfaults` finds those in XLSX.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import python_calamine

from ...errors import BadFile, did_you_mean
from .cellfaults import CellFault, find_faults
from .extent import check_extent
from .header import has_header
from .names import name_columns
from .native import column_of, text_of
from .result import Dialect, Finding, Ingested, Rejected
from .voting import assemble

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .asked import Asked
    from .source import Pace, Source

Row = list[Any]
_LOOK = 50


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the table lies in a sheet: its header rows (0-based, may be none), the first data row, the first and last column."""

    header: tuple[int, ...]
    data: int
    left: int
    right: int


def read_workbook(source: Source, asked: Asked, pace: Pace) -> Ingested:
    """One sheet of a workbook as a table."""
    check_extent(source)
    with _readable(source):
        book = python_calamine.load_workbook(io.BytesIO(source.whole()) if source.compression else str(source.path))
        try:
            sheets = list(book.sheet_names)
            name = _choose(book, sheets, asked.sheet)
            sheet = book.get_sheet_by_name(name)
            rows: list[Row] = [list(row) for row in sheet.to_python(skip_empty_area=False)]
            merged = sheet.merged_cell_ranges or []
        finally:
            book.close()
        faults = find_faults(source, name) if source.format == "xlsx" else []
    pace.at(source.size)
    for fault in faults:
        if fault.row < len(rows) and fault.column < len(rows[fault.row]) and rows[fault.row][fault.column] == "" and fault.text:
            rows[fault.row][fault.column] = fault.text
    while rows and not any(_present(cell) for cell in rows[-1]):
        rows.pop()
    if not rows:
        raise BadFile("BAD_FILE", f"Sheet {name!r} is empty.", hint=_other_sheets(sheets, name))
    layout = _lay_out(rows, merged, asked.header)
    return _table(source, asked, rows, layout, merged, Dialect(source.format, source.compression, sheet=name), sheets, faults)


@contextmanager
def _readable(source: Source) -> Iterator[None]:
    """Turns what calamine says of a bad workbook into BadFile; its panics are no ordinary exceptions."""
    try:
        yield
    except python_calamine.PasswordError:
        raise BadFile(
            "BAD_FILE", f"{source.path.name} is locked with a password.", hint="Save a copy without the password."
        ) from None
    except (python_calamine.CalamineError, OSError, zipfile.BadZipFile, zlib.error) as error:
        raise _damaged(source, error) from None
    except BaseException as error:
        if type(error).__name__ == "PanicException":
            raise _damaged(source, error) from None
        raise


def _damaged(source: Source, error: BaseException) -> BadFile:
    hint = "Open it in a spreadsheet program and save it again as XLSX."
    return BadFile("BAD_FILE", f"{source.path.name} is not a workbook that can be read: {error}.", hint=hint)


def _choose(book: Any, sheets: list[str], asked: str | int | None) -> str:
    """The sheet asked for by name or 1-based number, else the first one that is visible and has cells."""
    listing = f"It has sheets {', '.join(repr(sheet) for sheet in sheets)}; add --sheet {sheets[0]}."
    if asked is not None:
        word = str(asked)
        if word in sheets:
            return word
        folded = [sheet for sheet in sheets if sheet.casefold() == word.casefold()]
        if len(folded) == 1:
            return folded[0]
        if word.isdigit() and 1 <= int(word) <= len(sheets):
            return sheets[int(word) - 1]
        near = did_you_mean(word, sheets)
        raise BadFile("BAD_FILE", f"There is no sheet {word!r}.", hint=f"{near} {listing}".strip())
    shown = [meta.name for meta in book.sheets_metadata if meta.visible == python_calamine.SheetVisibleEnum.Visible] or sheets
    shown = [name for name in shown if name in sheets]
    return next((name for name in shown if _has_cells(book, name)), shown[0])


def _has_cells(book: Any, name: str) -> bool:
    try:
        return bool(book.get_sheet_by_name(name).height)
    except python_calamine.CalamineError:
        return False


def _other_sheets(sheets: list[str], name: str) -> str:
    others = [sheet for sheet in sheets if sheet != name]
    return (
        f"It also has sheets {', '.join(repr(sheet) for sheet in others)}; add --sheet {others[0]}."
        if others
        else "The workbook has no other sheet."
    )


def _present(cell: Any) -> bool:
    return cell is not None and cell != ""


def _lay_out(rows: list[Row], merged: Sequence[Any], asked: bool | int | None) -> Layout:
    used = [at for at in range(max(map(len, rows))) if any(_present(row[at]) for row in rows if at < len(row))]
    left, right = used[0], used[-1] + 1
    filled = [sum(_present(cell) for cell in row[left:right]) for row in rows]
    if isinstance(asked, bool) or asked is None:
        usual = sorted(filled)[len(filled) // 2] if len(filled) > 2 else max(filled)
        first = next(
            at
            for at, number in enumerate(filled)
            if number >= max(1, min(usual, right - left) * 0.6) and (number > 1 or right - left == 1)
        )
        if asked is False:
            return Layout((), first, left, right)
        top, bottom = _header_rows(rows, merged, first, left, right)
        if asked is None and top == bottom and not _is_header(rows, top, left, right):
            return Layout((), first, left, right)
        return Layout(tuple(range(top, bottom + 1)), bottom + 1, left, right)
    if asked > len(rows):
        raise BadFile("BAD_FILE", f"The sheet has no row {asked}.", hint=f"It has {len(rows)} rows.")
    return Layout((asked - 1,), asked, left, right)


def _header_rows(rows: list[Row], merged: Sequence[Any], first: int, left: int, right: int) -> tuple[int, int]:
    """First and last header row: rows with cells merged sideways stand over the row that names the columns."""
    sideways = {r for (r, c), (r2, c2) in merged if c2 > c and left <= c and not (c == left and c2 >= right - 1) and r == r2}
    downward = {r2: r for (r, c), (r2, c2) in merged if r2 > r and r2 - r < 4}
    top = bottom = first
    while bottom in sideways and bottom + 1 < len(rows):
        bottom += 1
    while top - 1 in sideways:
        top -= 1
    top = min([top, *(r for r2, r in downward.items() if r <= bottom <= r2 and r >= top - 3)])
    bottom = max([bottom, *(r2 for r2, r in downward.items() if top <= r <= bottom and _texts(rows[r2], left, right))])
    return top, bottom


def _texts(row: Row, left: int, right: int) -> bool:
    return all(isinstance(cell, str) for cell in row[left:right])


def _is_header(rows: list[Row], at: int, left: int, right: int) -> bool:
    grid = [[text_of(cell) for cell in row[left:right]] for row in rows[at : at + _LOOK]]
    return has_header(grid)


def _header_cells(rows: list[Row], layout: Layout, merged: Sequence[Any]) -> list[str] | None:
    """The names of the columns; cells of several header rows are joined as `2024 / Q1`, merged ones count for all they cover."""
    if not layout.header:
        return None
    grid = {row: list(rows[row]) for row in layout.header}
    for (r, c), (r2, c2) in merged:
        for row in range(r, r2 + 1):
            for column in range(c, c2 + 1):
                if row in grid and column < len(grid[row]) and r < len(rows):
                    grid[row][column] = rows[r][c]
    names = []
    for column in range(layout.left, layout.right):
        parts: list[str] = []
        for row in layout.header:
            word = text_of(grid[row][column]).strip() if column < len(grid[row]) else ""
            if word and word not in parts:
                parts.append(word)
        names.append(" / ".join(parts))
    return names


def _table(
    source: Source,
    asked: Asked,
    rows: list[Row],
    layout: Layout,
    merged: Sequence[Any],
    dialect: Dialect,
    sheets: list[str],
    faults: list[CellFault],
) -> Ingested:
    width = layout.right - layout.left
    names, findings = name_columns(_header_cells(rows, layout, merged), width)
    above = rows[: layout.header[0] if layout.header else layout.data]
    rejected = [
        Rejected(number, "above the header", " ".join(text_of(cell) for cell in row if _present(cell)))
        for number, row in enumerate(above, 1)
        if any(_present(cell) for cell in row)
    ]
    data = rows[layout.data :]
    if rejected:
        findings.append(
            Finding(
                "S1",
                None,
                (),
                len(rejected),
                f"Above the header, not in the table: {'1 row' if len(rejected) == 1 else f'{len(rejected)} rows, the first'} "
                f"{rejected[0].text[:60]!r}.",
            )
        )
    gaps = sum(r2 >= layout.data and layout.left <= c < layout.right for (_, c), (r2, _) in merged)
    if gaps:
        findings.append(
            Finding(
                "S6",
                None,
                (),
                gaps,
                f"Merged areas in the data ({gaps}): only the first cell of each has a value.",
                "Fill them down.",
            )
        )
    unsaved = [fault for fault in faults if not fault.text and fault.row >= layout.data]
    if unsaved:
        message = (
            f"Formula cells without a stored result are missing here ({len(unsaved)}), the first in row {unsaved[0].row + 1}."
        )
        findings.append(
            Finding(
                "M1",
                None,
                tuple(f.row - layout.data for f in unsaved[:10]),
                len(unsaved),
                message,
                "Open and save the file in a spreadsheet program.",
            )
        )
    if len(sheets) > 1:
        findings.append(
            Finding(
                "F1",
                None,
                (),
                len(sheets),
                f"Read sheet {dialect.sheet!r} of {', '.join(map(repr, sheets))}.",
                "Choose another with --sheet.",
            )
        )
    cells = [[row[at] if at < len(row) else "" for row in data] for at in range(layout.left, layout.right)]
    asked.kinds(names)
    columns = [column_of(name, values, asked, spreadsheet=True) for name, values in zip(names, cells, strict=True)]
    kept = [column for column, raw in zip(columns, range(width), strict=True) if _is_column(column.name, cells[raw])]
    dialect = Dialect(
        source.format, source.compression, header=layout.header[-1] + 1 if layout.header else 0, sheet=dialect.sheet
    )
    ingested = assemble(kept, (), findings, rejected, dialect)
    return Ingested(ingested.table, ingested.findings, ingested.rejected, ingested.dialect, sheets)


def _is_column(name: str, cells: Sequence[Any]) -> bool:
    """A column without a name and without a value is the gap between two blocks of a sheet."""
    return not name.startswith("column_") or any(_present(cell) for cell in cells)
