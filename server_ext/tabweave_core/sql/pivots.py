"""`PIVOT t ON column` without a list of values, which DuckDB turns into several statements and gives no syntax tree for.

`mark` writes a list with one impossible value behind each such column, so that the query has a tree that can be checked;
`fill` looks the values up, with the checked tree's own parts, and puts them into it. What runs is the filled tree, never the
text. It must not know what is allowed.
"""

from __future__ import annotations

import copy
import json
import re
from typing import TYPE_CHECKING, Any

from ..errors import Refused
from . import syntax

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .syntax import Tree

    Look = Callable[[str], list[str | None]]

MARK = "\ue000 every value"
"""The value that stands for those to be looked up."""
MOST_PIVOTS = 20
"""PIVOTs in one query."""
MOST = 1_000
"""Columns that one PIVOT may make of the values it finds."""

_TOKEN = re.compile(
    r"(?P<skip>\s+|--[^\n]*+|/\*)|(?P<quoted>[eE]'(?:[^'\\]|\\.|'')*+'|'(?:[^']|'')*+'|\"(?:[^\"]|\"\")*+\"|\$\w*\$)|(?P<word>\w+)|(?P<sign>.)",
    re.DOTALL,
)
_ENDS = frozenset(["USING", "GROUP", "ORDER", "LIMIT", "OFFSET", "UNION", "EXCEPT", "INTERSECT", "QUALIFY", ";"])
_FREE_JOINS = frozenset(["CROSS", "NATURAL", "POSITIONAL"])
_VALUES = f"""SELECT CAST(x AS VARCHAR) FROM t WHERE x IS NOT NULL GROUP BY x ORDER BY x LIMIT {MOST + 1}"""

Token = tuple[str, int, int, int]
"""A word in capitals or a sign, where it begins and ends, and how deep it stands."""


def mark(sql: str) -> str | None:
    """The text with a list behind each column that has none, or None where there is no PIVOT to write one in."""
    tokens = list(_tokens(sql))
    pivots = [at for at, (word, _, _, _) in enumerate(tokens) if word in {"PIVOT", "PIVOT_WIDER"}]
    if not pivots:
        return None
    if len(pivots) > MOST_PIVOTS:
        raise Refused("TOO_LARGE", f"A query can have at most {MOST_PIVOTS} PIVOTs.", hint="Split it into several queries.")
    parts, last = [], 0
    for start, stop in sorted(place for at in pivots for place in _without_list(tokens, at)):
        parts += [sql[last:start], "(", sql[start:stop], f") IN ('{MARK}')"]
        last = stop
    return "".join([*parts, sql[last:]])


def is_marked(statement: Tree, marked: str) -> bool:
    """Whether the lists that were written into a text are all lists of its PIVOTs, and nothing else of it changed."""
    pivots = (part for part in syntax.walk(statement) if part.get("type") == "PIVOT")
    entries = [entry for pivot in pivots for column in pivot["pivots"] for entry in column["entries"] if _is_mark(entry)]
    return json.dumps(statement, ensure_ascii=False).count(MARK) == len(entries) == marked.count(MARK)


def _tokens(sql: str) -> Iterator[Token]:
    depth = at = 0
    while found := _TOKEN.match(sql, at):
        text, start, at = found[0], at, found.end()
        if text == "/*":
            at = _behind(sql, "*/", at)
        elif found["quoted"] and text[0] == "$":
            at = _behind(sql, text, at)
        if found["skip"]:
            continue
        if found["sign"] and text in ")]}":
            depth -= 1
        yield (text if found["quoted"] else text.upper(), start, at, depth)
        if found["sign"] and text in "([{":
            depth += 1


def _behind(sql: str, end: str, start: int) -> int:
    found = sql.find(end, start)
    return len(sql) if found < 0 else found + len(end)


def _without_list(tokens: list[Token], at: int) -> Iterator[tuple[int, int]]:
    """Where the columns begin and end that the PIVOT at `at` makes values of without naming them."""
    depth = tokens[at][3]
    own = _clause(tokens, at + 1, depth)
    if own and own[0][0] == "(" and any(word == "FOR" for word in _first_bracket(tokens, at + 1, depth)):
        return
    for item in _columns(own):
        # `IN (…)` and `IN name` stand last; an IN further inside belongs to an expression.
        if item and not any(word == "IN" for word, _, _, _ in item[-3:]):
            yield item[0][1], item[-1][2]


