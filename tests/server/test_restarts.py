"""What happens to a page when a kernel or a server goes away and comes back."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from kernel_ends import KernelEnd
from pages import Page
from servers import Kernel, Server, wait_for

ECHO = "import echo; relay, sessions = echo.start()"
QUICK = {"TabweaveServer.kernel_wait": 2.0, "TabweaveServer.ping_interval": 0.2, "TabweaveServer.kernel_silence": 1.0}


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("restarts"), options=QUICK) as server:
        yield server


@pytest.fixture
def lone(own: Server) -> Iterator[Kernel]:
    """A kernel with an echo, for one test."""
    kernel = own.start_kernel()
    kernel.run(ECHO)
    yield kernel
    kernel.shut_down()


def test_a_kernel_restart_is_told_and_the_new_kernel_is_reached(own: Server, lone: Kernel) -> None:
    with Page(own) as page:
        ch = page.hello(lone.id)
        before = page.expect("welcome")["name"]
        lone.restart()
        gone = page.expect("gone")
        assert (gone["ch"], gone["reason"]) == (ch, "kernel")
        lone.run(ECHO)
        page.hello(lone.id, ch)
        assert page.expect("welcome")["name"] != before
        page.ping(ch)


def test_a_restarted_kernel_without_tables_is_told_as_gone_after_a_wait(own: Server, lone: Kernel) -> None:
    with Page(own) as page:
        ch = page.open(lone.id)
        lone.restart()
        page.expect("gone")
        page.hello(lone.id, ch)
        start = time.monotonic()
        assert page.expect("gone")["reason"] == "kernel"
        assert 1.5 < time.monotonic() - start < 6


def test_a_killed_kernel_is_gone(own: Server, lone: Kernel) -> None:
    with Page(own) as page:
        ch = page.open(lone.id)
        os.kill(int(lone.run("import os; os.getpid()")), signal.SIGKILL)
        gone = page.expect("gone", 3.5)
        assert (gone["ch"], gone["reason"]) == (ch, "kernel")


def test_a_kernel_that_is_shut_down_is_gone(own: Server) -> None:
    kernel = own.start_kernel()
    kernel.run(ECHO)
    with Page(own) as page:
        page.open(kernel.id)
        kernel.shut_down()
        assert page.expect("gone")["reason"] == "kernel"
        page.hello(kernel.id)
        assert page.expect("gone", 1.5)["reason"] == "kernel"


def test_a_kernel_that_stands_still_is_offline_and_is_reached_when_it_goes_on(own: Server, lone: Kernel) -> None:
    pid = int(lone.run("import os; os.getpid()"))
    with Page(own) as page:
        ch = page.hello(lone.id)
        before = page.expect("welcome")["name"]
        os.kill(pid, signal.SIGSTOP)
        try:
            gone = page.expect("gone", 10.0)
            assert (gone["ch"], gone["reason"]) == (ch, "offline")
            page.hello(lone.id, ch)
            assert page.expect("gone", 4.0)["reason"] == "offline"
            page.hello(lone.id, ch)
        finally:
            os.kill(pid, signal.SIGCONT)
        assert page.expect("welcome")["name"] == before
        page.ping(ch)
        assert lone.run("sessions.closed") == "1"


def test_a_connection_that_breaks_while_the_kernel_lives_is_offline(own: Server) -> None:
    kernel = own.start_kernel()
    end = KernelEnd(own, kernel.id)
    with Page(own) as page:
        ch = page.hello(kernel.id)
        end.receive()
        end.close(politely=False)
        gone = page.expect("gone")
        assert (gone["ch"], gone["reason"]) == (ch, "offline")
        page.send(type="ping", ch=ch, t=1)
        assert page.silent()
    kernel.shut_down()


def test_a_kernel_with_a_forked_child_is_gone_when_it_dies(own: Server, lone: Kernel) -> None:
    code = """
import os, time, warnings
warnings.simplefilter("ignore")
child = os.fork()
if not child:
    try:
        relay.stop()
        time.sleep(6)
    finally:
        os._exit(0)
"""
    with Page(own) as page:
        ch = page.open(lone.id)
        lone.run(code)
        page.ping(ch)
        os.kill(int(lone.run("os.getpid()")), signal.SIGKILL)
        assert page.expect("gone", 3.5)["reason"] == "kernel"


KEEPING = """
import json
from pathlib import Path
from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager

class Keeping(AsyncMappingKernelManager):
    "Takes kernels over that outlived the server before, as managers of remote kernels do."

    def __contains__(self, kernel_id):
        file = Path(self.parent.runtime_dir) / f"kernel-{kernel_id}.json"
        if kernel_id not in self._kernels and file.exists():
            kernel = self.kernel_manager_factory(parent=self, log=self.log, owns_kernel=False)
            kernel.load_connection_info(json.loads(file.read_text()))
            kernel.kernel_id, kernel.kernel_name, kernel.execution_state = kernel_id, "python3", "idle"
            kernel.ready.set_result(None)
            self._kernels[kernel_id] = kernel
        return kernel_id in self._kernels

c.ServerApp.kernel_manager_class = Keeping
"""


def test_a_kernel_that_outlives_the_server_connects_to_the_next_one(tmp_path: Path) -> None:
    with Server(tmp_path, config=KEEPING, options={"TabweaveServer.kernel_wait": 10.0}) as server:
        kernel_id = str(uuid.uuid4())
        file = server.runtime / f"kernel-{kernel_id}.json"
        command = [sys.executable, "-m", "ipykernel_launcher", "-f", str(file)]
        with (
            server.log_file.open("ab") as log,
            subprocess.Popen(command, env=server.environment(), stdout=log, stderr=log) as process,
        ):
            try:
                wait_for("the connection file", lambda: file.exists() and file.stat().st_size)
                kernel = Kernel(server, kernel_id)
                kernel.run(f"import echo; relay, sessions = echo.start({server.url!r})")
                for how in (server.stop, server.kill):
                    with Page(server) as page:
                        page.open(kernel_id)
                        how()
                    kernel.run("import time\nwhile relay.connected: time.sleep(0.01)")
                    assert "server" in kernel.run("relay.problem")
                    server.start()
                    start = time.monotonic()
                    assert kernel.run("relay.wait(10)") == "True"
                    assert time.monotonic() - start < 3
                    with Page(server) as page:
                        page.ping(page.open(kernel_id))
                kernel.disconnect()
            finally:
                process.kill()


def test_a_kernel_notices_a_server_that_stands_still(own: Server) -> None:
    kernel = own.start_kernel()
    kernel.run(f"import tabweave.remote; tabweave.remote._PING = 0.3; {ECHO}")
    assert own.process is not None
    own.process.send_signal(signal.SIGSTOP)
    try:
        kernel.run("import time\nwhile relay.connected: time.sleep(0.01)", timeout=10)
    finally:
        own.process.send_signal(signal.SIGCONT)
    assert kernel.run("relay.wait(10)") == "True"
    with Page(own) as page:
        page.ping(page.open(kernel.id))
    kernel.shut_down()
