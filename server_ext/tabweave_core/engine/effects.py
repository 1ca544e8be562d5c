"""What an applied operation did, in the form that the log keeps: enough to do it again, and to take it back.

Cell values are not in here but in the log's cells, as text: an effect that brings rows or columns finds theirs there.
Rows are in order of position; positions are those after rows came and those before they went. It must not know DuckDB.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from ..protocol.schema import Column  # noqa: TC001 - msgspec reads it when the module is imported

if TYPE_CHECKING:
    from collections.abc import Callable


Ends = tuple[str | None, str | None]
"""The least and the greatest number, where they are declared."""


class EffectBase(msgspec.Struct, tag_field="did", frozen=True, kw_only=True):
    """Base of all effects."""


class CellsSet(EffectBase, frozen=True, kw_only=True, tag="cells_set"):
    """Cells have other values."""


class RowsIn(EffectBase, frozen=True, kw_only=True, tag="rows_in"):
    """Rows came; `columns` are those that the table had."""

    rids: list[int]
    positions: list[int]
    columns: list[Column]


class RowsOut(EffectBase, frozen=True, kw_only=True, tag="rows_out"):
    """Rows went, with their values in `columns`."""

    rids: list[int]
    positions: list[int]
    columns: list[Column]


class ColumnsIn(EffectBase, frozen=True, kw_only=True, tag="columns_in"):
    """Columns came, at these places."""

    columns: list[Column]
    places: list[int]


class ColumnsOut(EffectBase, frozen=True, kw_only=True, tag="columns_out"):
    """Columns went, from these places."""

    columns: list[Column]
    places: list[int]


class Relabel(EffectBase, frozen=True, kw_only=True, tag="relabel"):
    """A column has another name."""

    column: int
    old: str
    new: str


class Move(EffectBase, frozen=True, kw_only=True, tag="move"):
    """A column is at another place."""

    column: int
    old: int
    new: int


class Recast(EffectBase, frozen=True, kw_only=True, tag="recast"):
    """A column has another type; the log has the old and new value of every row."""

    old: Column
    new: Column


class Bound(EffectBase, frozen=True, kw_only=True, tag="bound"):
    """A column has other declared bounds: the least and the greatest number, before and after."""

    column: int
    old: Ends
    new: Ends


Single = CellsSet | RowsIn | RowsOut | ColumnsIn | ColumnsOut | Relabel | Move | Recast | Bound


class Several(EffectBase, frozen=True, kw_only=True, tag="several"):
    """These in turn; no two of them log the same cell."""

    parts: list[Single]


Effect = Single | Several


def parts(effect: Effect) -> list[Single]:
    """What an effect consists of."""
    return effect.parts if isinstance(effect, Several) else [effect]


def owner(effect: Effect) -> Callable[[int, int], Single]:
    """What tells the part that logged a cell (by column and row id): the first to take it away, the last to bring it."""
    claims = [(part, *_claim(part)) for part in parts(effect)]
    out = [each for each in claims if isinstance(each[0], RowsOut | ColumnsOut)]
    into = [each for each in reversed(claims) if isinstance(each[0], RowsIn | ColumnsIn)]
    recast = [each for each in claims if isinstance(each[0], Recast)]
    rest = next((part for part, *_ in claims if isinstance(part, CellsSet)), claims[0][0])

    def find(cid: int, rid: int) -> Single:
        return next((part for part, cids, rids in (*out, *into, *recast) if cid in cids or rid in rids), rest)

    return find


def _claim(part: Single) -> tuple[frozenset[int], frozenset[int]]:
    """The columns and the rows all cells of which a part may log."""
    match part:
        case ColumnsIn(columns=columns) | ColumnsOut(columns=columns):
            return frozenset(column.id for column in columns), frozenset()
        case Recast(new=column):
            return frozenset({column.id}), frozenset()
        case RowsIn(rids=rids) | RowsOut(rids=rids):
            return frozenset(), frozenset(rids)
    return frozenset(), frozenset()


def invert(effect: Effect) -> Effect:
    """What takes an effect back."""
    if isinstance(effect, Several):
        return Several(parts=[_inverse(part) for part in reversed(effect.parts)])
    return _inverse(effect)


def _inverse(effect: Single) -> Single:
    match effect:
        case RowsIn(rids=rids, positions=positions, columns=columns):
            return RowsOut(rids=rids, positions=positions, columns=columns)
        case RowsOut(rids=rids, positions=positions, columns=columns):
            return RowsIn(rids=rids, positions=positions, columns=columns)
        case ColumnsIn(columns=columns, places=places):
            return ColumnsOut(columns=columns, places=places)
        case ColumnsOut(columns=columns, places=places):
            return ColumnsIn(columns=columns, places=places)
        case Relabel(column=column, old=before, new=after):
            return Relabel(column=column, old=after, new=before)
        case Move(column=column, old=start, new=stop):
            return Move(column=column, old=stop, new=start)
        case Recast(old=was, new=now):
            return Recast(old=now, new=was)
        case Bound(column=column, old=had, new=has):
            return Bound(column=column, old=has, new=had)
        case _:
            return effect


def encode(effect: Effect) -> str:
    """The effect as the log keeps it."""
    return msgspec.json.encode(effect).decode()


_DECODER: msgspec.json.Decoder[Effect] = msgspec.json.Decoder(Effect)


def decode(text: str) -> Effect:
    """The effect that the log kept."""
    return _DECODER.decode(text)
