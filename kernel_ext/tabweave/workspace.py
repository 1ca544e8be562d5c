"""What one kernel process has of tabweave: its sessions, its bound variables, what it shares, its way to a server.

It is made when first needed, and hears of the cells that ran if there is an IPython shell.
"""

from __future__ import annotations

import atexit
import os
import sys
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any

from . import discover
from .binding import Binding
from .sessions import Sessions
from .terminal import harmless

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from IPython.core.interactiveshell import ExecutionInfo, ExecutionResult, InteractiveShell
    from tabweave_core.crew import Crew

    from .channel import Channel
    from .inquiries import Inquiries
    from .remote import Relay
    from .shared.circle import Circle
    from .shared.house import House

SERVER_PATIENCE = 10.0
"""Seconds that the connection to the server is waited for when a shared table is asked for."""


class Workspace:
    """The tables of one namespace and everything that shows them."""

    def __init__(self, namespace: Mapping[str, Any], shell: InteractiveShell | None = None) -> None:
        self.namespace = namespace
        self.shell = shell
        self.sessions = Sessions()
        self.binding = Binding(namespace, self.sessions)
        self.sessions.inquire = self._inquire
        address = discover.here("")
        self.kernel_id = address.kernel_id if address else ""
        self.relay: Relay | None = None
        self._opened: list[Callable[[], None]] = []
        self._of_cell: dict[str, list[Callable[[], None]]] = {}
        self._circle: Circle | None = None
        # The code that asks for a workspace is running.
        self._cells: set[int] = {0}
        self._waiting: list[Callable[[], None]] = []
        if shell is not None:
            shell.events.register("pre_run_cell", self._begins)
            shell.events.register("post_run_cell", self._ran)

    @property
    def in_kernel(self) -> bool:
        """Whether a front end may be listening that can draw widgets."""
        return getattr(self.shell, "kernel", None) is not None

    def connect(self) -> None:
        """Starts the connection to the server, where there is one; returns at once."""
        if self.relay is None and discover.find() is not None:
            from .remote import Relay

            self.relay = Relay(self.sessions)

    @property
    def running(self) -> bool:
        """Whether the notebook's code runs now; without a shell it always does."""
        return bool(self._cells)

    @property
    def circle(self) -> Circle:
        """What is shared here."""
        if self._circle is None:
            from .shared.circle import Circle

            namespace: Any = self.namespace
            self._circle = Circle(namespace, self.binding, self._house, lambda: self.running, self.later)
        return self._circle

    @property
    def shared(self) -> Circle | None:
        """What is shared here, if anything ever was."""
        return self._circle

    @property
    def house(self) -> House | None:
        """Where shared tables are kept: on the server, or in this process if something was shared here; else None."""
        self.connect()
        if self._circle is not None and self._circle.opened is not None:
            return self._circle.opened
        return self.circle.house if self.relay is not None else None

    def _house(self) -> House:
        """The server's tables, or those of this process where there is no server."""
        self.connect()
        if self.relay is None:
            from .shared.embedded import Embedded

            house = Embedded(lambda: self.sessions.owner)
            self.sessions.hall = house.hall
            atexit.register(self._exit, os.getpid())
            return house
        from .shared.served import Served

        return Served(self.relay, SERVER_PATIENCE)

    def _inquire(self, channel: Channel, crew: Crew) -> Inquiries:
        found: Inquiries = import_module(".inquiries", __package__).Inquiries(channel, self, crew)
        return found

    def later(self, call: Callable[[], None]) -> None:
        """Has something called in the main thread, at once if no cell runs, else after it."""
        kernel: Any = getattr(self.shell, "kernel", None)
        loop = getattr(kernel, "io_loop", None)
        if loop is not None:
            loop.add_callback(partial(self._call_idle, call))
        elif self.running:
            self._waiting.append(call)
        else:
            call()

    def _call_idle(self, call: Callable[[], None]) -> None:
        if self.running:
            self._waiting.append(call)
        else:
            call()

    def opened(self, close: Callable[[], None]) -> None:
        """Remembers what is to be closed when the cell that runs now is run again."""
        if self.in_kernel:
            self._opened.append(close)

    def close(self) -> None:
        """Stops listening to the shell and ends all conversations."""
        if self.shell is not None:
            self.shell.events.unregister("pre_run_cell", self._begins)
            self.shell.events.unregister("post_run_cell", self._ran)
        atexit.unregister(self._exit)
        if self._circle is not None:
            self._circle.close()
        if self.relay is not None:
            self.relay.stop()
        self.sessions.shut()

    def _exit(self, process: int) -> None:
        """Lets the tables in memory go while DuckDB is still there; those of a fork are its parent's."""
        if self._circle is not None and os.getpid() == process:
            self._circle.close()

    def _begins(self, info: ExecutionInfo) -> None:
        self._cells.add(id(info))
        if self._circle is not None:
            self._circle.begin()

    def _ran(self, result: ExecutionResult) -> None:
        cell = getattr(result.info, "cell_id", None)
        opened, self._opened = self._opened, []
        if cell is not None:
            for close in self._of_cell.pop(cell, []):
                close()
            if opened:
                self._of_cell[cell] = opened
        try:
            self.binding.settle()
            if self._circle is not None:
                self._circle.ran()
        finally:
            self._cells -= {0, id(result.info)}
        if not self._cells:
            self._finish()

    def _finish(self) -> None:
        """What waited for the cell's end: words about shared tables, and callbacks."""
        if self._circle is not None:
            for line in self._circle.notices.take():
                sys.stdout.write(f"{harmless(line)}\n")
            self._circle.wake()
        waiting, self._waiting = self._waiting, []
        for call in waiting:
            call()


_workspaces: list[Workspace] = []


def current(namespace: Mapping[str, Any] | None = None) -> Workspace:
    """The workspace of the shell's namespace, or of another one that is given."""
    shell = _shell()
    home: Mapping[str, Any] = sys.modules["__main__"].__dict__ if shell is None else shell.user_ns
    wanted = home if namespace is None else namespace
    for known in _workspaces:
        if known.namespace is wanted:
            return known
    made = Workspace(wanted, shell if wanted is home else None)
    _workspaces.append(made)
    return made


def close() -> None:
    """Ends all workspaces of this process."""
    while _workspaces:
        _workspaces.pop().close()


def _forked() -> None:
    """A child of a fork begins anew: the threads and the sockets are its parent's."""
    for known in _workspaces:
        known.sessions.forked()
    _workspaces.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)


def _shell() -> InteractiveShell | None:
    if "IPython" not in sys.modules:
        return None
    from IPython.core.getipython import get_ipython

    return get_ipython()
