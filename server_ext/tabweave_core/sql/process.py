"""The parent's side of one child process: starting it, talking to it, and ending it at once, whatever it does."""

from __future__ import annotations

import importlib.util
import os
import socket
import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import Unavailable
from . import parcels
from .lane import Pipes, Sockets

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import IO

    from .lane import Lane, Message

START = 30.0
"""Seconds that a child may take to come up."""
# What a child may know of the environment: how to find the system's libraries.
_PASSED = ("LANG", "LC_", "LD_LIBRARY_PATH", "DYLD_", "PATH", "SYSTEMROOT", "TEMP", "TMP", "WINDIR")
# Folders come last on the path and none is the current one, where anybody's duckdb.py or json.py may lie.
_MAIN = f"""
import os, sys
sys.path += sys.argv.pop(1).split(os.pathsep)
from {__package__}.child import main
main()
"""


class Process:
    """One running child. `why` says what ended it: "time", "cancelled", "closed", or the empty string.

    `settled` says that it waits for the next query, as far as the conversation with it went. Call `ready` first.
    """

    def __init__(self, *, sockets: bool = hasattr(socket, "send_fds")) -> None:
        self.why = ""
        self.settled = True
        self.owner = os.getpid()
        self._errors = parcels.create()
        try:
            self._child, self.lane = self._start(sockets)
        except OSError as error:
            self._errors.close()
            raise Unavailable("OFFLINE", f"The process for queries cannot be started: {error}.", hint=_HINT) from None

    def ready(self) -> None:
        """Waits until the child can take its first query; raises `Unavailable` OFFLINE, and then it has ended."""
        with self.limited(START):
            try:
                self.lane.receive()
            except EOFError:
                said = self._said()
                self.end()
                raise Unavailable("OFFLINE", f"The process for queries did not start{said}.", hint=_HINT) from None
            except BaseException:
                self.end()
                raise

    def _start(self, sockets: bool) -> tuple[subprocess.Popen[bytes], Lane]:
        command = [sys.executable, "-I", "-c", _MAIN, os.pathsep.join(roots())]
        if not sockets:
            child = subprocess.Popen(
                [*command, "pipes"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors, env=environment()
            )
            assert child.stdout is not None
            assert child.stdin is not None
            return child, Pipes(child.stdout, child.stdin)
        here, there = socket.socketpair()
        with there:
            try:
                child = subprocess.Popen(
                    [*command, "socket", str(there.fileno())],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=self._errors,
                    pass_fds=[there.fileno()],
                    env=environment(),
                    # An interrupt that is meant for the parent's group is none for the child.
                    start_new_session=True,
                )
            except OSError:
                here.close()
                raise
        return child, Sockets(here)

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._child.pid

    @property
    def alive(self) -> bool:
        """Whether it can be talked to."""
        return not self.why and self._child.poll() is None

    def say(self, message: Message, files: Sequence[IO[bytes]] = ()) -> tuple[Message, list[IO[bytes]]]:
        """The answer to a message; raises `EOFError` when the child ended."""
        self.lane.send(message, files)
        return self.lane.receive()

    @contextmanager
    def limited(self, seconds: float) -> Iterator[None]:
        """Kills the child when the block takes longer, and never after it."""
        over = threading.Event()
        deciding = threading.Lock()

        def late() -> None:
            with deciding:
                if not over.is_set():
                    self.kill("time")

        timer = threading.Timer(seconds, late)
        timer.name = "tabweave-sql-limit"
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            with deciding:
                over.set()
            timer.cancel()

    def kill(self, why: str) -> None:
        """Ends the child at once, from any thread; the first reason given stays."""
        if self.owner == os.getpid():
            self.why = self.why or why
            self._child.kill()

    def end(self) -> None:
        """Kills the child, waits until it is gone, and closes what is open to it."""
        self.kill("closed")
        if self.owner == os.getpid():
            self._child.wait()
        self.lane.close()
        self._errors.close()

    def _said(self) -> str:
        """The last line that the child wrote on its way out."""
        self._child.kill()
        self._child.wait()
        self._errors.seek(0)
        lines = self._errors.read().decode(errors="replace").strip().splitlines()
        return f": {lines[-1][:200]}" if lines else ""


_HINT = "Check that the notebook's Python can start processes and import duckdb and pyarrow."


def roots() -> list[str]:
    """The folders that the child's modules are in."""
    found = [str(Path(__file__).parents[2])]
    for name in ("duckdb", "pyarrow", "numpy"):
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.origin is not None:
            found.append(str(Path(spec.origin).parents[1]))
    return list(dict.fromkeys(found))


def environment() -> dict[str, str]:
    """The child's environment: no secrets, few memory arenas."""
    found = {name: value for name, value in os.environ.items() if name.upper().startswith(_PASSED)}
    # Each arena reserves address space, which is what the memory limit counts.
    return found | {"MALLOC_ARENA_MAX": "2", "ARROW_DEFAULT_MEMORY_POOL": "system", "OMP_NUM_THREADS": "1"}
