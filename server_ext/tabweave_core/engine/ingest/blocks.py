"""A stream of delimited text cut into blocks of whole records, with the line each block begins on.

The only place that decides where a quoted field ends. A quote opens a field only at its very beginning; it closes only before
a delimiter or the end of a line. A quote that opens and is never properly closed would swallow the lines after it: its line is
set aside instead.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

BLOCK = 8 << 20
LONGEST_RECORD = 16 << 20
Positions = np.ndarray[Any, np.dtype[np.int64]]


class Readable(Protocol):
    """Something to read bytes from."""

    def read(self, size: int) -> bytes:
        """About `size` bytes, none at the end."""
        ...


@dataclass(frozen=True, slots=True)
class Marks:
    """The bytes that give delimited text its structure; `escape` and `quote` may be empty."""

    delimiter: bytes
    quote: bytes = b'"'
    newline: bytes = b"\n"
    escape: bytes = b""


@dataclass(frozen=True, slots=True)
class Block:
    """Whole records as UTF-8, and the 1-based physical line of their first. `broken`: one line set aside for its quotes."""

    data: bytes
    line: int
    broken: bool = False


def _positions(data: bytes, byte: bytes) -> Positions:
    found: Positions = np.flatnonzero(np.frombuffer(data, np.uint8) == byte[0])
    return found


def quotes_in(data: bytes, marks: Marks) -> Positions:
    """Where the quotes are that are not escaped."""
    if not marks.quote or marks.quote not in data:
        return np.empty(0, np.int64)
    quotes = _positions(data, marks.quote)
    if marks.escape:
        escaped = [p for p in quotes.tolist() if (p - len(data[:p].rstrip(marks.escape))) % 2] if marks.escape in data else []
        quotes = np.setdiff1d(quotes, np.array(escaped, np.int64))
    return quotes


def _well_formed(data: bytes, quotes: Positions, marks: Marks) -> bool:
    """Whether every other quote begins a field and the rest end one (or are doubled)."""
    buffer = np.frombuffer(data, np.uint8)
    ends = [marks.delimiter[0], ord("\n"), ord("\r")]
    opening, closing = quotes[0::2], quotes[1::2]
    before = buffer[np.maximum(opening - 1, 0)]
    fine = (opening == 0) | (before == ends[0]) | (before == ends[1]) | (before == ends[2])
    doubled = np.zeros(len(opening), dtype=np.bool_)
    doubled[1:] = opening[1:] == closing[: len(opening) - 1] + 1
    if not (fine | doubled).all():
        return False
    after = buffer[np.minimum(closing + 1, len(data) - 1)]
    fine = (closing == len(data) - 1) | (after == ends[0]) | (after == ends[1]) | (after == ends[2])
    doubled = np.zeros(len(closing), dtype=np.bool_)
    following = opening[1 : len(closing) + 1]
    doubled[: len(following)] = following == closing[: len(following)] + 1
    return bool((fine | doubled).all())


@dataclass(frozen=True, slots=True)
class QuotePath:
    """What quotes do from one place on: where fields open and close, which are stray inside a field, where one is open at the
    end (-1: none) and whether it is known already that it never closes.
    """

    edges: list[int]
    strays: list[int]
    opened: int
    runaway: bool = False


def follow(data: bytes, quotes: list[int], marks: Marks, start: int) -> QuotePath:
    """The state of quoting, quote by quote; `quotes` are their positions in the data."""
    ends = {marks.delimiter[0], ord("\n"), ord("\r")}
    opened, edges, strays = -1, list[int](), list[int]()
    position = bisect_left(quotes, start)
    while position < len(quotes):
        at = quotes[position]
        position += 1
        if opened < 0:
            if at == start or data[at - 1] in ends:
                opened = at
        elif position < len(quotes) and quotes[position] == at + 1:
            position += 1
        elif at + 1 < len(data) and data[at + 1] not in ends:
            strays.append(at)
            if marks.newline in data[opened:at]:
                return QuotePath(edges, strays, opened, runaway=True)
        elif strays and strays[-1] > opened and marks.newline in data[opened:at]:
            return QuotePath(edges, strays, opened, runaway=True)
        else:
            edges += [opened, at]
            opened = -1
    return QuotePath(edges, strays, opened)


def record_ends(data: bytes, marks: Marks) -> Positions:
    """The position just after each record's line end, in data of whole well-formed records."""
    buffer = np.frombuffer(data, np.uint8)
    lines = _positions(data, b"\n")
    bare = _positions(data, b"\r")
    if len(bare):
        bare = bare[(bare == len(data) - 1) | (buffer[np.minimum(bare + 1, len(data) - 1)] != ord("\n"))]
        lines = np.union1d(lines, bare)
    quotes = quotes_in(data, marks)
    if len(quotes) and not _well_formed(data, quotes, marks):
        quotes = np.array(follow(data, quotes.tolist(), marks, 0).edges, np.int64)
    if len(quotes):
        lines = lines[np.searchsorted(quotes, lines) % 2 == 0]
    ends = lines + 1
    return ends if len(ends) and ends[-1] == len(data) else np.append(ends, len(data))


