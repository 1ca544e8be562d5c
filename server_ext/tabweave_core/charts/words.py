"""Charts asked for in few words, as `%tab chart` and REST take them: "month(day)", "sum(amount), mean(price)"."""

from __future__ import annotations

import re
from typing import Any, get_args

from ..errors import BadMessage, did_you_mean
from ..protocol.condition import Function, Key, Measure, Unit
from ..protocol.plan import Chart, ChartKind

KINDS: tuple[str, ...] = get_args(ChartKind)
_CALL = re.compile(r"(\w+)\s*\(\s*(.*?)\s*\)$", re.DOTALL)
_ALIASES = {"avg": "mean", "average": "mean", "nunique": "distinct", "std": "stddev", "var": "variance"}


def chart_step(kind: str | None, *, x: str | None, y: str | None, color: str | None, facet: str | None, **options: Any) -> Chart:
    """The step of a plan that words ask for."""
    if kind is not None and kind not in KINDS:
        hint = did_you_mean(kind, KINDS) or f"There are {', '.join(KINDS)}."
        raise BadMessage("BAD_MESSAGE", f"There is no chart {kind!r}.", hint=hint)
    if options.get("sort") not in (None, "x", "y", "-x", "-y"):
        raise BadMessage("BAD_MESSAGE", f"A chart is sorted by x, y, -x or -y, not {options['sort']!r}.")
    measures, column = [], None
    for part in _parts(y or ""):
        call = _CALL.match(part)
        if call is None:
            column = part
            continue
        fn = _ALIASES.get(call[1].lower(), call[1].lower())
        if fn not in get_args(Function):
            raise BadMessage(
                "BAD_MESSAGE", f"There is no figure {call[1]!r}.", hint=f"There are {', '.join(get_args(Function))}."
            )
        measures.append(Measure(fn=fn, column=call[2] if call[2] not in ("", "*") else None))  # type: ignore[arg-type]  # checked above
    chosen: Any = kind
    return Chart(kind=chosen, x=_key(x), y=measures, y_column=column, color=_key(color), facet=_key(facet), **options)


def _parts(text: str) -> list[str]:
    """`sum(a), mean(b)` cut at commas outside brackets."""
    parts, depth, start = [], 0, 0
    for at, char in enumerate(text):
        depth += (char == "(") - (char == ")")
        if char == "," and not depth:
            parts.append(text[start:at].strip())
            start = at + 1
    return [part for part in [*parts, text[start:].strip()] if part]


def _key(text: str | None) -> Key | None:
    if not text:
        return None
    call = _CALL.match(text)
    if call is not None and call[1].lower() in get_args(Unit):
        unit: Any = call[1].lower()
        return Key(column=call[2], unit=unit)
    return Key(column=text)
