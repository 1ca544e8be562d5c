"""Every way to set a Jupyter server up reaches its kernels' frames."""

from __future__ import annotations

from typing import Any

import pytest
from pages import Page
from servers import Server

SETUPS: dict[str, dict[str, Any]] = {
    "no token": {"token": ""},
    "password under a base URL": {"password": "correct horse", "base_url": "/user/ann b/"},
    "https with a self-signed certificate": {"https": True},
    "on all interfaces": {"ip": "0.0.0.0"},
    "by name": {"ip": "localhost"},
    "over IPv6": {"ip": "::1"},
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
        assert " W " not in "\n".join(line for line in server.log().splitlines() if "tabweave" in line.lower())


def test_without_the_extension_a_kernel_knows_that_there_is_no_relay(tmp_path: Any) -> None:
    with Server(tmp_path, extension=False) as server:
        kernel = server.start_kernel()
        kernel.run("from tabweave.remote import Relay; import echo; relay = Relay(echo.Echo())")
        assert kernel.run("relay.connected, relay.wait(0.1), relay.stop(), relay.address") == "(False, False, None, None)"
        assert server.request("GET", "tabweave/api/v1/health")[0] == 404
