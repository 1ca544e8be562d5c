"""Who is let in."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
import websocket
from kernel_ends import KernelEnd, key_of, signed
from pages import Page
from servers import Kernel, Server
from tabweave_core.errors import Refused
from tabweave_core.protocol import handshake
from tabweave_server.access import Signatures


def refusal(server: Server, kernel_id: str, headers: dict[str, str]) -> int:
    """The status with which a kernel's request is refused."""
    with pytest.raises(websocket.WebSocketBadStatusException) as caught:
        KernelEnd(server, kernel_id, headers)
    assert b'"FORBIDDEN"' in caught.value.resp_body
    return int(caught.value.status_code)


def test_a_kernel_that_signs_with_its_key_is_let_in_and_given_proof(server: Server, bare_kernel: Kernel) -> None:
    headers = signed(server, bare_kernel.id)
    with KernelEnd(server, bare_kernel.id, headers) as end:
        proof = end.socket.getheaders()[handshake.PROOF_HEADER.lower()]
    path = f"/{handshake.KERNEL_PATH}/{bare_kernel.id}"
    assert proof == handshake.prove(key_of(server, bare_kernel.id), path, headers[handshake.NONCE_HEADER])


def test_a_wrong_key_is_refused(server: Server, bare_kernel: Kernel) -> None:
    assert refusal(server, bare_kernel.id, signed(server, bare_kernel.id, key=b"another key")) == 403


def test_the_key_of_another_kernel_is_refused(server: Server, kernel: Kernel, bare_kernel: Kernel) -> None:
    assert refusal(server, bare_kernel.id, signed(server, bare_kernel.id, key=key_of(server, kernel.id))) == 403
    assert refusal(server, bare_kernel.id, signed(server, kernel.id)) == 403


def test_a_signature_of_another_method_is_refused(server: Server, bare_kernel: Kernel) -> None:
    assert refusal(server, bare_kernel.id, signed(server, bare_kernel.id, method="POST")) == 403


@pytest.mark.parametrize("seconds", [-120, 120])
def test_a_time_far_from_the_server_s_is_refused(server: Server, bare_kernel: Kernel, seconds: int) -> None:
    assert refusal(server, bare_kernel.id, signed(server, bare_kernel.id, now=str(int(time.time()) + seconds))) == 403


@pytest.mark.parametrize("now", ["soon", "-5", "1e9", "²"])
def test_a_time_that_is_no_number_is_refused(now: str) -> None:
    nonce = "0" * 32
    with pytest.raises(Refused, match="time"):
        Signatures(30, lambda: 0).check(b"k", "GET", "/", now, nonce, handshake.sign(b"k", "GET", "/", now, nonce))


@pytest.mark.parametrize("nonce", ["short", "G" * 32])
def test_a_weak_nonce_is_refused(server: Server, bare_kernel: Kernel, nonce: str) -> None:
    assert refusal(server, bare_kernel.id, signed(server, bare_kernel.id, nonce=nonce)) == 403


def test_a_request_is_good_for_one_time(server: Server, bare_kernel: Kernel) -> None:
    headers = signed(server, bare_kernel.id)
    KernelEnd(server, bare_kernel.id, headers).close()
    assert refusal(server, bare_kernel.id, headers) == 403


def test_a_refused_request_uses_no_nonce_up() -> None:
    checks, nonce = Signatures(30, lambda: 1000), "0" * 32
    with pytest.raises(Refused):
        checks.check(b"k", "GET", "/", "1000", nonce, "wrong")
    checks.check(b"k", "GET", "/", "1000", nonce, handshake.sign(b"k", "GET", "/", "1000", nonce))


def test_nonces_are_kept_as_long_as_their_time_is_accepted() -> None:
    now = 1000.0
    checks = Signatures(30, lambda: now)

    def ask(time: int, nonce: str) -> None:
        checks.check(b"k", "GET", "/", str(time), nonce, handshake.sign(b"k", "GET", "/", str(time), nonce))

    ask(1030, "a" * 32)
    now = 1060.0
    with pytest.raises(Refused, match="before"):
        ask(1030, "a" * 32)
    now = 1200.0
    ask(1200, "b" * 32)
    assert len(checks._seen) == 1


def test_an_unsigned_request_is_refused_even_with_the_token(server: Server, bare_kernel: Kernel) -> None:
    assert refusal(server, bare_kernel.id, server.authorization) == 403


def test_a_kernel_that_the_server_does_not_run_is_refused(server: Server) -> None:
    stranger = "11111111-2222-3333-4444-555555555555"
    for key in (b"", b"any"):
        assert refusal(server, stranger, signed(server, stranger, key=key)) == 403


