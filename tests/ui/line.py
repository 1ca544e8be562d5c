"""A line between a browser and a server that can be cut and mended, as a network is."""

from __future__ import annotations

import contextlib
import socket
import threading
from urllib.parse import urlsplit


class Line:
    """Passes every connection to `url` on to the server while it is whole; `url` is the line's own end."""

    def __init__(self, server: str) -> None:
        parts = urlsplit(server)
        assert parts.hostname is not None
        assert parts.port is not None
        self._server = (parts.hostname, parts.port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._ends: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._whole = True
        self._lost: frozenset[str] = frozenset()
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}{parts.path}"
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Breaks all connections, and any new one at once."""
        with self._lock:
            self._whole = False
            ends, self._ends = self._ends, set()
        for end in ends:
            hang_up(end)

    def lose(self, way: str) -> None:
        """Swallows what goes "up" to the server, or "down" from it, while all connections seem whole."""
        self._lost = frozenset({way})

    def mend(self) -> None:
        """Lets new connections through, and everything on them."""
        with self._lock:
            self._whole, self._lost = True, frozenset()

    def close(self) -> None:
        """Ends the line for good."""
        hang_up(self._listener)
        self.cut()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                self._connect(self._listener.accept()[0])

    def _connect(self, near: socket.socket) -> None:
        with self._lock:
            if not self._whole:
                hang_up(near)
                return
            far = socket.create_connection(self._server)
            self._ends |= {near, far}
        for way, source, target in (("up", near, far), ("down", far, near)):
            threading.Thread(target=self._pass, args=(way, source, target), daemon=True).start()

    def _pass(self, way: str, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(1 << 16):
                if way not in self._lost:
                    target.sendall(data)
        with self._lock:
            self._ends -= {source, target}
        hang_up(source)
        hang_up(target)


def hang_up(end: socket.socket) -> None:
    """Closes a socket that another thread may be waiting on."""
    with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()
