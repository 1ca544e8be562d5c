"""Conditions of a plan as SQL. Every one is true or false, never unknown: what is missing fits no comparison."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import BadValue
from ..protocol.condition import Absent, Against, All, Among, Between, Compare, Either, Formula, Matches, Not, Period
from .expressions import checked
from .figures import figure
from .shape import quote

if TYPE_CHECKING:
    from ..protocol.condition import Condition
    from .draft import Draft

_PARTS = {
    "year": "year({})",
    "quarter": "quarter({})",
    "month": "month({})",
    "week": "weekofyear({})",
    "day": "day({})",
    "hour": "hour({})",
    "minute": "minute({})",
    "weekday": "isodow({})",
}
_OPERATORS = {"!=": "<>"}


def condition(draft: Draft, wanted: Condition) -> str:  # noqa: C901 - one case per kind
    """A condition over the table that the last SELECT leaves behind; raises for columns and values that do not fit."""
    match wanted:
        case All(of=of):
            return _joined(draft, of, " AND ", "TRUE")
        case Either(of=of):
            return _joined(draft, of, " OR ", "FALSE")
        case Not(of=one):
            return f"(NOT {condition(draft, one)})"
        case Compare(column=column, cmp=cmp, other=str() as other):
            draft.shape.require(column, other)
            return _known(f"{quote(column)} {_OPERATORS.get(cmp, cmp)} {quote(other)}")
        case Compare(column=column, cmp=cmp, value=value):
            if value is None:
                raise BadValue(
                    "TYPE", f"{column} cannot be compared with nothing.", hint="Ask whether it is missing.", where=column
                )
            return _known(f"{_comparable(draft, column)} {_OPERATORS.get(cmp, cmp)} {draft.like(column, value)}")
        case Among(column=column, values=values):
            present = [draft.like(column, value) for value in values if value is not None]
            found = _known(f"{_comparable(draft, column)} IN ({', '.join(present)})") if present else "FALSE"
            return f"({found} OR {quote(column)} IS NULL)" if None in values else found
        case Between(column=column, lo=lo, hi=hi):
            return _known(f"{_comparable(draft, column)} BETWEEN {draft.like(column, lo)} AND {draft.like(column, hi)}")
        case Matches():
            return _matches(draft, wanted)
        case Absent(column=column):
            missing = f"{quote(column)} IS NULL"
            return f"({missing} OR {quote(column)} = '')" if draft.shape.family(column) == "text" else f"({missing})"
        case Period(column=column, unit=unit, values=values):
            draft.shape.require_times(column)
            if unit not in _PARTS:
                raise BadValue("TYPE", f"A date has no {unit} that can be compared.", hint=f"Use one of {', '.join(_PARTS)}.")
            listed = ", ".join(draft.bind(int(value)) for value in values)
            return _known(f"{_PARTS[unit].format(quote(column))} IN ({listed})") if values else "FALSE"
        case Formula(sql=sql):
            return _known(f"CAST(({checked(draft, sql)}) AS BOOLEAN)")
        case Against(column=column, cmp=cmp, fn=fn, of=of, per=per, factor=factor):
            draft.shape.require(column, *per)
            alike = f"PARTITION BY {', '.join(map(quote, per))}" if per else ""
            other = f"{figure(draft, fn, of)} OVER ({alike})"
            scaled = other if factor == 1 else f"{other} * {draft.bind(factor)}"
            return _known(f"{quote(column)} {_OPERATORS.get(cmp, cmp)} {scaled}")


def uses_window(wanted: Condition | None) -> bool:
    """Whether a condition looks at other rows, which SQL allows in QUALIFY only."""
    match wanted:
        case All(of=of) | Either(of=of):
            return any(map(uses_window, of))
        case Not(of=one):
            return uses_window(one)
    return isinstance(wanted, Against)


def _joined(draft: Draft, conditions: list[Condition], word: str, empty: str) -> str:
    return f"({word.join(condition(draft, each) for each in conditions)})" if conditions else empty


def _known(test: str) -> str:
    return f"coalesce({test}, FALSE)"


def _comparable(draft: Draft, column: str) -> str:
    family = draft.shape.family(column)
    if family == "date":
        return f"CAST({quote(column)} AS TIMESTAMP)"
    return f"CAST({quote(column)} AS VARCHAR)" if family in ("text", "nested", "binary") else quote(column)


def _matches(draft: Draft, wanted: Matches) -> str:
    draft.shape.require(wanted.column)
    text = f"CAST({quote(wanted.column)} AS VARCHAR)"
    if wanted.mode == "regex":
        return _known(f"regexp_matches({text}, {draft.bind(wanted.text)}, {draft.bind('' if wanted.case else 'i')})")
    given = draft.bind(wanted.text if wanted.case else wanted.text.lower())
    shown = text if wanted.case else f"lower({text})"
    if wanted.mode == "equals":
        return _known(f"{shown} = {given}")
    function = {"contains": "contains", "starts": "starts_with", "ends": "ends_with"}[wanted.mode]
    return _known(f"{function}({shown}, {given})")
