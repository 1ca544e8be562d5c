"""What all REST handlers share: who asks, JSON in and out, and work that must not hold up the server. Knows no route."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
from jupyter_server import CallContext
from jupyter_server.auth.decorator import authorized
from jupyter_server.auth.utils import HTTP_METHOD_TO_AUTH_ACTION
from jupyter_server.base.handlers import APIHandler
from tabweave_core.errors import BadMessage, Refused
from tabweave_core.protocol import handshake
from tornado import web

from ..access import ANONYMOUS, check_signature, may, nameless, person
from ..envelope import Envelope

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tabweave_core.protocol.schema import Person
    from tabweave_core.rooms.tables import Tables

    from ..app import TabweaveServer

__all__ = ["RestHandler", "authorized"]

Result = TypeVar("Result")
_OF_JUPYTER = {"token", "_xsrf", "no_track_activity"}
Body = TypeVar("Body")


class RestHandler(Envelope, APIHandler):
    """A handler for people and for kernels; `person` is who asks, `kernel_id` the kernel that asks in their name, if one does.

    A person is authenticated by Jupyter, cookies under its XSRF rules, and authorised for `read` or `write` on `tabweave` by
    the request's method. A kernel names itself in `X-Tabweave-Kernel` and signs as it does for its socket: method, path
    without query, time and nonce. It acts as the person who started it, whom the authoriser is asked about. Query and body
    are not signed: whoever could change them on the way could read a cookie or a token there as well, and a nonce is good
    for one request.

    Methods are decorated with `@web.authenticated` and `@authorized`; all of that is asked before a byte of the body is read as
    well. With `needs_store` the store is open when they begin.
    """

    auth_resource = "tabweave"
    needs_store = True
    actions: Mapping[str, str] = HTTP_METHOD_TO_AUTH_ACTION
    """What the authoriser is asked about, by method; a POST that changes nothing may be a "read"."""

    def initialize(self, extension: TabweaveServer) -> None:
        """Takes what all handlers share."""
        self.extension = extension
        self.kernel_id: str | None = None

    async def prepare(self) -> None:  # type: ignore[override]  # as Jupyter's own APIHandler does
        """Finds out who asks and whether they may."""
        kernel_id = self.request.headers.get(handshake.KERNEL_HEADER)
        if kernel_id is None:
            await super().prepare()
        else:
            self._take_kernel(kernel_id)
        if self._finished or self.request.method == "OPTIONS":
            return
        action = self.actions[self.request.method or ""]
        if self.current_user is None or not await may(self, self.current_user, action, self.auth_resource):
            raise web.HTTPError(HTTPStatus.FORBIDDEN)
        if self.needs_store:
            await self.extension.house.ready()

    def _take_kernel(self, kernel_id: str) -> None:
        CallContext.set(CallContext.JUPYTER_HANDLER, self)
        self.current_user = None
        if not self.check_host():
            raise Refused("FORBIDDEN", "The request's host is not this server.", where="Host")
        self.set_header(handshake.PROOF_HEADER, check_signature(self.extension, kernel_id, self.request))
        self.kernel_id = kernel_id
        self.current_user = self._jupyter_current_user = self.extension.starters.user(kernel_id)

    @property
    def person(self) -> Person:
        """Who asks."""
        return ANONYMOUS if self.kernel_id is None and nameless(self) else person(self.current_user)

    @property
    def tables(self) -> Tables:
        """The shared tables; its methods block, so call them by `run`."""
        return self.extension.tables

    async def run(self, work: Callable[..., Result], *args: Any, **kwargs: Any) -> Result:
        """The result of blocking work, done on another thread; raises `BUSY` when too much is waiting already."""
        return await self.extension.crew.run(work, *args, **kwargs)

    def body(self, kind: type[Body]) -> Body:
        """The request's JSON body as a `kind`; raises `BadMessage` with the path of the field that does not fit."""
        if not self.request.body:
            raise BadMessage("BAD_MESSAGE", "The request needs a JSON body.", where="$")
        try:
            return msgspec.json.decode(self.request.body, type=kind)
        except msgspec.ValidationError as error:
            raise misfit(error) from None
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise BadMessage("BAD_MESSAGE", f"The body is not JSON: {error}.", where="$") from None
        except RecursionError:
            raise BadMessage("BAD_MESSAGE", "The body is nested too deep.", hint="Send it in parts.", where="$") from None

    def query(self, kind: type[Body]) -> Body:
        """The request's query arguments as a `kind`, each given once; numbers and booleans are read from their text."""
        given: dict[str, str] = {}
        for name in self.request.query_arguments:
            values = self.get_query_arguments(name)
            if name in _OF_JUPYTER:
                continue
            if len(values) > 1:
                raise BadMessage("BAD_MESSAGE", f"`{name}` is given {len(values)} times.", where=f"$.{name}")
            given[name] = values[0]
        return of_texts(given, kind)

    def answer(self, content: object, status: int = 200) -> None:
        """Finishes with `content` as JSON."""
        self.set_status(status)
        self.finish(msgspec.json.encode(content))


def of_texts(given: Mapping[str, str], kind: type[Body]) -> Body:
    """Texts by name as a `kind`; numbers and booleans are read from them, and what is there is never null."""
    try:
        found = msgspec.convert(given, kind, strict=False)
    except msgspec.ValidationError as error:
        raise misfit(error) from None
    for name in given:
        if getattr(found, name) is None:
            raise BadMessage("BAD_MESSAGE", f"`{name}` is {given[name]!r}.", hint="Leave it out instead.", where=f"$.{name}")
    return found


def misfit(error: msgspec.ValidationError) -> BadMessage:
    """The refusal of what does not fit its type, with the path of the field."""
    message, _, path = str(error).partition(" - at `")
    return BadMessage("BAD_MESSAGE", f"{message}.", where=path.rstrip("`") or "$")
