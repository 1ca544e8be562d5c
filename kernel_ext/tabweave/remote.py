"""The kernel's end of the relay: one WebSocket to the server, on a thread of its own beside the user's code.

What pages send is handed to `Sessions.receive` on that thread, in order; what the server answers on a channel that this kernel
has opened itself goes to whoever opened it. Each connection has its own `send`; when the
connection breaks, `Sessions.close(send)` ends the channels that used it, and the pages say hello again on the next one. A
connection is tried for ever, at short intervals: the server is on the same machine, and may come back.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import logging
import os
import secrets
import socket
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from tabweave_core.errors import BadMessage, TabweaveError, Unavailable
from tabweave_core.protocol import handshake, wire
from tabweave_core.protocol.messages import Error, Hello
from tornado.httpclient import HTTPClientError, HTTPRequest
from tornado.iostream import StreamClosedError
from tornado.netutil import Resolver
from tornado.websocket import WebSocketClientConnection, WebSocketClosedError, WebSocketError, websocket_connect

from . import discover

if TYPE_CHECKING:
    from tabweave_core.protocol.schema import Person

MIB = 1 << 20
CLOSE_GOING_AWAY = 1001
CLOSE_OVERFLOW = 4008

_PING = 20.0
_FIRST_WAIT = 0.05
_LONGEST_WAIT = 1.0
_LONGEST_WAIT_REFUSED = 3.0
_NO_ANSWER = 599
_log = logging.getLogger(__name__)

Send = Callable[[str | bytes], None]


class Sessions(Protocol):
    """What takes the messages of pages."""

    def receive(self, frame: str | bytes, send: Send, user: Person) -> None:
        """Handles a frame of `user`; answers go to `send`, now or later, from any thread."""

    def close(self, send: Send) -> None:
        """Ends the channels that answer to `send`."""


class Outlet:
    """The sending side of one connection. Calling it queues a frame from any thread and never waits."""

    def __init__(self, connection: WebSocketClientConnection, loop: asyncio.AbstractEventLoop, limit: int) -> None:
        self._connection = connection
        self._loop = loop
        self._limit = limit
        self._thread = threading.get_ident()
        self._lock = threading.Lock()
        self._frames: deque[str | bytes] = deque()
        self._queued = 0
        self._waking = False
        self._closed = False

    def __call__(self, frame: str | bytes) -> None:
        """Sends `frame` after all earlier ones, or drops it if the connection is gone: its reader is gone as well."""
        with self._lock:
            if self._closed:
                return
            self._frames.append(frame)
            self._queued += len(frame)
            if self._queued > self._limit:
                self._closed = True
                self._frames.clear()
                self._loop.call_soon_threadsafe(self._connection.close, CLOSE_OVERFLOW, "The server does not keep up.")
                return
            if threading.get_ident() != self._thread:
                if not self._waking:
                    self._waking = True
                    self._loop.call_soon_threadsafe(self._flush)
                return
        self._flush()

    def close(self) -> None:
        """Accepts no more frames."""
        with self._lock:
            self._closed = True
            self._frames.clear()

    def forget(self) -> None:
        """Closes a copy that a fork made, whoever held the lock."""
        self._lock = threading.Lock()
        self.close()

    def _flush(self) -> None:
        while True:
            with self._lock:
                self._waking = False
                if not self._frames:
                    return
                frame = self._frames.popleft()
            try:
                written = self._connection.write_message(frame, binary=not isinstance(frame, str))
            except (WebSocketClosedError, StreamClosedError):
                self.close()
                return
            written.add_done_callback(partial(self._wrote, len(frame)))

    def _wrote(self, size: int, done: asyncio.Future[None]) -> None:
        with self._lock:
            self._queued -= size
        if done.cancelled() or done.exception() is not None:
            self.close()


class RelayLine:
    """A channel that this kernel has opened itself. `take` and `carried` are called on the relay's thread, and must be quick."""

    def __init__(self, relay: Relay, ch: str, take: Callable[[str | bytes], None], carried: Callable[[bool], None]) -> None:
        self.ch = ch
        self.take = take
        self.carried = carried
        self._relay = relay

    def send(self, frame: str | bytes) -> None:
        """Sends a frame, from any thread; it is dropped while there is no connection."""
        self._relay.send(frame)

    def close(self) -> None:
        """Hears no more."""
        self._relay.drop(self)


