"""Signed requests of this kernel to its server: no password and no token, both sides prove that they know the kernel's key.

A server may take as long as it needs with what it was sent, as long as it answers others meanwhile. It blocks, so it is for
the user's own calls. It must not know what is asked.
"""

from __future__ import annotations

import http.client
import json
import secrets
import select
import socket
import ssl
import time
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode, urlsplit

from tabweave_core.errors import BadFile, BadMessage, BadValue, NotFound, Refused, TabweaveError, Unavailable
from tabweave_core.protocol import handshake

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from .discover import Address

JSON = "application/json"
ARROW = "application/vnd.apache.arrow.stream"
TIMEOUT = 60.0
"""Seconds for which nothing may go on: a piece that is not taken, or an answer that does not come of a server that is silent."""
PIECE = 1 << 20
_ERRORS: list[type[TabweaveError]] = [NotFound, BadValue, Refused, BadMessage, BadFile, Unavailable]


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=TIMEOUT)
        self._path = path

    def connect(self) -> None:
        """Connects to the socket file."""
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(TIMEOUT)
        self.sock.connect(self._path)


class Courier:
    """Sends requests to one server."""

    def __init__(self, address: Address) -> None:
        self._address = address

    def send(
        self,
        method: str,
        path: str,
        *,
        body: bytes | Iterable[bytes] | None = None,
        kind: str = JSON,
        query: Mapping[str, str] | None = None,
    ) -> bytes:
        """The body of the answer to a request for `path` under the server's base URL; raises what the server refuses it for."""
        parts = urlsplit(self._address.url)
        whole = f"{parts.path.rstrip('/')}/{path}"
        now, nonce = str(int(time.time())), secrets.token_hex(16)
        headers = {
            handshake.KERNEL_HEADER: self._address.kernel_id,
            handshake.TIME_HEADER: now,
            handshake.NONCE_HEADER: nonce,
            handshake.SIGNATURE_HEADER: handshake.sign(self._address.key, method, whole, now, nonce),
        }
        if body is not None:
            headers["Content-Type"] = kind
        asked = f"{whole}?{urlencode(query, quote_via=quote)}" if query else whole
        connection = self._connection(parts.scheme, parts.netloc)
        try:
            chunked = body is not None and not isinstance(body, bytes)
            connection.request(method, asked, _pieces(body) if chunked else body, headers, encode_chunked=chunked)
            while not select.select([connection.sock], [], [], TIMEOUT)[0]:
                self._greet(parts.scheme, parts.netloc, parts.path)
            answer = connection.getresponse()
            content = answer.read()
        except (OSError, http.client.HTTPException) as error:
            reason = str(error) or type(error).__name__
            raise Unavailable("OFFLINE", f"The server cannot be reached: {reason}.", hint="Try again in a moment.") from None
        finally:
            connection.close()
        proof = answer.headers.get(handshake.PROOF_HEADER, "")
        if answer.status >= http.client.BAD_REQUEST:
            raise _refusal(answer.status, content)
        if not handshake.same(proof, handshake.prove(self._address.key, whole, nonce)):
            raise Unavailable("OFFLINE", "What answers at the server's address does not know this kernel.")
        return content

    def _greet(self, scheme: str, netloc: str, base: str) -> None:
        """Returns if the server answers at all, whatever it says; raises `OSError` if it does not."""
        connection = self._connection(scheme, netloc)
        try:
            connection.request("GET", f"{base.rstrip('/')}/{handshake.HEALTH_PATH}")
            connection.getresponse().read()
        finally:
            connection.close()

    def _connection(self, scheme: str, netloc: str) -> http.client.HTTPConnection:
        if self._address.unix_socket:
            return _UnixConnection(self._address.unix_socket)
        if scheme == "https":
            # The server's certificate is often self-signed; its proof says more than a name would.
            context = ssl.create_default_context()
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            return http.client.HTTPSConnection(netloc, timeout=TIMEOUT, context=context)
        return http.client.HTTPConnection(netloc, timeout=TIMEOUT)


def _pieces(body: Iterable[bytes] | bytes | None) -> Iterator[bytes]:
    """A body in pieces that each get through a slow line in time."""
    for part in body or ():
        whole = memoryview(part)  # type: ignore[arg-type]  # the parts of what is no bytes are bytes
        for start in range(0, len(whole), PIECE):
            yield bytes(whole[start : start + PIECE])


def _refusal(status: int, content: bytes) -> TabweaveError:
    """The error that a refusal in the server's envelope stands for."""
    try:
        told = json.loads(content)["error"]
        code, message, hint = str(told["code"]), str(told["message"]), str(told.get("hint", ""))
    except (ValueError, KeyError, TypeError):
        return Unavailable("OFFLINE", f"The server answered {status}.", hint="See its log.")
    kind = next((each for each in _ERRORS if code in each.codes), None)
    return Unavailable("OFFLINE", message, hint=hint) if kind is None else kind(code, message, hint=hint)
