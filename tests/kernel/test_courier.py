"""Signed requests of a kernel: to real servers of every kind, and to what only pretends to be one."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest
from servers import Server
from tabweave import courier
from tabweave.courier import Courier
from tabweave.discover import Address
from tabweave_core.errors import BadFile, NotFound, Refused, TabweaveError, Unavailable
from tabweave_core.protocol import handshake

KEY = b"the kernel's key"


@pytest.mark.parametrize(
    "options", [{"unix_socket": True}, {"https": True, "base_url": "/user/ann/"}], ids=["a Unix socket", "https under a base URL"]
)
def test_a_notebook_reaches_its_server_wherever_that_listens(tmp_path: Path, options: dict[str, Any]) -> None:
    with Server(tmp_path, **options) as server:
        kernel = server.start_kernel()
        kernel.run(
            "import pandas as pd, tabweave as tw\ndf = pd.DataFrame({'a': [1, 2]})\nt = tw.share(df, 'a b/ü'.replace('/', '-'))"
        )
        kernel.run("df.loc[0, 'a'] = 5; u = tw.join('a b-ü', 'other')")
        assert kernel.run("print(other['a'].tolist(), tw.tables().index.tolist(), t.rights().everyone)").strip() == (
            "[5, 2] ['a b-ü'] editor"
        )


class Pretender(BaseHTTPRequestHandler):
    """Answers what `said` has, with a proof if it knows the key."""

    said: tuple[int, bytes] = (200, b"{}")
    knows = True

    def do_GET(self) -> None:
        self.send_response(self.said[0])
        if self.knows:
            nonce = self.headers[handshake.NONCE_HEADER]
            self.send_header(handshake.PROOF_HEADER, handshake.prove(KEY, self.path.partition("?")[0], nonce))
        self.end_headers()
        self.wfile.write(self.said[1])

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@pytest.fixture
def pretender() -> Iterator[Courier]:
    server = HTTPServer(("127.0.0.1", 0), Pretender)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield Courier(Address(f"http://127.0.0.1:{server.server_port}/base/", "kernel-1", KEY))
    server.shutdown()
    server.server_close()
    thread.join()


def refusal(code: str) -> bytes:
    return json.dumps({"error": {"code": code, "message": "No.", "hint": "Do that.", "where": "$"}}).encode()


@pytest.mark.parametrize(
    ("said", "kind", "message"),
    [
        ((404, refusal("NO_TABLE")), NotFound, "No. Do that."),
        ((403, refusal("FORBIDDEN")), Refused, "No. Do that."),
        ((400, refusal("BAD_FILE")), BadFile, "No. Do that."),
        ((400, refusal("WHATEVER")), Unavailable, "No. Do that."),
        ((502, b"<html>Bad gateway</html>"), Unavailable, "The server answered 502. See its log."),
    ],
)
def test_what_a_server_refuses_is_raised_as_it_said_it(
    pretender: Courier, monkeypatch: pytest.MonkeyPatch, said: tuple[int, bytes], kind: type[TabweaveError], message: str
) -> None:
    monkeypatch.setattr(Pretender, "said", said)
    with pytest.raises(kind) as caught:
        pretender.send("GET", "datasets")
    assert str(caught.value) == message


def test_an_answer_of_who_does_not_know_the_kernel_is_not_believed(pretender: Courier, monkeypatch: pytest.MonkeyPatch) -> None:
    assert pretender.send("GET", "datasets", query={"a": "b c"}) == b"{}"
    monkeypatch.setattr(Pretender, "knows", False)
    with pytest.raises(Unavailable, match="does not know this kernel"):
        pretender.send("GET", "datasets")


def test_a_server_that_is_not_there_is_told() -> None:
    with pytest.raises(Unavailable, match="cannot be reached"):
        Courier(Address("http://127.0.0.1:9/", "kernel-1", KEY)).send("GET", "datasets")


class Slow(BaseHTTPRequestHandler):
    """Takes a long time with what it is sent, and answers others meanwhile as long as it is `well`."""

    well = True
    asked: ClassVar[list[str]] = []
    go = threading.Event()

    def do_PUT(self) -> None:
        size = 1
        while size:
            size = int(self.rfile.readline(), 16)
            self.rfile.read(size + 2)
        self.go.wait(20)
        nonce = self.headers[handshake.NONCE_HEADER]
        self.send_response(200)
        self.send_header(handshake.PROOF_HEADER, handshake.prove(KEY, self.path.partition("?")[0], nonce))
        self.end_headers()
        self.wfile.write(b"done")

    def do_GET(self) -> None:
        self.asked.append(self.path)
        if not self.well:
            self.go.wait(20)
        self.send_response(403)
        self.end_headers()
        if len(self.asked) == 3:
            self.go.set()

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@pytest.mark.parametrize("well", [True, False])
def test_a_server_may_take_long_with_an_upload_as_long_as_it_answers_others(well: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(courier, "TIMEOUT", 0.2)
    monkeypatch.setattr(Slow, "well", well)
    Slow.asked.clear()
    Slow.go.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Slow)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        sender = Courier(Address(f"http://127.0.0.1:{server.server_port}/base/", "kernel-1", KEY))
        if well:
            assert sender.send("PUT", "datasets/a", body=iter([b"x" * 3_000_000, b"y"])) == b"done"
            assert Slow.asked == ["/base/tabweave/api/v1/health"] * 3
        else:
            with pytest.raises(Unavailable, match="cannot be reached: timed out"):
                sender.send("PUT", "datasets/a", body=iter([b"x"]))
    finally:
        Slow.go.set()
        server.shutdown()
        server.server_close()
        thread.join()