class Relay:
    """Keeps this kernel connected to its server; starts at once, on a daemon thread.

    Without a server (`address` is None and none is found) it does nothing and is never connected.
    """

    def __init__(self, sessions: Sessions, address: discover.Address | None = None, *, most_queued: int = 256 * MIB) -> None:
        self.address = address or discover.find()
        self.problem = "" if self.address else "No server carries Tabweave's messages here."
        self._sessions = sessions
        self._most_queued = most_queued
        self._pid = os.getpid()
        self._ready = threading.Event()
        self._outlet: Outlet | None = None
        self._connection: WebSocketClientConnection | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping = asyncio.Event()
        self._stopped = False
        self._lines: dict[str, RelayLine] = {}
        self._lines_lock = threading.Lock()
        self._thread: threading.Thread | None = None
        if self.address is not None:
            atexit.register(self.stop)
            if hasattr(os, "register_at_fork"):
                # Hooks cannot be taken back, so this one must not keep the relay alive.
                weak = weakref.ref(self)
                os.register_at_fork(after_in_child=lambda: _forget(weak()))
            self._thread = threading.Thread(target=self._run, args=(self.address,), name="tabweave-relay", daemon=True)
            self._thread.start()

    @property
    def connected(self) -> bool:
        """Whether pages can reach this kernel through the server now."""
        return self._ready.is_set()

    def wait(self, timeout: float) -> bool:
        """Waits up to `timeout` seconds for the connection; returns `connected`."""
        return self._thread is not None and self._ready.wait(timeout)

    def open(self, ch: str, take: Callable[[str | bytes], None], carried: Callable[[bool], None]) -> RelayLine:
        """A channel of this kernel's own; `carried` is told whether there is a connection, at once and when that changes."""
        line = RelayLine(self, ch, take, carried)
        with self._lines_lock:
            self._lines[ch] = line
            if self.connected:
                carried(True)
        return line

    def drop(self, line: RelayLine) -> None:
        """Forgets a channel."""
        with self._lines_lock:
            if self._lines.get(line.ch) is line:
                del self._lines[line.ch]

    def send(self, frame: str | bytes) -> None:
        """Sends a frame of one of this kernel's own channels."""
        outlet = self._outlet
        if outlet is not None:
            outlet(frame)

    def _carry(self, there: bool) -> None:
        """Tells this kernel's own channels whether there is a connection."""
        with self._lines_lock:
            if there:
                self._ready.set()
            else:
                self._ready.clear()
            for line in self._lines.values():
                line.carried(there)

    def stop(self, timeout: float = 2.0) -> None:
        """Closes the connection for good, telling the server that this kernel goes. May be called again."""
        if self._pid != os.getpid() or self._thread is None or self._stopped:
            return
        self._stopped = True
        atexit.unregister(self.stop)
        loop = self._loop
        if loop is not None:
            # The loop may have ended by itself meanwhile.
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(self._stopping.set)
        if threading.current_thread() is not self._thread:
            self._thread.join(timeout)

    def forget(self) -> None:
        """Lets go of everything in a forked child: the thread is not there, and the socket belongs to the parent."""
        self._ready = threading.Event()
        self._lines_lock = threading.Lock()
        self._lines.clear()
        self._thread = None
        self.problem = "This process was forked from the kernel."
        if self._outlet is not None:
            self._outlet.forget()
        stream: Any = getattr(getattr(self._connection, "protocol", None), "stream", None)
        if stream is not None and isinstance(stream.socket, socket.socket):
            stream.socket.close()

    def _run(self, address: discover.Address) -> None:
        with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
            runner.run(self._keep_connected(address))

    async def _keep_connected(self, address: discover.Address) -> None:
        self._loop = asyncio.get_running_loop()
        pause = _FIRST_WAIT
        while not (self._stopped or self._stopping.is_set()):
            longest = _LONGEST_WAIT
            try:
                connection = await _connect(address)
            except HTTPClientError as error:
                self.problem = f"The server refused the kernel: {error}."
                longest = _LONGEST_WAIT if error.code == _NO_ANSWER else _LONGEST_WAIT_REFUSED
            except (OSError, StreamClosedError, WebSocketError, TabweaveError) as error:
                self.problem = f"The server cannot be reached: {error}."
            else:
                pause = _FIRST_WAIT
                await self._converse(connection)
                self.problem = "The connection to the server broke; it is being restored."
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), pause)
            pause = min(2 * pause, longest)

    async def _converse(self, connection: WebSocketClientConnection) -> None:
        """Serves one connection until it breaks or the relay stops."""
        outlet = Outlet(connection, asyncio.get_running_loop(), self._most_queued)
        self._connection = connection
        self._outlet = outlet
        self.problem = ""
        self._carry(True)
        stopping = asyncio.ensure_future(self._stopping.wait())
        stopping.add_done_callback(lambda _: connection.close(CLOSE_GOING_AWAY, "The kernel stops."))
        users: dict[str, Person] = {}
        try:
            while (frame := await connection.read_message()) is not None:
                self._receive(frame, outlet, users)
        finally:
            self._carry(False)
            outlet.close()
            self._outlet = self._connection = None
            stopping.cancel()
            connection.close()
            try:
                self._sessions.close(outlet)
            except Exception:
                _log.exception("The channels of a broken connection could not be closed.")

    def _receive(self, frame: str | bytes, outlet: Outlet, users: dict[str, Person]) -> None:
        """Hands a frame on, with the user whom the server named in the channel's `hello`."""
        ch = ""
        try:
            route = wire.route(frame)
            ch = route.ch
            line = self._lines.get(ch)
            if line is not None and route.type != "hello":
                line.take(frame)
                return
            if route.type == "hello":
                hello = wire.decode_request(frame)[0]
                if isinstance(hello, Hello) and hello.user is not None:
                    users[ch] = hello.user
            if ch not in users:
                raise BadMessage("BAD_MESSAGE", "This channel has no user.", hint="Say hello first.", where="$.ch")
            self._sessions.receive(frame, outlet, users[ch])
            if route.type == "bye":
                del users[ch]
        except TabweaveError as error:
            outlet(wire.encode(Error(ch=ch, code=error.code, message=error.message, hint=error.hint, where=error.where)))
        except Exception as error:
            # The thread serves all grids: a defect in one request must not end it.
            _log.exception("A message could not be handled.")
            message = f"The kernel failed at this message: {type(error).__name__}: {error}"
            outlet(wire.encode(Error(ch=ch, code="INTERNAL", message=message, hint="The kernel's log has the details.")))


