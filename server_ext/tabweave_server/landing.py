"""Files that are being uploaded: each goes to a folder of its own, which is gone when its request is. Knows no tables."""

from __future__ import annotations

import asyncio
import re
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from tabweave_core.errors import Unavailable

if TYPE_CHECKING:
    from typing import BinaryIO

_PIECE = 1 << 20
_UNSAFE = re.compile(r"[^\w .()+-]")


class Landings:
    """Where files land: in one folder, of which this server is the only user while it has the store."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._swept = False

    def open(self, name: str) -> Landing:
        """A place for a file; what an earlier server left behind is removed first."""
        if not self._swept:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._swept = True
        return Landing(self._folder, name)


class Landing:
    """Writes a file under a name that is close to the one it came with; `close` removes it and may be called again."""

    def __init__(self, folder: Path, name: str) -> None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._folder = Path(tempfile.mkdtemp(dir=folder))
        except OSError as error:
            raise _no_room(error) from None
        self.path = self._folder / safe_name(name)
        self._file: BinaryIO = self.path.open("wb")
        self._pieces: list[bytes] = []
        self._held = 0

    async def write(self, data: bytes) -> None:
        """Takes the next bytes; they reach the disk on another thread."""
        self._pieces.append(data)
        self._held += len(data)
        if self._held >= _PIECE:
            await self._flush()

    async def _flush(self) -> None:
        pieces, self._pieces, self._held = self._pieces, [], 0
        try:
            await asyncio.to_thread(self._file.writelines, pieces)
        except OSError as error:
            raise _no_room(error) from None

    async def finish(self) -> Path:
        """The file, whole."""
        await self._flush()
        try:
            self._file.close()
        except OSError as error:
            raise _no_room(error) from None
        return self.path

    def close(self) -> None:
        """Removes the file."""
        try:
            self._file.close()
        finally:
            shutil.rmtree(self._folder, ignore_errors=True)


def safe_name(name: str) -> str:
    """A file name without anything that a path could mean, its suffixes kept."""
    last = re.split(r"[/\\]", name)[-1]
    return _UNSAFE.sub("_", last)[-100:].lstrip(". ") or "upload"


def _no_room(error: OSError) -> Unavailable:
    return Unavailable(
        "BUSY", f"The upload cannot be kept: {error.strerror}.", hint="Make room on the server's disk, then try again."
    )
