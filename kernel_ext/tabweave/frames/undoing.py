"""Taking an entry of the log back: only what nobody has changed since, and in words what was left. Nothing is written here.

A cell, row or column is brought back if the undone entry is still its last writer.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NoReturn

import numpy as np
import numpy.typing as npt
import pandas as pd
from tabweave_core.errors import Refused

from . import labels, writes
from .columns import describe_dtype, label_text
from .defaults import sized
from .difference import differing
from .effects import Bound, ColumnsIn, ColumnsOut, Effect, Move, Piece, Recast, Relabel, RowsIn, RowsOut, SetValues, Several
from .ops import Plan, counted
from .retype import converted
from .structure import check_free, check_labels

if TYPE_CHECKING:
    from tabweave_core.engine.rows import Ints

    from .frame import Frame
    from .labels import Kept
    from .log import Entry


def undo(frame: Frame, entry: Entry, word: str) -> Plan:
    """The part of an entry's inverse that still applies; `word` is "undid" or "redid"."""
    later = frame.log.since(entry)
    inverse = entry.inverse
    effect: Effect | None
    kept: dict[int, Ints] = {}
    match inverse:
        case SetValues():
            effect, kept, whole = _cells(frame, inverse, later)
            left = sum(map(len, kept.values()))
            noun = "cell"
        case RowsOut():
            effect, whole, left = _rows_out(frame, inverse, later)
            noun = "row"
        case RowsIn():
            effect, whole, left = _rows_in(frame, inverse), len(inverse.rids), 0
            noun = "row"
        case ColumnsOut():
            effect, whole, left = _columns_out(frame, inverse, later)
            noun = "column"
        case ColumnsIn():
            effect, whole, left = _columns_in(frame, inverse), len(inverse.cids), 0
            noun = "column"
        case Recast():
            effect, whole, left = _recast(frame, inverse, entry, later)
            noun = "column"
        case Several():
            effect, kept, whole = _several(frame, inverse, later)
            left = sum(map(len, kept.values()))
            noun = "cell"
        case _:
            effect, whole, left = _place_or_name(frame, inverse, entry, later)
            noun = "column"
    message = ""
    if left:
        message = f"{whole - left:,} of {counted(whole, noun)} restored, {left:,} changed by {_names(later, entry)} since"
    return Plan(effect, f"{word}: {_core(entry)}", message=message, skipped=left, left=kept)


def _core(entry: Entry) -> str:
    return entry.summary.removeprefix("undid: ").removeprefix("redid: ")


def _names(later: list[Entry], entry: Entry) -> str:
    names = dict.fromkeys(other.user.name or other.user.id for other in later if other.user.id != entry.user.id)
    return " and ".join(names) or "you"


def _overwritten(later: list[Entry], cid: int, rids: Ints) -> npt.NDArray[np.bool_]:
    """Which of the rows somebody wrote later, as a mask."""
    mask = np.zeros(len(rids), dtype=np.bool_)
    for entry in later:
        if isinstance(entry.effect, (RowsIn, RowsOut)):
            continue
        written = entry.writes_to(cid)
        if written is None:
            mask[:] = True
            break
        if len(written):
            mask |= np.isin(rids, written)
    return mask


def _cells(frame: Frame, inverse: SetValues, later: list[Entry]) -> tuple[Effect | None, dict[int, Ints], int]:
    """The cells to bring back, those to leave, and how many there are in all."""
    pieces: list[Piece] = []
    left: dict[int, Ints] = {}
    whole = 0
    for piece in inverse.pieces:
        whole += len(piece.rids)
        place = frame.layout.place(piece.cid)
        gone: npt.NDArray[np.bool_] = np.ones(len(piece.rids), dtype=np.bool_)
        if place >= 0 and writes.column(frame.df, place).dtype == piece.values.dtype:
            gone = (frame.rids.positions(piece.rids) < 0) | _overwritten(later, piece.cid, piece.rids)
        if gone.any():
            left[piece.cid] = np.concatenate([left.get(piece.cid, piece.rids[:0]), piece.rids[gone]])
            free = np.flatnonzero(~gone)
            if len(free):
                pieces.append(Piece(piece.cid, piece.rids[free], writes.take(piece.values, free)))
        else:
            pieces.append(piece)
    return (SetValues(tuple(pieces)) if pieces else None), left, whole


