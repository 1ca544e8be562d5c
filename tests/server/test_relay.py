"""Frames find their way between pages and kernels."""

from __future__ import annotations

import statistics
import threading
import time

import pytest
from kernel_ends import KernelEnd
from pages import Page
from servers import Kernel, Server
from tabweave_core.protocol import wire
from tabweave_core.protocol.messages import Pong


def test_a_hello_reaches_the_kernel_with_the_user_whom_the_server_knows(server: Server, kernel: Kernel, page: Page) -> None:
    page.hello(kernel.id)
    user = page.expect("welcome")["user"]
    assert server.request("GET", "api/me")[0] == 200
    assert set(user) == {"id", "name", "color"}
    assert all(user.values())
    assert user["color"].startswith("#")


def test_binary_frames_arrive_as_they_were_sent(kernel: Kernel, page: Page) -> None:
    ch = page.open(kernel.id)
    page.send(type="fetch", ch=ch, id=7, start=0, stop=3_000_000, columns=[])
    window = page.expect("window")
    assert (window["re"], bytes(window["arrow"])) == (7, b"x" * 3_000_000)


def test_frames_of_a_channel_keep_their_order(kernel: Kernel, page: Page) -> None:
    ch = page.open(kernel.id)
    page.send(type="copy", ch=ch, id=2000, range={"start": 0, "stop": 1, "columns": [0]})
    assert [page.expect("copied").get("re") for _ in range(2000)] == list(range(2000))


def test_two_pages_and_their_channels_do_not_mix(server: Server, kernel: Kernel, page: Page) -> None:
    with Page(server) as other:
        mine, second, theirs = page.open(kernel.id), page.open(kernel.id), other.open(kernel.id)
        for opened, ch in [(page, mine), (other, theirs), (page, second)]:
            opened.send(type="ping", ch=ch, t=1)
        assert [page.expect("pong")["ch"], page.expect("pong")["ch"]] == [mine, second]
        assert other.expect("pong")["ch"] == theirs
        assert page.silent()
        assert other.silent()


@pytest.mark.parametrize(
    ("code", "most"),
    [
        ("import time; time.sleep(1.5)", 0.1),
        ("import time\nend = time.time() + 1.5\nwhile time.time() < end: sum(range(1000))", 0.2),
    ],
    ids=["asleep", "in a loop"],
)
def test_a_kernel_answers_while_its_cell_runs(kernel: Kernel, page: Page, code: str, most: float) -> None:
    ch = page.open(kernel.id)
    running = kernel.begin(code)
    time.sleep(0.2)
    times = [page.ping(ch) for _ in range(20)]
    kernel.finish(running)
    assert statistics.median(times) < most


def test_saying_hello_again_on_a_channel_is_welcomed_again(kernel: Kernel, page: Page) -> None:
    ch = page.open(kernel.id)
    assert page.open(kernel.id, ch) == ch


def test_a_hello_may_not_name_its_user(kernel: Kernel, page: Page) -> None:
    page.hello(kernel.id, user={"id": "root", "name": "Root"})
    error = page.expect("error")
    assert (error["code"], error["where"]) == ("FORBIDDEN", "$.user")
    assert page.silent()


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"proto": "tab/9"}, "$.proto"),
        ({"ch": "short"}, "$.ch"),
        ({"ch": "F" * 32}, "$.ch"),
        ({"table": "frame/only-a-kernel"}, "$.table"),
        ({"table": 5}, "$.table"),
        ({"extra": 1}, ""),
    ],
)
def test_a_hello_that_breaks_the_protocol_is_refused_with_the_field(
    kernel: Kernel, page: Page, change: dict[str, object], where: str
) -> None:
    page.hello(kernel.id, **change)
    error = page.expect("error")
    assert (error["code"], error.get("where", "")) == ("BAD_MESSAGE", where)
    page.open(kernel.id)


@pytest.mark.parametrize(
    ("frame", "where"),
    [
        ("{", ""),
        ("[]", ""),
        ('{"type": "fetch"}', ""),
        ('{"type": "fetch", "ch": 5}', "$.ch"),
        ('{"a":' * 100_000, ""),
        (b"\x01", ""),
        (b"\xff\xff\xff\x00{}", ""),
        (b"\x02\x00\x00\x00\xff\xfe", ""),
        ('{"type": "fetch", "ch": "never opened"}', "$.ch"),
    ],
)
def test_a_bad_frame_is_answered_and_the_socket_stays_open(kernel: Kernel, page: Page, frame: str | bytes, where: str) -> None:
    (page.socket.send if isinstance(frame, str) else page.socket.send_binary)(frame)
    error = page.expect("error")
    assert (error["code"], error.get("where", "")) == ("BAD_MESSAGE", where)
    assert error["message"].endswith((".", "…"))
    page.open(kernel.id)


def test_a_bad_field_is_answered_by_the_kernel_with_its_path(kernel: Kernel, page: Page) -> None:
    ch = page.open(kernel.id)
    page.send(type="fetch", ch=ch, id=1, start="a", stop=5, columns=[])
    error = page.expect("error")
    assert (error["ch"], error["where"]) == (ch, "$.start")
    page.ping(ch)


def test_a_defect_in_the_kernel_is_answered_and_the_relay_goes_on(kernel: Kernel, page: Page) -> None:
    ch = page.open(kernel.id)
    page.send(type="ask_code", ch=ch, id=1, language="pandas")
    assert "ZeroDivisionError" in page.expect("error")["message"]
    page.ping(ch)


