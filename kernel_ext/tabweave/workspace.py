"""What one kernel process has of tabweave: its sessions, its bound variables, its way to a server.

It is made when first needed, and hears of the cells that ran if there is an IPython shell.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from . import discover
from .binding import Binding
from .sessions import Sessions

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from IPython.core.interactiveshell import ExecutionResult, InteractiveShell

    from .remote import Relay


class Workspace:
    """The tables of one namespace and everything that shows them."""

    def __init__(self, namespace: Mapping[str, Any], shell: InteractiveShell | None = None) -> None:
        self.namespace = namespace
        self.shell = shell
        self.sessions = Sessions()
        self.binding = Binding(namespace, self.sessions)
        address = discover.here("")
        self.kernel_id = address.kernel_id if address else ""
        self.relay: Relay | None = None
        self._opened: list[Callable[[], None]] = []
        self._of_cell: dict[str, list[Callable[[], None]]] = {}
        if shell is not None:
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

    def opened(self, close: Callable[[], None]) -> None:
        """Remembers what is to be closed when the cell that runs now is run again."""
        if self.in_kernel:
            self._opened.append(close)

    def close(self) -> None:
        """Stops listening to the shell and ends all conversations."""
        if self.shell is not None:
            self.shell.events.unregister("post_run_cell", self._ran)
        if self.relay is not None:
            self.relay.stop()
        self.sessions.shut()

    def _ran(self, result: ExecutionResult) -> None:
        cell = getattr(result.info, "cell_id", None)
        opened, self._opened = self._opened, []
        if cell is not None:
            for close in self._of_cell.pop(cell, []):
                close()
            if opened:
                self._of_cell[cell] = opened
        self.binding.settle()


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


def _shell() -> InteractiveShell | None:
    if "IPython" not in sys.modules:
        return None
    from IPython.core.getipython import get_ipython

    return get_ipython()
