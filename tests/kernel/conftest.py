from __future__ import annotations

import atexit
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from conversation import Client
from IPython.core.interactiveshell import InteractiveShell
from shell import Notebook
from tabweave import workspace
from tabweave.frames.frame import Frame
from tabweave.sessions import Sessions
from tabweave.slot import Slot

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tabweave.workspace import Workspace


@pytest.fixture
def shell() -> Iterator[InteractiveShell]:
    InteractiveShell.clear_instance()
    made = InteractiveShell.instance(colors="nocolor")
    made.history_manager.enabled = False
    made.user_ns.update({"pd": pd, "np": np})
    yield made
    workspace.close()
    made.history_manager.end_session()
    made.history_manager.close()
    # Else each of these shells would collect all garbage once more when the tests end.
    atexit.unregister(made.atexit_operations)
    InteractiveShell.clear_instance()


@pytest.fixture
def home(shell: InteractiveShell) -> Workspace:
    return workspace.current(shell.user_ns)


@pytest.fixture
def notebook(shell: InteractiveShell, home: Workspace) -> Notebook:
    made = Notebook(shell, home)
    made.run("df = pd.DataFrame({'name': ['b', 'c', 'a'], 'price': [2.0, 3.0, 1.0], 'n': [1, 2, 3]})")
    return made


@pytest.fixture
def tab(shell: InteractiveShell, capsys: pytest.CaptureFixture[str]) -> Callable[[str], str]:
    """Runs a `%tab` line as a cell and gives back all that it printed."""
    shell.run_line_magic("load_ext", "tabweave")

    def run(line: str) -> str:
        capsys.readouterr()
        shell.run_cell(f"%tab {line}")
        shown = capsys.readouterr()
        return shown.out + shown.err

    return run


@pytest.fixture
def sessions() -> Iterator[Sessions]:
    made = Sessions()
    yield made
    made.shut()


@pytest.fixture
def df() -> pd.DataFrame:
    return pd.DataFrame({"name": ["b", "c", "a"], "price": [2.0, 3.0, 1.0], "n": [1, 2, 3]})


@pytest.fixture
def slot(df: pd.DataFrame, sessions: Sessions) -> Slot:
    made = Slot("t", "t", Frame(df, name="t"))
    sessions.add(made)
    return made


@pytest.fixture
def client(sessions: Sessions, slot: Slot) -> Client:
    made = Client(sessions, slot)
    made.hello()
    return made
