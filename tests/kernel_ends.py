"""The kernel's end of a relay under a test's control: signs its request as a kernel does, or as it should not."""

from __future__ import annotations

import json
import secrets
import time
from typing import TYPE_CHECKING, Any

import websocket
from identities import as_
from pages import receive
from tabweave_core.protocol import handshake, wire

if TYPE_CHECKING:
    from servers import Server


def key_of(server: Server, kernel_id: str) -> bytes:
    """The key in a kernel's connection file."""
    return json.loads((server.runtime / f"kernel-{kernel_id}.json").read_text())["key"].encode()


def signed(
    server: Server,
    kernel_id: str,
    *,
    key: bytes | None = None,
    now: str = "",
    nonce: str = "",
    method: str = "GET",
    path: str = "",
) -> dict[str, str]:
    """The headers of a kernel's request; what is not given is as it should be for its socket."""
    key = key_of(server, kernel_id) if key is None else key
    now = now or str(int(time.time()))
    nonce = nonce or secrets.token_hex(16)
    path = server.base_url + (path or f"{handshake.KERNEL_PATH}/{kernel_id}")
    return {
        handshake.TIME_HEADER: now,
        handshake.NONCE_HEADER: nonce,
        handshake.SIGNATURE_HEADER: handshake.sign(key, method, path, now, nonce),
    }


def as_kernel(server: Server, kernel_id: str, method: str, path: str, **wrong: Any) -> dict[str, str]:
    """The headers of a REST request that a kernel makes."""
    return signed(server, kernel_id, method=method, path=path, **wrong) | {handshake.KERNEL_HEADER: kernel_id}


def open_channels(server: Server, kernel_id: str, name: str) -> websocket.WebSocket:
    """The socket by which a notebook page runs code in a kernel."""
    return websocket.create_connection(
        f"{server.websocket_url}api/kernels/{kernel_id}/channels?session_id=x",
        header=[f"{header}: {value}" for header, value in as_(name).items()],
        timeout=30,
    )


class KernelEnd:
    """A connection in the name of a kernel."""

    def __init__(self, server: Server, kernel_id: str, headers: dict[str, str] | None = None) -> None:
        headers = signed(server, kernel_id) if headers is None else headers
        self.socket = websocket.create_connection(
            f"{server.websocket_url}{handshake.KERNEL_PATH}/{kernel_id}",
            header=[f"{name}: {value}" for name, value in headers.items()],
            suppress_origin=True,
            timeout=15,
        )

    def receive(self, timeout: float = 15.0) -> dict[str, Any]:
        """The next message from a page."""
        return dict(json.loads(wire.split(receive(self.socket, timeout))[0]))

    def send(self, frame: str | bytes) -> None:
        if isinstance(frame, str):
            self.socket.send(frame)
        else:
            self.socket.send_binary(frame)

    def close(self, *, politely: bool = True) -> None:
        if politely:
            self.socket.close(status=1001)
        self.socket.shutdown()

    def __enter__(self) -> KernelEnd:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
