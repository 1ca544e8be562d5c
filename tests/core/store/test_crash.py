"""A process that is killed under load loses no answered operation and applies none twice (I1, I2, I3, I11).

Three kills by default; TABWEAVE_KILLS sets more. The full disk is a small tmpfs, which only root can mount.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
from core.store.people import ANN, Client, open_store, shown
from core.store.replay import Replayed
from tabweave_core.errors import Unavailable
from tabweave_core.protocol.ops import Block, SetCells
from tabweave_core.protocol.schema import View

LOAD = Path(__file__).with_name("load.py")
KILLS = int(os.environ.get("TABWEAVE_KILLS", "3"))
CLIENTS = 4
ROWS = 2000


def run_and_kill(path: Path, answers: int) -> list[tuple[str, int, int]]:
    """The answers that a process under load gave before it was killed, soon after it gave so many."""
    process = subprocess.Popen([sys.executable, str(LOAD), str(path), str(CLIENTS)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    lines = [process.stdout.readline() for _ in range(answers)]
    process.send_signal(signal.SIGKILL)
    lines += process.stdout.read().splitlines(keepends=True)
    process.stdout.close()
    process.wait()
    found = [line.split() for line in lines if line.endswith("\n")]
    return [(client, int(seq), int(rev)) for client, seq, rev in found]


def test_a_killed_process_loses_no_answered_operation_and_applies_none_twice(tmp_path: Path) -> None:
    path = tmp_path / "store.duckdb"
    chance = random.Random(7)
    answered: dict[tuple[str, int], int] = {}
    for _ in range(KILLS):
        for client, seq, rev in run_and_kill(path, chance.randint(20, 150)):
            assert (client, seq) not in answered
            answered[client, seq] = rev
        with open_store(path) as store:
            head = store.table("load").head
            assert store.window("load", View(), 0, 10, [0])[0] == head
        start: dict[int, dict[int, str | None]] = {
            0: {rid: str(rid) for rid in range(ROWS)},
            1: dict.fromkeys(range(ROWS), "x"),
        }
        replayed = Replayed(path, 1, start, list(range(ROWS)), [0, 1])
        replayed.check()
        logged = {(client, seq): rev for rev, client, seq, _ in replayed.log}
        lost = {key: rev for key, rev in answered.items() if rev and logged.get(key) != rev}
        assert lost == {}
        assert not _nacked(path) & logged.keys()
        assert replayed.log[-1][0] == head
    assert len(answered) >= 20 * KILLS


def _nacked(path: Path) -> set[tuple[str, int]]:
    with duckdb.connect(str(path), read_only=True) as found:
        query = 'SELECT client_id, seq FROM _client WHERE starts_with(answer, \'{"type":"nack"\')'
        return set(found.execute(query).fetchall())


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    place = tmp_path / "small"
    place.mkdir()
    mounted = (
        os.geteuid() == 0
        and not subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", str(place)], capture_output=True, check=False
        ).returncode
    )
    if not mounted:
        pytest.skip("only root can mount a small disk, where mounting is allowed")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def test_a_full_disk_refuses_clearly_and_the_store_goes_on_when_there_is_room(small_disk: Path) -> None:
    path = small_disk / "store.duckdb"
    ballast = small_disk / "ballast"
    with open_store(path) as store:
        store.create_table("sales", pa.table({"s": [""] * 64}), ANN)
        ann = Client(store, ANN)
        ann.put(0, 0, "before")
        ballast.write_bytes(b"x" * (6 << 20))
        refused = fill(ann)
        assert "cannot write now" in refused.message
        head = store.table("sales").head
        kept = shown(store, 0)
        ballast.unlink()
        ann.seq -= 1
        assert ann.put(0, 1, "after").rev == head + 1
        assert shown(store, 0) == [kept[0], (1, "after"), *kept[2:]]
    with open_store(path) as store:
        assert shown(store, 0) == [kept[0], (1, "after"), *kept[2:]]


def fill(client: Client) -> Unavailable:
    """Writes until the disk is full."""
    for number in range(100):
        try:
            value = f"{number}" + "".join(random.Random(number).choices("abcdefghijklmnop", k=200_000))
            client.ok(SetCells(blocks=[Block(columns=[0], rows=[0], values=[[value]])]))
        except Unavailable as error:
            return error
    raise AssertionError("the disk did not become full")
