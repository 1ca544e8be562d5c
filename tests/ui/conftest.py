"""One server, one browser and one JupyterLab page for all browser tests; a fresh notebook for each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser
from servers import Server

from ui.grid import Grid
from ui.lab import Lab, Notebook, chromium


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("lab"), app="lab") as started:
        yield started


@pytest.fixture(scope="session")
def shared_lab(browser: Browser, server: Server) -> Iterator[Lab]:
    opened = Lab(browser, server.url, server.token)
    yield opened
    opened.close()


@pytest.fixture
def lab(shared_lab: Lab, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Lab]:
    """The page; an error that nothing caught in it fails the test."""
    shared_lab.errors.clear()
    yield shared_lab
    shared_lab.page.screenshot(path=tmp_path / f"{request.node.name}.png")
    assert shared_lab.errors == []


@pytest.fixture
def notebook(lab: Lab) -> Iterator[Notebook]:
    """An empty notebook with tabweave loaded."""
    opened = lab.notebook("import pandas as pd, numpy as np\n%load_ext tabweave")
    opened.run(0)
    yield opened
    opened.close()


@pytest.fixture
def orders(notebook: Notebook) -> Grid:
    """A small mixed frame `df` in a grid."""
    notebook.execute(
        "df = pd.DataFrame({'item': ['pen', 'ink', 'pad', 'cap', 'box'], 'qty': [3, 1, 4, 1, 5], 'price': [1.5, 12.0, 3.25, 0.8, 7.0],"
        " 'kind': pd.Categorical(['a', 'b', 'a', 'c', 'b']), 'paid': [True, False, True, True, False],"
        " 'day': pd.date_range('2027-01-01', periods=5, unit='s')})"
    )
    return Grid.show(notebook, "df")
