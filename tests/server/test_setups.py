"""Every way to set a Jupyter server up reaches its kernels' frames."""

from __future__ import annotations

from typing import Any

import pytest
from jupyter_server.serverapp import ServerApp
from pages import Page
from servers import Server
from tabweave_server.app import address

SETUPS: dict[str, dict[str, Any]] = {
    "no token": {"token": ""},
    "password under a base URL, by name": {"password": "correct horse", "base_url": "/user/ann/", "ip": "localhost"},
    "https with a self-signed certificate on all interfaces": {"https": True, "ip": "0.0.0.0"},
    "unix socket": {"unix_socket": True, "base_url": "/base/"},
}


@pytest.mark.parametrize("setup", SETUPS.values(), ids=list(SETUPS))
def test_a_page_reaches_a_frame(tmp_path: Any, setup: dict[str, Any]) -> None:
    with Server(tmp_path, **setup) as server:
        kernel = server.start_kernel()
        kernel.run("import echo; relay, sessions = echo.start()")
        with Page(server) as page:
            ch = page.open(kernel.id)
            page.ping(ch)
        assert [line for line in server.log().splitlines() if "tabweave" in line.lower() and not line.startswith("[I")] == []


@pytest.mark.parametrize(
    ("settings", "url"),
    [
        ({"ip": "localhost"}, "http://localhost:8888/base/"),
        ({"ip": "10.0.0.5", "certfile": "cert.pem"}, "https://10.0.0.5:8888/base/"),
        ({"ip": "::1"}, "http://[::1]:8888/base/"),
        ({"ip": "::"}, "http://[::1]:8888/base/"),
        ({"ip": "0.0.0.0"}, "http://127.0.0.1:8888/base/"),
        ({"ip": "*"}, "http://127.0.0.1:8888/base/"),
        ({"ip": "localhost", "sock": "/run/a b.sock"}, "http+unix://%2Frun%2Fa%20b.sock/base/"),
    ],
)
def test_the_address_for_kernels_is_one_that_this_machine_can_reach(settings: dict[str, Any], url: str) -> None:
    assert address(ServerApp(**{"port": 8888, "base_url": "/base/"} | settings)) == url


def test_without_the_extension_a_kernel_knows_that_there_is_no_relay(tmp_path: Any) -> None:
    with Server(tmp_path, extension=False) as server:
        kernel = server.start_kernel()
        kernel.run("from tabweave.remote import Relay; import echo; relay = Relay(echo.Echo())")
        assert kernel.run("relay.connected, relay.wait(0.1), relay.stop(), relay.address") == "(False, False, None, None)"
        assert server.request("GET", "tabweave/api/v1/health")[0] == 404
