"""Every route asks who is there and whether they may, and refuses in one shape."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

import pytest
from identities import as_, server_of_people
from kernel_ends import as_kernel
from servers import Server
from tabweave_core import errors
from tabweave_core.engine import refusals
from tabweave_core.protocol import handshake
from tabweave_server.app import TabweaveServer
from tabweave_server.envelope import STATUS, Envelope
from tabweave_server.handlers.kernel import KernelSocket
from tabweave_server.handlers.page import PageSocket
from tabweave_server.handlers.rest import RestHandler
from tornado.web import RequestHandler

GROUP = re.compile(r"\((?:\?P<\w+>)?[^()]*\)")
UPGRADE = {
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}


def registered() -> list[tuple[str, type[RequestHandler]]]:
    """Each route's pattern and handler."""
    extension = TabweaveServer()
    extension.initialize_handlers()
    return [(entry[0], entry[1]) for entry in extension.handlers]


def example(pattern: str) -> str:
    """A path that the pattern of a route matches."""
    path = pattern.replace(".*", "nowhere")
    while (simpler := GROUP.sub("1", path)) != path:
        path = simpler
    path = path.replace("\\", "").rstrip("$?").lstrip("/^")
    assert re.fullmatch(pattern, f"/{path}"), f"{path} is no example of {pattern}"
    return path


def answered(handler: type[RequestHandler]) -> list[str]:
    """The methods that a handler implements itself. OPTIONS tells a browser which headers it may send, and nothing else."""
    ours = [kind for kind in handler.__mro__ if kind.__module__.startswith("tabweave_server")]
    return [m for m in handler.SUPPORTED_METHODS if m != "OPTIONS" and any(m.lower() in vars(kind) for kind in ours)]


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    options = {"ServerApp.disable_check_xsrf": True}
    with server_of_people(tmp_path_factory.mktemp("people"), options=options) as server:
        yield server


ROUTES = registered()
CALLS = [(handler, method, example(pattern)) for pattern, handler in ROUTES for method in answered(handler)]


def test_every_handler_answers_something_in_the_one_envelope() -> None:
    assert len(ROUTES) >= 5
    for _, handler in ROUTES:
        assert issubclass(handler, Envelope)
        assert answered(handler), f"{handler.__name__} answers to nothing"


@pytest.mark.parametrize(("handler", "method", "path"), CALLS, ids=[f"{method} {path}" for _, method, path in CALLS])
@pytest.mark.parametrize("name", ["", "wrong", "nix"], ids=["nobody", "a wrong token", "who may not use tabweave"])
def test_every_call_is_authenticated_and_authorised(
    people: Server, handler: type[RequestHandler], method: str, path: str, name: str
) -> None:
    headers = (as_(name) if name else {}) | (UPGRADE if handler in (PageSocket, KernelSocket) else {})
    body = None if method in ("GET", "HEAD") else {}
    status, told = people.request(method, path, body, headers=headers)
    assert status == HTTPStatus.FORBIDDEN
    if method != "HEAD":
        assert told["error"]["code"] == "FORBIDDEN"
        assert set(told["error"]) == {"code", "message", "hint", "where"}


WRITES = [
    (method, path) for handler, method, path in CALLS if issubclass(handler, RestHandler) and handler.actions[method] == "write"
]


@pytest.mark.parametrize(("method", "path"), WRITES, ids=[f"{method} {path}" for method, path in WRITES])
def test_who_may_only_read_writes_by_no_call(people: Server, method: str, path: str) -> None:
    status, told = people.request(method, path, {}, headers=as_("vi"))
    assert (status, told["error"]["code"]) == (HTTPStatus.FORBIDDEN, "FORBIDDEN")


def test_a_kernel_of_who_may_only_read_writes_by_no_call(people: Server) -> None:
    status, told = people.request("POST", "api/kernels", {}, headers=as_("vi"))
    assert status == HTTPStatus.CREATED
    me = handshake.ME_PATH
    assert people.request("GET", me, headers=as_kernel(people, told["id"], "GET", me))[0] == HTTPStatus.OK
    for method, path in WRITES:
        status, answer = people.request(method, path, {}, headers=as_kernel(people, told["id"], method, path))
        assert (status, answer["error"]["code"]) == (HTTPStatus.FORBIDDEN, "FORBIDDEN"), f"{method} {path}"


def test_a_person_is_told_whom_the_server_takes_them_for(people: Server) -> None:
    status, told = people.request("GET", handshake.ME_PATH, headers=as_("vi"))
    assert status == HTTPStatus.OK
    assert told["person"] == {"id": "vi", "name": "Vi", "color": "#123456"}
    assert told["kernel"] is None


def leaves(kind: type[errors.TabweaveError]) -> Iterator[type[errors.TabweaveError]]:
    yield kind
    for child in kind.__subclasses__():
        yield from leaves(child)


def test_every_code_has_an_http_status() -> None:
    codes = {code for kind in leaves(errors.TabweaveError) for code in kind.codes} | refusals.TooFar.codes
    assert codes == STATUS.keys()
    assert all(400 <= status < 600 for status in STATUS.values())


def test_a_browser_s_cookie_alone_does_not_write_from_another_site(tmp_path: Any) -> None:
    with server_of_people(tmp_path) as server:
        for method, path in WRITES:
            status, _ = server.request(method, path, {}, headers={"Cookie": "person=ann"})
            assert status == HTTPStatus.FORBIDDEN, f"{method} {path}"


def test_metrics_are_on_jupyter_s_own_page(people: Server) -> None:
    deadline = time.monotonic() + 5
    text = ""
    while time.monotonic() < deadline and "tabweave_pages 0.0" not in text:
        text = people.request("GET", "metrics", headers=as_("ann"))[1]
    for name in ("queue_length", "members", "follower_lag_revisions", "commit_seconds_bucket"):
        assert re.search(rf"^tabweave_{name}", text, re.MULTILINE), name
