"""Real Jupyter servers with real kernels, for any test that needs one.

Each server has directories of its own, so that nothing of the person who runs the tests is read or changed.
"""

from __future__ import annotations

import http.client
import json
import os
import queue
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from jupyter_client.blocking.client import BlockingKernelClient

ROOT = Path(__file__).parents[1]
SLEEP = 0.02
CERTIFICATE = "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=tabweave.test"
UNWANTED = ("TABWEAVE_", "JUPYTER", "JPY_", "IPYTHON")
QUICKLY = """
import runpy, sys
sys.modules["rfc3987_syntax"] = None
runpy.run_module(sys.argv.pop(1), run_name="__main__", alter_sys=True)
"""
"""Starts the module that is named, without a parser for IRIs in events' schemas, which takes a second to make."""
LAB_SETTINGS = {
    "@jupyterlab/apputils-extension/notification.jupyterlab-settings": {"fetchNews": "false", "checkForUpdates": False}
}


def wait_for(what: str, condition: Callable[[], Any], timeout: float = 20.0) -> Any:
    """The first true value of `condition`."""
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        if value := condition():
            return value
        time.sleep(SLEEP)
    raise AssertionError(f"waited {timeout:g} s in vain for {what}")


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=30)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


class Server:
    """One Jupyter server process; `start` and `stop` may be called in turn, on the same port.

    `app` is "server" (quick) or "lab". `token` "" means none and `password` asks for that instead. With `extension=False`
    Tabweave's server extension is off. `options` are further traits ("Class.trait"), `config` is Python for the configuration
    file, `python` the interpreter of an environment of its own. Settings and notebooks live under `base`.
    """

    def __init__(
        self,
        base: Path,
        *,
        app: str = "server",
        token: str = "a-token-for-tests",
        password: str = "",
        base_url: str = "/",
        ip: str = "127.0.0.1",
        https: bool = False,
        unix_socket: bool = False,
        extension: bool = True,
        options: dict[str, Any] | None = None,
        python_path: tuple[Path, ...] = (),
        config: str = "",
        python: Path = Path(sys.executable),
    ) -> None:
        self.base = base
        self.python = python
        self.app = app
        self.token = "" if password else token
        self.password = password
        self.base_url = base_url
        self.ip = ip
        self.port = 0
        self.https = https
        self.sock = str(base / "s") if unix_socket else ""
        self.extension = extension
        self.options = options or {}
        self.url = ""
        self.cookie = ""
        self.process: subprocess.Popen[bytes] | None = None
        self.kernels: list[Kernel] = []
        self.runtime = base / "runtime"
        self.root = base / "notebooks"
        self.log_file = base / "server.log"
        for folder in ("config", "data", "runtime", "ipython", "home", "notebooks", "lab-settings", "lab-workspaces"):
            (base / folder).mkdir(parents=True, exist_ok=True)
        (base / "config" / "jupyter_server_config.py").write_text(config)
        for name, value in LAB_SETTINGS.items():
            file = base / "lab-settings" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps(value))
        self.configure_page()
        self.python_path = [ROOT / "kernel_ext", ROOT / "server_ext", ROOT / "tests", *python_path]

    def configure_page(self, **settings: Any) -> None:
        """Settings of JupyterLab's page, beside that it asks for no build, for which Node would be started."""
        file = self.base / "config" / "labconfig" / "page_config.json"
        file.parent.mkdir(exist_ok=True)
        file.write_text(json.dumps({"buildAvailable": False, "buildCheck": False} | settings))

    def environment(self) -> dict[str, str]:
        """The environment of the server and of its kernels."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(UNWANTED)}
        return kept | {
            "HOME": str(self.base / "home"),
            "IPYTHONDIR": str(self.base / "ipython"),
            "JUPYTER_CONFIG_DIR": str(self.base / "config"),
            "JUPYTER_DATA_DIR": str(self.base / "data"),
            "JUPYTER_RUNTIME_DIR": str(self.base / "runtime"),
            "JUPYTERLAB_SETTINGS_DIR": str(self.base / "lab-settings"),
            "JUPYTERLAB_WORKSPACES_DIR": str(self.base / "lab-workspaces"),
            "PYTHONPATH": os.pathsep.join(str(folder) for folder in self.python_path),
            "PYTHONUNBUFFERED": "1",
        }

    def traits(self) -> dict[str, Any]:
        """The server's settings, by name."""
        extensions = {"tabweave_server": self.extension}
        if self.app == "server":
            extensions |= dict.fromkeys(("jupyterlab", "jupyter_lsp", "jupyter_server_terminals", "notebook_shim"), False)
        traits: dict[str, Any] = {
            "ServerApp.jpserver_extensions": extensions,
            "ServerApp.allow_root": True,
            "ServerApp.open_browser": False,
            "ServerApp.root_dir": str(self.root),
            "ServerApp.base_url": self.base_url,
            "ServerApp.port_retries": 0,
            "ServerApp.disable_check_xsrf": not self.token,
            "IdentityProvider.token": self.token,
        }
        if self.password:
            from jupyter_server.auth.security import passwd

            traits["PasswordIdentityProvider.hashed_password"] = passwd(self.password, "sha256")
        if self.sock:
            traits |= {"ServerApp.sock": self.sock, "ServerApp.sock_mode": "0600"}
        else:
            traits |= {"ServerApp.ip": self.ip, "ServerApp.port": self.port}
        if self.https:
            traits |= {"ServerApp.certfile": self._certificate(), "ServerApp.keyfile": str(self.base / "key.pem")}
        if self.app == "lab":
            traits |= {
                "LabApp.expose_app_in_browser": True,
                "LabApp.check_for_updates_class": "jupyterlab.NeverCheckForUpdate",
                "LabApp.extension_manager": "readonly",
            }
        return traits | self.options

    def _certificate(self) -> str:
        file = self.base / "cert.pem"
        if not file.exists():
            openssl = shutil.which("openssl")
            assert openssl, "the tests need the openssl command"
            subprocess.run(
                [openssl, *CERTIFICATE.split(), "-keyout", str(self.base / "key.pem"), "-out", str(file)],
                check=True,
                capture_output=True,
            )
        return str(file)

    def start(self) -> Server:
        """Starts the process and waits until it answers."""
        module = "jupyterlab" if self.app == "lab" else "jupyter_server"
        config: dict[str, dict[str, Any]] = {}
        for name, value in self.traits().items():
            section, _, trait = name.partition(".")
            config.setdefault(section, {})[trait] = value
        (self.base / "config" / "jupyter_server_config.json").write_text(json.dumps(config))
        command = [str(self.python), "-c", QUICKLY, module]
        with self.log_file.open("ab") as log:
            self.process = subprocess.Popen(command, env=self.environment(), cwd=self.base, stdout=log, stderr=log)
        info = self.base / "runtime" / f"jpserver-{self.process.pid}.json"
        wait_for("the server to write its address", lambda: self._check() and info.exists() and info.stat().st_size, 60)
        told = json.loads(info.read_text())
        self.url = told["url"]
        if not self.sock:
            self.port = told["port"]
            self.url = f"{'https' if self.https else 'http'}://127.0.0.1:{self.port}{self.base_url}"
        wait_for("the server to answer", self._answers, 60)
        if self.password:
            self._log_in()
        return self

    def _check(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, f"the server ended:\n{self.log()}"
        return True

    def _answers(self) -> bool:
        self._check()
        try:
            return self.request("GET", "api")[0] < 500
        except OSError:
            return False

    def log(self) -> str:
        """What the server has logged so far."""
        return self.log_file.read_text(errors="replace")

    def stop(self) -> None:
        """Ends the server and its kernels in order."""
        for kernel in self.kernels:
            kernel.disconnect()
        self.kernels.clear()
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """Ends the server's process at once, as a crash would; its kernels notice by themselves."""
        self._end(signal.SIGKILL)

    def _end(self, how: signal.Signals) -> None:
        if self.process is None:
            return
        self.process.send_signal(signal.SIGCONT)
        self.process.send_signal(how)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None

    def restart(self) -> None:
        """Stops and starts again on the same port."""
        self.stop()
        self.start()

    def __enter__(self) -> Server:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    # Requests

    @property
    def authorization(self) -> dict[str, str]:
        """Headers that say who asks."""
        if self.cookie:
            return {"Cookie": self.cookie}
        return {"Authorization": f"token {self.token}"} if self.token else {}

    def connection(self) -> http.client.HTTPConnection:
        """A new connection to the server."""
        if self.sock:
            return _UnixConnection(self.sock)
        if self.https:
            context = ssl.create_default_context()
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            return http.client.HTTPSConnection("127.0.0.1", self.port, timeout=30, context=context)
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)

    def request(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> tuple[int, Any]:
        """Status and body (decoded if it is JSON) of a request to `path` under the base URL."""
        connection = self.connection()
        try:
            content = None if body is None else json.dumps(body)
            connection.request(method, self.base_url + path, content, self.authorization if headers is None else headers)
            answer = connection.getresponse()
            text = answer.read().decode()
            is_json = "json" in answer.headers.get("Content-Type", "")
            return answer.status, json.loads(text) if is_json and text else text
        finally:
            connection.close()

    def _log_in(self) -> None:
        self.cookie = ""
        connection = self.connection()
        try:
            connection.request("GET", f"{self.base_url}login")
            answer = connection.getresponse()
            answer.read()
            xsrf = next(c.partition(";")[0] for c in answer.headers.get_all("Set-Cookie", []) if c.startswith("_xsrf="))
            form = f"password={self.password}&_xsrf={unquote(xsrf.partition('=')[2])}"
            kind = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": xsrf}
            connection.request("POST", f"{self.base_url}login", form, kind)
            answer = connection.getresponse()
            answer.read()
            cookies = [c.partition(";")[0] for c in answer.headers.get_all("Set-Cookie", [])]
        finally:
            connection.close()
        assert any(c.startswith("username-") for c in cookies), "the password was not accepted"
        self.cookie = "; ".join([xsrf, *cookies])

    def start_kernel(self) -> Kernel:
        """A new kernel, ready to run code."""
        status, told = self.request("POST", "api/kernels", {})
        assert status == 201, told
        kernel = Kernel(self, told["id"])
        self.kernels.append(kernel)
        return kernel

    @property
    def websocket_url(self) -> str:
        """The base of WebSocket URLs."""
        parts = urlsplit(self.url)
        host = "localhost" if self.sock else parts.netloc
        return f"{'wss' if self.https else 'ws'}://{host}{self.base_url}"


class Kernel:
    """A kernel of a server, driven over its own ZeroMQ sockets as a notebook would be."""

    def __init__(self, server: Server, kernel_id: str) -> None:
        self.server = server
        self.id = kernel_id
        file = server.runtime / f"kernel-{kernel_id}.json"
        wait_for("the kernel's connection file", file.exists)
        self.client = BlockingKernelClient(connection_file=str(file))
        self.client.load_connection_file()
        self.client.start_channels(hb=False)
        self._wait_until_ready()

    def _wait_until_ready(self) -> None:
        """Returns once the kernel answers and what it publishes arrives."""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            asked = self.client.kernel_info()
            try:
                while self.client.get_iopub_msg(timeout=1)["parent_header"].get("msg_id") != asked:
                    pass
                return
            except queue.Empty:
                continue
        raise AssertionError(f"the kernel does not answer:\n{self.server.log()}")

    def begin(self, code: str) -> str:
        """Starts running code; `finish` waits for it."""
        return str(self.client.execute(code))

    def finish(self, message_id: str, timeout: float = 30.0) -> str:
        """What the code printed and what its last expression was; an error in it fails the test."""
        output: list[str] = []
        while True:
            message = self.client.get_iopub_msg(timeout=timeout)
            if message["parent_header"].get("msg_id") != message_id:
                continue
            content = message["content"]
            if message["msg_type"] == "stream":
                output.append(content["text"])
            elif message["msg_type"] == "execute_result":
                output.append(content["data"]["text/plain"])
            elif message["msg_type"] == "error":
                raise AssertionError("\n".join(content["traceback"]))
            elif message["msg_type"] == "status" and content["execution_state"] == "idle":
                return "".join(output)

    def run(self, code: str, timeout: float = 30.0) -> str:
        """Runs code to its end."""
        return self.finish(self.begin(code), timeout)

    def restart(self) -> None:
        """Restarts the kernel as the notebook's button does."""
        status, told = self.server.request("POST", f"api/kernels/{self.id}/restart", {})
        assert status == 200, told
        self._wait_until_ready()

    def shut_down(self) -> None:
        """Ends the kernel through the server."""
        self.disconnect()
        self.server.kernels.remove(self)
        self.server.request("DELETE", f"api/kernels/{self.id}")

    def disconnect(self) -> None:
        """Closes the test's own sockets to the kernel."""
        self.client.stop_channels()
        self.client.context.term()
