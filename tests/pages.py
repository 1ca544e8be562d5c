"""A browser page as the relay sees it: a WebSocket client that reads and writes frames of the protocol."""

from __future__ import annotations

import json
import secrets
import socket
import ssl
import time
from typing import TYPE_CHECKING, Any

import websocket
from tabweave_core.protocol import wire

if TYPE_CHECKING:
    from servers import Server


def channel() -> str:
    """A new channel id."""
    return secrets.token_hex(16)


def receive(socket: websocket.WebSocket, timeout: float) -> str | bytes:
    """The next text or binary frame. Pings are answered; they do not prolong the wait."""
    deadline = time.monotonic() + timeout
    while True:
        socket.settimeout(max(deadline - time.monotonic(), 0.001))
        opcode, data = socket.recv_data(control_frame=True)
        if opcode == websocket.ABNF.OPCODE_TEXT:
            return bytes(data).decode()
        if opcode == websocket.ABNF.OPCODE_BINARY:
            return bytes(data)
        if opcode == websocket.ABNF.OPCODE_CLOSE:
            raise websocket.WebSocketConnectionClosedException(f"closed: {data!r}")


class Page:
    """One page socket. `headers` replaces those that say who the user is."""

    def __init__(
        self, server: Server, *, headers: dict[str, str] | None = None, origin: str = "", small: bool = False, query: str = ""
    ) -> None:
        options: dict[str, Any] = {"timeout": 45}
        if server.sock:
            options["socket"] = socket.socket(socket.AF_UNIX)
            options["socket"].connect(server.sock)
        if server.https:
            options["sslopt"] = {"cert_reqs": ssl.CERT_NONE, "check_hostname": False}
        if small:
            options["sockopt"] = [(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)]
        shown = server.authorization if headers is None else headers
        self.socket = websocket.create_connection(
            f"{server.websocket_url}tabweave/api/v1/page{query}",
            header=[f"{name}: {value}" for name, value in shown.items()],
            suppress_origin=not origin,
            origin=origin or None,
            **options,
        )

    @property
    def cookie(self) -> str:
        """The login cookies that the server set when the page opened."""
        cookies = self.socket.getheaders()["set-cookie"]
        return "; ".join(part.strip().partition(";")[0] for part in cookies.split(",") if "=" in part.partition(";")[0])

    def send(self, **message: Any) -> None:
        self.socket.send(json.dumps(message))

    def hello(self, kernel_id: str, ch: str | None = None, **more: Any) -> str:
        """Says hello to frame 1 of a kernel; returns the channel."""
        ch = ch or channel()
        self.send(**{"type": "hello", "ch": ch, "proto": "tab/1", "table": f"frame/{kernel_id}/1"} | more)
        return ch

    def receive(self, timeout: float = 45.0) -> dict[str, Any]:
        """The next message; `arrow` holds the Arrow data of a binary one."""
        header, arrow = wire.split(receive(self.socket, timeout))
        message: dict[str, Any] = json.loads(header)
        if arrow is not None:
            message["arrow"] = arrow
        return message

    def expect(self, kind: str, timeout: float = 45.0) -> dict[str, Any]:
        """The next message, which must be a `kind`."""
        message = self.receive(timeout)
        assert message["type"] == kind, message
        return message

    def open(self, kernel_id: str, ch: str | None = None) -> str:
        """A channel that has been welcomed."""
        ch = self.hello(kernel_id, ch)
        assert self.expect("welcome")["ch"] == ch
        return ch

    def ping(self, ch: str) -> float:
        """Seconds to the kernel and back."""
        start = time.perf_counter()
        self.send(type="ping", ch=ch, t=start)
        assert self.expect("pong")["t"] == start
        return time.perf_counter() - start

    def silent(self, seconds: float = 0.3) -> bool:
        """Whether nothing comes for a while."""
        try:
            self.receive(seconds)
        except websocket.WebSocketTimeoutException:
            return True
        return False

    def closing(self, timeout: float = 45.0) -> tuple[int, str]:
        """The code and the reason with which the server closes the socket."""
        deadline = time.monotonic() + timeout
        while True:
            self.socket.settimeout(max(deadline - time.monotonic(), 0.001))
            opcode, data = self.socket.recv_data(control_frame=True)
            if opcode == websocket.ABNF.OPCODE_CLOSE:
                return int.from_bytes(data[:2], "big"), data[2:].decode()

    def close(self) -> None:
        self.socket.close()
        self.socket.shutdown()

    def __enter__(self) -> Page:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
