"""One server, one browser and one JupyterLab page for all browser tests, and one kernel for the tests of a module."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser
from servers import Server

from ui.grid import Grid
from ui.lab import Lab, Notebook, chromium

FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    report = yield
    if report.failed:
        item.stash[FAILED] = True
    return report


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("lab"), app="lab") as started:
        yield started


@pytest.fixture(scope="session")
def plain_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server without the server extension."""
    with Server(tmp_path_factory.mktemp("plain"), app="lab", extension=False) as started:
        yield started


@pytest.fixture(scope="session")
def shared_lab(browser: Browser, server: Server) -> Iterator[Lab]:
    opened = Lab(browser, server.url, server.token)
    yield opened
    opened.close()


@pytest.fixture
def lab(shared_lab: Lab, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Lab]:
    """The page; an error that nothing caught in it fails the test."""
    with watched(shared_lab, request, tmp_path):
        yield shared_lab


@contextmanager
def watched(lab: Lab, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[None]:
    """Lends a page to a test: errors in it fail the test, and a failed test leaves a picture of it."""
    lab.errors.clear()
    yield
    if FAILED in request.node.stash:
        lab.page.screenshot(path=tmp_path / "failed.png")
    assert lab.errors == []


@pytest.fixture(scope="module")
def module_notebook() -> Iterator[list[Notebook]]:
    """The notebook that the module's tests hand on, once there is one."""
    held: list[Notebook] = []
    yield held
    for notebook in held:
        notebook.close()


@pytest.fixture
def notebook(lab: Lab, module_notebook: list[Notebook], request: pytest.FixtureRequest) -> Iterator[Notebook]:
    """An empty notebook with tabweave loaded; its kernel is the module's, with no variables of other tests."""
    if not module_notebook:
        module_notebook.append(lab.fresh_notebook())
    yield module_notebook[0]
    if FAILED in request.node.stash:
        module_notebook.pop().close()
    else:
        module_notebook[0].clear()


@pytest.fixture
def own_notebook(lab: Lab) -> Iterator[Notebook]:
    """An empty notebook with tabweave loaded and a kernel of its own, to be restarted and shut down."""
    opened = lab.fresh_notebook()
    yield opened
    opened.close()


ORDERS = (
    "df = pd.DataFrame({'item': ['pen', 'ink', 'pad', 'cap', 'box'], 'qty': [3, 1, 4, 1, 5],"
    " 'price': [1.5, 12.0, 3.25, 0.8, 7.0], "
    "'kind': pd.Categorical(['a', 'b', 'a', 'c', 'b']), 'paid': [True, False, True, True, False],"
    " 'day': pd.date_range('2027-01-01', periods=5, unit='s')})"
)


@pytest.fixture
def orders(notebook: Notebook) -> Grid:
    """A small mixed frame `df` in a grid."""
    notebook.execute(ORDERS)
    return Grid.show(notebook, "df")
