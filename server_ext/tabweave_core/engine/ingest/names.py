"""Column names made whole: trimmed, none blank, none twice, with a finding for each repair."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .result import Finding

if TYPE_CHECKING:
    from collections.abc import Sequence


def name_columns(raw: Sequence[str] | None, width: int) -> tuple[list[str], list[Finding]]:
    """`width` unique names from header cells, or invented ones where there is no header."""
    if raw is None:
        names = [f"column_{number}" for number in range(1, width + 1)]
        message = "There is no header line, so the columns are called column_1, column_2, …"
        return names, [Finding("S2", None, (), width, message, "If the first line is the header, say so with --header 1.")]
    cells = [re.sub(r"\s+", " ", str(cell)).strip() for cell in [*raw, *[""] * (width - len(raw))]]
    taken = {cell for cell in cells if cell}
    names, blank, repeated = [], [], []
    used: set[str] = set()
    for number, cell in enumerate(cells, 1):
        name = cell or f"column_{number}"
        base, turn = name, 2
        while name in used or (name != cell and name in taken):
            name, turn = f"{base}_{turn}", turn + 1
        if not cell:
            blank.append(name)
        elif name != cell:
            repeated.append(f"{cell!r} → {name!r}")
        used.add(name)
        names.append(name)
    findings = []
    if blank:
        message = f"{_count(blank, 'header cell is', 'header cells are')} blank; named {_some(blank)}."
        findings.append(Finding("S2", None, (), len(blank), message))
    if repeated:
        message = f"{_count(repeated, 'column name occurs', 'column names occur')} again; renamed {_some(repeated)}."
        findings.append(Finding("S2", None, (), len(repeated), message))
    return names, findings


def _count(things: Sequence[str], one: str, many: str) -> str:
    return f"{len(things)} {one if len(things) == 1 else many}"


def _some(things: Sequence[str], most: int = 5) -> str:
    shown = ", ".join(things[:most])
    return shown if len(things) <= most else f"{shown} and {len(things) - most} more"