def _several(frame: Frame, inverse: Several, later: list[Entry]) -> tuple[Effect, dict[int, Ints], int]:
    """All parts of a command, but for the cells that were written since; the structure must still be the command's."""
    same = inverse.rows is not None and inverse.rows.same_rows(frame.rids) and inverse.columns == tuple(frame.layout.columns)
    if not same:
        _refuse_later("Rows or columns came, went or moved since.")
    parts: list[Effect] = []
    left: dict[int, Ints] = {}
    whole = 0
    for each in inverse.effects:
        if isinstance(each, SetValues):
            free = []
            for piece in each.pieces:
                whole += len(piece.rids)
                mine = _overwritten(later, piece.cid, piece.rids)
                if mine.any():
                    left[piece.cid] = piece.rids[mine]
                open_ = np.flatnonzero(~mine)
                free.append(piece if not mine.any() else Piece(piece.cid, piece.rids[open_], writes.take(piece.values, open_)))
            parts.append(SetValues(tuple(piece for piece in free if len(piece.rids))))
            continue
        if isinstance(each, (ColumnsOut, Recast)):
            cids = each.cids if isinstance(each, ColumnsOut) else (each.cid,)
            if any(_touches(entry, cid) for entry in later for cid in cids):
                _refuse_later("A column that it made or converted was edited since.")
        if isinstance(each, RowsOut) and any(_overwritten(later, cid, each.rids).any() for cid in inverse.columns):
            _refuse_later("A row that it made was edited since.")
        parts.append(each)
    return Several(tuple(parts)), left, whole


def _refuse_later(message: str) -> NoReturn:
    raise Refused("CONFLICT", f"This cannot be undone by itself. {message}", hint="Undo what came later first.")


def _rows_out(frame: Frame, inverse: RowsOut, later: list[Entry]) -> tuple[Effect | None, int, int]:
    present = inverse.rids[frame.rids.positions(inverse.rids) >= 0]
    touched = np.zeros(len(present), dtype=np.bool_)
    for entry in later:
        if isinstance(entry.effect, SetValues):
            for piece in entry.effect.pieces:
                touched |= np.isin(present, piece.rids)
    free = present[~touched]
    return (RowsOut(free, inverse.kept) if len(free) else None), len(inverse.rids), len(inverse.rids) - len(free)


def _rows_in(frame: Frame, inverse: RowsIn) -> Effect:
    index = frame.df.index
    absent = frame.rids.positions(inverse.rids) < 0
    given = inverse.labels if labels.same_type(inverse.labels, index) else labels.fresh(index, len(absent))
    if absent.all() and inverse.before is not None:
        rest = inverse.before.copy()
        rest.delete(inverse.positions)
        if rest.same_rows(frame.rids):
            check_labels(frame, given)
            return replace(inverse, labels=given)
    kept = np.flatnonzero(absent)
    check_labels(frame, given[kept])
    values = {cid: writes.take(held, kept) for cid, held in inverse.values.items()}
    rids = inverse.rids[kept]
    positions = _places_after_neighbours(frame, inverse, rids)
    return RowsIn(positions, rids, values, given[kept], inverse.kept)


def _places_after_neighbours(frame: Frame, inverse: RowsIn, rids: Ints) -> Ints:
    """Final positions that put each row after the nearest row above it that is still there."""
    if inverse.before is None:
        return len(frame.df) + np.arange(len(rids))
    order = inverse.before.ids(slice(None))
    now = frame.rids.positions(order)
    nearest = np.maximum.accumulate(np.where(now >= 0, np.arange(len(order)), -1))
    at = nearest[inverse.before.positions(rids)]
    return np.maximum.accumulate(np.where(at >= 0, now[at] + 1, 0)) + np.arange(len(rids))


def _columns_out(frame: Frame, inverse: ColumnsOut, later: list[Entry]) -> tuple[Effect | None, int, int]:
    free = tuple(cid for cid in inverse.cids if frame.layout.place(cid) >= 0 and not any(_touches(entry, cid) for entry in later))
    return (ColumnsOut(free, inverse.kept) if free else None), len(inverse.cids), len(inverse.cids) - len(free)


