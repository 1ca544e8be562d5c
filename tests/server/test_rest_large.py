"""A large upload: memory stays bounded, and the edits of others go on."""

from __future__ import annotations

import threading

from large import MIB, Memory, csv_pieces
from server.rest import Rest
from servers import Server, wait_for


def test_a_large_csv_is_uploaded_in_bounded_memory_beside_edits(tmp_path: object) -> None:
    """350 MB here; `benchmarks/upload.py` does the same with 1 GB."""
    with Server(tmp_path) as server:  # type: ignore[arg-type]
        rest = Rest(server, patience=300)
        path = rest.share("edited meanwhile", n=[0])
        rest.ok("PUT", "/datasets/first", b"a,b\n1,2\n")
        assert server.process is not None
        memory, stop, edits = Memory(server.process.pid), threading.Event(), [0]

        def edit() -> None:
            while not stop.is_set():
                edits[0] += 1
                rest.ok("PUT", f"{path}/cells/0/n", {"value": edits[0]})

        editing = threading.Thread(target=edit)
        with memory.watched():
            editing.start()
            try:
                made = rest.ok("PUT", "/datasets/large", csv_pieces(350 * MIB))
            finally:
                stop.set()
                editing.join()
        assert made["dataset"]["rows"] > 5_000_000
        assert (made["notes"], made["n_rejected"]) == ([], 0)
        assert memory.most - memory.first < 700
        assert edits[0] > 10
        assert rest.ok("GET", path)["rev"] == edits[0]
        last = made["dataset"]["rows"] - 1
        assert rest.ok("GET", f"/datasets/large/cells/{last}/id")["value"] == last
        wait_for("the upload to be removed", lambda: not list(server.base.glob("data/tabweave/*.uploads/*")))
