"""An ingested file in a few lines for a person."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .result import Finding, Ingested

_DELIMITERS = {",": "comma", "\t": "tab", ";": "semicolon", "|": "pipe", " ": "space"}
_ORDER = ("F1", "F2", "S1", "S2")


def describe(ingested: Ingested, *, most: int = 12) -> str:
    """What was detected, then what was noticed, a line each; `most` findings at the most."""
    dialect, table = ingested.dialect, ingested.table
    parts = [dialect.format.upper()]
    if dialect.compression:
        parts.append(f"compressed with {dialect.compression}")
    if dialect.sheet:
        others = len(ingested.sheets) - 1
        parts.append(f"sheet {dialect.sheet!r}" + (f" of {others + 1}" if others else ""))
    if dialect.orient:
        parts.append(dialect.orient)
    if dialect.encoding:
        parts.append(dialect.encoding)
    if dialect.delimiter:
        parts.append(f"{_DELIMITERS.get(dialect.delimiter, repr(dialect.delimiter))} between cells")
    if dialect.format not in ("json", "jsonl", "parquet", "arrow"):
        parts.append(f"header in {'row' if dialect.sheet else 'line'} {dialect.header}" if dialect.header else "no header")
    size = f"{_count(table.num_rows, 'row')} \u00d7 {_count(table.num_columns, 'column')}"
    lines = [f"{size} · {', '.join(parts)}"]
    groups: dict[tuple[str, str], list[Finding]] = {}
    for finding in sorted(ingested.findings, key=lambda finding: finding.code not in _ORDER):
        groups.setdefault((finding.code, finding.message), []).append(finding)
    lines += [f"  {_line(alike)}" for alike in list(groups.values())[:most]]
    if len(groups) > most:
        lines.append(f"  … and {len(groups) - most} more findings")
    return "\n".join(lines)


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _line(alike: list[Finding]) -> str:
    """One line for the findings that say the same of several columns."""
    names = [finding.column for finding in alike if finding.column is not None]
    more = f" and {len(names) - 3} more columns" if len(names) > 4 else ""
    where = f"{', '.join(names[:3] if more else names)}{more}: " if names else ""
    advice = f" {alike[0].suggestion}" if alike[0].suggestion else ""
    return f"{alike[0].code} {where}{alike[0].message}{advice}"
