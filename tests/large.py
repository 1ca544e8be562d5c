"""A large CSV file that is never anywhere as a whole, and the memory of a process while something goes on."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import psutil
import pyarrow as pa
import pyarrow.csv as arrow_csv

ROWS = 50_000
HEADER = b'"id","product","price","qty","day","note"\n'
MIB = 1 << 20


def csv_pieces(size: int) -> Iterator[bytes]:
    """About `size` bytes of CSV: numbers, dates, texts that repeat and texts that do not."""
    chance = np.random.default_rng(7)
    names = np.array([f"Product number {at}" for at in range(5000)])
    yield HEADER
    sent = first = 0
    while sent < size:
        table = pa.table(
            {
                "id": np.arange(first, first + ROWS),
                "product": names[chance.integers(0, len(names), ROWS)],
                "price": np.round(chance.random(ROWS) * 1000, 2),
                "qty": chance.integers(0, 100, ROWS),
                "day": (np.datetime64("2020-01-01") + chance.integers(0, 2000, ROWS)).astype("datetime64[D]"),
                "note": [f"n{number}" for number in chance.integers(0, 10**9, ROWS)],
            }
        )
        sink = pa.BufferOutputStream()
        arrow_csv.write_csv(table, sink, arrow_csv.WriteOptions(include_header=False))
        piece = sink.getvalue().to_pybytes()
        yield piece
        sent += len(piece)
        first += ROWS


class Memory:
    """What a process uses in main memory: `first` and `most`, in MiB."""

    def __init__(self, pid: int) -> None:
        self._process = psutil.Process(pid)
        self.first = self.most = self._now()

    def _now(self) -> int:
        return int(self._process.memory_info().rss) // MIB

    @contextmanager
    def watched(self) -> Iterator[Memory]:
        """Looks ten times a second."""
        done = threading.Event()

        def look() -> None:
            while not done.wait(0.1):
                self.most = max(self.most, self._now())

        watcher = threading.Thread(target=look)
        watcher.start()
        try:
            yield self
        finally:
            done.set()
            watcher.join()