def _touches(entry: Entry, cid: int) -> bool:
    if isinstance(entry.effect, (RowsIn, RowsOut)):
        return False
    written = entry.writes_to(cid)
    return written is None or len(written) > 0


def _columns_in(frame: Frame, inverse: ColumnsIn) -> Effect:
    if _in_force(inverse.kept, frame.columns_state):
        return inverse
    columns = list(frame.layout.columns)
    places = []
    for label in inverse.labels:
        if label not in inverse.shared:
            check_free(frame, label)
    for cid, place in zip(inverse.cids, inverse.places, strict=True):
        left = [other for other in reversed(inverse.before[:place]) if other in columns]
        at = columns.index(left[0]) + 1 if left else 0
        columns.insert(at, cid)
    places = [columns.index(cid) for cid in inverse.cids]
    order = np.argsort(places)
    return ColumnsIn(
        tuple(places[at] for at in order),
        tuple(inverse.cids[at] for at in order),
        tuple(inverse.labels[at] for at in order),
        tuple(inverse.arrays[at] for at in order),
        inverse.rows,
    )


def _in_force(kept: Kept | None, state: int) -> bool:
    return kept is not None and kept.after == state


def _recast(frame: Frame, inverse: Recast, entry: Entry, later: list[Entry]) -> tuple[Effect | None, int, int]:
    """The old array; cells and rows that changed since, by whatever entry, keep their present value in the old type."""
    cid, place = inverse.cid, frame.layout.place(inverse.cid)
    given = entry.effect
    gone = place < 0 or any(isinstance(other.effect, Recast) and other.effect.cid == cid for other in later)
    if gone or not isinstance(given, Recast) or writes.column(frame.df, place).dtype != given.array.dtype:
        return None, 1, 1
    changed = _changed_since(frame, given, entry, place)
    if not len(changed):
        return inverse, 1, 0
    column = frame.layout.column(frame.df, cid)
    target = describe_dtype(inverse.array.dtype, id=cid, name=column.name, index=False)
    parsed = converted(writes.read(frame.df, place, changed), column, target, inverse.array)
    if parsed.values is None:
        message = f"{counted(len(parsed.bad), 'cell')} of {column.name} changed since and cannot be {target.dtype} again."
        raise Refused("CONFLICT", message, hint=parsed.bad[0].message)
    box = pd.DataFrame({0: writes.wrap(sized(inverse.array, inverse.rows, frame.rids).copy())})
    writes.write(box, 0, changed, parsed.values)
    return Recast(cid, writes.column(box, 0).copy(), frame.rids.copy()), 1, 0


def _changed_since(frame: Frame, given: Recast, entry: Entry, place: int) -> Ints:
    """Positions of the rows whose cell is no longer what the change of type gave it."""
    written = [other.wrote(given.cid) for other in frame.log if other.rev > entry.rev]
    same_rows = given.rows.same_rows(frame.rids)
    if same_rows and not any(rids is None or len(rids) for rids in written):
        return np.empty(0, dtype=np.int64)
    then = given.rows.positions(frame.rids.ids(slice(None)))
    known = np.flatnonzero(then >= 0)
    now = writes.read(frame.df, place, known)
    differs = differing(writes.take(given.array, then[known]), now)
    return np.union1d(np.flatnonzero(then < 0), known if differs is None else known[differs])


def _place_or_name(frame: Frame, inverse: Effect | None, entry: Entry, later: list[Entry]) -> tuple[Effect | None, int, int]:
    if not isinstance(inverse, (Relabel, Move, Bound)) or frame.layout.place(inverse.cid) < 0:
        return None, 1, 1
    if any(isinstance(other.effect, type(inverse)) and other.effect.cid == inverse.cid for other in later):
        return None, 1, 1
    if isinstance(inverse, Relabel) and not _in_force(inverse.kept, frame.columns_state):
        now = frame.df.columns[frame.layout.place(inverse.cid)]
        if isinstance(entry.effect, Relabel) and label_text(now) != label_text(entry.effect.label):
            return None, 1, 1
        check_free(frame, inverse.label)
    return inverse, 1, 0
