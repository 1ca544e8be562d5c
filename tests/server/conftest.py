"""One server and two kernels for the tests that leave them as they were."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from identities import server_of_people
from pages import Page
from server.rest import Rest
from servers import Kernel, Server


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("server")) as started:
        yield started


@pytest.fixture(scope="session")
def kernel(server: Server) -> Kernel:
    """A kernel whose relay answers as an echo."""
    started = server.start_kernel()
    started.run("import echo; relay, sessions = echo.start()")
    return started


@pytest.fixture(scope="session")
def bare_kernel(server: Server) -> Kernel:
    """A kernel that has not imported tabweave; a test may speak in its name."""
    return server.start_kernel()


@pytest.fixture
def page(server: Server) -> Iterator[Page]:
    with Page(server) as opened:
        yield opened


@pytest.fixture
def rest(server: Server) -> Rest:
    """The REST API, called by a script with the server's token."""
    return Rest(server)


@pytest.fixture(scope="session")
def people(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that knows several people."""
    with server_of_people(tmp_path_factory.mktemp("people")) as started:
        yield started


@pytest.fixture
def ann(people: Server) -> Rest:
    """The REST API as one of them calls it."""
    return Rest(people, "ann")


@pytest.fixture
def bo(people: Server) -> Rest:
    """The REST API as another calls it."""
    return Rest(people, "bo")
