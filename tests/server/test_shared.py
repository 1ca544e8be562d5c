"""Shared tables over real sockets: pages of several people, and kernels that act for those who started them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from identities import as_, server_of_people
from kernel_ends import KernelEnd, open_channels
from pages import Page, channel
from servers import Kernel, Server
from talks import CITY, SALES, Talk, fill_store, told_value, welcomed


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    base = tmp_path_factory.mktemp("shared")
    path = fill_store(base, sales=SALES)
    with server_of_people(base, options={"TabweaveServer.store_path": path}) as started:
        yield started


@pytest.fixture
def ann(server: Server) -> Iterator[Talk]:
    """Ann with the table open in a page."""
    with Page(server, headers=as_("ann")) as page:
        yield welcomed(page)


@pytest.fixture
def bo(server: Server) -> Iterator[Talk]:
    """Bo with the table open in a page."""
    with Page(server, headers=as_("bo")) as page:
        yield welcomed(page)


def test_an_edit_of_one_person_is_patched_to_the_other(ann: Talk, bo: Talk) -> None:
    assert ann.edit(0, 11)["type"] == "ack"
    patch = bo.expect("patch")
    assert told_value(patch, 0) == 11
    assert patch["user"]["id"] == "ann"
    assert bo.edit(0, 12)["rev"] == patch["rev"] + 1
    patches = [ann.expect("patch"), ann.expect("patch")]
    assert told_value(patches[-1], 0) == 12
    assert patches[-1]["user"]["id"] == "bo"


def test_the_welcome_says_what_the_person_is_to_the_table(server: Server) -> None:
    with Page(server, headers=as_("ann")) as anns, Page(server, headers=as_("bo")) as bos:
        for end, name, role in ((anns, "ann", "owner"), (bos, "bo", "editor")):
            welcome = Talk(end).expect("welcome")
            assert (welcome["user"]["id"], welcome["role"], welcome["rows"]) == (name, role, 3)


def test_a_page_cannot_say_who_its_user_is(server: Server) -> None:
    with Page(server, headers=as_("bo")) as page:
        error = Talk(page, user={"id": "ann", "name": "Ann"}).expect("error", "welcome")
        assert (error["code"], error["where"]) == ("FORBIDDEN", "$.user")


def test_who_may_only_read_sees_edits_and_makes_none(server: Server, ann: Talk) -> None:
    with Page(server, headers=as_("vi")) as vis:
        vi = Talk(vis)
        welcome = vi.expect("welcome")
        assert "not change" in welcome["read_only"]
        vi.look(welcome)
        refused = vi.edit(0, 666)
        assert (refused["type"], refused["code"]) == ("nack", "FORBIDDEN")
        ann.edit(1, 21)
        assert told_value(vi.expect("patch"), 1) == 21


def test_a_table_that_is_not_there_is_told_and_the_socket_goes_on(server: Server) -> None:
    with Page(server, headers=as_("ann")) as page:
        gone = Talk(page, table="table/nowhere").expect("gone", "error")
        assert "nowhere" in gone["message"]
        welcomed(page)


def test_the_list_of_tables_needs_no_hello(server: Server) -> None:
    with Page(server, headers=as_("bo")) as page:
        page.send(type="watch_tables", ch=channel())
        (sales,) = [table for table in page.expect("tables")["tables"] if table["name"] == "sales"]
        assert (sales["owner"]["id"], sales["role"], sales["columns"]) == ("ann", "editor", 2)


def test_a_page_that_drops_is_not_present_any_more(ann: Talk, bo: Talk) -> None:
    while "bo" not in {peer["user"]["id"] for peer in ann.expect("present")["peers"]}:
        pass
    bo.end.close()
    while "bo" in {peer["user"]["id"] for peer in ann.expect("present")["peers"]}:
        pass


def test_a_channel_may_change_from_a_frame_to_a_shared_table_and_back(server: Server) -> None:
    kernel = server.start_kernel()
    kernel.run("import echo; relay, sessions = echo.start()")
    with Page(server, headers=as_("ann")) as page:
        ch = page.open(kernel.id)
        for _ in range(2):
            page.hello(kernel.id, ch, table="table/sales")
            assert page.expect("welcome")["name"] == "sales"
            page.hello(kernel.id, ch)
            while (message := page.receive())["type"] != "welcome":
                assert message["type"] != "error", message
            assert message["name"] != "sales"
            page.ping(ch)
    kernel.shut_down()


def test_a_page_that_comes_back_goes_on_with_its_numbers_and_the_old_socket_is_told_nothing_more(
    server: Server, bo: Talk
) -> None:
    bo.edit(0, 40)
    with Page(server, headers=as_("bo")) as new:
        after = Talk(new, ch=bo.ch)
        assert after.expect("welcome")["last_seq"] == 1
        after.seq = 1
        assert after.edit(0, 41)["type"] == "ack"
        assert told_value(after.expect("patch"), 0) == 41
        while not bo.end.silent():
            pass


def test_nobody_goes_on_with_another_person_s_numbers(server: Server, ann: Talk) -> None:
    ann.edit(0, 50)
    with Page(server, headers=as_("bo")) as bos:
        bo = Talk(bos, ch=ann.ch)
        assert bo.expect("welcome").get("last_seq", 0) == 0
        bo.edit(0, 51)
        ann.put(0, 52)
        assert ann.expect("ack")["seq"] == 2


# Kernels


@pytest.fixture(scope="module")
def kernels(server: Server) -> dict[str, Kernel]:
    """A kernel of each person, started through Jupyter's own REST API."""
    started = {}
    for name in ("ann", "bo", "vi"):
        status, told = server.request("POST", "api/kernels", {}, headers=as_(name))
        assert status == 201
        started[name] = Kernel(server, told["id"])
        server.kernels.append(started[name])
    return started


