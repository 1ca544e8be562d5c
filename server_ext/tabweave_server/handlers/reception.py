"""How the body of a request is taken in: piece by piece, within a bound, and refused before it is read where it can be.

Who is refused while still sending must be listened to for a while, or the refusal is lost with the connection. Knows no
routes.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from tabweave_core.errors import Refused
from tornado import web

from .rest import RestHandler

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..app import TabweaveServer

MIB = 1 << 20
_ENDLESS = 1 << 62
_PATIENT_BYTES = 64 * MIB
_PATIENT_SECONDS = 10.0


@web.stream_request_body
class Receiver(RestHandler):
    """Base of handlers that take a body. When the other end hangs up `gone` is set and `when_gone` is called."""

    def initialize(self, extension: TabweaveServer) -> None:
        """Takes what all handlers share."""
        super().initialize(extension)
        self.gone = asyncio.Event()
        self.when_gone: Callable[[], None] | None = None
        self._pieces: list[bytes] = []
        self._received = 0
        self._refused_early = False

    @property
    def most_bytes(self) -> int:
        """So many bytes the body may have."""
        return int(self.extension.max_frame)

    async def prepare(self) -> None:  # type: ignore[override]  # as Jupyter's own APIHandler does
        """Refuses who is not known and what is too large before the body is read."""
        connection: Any = self.request.connection
        connection.set_max_body_size(_ENDLESS)
        try:
            await super().prepare()
            if not self._finished:
                self._check_length()
                await self.expect()
        except Exception as error:
            if not self._is_sending():
                raise
            self._refuse_early(error)

    def _check_length(self) -> None:
        length = self.request.headers.get("Content-Length", "")
        if length.isdecimal() and int(length) > self.most_bytes:
            raise self._too_large()

    async def expect(self) -> None:
        """Prepares for the body, or refuses it; the last thing before it is read."""

    async def data_received(self, chunk: bytes) -> None:
        """Takes a piece of the body; what is wrong with it ends the request at once."""
        self._received += len(chunk)
        if self._refused_early:
            if self._received > self.most_bytes + _PATIENT_BYTES:
                self._end()
            return
        try:
            if self._received > self.most_bytes:
                raise self._too_large()
            await self.take(chunk)
        except Exception as error:
            # Raised from here it would break the connection without a word.
            self._refuse_early(error)

    async def take(self, chunk: bytes) -> None:
        """What becomes of a piece of the body."""
        self._pieces.append(chunk)

    def received(self) -> bytes:
        """The body, once it is here."""
        return b"".join(self._pieces)

    def _too_large(self) -> Refused:
        most = f"{self.most_bytes / MIB:,.0f} MiB" if self.most_bytes >= MIB else f"{self.most_bytes:,} bytes"
        return Refused("TOO_LARGE", f"The body is larger than {most}.", hint="Send it in parts.", where="$")

    def _is_sending(self) -> bool:
        """Whether the other end sends without waiting to be told that it may."""
        headers = self.request.headers
        brings_body = headers.get("Content-Length", "0") != "0" or "Transfer-Encoding" in headers
        return brings_body and "Expect" not in headers

    def _refuse_early(self, error: Exception) -> None:
        """Answers now, and lets the method do nothing but end the request when the rest of the body has come."""
        self._refused_early = True
        self._pieces.clear()
        self._handle_request_exception(error)
        setattr(self, (self.request.method or "").lower(), self._give_up)
        asyncio.get_running_loop().call_later(_PATIENT_SECONDS, self._end)

    async def _give_up(self, **_path: str) -> None:
        self._end()

    def _end(self) -> None:
        if not self._finished:
            self._refused_early = False
            self.finish()

    def finish(self, *args: Any, **kwargs: Any) -> asyncio.Future[None]:
        """Ends the answer; that to a refused body is only written, and ended when the body is."""
        if not self._refused_early:
            return super().finish(*args, **kwargs)
        if self._headers_written or not args:
            return asyncio.get_running_loop().create_future()
        self.set_header("Connection", "close")
        self.write(*args)
        return self.flush()

    def on_connection_close(self) -> None:
        """Notes that nobody waits for the answer any more."""
        super().on_connection_close()
        self.gone.set()
        if self.when_gone is not None:
            self.when_gone()
