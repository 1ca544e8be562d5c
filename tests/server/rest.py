"""A small client of the REST API, for tests. Every answer is held against the OpenAPI document."""

from __future__ import annotations

import http.client
import json
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from servers import Server
from tabweave_server.handlers.openapi import document
from tabweave_server.handlers.routes import ROUTES

BASE = "tabweave/api/v1"
DOCUMENT = document(ROUTES)


@dataclass(frozen=True)
class Answer:
    status: int
    headers: http.client.HTTPMessage
    content: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.content)

    @property
    def code(self) -> str:
        return str(self.json["error"]["code"])


def check_documented(method: str, path: str, answer: Answer) -> None:
    """Fails for a status or a media type that the document does not have."""
    route = next((each for each in ROUTES if re.fullmatch(each.pattern, f"/{BASE}{path.partition('?')[0]}")), None)
    if route is None or method not in route.methods():
        return
    told = DOCUMENT["paths"][f"/{BASE}{route.path}"][method.lower()]["responses"]
    assert str(answer.status) in told, f"{method} {route.path} answered {answer.status}: {answer.content!r}"
    found = told[str(answer.status)]
    found = DOCUMENT["components"]["responses"][found["$ref"].rpartition("/")[2]] if "$ref" in found else found
    if answer.content:
        assert answer.headers["Content-Type"].partition(";")[0] in found["content"], f"{method} {route.path}"


@dataclass(frozen=True)
class Rest:
    """Calls as one person: by the server's own token, or by the token of a name where the server knows names.

    An answer is waited for `patience` seconds.
    """

    server: Server
    token: str = ""
    patience: float = 30.0

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"token {self.token}"} if self.token else dict(self.server.authorization)

    def call(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None, **query: Any) -> Answer:
        """A body of bytes (or pieces of bytes) goes as it is, anything else as JSON."""
        raw = body is None or isinstance(body, bytes) or hasattr(body, "__next__")
        told = self.headers | ({} if raw else {"Content-Type": "application/json"}) | (headers or {})
        target = f"{self.server.base_url}{BASE}{path}" + (f"?{urlencode(query)}" if query else "")
        connection = self.server.connection()
        connection.timeout = self.patience
        try:
            connection.request(method, target, body if raw else json.dumps(body), told)
            found = connection.getresponse()
            answer = Answer(found.status, found.headers, found.read())
        finally:
            connection.close()
        check_documented(method, path, answer)
        return answer

    def ok(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        answer = self.call(method, path, body, **query)
        assert 200 <= answer.status < 300, answer.content
        return answer.json if answer.content else None

    def refused(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None, **query: Any) -> Answer:
        answer = self.call(method, path, body, headers, **query)
        assert answer.status >= 400, answer.content
        assert set(answer.json["error"]) >= {"code", "message", "hint", "where"}
        return answer

    def share(self, name: str, **columns: list[Any]) -> str:
        """Makes a table and gives its path."""
        self.ok("POST", "/datasets", {"name": name, "columns": columns})
        return f"/datasets/{quote(name, safe='')}"

    def rows(self, path: str, **query: Any) -> list[dict[str, Any]]:
        return [row["values"] for row in self.ok("GET", f"{path}/rows", **query)["records"]]
