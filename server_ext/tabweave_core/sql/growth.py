"""Calls that could make much out of nothing, told from those that say a small size themselves, such as `lpad(code, 5, '0')`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .functions import GROWING

if TYPE_CHECKING:
    from .syntax import Tree

SMALL = 10_000
"""Characters or elements that a call may make for one row anywhere."""

_SIZE_AT = {
    "array_resize": 1,
    "bar": 3,
    "bitstring": 1,
    "equi_width_bins": 2,
    "list_resize": 1,
    "lpad": 1,
    "repeat": 1,
    "rpad": 1,
    "to_base": 2,
}
"""Which argument says how much comes out."""
_LONG_NUMBER = re.compile(r"\d{5}")


def grows(call: Tree) -> bool:
    """Whether a call (a FUNCTION node) may make much more than it is given."""
    name = call["function_name"].casefold()
    if name not in GROWING:
        return False
    arguments = [each["expression"] for each in call["arguments"]]
    if any(each["name"] for each in call["arguments"]):
        return True
    if name in {"format", "printf"}:
        text = _text(arguments[0]) if arguments else None
        return text is None or _LONG_NUMBER.search(text) is not None or "*" in text or re.search(r"\{[^}]*\{", text) is not None
    if name in _SIZE_AT:
        sizes = arguments[_SIZE_AT[name] : _SIZE_AT[name] + 1]
        return not all(map(_is_small, sizes))
    return not all(map(_is_small, arguments))


def _is_small(expression: Tree) -> bool:
    literal = expression.get("literal") or {}
    return literal.get("kind") == "INTEGER" and len(literal["text"]) <= len(str(SMALL)) and int(literal["text"]) <= SMALL


def _text(expression: Tree) -> str | None:
    literal = expression.get("literal") or {}
    return str(literal["text"]) if literal.get("kind") == "STRING" else None
