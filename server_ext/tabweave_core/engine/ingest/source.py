"""A file on disk: how it is compressed, what its content is whatever its name says, and its bytes as a stream."""

from __future__ import annotations

import io
import json
import re
import stat
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from ...errors import BadFile, Refused, Unavailable, did_you_mean
from .encoding import detect

if TYPE_CHECKING:
    import os

    from .result import Cancelled, Progress

HEAD = 1 << 20
_PIECE = 16 << 20
FORMATS = ("csv", "tsv", "xlsx", "xls", "ods", "json", "jsonl", "parquet", "arrow")
_ALIASES = {
    "txt": "csv",
    "text": "csv",
    "tab": "tsv",
    "ndjson": "jsonl",
    "geojson": "json",
    "feather": "arrow",
    "ipc": "arrow",
    "arrows": "arrow",
    "pq": "parquet",
    "xlsm": "xlsx",
    "xlsb": "xlsx",
}
_PIECE_OF_MEMORY = 256 << 20
"""So much is unpacked between two looks at the memory that is left, and so much is to be left."""
_CODECS = {"gz": "gzip", "gzip": "gzip", "zst": "zstd", "zstd": "zstd", "bz2": "bz2"}
_MAGIC = ((b"\x1f\x8b", "gzip"), (b"\x28\xb5\x2f\xfd", "zstd"), (b"BZh", "bz2"))
_CONTROLS = bytes(set(range(32)) - set(b"\t\n\r\f\x1b"))
_FOREIGN = (
    (b"%PDF", "a PDF document", "Copy the table into a spreadsheet and open that."),
    (b"SQLite format 3", "an SQLite database", "Read it with pandas.read_sql and open the DataFrame."),
    (b"\x89PNG", "a picture", "Open a table file instead."),
    (b"\xff\xd8\xff", "a picture", "Open a table file instead."),
    (b"\x89HDF", "an HDF5 file", "Read it with pandas.read_hdf and open the DataFrame."),
    (b"Rar!", "a RAR archive", "Extract the file inside and open that."),
    (b"7z\xbc\xaf", "a 7-Zip archive", "Extract the file inside and open that."),
    (b"\xfd7zXZ", "compressed with xz", "Decompress it, or compress with gzip or zstd."),
    (b"ORC", "an ORC file", "Read it with pandas.read_orc and open the DataFrame."),
    (b"\x80\x04\x95", "a Python pickle", "Load it with pandas.read_pickle if you trust it, and open the DataFrame."),
)


@dataclass(frozen=True, slots=True)
class Source:
    """A file, its compression ("" or a codec), its format by content, the format its name claims, and its first bytes.

    With `most` so many decompressed bytes are read of it, and no more.
    """

    path: Path
    compression: str
    format: str
    claimed: str
    head: bytes
    size: int
    most: int = 0

    def stream(self) -> Stream:
        """The decompressed bytes from the start."""
        return Stream(self)

    def whole(self) -> pa.Buffer:
        """The decompressed bytes at once. Never a memory map: a file that is overwritten later would change the table."""
        with self.stream() as stream:
            return pa.py_buffer(stream.read_all())


class Stream:
    """Decompressed bytes, and how far in the file they come from."""

    def __init__(self, source: Source) -> None:
        self._raw = pa.OSFile(str(source.path))
        self._name = source.path.name
        self._most, self._given = source.most, 0
        self._looks = _PIECE_OF_MEMORY if source.compression and not source.most else 0
        self._stream = pa.CompressedInputStream(self._raw, source.compression) if source.compression else self._raw

    def __enter__(self) -> Stream:
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()
        self._raw.close()

    def read(self, size: int) -> bytes:
        """About `size` bytes, none at the end."""
        return self._take(size)

    def read_all(self) -> bytes:
        """All the bytes that are left."""
        if not self._most and not self._looks:
            return self._take(None)
        pieces = []
        while piece := self._take(_PIECE):
            pieces.append(piece)
        return b"".join(pieces)

    def _take(self, size: int | None) -> bytes:
        try:
            data: bytes = self._stream.read(size)
        except OSError as error:
            hint = "The download or copy may have stopped early; fetch the file again."
            raise BadFile("BAD_FILE", f"{self._name} is damaged: {error}.", hint=hint) from None
        self._given += len(data)
        if self._most and self._given > self._most:
            raise too_large(self._name, self._most)
        if self._looks and self._given >= self._looks:
            self._looks += _PIECE_OF_MEMORY
            left = memory_left()
            if left is not None and left < _PIECE_OF_MEMORY:
                raise Refused(
                    "TOO_LARGE",
                    f"{self._name} does not fit into memory: {self._given >> 20:,} MiB of it are unpacked and there is more.",
                    hint="Split it, or read the columns that you need with DuckDB.",
                    where=self._name,
                )
        return data

    def seek(self, position: int) -> None:
        """Goes to a byte of an uncompressed file."""
        self._raw.seek(position)

    @property
    def position(self) -> int:
        """Bytes of the file that have been read."""
        return int(self._raw.tell())