def test_the_server_itself_answers_a_ping_without_a_channel(page: Page) -> None:
    page.send(type="ping", ch="", t=4.5)
    assert page.expect("pong") == {"type": "pong", "ch": "", "t": 4.5}


def test_a_kernel_that_does_not_exist_is_gone_at_once(page: Page) -> None:
    start = time.monotonic()
    ch = page.hello("11111111-2222-3333-4444-555555555555")
    gone = page.expect("gone")
    assert (gone["ch"], gone["reason"]) == (ch, "kernel")
    assert time.monotonic() - start < 1


def test_a_hello_and_what_follows_wait_in_order_for_a_kernel_that_is_connecting(
    server: Server, bare_kernel: Kernel, page: Page
) -> None:
    ch = page.hello(bare_kernel.id)
    page.send(type="ping", ch=ch, t=1)
    assert page.silent()
    with KernelEnd(server, bare_kernel.id) as end:
        assert [end.receive()["type"], end.receive()["type"]] == ["hello", "ping"]
        end.send(wire.encode(Pong(ch=ch, t=1)))
        assert page.expect("pong")["ch"] == ch


def test_a_kernel_hears_bye_for_each_channel_of_a_page_that_leaves(server: Server, bare_kernel: Kernel) -> None:
    with KernelEnd(server, bare_kernel.id) as end:
        page = Page(server)
        channels = {page.hello(bare_kernel.id), page.hello(bare_kernel.id)}
        assert {end.receive()["ch"], end.receive()["ch"]} == channels
        page.close()
        byes = [end.receive(), end.receive()]
        assert {bye["type"] for bye in byes} == {"bye"}
        assert {bye["ch"] for bye in byes} == channels


def test_what_comes_for_a_closed_channel_goes_nowhere(server: Server, bare_kernel: Kernel, page: Page) -> None:
    with KernelEnd(server, bare_kernel.id) as end:
        ch = page.hello(bare_kernel.id)
        page.send(type="bye", ch=ch)
        assert [end.receive()["type"], end.receive()["type"]] == ["hello", "bye"]
        end.send(wire.encode(Pong(ch=ch, t=1)))
        page.send(type="ping", ch=ch, t=1)
        assert page.silent()


def test_a_kernel_reaches_only_the_channels_that_named_it(
    server: Server, kernel: Kernel, bare_kernel: Kernel, page: Page
) -> None:
    ch = page.open(kernel.id)
    with KernelEnd(server, bare_kernel.id) as end:
        end.send(wire.encode(Pong(ch=ch, t=666)))
        end.send("rubbish")
        assert page.silent()
        page.ping(ch)


def test_a_channel_that_another_page_uses_is_refused(server: Server, kernel: Kernel, page: Page) -> None:
    cookie = {"Cookie": page.cookie}
    with Page(server, headers=cookie) as other:
        ch = other.open(kernel.id)
        reader = threading.Thread(target=other.silent, args=(1.5,))
        reader.start()
        with Page(server, headers=cookie) as third:
            third.hello(kernel.id, ch)
            error = third.expect("error")
        reader.join()
        assert (error["code"], error["where"]) == ("CONFLICT", "$.ch")
        other.ping(ch)


def test_a_page_that_comes_back_takes_its_channel_from_its_dead_socket(server: Server, kernel: Kernel, page: Page) -> None:
    cookie = {"Cookie": page.cookie}
    with Page(server, headers=cookie) as dead, Page(server, headers=cookie) as alive:
        ch = dead.open(kernel.id)
        assert alive.open(kernel.id, ch) == ch
        assert dead.closing()[0] == 4001
        alive.ping(ch)


def test_a_kernel_that_connects_again_replaces_its_old_socket(server: Server, bare_kernel: Kernel, page: Page) -> None:
    with KernelEnd(server, bare_kernel.id) as old:
        ch = page.hello(bare_kernel.id)
        old.receive()
        with KernelEnd(server, bare_kernel.id) as new:
            gone = page.expect("gone")
            assert (gone["ch"], gone["reason"]) == (ch, "offline")
            page.hello(bare_kernel.id, ch)
            assert new.receive()["ch"] == ch


def test_health_counts_what_is_open(server: Server, kernel: Kernel, page: Page) -> None:
    page.open(kernel.id)
    status, told = server.request("GET", "tabweave/api/v1/health")
    assert status == 200
    assert told["protocol"] == "tab/1"
    assert min(told["pages"], told["kernels"], told["channels"]) >= 1


def test_a_grid_of_a_real_table_is_read_and_edited_while_a_cell_runs(server: Server, page: Page) -> None:
    kernel = server.start_kernel()
    kernel.run("import pandas as pd, tabweave as tw\nsales = pd.DataFrame({'amount': [1, 2, 3]})\ngrid = tw.show(sales)")
    table = kernel.run("print(grid.table)").strip()
    ch = page.hello(kernel.id, table=table)
    welcome = page.expect("welcome")
    assert welcome["rows"] == 3
    column = welcome["schema"]["columns"][0]["id"]
    running = kernel.begin("import time; time.sleep(3)")
    start = time.monotonic()
    block = {"rows": [1], "columns": [column], "values": [[20]]}
    page.send(type="op", ch=ch, seq=1, base_rev=welcome["rev"], op={"kind": "set_cells", "blocks": [block], "input": "value"})
    while (answer := page.receive())["type"] != "ack":
        assert answer["type"] == "patch", answer
    assert time.monotonic() - start < 2
    kernel.finish(running)
    assert kernel.run("sales['amount'].tolist()") == "[1, 20, 3]"
    kernel.shut_down()
