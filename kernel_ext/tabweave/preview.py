"""The first rows of a frame as text and as a static HTML table, for wherever no grid can be drawn.

The HTML needs no script. Its colours are those of Jupyter's theme where there is one, else the reader's light or dark
preference; where style sheets are stripped it is still a plain table. It must not know widgets or channels.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from html import escape
from itertools import accumulate
from typing import TYPE_CHECKING

from .frames.ops import counted
from .frames.text import texts

if TYPE_CHECKING:
    from tabweave_core.protocol.schema import Column

    from .frames.frame import Frame

ROWS = 20
COLUMNS = 20
TIMES = "\u00d7"
LONGEST = 80
"""Longer texts are cut, with an ellipsis."""

MIDNIGHT = " 00:00:00"

NUMBERS = {"integer", "decimal", "float", "duration"}

STYLE = """<style>
.tw-Static{--tw-line:var(--jp-border-color2,#d8dbe0);--tw-ink:var(--jp-ui-font-color1,#1f2328);
--tw-soft:var(--jp-ui-font-color2,#667);--tw-head:var(--jp-layout-color2,#f4f5f7);
font:13px/1.5 var(--jp-ui-font-family,system-ui,sans-serif);color:var(--tw-ink);overflow-x:auto}
@media(prefers-color-scheme:dark){.tw-Static{--tw-line:var(--jp-border-color2,#3a3f47);--tw-ink:var(--jp-ui-font-color1,#e4e6ea);
--tw-soft:var(--jp-ui-font-color2,#9aa0aa);--tw-head:var(--jp-layout-color2,#26292e)}}
.tw-Static table{border-collapse:collapse;margin:0}
.tw-Static th,.tw-Static td{border:1px solid var(--tw-line)!important;padding:2px 8px!important;text-align:left!important;
white-space:pre;max-width:32em;overflow:hidden;text-overflow:ellipsis}
.tw-Static th{background:var(--tw-head);font-weight:600}
.tw-Static .tw-number{text-align:right!important;font-variant-numeric:tabular-nums}
.tw-Static .tw-level{color:var(--tw-soft);background:var(--tw-head)}
.tw-Static p{color:var(--tw-soft);margin:4px 0}
</style>"""


@dataclass(frozen=True)
class Extract:
    """The top left corner of a table: its columns, and their texts (None where missing) column by column."""

    name: str
    columns: list[Column]
    cells: list[list[str | None]]
    rows: int
    total_columns: int


def size_text(frame: Frame, total: int | None = None) -> str:
    """The number of rows and columns, in words; `total` are the rows of the table, where the frame has only its first ones."""
    rows, columns = frame.df.shape
    return f"{counted(rows if total is None else total, 'row')} {TIMES} {counted(columns, 'column')}"


def extract(frame: Frame, name: str, *, rows: int = ROWS, columns: list[int] | None = None, total: int | None = None) -> Extract:
    """Reads the first rows of the first columns, or of the columns with these ids; `total` as for `size_text`."""
    with frame.lock:
        schema = frame.schema().columns
        shown = [column for column in schema if columns is None or column.id in columns or column.index][:COLUMNS]
        stop = min(rows, len(frame.df))
        cells = [_shown(column, texts(frame.values(column.id), slice(0, stop)).to_pylist()) for column in shown]
        wide = len(schema) if columns is None else sum(column.id in columns or column.index for column in schema)
        return Extract(name, shown, cells, len(frame.df) if total is None else total, wide)


def html(found: Extract) -> str:
    """The extract as an HTML fragment; all text is escaped."""
    head = "".join(f'<th{_class(column)} scope="col">{escape(column.name)}</th>' for column in found.columns)
    rows = zip(*found.cells, strict=True)
    body = "".join(f"<tr>{''.join(map(_cell, found.columns, row))}</tr>" for row in rows)
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    return f'{STYLE}\n<div class="tw-Static" data-tabweave="static">{table}<p>{escape(note_text(found))}</p></div>'


def text(found: Extract, width: int = 0) -> str:
    """The extract as lines of text; with `width`, only so many columns as such lines hold."""
    columns = [[column.name, *(cell or "" for cell in cells)] for column, cells in zip(found.columns, found.cells, strict=True)]
    flat = [[" ".join(cell.split()) for cell in cells] for cells in columns]
    widths = [max(map(len, cells)) for cells in flat]
    fitting = sum(end <= width + 2 for end in accumulate(each + 2 for each in widths)) if width else len(flat)
    shown = slice(max(1, fitting))
    lines = []
    for row in zip(*flat[shown], strict=True):
        parts = [
            cell.rjust(wide) if column.kind in NUMBERS else cell.ljust(wide)
            for column, cell, wide in zip(found.columns[shown], row, widths[shown], strict=True)
        ]
        lines.append("  ".join(parts).rstrip())
    return "\n".join([*lines, note_text(replace(found, columns=found.columns[shown]))])


def note_text(found: Extract) -> str:
    """What the extract leaves out."""
    shown = len(found.cells[0]) if found.cells else 0
    name = f"{found.name}: " if found.name else ""
    rows = f"first {shown} of {counted(found.rows, 'row')}" if shown < found.rows else counted(found.rows, "row")
    columns = f", {len(found.columns)} of {found.total_columns:,} columns" if len(found.columns) < found.total_columns else ""
    return f"{name}{rows}{columns}"


def _shown(column: Column, cells: list[str | None]) -> list[str | None]:
    """The texts as they are shown: cut where they are long, and timestamps without their time where all are of midnight."""
    if column.kind == "timestamp" and all(cell is None or cell.endswith(MIDNIGHT) for cell in cells):
        return [cell if cell is None else cell.removesuffix(MIDNIGHT) for cell in cells]
    return [_cut(cell) for cell in cells]


def _cut(cell: str | None) -> str | None:
    return cell if cell is None or len(cell) <= LONGEST else f"{cell[: LONGEST - 1]}…"


def _cell(column: Column, cell: str | None) -> str:
    inner = f"{_class(column)}>{escape(cell or '')}"
    return f'<th scope="row"{inner}</th>' if column.index else f"<td{inner}</td>"


def _class(column: Column) -> str:
    names = [*(["tw-number"] if column.kind in NUMBERS else []), *(["tw-level"] if column.index else [])]
    return f' class="{" ".join(names)}"' if names else ""
