"""Which characters the bytes of a text file mean, and their stream as UTF-8."""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from typing import Any

from ...errors import BadFile

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_UNDEFINED_1252 = b"\x81\x8d\x8f\x90\x9d"


@dataclass(frozen=True, slots=True)
class Encoding:
    """A codec, the bytes of its mark at the start of the file, and whether it is only a guess."""

    name: str
    mark: int = 0
    guessed: bool = False

    @property
    def label(self) -> str:
        """The name a person knows."""
        names = {"utf-8": "UTF-8", "cp1252": "Windows-1252", "latin-1": "Latin-1", "utf-16-le": "UTF-16", "utf-16-be": "UTF-16"}
        return names.get(self.name, self.name) + (" with BOM" if self.mark else "")


def detect(head: bytes, asked: str | None = None) -> Encoding:
    """The encoding of a file that begins with `head`; `asked` overrides what the bytes suggest."""
    for mark, name in _MARKS:
        if head.startswith(mark) and (asked is None or _same(asked, name)):
            return Encoding(name, len(mark))
    if asked is not None:
        try:
            info = codecs.lookup(asked)
        except LookupError:
            raise BadFile("BAD_FILE", f"There is no encoding {asked!r}.", hint="Try utf-8, utf-16, cp1252 or latin-1.") from None
        if not info._is_text_encoding:
            raise BadFile("BAD_FILE", f"{asked!r} is not an encoding of text.", hint="Try utf-8, utf-16, cp1252 or latin-1.")
        return Encoding({"utf-16": "utf-16-le", "utf-32": "utf-32-le"}.get(info.name, info.name))
    wide = _wide(head)
    if wide:
        return Encoding(wide, guessed=True)
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        pass
    else:
        return Encoding("utf-8")
    if _mostly_utf8(head):
        return Encoding("utf-8", guessed=True)
    return Encoding("latin-1" if any(byte in head for byte in _UNDEFINED_1252) else "cp1252", guessed=True)


def _same(asked: str, name: str) -> bool:
    try:
        return codecs.lookup(asked).name.split("-")[:2] == name.split("-")[:2] or codecs.lookup(asked).name == "utf-8-sig"
    except LookupError:
        return False


def _wide(head: bytes) -> str:
    """UTF-16 without a mark shows as zeros at every other byte."""
    even, odd = head[0:4096:2].count(0), head[1:4096:2].count(0)
    half = max(1, min(len(head), 4096) // 2)
    if odd > 0.4 * half and even < 0.1 * half:
        return "utf-16-le"
    if even > 0.4 * half and odd < 0.1 * half:
        return "utf-16-be"
    return ""


def _mostly_utf8(head: bytes) -> bool:
    """Whether more lines with accents are UTF-8 than are not."""
    good = bad = 0
    for line in head.split(b"\n")[:-1] or [head]:
        if not line.isascii():
            try:
                line.decode("utf-8")
            except UnicodeDecodeError:
                bad += 1
            else:
                good += 1
    return good > bad


class Utf8:
    """A byte stream in any encoding, read as UTF-8. UTF-8 itself passes unchecked: `mend` repairs what turns out broken."""

    def __init__(self, stream: Any, encoding: Encoding) -> None:
        self._stream = stream
        self._plain = encoding.name == "utf-8"
        self._name = encoding.name
        self._decoder = codecs.getincrementaldecoder(encoding.name)(errors="strict")
        self._skip = encoding.mark
        self._done = False

    def read(self, size: int) -> bytes:
        """About `size` bytes of UTF-8; empty at the end."""
        while not self._done:
            raw: bytes = self._stream.read(size)
            if not raw:
                self._done = True
            if self._skip:
                raw, self._skip = raw[self._skip :], 0
            if self._plain:
                if raw:
                    return raw
                continue
            try:
                text = self._decoder.decode(raw, final=self._done)
                data = text.encode("utf-8", "surrogatepass")
            except UnicodeDecodeError as error:
                raise BadFile(
                    "BAD_FILE",
                    f"The file is not {self._name}: {error.reason}.",
                    hint="Leave the encoding out to have it detected, or name another (--encoding cp1252).",
                ) from None
            if data:
                return data
        return b""


def mend(data: bytes) -> tuple[bytes, list[int]]:
    """UTF-8 with the lines that are not UTF-8 read as Windows-1252 instead; which lines those were (0-based)."""
    lines, broken = data.split(b"\n"), []
    for number, line in enumerate(lines):
        try:
            line.decode("utf-8")
        except UnicodeDecodeError:
            broken.append(number)
            try:
                lines[number] = line.decode("cp1252").encode("utf-8")
            except UnicodeDecodeError:
                lines[number] = line.decode("latin-1").encode("utf-8")
    return b"\n".join(lines), broken
