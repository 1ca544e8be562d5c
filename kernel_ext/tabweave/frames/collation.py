"""Sorting texts by code point (and bytes by byte) faster than comparing them one by one.

UTF-8 bytes sort as code points do. Texts that repeat are sorted once each; else eight bytes at a time are compared as one
integer, and only texts equal so far are looked at further. It must not know frames.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from collections.abc import Callable

_SAMPLE = 10_000
_STEP = 8


def ranks(texts: Any, check: Callable[[], None]) -> tuple[np.ndarray[Any, Any], int]:
    """For each text the number of distinct smaller ones, and how many distinct ones there are; missing get any rank.

    `texts` is an Arrow array of (large) strings or binaries, or a dictionary of them.
    """
    if pa.types.is_dictionary(texts.type):
        return _through(texts, check)
    if _repeats(texts):
        return _through(texts.dictionary_encode(), check)
    order, first = sort(texts, check)
    rank = np.empty(len(order), dtype=np.int32 if len(order) < 2**31 else np.int64)
    number = np.cumsum(first, dtype=rank.dtype)
    rank[order] = number - 1
    return rank, int(number[-1]) if len(number) else 0


def arrange(texts: Any, descending: bool, check: Callable[[], None]) -> np.ndarray[Any, Any] | None:
    """The stable order of texts, missing last; None where `ranks` is the faster way."""
    if pa.types.is_dictionary(texts.type) or _repeats(texts):
        return None
    order, first = sort(texts, check)
    if descending:
        order = order[_backwards(np.append(np.flatnonzero(first), len(order)))]
    if texts.null_count:
        gone = np.asarray(texts.is_null())[order]
        order = np.concatenate((order[~gone], np.sort(order[gone])))
    return order


def _backwards(heads: Any) -> np.ndarray[Any, Any]:
    """Places such that runs, which begin at `heads`, come in reverse order and each keeps its own."""
    lengths = np.diff(heads)
    begins = np.cumsum(lengths[::-1]) - lengths[::-1]
    shift = np.repeat(heads[:-1][::-1] - begins, lengths[::-1])
    places: np.ndarray[Any, Any] = np.arange(len(shift)) + shift
    return places


def sort(texts: Any, check: Callable[[], None]) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, np.dtype[np.bool_]]]:
    """The stable order of texts (missing as ""), and which of them, in that order, differ from the one before."""
    starts, lengths, data = _buffers(texts)
    gone = np.asarray(texts.is_null()) if texts.null_count else None
    if gone is None or not gone.all():
        present = slice(None) if gone is None else ~gone
        skip = _shared_prefix(starts[present], lengths[present], data)
        starts, lengths = starts + skip, lengths - skip
    if gone is not None:
        lengths[gone] = 0
    keys = _load(data, starts, lengths)
    order = np.argsort(keys, kind="stable")
    keys = keys[order]
    first = np.ones(len(order), dtype=np.bool_)
    first[1:] = keys[1:] != keys[:-1]
    del keys
    depth = 0
    while True:
        check()
        tied = _unsettled(first, lengths[order], depth)
        if not len(tied):
            return order, first
        _refine(order, first, tied, starts, lengths, data, depth)
        depth += _STEP


def _through(encoded: Any, check: Callable[[], None]) -> tuple[np.ndarray[Any, Any], int]:
    order, first = sort(encoded.dictionary, check)
    rank = np.empty(max(len(order), 1), dtype=np.int32)
    rank[order] = np.cumsum(first) - 1
    codes = pc.fill_null(encoded.indices, 0).to_numpy(zero_copy_only=False)
    return rank[codes], int(first.sum())


def _repeats(texts: Any) -> bool:
    if len(texts) <= _SAMPLE:
        return False
    places = np.linspace(0, len(texts) - 1, _SAMPLE).astype(np.int64)
    return bool(pc.count_distinct(texts.take(pa.array(places))).as_py() < _SAMPLE // 2)


def _buffers(texts: Any) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    if len(texts) == 0:
        return np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.uint8)
    wide = np.int64 if pa.types.is_large_string(texts.type) or pa.types.is_large_binary(texts.type) else np.int32
    _, offsets, data = texts.buffers()
    bounds = np.frombuffer(offsets, dtype=wide)[texts.offset : texts.offset + len(texts) + 1].astype(np.int64)
    starts, lengths = bounds[:-1], np.diff(bounds)
    return starts, lengths, np.frombuffer(data, dtype=np.uint8) if data is not None else np.zeros(0, np.uint8)


def _shared_prefix(starts: Any, lengths: Any, data: Any) -> int:
    """How many leading bytes all texts have in common."""
    if len(starts) == 0:
        return 0
    head = data[starts[0] : starts[0] + int(lengths.min())]
    shared = len(head)
    for place in range(0, len(head), _STEP):
        keys = _load(data, starts + place, lengths - place)
        varying = int(keys.min() ^ keys.max())
        if varying:
            shared = min(place + _STEP - (varying.bit_length() + 7) // 8, len(head))
            break
    return shared


def _load(data: Any, starts: Any, lengths: Any) -> np.ndarray[Any, np.dtype[np.uint64]]:
    """The first eight bytes of each text as a big-endian integer; bytes after its end are zero."""
    whole = len(data) - _STEP
    if whole < 0:
        data = np.concatenate((data, np.zeros(_STEP, np.uint8)))
        whole = len(data) - _STEP
    every = np.ndarray((whole + 1,), dtype=">u8", buffer=data, strides=(1,))
    keys: np.ndarray[Any, np.dtype[np.uint64]] = every[np.clip(starts, 0, whole)].astype(np.uint64)
    late = np.flatnonzero(starts > whole)
    if len(late):
        keys[late] <<= (_STEP * np.minimum(starts[late] - whole, _STEP - 1)).astype(np.uint64)
    short = np.flatnonzero(lengths < _STEP)
    if len(short):
        cut = (_STEP * (_STEP - np.clip(lengths[short], 1, _STEP))).astype(np.uint64)
        keys[short] = np.where(lengths[short] <= 0, np.uint64(0), keys[short] >> cut << cut)
    return keys


def _unsettled(first: Any, lengths: Any, depth: int) -> np.ndarray[Any, Any]:
    """The places in the order of texts that are tied so far and not known to be equal."""
    tied = ~first
    tied[:-1] |= ~first[1:]
    places: np.ndarray[Any, Any] = np.flatnonzero(tied)
    if not len(places):
        return places
    ends = np.minimum(lengths[places] - depth, _STEP + 1)
    runs = np.cumsum(first[places])
    heads = np.flatnonzero(first[places])
    lowest, highest = np.minimum.reduceat(ends, heads), np.maximum.reduceat(ends, heads)
    going = (lowest != highest) | (highest > _STEP)
    unsettled: np.ndarray[Any, Any] = places[going.take(runs - 1)]
    return unsettled


def _refine(order: Any, first: Any, tied: Any, starts: Any, lengths: Any, data: Any, depth: int) -> None:
    """Sorts the tied places further: within a run the ended texts by length, then the others by their next eight bytes."""
    rows = order[tied]
    run = np.cumsum(first[tied])
    ends = np.minimum(lengths[rows] - depth, _STEP + 1)
    keys = _load(data, starts[rows] + depth + _STEP, lengths[rows] - depth - _STEP)
    by_key = np.argsort(keys, kind="stable")
    by_run = np.argsort((run * (_STEP + 2) + ends)[by_key], kind="stable")
    inner = by_key[by_run]
    order[tied] = rows[inner]
    run, ends, keys = run[inner], ends[inner], keys[inner]
    first[tied[1:]] = (run[1:] != run[:-1]) | (ends[1:] != ends[:-1]) | (keys[1:] != keys[:-1])