def count_lines(data: bytes) -> int:
    """How many lines end in the data, whichever way they end."""
    buffer = np.frombuffer(data, np.uint8)
    lines = int(np.count_nonzero(buffer == ord("\n")))
    return lines + (data.count(b"\r") - data.count(b"\r\n") if b"\r" in data else 0)


class Cutter:
    """Cuts a stream into blocks of about `size` bytes. `lines` lines have gone by; `rest` was read after them."""

    def __init__(self, stream: Readable, marks: Marks, *, size: int = 0, lines: int = 0, rest: bytes = b"") -> None:
        self._stream, self._marks, self._size = stream, marks, size or BLOCK
        self._line = lines + 1
        self._rest, self._carry = rest, b""

    def __iter__(self) -> Iterator[Block]:
        """The blocks in order."""
        final = False
        want = self._size
        while not final:
            pieces, have = [self._carry], len(self._carry)
            while have < want:
                raw = self._read(min(self._size, 1 << 22))
                if not raw:
                    final = True
                    break
                pieces.append(raw)
                have += len(raw)
            data, taken = b"".join(pieces), 0
            for block, taken in self._cut(data, final):  # noqa: B007
                yield block
            self._carry = data[taken:]
            want = self._size if len(self._carry) < self._size else len(self._carry) + self._size

    def _read(self, size: int) -> bytes:
        if not self._rest:
            return self._stream.read(size)
        raw, self._rest = self._rest[:size], self._rest[size:]
        return raw

    def _block(self, data: bytes, *, broken: bool = False) -> Block:
        block = Block(data, self._line, broken)
        self._line += count_lines(data)
        return block

    def _cut(self, data: bytes, final: bool) -> Iterator[tuple[Block, int]]:
        if not data:
            return
        quotes = quotes_in(data, self._marks)
        if len(quotes) and not _well_formed(data, quotes, self._marks):
            yield from self._cut_slowly(data, quotes.tolist(), final)
            return
        if final and len(quotes) % 2 == 0:
            yield self._block(data), len(data)
            return
        end = len(data)
        while end > 0:
            end = data.rfind(self._marks.newline, 0, end) + 1
            inside = int(np.searchsorted(quotes, end))
            if inside % 2 == 0:
                break
            end = int(quotes[inside - 1])
        if end > 0:
            yield self._block(data[:end]), end
        if final or len(data) - end > LONGEST_RECORD:
            rest = data[end:]
            for block, taken in self._cut_slowly(rest, quotes_in(rest, self._marks).tolist(), final):
                yield block, end + taken

    def _cut_slowly(self, data: bytes, quotes: list[int], final: bool) -> Iterator[tuple[Block, int]]:
        """The same, quote by quote, with stray quotes doubled and lines with runaway quotes set aside."""
        start = 0
        while True:
            path = follow(data, quotes, self._marks, start)
            opened, strays = path.opened, path.strays
            if not (path.runaway or (opened >= 0 and (final or len(data) - opened > LONGEST_RECORD))):
                break
            newline = self._marks.newline
            first = data.rfind(newline, start, opened) + 1 or start
            last = data.find(newline, opened) + 1 or len(data)
            if first > start:
                yield self._block(self._doubled(data, start, first, strays)), first
            yield self._block(data[first:last], broken=True), last
            start = last
        stop = len(data) if final else data.rfind(self._marks.newline, start, opened if opened >= 0 else len(data)) + 1
        if stop > start:
            yield self._block(self._doubled(data, start, stop, strays)), stop

    def _doubled(self, data: bytes, start: int, stop: int, strays: list[int]) -> bytes:
        """A stretch of the data with its stray quotes doubled, as a parser expects them."""
        pieces, at = [], start
        for stray in strays:
            if start <= stray < stop:
                pieces += [data[at:stray], self._marks.quote]
                at = stray
        return b"".join([*pieces, data[at:stop]])
