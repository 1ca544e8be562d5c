"""The OpenAPI document, made of what the resources say of themselves."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import msgspec
from tornado import web

from ..envelope import STATUS
from ..version import VERSION
from .bodies import Refusal
from .resource import JSON, Resource, call
from .rest import authorized

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from .resource import Call
    from .routes import Route

_REF = "#/components/schemas/{name}"
_PARAMETERS = {
    "name": "The table's name.",
    "row": "The row's id.",
    "column": "The column's name.",
    "file": "A file of the page.",
    "rollup": "The rollup's name.",
}
_TAGS = (
    ("Tables", ("", "schema", "rights")),
    ("Rows and cells", ("rows", "cells", "operations", "modify", "undo", "redo", "chart")),
    ("Rollups", ("rollups",)),
    ("Changes", ("changes", "events", "history")),
)
_ALWAYS = ("FORBIDDEN", "BAD_MESSAGE", "BUSY", "OFFLINE")
_ABOUT = (
    "The shared tables of this server. Who calls is known by Jupyter's own login: a token in the Authorization header, or the "
    "session's cookie with its XSRF token in the X-XSRFToken header. Every refusal has the same shape: a code, what is wrong, "
    "and what to do next."
)


def document(routes: Sequence[Route], server: str = "/") -> dict[str, Any]:
    """The document of these routes, for a server at a base path."""
    told = [(route, method, each) for route in routes for method, each in route.methods().items()]
    types = _types([each for _, _, each in told])
    _, components = msgspec.json.schema_components([*types, Refusal], ref_template=_REF)
    for schema in components.values():
        if "description" in schema:
            schema["description"] = _prose(schema["description"])
    paths: dict[str, dict[str, Any]] = {}
    for route, method, each in told:
        paths.setdefault(_path(route), {})[method.lower()] = _operation(route, method, each)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Tabweave", "version": VERSION, "description": _ABOUT},
        "servers": [{"url": server}],
        "security": [{"token": []}, {"session": [], "xsrf": []}],
        "tags": [{"name": name} for name in dict.fromkeys(_tag(route) for route, _, _ in told)],
        "paths": paths,
        "components": {
            "schemas": components,
            "responses": _refusals(),
            "securitySchemes": {
                "token": {"type": "apiKey", "in": "header", "name": "Authorization", "description": "`token <the token>`"},
                "session": {"type": "apiKey", "in": "cookie", "name": "_xsrf", "description": "Jupyter's cookies"},
                "xsrf": {"type": "apiKey", "in": "header", "name": "X-XSRFToken"},
            },
        },
    }


def _prose(text: str | None) -> str:
    """A docstring with a line for each paragraph."""
    return "\n\n".join(" ".join(part.split()) for part in (text or "").split("\n\n"))


def _path(route: Route) -> str:
    return "/tabweave/api/v1" + route.path


def _types(told: Iterable[Call]) -> list[Any]:
    """The types of bodies and answers."""
    found = [kind for each in told for kind in (each.body, each.answer) if kind is not None]
    return list(dict.fromkeys(found))


def _tag(route: Route) -> str:
    if not route.path.startswith("/datasets"):
        return "SQL" if route.path == "/sql" else "Server"
    part = route.path.split("/")[3] if route.path.count("/") > 2 else ""
    return next(name for name, parts in _TAGS if part in parts)


def _operation(route: Route, method: str, told: Call) -> dict[str, Any]:
    found: dict[str, Any] = {
        "operationId": re.sub(r"\W+", "_", f"{method.lower()}{route.path}").strip("_"),
        "summary": told.summary,
        "tags": [_tag(route)],
    }
    words = [told.detail, *([_prose(told.query.__doc__)] if told.query is not None else [])]
    if any(words):
        found["description"] = "\n\n".join(filter(None, words))
    parameters: list[dict[str, Any]] = [
        {
            "name": name,
            "in": "path",
            "required": True,
            "description": _PARAMETERS[name],
            "schema": {"type": "string", "minLength": 1},
        }
        for name in route.parameters
    ]
    parameters += _query(told)
    if told.conditional:
        known = "The ETag of the answer that the caller has."
        parameters.append({"name": "If-None-Match", "in": "header", "description": known, "schema": {"type": "string"}})
    if parameters:
        found["parameters"] = parameters
    content = _body(told)
    if content:
        found["requestBody"] = {"required": True, "content": content}
    found["responses"] = _responses(route, told)
    return found


def _query(told: Call) -> list[dict[str, Any]]:
    if told.query is None:
        return []
    schema = _inline(told.query)
    return [
        {
            "name": name,
            "in": "query",
            "required": name in schema.get("required", ()),
            **({"description": kind.pop("description")} if "description" in kind else {}),
            "schema": _without_null(kind),
        }
        for name, kind in schema["properties"].items()
    ]


def _inline(kind: Any) -> dict[str, Any]:
    """The schema of a type whose fields are all plain."""
    (_,), components = msgspec.json.schema_components([kind], ref_template=_REF)
    found: dict[str, Any] = components[kind.__name__]
    return found


def _without_null(kind: dict[str, Any]) -> dict[str, Any]:
    """An argument of a query is there or it is not; it is never null."""
    kind = {key: value for key, value in kind.items() if key != "default" or value is not None}
    options = [option for option in kind.get("anyOf", ()) if option != {"type": "null"}]
    if len(options) == 1:
        kind = {key: value for key, value in kind.items() if key != "anyOf"} | options[0]
    if None in kind.get("enum", ()):
        kind["enum"] = [value for value in kind["enum"] if value is not None]
    return kind


def _body(told: Call) -> dict[str, Any]:
    content: dict[str, Any] = {}
    if told.body is not None:
        content[JSON] = {"schema": _schema(told.body), "example": {} if told.example is None else told.example}
    for media, schema in told.takes.items():
        if told.form is not None and schema.get("type") == "object":
            fields = _inline(told.form)["properties"]
            plain = {name: _without_null(kind) for name, kind in fields.items()}
            schema = {**schema, "properties": {**schema["properties"], **plain}}
        content[media] = {"schema": schema}
    return content


def _schema(kind: Any) -> dict[str, Any]:
    (found,), _ = msgspec.json.schema_components([kind], ref_template=_REF)
    return dict(found)


def _responses(route: Route, told: Call) -> dict[str, Any]:
    answer: dict[str, Any] = {"description": HTTPStatus(told.status).phrase}
    content = {JSON: {"schema": _schema(told.answer)}} if told.answer is not None else {}
    content |= {media: {"schema": dict(schema)} for media, schema in told.gives.items()}
    if content:
        answer["content"] = content
    if told.headers:
        answer["headers"] = {name: {"description": words, "schema": {"type": "string"}} for name, words in told.headers.items()}
    found: dict[str, Any] = {str(told.status): answer}
    if told.conditional:
        found["304"] = {"description": "Nothing newer than what If-None-Match names."}
    codes = [*told.codes, *_ALWAYS]
    if _body(told):
        codes.append("TOO_LARGE")
    if route.parameters:
        codes.append("NO_TABLE")
    for status in sorted({int(STATUS[code]) for code in codes}):
        found[str(status)] = {"$ref": f"#/components/responses/{status}"}
    return found


def _refusals() -> dict[str, Any]:
    """An answer for each status that a refusal can have."""
    codes: dict[int, list[str]] = {}
    for code, status in STATUS.items():
        codes.setdefault(int(status), []).append(code)
    return {
        str(status): {
            "description": f"{HTTPStatus(status).phrase}: {', '.join(named)}",
            "content": {JSON: {"schema": {"$ref": _REF.format(name="Refusal")}}},
        }
        for status, named in sorted(codes.items())
    }


class DocumentHandler(Resource):
    """The document."""

    needs_store = False

    @web.authenticated
    @authorized
    @call("Read this document", gives={JSON: {"type": "object"}})
    async def get(self) -> Mapping[str, Any]:
        """The OpenAPI document of all that is here."""
        return document(self.extension.routes, self.base_url)
