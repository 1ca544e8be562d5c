"""Writes `labextension/src/protocol.ts` from the message Structs: `python -m tabweave_core.protocol.typescript FILE`."""

from __future__ import annotations

import inspect
import json
import sys
from pathlib import Path

import msgspec
from msgspec import inspect as mi

from . import asking, charting, envelope, filters, messages, ops, planning, requests, schema

_SCALARS: dict[type[mi.Type], str] = {
    mi.NoneType: "null",
    mi.BoolType: "boolean",
    mi.IntType: "number",
    mi.FloatType: "number",
    mi.StrType: "string",
}


def _type(kind: mi.Type) -> str:
    if type(kind) in _SCALARS:
        return _SCALARS[type(kind)]
    if isinstance(kind, mi.LiteralType):
        return " | ".join(json.dumps(value) for value in sorted(kind.values, key=str))
    if isinstance(kind, mi.ListType):
        return f"Array<{_type(kind.item_type)}>"
    if isinstance(kind, mi.TupleType):
        return f"[{', '.join(_type(item) for item in kind.item_types)}]"
    if isinstance(kind, mi.StructType):
        return kind.cls.__name__
    if isinstance(kind, mi.UnionType):
        return " | ".join(dict.fromkeys(_type(member) for member in kind.types))
    raise TypeError(f"no TypeScript form for {kind!r}")


def _doc(cls: type) -> str:
    text = inspect.cleandoc(cls.__doc__ or "")
    return "/** " + text.replace("\n", "\n * ").replace(" * \n", " *\n") + " */\n"


def _interface(cls: type[msgspec.Struct]) -> str:
    info = mi.type_info(cls)
    assert isinstance(info, mi.StructType)
    lines = []
    if info.tag_field:
        lines.append(f"  {info.tag_field}: {json.dumps(info.tag)};")
    for field in info.fields:
        optional = "" if field.required else "?"
        lines.append(f"  {field.encode_name}{optional}: {_type(field.type)};")
    return f"{_doc(cls)}export interface {cls.__name__} {{\n" + "\n".join(lines) + "\n}\n"


def _structs(module: object) -> list[type[msgspec.Struct]]:
    bases = {ops.OpBase, schema.Part, planning.MethodBase, envelope.RequestBase, envelope.AnswerBase}
    found = [v for v in vars(module).values() if isinstance(v, type) and issubclass(v, msgspec.Struct)]
    return [cls for cls in found if cls not in bases and cls.__module__ == module.__name__]  # type: ignore[attr-defined]


def _union(name: str, union: object) -> str:
    members = [cls.__name__ for cls in union.__args__]  # type: ignore[attr-defined]
    return f"export type {name} =\n" + "\n".join(f"  | {member}" for member in members) + ";\n"


def render() -> str:
    """The whole of `protocol.ts`."""
    parts = ["// Generated from tabweave_core.protocol by `make protocol`. Do not edit.\n"]
    parts.append(f"export const PROTOCOL = {json.dumps(messages.PROTOCOL)};\n")
    parts.append(
        "/** A value in JSON; what each kind of column puts in it is said in values.ts. */\n"
        "export type Scalar = null | boolean | number | string;\n"
    )
    parts.append(f"export type Kind = {' | '.join(json.dumps(k) for k in schema.Kind.__args__)};\n")  # type: ignore[attr-defined]
    for module in (ops, filters, schema, planning, asking, charting, requests, messages):
        parts.extend(_interface(cls) for cls in _structs(module))
    parts.append(_union("Op", ops.Op))
    parts.append(_union("Filter", schema.Filter))
    parts.append(_union("Method", planning.Method))
    parts.append(_union("Request", messages.Request))
    parts.append(_union("Answer", messages.Answer))
    return "\n".join(parts)


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(render(), encoding="utf-8")