def memory_left() -> int | None:
    """Bytes that this process can still have, by the machine and its container; None where neither says."""
    try:
        machine = _counted("/proc/meminfo", "MemAvailable:") * 1024
    except (OSError, ValueError):
        return None
    try:
        held = int(Path("/sys/fs/cgroup/memory.current").read_text()) - _counted("/sys/fs/cgroup/memory.stat", "file ")
        return min(machine, int(Path("/sys/fs/cgroup/memory.max").read_text()) - held)
    except (OSError, ValueError):
        return machine


def _counted(path: str, name: str) -> int:
    for line in Path(path).read_text().splitlines():
        if line.startswith(name):
            return int(line.removeprefix(name).split()[0])
    raise ValueError(name)


def too_large(name: str, most: int) -> Refused:
    """The refusal of a file that holds more than `most` bytes."""
    return Refused(
        "TOO_LARGE", f"{name} holds more than {most >> 20:,} MiB.", hint="Split it, or save it as CSV or Parquet.", where=name
    )


def check_unpacked(source: Source, most: int) -> None:
    """Refuses a workbook whose parts have more than `most` bytes once unpacked."""
    file: Any = io.BytesIO(source.whole()) if source.compression else source.path
    with zipfile.ZipFile(file) as archive:
        if sum(part.file_size for part in archive.infolist()) > most:
            raise too_large(source.path.name, most)


class Pace:
    """Tells the caller how far reading has come and stops when the caller says so."""

    def __init__(self, total: int, progress: Progress | None, cancelled: Cancelled | None) -> None:
        self._total, self._progress, self._cancelled = total, progress, cancelled

    def at(self, done: int) -> None:
        """`done` bytes of the file have been read."""
        if self._cancelled is not None and self._cancelled():
            raise Unavailable("CANCELLED", "Reading was cancelled.", hint="Nothing was opened.")
        if self._progress is not None:
            self._progress(min(done, self._total), self._total)


def locate(path: str | os.PathLike[str], asked: str | None = None, *, claimed: str = "") -> Source:
    """Opens a file far enough to know what it is; `asked` overrides the format found, `claimed` what the name claims."""
    file = Path(path).expanduser()
    size, start = _opened(file, str(path))
    if not size:
        raise BadFile("BAD_FILE", f"{file.name} is empty.", hint="It has no bytes at all; check where it came from.")
    compression = next((codec for magic, codec in _MAGIC if start.startswith(magic)), "")
    claimed = claimed or _claimed(file.name)
    bare = Source(file, compression, "", claimed, b"", size)
    with bare.stream() as stream:
        head = stream.read(HEAD)
    if not head:
        raise BadFile("BAD_FILE", f"{file.name} is empty.", hint="It holds nothing once decompressed.")
    return Source(file, compression, _format(asked) if asked else _sniff(bare, head), claimed, head, size)


def _opened(file: Path, given: str) -> tuple[int, bytes]:
    """A file's size and its first bytes, or BadFile for what is no file that can be read."""
    try:
        found = file.stat()
        if stat.S_ISDIR(found.st_mode):
            raise BadFile("BAD_FILE", f"{given!r} is a folder.", hint="Name a file in it.")
        if not stat.S_ISREG(found.st_mode):
            raise BadFile("BAD_FILE", f"{given!r} is a device or a pipe.", hint="Save what comes from it in a file first.")
        with file.open("rb") as handle:
            return found.st_size, handle.read(64)
    except (FileNotFoundError, NotADirectoryError, ValueError):
        raise _missing(file, given) from None
    except OSError as error:
        raise BadFile("BAD_FILE", f"{given!r} cannot be read: {error.strerror}.", hint="Check its permissions.") from None


