"""One CSV of 1 GB uploaded over REST to a real server: seconds, rows, the server's memory, and edits of others meanwhile.

`python benchmarks/upload.py [--size MIB]`
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from large import MIB, Memory, csv_pieces
from server.rest import Rest
from servers import Server


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=1024, help="MiB of the file")
    size = parser.parse_args().size
    with tempfile.TemporaryDirectory() as folder, Server(Path(folder)) as server:
        rest = Rest(server, patience=600)
        path = rest.share("edited", n=[0])
        rest.ok("PUT", "/datasets/first", b"a,b\n1,2\n")
        assert server.process is not None
        memory, stop, waits = Memory(server.process.pid), threading.Event(), [0.0]

        def edit() -> None:
            while not stop.wait(0.02):
                begun = time.perf_counter()
                rest.ok("PUT", f"{path}/cells/0/n", {"value": len(waits)})
                waits.append(time.perf_counter() - begun)

        editing = threading.Thread(target=edit)
        with memory.watched():
            editing.start()
            begun = time.perf_counter()
            made = rest.ok("PUT", "/datasets/large", csv_pieces(size * MIB))
            took = time.perf_counter() - begun
            stop.set()
            editing.join()
        store = server.base / "data" / "tabweave" / "store.duckdb"
        waits.sort()
        print(f"{size} MiB, {made['dataset']['rows']:,} rows in {took:.1f} s ({size / took:.0f} MiB/s)")
        print(f"server: {memory.first} MiB before, {memory.most} MiB at most; the store has {store.stat().st_size // MIB} MiB")
        p50, p99, most = (1000 * wait for wait in (statistics.median(waits), waits[int(len(waits) * 0.99)], waits[-1]))
        print(f"{len(waits)} edits of another table meanwhile: p50 {p50:.0f} ms, p99 {p99:.0f} ms, most {most:.0f} ms")


if __name__ == "__main__":
    main()
