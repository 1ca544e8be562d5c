"""A REST resource whose methods say once what they take and answer: the handler obeys it, and the document is made of it.

It must not know tables.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import msgspec
from tabweave_core.errors import BadMessage

from .reception import Receiver

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from tabweave_core.engine.store import Store
    from tornado import web

BASE = "/tabweave/api/v1"
JSON = "application/json"


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """What one method of a resource takes and answers.

    `query` and `body` are the types of the arguments of these names, `example` is a body. `takes` and `gives` are further media
    types of body and answer with a JSON schema of each; for a body of one of `takes` the argument is None. `form` is the type
    of a form's fields. `headers` are those of the answer with what they say. `codes` are the refusals that are its own.
    `conditional` answers 304 to who has the newest already.
    """

    summary: str
    detail: str = ""
    query: Any = None
    body: Any = None
    example: Any = None
    takes: Mapping[str, Any] = {}
    form: Any = None
    answer: Any = None
    status: int = 200
    gives: Mapping[str, Any] = {}
    headers: Mapping[str, str] = {}
    codes: tuple[str, ...] = ()
    conditional: bool = False


class Nothing(msgspec.Struct, forbid_unknown_fields=True):
    """No query arguments."""


def call(
    summary: str, detail: str = "", **said: Any
) -> Callable[[Callable[..., Awaitable[Any]]], Callable[..., Awaitable[None]]]:
    """Declares a method by a `Call`: it gets what it takes, checked, and what it returns is the answer."""
    told = Call(summary=summary, detail=detail, **said)

    def declare(method: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[None]]:
        @functools.wraps(method)
        async def answer(self: Resource, **path: str) -> None:
            given: dict[str, Any] = dict(path)
            query = self.query(told.query or Nothing)
            if told.query is not None:
                given["query"] = query
            if told.body is not None:
                given["body"] = None if self.media in told.takes else self.read_body(told.body)
            try:
                content = await method(self, **given)
            except OverflowError as error:
                raise BadMessage("BAD_MESSAGE", f"A number is too large: {error}.", hint="Rows and limits fit 64 bits.") from None
            if self._finished:
                return
            if content is None:
                self.set_status(told.status)
                self.finish()
            else:
                self.answer(content, told.status)

        answer.call = told  # type: ignore[attr-defined]  # what `calls` looks for
        return answer

    return declare


def calls(handler: type[web.RequestHandler]) -> dict[str, Call]:
    """What a handler's methods are declared to do, by the name of the method."""
    found = {name: getattr(getattr(handler, name.lower()), "call", None) for name in handler.SUPPORTED_METHODS}
    return {name: told for name, told in found.items() if told is not None}


class Resource(Receiver):
    """Base of the resources."""

    revision = ""

    @property
    def media(self) -> str:
        """The media type of the body, if it is told."""
        return self.request.headers.get("Content-Type", "").partition(";")[0].strip().lower()

    @property
    def store(self) -> Store:
        """The store that the tables are in."""
        return self.tables.store

    def place(self, name: str) -> str:
        """The path of a table."""
        return f"{self.base_url}{BASE.removeprefix('/')}/datasets/{quote(name, safe='')}"

    def read_body(self, kind: Any) -> Any:
        """The JSON body as a `kind`."""
        if self.media not in ("", JSON):
            raise BadMessage("BAD_MESSAGE", f"The body must be JSON, not {self.media}.", hint=f"Content-Type: {JSON}", where="$")
        self.request.body = self.received()
        return self.body(kind)

    def compute_etag(self) -> str | None:
        """The revision that was answered with, where there is one."""
        return f'"{self.revision}"' if self.revision else None

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Answers with the envelope."""
        self.revision = ""
        super().write_error(status_code, **kwargs)
