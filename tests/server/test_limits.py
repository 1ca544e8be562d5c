"""What one page may do to the server and to others is bounded."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import websocket
from kernel_ends import KernelEnd
from pages import Page
from servers import Kernel, Server, wait_for
from tabweave_core.protocol import wire
from tabweave_core.protocol.messages import Copied
from tabweave_server.limits import Bucket, Limits
from tabweave_server.outbox import Outbox

MIB = 1 << 20
OPTIONS = {
    "TabweaveServer.max_frame": MIB,
    "TabweaveServer.max_rate": 100.0,
    "TabweaveServer.max_burst": 200,
    "TabweaveServer.max_outbound": MIB,
    "TabweaveServer.max_outbound_ever": 8 * MIB,
    "TabweaveServer.patience": 0.5,
    "TabweaveServer.ping_interval": 0.2,
    "TabweaveServer.page_silence": 1.0,
    "TabweaveServer.max_channels": 3,
    "TabweaveServer.kernel_wait": 0.5,
}


@pytest.fixture(scope="module")
def narrow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Kernel]]:
    """A server with small limits, and a kernel that a test may speak for."""
    with Server(tmp_path_factory.mktemp("narrow"), options=OPTIONS) as server:
        yield server, server.start_kernel()


@pytest.fixture
def lenient(tmp_path: Path) -> Iterator[tuple[Server, Kernel]]:
    """The same, but a page may take its time."""
    options = {**OPTIONS, "TabweaveServer.patience": 60.0, "TabweaveServer.page_silence": 60.0}
    with Server(tmp_path, options=options) as server:
        yield server, server.start_kernel()


def test_a_page_may_have_so_many_channels_and_no_more(narrow: tuple[Server, Kernel]) -> None:
    server, kernel = narrow
    with Page(server) as page:
        for _ in range(4):
            page.hello(kernel.id)
        assert page.expect("error")["code"] == "TOO_LARGE"
        assert [page.expect("gone")["reason"] for _ in range(3)] == ["kernel"] * 3
        assert server.request("GET", "tabweave/api/v1/health")[1]["channels"] == 0


def test_a_flood_is_cut_off_with_its_reason(narrow: tuple[Server, Kernel]) -> None:
    server, _ = narrow
    with Page(server) as page:
        for _ in range(300):
            page.send(type="ping", ch="", t=1)
        assert page.closing() == (4029, "Too many messages at once.")


def test_bad_frames_count_more_than_good_ones(narrow: tuple[Server, Kernel]) -> None:
    server, _ = narrow
    with Page(server) as page:
        for _ in range(30):
            page.socket.send("rubbish")
        assert page.closing()[0] == 4029


def test_steady_work_is_no_flood(narrow: tuple[Server, Kernel]) -> None:
    server, _ = narrow
    with Page(server) as page:
        for _ in range(150):
            page.send(type="ping", ch="", t=1)
            page.expect("pong")


def test_an_oversize_frame_is_refused_in_words_and_the_socket_stays_open(narrow: tuple[Server, Kernel]) -> None:
    server, kernel = narrow
    with KernelEnd(server, kernel.id) as end, Page(server) as page:
        ch = page.hello(kernel.id)
        end.receive()
        page.send(type="find", ch=ch, id=3, text="x" * (MIB + 1))
        error = page.expect("error")
        assert (error["code"], error["ch"], error["re"]) == ("TOO_LARGE", ch, 3)
        assert "1 MiB" in error["message"]
        page.send(type="op", ch=ch, seq=4, base_rev=0, op={"text": "x" * (MIB + 1)})
        nack = page.expect("nack")
        assert (nack["code"], nack["seq"]) == ("TOO_LARGE", 4)
        page.send(type="ping", ch=ch, t=1)
        assert end.receive()["type"] == "ping"


def send_and_be_cut_off(page: Page, text: str) -> None:
    """The server resets the connection, so what it says (1009) may or may not arrive."""
    try:
        page.socket.send(text)
        page.receive()
    except (ConnectionError, websocket.WebSocketConnectionClosedException):
        return
    raise AssertionError("the connection is still there")


def test_a_frame_far_too_big_is_not_even_read(narrow: tuple[Server, Kernel]) -> None:
    server, _ = narrow
    with Page(server) as page:
        send_and_be_cut_off(page, "x" * (2 * MIB + 1))
    with Page(server) as page:
        page.send(type="ping", ch="", t=1)
        page.expect("pong")


def test_a_page_that_reads_nothing_is_cut_off_and_others_go_on(narrow: tuple[Server, Kernel]) -> None:
    server, kernel = narrow
    with KernelEnd(server, kernel.id) as end, Page(server, small=True) as slow, Page(server) as quick:
        stuck, fine = slow.hello(kernel.id), quick.hello(kernel.id)
        assert {end.receive()["ch"], end.receive()["ch"]} == {stuck, fine}
        for _ in range(12):
            end.send(wire.encode(Copied(ch=stuck, re=1, tsv="x" * MIB)))
        end.send(wire.encode(Copied(ch=fine, re=2, tsv="")))
        assert quick.expect("copied")["re"] == 2
        bye = end.receive()
        assert (bye["type"], bye["ch"]) == ("bye", stuck)
        wait_for("the server to say why", lambda: "code=4008" in server.log())


def test_a_slow_page_is_told_why_when_it_reads_again(narrow: tuple[Server, Kernel]) -> None:
    server, kernel = narrow
    with KernelEnd(server, kernel.id) as end, Page(server, small=True) as slow:
        ch = slow.hello(kernel.id)
        end.receive()
        for _ in range(12):
            end.send(wire.encode(Copied(ch=ch, re=1, tsv="x" * MIB)))
        assert slow.closing()[0] in {4008, 1006}


def test_a_page_that_is_behind_is_not_read_from(lenient: tuple[Server, Kernel]) -> None:
    server, kernel = lenient
    with KernelEnd(server, kernel.id) as end, Page(server, small=True) as slow:
        ch = slow.hello(kernel.id)
        end.receive()
        for _ in range(6):
            end.send(wire.encode(Copied(ch=ch, re=1, tsv="x" * MIB)))
        end.send(wire.encode(Copied(ch=ch, re=2, tsv="")))
        time.sleep(0.2)
        for number in range(20):
            slow.send(type="ping", ch=ch, t=number)
        assert end.receive()["t"] == 0
        with pytest.raises(websocket.WebSocketTimeoutException):
            end.receive(0.3)
        assert [slow.expect("copied")["re"] for _ in range(7)] == [1] * 6 + [2]
        assert [end.receive()["t"] for _ in range(19)] == list(range(1, 20))


def test_a_page_that_answers_no_ping_is_let_go(narrow: tuple[Server, Kernel]) -> None:
    server, kernel = narrow
    with KernelEnd(server, kernel.id) as end, Page(server) as page:
        ch = page.hello(kernel.id)
        end.receive()
        assert end.receive() == {"type": "bye", "ch": ch}


def test_a_page_that_answers_pings_stays(narrow: tuple[Server, Kernel]) -> None:
    server, _ = narrow
    with Page(server) as page:
        assert page.silent(2.0)
        page.send(type="ping", ch="", t=1)
        page.expect("pong")


def test_a_bucket_fills_up_again() -> None:
    now = 0.0
    bucket = Bucket(10, 5, lambda: now)
    assert [bucket.take() for _ in range(6)] == [True] * 5 + [False]
    now = 1.0
    assert bucket.take()
    assert not bucket.take(20)


class Wire:
    """Takes writes and finishes them when told."""

    def __init__(self) -> None:
        self.written: list[bytes] = []
        self.open: list[asyncio.Future[None]] = []

    def write(self, data: bytes, binary: bool) -> asyncio.Future[None]:
        assert binary is data.startswith(b"\x00")
        self.written.append(data)
        self.open.append(asyncio.get_running_loop().create_future())
        return self.open[-1]

    async def finish(self, error: Exception | None = None) -> None:
        done, self.open = self.open, []
        for future in done:
            future.set_exception(error) if error else future.set_result(None)
        await asyncio.sleep(0)


def outbox_test(run: Callable[[Outbox, Wire, list[str], dict[str, float]], object]) -> None:
    async def main() -> None:
        line, slow, clock = Wire(), [], {"now": 0.0}
        limits = Limits(outbound=1000, outbound_most=5000, patience=10)
        box = Outbox(line.write, lambda: slow.append("slow"), limits, lambda: clock["now"])
        await run(box, line, slow, clock)  # type: ignore[misc]

    asyncio.run(main())


def test_an_outbox_keeps_order_and_counts_what_waits() -> None:
    async def run(box: Outbox, line: Wire, slow: list[str], _: dict[str, float]) -> None:
        frames = ["a", b"\x00b", "ü" * 10]
        for frame in frames:
            box.put(frame)
        assert box.queued == 1 + 2 + 20
        await line.finish()
        assert (box.queued, slow) == (0, [])
        assert line.written == [b"a", b"\x00b", ("ü" * 10).encode()]

    outbox_test(run)


def test_an_outbox_is_slow_when_nothing_moves_or_too_much_waits() -> None:
    async def run(box: Outbox, line: Wire, slow: list[str], clock: dict[str, float]) -> None:
        box.put("x" * 2000)
        waiting = asyncio.ensure_future(box.room())
        await asyncio.sleep(0)
        assert not waiting.done()
        clock["now"] = 5
        box.put("y")
        assert slow == []
        clock["now"] = 11
        box.put("z")
        assert slow == ["slow"]
        await waiting
        assert line.written == [b"x" * 2000, b"y"]

    outbox_test(run)


def test_an_outbox_that_moves_is_not_slow_until_it_is_full() -> None:
    async def run(box: Outbox, line: Wire, slow: list[str], clock: dict[str, float]) -> None:
        for second in range(0, 100, 9):
            clock["now"] = second
            box.put("x" * 900)
            box.put("x" * 900)
            await line.finish()
        assert slow == []
        for _ in range(6):
            box.put("x" * 900)
        assert slow == ["slow"]

    outbox_test(run)


def test_one_frame_of_any_size_is_accepted_when_little_waits() -> None:
    async def run(box: Outbox, line: Wire, slow: list[str], _: dict[str, float]) -> None:
        box.put("x" * 900)
        box.put("x" * 1_000_000)
        assert slow == []
        await line.finish()
        assert len(line.written) == 2

    outbox_test(run)


def test_an_outbox_whose_socket_broke_takes_no_more() -> None:
    async def run(box: Outbox, line: Wire, slow: list[str], _: dict[str, float]) -> None:
        box.put("x" * 2000)
        await line.finish(OSError("gone"))
        await box.room()
        box.put("y")
        assert (len(line.written), slow) == (1, [])

    outbox_test(run)


def test_log_lines_quote_what_could_be_mistaken() -> None:
    from tabweave_server.record import line

    assert line("e", user='Ann "B"\nevent=fake', n=3, none=None) == 'tabweave event=e user="Ann \\"B\\"\\nevent=fake" n=3'
    assert json.loads(line("e", user="a\u2028b").partition("user=")[2]) == "a\u2028b"
