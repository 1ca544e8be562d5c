"""What a column of text holds: the vote over all its cells, and the conversion that the vote decided.

A column converts only if every cell that is not missing does; a column that nearly does stays text and says which cells stand
in the way. Nothing here knows where the text came from.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from . import dates, numbers
from .distinct import Distinct
from .plain import blanks, could_be, read_plain
from .result import SAMPLE, Reading, ReadingKind
from .spellings import BOOLEANS

if TYPE_CHECKING:
    from collections.abc import Iterator

Mask = np.ndarray[Any, np.dtype[np.bool_]]

NEAR = 0.8
GLANCE = 400
MOST_MEASURES = 5000
_POSTAL = re.compile(
    r"(?:^|[^a-z])(?:zip|postal|post|plz)[\s_-]?(?:code|nr)?(?:$|[^a-z])|postcode|zipcode|postalcode", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Hints:
    """What the caller has said, or other columns have shown: decimal and thousands sign, date order.

    `prior_*` count only where the column's own cells decide nothing. `dates` is "text" to leave dates alone.
    `zeros`: digits that begin with a zero are numbers too.
    """

    decimal: str | None = None
    thousands: str | None = None
    dates: str | None = None
    prior_decimal: str = ""
    prior_order: str = ""
    zeros: bool = False


@dataclass(frozen=True, slots=True)
class Near:
    """A type that most cells of a text column have, and the cells that do not.

    Among these, `leading` begin with a zero and `alike` are numbers in another of the `units`. `worded`: every number has a
    unit behind it, and `words` are these.
    """

    reading: Reading
    fits: int
    fails: int
    words: tuple[tuple[str, int], ...]
    rows: tuple[int, ...]
    leading: int = 0
    units: tuple[str, ...] = ()
    alike: int = 0
    conflict: bool = False
    worded: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """The reading of a column and, where it stays text, the type it nearly has."""

    reading: Reading
    near: Near | None = None


@dataclass(slots=True)
class Notes:
    """What was seen in converted cells; notes of consecutive blocks add up."""

    cells: int = 0
    nulls: int = 0
    blank: int = 0
    trimmed: int = 0
    missing: Counter[str] = field(default_factory=Counter)
    missing_rows: list[int] = field(default_factory=list)
    bare: int = 0
    words: Counter[str] = field(default_factory=Counter)
    mangled: int = 0
    mangled_rows: list[int] = field(default_factory=list)
    lengths: Counter[int] = field(default_factory=Counter)
    short_rows: list[int] = field(default_factory=list)
    fractions: bool = False

    def add(self, later: Notes) -> None:
        """Takes in the notes of the block that follows."""
        for mine, theirs in (
            (self.missing_rows, later.missing_rows),
            (self.mangled_rows, later.mangled_rows),
            (self.short_rows, later.short_rows),
        ):
            mine += [row + self.cells for row in theirs[: SAMPLE - len(mine)]]
        self.cells += later.cells
        self.nulls += later.nulls
        self.blank += later.blank
        self.trimmed += later.trimmed
        self.bare += later.bare
        self.mangled += later.mangled
        self.fractions |= later.fractions
        self.missing.update(later.missing)
        self.words.update(later.words)
        self.lengths.update(later.lengths)


@dataclass(frozen=True, slots=True)
class Failure:
    """Cells that the reading cannot read: positions in the block and texts, a few of each."""

    rows: tuple[int, ...]
    words: tuple[tuple[str, int], ...]
    count: int


def _parse(texts: pa.StringArray, reading: Reading) -> tuple[pa.Array, Mask]:
    if reading.kind in ("integer", "float", "decimal"):
        return numbers.parse(texts, reading)
    if reading.kind in ("date", "timestamp"):
        return dates.parse(texts, reading)
    if reading.kind == "time":
        return dates.parse_times(texts, reading)
    values = [BOOLEANS.get(text.casefold()) for text in texts.to_pylist()]
    return pa.array(values, pa.bool_()), np.array([value is not None for value in values], dtype=np.bool_)


def _fit_boolean(distinct: Distinct) -> Mask:
    """Every distinct text is a word for yes or no; `yes` alone or `no` alone is still text."""
    if len(distinct.values) - distinct.nothing.sum() > 2 * len(BOOLEANS) * 3:
        return np.zeros(len(distinct.values), dtype=np.bool_)
    words = [text.casefold() for text in distinct.trimmed.to_pylist()]
    ok = np.array([word in BOOLEANS for word in words], dtype=np.bool_)
    if {"yes", "no"} & set(words) and not ({"yes", "no"} <= set(words) or {"true", "false"} & set(words)):
        ok[:] = False
    return ok


Candidate = tuple[Reading, Mask, dict[str, Any]]


def _candidates(distinct: Distinct, hints: Hints, kinds: tuple[ReadingKind, ...]) -> Iterator[Candidate]:
    """A reading of each kind with the texts it fits, the likeliest first."""
    texts, counts = distinct.trimmed, np.where(distinct.nothing, 0, distinct.counts)
    if "boolean" in kinds:
        yield Reading("boolean"), _fit_boolean(distinct), {}
    if not pc.any(pc.match_substring_regex(texts, "[0-9]")).as_py():
        return
    if {"integer", "float", "decimal"} & set(kinds):
        yield from _numbers(distinct, hints, counts)
    if {"date", "timestamp"} & set(kinds) and hints.dates != "text":
        yield *dates.fit(texts, counts, hints.dates or hints.prior_order, strict=bool(hints.dates)), {}
    if "time" in kinds and hints.dates != "text":
        yield *dates.fit_times(texts), {}


def _numbers(distinct: Distinct, hints: Hints, counts: np.ndarray[Any, np.dtype[np.int64]]) -> Iterator[Candidate]:
    parts = numbers.take_apart(distinct.trimmed, zeros=hints.zeros)
    leading = int(counts[numbers.leads_with_zero(distinct.trimmed)].sum())
    if not parts.ok.any() and not leading:
        return
    style = numbers.choose_style(parts, counts, hints.decimal or hints.prior_decimal, hints.thousands)
    if hints.decimal:
        thousands = "" if style.thousands == hints.decimal else style.thousands
        style = numbers.Style(hints.decimal, thousands)
    reading, ok = numbers.fit(parts, counts, style)
    units = tuple(sorted(set(parts.unit[parts.ok & ~distinct.nothing])))
    alike = int(counts[parts.ok & ~ok].sum()) if len(units) > 1 else 0
    yield reading, ok, {"leading": leading, "units": units, "conflict": style.conflict, "alike": alike}


_ALL: tuple[ReadingKind, ...] = ("boolean", "integer", "date", "time")


def _promising(distinct: Distinct, hints: Hints) -> tuple[ReadingKind, ...]:
    """The kinds that a look at a few hundred cells does not rule out; ordinary text ends here."""
    present = distinct.codes[distinct.codes >= 0]
    present = present[~distinct.nothing[present]]
    if len(present) <= 2 * GLANCE:
        return _ALL
    cells = distinct.values.take(pa.array(present[:: max(1, len(present) // GLANCE)]))
    glance = Distinct.of(cells)
    total = glance.total(~glance.nothing)
    kinds: list[ReadingKind] = []
    for kind in _ALL:
        fitted = _candidates(glance, hints, (kind,))
        if any(glance.total(ok) + extra.get("leading", 0) + extra.get("alike", 0) >= total / 2 for _, ok, extra in fitted):
            kinds.append(kind)
    return tuple(kinds)


def decide(text: pa.StringArray | pa.ChunkedArray, hints: Hints, name: str = "", kind: ReadingKind | None = None) -> Decision:
    """The reading that every cell allows, or text. With `kind` only that kind is tried, and it is taken however it fits."""
    if kind == "text":
        return Decision(Reading("text"))
    plain = None if kind else _plain(text, hints, name)
    if plain:
        return Decision(plain)
    distinct = Distinct.of(text)
    nothing = distinct.nothing
    spelled = tuple(
        word for word, _ in distinct.words(nothing & (pc.binary_length(distinct.trimmed).to_numpy(zero_copy_only=False) > 0), 40)
    )
    total = distinct.total(~nothing)
    if kind:
        return Decision(_forced(distinct, hints, kind).with_missing(spelled))
    if not total:
        return Decision(Reading("text", missing=spelled))
    best: tuple[int, Reading, Mask, dict[str, Any]] | None = None
    for reading, ok, extra in _candidates(distinct, hints, _promising(distinct, hints)):
        fits = distinct.total(ok & ~nothing)
        if fits == total:
            if reading.kind == "integer" and _POSTAL.search(name):
                return Decision(Reading("text", form="postal", missing=spelled))
            return Decision(reading.with_missing(spelled))
        weight = fits + extra.get("leading", 0) + extra.get("alike", 0)
        if best is None or weight > best[0]:
            best = (weight, reading, ok, extra)
    stays = Reading("text", form="postal" if _POSTAL.search(name) else "", missing=spelled)
    if best is None or best[0] < NEAR * total:
        return Decision(stays, _measured(distinct, total))
    _, reading, ok, extra = best
    bad = ~ok & ~nothing
    fails = distinct.total(bad)
    return Decision(stays, Near(reading, total - fails, fails, tuple(distinct.words(bad)), distinct.rows(bad), **extra))


def _measured(distinct: Distinct, total: int) -> Near | None:
    """Numbers with a unit behind each, a few units in all."""
    if len(distinct.values) > MOST_MEASURES:
        return None
    units = numbers.words_after(distinct.trimmed, np.where(distinct.nothing, 0, distinct.counts))
    fits = sum(units.values())
    if fits < NEAR * total or len(units) > 8:
        return None
    words = tuple(sorted(units.items(), key=lambda item: -item[1])[:5])
    return Near(Reading("float"), fits, total - fits, words, (), worded=True)


_PLAINEST = (
    Reading("integer"),
    Reading("float"),
    Reading("date", order="ymd", form="numeric-", scale=6),
    Reading("timestamp", order="ymd", form="numeric-", scale=6),
)


def _plain(text: pa.StringArray | pa.ChunkedArray, hints: Hints, name: str) -> Reading | None:
    """The reading of a column whose every cell is in the plainest spelling, found without a closer look."""
    chunks = text.chunks if isinstance(text, pa.ChunkedArray) else [text]
    chunks = [chunk for chunk in chunks if len(chunk) > chunk.null_count]
    if not chunks or _POSTAL.search(name):
        return None
    for reading in _PLAINEST:
        if reading.kind == "float" and "," in (hints.decimal, hints.prior_decimal):
            continue
        if reading.kind in ("date", "timestamp") and hints.dates == "text":
            continue
        if could_be(chunks[0], reading) and all(read_plain(chunk, reading) is not None for chunk in chunks):
            return reading
    return None


def _forced(distinct: Distinct, hints: Hints, kind: ReadingKind) -> Reading:
    fitted = [reading for reading, _, _ in _candidates(distinct, replace(hints, zeros=True), (kind,))]
    reading = fitted[0] if fitted else Reading(kind)
    if kind in ("integer", "float", "decimal"):
        reading = replace(reading, form="zeros")
    if kind == "decimal" and reading.kind != "decimal":
        scale = _places(distinct, reading) + {"%": 2, "‰": 3}.get(reading.unit, 0)
        return replace(reading, kind="decimal", precision=numbers.DECIMAL_DIGITS, scale=scale)
    if kind == "timestamp" and reading.kind == "date":
        return replace(reading, kind="timestamp", scale=6)
    return replace(reading, kind=kind)


def _places(distinct: Distinct, reading: Reading) -> int:
    sign = reading.decimal
    after = [len(text.rpartition(sign)[2].rstrip("%‰$€£ )")) for text in distinct.trimmed.to_pylist() if sign in text]
    return min(max(after, default=0), 18)


def convert(text: pa.StringArray, reading: Reading, notes: Notes) -> pa.Array | Failure:
    """The cells of one block in the type of the reading, with what was seen added to `notes`; or the cells that resist."""
    empty = blanks(text)
    notes.cells, notes.blank, notes.nulls = len(text), empty, text.null_count
    if reading.kind == "text":
        _note_text(text, reading, notes)
        return text
    fast = read_plain(text, reading)
    if fast is not None:
        if reading.kind == "float" and not notes.fractions:
            notes.fractions = not pc.all(pc.equal(pc.floor(fast), fast)).as_py()
        if reading.kind == "float" and (pc.max(fast).as_py() or 0) >= 1e9:
            mangled = _mangled(text)
            notes.mangled, notes.mangled_rows = int(mangled.sum()), np.flatnonzero(mangled)[:SAMPLE].tolist()
        return fast
    distinct = Distinct.of(text)
    values, ok = _parse(distinct.trimmed, reading)
    used = distinct.counts > 0
    bad = used & ~ok & ~distinct.nothing
    if bad.any():
        return Failure(distinct.rows(bad), tuple(distinct.words(bad)), distinct.total(bad))
    _note_converted(distinct, reading, values, notes, ok)
    return distinct.spread(pc.if_else(pa.array(ok & ~distinct.nothing), values, pa.scalar(None, values.type)))


def tally(near: Near, text: pa.StringArray, *, before: int) -> Near:
    """`near` with the cells of the next block counted in; `before` cells came before these."""
    distinct = Distinct.of(text)
    _, ok = _parse(distinct.trimmed, near.reading)
    bad = ~ok & ~distinct.nothing
    words = Counter(dict(near.words))
    words.update(dict(distinct.words(bad)))
    rows = [row + before for row in distinct.rows(bad)] if len(near.rows) < SAMPLE else []
    return replace(
        near,
        fits=near.fits + distinct.total(ok & ~distinct.nothing),
        fails=near.fails + distinct.total(bad),
        words=tuple(words.most_common(5)),
        rows=(*near.rows, *rows)[:SAMPLE],
    )


def decided(text: pa.StringArray, reading: Reading) -> bool:
    """Whether these cells show that an ambiguous reading is right, because the other one does not fit them all."""
    if reading.kind in ("date", "timestamp"):
        other = replace(reading, order="dmy" if reading.order == "mdy" else "mdy")
    else:
        other = replace(reading, kind="float", decimal=reading.thousands, thousands="")
    return isinstance(convert(text, other, Notes()), Failure)


def _mangled(texts: pa.StringArray) -> Mask:
    """Where a spreadsheet has shortened a long number."""
    found = pc.match_substring_regex(texts, r"^[0-9][.,][0-9]{1,5}E\+(09|[1-9][0-9])$")
    mask: Mask = pc.fill_null(found, False).to_numpy(zero_copy_only=False)
    return mask


def _note_text(text: pa.StringArray, reading: Reading, notes: Notes) -> None:
    if reading.missing:
        where = pc.is_in(text, pa.array(reading.missing, pa.string()))
        if pc.any(where).as_py():
            chosen = text.filter(where)
            notes.missing.update({item["values"]: item["counts"] for item in pc.value_counts(chosen).to_pylist()})
            notes.missing_rows += np.flatnonzero(where.to_numpy(zero_copy_only=False))[:SAMPLE].tolist()
    if reading.form == "postal":
        digits = pc.if_else(pc.match_substring_regex(text, "^[0-9]+$"), pc.binary_length(text), 0)
        lengths = pc.fill_null(digits, 0).to_numpy(zero_copy_only=False)
        notes.lengths.update({int(n): int(c) for n, c in zip(*np.unique(lengths[lengths > 0], return_counts=True), strict=True)})
        notes.short_rows += np.flatnonzero((lengths == 3) | (lengths == 4))[:SAMPLE].tolist()


def _note_converted(distinct: Distinct, reading: Reading, values: pa.Array, notes: Notes, ok: Mask) -> None:
    lengths = pc.binary_length(distinct.trimmed).to_numpy(zero_copy_only=False)
    spelled = distinct.nothing & (lengths > 0)
    notes.nulls += distinct.total(distinct.nothing & (lengths == 0))
    notes.blank = 0
    notes.missing.update(dict(distinct.words(spelled, 40)))
    notes.missing_rows += distinct.rows(spelled)
    notes.trimmed = distinct.total(ok & (pc.binary_length(distinct.values).to_numpy(zero_copy_only=False) > lengths))
    if reading.kind == "boolean":
        notes.words.update(dict(distinct.words(ok, 40)))
    if reading.kind in ("integer", "float", "decimal"):
        if reading.unit:
            notes.bare = distinct.total(ok & ~pc.match_substring(distinct.trimmed, reading.unit).to_numpy(zero_copy_only=False))
        mangled = _mangled(distinct.trimmed)
        notes.mangled, notes.mangled_rows = distinct.total(mangled), list(distinct.rows(mangled))
    if reading.kind == "float":
        notes.fractions |= not pc.all(pc.equal(pc.floor(values), values)).as_py()
