"""A notebook for tests: runs cells in IPython's shell and opens tables as a page does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conversation import Client

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell
    from tabweave.workspace import Workspace


class Notebook:
    """Runs cells and shows tables."""

    def __init__(self, shell: InteractiveShell, home: Workspace) -> None:
        self.shell = shell
        self.home = home

    def run(self, code: str) -> None:
        self.shell.run_cell(code).raise_error()

    def open(self, name: str, ch: str = "") -> Client:
        client = Client(self.home.sessions, self.home.binding.bind(name), ch or f"ch-{name}")
        client.hello()
        return client

    def __getitem__(self, name: str) -> Any:
        return self.shell.user_ns[name]