async def _connect(address: discover.Address) -> WebSocketClientConnection:
    """A connection to the server, each side having proved that it knows the kernel's key."""
    now, nonce = str(int(time.time())), secrets.token_hex(16)
    request = HTTPRequest(
        address.websocket,
        headers={
            handshake.TIME_HEADER: now,
            handshake.NONCE_HEADER: nonce,
            handshake.SIGNATURE_HEADER: handshake.sign(address.key, "GET", address.path, now, nonce),
        },
        connect_timeout=5.0,
        request_timeout=10.0,
        # The server's certificate is often self-signed; its proof says more than a name would.
        validate_cert=False,
    )
    resolver = _UnixResolver(address.unix_socket) if address.unix_socket else None
    connection = await websocket_connect(
        request, ping_interval=_PING, ping_timeout=_PING, max_message_size=256 * MIB, resolver=resolver
    )
    proof = connection.headers.get(handshake.PROOF_HEADER, "") if connection.headers else ""
    if not handshake.same(proof, handshake.prove(address.key, address.path, nonce)):
        connection.close()
        raise Unavailable("OFFLINE", "What answers at the server's address does not know this kernel.")
    return connection


class _UnixResolver(Resolver):
    """Resolves every host to one Unix socket."""

    def initialize(self, path: str) -> None:
        self._path = path

    async def resolve(self, *_where: Any, **_more: Any) -> list[tuple[int, Any]]:
        return [(socket.AF_UNIX, self._path)]


def _forget(relay: Relay | None) -> None:
    if relay is not None:
        relay.forget()
