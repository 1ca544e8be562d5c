"""One server, one browser, a page of JupyterLab for each person and a kernel for each page, for all browser tests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser
from servers import Server

from ui.grid import Grid
from ui.lab import Lab, Notebook, chromium
from ui.line import Line
from ui.people import server_of_people

FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    report = yield
    if report.failed:
        item.stash[FAILED] = True
        photograph(item)
    return report


def photograph(item: pytest.Item) -> None:
    """Leaves pictures of the pages that a failed test has."""
    given = getattr(item, "funcargs", {})
    for name, lab in given.items():
        if isinstance(lab, Lab) and "tmp_path" in given:
            for at, page in enumerate(lab.context.pages):
                page.screenshot(path=given["tmp_path"] / f"{name}-{at}.png")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that knows Ann and Bo; what a test itself asks of it, it asks as Ann."""
    with server_of_people(tmp_path_factory.mktemp("lab")) as started:
        yield started


@contextmanager
def watched(lab: Lab) -> Iterator[None]:
    """Lends a page to a test; errors in it fail the test."""
    lab.errors.clear()
    yield
    assert lab.errors == []


class Seat:
    """A person's page of JupyterLab and their notebook in it, each there once a test has asked for it."""

    def __init__(self, browser: Browser, url: str, name: str) -> None:
        self.browser, self.url, self.name = browser, url, name
        self._lab: Lab | None = None
        self._notebook: Notebook | None = None

    @property
    def lab(self) -> Lab:
        """Their page."""
        if self._lab is None:
            self._lab = Lab(self.browser, self.url, self.name, cookies={"person": self.name})
        return self._lab

    @contextmanager
    def notebook(self, request: pytest.FixtureRequest) -> Iterator[Notebook]:
        """Lends their notebook to a test; it is left with no variables and cells of the test, or given up if that failed."""
        if self._notebook is None:
            self._notebook = self.lab.fresh_notebook()
        elif not self._notebook.is_open():
            self._notebook = self.lab.open_notebook(self._notebook.path)
        yield self._notebook
        if FAILED in request.node.stash:
            self._notebook.close()
            self._notebook = None
        else:
            self._notebook.clear()

    def leave(self) -> None:
        """Closes the page."""
        if self._notebook is not None:
            self._notebook.close()
        if self._lab is not None:
            self._lab.close()


@pytest.fixture(scope="session")
def anns_seat(browser: Browser, server: Server) -> Iterator[Seat]:
    seat = Seat(browser, server.url, "ann")
    yield seat
    seat.leave()


@pytest.fixture(scope="session")
def bos_seat(browser: Browser, server: Server) -> Iterator[Seat]:
    seat = Seat(browser, server.url, "bo")
    yield seat
    seat.leave()


@pytest.fixture(scope="session")
def whole_line(server: Server) -> Iterator[Line]:
    opened = Line(server.url)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def distant_seat(browser: Browser, whole_line: Line) -> Iterator[Seat]:
    seat = Seat(browser, whole_line.url, "ann")
    yield seat
    seat.leave()


@pytest.fixture
def lab(anns_seat: Seat, tmp_path: Path) -> Iterator[Lab]:
    """Ann's page; an error that nothing caught in it fails the test, and a test that failed leaves a picture in its folder."""
    assert tmp_path
    with watched(anns_seat.lab):
        yield anns_seat.lab


@pytest.fixture
def bos_lab(bos_seat: Seat, tmp_path: Path) -> Iterator[Lab]:
    """Bo's page."""
    assert tmp_path
    with watched(bos_seat.lab):
        yield bos_seat.lab


@pytest.fixture
def line(whole_line: Line) -> Iterator[Line]:
    """The line between Ann's distant page and the server."""
    yield whole_line
    whole_line.mend()


@pytest.fixture
def distant_lab(distant_seat: Seat, line: Line, tmp_path: Path) -> Iterator[Lab]:
    """Ann at a page whose line to the server can be cut."""
    assert tmp_path
    with watched(distant_seat.lab):
        yield distant_seat.lab
    line.mend()


@pytest.fixture
def notebook(lab: Lab, anns_seat: Seat, request: pytest.FixtureRequest) -> Iterator[Notebook]:
    """Ann's notebook, with tabweave loaded and nothing else in it."""
    assert lab is anns_seat.lab
    with anns_seat.notebook(request) as lent:
        yield lent


@pytest.fixture
def bos_notebook(bos_lab: Lab, bos_seat: Seat, request: pytest.FixtureRequest) -> Iterator[Notebook]:
    """Bo's."""
    assert bos_lab is bos_seat.lab
    with bos_seat.notebook(request) as lent:
        yield lent


@pytest.fixture
def distant_notebook(distant_lab: Lab, distant_seat: Seat, line: Line, request: pytest.FixtureRequest) -> Iterator[Notebook]:
    """A notebook of Ann's on the page whose line can be cut."""
    assert distant_lab is distant_seat.lab
    with distant_seat.notebook(request) as lent:
        yield lent
        line.mend()
        lent.js("await panel.sessionContext.session.kernel.reconnect();")


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
