"""Arrow tables in memory that another process can be handed without a copy: files that have no name.

On Linux they are pure memory; elsewhere temporary files that the system deletes. It must not know how they travel.
"""

from __future__ import annotations

import mmap
import os
import tempfile
from typing import IO, TYPE_CHECKING

import pyarrow as pa

from ..errors import Refused

if TYPE_CHECKING:
    from collections.abc import Iterable

CHUNK = 1 << 17
"""Rows of the batches that tables are written in."""


def create() -> IO[bytes]:
    """An empty file without a name."""
    if hasattr(os, "memfd_create"):
        return open(os.memfd_create("tabweave", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING), "w+b")
    return tempfile.TemporaryFile()


def pack(table: pa.Table | pa.RecordBatchReader, most: int, file: IO[bytes] | None = None) -> IO[bytes]:
    """A table in a file; raises `Refused` TOO_LARGE beyond `most` bytes."""
    file = create() if file is None else file
    try:
        with pa.ipc.new_file(file, table.schema) as writer:
            for batch in _batches(table):
                writer.write_batch(batch)
                if file.tell() > most:
                    message = f"The tables of this query are larger than {size(most)}."
                    raise Refused("TOO_LARGE", message, hint="Name the columns that you need instead of *, or use fewer rows.")
        file.flush()
    except BaseException:
        file.close()
        raise
    return file


def _batches(table: pa.Table | pa.RecordBatchReader) -> Iterable[pa.RecordBatch]:
    batches: Iterable[pa.RecordBatch] = table.to_batches(max_chunksize=CHUNK) if isinstance(table, pa.Table) else table
    return batches


def unpack(file: IO[bytes], *, trusted: bool) -> pa.Table:
    """The table in a file, without a copy where the file can change no more; the file is closed."""
    with file:
        if trusted or _seal(file):
            buffer = pa.py_buffer(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
        else:
            file.seek(0)
            buffer = pa.py_buffer(file.read())
    return pa.ipc.open_file(pa.BufferReader(buffer)).read_all()


def _seal(file: IO[bytes]) -> bool:
    """Whether nobody can write to the file or shorten it from now on."""
    if not hasattr(os, "memfd_create"):
        return False
    import fcntl

    try:
        fcntl.fcntl(
            file.fileno(), fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE | fcntl.F_SEAL_SEAL
        )
    except OSError:
        return False
    return True


def size(count: int) -> str:
    """A number of bytes in words, such as `64 MB`."""
    for unit, word in ((1 << 30, "GB"), (1 << 20, "MB"), (1 << 10, "kB")):
        if count >= unit:
            return f"{count / unit:.3g} {word}"
    return f"{count} bytes"
