"""A real server under load that is killed, stands still or finds its disk full: nothing answered is lost or done twice.

Four kills by default; TABWEAVE_KILLS sets more. The full disk is a small tmpfs, which only root can mount.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random

import duckdb
import pyarrow as pa
import pytest
from core.store.replay import Replayed
from identities import as_, server_of_people
from pages import Page
from server.load import NAME, UNSAVED, Writer, text_of
from servers import Server, wait_for
from tabweave_core.engine.store import Store
from tabweave_core.protocol.messages import Nack
from talks import CITY, SALES, Talk, fill_store, welcomed

KILLS = int(os.environ.get("TABWEAVE_KILLS") or 4)
PEOPLE = ("ann", "bo", "ann", "bo")
ROWS = 500


@pytest.fixture
def crowd(tmp_path: Path) -> Iterator[tuple[Server, list[Writer], Path]]:
    """A server and some writers at work on a table of it."""
    path = fill_store(tmp_path, **{NAME: pa.table({"text": [f"row {number}" for number in range(ROWS)]})})
    with server_of_people(tmp_path, options={"TabweaveServer.store_path": path}) as server:
        writers = [Writer(server, person, number) for number, person in enumerate(PEOPLE)]
        for writer in writers:
            writer.start()
        yield server, writers, Path(path)
        for writer in writers:
            writer.drop()


def answered(writers: list[Writer]) -> int:
    return sum(len(writer.answers) for writer in writers)


def reopened(path: Path) -> Path:
    """A copy of the file as the next server would have it."""
    copy = path.with_name("reopened.duckdb")
    for end in ("", ".wal"):
        copy.with_name(copy.name + end).unlink(missing_ok=True)
        with contextlib.suppress(FileNotFoundError):
            shutil.copyfile(path.with_name(path.name + end), copy.with_name(copy.name + end))
    Store.open(copy, clock=time.time, draw=lambda: secrets.token_hex(16)).close()
    return copy


def check(writers: list[Writer], path: Path) -> int:
    """What the file of a server that is not running says of all answers so far, once it is opened anew; how many there are."""
    path = reopened(path)
    start = {0: {number: f"row {number}" for number in range(ROWS)}}
    replayed = Replayed(path, 1, start, list(range(ROWS)), [0])  # type: ignore[arg-type]
    replayed.check()
    logged = {(client, seq): rev for rev, client, seq, _ in replayed.log}
    with duckdb.connect(str(path), read_only=True) as connection:
        query = "SELECT new, list(DISTINCT rev) FROM _cells JOIN _log USING (table_id, rev) WHERE kind = any(?) GROUP BY new"
        written = dict(connection.execute(query, [["set_cells", "insert_rows"]]).fetchall())
    for writer in writers:
        assert not writer.failures
        for op, answer in list(writer.answers):
            rev = logged.get((writer.name, answer.seq))
            if isinstance(answer, Nack):
                assert rev is None, f"{answer} is revision {rev}"
            else:
                assert rev == answer.rev or (rev is None and answer.status == "noop"), f"{answer} is lost"
                assert written.get(text_of(op), [rev]) == [rev]
    assert all(len(revs) == 1 for text, revs in written.items() if text and text.startswith(("ann ", "bo ")))
    return answered(writers)


def test_a_killed_server_loses_no_answered_operation_and_applies_none_twice(
    crowd: tuple[Server, list[Writer], Path],
) -> None:
    server, writers, path = crowd
    chance = Random(11)
    for number in range(KILLS):
        goal = answered(writers) + chance.randint(50, 300)
        wait_for("answers", lambda goal=goal: answered(writers) > goal, 60)
        # What one of them does from here on is done, and the answers never arrive.
        deaf = writers[number % len(writers)]
        wait_for("it to be there", lambda deaf=deaf: deaf.client.state == "live", 60)
        deaf.deaf = True
        wait_for("what will be unanswered", lambda deaf=deaf: deaf.client.unsaved == UNSAVED, 60)
        goal = answered(writers) + 50
        wait_for("answers to the others", lambda goal=goal: answered(writers) > goal, 60)
        server.kill()
        check(writers, path)
        deaf.deaf = False
        server.start()
    for writer in writers:
        writer.end()
    server.stop()
    total = check(writers, path)
    assert total > 50 * KILLS
    print(f"{KILLS} kills, {total} operations answered, 0 lost, 0 done twice")
    assert all(not writer.tickets for writer in writers)


def test_a_server_that_stands_still_for_a_while_loses_nothing(crowd: tuple[Server, list[Writer], Path]) -> None:
    server, writers, path = crowd
    wait_for("answers", lambda: answered(writers) > 50, 60)
    assert server.process is not None
    server.process.send_signal(signal.SIGSTOP)
    wait_for("what was under way", lambda: all(writer.client.unsaved for writer in writers))
    still = [list(writer.tickets) for writer in writers]
    server.process.send_signal(signal.SIGCONT)
    wait_for("all answers", lambda: not any(set(old) & writer.tickets.keys() for old, writer in zip(still, writers, strict=True)))
    for writer in writers:
        writer.end()
    server.stop()
    assert check(writers, path) > 50


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    place = tmp_path / "small"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", str(place)]
    if os.geteuid() or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("only root can mount a small disk, where mounting is allowed")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def test_a_full_disk_is_told_and_the_same_operation_goes_through_once_there_is_room(small_disk: Path, tmp_path: Path) -> None:
    path, ballast = fill_store(small_disk, sales=SALES), small_disk / "ballast"
    with server_of_people(tmp_path, options={"TabweaveServer.store_path": path}) as server:
        with Page(server, headers=as_("ann")) as anns, Page(server, headers=as_("bo")) as bos:
            ann, bo = welcomed(anns), welcomed(bos)
            rev = ann.edit(0, "before", CITY)["rev"]
            ballast.write_bytes(b"x" * (5 << 20))
            while (answer := ann.edit(0, "".join(Random(rev).choices("abcdefghijklmnop", k=200_000)), CITY))["type"] == "ack":
                rev = answer["rev"]
            assert (answer["type"], answer["code"]) == ("nack", "BUSY")
            assert "cannot write now" in answer["message"]
            ballast.unlink()
            ann.seq -= 1
            assert ann.edit(1, "after", CITY)["rev"] == rev + 1
            while bo.expect("patch")["rev"] < rev + 1:
                pass
        server.restart()
        with Page(server, headers=as_("bo")) as bos:
            bo = Talk(bos)
            assert bo.expect("welcome")["rev"] == rev + 1
            bo.send(type="fetch", id=1, start=1, stop=2, columns=[CITY])
            assert pa.ipc.open_stream(bo.expect("window")["arrow"]).read_all().column(1).to_pylist() == ["after"]
        server.stop()


@pytest.mark.parametrize(("cells", "how"), [(5, "delta"), (200_001, "snapshot")])
def test_who_was_away_long_gets_what_has_changed_or_the_table_anew(tmp_path: Path, cells: int, how: str) -> None:
    path = fill_store(tmp_path, sales=pa.table({"n": range(250_000)}))
    with server_of_people(tmp_path, options={"TabweaveServer.store_path": path}) as server:
        bo = Writer(server, "bo", 0)
        bo.writing, bo.client.table = False, "table/sales"
        with Page(server, headers=as_("ann")) as anns:
            ann = welcomed(anns)
            with bo.visit():
                wait_for("the table", lambda: bo.client.rev == 0)
            block = {"rows": list(range(cells)), "columns": [0], "values": [[-1]]}
            ann.send(type="op", seq=1, base_rev=0, op={"kind": "set_cells", "blocks": [block], "input": "value"})
            assert ann.expect("ack", "nack")["type"] == "ack"
        with bo.visit():
            wait_for("the table", lambda: bo.client.rev == 1)
        assert bo.told == (["snapshot", "delta"] if how == "delta" else ["snapshot", "snapshot"])
