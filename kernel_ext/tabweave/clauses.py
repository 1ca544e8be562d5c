"""The clauses of `%tab` lines about planning: cut apart, read and completed. It must not know tables or what they do."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from . import wording
from .arguments import refuse

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

COMMANDS = ("rollup", "set", "lock", "unlock", "bounds")
"""The commands whose lines are in clauses."""
ROLLUP = ("by", "of", "across", "where", "as")
SET = ("where", "by", "hold")
LOCK = ("where",)
_OF = {"rollup": ROLLUP, "lock": LOCK, "unlock": LOCK}
_RANGE = re.compile(r"(?P<column>.*?)\s*(?P<range>\S*\.\.\S*|none)?", re.DOTALL | re.IGNORECASE)
_WORD = re.compile(r"\S+")
_FLAG = re.compile(r"(?:^|\s)(--preview|--exact|--help|-h)(?=\s|$)")


def clauses(text: str, words: Sequence[str]) -> list[tuple[str, str]]:
    """A text cut before each of some words that stands by itself, outside quotes and brackets; the first part has no word."""
    outside = "".join(" " if depth else char for char, depth in wording.scan(text))
    cuts = [found for found in _WORD.finditer(outside) if found[0].lower() in words]
    starts = [0, *(cut.start() for cut in cuts)]
    stops = [*starts[1:], len(text)]
    found = [text[start:stop].strip() for start, stop in zip(starts, stops, strict=True)]
    return [("", found[0]), *((cut[0].lower(), part[len(cut[0]) :].strip()) for cut, part in zip(cuts, found[1:], strict=True))]


def read(text: str, words: Sequence[str], usage: str, several: Sequence[str] = ()) -> tuple[str, dict[str, list[str]]]:
    """What stands before the clauses, and each clause; refuses an empty one and one given twice."""
    (_, head), *rest = clauses(text, words)
    found: dict[str, list[str]] = {}
    for word, part in rest:
        if not part:
            raise refuse(f"`{word}` needs something after it.", f"Usage: {usage}")
        if word in found and word not in several:
            raise refuse(f"`{word}` stands twice.", f"Usage: {usage}")
        found.setdefault(word, []).append(part)
    return head, found


def assigned(text: str) -> tuple[str, str, str]:
    """The parts of `COLUMN = VALUE`, cut at the first = outside quotes and brackets."""
    column, *rest = wording.pieces(text, "=")
    return column.strip(), "=" if rest else "", "=".join(rest).strip()


def ranged(text: str, usage: str) -> tuple[str, tuple[str | None, str | None] | None]:
    """`amount 0..1000` as a column and its bounds; `none` is to have none, and nothing asks which they are."""
    found = _RANGE.fullmatch(text.strip())
    assert found is not None
    column, given = wording.unquoted(found["column"]), found["range"]
    if given is None:
        if " " in column and found["column"].strip()[:1] != '"':
            raise refuse(f"{text.strip()!r} has no range such as 0..1000.", f"Usage: {usage}")
        return column, None
    if not column:
        raise refuse("A range needs a column before it.", f"Usage: {usage}")
    least, _, most = ("", "", "") if given.lower() == "none" else given.partition("..")
    return column, (least or None, most or None)


def literal(text: str) -> str | None:
    """A value without the quotes around it; nothing for null."""
    if text.lower() == "null":
        return None
    if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"":
        return text[1:-1].replace(text[0] * 2, text[0])
    return text


def candidates(kind: str, before: Sequence[str], namespace: Mapping[str, Any]) -> list[str]:
    """What can stand next in the clauses of a line; `before` are the words after the command, the table first."""
    frame = namespace.get(before[0]) if before else None
    names = [name for name in getattr(frame, "columns", []) if isinstance(name, str) and name.isidentifier()]
    spec, last = list(before[1:]), before[-1] if len(before) > 1 else ""
    clause = next((word for word in reversed(spec) if word in _OF.get(kind, SET)), "")
    if kind == "rollup":
        return _in_rollup(spec, last, clause, names)
    if kind == "bounds":
        numbers = getattr(frame, "select_dtypes", lambda *_: None)("number")
        return ["none"] if spec else [name for name in names if numbers is None or name in numbers.columns]
    if kind in ("lock", "unlock"):
        return names if not spec or clause or last.endswith(",") else ["where"]
    if not spec:
        return [*names, "--preview"]
    if last == "by":
        return [
            *wording.FORMS,
            *(f"{form.partition('(')[0]}({name})" for form in wording.FORMS if "(C" in form for name in names),
        ]
    if last in ("where", "hold", "and", "or"):
        return names
    if "=" not in spec:
        return ["="]
    return [*SET, "--preview", *(["and", "or"] if clause in ("where", "hold") else [])]


def _in_rollup(spec: list[str], last: str, clause: str, names: list[str]) -> list[str]:
    if not spec:
        return ["by"]
    if last in ("by", ">", "across", "where", "and", "or"):
        return names
    if last == "of" or (clause == "of" and last.endswith(",")):
        return [f"{fn}({name})" for fn in wording.FUNCTIONS for name in names]
    if clause == "by":
        return [">", "of"]
    return [word for word in ROLLUP if word not in spec] + ["--exact"]


def words(line: str) -> list[str]:
    """The words of a line that begins with one of `COMMANDS`, whose clauses are one word; none for another line."""
    name, _, rest = line.strip().partition(" ")
    if name not in COMMANDS:
        return []
    variable, _, spec = rest.strip().partition(" ")
    outside = "".join("x" if depth else char for char, depth in wording.scan(spec))
    flags = [found.span(1) for found in _FLAG.finditer(outside)]
    kept = "".join(char for place, char in enumerate(spec) if not any(start <= place < stop for start, stop in flags)).strip()
    return [name, *([variable] if variable else []), *([kept] if kept else []), *(spec[start:stop] for start, stop in flags)]
