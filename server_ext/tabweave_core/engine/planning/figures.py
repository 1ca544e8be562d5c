"""What a column of a tree shows of nodes: exact values as Python has them, as Arrow and as JSON.

It must not know which nodes are shown.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

import pyarrow as pa

from ...protocol import values as json_values
from ..rollups.units import LIMIT, to_decimal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ...protocol.ops import Scalar
    from ...protocol.schema import Kind
    from ..rollups.units import Ints
    from .board import Board

Figure = int | float | Decimal | str | None
"""What a cell of a tree holds."""

MORE_DECIMALS = 4
"""Quotients are shown with so many more decimals than what they are of."""
_DIGITS = 38
_COUNTS = ("count", "distinct")
_QUOTIENTS = ("mean", "weighted_mean", "ratio")


def kind_of(board: Board, place: int) -> tuple[Kind, int | None]:
    """The kind, and the scale of a decimal, of what an aggregate shows."""
    aggregate = board.aggregates[place]
    asked = board.definition.aggregates[place]
    measured = board.measured[asked.column]
    if aggregate.kind in _COUNTS:
        return "integer", None
    if measured.texts is not None:
        return "text", None
    other = None if asked.other is None else board.measured[asked.other].measure
    if measured.measure.approximate or (other is not None and other.approximate):
        return "float", None
    scale = measured.measure.scale
    if aggregate.kind in _QUOTIENTS:
        return "decimal", MORE_DECIMALS + (0 if aggregate.kind == "ratio" else scale)
    return ("decimal", scale) if board.columns[asked.column].kind == "decimal" else ("integer", None)


def figures(board: Board, place: int, nodes: Iterable[int]) -> list[Figure]:
    """What nodes show for an aggregate; None for a node -1."""
    aggregate = board.aggregates[place]
    kind, scale = kind_of(board, place)
    texts = board.measured[board.definition.aggregates[place].column].texts
    rollup = board.rollup
    found: list[Figure] = []
    for node in nodes:
        value = None if node < 0 else rollup.value(node, aggregate)
        if value is None:
            found.append(None)
        elif kind == "text":
            assert texts is not None
            found.append(texts[int(value)])
        elif kind == "float":
            shown = board.value(node, place)
            found.append(None if shown is None else float(shown))
        elif kind == "integer":
            found.append(int(value))
        elif aggregate.kind in _QUOTIENTS:
            found.append(to_decimal(round(Fraction(value) * 10**MORE_DECIMALS), scale or 0))
        else:
            assert isinstance(value, int)
            found.append(to_decimal(value, scale or 0))
    return found


def whole_sums(board: Board, place: int) -> Ints | None:
    """What all nodes show, by number, where it is a sum of values that are all there; None for everything else."""
    aggregate = board.aggregates[place]
    column = board.rollup.columns[aggregate.column]
    if aggregate.kind != "sum" or column.present is not None or board.rollup.measures[aggregate.column].approximate:
        return None
    return board.rollup.sums(aggregate.column)


def to_arrow(kind: Kind, scale: int | None, cells: list[Figure]) -> pa.Array:
    """Cells of one column."""
    if kind == "decimal":
        return _decimals(cells, scale or 0)
    if kind == "integer":
        if all(cell is None or -LIMIT <= int(cell) < LIMIT for cell in cells):
            return pa.array(cells, pa.int64())
        return _decimals([None if cell is None else Decimal(cell) for cell in cells], 0)
    return pa.array(cells, pa.float64() if kind == "float" else pa.string())


def _decimals(cells: list[Figure], scale: int) -> pa.Array:
    digits = max((len(cell.as_tuple().digits) for cell in cells if isinstance(cell, Decimal)), default=0)
    return pa.array(cells, pa.decimal128(_DIGITS, scale) if digits <= _DIGITS else pa.decimal256(2 * _DIGITS, scale))


def to_json(kind: Kind, cells: list[Figure]) -> list[Scalar]:
    """Cells of one column as the protocol's JSON."""
    return [json_values.encode(kind, cell) for cell in cells]
