"""The distinct texts of a column, so that slow reading is paid once per spelling and not once per cell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from .result import SAMPLE
from .spellings import spells_missing

if TYPE_CHECKING:
    from collections.abc import Sequence

Mask = np.ndarray[Any, np.dtype[np.bool_]]


@dataclass(frozen=True, slots=True)
class Distinct:
    """Distinct texts with their trimmed form, how often each occurs, and for each cell the number of its text (-1: missing)."""

    values: pa.StringArray
    trimmed: pa.StringArray
    counts: np.ndarray[Any, np.dtype[np.int64]]
    codes: np.ndarray[Any, np.dtype[np.int32]]
    nothing: Mask

    @classmethod
    def of(cls, text: pa.StringArray | pa.ChunkedArray) -> Distinct:
        """Counts the texts of an Arrow string array."""
        chunks = (text if isinstance(text, pa.ChunkedArray) else pa.chunked_array([text])).dictionary_encode().chunks
        values = chunks[-1].dictionary if chunks else pa.array([], pa.string())
        parts = [pc.fill_null(chunk.indices, -1).to_numpy(zero_copy_only=False) for chunk in chunks]
        codes = np.concatenate(parts) if parts else np.empty(0, np.int32)
        counts = np.bincount(codes[codes >= 0], minlength=len(values))
        trimmed = pc.utf8_trim_whitespace(values)
        short = np.flatnonzero(pc.less_equal(pc.binary_length(trimmed), 16).to_numpy(zero_copy_only=False))
        nothing = np.zeros(len(values), dtype=np.bool_)
        for position, word in zip(short.tolist(), trimmed.take(pa.array(short)).to_pylist(), strict=True):
            nothing[position] = spells_missing(word)
        return cls(values, trimmed, counts, codes, nothing)

    def total(self, mask: Mask) -> int:
        """How many cells hold one of the chosen texts."""
        return int(self.counts[mask].sum())

    def words(self, mask: Mask, most: int = 5) -> list[tuple[str, int]]:
        """The commonest of the chosen texts, with their counts."""
        chosen = np.flatnonzero(mask)
        chosen = chosen[np.argsort(-self.counts[chosen], kind="stable")][:most]
        return [(self.values[int(i)].as_py(), int(self.counts[i])) for i in chosen]

    def rows(self, mask: Mask) -> tuple[int, ...]:
        """Positions of the first cells that hold one of the chosen texts."""
        if not mask.any():
            return ()
        lookup = np.append(mask, False)
        found: list[int] = []
        for start in range(0, len(self.codes), 1 << 16):
            found += (np.flatnonzero(lookup[self.codes[start : start + (1 << 16)]]) + start).tolist()
            if len(found) >= SAMPLE:
                break
        return tuple(found[:SAMPLE])

    def spread(self, converted: pa.Array) -> pa.Array:
        """A value per distinct text, laid out over the cells."""
        return converted.take(pa.array(self.codes, mask=self.codes < 0))


def quote_words(words: Sequence[tuple[str, int]], total: int | None = None) -> str:
    """`'n/a' (12), '-' (3)` and how many more."""
    shown = ", ".join(f"{word[:40]!r} ({count:,})" for word, count in words)
    rest = (total or 0) - sum(count for _, count in words)
    return f"{shown} and {rest:,} more" if rest > 0 else shown