@pytest.mark.parametrize("headers", [{}, {"Authorization": "token wrong"}], ids=["nobody", "wrong token"])
def test_a_page_without_a_login_is_refused(server: Server, headers: dict[str, str]) -> None:
    with pytest.raises(websocket.WebSocketBadStatusException) as caught:
        Page(server, headers=headers)
    assert caught.value.status_code == 403


def test_a_page_of_another_site_is_refused(server: Server, page: Page) -> None:
    with Page(server, headers={"Cookie": page.cookie}, origin=f"http://127.0.0.1:{server.port}") as own:
        own.send(type="ping", ch="", t=1)
        own.expect("pong")
    with pytest.raises(websocket.WebSocketBadStatusException) as caught:
        Page(server, headers={"Cookie": page.cookie}, origin="http://evil.example")
    assert caught.value.status_code == 403


@pytest.mark.parametrize(("path", "status"), [("health", 403), ("nowhere", 403), ("page", 403)])
def test_who_is_not_logged_in_gets_the_same_envelope_everywhere(server: Server, path: str, status: int) -> None:
    told = server.request("GET", f"tabweave/api/v1/{path}", headers={})
    assert told[0] == status
    assert set(told[1]) == {"error"}
    assert set(told[1]["error"]) == {"code", "message", "hint", "where"}


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [("GET", "nowhere", 404, "NOT_FOUND"), ("POST", "health", 405, "BAD_MESSAGE"), ("GET", "kernel/x", 403, "FORBIDDEN")],
)
def test_errors_have_one_envelope(server: Server, method: str, path: str, status: int, code: str) -> None:
    told = server.request(method, f"tabweave/api/v1/{path}")
    assert told[0] == status
    assert told[1]["error"]["code"] == code
    assert told[1]["error"]["message"]


def test_a_token_in_a_url_does_not_get_into_the_log(server: Server) -> None:
    Page(server, headers={}, query=f"?token={server.token}").close()
    server.request("GET", f"tabweave/api/v1/nowhere?token={server.token}")
    with pytest.raises(websocket.WebSocketBadStatusException):
        Page(server, headers={"Sec-WebSocket-Version": "9"}, query=f"?token={server.token}")
    assert "event=page_open" in server.log()
    assert server.token not in server.log()


PEOPLE = """
from jupyter_server.auth import Authorizer, IdentityProvider, User

class People(IdentityProvider):
    def get_user(self, handler):
        name = handler.request.headers.get("Authorization", "").removeprefix("token ")
        return User(name, display_name=name.title(), color="#123456") if name in {"ann", "bo", "cy", "di"} else None

class Rights(Authorizer):
    def is_authorized(self, handler, user, action, resource):
        if user.username == "di":
            return resource != "tabweave"
        return user.username in {"ann", "cy"} or resource != "kernels"

c.ServerApp.identity_provider_class = People
c.ServerApp.authorizer_class = Rights
"""


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Kernel]]:
    """A server that knows four people: ann and cy may use kernels, bo may only look, di may not come in."""
    options = {"ServerApp.disable_check_xsrf": True}
    with Server(tmp_path_factory.mktemp("shared"), token="ann", config=PEOPLE, options=options) as server:
        kernel = server.start_kernel()
        kernel.run("import echo; relay, sessions = echo.start()")
        yield server, kernel


def as_(name: str) -> dict[str, str]:
    return {"Authorization": f"token {name}"}


def test_the_user_is_the_one_of_jupyter_s_identity(shared: tuple[Server, Kernel]) -> None:
    server, kernel = shared
    for name in ("ann", "cy"):
        with Page(server, headers=as_(name)) as page:
            page.hello(kernel.id)
            assert page.expect("welcome")["user"] == {"id": name, "name": name.title(), "color": "#123456"}


def test_who_may_not_run_code_in_kernels_does_not_reach_their_frames(shared: tuple[Server, Kernel]) -> None:
    server, kernel = shared
    with Page(server, headers=as_("bo")) as page:
        page.hello(kernel.id)
        assert page.expect("error")["code"] == "FORBIDDEN"
        assert page.silent()


def test_who_may_not_use_tabweave_is_not_let_in(shared: tuple[Server, Kernel]) -> None:
    server, _ = shared
    with pytest.raises(websocket.WebSocketBadStatusException) as caught:
        Page(server, headers=as_("di"))
    assert caught.value.status_code == 403


def test_nobody_takes_another_person_s_channel_even_from_a_silent_page(shared: tuple[Server, Kernel]) -> None:
    server, kernel = shared
    with Page(server, headers=as_("ann")) as ann, Page(server, headers=as_("cy")) as cy:
        ch = ann.open(kernel.id)
        cy.hello(kernel.id, ch)
        assert cy.expect("error")["code"] == "CONFLICT"
        cy.send(type="ping", ch=ch, t=1)
        assert cy.expect("error")["where"] == "$.ch"
        ann.ping(ch)
