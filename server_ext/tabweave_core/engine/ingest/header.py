"""Which row of a grid of texts is the header, if any: shared by delimited text and spreadsheets."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_NUMBER = re.compile(
    r"[-+(]*\s*(?:[$€£¥]|[A-Z]{3}\s)?\s*[-+]?\s*(?:\d[\d.,'\u00a0 ]*|[.,]\d+)(?:[eE][-+]?\d+)?\s*(?:%|[€$£])?\)?"
)
_DATE = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}(?:[T ].*)?|\d{1,2}:\d{2}(?::\d{2})?.{0,5}")
_YEAR = re.compile(r"(?:19|20)\d\d")


def looks_like(cell: str) -> str:
    """`empty`, `number`, `date`, `flag` or `text`."""
    cell = cell.strip()
    if not cell or cell.casefold() in {"na", "n/a", "null", "none", "nan", "-"}:
        return "empty"
    if _NUMBER.fullmatch(cell):
        return "number"
    if _DATE.fullmatch(cell):
        return "date"
    return "flag" if cell.casefold() in {"true", "false"} else "text"


def has_header(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first of these rows names the columns, judged by how it differs from the rows below."""
    if not rows:
        return False
    first = rows[0]
    below = [row for row in rows[1:] if row != first]
    looks = [looks_like(cell) for cell in first]
    if not below:
        return all(look == "text" for look in looks)
    years = [cell.strip() for cell in first if _YEAR.fullmatch(cell.strip())]
    year_row = len(years) > 1 and len(set(years)) == len(years) and "text" in (looks[0], looks[-1])
    score = 0
    for position, look in enumerate(looks):
        column = [row[position] for row in below if position < len(row)]
        kinds = [kind for kind in map(looks_like, column) if kind != "empty"]
        if not kinds or look == "empty":
            continue
        typed = max(kinds.count("number"), kinds.count("date"), kinds.count("flag")) >= 0.8 * len(kinds)
        if look == "text":
            score += 2 if typed else (-1 if len(column) > 1 and first[position] in column else 0)
        elif not (year_row and _YEAR.fullmatch(first[position].strip())):
            score -= 2 if kinds.count(look) >= 0.8 * len(kinds) else 0
        else:
            score += 1
    if score:
        return score > 0
    named = [cell.strip() for cell in first if cell.strip()]
    return bool(named) and len(set(named)) == len(named) and "text" in looks and "number" not in looks and "date" not in looks
