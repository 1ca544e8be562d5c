"""The sort, the filters and the quick search of a tree: which nodes are kept, and how siblings stand.

It must not know windows or what is open.
"""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

import numpy as np

from ...errors import BadMessage, BadValue
from ...protocol.schema import ExpressionFilter, MissingFilter, RangeFilter, SetFilter, TextFilter
from . import figures
from .outline import downwards, upwards
from .treetable import LABELS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ...protocol.ops import Scalar
    from ...protocol.schema import Filter, Sort, View
    from ..rollups.units import Ints, Mask
    from .figures import Figure
    from .outline import Rank
    from .treetable import TreeTable


def reads(view: View) -> set[int]:
    """The columns that a tree is sorted and filtered by."""
    filtered = {each.column for each in view.filter if not isinstance(each, ExpressionFilter)}
    return filtered | {each.column for each in view.sort}


# Order


def rank(table: TreeTable, keys: Sequence[Sort]) -> Rank:
    """How siblings stand by some columns; missing ones last either way, ties in the order of the hierarchy."""
    for key in keys:
        table.column(key.column)

    def place(nodes: Ints) -> Ints:
        ranks = [_places(table, nodes, key) for key in keys]
        found = np.empty(len(nodes), dtype=np.int64)
        found[np.lexsort(ranks[::-1])] = np.arange(len(nodes))
        return found

    return place


def _places(table: TreeTable, nodes: Ints, key: Sort) -> Ints:
    if key.column == LABELS:
        level = table.board.hierarchy.level(int(nodes[0])) - 1
        codes = table.board.hierarchy.tree.code[nodes]
        missing = codes == len(table.board.texts[level])
        return np.where(missing, len(table.board.texts[level]), -codes if key.descending else codes)
    board, parts = table.part(key.column, nodes)
    sums = figures.whole_sums(board, table.columns[key.column].place)
    if sums is not None and sums.dtype != np.object_ and len(parts) and parts.min() >= 0:
        found = sums[parts]
        return -found if key.descending else found
    cells = [None if cell is None or cell != cell else cell for cell in table.cells(key.column, nodes)]
    known: list[Any] = sorted({cell for cell in cells if cell is not None}, reverse=key.descending)
    places = {cell: number for number, cell in enumerate(known)}
    return np.array([len(known) if cell is None else places[cell] for cell in cells], dtype=np.int64)


# Choice


def kept(table: TreeTable, wanted: Sequence[Filter], search: str) -> tuple[Mask | None, Mask | None]:
    """The nodes that a search and filters keep, and those that a search opens; None for all and for none.

    A node stands if it or one below it matches; below a node with a matching label all stand. The total always stands.
    """
    if not wanted and not search:
        return None, None
    hierarchy = table.board.hierarchy
    found = np.ones(hierarchy.nodes, dtype=np.bool_)
    ways: Mask | None = None
    if search:
        matching = _labels(table, lambda label: label is not None and search.lower() in label.lower())
        found &= upwards(hierarchy, matching) | downwards(hierarchy, matching)
        ways = np.zeros(hierarchy.nodes, dtype=np.bool_)
        ways[hierarchy.tree.parent[np.flatnonzero(matching)]] = True
        ways = upwards(hierarchy, ways)
    for each in wanted:
        if isinstance(each, ExpressionFilter):
            raise BadMessage("BAD_MESSAGE", "A tree cannot be filtered by SQL.", hint="Give the rollup itself a filter.")
        column = table.column(each.column)
        if each.column == LABELS:
            matching = _labels(table, _matcher(each, "text"))
            found &= upwards(hierarchy, matching) | downwards(hierarchy, matching)
        else:
            matches = _matcher(each, column.kind)
            cells = table.cells(each.column, np.arange(hierarchy.nodes))
            found &= upwards(hierarchy, np.array([matches(cell) for cell in cells], dtype=np.bool_))
    found[0] = True
    return found, ways


def _labels(table: TreeTable, matches: Callable[[str | None], bool]) -> Mask:
    """The nodes below the total whose own labels match."""
    hierarchy = table.board.hierarchy
    found = np.zeros(hierarchy.nodes, dtype=np.bool_)
    for level in range(1, hierarchy.tree.depth + 1):
        texts = table.board.texts[level - 1]
        known = np.array([matches(text) for text in [*texts, None]], dtype=np.bool_)
        here = hierarchy.tree.at(level)
        found[here] = known[hierarchy.tree.code[here]]
    return found


def _matcher(wanted: Filter, kind: str) -> Callable[[Any], bool]:
    """What tells whether a cell is kept."""
    match wanted:
        case MissingFilter(negate=negate):
            return lambda cell: (cell is None) != negate
        case RangeFilter():
            low, high = _read(wanted.lo, kind), _read(wanted.hi, kind)
            return lambda cell: cell is not None and (low is None or cell >= low) and (high is None or cell <= high)
        case SetFilter():
            values = {_read(value, kind) for value in wanted.values}
            missing, exclude = wanted.missing or None in values, wanted.exclude
            return lambda cell: (missing if cell is None else cell in values) != exclude
        case TextFilter():
            return _text(wanted)
    raise AssertionError(wanted)


def _text(wanted: TextFilter) -> Callable[[Figure], bool]:
    text = wanted.text if wanted.case else wanted.text.lower()
    tests: dict[str, Callable[[str], bool]] = {
        "contains": lambda cell: text in cell,
        "equals": lambda cell: text == cell,
        "starts": lambda cell: cell.startswith(text),
        "ends": lambda cell: cell.endswith(text),
    }
    if wanted.mode == "regex":
        try:
            pattern = re.compile(wanted.text, 0 if wanted.case else re.IGNORECASE)
        except re.error as error:
            message = f"The filter cannot be used: {error}."
            raise BadValue("CHECK", message, hint="Put a backslash before literal characters.") from None
        tests["regex"] = lambda cell: pattern.search(cell) is not None
    test = tests[wanted.mode]

    def matches(cell: Figure) -> bool:
        if cell is None:
            return wanted.negate
        shown = str(cell)
        return test(shown if wanted.case or wanted.mode == "regex" else shown.lower()) != wanted.negate

    return matches


def _read(value: Scalar, kind: str) -> Any:
    if value is None or kind == "text":
        return value
    try:
        return float(value) if kind == "float" else Decimal(str(value))
    except (ValueError, InvalidOperation):
        raise BadValue("TYPE", f"{value!r} is no number.", hint="Give a number such as 1200.") from None
