"""Who may open a socket: a browser by Jupyter's identity and authoriser, a kernel by its connection key.

A kernel cannot use Jupyter's token: it does not know a password, and a token gives a new anonymous user per request. Both
ends know the key of the kernel's connection file, so the kernel signs its request with that. Nonces are remembered for as
long as their time is accepted, so a request seen on the way is worth nothing.
"""

from __future__ import annotations

import re
import zlib
from typing import TYPE_CHECKING, Any

from jupyter_core.utils import ensure_async
from jupyter_server.auth import IdentityProvider
from tabweave_core.errors import Refused
from tabweave_core.protocol import handshake
from tabweave_core.protocol.schema import Person

if TYPE_CHECKING:
    from collections.abc import Callable

    from jupyter_server.auth import User
    from tornado.httputil import HTTPServerRequest

    from .app import TabweaveServer

_COLORS = ("#1f77b4", "#d1495b", "#2a9d8f", "#b5651d", "#6a4c93", "#3a7d44", "#c2185b", "#00798c")
ANONYMOUS = Person(id="anonymous", name="Anonymous", color="#6b7280")
"""Whoever has the server's token and no name: scripts are one person, so that one can go on with what another began."""
_NONCE = re.compile(r"[0-9a-f]{32}")
_MOST_NONCES = 100_000
_HINT = "Restart the kernel; if that does not help, restart the server."


class Signatures:
    """Checks signed requests: the right key, a recent time, a nonce never seen before."""

    def __init__(self, age: float, clock: Callable[[], float]) -> None:
        self._age = age
        self._clock = clock
        self._seen: dict[str, float] = {}

    def check(self, key: bytes, method: str, path: str, time: str, nonce: str, signature: str) -> None:
        """Raises `Refused` with the reason; a nonce is used up only by a request that passes."""
        now = self._clock()
        if not key:
            raise Refused("FORBIDDEN", "The server has no key for this kernel.", hint=_HINT, where="kernel_id")
        if not _NONCE.fullmatch(nonce):
            raise Refused("FORBIDDEN", "The nonce must be 32 hexadecimal digits.", where=handshake.NONCE_HEADER)
        if not handshake.same(signature, handshake.sign(key, method, path, time, nonce)):
            raise Refused("FORBIDDEN", "The signature does not fit the request.", hint=_HINT, where=handshake.SIGNATURE_HEADER)
        if not time.isascii() or not time.isdigit() or abs(now - int(time)) > self._age:
            raise Refused(
                "FORBIDDEN",
                f"The request's time is more than {self._age:g} seconds from the server's.",
                hint="Set both clocks right.",
                where=handshake.TIME_HEADER,
            )
        self._forget(now)
        if nonce in self._seen:
            raise Refused("FORBIDDEN", "This request was made before.", where=handshake.NONCE_HEADER)
        if len(self._seen) >= _MOST_NONCES:
            raise Refused("FORBIDDEN", "Too many signed requests at once.", hint="Try again in a minute.")
        self._seen[nonce] = now + 2 * self._age

    def _forget(self, now: float) -> None:
        while self._seen:
            oldest = next(iter(self._seen))
            if self._seen[oldest] >= now:
                return
            del self._seen[oldest]


def person(user: User) -> Person:
    """Jupyter's user as the protocol shows people; who has chosen no colour gets one from the name."""
    color = user.color or _COLORS[zlib.crc32(user.username.encode()) % len(_COLORS)]
    return Person(id=user.username, name=user.display_name or user.name, color=color)


def nameless(handler: Any) -> bool:
    """Whether Jupyter has made a name up for this request alone, because a token says nothing of who has it."""
    provider = handler.identity_provider
    own = type(provider).get_user is IdentityProvider.get_user
    return own and not handler.get_cookie(provider.get_cookie_name(handler))


def check_signature(extension: TabweaveServer, kernel_id: str, request: HTTPServerRequest) -> str:
    """Raises `Refused` unless the kernel signed the request; returns the proof that this server knows the kernel's key too."""
    key = extension.kernels.key(kernel_id)
    headers = request.headers
    nonce = headers.get(handshake.NONCE_HEADER, "")
    extension.signatures.check(
        key,
        request.method or "",
        request.path,
        headers.get(handshake.TIME_HEADER, ""),
        nonce,
        headers.get(handshake.SIGNATURE_HEADER, ""),
    )
    return handshake.prove(key, request.path, nonce)


async def may(handler: Any, user: User, action: str, resource: str) -> bool:
    """Whether Jupyter's authoriser lets `user` do this; executing on kernels is what editing a private frame amounts to."""
    return bool(await ensure_async(handler.authorizer.is_authorized(handler, user, action, resource)))
