"""Callers who hang up in the middle leave nothing behind: no work, no file, no error in the log."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest
from server.rest import BASE, Rest
from servers import Server, wait_for


@pytest.fixture(scope="module")
def quiet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose log has no traceback in the end."""
    with Server(tmp_path_factory.mktemp("quiet"), options={"TabweaveServer.max_waiting": 1}) as server:
        yield server
        server.stop()
        assert "Traceback" not in server.log()
        assert "Uncaught" not in server.log()


def begin(server: Server, path: str) -> socket.socket:
    """A request whose answer has begun."""
    line = socket.create_connection(("127.0.0.1", server.port), timeout=20)
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    line.sendall(f"GET /{BASE}{path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: token {server.token}\r\n\r\n".encode())
    assert line.recv(15).startswith(b"HTTP/1.1 200")
    return line


def test_a_file_that_nobody_takes_any_more_harms_nobody(quiet: Server) -> None:
    rest = Rest(quiet)
    path = rest.share("long", n=list(range(20_000)), text=["x" * 500] * 20_000)
    begin(quiet, f"{path}/rows?format=csv").close()
    assert len(rest.call("GET", f"{path}/rows", format="csv").content) > 10_000_000


def test_who_waits_no_more_makes_room_for_others(quiet: Server) -> None:
    rest = Rest(quiet)
    path = rest.share("waited for", n=[1])

    def asked() -> int:
        return rest.call("GET", f"{path}/changes", since=0, wait=0.01).status

    stream = begin(quiet, f"{path}/events")
    assert asked() == 503
    stream.close()
    wait_for("the stream to be noticed as gone", lambda: asked() == 200)


def test_a_query_that_nobody_waits_for_is_stopped(quiet: Server) -> None:
    rest = Rest(quiet)
    query = b'{"query": "SELECT count(*) FROM range(100000000000) a"}'
    head = f"POST /{BASE}/sql HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: token {quiet.token}\r\n"
    asked = f"{head}Content-Length: {len(query)}\r\n\r\n".encode() + query
    lines = [socket.create_connection(("127.0.0.1", quiet.port), timeout=20) for _ in range(4)]
    for line in lines:
        line.sendall(asked)
    for line in lines:
        line.close()
    assert rest.ok("POST", "/sql", {"query": "SELECT 1"})["rows"] == [[1]]
