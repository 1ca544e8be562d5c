"""Whom a kernel acts for."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from identities import as_, server_of_people
from kernel_ends import as_kernel, key_of, open_channels
from servers import Server, wait_for
from tabweave_core.protocol import handshake

ME = handshake.ME_PATH


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with server_of_people(tmp_path_factory.mktemp("people")) as server:
        yield server


def start_kernel(server: Server, name: str, **how: Any) -> str:
    """The id of a kernel that this person has started, once it has its key."""
    status, told = server.request("POST", "api/kernels", how, headers=as_(name))
    assert status == 201, told
    wait_for("the connection file", lambda: key_of(server, told["id"]))
    return str(told["id"])


def whom(server: Server, kernel_id: str) -> tuple[int, Any]:
    """Whom the server takes a kernel for."""
    return server.request("GET", ME, headers=as_kernel(server, kernel_id, "GET", ME))


def starter(server: Server, kernel_id: str) -> str:
    status, told = whom(server, kernel_id)
    assert status == 200, told
    assert told["kernel"] == kernel_id
    return str(told["person"]["id"])


def test_a_kernel_acts_for_the_person_who_started_it(people: Server) -> None:
    kernels = {name: start_kernel(people, name) for name in ("ann", "bo")}
    assert {name: starter(people, kernel_id) for name, kernel_id in kernels.items()} == {"ann": "ann", "bo": "bo"}
    assert whom(people, kernels["bo"])[1]["person"] == {"id": "bo", "name": "Bo", "color": "#123456"}


def test_a_kernel_that_a_notebook_s_session_started_acts_for_that_person(people: Server) -> None:
    session = {"path": "a.ipynb", "name": "a.ipynb", "type": "notebook", "kernel": {"name": "python3"}}
    status, told = people.request("POST", "api/sessions", session, headers=as_("bo"))
    assert status == 201, told
    kernel_id = told["kernel"]["id"]
    wait_for("the connection file", lambda: key_of(people, kernel_id))
    assert starter(people, kernel_id) == "bo"


def test_a_restart_by_somebody_else_keeps_the_starter(people: Server) -> None:
    kernel_id = start_kernel(people, "ann")
    assert people.request("POST", f"api/kernels/{kernel_id}/restart", {}, headers=as_("bo"))[0] == 200
    assert starter(people, kernel_id) == "ann"


def test_who_asks_for_a_kernel_that_runs_already_does_not_become_its_starter(people: Server) -> None:
    kernel_id = start_kernel(people, "ann")
    assert start_kernel(people, "bo", kernel_id=kernel_id) == kernel_id
    assert starter(people, kernel_id) == "ann"


def test_a_kernel_that_was_shut_down_is_forgotten_and_its_id_belongs_to_who_starts_it_next(people: Server) -> None:
    kernel_id = start_kernel(people, "ann")
    headers = as_kernel(people, kernel_id, "GET", ME)
    assert people.request("DELETE", f"api/kernels/{kernel_id}", headers=as_("ann"))[0] == 204
    assert people.request("GET", ME, headers=headers)[0] == 403
    assert start_kernel(people, "bo", kernel_id=kernel_id) == kernel_id
    assert starter(people, kernel_id) == "bo"


def test_a_kernel_that_nobody_started_acts_for_nobody(tmp_path: Any) -> None:
    started_early = """
from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager

class Early(AsyncMappingKernelManager):
    async def list_own(self):
        return await AsyncMappingKernelManager.start_kernel(self)

    def list_kernels(self):
        import asyncio
        if not self._kernels:
            asyncio.get_running_loop().create_task(self.list_own())
        return super().list_kernels()

c.ServerApp.kernel_manager_class = Early
"""
    with Server(tmp_path, config=started_early) as server:

        def running() -> Any:
            """The kernels; Jupyter refuses to list one that it is just starting."""
            status, kernels = server.request("GET", "api/kernels")
            return kernels if status == 200 else None

        kernel_id = wait_for("a kernel", running)[0]["id"]
        status, told = whom(server, kernel_id)
        assert (status, told["error"]["code"]) == (403, "FORBIDDEN")
        assert "start it again" in told["error"]["hint"]


def test_a_guest_in_a_kernel_is_logged_with_both_names(people: Server) -> None:
    kernel_id = start_kernel(people, "ann")
    for name in ("ann", "bo"):
        open_channels(people, kernel_id, name).close()
    wait_for("the log", lambda: f"event=kernel_guest kernel={kernel_id} starter=ann user=bo" in people.log())
    assert f"kernel={kernel_id} starter=ann user=ann" not in people.log()
    assert starter(people, kernel_id) == "ann"


def test_where_it_is_so_set_a_kernel_with_a_guest_acts_for_nobody_until_it_is_restarted(tmp_path: Any) -> None:
    with server_of_people(tmp_path, options={"TabweaveServer.kernels_of_several": False}) as server:
        kernel_id = start_kernel(server, "ann")
        assert starter(server, kernel_id) == "ann"
        open_channels(server, kernel_id, "bo").close()
        told = wait_for("the refusal", lambda: (t := whom(server, kernel_id))[0] == 403 and t[1])
        assert "Restart" in told["error"]["hint"]
        assert server.request("POST", f"api/kernels/{kernel_id}/restart", {}, headers=as_("ann"))[0] == 200
        assert starter(server, kernel_id) == "ann"


def test_a_signed_request_needs_the_key_of_the_kernel_that_it_names(people: Server) -> None:
    mine, other = start_kernel(people, "bo"), start_kernel(people, "ann")
    for headers in (
        as_kernel(people, other, "GET", ME, key=key_of(people, mine)),
        as_kernel(people, mine, "GET", ME) | {handshake.KERNEL_HEADER: other},
        as_kernel(people, mine, "POST", ME),
        as_kernel(people, mine, "GET", handshake.HEALTH_PATH),
        {handshake.KERNEL_HEADER: mine},
        as_("ann") | {handshake.KERNEL_HEADER: mine},
    ):
        status, told = people.request("GET", ME, headers=headers)
        assert (status, told["error"]["code"]) == (403, "FORBIDDEN")


def test_a_signed_request_is_good_for_one_time(people: Server) -> None:
    headers = as_kernel(people, start_kernel(people, "bo"), "GET", ME)
    assert people.request("GET", ME, headers=headers)[0] == 200
    assert people.request("GET", ME, headers=headers)[0] == 403


def test_the_answer_proves_that_the_server_knows_the_kernel_s_key(people: Server) -> None:
    kernel_id = start_kernel(people, "ann")
    headers = as_kernel(people, kernel_id, "GET", ME)
    connection = people.connection()
    connection.request("GET", f"/{ME}", headers=headers)
    answer = connection.getresponse()
    assert json.loads(answer.read())["person"]["id"] == "ann"
    connection.close()
    proof = handshake.prove(key_of(people, kernel_id), f"/{ME}", headers[handshake.NONCE_HEADER])
    assert answer.headers[handshake.PROOF_HEADER] == proof


def test_a_kernel_of_somebody_who_may_not_use_tabweave_may_not_either(people: Server) -> None:
    status, told = whom(people, start_kernel(people, "nix"))
    assert (status, told["error"]["code"]) == (403, "FORBIDDEN")
