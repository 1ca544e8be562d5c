"""Sorting texts by code point (and bytes by byte) faster than comparing them one by one.

UTF-8 bytes sort as code points do. Texts that repeat are sorted once each; else eight bytes at a time are compared as one
integer, and only texts equal so far are looked at further. It must not know frames.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from collections.abc import Callable

Order = np.ndarray[Any, Any]
Marks = np.ndarray[Any, np.dtype[np.bool_]]

_SAMPLE = 10_000
_STEP = 8
_GLANCE = 1000
"""So many texts are looked at to guess what all are like."""
MANY = 100_000
"""From so many texts on, those of one beginning are sorted by themselves, if there are few beginnings."""
_FEW = 256
DEEPEST = 50
"""How often texts are split so."""


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


def sort(texts: Any, check: Callable[[], None]) -> tuple[Order, Marks]:
    """The stable order of texts (missing as ""), and which of them, in that order, differ from the one before."""
    ascending = _ascending(texts)
    if ascending is not None:
        return np.arange(len(texts)), ascending
    starts, lengths, data = _buffers(texts)
    skip = 0
    if texts.null_count:
        gone = np.asarray(texts.is_null())
        lengths[gone] = 0
        if not gone.all():
            skip = _shared_prefix(starts[~gone], lengths[~gone], data)
            starts, lengths = starts + skip, np.maximum(lengths - skip, 0)
    return _sorted(starts, lengths, data, check, DEEPEST)


def _ascending(texts: Any) -> Marks | None:
    """Which texts differ from the one before if they are in order already, else None."""
    count = len(texts)
    if count < 2 or texts.null_count:
        return None
    places = np.unique(np.linspace(0, count - 1, min(count, _GLANCE)).astype(np.int64))
    for some in (texts.take(pa.array(places)), texts):
        before, after = some.slice(0, len(some) - 1), some.slice(1)
        if not pc.all(pc.less_equal(before, after)).as_py():
            return None
    return np.concatenate((np.ones(1, dtype=np.bool_), np.asarray(pc.not_equal(before, after))))


def _sorted(starts: Any, lengths: Any, data: Any, check: Callable[[], None], deepest: int) -> tuple[Order, Marks]:
    """The order of the texts of `lengths` bytes that begin at `starts`, and which differ from the one before."""
    skip = _shared_prefix(starts, lengths, data)
    starts, lengths = starts + skip, lengths - skip
    keys = _load(data, starts, lengths)
    order = _by_key(keys)
    keys = keys[order]
    first = np.ones(len(order), dtype=np.bool_)
    first[1:] = keys[1:] != keys[:-1]
    del keys
    check()
    if len(order) < MANY or not deepest or np.count_nonzero(first) > _FEW:
        _settle(order, first, starts, lengths, data, check)
        return order, first
    # A few long runs: what the texts of each have in common is skipped, and their bytes are read in their own order.
    bounds = [*np.flatnonzero(first).tolist(), len(order)]
    for begin, end in pairwise(bounds):
        rows, heads = order[begin:end], first[begin:end]
        if lengths[rows].min() <= _STEP:
            _settle(rows, heads, starts, lengths, data, check)
        else:
            inner, differ = _sorted(starts[rows] + _STEP, lengths[rows] - _STEP, data, check, deepest - 1)
            rows[:], heads[1:] = rows[inner], differ[1:]
    return order, first


def _by_key(keys: Any) -> Order:
    """The stable order of keys; quick where they are few different ones."""
    known = np.unique(keys[:: max(len(keys) // _GLANCE, 1)])
    if len(known) <= _FEW:
        places = np.minimum(np.searchsorted(known, keys), len(known) - 1).astype(np.uint16)
        if np.array_equal(known[places], keys):
            keys = places
    found: Order = np.argsort(keys, kind="stable")
    return found


def _settle(order: Order, first: Marks, starts: Any, lengths: Any, data: Any, check: Callable[[], None]) -> None:
    """Orders in place what is tied after its first bytes."""
    depth = 0
    while True:
        check()
        tied = _unsettled(first, lengths[order], depth)
        if not len(tied):
            return
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
    groups = run * (_STEP + 2) + ends
    by_run = np.argsort((groups.astype(np.uint16) if groups[-1] < 2**16 - 2 * _STEP else groups)[by_key], kind="stable")
    inner = by_key[by_run]
    order[tied] = rows[inner]
    run, ends, keys = run[inner], ends[inner], keys[inner]
    first[tied[1:]] = (run[1:] != run[:-1]) | (ends[1:] != ends[:-1]) | (keys[1:] != keys[:-1])
