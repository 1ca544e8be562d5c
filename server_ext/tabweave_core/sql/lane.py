"""Messages between two processes: JSON objects with files beside them.

Where a socket can carry open files they travel as such (`Sockets`), elsewhere as temporary files by name over two pipes
(`Pipes`). Each message is its length in four bytes, then JSON. It must not know what is said.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import struct
import tempfile
import threading
from typing import IO, TYPE_CHECKING, Any, Protocol

from .parcels import create

if TYPE_CHECKING:
    from collections.abc import Sequence

Message = dict[str, Any]

_HEAD = struct.Struct("!I")
_MOST_FILES = 60


class Lane(Protocol):
    """One end of a conversation. `receive` raises `EOFError` when the other end is gone; a file that is sent is closed."""

    def send(self, message: Message, files: Sequence[IO[bytes]] = ()) -> None:
        """Sends a message and its files."""

    def receive(self) -> tuple[Message, list[IO[bytes]]]:
        """The next message with its files."""

    def close(self) -> None:
        """Ends the conversation."""


class Sockets:
    """A lane over a Unix socket."""

    def __init__(self, end: socket.socket) -> None:
        self._end = end
        self._sending = threading.Lock()

    def send(self, message: Message, files: Sequence[IO[bytes]] = ()) -> None:
        """Sends a message and its files."""
        data = json.dumps({**message, "files": len(files)}).encode()
        try:
            with self._sending:
                self._end.sendall(_HEAD.pack(len(data)) + data)
                for start in range(0, len(files), _MOST_FILES):
                    some = files[start : start + _MOST_FILES]
                    socket.send_fds(self._end, [b"."], [file.fileno() for file in some])
        except OSError:
            raise EOFError from None
        finally:
            for file in files:
                file.close()

    def receive(self) -> tuple[Message, list[IO[bytes]]]:
        """The next message with its files."""
        message = json.loads(self._read(*_HEAD.unpack(self._read(_HEAD.size))))
        files: list[IO[bytes]] = []
        while len(files) < message["files"]:
            try:
                data, handles, _, _ = socket.recv_fds(self._end, 1, _MOST_FILES)
            except OSError:
                data, handles = b"", []
            files += [os.fdopen(handle, "r+b") for handle in handles]
            if not data or not handles:
                for file in files:
                    file.close()
                raise EOFError
        return message, files

    def _read(self, count: int) -> bytes:
        parts = []
        while count:
            try:
                part = self._end.recv(min(count, 1 << 20))
            except OSError:
                part = b""
            if not part:
                raise EOFError
            parts.append(part)
            count -= len(part)
        return b"".join(parts)

    def close(self) -> None:
        """Ends the conversation."""
        self._end.close()


class Pipes:
    """A lane over two pipes, for systems whose sockets carry no files."""

    def __init__(self, source: IO[bytes], sink: IO[bytes]) -> None:
        self._source = source
        self._sink = sink
        self._sending = threading.Lock()

    def send(self, message: Message, files: Sequence[IO[bytes]] = ()) -> None:
        """Sends a message and its files."""
        names = [_named(file) for file in files]
        data = json.dumps({**message, "files": names}).encode()
        try:
            with self._sending:
                self._sink.write(_HEAD.pack(len(data)) + data)
                self._sink.flush()
        except (OSError, ValueError):
            for name in names:
                os.unlink(name)
            raise EOFError from None

    def receive(self) -> tuple[Message, list[IO[bytes]]]:
        """The next message with its files."""
        message = json.loads(self._read(*_HEAD.unpack(self._read(_HEAD.size))))
        return message, [_taken(name) for name in message["files"]]

    def _read(self, count: int) -> bytes:
        try:
            data = self._source.read(count)
        except (OSError, ValueError):
            data = b""
        if len(data) < count:
            raise EOFError
        return data

    def close(self) -> None:
        """Ends the conversation."""
        for end in (self._sink, self._source):
            try:
                end.close()
            except OSError:
                continue


def _named(file: IO[bytes]) -> str:
    """A file's content under a name that only this user can read."""
    with file, tempfile.NamedTemporaryFile(prefix="tabweave-", delete=False) as named:
        file.seek(0)
        shutil.copyfileobj(file, named, 1 << 20)
        return named.name


def _taken(name: str) -> IO[bytes]:
    """The content of a named file as one without a name; the named one is deleted."""
    found = create()
    with open(name, "rb") as named:
        shutil.copyfileobj(named, found, 1 << 20)
    os.unlink(name)
    found.seek(0)
    return found