def test_a_kernel_is_the_person_who_started_it(server: Server, kernels: dict[str, Kernel], ann: Talk) -> None:
    with KernelEnd(server, kernels["bo"].id) as end:
        bo = Talk(end)
        welcome = bo.expect("welcome")
        assert (welcome["user"]["id"], welcome["role"]) == ("bo", "editor")
        assert bo.edit(2, 33)["type"] == "ack"
        patch = ann.expect("patch")
        assert (patch["user"]["id"], told_value(patch, 2)) == ("bo", 33)


def test_a_kernel_that_follows_is_told_by_delta(server: Server, kernels: dict[str, Kernel], ann: Talk) -> None:
    with KernelEnd(server, kernels["bo"].id) as end:
        bo = welcomed(end, follow=True)
        rev = ann.edit(2, 34)["rev"]
        assert bo.expect("delta")["rev"] == rev


def test_a_kernel_of_somebody_who_may_only_read_writes_nothing(server: Server, kernels: dict[str, Kernel]) -> None:
    with KernelEnd(server, kernels["vi"].id) as end:
        refused = welcomed(end).edit(0, 666)
        assert (refused["type"], refused["code"]) == ("nack", "FORBIDDEN")


def test_a_kernel_cannot_say_whom_it_acts_for(server: Server, kernels: dict[str, Kernel]) -> None:
    with KernelEnd(server, kernels["vi"].id) as end:
        error = Talk(end, user={"id": "ann", "name": "Ann"}).expect("error", "welcome")
        assert (error["code"], error["where"]) == ("FORBIDDEN", "$.user")


def test_a_kernel_reaches_nobody_s_private_frame(server: Server, kernels: dict[str, Kernel]) -> None:
    with KernelEnd(server, kernels["bo"].id) as end:
        error = Talk(end, table=f"frame/{kernels['ann'].id}/1").expect("error", "welcome")
        assert error["where"] == "$.table"


def test_a_kernel_that_drops_leaves_the_table(server: Server, kernels: dict[str, Kernel], ann: Talk) -> None:
    end = KernelEnd(server, kernels["bo"].id)
    welcomed(end)
    while not any(peer.get("kernel") for peer in ann.expect("present")["peers"]):
        pass
    end.close()
    while any(peer.get("kernel") for peer in ann.expect("present")["peers"]):
        pass


def test_a_kernel_that_got_a_guest_is_shown_out_where_that_is_not_allowed(tmp_path: Path) -> None:
    path = fill_store(tmp_path, sales=SALES)
    options = {"TabweaveServer.store_path": path, "TabweaveServer.kernels_of_several": False}
    with server_of_people(tmp_path, options=options) as server:
        kernel = server.start_kernel()
        with KernelEnd(server, kernel.id) as end:
            talk = welcomed(end)
            open_channels(server, kernel.id, "bo").close()
            assert "Restart the kernel" in talk.expect("gone")["message"]
            talk.put(0, 666)
            assert Talk(end).expect("error", "welcome")["code"] == "FORBIDDEN"


# Slow readers


def test_news_for_a_page_that_does_not_read_are_put_together(tmp_path: Path) -> None:
    path = fill_store(tmp_path, sales=SALES)
    options = {"TabweaveServer.store_path": path, "TabweaveServer.max_outbound": 1 << 16, "TabweaveServer.patience": 30.0}
    with (
        server_of_people(tmp_path, options=options) as server,
        Page(server, headers=as_("ann")) as anns,
        Page(server, headers=as_("bo"), small=True) as bos,
    ):
        ann, bo = welcomed(anns), welcomed(bos)
        for number in range(100):
            newest = ann.edit(number % 3, f"{number}" + "x" * 80_000, CITY)
            assert newest["type"] == "ack", newest
        patches = [bo.expect("patch")]
        while patches[-1]["rev"] < newest["rev"]:
            patches.append(bo.expect("patch"))
        assert len(patches) < 90
        told = [(patch.get("since", patch["rev"]), patch["rev"]) for patch in patches]
        assert [first for first, _ in told] == [1, *(last + 1 for _, last in told[:-1])]
