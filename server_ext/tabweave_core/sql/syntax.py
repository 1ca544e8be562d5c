"""SQL text as DuckDB's own syntax tree, and walks over it.

The tree is the JSON of `json_serialize_sql`: expressions have a `class`, everything else only a `type`. It must not know what
is allowed.
"""

from __future__ import annotations

import json
import re
import threading
from functools import cache
from typing import TYPE_CHECKING, Any

from ..errors import BadValue, Refused
from .locked import connect

if TYPE_CHECKING:
    from collections.abc import Iterator

    from duckdb import DuckDBPyConnection

Tree = dict[str, Any]

LONGEST = 100_000
"""Characters of a query."""
DEEPEST = 150
"""Brackets inside each other; DuckDB's parser takes quadratic time on those that are never closed, and on rows of signs."""

_lock = threading.Lock()
# Quotes in dollars and block comments count as they stand: brackets in them that do not close are refused with the rest.
_BRACKETS = re.compile(
    r"'(?:[^']|'')*+'|\"(?:[^\"]|\"\")*+\"|--[^\n]*+|[()\[\]{}]|(?:(?:\+|-(?!-))(?:\s|/\*(?:[^*]|\*(?!/))*+\*/)*+){100}"
)
_FIRST = re.compile(r"(?:\s|--[^\n]*\n|/\*.*?\*/|\()*(\w+)", re.DOTALL)


class NoSelect(Refused):
    """A statement that is no SELECT, as far as DuckDB says; a PIVOT that finds its own columns is one of them."""


@cache
def _reader() -> DuckDBPyConnection:
    return connect(threads=1)


def parse(sql: str) -> Tree:
    """The one statement of a text: `{"node": …}`; raises `BadValue` for bad SQL and `Refused` for what is no single SELECT."""
    check_size(sql)
    with _lock:
        text = _reader().execute("SELECT json_serialize_sql(?)", [sql]).fetchall()[0][0]
    try:
        answer = json.loads(text)
    except RecursionError:
        raise too_deep() from None
    if answer["error"]:
        raise _unread(sql, answer)
    statements: list[Tree] = answer["statements"]
    if not statements:
        raise BadValue("CHECK", "There is no query.", hint="Write one, such as  SELECT * FROM sales LIMIT 10.")
    if len(statements) > 1:
        raise Refused("FORBIDDEN", f"These are {len(statements)} statements.", hint="Run them one by one.")
    return statements[0]


def write(statement: Tree) -> str:
    """A statement as SQL again."""
    with _lock:
        text = json.dumps({"error": False, "statements": [statement]})
        found: str = _reader().execute("SELECT json_deserialize_sql(?::JSON)", [text]).fetchall()[0][0]
    return found


def check_size(sql: str) -> None:
    """Refuses a text that is too long or too deep to be parsed in reasonable time, or that is no text at all."""
    if len(sql) > LONGEST:
        raise Refused("TOO_LARGE", f"The query has {len(sql):,} characters; {LONGEST:,} can be read.", hint="Write it shorter.")
    if "\0" in sql or any("\ud800" <= letter <= "\udfff" for letter in sql):
        raise BadValue("CHECK", "The query has characters that are no text.", hint="Remove what was pasted by accident.")
    depth = 0
    for found in _BRACKETS.finditer(sql):
        if found[0] in "([{":
            depth += 1
        if depth > DEEPEST or (found[0][0] in "-+" and not found[0].startswith("--")):
            raise too_deep()
        if found[0] in ")]}":
            depth -= 1


def too_deep() -> Refused:
    """The refusal of a query that is nested too deep."""
    return Refused("TOO_LARGE", "The query is nested too deep.", hint="Split it with WITH name AS (…).")


def _unread(sql: str, answer: Tree) -> BadValue | Refused:
    message = str(answer.get("error_message", "it is not SQL"))
    if answer.get("error_type") == "not implemented":
        first = _FIRST.match(sql)
        what = f" not {first[1].upper()}" if first else ""
        return NoSelect(
            "FORBIDDEN", f"Only a SELECT can be run here,{what}.", hint="A query reads tables; it changes and shows nothing else."
        )
    if "expression depth" in message:
        return too_deep()
    return BadValue("CHECK", f"This is not SQL that can be read: {message}.", hint=_place(sql, answer))


def _place(sql: str, answer: Tree) -> str:
    at = str(answer.get("position", ""))
    if not at.isdecimal() or int(at) > len(sql):
        return "Check the words around it."
    line = sql.count("\n", 0, int(at)) + 1
    start = max(0, int(at) - 25)
    near = " ".join(sql[start : int(at) + 15].split())
    return f"Look at line {line}, near {near!r}." if near else f"Look at line {line}."


def walk(tree: Any) -> Iterator[Tree]:
    """Every object in a tree, parents first."""
    waiting = [tree]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            yield part
            waiting.extend(part.values())
        elif isinstance(part, list):
            waiting.extend(part)
