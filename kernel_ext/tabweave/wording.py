"""Measures, methods and coordinates as people write them, made into what operations carry.

    sum(amount)   ratio(revenue, qty) into revenue   weighted(last_year)   copy(@12)   brand = 'Acme'   Acme > Shoes

It must not know tables: names are looked up by whoever calls.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import msgspec
from tabweave_core.errors import BadMessage, did_you_mean
from tabweave_core.protocol import planning as p
from tabweave_core.protocol.schema import ExpressionFilter, Filter, SetFilter

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tabweave_core.protocol.planning import Aggregate, Coordinate, Method, Reference

Lookup = Callable[[str], int]
"""The id of the column with a name; raises NO_COLUMN."""

FUNCTIONS = ("sum", "count", "mean", "min", "max", "first", "last", "distinct", "weighted_mean", "ratio")
_OTHER_NAMES = {"avg": "mean", "average": "mean", "nunique": "distinct", "total": "sum"}
_CALL = re.compile(r"\s*([A-Za-z_][\w ]*?)\s*\((.*)\)\s*(?:into\s+(.+?))?\s*", re.DOTALL)
_METHOD = re.compile(r"\s*([A-Za-z_][\w ]*?)\s*(?:\((.*)\))?\s*", re.DOTALL)
_ARROW = " > "

PLAIN: dict[str, Callable[[], Method]] = {
    "proportional": p.Proportional,
    "ratio": p.Ratio,
    "equal": p.Equal,
    "equal_increment": p.EqualIncrement,
    "repeat": p.Repeat,
    "add": p.Add,
    "subtract": p.Subtract,
    "percent": p.Percent,
    "clear": p.Clear,
    "zero": p.Zero,
}
REFERRING: dict[str, Callable[[Reference], Method]] = {
    "weighted": lambda ref: p.Weighted(ref=ref),
    "weighted_increment": lambda ref: p.WeightedIncrement(ref=ref),
    "relative_percent": lambda ref: p.RelativePercent(ref=ref),
    "copy": lambda ref: p.CopyOf(ref=ref),
}
OPTIONS: dict[tuple[str, str], Callable[[], Method]] = {
    ("ratio", "force"): lambda: p.Ratio(force=True),
    ("equal", "include_null"): lambda: p.Equal(include_null=True),
    ("repeat", "include_null"): lambda: p.Repeat(include_null=True),
    ("add", "equal"): lambda: p.Add(split="equal"),
    ("subtract", "equal"): lambda: p.Subtract(split="equal"),
}
FORMS = (
    "proportional",
    "ratio",
    "equal",
    "equal_increment",
    "weighted(COLUMN)",
    "weighted_increment(COLUMN)",
    "repeat",
    "add",
    "subtract",
    "percent",
    "relative_percent(COLUMN)",
    "straight_line(ALONG,LAST)",
    "growth(ALONG,PERCENT)",
    "copy(COLUMN)",
    "clear",
    "zero",
    "move(TO)",
)
"""How each method is written; COLUMN can be `column`, `@revision` or `column@revision`."""

NUMBERLESS = (p.Clear, p.Zero, p.CopyOf)
"""The methods that no number goes with."""


def aggregate(text: str, find: Lookup) -> Aggregate:
    """`sum(amount)` as a measure; raises for what is none."""
    found = _CALL.fullmatch(text)
    if found is None:
        message = f"{text.strip()!r} is no measure."
        raise BadMessage("BAD_MESSAGE", message, hint="Write one such as sum(amount) or mean(price).", where="of")
    word = found[1].strip().lower().replace(" ", "_")
    fn: Any = _OTHER_NAMES.get(word, word)
    if fn not in FUNCTIONS:
        hint = did_you_mean(fn, FUNCTIONS) or f"There are {', '.join(FUNCTIONS)}."
        raise BadMessage("BAD_MESSAGE", f"There is no measure {found[1]!r}.", hint=hint, where="of")
    names = [unquoted(part) for part in pieces(found[2], ",")]
    if len(names) not in (1, 2):
        raise BadMessage("BAD_MESSAGE", f"{text.strip()} names {len(names)} columns.", hint="It takes one or two.", where="of")
    columns = [find(name) for name in names]
    inverse = None if found[3] is None else find(unquoted(found[3]))
    return p.Aggregate(fn=fn, column=columns[0], other=columns[1] if len(columns) > 1 else None, inverse=inverse)


def method(by: str | Method, find: Lookup) -> Method:
    """`weighted(last_year)` as a method; raises for what is none."""
    if not isinstance(by, str):
        return by
    found = _METHOD.fullmatch(by)
    name = "" if found is None else found[1].lower().replace(" ", "_").replace("-", "_")
    inner = (found[2] or "").strip() if found is not None else ""
    if name in PLAIN and not inner:
        return PLAIN[name]()
    if (name, inner) in OPTIONS:
        return OPTIONS[name, inner]()
    if name in REFERRING and inner:
        return REFERRING[name](_reference(inner, find))
    if name == "move" and inner:
        return p.MoveTo(to=p.Coordinate(path=list(path(inner))))
    parts = pieces(inner, ",")
    if name == "straight_line" and len(parts) == 2:
        return p.StraightLine(along=find(unquoted(parts[0])), last=parts[1].strip())
    if name == "growth" and len(parts) == 2:
        return p.Growth(along=find(unquoted(parts[0])), percent=parts[1].strip().rstrip("%").strip())
    forms = {form.partition("(")[0]: form for form in FORMS}
    if name in forms:
        options = " or ".join(f"{known}({option})" for known, option in OPTIONS if known == name)
        hint = f"Write {forms[name]}{' or ' + options if options else ''}."
        raise BadMessage("BAD_MESSAGE", f"{by.strip()!r} is not how {name} is written.", hint=hint, where="by")
    hint = did_you_mean(name, forms) or f"There are {', '.join(FORMS)}."
    raise BadMessage("BAD_MESSAGE", f"There is no method {by.strip()!r}.", hint=hint, where="by")


def _reference(text: str, find: Lookup) -> Reference:
    name, at, rev = text.rpartition("@")
    if not at:
        return p.Reference(column=find(unquoted(text)))
    if not rev.strip().isdecimal():
        hint = "Write @REVISION or column@REVISION; history lists the revisions."
        raise BadMessage("BAD_MESSAGE", f"{rev.strip()!r} is no revision.", hint=hint, where="by")
    return p.Reference(column=find(unquoted(name)) if name.strip() else None, rev=int(rev))


def path(at: object) -> tuple[str | None, ...]:
    """Labels from the top: a tuple or list as it is, "Acme > Shoes" taken apart, nothing for the total."""
    if at is None or at == "":
        return ()
    if isinstance(at, str):
        return tuple(part.strip() for part in at.split(_ARROW))
    if isinstance(at, (tuple, list)):
        return tuple(label(each) for each in at)
    return (label(at),)


def label(value: object) -> str | None:
    """A label as the grid shows it; None for a missing one."""
    if value is None or value != value:
        return None
    found = str(value)
    return found.removesuffix(" 00:00:00") if len(found) == 19 else found


def conditions(where: object, find: Lookup) -> tuple[list[Filter], str]:
    """A condition in SQL, or labels by column name, as filters and as it reads."""
    if where is None:
        return [], ""
    if isinstance(where, str):
        return [ExpressionFilter(sql=where)], " ".join(where.split())
    if not isinstance(where, Mapping):
        hint = "Give a condition in SQL, or labels such as {'month': 'Jan'}."
        raise BadMessage("BAD_MESSAGE", f"{where!r} is no condition.", hint=hint, where="where")
    found: list[Filter] = []
    for name, wanted in where.items():
        many = list(wanted) if isinstance(wanted, (list, tuple, set)) else [wanted]
        given = [_item(each) for each in many if label(each) is not None]
        found.append(SetFilter(column=find(name), values=given, missing=len(given) < len(many)))
    return found, ", ".join(f"{name} {_list(wanted)}" for name, wanted in where.items())


def _item(value: object) -> Any:
    return value if isinstance(value, (bool, int, float)) else label(value)


def _list(value: object) -> str:
    return " or ".join(map(str, value)) if isinstance(value, (list, tuple, set)) else str(value)


def coordinate(at: object, where: object, find: Lookup) -> Coordinate:
    """Some rows of a rollup: below a path, and where a condition holds."""
    labels = path(at)
    filters, name = conditions(where, find)
    named = _ARROW.join("(missing)" if each is None else each for each in labels)
    return p.Coordinate(path=list(labels), where=filters, name=f"{named}, {name}" if named and name else name)


def holds(given: object, find: Lookup, *, rows: bool = False) -> list[Coordinate]:
    """What is held: the total at a path or at labels by column name, or several of these.

    With `rows` they are conditions in SQL or labels, and every row that matches is held.
    """
    if given is None:
        return []
    several: Sequence[Any] = given if isinstance(given, list) else [given]
    if rows:
        return [msgspec.structs.replace(coordinate(None, each, find), each=True) for each in several]
    return [coordinate(None, each, find) if isinstance(each, Mapping) else coordinate(each, None, find) for each in several]


def unquoted(text: str) -> str:
    """A name without the double quotes around it."""
    stripped = text.strip()
    if len(stripped) > 1 and stripped[0] == stripped[-1] == '"':
        return stripped[1:-1].replace('""', '"')
    return stripped


def pieces(text: str, mark: str) -> list[str]:
    """A text cut at a mark of one character, but not within quotes or brackets."""
    return ["".join(part for part, _ in run) for run in _runs(text, mark)]


def _runs(text: str, mark: str) -> Iterable[list[tuple[str, int]]]:
    run: list[tuple[str, int]] = []
    for char, depth in scan(text):
        if char == mark and not depth:
            yield run
            run = []
        else:
            run.append((char, depth))
    yield run


def scan(text: str) -> Iterable[tuple[str, int]]:
    """Every character and how deep in quotes and brackets it stands."""
    depth, quote = 0, ""
    for char in text:
        if quote:
            yield char, depth + 1
            quote = "" if char == quote else quote
        elif char in "\"'":
            quote = char
            yield char, depth + 1
        else:
            depth += char == "("
            yield char, depth
            depth -= char == ")" and depth > 0