def _missing(file: Path, given: str) -> BadFile:
    if re.match(r"[a-z][a-z0-9+.-]+://", given, re.IGNORECASE):
        hint = "Download it first, or read it with pandas and open the DataFrame."
        return BadFile("BAD_FILE", f"{given!r} is an address, not a file.", hint=hint)
    try:
        siblings = [entry.name for entry in file.parent.iterdir()]
    except (OSError, ValueError):
        siblings = []
    hint = did_you_mean(file.name, siblings) or f"Paths are relative to {Path.cwd()}."
    return BadFile("BAD_FILE", f"There is no file {given!r}.", hint=hint)


def _format(asked: str) -> str:
    word = asked.lower().lstrip(".")
    found = _ALIASES.get(word, word)
    if found not in FORMATS:
        raise BadFile("BAD_FILE", f"There is no format {asked!r}.", hint=f"Formats: {', '.join(FORMATS)}.")
    return found


def _claimed(name: str) -> str:
    parts = name.lower().split(".")[1:]
    while parts and parts[-1] in _CODECS:
        parts.pop()
    word = _ALIASES.get(parts[-1], parts[-1]) if parts else ""
    return word if word in FORMATS else ""


def _sniff(source: Source, head: bytes) -> str:
    name = source.path.name
    if head.startswith(b"PAR1"):
        return "parquet"
    if head.startswith((b"ARROW1", b"FEA1", b"\xff\xff\xff\xff")):
        return "arrow"
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        return "xls"
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _inside_zip(source)
    for magic, what, hint in _FOREIGN:
        if head.startswith(magic):
            raise BadFile("BAD_FILE", f"{name} is {what}.", hint=hint)
    return _sniff_text(source, head)


def _sniff_text(source: Source, head: bytes) -> str:
    name, encoding = source.path.name, detect(head)
    controls = 0 if encoding.name.startswith(("utf-16", "utf-32")) else len(head) - len(head.translate(None, _CONTROLS))
    if controls > max(16, len(head) // 50):
        raise BadFile("BAD_FILE", f"{name} is not a table file that is known here.", hint=f"Formats: {', '.join(FORMATS)}.")
    text = head[encoding.mark : encoding.mark + (1 << 16)].decode(encoding.name, "ignore")
    start = text.lstrip()[:200].lower()
    if start.startswith(("<!doctype html", "<html", "<table")):
        raise BadFile(
            "BAD_FILE", f"{name} is a web page.", hint="pandas.read_html reads tables from a page; or download the data itself."
        )
    if start.startswith("<?xml"):
        raise BadFile("BAD_FILE", f"{name} is an XML file.", hint="pandas.read_xml may read it; or save it as CSV or XLSX.")
    if re.match(r'\s*(?:\{\s*["}]|\[\s*(?:[\[{"\]\d-]|true|false|null))', text):
        return _json_or_lines(text, source.claimed)
    return "tsv" if source.claimed == "tsv" else "csv"


def _json_or_lines(text: str, claimed: str) -> str:
    """One document, or a document on every line; delimited text may begin with a bracket too."""
    lines = [line for line in text.splitlines() if line.strip()]
    try:
        json.loads(lines[0])
        whole = True
    except ValueError:
        whole = False
    if claimed in ("json", "jsonl") and not (whole and len(lines) > 1):
        return claimed
    if whole:
        return "jsonl" if len(lines) > 1 else "json"
    if claimed in ("csv", "tsv") and not re.match(r'\s*(?:\[\s*)?\{\s*"', text):
        return claimed
    return "json"


def _inside_zip(source: Source) -> str:
    file: Any = io.BytesIO(source.whole()) if source.compression else source.path
    try:
        with zipfile.ZipFile(file) as archive:
            names = set(archive.namelist())
            if {"xl/workbook.xml", "xl/workbook.bin"} & names:
                return "xlsx"
            if "mimetype" in names and b"opendocument.spreadsheet" in archive.read("mimetype"):
                return "ods"
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, NotImplementedError, RuntimeError):
        raise BadFile(
            "BAD_FILE", f"{source.path.name} is a damaged ZIP archive or workbook.", hint="Fetch or save it again."
        ) from None
    files = ", ".join(sorted(names)[:3])
    raise BadFile("BAD_FILE", f"{source.path.name} is a ZIP archive ({files}).", hint="Extract the file inside and open that.")
