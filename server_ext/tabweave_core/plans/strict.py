"""The JSON schema of plans that servers with strict structured output accept, and reading what comes back.

Strict mode wants an object at the root, every property required, no others allowed, a type at every enumeration and unions as
plain `anyOf`; it knows no defaults. So what may be left out may be null there, and nulls are taken out again before a plan is
decoded.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import msgspec

from ..errors import BadMessage
from ..protocol.plan import Plan

_DEEPEST = 100
_DROPPED = frozenset({"default", "title", "discriminator"})


@cache
def schema() -> dict[str, Any]:
    """The schema of a `Plan`: an object, with the definitions of its parts under `$defs`."""
    _, definitions = msgspec.json.schema_components([Plan], ref_template="#/$defs/{name}")
    parts = {name: _strict(definition) for name, definition in definitions.items()}
    return {**parts.pop(Plan.__name__), "$defs": parts}


def _strict(node: Any) -> Any:
    if isinstance(node, list):
        return [_strict(each) for each in node]
    if not isinstance(node, dict):
        return node
    found = {key: _strict(value) for key, value in node.items() if key not in _DROPPED}
    if "enum" in found:
        found["type"] = "string"
    if {"type": "number"} in found.get("anyOf", ()):
        found["anyOf"] = [each for each in found["anyOf"] if each != {"type": "integer"}]
    properties = node.get("properties")
    if node.get("type") == "object" and isinstance(properties, dict):
        needed = set(node.get("required", ()))
        found["properties"] = {
            name: _strict(given) if name in needed else _nullable(_strict(given)) for name, given in properties.items()
        }
        found["required"] = list(properties)
        found["additionalProperties"] = False
    return found


def _nullable(node: dict[str, Any]) -> dict[str, Any]:
    options = node.get("anyOf", [node])
    return {"anyOf": options if {"type": "null"} in options else [*options, {"type": "null"}]}


def read(text: str | bytes) -> Plan:
    """A plan from JSON that may have nulls for what was left out; raises `BAD_MESSAGE` with the path of what is wrong."""
    try:
        return msgspec.convert(_filled(decode(text)), Plan)
    except msgspec.ValidationError as error:
        message, _, path = str(error).partition(" - at `")
        raise BadMessage(
            "BAD_MESSAGE", f"This is no plan: {message}.", hint="See the vocabulary.", where=path.rstrip("`")
        ) from None
    except msgspec.DecodeError as error:
        raise BadMessage("BAD_MESSAGE", f"This is not JSON: {error}.", hint="Give one JSON object with steps.") from None


def decode(text: str | bytes) -> Any:
    """What a JSON text says; raises `BAD_MESSAGE` where it is nested deeper than what goes through a plan step by step can."""
    try:
        found = msgspec.json.decode(text)
    except RecursionError:
        raise _too_deep() from None
    level = [found]
    for _ in range(_DEEPEST):
        level = [
            inner
            for each in level
            for inner in (each.values() if isinstance(each, dict) else each if isinstance(each, list) else ())
        ]
        if not level:
            return found
    raise _too_deep()


def _too_deep() -> BadMessage:
    return BadMessage("BAD_MESSAGE", "This is nested too deep.", hint="Split it into steps.")


def _filled(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _filled(each) for key, each in value.items() if each is not None or key in _MAY_BE_NULL}
    return [_filled(each) for each in value] if isinstance(value, list) else value


_MAY_BE_NULL = frozenset({"old", "new"})
"""Where null is a value of its own: the missing value, of a pair."""
