"""The steps of a plan as a model is told of them: a line for each, with the names and kinds of its fields.

It is made of the plans' own schema. It must not know tables or servers.
"""

from __future__ import annotations

from functools import cache
from typing import Any, get_args

from ..plans.strict import schema
from ..protocol.condition import Condition
from ..protocol.plan import Step

_STEPS = [each.__name__ for each in get_args(Step)]
_CONDITIONS = [each.__name__ for each in get_args(Condition)]
_PLAIN = {"string": "text", "number": "number", "integer": "integer", "boolean": "true|false"}
_TAGS = ("op", "test")


@cache
def vocabulary() -> str:
    """All steps, conditions and pieces, as lines of text."""
    parts = schema()["$defs"]
    pieces = [name for name in parts if name not in (*_STEPS, *_CONDITIONS)]
    return "\n".join(
        [
            "Steps:",
            *(_line(parts[name]) for name in _STEPS),
            "",
            "Conditions (Condition is any of them):",
            *(_line(parts[name]) for name in _CONDITIONS),
            "",
            "Pieces:",
            *(f"{name} {_line(parts[name])}" for name in pieces),
        ]
    )


def _line(part: dict[str, Any]) -> str:
    """`{"op": "sort", by: [Order]} Put the rows in order.`"""
    fields = [_field(name, node) for name, node in part["properties"].items()]
    return f"{{{', '.join(fields)}}} {part.get('description', '')}".rstrip()


def _field(name: str, node: dict[str, Any]) -> str:
    if name in _TAGS:
        return f'"{name}": "{node["enum"][0]}"'
    options = [each for each in node.get("anyOf", [node]) if each != {"type": "null"}]
    optional = "?" if len(options) < len(node.get("anyOf", [node])) and not _is_scalar(node) else ""
    return f"{name}{optional}: {_kind(node)}"


def _kind(node: dict[str, Any]) -> str:
    if "$ref" in node:
        return str(node["$ref"]).rpartition("/")[2]
    if "enum" in node:
        return "|".join(f'"{each}"' for each in node["enum"])
    if node.get("type") == "array":
        return f"[{_kind(node['items'])}]"
    if "anyOf" in node:
        if _is_scalar(node):
            return "value"
        kinds = [_kind(each) for each in node["anyOf"] if each != {"type": "null"}]
        return "Condition" if set(kinds) == set(_CONDITIONS) else "|".join(kinds)
    return _PLAIN[str(node["type"])]


def _is_scalar(node: dict[str, Any]) -> bool:
    return {"type": "boolean"} in node.get("anyOf", ()) and {"type": "string"} in node.get("anyOf", ())
