"""Compiled SQL as a person reads and runs it: a step per line, and the bound values written in."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_TOKEN = re.compile(
    r"\"(?:[^\"]|\"\")*\"|'(?:[^']|'')*'|\$(p\d+)|(\), s\d+ AS \(| SELECT (?=_rid, _pos[^()]*FROM s\d+ ORDER BY _pos$))"
)


def readable(sql: str, values: Mapping[str, object]) -> str:
    """The statement with its values, a line for each step. It runs on a table that has `_rid` and `_pos`."""

    def say(found: re.Match[str]) -> str:
        if found[1]:
            return literal(values[found[1]])
        if found[2]:
            return found[2].replace("), s", "),\n  s") if found[2].startswith(")") else f"\n{found[2].strip()} "
        return found[0]

    return _TOKEN.sub(say, sql).replace("WITH s0 AS", "WITH\n  s0 AS", 1)


def literal(value: object) -> str:
    """A value as SQL."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, (int, float)) and value == value and abs(value) != float("inf"):
        return repr(value)
    return "'" + str(value).replace("'", "''") + "'"
