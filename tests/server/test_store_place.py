"""Where the shared tables are kept, what becomes of them, and what is told when they cannot be reached."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pyarrow as pa
from identities import as_, server_of_people
from pages import Page, channel
from servers import wait_for
from talks import AMOUNT, SALES, Talk, fill_store, welcomed


def test_what_was_acknowledged_survives_a_restart_of_the_server(tmp_path: Path) -> None:
    path = fill_store(tmp_path, sales=SALES)
    with server_of_people(tmp_path, options={"TabweaveServer.store_path": path}) as server:
        for value, end_it in ((11, server.restart), (12, lambda: (server.kill(), server.start()))):
            with Page(server, headers=as_("ann")) as page:
                ann = welcomed(page)
                rev = ann.edit(0, value)["rev"]
                end_it()
            with Page(server, headers=as_("bo")) as page:
                talk = Talk(page)
                assert talk.expect("welcome")["rev"] == rev
                talk.send(type="fetch", id=1, start=0, stop=1, columns=[AMOUNT])
                window = pa.ipc.open_stream(talk.expect("window")["arrow"]).read_all()
                assert window.column(1).to_pylist() == [value]


def test_a_store_that_another_process_holds_is_told_with_its_process_and_private_frames_go_on(tmp_path: Path) -> None:
    path = fill_store(tmp_path, sales=SALES)
    options = {"TabweaveServer.store_path": path}
    with (
        server_of_people(tmp_path / "first", options=options) as first,
        server_of_people(tmp_path / "second", options=options) as second,
    ):
        with Page(first, headers=as_("ann")) as page:
            welcomed(page)
        kernel = second.start_kernel()
        kernel.run("import echo; relay, sessions = echo.start()")
        with Page(second, headers=as_("ann")) as page:
            frame = page.open(kernel.id)
            error = Talk(page).expect("error", "welcome")
            assert error["code"] == "OFFLINE"
            assert first.process is not None
            assert str(first.process.pid) in error["message"]
            assert error["hint"]
            page.ping(frame)
            first.stop()
            wait_for("the store", lambda: Talk(page).expect("error", "welcome")["type"] == "welcome")


def test_pages_that_come_while_the_store_is_opened_are_all_served_in_order(tmp_path: Path) -> None:
    path = fill_store(tmp_path, sales=SALES)
    go = tmp_path / "go"
    slow = f"""
import pathlib, time
from tabweave_server import house
open_it = house._open

def slowly(*how):
    while not pathlib.Path({str(go)!r}).exists():
        time.sleep(0.01)
    return open_it(*how)

house._open = slowly
"""
    options = {"TabweaveServer.store_path": path}
    with server_of_people(tmp_path, options=options, more_config=slow) as server, contextlib.ExitStack() as pages:
        kernel = server.start_kernel()
        kernel.run("import echo; relay, sessions = echo.start()")
        talks = []
        for name in ("ann", "bo", "ann"):
            page = pages.enter_context(Page(server, headers=as_(name)))
            frame = page.hello(kernel.id)
            talks.append(Talk(page))
            talks[-1].put(0, len(talks))
            page.expect("welcome")
            page.ping(frame)
        go.touch()
        assert sorted(talk.expect("ack")["rev"] for talk in talks) == [1, 2, 3]


def test_a_store_that_cannot_be_made_is_told_with_the_setting_to_change(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    options = {"TabweaveServer.store_path": str(tmp_path / "file" / "store.duckdb")}
    with server_of_people(tmp_path, options=options) as server, Page(server, headers=as_("ann")) as page:
        error = Talk(page).expect("error", "welcome")
        assert error["code"] == "OFFLINE"
        assert "TabweaveServer.store_path" in error["hint"]
        status, told = server.request("GET", "tabweave/api/v1/datasets", headers=as_("ann"))
        assert (status, told["error"]["code"]) == (503, "OFFLINE")


def test_a_store_in_memory_begins_empty(tmp_path: Path) -> None:
    with (
        server_of_people(tmp_path, options={"TabweaveServer.store_path": ":memory:"}) as server,
        Page(server, headers=as_("ann")) as page,
    ):
        page.send(type="watch_tables", ch=channel())
        assert page.expect("tables")["tables"] == []
        assert not list(tmp_path.rglob("*.duckdb"))


def test_operations_are_counted_and_logged_by_their_ids(tmp_path: Path) -> None:
    path = fill_store(tmp_path, sales=SALES)
    options = {"TabweaveServer.store_path": path, "TabweaveServer.log_level": "DEBUG"}
    with server_of_people(tmp_path, options=options) as server, Page(server, headers=as_("ann")) as page:
        ann = welcomed(page)
        ann.edit(0, 11)
        assert ann.edit(0, "eleven")["type"] == "nack"
        text = server.request("GET", "metrics", headers=as_("ann"))[1]
        assert 'tabweave_operations_total{kind="set_cells",outcome="ok"} 1.0' in text
        assert 'tabweave_operations_total{kind="set_cells",outcome="TYPE"} 1.0' in text
        assert "tabweave_commit_seconds_count 2.0" in text
        assert "tabweave_members 1.0" in text
        assert f"op=ann/{ann.ch}#1" in server.log()
        assert f"outcome=TYPE table=sales op=ann/{ann.ch}#2" in server.log()
