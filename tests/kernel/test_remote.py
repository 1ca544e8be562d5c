"""How a kernel finds its server, and the kernel's end of the relay."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from jupyter_client.manager import start_new_kernel
from pages import Page
from servers import Kernel, Server, wait_for
from tabweave.discover import Address, find
from tabweave.remote import Relay
from tabweave_core.protocol import handshake

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("remote")) as started:
        yield started


@pytest.fixture(scope="module")
def kernel(server: Server) -> Kernel:
    started = server.start_kernel()
    started.run("import echo; relay, sessions = echo.start()")
    return started


@pytest.mark.parametrize(
    ("url", "websocket", "path", "unix_socket"),
    [
        ("http://127.0.0.1:8888/", "ws://127.0.0.1:8888/{}", "/{}", ""),
        ("https://host:1/user/ann/", "wss://host:1/user/ann/{}", "/user/ann/{}", ""),
        ("http+unix://%2Ftmp%2Fa%20b/base/", "ws://localhost/base/{}", "/base/{}", "/tmp/a b"),
        ("http://[::1]:8888", "ws://[::1]:8888/{}", "/{}", ""),
    ],
)
def test_an_address_knows_its_socket(url: str, websocket: str, path: str, unix_socket: str) -> None:
    address = Address(url, "k", b"secret")
    tail = f"{handshake.KERNEL_PATH}/k"
    assert (address.websocket, address.path) == (websocket.format(tail), path.format(tail))
    assert address.unix_socket == unix_socket
    assert "secret" not in repr(address)


def test_outside_a_kernel_there_is_no_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(handshake.SERVER_URL, "http://127.0.0.1:1/")
    monkeypatch.setenv(handshake.SERVER_PID, "1")
    monkeypatch.setenv("JPY_PARENT_PID", "1")
    assert find() is None


@pytest.mark.parametrize("ours", [True, False], ids=["started by the server", "started by another program"])
def test_only_a_kernel_that_the_server_started_uses_its_address(ours: bool) -> None:
    paths = [str(ROOT / "kernel_ext"), str(ROOT / "server_ext")]
    pid = os.getpid() if ours else os.getppid()
    env = os.environ | {
        handshake.SERVER_URL: "http://127.0.0.1:1/b/",
        handshake.SERVER_PID: str(pid),
        "PYTHONPATH": os.pathsep.join(paths),
    }
    manager, client = start_new_kernel(env=env)
    try:
        answer = client.execute_interactive(
            "import tabweave.discover", user_expressions={"a": "tabweave.discover.find()"}, timeout=30
        )
        text = answer["content"]["user_expressions"]["a"]["data"]["text/plain"]
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
        client.context.term()
    assert text.startswith("Address(url='http://127.0.0.1:1/b/'") if ours else text == "None"


def test_an_address_names_the_kernel_as_the_server_does(kernel: Kernel) -> None:
    assert kernel.run("relay.address.kernel_id") == repr(kernel.id)
    assert kernel.run("relay.connected, relay.wait(0), relay.problem") == "(True, True, '')"


def test_a_relay_without_a_server_is_quiet() -> None:
    class Nothing:
        def receive(self, *_: object) -> None:
            raise AssertionError("nothing was sent")

        def close(self, *_: object) -> None:
            raise AssertionError("nothing was open")

    relay = Relay(Nothing())
    assert (relay.connected, relay.wait(0)) == (False, False)
    assert relay.problem
    relay.stop()
    relay.stop()


def test_a_relay_that_is_stopped_tells_the_page_and_may_be_stopped_again(server: Server) -> None:
    kernel = server.start_kernel()
    kernel.run("import echo; relay, sessions = echo.start()")
    with Page(server) as page:
        page.open(kernel.id)
        told = kernel.run("relay.stop(); relay.stop(); relay.connected, sessions.closed, relay._thread.is_alive()")
        assert told == "(False, 1, False)"
        assert page.expect("gone")["reason"] == "kernel"
    kernel.shut_down()


def test_frames_from_many_threads_arrive_each_in_its_own_order(kernel: Kernel, server: Server) -> None:
    with Page(server) as page:
        ch = page.open(kernel.id)
        for _ in range(4):
            page.send(type="copy", ch=ch, id=500, range={"start": 0, "stop": 1, "columns": []})
        seen = [page.expect("copied").get("re") for _ in range(2000)]
    assert sorted(seen) == sorted(list(range(500)) * 4)
    last = [-1] * 4
    for number in seen:
        at = max((i for i in range(4) if last[i] == number - 1), default=None)
        assert at is not None
        last[at] = number


def test_sending_never_waits_and_the_queue_is_bounded(server: Server) -> None:
    kernel = server.start_kernel()
    kernel.run("""
import echo, threading, time
from tabweave.remote import Relay
from tabweave_core.protocol import wire
from tabweave_core.protocol.messages import Copied

class Flood(echo.Echo):
    def receive(self, frame, send, user):
        super().receive(frame, send, user)
        if self.frames[-1] == "Ping":
            threading.Thread(target=self.flood, args=(wire.route(frame).ch, send)).start()

    def flood(self, ch, send):
        frame = wire.encode(Copied(ch=ch, re=1, tsv="x" * 1_000_000))
        start = time.perf_counter()
        for _ in range(400):
            send(frame)
        self.took = time.perf_counter() - start

flood = Flood()
relay = Relay(flood, most_queued=20_000_000)
assert relay.wait(10)
""")
    with Page(server) as page:
        ch = page.open(kernel.id)
        page.send(type="ping", ch=ch, t=1)
        wait_for("the flood to end", lambda: kernel.run("hasattr(flood, 'took') and flood.closed == 1") == "True")
        assert float(kernel.run("flood.took")) < 2
    assert kernel.run("relay.wait(5)") == "True"
    with Page(server) as page:
        page.open(kernel.id)
    kernel.shut_down()


def test_a_forked_child_has_no_relay_and_leaves_the_parent_s_alone(server: Server) -> None:
    kernel = server.start_kernel()
    code = """
import echo, os, warnings
relay, sessions = echo.start()
warnings.simplefilter("ignore")
child = os.fork()
if not child:
    quiet = not relay.connected and not relay.wait(0) and relay.stop() is None
    os._exit(0 if quiet else 1)
os.waitpid(child, 0)[1]
"""
    assert kernel.run(code) == "0"
    with Page(server) as page:
        page.ping(page.open(kernel.id))
    kernel.shut_down()


def test_a_server_that_cannot_prove_itself_is_not_trusted(tmp_path: Path) -> None:
    code = """
import sys, tornado.ioloop, tornado.web, tornado.websocket
class Impostor(tornado.websocket.WebSocketHandler):
    def open(self, *_): print("opened", flush=True)
    def on_message(self, message): print("read", message, flush=True)
app = tornado.web.Application([(".*", Impostor)])
server = app.listen(0, "127.0.0.1")
print(next(iter(server._sockets.values())).getsockname()[1], flush=True)
tornado.ioloop.IOLoop.current().start()
"""
    asked: list[object] = []

    class Sessions:
        def receive(self, *what: object) -> None:
            asked.append(what)

        def close(self, *what: object) -> None:
            asked.append(what)

    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, cwd=tmp_path) as process:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        relay = Relay(Sessions(), Address(f"http://127.0.0.1:{port}/", "k", b"key"))
        assert process.stdout.readline() == "opened\n"
        wait_for("the refusal", lambda: "does not know this kernel" in relay.problem)
        assert not relay.connected
        relay.stop()
        process.kill()
    assert asked == []
