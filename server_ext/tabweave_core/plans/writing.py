"""UPDATE, DELETE and INSERT of `this`, read as SELECTs: the same rows and cells, and a difference that can be shown first.

What stands in a statement (values, conditions, a query) is let in by the guard, piece by piece; the statement itself never
runs, so nothing else can be written. It must not know where tables live.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import BadValue
from ..sql.guard import check_query
from .expressions import checked
from .shape import POS, RID, quote

if TYPE_CHECKING:
    from .draft import Draft

_TOKEN = re.compile(
    r"""(?P<space>\s+|--[^\n]*(?:\n|$)|/\*.*?\*/)|(?P<text>'(?:[^']|'')*'|"(?:[^"]|"")*"|\$(?P<tag>\w*)\$.*?\$(?P=tag)\$)"""
    r"|(?P<word>\w+)|(?P<sign>.)",
    re.DOTALL,
)
_HINT = "Write UPDATE this SET column = value WHERE …, DELETE FROM this WHERE …, or INSERT INTO this (columns) VALUES (…)."


@dataclass(frozen=True)
class _Token:
    """A piece of a statement: what it is in capitals if it is a word, how deep in brackets it stands, and where."""

    word: str
    depth: int
    start: int
    stop: int


def writes(sql: str) -> bool:
    """Whether a statement is one that changes `this`."""
    tokens = _tokens(sql)
    return bool(tokens) and tokens[0].word in ("UPDATE", "DELETE", "INSERT")


def queries(sql: str) -> bool:
    """Whether a statement has a query: a SELECT, or an INSERT. What UPDATE and DELETE have are expressions."""
    tokens = _tokens(sql)
    return not tokens or tokens[0].word not in ("UPDATE", "DELETE")


def write(draft: Draft, sql: str) -> None:
    """Adds what a statement makes of the table; raises `CHECK` for any but the three, and for what the guard refuses."""
    text = sql.strip().rstrip(";")
    tokens = _tokens(text)
    if any(token.word == ";" and not token.depth for token in tokens):
        raise _refused("There are several statements.")
    {"UPDATE": _update, "DELETE": _delete, "INSERT": _insert}[tokens[0].word](draft, text, tokens)


def _tokens(sql: str) -> list[_Token]:
    found, depth = [], 0
    for match in _TOKEN.finditer(sql):
        if match["space"]:
            continue
        piece = match[0]
        depth -= piece in (")", "]", "}")
        found.append(_Token(piece if match["text"] else piece.upper(), depth, match.start(), match.end()))
        depth += piece in ("(", "[", "{")
    return found


def _refused(message: str) -> BadValue:
    return BadValue("CHECK", f"This statement cannot be used: {message}", hint=_HINT, where="select")


def _expect(tokens: list[_Token], *words: str) -> int:
    """The place behind words that a statement begins with."""
    if [token.word for token in tokens[: len(words)]] != list(words):
        raise _refused(f"it does not begin with {' '.join(words)}.")
    return len(words)


def _place(tokens: list[_Token], word: str, start: int) -> int:
    """Where a word stands outside brackets; the end if it does not."""
    return next((at for at in range(start, len(tokens)) if tokens[at].word == word and not tokens[at].depth), len(tokens))


def _between(sql: str, tokens: list[_Token], start: int, stop: int) -> str:
    return sql[tokens[start].start : tokens[stop - 1].stop] if start < stop else ""


def _condition(draft: Draft, sql: str, tokens: list[_Token], where: int) -> str:
    if where == len(tokens):
        return "TRUE"
    return f"coalesce({checked(draft, _between(sql, tokens, where + 1, len(tokens)))}, FALSE)"


def _column(draft: Draft, written: str) -> str:
    """A column as it was written, in quotes or not."""
    name = written[1:-1].replace('""', '"') if written.startswith('"') else written
    known = next((each for each in draft.shape.names if each.lower() == name.lower()), name)
    draft.shape.require(known)
    return known


def _update(draft: Draft, sql: str, tokens: list[_Token]) -> None:
    start = _expect(tokens, "UPDATE", "THIS", "SET")
    where = _place(tokens, "WHERE", start)
    for word in ("FROM", "RETURNING"):
        if _place(tokens, word, start) < len(tokens):
            raise _refused(f"{word} is not allowed here.")
    condition = _condition(draft, sql, tokens, where)
    changes: dict[str, str] = {}
    while start < where:
        comma = min(_place(tokens, ",", start), where)
        equals = _place(tokens, "=", start)
        if equals != start + 1:
            raise _refused("after SET stand columns with their values, such as qty = qty + 1.")
        name = _column(draft, sql[tokens[start].start : tokens[start].stop])
        if name in changes:
            raise _refused(f"{name} is set twice.")
        value = checked(draft, _between(sql, tokens, equals + 1, comma))
        type_ = draft.shape.type(name)
        draft.rounds(name, value, condition)
        changes[name] = f"CASE WHEN {condition} THEN CAST({value} AS {type_}) ELSE {quote(name)} END"
        start = comma + 1
    if not changes:
        raise _refused("nothing stands after SET.")
    draft.change(changes)


def _delete(draft: Draft, sql: str, tokens: list[_Token]) -> None:
    start = _expect(tokens, "DELETE", "FROM", "THIS")
    where = _place(tokens, "WHERE", start)
    if where != start:
        raise _refused("only WHERE and a condition stand behind DELETE FROM this.")
    condition = _condition(draft, sql, tokens, where)
    draft.project(((name, quote(name)) for name in draft.shape.names), where=f"NOT {condition}")


def _insert(draft: Draft, sql: str, tokens: list[_Token]) -> None:
    start = _expect(tokens, "INSERT", "INTO", "THIS")
    names = draft.shape.names
    if start < len(tokens) and tokens[start].word == "(":
        stop = next((at for at in range(start, len(tokens)) if tokens[at].word == ")" and not tokens[at].depth), len(tokens))
        names = [_column(draft, sql[each.start : each.stop]) for each in tokens[start + 1 : stop] if each.word != ","]
        start = stop + 1
    if len(set(names)) < len(names):
        raise _refused("a column is named twice.")
    query = _between(sql, tokens, start, len(tokens))
    if not query or tokens[start].word not in ("VALUES", "SELECT", "WITH", "FROM"):
        raise _refused("VALUES or a SELECT stand behind INSERT INTO this.")
    check_query(query, ["this", *draft.others])
    others = "".join(
        f", {quote(name)} AS (SELECT {', '.join(map(quote, other.shape.names))} FROM {other.relation})"
        for name, other in draft.others.items()
        if name != "this"
    )
    listed = ", ".join(map(quote, draft.shape.names))
    given = ", ".join(map(quote, names))
    chain = (
        f"WITH this AS (SELECT {listed} FROM {draft.last} ORDER BY {POS}){others} "
        f"SELECT *, row_number() OVER () AS {POS} FROM ({query}\n) AS new({given})"
    )
    values = ", ".join(
        f"CAST({quote(name)} AS {draft.shape.type(name)}) AS {quote(name)}" if name in names else f"NULL AS {quote(name)}"
        for name in draft.shape.names
    )
    both = f"SELECT {RID}, {POS}, 0 AS side, {listed} FROM {draft.last} UNION ALL SELECT NULL, {POS}, 1, {values} FROM ({chain})"
    draft.then(f"SELECT {RID}, row_number() OVER (ORDER BY side, {POS}) AS {POS}, {listed} FROM ({both})", written=())