def _columns(clause: list[Token]) -> list[list[Token]]:
    """The parts between commas behind the ON of a PIVOT, which is the first one that no JOIN before it claims."""
    joins, began = 0, len(clause)
    for position, (word, _, _, _) in enumerate(clause):
        if word == "JOIN" and clause[position - 1][0] not in _FREE_JOINS:
            joins += 1
        elif word in {"ON", "USING"} and joins:
            joins -= 1
        elif word == "ON":
            began = position + 1
            break
    items: list[list[Token]] = [[]]
    for token in clause[began:]:
        if token[0] in _ENDS:
            break
        if token[0] == ",":
            items.append([])
        else:
            items[-1].append(token)
    return items


def _clause(tokens: list[Token], start: int, depth: int) -> list[Token]:
    """The tokens from `start` on that stand at `depth`, as far as the bracket around them goes."""
    found: list[Token] = []
    for token in tokens[start:]:
        if token[3] < depth or (token[3] == depth and token[0] == ")" and not found):
            break
        if token[3] == depth:
            found.append(token)
    return found


def _first_bracket(tokens: list[Token], start: int, depth: int) -> Iterator[str]:
    for word, _, _, level in tokens[start + 1 :]:
        if level <= depth:
            return
        if level == depth + 1:
            yield word


def fill(statement: Tree, look: Look) -> Tree:
    """The statement with the values that each marked PIVOT has; `look` runs a SELECT of one column of texts."""
    try:
        filled = copy.deepcopy(statement)
        _fill(filled["node"], [], look)
    except RecursionError:
        raise syntax.too_deep() from None
    return filled


def _fill(part: Any, ctes: list[Tree], look: Look) -> None:
    """Inner ones first: what a PIVOT reads may itself be one."""
    if isinstance(part, list):
        for item in part:
            _fill(item, ctes, look)
    elif isinstance(part, dict):
        own = part.get("cte_map")
        ctes = list(ctes)
        for entry in own["map"] if isinstance(own, dict) else ():
            _fill(entry["value"], ctes, look)
            ctes.append(entry)
        for key, item in part.items():
            if key != "cte_map":
                _fill(item, ctes, look)
        if part.get("type") == "PIVOT":
            _fill_pivot(part, ctes, look)


def _fill_pivot(pivot: Tree, ctes: list[Tree], look: Look) -> None:
    for column in pivot["pivots"]:
        if any(_is_mark(entry) for entry in column["entries"]):
            column["entries"] = _entries(pivot["source"], column["pivot_expressions"][0], ctes, look)


def _is_mark(entry: Tree) -> bool:
    value: Tree = entry.get("star_expr") or {}
    return (value.get("literal") or {}).get("text") == MARK


def _entries(source: Tree, expression: Tree, ctes: list[Tree], look: Look) -> list[Tree]:
    wanted = syntax.parse(_VALUES)
    node = wanted["node"]
    node["cte_map"]["map"] = [*ctes]
    node["from_table"] = source
    for holder, key in _places(node):
        holder[key] = expression
    texts = [text for text in dict.fromkeys(look(syntax.write(wanted))) if text is not None]
    if len(texts) > MOST:
        message = f"This PIVOT would make more than {MOST:,} columns."
        raise Refused("TOO_LARGE", message, hint="Pivot on a column with fewer values, or list the values: IN ('a', 'b').")
    if not texts:
        raise Refused("SCHEMA", "This PIVOT has no values to make columns of.", hint="Its rows are all missing or filtered out.")
    template = syntax.parse("SELECT 'x'")["node"]["select_list"][0]
    return [{"values": [], "alias": "", "star_expr": {**template, "literal": {"kind": "STRING", "text": text}}} for text in texts]


def _places(node: Tree) -> list[tuple[Any, Any]]:
    """Where `x` stands in the query for values."""
    found: list[tuple[Any, Any]] = []
    for key in ("select_list", "where_clause", "group_expressions", "modifiers"):
        for part in syntax.walk({key: node[key]}):
            holders: list[tuple[Any, Any]] = [(part, name) for name in part]
            holders += [(item, at) for item in part.values() if isinstance(item, list) for at in range(len(item))]
            found += [(holder, name) for holder, name in holders if _is_x(holder[name])]
    return found


def _is_x(part: Any) -> bool:
    return isinstance(part, dict) and part.get("class") == "COLUMN_REF" and part["column_names"] == ["x"]
